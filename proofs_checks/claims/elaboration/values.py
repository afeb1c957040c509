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

from proofs_checks.claims.elaboration.errors import ElaborationError, Restart
from proofs_checks.claims.elaboration.sizes import Ranges
from proofs_checks.claims.places import Span
from theory.algebra.expressions import fresh, substitute
from theory.algebra.symbols import Index, Size, total

SCALARS = ("eta", "eps", "tau", "lambda", "sigma", "gamma")
"""Letters that stay numbers where a vector could stand."""

TERMS = "the terms of a sum"

LONGEST_PRODUCT = 24
"""Sums inside one another in one product of matrices: 25 matrices; papers have a dozen at most."""

__all__ = ["Guess", "Shapes", "Value", "vector_like"]


@dataclass
class Guess:
    """A symbol whose number of axes was guessed; ``more`` raises it and elaborates again."""

    name: str
    axes: int

    def more(self) -> None:
        """Give the symbol one more silent axis."""
        self.axes += 1
        raise Restart


@dataclass(frozen=True)
class Value:
    """An expression with its silent axes.

    ``guess`` is the symbol of unknown shape that would have to have another axis for this to.
    """

    expression: Any
    row: Index | None = None
    column: Index | None = None
    guess: Guess | None = None

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
        return replace(self, expression=expression, guess=None)


