"""The value of an index expression at numbers, by its definition: loops over every index."""

import numpy as np
import sympy as sp

from theory.algebra.symbols import Index, Partial


def entrywise(e, arrays, env, sizes):
    """The number that ``e`` denotes when its free indices have the values ``env``."""
    if isinstance(e, sp.Indexed):
        place = tuple(env[k] if isinstance(k, Index) else int(k) - 1 for k in e.indices)
        return float(arrays[str(e.base.label)][place])
    if isinstance(e, Partial):
        entry = e.args[1]
        place = tuple(env[k] for k in entry.indices)
        return float(arrays[f"dL_d{entry.base.label}"][place])
    if isinstance(e, sp.Sum):
        bound = [limit[0] for limit in e.limits]
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


def full_value(e, rows, arrays, env, sizes):
    """The array of ``e`` over the indices ``rows`` (none, one or two), as a number or a matrix."""
    shape = tuple(sizes[k.size.name] for k in rows)
    values = np.array([
        entrywise(e, arrays, {**env, **dict(zip(rows, place, strict=True))}, sizes)
        for place in np.ndindex(*shape)
    ])  # fmt: skip
    if len(rows) == 2:
        return values.reshape(shape)
    return float(values[0]) if not rows else values[:, None]
