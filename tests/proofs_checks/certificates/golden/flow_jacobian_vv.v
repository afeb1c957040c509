(** Jacobian of the flow: velocity of v by v.
    In the model attention-head. *)
From Proofhead Require Import Certificate.

Section Law.
Set Default Proof Using "All".
Variables T d_v C : nat.
Variable W_O : nat -> nat -> R.
Variable y : nat -> nat -> R.
Variable v : nat -> nat -> R.
Variable alpha : nat -> nat -> R.
Variable eps_v : R.

(** The model. *)
Definition g_of (v : nat -> nat -> R) (i : nat) (a : nat) : R :=
  sum T (fun j => v j a * alpha i j).
Definition z_of (g : nat -> nat -> R) (i : nat) (c : nat) : R :=
  sum d_v (fun a => W_O c a * g i a).
Definition p_of (z : nat -> nat -> R) (i : nat) (c : nat) : R :=
  exp (z i c) / sum C (fun d => exp (z i d)).
Definition L_of (p : nat -> nat -> R) : R :=
  - sum C (fun c => sum T (fun i => y i c * ln (p i c))).

(** Its values. *)
Definition g : nat -> nat -> R := g_of v.
Definition z : nat -> nat -> R := z_of g.
Definition p : nat -> nat -> R := p_of z.
Definition L : R := L_of p.

