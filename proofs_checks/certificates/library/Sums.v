(** Rules of sums, deltas and updated tensors, and rules of differentiation. *)
From Coq Require Import Reals Lra Lia Arith FunctionalExtensionality.
From Coquelicot Require Import Coquelicot.
From Proofhead Require Export Definitions.
Open Scope R_scope.

(** ** Sums *)
Lemma sum_ext n f g : (forall k, (k < n)%nat -> f k = g k) -> sum n f = sum n g.
Proof.
  induction n as [|n IH]; intros H; simpl; [reflexivity|].
  rewrite IH by (intros; apply H; lia). now rewrite H by lia.
Qed.

Lemma sum_add n f g : sum n (fun k => f k + g k) = sum n f + sum n g.
Proof. induction n; simpl; [lra|]. rewrite IHn. lra. Qed.

Lemma sum_scal n c f : sum n (fun k => c * f k) = c * sum n f.
Proof. induction n; simpl; [lra|]. rewrite IHn. lra. Qed.

Lemma sum_scal_r n c f : sum n (fun k => f k * c) = sum n f * c.
Proof. induction n; simpl; [lra|]. rewrite IHn. lra. Qed.

Lemma sum_opp n f : sum n (fun k => - f k) = - sum n f.
Proof. induction n; simpl; [lra|]. rewrite IHn. lra. Qed.

Lemma sum_sub n f g : sum n (fun k => f k - g k) = sum n f - sum n g.
Proof. induction n; simpl; [lra|]. rewrite IHn. lra. Qed.

Lemma sum_zero n : sum n (fun _ => 0) = 0.
Proof. induction n; simpl; [|rewrite IHn]; lra. Qed.

Lemma sum_swap n m f :
  sum n (fun i => sum m (fun j => f i j)) = sum m (fun j => sum n (fun i => f i j)).
Proof.
  induction n; simpl; [now rewrite sum_zero|].
  rewrite IHn. now rewrite <- sum_add.
Qed.

Lemma sum_delta n j f : (j < n)%nat -> sum n (fun k => delta k j * f k) = f j.
Proof.
  intros H. induction n; simpl; [lia|].
  destruct (Nat.eq_dec j n) as [->|N].
  - rewrite (sum_ext _ _ (fun _ => 0)).
    + unfold delta. rewrite Nat.eqb_refl, sum_zero. lra.
    + intros k Hk. unfold delta. destruct (Nat.eqb_spec k n); [lia|lra].
  - rewrite IHn by lia. unfold delta. destruct (Nat.eqb_spec n j); [lia|lra].
Qed.

Lemma sum_pos n f : (0 < n)%nat -> (forall k, (k < n)%nat -> 0 < f k) -> 0 < sum n f.
Proof.
  intros Hn H. destruct n; [lia|]. clear Hn. induction n.
  - simpl. specialize (H 0%nat ltac:(lia)). lra.
  - cbn [sum] in *. specialize (IHn ltac:(intros; apply H; lia)).
    specialize (H (S n) ltac:(lia)). lra.
Qed.

Lemma delta_refl i : delta i i = 1.
Proof. unfold delta. now rewrite Nat.eqb_refl. Qed.
Lemma delta_sym i j : delta i j = delta j i.
Proof. unfold delta. now rewrite Nat.eqb_sym. Qed.

