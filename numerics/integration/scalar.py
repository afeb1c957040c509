"""A program as a Python function of one state: what the reference engine calls."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import numpy as np

from theory.codegen.compiling import compiled
from theory.codegen.components import FUNCTIONS, Components, component_source

__all__ = ["scalar_field"]


@cache
def scalar_field(field: Components) -> Callable[[np.ndarray, list[float]], np.ndarray]:
    """Return a function of ``y`` (d,) and the parameters to the velocity (d,).

    NaN where the field is not defined or overflows.
    """
    run = compiled(component_source(field, "shifted"), "field", field.name, _namespace())
    nothing = np.full(len(field.outputs), np.nan)

    def velocity(y: np.ndarray, p: list[float]) -> np.ndarray:
        try:
            return np.array(run(y.tolist(), p), dtype=float)
        except (ArithmeticError, ValueError):  # exp(1000), log(-1), 1/0
            return nothing

    return velocity


@cache
def _namespace() -> Mapping[str, Any]:
    names: dict[str, Any] = {x: getattr(math, x) for x in (*FUNCTIONS, "pi")}
    more = {"step": lambda x: 0.5 * ((x > 0) + (x >= 0)), "jump": lambda x: 0.0 * x}
    return {**names, **more, "maximum": max, "ratio": lambda p, q: p / q}
