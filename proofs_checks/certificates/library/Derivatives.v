(** Rules of differentiation, signs, shares, and the tactics [derive], [near] and [positive]. *)
From Coq Require Export Reals Lra Lia Arith FunctionalExtensionality.
From Coquelicot Require Export Coquelicot.
From Proofhead Require Export Definitions Sums.
Open Scope R_scope.

(** ** More rules of differentiation *)
Lemma upd3_same s h i j : upd3 s h i j (s h i j) = s.
Proof.
  apply functional_extensionality; intro h'; apply functional_extensionality; intro i';
  apply functional_extensionality; intro j'. unfold upd3.
  destruct (Nat.eqb_spec h' h), (Nat.eqb_spec i' i), (Nat.eqb_spec j' j); now subst.
Qed.
Lemma D_upd3 s h i j h' i' j' (t : R) :
  is_derive (fun x => upd3 s h i j x h' i' j') t (delta h' h * delta i' i * delta j' j).
Proof.
  unfold upd3, delta. destruct (Nat.eqb h' h), (Nat.eqb i' i), (Nat.eqb j' j); simpl;
  [refine (D_eq _ _ _ _ (D_id t) _); ring | refine (D_eq _ _ _ _ (D_const _ t) _); ring ..].
Qed.
Lemma D_line (a b t : R) : is_derive (fun x => a - x * b) t (- b).
Proof.
  refine (D_eq _ _ _ _ (D_sub _ _ t _ _ (D_const a t) (D_mul _ _ t _ _ (D_id t) (D_const b t))) _).
  ring.
Qed.
Lemma D_descend0 x d b t : d = b -> is_derive (fun h => descend0 x d h) t (- b).
Proof. intros <-. apply D_line. Qed.
Lemma D_descend1 x d i b t : d i = b -> is_derive (fun h => descend1 x d h i) t (- b).
Proof. intros <-. apply D_line. Qed.
Lemma D_descend2 x d i j b t : d i j = b -> is_derive (fun h => descend2 x d h i j) t (- b).
Proof. intros <-. apply D_line. Qed.
Lemma D_descend3 x d h i j b t : d h i j = b -> is_derive (fun r => descend3 x d r h i j) t (- b).
Proof. intros <-. apply D_line. Qed.
Lemma descend0_start x d : descend0 x d 0 = x.
Proof. unfold descend0. ring. Qed.
Lemma descend1_start x d : descend1 x d 0 = x.
Proof. apply functional_extensionality; intro. unfold descend1. ring. Qed.
Lemma descend2_start x d : descend2 x d 0 = x.
Proof.
  apply functional_extensionality; intro; apply functional_extensionality; intro.
  unfold descend2. ring.
Qed.
Lemma descend3_start x d : descend3 x d 0 = x.
Proof.
  apply functional_extensionality; intro; apply functional_extensionality; intro;
  apply functional_extensionality; intro. unfold descend3. ring.
Qed.
(** What a step moves x by, in closed form; x stands here so that it is found at once. *)
Definition rate_of {A : Type} (x : A) (P : Prop) : Prop := P.
Ltac rate x :=
  lazymatch goal with
  | H : rate_of x _ |- _ => let P := fresh in assert (P := H); unfold rate_of in P; apply P; assumption
  end.
Ltac at_start :=
  rewrite ?upd1_same, ?upd2_same, ?upd3_same,
    ?descend0_start, ?descend1_start, ?descend2_start, ?descend3_start.

Lemma D_sqrt f (t df : R) : is_derive f t df -> 0 < f t ->
  is_derive (fun x => sqrt (f x)) t (df * (/ 2 * / sqrt (f t))).
Proof.
  intros H P. eapply D_eq.
  - apply (is_derive_comp sqrt f); [apply is_derive_Reals, derivable_pt_lim_sqrt, P|exact H].
  - unfold scal; simpl; unfold mult; simpl. assert (sqrt (f t) <> 0) by (apply Rgt_not_eq, sqrt_lt_R0, P).
    now field.
Qed.
Lemma D_ln_mul f g (t df dg : R) : is_derive f t df -> is_derive g t dg -> 0 < f t -> 0 < g t ->
  is_derive (fun x => ln (f x * g x)) t (df / f t + dg / g t).
Proof.
  intros Hf Hg Pf Pg. eapply D_eq.
  - apply (D_ln (fun x => f x * g x)); [exact (D_mul f g t df dg Hf Hg)|now apply Rmult_lt_0_compat].
  - simpl. field. lra.
Qed.
Lemma D_sinh f (t df : R) : is_derive f t df -> is_derive (fun x => sinh (f x)) t (cosh (f t) * df).
Proof.
  intros H. eapply D_eq.
  - apply (is_derive_comp sinh f); [apply is_derive_Reals, derivable_pt_lim_sinh|exact H].
  - unfold scal; simpl; unfold mult; simpl. ring.
Qed.
Lemma D_cosh f (t df : R) : is_derive f t df -> is_derive (fun x => cosh (f x)) t (sinh (f t) * df).
Proof.
  intros H. eapply D_eq.
  - apply (is_derive_comp cosh f); [apply is_derive_Reals, derivable_pt_lim_cosh|exact H].
  - unfold scal; simpl; unfold mult; simpl. ring.
Qed.

(** ** Near a point: what is positive there stays so, if it is differentiable *)
Lemma near_positive f (t d : R) : is_derive f t d -> 0 < f t -> locally t (fun x => 0 < f x).
Proof.
  intros D P. assert (C : continuous f t) by (apply ex_derive_continuous; now exists d).
  apply (C (fun y => 0 < y)). exact (open_gt 0 (f t) P).
Qed.
Lemma near_nonzero f (t d : R) : is_derive f t d -> f t <> 0 -> locally t (fun x => f x <> 0).
Proof.
  intros D P. assert (C : continuous f t) by (apply ex_derive_continuous; now exists d).
  apply (C (fun y => y <> 0)). exact (open_neq 0 (f t) P).
Qed.
Lemma near_all n (P : nat -> R -> Prop) t : (forall k, (k < n)%nat -> locally t (P k)) ->
  locally t (fun x => forall k, (k < n)%nat -> P k x).
Proof.
  induction n as [|n IH]; intros H.
  - apply filter_forall. intros x k Hk. lia.
  - apply (filter_imp (fun x => (forall k, (k < n)%nat -> P k x) /\ P n x)).
    + intros x [A B] k Hk. destruct (Nat.eq_dec k n) as [->|N]; [exact B|apply A; lia].
    + apply filter_and; [apply IH; intros; apply H; lia|apply H; lia].
Qed.
(** equal where P holds, which it does near t *)
Lemma D_near (P : R -> Prop) f g (t d : R) : locally t P -> (forall x, P x -> f x = g x) ->
  is_derive f t d -> is_derive g t d.
Proof. intros L H. apply is_derive_ext_loc. exact (filter_imp P _ H L). Qed.

(** ** Signs *)
Lemma Rinv_pos r : 0 < r -> 0 < / r. Proof. apply Rinv_0_lt_compat. Qed.
Lemma Rdiv_pos a b : 0 < a -> 0 < b -> 0 < a / b. Proof. apply Rdiv_lt_0_compat. Qed.
Lemma pos_neq r : 0 < r -> r <> 0. Proof. lra. Qed.
Lemma INR_pos n : (0 < n)%nat -> 0 < INR n. Proof. apply lt_0_INR. Qed.
Lemma cosh_pos x : 0 < cosh x.
Proof. unfold cosh. assert (H := exp_pos x). assert (H' := exp_pos (- x)). lra. Qed.
Lemma inv_PI : PI * / PI = 1.
Proof. apply Rinv_r, pos_neq, PI_RGT_0. Qed.
Lemma sum_nonneg n f : (forall k, (k < n)%nat -> 0 <= f k) -> 0 <= sum n f.
Proof.
  induction n as [|n IH]; intros H; simpl; [lra|].
  specialize (IH ltac:(intros; apply H; lia)). specialize (H n ltac:(lia)). lra.
Qed.
Lemma sum_le n f g : (forall k, (k < n)%nat -> f k <= g k) -> sum n f <= sum n g.
Proof.
  induction n as [|n IH]; intros H; simpl; [lra|].
  specialize (IH ltac:(intros; apply H; lia)). specialize (H n ltac:(lia)). lra.
Qed.
(** weights >= 0, not all 0, times positive numbers *)
Lemma sum_weighted_pos n w f : (forall k, (k < n)%nat -> 0 <= w k) -> 0 < sum n w ->
  (forall k, (k < n)%nat -> 0 < f k) -> 0 < sum n (fun k => w k * f k).
Proof.
  induction n as [|n IH]; simpl; intros Hw Hs Hf; [lra|].
  assert (W := Hw n ltac:(lia)). assert (F := Hf n ltac:(lia)).
  assert (P : 0 <= sum n (fun k => w k * f k)).
  { apply sum_nonneg. intros k Hk. apply Rmult_le_pos; [apply Hw; lia|].
    apply Rlt_le, Hf; lia. }
  assert (S : 0 <= sum n w) by (apply sum_nonneg; intros; apply Hw; lia).
  destruct (Rle_lt_or_eq_dec 0 (sum n w) S) as [Q|Q].
  - assert (0 < sum n (fun k => w k * f k)) by (apply IH; auto; intros; apply Hw; lia).
    assert (0 <= w n * f n) by (apply Rmult_le_pos; lra). lra.
  - assert (0 < w n * f n) by (apply Rmult_lt_0_compat; lra). lra.
Qed.

Lemma one_less_share a : 0 < a -> 0 < 1 - / (1 + a).
Proof.
  intros A. replace (1 - / (1 + a)) with (a / (1 + a)) by (field; lra). apply Rdiv_pos; lra.
Qed.

Ltac positive :=
  lazymatch goal with
  | |- 0 < 1 - / (1 + _) => first [solve [auto] | apply one_less_share; positive]
  | |- ?x * ?y <> 0 => first [assumption | apply Rmult_integral_contrapositive_currified; positive]
  | |- / ?x <> 0 => first [assumption | apply Rinv_neq_0_compat; positive]
  | |- ?x <> 0 => first [assumption | solve [auto] | apply pos_neq; positive]
  | |- 0 < exp _ => apply exp_pos
  | |- 0 < cosh _ => apply cosh_pos
  | |- 0 < sum _ _ => first [solve [auto]
      | apply sum_pos; [assumption || lia | intros; positive]
      | apply sum_weighted_pos; [intros; positive | positive | intros; positive]]
  | |- 0 < _ * _ => first [assumption | apply Rmult_lt_0_compat; positive]
  | |- 0 < _ / _ => apply Rdiv_pos; positive
  | |- 0 < / _ => first [assumption | apply Rinv_pos; positive]
  | |- 0 < _ + _ => first [assumption | solve [auto] | apply Rplus_lt_0_compat; positive]
  | |- 0 < sqrt _ => apply sqrt_lt_R0; positive
  | |- 0 < INR _ => apply INR_pos; first [assumption | lia]
  | |- 0 < PI => apply PI_RGT_0
  | |- 0 < IZR _ => lra
  | |- 0 <= _ => first [assumption | solve [auto] | apply Rlt_le; positive]
  | _ => solve [auto | eauto | lra]
  end.

(** ** Softmax and the like: a share w_j exp(e_j) / sum_k w_k exp(e_k) of fixed weights w *)
Lemma D_share n (e : R -> nat -> R) (l : nat -> R) t j :
  (j < n)%nat -> sum n (fun k => exp (e t k)) <> 0 ->
  (forall k, (k < n)%nat -> is_derive (fun x => e x k) t (l k)) ->
  is_derive (fun x => exp (e x j) / sum n (fun k => exp (e x k))) t
    (exp (e t j) / sum n (fun k => exp (e t k)) *
     (l j - sum n (fun k => exp (e t k) / sum n (fun k => exp (e t k)) * l k))).
Proof.
  intros Hj HZ H. eapply D_eq.
  - apply (D_div (fun x => exp (e x j)) (fun x => sum n (fun k => exp (e x k))));
      [now apply (D_exp (fun x => e x j)), H| |exact HZ].
    apply (D_sum n (fun k x => exp (e x k))). intros. now apply (D_exp (fun x => e x k)), H.
  - cbv beta. rewrite (sum_ext n (fun k => exp (e t k) / _ * l k)
      (fun k => / sum n (fun k => exp (e t k)) * (exp (e t k) * l k))) by (intros; unfold Rdiv; ring).
    rewrite sum_scal. field. exact HZ.
Qed.
Lemma D_weighted_share n (w : nat -> R) (e : R -> nat -> R) (l : nat -> R) t j :
  (j < n)%nat -> sum n (fun k => w k * exp (e t k)) <> 0 ->
  (forall k, (k < n)%nat -> is_derive (fun x => e x k) t (l k)) ->
  is_derive (fun x => w j * exp (e x j) / sum n (fun k => w k * exp (e x k))) t
    (w j * exp (e t j) / sum n (fun k => w k * exp (e t k)) *
     (l j - sum n (fun k => w k * exp (e t k) / sum n (fun k => w k * exp (e t k)) * l k))).
Proof.
  intros Hj HZ H. eapply D_eq.
  - apply (D_div (fun x => w j * exp (e x j)) (fun x => sum n (fun k => w k * exp (e x k)))); [| |exact HZ].
    + apply (D_mul (fun _ => w j) (fun x => exp (e x j))); [apply D_const|].
      now apply (D_exp (fun x => e x j)), H.
    + apply (D_sum n (fun k x => w k * exp (e x k))). intros.
      apply (D_mul (fun _ => w k) (fun x => exp (e x k))); [apply D_const|].
      now apply (D_exp (fun x => e x k)), H.
  - cbv beta. rewrite (sum_ext n (fun k => w k * exp (e t k) / _ * l k)
      (fun k => / sum n (fun k => w k * exp (e t k)) * (w k * exp (e t k) * l k)))
      by (intros; unfold Rdiv; ring).
    rewrite (sum_ext n (fun k => 0 * exp (e t k) + w k * (exp (e t k) * l k))
      (fun k => w k * exp (e t k) * l k)) by (intros; ring).
    rewrite sum_scal. field. exact HZ.
Qed.
Lemma share_sum n e : sum n e <> 0 -> sum n (fun j => e j / sum n (fun k => e k)) = 1.
Proof. intros H. unfold Rdiv. rewrite sum_scal_r. now apply Rinv_r. Qed.

(** ** Differentiation along the structure of the body.  [leaf] closes what is no operation. *)
Global Opaque is_derive.
Ltac derive leaf :=
  lazymatch goal with
  | |- is_derive (fun _ => ?c) _ _ => exact (D_const c _)
  | |- is_derive (fun x => x) _ _ => exact (D_id _)
  | |- is_derive (fun x => @?f x + @?g x) _ _ => apply (D_add f g); cbv beta; derive leaf
  | |- is_derive (fun x => @?f x - @?g x) _ _ => apply (D_sub f g); cbv beta; derive leaf
  | |- is_derive (fun x => - @?f x) _ _ => apply (D_opp f); cbv beta; derive leaf
  | |- is_derive (fun x => @?f x * @?g x) _ _ => apply (D_mul f g); cbv beta; derive leaf
  | |- is_derive (fun x => @?f x / @?g x) _ _ =>
    apply (D_div f g); cbv beta; [derive leaf | derive leaf | at_start; positive]
  | |- is_derive (fun x => / @?f x) _ _ => apply (D_inv f); cbv beta; [derive leaf | at_start; positive]
  | |- is_derive (fun x => exp (@?f x)) _ _ => apply (D_exp f); cbv beta; derive leaf
  | |- is_derive (fun x => ln (@?f x * @?g x)) _ _ =>
    apply (D_ln_mul f g); cbv beta; [derive leaf | derive leaf | at_start; positive | at_start; positive]
  | |- is_derive (fun x => ln (@?f x)) _ _ => apply (D_ln f); cbv beta; [derive leaf | at_start; positive]
  | |- is_derive (fun x => sqrt (@?f x)) _ _ => apply (D_sqrt f); cbv beta; [derive leaf | at_start; positive]
  | |- is_derive (fun x => sinh (@?f x)) _ _ => apply (D_sinh f); cbv beta; derive leaf
  | |- is_derive (fun x => cosh (@?f x)) _ _ => apply (D_cosh f); cbv beta; derive leaf
  | |- is_derive (fun x => tanh (@?f x)) _ _ => change tanh with (fun y => sinh y / cosh y); cbv beta; derive leaf
  | |- is_derive (fun x => sech (@?f x)) _ _ => change sech with (fun y => / cosh y); cbv beta; derive leaf
  | |- is_derive (fun x => (@?f x) ^ ?n) _ _ => apply (D_pow f n); cbv beta; derive leaf
  | |- is_derive (fun x => sum ?n (@?f x)) _ _ =>
    apply (D_sum n (fun k x => f x k)); intros; cbv beta; derive leaf
  | |- is_derive (fun x => upd1 ?s ?i x ?i') _ _ => exact (D_upd1 s i i' _)
  | |- is_derive (fun x => upd2 ?s ?i ?j x ?i' ?j') _ _ => exact (D_upd2 s i j i' j' _)
  | |- is_derive (fun x => upd3 ?s ?h ?i ?j x ?h' ?i' ?j') _ _ => exact (D_upd3 s h i j h' i' j' _)
  | _ => leaf
  end.

(** Goals [locally t P]: P is made of what [leaf] differentiates. *)
Ltac near leaf :=
  lazymatch goal with
  | |- locally _ (fun x => @?P x /\ @?Q x) =>
    apply (filter_and (fun x => P x) (fun x => Q x)); cbv beta; near leaf
  | |- locally _ (fun x => forall k, (k < ?n)%nat -> @?P k x) =>
    apply (near_all n (fun k x => P k x)); intros; cbv beta; near leaf
  | |- locally _ (fun x => 0 < @?f x) =>
    eapply (near_positive f); [cbv beta; derive leaf|cbv beta; at_start; positive]
  | |- locally _ (fun x => @?f x <> 0) =>
    eapply (near_nonzero f); [cbv beta; derive leaf|cbv beta; at_start; positive]
  end.
