"""Parts of a node: what sums and products of rational multiples and powers are made of."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import TypeAlias

from proofs_checks.checks.evaluation.nodes import (
    Exp,
    Extent,
    Label,
    Leaf,
    Node,
    NotApplicable,
    Product,
)

__all__ = [
    "Factored",
    "Part",
    "Powers",
    "collected",
    "itself",
    "known_nonnegative",
    "picked",
    "prime_powers",
    "relabelled",
]

Part: TypeAlias = tuple[Fraction, Node, tuple[int, ...]]
"""A coefficient or an exponent, a node, and the axes that its axes are."""

Powers: TypeAlias = dict[tuple[Node, tuple[int, ...]], Fraction]
Factored: TypeAlias = tuple[Fraction, tuple[Part, ...]]

ONE = Fraction(1)
LARGEST_PRIME = 1 << 20  # sought by trial division


def known_nonnegative(part: Node) -> bool:
    """Return whether a part is never negative."""
    if isinstance(part, Product):
        return not part.factors and part.coefficient >= 0
    return isinstance(part, Exp | Extent) or (isinstance(part, Leaf) and part.nonnegative)


def prime_powers(value: Fraction) -> dict[int, int]:
    """Return the exponents of the primes in a positive rational number."""
    result: dict[int, int] = {}
    for number, sign in ((value.numerator, 1), (value.denominator, -1)):
        prime = 2
        while number > 1:
            if prime * prime > number:
                prime = number
            elif prime > LARGEST_PRIME:
                raise NotApplicable(f"the logarithm or root of {value} has too large a prime.")
            while number % prime == 0:
                result[prime] = result.get(prime, 0) + sign
                number //= prime
            prime += 1
    return result


def picked(labels: tuple[Label, ...], at: tuple[int, ...]) -> tuple[Label, ...]:
    """Return the labels at these places."""
    return tuple(labels[a] for a in at)


def itself(node: Node) -> Part:
    """Return a node as its own only part."""
    return ONE, node, tuple(range(len(node.axes)))


def relabelled(
    parts: Iterable[Part], at: tuple[int, ...], coefficient: Fraction = ONE
) -> list[Part]:
    """Return the parts of a node that stands at the axes ``at`` of another one."""
    return [(coefficient * c, part, tuple(at[a] for a in axes)) for c, part, axes in parts]


def collected(parts: Iterable[Part]) -> tuple[Part, ...]:
    """Return the parts with equal ones joined and those without effect dropped."""
    found: dict[tuple[Node, tuple[int, ...]], Fraction] = {}
    for coefficient, part, at in parts:
        found[part, at] = found.get((part, at), Fraction(0)) + coefficient
    return tuple((c, part, at) for (part, at), c in found.items() if c)