class Shapes:
    """Operations on values; sizes that meet become one."""

    def __init__(self, ranges: Ranges) -> None:
        self.ranges = ranges
        self.notes: list[str] = []  # how doubtful shapes were taken

    def renamed(self, value: Value, row: Index | None, column: Index | None) -> Value:
        """Return the value with its axes renamed."""
        pairs = ((value.row, row), (value.column, column))
        mapping = {a: b for a, b in pairs if a is not None and b is not None and a != b}
        return Value(substitute(value.expression, mapping), row, column)

    def apart(self, value: Value) -> Value:
        """Return the value with axes that occur nowhere else."""
        row, column = (fresh(k) if k is not None else None for k in (value.row, value.column))
        return replace(self.renamed(value, row, column), guess=value.guess)

    def transpose(self, value: Value) -> Value:
        """Return the transpose; that of a scalar is itself."""
        if value.is_scalar and value.guess is not None:
            value.guess.more()
        return Value(value.expression, value.column, value.row)

    def join(self, a: Value, b: Value, span: Span, what: str) -> tuple[Value, Value]:
        """Return both values with the same axes; raises `ElaborationError` if shapes differ."""
        for one, other in ((a, b), (b, a)):
            if one.is_scalar and not other.is_scalar and one.guess is not None:
                one.guess.more()
            if one.guess is not None and len(one.axes) < len(other.axes):
                if one.is_scalar or not vector_like(one.guess):
                    one.guess.more()
        if [a.row is None, a.column is None] != [b.row is None, b.column is None]:
            raise ElaborationError(
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
                raise ElaborationError(f"{what} needs a square matrix; got {value.shape()}.", span)
            self.ranges.meet(value.row.size, value.column.size)

    def _meet(
        self, mine: Size, theirs: Size, what: str, shown: tuple[Value, Value], span: Span
    ) -> None:
        if self.ranges.clash(mine, theirs):
            raise ElaborationError(
                f"{what}: {shown[0].shape()} meets {shown[1].shape()}.", span,
                suggestion="check the order of the factors and the transposes",
            )  # fmt: skip
        self.ranges.meet(mine, theirs)

    def add(self, terms: Sequence[Value], span: Span, *, entrywise: bool = False) -> Value:
        r"""Return the sum of values of one shape; what can only be meant so is spread out.

        A number or another scalar is added to every entry of a vector, and to every entry of a
        matrix where ``entrywise`` says that it is a factor of \\odot.  A vector is added to every
        column of a matrix if it has as many entries as the matrix has rows, and to every row if it
        has as many as columns.
        """
        terms = self._spread(terms, span, entrywise)
        first, parts = terms[0], [terms[0].expression]
        guess = next((v.guess for v in terms if v.guess and vector_like(v.guess)), None)
        for term in terms[1:]:
            joined = self.join(replace(first, guess=first.guess or guess), term, span, TERMS)[1]
            parts.append(joined.expression)
        return Value(sp.Add(*parts), first.row, first.column, guess)

    def _spread(self, terms: Sequence[Value], span: Span, entrywise: bool) -> Sequence[Value]:
        """Return the terms with scalars and vectors given the shape of the others."""
        largest = max(terms, key=lambda v: len(v.axes))
        if all(len(v.axes) == len(largest.axes) for v in terms):
            return terms
        row, column = largest.row, largest.column
        if largest.is_matrix and any(v.is_scalar and v.guess is None for v in terms):
            if not entrywise:
                scalar = next(v for v in terms if v.is_scalar and v.guess is None)
                raise ElaborationError(
                    f"{TERMS} need one shape: {largest.shape()} meets {scalar.shape()}.", span,
                    expected="\\lambda I, or \\mathbf{1} \\mathbf{1}^\\top for every entry",
                )  # fmt: skip
        spread = []
        for term in terms:
            if len(term.axes) == len(largest.axes) or _is_open(term, largest):
                spread.append(term)
            elif term.is_scalar:
                spread.append(Value(term.expression, row, column))
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
            raise ElaborationError(
                f"{TERMS} need one shape: {matrix.shape()} meets {vector.shape()}, and nothing "
                "says whether it has the size of the rows or of the columns.", span,
                expected="x \\mathbf{1}^\\top (equal columns) or \\mathbf{1} x^\\top (equal rows)",
            )  # fmt: skip
        along = fits[0]
        ways = "column" if along == matrix.row else "row"
        self.notes.append(f"the vector over {size} was added to every {ways} of {matrix.shape()}")
        expression = substitute(vector.expression, {axis: along})
        return Value(expression, matrix.row, matrix.column)

    def times_entrywise(self, a: Value, b: Value, span: Span) -> Value:
        """Return the entrywise product; a scalar multiplies every entry."""
        if (a.is_scalar and a.guess is None) or (b.is_scalar and b.guess is None):
            return self.multiply(a, b, span)
        a, b = self.join(a, b, span, "the factors of an entrywise product")
        return Value(a.expression * b.expression, a.row, a.column)

    def multiply(self, a: Value, b: Value, span: Span) -> Value:
        """Return the product of linear algebra."""
        if b.is_scalar and a.column is not None and b.guess is not None and vector_like(b.guess):
            b.guess.more()
        if a.is_scalar or b.is_scalar:
            shape = b if a.is_scalar else a
            guess = _likelier(a.guess, b.guess) if a.is_scalar and b.is_scalar else None
            return Value(a.expression * b.expression, shape.row, shape.column, guess)
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
        raise ElaborationError(
            f"{a.shape()} cannot be multiplied by {b.shape()}.", span,
            suggestion="transpose one factor, or write \\odot for the entrywise product",
        )  # fmt: skip

    @staticmethod
    def _bounded(product: sp.Expr, span: Span) -> None:
        """Refuse products whose sums stand inside one another so deep that work explodes."""
        if len(product.atoms(sp.Sum)) > LONGEST_PRODUCT:
            raise ElaborationError(
                f"a product of more than {LONGEST_PRODUCT + 1} matrices is not read.", span,
                suggestion="define a name for a part of it",
            )  # fmt: skip

    def inner(self, a: Value, b: Value, span: Span) -> Value:
        """Return the inner product of two values of one shape."""
        for value in (a, b):
            if value.is_scalar and value.guess is not None:
                value.guess.more()
        if a.is_scalar and b.is_scalar:
            raise ElaborationError("the arguments of an inner product are scalars.", span)
        a, b = self.join(self.apart(a), self.apart(b), span, "the arguments of an inner product")
        return Value(total(a.expression * b.expression, *a.axes))


def _is_open(small: Value, large: Value) -> bool:
    """Whether a symbol of unknown shape would take the shape of the larger value."""
    if small.guess is None or small.guess is large.guess:
        return False
    # a small letter beside a matrix is a vector to be spread, as the bias in X W + b
    return small.is_scalar or not vector_like(small.guess)


def vector_like(guess: Guess) -> bool:
    """Return whether a letter after a matrix is read as a vector: lower case, and no rate."""
    return guess.name[:1].islower() and guess.name.split("_")[0] not in SCALARS


def _likelier(first: Guess | None, second: Guess | None) -> Guess | None:
    """Return the factor of a product that is the vector, if the product is one."""
    guesses = [g for g in (first, second) if g is not None and vector_like(g)]
    fewest = min((g.axes for g in guesses), default=0)
    likely = {id(g): g for g in guesses if g.axes == fewest}
    return next(iter(likely.values())) if len(likely) == 1 else None


def _shown(index: Index | None) -> str:
    name = index.size.name if index is not None else ""
    return name if not name.startswith("?") else "an open range"
