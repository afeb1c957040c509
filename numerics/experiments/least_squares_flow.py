"""Gradient flow of least squares for the flow engines of `numerics.integration`.

    da/dt = y / n - (X X^T / n) a,   a(0) = 0,   theta = X^T a

theta stays in the row space of X, so n numbers say where it is.  The engines judge the closed form
of `least_squares`: they know nothing of singular values.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from numerics.experiments.least_squares import Array

if TYPE_CHECKING:
    from theory.codegen.components import Components

__all__ = ["engine_path"]


@cache
def _field(n: int) -> Components:
    import sympy as sp

    from theory.codegen.components import Components

    a = sp.symbols(f"a_1:{n + 1}", real=True)
    forces = sp.symbols(f"b_1:{n + 1}", real=True)
    gram = [sp.symbols(f"G_{i + 1}_1:{n + 1}", real=True) for i in range(n)]
    velocity = [
        b - sum(g * x for g, x in zip(row, a, strict=True))
        for b, row in zip(forces, gram, strict=True)
    ]
    parameters = (*forces, *(g for row in gram for g in row))
    labels = tuple(str(x) for x in a)
    return Components("least-squares", a, parameters, (), tuple(velocity), labels)


def engine_path(x: Array, y: Array, times: Array, *, engine: str = "heyoka") -> Array:
    """Return theta (times, p) of the flow from zero on X (n, p) and y (n,); times[0] is its start.

    Raises `ArithmeticError` if the engine gives up.
    """
    from numerics.flows.system import System, Variable
    from numerics.integration import integrate

    n = len(y)
    field = _field(n)
    system = System(
        name="least-squares",
        title="gradient flow of least squares in the row space",
        kind="flow",
        variables=tuple(Variable(x, (), x) for x in field.labels),
        field=field,
        values=np.concatenate([y / n, (x @ x.T / n).ravel()]),
        settings={},
        starts=lambda rng, count: np.zeros((count, n)),
    )
    found = integrate(system, np.zeros(n), times, engine=engine, rtol=1e-13, atol=1e-15)
    if str(found.status[0].item()) != "finished":
        raise ArithmeticError(f"the engine `{engine}` stopped: {found.message[0].item()}")
    return found.y[0].values @ x
