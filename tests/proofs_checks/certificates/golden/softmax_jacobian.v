(** Jacobian of the attention weights.
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
Lemma dalpha_ds_rule : forall (s' : nat -> nat -> R), forall i, (i < T)%nat -> forall k, (k < T)%nat -> forall j, (j < T)%nat -> 
  is_derive (fun time => alpha_of (upd2 s' i k time) i j) (s' i k)
    (delta j k * alpha_of s' i j - alpha_of s' i j * alpha_of s' i k).
Proof. intros s' i Hi k Hk j Hj.
  eapply D_eq; [derive ltac:(idtac; line)|cbv beta; at_start].
  set (v_alpha := (alpha_of s')) in *.
  sumring_go tt. Qed.
Ltac known ::= apply is_derive_unique; first [apply dalpha_ds_rule]; first [assumption | solve [auto] | intros; positive].

(** The derivatives of the statement. *)
Definition dalpha_ds (i : nat) (k : nat) (j : nat) : R :=
  Derive (fun time => alpha_of (upd2 s i k time) i j) (s i k).
Definition dalpha_ds_value (i : nat) (k : nat) (j : nat) : R :=
  delta j k * alpha i j - alpha i j * alpha i k.
Lemma dalpha_ds_is : forall i, (i < T)%nat -> forall k, (k < T)%nat -> forall j, (j < T)%nat -> 
  is_derive (fun time => alpha_of (upd2 s i k time) i j) (s i k) (dalpha_ds_value i k j).
Proof. intros i Hi k Hk j Hj. refine (dalpha_ds_rule s i Hi k Hk j Hj); first [assumption | solve [auto] | intros; positive]. Qed.
Lemma dalpha_ds_eq : forall i, (i < T)%nat -> forall k, (k < T)%nat -> forall j, (j < T)%nat -> dalpha_ds i k j = dalpha_ds_value i k j.
Proof. intros. apply is_derive_unique, dalpha_ds_is; assumption. Qed.

(** The law. *)
Lemma alpha_rows : forall i, (i < T)%nat -> sum T (fun j => alpha i j) = 1.
Proof. exact (alpha_of_rows s). Qed.
Lemma alpha_pos : forall i, (i < T)%nat -> forall j, (j < T)%nat -> 0 < alpha i j.
Proof. exact (alpha_of_pos s). Qed.
#[local] Hint Resolve alpha_pos : core.
Lemma softmax_jacobian_left : forall i, (i < T)%nat -> forall j, (j < T)%nat -> forall k, (k < T)%nat -> dalpha_ds i k j = dalpha_ds_value i k j.
Proof. intros. sumring_go (tt, dalpha_ds_eq). Qed.
Lemma softmax_jacobian_right : forall i, (i < T)%nat -> forall j, (j < T)%nat -> forall k, (k < T)%nat -> (delta j k - alpha i k) * alpha i j = (delta j k - alpha i k) * alpha i j.
Proof. intros. sumring_go (tt, dalpha_ds_eq). Qed.
Lemma softmax_jacobian_middle : forall i, (i < T)%nat -> forall j, (j < T)%nat -> forall k, (k < T)%nat -> dalpha_ds_value i k j =
  (delta j k - alpha i k) * alpha i j.
Proof. intros. cbv beta delta [dalpha_ds_value].
  sumring_go (tt, alpha_rows). Qed.
Theorem softmax_jacobian : forall i, (i < T)%nat -> forall j, (j < T)%nat -> forall k, (k < T)%nat -> 
  is_derive (fun time => alpha_of (upd2 s i k time) i j) (s i k)
    ((delta j k - alpha i k) * alpha i j).
Proof. intros i Hi j Hj k Hk. refine (D_eq _ _ _ _ (dalpha_ds_is i Hi k Hk j Hj) _).
  exact (eq_trans (softmax_jacobian_middle i Hi j Hj k Hk) (eq_sym (softmax_jacobian_right i Hi j Hj k Hk))). Qed.
End Law.

(** It is not about nothing: the premises hold at sizes 1. *)
Definition softmax_jacobian_instance := ltac:(
  refine (softmax_jacobian 1%nat (fun _ _ => 1) _); cbv beta delta [alpha alpha_of]; meets).
Check softmax_jacobian.
Print Assumptions softmax_jacobian.
Print Assumptions dalpha_ds_is.
