"""Lemmas about shares: they are positive, sum to one, and are differentiated as a softmax is."""

from __future__ import annotations

from typing import Any

from proofs_checks.certificates.printing import Names, Scope, coq_term, generic
from proofs_checks.certificates.program import Program
from theory.algebra.expressions import entry_tensor
from theory.models.model import name_of

__all__ = ["ShareFacts", "applied"]


def applied(program: Program, names: Names, name: str, scope: Scope) -> tuple[str, str]:
    """Return ``X_of deps i j`` and the binders of its dependencies."""
    own, line = names.tensor(name), program.lines[name]
    head = " ".join([
        f"{own}_of",
        *map(scope.term, program.dependencies[name]),
        *(scope.indices[k] for k in line.parameters),
    ])  # fmt: skip
    binders = "".join(
        f" ({scope.term(d)} : {'nat -> ' * len(program.axes(d))}R)"
        for d in program.dependencies[name]
    )
    return head, binders


class ShareFacts:
    """The lemmas about one share."""

    def __init__(self, program: Program, names: Names, name: str, share: Any) -> None:
        self.program, self.names, self.name, self.share = program, names, name, share

    def lines(self) -> list[str]:
        """Return its lemmas: the sum below is positive; shares are positive and sum to one."""
        program, names, share = self.program, self.names, self.share
        line, own = program.lines[self.name], names.tensor(self.name)
        moved = program.dependencies[self.name]
        scope = generic(names, moved).binding(*line.parameters)
        head, binders = applied(program, names, self.name, scope)
        outer = [k for k in line.parameters if k != share.own]
        j, size = scope.indices[share.own], names.size(share.own.size)
        unnormalised = coq_term(share.numerator, scope)
        below = f"sum {size} (fun {j} => {unnormalised})"
        arguments = "".join(f" {scope.term(d)}" for d in moved)
        lines = [
            f"Lemma {own}_of_below{binders} : {scope.ranges(outer)}0 < {below}.",
            f"Proof. intros. {self._below()} Qed.",
            f"Lemma {own}_of_rows{binders} : {scope.ranges(outer)}"
            f"sum {size} (fun {j} => {head}) = 1.",
            f"Proof. intros. unfold {own}_of.",
            f"  apply (share_sum {size} (fun {j} => {unnormalised})).",
            f"  apply pos_neq, {own}_of_below; assumption. Qed.",
        ]
        if not share.is_weighted:
            lines += [
                f"Lemma {own}_of_pos{binders} : {scope.ranges(line.parameters)}0 < {head}.",
                f"Proof. intros. unfold {own}_of. apply Rdiv_pos; [apply exp_pos|].",
                f"  apply ({own}_of_below{arguments}); assumption. Qed.",
                f"#[local] Hint Resolve {own}_of_pos : core.",
            ]
        return [*lines, *self._derivative(scope, j, size)]

    def _below(self) -> str:
        if not self.share.is_weighted:
            return "positive."
        weight = self.names.tensor(name_of(entry_tensor(self.share.weight)))
        return (
            f"apply sum_weighted_pos; [intros; apply {weight}_nonneg; assumption"
            f"|apply {weight}_some; assumption|intros; apply exp_pos]."
        )

    def _derivative(self, scope: Scope, j: str, size: str) -> list[str]:
        program, names, share = self.program, self.names, self.share
        line, own = program.lines[self.name], names.tensor(self.name)
        moved, t = program.dependencies[self.name], names.time
        curves = "".join(
            f" ({scope.term(d)} : R -> {'nat -> ' * len(program.axes(d))}R)" for d in moved
        )

        def at(time: str, index: str) -> str:
            return " ".join([
                f"{own}_of",
                *(f"({scope.term(d)} {time})" for d in moved),
                *(index if k == share.own else scope.indices[k] for k in line.parameters),
            ])  # fmt: skip

        inner = Scope(names, scope.indices, {d: f"({scope.term(d)} {t})" for d in moved})
        exponent = coq_term(share.exponent, inner)
        weight = f"(fun {j} => {coq_term(share.weight, scope)}) " if share.is_weighted else ""
        rule = "D_weighted_share" if share.is_weighted else "D_share"
        k = names.index(share.bound, set(scope.indices.values()))
        below = " ".join(f"({scope.term(d)} pt)" for d in moved)
        return [
            f"Lemma D_{own}_of{curves} (slope : nat -> R) (pt : R) : "
            f"{scope.ranges(line.parameters)}",
            f"  (forall {j}, ({j} < {size})%nat ->",
            f"    is_derive (fun {t} => {exponent}) pt (slope {j})) ->",
            f"  is_derive (fun {t} => {at(t, j)}) pt",
            f"    ({at('pt', j)} *",
            f"      (slope {j} - sum {size} (fun {k} => {at('pt', k)} * slope {k}))).",
            f"Proof. intros. unfold {own}_of.",
            f"  apply ({rule} {size} {weight}(fun {t} {j} => {exponent}) slope pt {j}); auto.",
            f"  apply pos_neq, ({own}_of_below {below}); assumption. Qed.",
        ]
