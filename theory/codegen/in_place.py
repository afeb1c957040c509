"""Large arrays computed in the memory of their first part.

    D_ij = alpha_ij (sum_a u_ia v_ja - E_i)       D = u @ v.T
                                                  D -= E[:, None]
                                                  D *= alpha

Only a contraction that the line itself has just made is written to.  Autograd follows these steps:
torch keeps a copy of what it needs and what is overwritten.

The weighted mean in alpha_ij (b_ij - sum_k alpha_ik b_ik) is taken from b itself, though law A8
gives it as u_i . g_i: where attention is one-hot, b_ij - b_ij is exactly zero and
u_i . v_j - u_i . g_i only up to rounding; the pass it saves is 1 % of the matrix products.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import sympy as sp

from theory.algebra.expressions import free_indices
from theory.algebra.symbols import Index
from theory.codegen.names import subscripts
from theory.codegen.patterns import CentredProduct, canonical, centred_product, is_large
from theory.codegen.values import ATOM, POWER, PRODUCT, Value, align

if TYPE_CHECKING:
    from theory.codegen.writer import Writer

__all__ = ["SELF", "Steps", "in_place"]

Steps = list[tuple[str, str]]
SELF = "\0"
"""Stands in a right side for the variable that the steps compute."""


def in_place(w: Writer, value: sp.Expr, axes: Sequence[Index]) -> Steps | None:
    """Return operators and right sides that compute a large array step by step.

    None if the value is no large array, or no contraction is the first part of it.
    """
    axes = tuple(axes)
    centred = centred_product(value) if is_large(axes) else None
    if centred is not None and free_indices(centred.value) == set(axes):
        return _centred(w, centred, axes)
    if not is_large(axes) or _is_contraction(w, value, axes) or not _begins(w, value, axes):
        return None
    return _steps(w, value, axes)


def _centred(w: Writer, e: CentredProduct, axes: tuple[Index, ...]) -> Steps:
    """Return the steps of w_ij (x_ij - sum_k w_ik x_ik), exactly zero where w is one-hot."""
    place = axes.index(e.along)
    over = w.dialect.over([place], len(axes))
    (weight,) = w.fit([align(w.value(e.weight, axes), axes, w.dialect)], 0)
    made = _is_contraction(w, e.value, axes)
    value = align(w.value(e.value, axes), axes, w.dialect)
    if w.dialect.name == "torch":
        rest = f".addcmul_({weight.code}, {SELF}.sum({over}, keepdim=True), value=-1)"
        product = f"{value.at_least(PRODUCT)} * {weight.at_least(POWER)}"
        begun = [("=", value.code), ("*=", weight.code)] if made else [("=", product)]
        return [*begun, ("=", SELF + rest)]
    kept = tuple(k for k in axes if k != e.along)
    first = SELF if made else w.named(value).code
    letters = subscripts((axes, weight.axes), kept)
    mean = w.dialect.einsum(letters, (first, weight.code), False)
    mean = align(Value(mean, kept, ATOM), axes, w.dialect)
    lowered = ("-=", mean.code) if made else ("=", f"{first} - {mean.code}")
    return [*([("=", value.code)] if made else []), lowered, ("*=", weight.code)]


def _is_contraction(w: Writer, e: sp.Expr, axes: tuple[Index, ...]) -> bool:
    """Return whether this is a number times a sum that makes a new array with all axes."""
    factors = [f for f in sp.Mul.make_args(e) if free_indices(f)]
    if len(factors) != 1 or not isinstance(factors[0], sp.Sum):
        return False
    (made,) = factors
    is_whole = free_indices(made) == set(axes) and not made.has(sp.KroneckerDelta)
    return is_whole and canonical(made)[0] not in w.facts.shared


def _begins(w: Writer, e: sp.Expr, axes: tuple[Index, ...]) -> bool:
    """Return whether some part of an expression is a contraction that the rest is applied to."""
    if _is_contraction(w, e, axes):
        return True
    if not isinstance(e, sp.Add | sp.Mul):
        return False
    return any(_begins(w, part, axes) for part in e.args)  # type: ignore[arg-type]


def _steps(w: Writer, e: sp.Expr, axes: tuple[Index, ...]) -> Steps:
    """Return the steps; the right sides are written in order, and what they name before them."""
    if _is_contraction(w, e, axes):
        return [("=", align(w.value(e, axes), axes, w.dialect).code)]
    parts: list[Any] = list(e.args)
    first = next(part for part in parts if _begins(w, part, axes))
    steps = _steps(w, first, axes)
    rest = [part for part in parts if part is not first]
    if isinstance(e, sp.Mul):
        return [*steps, ("*=", _aligned(w, sp.Mul(*rest), axes))]
    large = [t for t in rest if is_large(free_indices(t))]
    small = sp.Add(*(t for t in rest if t not in large))
    for term in (*large, *([small] if small != 0 else [])):
        minus = term.could_extract_minus_sign()
        code = _aligned(w, -term if minus else term, axes)
        steps.append(("-=" if minus else "+=", code))
    return steps


def _aligned(w: Writer, e: sp.Expr, axes: tuple[Index, ...]) -> str:
    return align(w.value(e, axes), axes, w.dialect).at_least(PRODUCT)
