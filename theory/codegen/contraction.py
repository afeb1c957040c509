"""Sums of products as matrix products and einsums of two operands each.

A contraction of many factors is done in pairs, in an order in which the largest intermediate array
is as small as possible, and then with the fewest multiplications.  So no array of shape (T, n, d)
appears where (T, n) and (n, d) will do.  Sizes are not known when code is written; sequence-like
sizes count as 512 and feature sizes as 32.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import combinations
from math import prod

from theory.algebra.symbols import Index
from theory.codegen.dialect import Dialect
from theory.codegen.names import subscripts
from theory.codegen.values import ATOM, MATMUL, POWER, PRODUCT, Value, align, joined_hints, ordered

__all__ = ["contract", "pairwise_order", "product_of_two"]

LONG, BLOCK, SHORT = 512, 256, 32
MOST_OPERANDS = 7
LONGEST_PAIR = 44  # characters: two operands nested in an einsum stay readable up to here

Axes = frozenset[Index]


def extent(axes: Axes) -> int:
    """Return the number of entries an array over these axes is taken to have."""
    return prod(
        SHORT if k.size.feature else BLOCK if k.size.name.endswith(" rows") else LONG for k in axes
    )


def pairwise_order(operands: Sequence[Axes], out: Axes) -> list[tuple[int, int]]:
    """Return which two operands to contract next; results go to the end of the list.

    All orders are tried for up to seven operands; beyond that the cheapest pair comes first.
    """
    if len(operands) > MOST_OPERANDS:
        return _greedy(list(operands), out)
    return _best(tuple(operands), out)[1]


@lru_cache(maxsize=4096)
def _best(operands: tuple[Axes, ...], out: Axes) -> tuple[tuple[int, int], list[tuple[int, int]]]:
    if len(operands) == 1:
        return (0, 0), []
    choices = []
    for i, j in combinations(range(len(operands)), 2):
        rest, result, work = _merge(operands, i, j, out)
        (largest, later), order = _best(rest, out)
        here = extent(result) if len(rest) > 1 else 0
        choices.append(((max(here, largest), work + later), [(i, j), *order]))
    return min(choices, key=lambda choice: choice[0])


def _merge(
    operands: Sequence[Axes], i: int, j: int, out: Axes
) -> tuple[tuple[Axes, ...], Axes, int]:
    """Return the operands after contracting two, the axes of the result, and the work."""
    rest = [axes for place, axes in enumerate(operands) if place not in (i, j)]
    both = operands[i] | operands[j]
    result = both & out.union(*rest)
    return (*rest, result), result, extent(both)


def _greedy(operands: list[Axes], out: Axes) -> list[tuple[int, int]]:
    order = []
    while len(operands) > 1:
        pairs = combinations(range(len(operands)), 2)
        i, j = min(pairs, key=lambda p: (extent(_merge(operands, *p, out)[1]), p))
        operands = list(_merge(operands, i, j, out)[0])
        order.append((i, j))
    return order


def contract(
    operands: Sequence[Value],
    out: tuple[Index, ...],
    dialect: Dialect,
    fit: Callable[[list[Value], int], list[Value]],
) -> Value:
    """Return the sum of the product of ``operands`` over every index that is not in ``out``.

    ``fit`` names operands whose code is too long to be nested.
    """
    operands = [_summed_alone(operands, place, out, dialect) for place in range(len(operands))]
    kept = frozenset(out)
    for i, j in pairwise_order([frozenset(v.axes) for v in operands], kept):
        first, second = fit([operands[i], operands[j]], LONGEST_PAIR)
        operands = [v for place, v in enumerate(operands) if place not in (i, j)]
        later = kept.union(*(v.axes for v in operands))
        orders = [
            tuple(k for k in _natural(one.axes, two.axes) if k in later)
            for one, two in ((first, second), (second, first))
        ]
        if not operands:
            orders = [ordered(orders[0], out)]
        results = [product_of_two(first, second, axes, dialect) for axes in orders]
        operands.append(min(results, key=lambda v: len(v.code)))  # the one with fewer transposes
    return operands[0]


def _summed_alone(
    operands: Sequence[Value], place: int, out: tuple[Index, ...], dialect: Dialect
) -> Value:
    """Return one operand, summed over the indices that it alone has."""
    value = operands[place]
    others = {k for n, v in enumerate(operands) if n != place for k in v.axes} | set(out)
    alone = [n for n, k in enumerate(value.axes) if k not in others]
    if not alone:
        return value
    axes = tuple(k for k in value.axes if k in others)
    code = dialect.total(value.at_least(ATOM), alone, len(value.axes))
    return Value(code, axes, ATOM, value.hint)


def _natural(first: tuple[Index, ...], second: tuple[Index, ...]) -> tuple[Index, ...]:
    """Return the axes a product comes out with: batch, rows of the first, columns of the second."""
    batch = [k for k in first if k in second]
    return (*batch, *(k for k in first if k not in batch), *(k for k in second if k not in batch))


def product_of_two(first: Value, second: Value, out: tuple[Index, ...], dialect: Dialect) -> Value:
    """Return the contraction of two operands with axes ``out``."""
    hint = joined_hints((first, second))
    contracted = [k for k in first.axes if k in second.axes and k not in out]
    if not contracted:
        aligned = [align(v, out, dialect) for v in (first, second)]
        code = f"{aligned[0].at_least(PRODUCT)} * {aligned[1].at_least(POWER)}"
        return Value(code, out, PRODUCT, hint)
    if len(contracted) == 1:
        for left, right in ((first, second), (second, first)):
            code = _matrix_product(left, right, contracted[0], out)
            if code is not None:
                return Value(code, out, MATMUL, joined_hints((left, right)))
    if dialect.name == "torch" and set(first.axes) == set(second.axes):
        return _dot(first, second, out, dialect)
    rows = any(k not in second.axes for k in first.axes)
    columns = any(k not in first.axes for k in second.axes)
    letters = subscripts((first.axes, second.axes), out)
    code = dialect.einsum(letters, (first.code, second.code), rows and columns)
    return Value(code, out, ATOM, hint)


def _dot(first: Value, second: Value, out: tuple[Index, ...], dialect: Dialect) -> Value:
    """Return the sum of the elementwise product over what is not in ``out``.

    In torch this is two to five times faster than an einsum, which makes a batch of products of
    vectors out of it.
    """
    axes = (*out, *(k for k in first.axes if k not in out))
    if tuple(k for k in first.axes if k in out) == out:
        axes = first.axes
    one, two = (align(v, axes, dialect) for v in (first, second))
    product = f"({one.at_least(PRODUCT)} * {two.at_least(POWER)})"
    over = [n for n, k in enumerate(axes) if k not in out]
    return Value(dialect.total(product, over, len(axes)), out, ATOM, joined_hints((first, second)))


def _matrix_product(left: Value, right: Value, k: Index, out: tuple[Index, ...]) -> str | None:
    """Return ``left @ right`` if the contraction over ``k`` is a (batched) matrix product."""
    rows = [x for x in out if x in left.axes and x not in right.axes]
    columns = [x for x in out if x in right.axes and x not in left.axes]
    if len(out) >= 2 and out[-2] in rows and out[-1] in columns:
        lead = out[:-2]
        first = _arranged(left, lead, (out[-2], k))
        second = _arranged(right, lead, (k, out[-1]))
    elif out == tuple(rows + columns[:1]) and not (rows and columns):  # a vector on one side
        first = _arranged(left, (), (*rows, k))
        second = _arranged(right, (), (k, *columns))
    else:
        return None
    if first is None or second is None:
        return None
    return f"{first.at_least(MATMUL)} @ {second.at_least(POWER)}"


def _arranged(value: Value, lead: tuple[Index, ...], core: tuple[Index, ...]) -> Value | None:
    """Return ``value`` as a matrix with axes ``core``, with or without leading axes, or None."""
    for front in ((), lead):
        if value.axes == (*front, *core):
            return value
        if len(core) == 2 and value.axes == (*front, *core[::-1]):
            suffix = ".mT" if front else ".T"
            return Value(value.at_least(ATOM) + suffix, (*front, *core), ATOM, value.hint)
    return None
