"""What `Graph` does to factors and terms before it makes a node of them."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import TypeAlias

from proofs_checks.checks.evaluation.nodes import AnyLabel, Delta, Label, Linear, Node, Product

__all__ = ["Factor", "Summand", "contract_deltas", "few", "fresh", "looked_through", "merged"]

Factor: TypeAlias = tuple[Node, tuple[AnyLabel, ...]]
Summand: TypeAlias = tuple[Fraction, Node, tuple[AnyLabel, ...]]

MOST_TERMS = 24  # a product of sums is multiplied out only up to this many terms


def fresh(node: Node) -> tuple[Label, ...]:
    """Return a new label for every axis."""
    return tuple(Label(size) for size in node.axes)


def few(factors: list[Factor]) -> bool:
    """Return whether multiplying out the sums among the factors gives few terms."""
    count = 1
    for node, _ in factors:
        if isinstance(node, Linear) and node.thin:
            count *= len(node.terms)
    return count <= MOST_TERMS


def looked_through(coefficient: Fraction, factors: list[Factor]) -> tuple[Fraction, list[Factor]]:
    """Return the factors with thin products replaced by what they are made of."""
    result: list[Factor] = []
    waiting = factors[::-1]
    while waiting:
        node, labels = waiting.pop()
        if isinstance(node, Product) and node.thin:
            coefficient *= node.coefficient
            waiting += [(n, tuple(labels[a] for a in at)) for n, at in reversed(node.factors)]
        else:
            result.append((node, labels))
    return coefficient, result


def contract_deltas(
    factors: list[Factor], bound: set[AnyLabel]
) -> tuple[list[Factor], set[AnyLabel]]:
    """Return factors and bound labels after every delta with a bound label is used up."""
    position = 0
    while position < len(factors):
        node, labels = factors[position]
        gone = next((label for label in labels[::-1] if label in bound), None)
        if not isinstance(node, Delta) or (labels[0] != labels[1] and gone is None):
            position += 1
            continue
        factors = factors[:position] + factors[position + 1 :]
        if labels[0] != labels[1]:
            kept = labels[0] if gone == labels[1] else labels[1]
            factors = [(n, tuple(kept if x == gone else x for x in at)) for n, at in factors]
            bound.discard(gone)  # type: ignore[arg-type]
        position = 0
    return factors, bound


def merged(terms: Iterable[Summand]) -> list[Summand]:
    """Return the terms with scaled or relabelled single factors, and thin sums, taken apart."""
    result: list[Summand] = []
    waiting = list(terms)[::-1]
    while waiting:
        coefficient, node, labels = waiting.pop()
        if isinstance(node, Linear) and (node.thin or not node.terms):
            waiting += [
                (coefficient * c, part, tuple(labels[a] for a in at))
                for c, part, at in reversed(node.terms)
            ]
        elif isinstance(node, Product) and node.thin and len(node.factors) == 1:
            inner, at = node.factors[0]
            if len(set(at)) < len(at):
                result.append((coefficient, node, labels))
            else:
                moved = tuple(labels[a] for a in at)
                waiting.append((coefficient * node.coefficient, inner, moved))
        else:
            result.append((coefficient, node, labels))
    return result
