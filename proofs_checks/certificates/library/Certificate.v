(** What a certificate imports: sums, derivatives, and the tactics [derive], [positive], [sumring]. *)
From Coq Require Export Reals Lra Lia Arith FunctionalExtensionality.
From Coquelicot Require Export Coquelicot.
From Proofhead Require Export Definitions Sums Sumring Reify.
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

Ltac positive :=
  lazymatch goal with
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
  | |- 0 < / _ => apply Rinv_pos; positive
  | |- 0 < _ + _ => apply Rplus_lt_0_compat; positive
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

(** ** Equal but for what [leaf] proves equal *)
Ltac same leaf :=
  lazymatch goal with
  | |- ?x = ?x => reflexivity
  | |- sum ?n _ = sum ?n _ => apply sum_ext; intros; cbv beta; same leaf
  | |- ?a + ?b = ?c + ?d => apply (f_equal2 Rplus); same leaf
  | |- ?a - ?b = ?c - ?d => apply (f_equal2 Rminus); same leaf
  | |- ?a * ?b = ?c * ?d => apply (f_equal2 Rmult); same leaf
  | |- ?a / ?b = ?c / ?d => apply (f_equal2 Rdiv); same leaf
  | |- - ?a = - ?b => apply (f_equal Ropp); same leaf
  | |- / ?a = / ?b => apply (f_equal Rinv); same leaf
  | |- ?a ^ ?n = ?b ^ ?n => apply (f_equal (fun x => x ^ n)); same leaf
  | |- ?f ?a = ?f ?b => first [leaf | apply (f_equal f); same leaf]
  | _ => leaf
  end.

