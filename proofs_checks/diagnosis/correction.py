"""The right equation in the user's own notation, proved before it is returned."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sympy as sp

from proofs_checks.diagnosis.case import Case
from theory.algebra.canonical import AlgebraError
from theory.algebra.expressions import Equation, entry_tensor, tensors_in
from theory.algebra.reading import Reader
from theory.algebra.ring import Ring
from theory.models.model import name_of

__all__ = ["derived"]

LONGEST = 4000  # characters; what is longer helps nobody


def derived(case: Case) -> Equation | None:
    """Return the equation with the side that follows from the other derived anew.

    A side determines the other if it is a derivative, a step, a flow, or a defined quantity.
    None if neither does, or if the derived equation is not proved.
    """
    for side in (0, 1):
        if not case.determines(case.sides[side]):
            continue
        for form in sorted(_forms(case, side), key=lambda e: _cost(case, e)):
            sides = [*case.sides]
            sides[1 - side] = form
            if len(str(form)) <= LONGEST and case.holds(*sides):
                return Equation(sides[0], sides[1])
    return None


def _forms(case: Case, side: int) -> Iterator[Any]:
    """Yield the derived side: as found, then with names that the equation lacks written out."""
    own = frozenset().union(*map(tensors_in, case.sides))
    start = case.resolved[side]
    unfold: list[str] = []
    if start == case.sides[side]:  # a defined quantity: its definition
        unfold.append(name_of(entry_tensor(start)))
    order = [line.name for line in reversed(case.theory.lines)]
    while True:
        case.check_time()
        try:
            value = Reader(Ring(case.model.rules), case.theory.unfolding(unfold)).read(start)
        except AlgebraError:
            return
        yield case.theory.write(value, *case.sides)
        foreign = [n for n in order if n in value.names - own and n not in unfold]
        if not foreign:
            return
        unfold.append(foreign[0])


def _cost(case: Case, form: sp.Expr) -> tuple[int, int, int]:
    """Return how many names of ``form`` the model lacks, how many the equation, and the length."""
    names = tensors_in(form) - frozenset().union(*map(tensors_in, case.sides))
    derivatives = {name_of(entry_tensor(a.symbol)) for a in case.theory.adjoints.values()}
    foreign = names - case.model.tensors.keys() - derivatives
    return len(foreign), len(names), len(str(form))