(** ** Updated tensors *)
Lemma upd1_same s i : upd1 s i (s i) = s.
Proof.
  apply functional_extensionality; intro i'. unfold upd1.
  destruct (Nat.eqb_spec i' i); now subst.
Qed.
Lemma upd2_same s i j : upd2 s i j (s i j) = s.
Proof.
  apply functional_extensionality; intro i'; apply functional_extensionality; intro j'.
  unfold upd2. destruct (Nat.eqb_spec i' i), (Nat.eqb_spec j' j); now subst.
Qed.

(** ** Differentiation.  [is_derive f t d] is Coquelicot's: f has the derivative d at t. *)
Lemma D_eq (f : R -> R) (t d d' : R) : is_derive f t d -> d = d' -> is_derive f t d'.
Proof. now intros H <-. Qed.
Lemma D_ext (f g : R -> R) (t d : R) :
  (forall x, f x = g x) -> is_derive f t d -> is_derive g t d.
Proof. apply is_derive_ext. Qed.
Lemma D_const (c t : R) : is_derive (fun _ => c) t 0.
Proof. exact (is_derive_const c t). Qed.
Lemma D_id (t : R) : is_derive (fun x => x) t 1.
Proof. exact (is_derive_id t). Qed.
Lemma D_add f g (t df dg : R) : is_derive f t df -> is_derive g t dg ->
  is_derive (fun x => f x + g x) t (df + dg).
Proof. intros. now apply (is_derive_plus f g). Qed.
Lemma D_sub f g (t df dg : R) : is_derive f t df -> is_derive g t dg ->
  is_derive (fun x => f x - g x) t (df - dg).
Proof. intros. now apply (is_derive_minus f g). Qed.
Lemma D_opp f (t df : R) : is_derive f t df -> is_derive (fun x => - f x) t (- df).
Proof. intros. now apply (is_derive_opp f). Qed.
Lemma D_mul f g (t df dg : R) : is_derive f t df -> is_derive g t dg ->
  is_derive (fun x => f x * g x) t (df * g t + f t * dg).
Proof. intros. apply (is_derive_mult f g); auto. intros; apply Rmult_comm. Qed.
Lemma D_inv f (t df : R) : is_derive f t df -> f t <> 0 ->
  is_derive (fun x => / f x) t (- (df * (/ f t * / f t))).
Proof.
  intros. eapply D_eq. apply (is_derive_inv f); eauto. now field.
Qed.
Lemma D_div f g (t df dg : R) : is_derive f t df -> is_derive g t dg -> g t <> 0 ->
  is_derive (fun x => f x / g x) t (df / g t - f t * dg * (/ g t * / g t)).
Proof.
  intros Hf Hg N. unfold Rdiv. eapply D_eq.
  - apply (D_mul f (fun x => / g x)); [exact Hf|exact (D_inv g t dg Hg N)].
  - simpl. ring.
Qed.
Lemma D_exp f (t df : R) : is_derive f t df -> is_derive (fun x => exp (f x)) t (exp (f t) * df).
Proof.
  intros. eapply D_eq. apply (is_derive_comp exp f); [apply is_derive_exp|eassumption].
  unfold scal; simpl; unfold mult; simpl. ring.
Qed.
Lemma D_ln f (t df : R) : is_derive f t df -> 0 < f t -> is_derive (fun x => ln (f x)) t (df / f t).
Proof.
  intros. eapply D_eq. apply (is_derive_comp ln f); [now apply is_derive_ln|eassumption].
  unfold scal; simpl; unfold mult; simpl. unfold Rdiv. ring.
Qed.
Lemma D_pow f n (t df : R) : is_derive f t df ->
  is_derive (fun x => f x ^ n) t (INR n * df * f t ^ pred n).
Proof. intros. now apply is_derive_pow. Qed.
Lemma D_sum n (f : nat -> R -> R) (t : R) (d : nat -> R) :
  (forall k, (k < n)%nat -> is_derive (f k) t (d k)) ->
  is_derive (fun x => sum n (fun k => f k x)) t (sum n d).
Proof.
  induction n; intros H; simpl; [apply D_const|].
  apply D_add; [apply IHn; intros; apply H; lia|apply H; lia].
Qed.
Lemma D_upd1 s i i' (t : R) : is_derive (fun x => upd1 s i x i') t (delta i' i).
Proof. unfold upd1, delta. destruct (Nat.eqb i' i); [exact (D_id t)|exact (D_const _ t)]. Qed.
Lemma D_upd2 s i j i' j' (t : R) :
  is_derive (fun x => upd2 s i j x i' j') t (delta i' i * delta j' j).
Proof.
  unfold upd2, delta. destruct (Nat.eqb i' i), (Nat.eqb j' j); simpl.
  - refine (D_eq _ _ _ _ (D_id t) _). ring.
  - refine (D_eq _ _ _ _ (D_const _ t) _). ring.
  - refine (D_eq _ _ _ _ (D_const _ t) _). ring.
  - refine (D_eq _ _ _ _ (D_const _ t) _). ring.
Qed.
