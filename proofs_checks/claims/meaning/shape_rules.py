"""Which shapes the operators of linear algebra take, and which shape comes out.

    product(MATRIX, COLUMN) = COLUMN      (A x)_i = sum_k A_ik x_k
    product(COLUMN, COLUMN) = None        x y has no meaning

A rule maps the shapes of the operands to the shape of the result: None where there is no result,
several shapes where more than one is possible.  `shapes.table` makes a constraint of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from proofs_checks.claims.meaning.shapes import ANY, COLUMN, MATRIX, ROW, SCALAR

SIZE = {SCALAR: 0, COLUMN: 1, ROW: 1, MATRIX: 2}


def product(a: int, b: int) -> int | None:
    """Matrix product, or a number times anything."""
    if a == SCALAR or b == SCALAR:
        return b if a == SCALAR else a
    return {
        (MATRIX, MATRIX): MATRIX, (MATRIX, COLUMN): COLUMN, (ROW, MATRIX): ROW,
        (ROW, COLUMN): SCALAR, (COLUMN, ROW): MATRIX,
    }.get((a, b))  # fmt: skip


def dot(a: int, b: int) -> int | None:
    """The product written with a dot: of two vectors alike, their inner product."""
    return SCALAR if a == b == COLUMN or a == b == ROW else product(a, b)


def outer(a: int, b: int) -> int | None:
    """The outer product a b^T of two vectors."""
    return MATRIX if a in (COLUMN, ROW) and b in (COLUMN, ROW) else None


def entrywise(a: int, b: int) -> int | None:
    """Product entry by entry, or by a number."""
    if a == SCALAR or b == SCALAR:
        return b if a == SCALAR else a
    return a if a == b else None


def hadamard(a: int, b: int) -> int | None:
    """Product entry by entry of two vectors or matrices."""
    return a if a == b != SCALAR else None


def entrywise_spread(a: int, b: int) -> int | None:
    """Product entry by entry, the smaller operand spread over the larger."""
    return entrywise(a, b) or spread(a, b)


def equal_sum(a: int, b: int) -> int | None:
    """Terms of one shape."""
    return a if a == b else None


def spread(a: int, b: int) -> int | None:
    """Terms of different shapes: a number added to every entry, a vector to every row or column."""
    if a == b:
        return a
    large, small = (a, b) if SIZE[a] > SIZE[b] else (b, a)
    if small == SCALAR or (large == MATRIX and small in (COLUMN, ROW)):
        return large
    return None


def quotient(a: int, b: int) -> int | None:
    """Division by a number."""
    return a if b == SCALAR else None


def divided(a: int, b: int) -> int | None:
    """Division entry by entry."""
    if b == SCALAR or a == b:
        return a
    return MATRIX if (a, b) == (MATRIX, COLUMN) else None


def power(a: int) -> int | None:
    """A number to a power."""
    return SCALAR if a == SCALAR else None


def exponential(a: int) -> int | None:
    """The exponential of a number or, entry by entry, of a vector."""
    return a if a != MATRIX else None


def inverse(a: int) -> int | None:
    """The inverse of a number or matrix."""
    return a if a in (SCALAR, MATRIX) else None


def transpose(a: int) -> int | None:
    """The transpose of a vector or matrix."""
    return {COLUMN: ROW, ROW: COLUMN, MATRIX: MATRIX}.get(a)


def transpose_any(a: int) -> int:
    """The transpose, where that of a number is the number."""
    return {COLUMN: ROW, ROW: COLUMN}.get(a, a)


def softmax(a: int) -> int | None:
    """The softmax of a vector, or of every row of a matrix."""
    return a if a != SCALAR else None


def same_or_number(a: int) -> int:
    """What is taken over an index that is named keeps the shape of its body."""
    return a


def reduced(a: int) -> int | None:
    """One number for a vector, one for each row of a matrix."""
    return {COLUMN: SCALAR, ROW: SCALAR, MATRIX: COLUMN}.get(a)


def diag(a: int) -> int | None:
    """The diagonal matrix of a vector, or the diagonal of a matrix."""
    return {COLUMN: MATRIX, ROW: MATRIX, MATRIX: COLUMN}.get(a)


def column_sum(a: int) -> int | None:
    """The sums of the rows or columns of a matrix."""
    return COLUMN if a == MATRIX else None


def trace(a: int) -> int | None:
    """A number that a matrix has: its trace or determinant."""
    return SCALAR if a == MATRIX else None


def number(a: int) -> int:
    """A number, whatever it is taken of."""
    return SCALAR


def inner(a: int, b: int) -> int | None:
    """The inner product of two of one shape."""
    return SCALAR if a == b != SCALAR else None


def of_vector(a: int) -> int | None:
    """A number that a vector or matrix has: its norm."""
    return SCALAR if a != SCALAR else None


def derivative(*shapes: int) -> int | None:
    """The shape of d q / d x: that of whichever is no scalar; two vectors make a matrix."""
    solid = [s for s in shapes if s != SCALAR]
    if len(solid) < 2:
        return solid[0] if solid else SCALAR
    return MATRIX if len(solid) == 2 and MATRIX not in solid else None


def mean(a: int) -> tuple[int, ...]:
    """An expectation: of a number, or of the vector of values (then it is one number)."""
    return (a, SCALAR) if a in (COLUMN, ROW) else (a,)


LISTED: Mapping[str, Callable[[int], int | tuple[int, ...] | None]] = {
    "list": {SCALAR: (COLUMN, ROW), COLUMN: MATRIX}.get,
    "row": {SCALAR: ROW, COLUMN: MATRIX}.get,
    "column": {SCALAR: COLUMN, ROW: MATRIX}.get,
    "matrix": {SCALAR: MATRIX}.get,
}
"""Entries written out: numbers are entries of a vector, columns side by side are a matrix."""

UNARY = {
    "softmax": softmax, "log_softmax": softmax, "lse": reduced, "entropy": reduced,
    "diag": diag, "tr": trace, "rowsum": column_sum, "colsum": column_sum,
    "rowmax": column_sum, "total": of_vector, "mean": of_vector,
    "det": trace,
}  # fmt: skip
NUMBERS = frozenset(["var", "cov", "kl"])
NORMAL = frozenset(((SCALAR,) * 3, (COLUMN, COLUMN, MATRIX), (COLUMN, COLUMN, SCALAR)))
SPECIAL = {
    "ones": COLUMN | ROW | MATRIX, "zeros": ANY, "identity": MATRIX, "delta": SCALAR, "pi": SCALAR,
    "size": SCALAR, "infinity": SCALAR,
}  # fmt: skip
