(** What the normaliser of sums decides, and that it does not prove what is false. *)
From Proofhead Require Import Certificate.

Section Tests.
Variables (n m C : nat) (a b : nat -> R) (W : nat -> nat -> R) (y : nat -> nat -> R).
Goal sum n a * sum n b = sum n (fun i => sum n (fun j => b i * a j)).
Proof. sumring. Qed.
Goal sum n (fun i => a i * (b i - sum n (fun k => a k * b k)))
   = sum n (fun j => b j * a j) - sum n (fun k => a k) * sum n (fun k => a k * b k).
Proof. sumring. Qed.
Goal forall j, (j < n)%nat -> sum n (fun k => delta k j * a k * / 2 + delta j k * a j / 2) = a j.
Proof. intros. sumring. Qed.
Goal forall i j, (i < n)%nat -> (j < n)%nat -> delta i j * a i * b j = delta j i * a j * b j.
Proof. intros. sumring. Qed.
Goal (forall i, (i < n)%nat -> sum C (fun c => y i c) = 1) ->
  sum n (fun i => sum C (fun c => y i c * (a i + b i))) = sum n a + sum n b.
Proof. intros H. sumring_with H. Qed.
Goal (forall i, (i < n)%nat -> a i * / a i = 1) ->
  sum n (fun i => a i * b i / a i) = sum n (fun i => b i).
Proof. intros H. sumring_with H. Qed.
Goal sum n (fun _ => 3) = 3 * INR n.
Proof. sumring. Qed.
Goal (sum n a) ^ 2 = sum n (fun i => sum n (fun j => a i * a j)).
Proof. sumring. Qed.
Goal (INR n * / INR n = 1) -> sum n (fun i => sum n (fun j => / INR n * a i)) = sum n a.
Proof. intros H. sumring_with H. Qed.
Goal (forall i, (i < n)%nat -> a i = b i) -> sum n a = sum n b.
Proof. intros H. sumring_with H. Qed.
Goal sum n (fun i => / sum m (fun k => exp (W i k)) * a i) =
  sum n (fun i => a i * / sum m (fun k => exp (W i k))).
Proof. sumring. Qed.
Goal forall i, (i < n)%nat -> INR 2 * a i = a i + a i.
Proof. intros. sumring. Qed.
Goal (forall i, (i < n)%nat -> forall j, (j < m)%nat -> exp (W i j) * / sum m (fun k => exp (W i k)) = y i j) ->
  sum n (fun i => sum m (fun j => exp (W i j) * a j) / sum m (fun k => exp (W i k)))
  = sum n (fun i => sum m (fun j => y i j * a j)).
Proof. intros H. sumring_with H. Qed.
Goal (forall j, (j < m)%nat -> sum n (fun i => W i j) = b j) -> forall j, (j < m)%nat ->
  sum n (fun i => a j * W i j) = a j * b j.
Proof. intros H j Hj. sumring_with H. Qed.
Goal (forall i, (i < n)%nat -> forall j, (j < m)%nat -> forall k, (k < m)%nat ->
    W i j * W i k = delta j k * W i j) ->
  sum n (fun i => sum m (fun j => sum m (fun k => W i j * W i k))) = sum n (fun i => sum m (fun j => W i j ^ 2)).
Proof. intros H. sumring_with H. Qed.
(** equations between products are rules, summed or not, with what they leave *)
Goal (forall j, (j < m)%nat -> forall k, (k < m)%nat ->
    sum n (fun i => W i j * W i k) = delta j k) -> forall j, (j < m)%nat ->
  sum n (fun i => W i j * sum m (fun k => W i k * a k)) = a j.
Proof. intros H j Hj. sumring_with H. Qed.
Goal (forall j, (j < m)%nat -> sum n (fun i => a i * W i j) = 0) ->
  sum n (fun i => sum m (fun j => a i * b j * W i j)) = 0.
Proof. intros H. sumring_with H. Qed.
Goal (forall i, (i < n)%nat -> a i ^ 2 = a i) -> sum n (fun i => a i ^ 3 * b i) = sum n (fun i => a i * b i).
Proof. intros H. sumring_with H. Qed.
Goal (sum n a = 2) -> sum n (fun i => sum n (fun j => a i * b j)) = 2 * sum n b.
Proof. intros H. sumring_with H. Qed.
(** equations with sums on the right expand what is on the left *)
Goal forall r, r * r = sum n (fun i => (a i - b i) ^ 2) ->
  r * r * r - r * sum n (fun i => a i ^ 2) = r * sum n (fun i => b i ^ 2 - 2 * a i * b i).
