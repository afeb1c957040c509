"""Inverses, determinants, products and maxima over indices, written out entry by entry.

(A + N)^-1 = A^-1 - A^-1 N A^-1 + ...      which ends, as N is nilpotent
det A by expansion along the rows, for every set of columns once: no division

A maximum has a derivative where no two values tie.
"""

from __future__ import annotations

from functools import reduce
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from proofs_checks.checks.plain.entries import place
from proofs_checks.checks.plain.jets import Jet, Unjudgeable
from proofs_checks.checks.plain.special import larger
from theory.algebra.nodes import Determinant, MatrixInverse, Maximum, ProductOver

if TYPE_CHECKING:
    from proofs_checks.checks.plain.surroundings import Surroundings

__all__ = ["determinant", "inverse", "maximum", "product_over"]

LARGEST_DETERMINANT = 8

NEARLY_SINGULAR = 1e-7
"""A matrix with a smaller reciprocal condition number has no inverse that float64 could vouch for:
X^T X with fewer rows than columns is singular, and rounding hides it."""


def inverse(at: Surroundings, e: MatrixInverse) -> Jet:
    """Return an entry of the inverse of a matrix; a singular one has none."""
    arithmetic, body = at.arithmetic, at.value(e.body)
    row, column = (at.common.label(k) for k in e.bound)
    first, last = (arithmetic.new_label(arithmetic.lengths[x]) for x in (row, column))
    batch = tuple(x for x in body[0][0] if x not in (row, column))
    inverted = arithmetic.rounded(_inverted(at.dense(body, 0, (*batch, row, column))))

    def plain(left: int, right: int) -> Jet:
        places = {row: (right, 0), column: (left, 0)}  # rows of the inverse are columns of A
        ordered = {0: ((*batch, column, row), inverted)}
        return arithmetic.relabelled(ordered, places)

    change = {levels: part for levels, part in body.items() if levels}
    order = reduce(int.__or__, body).bit_count()
    term = result = plain(first, last)
    for _ in range(order):
        moved = arithmetic.relabelled(term, {first: (column, 0)})
        zero = {0: ((row, column), np.zeros([arithmetic.lengths[row]] * 2))}
        turned = arithmetic.product([plain(first, row), {**zero, **change}, moved], (row, column))
        term = arithmetic.scale(turned, -1)
        result = arithmetic.add([result, term])
    places = [place(at, e, k, e.size) for k in e.slots]
    return arithmetic.relabelled(result, dict(zip((first, last), places, strict=True)))


def _inverted(matrices: np.ndarray) -> np.ndarray:
    try:
        inverted = np.linalg.inv(matrices)
    except np.linalg.LinAlgError:
        return np.full(matrices.shape, np.nan)
    axes = (-2, -1)
    norms = np.abs(matrices).sum(axes, keepdims=True), np.abs(inverted).sum(axes, keepdims=True)
    return np.where(norms[0] * norms[1] * NEARLY_SINGULAR < 1, inverted, np.nan)


def determinant(at: Surroundings, e: Determinant) -> Jet:
    """Return the determinant of a matrix."""
    arithmetic, body = at.arithmetic, at.value(e.body)
    row, column = (at.common.label(k) for k in e.bound)
    n = arithmetic.lengths[row]
    if n > LARGEST_DETERMINANT:
        raise Unjudgeable(f"the determinant of a matrix with {n} rows is too much to write out")
    minors: dict[tuple[int, ...], Jet] = {(): arithmetic.number(1)}
    for i in range(n):
        found = {}
        for columns in combinations(range(n), i + 1):
            terms = []
            for k, j in enumerate(columns):
                entry = arithmetic.relabelled(body, {row: (None, i), column: (None, j)})
                rest = minors[columns[:k] + columns[k + 1 :]]
                signed = arithmetic.scale(entry, (-1) ** (i - k))
                terms.append(arithmetic.product([signed, rest]))
            found[columns] = arithmetic.add(terms)
        minors = found
    return minors[tuple(range(n))]


def _values(at: Surroundings, e: ProductOver | Maximum) -> list[Jet]:
    """Return the body at every position of the bound indices."""
    body, labels = at.value(e.body), [at.common.label(k) for k in e.bound]
    positions = np.ndindex(*(at.arithmetic.lengths[x] for x in labels))
    return [
        at.arithmetic.relabelled(body, {x: (None, n) for x, n in zip(labels, here, strict=True)})
        for here in positions
    ]


def product_over(at: Surroundings, e: ProductOver) -> Jet:
    """Return a product over an index."""
    return at.arithmetic.product(_values(at, e))


def maximum(at: Surroundings, e: Maximum) -> Jet:
    """Return the largest value over indices."""
    return larger(at, _values(at, e))
