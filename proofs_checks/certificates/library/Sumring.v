(** [sumring]: equalities between polynomials in indexed quantities, sums and Kronecker deltas,
    decided for all sizes at once by reflection.  The normaliser below is proved sound, so nothing
    here has to be trusted.

    A term is  c * sum_{bs} m : a rational, bound indices with their sizes, a product of factors.
    [check] multiplies out, contracts deltas, applies the rules given ("rows of y sum to one",
    "p times 1/p is 1"), tries the orders of the bound indices for the smallest key, and adds up. *)
From Coq Require Import Reals QArith Qreals List Permutation Lia Lra Bool Arith.
From Coq Require Import FunctionalExtensionality.
From Proofhead Require Import Definitions Sums.
Import ListNotations.
Open Scope R_scope.

Inductive factor := FA (f : nat) (l : list nat) | FD (i j : nat) | FS (s : nat) | FQ (c : Q).

Inductive expr :=
| CZ (z : Z) | CI (p : positive) | Atm (f : nat) (l : list nat) | Del (i j : nat) | Siz (s : nat)
| Add (a b : expr) | Mul (a b : expr) | Opp (a : expr) | Sum (s i : nat) (a : expr).

Definition bounds := list (nat * nat).   (* (size, name) *)
Definition mono := list factor.
Definition term := (Q * bounds * mono)%type.

(** [Rule s lhs rhs ss]: for all indices 0, 1, ... of the sizes [ss] the products of the factors
    are equal, that of [lhs] summed over the next index if it has a size [s]. *)
Inductive rule := Rule (s : option nat) (lhs rhs : mono) (ss : list nat).
(** [Expansion lhs rhs ss]: for all such indices the product of [lhs] is the sum of terms [rhs]. *)
Inductive expansion := Expansion (lhs : mono) (rhs : list term) (ss : list nat).

Definition put (ix : nat -> nat) (i v : nat) : nat -> nat := fun k => if Nat.eqb k i then v else ix k.
Definition ren1 (j i k : nat) : nat := if Nat.eqb k j then i else k.
Definition renF (j i : nat) (x : factor) : factor :=
  match x with
  | FA f l => FA f (map (ren1 j i) l) | FD a b => FD (ren1 j i a) (ren1 j i b)
  | FS s => FS s | FQ c => FQ c
  end.
Definition ren (j i : nat) (m : mono) : mono := map (renF j i) m.
Definition namesF (x : factor) : list nat :=
  match x with FA _ l => l | FD a b => [a; b] | _ => [] end.
Definition names (m : mono) : list nat := flat_map namesF m.
Definition mem (i : nat) (l : list nat) : bool := existsb (Nat.eqb i) l.
Definition apart (l l' : list nat) : bool := forallb (fun i => negb (mem i l')) l.
Definition memb (s i : nat) (bs : bounds) : bool :=
  existsb (fun b => (Nat.eqb s (fst b) && Nat.eqb i (snd b))%bool) bs.
Fixpoint nodup (l : list nat) : bool :=
  match l with [] => true | i :: l => (negb (mem i l) && nodup l)%bool end.

(** ** What the data mean *)
Section Meaning.
Variables (sz : nat -> nat) (atom : nat -> list nat -> R).

Definition denF ix x :=
  match x with
  | FA f l => atom f (map ix l) | FD i j => delta (ix i) (ix j) | FS s => INR (sz s) | FQ c => Q2R c
  end.
Fixpoint denM ix (m : mono) := match m with [] => 1 | x :: m => denF ix x * denM ix m end.
Fixpoint denS ix (bs : bounds) (F : (nat -> nat) -> R) :=
  match bs with [] => F ix | (s, i) :: bs => sum (sz s) (fun v => denS (put ix i v) bs F) end.
Definition denT ix (t : term) := let '(c, bs, m) := t in Q2R c * denS ix bs (fun ix => denM ix m).
Fixpoint denP ix (p : list term) := match p with [] => 0 | t :: p => denT ix t + denP ix p end.
Fixpoint den ix e :=
  match e with
  | CZ z => IZR z | CI p => / IZR (Zpos p) | Atm f l => atom f (map ix l) | Del i j => delta (ix i) (ix j)
  | Siz s => INR (sz s)
  | Add a b => den ix a + den ix b | Mul a b => den ix a * den ix b | Opp a => - den ix a
  | Sum s i a => sum (sz s) (fun v => den (put ix i v) a)
  end.
Definition valid (ctx : bounds) ix := Forall (fun b => (ix (snd b) < sz (fst b))%nat) ctx.
Definition fits (l ss : list nat) := Forall2 (fun v s => (v < sz s)%nat) l ss.
Definition holds (r : rule) : Prop :=
  let '(Rule s lhs rhs ss) := r in
  forall ix, fits (map ix (seq 0 (length ss))) ss ->
  match s with
  | None => denM ix lhs
  | Some s => sum (sz s) (fun v => denM (put ix (length ss) v) lhs)
  end = denM ix rhs.

(** ** Lemmas *)
Lemma mem_In i l : mem i l = true <-> In i l.
Proof.
  unfold mem. rewrite existsb_exists. split.
  - intros (x & Hx & E). apply Nat.eqb_eq in E. now subst.
  - intros H. exists i. split; auto. apply Nat.eqb_refl.
Qed.
Lemma mem_false i l : mem i l = false <-> ~ In i l.
Proof. rewrite <- mem_In. destruct (mem i l); split; congruence. Qed.
Lemma nodup_NoDup l : nodup l = true -> NoDup l.
Proof.
  induction l as [|i l IH]; simpl; intros H; constructor.
  - apply andb_prop in H as [H _]. apply negb_true_iff in H. now apply mem_false.
  - apply IH. now apply andb_prop in H.
Qed.
Lemma apart_spec l l' : apart l l' = true -> forall i, In i l -> ~ In i l'.
Proof.
  unfold apart. rewrite forallb_forall. intros H i Hi. specialize (H i Hi).
  apply negb_true_iff in H. now apply mem_false.
Qed.
Lemma memb_In s i bs : memb s i bs = true -> In (s, i) bs.
Proof.
  unfold memb. rewrite existsb_exists. intros ([s' i'] & H & E). apply andb_prop in E as [E1 E2].
  apply Nat.eqb_eq in E1. apply Nat.eqb_eq in E2. simpl in *. now subst.
Qed.

Lemma NoDup_left {A} (l l' : list A) : NoDup (l ++ l') -> NoDup l.
Proof.
  induction l as [|a l IH]; simpl; intros H; constructor; inversion H; subst; auto.
  intros Hin. apply H2. apply in_or_app. auto.
Qed.
Lemma goodB_left (bs ctx : bounds) : NoDup (map snd (bs ++ ctx)) -> NoDup (map snd bs).
Proof. rewrite map_app. apply NoDup_left. Qed.

Lemma put_same ix i v : put ix i v i = v.
Proof. unfold put. now rewrite Nat.eqb_refl. Qed.
Lemma put_other ix i v k : k <> i -> put ix i v k = ix k.
Proof. intros N. unfold put. destruct (Nat.eqb_spec k i); congruence. Qed.
Lemma put_swap ix i j v w : i <> j -> put (put ix i v) j w = put (put ix j w) i v.
Proof.
  intros N. apply functional_extensionality; intro k. unfold put.
  destruct (Nat.eqb_spec k i), (Nat.eqb_spec k j); congruence.
Qed.

Lemma denF_agree ix ix' x : (forall i, In i (namesF x) -> ix i = ix' i) -> denF ix x = denF ix' x.
Proof.
  destruct x; simpl; intros H.
  - f_equal. apply map_ext_in. exact H.
  - rewrite (H i), (H j) by auto. reflexivity.
  - reflexivity.
  - reflexivity.
Qed.
Lemma denM_agree m : forall ix ix', (forall i, In i (names m) -> ix i = ix' i) -> denM ix m = denM ix' m.
Proof.
  induction m as [|x m IH]; simpl; intros ix ix' H; auto. f_equal.
  - apply denF_agree. intros. apply H. apply in_or_app. auto.
  - apply IH. intros. apply H. apply in_or_app. auto.
Qed.
Lemma denM_put ix i v m : ~ In i (names m) -> denM (put ix i v) m = denM ix m.
Proof. intros N. apply denM_agree. intros k Hk. apply put_other. congruence. Qed.
Lemma denM_app ix m m' : denM ix (m ++ m') = denM ix m * denM ix m'.
Proof. induction m; simpl; [ring|]. rewrite IHm. ring. Qed.
Lemma denM_perm ix m m' : Permutation m m' -> denM ix m = denM ix m'.
Proof. induction 1; simpl; [reflexivity|now rewrite IHPermutation|ring|congruence]. Qed.
Lemma denM_ren ix j i m : denM ix (ren j i m) = denM (put ix j (ix i)) m.
Proof.
  assert (E : forall k, ix (ren1 j i k) = put ix j (ix i) k).
  { intros k. unfold ren1, put. now destruct (Nat.eqb k j). }
  unfold ren. induction m as [|x m IH]; simpl; [reflexivity|]. rewrite IH. f_equal.
  destruct x; simpl.
  - rewrite map_map. f_equal. apply map_ext. exact E.
  - now rewrite !E.
  - reflexivity.
  - reflexivity.
