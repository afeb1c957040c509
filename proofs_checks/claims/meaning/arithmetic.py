r"""Sums, products, quotients, powers and transposes of values with silent axes.

    A x + b      the matrix product where shapes ask for it
    a \cdot b    the inner product of two columns, else the product
    A^{-1}       the inverse of a matrix;  A^T_{ij} is A_{ji}

A silent axis is a row or a column; equal shapes add, inner axes contract.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import sympy as sp

from proofs_checks.claims import tree
from proofs_checks.claims.meaning.entrywise import exponential
from proofs_checks.claims.meaning.entrywise import power as real_power
from proofs_checks.claims.meaning.statements import MeaningError
from proofs_checks.claims.meaning.values import Value
from proofs_checks.claims.places import Span
from theory.algebra.expressions import fresh, substitute
from theory.algebra.nodes import MatrixInverse
from theory.algebra.symbols import Index

if TYPE_CHECKING:
    from proofs_checks.claims.meaning.typing import Typer

__all__ = ["add", "inverse", "negate", "number", "power", "product", "quotient", "transpose"]

MOST_DIGITS = 60  # of a number as written
MOST_POWER = 64
MOST_BITS = 4000  # of a power of a number


def number(typer: Typer, node: tree.Number) -> Value:
    """Return a number, exactly as written."""
    if len(node.text) > MOST_DIGITS:
        raise MeaningError(
            f"a number may have {MOST_DIGITS} digits; got {len(node.text)}.", node.span
        )
    return Value(sp.Rational(node.text))


def add(typer: Typer, node: tree.Add) -> Value:
    """Return a sum of terms of one shape."""
    return typer.shapes.add([typer.value(term) for term in node.terms], node.span)


def negate(typer: Typer, node: tree.Negate) -> Value:
    """Return minus a value."""
    body = typer.value(node.body)
    return Value(-body.expression, body.row, body.column)


def product(typer: Typer, node: tree.Product) -> Value:
    """Return a product, from left to right."""
    operation = {
        "": typer.shapes.multiply,
        "cdot": partial(_dot, typer),
        "times": typer.shapes.multiply,
        "odot": typer.shapes.times_entrywise,
        "ast": typer.shapes.multiply,
        "otimes": typer.shapes.outer,
    }.get(node.operator)
    if node.operator == "circ":
        values = [typer.value(factor) for factor in node.factors]
        small = [
            f
            for f in node.factors
            if isinstance(f, tree.Name) and f.font != "bf" and not f.letter[:1].isupper()
        ]
        if any(v.is_scalar for v in values) or small:
            raise MeaningError(
                "`\\circ` between numbers or functions is a composition, which is not read.",
                node.span, suggestion="\\odot for the entrywise product",
            )  # fmt: skip
        operation = typer.shapes.times_entrywise
        result = values[0]
        for factor in values[1:]:
            result = operation(result, factor, node.span)
        return result
    if operation is None:
        raise MeaningError(
            f"the product `\\{node.operator}` is not part of the language.", node.span
        )
    outer, typer.shapes.is_entrywise = typer.shapes.is_entrywise, node.operator == "odot"
    try:
        values = [typer.value(factor) for factor in node.factors]
    finally:
        typer.shapes.is_entrywise = outer
    result = values[0]
    for value in values[1:]:
        result = operation(result, value, node.span)
    return result


def _dot(typer: Typer, a: Value, b: Value, span: Span) -> Value:
    r"""Return ``a \cdot b``: the inner product of two columns, else the product."""
    if len(a.axes) == len(b.axes) == 1 and (a.row is None) == (b.row is None):
        return typer.shapes.inner(a, b, span)
    return typer.shapes.multiply(a, b, span)


def quotient(typer: Typer, node: tree.Quotient) -> Value:
    """Return a quotient."""
    above, below = typer.value(node.numerator), typer.value(node.denominator)
    return typer.shapes.divide(above, below, node.denominator.span)


def power(typer: Typer, node: tree.Power) -> Value:
    """Return a power, an inverse or an exponential."""
    if isinstance(node.base, tree.Name) and typer.roles.spell(node.base) == "e":
        if "e" not in typer.authored.taken:
            inner = typer.value(node.exponent)
            if inner.is_matrix:
                raise MeaningError(
                    "the exponential of a matrix is not part of the language.", node.span,
                    suggestion="\\exp(...) for the exponential of every entry",
                )  # fmt: skip
            return inner.with_expression(exponential(inner.expression))
    reference = typer.roles.reference(node)
    if reference is not None and reference.name in typer.scope:
        return typer.component(typer.scope[reference.name], reference.indices, node.span)
    if reference is not None and reference.indices:
        return typer.occurrence(reference, node.span)
    base = typer.value(node.base)
    exponent = typer.scalar(node.exponent, "an exponent")
    if base.is_matrix and exponent == -1:
        return inverse(typer, base, node.span)
    if base.is_scalar or exponent == 1:
        if _is_too_large(base.expression, exponent):
            raise MeaningError(
                "a power this large is not part of the language.", node.exponent.span
            )
        return Value(real_power(base.expression, exponent), base.row, base.column)
    if base.is_matrix and isinstance(exponent, sp.Integer) and 1 < exponent <= 4:
        result = base
        for _ in range(int(exponent) - 1):
            result = typer.shapes.multiply(result, base, node.span)
        return result
    if len(base.axes) == 1:
        typer.shapes.notes.append("the power of a vector was taken entry by entry")
        return base.with_expression(real_power(base.expression, exponent))
    raise MeaningError(
        f"a power of {base.shape()} is not part of the language.", node.base.span,
        suggestion="write the sum over its entries",
    )  # fmt: skip


def inverse(typer: Typer, value: Value, span: Span) -> Value:
    """Return the inverse of a matrix."""
    typer.shapes.square(value, "an inverse", span)
    if value.row is None or value.column is None:
        raise MeaningError(f"an inverse needs a matrix; got {value.shape()}.", span)
    size = typer.ranges.find(value.row.size)
    a, b = (fresh(Index(x, size)) for x in "ab")
    body = substitute(value.expression, {value.row: a, value.column: b})
    row, column = typer.hidden(size), typer.hidden(size)
    return Value(MatrixInverse(body, a, b, row, column), row, column)


def transpose(typer: Typer, node: tree.Transpose) -> Value:
    """Return a transpose, or the power with the exponent T."""
    base = node.base
    if isinstance(base, tree.Entry) and isinstance(base.base, tree.Name):
        found = typer.roles.reference(base)
        symbol = typer.symbols.table.get(found.name) if found else None
        if found is not None and symbol is not None and base.base is not None:
            plain = not any(isinstance(x, tree.Slice) for x in found.indices)
            if plain and len(found.indices) == 2 == symbol.axes.total:
                # A^T_{ij} is the entry of the transpose, A_{ji}
                return typer.occurrence(found._replace(indices=found.indices[::-1]), base.span)
    value = typer.value(base)
    if node.mark in ("T", "t") and value.is_scalar and isinstance(base, tree.Name | tree.Entry):
        if node.mark in typer.roles.sizes:
            return Value(value.expression ** typer.ranges.declare(node.mark))
        raise MeaningError(
            f"a number is not transposed, and nothing says what the power {node.mark} is.",
            node.span, suggestion=f"`^\\top` for a transpose, `{node.mark}` a size for a power",
        )  # fmt: skip
    return typer.shapes.transpose(value)


def _is_too_large(base: Any, exponent: Any) -> bool:
    if not isinstance(exponent, sp.Number):
        return False
    if isinstance(base, sp.Rational):
        bits = max(abs(int(base.p)), int(base.q)).bit_length()
        return abs(exponent) * bits > MOST_BITS
    return abs(exponent) > MOST_POWER
