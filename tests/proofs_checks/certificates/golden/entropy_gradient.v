(** gradient of the attention entropy by the scores.
    In the model attention-head. *)
From Proofhead Require Import Certificate.

Section Law.
Set Default Proof Using "All".
Variables T : nat.
Variable s : nat -> nat -> R.

(** The model. *)
Definition alpha_of (s : nat -> nat -> R) (i : nat) (j : nat) : R :=
  exp (s i j) / sum T (fun k => exp (s i k)).

(** Its values. *)
Definition alpha : nat -> nat -> R := alpha_of s.

(** Premises. *)
Hypothesis T_pos : (0 < T)%nat.

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

(** How the lines of the model are differentiated. *)
Ltac line :=
  lazymatch goal with
  | |- is_derive (fun t => alpha_of (@?f0 t) ?i0 ?i1) _ _ => apply (D_alpha_of f0); [assumption.. |intros; cbv beta; derive ltac:(idtac; line)]
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
Lemma dq_ds_rule : forall (s' : nat -> nat -> R), forall i, (i < T)%nat -> forall j, (j < T)%nat -> 
  is_derive (fun time => - sum T (fun k => alpha_of (upd2 s' i j time) i k * ln (alpha_of (upd2 s' i j time) i k))) (s' i j)
    (alpha_of s' i j * sum T (fun k => alpha_of s' i k * ln (alpha_of s' i k)) + alpha_of s' i j * sum T (fun k => alpha_of s' i k) - alpha_of s' i j - alpha_of s' i j * ln (alpha_of s' i j)).
Proof. intros s' i Hi j Hj.
  eapply D_eq; [derive ltac:(idtac; line)|cbv beta; at_start].
  assert (V0 : forall i, (i < T)%nat -> forall k, (k < T)%nat -> alpha_of s' i k * / alpha_of s' i k = 1) by (intros; apply Rinv_r; positive).
  set (v_alpha := (alpha_of s')) in *.
  sumring_go (tt, V0). Qed.
Ltac known ::= apply is_derive_unique; first [apply dq_ds_rule]; first [assumption | solve [auto] | intros; positive].

(** The derivatives of the statement. *)
Definition dq_ds (i : nat) (j : nat) : R :=
  Derive (fun time => - sum T (fun k => alpha_of (upd2 s i j time) i k * ln (alpha_of (upd2 s i j time) i k))) (s i j).
Definition dq_ds_value (i : nat) (j : nat) : R :=
  alpha i j * sum T (fun k => alpha i k * ln (alpha i k)) + alpha i j * sum T (fun k => alpha i k) - alpha i j - alpha i j * ln (alpha i j).
Lemma dq_ds_is : forall i, (i < T)%nat -> forall j, (j < T)%nat -> 
  is_derive (fun time => - sum T (fun k => alpha_of (upd2 s i j time) i k * ln (alpha_of (upd2 s i j time) i k))) (s i j) (dq_ds_value i j).
Proof. intros i Hi j Hj. refine (dq_ds_rule s i Hi j Hj); first [assumption | solve [auto] | intros; positive]. Qed.
Lemma dq_ds_eq : forall i, (i < T)%nat -> forall j, (j < T)%nat -> dq_ds i j = dq_ds_value i j.
Proof. intros. apply is_derive_unique, dq_ds_is; assumption. Qed.

(** The law. *)
Lemma alpha_rows : forall i, (i < T)%nat -> sum T (fun j => alpha i j) = 1.
Proof. exact (alpha_of_rows s). Qed.
Lemma alpha_pos : forall i, (i < T)%nat -> forall j, (j < T)%nat -> 0 < alpha i j.
Proof. exact (alpha_of_pos s). Qed.
#[local] Hint Resolve alpha_pos : core.
Lemma entropy_gradient_left : forall i, (i < T)%nat -> forall j, (j < T)%nat -> dq_ds i j = dq_ds_value i j.
Proof. intros. sumring_go (tt, dq_ds_eq). Qed.
Lemma entropy_gradient_right : forall i, (i < T)%nat -> forall j, (j < T)%nat -> - ((ln (alpha i j) - sum T (fun k => alpha i k * ln (alpha i k))) * alpha i j) = - ((ln (alpha i j) - sum T (fun k => alpha i k * ln (alpha i k))) * alpha i j).
Proof. intros. sumring_go (tt, dq_ds_eq). Qed.
Lemma entropy_gradient_middle : forall i, (i < T)%nat -> forall j, (j < T)%nat -> dq_ds_value i j =
  - ((ln (alpha i j) - sum T (fun k => alpha i k * ln (alpha i k))) * alpha i j).
Proof. intros. assert (V0 : forall i, (i < T)%nat -> forall k, (k < T)%nat -> alpha i k * / alpha i k = 1) by (intros; apply Rinv_r; positive).
  cbv beta delta [dq_ds_value].
  sumring_go ((tt, alpha_rows), V0). Qed.
Theorem entropy_gradient : forall i, (i < T)%nat -> forall j, (j < T)%nat -> 
  is_derive (fun time => - sum T (fun k => alpha_of (upd2 s i j time) i k * ln (alpha_of (upd2 s i j time) i k))) (s i j)
    (- ((ln (alpha i j) - sum T (fun k => alpha i k * ln (alpha i k))) * alpha i j)).
Proof. intros i Hi j Hj. refine (D_eq _ _ _ _ (dq_ds_is i Hi j Hj) _).
  exact (eq_trans (entropy_gradient_middle i Hi j Hj) (eq_sym (entropy_gradient_right i Hi j Hj))). Qed.
End Law.

(** It is not about nothing: the premises hold at sizes 1. *)
Definition entropy_gradient_instance := ltac:(
  refine (entropy_gradient 1%nat (fun _ _ => 1) _); cbv beta delta [alpha alpha_of]; meets).
Check entropy_gradient.
Print Assumptions entropy_gradient.
Print Assumptions dq_ds_is.
