(** flow of the score margin of the binary head.
    In the model binary-head. *)
From Proofhead Require Import Certificate.

Section Law.
Set Default Proof Using "All".
Variable x : R.
Variable y : R.
Variable w : R.
Variable eps_s : R.

(** The model. *)
Definition alpha_12_of (x : R) : R :=
  / (1 + exp x).
Definition g_of (alpha_12 : R) : R :=
  y * (1 - 2 * alpha_12).
Definition f_of (g : R) : R :=
  g * w.
Definition L_of (f : R) : R :=
  ln (1 + exp f) - f.
Definition q_of (f : R) : R :=
  / (1 + exp f).

(** Its values. *)
Definition alpha_12 : R := alpha_12_of x.
Definition g : R := g_of alpha_12.
Definition f : R := f_of g.
Definition L : R := L_of f.
Definition q : R := q_of f.

(** Premises. *)
Hypothesis eps_s_pos : 0 < eps_s.

(** Facts about the model. *)
Lemma alpha_12_of_pos (x' : R) : 0 < alpha_12_of x'.
Proof. intros. unfold alpha_12_of. positive. Qed.
#[local] Hint Resolve alpha_12_of_pos : core.
Lemma q_of_pos (f' : R) : 0 < q_of f'.
Proof. intros. unfold q_of. positive. Qed.
#[local] Hint Resolve q_of_pos : core.

(** How the lines of the model are differentiated. *)
Ltac line :=
  lazymatch goal with
  | |- is_derive (fun t => alpha_12_of (@?f0 t)) ?pt ?d =>
    let g := eval cbv beta delta [alpha_12_of] in (fun x0 => alpha_12_of x0) in
    change (is_derive (fun t => g (f0 t)) pt d); cbv beta; derive ltac:(idtac; line)
  | |- is_derive (fun t => g_of (@?f0 t)) ?pt ?d =>
    let g := eval cbv beta delta [g_of] in (fun x0 => g_of x0) in
    change (is_derive (fun t => g (f0 t)) pt d); cbv beta; derive ltac:(idtac; line)
  | |- is_derive (fun t => f_of (@?f0 t)) ?pt ?d =>
    let g := eval cbv beta delta [f_of] in (fun x0 => f_of x0) in
    change (is_derive (fun t => g (f0 t)) pt d); cbv beta; derive ltac:(idtac; line)
  | |- is_derive (fun t => L_of (@?f0 t)) ?pt ?d =>
    let g := eval cbv beta delta [L_of] in (fun x0 => L_of x0) in
    change (is_derive (fun t => g (f0 t)) pt d); cbv beta; derive ltac:(idtac; line)
  | |- is_derive (fun t => q_of (@?f0 t)) ?pt ?d =>
    let g := eval cbv beta delta [q_of] in (fun x0 => q_of x0) in
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
Lemma dL_dx_rule : forall (x' : R), 
  is_derive (fun t => L_of (f_of (g_of (alpha_12_of t)))) x'
    (2 * w * y * exp (f_of (g_of (alpha_12_of x'))) * exp x' / (1 + exp (f_of (g_of (alpha_12_of x')))) / (1 + exp x') / (1 + exp x') - 2 * w * y * exp x' / (1 + exp x') / (1 + exp x')).
Proof. intros x'.
  eapply D_eq; [derive ltac:(idtac; line)|cbv beta; at_start].
  first [solve [cbv beta delta [alpha_12_of g_of L_of q_of]; sumring_go tt] | solve [cbv beta delta [alpha_12_of g_of f_of L_of q_of]; scalar]]. Qed.
Ltac known ::= apply is_derive_unique; first [apply dL_dx_rule]; first [assumption | solve [auto] | intros; positive].

(** The derivatives of the statement. *)
Definition dL_dx : R :=
  Derive (fun t => L_of (f_of (g_of (alpha_12_of t)))) x.
Definition dL_dx_value : R :=
  2 * w * y * exp f * exp x / (1 + exp f) / (1 + exp x) / (1 + exp x) - 2 * w * y * exp x / (1 + exp x) / (1 + exp x).
Lemma dL_dx_is : 
  is_derive (fun t => L_of (f_of (g_of (alpha_12_of t)))) x (dL_dx_value).
Proof. refine (dL_dx_rule x ); first [assumption | solve [auto] | intros; positive]. Qed.
Lemma dL_dx_eq : dL_dx = dL_dx_value.
Proof. intros. apply is_derive_unique, dL_dx_is; assumption. Qed.

(** The law. *)
Lemma alpha_12_pos : 0 < alpha_12.
Proof. intros. unfold alpha_12. apply alpha_12_of_pos; auto. Qed.
#[local] Hint Resolve alpha_12_pos : core.
Lemma q_pos : 0 < q.
Proof. intros. unfold q. apply q_of_pos; auto. Qed.
#[local] Hint Resolve q_pos : core.
Lemma binary_score_flow_left : - (eps_s * dL_dx) = - (eps_s * dL_dx_value).
Proof. intros. sumring_go (tt, dL_dx_eq). Qed.
Lemma binary_score_flow_right : w * y * eps_s * q * (sech (x / 2)) ^ 2 / 2 = w * y * eps_s * q * (sech (x / 2)) ^ 2 / 2.
Proof. intros. sumring_go (tt, dL_dx_eq). Qed.
Lemma binary_score_flow_middle : - (eps_s * dL_dx_value) =
  w * y * eps_s * q * (sech (x / 2)) ^ 2 / 2.
Proof. intros. cbv beta delta [dL_dx_value alpha_12 alpha_12_of g g_of f f_of L L_of q q_of].
  scalar. Qed.
Theorem binary_score_flow : 
  - (eps_s * dL_dx) =
  w * y * eps_s * q * (sech (x / 2)) ^ 2 / 2.
Proof. exact (eq_trans (eq_trans (binary_score_flow_left ) (binary_score_flow_middle )) (eq_sym (binary_score_flow_right ))). Qed.
End Law.

(** It is not about nothing: the premises hold at sizes 1. *)
Definition binary_score_flow_instance := ltac:(
  refine (binary_score_flow 1 1 1 1 _); cbv beta delta [alpha_12 alpha_12_of g g_of f f_of L L_of q q_of]; meets).
Check binary_score_flow.
Print Assumptions binary_score_flow.
Print Assumptions dL_dx_is.
