"""Values with silent axes, and the products of linear algebra on them.

A value is an index expression whose silent axes are free indices: none (a scalar), a row axis (a
column vector), a column axis (a row vector) or both (a matrix).  A product contracts the column
axis of the left with the row axis of the right.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import sympy as sp

from proofs_checks.claims.meaning.ranges import Ranges
from proofs_checks.claims.meaning.statements import BESIDE, MeaningError
from proofs_checks.claims.places import Span
from theory.algebra.expressions import free_indices, fresh, substitute
from theory.algebra.symbols import Index, Size, total

TERMS = "the terms of a sum"
LONGEST_PRODUCT = 24
"""Sums inside one another in one product of matrices: 25 matrices; papers have a dozen at most."""

__all__ = ["Shapes", "Value"]


@dataclass(frozen=True)
class Value:
    """An expression with its silent axes."""

    expression: Any
    row: Index | None = None
    column: Index | None = None

    @property
    def is_scalar(self) -> bool:
        """Whether there is no silent axis."""
        return self.row is None and self.column is None

    @property
    def is_matrix(self) -> bool:
        """Whether there are two silent axes."""
        return self.row is not None and self.column is not None

    @property
    def axes(self) -> tuple[Index, ...]:
        """The silent axes, row first."""
        return tuple(k for k in (self.row, self.column) if k is not None)

    def shape(self) -> str:
        """Return the shape in words."""
        if self.is_scalar:
            return "a scalar"
        if self.row is None:
            return f"a row vector over {_shown(self.column)}"
        if self.column is None:
            return f"a column vector over {_shown(self.row)}"
        return f"a matrix {_shown(self.row)} x {_shown(self.column)}"

    def with_expression(self, expression: Any) -> Value:
        """Return the same shape with another expression."""
        return replace(self, expression=expression)


class Shapes:
    """Operations on values; sizes that meet become one."""

    def __init__(self, ranges: Ranges) -> None:
        self.ranges = ranges
        self.notes: list[str] = []  # how doubtful shapes were taken
        self.is_entrywise = False  # inside an entrywise product, where 1 - P has one meaning

    def renamed(self, value: Value, row: Index | None, column: Index | None) -> Value:
        """Return the value with its axes renamed."""
        pairs = ((value.row, row), (value.column, column))
        mapping = {a: b for a, b in pairs if a is not None and b is not None and a != b}
        return Value(substitute(value.expression, mapping), row, column)

    def apart(self, value: Value) -> Value:
        """Return the value with axes that occur nowhere else."""
        row, column = (fresh(k) if k is not None else None for k in (value.row, value.column))
        return self.renamed(value, row, column)

    def transpose(self, value: Value) -> Value:
        """Return the transpose; that of a scalar is itself."""
        return Value(value.expression, value.column, value.row)

    def join(self, a: Value, b: Value, span: Span, what: str) -> tuple[Value, Value]:
        """Return both values with the same axes; raises `MeaningError` if shapes differ."""
        if [a.row is None, a.column is None] != [b.row is None, b.column is None]:
            raise MeaningError(
                f"{what} need one shape: {a.shape()} meets {b.shape()}.", span,
                suggestion="transpose one of them" if len(a.axes) == len(b.axes) else "",
            )  # fmt: skip
        for mine, theirs in ((a.row, b.row), (a.column, b.column)):
            if mine is not None and theirs is not None:
                self._meet(mine.size, theirs.size, f"{what} need one shape", (a, b), span)
        return a, self.renamed(b, a.row, a.column)

    def square(self, value: Value, what: str, span: Span) -> None:
        """Make the rows and columns of a matrix one range."""
        if value.row is not None and value.column is not None:
            if self.ranges.clash(value.row.size, value.column.size):
                raise MeaningError(f"{what} needs a square matrix; got {value.shape()}.", span)
            self.ranges.meet(value.row.size, value.column.size)

    def _meet(
        self, mine: Size, theirs: Size, what: str, shown: tuple[Value, Value], span: Span
    ) -> None:
        if self.ranges.clash(mine, theirs):
            raise MeaningError(
                f"{what}: {shown[0].shape()} meets {shown[1].shape()}.", span,
                suggestion="check the order of the factors and the transposes",
            )  # fmt: skip
        self.ranges.meet(mine, theirs)

    def add(self, terms: Sequence[Value], span: Span) -> Value:
        r"""Return the sum of values of one shape; what can only be meant so is spread out.

        A number is added to every entry of a vector or matrix, and a vector to every column of a
        matrix if it has as many entries as the matrix has rows, to every row if as many as it has
        columns: each with a note.
        """
        terms = self._spread(terms, span)
        first, parts = terms[0], [terms[0].expression]
        for term in terms[1:]:
            parts.append(self.join(first, term, span, TERMS)[1].expression)
        return Value(sp.Add(*parts), first.row, first.column)

    def _spread(self, terms: Sequence[Value], span: Span) -> Sequence[Value]:
        """Return the terms with scalars and vectors given the shape of the others."""
        largest = max(terms, key=lambda v: len(v.axes))
        if all(len(v.axes) == len(largest.axes) for v in terms):
            return terms
        spread = []
        for term in terms:
            if len(term.axes) == len(largest.axes):
                spread.append(term)
            elif term.expression == 0:
                spread.append(Value(sp.S.Zero, largest.row, largest.column))
            elif term.is_scalar:
                if largest.is_matrix and not self.is_entrywise:
                    raise MeaningError(
                        f"{TERMS} need one shape: {largest.shape()} meets {term.shape()}.", span,
                        expected="\\lambda I, or \\mathbf{1} \\mathbf{1}^\\top for every entry",
                    )  # fmt: skip
                self.notes.append(f"a number was added to every entry of {largest.shape()}")
                spread.append(Value(term.expression, largest.row, largest.column))
            else:
                spread.append(self._beside(term, largest, span))
        return spread

    def _beside(self, vector: Value, matrix: Value, span: Span) -> Value:
        """Return a vector as a matrix with equal columns, or equal rows, as its size says."""
        axis = vector.row if vector.row is not None else vector.column
        if axis is None or matrix.row is None or matrix.column is None:
            return vector
        size = self.ranges.find(axis.size)
        fits = [k for k in (matrix.row, matrix.column) if self.ranges.find(k.size) == size]
        if vector.row is None:  # written as a row
            fits = [matrix.column]
            self._meet(size, matrix.column.size, f"{TERMS} need one shape", (matrix, vector), span)
        if not fits:
            # a bias beside X W, whose batch has one sample a row
            fits = [matrix.column]
            self._meet(size, matrix.column.size, f"{TERMS} need one shape", (matrix, vector), span)
        along = fits[0]
        ways = "column" if along == matrix.row else "row"
        self.notes.append(f"{BESIDE} {ways} of {matrix.shape()}")
        expression = substitute(vector.expression, {axis: along})
        return Value(expression, matrix.row, matrix.column)

    def times_entrywise(self, a: Value, b: Value, span: Span) -> Value:
        """Return the entrywise product; a scalar multiplies every entry."""
        if a.is_scalar or b.is_scalar:
            return self.multiply(a, b, span)
        if len(a.axes) != len(b.axes):
            a, b = self._spread([a, b], span)
        a, b = self.join(a, b, span, "the factors of an entrywise product")
        return Value(a.expression * b.expression, a.row, a.column)

    def divide(self, a: Value, b: Value, span: Span) -> Value:
        """Return a quotient; of two vectors or matrices of one shape, entry by entry."""
        if b.expression == 0:
            raise MeaningError("this divides by zero.", span)
        if b.is_scalar:
            return Value(a.expression / b.expression, a.row, a.column)
        if not a.is_scalar and len(a.axes) >= len(b.axes):
            a, b = self._spread([a, b], span)
            a, b = self.join(a, b, span, "a quotient, entry by entry,")
            self.notes.append("the quotient was taken entry by entry")
            return Value(a.expression / b.expression, a.row, a.column)
        raise MeaningError(
            f"a denominator must be a scalar; got {b.shape()}.", span,
            suggestion="write the indices, or A^{-1} for the inverse of a matrix",
        )  # fmt: skip

    def multiply(self, a: Value, b: Value, span: Span) -> Value:
        """Return the product of linear algebra."""
        if a.is_scalar or b.is_scalar:
            shape = b if a.is_scalar else a
            return Value(a.expression * b.expression, shape.row, shape.column)
        a, b = self.apart(a), self.apart(b)
        if a.column is not None and b.row is not None:
            what = "the columns of the first factor are not the rows of the second"
            self._meet(a.column.size, b.row.size, what, (a, b), span)
            b = self.renamed(b, a.column, b.column)
            product = total(a.expression * b.expression, a.column)
            self._bounded(product, span)
            return Value(product, a.row, b.column)
        if a.column is None and b.row is None:  # a column times a row
            return Value(a.expression * b.expression, a.row, b.column)
        if a.column is None and b.row and b.column and a.row not in free_indices(a.expression):
            # \mathbf{1} X: every column of the factor is the vector of ones
            self.notes.append(f"a vector of one number before {b.shape()} is a matrix of it")
            return self.multiply(Value(a.expression, a.row, fresh(b.row)), b, span)
        raise MeaningError(
            f"{a.shape()} cannot be multiplied by {b.shape()}.", span,
            suggestion="transpose one factor, or write \\odot for the entrywise product",
        )  # fmt: skip

    @staticmethod
    def _bounded(product: sp.Expr, span: Span) -> None:
        """Refuse products whose sums stand inside one another so deep that work explodes."""
        if len(product.atoms(sp.Sum)) > LONGEST_PRODUCT:
            raise MeaningError(
                f"a product of more than {LONGEST_PRODUCT + 1} matrices is not read.", span,
                suggestion="define a name for a part of it",
            )  # fmt: skip

    def inner(self, a: Value, b: Value, span: Span) -> Value:
        """Return the inner product of two values of one shape."""
        if a.is_scalar and b.is_scalar:
            return Value(a.expression * b.expression)
        if a.column is not None and b.row is not None and a.row is None and b.column is None:
            return self.multiply(a, b, span)
        a, b = self.join(self.apart(a), self.apart(b), span, "the arguments of an inner product")
        return Value(total(a.expression * b.expression, *a.axes))

    def outer(self, a: Value, b: Value, span: Span) -> Value:
        """Return the outer product of two vectors."""
        if len(a.axes) != 1 or len(b.axes) != 1:
            raise MeaningError(
                f"`\\otimes` is read between vectors; got {a.shape()} and {b.shape()}.", span
            )
        a, b = self.apart(a), self.apart(b)
        return Value(a.expression * b.expression, a.axes[0], b.axes[0])


def _shown(index: Index | None) -> str:
    name = index.size.name if index is not None else ""
    return name if not name.startswith("?") else "an open range"
