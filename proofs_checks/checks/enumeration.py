"""The judge that counts: finite probability spaces, gone through outcome by outcome.

For a model of `proofs_checks.checks.finite_spaces` every quantity has a value that was counted: all
permutations, all hidden paths.  Both sides of a statement are evaluated there, in rationals and
balls.  The lines and hypotheses of the model are tried first: a space that they do not describe is
left out, so that a premise such as "every free value is continued by the same number of bijections"
is counted as well.

Agreement is evidence about small spaces, no proof for all; a difference contradicts a proof.
Derivatives are none of counts, so statements with one are not judged here.
"""

from __future__ import annotations

import time
from collections.abc import Iterable

import sympy as sp
from flint import ctx

from proofs_checks.checks.evaluation.nodes import Leaf, NotApplicable, SingularPoint
from proofs_checks.checks.evaluation.program import Program
from proofs_checks.checks.evaluation.real_numbers import as_text, differ, exceed, radius
from proofs_checks.checks.evaluation.real_run import RealRun
from proofs_checks.checks.finite_spaces import BITS, SPACES, Space, spaces_of
from proofs_checks.checks.outcome import Outcome, why
from theory.algebra.expressions import Equation, Inequality, Relation, StrictInequality
from theory.algebra.symbols import Flow, Partial, Step, scalar
from theory.models.model import Definition, Model

__all__ = ["JUDGE", "answers", "check", "knows"]

JUDGE = "enumeration"


def knows(model: Model) -> bool:
    """Return whether the model speaks of a finite probability space."""
    return model.name in SPACES


def answers(model: Model, statement: Relation) -> tuple[Outcome, ...]:
    """Return what the judge says about a model that it knows, nothing about any other."""
    return (check(model, statement),) if knows(model) else ()


def check(model: Model, statement: Relation) -> Outcome:
    """Return whether a statement holds in every space of its model.

    ``agrees`` is None for models without a space, for derivatives, and for symbols that were not
    counted.
    """
    start = time.perf_counter()

    def outcome(agrees: bool | None, detail: str, **more) -> Outcome:
        return Outcome(JUDGE, agrees, detail, seconds=time.perf_counter() - start, **more)

    if statement.has(Partial, Step, Flow):
        return outcome(None, "counts have no derivatives")
    tried, roughest, largest = 0, 0.0, None
    try:
        with ctx.workprec(BITS):
            for space in spaces_of(model.name):
                if _stranger(model, space):
                    continue
                counted = _Counted(space)
                if counted.violates(statement):
                    detail = f"{space.outcomes} {space.text}: {counted.sides(statement)}"
                    return outcome(False, detail, sizes=dict(space.sizes))
                tried, roughest = tried + 1, max(roughest, counted.roughest)
                if largest is None or space.outcomes > largest.outcomes:
                    largest = space
    except (NotApplicable, RecursionError) as reason:
        return outcome(None, why(reason))
    if largest is None:
        return outcome(None, "no space that can be counted meets the lines of the model")
    word = "equal" if isinstance(statement, Equation) else "in order"
    detail = f"{word} in {tried} spaces, the largest of {largest.outcomes} {largest.text}"
    return outcome(True, detail, sizes=dict(largest.sizes), error_bound=f"{roughest:.1e}")


def _stranger(model: Model, space: Space) -> bool:
    """Return whether a line or a hypothesis of the model fails in the space."""
    lines: Iterable[Relation] = (
        *(Equation(line.symbol, line.value) for line in model.by_name.values()),
        *(c.equation for c in model.constraints),
    )
    counted = _Counted(space)
    return any(counted.violates(x) for x in lines if not x.has(Partial))


def _without_lines() -> Model:
    """Return a model of which every symbol is an input."""
    nothing = scalar(".nothing")
    return Model("counted", "", (), (), (Definition(nothing, sp.S.Zero, ""),), nothing)


class _Counted:
    """Statements at the counted quantities of one space."""

    def __init__(self, space: Space) -> None:
        self.space, self.roughest = space, 0.0
        self.program = Program(_without_lines())

    def violates(self, statement: Relation) -> bool:
        """Return whether the sides certainly contradict the statement.

        Raises `NotApplicable` for symbols that were not counted, and where a side has no value.
        """
        left, right = self._values(statement)
        self.roughest = max(self.roughest, radius(left), radius(right))
        if isinstance(statement, Inequality):
            return bool(exceed(left, right, strict=isinstance(statement, StrictInequality)).any())
        return bool(differ(left, right).any())

    def sides(self, statement: Relation) -> str:
        """Return both sides as text, entry by entry."""
        left, right = (", ".join(map(as_text, side.flat)) for side in self._values(statement))
        return f"left {left}; right {right}"

    def _values(self, statement: Relation):
        left, right, _ = self.program.sides(statement)
        run = RealRun(self.space.sizes, self._quantity)
        try:
            return run.value(left), run.value(right)
        except SingularPoint as reason:
            raise NotApplicable(f"{self.space.text}: {reason}") from None

    def _quantity(self, leaf: Leaf, _: RealRun):
        if leaf.name not in self.space.quantities:
            raise NotApplicable(f"`{leaf.name}` is no quantity that is counted.")
        return self.space.quantities[leaf.name]
