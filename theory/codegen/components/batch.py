"""A program on whole batches with NumPy: one array operation per scalar operation.

The reference for the faster backends in `numerics.integration`, and what evaluates losses and
invariants along finished trajectories.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import numpy as np

from theory.codegen.compiling import compiled
from theory.codegen.components.derivative import LocalDerivatives, local_derivatives
from theory.codegen.components.program import Components
from theory.codegen.components.source import component_source, linearisation_source

__all__ = ["batch_jacobian", "batch_values", "numpy_namespace"]

Function = Callable[[np.ndarray, np.ndarray], np.ndarray]


@cache
def numpy_namespace() -> Mapping[str, Any]:
    """Return what generated source calls, as NumPy functions."""
    from scipy.special import erf

    inverse = {"asinh": "arcsinh", "acosh": "arccosh", "atanh": "arctanh"}
    inverse |= {"atan": "arctan", "asin": "arcsin", "acos": "arccos"}
    same = ("exp", "log", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "tanh", "maximum", "pi")
    names = {**{x: x for x in same}, **inverse}
    return {
        **{name: getattr(np, theirs) for name, theirs in names.items()},
        "erf": erf,
        "step": lambda x: np.heaviside(x, 0.5),
        "jump": lambda x: 0.0 * x,
        "ratio": lambda p, q: p / q,
    }


@cache
def batch_values(program: Components) -> Function:
    """Return a function of ``y`` (batch, d) and ``p`` (m,) or (batch, m) to (batch, outputs)."""
    run = compiled(component_source(program, "shifted"), "field", program.name, numpy_namespace())

    def values(y: np.ndarray, p: np.ndarray) -> np.ndarray:
        with np.errstate(all="ignore"):  # a trajectory that leaves the numbers is the caller's
            return _stacked(run(y.T, p.T), len(y))

    return values


@cache
def batch_jacobian(program: Components) -> Function:
    """Return a function of ``y`` (batch, d) and ``p`` to the Jacobian (batch, outputs, d)."""
    local = local_derivatives(program)
    source = linearisation_source(program, local, "shifted")
    run = compiled(source, "linearisation", program.name, numpy_namespace())
    outputs, d = len(program.outputs), program.dimension

    def jacobian(y: np.ndarray, p: np.ndarray) -> np.ndarray:
        with np.errstate(all="ignore"):
            results = run(y.T, p.T)[outputs:]
            rows = _chained(local, _stacked(results, len(y)), len(y), d)
        return rows[:, d + local.nodes - outputs :]

    return jacobian


def _chained(local: LocalDerivatives, partials: np.ndarray, batch: int, d: int) -> np.ndarray:
    """Return the derivative rows of the state and of all nodes, (batch, d + nodes, d)."""
    rows = np.zeros((batch, d + local.nodes, d))
    rows[:, :d] = np.eye(d)
    for n, (node, source) in enumerate(zip(local.node, local.source, strict=True)):
        rows[:, d + node] += partials[:, n, None] * rows[:, source]
    return rows


def _stacked(values: tuple[Any, ...], batch: int) -> np.ndarray:
    """Return the results as columns; constants are repeated for every row."""
    columns = np.empty((batch, len(values)))  # none: the partials of a field without its state
    for n, x in enumerate(values):
        columns[:, n] = x
    return columns
