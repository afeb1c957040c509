"""Arrays over the field with p = 2^61 - 1 elements, exact and without Python integers.

Entries are 64-bit unsigned integers in [0, p).  Since 2^61 = 1 in the field, multiplying by 2^m is
a rotation of 61 bits, and reduction is a shift and an addition.

* Entrywise products split the factors at bit 31; no partial sum reaches 2^64.
* Matrix products split them into limbs, a = a0 + 2^21 a1 + 2^42 a2 with a0, a1 < 2^21, a2 < 2^19.
  Since 2^63 = 4, the nine products of limbs fall into three groups,

      a b = (a0 b0 + 4 a1 b2 + 4 a2 b1) + 2^21 (a0 b1 + a1 b0 + 4 a2 b2)
            + 2^42 (a0 b2 + a1 b1 + a2 b0),

  each below 3 * 2^42.  One floating-point matrix product sums them exactly as long as at most
  2^53 / (3 * 2^42) = 682 are added; longer sums are cut into pieces of 512.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from proofs_checks.checks.evaluation.evaluator import Array
from proofs_checks.checks.evaluation.nodes import NotApplicable, SingularPoint

__all__ = ["P", "PrimeField", "modulo", "residue"]

P = (1 << 61) - 1
_P = np.uint64(P)
_LONGEST_SUM = 512
_LARGEST_NUMBER = 1 << 40
_BLOCK_SIDE = 64
_BLOCK = 1 << 14  # entries that are multiplied at a time, so that temporaries stay in the cache


def _u(value: int) -> np.uint64:
    return np.uint64(value)


_ONE, _30, _31, _32, _61 = (_u(n) for n in (1, 30, 31, 32, 61))
_LOW30, _LOW31, _LOW32, _LOW21 = (_u((1 << n) - 1) for n in (30, 31, 32, 21))
_19, _21, _40, _42 = (_u(n) for n in (19, 21, 40, 42))
_LOW19, _LOW40 = _u((1 << 19) - 1), _u((1 << 40) - 1)


def residue(value: Fraction) -> int:
    """Return the element of the field that a rational number stands for.

    Raises `NotApplicable` for numbers so large that a multiple of p could look like zero.
    """
    if max(abs(value.numerator), value.denominator) > _LARGEST_NUMBER:
        raise NotApplicable(f"the number {value} is too large for arithmetic modulo 2^61 - 1.")
    return value.numerator * pow(value.denominator, -1, P) % P


def modulo(array: Array) -> Array:
    """Return any 64-bit unsigned integers modulo p."""
    folded = (array & _P) + (array >> _61)
    return folded - (folded >= _P) * _P


class PrimeField:
    """The arithmetic of `Evaluator` over F_p."""

    def number(self, value: Fraction) -> Array:
        """Return a rational number."""
        return np.array(residue(value), dtype=np.uint64)

    def integers(self, values: Array) -> Array:
        """Return small non-negative integers."""
        return values.astype(np.uint64)

    def add(self, first: Array, second: Array) -> Array:
        """Return the sum."""
        total = first + second
        return total - (total >= _P) * _P

    def negative(self, array: Array) -> Array:
        """Return the negative."""
        return (_P - array) * (array != 0)

    def multiply(self, first: Array, second: Array) -> Array:
        """Return the product; large arrays are taken in blocks."""
        if first.ndim == 0 or second.ndim == 0:
            first, second = (second, first) if first.ndim == 0 else (first, second)
            if int(second) == P - 1:
                return self.negative(first)
            if int(second) == 1:
                return first
        shape = np.broadcast_shapes(first.shape, second.shape)
        rows = max(1, _BLOCK * shape[0] // max(1, int(np.prod(shape)))) if shape else 1
        if not shape or rows >= shape[0]:
            return _multiply(first, second)
        first, second = np.broadcast_to(first, shape), np.broadcast_to(second, shape)
        result = np.empty(shape, dtype=np.uint64)
        for start in range(0, shape[0], rows):
            part = slice(start, start + rows)
            result[part] = _multiply(first[part], second[part])
        return result

    def total(self, array: Array, axes: tuple[int, ...]) -> Array:
        """Return the sum over axes, as sums of high and low halves."""
        low = (array & _LOW32).sum(axis=axes, dtype=np.uint64)
        high = modulo((array >> _32).sum(axis=axes, dtype=np.uint64))
        rotated = ((high & _u((1 << 29) - 1)) << _32) + (high >> _u(29))
        return modulo(rotated + modulo(low))

    def matmul(self, first: Array, second: Array) -> Array:
        """Return the product of stacks of matrices."""
        inner = first.shape[-1]
        if inner <= _LONGEST_SUM:
            return _matmul(first, second)
        parts = [slice(k, k + _LONGEST_SUM) for k in range(0, inner, _LONGEST_SUM)]
        result = _matmul(first[..., parts[0]], second[..., parts[0], :])
        for part in parts[1:]:
            result = self.add(result, _matmul(first[..., part], second[..., part, :]))
        return result

    def power(self, array: Array, exponent: int) -> Array:
        """Return a non-negative integer power."""
        result, square = np.ones_like(array), array
        while exponent:
            if exponent & 1:
                result = self.multiply(result, square)
            exponent >>= 1
            if exponent:
                square = self.multiply(square, square)
        return result

    def inverse(self, array: Array) -> Array:
        """Return one divided by every entry, at the price of three products an entry.

        Neighbours are multiplied in a binary tree; only the root is inverted.
        """
        if not np.all(array):
            raise SingularPoint("a denominator is zero.")
        levels = [array.ravel()]
        while len(levels[-1]) > 8:
            level = levels[-1]
            if len(level) % 2:
                level = levels[-1] = np.append(level, _ONE)
            levels.append(_multiply(level[0::2], level[1::2]))
        roots = [pow(int(x), -1, P) for x in levels[-1]]
        inverted = np.array(roots, dtype=np.uint64)
        for level in levels[-2::-1]:
            swapped = np.empty_like(level)
            swapped[0::2], swapped[1::2] = level[1::2], level[0::2]
            inverted = _multiply(np.repeat(inverted, 2)[: len(level)], swapped)
        return inverted[: array.size].reshape(array.shape)


def _multiply(a: Array, b: Array) -> Array:
    """Return a b: with halves at bit 31 it is 2 a1 b1 + 2^31 (a1 b0 + a0 b1) + a0 b0."""
    a1, a0 = a >> _31, a & _LOW31
    b1, b0 = b >> _31, b & _LOW31
    middle = a1 * b0 + a0 * b1
    result = a1 * b1
    result = result + result + (middle >> _30) + ((middle & _LOW30) << _31) + a0 * b0
    return modulo(result)


def _matmul(a: Array, b: Array) -> Array:
    a0, a1, a2 = _limbs(a)
    b0, b1, b2 = _limbs(b)
    four_b1, four_b2 = 4.0 * b1, 4.0 * b2
    left = np.concatenate((a0, a1, a2), axis=-1)
    right = _blocks(((b0, b1, b2), (four_b2, b0, b1), (four_b1, four_b2, b0)))
    sums = _in_blocks(left, right).astype(np.uint64)
    n = b.shape[-1]
    low, middle, high = sums[..., :n], sums[..., n : 2 * n], sums[..., 2 * n :]
    middle = ((middle & _LOW40) << _21) + (middle >> _40)
    high = ((high & _LOW19) << _42) + (high >> _19)
    return modulo(low + middle + high)


def _in_blocks(left: Array, right: Array) -> Array:
    """Return the product of stacks of float64 matrices whose entries are integers.

    BLAS shares products of more than 2^18 multiplications among threads.  For matrices of this kind
    that costs more than it saves, ten times more where other processes keep the cores busy; so
    large products are added up from blocks of 64 x 64.
    """
    (height, inner), width = left.shape[-2:], right.shape[-1]
    if height * inner * width <= _BLOCK_SIDE**3:
        return np.matmul(left, right)
    result = np.zeros((*left.shape[:-1], width))
    for k in range(0, inner, _BLOCK_SIDE):
        along = slice(k, k + _BLOCK_SIDE)
        rows = np.ascontiguousarray(left[..., along])
        for column in range(0, width, _BLOCK_SIDE):
            across = slice(column, column + _BLOCK_SIDE)
            block = np.ascontiguousarray(right[..., along, across])
            for row in range(0, height, _BLOCK_SIDE):
                down = slice(row, row + _BLOCK_SIDE)
                result[..., down, across] += np.matmul(rows[..., down, :], block)
    return result


def _limbs(a: Array) -> tuple[Array, Array, Array]:
    return (
        (a & _LOW21).astype(np.float64),
        ((a >> _21) & _LOW21).astype(np.float64),
        (a >> _42).astype(np.float64),
    )


def _blocks(rows: Sequence[Sequence[Array]]) -> Array:
    return np.concatenate([np.concatenate(row, axis=-1) for row in rows], axis=-2)
