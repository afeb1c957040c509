(** What the tactics that close a law prove, and that they do not prove what is false. *)
From Proofhead Require Import Certificate.

Section Tests.
Variables (n m : nat) (a b c : nat -> R) (W : nat -> nat -> R) (x y s : R).
Hypotheses (n_pos : (0 < n)%nat) (s_pos : 0 < s).
Hypothesis a_pos : forall i, (i < n)%nat -> 0 < a i.
Hypothesis b_pos : forall i, (i < n)%nat -> 0 < b i.

(** scalar: exponentials that are named, innermost first, and logarithms *)
Goal tanh (x * y / s) = 1 - 2 / (1 + exp (2 * (x * y / s))).
Proof. scalar. Qed.
Goal exp (- ((x - y) ^ 2 / 2 / s)) / (exp (- ((x - y) ^ 2 / 2 / s)) + exp (- ((x + y) ^ 2 / 2 / s)))
  = (1 + tanh (x * y / s)) / 2.
Proof. scalar. Qed.
Goal exp (- ((x - y) ^ 2 / 2 / s)) / (exp (- ((x - y) ^ 2 / 2 / s)) + exp (- ((x + y) ^ 2 / 2 / s)))
  = (1 - tanh (x * y / s)) / 2.
Proof. Fail scalar. Abort.
Goal ln (1 + exp (- (x * tanh (y / 2)))) = ln (1 + exp (x * (1 - 2 / (exp y + 1)))) - x * (1 - 2 / (exp y + 1)).
Proof. scalar. Qed.
Goal ln (1 + exp (- x)) = ln (1 + exp x) + x.
Proof. Fail scalar. Abort.

(** summand by summand *)
Goal sum n (fun i => 2 * a i) - sum n b = sum n (fun i => a i - b i) + sum n a.
Proof. apply (by_summands n (fun i => 0)); [sumring|intros; reflexivity]. Qed.
Goal sum n a = sum n b.
Proof. Fail apply (by_summands n (fun i => a i - b i)); [sumring|intros; scalar]. Abort.

(** logarithms of products, where they stand *)
Goal sum n (fun i => ln (a i / b i * s)) = sum n (fun i => ln (a i) - ln (b i) + ln s).
Proof. written_out ltac:(idtac; logarithm ltac:(reflexivity)). sumring. Qed.
Goal sum n (fun i => ln (a i * c i)) = sum n (fun i => ln (a i) + ln (c i)).
Proof. written_out ltac:(idtac; logarithm ltac:(reflexivity)). Fail sumring. Abort. (* c may be negative *)
Goal ln (sqrt s) = ln s / 2.
Proof. written_out ltac:(idtac; logarithm ltac:(reflexivity)). sumring. Qed.

(** quotients of sums *)
Goal forall i, (i < n)%nat -> s * a i / sum n (fun k => s * a k) = a i / sum n (fun k => a k).
Proof. intros. fractions ltac:(idtac; sumring). Qed.
Goal ln (sum n (fun i => sum n (fun k => a i * b k))) = ln (sum n b * sum n a).
Proof. fractions ltac:(idtac; sumring). Qed.
Goal forall i, (i < n)%nat ->
  exp (c i - x) / sum n (fun k => exp (c k - x)) = exp (c i) / sum n (fun k => exp (c k)).
Proof. intros. fractions ltac:(idtac; sumring). Qed.
Goal forall i, (i < n)%nat ->
  exp (c i - x) / sum n (fun k => exp (c k - y)) = exp (c i) / sum n (fun k => exp (c k)).
Proof. intros. Fail fractions ltac:(idtac; sumring). Abort.
Goal forall i, (i < n)%nat -> a i / sum n (fun k => s * a k) = a i / sum n (fun k => a k).
Proof. intros. Fail fractions ltac:(idtac; sumring). Abort.
Goal forall i, (i < n)%nat -> a i * sum n c / sum n c = a i. (* the sum may be 0 *)
Proof. intros. Fail fractions ltac:(idtac; sumring). Abort.

(** signs *)
Goal 0 <= sum n (fun i => a i * (b i / a i - 1 - ln (b i / a i))).
Proof. nonnegative. Qed.
Goal 0 <= sum n (fun i => a i * (b i / a i - 1 + ln (b i / a i))).
Proof. Fail nonnegative. Abort.
Goal 0 <= sum n (fun i => c i * (b i / a i - 1 - ln (b i / a i))).
Proof. Fail nonnegative. Abort.

(** near a point *)
Goal locally x (fun t => forall i, (i < n)%nat -> 0 < a i * exp t).
Proof. near ltac:(idtac; fail). Qed.
Goal locally x (fun t => forall i, (i < n)%nat -> 0 < c i * exp t).
Proof. Fail near ltac:(idtac; fail). Abort.

(** premises at sizes 1 and 2 *)
Goal sum 2 (fun i => 1 / 2) = 1 /\ sum 2 (fun i => 1 / 2 * (1 - 2 * INR i)) = 0.
Proof. split; meets. Qed.
Goal sum 2 (fun i => 1 - 2 * INR i) = 1.
Proof. Fail meets. Abort.
End Tests.
