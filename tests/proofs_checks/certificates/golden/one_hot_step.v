(** with one-hot weights the gradient is that of a mixture.
    In the model hard-assignment. *)
From Proofhead Require Import Certificate.

Section Law.
Set Default Proof Using "All".
Variables K N d_v : nat.
Variable alpha : nat -> nat -> R.
Variable v : nat -> nat -> R.
Variable t_ : nat -> nat -> R.

(** The model. *)
Definition g_of (v : nat -> nat -> R) (i : nat) (a : nat) : R :=
  sum K (fun j => v j a * alpha i j).
Definition L_of (g : nat -> nat -> R) : R :=
  sum d_v (fun a => sum N (fun i => (g i a - t_ i a) ^ 2)) / 2.
Definition n_of (j : nat) : R :=
  sum N (fun i => alpha i j).
Definition m_of (n : nat -> R) (j : nat) (a : nat) : R :=
  sum N (fun i => t_ i a * alpha i j) / n j.

(** Its values. *)
Definition g : nat -> nat -> R := g_of v.
Definition L : R := L_of g.
Definition n : nat -> R := n_of.
Definition m : nat -> nat -> R := m_of n.

(** Premises. *)
Hypothesis K_pos : (0 < K)%nat.
Hypothesis N_pos : (0 < N)%nat.
Hypothesis d_v_pos : (0 < d_v)%nat.
Hypothesis given_1 : forall i, (i < N)%nat -> sum K (fun j => alpha i j) = 1.  (* sum_j alpha_ij = 1 *)
Hypothesis given_2 : forall i, (i < N)%nat -> forall j, (j < K)%nat -> forall k, (k < K)%nat -> alpha i j * alpha i k = delta j k * alpha i j.  (* alpha_ij alpha_ik = delta_jk alpha_ij *)
Hypothesis defined_1 : forall j, (j < K)%nat -> n j <> 0.

(** How the lines of the model are differentiated. *)
Ltac line :=
  lazymatch goal with
  | |- is_derive (fun t => g_of (@?f0 t) ?i0 ?i1) ?pt ?d =>
    let g := eval cbv beta delta [g_of] in (fun x0 => g_of x0 i0 i1) in
    change (is_derive (fun t => g (f0 t)) pt d); cbv beta; derive ltac:(idtac; line)
  | |- is_derive (fun t => L_of (@?f0 t)) ?pt ?d =>
    let g := eval cbv beta delta [L_of] in (fun x0 => L_of x0) in
    change (is_derive (fun t => g (f0 t)) pt d); cbv beta; derive ltac:(idtac; line)
  | |- is_derive (fun t => m_of (@?f0 t) ?i0 ?i1) ?pt ?d =>
    let g := eval cbv beta delta [m_of] in (fun x0 => m_of x0 i0 i1) in
    change (is_derive (fun t => g (f0 t)) pt d); cbv beta; derive ltac:(idtac; line)
  | |- is_derive (fun t => descend0 ?x ?d t) _ _ =>
    apply (D_descend0 x d); rate x
  | |- is_derive (fun t => descend1 ?x ?d t ?i0) _ _ =>
    apply (D_descend1 x d i0); rate x
  | |- is_derive (fun t => descend2 ?x ?d t ?i0 ?i1) _ _ =>
    apply (D_descend2 x d i0 i1); rate x
  | |- is_derive (fun t => descend3 ?x ?d t ?i0 ?i1 ?i2) _ _ =>
    apply (D_descend3 x d i0 i1 i2); rate x
  | _ => fail
  end.
Ltac known := fail.
Lemma dL_dv_rule : forall (v' : nat -> nat -> R), forall j, (j < K)%nat -> forall a, (a < d_v)%nat -> 
  is_derive (fun time => L_of (g_of (upd2 v' j a time))) (v' j a)
    (sum N (fun i => (2 * g_of v' i a - 2 * t_ i a) * alpha i j) / 2).
Proof. intros v' j Hj a Ha.
  eapply D_eq; [derive ltac:(idtac; line)|cbv beta; at_start].
  cbv beta delta [g_of L_of].
  sumring_go tt. Qed.
Ltac known ::= apply is_derive_unique; first [apply dL_dv_rule]; first [assumption | solve [auto] | intros; positive].

(** The derivatives of the statement. *)
Definition dL_dv (j : nat) (a : nat) : R :=
  Derive (fun time => L_of (g_of (upd2 v j a time))) (v j a).
Definition dL_dv_value (j : nat) (a : nat) : R :=
  sum N (fun i => (2 * g i a - 2 * t_ i a) * alpha i j) / 2.
Lemma dL_dv_is : forall j, (j < K)%nat -> forall a, (a < d_v)%nat -> 
  is_derive (fun time => L_of (g_of (upd2 v j a time))) (v j a) (dL_dv_value j a).
Proof. intros j Hj a Ha. refine (dL_dv_rule v j Hj a Ha); first [assumption | solve [auto] | intros; positive]. Qed.
Lemma dL_dv_eq : forall j, (j < K)%nat -> forall a, (a < d_v)%nat -> dL_dv j a = dL_dv_value j a.
Proof. intros. apply is_derive_unique, dL_dv_is; assumption. Qed.

(** The law. *)
Lemma one_hot_step_left : forall j, (j < K)%nat -> forall a, (a < d_v)%nat -> dL_dv j a = dL_dv_value j a.
Proof. intros. sumring_go (tt, dL_dv_eq). Qed.
Lemma one_hot_step_right : forall j, (j < K)%nat -> forall a, (a < d_v)%nat -> (v j a - m j a) * n j = (v j a - m j a) * n j.
Proof. intros. sumring_go (tt, dL_dv_eq). Qed.
Lemma one_hot_step_middle : forall j, (j < K)%nat -> forall a, (a < d_v)%nat -> dL_dv_value j a =
  (v j a - m j a) * n j.
Proof. intros. assert (V0 : forall j, (j < K)%nat -> n j * / n j = 1) by (intros; apply Rinv_r; positive).
  assert (N_n : forall j, (j < K)%nat -> sum N (fun i => alpha i j) = n j) by reflexivity.
  cbv beta delta [dL_dv_value g g_of L L_of m m_of].
  sumring_go ((((tt, given_1), given_2), V0), N_n). Qed.
Theorem one_hot_step : forall j, (j < K)%nat -> forall a, (a < d_v)%nat -> 
  is_derive (fun time => L_of (g_of (upd2 v j a time))) (v j a)
    ((v j a - m j a) * n j).
Proof. intros j Hj a Ha. refine (D_eq _ _ _ _ (dL_dv_is j Hj a Ha) _).
  exact (eq_trans (one_hot_step_middle j Hj a Ha) (eq_sym (one_hot_step_right j Hj a Ha))). Qed.
End Law.

(** It is not about nothing: the premises hold at sizes 1. *)
Definition one_hot_step_instance := ltac:(
  refine (one_hot_step 1%nat 1%nat 1%nat (fun _ _ => 1) (fun _ _ => 1) (fun _ _ => 1) _ _ _ _ _ _); cbv beta delta [g g_of L L_of n n_of m m_of]; meets).
Check one_hot_step.
Print Assumptions one_hot_step.
Print Assumptions dL_dv_is.