Proof. intros r H. sumring_with H. Qed.
Goal (forall i, (i < n)%nat -> a i * b i = 1 - a i) ->
  sum n (fun i => y i i * a i * a i * b i) = sum n (fun i => y i i * a i * (1 - a i)).
Proof. intros H. sumring_with H. Qed.
Goal (forall i, (i < n)%nat -> a i = sum m (fun j => W i j * b j)) ->
  sum n (fun i => a i ^ 3)
  = sum n (fun i => sum m (fun j => sum m (fun k => W i j * W i k * b j * b k)) * a i).
Proof. intros H. sumring_with H. Qed.
Goal (forall i, (i < n)%nat -> a i = b i + 1) -> sum n a = sum n b + INR n.
Proof. intros H. sumring_with H. Qed.
(** the same function is one atom, in whatever order the indices came *)
Goal (forall i, (i < n)%nat -> forall j, (j < m)%nat -> exp (W i j + b j) = y j i) ->
  forall j, (j < m)%nat -> forall i, (i < n)%nat -> exp (W i j + b j) = y j i.
Proof. intros H j Hj i Hi. sumring_with H. Qed.
(** what is no equation is left out, and one that would never end *)
Goal (forall i, (i < n)%nat -> a i = a i + b i) -> True -> 0 < 1 -> sum n a = sum n a.
Proof. intros H H' H''. sumring_with H H' H''. Qed.
(** what is false is not proved *)
Goal (forall i, (i < n)%nat -> a i = sum m (fun j => W i j * b j)) ->
  sum n (fun i => a i ^ 2) = sum n (fun i => sum m (fun j => W i j * b j * b j) * a i).
Proof. intros H. Fail sumring_with H. Abort.
Goal (forall i, (i < n)%nat -> a i * b i = 1 - a i) ->
  sum n (fun i => a i * a i * b i) = sum n (fun i => a i * (1 + a i)).
Proof. intros H. Fail sumring_with H. Abort.
Goal (forall i, (i < n)%nat -> a i * b i = 1 - a i) -> sum m (fun i => a i * b i + a i) = INR m.
Proof. intros H. Fail sumring_with H. Abort.
Goal (forall j, (j < m)%nat -> forall k, (k < m)%nat ->
    sum n (fun i => W i j * W i k) = delta j k) -> forall j, (j < m)%nat ->
  sum n (fun i => W i j * sum m (fun k => W i k * a k)) = - a j.
Proof. intros H j Hj. Fail sumring_with H. Abort.
(** the rule is about the first index, the sum over the second *)
Goal (forall j, (j < m)%nat -> sum n (fun i => a i * W i j) = 0) -> forall i, (i < n)%nat ->
  sum m (fun j => a i * W i j) = 0.
Proof. intros H i Hi. Fail sumring_with H. Abort.
(** the sum is over another size than that of the rule *)
Goal (sum n a = 2) -> sum m a = 2.
Proof. intros H. Fail sumring_with H. Abort.
Goal (forall i, (i < n)%nat -> a i ^ 2 = a i) -> sum n (fun i => a i ^ 3 * b i) = sum n (fun i => b i).
Proof. intros H. Fail sumring_with H. Abort.
Goal sum n a * sum n b = sum n (fun i => a i * b i).
Proof. Fail sumring. Abort.
Goal forall i, (i < n)%nat -> sum n (fun k => delta k i * a k) = sum n (fun k => a k).
Proof. intros. Fail sumring. Abort.
Goal (forall i, (i < n)%nat -> sum C (fun c => y i c) = 1) ->
  sum m (fun i => sum C (fun c => y i c)) = INR m.
Proof. intros H. Fail sumring_with H. Abort.
Goal forall x, tanh (x / 2) = (exp x - 1) / (exp x + 1).
Proof. intros. scalar. Qed.
Goal forall x, tanh (x / 2) = (exp x - 1) / (exp x + 2).
Proof. intros. Fail scalar. Abort.
Goal 0 <= sum n (fun i => sum m (fun j => (W i j) ^ 2)).
Proof. nonnegative. Qed.
Goal 0 <= sum n (fun i => a i).
Proof. Fail nonnegative. Abort.
End Tests.
