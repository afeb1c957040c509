(** Reading goals into the syntax of [Sumring]: the tactics [sumring] and [sumring_with (H1, H2)]. *)
From Coq Require Import Reals QArith List Lra Lia Arith.
From Proofhead Require Import Definitions Sums Sumring.
Import ListNotations.
Open Scope R_scope.

(** Bound names made different; the meaning is the same by computation. *)
Fixpoint uniq (n : nat) (rn : nat -> nat) (e : expr) : expr * nat :=
  match e with
  | CZ z => (CZ z, n) | CI p => (CI p, n) | Atm f l => (Atm f (map rn l), n) | Del i j => (Del (rn i) (rn j), n)
  | Siz s => (Siz s, n)
  | Add a b => let (a, n) := uniq n rn a in let (b, n) := uniq n rn b in (Add a b, n)
  | Mul a b => let (a, n) := uniq n rn a in let (b, n) := uniq n rn b in (Mul a b, n)
  | Opp a => let (a, n) := uniq n rn a in (Opp a, n)
  | Sum s i a =>
    let (a, n') := uniq (S n) (fun k => if Nat.eqb k i then n else rn k) a in (Sum s n a, n')
  end.

Ltac len l := lazymatch l with nil => constr:(O) | cons _ ?t => let n := len t in constr:(S n) end.
(** the number of a variable: variables are numbered from the end of [env] *)
Ltac level v env :=
  lazymatch env with cons v ?t => len t | cons _ ?t => level v t end.
Ltac position x l :=
  lazymatch l with cons x _ => constr:(O) | cons _ ?t => let n := position x t in constr:(S n) end.
Ltac insert_new x l := lazymatch l with context [cons x _] => l | _ => constr:(cons x l) end.

(** f x y with indices x y: the head and the numbers *)
Ltac spine env e acc :=
  match e with
  | ?f ?x => let n := level x env in spine env f constr:(cons n acc)
  | _ => constr:((e, acc))
  end.
Ltac closed_over h l :=
  lazymatch l with
  | nil => constr:(fun _ : list nat => h)
  | cons _ nil => constr:(fun args : list nat => h (nth 0 args 0%nat))
  | cons _ (cons _ nil) => constr:(fun args : list nat => h (nth 0 args 0%nat) (nth 1 args 0%nat))
  | cons _ (cons _ (cons _ nil)) => constr:(fun args : list nat => h (nth 0 args 0%nat) (nth 1 args 0%nat) (nth 2 args 0%nat))
  | cons _ (cons _ (cons _ (cons _ nil))) => constr:(fun args : list nat => h (nth 0 args 0%nat) (nth 1 args 0%nat) (nth 2 args 0%nat) (nth 3 args 0%nat))
  | cons _ (cons _ (cons _ (cons _ (cons _ nil)))) => constr:(fun args : list nat => h (nth 0 args 0%nat) (nth 1 args 0%nat) (nth 2 args 0%nat) (nth 3 args 0%nat) (nth 4 args 0%nat))
  | cons _ (cons _ (cons _ (cons _ (cons _ (cons _ nil))))) => constr:(fun args : list nat => h (nth 0 args 0%nat) (nth 1 args 0%nat) (nth 2 args 0%nat) (nth 3 args 0%nat) (nth 4 args 0%nat) (nth 5 args 0%nat))
  | cons _ (cons _ (cons _ (cons _ (cons _ (cons _ (cons _ nil)))))) => constr:(fun args : list nat => h (nth 0 args 0%nat) (nth 1 args 0%nat) (nth 2 args 0%nat) (nth 3 args 0%nat) (nth 4 args 0%nat) (nth 5 args 0%nat) (nth 6 args 0%nat))
  | cons _ (cons _ (cons _ (cons _ (cons _ (cons _ (cons _ (cons _ nil))))))) => constr:(fun args : list nat => h (nth 0 args 0%nat) (nth 1 args 0%nat) (nth 2 args 0%nat) (nth 3 args 0%nat) (nth 4 args 0%nat) (nth 5 args 0%nat) (nth 6 args 0%nat) (nth 7 args 0%nat))
  end.
Ltac vars_in env e :=
  lazymatch env with
  | nil => constr:(@nil nat)
  | cons ?v ?t => let r := vars_in t e in
                  lazymatch e with context [v] => constr:(cons v r) | _ => r end
  end.
(** the variables of [e] in the order in which they stand there, whatever the order of [env], so that
    the same term is the same atom everywhere *)
