"""Lines whose slope is an expression in their own value: no derivative is as short.

    y = tanh x          dy/dx = 1 - y^2
    p = 1/(1 + e^-x)    dp/dx = p (1 - p)        the logistic function

Written out, the second is e^-x / (1 + e^-x)^2, which overflows where p is near 0, and in which
neither a reader nor the normal form sees p again.
"""

from __future__ import annotations

from typing import Any

import sympy as sp

__all__ = ["logistic", "logistic_argument", "slope_by_value"]


def logistic(x: sp.Expr) -> Any:
    """Return 1/(1 + e^-x)."""
    return 1 / (1 + sp.exp(-x))


def logistic_argument(e: sp.Basic) -> Any:
    """Return x of an expression that is 1/(1 + e^-x), None for anything else."""
    if not isinstance(e, sp.Pow) or e.exp != -1 or not isinstance(e.base, sp.Add):
        return None
    one, exponential = e.base.as_coeff_Add()
    if one != 1 or not isinstance(exponential, sp.exp):
        return None
    x: Any = exponential.args[0]
    return -x


def slope_by_value(symbol: sp.Expr, value: sp.Expr) -> tuple[Any, Any] | None:
    """Return x and dy/dx of a line y = f(x), in terms of the ``symbol`` y; None if unknown."""
    if isinstance(value, sp.tanh):
        return value.args[0], 1 - symbol**2
    x = logistic_argument(value)
    return None if x is None else (x, symbol * (1 - symbol))
