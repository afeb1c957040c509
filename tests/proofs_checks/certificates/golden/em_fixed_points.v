(** fixed points of EM are the stationary points of the loss.
    In the model prototype-mixture. *)
From Proofhead Require Import Certificate.

Section Law.
Set Default Proof Using "All".
Variables N K d_x : nat.
Variable x : nat -> nat -> R.
Variable v : nat -> nat -> R.
Variable pi : nat -> R.
Variable sigma2 : R.

(** The model. *)
Definition D__of (v : nat -> nat -> R) (i : nat) (j : nat) : R :=
  sum d_x (fun a => (x i a - v j a) ^ 2).
Definition d_of (D_ : nat -> nat -> R) (i : nat) (j : nat) : R :=
  D_ i j / 2 / sigma2 + INR d_x * ln (2 * PI * sigma2) / 2 - ln (pi j).
Definition r_of (d : nat -> nat -> R) (i : nat) (j : nat) : R :=
  exp (- d i j) / sum K (fun k => exp (- d i k)).
Definition F_of (d : nat -> nat -> R) : R :=
  - sum N (fun i => ln (sum K (fun j => exp (- d i j)))).
Definition n_of (r : nat -> nat -> R) (j : nat) : R :=
  sum N (fun i => r i j).
Definition v_star_of (r : nat -> nat -> R) (n : nat -> R) (j : nat) (a : nat) : R :=
  sum N (fun i => x i a * r i j) / n j.

(** Its values. *)
Definition D_ : nat -> nat -> R := D__of v.
Definition d : nat -> nat -> R := d_of D_.
Definition r : nat -> nat -> R := r_of d.
Definition F : R := F_of d.
Definition n : nat -> R := n_of r.
Definition v_star : nat -> nat -> R := v_star_of r n.

(** Premises. *)
Hypothesis N_pos : (0 < N)%nat.
Hypothesis K_pos : (0 < K)%nat.
Hypothesis d_x_pos : (0 < d_x)%nat.
Hypothesis sigma2_pos : 0 < sigma2.
Hypothesis given_1 : sum K (fun j => pi j) = 1.  (* sum_j pi_j = 1 *)
Hypothesis defined_1 : forall j, (j < K)%nat -> 0 < pi j.

