"""The theorem of a certificate, and its proof: both sides in closed form, then the normaliser."""

from __future__ import annotations

from typing import Any

import sympy as sp

from proofs_checks.certificates.derivatives import Derivatives
from proofs_checks.certificates.premises import Premises
from proofs_checks.certificates.printing import Names, Scope, coq_term
from proofs_checks.certificates.problem import Problem
from proofs_checks.certificates.program import Program, ordered_free
from proofs_checks.certificates.rules import (
    inverse_rules,
    kept_lines,
    packed,
    share_rule,
    written_out_shares,
)
from theory.algebra.expressions import Inequality
from theory.algebra.symbols import Flow, Partial

__all__ = ["Theorem"]


class Theorem:
    """Writes the theorem of one problem."""

    def __init__(
        self,
        problem: Problem,
        program: Program,
        names: Names,
        premises: Premises,
        derivatives: Derivatives,
    ) -> None:
        self.problem = problem
        self.program, self.names = program, names
        self.premises, self.derivatives = premises, derivatives
        for e in program.expressions:
            premises.need(e)
        for line_name, line in program.lines.items():
            if line_name not in program.shares:
                premises.need(line.value)
        for node in derivatives.nodes.values():
            premises.need(node.closed)
        self.free = ordered_free(program.left, program.right)

    def lines(self, name: str) -> list[str]:
        """Return the lemmas and the theorem."""
        program = self.program
        scope = self.derivatives.scope().binding(*self.free)
        values = self.derivatives.value_scope().binding(*self.free)
        ranges = scope.ranges(self.free)
        left, right = (coq_term(e, scope) for e in (program.left, program.right))
        plain = [program.without_words(e) for e in (program.left, program.right)]
        shown = [coq_term(e, values) for e in plain]
        lines = ["", "(** The law. *)", *self._facts()]
        given = [f"{n}_eq" for n in self.derivatives.at_point]
        words = [self.names.tensor(w) for w in program.used_words]
        unfold = f"cbv beta delta [{' '.join(words)}]. " if words else ""
        for side, a, b in (("left", left, shown[0]), ("right", right, shown[1])):
            lines += [
                f"Lemma {name}_{side} : {ranges}{a} = {b}.",
                f"Proof. intros. {unfold}sumring_go {packed(given)}. Qed.",
            ]
        lines += [
            f"Lemma {name}_middle : {ranges}{shown[0]} =\n  {shown[1]}.",
            f"Proof. intros. {self._proof()} Qed.",
        ]
        held = " ".join(f"{scope.indices[k]} H{scope.indices[k]}" for k in self.free)
        intros = f"intros {held}. " if held else ""
        chain = (
            f"(eq_trans (eq_trans ({name}_left {held}) ({name}_middle {held})) "
            f"(eq_sym ({name}_right {held})))"
        )
        if isinstance(self.problem.statement, Inequality):
            sign = "0 <= x" if self.problem.statement.left == 0 else "x <= 0"
            return [
                *lines,
                f"Theorem {name} : {ranges}\n  {sign.replace('x', left)}.",
                f"Proof. {intros}refine (eq_ind_r (fun x => {sign}) _",
                f"  (eq_trans ({name}_left {held}) ({name}_middle {held}))). nonnegative. Qed.",
            ]
        if not isinstance(program.left, Partial | Flow):
            return [
                *lines,
                f"Theorem {name} : {ranges}\n  {left} =\n  {right}.",
                f"Proof. {intros}exact {chain}. Qed.",
            ]
        node, at = self.derivatives.lookup(program.left)
        bare = Scope(self.names, scope.indices)
        function, point = self.derivatives.function(program.left, bare)
        given_at = " ".join(f"{scope.indices[k]} H{scope.indices[k]}" for k in at)
        return [
            *lines,
            f"Theorem {name} : {ranges}\n  is_derive ({function}) {point}\n    ({right}).",
            f"Proof. {intros}refine (D_eq _ _ _ _ ({node.name}_is {given_at}) _).",
            f"  exact (eq_trans ({name}_middle {held}) (eq_sym ({name}_right {held}))). Qed.",
        ]

    def _facts(self) -> list[str]:
        """Return lemmas about values: rows that sum to one."""
        lines = []
        for name, share in self.program.shares.items():
            own, line = self.names.tensor(name), self.program.lines[name]
            scope = Scope(self.names).binding(*line.parameters)
            outer = [k for k in line.parameters if k != share.own]
            j, size = scope.indices[share.own], self.names.size(share.own.size)
            at = " ".join(scope.indices[k] for k in line.parameters)
            dependencies = " ".join(map(self.names.tensor, self.program.dependencies[name]))
            lines += [
                f"Lemma {own}_rows : {scope.ranges(outer)}sum {size} (fun {j} => {own} {at}) = 1.",
                f"Proof. exact ({own}_of_rows {dependencies}). Qed.",
            ]
            if name in self.premises.positive_lines:
                lines += [
                    f"Lemma {own}_pos : {scope.ranges(line.parameters)}0 < {own} {at}.",
                    f"Proof. exact ({own}_of_pos {dependencies}). Qed.",
                    f"#[local] Hint Resolve {own}_pos : core.",
                ]
        return [*lines, *self._positive_values()]

    def _positive_values(self) -> list[str]:
        """Return lemmas: what is positive by its definition."""
        lines = []
        for name, line in self.program.lines.items():
            if name not in self.premises.positive_lines or name in self.program.shares:
                continue
            own = self.names.tensor(name)
            scope = Scope(self.names).binding(*line.parameters)
            at = " ".join([own, *(scope.indices[k] for k in line.parameters)])
            lines += [
                f"Lemma {own}_pos : {scope.ranges(line.parameters)}0 < {at}.",
                f"Proof. intros. unfold {own}. apply {own}_of_pos; auto. Qed.",
                f"#[local] Hint Resolve {own}_pos : core.",
            ]
        return lines

    def _proof(self) -> str:
        program = self.program
        texts: list[Any] = [node.closed for node in self.derivatives.at_point.values()]
        texts += [program.without_words(e) for e in (program.left, program.right)]
        texts += [line.value for n, line in program.lines.items() if n not in program.shares]
        kept = kept_lines(program, texts) | set(program.shares)
        if program.is_scalar:
            opened = [f"{n}_value" for n in self.derivatives.at_point]
            for name in program.lines:
                opened += [self.names.tensor(name), f"{self.names.tensor(name)}_of"]
            return f"cbv beta delta [{' '.join(opened)}]; scalar." if opened else "scalar."
        scope = Scope(self.names)
        steps, rules = [], [*self.premises.rules()]
        rules += [f"{self.names.tensor(n)}_rows" for n in program.shares]
        for number, (text, _) in enumerate(inverse_rules(program, texts, scope)):
            steps.append(f"assert (V{number} : {text}) by (intros; apply Rinv_r; positive).")
            rules.append(f"V{number}")
        for number, name in enumerate(written_out_shares(program)):
            rule = share_rule(program, name, scope)
            steps.append(f"assert (S{number} : {rule}) by reflexivity.")
            rules.append(f"S{number}")
        for name in sorted(kept - set(program.shares)):
            line = program.lines[name]
            if isinstance(line.value, sp.exp) or (
                isinstance(line.value, sp.Sum) and isinstance(line.value.function, sp.Indexed)
            ):
                inner = scope.binding(*line.parameters)
                at = " ".join(
                    [self.names.tensor(name), *(inner.indices[k] for k in line.parameters)]
                )
                rule = f"{inner.ranges(line.parameters)}{coq_term(line.value, inner)} = {at}"
                steps.append(f"assert (N_{self.names.tensor(name)} : {rule}) by reflexivity.")
                rules.append(f"N_{self.names.tensor(name)}")
        opened = [f"{n}_value" for n in self.derivatives.at_point]
        for name in program.lines:
            if name not in kept:
                own = self.names.tensor(name)
                opened += [own, f"{own}_of"]
        if opened:
            steps.append(f"cbv beta delta [{' '.join(opened)}].")
        steps.append(f"sumring_go {packed(rules)}.")
        return "\n  ".join(steps)
