"""A difference of both sides as one sum, so that the law can be shown summand by summand.

    2 (1/N) sum_i r_i x_i - (1/N) sum_i x_i  =  sum_i (2 r_i x_i / N - x_i / N)

This is how identities of exponentials and hyperbolic functions are shown that hold at every i.
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from theory.algebra.expressions import fresh, substitute
from theory.algebra.symbols import Index

__all__ = ["outer_sums", "summand", "wants_summands"]

HYPERBOLIC = (sp.tanh, sp.sech, sp.sinh, sp.cosh)


def wants_summands(texts: list[Any]) -> bool:
    """Return whether there are hyperbolic functions, or sums of exponentials divided by."""
    if any(e.has(*HYPERBOLIC) for e in texts):
        return True
    return any(
        isinstance(x.base, sp.Add) and x.base.has(sp.exp) and x.exp.is_negative
        for e in texts
        for x in e.atoms(sp.Pow)
    )


def summand(e: Any) -> tuple[Index, Any] | None:
    """Return an index k and h with ``e`` = sum_k h; None if there are sums of several kinds."""
    sums = outer_sums(e)
    sizes = {k.size for x in sums for k, *_ in x.limits}
    if len(sizes) != 1 or any(len(x.limits) != 1 for x in sums):
        return None
    k = fresh(sums[0].limits[0][0])
    found = sp.S.Zero
    for term in sp.Add.make_args(_distributed(e)):
        inside = [f for f in sp.Mul.make_args(term) if isinstance(f, sp.Sum)]
        outside = sp.Mul(*(f for f in sp.Mul.make_args(term) if f not in inside))
        if len(inside) > 1 or any(map(outer_sums, [outside, *(x.function for x in inside)])):
            return None
        if inside:
            bound: Any = inside[0].limits[0][0]
            found += outside * substitute(inside[0].function, {bound: k})
        else:
            found += outside / k.size
    return k, found


def outer_sums(e: Any) -> list[Any]:
    """Return the sums in ``e`` that do not stand within a function, such as an exponential."""
    if isinstance(e, sp.Sum):
        return [e, *outer_sums(e.function)]
    if isinstance(e, sp.Function | sp.exp | sp.Indexed) or not e.args:
        return []
    return [x for a in e.args for x in outer_sums(a)]


def _distributed(e: Any) -> Any:
    """Return ``e`` with sums of products instead of products of sums, where sums over k stand."""
    if isinstance(e, sp.Add):
        return sp.Add(*map(_distributed, e.args))
    if isinstance(e, sp.Mul) and any(isinstance(f, sp.Add) and f.has(sp.Sum) for f in e.args):
        wide = next(f for f in e.args if isinstance(f, sp.Add) and f.has(sp.Sum))
        rest = sp.Mul(*(f for f in e.args if f is not wide))
        return sp.Add(*(_distributed(rest * t) for t in wide.args))
    return e
