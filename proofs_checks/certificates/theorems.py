"""The theorem of a certificate, and its proof: both sides in closed form, then the normaliser."""

from __future__ import annotations

from proofs_checks.certificates.derivatives import Derivatives, quantities
from proofs_checks.certificates.middle import Middle
from proofs_checks.certificates.premises import Premises
from proofs_checks.certificates.printing import Names, Scope, coq_term
from proofs_checks.certificates.problem import Problem
from proofs_checks.certificates.program import Program, ordered_free
from proofs_checks.certificates.rules import packed
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
            for e in (*quantities(node.expression), node.closed):
                premises.need(e)
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
        middle = Middle(program, self.names, self.premises, self.derivatives)
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
            f"Proof. intros. {middle.proof()} Qed.",
        ]
        held = " ".join(f"{scope.indices[k]} H{scope.indices[k]}" for k in self.free)
        intros = f"intros {held}. " if held else ""
        chain = (
            f"(eq_trans (eq_trans ({name}_left {held}) ({name}_middle {held})) "
            f"(eq_sym ({name}_right {held})))"
        )
        if isinstance(self.problem.statement, Inequality):
            low, high = (program.spelled(x) for x in self.problem.statement.args[:2])
            said = f"{coq_term(low, scope)} <=\n  {coq_term(high, scope)}"
            if low != 0 and high != 0:
                return [
                    *lines,
                    f"Theorem {name} : {ranges}\n  {said}.",
                    f"Proof. {intros}refine (less_by _ _ _ (eq_trans _",
                    f"  (eq_trans ({name}_left {held}) ({name}_middle {held}))) _);",
                    "  [sumring_go tt|nonnegative]. Qed.",
                ]
            sign = "0 <= x" if low == 0 else "x <= 0"
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
