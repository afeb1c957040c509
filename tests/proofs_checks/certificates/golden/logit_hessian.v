(** Hessian of cross-entropy in the logits.
    In the model attention-head. *)
From Proofhead Require Import Certificate.

Section Law.
Set Default Proof Using "All".
Variables T C : nat.
Variable y : nat -> nat -> R.
Variable z : nat -> nat -> R.

(** The model. *)
Definition p_of (z : nat -> nat -> R) (i : nat) (c : nat) : R :=
  exp (z i c) / sum C (fun d => exp (z i d)).
Definition L_of (p : nat -> nat -> R) : R :=
  - sum C (fun c => sum T (fun i => y i c * ln (p i c))).

(** Its values. *)
Definition p : nat -> nat -> R := p_of z.
Definition L : R := L_of p.

(** Premises. *)
Hypothesis T_pos : (0 < T)%nat.
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
Lemma dL_dz_rule : forall (z' : nat -> nat -> R), forall i, (i < T)%nat -> forall c, (c < C)%nat -> 
  is_derive (fun time => L_of (p_of (upd2 z' i c time))) (z' i c)
    (p_of z' i c * sum C (fun c1 => y i c1) - y i c).
Proof. intros z' i Hi c Hc.
  eapply D_eq; [derive ltac:(idtac; line)|cbv beta; at_start].
  assert (V0 : forall i1, (i1 < T)%nat -> forall c1, (c1 < C)%nat -> p_of z' i1 c1 * / p_of z' i1 c1 = 1) by (intros; apply Rinv_r; positive).
  set (v_p := (p_of z')) in *.
  cbv beta delta [L_of].
  sumring_go (tt, V0). Qed.
Ltac known ::= apply is_derive_unique; first [apply dL_dz_rule]; first [assumption | solve [auto] | intros; positive].
Lemma ddL_dz_dz_rule : forall (z' : nat -> nat -> R), forall m, (m < T)%nat -> forall d, (d < C)%nat -> forall i, (i < T)%nat -> forall c, (c < C)%nat -> 
  is_derive (fun time => Derive (fun time1 => L_of (p_of (upd2 (upd2 z' m d time) i c time1))) ((upd2 z' m d time) i c)) (z' m d)
    (delta c d * delta i m * p_of z' i c * sum C (fun c1 => y i c1) - delta i m * p_of z' i c * p_of z' i d * sum C (fun c1 => y i c1)).
Proof. intros z' m Hm d Hd i Hi c Hc.
  apply (D_ext (fun time => (p_of (upd2 z' m d time) i c * sum C (fun c1 => y i c1) - y i c))); [intros; cbv beta; same ltac:(symmetry; known)|].
  eapply D_eq; [derive ltac:(idtac; line)|cbv beta; at_start].
  assert (V0 : forall i1, (i1 < T)%nat -> forall c1, (c1 < C)%nat -> p_of z' i1 c1 * / p_of z' i1 c1 = 1) by (intros; apply Rinv_r; positive).
  set (v_p := (p_of z')) in *.
  cbv beta delta [L_of].
  sumring_go (tt, V0). Qed.
Ltac known ::= apply is_derive_unique; first [apply ddL_dz_dz_rule | apply dL_dz_rule]; first [assumption | solve [auto] | intros; positive].

(** The derivatives of the statement. *)
Definition ddL_dz_dz (m : nat) (d : nat) (i : nat) (c : nat) : R :=
  Derive (fun time => Derive (fun time1 => L_of (p_of (upd2 (upd2 z m d time) i c time1))) ((upd2 z m d time) i c)) (z m d).
Definition ddL_dz_dz_value (m : nat) (d : nat) (i : nat) (c : nat) : R :=
  delta c d * delta i m * p i c * sum C (fun c1 => y i c1) - delta i m * p i c * p i d * sum C (fun c1 => y i c1).
Lemma ddL_dz_dz_is : forall m, (m < T)%nat -> forall d, (d < C)%nat -> forall i, (i < T)%nat -> forall c, (c < C)%nat -> 
  is_derive (fun time => Derive (fun time1 => L_of (p_of (upd2 (upd2 z m d time) i c time1))) ((upd2 z m d time) i c)) (z m d) (ddL_dz_dz_value m d i c).
Proof. intros m Hm d Hd i Hi c Hc. refine (ddL_dz_dz_rule z m Hm d Hd i Hi c Hc); first [assumption | solve [auto] | intros; positive]. Qed.
Lemma ddL_dz_dz_eq : forall m, (m < T)%nat -> forall d, (d < C)%nat -> forall i, (i < T)%nat -> forall c, (c < C)%nat -> ddL_dz_dz m d i c = ddL_dz_dz_value m d i c.
Proof. intros. apply is_derive_unique, ddL_dz_dz_is; assumption. Qed.

(** The law. *)
Lemma p_rows : forall i, (i < T)%nat -> sum C (fun c => p i c) = 1.
Proof. exact (p_of_rows z). Qed.
Lemma p_pos : forall i, (i < T)%nat -> forall c, (c < C)%nat -> 0 < p i c.
Proof. exact (p_of_pos z). Qed.
#[local] Hint Resolve p_pos : core.
Lemma logit_hessian_left : forall i, (i < T)%nat -> forall c, (c < C)%nat -> forall m, (m < T)%nat -> forall d, (d < C)%nat -> ddL_dz_dz m d i c = ddL_dz_dz_value m d i c.
Proof. intros. sumring_go (tt, ddL_dz_dz_eq). Qed.
Lemma logit_hessian_right : forall i, (i < T)%nat -> forall c, (c < C)%nat -> forall m, (m < T)%nat -> forall d, (d < C)%nat -> delta i m * (delta c d * p i c - p i c * p i d) = delta i m * (delta c d * p i c - p i c * p i d).
Proof. intros. sumring_go (tt, ddL_dz_dz_eq). Qed.
Lemma logit_hessian_middle : forall i, (i < T)%nat -> forall c, (c < C)%nat -> forall m, (m < T)%nat -> forall d, (d < C)%nat -> ddL_dz_dz_value m d i c =
  delta i m * (delta c d * p i c - p i c * p i d).
Proof. intros. assert (V0 : forall i, (i < T)%nat -> forall c, (c < C)%nat -> p i c * / p i c = 1) by (intros; apply Rinv_r; positive).
  cbv beta delta [ddL_dz_dz_value L L_of].
  sumring_go (((tt, given_1), p_rows), V0). Qed.
Theorem logit_hessian : forall i, (i < T)%nat -> forall c, (c < C)%nat -> forall m, (m < T)%nat -> forall d, (d < C)%nat -> 
  is_derive (fun time => Derive (fun time1 => L_of (p_of (upd2 (upd2 z m d time) i c time1))) ((upd2 z m d time) i c)) (z m d)
    (delta i m * (delta c d * p i c - p i c * p i d)).
Proof. intros i Hi c Hc m Hm d Hd. refine (D_eq _ _ _ _ (ddL_dz_dz_is m Hm d Hd i Hi c Hc) _).
  exact (eq_trans (logit_hessian_middle i Hi c Hc m Hm d Hd) (eq_sym (logit_hessian_right i Hi c Hc m Hm d Hd))). Qed.
End Law.

(** It is not about nothing: the premises hold at sizes 1. *)
Definition logit_hessian_instance := ltac:(
  refine (logit_hessian 1%nat 1%nat (fun _ _ => 1) (fun _ _ => 1) _ _ _); cbv beta delta [p p_of L L_of]; meets).
Check logit_hessian.
Print Assumptions logit_hessian.
Print Assumptions ddL_dz_dz_is.
