"""Inverse matrices and determinants of stacks of matrices: over F_p, in rationals and in balls.

Over F_p by Gaussian elimination with row exchanges, all matrices of a stack at once.  Rationals and
balls are left to python-flint, one matrix at a time; a ball matrix that may be singular counts as
singular.
"""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np
from flint import arb, arb_mat, fmpq_mat

from proofs_checks.checks.evaluation.evaluator import Array
from proofs_checks.checks.evaluation.nodes import SingularPoint
from proofs_checks.checks.evaluation.prime_field import PrimeField

__all__ = ["field_determinant", "field_inverse", "real_determinant", "real_inverse"]

FIELD = PrimeField()


def field_inverse(stack: Array) -> Array:
    """Return the inverse of every matrix; `SingularPoint` if one has none."""
    n = stack.shape[-1]
    matrices = np.array(stack.reshape(-1, n, n))
    identity = np.broadcast_to(np.eye(n, dtype=np.uint64), matrices.shape)
    reduced, pivots = _eliminated(np.concatenate((matrices, identity), axis=2))
    if not pivots.all():
        raise SingularPoint("a matrix is singular.")
    return reduced[:, :, n:].reshape(stack.shape)


def field_determinant(stack: Array) -> Array:
    """Return the determinant of every matrix."""
    n = stack.shape[-1]
    _, pivots = _eliminated(np.array(stack.reshape(-1, n, n)))
    result = pivots[:, 0]
    for column in range(1, n):
        result = FIELD.multiply(result, pivots[:, column])
    return result.reshape(stack.shape[:-2])


def _eliminated(rows: Array) -> tuple[Array, Array]:
    """Return reduced rows, and the pivots with the signs of the row exchanges; 0 where none is."""
    count, n = rows.shape[0], rows.shape[1]
    every = np.arange(count)
    pivots = np.empty((count, n), dtype=np.uint64)
    for c in range(n):
        found = np.argmax(rows[:, c:, c] != 0, axis=1) + c
        rows[every, c], rows[every, found] = rows[every, found], rows[every, c].copy()
        pivot = rows[:, c, c].copy()
        pivots[:, c] = np.where(found == c, pivot, FIELD.negative(pivot))
        scale = FIELD.inverse(np.where(pivot == 0, np.uint64(1), pivot))
        rows[:, c] = FIELD.multiply(rows[:, c], scale[:, None])
        weights = rows[:, :, c].copy()
        weights[:, c] = 0
        taken = FIELD.multiply(weights[:, :, None], rows[:, None, c])
        rows = FIELD.add(rows, FIELD.negative(taken))
    return rows, pivots


def real_inverse(matrix: Array) -> Array:
    """Return the inverse of one matrix; `SingularPoint` if it has none, or may have none."""
    try:
        inverse = _matrix(matrix).inv()
    except ZeroDivisionError:
        raise SingularPoint("a matrix is singular.") from None
    return _entries(inverse, matrix.shape)


def real_determinant(matrix: Array) -> Any:
    """Return the determinant of one matrix."""
    return _matrix(matrix).det()


def _matrix(entries: Array) -> Any:
    flat: list[Any] = list(entries.flat)
    rows, columns = entries.shape
    if any(isinstance(x, arb) for x in flat):
        return arb_mat(rows, columns, [arb(x) for x in flat])
    return fmpq_mat(rows, columns, flat)


def _entries(matrix: Any, shape: tuple[int, ...]) -> Array:
    result = np.empty(prod(shape), dtype=object)
    for place, value in enumerate(matrix.entries()):
        result[place] = value
    return result.reshape(shape)
