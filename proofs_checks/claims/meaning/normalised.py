r"""Softmax and its kin: exponentials and their normaliser along one axis.

    softmax(s)_j = e^{s_j} / \sum_k e^{s_k},   lse(s) = \log \sum_k e^{s_k}

They act on a vector, or on every row of a matrix.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import sympy as sp

from proofs_checks.claims import tree
from proofs_checks.claims.meaning.entrywise import expect, exponential
from proofs_checks.claims.meaning.spelling import flat
from proofs_checks.claims.meaning.statements import MeaningError
from proofs_checks.claims.meaning.values import Value
from proofs_checks.claims.tree import nodes
from theory.algebra.expressions import fresh, substitute
from theory.algebra.symbols import Index, total

if TYPE_CHECKING:
    from proofs_checks.claims.meaning.typing import Typer

__all__ = ["log_softmax", "lse", "softmax"]

ROWS = ("row", "rows", "rowwise")
COLUMNS = ("col", "cols", "column", "columns", "colwise", "columnwise")


def softmax(typer: Typer, node: tree.Call) -> Value:
    """Return the softmax of a vector, or of every row."""
    value, axis = _along(typer, node)
    above = exponential(value.expression)
    return value.with_expression(above / _normaliser(value.expression, axis))


def log_softmax(typer: Typer, node: tree.Call) -> Value:
    """Return the logarithm of a softmax."""
    value, axis = _along(typer, node)
    return value.with_expression(value.expression - sp.log(_normaliser(value.expression, axis)))


def lse(typer: Typer, node: tree.Call) -> Value:
    """Return the log-sum-exp, of ``lse(beta, x)`` with the inverse temperature beta."""
    if len(node.arguments) == 2:  # lse(beta, x): with inverse temperature
        beta = typer.scalar(node.arguments[0], "an inverse temperature")
        value = typer.value(node.arguments[1])
        axis = value.column if value.column is not None else value.row
        if axis is None:
            raise MeaningError(f"`lse` needs a vector; got {value.shape()}.", node.span)
        row = value.row if value.column is not None else None
        return Value(sp.log(_normaliser(beta * value.expression, axis)) / beta, row)
    value, axis = _along(typer, node)
    others = (x if x != axis else None for x in (value.row, value.column))
    return Value(sp.log(_normaliser(value.expression, axis)), *others)


def _along(typer: Typer, node: tree.Call) -> tuple[Value, Index]:
    """Return the argument of a softmax or log-sum-exp and the axis it runs over.

    A subscript is the index it runs over, or the temperature by which its argument is divided.
    """
    expect(node, 1)
    body = node.arguments[0]
    value = typer.value(body)
    said = _along_words(node.lower)
    if said in COLUMNS and value.row is not None:
        return value, value.row
    if said not in ROWS and len(node.lower) > 1:
        raise MeaningError(f"the subscript of `{node.function}` is not read.", node.span)
    if node.lower and said not in ROWS:
        letter = typer.roles.letter(node.lower[0])
        if letter is not None and letter in typer.letters and value.is_scalar:
            index = typer.letters[letter]
            return value, Index(index.name, typer.ranges.find(index.size))
        if node.function == "lse":
            raise MeaningError("the subscript of this log-sum-exp is not read.", node.lower[0].span)
        temperature = typer.scalar(node.lower[0], "the temperature of a softmax")
        typer.shapes.notes.append(
            f"the subscript {flat(node.lower[0], typer.roles.spell)} of the softmax is its "
            "temperature"
        )
        value = value.with_expression(value.expression / temperature)
    axis = value.column if value.column is not None else value.row
    if axis is None:
        raise MeaningError(f"`{node.function}` needs a vector; got {value.shape()}.", body.span)
    return value, axis


def _along_words(lower: Sequence[tree.Node]) -> str:
    r"""Return in letters alone what a subscript says: "row" of ``\mathrm{softmax}_{row}``."""
    below = [x for item in lower for x in nodes(item)]
    said = "".join(getattr(x, "letter", getattr(x, "text", "")) for x in below).lower()
    return re.sub("[^a-z]", "", said)


def _normaliser(expression: Any, axis: Index) -> Any:
    other = fresh(axis)
    return total(exponential(substitute(expression, {axis: other})), other)
