(** advantage-based routing law.
    In the model attention-head. *)
From Proofhead Require Import Certificate.

Section Law.
Set Default Proof Using "All".
Variables T d_v C : nat.
Variable W_O : nat -> nat -> R.
Variable y : nat -> nat -> R.
Variable v : nat -> nat -> R.
Variable s : nat -> nat -> R.

(** The model. *)
Definition alpha_of (s : nat -> nat -> R) (i : nat) (j : nat) : R :=
  exp (s i j) / sum T (fun k => exp (s i k)).
Definition g_of (alpha : nat -> nat -> R) (i : nat) (a : nat) : R :=
  sum T (fun j => v j a * alpha i j).
Definition z_of (g : nat -> nat -> R) (i : nat) (c : nat) : R :=
  sum d_v (fun a => W_O c a * g i a).
Definition p_of (z : nat -> nat -> R) (i : nat) (c : nat) : R :=
  exp (z i c) / sum C (fun d => exp (z i d)).
Definition L_of (p : nat -> nat -> R) : R :=
  - sum C (fun c => sum T (fun i => y i c * ln (p i c))).

(** Its values. *)
Definition alpha : nat -> nat -> R := alpha_of s.
Definition g : nat -> nat -> R := g_of alpha.
Definition z : nat -> nat -> R := z_of g.
Definition p : nat -> nat -> R := p_of z.
Definition L : R := L_of p.

(** Premises. *)
Hypothesis T_pos : (0 < T)%nat.
Hypothesis d_v_pos : (0 < d_v)%nat.
Hypothesis C_pos : (0 < C)%nat.
Hypothesis given_1 : forall i, (i < T)%nat -> sum C (fun c => y i c) = 1.  (* sum_c y_ic = 1 *)