(** Facts about the model. *)
Lemma r_of_below (d' : nat -> nat -> R) : forall i, (i < N)%nat -> 0 < sum K (fun j => exp (- d' i j)).
Proof. intros. positive. Qed.
Lemma r_of_rows (d' : nat -> nat -> R) : forall i, (i < N)%nat -> sum K (fun j => r_of d' i j) = 1.
Proof. intros. unfold r_of.
  apply (share_sum K (fun j => exp (- d' i j))).
  apply pos_neq, r_of_below; assumption. Qed.
Lemma r_of_pos (d' : nat -> nat -> R) : forall i, (i < N)%nat -> forall j, (j < K)%nat -> 0 < r_of d' i j.
Proof. intros. unfold r_of. apply Rdiv_pos; [apply exp_pos|].
  apply (r_of_below d'); assumption. Qed.
#[local] Hint Resolve r_of_pos : core.
Lemma D_r_of (d' : R -> nat -> nat -> R) (slope : nat -> R) (pt : R) : forall i, (i < N)%nat -> forall j, (j < K)%nat -> 
  (forall j, (j < K)%nat ->
    is_derive (fun t => - d' t i j) pt (slope j)) ->
  is_derive (fun t => r_of (d' t) i j) pt
    (r_of (d' pt) i j *
      (slope j - sum K (fun k => r_of (d' pt) i k * slope k))).
Proof. intros. unfold r_of.
  apply (D_share K (fun t j => - d' t i j) slope pt j); auto.
  apply pos_neq, (r_of_below (d' pt)); assumption. Qed.
Lemma n_of_pos (r' : nat -> nat -> R) : (forall i, (i < N)%nat -> forall j, (j < K)%nat -> 0 < r' i j) -> forall j, (j < K)%nat -> 0 < n_of r' j.
Proof. intros. unfold n_of. positive. Qed.
#[local] Hint Resolve n_of_pos : core.

(** How the lines of the model are differentiated. *)
Ltac line :=
  lazymatch goal with
  | |- is_derive (fun t => D__of (@?f0 t) ?i0 ?i1) ?pt ?d =>
    let g := eval cbv beta delta [D__of] in (fun x0 => D__of x0 i0 i1) in
    change (is_derive (fun t => g (f0 t)) pt d); cbv beta; derive ltac:(idtac; line)
  | |- is_derive (fun t => d_of (@?f0 t) ?i0 ?i1) ?pt ?d =>
    let g := eval cbv beta delta [d_of] in (fun x0 => d_of x0 i0 i1) in
    change (is_derive (fun t => g (f0 t)) pt d); cbv beta; derive ltac:(idtac; line)
  | |- is_derive (fun t => r_of (@?f0 t) ?i0 ?i1) _ _ => apply (D_r_of f0); [assumption.. |intros; cbv beta; derive ltac:(idtac; line)]
  | |- is_derive (fun t => F_of (@?f0 t)) ?pt ?d =>
    let g := eval cbv beta delta [F_of] in (fun x0 => F_of x0) in
    change (is_derive (fun t => g (f0 t)) pt d); cbv beta; derive ltac:(idtac; line)
  | |- is_derive (fun t => n_of (@?f0 t) ?i0) ?pt ?d =>
    let g := eval cbv beta delta [n_of] in (fun x0 => n_of x0 i0) in
    change (is_derive (fun t => g (f0 t)) pt d); cbv beta; derive ltac:(idtac; line)
  | |- is_derive (fun t => v_star_of (@?f0 t) (@?f1 t) ?i0 ?i1) ?pt ?d =>
    let g := eval cbv beta delta [v_star_of] in (fun x0 x1 => v_star_of x0 x1 i0 i1) in
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
Lemma dF_dv_rule : forall (v' : nat -> nat -> R), (forall j1, (j1 < K)%nat -> 0 < pi j1) ->
  forall j, (j < K)%nat -> forall a, (a < d_x)%nat -> 
  is_derive (fun t => F_of (d_of (D__of (upd2 v' j a t)))) (v' j a)
    (sum N (fun i => (2 * v' j a - 2 * x i a) * exp (- d_of (D__of v') i j) / sum K (fun j1 => exp (- d_of (D__of v') i j1))) / 2 / sigma2).
Proof. intros v' P0 j Hj a Ha.
  eapply D_eq; [derive ltac:(idtac; line)|cbv beta; at_start].
  first
  [ solve [assert (V0 : sigma2 * / sigma2 = 1) by (intros; apply Rinv_r; positive);
    assert (V1 : forall j1, (j1 < K)%nat -> pi j1 * / pi j1 = 1) by (intros; apply Rinv_r; positive);
    assert (V2 : PI * / PI = 1) by (intros; apply Rinv_r; positive);
    assert (V3 : forall j1, (j1 < K)%nat -> n_of (r_of (d_of (D__of v'))) j1 * / n_of (r_of (d_of (D__of v'))) j1 = 1) by (intros; apply Rinv_r; positive);
    assert (S0 : forall i, (i < N)%nat -> forall j1, (j1 < K)%nat -> exp (- d_of (D__of v') i j1) * / sum K (fun j1 => exp (- d_of (D__of v') i j1)) = r_of (d_of (D__of v')) i j1) by reflexivity;
    assert (R0 : forall i, (i < N)%nat -> sum K (fun j1 => r_of (d_of (D__of v')) i j1) = 1) by (intros; apply r_of_rows; assumption);
    set (v_n := (n_of (r_of (d_of (D__of v'))))) in *;
    set (v_r := (r_of (d_of (D__of v')))) in *;
    set (v_d := (d_of (D__of v'))) in *;
    cbv beta delta [D__of F_of v_star_of];
    sumring_go ((((((tt, S0), R0), V0), V1), V2), V3)]
  | solve [assert (F0 : sigma2 * / sigma2 = 1)
    by (intros; apply Rinv_r; positive);
    assert (F1 : forall j1, (j1 < K)%nat -> (pi j1) * / (pi j1) = 1)
    by (intros; apply Rinv_r; positive);
    assert (F2 : forall i, (i < N)%nat -> forall j1, (j1 < K)%nat -> D__of v' i j1 = sum d_x (fun a1 => (x i a1 - v' j1 a1) ^ 2))
    by (intros; reflexivity);
    assert (F3 : PI * / PI = 1)
    by (intros; apply Rinv_r; positive);
    assert (F4 : / (2 * PI * sigma2) = (1 / 2) * ((/ PI) * (/ sigma2)))
    by (intros; apply by_inverse; sumring_go ((((tt, F0), F1), F2), F3));
    assert (F5 : ln (2 * PI * sigma2) = ((ln 2)) + ((ln PI)) + ((ln sigma2)))
    by (intros; transitivity (ln (2 * PI * sigma2)); [apply f_equal; sumring_go (((((tt, F0), F1), F2), F3), F4)|eapply eq_trans; [logarithm ltac:(reflexivity)|sumring_go (((((tt, F0), F1), F2), F3), F4)]]);
    assert (F6 : forall i, (i < N)%nat -> forall j1, (j1 < K)%nat -> d_of (D__of v') i j1 = D__of v' i j1 / 2 / sigma2 + INR d_x * ln (2 * PI * sigma2) / 2 - ln (pi j1))
    by (intros; reflexivity);
    assert (F7 : forall i, (i < N)%nat -> forall j1, (j1 < K)%nat -> exp (- d_of (D__of v') i j1) = (pi j1) * (exp (- (sum d_x (fun a1 => (v' j1 a1) ^ 2 / sigma2) / 2))) * (exp (sum d_x (fun a1 => v' j1 a1 * x i a1 / sigma2))) * (exp (- (sum d_x (fun a1 => (x i a1) ^ 2 / sigma2) / 2))) * (exp (- (INR d_x * ln 2 / 2))) * (exp (- (INR d_x * ln PI / 2))) * (exp (- (INR d_x * ln sigma2 / 2))))
    by (intros; transitivity (exp (((ln (pi j1))) + (- (sum d_x (fun a1 => (v' j1 a1) ^ 2 / sigma2) / 2)) + (sum d_x (fun a1 => v' j1 a1 * x i a1 / sigma2)) + (- (sum d_x (fun a1 => (x i a1) ^ 2 / sigma2) / 2)) + (- (INR d_x * ln 2 / 2)) + (- (INR d_x * ln PI / 2)) + (- (INR d_x * ln sigma2 / 2)))); [apply f_equal; sumring_go (((((((tt, F0), F1), F2), F3), F4), F5), F6)|powers; sumring_go (((((((tt, F0), F1), F2), F3), F4), F5), F6)]);
    assert (F8 : (exp (INR d_x * ln 2 / 2)) * (exp (- (INR d_x * ln 2 / 2))) = 1)
    by (intros; rewrite <- exp_plus, <- exp_0; apply f_equal; sumring_go ((((((((tt, F0), F1), F2), F3), F4), F5), F6), F7));
    assert (F9 : (exp (INR d_x * ln PI / 2)) * (exp (- (INR d_x * ln PI / 2))) = 1)
    by (intros; rewrite <- exp_plus, <- exp_0; apply f_equal; sumring_go (((((((((tt, F0), F1), F2), F3), F4), F5), F6), F7), F8));
    assert (F10 : (exp (INR d_x * ln sigma2 / 2)) * (exp (- (INR d_x * ln sigma2 / 2))) = 1)
    by (intros; rewrite <- exp_plus, <- exp_0; apply f_equal; sumring_go ((((((((((tt, F0), F1), F2), F3), F4), F5), F6), F7), F8), F9));
    assert (F11 : forall i, (i < N)%nat -> (exp (sum d_x (fun a1 => (x i a1) ^ 2 / sigma2) / 2)) * (exp (- (sum d_x (fun a1 => (x i a1) ^ 2 / sigma2) / 2))) = 1)
    by (intros; rewrite <- exp_plus, <- exp_0; apply f_equal; sumring_go (((((((((((tt, F0), F1), F2), F3), F4), F5), F6), F7), F8), F9), F10));
    assert (F12 : forall i, (i < N)%nat -> sum K (fun j1 => (pi j1) * (exp (- (sum d_x (fun a1 => (v' j1 a1) ^ 2 / sigma2) / 2))) * (exp (sum d_x (fun a1 => v' j1 a1 * x i a1 / sigma2))) * (/ sum K (fun j2 => exp (- d_of (D__of v') i j2)))) = (exp (INR d_x * ln 2 / 2)) * (exp (INR d_x * ln PI / 2)) * (exp (INR d_x * ln sigma2 / 2)) * (exp (sum d_x (fun a1 => (x i a1) ^ 2 / sigma2) / 2)))
    by (intros; apply (by_multiple _ _ ((exp (INR d_x * ln 2 / 2)) * (exp (INR d_x * ln PI / 2)) * (exp (INR d_x * ln sigma2 / 2)) * (exp (sum d_x (fun a1 => (x i a1) ^ 2 / sigma2) / 2))) ((sum K (fun j1 => exp (- d_of (D__of v') i j1))) * / (sum K (fun j1 => exp (- d_of (D__of v') i j1))))); [apply Rinv_r; positive|sumring_go ((((((((((((tt, F0), F1), F2), F3), F4), F5), F6), F7), F8), F9), F10), F11)]);
    assert (P13 : forall i, (i < N)%nat -> 0 < sum K (fun j1 => pi j1 * exp (- (sum d_x (fun a1 => (v' j1 a1) ^ 2 / sigma2) / 2)) * exp (sum d_x (fun a1 => v' j1 a1 * x i a1 / sigma2))))
    by (intros; first [positive | apply (other_positive ((exp (- (INR d_x * ln 2 / 2))) * (exp (- (INR d_x * ln PI / 2))) * (exp (- (INR d_x * ln sigma2 / 2))) * (exp (- (sum d_x (fun a1 => (x i a1) ^ 2 / sigma2) / 2)))) _ (sum K (fun j1 => exp (- d_of (D__of v') i j1)))); [positive|sumring_go (((((((((((((tt, F0), F1), F2), F3), F4), F5), F6), F7), F8), F9), F10), F11), F12)|positive]]);
    assert (F14 : forall i, (i < N)%nat -> ln (sum K (fun j1 => exp (- d_of (D__of v') i j1))) = ((- (1 / 2)) * ((INR d_x) * (ln 2))) + ((- (1 / 2)) * ((INR d_x) * (ln PI))) + ((- (1 / 2)) * ((INR d_x) * (ln sigma2))) + ((- (1 / 2)) * (sum d_x (fun a1 => (/ sigma2) * (x i a1) * (x i a1)))) + ((ln (sum K (fun j1 => pi j1 * exp (- (sum d_x (fun a1 => (v' j1 a1) ^ 2 / sigma2) / 2)) * exp (sum d_x (fun a1 => v' j1 a1 * x i a1 / sigma2)))))))
    by (intros; transitivity (ln ((exp (- (INR d_x * ln 2 / 2))) * (exp (- (INR d_x * ln PI / 2))) * (exp (- (INR d_x * ln sigma2 / 2))) * (exp (- (sum d_x (fun a1 => (x i a1) ^ 2 / sigma2) / 2))) * (sum K (fun j1 => pi j1 * exp (- (sum d_x (fun a1 => (v' j1 a1) ^ 2 / sigma2) / 2)) * exp (sum d_x (fun a1 => v' j1 a1 * x i a1 / sigma2)))))); [apply f_equal; sumring_go (((((((((((((tt, F0), F1), F2), F3), F4), F5), F6), F7), F8), F9), F10), F11), F12)|eapply eq_trans; [logarithm ltac:(reflexivity)|sumring_go (((((((((((((tt, F0), F1), F2), F3), F4), F5), F6), F7), F8), F9), F10), F11), F12)]]);
    assert (F15 : F_of (d_of (D__of v')) = - sum N (fun i => ln (sum K (fun j1 => exp (- d_of (D__of v') i j1)))))
    by (intros; reflexivity);
    sumring_go (((((((((((((((tt, F0), F1), F2), F3), F4), F5), F6), F7), F8), F9), F10), F11), F12), F14), F15)] ]. Qed.
Ltac known ::= apply is_derive_unique; first [apply dF_dv_rule]; first [assumption | solve [auto] | intros; positive].

(** The derivatives of the statement. *)
Definition dF_dv (j : nat) (a : nat) : R :=
  Derive (fun t => F_of (d_of (D__of (upd2 v j a t)))) (v j a).
Definition dF_dv_value (j : nat) (a : nat) : R :=
  sum N (fun i => (2 * v j a - 2 * x i a) * exp (- d i j) / sum K (fun j1 => exp (- d i j1))) / 2 / sigma2.
Lemma dF_dv_is : forall j, (j < K)%nat -> forall a, (a < d_x)%nat -> 
  is_derive (fun t => F_of (d_of (D__of (upd2 v j a t)))) (v j a) (dF_dv_value j a).
Proof. intros j Hj a Ha. refine (dF_dv_rule v _ j Hj a Ha); first [assumption | solve [auto] | intros; positive]. Qed.
Lemma dF_dv_eq : forall j, (j < K)%nat -> forall a, (a < d_x)%nat -> dF_dv j a = dF_dv_value j a.
Proof. intros. apply is_derive_unique, dF_dv_is; assumption. Qed.

(** The law. *)
Lemma r_rows : forall i, (i < N)%nat -> sum K (fun j => r i j) = 1.
Proof. exact (r_of_rows d). Qed.
Lemma r_pos : forall i, (i < N)%nat -> forall j, (j < K)%nat -> 0 < r i j.
Proof. exact (r_of_pos d). Qed.
#[local] Hint Resolve r_pos : core.
Lemma n_pos : forall j, (j < K)%nat -> 0 < n j.
Proof. intros. unfold n. apply n_of_pos; auto. Qed.
#[local] Hint Resolve n_pos : core.
Lemma em_fixed_points_left : forall j, (j < K)%nat -> forall a, (a < d_x)%nat -> dF_dv j a = dF_dv_value j a.
Proof. intros. sumring_go (tt, dF_dv_eq). Qed.
Lemma em_fixed_points_right : forall j, (j < K)%nat -> forall a, (a < d_x)%nat -> - ((v_star j a - v j a) * n j / sigma2) = - ((v_star j a - v j a) * n j / sigma2).
Proof. intros. sumring_go (tt, dF_dv_eq). Qed.
Lemma em_fixed_points_middle : forall j, (j < K)%nat -> forall a, (a < d_x)%nat -> dF_dv_value j a =
  - ((v_star j a - v j a) * n j / sigma2).
Proof. intros. first
  [ solve [assert (V0 : sigma2 * / sigma2 = 1) by (intros; apply Rinv_r; positive);
    assert (V1 : forall j, (j < K)%nat -> pi j * / pi j = 1) by (intros; apply Rinv_r; positive);
    assert (V2 : PI * / PI = 1) by (intros; apply Rinv_r; positive);
    assert (V3 : forall j, (j < K)%nat -> n j * / n j = 1) by (intros; apply Rinv_r; positive);
    assert (S0 : forall i, (i < N)%nat -> forall j, (j < K)%nat -> exp (- d i j) * / sum K (fun j => exp (- d i j)) = r i j) by reflexivity;
    assert (N_n : forall j, (j < K)%nat -> sum N (fun i => r i j) = n j) by reflexivity;
    cbv beta delta [dF_dv_value D_ D__of F F_of v_star v_star_of];
    sumring_go ((((((((tt, given_1), r_rows), V0), V1), V2), V3), S0), N_n)]
  | solve [cbv beta delta [dF_dv_value];
    assert (F0 : sigma2 * / sigma2 = 1)
    by (intros; apply Rinv_r; positive);
    assert (F1 : forall j1, (j1 < K)%nat -> (pi j1) * / (pi j1) = 1)
    by (intros; apply Rinv_r; positive);
    assert (F2 : forall i, (i < N)%nat -> forall j1, (j1 < K)%nat -> D_ i j1 = sum d_x (fun a1 => (x i a1 - v j1 a1) ^ 2))
    by (intros; reflexivity);
    assert (F3 : PI * / PI = 1)
    by (intros; apply Rinv_r; positive);
    assert (F4 : / (2 * PI * sigma2) = (1 / 2) * ((/ PI) * (/ sigma2)))
    by (intros; apply by_inverse; sumring_go (((((tt, given_1), F0), F1), F2), F3));
    assert (F5 : ln (2 * PI * sigma2) = ((ln 2)) + ((ln PI)) + ((ln sigma2)))
    by (intros; transitivity (ln (2 * PI * sigma2)); [apply f_equal; sumring_go ((((((tt, given_1), F0), F1), F2), F3), F4)|eapply eq_trans; [logarithm ltac:(reflexivity)|sumring_go ((((((tt, given_1), F0), F1), F2), F3), F4)]]);
    assert (F6 : forall i, (i < N)%nat -> forall j1, (j1 < K)%nat -> d i j1 = D_ i j1 / 2 / sigma2 + INR d_x * ln (2 * PI * sigma2) / 2 - ln (pi j1))
    by (intros; reflexivity);
    assert (F7 : forall i, (i < N)%nat -> forall j1, (j1 < K)%nat -> exp (- d i j1) = (pi j1) * (exp (- (sum d_x (fun a1 => (v j1 a1) ^ 2 / sigma2) / 2))) * (exp (sum d_x (fun a1 => v j1 a1 * x i a1 / sigma2))) * (exp (- (sum d_x (fun a1 => (x i a1) ^ 2 / sigma2) / 2))) * (exp (- (INR d_x * ln 2 / 2))) * (exp (- (INR d_x * ln PI / 2))) * (exp (- (INR d_x * ln sigma2 / 2))))
    by (intros; transitivity (exp (((ln (pi j1))) + (- (sum d_x (fun a1 => (v j1 a1) ^ 2 / sigma2) / 2)) + (sum d_x (fun a1 => v j1 a1 * x i a1 / sigma2)) + (- (sum d_x (fun a1 => (x i a1) ^ 2 / sigma2) / 2)) + (- (INR d_x * ln 2 / 2)) + (- (INR d_x * ln PI / 2)) + (- (INR d_x * ln sigma2 / 2)))); [apply f_equal; sumring_go ((((((((tt, given_1), F0), F1), F2), F3), F4), F5), F6)|powers; sumring_go ((((((((tt, given_1), F0), F1), F2), F3), F4), F5), F6)]);
    assert (F8 : (exp (INR d_x * ln 2 / 2)) * (exp (- (INR d_x * ln 2 / 2))) = 1)
    by (intros; rewrite <- exp_plus, <- exp_0; apply f_equal; sumring_go (((((((((tt, given_1), F0), F1), F2), F3), F4), F5), F6), F7));
    assert (F9 : (exp (INR d_x * ln PI / 2)) * (exp (- (INR d_x * ln PI / 2))) = 1)
    by (intros; rewrite <- exp_plus, <- exp_0; apply f_equal; sumring_go ((((((((((tt, given_1), F0), F1), F2), F3), F4), F5), F6), F7), F8));
    assert (F10 : (exp (INR d_x * ln sigma2 / 2)) * (exp (- (INR d_x * ln sigma2 / 2))) = 1)
    by (intros; rewrite <- exp_plus, <- exp_0; apply f_equal; sumring_go (((((((((((tt, given_1), F0), F1), F2), F3), F4), F5), F6), F7), F8), F9));
    assert (F11 : forall i, (i < N)%nat -> (exp (sum d_x (fun a1 => (x i a1) ^ 2 / sigma2) / 2)) * (exp (- (sum d_x (fun a1 => (x i a1) ^ 2 / sigma2) / 2))) = 1)
    by (intros; rewrite <- exp_plus, <- exp_0; apply f_equal; sumring_go ((((((((((((tt, given_1), F0), F1), F2), F3), F4), F5), F6), F7), F8), F9), F10));
    assert (F12 : forall i, (i < N)%nat -> sum K (fun j1 => (pi j1) * (exp (- (sum d_x (fun a1 => (v j1 a1) ^ 2 / sigma2) / 2))) * (exp (sum d_x (fun a1 => v j1 a1 * x i a1 / sigma2))) * (/ sum K (fun j2 => exp (- d i j2)))) = (exp (INR d_x * ln 2 / 2)) * (exp (INR d_x * ln PI / 2)) * (exp (INR d_x * ln sigma2 / 2)) * (exp (sum d_x (fun a1 => (x i a1) ^ 2 / sigma2) / 2)))
    by (intros; apply (by_multiple _ _ ((exp (INR d_x * ln 2 / 2)) * (exp (INR d_x * ln PI / 2)) * (exp (INR d_x * ln sigma2 / 2)) * (exp (sum d_x (fun a1 => (x i a1) ^ 2 / sigma2) / 2))) ((sum K (fun j1 => exp (- d i j1))) * / (sum K (fun j1 => exp (- d i j1))))); [apply Rinv_r; positive|sumring_go (((((((((((((tt, given_1), F0), F1), F2), F3), F4), F5), F6), F7), F8), F9), F10), F11)]);
    assert (F13 : forall i, (i < N)%nat -> forall j1, (j1 < K)%nat -> r i j1 = exp (- d i j1) / sum K (fun k => exp (- d i k)))
    by (intros; reflexivity);
    assert (F14 : forall j1, (j1 < K)%nat -> n j1 = sum N (fun i => r i j1))
    by (intros; reflexivity);
    assert (F15 : forall j1, (j1 < K)%nat -> (exp (sum d_x (fun a1 => (v j1 a1) ^ 2 / sigma2) / 2)) * (exp (- (sum d_x (fun a1 => (v j1 a1) ^ 2 / sigma2) / 2))) = 1)
    by (intros; rewrite <- exp_plus, <- exp_0; apply f_equal; sumring_go ((((((((((((((((tt, given_1), F0), F1), F2), F3), F4), F5), F6), F7), F8), F9), F10), F11), F12), F13), F14));
    assert (F16 : forall j1, (j1 < K)%nat -> sum N (fun i => (/ sum K (fun j2 => exp (- d i j2))) * (exp (sum d_x (fun a1 => v j1 a1 * x i a1 / sigma2))) * (exp (- (sum d_x (fun a1 => (x i a1) ^ 2 / sigma2) / 2))) * (/ n j1)) = (exp (INR d_x * ln 2 / 2)) * (exp (INR d_x * ln PI / 2)) * (exp (INR d_x * ln sigma2 / 2)) * (exp (sum d_x (fun a1 => (v j1 a1) ^ 2 / sigma2) / 2)) * (/ pi j1))
    by (intros; apply (by_multiple _ _ ((exp (INR d_x * ln 2 / 2)) * (exp (INR d_x * ln PI / 2)) * (exp (INR d_x * ln sigma2 / 2)) * (exp (sum d_x (fun a1 => (v j1 a1) ^ 2 / sigma2) / 2)) * (/ pi j1)) ((n j1) * / (n j1))); [apply Rinv_r; positive|sumring_go (((((((((((((((((tt, given_1), F0), F1), F2), F3), F4), F5), F6), F7), F8), F9), F10), F11), F12), F13), F14), F15)]);
    assert (F17 : forall j1, (j1 < K)%nat -> forall a1, (a1 < d_x)%nat -> v_star j1 a1 = sum N (fun i => x i a1 * r i j1) / n j1)
    by (intros; reflexivity);
    sumring_go (((((((((((((((((((tt, given_1), F0), F1), F2), F3), F4), F5), F6), F7), F8), F9), F10), F11), F12), F13), F14), F15), F16), F17)] ]. Qed.
Theorem em_fixed_points : forall j, (j < K)%nat -> forall a, (a < d_x)%nat -> 
  is_derive (fun t => F_of (d_of (D__of (upd2 v j a t)))) (v j a)
    (- ((v_star j a - v j a) * n j / sigma2)).
Proof. intros j Hj a Ha. refine (D_eq _ _ _ _ (dF_dv_is j Hj a Ha) _).
  exact (eq_trans (em_fixed_points_middle j Hj a Ha) (eq_sym (em_fixed_points_right j Hj a Ha))). Qed.
End Law.

(** It is not about nothing: the premises hold at sizes 1. *)
Definition em_fixed_points_instance := ltac:(
  refine (em_fixed_points 1%nat 1%nat 1%nat (fun _ _ => 1) (fun _ _ => 1) (fun _ => 1) 1 _ _ _ _ _ _); cbv beta delta [D_ D__of d d_of r r_of F F_of n n_of v_star v_star_of]; meets).
Check em_fixed_points.
Print Assumptions em_fixed_points.
Print Assumptions dF_dv_is.
