"""The value of an index expression at numbers, by its definition: loops over every index."""

from typing import Any

import numpy as np
import sympy as sp

from theory.algebra.symbols import Index, Partial


def element(arrays, prefix, entry: Any, env):
    """The number at an entry of the array called like its tensor."""
    place = tuple(env[k] if isinstance(k, Index) else int(k) - 1 for k in entry.indices)
    return float(arrays[prefix + str(entry.base.label)][place])


def entrywise(e: Any, arrays, env, sizes) -> Any:
    """The number that ``e`` denotes when its free indices have the values ``env``."""
    if isinstance(e, sp.Indexed):
        return element(arrays, "", e, env)
    if isinstance(e, Partial):
        return element(arrays, "dL_d", e.args[1], env)
    if isinstance(e, sp.Sum):
        bound: list[Any] = [limit[0] for limit in e.limits]
        places = np.ndindex(*(sizes[k.size.name] for k in bound))
        return sum(
            entrywise(e.function, arrays, {**env, **dict(zip(bound, p, strict=True))}, sizes)
            for p in places
        )
    if isinstance(e, sp.KroneckerDelta):
        return float(env[e.args[0]] == env[e.args[1]])
    if isinstance(e, sp.Symbol):
        return float(arrays[e.name])
    if isinstance(e, sp.Rational):
        return float(e)
    values = [entrywise(x, arrays, env, sizes) for x in e.args]
    if isinstance(e, sp.Add):
        return sum(values)
    if isinstance(e, sp.Mul):
        return float(np.prod(values))
    if isinstance(e, sp.Pow):
        return values[0] ** values[1]
    return {sp.exp: np.exp, sp.log: np.log}[e.func](values[0])


def full_value(e, rows, arrays, env, sizes) -> Any:
    """The array of ``e`` over the indices ``rows`` (none, one or two), as a number or a matrix."""
    shape = tuple(sizes[k.size.name] for k in rows)
    values = np.array([
        entrywise(e, arrays, {**env, **dict(zip(rows, place, strict=True))}, sizes)
        for place in np.ndindex(*shape)
    ])  # fmt: skip
    if len(rows) == 2:
        return values.reshape(shape)
    return float(values[0]) if not rows else values[:, None]
