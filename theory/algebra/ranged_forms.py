"""The normal forms of all kinds of `theory.algebra.ranged`, and what renaming makes of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from theory.algebra.matrices import determinant, inverse
from theory.algebra.polynomial import Ix, Polynomial
from theory.algebra.ranged import Ranged
from theory.algebra.ranges import maximum, product_over

if TYPE_CHECKING:
    from theory.algebra.ring import Ring

__all__ = ["ranged", "renamed_ranged"]


def ranged(
    ring: Ring, kind: str, bound: tuple[Ix, ...], body: Polynomial, at: tuple[Ix, ...] = ()
) -> Polynomial:
    """Return what `Ranged` stands for, with raw bound indices."""
    if kind == "inverse":
        return inverse(ring, bound[0], bound[1], body, at[0], at[1])
    if kind == "det":
        return determinant(ring, bound[0], bound[1], body)
    if kind == "max":
        return maximum(ring, bound, body)
    for k in bound:
        body = product_over(ring, k, body, at)
    return body


def renamed_ranged(ring: Ring, atom: Ranged, renaming: Mapping[Ix, Ix]) -> Polynomial:
    """Return an atom with free indices renamed; the renaming may identify indices."""
    inside = {k: v for k, v in renaming.items() if k in atom.body.free}
    names = {k: ring.fresh(k[1]) for k in atom.bound}
    body = ring.rename(atom.body, {**inside, **names})
    at = tuple(renaming.get(k, k) for k in atom.at)
    return ranged(ring, atom.kind, tuple(names.values()), body, at)
