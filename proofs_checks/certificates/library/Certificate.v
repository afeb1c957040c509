(** What a certificate imports: sums, derivatives, and the tactics that close a law: [sumring],
    [scalar], [written_out], [fractions], [nonnegative], [meets]. *)
From Proofhead Require Export Sumring Reify Derivatives.
Open Scope R_scope.

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
Lemma root_inverse a : 0 < a -> / sqrt a * / sqrt a = / a.
Proof. intros A. rewrite <- Rinv_mult, root_square; auto. Qed.
Lemma root_of_inverse a : 0 < a -> sqrt (/ a) = sqrt a * / a.
Proof.
  intros A. assert (P := sqrt_lt_R0 a A). rewrite sqrt_inv.
  apply (Rmult_eq_reg_l (sqrt a)); [|lra]. rewrite Rinv_r by lra.
  rewrite <- Rmult_assoc, (root_square a A). now rewrite Rinv_r by lra.
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

Lemma exp_minus a b : exp (a - b) = exp a * / exp b.
Proof. unfold Rminus. now rewrite exp_plus, exp_Ropp. Qed.
(** exponentials of sums as products *)
Ltac exponential :=
  lazymatch goal with
  | |- exp (_ + _) = _ =>
    eapply eq_trans; [apply exp_plus|eapply (f_equal2 Rmult); exponential]
  | |- exp (_ - _) = _ =>
    eapply eq_trans; [apply exp_plus|eapply (f_equal2 Rmult); exponential]
  | |- _ => reflexivity
  end.

Lemma exp_minus_ln a : 0 < a -> exp (- ln a) = / a.
Proof. intros A. now rewrite exp_Ropp, exp_ln. Qed.
Ltac powers := rewrite ?exp_plus, ?exp_0; rewrite ?exp_ln, ?exp_minus_ln by positive.
(** ** What inverses are: [r] if [a * r = 1]; what follows from [d * / d = 1] *)
Lemma by_inverse a r : a * r = 1 -> / a = r.
Proof. intros H. assert (a <> 0) by (intros ->; lra). apply (Rmult_eq_reg_l a); auto. now rewrite Rinv_r. Qed.
Lemma other_positive a b c : 0 < a -> c = a * b -> 0 < c -> 0 < b.
Proof. intros A -> C. destruct (Rtotal_order 0 b) as [|[<-|]]; nra. Qed.
Lemma by_multiple a b w p : p = 1 -> a - b = w * (p - 1) -> a = b.
Proof. intros -> H. lra. Qed.

(** ** Quotients of sums: both sides over one denominator; what is left is for [leaf] *)
Ltac apart := repeat split; positive.
Ltac fractions leaf :=
  first
  [ leaf
  | lazymatch goal with
    | |- ln _ = ln _ => apply (f_equal ln); fractions leaf
    | |- - _ = - _ => apply (f_equal Ropp); fractions leaf
    end
  | field_simplify_eq; [leaf|apart ..]
  | written_out ltac:(idtac; exponential); field_simplify_eq; [leaf|apart ..] ].

(** The premises of a theorem at sizes 1 and constant tensors. *)
Ltac places :=
  repeat match goal with
  | H : (?i < 1)%nat |- _ => assert (i = 0%nat) by lia; clear H; subst i
  | H : (?i < 2)%nat |- _ => destruct i as [|[|i]]; [clear H|clear H|exfalso; lia]
  end.
Ltac meets :=
  intros; cbn [sum]; rewrite ?Rplus_0_l, ?delta_refl; places;
  rewrite ?delta_refl; first [lia | lra | apply pos_neq; positive | positive | field; lra
    | field; repeat split; positive | apply pos_neq; cbn [INR]; lra | cbn [INR delta Nat.eqb]; unfold delta; cbn; lra
    | apply pos_neq; rewrite <- ln_1; apply ln_increasing; lra
    | cbn [INR]; repeat first [apply pos_neq | apply Rdiv_pos | apply sqrt_lt_R0 | apply exp_pos
                              | apply Rmult_lt_0_compat]; lra].

(** ** Identities of exponentials, hyperbolic functions and logarithms of scalars, by [field].
    Exponentials get names, innermost first; what one exponent is in terms of two others (the
    opposite, the double, a sum, ...) is tried, so that as few names as possible are left. *)
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