Ltac vars_by_place env e acc :=
  lazymatch e with
  | ?f ?x => let acc := vars_by_place env f acc in vars_by_place env x acc
  | fun k : ?T => @?b k =>
    let k := fresh "k" in
    let r := constr:(fun k : T => ltac:(
      let b' := eval cbv beta in (b k) in let r := vars_by_place env b' acc in exact r)) in
    lazymatch r with fun _ => ?r => r end
  | _ => lazymatch env with context [cons e _] => insert_new e acc | _ => acc end
  end.
Ltac levels vs env :=
  lazymatch vs with
  | nil => constr:(@nil nat)
  | cons ?v ?t => let n := level v env in let r := levels t env in constr:(cons n r)
  end.
Ltac abstract_vars vs e :=
  lazymatch vs with
  | nil => e
  | cons ?v ?t => let e' := abstract_vars t e in
                  let e' := eval pattern v in e' in
                  lazymatch e' with ?g _ => g end
  end.
(** an atom: a function of a list of indices, and the numbers of the indices *)
Ltac atom_of env e :=
  let r := spine env e (@nil nat) in
  lazymatch r with
  | (?h, ?l) =>
    let vs := vars_in env h in
    lazymatch vs with
    | nil =>
      lazymatch l with
      | nil => constr:((fun _ : list nat => e, @nil nat))
      | _ => let F := closed_over h l in constr:((F, l))
      end
    | _ =>
      match h with
      | ?G ?a =>
        let _ := lazymatch l with nil => constr:(tt) end in
        let _ := lazymatch type of a with R => constr:(tt) end in
        let _ := (let us := vars_in env G in lazymatch us with nil => constr:(tt) end) in
        let r := atom_of env a in
        lazymatch r with
        | (?F, ?l') => let F' := eval cbv beta in (fun args : list nat => G (F args)) in
                       constr:((F', l')) end
      | _ =>
        let us := vars_by_place env e (@nil nat) in
        let l' := levels us env in
        let g := abstract_vars us e in
        let F := closed_over g l' in
        let F := eval cbv beta in F in
        constr:((F, l'))
      end
    end
  end.

Ltac collect sizes atoms env e :=
  lazymatch e with
  | ?a + ?b => let r := collect sizes atoms env a in lazymatch r with (?s, ?t) => collect s t env b end
  | ?a - ?b => let r := collect sizes atoms env a in lazymatch r with (?s, ?t) => collect s t env b end
  | ?a * ?b => let r := collect sizes atoms env a in lazymatch r with (?s, ?t) => collect s t env b end
  | ?a / ?b => let r := collect sizes atoms env a in
               lazymatch r with (?s, ?t) => collect s t env constr:(/ b) end
  | - ?a => collect sizes atoms env a
  | IZR _ => constr:((sizes, atoms))
  | / IZR _ => constr:((sizes, atoms))
  | delta _ _ => constr:((sizes, atoms))
  | INR O => constr:((sizes, atoms))
  | INR (S ?n) => collect sizes atoms env constr:(INR n)
  | INR ?n => let s := insert_new n sizes in constr:((s, atoms))
  | ?a ^ ?n => collect sizes atoms env a
  | sum ?n ?f =>
    let s := insert_new n sizes in
    let k := fresh "k" in
    let r := constr:(fun k : nat => ltac:(
      let b := eval cbv beta in (f k) in
      let r := collect s atoms constr:(cons k env) b in exact r)) in
    lazymatch r with fun _ => ?r => r end
  | _ => let r := atom_of env e in
         lazymatch r with (?F, _) => let t := insert_new F atoms in constr:((sizes, t)) end
  end.
Ltac power sizes atoms env a n :=
  lazymatch n with
  | O => constr:(CZ 1)
  | S ?n => let x := reify sizes atoms env a in let y := power sizes atoms env a n in constr:(Mul x y)
  end
with reify sizes atoms env e :=
  lazymatch e with
  | ?a + ?b => let x := reify sizes atoms env a in let y := reify sizes atoms env b in constr:(Add x y)
  | ?a - ?b => let x := reify sizes atoms env a in let y := reify sizes atoms env b in constr:(Add x (Opp y))
  | ?a * ?b => let x := reify sizes atoms env a in let y := reify sizes atoms env b in constr:(Mul x y)
  | ?a / ?b => let x := reify sizes atoms env a in let y := reify sizes atoms env constr:(/ b) in constr:(Mul x y)
  | - ?a => let x := reify sizes atoms env a in constr:(Opp x)
  | IZR ?z => constr:(CZ z)
  | / IZR (Zpos ?p) => constr:(CI p)
  | delta ?i ?j => let x := level i env in let y := level j env in constr:(Del x y)
  | INR O => constr:(CZ 0)
  | INR (S O) => constr:(CZ 1)
  | INR (S ?n) => let x := reify sizes atoms env constr:(INR n) in constr:(Add x (CZ 1))
  | INR ?n => let x := position n sizes in constr:(Siz x)
  | ?a ^ ?n => let n := eval cbv in n in power sizes atoms env a n
  | sum ?n ?f =>
    let s := position n sizes in
    let i := len env in
    let k := fresh "k" in
    let r := constr:(fun k : nat => ltac:(
      let b := eval cbv beta in (f k) in
      let r := reify sizes atoms constr:(cons k env) b in exact r)) in
    lazymatch r with fun _ => ?r => constr:(Sum s i r) end
  | _ => let r := atom_of env e in
         lazymatch r with (?F, ?l) => let f := position F atoms in constr:(Atm f l) end
  end.

(** free indices with their sizes: the hypotheses i < n *)
Ltac free_indices acc :=
  match goal with
  | H : (?i < ?n)%nat |- _ =>
    let _ := match goal with _ => is_var i end in
    lazymatch acc with context [cons (n, i) _] => fail | _ => free_indices constr:(cons (n, i) acc) end
  | _ => acc
  end.
Ltac seconds l := lazymatch l with nil => constr:(@nil nat) | cons (_, ?i) ?t => let r := seconds t in constr:(cons i r) end.
Ltac firsts_new l acc := lazymatch l with nil => acc | cons (?n, _) ?t => let a := insert_new n acc in firsts_new t a end.
Ltac context_of l sizes :=
  lazymatch l with
  | nil => constr:(@nil (nat * nat))
  | cons (?n, _) ?t => let s := position n sizes in let i := len t in let r := context_of t sizes in
                       constr:(cons (s, i) r)
  end.

(** rules from the types of hypotheses; one that is no rule is left out *)
Ltac rule_atoms T sizes atoms env :=
  lazymatch T with
  | forall i, (i < ?n)%nat -> @?P i =>
    let s := insert_new n sizes in
    let k := fresh "k" in
    let r := constr:(fun k : nat => ltac:(
      let P' := eval cbv beta in (P k) in
      let r := rule_atoms P' s atoms constr:(cons k env) in exact r)) in
    lazymatch r with fun _ => ?r => r end
  | ?a = ?b =>
    let r := collect sizes atoms env a in lazymatch r with (?s, ?t) => collect s t env b end
  end.
(** the numbers of the sizes of its indices, and its sides *)
Ltac rule_parts T sizes atoms env ns :=
  lazymatch T with
  | forall i, (i < ?n)%nat -> @?P i =>
    let s := position n sizes in
    let k := fresh "k" in
    let r := constr:(fun k : nat => ltac:(
      let P' := eval cbv beta in (P k) in
      let r := rule_parts P' sizes atoms constr:(cons k env) constr:(cons s ns) in exact r)) in
    lazymatch r with fun _ => ?r => r end
  | ?a = ?b =>
    let x := reify sizes atoms env a in let y := reify sizes atoms env b in
    let ns := eval cbv [rev app] in (rev ns) in constr:((ns, x, y))
  end.
Ltac statement_of H := let T := type of H in eval cbv beta in T.
Ltac rules_collect Hs sizes atoms :=
  lazymatch Hs with
  | tt => constr:((sizes, atoms))
  | (?Hs, ?H) =>
    let T := statement_of H in
    let r := match constr:(tt) with
             | _ => rule_atoms T sizes atoms (@nil nat) | _ => constr:((sizes, atoms)) end in
    lazymatch r with (?s, ?a) => rules_collect Hs s a end
  end.
(** the rules and the expansions, and for each its hypothesis and its parts *)
Ltac rules_of Hs sizes atoms :=
  lazymatch Hs with
  | tt => constr:((@nil rule, tt, @nil expansion, tt))
  | (?Hs, ?H) =>
    let r := rules_of Hs sizes atoms in
    lazymatch r with (?rs, ?used, ?ds, ?spent) =>
      let T := statement_of H in
      match constr:(tt) with
      | _ =>
        let p := rule_parts T sizes atoms (@nil nat) (@nil nat) in
        lazymatch p with (?ns, ?x, ?y) =>
          let q := eval vm_compute in (as_rule ns x y) in
          lazymatch q with
          | Some ?q => constr:((cons q rs, (used, (H, ns, x, y)), ds, spent))
          | None =>
            let y := eval vm_compute in (fst (uniq 64 (fun k => k) y)) in
            let d := eval vm_compute in (as_expansion ns x y) in
            lazymatch d with Some ?d => constr:((rs, used, cons d ds, (spent, (H, ns, x, y)))) end
          end
        end
      | _ => r
      end
    end
  end.
Lemma fits_cons sz i l s ss : fits sz (i :: l) (s :: ss) -> (i < sz s)%nat /\ fits sz l ss.
Proof. intros F. inversion F. auto. Qed.
Ltac held P F :=
  lazymatch type of F with
  | fits _ nil _ => exact P
  | fits _ (cons ?i _) _ =>
    let B := fresh in let F' := fresh in
    destruct (fits_cons _ _ _ _ _ F) as [B F']; held constr:(P i B) F'
  end.
(** [sound] is [as_rule_sound] or [as_expansion_sound] *)
Ltac prove_each sound used :=
  lazymatch used with
  | tt => apply Forall_nil
  | (?used, (?H, ?ns, ?x, ?y)) =>
    apply Forall_cons;
    [ apply (sound ns x y); [vm_compute; reflexivity|];
      let ix := fresh "ix" in let F := fresh "F" in
      intros ix F; cbn [map seq length] in F; held H F
    | prove_each sound used ]
  end.

Ltac prepare Hs tac :=
  lazymatch goal with
  | |- ?lhs = ?rhs =>
    let fr := free_indices (@nil (nat * nat)) in
    let env := seconds fr in
    let s0 := firsts_new fr (@nil nat) in
    let r := collect s0 (@nil (list nat -> R)) env lhs in
    lazymatch r with (?s, ?a) =>
    let r := collect s a env rhs in
    lazymatch r with (?s, ?a) =>
    let r := rules_collect Hs s a in
    lazymatch r with (?sizes, ?atoms) =>
      let ctx := context_of fr sizes in
      let rules := rules_of Hs sizes atoms in
      lazymatch rules with (?rs, ?used, ?ds, ?spent) =>
      let eL := reify sizes atoms env lhs in
      let eR := reify sizes atoms env rhs in
      let n := len env in
      let eL := eval vm_compute in (uniq n (fun k => k) eL) in
      lazymatch eL with (?eL, ?n) =>
      let eR := eval vm_compute in (uniq n (fun k => k) eR) in
      lazymatch eR with (?eR, _) =>
        let env' := eval cbv in (rev env) in
        tac sizes atoms env' ctx rs used ds spent eL eR
      end end end
    end end end
  end.
Ltac sumring_go Hs :=
  prepare Hs ltac:(fun sizes atoms env ctx rs used ds spent eL eR =>
    let sz := constr:(fun s : nat => nth s sizes 0%nat) in
    let at_ := constr:(fun f : nat => nth f atoms (fun _ => 0)) in
    let ix := constr:(fun k : nat => nth k env 0%nat) in
    let answer := eval vm_compute in (check ctx rs ds (Add eL (Opp eR))) in
    lazymatch answer with true => idtac | _ => fail "sumring: the normal forms differ (see sumring_residue)" end;
    change (den sz at_ ix eL = den sz at_ ix eR);
    apply (check_eq sz at_ ctx rs ds eL eR ix);
    [ vm_cast_no_check (eq_refl true)
    | unfold valid; repeat (apply Forall_cons; [cbn; assumption|]); apply Forall_nil
    | prove_each (as_rule_sound sz at_) used
    | prove_each (as_expansion_sound sz at_) spent ]).
(** what is left over, for those who look for a reason *)
Ltac sumring_residue Hs :=
  prepare Hs ltac:(fun sizes atoms env ctx rs used ds spent eL eR =>
    idtac "sizes" sizes; idtac "atoms" atoms; idtac "indices" env; idtac "rules" rs ds;
    let p := eval vm_compute in (match nf (Add eL (Opp eR)) with
      | Some p => Some (residue ctx rs ds p) | None => None end) in
    idtac "residue" p).
Tactic Notation "sumring" := sumring_go tt.
Tactic Notation "sumring_with" constr(Hs) := sumring_go (tt, Hs).
Tactic Notation "sumring_with" constr(H1) constr(H2) := sumring_go ((tt, H1), H2).
Tactic Notation "sumring_with" constr(H1) constr(H2) constr(H3) := sumring_go (((tt, H1), H2), H3).
Tactic Notation "sumring_with" constr(H1) constr(H2) constr(H3) constr(H4) :=
  sumring_go ((((tt, H1), H2), H3), H4).
Tactic Notation "sumring_with" constr(H1) constr(H2) constr(H3) constr(H4) constr(H5) :=
  sumring_go (((((tt, H1), H2), H3), H4), H5).
