"""A refuted equation, and the tests that a repaired one must pass."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import sympy as sp

from proofs_checks.diagnosis.point import NotEvaluable, Point, points
from proofs_checks.edits import Insertions
from theory.algebra.canonical import AlgebraError
from theory.algebra.expressions import Equation, entry_tensor, free_indices
from theory.algebra.symbols import Flow, Partial, Step
from theory.models import Model, theory_of
from theory.models.model import name_of

__all__ = ["Case", "OutOfTime", "Repair"]


class OutOfTime(Exception):
    """The deadline has passed."""


@dataclass(frozen=True)
class Repair:
    """A mistake that was found: its kind, a sentence, and the equation without it.

    ``term`` is the term that was missing, ``baseline`` the mean in it if it is minus a mean.
    """

    kind: str
    message: str
    equation: Equation
    term: sp.Expr | None = None
    baseline: sp.Expr | None = None


class Case:
    """One refuted equation of one model, with a deadline (a value of `time.monotonic`).

    ``sides`` are left and right as written, ``free`` their free indices, ``resolved`` the sides
    with derivatives given their values.
    """

    def __init__(self, model: Model, equation: Equation, deadline: float) -> None:
        self.model, self.equation, self.deadline = model, equation, deadline
        self.theory = theory_of(model)
        self.sides = (equation.left, equation.right)
        self.free = free_indices(equation.left) | free_indices(equation.right)
        self.resolved = tuple(map(self.theory.resolve, self.sides))
        self.points = self._points()
        self.edits: dict[Insertions, list[Any]] = {}  # what `search` has listed

    def holds(self, left: sp.Basic, right: sp.Basic) -> bool:
        """Return whether ``left = right`` is proved; most that is false is seen at two points.

        Raises `OutOfTime` after the deadline.
        """
        self.check_time()
        try:
            if not all(point.agree(left, right) for point in self.points):
                return False
            return self.theory.prove(Equation(left, right)).proved
        except (AlgebraError, NotEvaluable):
            return False

    def determines(self, side: sp.Basic) -> bool:
        """Return whether a side says what the other must be: a derivative or a defined quantity."""
        if side.has(Partial, Step, Flow):
            return True
        if not isinstance(side, sp.Indexed | sp.Symbol):
            return False
        return name_of(entry_tensor(side)) in self.model.by_name

    def check_time(self) -> None:
        """Raise `OutOfTime` after the deadline."""
        if time.monotonic() > self.deadline:
            raise OutOfTime

    def _points(self) -> tuple[Point, ...]:
        try:
            found = points(self.model, *self.sides)
            found[0].agree(*self.sides)
        except NotEvaluable:
            return ()  # the normal form alone decides, which takes longer
        return found