Qed.

Lemma denS_app ix bs bs' F : denS ix (bs ++ bs') F = denS ix bs (fun ix => denS ix bs' F).
Proof.
  revert ix. induction bs as [|[s i] bs IH]; intros ix; simpl; auto.
  apply sum_ext. intros. apply IH.
Qed.
Lemma denS_perm bs bs' : Permutation bs bs' -> NoDup (map snd bs) ->
  forall ix F, denS ix bs F = denS ix bs' F.
Proof.
  induction 1 as [|[s i] bs bs' P IH|[s i] [s' i'] bs|bs1 bs2 bs3 P1 IH1 P2 IH2]; intros N ix F; simpl.
  - reflexivity.
  - apply sum_ext. intros. apply IH. now inversion N.
  - rewrite sum_swap. apply sum_ext. intros v _. apply sum_ext. intros w _.
    rewrite put_swap; auto. inversion N; subst. simpl in *. intuition.
  - rewrite IH1 by auto. apply IH2. eapply Permutation_NoDup; [|exact N]. now apply Permutation_map.
Qed.
Lemma denS_ext bs : forall ctx ix F G, NoDup (map snd (bs ++ ctx)) -> valid ctx ix ->
  (forall ix', valid (bs ++ ctx) ix' -> F ix' = G ix') -> denS ix bs F = denS ix bs G.
Proof.
  induction bs as [|[s i] bs IH]; intros ctx ix F G N V H; simpl.
  - now apply H.
  - apply sum_ext. intros v Hv.
    assert (P : Permutation (((s, i) :: bs) ++ ctx) (bs ++ (s, i) :: ctx)) by apply Permutation_middle.
    apply (IH ((s, i) :: ctx)).
    + eapply Permutation_NoDup; [|exact N]. now apply Permutation_map.
    + constructor; [simpl; now rewrite put_same|].
      unfold valid in *. rewrite Forall_forall in *. intros [s' k] Hk. simpl.
      rewrite put_other; [apply (V _ Hk)|]. intros ->. simpl in N. inversion N; subst.
      apply H2. rewrite map_app. apply in_or_app. right. now apply (in_map snd) in Hk.
    + intros ix' V'. apply H. unfold valid in *. rewrite Forall_forall in *. intros b Hb. apply V'.
      eapply Permutation_in; eauto.
Qed.
Lemma denS_scal ix bs c F : denS ix bs (fun ix => c * F ix) = c * denS ix bs F.
Proof.
  revert ix. induction bs as [|[s i] bs IH]; intros ix; simpl; auto.
  rewrite <- sum_scal. apply sum_ext. intros. apply IH.
Qed.

(** *** Multiplying out *)
Definition mulT (t t' : term) : option term :=
  let '(c, bs, m) := t in let '(c', bs', m') := t' in
  if (apart (map snd bs) (names m') && apart (map snd bs') (names m))%bool
  then Some (Qred (c * c')%Q, bs ++ bs', m ++ m') else None.

Lemma denS_mono_l m bs' m' : forall ix, apart (map snd bs') (names m) = true ->
  denM ix m * denS ix bs' (fun ix => denM ix m') = denS ix bs' (fun ix => denM ix (m ++ m')).
Proof.
  induction bs' as [|[s i] bs' IH]; intros ix H; simpl.
  - now rewrite denM_app.
  - rewrite <- sum_scal. apply sum_ext. intros v _.
    simpl in H. apply andb_prop in H as [H1 H2]. rewrite <- IH by auto.
    apply negb_true_iff, mem_false in H1. now rewrite denM_put.
Qed.
Lemma denS_put bs m i v : ~ In i (names m) -> forall ix,
  denS (put ix i v) bs (fun ix => denM ix m) = denS ix bs (fun ix => denM ix m).
Proof.
  intros N. induction bs as [|[s k] bs IH]; intros ix; simpl.
  - now apply denM_put.
  - apply sum_ext. intros w _. destruct (Nat.eq_dec i k) as [->|D].
    + f_equal. apply functional_extensionality; intro k'. unfold put.
      now destruct (Nat.eqb k' k).
    + rewrite put_swap by auto. apply IH.
Qed.
Lemma mulT_sound ix t t' r : mulT t t' = Some r -> denT ix t * denT ix t' = denT ix r.
Proof.
  destruct t as [[c bs] m], t' as [[c' bs'] m']. unfold mulT.
  destruct (apart _ _ && apart _ _)%bool eqn:E; intros Hr; [|discriminate].
  assert (Er : r = (Qred (c * c')%Q, bs ++ bs', m ++ m')) by congruence. rewrite Er. clear Hr Er r.
  apply andb_prop in E as [E1 E2].
  cbv beta iota delta [denT]. rewrite (Qeq_eqR _ _ (Qred_correct (c * c'))), Q2R_mult.
  enough (H : denS ix bs (fun ix => denM ix m) * denS ix bs' (fun ix => denM ix m')
    = denS ix (bs ++ bs') (fun ix => denM ix (m ++ m'))) by (rewrite <- H; ring).
  clear c c'. revert ix. induction bs as [|[s i] bs IH]; intros ix; simpl.
  - now apply denS_mono_l.
  - rewrite <- sum_scal_r. apply sum_ext. intros v _. simpl in E1. apply andb_prop in E1 as [N E1].
    apply negb_true_iff, mem_false in N. rewrite <- IH by auto. f_equal. symmetry. now apply denS_put.
Qed.

Fixpoint mulTP (t : term) (p : list term) : option (list term) :=
  match p with
  | [] => Some []
  | t' :: p => match mulT t t', mulTP t p with Some r, Some q => Some (r :: q) | _, _ => None end
  end.
Fixpoint mulP (p q : list term) : option (list term) :=
  match p with
  | [] => Some []
  | t :: p => match mulTP t q, mulP p q with Some r, Some r' => Some (r ++ r') | _, _ => None end
  end.
Definition negT (t : term) : term := let '(c, bs, m) := t in (Qopp c, bs, m).
Definition sumT (s i : nat) (t : term) : term := let '(c, bs, m) := t in (c, (s, i) :: bs, m).
Fixpoint nf (e : expr) : option (list term) :=
  match e with
  | CZ z => Some [(inject_Z z, [], [])] | CI p => Some [((1 # p)%Q, [], [])]
  | Atm f l => Some [(1%Q, [], [FA f l])]
  | Del i j => Some [(1%Q, [], [FD i j])] | Siz s => Some [(1%Q, [], [FS s])]
  | Add a b => match nf a, nf b with Some p, Some q => Some (p ++ q) | _, _ => None end
  | Mul a b => match nf a, nf b with Some p, Some q => mulP p q | _, _ => None end
  | Opp a => match nf a with Some p => Some (map negT p) | _ => None end
  | Sum s i a => match nf a with Some p => Some (map (sumT s i) p) | _ => None end
  end.

Lemma denP_app ix p q : denP ix (p ++ q) = denP ix p + denP ix q.
Proof. induction p; simpl; [ring|]. rewrite IHp. ring. Qed.
Lemma mulTP_sound ix t p : forall r, mulTP t p = Some r -> denT ix t * denP ix p = denP ix r.
Proof.
  induction p as [|t' p IH]; simpl; intros r H.
  - injection H as <-. simpl. ring.
  - destruct (mulT t t') eqn:E; [|discriminate]. destruct (mulTP t p); [|discriminate].
    injection H as <-. simpl. rewrite <- (IH _ eq_refl), <- (mulT_sound _ _ _ _ E). ring.
Qed.
Lemma mulP_sound ix p q : forall r, mulP p q = Some r -> denP ix p * denP ix q = denP ix r.
Proof.
  induction p as [|t p IH]; simpl; intros r H.
  - injection H as <-. simpl. ring.
  - destruct (mulTP t q) eqn:E; [|discriminate]. destruct (mulP p q); [|discriminate].
    injection H as <-. rewrite denP_app, <- (IH _ eq_refl), <- (mulTP_sound _ _ _ _ E). ring.
Qed.
Lemma nf_sound e : forall ix p, nf e = Some p -> den ix e = denP ix p.
Proof.
  assert (Q1 : Q2R 1 = 1) by (unfold Q2R; simpl; field).
  assert (Q2 : forall z, Q2R (inject_Z z) = IZR z) by (intros; unfold Q2R; simpl; field).
  assert (Q3 : forall p, Q2R (1 # p) = / IZR (Zpos p)) by (intros; unfold Q2R; simpl; ring).
  induction e; simpl; intros ix q0 H.
  1-5: injection H as <-; cbn -[Q2R inject_Z]; rewrite ?Q1, ?Q2, ?Q3; ring.
  1-2: destruct (nf e1); [|discriminate]; destruct (nf e2); [|discriminate];
    rewrite (IHe1 _ _ eq_refl), (IHe2 _ _ eq_refl).
  - injection H as <-. now rewrite denP_app.
  - now apply mulP_sound.
  - destruct (nf e) as [q|]; [|discriminate]. injection H as <-. rewrite (IHe _ _ eq_refl). clear.
    induction q as [|[[c bs] m] q IH]; simpl; [ring|]. rewrite <- IH, Q2R_opp. ring.
  - destruct (nf e) as [q|]; [|discriminate]. injection H as <-.
    rewrite (sum_ext _ _ (fun v => denP (put ix i v) q)) by (intros; now apply IHe). clear.
    induction q as [|[[c bs] m] q IH]; simpl; [apply sum_zero|].
    rewrite <- IH, sum_add, sum_scal. reflexivity.
Qed.

(** *** Steps on one term: sound if the names are different and the context holds *)
Definition goodB (ctx : bounds) (bs : bounds) := NoDup (map snd (bs ++ ctx)).
Definition sound1 (ctx : bounds) (bs : bounds) (m : mono) (r : bounds * mono) : Prop :=
  goodB ctx bs -> goodB ctx (fst r) /\ forall ix, valid ctx ix ->
    denS ix bs (fun ix => denM ix m) = denS ix (fst r) (fun ix => denM ix (snd r)).

Lemma sound1_refl ctx bs m : sound1 ctx bs m (bs, m).
Proof. intros G. split; auto. Qed.
Lemma sound1_trans ctx bs m bs' m' r :
  sound1 ctx bs m (bs', m') -> sound1 ctx bs' m' r -> sound1 ctx bs m r.
Proof.
  intros H1 H2 G. destruct (H1 G) as [G1 E1]. destruct (H2 G1) as [G2 E2]. split; auto.
  intros ix V. now rewrite E1, E2.
Qed.
(** the monomial changes, the bounds stay *)
Lemma sound1_mono ctx bs m m' :
  (forall ix, valid (bs ++ ctx) ix -> denM ix m = denM ix m') -> sound1 ctx bs m (bs, m').
Proof. intros H G. split; auto. intros ix V. simpl. now apply (denS_ext bs ctx). Qed.
Lemma sound1_permM ctx bs m m' : Permutation m m' -> sound1 ctx bs m (bs, m').
Proof. intros P. apply sound1_mono. intros. now apply denM_perm. Qed.

Fixpoint takeB (j : nat) (bs : bounds) : option (nat * bounds) :=
  match bs with
  | [] => None
  | (s, i) :: bs =>
    if Nat.eqb i j then Some (s, bs)
    else match takeB j bs with Some (s', bs') => Some (s', (s, i) :: bs') | None => None end
  end.
Lemma takeB_perm j bs : forall s bs', takeB j bs = Some (s, bs') -> Permutation bs (bs' ++ [(s, j)]).
Proof.
  induction bs as [|[s i] bs IH]; simpl; intros s' bs' H; [discriminate|].
  destruct (Nat.eqb_spec i j) as [->|N].
  - injection H as <- <-. apply Permutation_cons_append.
  - destruct (takeB j bs) as [[s'' bs'']|]; [|discriminate]. injection H as <- <-. simpl.
    constructor. now apply IH.
Qed.
(** what happens to the sum over one bound index, taken innermost *)
Lemma sound1_take ctx bs m j s bs' m' :
  takeB j bs = Some (s, bs') ->
  (forall ix, valid (bs' ++ ctx) ix -> sum (sz s) (fun v => denM (put ix j v) m) = denM ix m') ->
  sound1 ctx bs m (bs', m').
Proof.
  intros T H G. apply takeB_perm in T.
  assert (G' : NoDup (map snd ((bs' ++ [(s, j)]) ++ ctx))).
  { eapply Permutation_NoDup; [|exact G]. apply Permutation_map. now apply Permutation_app_tail. }
  assert (G1 : goodB ctx bs').
  { rewrite <- app_assoc in G'. simpl in G'. rewrite map_app in G'. simpl in G'.
    apply NoDup_remove_1 in G'. unfold goodB. now rewrite map_app. }
  split; [exact G1|]. intros ix V. simpl.
  rewrite (denS_perm _ _ T).
  - rewrite denS_app. simpl. now apply (denS_ext bs' ctx).
  - now apply goodB_left in G.
Qed.

(** contraction of one delta *)
Definition contract (ctx bs : bounds) (x : factor) (rest : mono) : option (bounds * mono) :=
  match x with
  | FD i j =>
    if Nat.eqb i j then Some (bs, rest) else
    match takeB j bs with
    | Some (s, bs') => if memb s i (bs' ++ ctx) then Some (bs', ren j i rest) else None
    | None =>
      match takeB i bs with
      | Some (s, bs') => if memb s j (bs' ++ ctx) then Some (bs', ren i j rest) else None
      | None => None
      end
    end
  | _ => None
  end.
Lemma contract_aux ctx bs i j rest s bs' : i <> j -> takeB j bs = Some (s, bs') ->
  memb s i (bs' ++ ctx) = true -> sound1 ctx bs (FD i j :: rest) (bs', ren j i rest).
Proof.
  intros N T M. apply (sound1_take _ _ _ j s); auto. intros ix V. simpl.
  apply memb_In in M. unfold valid in V. rewrite Forall_forall in V. specialize (V _ M). simpl in V.
  rewrite denM_ren, <- (sum_delta _ _ (fun v => denM (put ix j v) rest) V).
  apply sum_ext. intros v _. now rewrite put_same, put_other, delta_sym by auto.
Qed.
Lemma contract_sound ctx bs x rest r : contract ctx bs x rest = Some r -> sound1 ctx bs (x :: rest) r.
Proof.
  destruct x as [|i j| |]; simpl; try discriminate.
  destruct (Nat.eqb_spec i j) as [->|N].
  - intros [= <-]. apply sound1_mono. intros. simpl. rewrite delta_refl. ring.
  - destruct (takeB j bs) as [[s bs']|] eqn:T.
    + destruct (memb _ _ _) eqn:M; intros [= <-]. now apply (contract_aux ctx bs i j rest s bs').
    + destruct (takeB i bs) as [[s bs']|] eqn:T'; [|discriminate].
      destruct (memb _ _ _) eqn:M; intros [= <-].
      eapply sound1_trans; [|apply (contract_aux ctx bs j i rest s bs'); auto].
      apply sound1_mono. intros. simpl. now rewrite delta_sym.
Qed.

(** rules *)
Fixpoint fitb (ctx : bounds) (l ss : list nat) : bool :=
  match l, ss with
  | [], [] => true | i :: l, s :: ss => (memb s i ctx && fitb ctx l ss)%bool | _, _ => false
  end.
Lemma fitb_fits ctx ix l ss : valid ctx ix -> fitb ctx l ss = true -> fits (map ix l) ss.
Proof.
  intros V. revert ss. induction l as [|i l IH]; intros [|s ss]; simpl; try discriminate; constructor.
  - apply andb_prop in H as [H _]. apply memb_In in H. unfold valid in V. rewrite Forall_forall in V.
    exact (V _ H).
  - apply IH. now apply andb_prop in H.
Qed.
Fixpoint list_eqb (l l' : list nat) : bool :=
  match l, l' with
  | [], [] => true | i :: l, j :: l' => (Nat.eqb i j && list_eqb l l')%bool | _, _ => false
  end.
Lemma list_eqb_eq l : forall l', list_eqb l l' = true -> l = l'.
Proof.
  induction l as [|i l IH]; intros [|j l'] H; simpl in H; try discriminate; auto.
  apply andb_prop in H as [E H]. apply Nat.eqb_eq in E. f_equal; auto.
Qed.
(** the first way of taking one factor for which [P] answers *)
Fixpoint pick {A} (P : factor -> mono -> option A) (before m : mono) : option A :=
  match m with
  | [] => None
  | x :: m => match P x (rev_append before m) with Some a => Some a | None => pick P (x :: before) m end
  end.
Lemma pick_sound {A} (P : factor -> mono -> option A) m : forall before a, pick P before m = Some a ->
  exists x rest, Permutation (rev_append before m) (x :: rest) /\ P x rest = Some a.
Proof.
  induction m as [|x m IH]; simpl; intros before a H; [discriminate|].
  destruct (P x (rev_append before m)) eqn:E.
  - injection H as <-. exists x, (rev_append before m). split; auto.
    rewrite !rev_append_rev. apply Permutation_sym, Permutation_middle.
  - apply (IH (x :: before)). exact H.
Qed.

(** factors in order *)
Definition codeF (x : factor) : list nat :=
  match x with FA f l => 0 :: f :: l | FD i j => [1; i; j] | FS s => [2; s] | FQ _ => [3] end%nat.
Fixpoint cmp (l l' : list nat) : comparison :=
  match l, l' with
  | [], [] => Eq | [], _ => Lt | _, [] => Gt
  | i :: l, j :: l' => match Nat.compare i j with Eq => cmp l l' | c => c end
  end.
Fixpoint insert (x : factor) (m : mono) : mono :=
  match m with
  | [] => [x]
  | y :: m' => match cmp (codeF x) (codeF y) with Gt => y :: insert x m' | _ => x :: m end
  end.
Fixpoint sort (m : mono) : mono := match m with [] => [] | x :: m => insert x (sort m) end.
Lemma insert_perm x m : Permutation (x :: m) (insert x m).
Proof.
  induction m as [|y m IH]; simpl; auto. destruct (cmp _ _); auto.
  eapply perm_trans; [apply perm_swap|]. now constructor.
Qed.
Lemma sort_perm m : Permutation m (sort m).
Proof. induction m as [|x m IH]; simpl; auto. eapply perm_trans; [apply perm_skip, IH|apply insert_perm]. Qed.
Definition factor_eqb (x y : factor) : bool :=
  match x, y with
  | FQ c, FQ c' => (Z.eqb (Qnum c) (Qnum c') && Pos.eqb (Qden c) (Qden c'))%bool
  | _, _ => list_eqb (codeF x) (codeF y)
  end.
Lemma factor_eqb_eq x y : factor_eqb x y = true -> x = y.
Proof.
  destruct x as [f l|i j|s|[n d]], y as [f' l'|i' j'|s'|[n' d']];
  try (intros H; apply (list_eqb_eq (codeF _) (codeF _)) in H; simpl in H; congruence).
  simpl. intros H. apply andb_prop in H as [H1 H2]. apply Z.eqb_eq in H1. apply Pos.eqb_eq in H2. now subst.
Qed.
Fixpoint mono_eqb (m m' : mono) : bool :=
  match m, m' with
  | [], [] => true | x :: m, y :: m' => (factor_eqb x y && mono_eqb m m')%bool | _, _ => false
  end.
Lemma mono_eqb_eq m : forall m', mono_eqb m m' = true -> m = m'.
Proof.
  induction m as [|x m IH]; intros [|y m'] H; cbn [mono_eqb] in H; try discriminate; auto.
  apply andb_prop in H as [E H]. apply factor_eqb_eq in E. f_equal; auto.
Qed.
(** where the pattern [lhs] stands among the factors; what is found is checked by [rewritten] *)
Fixpoint look (k : nat) (found : list (nat * nat)) : option nat :=
  match found with [] => None | (i, v) :: found => if Nat.eqb i k then Some v else look k found end.
Fixpoint bind (ks vs : list nat) (found : list (nat * nat)) : option (list (nat * nat)) :=
  match ks, vs with
  | [], [] => Some found
  | k :: ks, v :: vs =>
    match look k found with
    | Some w => if Nat.eqb v w then bind ks vs found else None
    | None => bind ks vs ((k, v) :: found)
    end
  | _, _ => None
  end.
Definition unify (p x : factor) (found : list (nat * nat)) : option (list (nat * nat)) :=
  match p, x with
  | FA f l, FA g l' => if Nat.eqb f g then bind l l' found else None
  | FD i j, FD a b => bind [i; j] [a; b] found
  | FS s, FS s' => if Nat.eqb s s' then Some found else None
  | _, _ => None
  end.
Fixpoint search {A} (lhs m : mono) (found : list (nat * nat)) (P : list (nat * nat) -> mono -> option A) :=
  match lhs with
  | [] => P found m
  | p :: lhs =>
    pick (fun x rest => match unify p x found with
                        | Some found => search lhs rest found P | None => None end) [] m
  end.
Fixpoint values (ks : list nat) (found : list (nat * nat)) : list nat :=
  match ks with
  | [] => []
  | k :: ks => match look k found with Some v => v :: values ks found | None => [] end
  end.
Definition imageF (g : nat -> nat) (x : factor) : factor :=
  match x with
  | FA f l => FA f (map g l) | FD a b => FD (g a) (g b) | FS s => FS s | FQ c => FQ c
  end.
Definition image (g : nat -> nat) (m : mono) : mono := map (imageF g) m.
Lemma denM_image ix g m : denM ix (image g m) = denM (fun k => ix (g k)) m.
Proof.
  induction m as [|x m IH]; simpl; [reflexivity|]. rewrite IH. f_equal.
  destruct x; simpl; auto. now rewrite map_map.
Qed.
Definition rewritten (ctx bs : bounds) (m : mono) (r : rule) (found : list (nat * nat)) (rest : mono)
  : option (bounds * mono) :=
  let '(Rule s lhs rhs ss) := r in
  let n := length ss in
  let l := values (seq 0 n) found in
  match s with
  | None =>
    let g := fun k => nth k l O in
    if (fitb (bs ++ ctx) l ss && mono_eqb (sort m) (sort (image g lhs ++ rest)))%bool
    then Some (bs, image g rhs ++ rest) else None
  | Some s =>
    match look n found with
    | None => None
    | Some j =>
      let g := fun k => nth k l (S j) in
      match takeB j bs with
      | Some (s', bs') =>
        if (Nat.eqb s s' && negb (mem j l) && negb (mem j (names rest)) && fitb (bs' ++ ctx) l ss
            && mono_eqb (sort m) (sort (image (put g n j) lhs ++ rest)))%bool
        then Some (bs', image g rhs ++ rest) else None
      | None => None
      end
    end
  end.
Lemma fits_length l ss : fits l ss -> length l = length ss.
Proof. induction 1; simpl; auto. Qed.
Lemma map_nth_seq (ix : nat -> nat) l d :
  map (fun k => ix (nth k l d)) (seq 0 (length l)) = map ix l.
Proof.
  rewrite <- (map_map (fun k => nth k l d) ix). f_equal.
  induction l as [|i l IH]; simpl; auto. f_equal. rewrite <- seq_shift, map_map. exact IH.
Qed.
Lemma same_sorted ix m m' : mono_eqb (sort m) (sort m') = true -> denM ix m = denM ix m'.
Proof.
  intros H. apply mono_eqb_eq in H. rewrite (denM_perm _ _ _ (sort_perm m)), H.
  symmetry. apply denM_perm, sort_perm.
Qed.
Lemma rewritten_sound ctx bs m r found rest q : holds r ->
  rewritten ctx bs m r found rest = Some q -> sound1 ctx bs m q.
Proof.
  destruct r as [s lhs rhs ss]. unfold rewritten. intros Hr.
  set (l := values (seq 0 (length ss)) found). destruct s as [s|].
  - destruct (look (length ss) found) as [j|]; [|discriminate].
    destruct (takeB j bs) as [[s' bs']|] eqn:T; [|discriminate].
    destruct (_ && _)%bool eqn:B; intros [= <-].
    apply andb_prop in B as [B Em]. apply andb_prop in B as [B Hf]. apply andb_prop in B as [B H0].
    apply andb_prop in B as [B H1]. apply Nat.eqb_eq in B. subst s'.
    apply negb_true_iff, mem_false in H0. apply negb_true_iff, mem_false in H1.
    apply (sound1_take _ _ _ j s); auto. intros ix V. clearbody l.
    assert (F := fitb_fits _ _ _ _ V Hf). assert (E := fits_length _ _ F). rewrite map_length in E.
    rewrite denM_app, denM_image.
    simpl in Hr. rewrite <- Hr by (rewrite <- E, map_nth_seq; exact F).
    rewrite <- sum_scal_r. apply sum_ext. intros v _.
    rewrite (same_sorted _ _ _ Em), denM_app, denM_image, denM_put by auto. f_equal.
    apply denM_agree. intros k _. unfold put at 2 3.
    destruct (Nat.eqb k (length ss)); [apply put_same|]. apply put_other.
    destruct (nth_in_or_default k l (S j)) as [Hk| ->]; [|lia]. intros Hj. rewrite Hj in Hk. auto.
  - destruct (_ && _)%bool eqn:B; intros [= <-]. apply andb_prop in B as [Hf Em].
    apply sound1_mono. intros ix V. clearbody l.
    assert (F := fitb_fits _ _ _ _ V Hf). assert (E := fits_length _ _ F). rewrite map_length in E.
    rewrite (same_sorted _ _ _ Em), !denM_app, !denM_image. f_equal.
    simpl in Hr. apply Hr. now rewrite <- E, map_nth_seq.
Qed.
Lemma search_sound {A} (P : list (nat * nat) -> mono -> option A) lhs : forall m found a,
  search lhs m found P = Some a -> exists found' rest, P found' rest = Some a.
Proof.
  induction lhs as [|p lhs IH]; simpl; intros m found a H; [eauto|].
  apply pick_sound in H as (x & rest & _ & H). destruct (unify p x found); [|discriminate]. eauto.
Qed.
Definition apply_rule (ctx bs : bounds) (m : mono) (r : rule) : option (bounds * mono) :=
  let '(Rule _ lhs _ _) := r in search lhs m [] (rewritten ctx bs m r).
Fixpoint apply_rules ctx bs m (rs : list rule) : option (bounds * mono) :=
  match rs with
  | [] => None
  | r :: rs => match apply_rule ctx bs m r with Some x => Some x | None => apply_rules ctx bs m rs end
  end.
Lemma apply_rules_sound ctx bs m rs : Forall holds rs -> forall r, apply_rules ctx bs m rs = Some r ->
  sound1 ctx bs m r.
Proof.
  induction 1 as [|r rs Hr _ IH]; simpl; intros q H; [discriminate|].
  destruct (apply_rule ctx bs m r) as [q'|] eqn:E; [injection H as <-|now apply IH].
  destruct r as [s lhs rhs ss]. apply search_sound in E as (found & rest & E).
  eapply rewritten_sound; eauto.
Qed.

(** an index that nothing mentions counts its size *)
Fixpoint unused (all m_names : list nat) : option nat :=
  match all with [] => None | j :: all => if mem j m_names then unused all m_names else Some j end.
Definition drop (ctx bs : bounds) (m : mono) : option (bounds * mono) :=
  match unused (map snd bs) (names m) with
  | Some j => match takeB j bs with
              | Some (s, bs') => if mem j (names m) then None else Some (bs', FS s :: m)
              | None => None end
  | None => None
  end.
Lemma sum_const n c : sum n (fun _ => c) = INR n * c.
Proof. induction n; [simpl; ring|]. rewrite S_INR. simpl. rewrite IHn. ring. Qed.
Lemma drop_sound ctx bs m r : drop ctx bs m = Some r -> sound1 ctx bs m r.
Proof.
  unfold drop. destruct (unused _ _) as [j|]; [|discriminate].
  destruct (takeB j bs) as [[s bs']|] eqn:T; [|discriminate].
  destruct (mem j (names m)) eqn:E; intros [= <-]. apply mem_false in E.
  apply (sound1_take _ _ _ j s); auto. intros ix V. simpl.
  rewrite (sum_ext _ _ (fun _ => denM ix m)) by (intros; now apply denM_put). apply sum_const.
Qed.

(** both indices of a delta free: the smaller name stands for both *)
Fixpoint frees (n : nat) (m : mono) : mono :=
  match n with
  | O => m
  | S n => match m with
           | [] => []
           | FD i j :: m => if Nat.leb i j then frees n (ren j i m ++ [FD i j])
                            else frees n (ren i j m ++ [FD j i])
           | x :: m => frees n (m ++ [x])
           end
  end.
Lemma denM_rot ix x m : denM ix (m ++ [x]) = denF ix x * denM ix m.
Proof. rewrite denM_app. simpl. ring. Qed.
Lemma delta_ren ix i j m : denF ix (FD i j) * denM ix (ren j i m) = denF ix (FD i j) * denM ix m.
Proof.
  simpl. unfold delta. destruct (Nat.eqb_spec (ix i) (ix j)) as [E|]; [|ring]. f_equal.
  rewrite denM_ren. apply denM_agree. intros k _. unfold put. destruct (Nat.eqb_spec k j); congruence.
Qed.
Lemma frees_sound n : forall ix m, denM ix (frees n m) = denM ix m.
Proof.
  induction n as [|n IH]; intros ix m; simpl; auto. destruct m as [|[f l|i j|s|c] m]; auto.
  - rewrite IH. apply denM_rot.
  - destruct (Nat.leb i j); rewrite IH, denM_rot.
    + apply delta_ren.
    + rewrite delta_ren. simpl. now rewrite delta_sym.
  - rewrite IH. apply denM_rot.
  - rewrite IH. apply denM_rot.
Qed.

(** all steps, until none applies *)
Definition step ctx rs bs m : option (bounds * mono) :=
  match pick (contract ctx bs) [] m with
  | Some r => Some r
  | None => match apply_rules ctx bs m rs with Some r => Some r | None => drop ctx bs m end
  end.
Lemma step_sound ctx rs bs m r : Forall holds rs -> step ctx rs bs m = Some r -> sound1 ctx bs m r.
Proof.
  intros Hr. unfold step. destruct (pick _ _ _) as [q|] eqn:E.
  - intros [= <-]. apply pick_sound in E as (x & rest & P & E). simpl in P.
    eapply sound1_trans; [apply sound1_permM; exact P|]. now apply contract_sound.
  - destruct (apply_rules _ _ _ _) as [q|] eqn:E'.
    + intros [= <-]. eapply apply_rules_sound; eauto.
    + apply drop_sound.
Qed.
Fixpoint steps (n : nat) ctx rs bs m : bounds * mono :=
  match n with
  | O => (bs, m)
  | S n => match step ctx rs bs m with Some (bs', m') => steps n ctx rs bs' m' | None => (bs, m) end
  end.
Lemma steps_sound ctx rs : Forall holds rs -> forall n bs m, sound1 ctx bs m (steps n ctx rs bs m).
Proof.
  intros Hr. induction n as [|n IH]; intros bs m; simpl; [apply sound1_refl|].
  destruct (step ctx rs bs m) as [[bs' m']|] eqn:E; [|apply sound1_refl].
  eapply sound1_trans; [eapply step_sound; eauto|apply IH].
Qed.
Definition simp ctx rs bs m : bounds * mono :=
  let '(bs, m) := steps 100 ctx rs bs m in steps 100 ctx rs bs (frees (length m) m).
Lemma simp_sound ctx rs bs m : Forall holds rs -> sound1 ctx bs m (simp ctx rs bs m).
Proof.
  intros Hr. unfold simp. assert (H := steps_sound ctx rs Hr 100 bs m).
  destruct (steps 100 ctx rs bs m) as [bs' m']. eapply sound1_trans; [exact H|].
  eapply sound1_trans; [|apply steps_sound; auto]. apply sound1_mono. intros. symmetry. apply frees_sound.
Qed.

(** *** Canonical names *)
Fixpoint renameb (ctx : bounds) (base : nat) (todo done : bounds) (m : mono) : option (bounds * mono) :=
  match todo with
  | [] => Some (done, m)
  | (s, i) :: todo =>
    if (negb (mem base (names m)) && negb (mem base (map snd ((todo ++ done) ++ ctx))))%bool
    then renameb ctx (S base) todo (done ++ [(s, base)]) (ren i base m) else None
  end.
Lemma renameb_sound ctx todo : forall base done m r, renameb ctx base todo done m = Some r ->
  sound1 ctx (todo ++ done) m r.
Proof.
  induction todo as [|[s i] todo IH]; simpl; intros base done m r H.
  - injection H as <-. apply sound1_refl.
  - destruct (_ && _)%bool eqn:B; [|discriminate]. apply andb_prop in B as [B1 B2].
    apply negb_true_iff, mem_false in B1. apply negb_true_iff, mem_false in B2.
    apply IH in H. eapply sound1_trans; [|exact H]. clear H IH. rewrite app_assoc.
    set (bs := todo ++ done) in *. intros G. simpl fst; simpl snd.
    assert (P : Permutation ((s, i) :: bs) (bs ++ [(s, i)])) by apply Permutation_cons_append.
    assert (N : NoDup (map snd (bs ++ ctx))) by (unfold goodB in G; simpl in G; now inversion G).
    split.
    + unfold goodB. rewrite <- app_assoc. simpl.
      apply (Permutation_NoDup (l := map snd ((s, base) :: bs ++ ctx))).
      * apply Permutation_map. apply Permutation_middle.
      * simpl. constructor; auto.
    + intros ix V.
      rewrite (denS_perm _ _ P) by exact (goodB_left _ _ G).
      rewrite !denS_app. apply (denS_ext bs ctx); auto. intros ix' _. simpl.
      apply sum_ext. intros w _. rewrite denM_ren, put_same.
      apply denM_agree. intros k Hk. unfold put.
      destruct (Nat.eqb_spec k i); auto. destruct (Nat.eqb_spec k base); auto. congruence.
Qed.

(** *** The smallest name of a term *)
Fixpoint inserts {A} (x : A) (l : list A) : list (list A) :=
  match l with [] => [[x]] | y :: l' => (x :: l) :: map (cons y) (inserts x l') end.
Fixpoint perms {A} (l : list A) : list (list A) :=
  match l with [] => [[]] | x :: l => flat_map (inserts x) (perms l) end.
Lemma inserts_perm {A} (x : A) l : forall l', In l' (inserts x l) -> Permutation (x :: l) l'.
Proof.
  induction l as [|y l IH]; intros l' H.
  - destruct H as [<-|[]]. apply Permutation_refl.
  - destruct H as [<-|H]; [apply Permutation_refl|]. apply in_map_iff in H as (l'' & <- & H).
    eapply perm_trans; [apply perm_swap|]. apply perm_skip. now apply IH.
Qed.
Lemma perms_perm {A} (l : list A) : forall l', In l' (perms l) -> Permutation l l'.
Proof.
  induction l as [|x l IH]; intros l' H.
  - destruct H as [<-|[]]. apply Permutation_refl.
  - simpl in H. apply in_flat_map in H as (l'' & H1 & H2). apply inserts_perm in H2.
    eapply perm_trans; [apply perm_skip, IH, H1|exact H2].
Qed.
(** Indices of different use are told apart by where they stand, so that only those of equal use
    are permuted. *)
Fixpoint places (i k : nat) (l : list nat) : list nat :=
  match l with
  | [] => []
  | j :: l => if Nat.eqb i j then k :: places i (S k) l else places i (S k) l
  end.
Definition seen_in (i : nat) (x : factor) : list (list nat) :=
  match x with
  | FA f l => map (fun k => [0; f; k]%nat) (places i 0 l)
  | FD a b => if (Nat.eqb i a || Nat.eqb i b)%bool then [[1%nat]] else []
  | FS _ | FQ _ => []
  end.
Fixpoint put_in {A} (le : A -> A -> bool) (x : A) (l : list A) : list A :=
  match l with [] => [x] | y :: l' => if le x y then x :: l else y :: put_in le x l' end.
Definition in_order {A} (le : A -> A -> bool) (l : list A) : list A := fold_right (put_in le) [] l.
Lemma put_in_perm {A} (le : A -> A -> bool) x l : Permutation (x :: l) (put_in le x l).
Proof.
  induction l as [|y l IH]; simpl; auto. destruct (le x y); auto.
  eapply perm_trans; [apply perm_swap|]. now constructor.
Qed.
Lemma in_order_perm {A} (le : A -> A -> bool) l : Permutation l (in_order le l).
Proof.
  induction l as [|x l IH]; simpl; auto.
  eapply perm_trans; [apply perm_skip, IH|apply put_in_perm].
Qed.
Definition before (l l' : list nat) : bool := match cmp l l' with Gt => false | _ => true end.
Definition mark (m : mono) (b : nat * nat) : list nat :=
  fst b :: concat (in_order before (flat_map (seen_in (snd b)) m)).
Fixpoint run {A} (P : A -> bool) (l : list A) : list A * list A :=
  match l with
  | [] => ([], [])
  | x :: l' => if P x then let (a, b) := run P l' in (x :: a, b) else ([], l)
  end.
Lemma run_app {A} (P : A -> bool) l : forall a b, run P l = (a, b) -> l = a ++ b.
Proof.
  induction l as [|x l IH]; simpl; intros a b H; [now injection H as <- <-|].
  destruct (P x); [|now injection H as <- <-].
  destruct (run P l) as [a' b'] eqn:E. injection H as <- <-. simpl. f_equal. now apply IH.
Qed.
Fixpoint orders_of (n : nat) (m : mono) (l : bounds) : list bounds :=
  match n, l with
  | S n, x :: _ =>
    let (a, b) := run (fun y => list_eqb (mark m x) (mark m y)) l in
    flat_map (fun p => map (app p) (orders_of n m b)) (perms a)
  | _, _ => [l]
  end.
Lemma orders_of_perm n m : forall l l', In l' (orders_of n m l) -> Permutation l l'.
Proof.
  induction n as [|n IH]; intros l l' H; simpl in H.
  - destruct H as [<-|[]]. apply Permutation_refl.
  - destruct l as [|x l]; [destruct H as [<-|[]]; apply Permutation_refl|].
    destruct (run _ (x :: l)) as [a b] eqn:E. apply run_app in E. rewrite E.
    apply in_flat_map in H as (p & Hp & H). apply in_map_iff in H as (q & <- & H).
    apply Permutation_app; [now apply perms_perm|now apply IH].
Qed.
Definition orders (m : mono) (bs : bounds) : list bounds :=
  let bs := in_order (fun x y => before (mark m x) (mark m y)) bs in orders_of (length bs) m bs.
Lemma orders_perm m bs : forall l, In l (orders m bs) -> Permutation bs l.
Proof.
  intros l H. eapply perm_trans; [apply in_order_perm|]. eapply orders_of_perm. exact H.
Qed.
Definition orient (x : factor) : factor :=
  match x with FD i j => if Nat.leb i j then FD i j else FD j i | x => x end.
Lemma orient_sound ix m : denM ix (map orient m) = denM ix m.
Proof.
  induction m as [|x m IH]; simpl; [reflexivity|]. rewrite IH. f_equal.
  destruct x; simpl; auto. destruct (Nat.leb i j); simpl; auto. apply delta_sym.
Qed.
Fixpoint sorted (l : list nat) : bool :=
  match l with
  | i :: l' => match l' with j :: _ => (Nat.leb i j && sorted l')%bool | [] => true end
  | [] => true
  end.
Definition key (r : bounds * mono) : list nat := map fst (fst r) ++ flat_map codeF (snd r).
Fixpoint best (ctx : bounds) (base : nat) (m : mono) (ps : list bounds) (found : bounds * mono) (seen : bool)
  : bounds * mono :=
  match ps with
  | [] => found
  | p :: ps =>
    if sorted (map fst p) then
      match renameb ctx base p [] m with
      | Some (bs', m') =>
        let r := (bs', sort (map orient m')) in
        match seen, cmp (key r) (key found) with
        | true, Lt | false, _ => best ctx base m ps r true
        | _, _ => best ctx base m ps found seen
        end
      | None => best ctx base m ps found seen
      end
    else best ctx base m ps found seen
  end.
Lemma best_sound ctx base m bs ps : (forall p, In p ps -> Permutation bs p) ->
  forall found seen, sound1 ctx bs m found -> sound1 ctx bs m (best ctx base m ps found seen).
Proof.
  induction ps as [|p ps IH]; intros P found seen H; simpl; [exact H|].
  assert (IH' := IH (fun q Hq => P q (or_intror Hq))). clear IH.
  destruct (sorted _); [|now apply IH'].
  destruct (renameb ctx base p [] m) as [[bs' m']|] eqn:E; [|now apply IH'].
  assert (H' : sound1 ctx bs m (bs', sort (map orient m'))).
  { apply renameb_sound in E. rewrite app_nil_r in E.
    assert (Pp := P p (or_introl eq_refl)).
    eapply sound1_trans with (bs' := p) (m' := m).
    - intros G. split; simpl.
      + unfold goodB in *. eapply Permutation_NoDup; [|exact G]. apply Permutation_map.
        now apply Permutation_app_tail.
      + intros ix V. apply denS_perm; auto. exact (goodB_left _ _ G).
    - eapply sound1_trans; [exact E|]. apply sound1_mono. intros ix _.
      rewrite <- (denM_perm ix _ _ (sort_perm _)). symmetry. apply orient_sound. }
  destruct seen; [|now apply IH'].
  destruct (cmp _ _); now apply IH'.
Qed.

(** the numbers among the factors go to the coefficient *)
Fixpoint number (m : mono) : Q :=
  match m with [] => 1%Q | FQ c :: m => (c * number m)%Q | _ :: m => number m end.
Fixpoint others (m : mono) : mono :=
  match m with [] => [] | FQ _ :: m => others m | x :: m => x :: others m end.
Lemma others_sound ix m : denM ix m = Q2R (number m) * denM ix (others m).
Proof.
  induction m as [|x m IH]; simpl; [unfold Q2R; simpl; lra|].
  destruct x; simpl; rewrite IH, ?Q2R_mult; ring.
Qed.
Definition canonT (ctx : bounds) (rs : list rule) (base : nat) (t : term) : term :=
  let '(c, bs, m) := t in
  if nodup (map snd (bs ++ ctx)) then
    let '(bs1, m1) := simp ctx rs bs m in
    let '(bs2, m2) := best ctx base m1 (orders m1 bs1) (bs1, m1) false in
    (Qred (c * number m2), bs2, others m2)
  else t.
Lemma canonT_sound ctx rs base t ix : Forall holds rs -> valid ctx ix ->
  denT ix (canonT ctx rs base t) = denT ix t.
Proof.
  intros Hr V. destruct t as [[c bs] m]. unfold canonT.
  destruct (nodup _) eqn:N; [|reflexivity]. apply nodup_NoDup in N.
  assert (S1 := simp_sound ctx rs bs m Hr). destruct (simp ctx rs bs m) as [bs1 m1].
  assert (S2 := best_sound ctx base m1 bs1 (orders m1 bs1) (orders_perm m1 bs1) (bs1, m1) false
                  (sound1_refl ctx bs1 m1)).
  destruct (best ctx base m1 (orders m1 bs1) (bs1, m1) false) as [bs2 m2].
  destruct (sound1_trans _ _ _ _ _ _ S1 S2 N) as [_ E]. cbn [denT fst snd] in *.
  rewrite (E ix V), (Qeq_eqR _ _ (Qred_correct _)), Q2R_mult.
  replace (fun ix => denM ix m2) with (fun ix => Q2R (number m2) * denM ix (others m2))
    by (apply functional_extensionality; intros; symmetry; apply others_sound).
  rewrite denS_scal. ring.
Qed.

(** *** Adding up *)
Fixpoint bounds_eqb (b b' : bounds) : bool :=
  match b, b' with
  | [], [] => true
  | (s, i) :: b, (s', i') :: b' => (Nat.eqb s s' && Nat.eqb i i' && bounds_eqb b b')%bool
  | _, _ => false
  end.
Lemma bounds_eqb_eq b : forall b', bounds_eqb b b' = true -> b = b'.
Proof.
  induction b as [|[s i] b IH]; intros [|[s' i'] b'] H; simpl in H; try discriminate; auto.
  apply andb_prop in H as [E H]. apply andb_prop in E as [E1 E2].
  apply Nat.eqb_eq in E1. apply Nat.eqb_eq in E2. subst. f_equal. auto.
Qed.
Fixpoint addT (t : term) (p : list term) : list term :=
  match p with
  | [] => [t]
  | t' :: p =>
    let '(c, bs, m) := t in let '(c', bs', m') := t' in
    if (bounds_eqb bs bs' && mono_eqb m m')%bool then (Qred (c + c')%Q, bs', m') :: p else t' :: addT t p
  end.
Lemma addT_sound ix t p : denP ix (addT t p) = denT ix t + denP ix p.
Proof.
  induction p as [|t' p IH]; [reflexivity|]. destruct t as [[c bs] m], t' as [[c' bs'] m'].
  cbn [addT]. destruct (_ && _)%bool eqn:E.
  - apply andb_prop in E as [E1 E2]. apply bounds_eqb_eq in E1. apply mono_eqb_eq in E2. subst.
    cbn [denP]. cbv beta iota delta [denT]. rewrite (Qeq_eqR _ _ (Qred_correct (c + c'))), Q2R_plus. ring.
  - cbn [denP] in *. rewrite IH. ring.
Qed.
Definition zeroT (t : term) : bool := Qeq_bool (fst (fst t)) 0.
(** *** Expansions: a product of factors that is a polynomial, bound names and all *)
Definition spreads (d : expansion) : Prop :=
  let '(Expansion lhs rhs ss) := d in
  forall ix, fits (map ix (seq 0 (length ss))) ss -> denM ix lhs = denP ix rhs.
(** the first indices are those of [l], the others (bound names of the polynomial) stay *)
Definition onto (l : list nat) (k : nat) : nat := if Nat.ltb k (length l) then nth k l O else k.
Definition fresh_in (l used : list nat) (t : term) : bool :=
  let '(_, bs, _) := t in
  forallb (fun i => Nat.leb (length l) i && negb (mem i l) && negb (mem i used))%bool (map snd bs).
Definition times (l : list nat) (c : Q) (bs : bounds) (rest : mono) (t : term) : term :=
  let '(c', bs', m') := t in ((c * c')%Q, bs ++ bs', rest ++ image (onto l) m').
Definition spread (ctx : bounds) (t : term) (d : expansion) (found : list (nat * nat)) (rest : mono)
  : option (list term) :=
  let '(c, bs, m) := t in
  let '(Expansion lhs rhs ss) := d in
  let l := values (seq 0 (length ss)) found in
  if (fitb (bs ++ ctx) l ss && mono_eqb (sort m) (sort (rest ++ image (onto l) lhs))
      && forallb (fresh_in l (names rest)) rhs)%bool
  then Some (map (times l c bs rest) rhs) else None.
Fixpoint expanded (ctx : bounds) (ds : list expansion) (t : term) : option (list term) :=
  match ds with
  | [] => None
  | d :: ds =>
    let '(Expansion lhs _ _) := d in
    match search lhs (snd t) [] (spread ctx t d) with
    | Some p => Some p | None => expanded ctx ds t
    end
  end.
Lemma denS_add ix bs F G : denS ix bs (fun ix => F ix + G ix) = denS ix bs F + denS ix bs G.
Proof.
  revert ix. induction bs as [|[s i] bs IH]; intros ix; simpl; [reflexivity|].
  rewrite <- sum_add. apply sum_ext. intros. apply IH.
Qed.
Lemma onto_put ix l i v : (length l <= i)%nat -> ~ In i l ->
  (fun k => put ix i v (onto l k)) = put (fun k => ix (onto l k)) i v.
Proof.
  intros B N. apply functional_extensionality; intro k. unfold put, onto.
  destruct (Nat.ltb_spec k (length l)).
  - destruct (Nat.eqb_spec k i); [lia|]. destruct (Nat.eqb_spec (nth k l 0%nat) i) as [E|]; auto.
    destruct N. rewrite <- E. now apply nth_In.
  - destruct (Nat.eqb_spec k i); auto.
Qed.
Lemma times_sound ix l rest t : fresh_in l (names rest) t = true ->
  denT (fun k => ix (onto l k)) t * denM ix rest =
  let '(c', bs', m') := t in Q2R c' * denS ix bs' (fun ix => denM ix (rest ++ image (onto l) m')).
Proof.
  destruct t as [[c' bs'] m']. unfold fresh_in. cbn [denT]. intros H.
  rewrite forallb_forall in H.
  assert (A : apart (map snd bs') (names rest) = true).
  { apply forallb_forall. intros i Hi. now apply H, andb_prop in Hi as [_ Hi]. }
  rewrite <- (denS_mono_l rest bs' (image (onto l) m') ix A).
  replace (denS ix bs' (fun ix => denM ix (image (onto l) m')))
    with (denS (fun k => ix (onto l k)) bs' (fun ix => denM ix m')); [unfold denT; ring|].
  clear A. revert ix. induction bs' as [|[s i] bs' IH]; intros ix; simpl.
  - now rewrite denM_image.
  - apply sum_ext. intros v _. rewrite <- IH by (intros; apply H; simpl; auto).
    assert (Hi := H i (or_introl eq_refl)). apply andb_prop in Hi as [Hi _].
    apply andb_prop in Hi as [B N]. apply Nat.leb_le in B. apply negb_true_iff, mem_false in N.
    now rewrite onto_put.
Qed.
Lemma spread_sound ctx ix t d found rest p : spreads d -> valid ctx ix ->
  NoDup (map snd (snd (fst t) ++ ctx)) -> spread ctx t d found rest = Some p ->
  denP ix p = denT ix t.
Proof.
  destruct t as [[c bs] m], d as [lhs rhs ss]. unfold spread. cbn [fst snd]. intros Hd V N.
  set (l := values (seq 0 (length ss)) found). clearbody l.
  destruct (_ && _)%bool eqn:B; intros [= <-].
  apply andb_prop in B as [B Hr]. apply andb_prop in B as [Hf Em]. rewrite forallb_forall in Hr.
  unfold denT. rewrite (denS_ext bs ctx ix _
    (fun ix => denM ix rest * denP (fun k => ix (onto l k)) rhs)); auto.
  - clear Hd Em Hf. induction rhs as [|t rhs IH]; cbn [map denP].
    + rewrite (denS_ext bs ctx ix _ (fun ix => 0 * denM ix rest)); auto; [|intros; ring].
      rewrite denS_scal. ring.
    + rewrite IH by (intros; apply Hr; simpl; auto).
      rewrite (denS_ext bs ctx ix
        (fun ix => denM ix rest * (denT (fun k => ix (onto l k)) t + denP (fun k => ix (onto l k)) rhs))
        (fun ix => denT (fun k => ix (onto l k)) t * denM ix rest
          + denM ix rest * denP (fun k => ix (onto l k)) rhs)); auto; [|intros; ring].
      rewrite denS_add, Rmult_plus_distr_l. f_equal.
      assert (T := fun ix => times_sound ix l rest t (Hr t (or_introl eq_refl))).
      destruct t as [[c' bs'] m']. cbv beta iota in T.
      rewrite (denS_ext bs ctx ix _ _ N V (fun ix' _ => T ix')).
      cbn [times denT]. rewrite denS_scal, Q2R_mult, denS_app. ring.
  - intros ix' V'. rewrite (same_sorted _ _ _ Em), denM_app, denM_image. f_equal.
    assert (F := fitb_fits _ _ _ _ V' Hf). assert (E := fits_length _ _ F).
    rewrite map_length in E. apply Hd. rewrite <- E.
    rewrite (map_ext_in _ (fun k => ix' (nth k l 0%nat))).
    + rewrite map_nth_seq. exact F.
    + intros k Hk. apply in_seq in Hk. unfold onto. destruct (Nat.ltb_spec k (length l)); [auto|lia].
Qed.
Lemma expanded_sound ctx ix ds t p : Forall spreads ds -> valid ctx ix ->
  NoDup (map snd (snd (fst t) ++ ctx)) -> expanded ctx ds t = Some p -> denP ix p = denT ix t.
Proof.
  intros Hd V N. revert p. induction Hd as [|[lhs rhs ss] ds Hd _ IH]; simpl; [discriminate|].
  intros p E. destruct (search _ _ _ _) as [q|] eqn:S; [injection E as <-|now apply IH].
  apply search_sound in S as (found & rest & S). exact (spread_sound _ _ _ _ _ _ _ Hd V N S).
Qed.
Definition maxl (l : list nat) : nat := fold_right Nat.max O l.
Definition base_of (ctx : bounds) (p : list term) : nat :=
  S (maxl (map snd ctx ++ flat_map (fun t => map snd (snd (fst t)) ++ names (snd t)) p)).
(** the same names for a term that has some of them already: first others, that are free *)
Definition canon_again (ctx : bounds) (rs : list rule) (base : nat) (t : term) : term :=
  canonT ctx [] base (canonT ctx rs (base_of ctx [t] + length (snd (fst t))) t).
Lemma canon_again_sound ctx rs base t ix : Forall holds rs -> valid ctx ix ->
  denT ix (canon_again ctx rs base t) = denT ix t.
Proof. intros. unfold canon_again. rewrite !canonT_sound; auto. Qed.
(** [whole n] of a term in its normal form: expansions as long as one applies, at most [n] times *)
Fixpoint whole (n : nat) (ctx : bounds) (rs : list rule) (ds : list expansion) (base : nat) (t : term)
  : list term :=
  match n with
  | O => [t]
  | S n =>
    if nodup (map snd (snd (fst t) ++ ctx)) then
      match expanded ctx ds t with
      | Some p => flat_map (fun t => whole n ctx rs ds base (canon_again ctx rs base t)) p
      | None => [t]
      end
    else [t]
  end.
Lemma whole_sound ctx rs ds base ix : Forall holds rs -> Forall spreads ds -> valid ctx ix ->
  forall n t, denP ix (whole n ctx rs ds base t) = denT ix t.
Proof.
  intros Hr Hd V. induction n as [|n IH]; intros t; cbn [whole]; [simpl; ring|].
  destruct (nodup _) eqn:N; [|simpl; ring]. apply nodup_NoDup in N.
  destruct (expanded ctx ds t) as [p|] eqn:E; [|simpl; ring].
  rewrite <- (expanded_sound _ _ _ _ _ Hd V N E). clear E.
  induction p as [|q p IHp]; cbn [flat_map denP]; [reflexivity|].
  now rewrite denP_app, IH, canon_again_sound, IHp.
Qed.
Definition most_expansions := 24%nat.
Definition residue ctx rs ds (p : list term) : list term :=
  let base := base_of ctx p in
  filter (fun t => negb (zeroT t))
    (fold_right (fun t q => fold_right addT q (whole most_expansions ctx rs ds base (canonT ctx rs base t))) [] p).
Definition check (ctx : bounds) (rs : list rule) (ds : list expansion) (e : expr) : bool :=
  match nf e with
  | Some p => match residue ctx rs ds p with [] => true | _ => false end
  | None => false
  end.

Lemma zeroT_sound ix t : zeroT t = true -> denT ix t = 0.
Proof.
  destruct t as [[c bs] m]. unfold zeroT. simpl. intros H. apply Qeq_bool_eq in H.
  rewrite (Qeq_eqR _ _ H). unfold Q2R. simpl. ring.
Qed.
Lemma filter_sound ix p : denP ix (filter (fun t => negb (zeroT t)) p) = denP ix p.
Proof.
  induction p as [|t p IH]; simpl; auto. destruct (zeroT t) eqn:E; simpl; rewrite IH; auto.
  rewrite (zeroT_sound ix t E). ring.
Qed.
Lemma added_sound ix p q : denP ix (fold_right addT q p) = denP ix p + denP ix q.
Proof. induction p as [|t p IH]; simpl; [ring|]. rewrite addT_sound, IH. ring. Qed.
Theorem check_sound ctx rs ds e ix : check ctx rs ds e = true -> valid ctx ix -> Forall holds rs ->
  Forall spreads ds -> den ix e = 0.
Proof.
  unfold check. destruct (nf e) as [p|] eqn:E; [|discriminate]. intros H V Hr Hd.
  rewrite (nf_sound e ix p E). unfold residue in H. revert H. generalize (base_of ctx p). intros base H.
  transitivity (denP ix (fold_right
    (fun t q => fold_right addT q (whole most_expansions ctx rs ds base (canonT ctx rs base t))) [] p)).
  - clear H E. induction p as [|t p IH]; [reflexivity|].
    cbn [fold_right denP]. now rewrite added_sound, whole_sound, canonT_sound, IH by auto.
  - rewrite <- filter_sound. destruct (filter _ _); [reflexivity|discriminate].
Qed.
Corollary check_eq ctx rs ds a b ix : check ctx rs ds (Add a (Opp b)) = true -> valid ctx ix ->
  Forall holds rs -> Forall spreads ds -> den ix a = den ix b.
Proof. intros H V Hr Hd. assert (E := check_sound ctx rs ds _ ix H V Hr Hd). simpl in E. lra. Qed.
(** *** Equations as rules *)
Definition product_of (p : list term) : option mono :=
  match p with
  | [] => Some [FQ 0]
  | [(c, [], m)] => Some (if Qeq_bool c 1 then m else FQ c :: m)
  | _ => None
  end.
Definition as_rule (ss : list nat) (l r : expr) : option rule :=
  match nf l, nf r with
  | Some [(c, bs, m)], Some q =>
    if Qeq_bool c 1 then
      match product_of q, bs with
      | Some h, [] => match m with [] => None | _ => Some (Rule None m h ss) end
      | Some h, [(s, i)] => if Nat.eqb i (length ss) then Some (Rule (Some s) m h ss) else None
      | _, _ => None
      end
    else None
  | _, _ => None
  end.
Lemma product_of_sound ix p m : product_of p = Some m -> denP ix p = denM ix m.
Proof.
  destruct p as [|[[c [|]] m'] [|]]; try discriminate; intros [= <-].
  - simpl. unfold Q2R. simpl. ring.
  - destruct (Qeq_bool c 1) eqn:E; simpl; [|ring].
    apply Qeq_bool_eq in E. rewrite (Qeq_eqR _ _ E). unfold Q2R. simpl. field.
Qed.
Lemma as_rule_sound ss l r q : as_rule ss l r = Some q ->
  (forall ix, fits (map ix (seq 0 (length ss))) ss -> den ix l = den ix r) -> holds q.
Proof.
  unfold as_rule. destruct (nf l) as [[|[[c bs] m] [|]]|] eqn:L; try discriminate.
  destruct (nf r) as [p|] eqn:R; [|discriminate].
  destruct (Qeq_bool c 1) eqn:C; [|discriminate]. apply Qeq_bool_eq in C.
  destruct (product_of p) as [h|] eqn:P; [|discriminate]. intros E H.
  assert (S : forall ix, fits (map ix (seq 0 (length ss))) ss ->
    denS ix bs (fun ix => denM ix m) = denM ix h).
  { intros ix F. rewrite <- (product_of_sound _ _ _ P), <- (nf_sound _ _ _ R), <- (H ix F).
    rewrite (nf_sound _ ix _ L). simpl. rewrite (Qeq_eqR _ _ C). unfold Q2R. simpl. field. }
  destruct bs as [|[s i] [|]]; try discriminate.
  - destruct m; [discriminate|]. injection E as <-. exact S.
  - destruct (Nat.eqb_spec i (length ss)) as [->|]; [|discriminate]. injection E as <-. exact S.
Qed.
(** An equation that is no rule: the product on its left is the polynomial on its right, unless
    that has the product in it. *)
Definition as_expansion (ss : list nat) (l r : expr) : option expansion :=
  match nf l, nf r with
  | Some [(c, [], m)], Some q =>
    if (Qeq_bool c 1 && negb (match m with [] => true | _ => false end)
        && forallb (fun t => match search m (snd t) [] (fun _ _ => Some tt) with
                             | Some _ => false | None => true end) q)%bool
    then Some (Expansion m q ss) else None
  | _, _ => None
  end.
Lemma as_expansion_sound ss l r d : as_expansion ss l r = Some d ->
  (forall ix, fits (map ix (seq 0 (length ss))) ss -> den ix l = den ix r) -> spreads d.
Proof.
  unfold as_expansion. destruct (nf l) as [[|[[c [|]] m] [|]]|] eqn:L; try discriminate.
  destruct (nf r) as [q|] eqn:R; [|discriminate].
  destruct (_ && _)%bool eqn:B; [|discriminate]. intros [= <-] H ix F.
  apply andb_prop in B as [B _]. apply andb_prop in B as [C _]. apply Qeq_bool_eq in C.
  rewrite <- (nf_sound _ _ _ R), <- (H ix F), (nf_sound _ _ _ L). simpl.
  rewrite (Qeq_eqR _ _ C). unfold Q2R. simpl. field.
Qed.
End Meaning.
