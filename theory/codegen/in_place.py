"""Large arrays computed in the memory of their first part.

    D = alpha * (u v^T - E)       D = u @ v.T
                                  D -= E[:, None]
                                  D *= alpha

Only a contraction that the line itself has just made is written to.  Autograd follows these steps:
torch keeps a copy of what it needs and what is overwritten.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import sympy as sp

from theory.algebra.expressions import free_indices
from theory.algebra.symbols import Index
from theory.codegen.patterns import canonical
from theory.codegen.schedule import is_large
from theory.codegen.values import PRODUCT, align

if TYPE_CHECKING:
    from theory.codegen.writer import Writer

__all__ = ["in_place"]

Steps = list[tuple[str, str]]


def in_place(w: Writer, value: sp.Expr, axes: Sequence[Index]) -> Steps | None:
    """Return operators and right sides that compute a large array step by step.

    None if the value is no large array, or no contraction is the first part of it.
    """
    axes = tuple(axes)
    if not is_large(axes) or _is_contraction(w, value, axes) or not _begins(w, value, axes):
        return None
    return _steps(w, value, axes)


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
    return any(_begins(w, part, axes) for part in e.args)


def _steps(w: Writer, e: sp.Expr, axes: tuple[Index, ...]) -> Steps:
    """Return the steps; the right sides are written in order, and what they name before them."""
    if _is_contraction(w, e, axes):
        return [("=", align(w.value(e, axes), axes, w.dialect).code)]
    first = next(part for part in e.args if _begins(w, part, axes))
    steps = _steps(w, first, axes)
    rest = [part for part in e.args if part is not first]
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
