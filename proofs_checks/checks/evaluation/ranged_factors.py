"""Factors of products over a range and of determinants, for logarithms over a finite field.

prod_k c x_k y_k = c^n prod_k x_k prod_k y_k          prod_k e^{x_k} = e^{sum_k x_k}
det (c d_a A_ab e_b) = c^n prod_a d_a det A prod_b e_b     det (A B) = det A det B
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import TYPE_CHECKING, TypeAlias

from proofs_checks.checks.evaluation.contraction import fresh
from proofs_checks.checks.evaluation.nodes import Label, Node, Product
from proofs_checks.checks.evaluation.parts import Part, itself, relabelled
from proofs_checks.checks.evaluation.ranged_nodes import Determinant, RangeProduct

if TYPE_CHECKING:
    from proofs_checks.checks.evaluation.structure import Structure

__all__ = ["determinant_factors", "product_factors"]

ONE = Fraction(1)
Entry: TypeAlias = tuple[Node, tuple[Label, ...]]


def product_factors(structure: Structure, body: Node) -> tuple[Fraction, list[Part]]:
    """Return the factors of the product of ``body`` over its last axis."""
    graph, k = structure.graph, len(body.axes) - 1
    length = structure.sizes[body.axes[k].name]
    coefficient, parts = structure.factors(body)
    result: list[Part] = []
    for exponent, part, at in parts:
        if k not in at:
            result.append((exponent * length, part, at))
            continue
        own = dict(zip(at, fresh(part), strict=True))
        kept = tuple(sorted(a for a in own if a != k))
        order = (*(own[a] for a in kept), own[k])
        moved = graph.product(ONE, [(part, tuple(own[a] for a in at))], order)
        whole = graph.range_product(moved)
        if isinstance(whole, RangeProduct):
            result.append((exponent, whole, kept))
        else:
            result += relabelled(structure.factors(whole)[1], kept, exponent)
    return coefficient**length, result


def determinant_factors(structure: Structure, node: Determinant) -> tuple[Fraction, Iterable[Part]]:
    """Return the factors of a determinant; itself if the matrix is no product of matrices."""
    body = node.body
    if not isinstance(body, Product):
        return ONE, [itself(node)]
    labels = tuple(Label(size) for size in body.sizes)
    *batch, a, b = labels[: len(body.axes)]
    entries: list[Entry] = [(child, tuple(labels[n] for n in at)) for child, at in body.factors]
    outside = [(n, at) for n, at in entries if a not in at and b not in at and set(at) <= {*batch}]
    core = [entry for entry in entries if entry not in outside]
    rows = [(n, at) for n, at in core if set(at) <= {*batch, a}]
    columns = [(n, at) for n, at in core if set(at) <= {*batch, b}]
    core = [entry for entry in core if entry not in rows and entry not in columns]
    graph, length = structure.graph, structure.sizes[body.axes[-1].name]
    if len(core) < len(entries) or body.coefficient != 1:
        if not core:
            return ONE, [itself(node)]
        matrix = graph.product(ONE, core, (*batch, a, b), labels)
        nodes = [(graph.determinant(matrix), tuple(batch))]
        for side, end in ((rows, a), (columns, b)):
            if side:
                scale = graph.product(ONE, side, (*batch, end))
                nodes.append((graph.range_product(scale), tuple(batch)))
        coefficient = body.coefficient**length
        parts = [(length * ONE, n, at) for n, at in outside]
        parts += [(ONE, n, at) for n, at in nodes]
        return _flattened(structure, coefficient, parts, tuple(batch))
    for k in labels[len(body.axes) :]:
        left = _reached(core, a, {*labels[len(body.axes) :]} - {k})
        right = [entry for entry in core if entry not in left]
        touched = [{x for _, at in side for x in at} for side in (left, right)]
        if k.size == a.size and b not in touched[0] and k in touched[0] and k in touched[1]:
            first = graph.product(ONE, left, (*batch, a, k))
            second = graph.product(ONE, right, (*batch, k, b))
            parts = [(ONE, graph.determinant(x), tuple(batch)) for x in (first, second)]
            return _flattened(structure, ONE, parts, tuple(batch))
    return ONE, [itself(node)]


def _flattened(
    structure: Structure,
    coefficient: Fraction,
    parts: Iterable[tuple[Fraction, Node, tuple[Label, ...]]],
    batch: tuple[Label, ...],
) -> tuple[Fraction, list[Part]]:
    result: list[Part] = []
    for exponent, node, labels in parts:
        scale, factors = structure.factors(node)
        coefficient *= scale ** int(exponent)
        at = tuple(batch.index(x) for x in labels)
        result += relabelled(factors, at, exponent)
    return coefficient, result


def _reached(entries: list[Entry], start: Label, inner: set[Label]) -> list[Entry]:
    """Return the entries that hang together with ``start`` by way of the labels ``inner``."""
    reached, found, waiting = {start}, [], list(entries)
    while True:
        new = [entry for entry in waiting if not reached.isdisjoint(entry[1])]
        if not new:
            return found
        found += new
        waiting = [entry for entry in waiting if entry not in new]
        reached |= {x for _, at in new for x in at if x in inner}
