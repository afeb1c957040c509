"""Symmetric tensors: the hypothesis S_ij = S_ji, used by holding the two indices in one order.

As a rewriting rule S_ij -> S_ji would go round for ever.  The entry of a tensor with such a
hypothesis keeps the two indices sorted instead, under every renaming.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from theory.algebra.folding import Rule
from theory.algebra.polynomial import Delta, Entry, Ix, Renaming

__all__ = ["Symmetry", "SymmetricEntry", "symmetries"]


class Symmetry(NamedTuple):
    """The two slots that may be exchanged, and the text of the hypothesis that says so."""

    slots: tuple[int, int]
    hypothesis: str


class SymmetricEntry(Entry):
    """An entry whose indices in two ``slots`` are sorted."""

    __slots__ = ("slots",)

    def __init__(
        self, name: str, indices: tuple[Ix, ...], nonnegative: bool, slots: tuple[int, int]
    ) -> None:
        self.slots = slots
        super().__init__(name, _sorted(indices, slots), nonnegative)

    def render(self, renaming: Renaming) -> str:  # noqa: D102  (see Atom)
        renamed = tuple(renaming.get(k, k) for k in self.indices)
        return Entry(self.name, _sorted(renamed, self.slots)).key

    @property
    def orders(self) -> tuple[tuple[Ix, ...], ...]:  # noqa: D102  (see Entry)
        other = _exchanged(self.indices, self.slots)
        return (self.indices,) if other == self.indices else (self.indices, other)


def symmetries(rules: Iterable[Rule]) -> tuple[Mapping[str, Symmetry], tuple[Rule, ...]]:
    """Return the symmetries among the rules, by name of the tensor, and the other rules."""
    found: dict[str, Symmetry] = {}
    others = []
    for rule in rules:
        pair = _exchanges(rule)
        if pair is None:
            others.append(rule)
        else:
            name, slots = pair
            found.setdefault(name, Symmetry(slots, rule.hypothesis))
    return found, tuple(others)


def _exchanges(rule: Rule) -> tuple[str, tuple[int, int]] | None:
    """Return the tensor and the two slots if the rule says that they may be exchanged."""
    image = rule.replacement.single
    if rule.bound or image is None or image[1] != 1:
        return None
    sides = [m.factors for m in (rule.pattern, image[0])]
    if not all(len(f) == 1 and f[0][1] == 1 and isinstance(f[0][0], Entry) for f in sides):
        return None
    left, right = (f[0][0] for f in sides)
    if not (isinstance(left, Entry) and isinstance(right, Entry)) or left.name != right.name:
        return None
    if len(left.free) < len(left.indices) or len(left.indices) != len(right.indices):
        return None  # S_11 = S_11, or a diagonal
    moved = [n for n, k in enumerate(left.indices) if right.indices[n] != k]
    if len(moved) != 2:
        return None
    slots = (moved[0], moved[1])
    return (left.name, slots) if _exchanged(left.indices, slots) == right.indices else None


def _sorted(indices: tuple[Ix, ...], slots: tuple[int, int]) -> tuple[Ix, ...]:
    first, second = (indices[n] for n in slots)
    if first == second or Delta(first, second).first == first:
        return indices
    return _exchanged(indices, slots)


def _exchanged(indices: tuple[Ix, ...], slots: tuple[int, int]) -> tuple[Ix, ...]:
    result = list(indices)
    first, second = slots
    result[first], result[second] = result[second], result[first]
    return tuple(result)
