"""Rows with one entry 1 and the others 0, as hypotheses of a model."""

from __future__ import annotations

from typing import Any

from theory.algebra.expressions import Equation
from theory.algebra.symbols import Index, delta, total
from theory.models.model import Constraint, name_of

__all__ = ["one_hot"]


def one_hot(
    tensor: Any, front: tuple[Index, ...], row: tuple[Index, Index]
) -> tuple[Constraint, Constraint]:
    """Return that rows sum to one, and that no two of their entries are other than 0.

    ``front`` are the indices of all axes but the last, ``row`` two indices of the last.
    """
    k, l = row  # noqa: E741  the letters of the field
    entry, other = tensor[(*front, k)], tensor[(*front, l)]
    text = f"{name_of(tensor)}_{''.join(i.name for i in front)}"
    return (
        Constraint(Equation(total(entry, k), 1), f"sum_{k.name} {text}{k.name} = 1"),
        Constraint(
            Equation(entry * other, delta(k, l) * entry),
            f"{text}{k.name} {text}{l.name} = delta_{k.name}{l.name} {text}{k.name}",
        ),
    )
