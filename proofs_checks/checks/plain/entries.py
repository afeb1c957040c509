"""Numbers, entries of tensors, Kronecker deltas, sums and products, as they are written."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import sympy as sp

from proofs_checks.checks.plain.jets import Jet, Place, Unjudgeable
from theory.algebra.symbols import Index, Size, Tensor

if TYPE_CHECKING:
    from proofs_checks.checks.plain.surroundings import Surroundings

__all__ = [
    "entry",
    "index_value",
    "kronecker_delta",
    "number",
    "places_of",
    "product",
    "scalar",
    "size",
    "sum_of_terms",
    "summation",
]


def number(at: Surroundings, e: Any) -> Jet:
    """Return a number."""
    try:
        value = float(e)
    except OverflowError:
        value = math.inf
    if not math.isfinite(value):
        raise Unjudgeable("a number is larger than float64 can hold")
    return at.arithmetic.number(value)


def size(at: Surroundings, e: Size) -> Jet:
    """Return the value of a size."""
    return at.arithmetic.number(at.common.length(e.name))


def index_value(at: Surroundings, e: Index) -> Jet:
    """Return 1, ..., n on the axis of the index."""
    label = at.common.label(e)
    return {0: ((label,), np.arange(1.0, at.arithmetic.lengths[label] + 1))}


def scalar(at: Surroundings, e: sp.Symbol) -> Jet:
    """Return the value of a scalar quantity."""
    at.common.slots(e)  # refuses a tensor without its indices
    return at.tensor(e)


def entry(at: Surroundings, e: sp.Indexed) -> Jet:
    """Return an entry of a tensor on the axes of its indices."""
    places = places_of(at, e)
    slots = at.common.slots(e.base)
    return at.arithmetic.relabelled(at.tensor(e.base), dict(zip(slots, places, strict=True)))


def places_of(at: Surroundings, e: sp.Indexed) -> list[Place]:
    """Return, for every axis of a tensor, the label of its index or the position it is fixed at."""
    if not isinstance(e.base, Tensor) or len(e.indices) != len(e.base.axes):
        raise Unjudgeable(f"`{e}` has other indices than its tensor")
    return [place(at, e, k, axis) for k, axis in zip(e.indices, e.base.axes, strict=True)]


def place(at: Surroundings, e: sp.Basic, index: Any, axis: Size) -> Place:
    """Return the label of an index over ``axis``, or the position that it fixes."""
    if isinstance(index, Index) and index.size == axis:
        return at.common.label(index), 0
    length = at.common.length(axis.name)
    position = length if index == axis else int(index) if isinstance(index, sp.Integer) else 0
    if not 1 <= position <= length:
        raise Unjudgeable(f"`{index}` stands in `{e}` for an index over {axis}, here 1..{length}")
    return None, position - 1


def kronecker_delta(at: Surroundings, e: sp.KroneckerDelta) -> Jet:
    """Return where two numbers made of indices, sizes and integers are equal."""
    first, second = e.args[:2]
    if any(not isinstance(x, Index | Size) for x in e.free_symbols):
        raise Unjudgeable(f"`{e}` does not compare indices")
    return _compared(at, np.equal, at.value(first), at.value(second))


def _compared(at: Surroundings, relation: Callable[..., Any], first: Jet, second: Jet) -> Jet:
    labels = tuple(sorted({*first[0][0], *second[0][0]}))
    arrays = [at.dense(jet, 0, labels).round(3) for jet in (first, second)]  # noise counts for 0
    return {0: (labels, relation(*arrays).astype(float))}


def sum_of_terms(at: Surroundings, e: sp.Add) -> Jet:
    """Return a sum of terms."""
    return at.arithmetic.add(at.value(x) for x in e.args)


def product(at: Surroundings, e: sp.Mul) -> Jet:
    """Return a product of factors."""
    return at.arithmetic.product([at.value(x) for x in e.args])


def summation(at: Surroundings, e: sp.Sum) -> Jet:
    """Return a sum over whole ranges, or over the part between limits made of numbers."""
    bound, inside = [], []
    for index, low, high in e.limits:
        if not isinstance(index, Index):
            raise Unjudgeable(f"`{index}` is summed over and ranges over no size")
        is_whole = low == 1 and high == index.size
        if any(index == earlier for earlier, *_ in e.limits[: len(bound)]):
            if not is_whole:
                raise Unjudgeable(f"`{index}` is summed over twice, and not over its whole range")
            # the inner of two limits with one name binds, the outer one counts
            bound.append(at.arithmetic.new_label(at.common.length(index.size.name)))
            continue
        bound.append(at.common.label(index))
        if not is_whole:
            inside += _between(at, index, low, high)
    terms = e.function.args if isinstance(e.function, sp.Add) else (e.function,)
    return at.arithmetic.add(_summed(at, term, bound, inside) for term in terms)


def _summed(at: Surroundings, e: sp.Basic, bound: Sequence[int], inside: Sequence[Jet]) -> Jet:
    factors = e.args if isinstance(e, sp.Mul) else (e,)
    return at.arithmetic.product([*inside, *(at.value(x) for x in factors)], bound)


def _between(at: Surroundings, index: Index, low: sp.Basic, high: sp.Basic) -> list[Jet]:
    """Return where low <= index <= high."""
    lowest, highest = at.value(low), at.value(high)
    length = at.common.length(index.size.name)
    if lowest[0][1].min() < 0.5 or highest[0][1].max() > length + 0.5:
        raise Unjudgeable(f"the sum over {index} from {low} to {high} leaves the range of {index}")
    own = at.value(index)
    return [
        _compared(at, np.greater_equal, own, lowest),
        _compared(at, np.less_equal, own, highest),
    ]
