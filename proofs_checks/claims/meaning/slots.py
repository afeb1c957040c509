r"""The places where indices can stand, and what an occurrence of a symbol refers to.

    s_{ij}    the places (s, _0) and (s, _1); Reference("s", (i, j)) where both letters are indices
    W_k       one place, (W, _0); Reference("W_k") where k is a label

A `Slot` holds the letters that a document puts in one place.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

from proofs_checks.claims import tree

__all__ = ["INDEX_LETTERS", "Place", "Reference", "Slot", "stem_of"]

INDEX_LETTERS = frozenset("ijkl")

Place = tuple[str, str]


class Reference(NamedTuple):
    """What an occurrence refers to: a symbol, the indices in its slots, what it depends on."""

    name: str
    indices: tuple[tree.Node, ...] = ()
    depends: frozenset[str] = frozenset()


@dataclass
class Slot:
    """The letters and numbers seen in one place of a symbol's scripts."""

    strong: set[str] = field(default_factory=set)  # bound there by a sum
    both: Counter[str] = field(default_factory=Counter)  # free, on both sides of an equation
    stray: Counter[str] = field(default_factory=Counter)  # free on one side only
    numbers: set[str] = field(default_factory=set)

    @property
    def letters(self) -> set[str]:
        """Every letter that stands here."""
        return self.strong | self.both.keys() | self.stray.keys()


def stem_of(node: tree.Node) -> tree.Name | None:
    """Return the name whose power a node is, with or without indices below it."""
    if not isinstance(node, tree.Power):
        return None
    base = node.base.base if isinstance(node.base, tree.Entry) else node.base
    return base if isinstance(base, tree.Name) else None
