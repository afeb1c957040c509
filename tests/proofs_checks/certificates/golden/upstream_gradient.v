(** upstream gradient at position i.
    In the model attention-head. *)
From Proofhead Require Import Certificate.

Section Law.
Set Default Proof Using "All".
Variables T d_v C : nat.
Variable W_O : nat -> nat -> R.
Variable y : nat -> nat -> R.
Variable g : nat -> nat -> R.

(** The model. *)
Definition z_of (g : nat -> nat -> R) (i : nat) (c : nat) : R :=
  sum d_v (fun a => W_O c a * g i a).
Definition p_of (z : nat -> nat -> R) (i : nat) (c : nat) : R :=
  exp (z i c) / sum C (fun d => exp (z i d)).
Definition L_of (p : nat -> nat -> R) : R :=
  - sum C (fun c => sum T (fun i => y i c * ln (p i c))).

(** Its values. *)
Definition z : nat -> nat -> R := z_of g.
Definition p : nat -> nat -> R := p_of z.
Definition L : R := L_of p.

(** Premises. *)
Hypothesis T_pos : (0 < T)%nat.
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
Lemma dL_dg_rule : forall (g' : nat -> nat -> R), forall i, (i < T)%nat -> forall a, (a < d_v)%nat -> 
  is_derive (fun time => L_of (p_of (z_of (upd2 g' i a time)))) (g' i a)
    (sum C (fun c => W_O c a * p_of (z_of g') i c) * sum C (fun c => y i c) - sum C (fun c => W_O c a * y i c)).
Proof. intros g' i Hi a Ha.
  eapply D_eq; [derive ltac:(idtac; line)|cbv beta; at_start].
  assert (V0 : forall i1, (i1 < T)%nat -> forall c, (c < C)%nat -> p_of (z_of g') i1 c * / p_of (z_of g') i1 c = 1) by (intros; apply Rinv_r; positive).
  set (v_p := (p_of (z_of g'))) in *.
  cbv beta delta [z_of L_of].
  sumring_go (tt, V0). Qed.
Ltac known ::= apply is_derive_unique; first [apply dL_dg_rule]; first [assumption | solve [auto] | intros; positive].

(** The derivatives of the statement. *)
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

(** The law. *)
Lemma p_rows : forall i, (i < T)%nat -> sum C (fun c => p i c) = 1.
Proof. exact (p_of_rows z). Qed.
Lemma p_pos : forall i, (i < T)%nat -> forall c, (c < C)%nat -> 0 < p i c.
Proof. exact (p_of_pos z). Qed.
#[local] Hint Resolve p_pos : core.
Lemma upstream_gradient_left : forall i, (i < T)%nat -> forall a, (a < d_v)%nat -> u i a = dL_dg_value i a.
Proof. intros. cbv beta delta [u]. sumring_go (tt, dL_dg_eq). Qed.
Lemma upstream_gradient_right : forall i, (i < T)%nat -> forall a, (a < d_v)%nat -> sum C (fun c => (p i c - y i c) * W_O c a) = sum C (fun c => (p i c - y i c) * W_O c a).
Proof. intros. cbv beta delta [u]. sumring_go (tt, dL_dg_eq). Qed.
Lemma upstream_gradient_middle : forall i, (i < T)%nat -> forall a, (a < d_v)%nat -> dL_dg_value i a =
  sum C (fun c => (p i c - y i c) * W_O c a).
Proof. intros. assert (V0 : forall i, (i < T)%nat -> forall c, (c < C)%nat -> p i c * / p i c = 1) by (intros; apply Rinv_r; positive).
  cbv beta delta [dL_dg_value z z_of L L_of].
  sumring_go (((tt, given_1), p_rows), V0). Qed.
Theorem upstream_gradient : forall i, (i < T)%nat -> forall a, (a < d_v)%nat -> 
  u i a =
  sum C (fun c => (p i c - y i c) * W_O c a).
Proof. intros i Hi a Ha. exact (eq_trans (eq_trans (upstream_gradient_left i Hi a Ha) (upstream_gradient_middle i Hi a Ha)) (eq_sym (upstream_gradient_right i Hi a Ha))). Qed.
End Law.

(** It is not about nothing: the premises hold at sizes 1. *)
Definition upstream_gradient_instance := ltac:(
  refine (upstream_gradient 1%nat 1%nat 1%nat (fun _ _ => 1) (fun _ _ => 1) (fun _ _ => 1) _ _ _ _); cbv beta delta [z z_of p p_of L L_of]; meets).
Check upstream_gradient.
Print Assumptions upstream_gradient.
Print Assumptions dL_dg_is.
