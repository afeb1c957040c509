"""The functions that the others of a certificate are written with, found by their arguments."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

from proofs_checks.certificates.polynomials import Poly, free_in, key_of, moved
from theory.algebra.symbols import Index

__all__ = ["KnownFunctions"]


@dataclass(frozen=True)
class Known:
    """One function: ``value`` of ``argument`` for all values of ``indices``."""

    kind: str
    indices: tuple[Index, ...]
    argument: Poly
    value: Poly

    def at(self, argument: Poly) -> Poly | None:
        """Return the value at an argument, None if that is none of its arguments."""
        if len(self.argument) != len(argument):
            return None
        key = key_of(argument)
        for at in product(free_in(argument), repeat=len(self.indices)):
            mapping = dict(zip(self.indices, at, strict=True))
            if all(a.size == b.size for a, b in mapping.items()):
                if key_of(moved(self.argument, mapping)) == key:
                    return moved(self.value, mapping)
        return None


class KnownFunctions:
    """Functions in the order in which they were met; equal arguments have equal values."""

    def __init__(self) -> None:
        self._known: list[Known] = []

    def add(self, kind: str, argument: Poly, value: Poly) -> Poly:
        """Make a function known by its value, which is returned."""
        self._known.append(Known(kind, tuple(free_in(argument)), argument, value))
        return value

    def find(self, kind: str, argument: Poly) -> Poly | None:
        """Return the value of a function of this kind at an argument, None if it is not known."""
        found = (k.at(argument) for k in self._known if k.kind == kind)
        return next((value for value in found if value is not None), None)

    def place(self, kind: str, argument: Poly) -> int:
        """Return the number of the known function that has this argument."""
        return next(
            n for n, k in enumerate(self._known) if k.kind == kind and k.at(argument) is not None
        )
