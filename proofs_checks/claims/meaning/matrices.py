r"""Functions of vectors and matrices: diag, traces, row sums, determinants, norms, extremes.

    diag(p)_{ij} = \delta_{ij} p_i,   tr A = \sum_k A_{kk},   \|A\|_F^2 = \sum_{ij} A_{ij}^2

What needs a matrix says so: a trace of a vector is an error, not a sum.  Entries written out become
a vector or matrix.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import sympy as sp

from proofs_checks.claims import tree
from proofs_checks.claims.meaning.entrywise import expect, no_subscript
from proofs_checks.claims.meaning.spelling import flat
from proofs_checks.claims.meaning.statements import MeaningError
from proofs_checks.claims.meaning.values import Value
from proofs_checks.claims.places import Span
from theory.algebra.expressions import fresh, substitute
from theory.algebra.nodes import Determinant, Maximum
from theory.algebra.symbols import Index, delta, total

if TYPE_CHECKING:
    from proofs_checks.claims.meaning.typing import Typer

__all__ = [
    "determinant",
    "determinant_of",
    "diagonal",
    "extreme",
    "norm",
    "row_sums",
    "trace",
    "written_out",
]


def diagonal(typer: Typer, node: tree.Call) -> Value:
    """Return the diagonal matrix of a vector, the diagonal of a matrix."""
    expect(node, 1)
    no_subscript(node)
    value = typer.value(node.arguments[0])
    axis = value.row if value.row is not None else value.column
    if axis is None:
        raise MeaningError(f"`diag` needs a vector; got {value.shape()}.", node.span)
    if not value.is_matrix:
        other = fresh(axis)
        return Value(delta(axis, other) * value.expression, axis, other)
    typer.shapes.square(value, "`diag`", node.span)
    return Value(substitute(value.expression, {value.column: value.row}), value.row)


def trace(typer: Typer, node: tree.Call) -> Value:
    """Return the trace of a matrix."""
    expect(node, 1)
    no_subscript(node)
    value = typer.value(node.arguments[0])
    if value.row is None or value.column is None:
        raise MeaningError(f"a trace needs a matrix; got {value.shape()}.", node.span)
    typer.shapes.square(value, "a trace", node.span)
    size = typer.ranges.find(value.row.size)
    k = fresh(Index("k", size))
    return Value(total(substitute(value.expression, {value.column: k, value.row: k}), k))


def row_sums(typer: Typer, node: tree.Call) -> Value:
    """Return the vector of the sums, or maxima, of all rows; of all columns for "colsum"."""
    expect(node, 1)
    no_subscript(node)
    value = typer.value(node.arguments[0])
    if value.row is None or value.column is None:
        what = "maximum" if node.function == "rowmax" else "sum"
        raise MeaningError(f"a row {what} needs a matrix; got {value.shape()}.", node.span)
    if node.function == "colsum":
        return Value(total(value.expression, value.row), value.column)
    if node.function == "rowmax":
        return Value(Maximum(value.expression, value.column), value.row)
    return Value(total(value.expression, value.column), value.row)


def sum_of_entries(typer: Typer, node: tree.Call) -> Value:
    r"""Return ``\mathrm{sum}(x)``, ``\mathrm{mean}(x)`` of a vector; of a matrix, over what?"""
    expect(node, 1)
    no_subscript(node)
    value = typer.value(node.arguments[0])
    if len(value.axes) != 1:
        raise MeaningError(
            f"a sum of entries is read of a vector; got {value.shape()}.", node.span,
            suggestion="write the indices",
        )  # fmt: skip
    whole = total(value.expression, *value.axes)
    size = typer.ranges.find(value.axes[0].size)
    return Value(whole if node.function == "total" else whole / size)


def determinant(typer: Typer, value: Value, span: Span) -> Any:
    """Return the determinant of a matrix."""
    if value.row is None or value.column is None:
        raise MeaningError(f"a determinant needs a matrix; got {value.shape()}.", span)
    typer.shapes.square(value, "a determinant", span)
    size = typer.ranges.find(value.row.size)
    a, b = (fresh(Index(x, size)) for x in "ab")
    return Determinant(substitute(value.expression, {value.row: a, value.column: b}), a, b)


def determinant_of(typer: Typer, node: tree.Call) -> Value:
    r"""Return ``\det A``."""
    expect(node, 1)
    no_subscript(node)
    return Value(determinant(typer, typer.value(node.arguments[0]), node.span))


def extreme(typer: Typer, node: tree.Call) -> Value:
    r"""Return ``\max(a, b)``, or the largest entry of one vector."""
    no_subscript(node)
    arguments = node.arguments
    if len(arguments) == 1 and isinstance(arguments[0], tree.SetOf | tree.Tuple):
        arguments = arguments[0].entries
    values = [typer.value(argument) for argument in arguments]
    is_max = node.function == "max"
    if len(values) == 1:
        value = values[0]
        if value.is_scalar:
            return value
        sign = 1 if is_max else -1
        return Value(sign * Maximum(sign * value.expression, *value.axes))
    result = values[0]
    for other in values[1:]:
        result, other = typer.shapes.join(result, other, node.span, "what is compared")
        function = sp.Max if is_max else sp.Min
        result = result.with_expression(
            function(
                sp.sympify(result.expression, strict=True),
                sp.sympify(other.expression, strict=True),
            )
        )
    return result


def norm(typer: Typer, node: tree.Norm) -> Value:
    r"""Return a norm: Euclidean, Frobenius, or the subscript's; |x| of a number; |A| is det A."""
    value = typer.value(node.body)
    kind = node.order
    text = "" if kind is None else flat(kind, typer.roles.spell)
    if node.bars == 1 and value.is_matrix and not text:
        return Value(determinant(typer, value, node.span))
    if value.is_scalar:
        if text not in ("", "1", "2", "F"):
            raise MeaningError(f"the norm with subscript {text} is not read.", node.span)
        return Value(_absolute(value.expression))
    if value.is_matrix and text != "F":
        what = f"with subscript {text}" if text else "without a subscript"
        raise MeaningError(
            f"the norm of a matrix {what} is not read.", node.span,
            expected="\\|A\\|_F, the root of the sum of all squares",
        )  # fmt: skip
    if text not in ("", "1", "2", "F"):
        raise MeaningError(
            f"the norm with subscript {text} is not part of the language.", node.span
        )
    if text == "1":
        return Value(total(_absolute(value.expression), *value.axes))
    return Value(sp.sqrt(total(value.expression**2, *value.axes)))


def _absolute(expression: Any) -> Any:
    """Return |x|; SymPy expands it without end where a root may be imaginary, as sqrt(1 - a)."""
    powers = (x.exp for x in expression.atoms(sp.Pow))
    has_root = any(x.is_Rational and x.q % 2 == 0 for x in powers)
    return sp.sqrt(expression**2) if has_root else sp.Abs(expression)


def written_out(typer: Typer, node: tree.Sum, body: Value, indices: Sequence[Index]) -> Value:
    """Return the vector or matrix of entries; a list of columns is the matrix of these columns."""
    hidden = [typer.hidden(index.size) for index in indices]
    entry = substitute(body.expression, dict(zip(indices, hidden, strict=True)))
    axis = hidden[0]
    if body.is_scalar:
        if node.operator == "matrix":
            return Value(entry, *hidden)
        return Value(entry, None, axis) if node.operator == "row" else Value(entry, axis)
    if node.operator in ("list", "row") and body.column is None:
        return Value(entry, body.row, axis)
    if node.operator == "column" and body.row is None:
        return Value(entry, axis, body.column)
    raise MeaningError(f"blocks are not read; got {body.shape()} as an entry.", node.body.span)
