"""Index expressions evaluated with NumPy: what the normal form is judged by in these tests.

It shares nothing with `theory.algebra` but the symbols.  Where an expression is not defined (a
logarithm of a negative number, a division by zero) the value is nan or infinite.
"""

from collections.abc import Mapping

import numpy as np
import sympy as sp

from theory.algebra.symbols import Index, Size

UNARY = {
    sp.exp: np.exp,
    sp.log: np.log,
    sp.Abs: np.abs,
    sp.sinh: np.sinh,
    sp.cosh: np.cosh,
    sp.tanh: np.tanh,
    sp.coth: lambda v: 1 / np.tanh(v),
    sp.sech: lambda v: 1 / np.cosh(v),
    sp.csch: lambda v: 1 / np.sinh(v),
    sp.sign: np.sign,
}


def evaluate(expression, sizes: Mapping[str, int], values: Mapping[str, np.ndarray], *free: Index):
    """Return the array of values of ``expression``, one axis for each index in ``free``."""
    with np.errstate(all="ignore"):
        result = _evaluate(sp.sympify(expression), sizes, values, free)
    return np.broadcast_to(result, [sizes[k.size.name] for k in free])


def _evaluate(e, sizes, values, axes):
    def inner(argument):
        return _evaluate(argument, sizes, values, axes)

    def position(index):
        if isinstance(index, sp.Integer):
            return np.full((1,) * len(axes), int(index) - 1)
        place = max(n for n, k in enumerate(axes) if k == index)  # the innermost sum binds
        shape = [1] * len(axes)
        shape[place] = sizes[index.size.name]
        return np.arange(shape[place]).reshape(shape)

    if isinstance(e, sp.Sum):
        bound = tuple(limit[0] for limit in reversed(e.limits))
        body = _evaluate(e.function, sizes, values, (*axes, *bound))
        full = list(np.shape(body)) if np.ndim(body) else [1] * (len(axes) + len(bound))
        full[len(axes) :] = [sizes[k.size.name] for k in bound]
        return np.broadcast_to(body, full).sum(axis=tuple(range(len(axes), len(full))))
    if isinstance(e, sp.Indexed):
        return values[str(e.base.label)][tuple(position(k) for k in e.indices)]
    if isinstance(e, sp.KroneckerDelta):
        return (position(e.args[0]) == position(e.args[1])).astype(float)
    if isinstance(e, Index):
        return position(e) + 1.0
    if isinstance(e, Size):
        return np.float64(sizes[e.name])
    if isinstance(e, sp.Symbol):
        return np.float64(values[e.name])
    if e in (sp.I, sp.zoo, sp.nan, sp.oo, -sp.oo):
        return np.float64("nan")
    if e.is_Number or isinstance(e, sp.NumberSymbol):
        return np.float64(float(e))
    if isinstance(e, sp.Add):
        return sum(map(inner, e.args[1:]), inner(e.args[0]))
    if isinstance(e, sp.Mul):
        result = inner(e.args[0])
        for argument in e.args[1:]:
            result = result * inner(argument)
        return result
    if isinstance(e, sp.Pow):
        return np.power(inner(e.base), inner(e.exp))
    if type(e) not in UNARY:
        return np.float64("nan")  # a function these tests have no use for
    return UNARY[type(e)](inner(e.args[0]))


def agree(left, right, sizes, values, *free: Index) -> bool | None:
    """Return whether two expressions have equal values.

    None where one of them is not defined, or where rounding alone moves its value: there nothing
    can be said.
    """
    a, b = (evaluate(e, sizes, values, *free) for e in (left, right))
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        return None
    if _close(a, b):
        return True
    shaken = {name: value * (1 + 1e-13) for name, value in values.items()}
    steady = (evaluate(e, sizes, shaken, *free) for e in (left, right))
    return False if all(_close(*pair, 1e-9) for pair in zip((a, b), steady, strict=True)) else None


def _close(a: np.ndarray, b: np.ndarray, tolerance: float = 1e-7) -> bool:
    scale = max(1.0, np.abs(a).max(initial=0), np.abs(b).max(initial=0))
    return bool(np.abs(a - b).max(initial=0) <= tolerance * scale)