(** ** What [leaf] rewrites, wherever it stands: goals [e = ?e'] *)
Ltac expand leaf :=
  lazymatch goal with
  | |- sum _ _ = _ => eapply sum_ext; intros; cbv beta; expand leaf
  | |- _ + _ = _ => eapply (f_equal2 Rplus); expand leaf
  | |- _ - _ = _ => eapply (f_equal2 Rminus); expand leaf
  | |- _ * _ = _ => eapply (f_equal2 Rmult); expand leaf
  | |- _ / _ = _ => eapply (f_equal2 Rdiv); expand leaf
  | |- - _ = _ => eapply (f_equal Ropp); expand leaf
  | |- _ => first [leaf | reflexivity]
  end.
Lemma ln_quotient a b : 0 < a -> 0 < b -> ln (a / b) = ln a - ln b.
Proof. intros A B. unfold Rdiv. rewrite ln_mult, ln_Rinv; auto. now apply Rinv_pos. Qed.
Lemma ln_sqrt a : 0 < a -> ln (sqrt a) = ln a / 2.
Proof.
  intros A. assert (P := sqrt_lt_R0 a A).
  assert (E : ln a = ln (sqrt a) + ln (sqrt a)) by (rewrite <- ln_mult, sqrt_sqrt by lra; reflexivity).
  lra.
Qed.
Lemma root_square a : 0 < a -> sqrt a * sqrt a = a.
Proof. intros A. apply sqrt_sqrt. lra. Qed.
Lemma root_quotient a : 0 < a -> a * / sqrt a = sqrt a.
Proof.
  intros A. rewrite <- (root_square a A) at 1. field. apply Rgt_not_eq, sqrt_lt_R0, A.
Qed.
(** logarithms of products, quotients, exponentials and roots; [leaf] closes what is none *)
Ltac logarithm leaf :=
  lazymatch goal with
  | |- ln (_ * _) = _ =>
    eapply eq_trans; [apply ln_mult; positive|eapply (f_equal2 Rplus); logarithm leaf]
  | |- ln (_ / _) = _ =>
    eapply eq_trans; [apply ln_quotient; positive|eapply (f_equal2 Rminus); logarithm leaf]
  | |- ln (/ _) = _ =>
    eapply eq_trans; [apply ln_Rinv; positive|eapply (f_equal Ropp); logarithm leaf]
  | |- ln (exp _) = _ => apply ln_exp
  | |- ln (sqrt _) = _ =>
    eapply eq_trans; [apply ln_sqrt; positive|eapply (f_equal2 Rdiv); [logarithm leaf|reflexivity]]
  | |- ln 1 = _ => apply ln_1
  | |- _ => leaf
  end.
Ltac written_out leaf :=
  eapply eq_trans; [expand leaf|symmetry; eapply eq_trans; [expand leaf|symmetry]].

(** ** Quotients of sums: both sides over one denominator; what is left is for [leaf] *)
Ltac apart := repeat split; positive.
Ltac fractions leaf :=
  first
  [ leaf
  | lazymatch goal with
    | |- ln _ = ln _ => apply (f_equal ln); fractions leaf
    | |- - _ = - _ => apply (f_equal Ropp); fractions leaf
    end
  | field_simplify_eq; [leaf|apart ..] ].

(** The premises of a theorem at sizes 1 and constant tensors. *)
Ltac places :=
  repeat match goal with
  | H : (?i < 1)%nat |- _ => assert (i = 0%nat) by lia; clear H; subst i
  | H : (?i < 2)%nat |- _ => destruct i as [|[|i]]; [clear H|clear H|exfalso; lia]
  end.
Ltac meets :=
  intros; cbn [sum]; rewrite ?Rplus_0_l, ?delta_refl; places;
  rewrite ?delta_refl; first [lia | lra | apply pos_neq; positive | positive | field; lra
    | apply pos_neq; cbn [INR]; lra | cbn [INR delta Nat.eqb]; unfold delta; cbn; lra].

(** ** Identities of exponentials, hyperbolic functions and logarithms of scalars, by [field].
    Exponentials get names, innermost first; what one exponent is in terms of two others (the
    opposite, the double, a sum, ...) is tried, so that as few names as possible are left. *)
Lemma exp_minus a b : exp (a - b) = exp a * / exp b.
Proof. unfold Rminus. now rewrite exp_plus, exp_Ropp. Qed.
Lemma by_summands n f a b : a - b = sum n f -> (forall k, (k < n)%nat -> f k = 0) -> a = b.
Proof.
  intros E H. rewrite (sum_ext n f (fun _ => 0) H), sum_zero in E. lra.
Qed.
Ltac fields := field; repeat split; first [assumption | lra | positive | apply Rgt_not_eq; nra].
Section Exponents.
Variables a b c e f : R.
Hypotheses (E : e = exp b) (F : f = exp c).
Lemma exp_same : a = b -> exp a = e. Proof. now intros ->. Qed.
Lemma exp_opposite : a = - b -> exp a = / e. Proof. intros ->. now rewrite exp_Ropp, E. Qed.
Lemma exp_sum : a = b + c -> exp a = e * f. Proof. intros ->. now rewrite exp_plus, E, F. Qed.
Lemma exp_difference : a = b - c -> exp a = e * / f. Proof. intros ->. now rewrite exp_minus, E, F. Qed.
Lemma exp_double : a = b + b -> exp a = e * e. Proof. intros ->. now rewrite exp_plus, E. Qed.
Lemma exp_less_double : a = - b - b -> exp a = / e * / e.
Proof. intros ->. now rewrite exp_minus, exp_Ropp, E. Qed.
Lemma exp_sum_double : a = b + c + c -> exp a = e * f * f.
Proof. intros ->. now rewrite !exp_plus, E, F. Qed.
Lemma exp_difference_double : a = b - c - c -> exp a = e * / f * / f.
Proof. intros ->. now rewrite !exp_minus, E, F. Qed.
End Exponents.
(** [a] by exponentials that have names *)
Ltac known_exp a :=
  match goal with
  | E : ?e = exp ?b |- _ =>
    first [ rewrite (exp_same a b e E) by fields | rewrite (exp_opposite a b e E) by fields
          | rewrite (exp_double a b e E) by fields | rewrite (exp_less_double a b e E) by fields ]
  | E : ?e = exp ?b, F : ?f = exp ?c |- _ =>
    first [ rewrite (exp_sum a b c e f E F) by fields | rewrite (exp_difference a b c e f E F) by fields
          | rewrite (exp_sum_double a b c e f E F) by fields
          | rewrite (exp_difference_double a b c e f E F) by fields ]
  end.
(** names from before by the new one, [e] *)
Ltac replaced F H := rewrite <- F in H; clear F; match type of H with ?f = _ => subst f end.
Ltac by_new E F :=
  lazymatch type of E with ?e = exp ?b => lazymatch type of F with ?f = exp ?c =>
    is_var f;
    let H := fresh in
    first [ assert (H := exp_double c b e E ltac:(fields)); replaced F H
          | match goal with G : ?g = exp ?d |- _ =>
              first [ assert (H := exp_sum_double c d b g e G E ltac:(fields)); replaced F H
                    | assert (H := exp_difference_double c d b g e G E ltac:(fields)); replaced F H ]
            end ]
  end end.
Ltac name_exp :=
  match goal with |- context [exp ?a] =>
    lazymatch a with context [exp _] => fail | _ => idtac end;
    first [ known_exp a
          | let e := fresh "e" in let E := fresh "E" in let P := fresh "P" in
            assert (P := exp_pos a); remember (exp a) as e eqn:E in *;
            repeat match goal with F : ?f = exp _ |- _ =>
              lazymatch F with E => fail | _ => idtac end; by_new E F end ]
  end.
Ltac named_exponentials :=
  intros; unfold tanh, sech, sinh, cosh; cbn [INR Nat.pred pow]; cbv beta; repeat name_exp;
  try (lazymatch goal with |- context [ln _] => idtac end; apply exp_inv;
       rewrite ?exp_plus, ?exp_minus, ?exp_Ropp, ?exp_ln by positive; repeat name_exp);
  fields.
(** The quicker way: exponents apart at sums and doubles, then [field]. *)
Ltac split_exponentials :=
  intros; unfold tanh, sech, sinh, cosh; cbn [INR Nat.pred pow]; cbv beta;
  repeat match goal with
  | |- context [exp (- ?x)] => rewrite (exp_Ropp x)
  | |- context [exp (?x + ?y)] => rewrite (exp_plus x y)
  | |- context [exp (?x - ?y)] =>
    replace (exp (x - y)) with (exp x * / exp y) by (rewrite <- exp_Ropp, <- exp_plus; f_equal; ring)
  | |- context [exp (2 * ?x)] =>
    replace (exp (2 * x)) with (exp x * exp x) by (rewrite <- exp_plus; f_equal; ring)
  | |- context [exp (3 * ?x)] =>
    replace (exp (3 * x)) with (exp x * exp x * exp x) by (rewrite <- !exp_plus; f_equal; ring)
  end;
  repeat match goal with |- context [exp (?x / 2)] =>
    match goal with |- context [exp x] =>
      replace (exp x) with (exp (x / 2) * exp (x / 2)) by (rewrite <- exp_plus; f_equal; field)
    end end;
  repeat match goal with |- context [exp ?x] =>
    let e := fresh "e" in let P := fresh "P" in
    assert (P := exp_pos x); set (e := exp x) in *; clearbody e end;
  field; repeat split; try assumption; try lra; apply Rgt_not_eq; nra.
Ltac scalar := first [solve [split_exponentials] | solve [named_exponentials] | fail 1 "scalar: not an identity that is found"].

(** ** Sums of squares *)
Lemma Rdiv_nonneg a b : 0 <= a -> 0 < b -> 0 <= a / b.
Proof. intros A B. apply Rmult_le_pos; [exact A|now apply Rlt_le, Rinv_pos]. Qed.
Lemma Ropp_nonpos a : 0 <= a -> - a <= 0.
Proof. lra. Qed.
Lemma pow4_nonneg a : 0 <= a ^ 4.
Proof. replace (a ^ 4) with ((a ^ 2) ^ 2) by ring. apply pow2_ge_0. Qed.
Lemma less_by a b x : b - a = x -> 0 <= x -> a <= b.
Proof. lra. Qed.
(** the tangent of the logarithm at 1, from which Gibbs' inequality follows *)
Lemma above_logarithm u : 0 < u -> 0 <= u - 1 - ln u.
Proof. intros U. assert (H := exp_ineq1_le (ln u)). rewrite exp_ln in H by exact U. lra. Qed.
Ltac head_of e := lazymatch e with ?f _ => head_of f | _ => e end.
Ltac nonnegative :=
  lazymatch goal with
  | |- 0 <= ?u - 1 - ln ?u => apply above_logarithm; positive
  | |- - _ <= 0 => apply Ropp_nonpos; nonnegative
  | |- 0 <= sum _ _ => apply sum_nonneg; intros; cbv beta; nonnegative
  | |- 0 <= _ ^ 2 => apply pow2_ge_0
  | |- 0 <= _ ^ 4 => apply pow4_nonneg
  | |- 0 <= _ + _ => apply Rplus_le_le_0_compat; nonnegative
  | |- 0 <= _ * _ => apply Rmult_le_pos; nonnegative
  | |- 0 <= _ / _ => apply Rdiv_nonneg; [nonnegative|positive]
  | |- 0 <= ?e => first [assumption | solve [auto] | solve [apply Rlt_le; positive]
      | let h := head_of e in
        lazymatch h with ln => fail | exp => fail | _ => unfold h; nonnegative end]
  end.
