"""The exact judge: both sides at small sizes and simple rational inputs, without rounding.

Values are rational numbers; where exp, log or a root leaves the rationals, they are enclosed in
balls of 200 bits and more (python-flint).  Different rationals, or balls that do not meet, refute
an equation; that nothing was found proves nothing.

The model itself is evaluated and differentiated; nothing of the index calculus takes part.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from itertools import islice

import numpy as np

from proofs_checks.checks.entries import entry_name
from proofs_checks.checks.evaluation.nodes import Leaf, NotApplicable, SingularPoint
from proofs_checks.checks.evaluation.program import program_of
from proofs_checks.checks.evaluation.rational_points import Comparison, Point, RealStatement
from proofs_checks.checks.evaluation.real_numbers import as_text
from proofs_checks.checks.outcome import Outcome, why
from proofs_checks.verdict import Counterexample
from theory.algebra.expressions import Equation, Inequality, Relation
from theory.algebra.symbols import is_order
from theory.models.model import Model

__all__ = ["check", "counterexample"]

VARIETIES = (0, 1, 2)  # of points at each of the sizes that `check` looks at
LARGEST = 3
SEARCHED = 240  # sizes that `counterexample` looks at, fewer if a first look shows no difference


def check(model: Model, equation: Relation) -> Outcome:
    """Return whether both sides are equal, or in order, at a fixed list of small exact points.

    Points at which a side is not defined (a denominator of zero, log 0) are left out.
    """
    start = time.perf_counter()

    def outcome(agrees: bool | None, detail: str, **more) -> Outcome:
        return Outcome("exact", agrees, detail, seconds=time.perf_counter() - start, **more)

    try:
        statement = RealStatement(program_of(model), equation)
        seen, roughest, sizes = 0, 0.0, {}
        for plan in statement.plans():
            for _, found in statement.defined(plan, VARIETIES):
                if found.differs.any():
                    worst = _where(statement, found)
                    return outcome(False, _difference(worst), sizes=plan, worst=worst)
                seen, roughest, sizes = seen + 1, max(roughest, found.radius), plan
    except (NotApplicable, RecursionError) as reason:
        return outcome(None, why(reason))
    if not seen:
        return outcome(None, "both sides are defined at none of the points tried")
    how = f"to {roughest:.0e}" if roughest else "exactly"
    bound = f"{roughest:.1e}" if roughest else "0"
    word = "equal" if isinstance(equation, Equation) else "in order"
    return outcome(True, f"{word} {how} at {seen} points", sizes=sizes, error_bound=bound)


def counterexample(model: Model, equation: Relation) -> Counterexample | None:
    """Return a smallest point at which the statement is false, or None if none is found.

    Sizes come first (smallest total); then the inputs are made as simple as possible, one entry
    after the other: 0, then 1, -1, 2, ...  The point lists the inputs the equation depends on.
    """
    try:
        statement = RealStatement(program_of(model), equation)
        first_look = [point for plan in statement.plans() for point in _points(statement, plan)]
        searched = SEARCHED if first_look else SEARCHED // 8
        smallest = (
            point
            for sizes in islice(statement.by_total(LARGEST), searched)
            for point in _points(statement, sizes)
        )
        point = next(smallest, first_look[0] if first_look else None)
        if point is None:
            return None
        _simplify(statement, point)
        return _report(statement, point)
    except (NotApplicable, RecursionError):
        return None


def _points(statement: RealStatement, sizes: Mapping[str, int]) -> Iterator[Point]:
    """Yield points of these sizes at which the statement is false.

    The simplest inputs hide differences, but they are where a strict inequality becomes equality,
    and may be the only ones that meet a hypothesis.
    """
    simplest = isinstance(statement.relation, Inequality) or statement.hypotheses.tried
    for point, found in statement.defined(sizes, VARIETIES if simplest else VARIETIES[1:]):
        if found.differs.any():
            yield point


def _differs(statement: RealStatement, point: Point) -> bool:
    try:
        return bool(statement.compare(point).differs.any())
    except SingularPoint:
        return False


def _simplify(statement: RealStatement, point: Point) -> None:
    """Make the entries of a point simpler while the sides stay different."""
    for leaf in list(point.arrays):
        if not _fixed(statement, leaf):
            _try(statement, point, leaf, ..., point.candidates(leaf)[0])
    changed = True
    while changed:
        changed = False
        for leaf, array in list(point.arrays.items()):
            if _fixed(statement, leaf):
                continue
            for position in statement.hypotheses.free_positions(leaf, array.shape):
                for value in point.candidates(leaf):
                    if value == point.arrays[leaf][position]:
                        break
                    if _try(statement, point, leaf, position, value):
                        changed = True
                        break


def _fixed(statement: RealStatement, leaf: Leaf) -> bool:
    return statement.hypotheses.is_causal(leaf)


def _try(statement: RealStatement, point: Point, leaf: Leaf, position, value) -> bool:
    """Set entries to a value; undo it and return False if the sides then agree."""
    before = point.arrays[leaf]
    point.arrays[leaf] = before.copy()
    point.arrays[leaf][position] = value
    if _differs(statement, point):
        return True
    point.arrays[leaf] = before
    return False


def _report(statement: RealStatement, point: Point) -> Counterexample:
    found = statement.compare(point)
    worst = _where(statement, found)
    run = statement.run(point.sizes, point.draw, point.functions)
    entries = point.functions.texts()
    for leaf in point.arrays:
        if is_order(leaf.name):  # always the same, and no input that anybody chose
            continue
        for position, value in np.ndenumerate(run.value(leaf)):
            entries[entry_name(leaf.name, position)] = as_text(value)
    indices: Mapping[str, int] = worst["indices"]  # type: ignore[assignment]
    return Counterexample(point.sizes, entries, indices, str(worst["left"]), str(worst["right"]))


def _where(statement: RealStatement, found: Comparison) -> dict[str, object]:
    """Return the first free indices at which the sides differ, and both values."""
    position = tuple(int(x) for x in np.argwhere(found.differs)[0])
    return {
        "indices": statement.indices_at(position),
        "left": as_text(found.left[position]),
        "right": as_text(found.right[position]),
    }


def _difference(worst: Mapping[str, object]) -> str:
    indices = worst["indices"]
    at = ", ".join(f"{name} = {n}" for name, n in indices.items())  # type: ignore[attr-defined]
    return f"left {worst['left']}, right {worst['right']}" + (f" at {at}" if at else "")
