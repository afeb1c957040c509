(** What a reader of a theorem has to know; everything else in this folder is proved.

    Sizes and indices are natural numbers counted from 0, with their bounds as premises; tensors
    are functions of indices. *)
From Coq Require Export Reals Arith.
Open Scope R_scope.

(** The sum of f 0, ..., f (n-1). *)
Fixpoint sum (n : nat) (f : nat -> R) : R :=
  match n with O => 0 | S m => sum m f + f m end.

(** The Kronecker delta. *)
Definition delta (i j : nat) : R := if Nat.eqb i j then 1 else 0.

(** A tensor with one entry replaced. *)
Definition upd1 (s : nat -> R) (i : nat) (t : R) : nat -> R :=
  fun i' => if Nat.eqb i' i then t else s i'.
Definition upd2 (s : nat -> nat -> R) (i j : nat) (t : R) : nat -> nat -> R :=
  fun i' j' => if (Nat.eqb i' i && Nat.eqb j' j)%bool then t else s i' j'.
Definition upd3 (s : nat -> nat -> nat -> R) (h i j : nat) (t : R) : nat -> nat -> nat -> R :=
  fun h' i' j' => if (Nat.eqb h' h && Nat.eqb i' i && Nat.eqb j' j)%bool then t else s h' i' j'.

(** A scalar or tensor after a step of length t against the direction d. *)
Definition descend0 (x d : R) (t : R) : R := x - t * d.
Definition descend1 (x d : nat -> R) (t : R) : nat -> R := fun i => x i - t * d i.
Definition descend2 (x d : nat -> nat -> R) (t : R) : nat -> nat -> R :=
  fun i j => x i j - t * d i j.
Definition descend3 (x d : nat -> nat -> nat -> R) (t : R) : nat -> nat -> nat -> R :=
  fun h i j => x h i j - t * d h i j.

(** The hyperbolic secant; sinh, cosh, tanh and PI are Coq's own. *)
Definition sech (x : R) : R := / cosh x.