(** Facts about the model. *)
Lemma alpha_of_below (s' : nat -> nat -> R) : forall i, (i < T)%nat -> 0 < sum T (fun j => exp (s' i j)).
Proof. intros. positive. Qed.
Lemma alpha_of_rows (s' : nat -> nat -> R) : forall i, (i < T)%nat -> sum T (fun j => alpha_of s' i j) = 1.
Proof. intros. unfold alpha_of.
  apply (share_sum T (fun j => exp (s' i j))).
  apply pos_neq, alpha_of_below; assumption. Qed.
Lemma alpha_of_pos (s' : nat -> nat -> R) : forall i, (i < T)%nat -> forall j, (j < T)%nat -> 0 < alpha_of s' i j.
Proof. intros. unfold alpha_of. apply Rdiv_pos; [apply exp_pos|].
  apply (alpha_of_below s'); assumption. Qed.
#[local] Hint Resolve alpha_of_pos : core.
Lemma D_alpha_of (s' : R -> nat -> nat -> R) (slope : nat -> R) (pt : R) : forall i, (i < T)%nat -> forall j, (j < T)%nat -> 
  (forall j, (j < T)%nat ->
    is_derive (fun time => s' time i j) pt (slope j)) ->
  is_derive (fun time => alpha_of (s' time) i j) pt
    (alpha_of (s' pt) i j *
      (slope j - sum T (fun k => alpha_of (s' pt) i k * slope k))).
Proof. intros. unfold alpha_of.
  apply (D_share T (fun time j => s' time i j) slope pt j); auto.
  apply pos_neq, (alpha_of_below (s' pt)); assumption. Qed.
Lemma p_of_below (z' : nat -> nat -> R) : forall i, (i < T)%nat -> 0 < sum C (fun c => exp (z' i c)).
Proof. intros. positive. Qed.
Lemma p_of_rows (z' : nat -> nat -> R) : forall i, (i < T)%nat -> sum C (fun c => p_of z' i c) = 1.
Proof. intros. unfold p_of.
  apply (share_sum C (fun c => exp (z' i c))).
  apply pos_neq, p_of_below; assumption. Qed.
Lemma p_of_pos (z' : nat -> nat -> R) : forall i, (i < T)%nat -> forall c, (c < C)%nat -> 0 < p_of z' i c.
Proof. intros. unfold p_of. apply Rdiv_pos; [apply exp_pos|].
  apply (p_of_below z'); assumption. Qed.
#[local] Hint Resolve p_of_pos : core.
Lemma D_p_of (z' : R -> nat -> nat -> R) (slope : nat -> R) (pt : R) : forall i, (i < T)%nat -> forall c, (c < C)%nat -> 
  (forall c, (c < C)%nat ->
    is_derive (fun time => z' time i c) pt (slope c)) ->
  is_derive (fun time => p_of (z' time) i c) pt
    (p_of (z' pt) i c *
      (slope c - sum C (fun d => p_of (z' pt) i d * slope d))).
Proof. intros. unfold p_of.
  apply (D_share C (fun time c => z' time i c) slope pt c); auto.
  apply pos_neq, (p_of_below (z' pt)); assumption. Qed.

(** How the lines of the model are differentiated. *)
Ltac line :=
  lazymatch goal with
  | |- is_derive (fun t => alpha_of (@?f0 t) ?i0 ?i1) _ _ => apply (D_alpha_of f0); [assumption.. |intros; cbv beta; derive ltac:(idtac; line)]
  | |- is_derive (fun t => g_of (@?f0 t) ?i0 ?i1) ?pt ?d =>
    let g := eval cbv beta delta [g_of] in (fun x0 => g_of x0 i0 i1) in
    change (is_derive (fun t => g (f0 t)) pt d); cbv beta; derive ltac:(idtac; line)
  | |- is_derive (fun t => z_of (@?f0 t) ?i0 ?i1) ?pt ?d =>
    let g := eval cbv beta delta [z_of] in (fun x0 => z_of x0 i0 i1) in
    change (is_derive (fun t => g (f0 t)) pt d); cbv beta; derive ltac:(idtac; line)
  | |- is_derive (fun t => p_of (@?f0 t) ?i0 ?i1) _ _ => apply (D_p_of f0); [assumption.. |intros; cbv beta; derive ltac:(idtac; line)]
  | |- is_derive (fun t => L_of (@?f0 t)) ?pt ?d =>
    let g := eval cbv beta delta [L_of] in (fun x0 => L_of x0) in
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
Lemma dL_ds_rule : forall (s' : nat -> nat -> R), forall i, (i < T)%nat -> forall j, (j < T)%nat -> 
  is_derive (fun time => L_of (p_of (z_of (g_of (alpha_of (upd2 s' i j time)))))) (s' i j)
    (alpha_of s' i j * sum C (fun c => y i c * sum d_v (fun a => W_O c a * sum T (fun j1 => v j1 a * alpha_of s' i j1))) + alpha_of s' i j * sum C (fun c => p_of (z_of (g_of (alpha_of s'))) i c * sum d_v (fun a => W_O c a * v j a)) * sum C (fun c => y i c) - alpha_of s' i j * sum C (fun c => y i c * sum d_v (fun a => W_O c a * v j a)) - alpha_of s' i j * sum C (fun c => p_of (z_of (g_of (alpha_of s'))) i c * sum d_v (fun a => W_O c a * sum T (fun j1 => v j1 a * alpha_of s' i j1))) * sum C (fun c => y i c)).
Proof. intros s' i Hi j Hj.
  eapply D_eq; [derive ltac:(idtac; line)|cbv beta; at_start].
  assert (V0 : forall i1, (i1 < T)%nat -> forall c, (c < C)%nat -> p_of (z_of (g_of (alpha_of s'))) i1 c * / p_of (z_of (g_of (alpha_of s'))) i1 c = 1) by (intros; apply Rinv_r; positive).
  set (v_p := (p_of (z_of (g_of (alpha_of s'))))) in *.
  set (v_alpha := (alpha_of s')) in *.
  cbv beta delta [g_of z_of L_of].
  sumring_go (tt, V0). Qed.
Ltac known ::= apply is_derive_unique; first [apply dL_ds_rule]; first [assumption | solve [auto] | intros; positive].
Lemma dL_dg_rule : forall (g' : nat -> nat -> R), forall i, (i < T)%nat -> forall a, (a < d_v)%nat -> 
  is_derive (fun time => L_of (p_of (z_of (upd2 g' i a time)))) (g' i a)
    (sum C (fun c => W_O c a * p_of (z_of g') i c) * sum C (fun c => y i c) - sum C (fun c => W_O c a * y i c)).
Proof. intros g' i Hi a Ha.
  eapply D_eq; [derive ltac:(idtac; line)|cbv beta; at_start].
  assert (V0 : forall i1, (i1 < T)%nat -> forall c, (c < C)%nat -> p_of (z_of g') i1 c * / p_of (z_of g') i1 c = 1) by (intros; apply Rinv_r; positive).
  set (v_p := (p_of (z_of g'))) in *.
  cbv beta delta [z_of L_of].
  sumring_go (tt, V0). Qed.
Ltac known ::= apply is_derive_unique; first [apply dL_dg_rule | apply dL_ds_rule]; first [assumption | solve [auto] | intros; positive].

(** The derivatives of the statement. *)
Definition dL_ds (i : nat) (j : nat) : R :=
  Derive (fun time => L_of (p_of (z_of (g_of (alpha_of (upd2 s i j time)))))) (s i j).
Definition dL_ds_value (i : nat) (j : nat) : R :=
  alpha i j * sum C (fun c => y i c * sum d_v (fun a => W_O c a * sum T (fun j1 => v j1 a * alpha i j1))) + alpha i j * sum C (fun c => p i c * sum d_v (fun a => W_O c a * v j a)) * sum C (fun c => y i c) - alpha i j * sum C (fun c => y i c * sum d_v (fun a => W_O c a * v j a)) - alpha i j * sum C (fun c => p i c * sum d_v (fun a => W_O c a * sum T (fun j1 => v j1 a * alpha i j1))) * sum C (fun c => y i c).
Lemma dL_ds_is : forall i, (i < T)%nat -> forall j, (j < T)%nat -> 
  is_derive (fun time => L_of (p_of (z_of (g_of (alpha_of (upd2 s i j time)))))) (s i j) (dL_ds_value i j).
Proof. intros i Hi j Hj. refine (dL_ds_rule s i Hi j Hj); first [assumption | solve [auto] | intros; positive]. Qed.
Lemma dL_ds_eq : forall i, (i < T)%nat -> forall j, (j < T)%nat -> dL_ds i j = dL_ds_value i j.
Proof. intros. apply is_derive_unique, dL_ds_is; assumption. Qed.
Definition dL_dg (i : nat) (a : nat) : R :=
  Derive (fun time => L_of (p_of (z_of (upd2 g i a time)))) (g i a).
Definition dL_dg_value (i : nat) (a : nat) : R :=
  sum C (fun c => W_O c a * p i c) * sum C (fun c => y i c) - sum C (fun c => W_O c a * y i c).
Lemma dL_dg_is : forall i, (i < T)%nat -> forall a, (a < d_v)%nat -> 
  is_derive (fun time => L_of (p_of (z_of (upd2 g i a time)))) (g i a) (dL_dg_value i a).
Proof. intros i Hi a Ha. refine (dL_dg_rule g i Hi a Ha); first [assumption | solve [auto] | intros; positive]. Qed.
Lemma dL_dg_eq : forall i, (i < T)%nat -> forall a, (a < d_v)%nat -> dL_dg i a = dL_dg_value i a.
Proof. intros. apply is_derive_unique, dL_dg_is; assumption. Qed.

(** The vocabulary of the statement. *)
Definition u (i : nat) (a : nat) : R := dL_dg i a.
Definition b_ (i : nat) (j : nat) : R := sum d_v (fun a => u i a * v j a).

(** The law. *)
Lemma alpha_rows : forall i, (i < T)%nat -> sum T (fun j => alpha i j) = 1.
Proof. exact (alpha_of_rows s). Qed.
Lemma alpha_pos : forall i, (i < T)%nat -> forall j, (j < T)%nat -> 0 < alpha i j.
Proof. exact (alpha_of_pos s). Qed.
#[local] Hint Resolve alpha_pos : core.
Lemma p_rows : forall i, (i < T)%nat -> sum C (fun c => p i c) = 1.
Proof. exact (p_of_rows z). Qed.
Lemma p_pos : forall i, (i < T)%nat -> forall c, (c < C)%nat -> 0 < p i c.
Proof. exact (p_of_pos z). Qed.
#[local] Hint Resolve p_pos : core.
Lemma advantage_routing_left : forall i, (i < T)%nat -> forall j, (j < T)%nat -> dL_ds i j = dL_ds_value i j.
Proof. intros. cbv beta delta [u b_]. sumring_go ((tt, dL_ds_eq), dL_dg_eq). Qed.
Lemma advantage_routing_right : forall i, (i < T)%nat -> forall j, (j < T)%nat -> (b_ i j - sum T (fun k => b_ i k * alpha i k)) * alpha i j = alpha i j * (sum d_v (fun a => v j a * dL_dg_value i a) - sum T (fun k => alpha i k * sum d_v (fun a => v k a * dL_dg_value i a))).
Proof. intros. cbv beta delta [u b_]. sumring_go ((tt, dL_ds_eq), dL_dg_eq). Qed.
Lemma advantage_routing_middle : forall i, (i < T)%nat -> forall j, (j < T)%nat -> dL_ds_value i j =
  alpha i j * (sum d_v (fun a => v j a * dL_dg_value i a) - sum T (fun k => alpha i k * sum d_v (fun a => v k a * dL_dg_value i a))).
Proof. intros. assert (V0 : forall i, (i < T)%nat -> forall c, (c < C)%nat -> p i c * / p i c = 1) by (intros; apply Rinv_r; positive).
  cbv beta delta [dL_ds_value dL_dg_value g g_of z z_of L L_of].
  sumring_go ((((tt, given_1), alpha_rows), p_rows), V0). Qed.
Theorem advantage_routing : forall i, (i < T)%nat -> forall j, (j < T)%nat -> 
  is_derive (fun time => L_of (p_of (z_of (g_of (alpha_of (upd2 s i j time)))))) (s i j)
    ((b_ i j - sum T (fun k => b_ i k * alpha i k)) * alpha i j).
Proof. intros i Hi j Hj. refine (D_eq _ _ _ _ (dL_ds_is i Hi j Hj) _).
  exact (eq_trans (advantage_routing_middle i Hi j Hj) (eq_sym (advantage_routing_right i Hi j Hj))). Qed.
End Law.

(** It is not about nothing: the premises hold at sizes 1. *)
Definition advantage_routing_instance := ltac:(
  refine (advantage_routing 1%nat 1%nat 1%nat (fun _ _ => 1) (fun _ _ => 1) (fun _ _ => 1) (fun _ _ => 1) _ _ _ _); cbv beta delta [alpha alpha_of g g_of z z_of p p_of L L_of]; meets).
Check advantage_routing.
Print Assumptions advantage_routing.
Print Assumptions dL_ds_is.
Print Assumptions dL_dg_is.
