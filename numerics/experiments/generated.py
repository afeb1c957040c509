"""Functions of the experiments that `theory.codegen` writes from laws and models."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from theory.algebra.expressions import Equation
from theory.catalogue import law_named
from theory.codegen import function
from theory.codegen.names import identifier
from theory.models import model_named

__all__ = ["generated"]


@cache
def generated(model: str, of: str, *given: str) -> Callable[..., Any]:
    """Return what computes the right side of a law, or a line of a model, from arrays ``given``.

    ``of`` is the name of either; keyword arrays are in float64, and are not checked.

    Raises `ValueError` for a name that is neither, a law that is no equation, and what
    `theory.codegen.function` raises.
    """
    theory = model_named(model)
    line = theory.by_name.get(of)
    statement = Equation(line.symbol, line.symbol) if line else law_named(of).statement(theory)
    if not isinstance(statement, Equation):
        raise ValueError(f"`{of}` is no equation, and only equations have a value to compute.")
    return function(theory, statement, name=identifier(of), given=given).raw