(** Premises. *)
Hypothesis T_pos : (0 < T)%nat.
Hypothesis d_v_pos : (0 < d_v)%nat.
Hypothesis C_pos : (0 < C)%nat.
Hypothesis eps_v_pos : 0 < eps_v.
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
Lemma dL_dv_rule : forall (v' : nat -> nat -> R), forall j, (j < T)%nat -> forall a, (a < d_v)%nat -> 
  is_derive (fun time => L_of (p_of (z_of (g_of (upd2 v' j a time))))) (v' j a)
    (sum C (fun c => sum T (fun i => y i c * alpha i j * sum C (fun c1 => W_O c1 a * p_of (z_of (g_of v')) i c1))) - sum C (fun c => sum T (fun i => W_O c a * y i c * alpha i j))).
Proof. intros v' j Hj a Ha.
  eapply D_eq; [derive ltac:(idtac; line)|cbv beta; at_start].
  assert (V0 : forall i, (i < T)%nat -> forall c, (c < C)%nat -> p_of (z_of (g_of v')) i c * / p_of (z_of (g_of v')) i c = 1) by (intros; apply Rinv_r; positive).
  set (v_p := (p_of (z_of (g_of v')))) in *.
  cbv beta delta [g_of z_of L_of].
  sumring_go (tt, V0). Qed.
Ltac known ::= apply is_derive_unique; first [apply dL_dv_rule]; first [assumption | solve [auto] | intros; positive].
Lemma dq_dv_rule : forall (v' : nat -> nat -> R), forall l, (l < T)%nat -> forall b, (b < d_v)%nat -> forall j, (j < T)%nat -> forall a, (a < d_v)%nat -> 
  is_derive (fun time => - (eps_v * Derive (fun time1 => L_of (p_of (z_of (g_of (upd2 (upd2 v' l b time) j a time1))))) ((upd2 v' l b time) j a))) (v' l b)
    (eps_v * sum C (fun c => sum T (fun i => y i c * alpha i j * alpha i l * sum C (fun c1 => W_O c1 a * p_of (z_of (g_of v')) i c1) * sum C (fun c1 => W_O c1 b * p_of (z_of (g_of v')) i c1))) - eps_v * sum C (fun c => sum T (fun i => y i c * alpha i j * alpha i l * sum C (fun c1 => W_O c1 a * W_O c1 b * p_of (z_of (g_of v')) i c1)))).
Proof. intros v' l Hl b Hb j Hj a Ha.
  apply (D_ext (fun time => - (eps_v * (sum C (fun c => sum T (fun i => y i c * alpha i j * sum C (fun c1 => W_O c1 a * p_of (z_of (g_of (upd2 v' l b time))) i c1))) - sum C (fun c => sum T (fun i => W_O c a * y i c * alpha i j)))))); [intros; cbv beta; same ltac:(symmetry; known)|].
  eapply D_eq; [derive ltac:(idtac; line)|cbv beta; at_start].
  assert (V0 : forall i, (i < T)%nat -> forall c, (c < C)%nat -> p_of (z_of (g_of v')) i c * / p_of (z_of (g_of v')) i c = 1) by (intros; apply Rinv_r; positive).
  set (v_p := (p_of (z_of (g_of v')))) in *.
  cbv beta delta [g_of z_of L_of].
  sumring_go (tt, V0). Qed.
Ltac known ::= apply is_derive_unique; first [apply dq_dv_rule | apply dL_dv_rule]; first [assumption | solve [auto] | intros; positive].
Lemma ddL_dv_dv_rule : forall (v' : nat -> nat -> R), forall l, (l < T)%nat -> forall b, (b < d_v)%nat -> forall j, (j < T)%nat -> forall a, (a < d_v)%nat -> 
  is_derive (fun time => Derive (fun time1 => L_of (p_of (z_of (g_of (upd2 (upd2 v' l b time) j a time1))))) ((upd2 v' l b time) j a)) (v' l b)
    (sum C (fun c => sum T (fun i => y i c * alpha i j * alpha i l * sum C (fun c1 => W_O c1 a * W_O c1 b * p_of (z_of (g_of v')) i c1))) - sum C (fun c => sum T (fun i => y i c * alpha i j * alpha i l * sum C (fun c1 => W_O c1 a * p_of (z_of (g_of v')) i c1) * sum C (fun c1 => W_O c1 b * p_of (z_of (g_of v')) i c1)))).
Proof. intros v' l Hl b Hb j Hj a Ha.
  apply (D_ext (fun time => (sum C (fun c => sum T (fun i => y i c * alpha i j * sum C (fun c1 => W_O c1 a * p_of (z_of (g_of (upd2 v' l b time))) i c1))) - sum C (fun c => sum T (fun i => W_O c a * y i c * alpha i j))))); [intros; cbv beta; same ltac:(symmetry; known)|].
  eapply D_eq; [derive ltac:(idtac; line)|cbv beta; at_start].
  assert (V0 : forall i, (i < T)%nat -> forall c, (c < C)%nat -> p_of (z_of (g_of v')) i c * / p_of (z_of (g_of v')) i c = 1) by (intros; apply Rinv_r; positive).
  set (v_p := (p_of (z_of (g_of v')))) in *.
  cbv beta delta [g_of z_of L_of].
  sumring_go (tt, V0). Qed.
Ltac known ::= apply is_derive_unique; first [apply ddL_dv_dv_rule | apply dq_dv_rule | apply dL_dv_rule]; first [assumption | solve [auto] | intros; positive].

(** The derivatives of the statement. *)
Definition dq_dv (l : nat) (b : nat) (j : nat) (a : nat) : R :=
  Derive (fun time => - (eps_v * Derive (fun time1 => L_of (p_of (z_of (g_of (upd2 (upd2 v l b time) j a time1))))) ((upd2 v l b time) j a))) (v l b).
Definition dq_dv_value (l : nat) (b : nat) (j : nat) (a : nat) : R :=
  eps_v * sum C (fun c => sum T (fun i => y i c * alpha i j * alpha i l * sum C (fun c1 => W_O c1 a * p i c1) * sum C (fun c1 => W_O c1 b * p i c1))) - eps_v * sum C (fun c => sum T (fun i => y i c * alpha i j * alpha i l * sum C (fun c1 => W_O c1 a * W_O c1 b * p i c1))).
Lemma dq_dv_is : forall l, (l < T)%nat -> forall b, (b < d_v)%nat -> forall j, (j < T)%nat -> forall a, (a < d_v)%nat -> 
  is_derive (fun time => - (eps_v * Derive (fun time1 => L_of (p_of (z_of (g_of (upd2 (upd2 v l b time) j a time1))))) ((upd2 v l b time) j a))) (v l b) (dq_dv_value l b j a).
Proof. intros l Hl b Hb j Hj a Ha. refine (dq_dv_rule v l Hl b Hb j Hj a Ha); first [assumption | solve [auto] | intros; positive]. Qed.
Lemma dq_dv_eq : forall l, (l < T)%nat -> forall b, (b < d_v)%nat -> forall j, (j < T)%nat -> forall a, (a < d_v)%nat -> dq_dv l b j a = dq_dv_value l b j a.
Proof. intros. apply is_derive_unique, dq_dv_is; assumption. Qed.
Definition ddL_dv_dv (l : nat) (b : nat) (j : nat) (a : nat) : R :=
  Derive (fun time => Derive (fun time1 => L_of (p_of (z_of (g_of (upd2 (upd2 v l b time) j a time1))))) ((upd2 v l b time) j a)) (v l b).
Definition ddL_dv_dv_value (l : nat) (b : nat) (j : nat) (a : nat) : R :=
  sum C (fun c => sum T (fun i => y i c * alpha i j * alpha i l * sum C (fun c1 => W_O c1 a * W_O c1 b * p i c1))) - sum C (fun c => sum T (fun i => y i c * alpha i j * alpha i l * sum C (fun c1 => W_O c1 a * p i c1) * sum C (fun c1 => W_O c1 b * p i c1))).
Lemma ddL_dv_dv_is : forall l, (l < T)%nat -> forall b, (b < d_v)%nat -> forall j, (j < T)%nat -> forall a, (a < d_v)%nat -> 
  is_derive (fun time => Derive (fun time1 => L_of (p_of (z_of (g_of (upd2 (upd2 v l b time) j a time1))))) ((upd2 v l b time) j a)) (v l b) (ddL_dv_dv_value l b j a).
Proof. intros l Hl b Hb j Hj a Ha. refine (ddL_dv_dv_rule v l Hl b Hb j Hj a Ha); first [assumption | solve [auto] | intros; positive]. Qed.
Lemma ddL_dv_dv_eq : forall l, (l < T)%nat -> forall b, (b < d_v)%nat -> forall j, (j < T)%nat -> forall a, (a < d_v)%nat -> ddL_dv_dv l b j a = ddL_dv_dv_value l b j a.
Proof. intros. apply is_derive_unique, ddL_dv_dv_is; assumption. Qed.

(** The law. *)
Lemma p_rows : forall i, (i < T)%nat -> sum C (fun c => p i c) = 1.
Proof. exact (p_of_rows z). Qed.
Lemma p_pos : forall i, (i < T)%nat -> forall c, (c < C)%nat -> 0 < p i c.
Proof. exact (p_of_pos z). Qed.
#[local] Hint Resolve p_pos : core.
Lemma flow_jacobian_vv_left : forall j, (j < T)%nat -> forall a, (a < d_v)%nat -> forall l, (l < T)%nat -> forall b, (b < d_v)%nat -> dq_dv l b j a = dq_dv_value l b j a.
Proof. intros. sumring_go ((tt, dq_dv_eq), ddL_dv_dv_eq). Qed.
Lemma flow_jacobian_vv_right : forall j, (j < T)%nat -> forall a, (a < d_v)%nat -> forall l, (l < T)%nat -> forall b, (b < d_v)%nat -> - (eps_v * ddL_dv_dv l b j a) = - (eps_v * ddL_dv_dv_value l b j a).
Proof. intros. sumring_go ((tt, dq_dv_eq), ddL_dv_dv_eq). Qed.
Lemma flow_jacobian_vv_middle : forall j, (j < T)%nat -> forall a, (a < d_v)%nat -> forall l, (l < T)%nat -> forall b, (b < d_v)%nat -> dq_dv_value l b j a =
  - (eps_v * ddL_dv_dv_value l b j a).
Proof. intros. assert (V0 : forall i, (i < T)%nat -> forall c, (c < C)%nat -> p i c * / p i c = 1) by (intros; apply Rinv_r; positive).
  cbv beta delta [dq_dv_value ddL_dv_dv_value g g_of z z_of L L_of].
  sumring_go (((tt, given_1), p_rows), V0). Qed.
Theorem flow_jacobian_vv : forall j, (j < T)%nat -> forall a, (a < d_v)%nat -> forall l, (l < T)%nat -> forall b, (b < d_v)%nat -> 
  is_derive (fun time => - (eps_v * Derive (fun time1 => L_of (p_of (z_of (g_of (upd2 (upd2 v l b time) j a time1))))) ((upd2 v l b time) j a))) (v l b)
    (- (eps_v * ddL_dv_dv l b j a)).
Proof. intros j Hj a Ha l Hl b Hb. refine (D_eq _ _ _ _ (dq_dv_is l Hl b Hb j Hj a Ha) _).
  exact (eq_trans (flow_jacobian_vv_middle j Hj a Ha l Hl b Hb) (eq_sym (flow_jacobian_vv_right j Hj a Ha l Hl b Hb))). Qed.
End Law.

(** It is not about nothing: the premises hold at sizes 1. *)
Definition flow_jacobian_vv_instance := ltac:(
  refine (flow_jacobian_vv 1%nat 1%nat 1%nat (fun _ _ => 1) (fun _ _ => 1) (fun _ _ => 1) (fun _ _ => 1) 1 _ _ _ _ _); cbv beta delta [g g_of z z_of p p_of L L_of]; meets).
Check flow_jacobian_vv.
Print Assumptions flow_jacobian_vv.
Print Assumptions dq_dv_is.
Print Assumptions ddL_dv_dv_is.
