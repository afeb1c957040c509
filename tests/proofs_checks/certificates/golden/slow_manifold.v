(** where the values come to rest.
    In the model slow-manifold. *)
From Proofhead Require Import Certificate.

Section Law.
Set Default Proof Using "All".
Variables T n d_v C : nat.
Variable W_O : nat -> nat -> R.
Variable y : nat -> nat -> R.
Variable w : nat -> R.
Variable lambda_ : R.
Variable v : nat -> nat -> R.
Variable alpha : nat -> nat -> R.

(** The model. *)
Definition g_of (v : nat -> nat -> R) (i : nat) (a : nat) : R :=
  sum n (fun j => v j a * alpha i j).
Definition z_of (g : nat -> nat -> R) (i : nat) (c : nat) : R :=
  sum d_v (fun a => W_O c a * g i a).
Definition p_of (z : nat -> nat -> R) (i : nat) (c : nat) : R :=
  exp (z i c) / sum C (fun d => exp (z i d)).
Definition L_of (v : nat -> nat -> R) (p : nat -> nat -> R) : R :=
  lambda_ * sum d_v (fun a => sum n (fun j => (v j a) ^ 2)) / 2 - sum C (fun c => sum T (fun i => w i * y i c * ln (p i c))).

(** Its values. *)
Definition g : nat -> nat -> R := g_of v.
Definition z : nat -> nat -> R := z_of g.
Definition p : nat -> nat -> R := p_of z.
Definition L : R := L_of v p.

(** Premises. *)
Hypothesis T_pos : (0 < T)%nat.
Hypothesis n_pos : (0 < n)%nat.
Hypothesis d_v_pos : (0 < d_v)%nat.
Hypothesis C_pos : (0 < C)%nat.
Hypothesis given_1 : forall i, (i < T)%nat -> sum C (fun c => y i c) = 1.  (* sum_c y_ic = 1 *)

