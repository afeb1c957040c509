r"""Functions of distributions: entropy, Kullback-Leibler divergence, normal density.

    H(p) = -\sum_k p_k \log p_k,   KL(p \| q) = \sum_k p_k (\log p_k - \log q_k)      (nats)

A distribution is a vector of weights, or every row of a matrix.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import sympy as sp

from proofs_checks.claims import tree
from proofs_checks.claims.meaning.arithmetic import inverse
from proofs_checks.claims.meaning.entrywise import expect, no_subscript
from proofs_checks.claims.meaning.matrices import determinant
from proofs_checks.claims.meaning.statements import MeaningError
from proofs_checks.claims.meaning.values import Value
from proofs_checks.claims.places import Span
from theory.algebra.symbols import total

if TYPE_CHECKING:
    from proofs_checks.claims.meaning.typing import Typer

__all__ = ["divergence", "entropy", "entropy_of", "normal_density"]


def entropy_of(p: Value, span: Span) -> Value:
    """Return the entropy of a distribution, or of every row of a matrix, in nats."""
    if p.is_scalar:
        raise MeaningError("an entropy needs a distribution; got a scalar.", span)
    axis = p.column if p.column is not None else p.row
    row = p.row if p.column is not None else None
    return Value(-total(p.expression * sp.log(p.expression), axis), row)  # type: ignore[arg-type]


def entropy(typer: Typer, node: tree.Call) -> Value:
    r"""Return ``H(p)``."""
    expect(node, 1)
    no_subscript(node)
    return entropy_of(typer.value(node.arguments[0]), node.span)


def divergence(typer: Typer, node: tree.Call | tree.Apply) -> Value:
    r"""Return ``\mathrm{KL}(p \| q)``."""
    expect(node, 2)
    if isinstance(node, tree.Call):
        no_subscript(node)
    if any(isinstance(argument, tree.Sum) for argument in node.arguments):
        raise MeaningError("a divergence of products of distributions is not read.", node.span)
    p, q = (typer.value(argument) for argument in node.arguments)
    p, q = typer.shapes.join(p, q, node.span, "the two distributions")
    if p.is_scalar:
        raise MeaningError("a divergence needs distributions; got scalars.", node.span)
    axis = p.column if p.column is not None else p.row
    row = p.row if p.column is not None else None
    ratio = sp.log(p.expression) - sp.log(q.expression)
    return Value(total(p.expression * ratio, axis), row)  # type: ignore[arg-type]


def normal_density(typer: Typer, node: tree.Apply) -> Value:
    r"""Return the density of the normal distribution, ``\mathcal{N}(x \mid \mu, \Sigma)``."""
    if len(node.arguments) != 3:
        raise MeaningError(
            "a normal density needs its argument, mean and variance.", node.span,
            expected="\\mathcal{N}(x \\mid \\mu, \\Sigma)",
        )  # fmt: skip
    x, mean, variance = (typer.value(argument) for argument in node.arguments)
    if mean.expression == 0 and mean.is_scalar:
        mean = Value(sp.S.Zero, x.row, x.column)  # \mathcal{N}(z; 0, I)
    x, mean = typer.shapes.join(x, mean, node.span, "the argument and the mean of a density")
    gap = Value(x.expression - mean.expression, x.row, x.column)
    if gap.is_scalar:
        square, root = gap.expression**2 / variance.expression, variance.expression
        if not variance.is_scalar:
            raise MeaningError("a number has a variance that is a number.", node.span)
        return Value(sp.exp(-square / 2) / sp.sqrt(2 * sp.pi * root))
    if gap.row is None or gap.column is not None:
        raise MeaningError(f"a density is of a vector; got {gap.shape()}.", node.span)
    size = typer.ranges.find(gap.row.size)
    if variance.is_scalar:
        square = typer.shapes.inner(gap, gap, node.span).expression / variance.expression
        root = variance.expression**size
    else:
        precision = inverse(typer, variance, node.span)
        row = typer.shapes.transpose(gap)
        product = typer.shapes.multiply(row, precision, node.span)
        square = typer.shapes.multiply(product, gap, node.span).expression
        root = determinant(typer, variance, node.span)
    return Value(sp.exp(-square / 2) / ((2 * sp.pi) ** (size / sp.Integer(2)) * sp.sqrt(root)))