(** Facts about the model. *)
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
    is_derive (fun t => z' t i c) pt (slope c)) ->
  is_derive (fun t => p_of (z' t) i c) pt
    (p_of (z' pt) i c *
      (slope c - sum C (fun d => p_of (z' pt) i d * slope d))).
Proof. intros. unfold p_of.
  apply (D_share C (fun t c => z' t i c) slope pt c); auto.
  apply pos_neq, (p_of_below (z' pt)); assumption. Qed.

(** How the lines of the model are differentiated. *)
Ltac line :=
  lazymatch goal with
  | |- is_derive (fun t => g_of (@?f0 t) ?i0 ?i1) ?pt ?d =>
    let g := eval cbv beta delta [g_of] in (fun x0 => g_of x0 i0 i1) in
    change (is_derive (fun t => g (f0 t)) pt d); cbv beta; derive ltac:(idtac; line)
  | |- is_derive (fun t => z_of (@?f0 t) ?i0 ?i1) ?pt ?d =>
    let g := eval cbv beta delta [z_of] in (fun x0 => z_of x0 i0 i1) in
    change (is_derive (fun t => g (f0 t)) pt d); cbv beta; derive ltac:(idtac; line)
  | |- is_derive (fun t => p_of (@?f0 t) ?i0 ?i1) _ _ => apply (D_p_of f0); [assumption.. |intros; cbv beta; derive ltac:(idtac; line)]
  | |- is_derive (fun t => L_of (@?f0 t) (@?f1 t)) ?pt ?d =>
    let g := eval cbv beta delta [L_of] in (fun x0 x1 => L_of x0 x1) in
    change (is_derive (fun t => g (f0 t) (f1 t)) pt d); cbv beta; derive ltac:(idtac; line)
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
Lemma dL_dv_rule : forall (v' : nat -> nat -> R), forall j, (j < n)%nat -> forall a, (a < d_v)%nat -> 
  is_derive (fun t => L_of (upd2 v' j a t) (p_of (z_of (g_of (upd2 v' j a t))))) (v' j a)
    (lambda_ * v' j a + sum C (fun c => sum T (fun i => w i * y i c * alpha i j * sum C (fun c1 => W_O c1 a * p_of (z_of (g_of v')) i c1))) - sum C (fun c => sum T (fun i => w i * W_O c a * y i c * alpha i j))).
Proof. intros v' j Hj a Ha.
  eapply D_eq; [derive ltac:(idtac; line)|cbv beta; at_start].
  assert (V0 : forall i, (i < T)%nat -> forall c, (c < C)%nat -> p_of (z_of (g_of v')) i c * / p_of (z_of (g_of v')) i c = 1) by (intros; apply Rinv_r; positive).
  set (v_p := (p_of (z_of (g_of v')))) in *.
  cbv beta delta [g_of z_of L_of].
  sumring_go (tt, V0). Qed.
Ltac known ::= apply is_derive_unique; first [apply dL_dv_rule]; first [assumption | solve [auto] | intros; positive].
Lemma dL_dg_rule : forall (v' : nat -> nat -> R) (g' : nat -> nat -> R), forall i, (i < T)%nat -> forall a, (a < d_v)%nat -> 
  is_derive (fun t => L_of v' (p_of (z_of (upd2 g' i a t)))) (g' i a)
    (w i * sum C (fun c => W_O c a * p_of (z_of g') i c) * sum C (fun c => y i c) - w i * sum C (fun c => W_O c a * y i c)).
Proof. intros v' g' i Hi a Ha.
  eapply D_eq; [derive ltac:(idtac; line)|cbv beta; at_start].
  assert (V0 : forall i1, (i1 < T)%nat -> forall c, (c < C)%nat -> p_of (z_of g') i1 c * / p_of (z_of g') i1 c = 1) by (intros; apply Rinv_r; positive).
  set (v_p := (p_of (z_of g'))) in *.
  cbv beta delta [z_of L_of].
  sumring_go (tt, V0). Qed.
Ltac known ::= apply is_derive_unique; first [apply dL_dg_rule | apply dL_dv_rule]; first [assumption | solve [auto] | intros; positive].

(** The derivatives of the statement. *)
Definition dL_dv (j : nat) (a : nat) : R :=
  Derive (fun t => L_of (upd2 v j a t) (p_of (z_of (g_of (upd2 v j a t))))) (v j a).
Definition dL_dv_value (j : nat) (a : nat) : R :=
  lambda_ * v j a + sum C (fun c => sum T (fun i => w i * y i c * alpha i j * sum C (fun c1 => W_O c1 a * p i c1))) - sum C (fun c => sum T (fun i => w i * W_O c a * y i c * alpha i j)).
Lemma dL_dv_is : forall j, (j < n)%nat -> forall a, (a < d_v)%nat -> 
  is_derive (fun t => L_of (upd2 v j a t) (p_of (z_of (g_of (upd2 v j a t))))) (v j a) (dL_dv_value j a).
Proof. intros j Hj a Ha. refine (dL_dv_rule v j Hj a Ha); first [assumption | solve [auto] | intros; positive]. Qed.
Lemma dL_dv_eq : forall j, (j < n)%nat -> forall a, (a < d_v)%nat -> dL_dv j a = dL_dv_value j a.
Proof. intros. apply is_derive_unique, dL_dv_is; assumption. Qed.
Definition dL_dg (i : nat) (a : nat) : R :=
  Derive (fun t => L_of v (p_of (z_of (upd2 g i a t)))) (g i a).
Definition dL_dg_value (i : nat) (a : nat) : R :=
  w i * sum C (fun c => W_O c a * p i c) * sum C (fun c => y i c) - w i * sum C (fun c => W_O c a * y i c).
Lemma dL_dg_is : forall i, (i < T)%nat -> forall a, (a < d_v)%nat -> 
  is_derive (fun t => L_of v (p_of (z_of (upd2 g i a t)))) (g i a) (dL_dg_value i a).
Proof. intros i Hi a Ha. refine (dL_dg_rule v g i Hi a Ha); first [assumption | solve [auto] | intros; positive]. Qed.
Lemma dL_dg_eq : forall i, (i < T)%nat -> forall a, (a < d_v)%nat -> dL_dg i a = dL_dg_value i a.
Proof. intros. apply is_derive_unique, dL_dg_is; assumption. Qed.

(** The vocabulary of the statement. *)
Definition u (i : nat) (a : nat) : R := dL_dg i a.

(** The law. *)
Lemma p_rows : forall i, (i < T)%nat -> sum C (fun c => p i c) = 1.
Proof. exact (p_of_rows z). Qed.
Lemma p_pos : forall i, (i < T)%nat -> forall c, (c < C)%nat -> 0 < p i c.
Proof. exact (p_of_pos z). Qed.
#[local] Hint Resolve p_pos : core.
Lemma slow_manifold_left : forall j, (j < n)%nat -> forall a, (a < d_v)%nat -> dL_dv j a = dL_dv_value j a.
Proof. intros. cbv beta delta [u]. sumring_go ((tt, dL_dv_eq), dL_dg_eq). Qed.
Lemma slow_manifold_right : forall j, (j < n)%nat -> forall a, (a < d_v)%nat -> lambda_ * v j a + sum T (fun m => u m a * alpha m j) = lambda_ * v j a + sum T (fun m => alpha m j * dL_dg_value m a).
Proof. intros. cbv beta delta [u]. sumring_go ((tt, dL_dv_eq), dL_dg_eq). Qed.
Lemma slow_manifold_middle : forall j, (j < n)%nat -> forall a, (a < d_v)%nat -> dL_dv_value j a =
  lambda_ * v j a + sum T (fun m => alpha m j * dL_dg_value m a).
Proof. intros. assert (V0 : forall i, (i < T)%nat -> forall c, (c < C)%nat -> p i c * / p i c = 1) by (intros; apply Rinv_r; positive).
  cbv beta delta [dL_dv_value dL_dg_value g g_of z z_of L L_of].
  sumring_go (((tt, given_1), p_rows), V0). Qed.
Theorem slow_manifold : forall j, (j < n)%nat -> forall a, (a < d_v)%nat -> 
  is_derive (fun t => L_of (upd2 v j a t) (p_of (z_of (g_of (upd2 v j a t))))) (v j a)
    (lambda_ * v j a + sum T (fun m => u m a * alpha m j)).
Proof. intros j Hj a Ha. refine (D_eq _ _ _ _ (dL_dv_is j Hj a Ha) _).
  exact (eq_trans (slow_manifold_middle j Hj a Ha) (eq_sym (slow_manifold_right j Hj a Ha))). Qed.
End Law.

(** It is not about nothing: the premises hold at sizes 1. *)
Definition slow_manifold_instance := ltac:(
  refine (slow_manifold 1%nat 1%nat 1%nat 1%nat (fun _ _ => 1) (fun _ _ => 1) (fun _ => 1) 1 (fun _ _ => 1) (fun _ _ => 1) _ _ _ _ _); cbv beta delta [g g_of z z_of p p_of L L_of]; meets).
Check slow_manifold.
Print Assumptions slow_manifold.
Print Assumptions dL_dv_is.
Print Assumptions dL_dg_is.
