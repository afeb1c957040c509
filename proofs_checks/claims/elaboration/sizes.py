r"""Ranges of indices, inferred by unification of the slots in which they stand.

Every slot of a symbol and every index letter of an equation starts with a range of its own.  When
an index stands in a slot the two ranges become one.  Ranges with a name (a model's sizes, the n of
\\sum_{k=1}^n) never become each other: that is an error, which whoever asks words.
"""

from __future__ import annotations

from proofs_checks.claims.elaboration.errors import Restart
from theory.algebra.symbols import Size

__all__ = ["Ranges"]

LETTERS = ("n", "m", "d", "p", "q", "r")


class Ranges:
    """Union-find over names of ranges; a name that starts with "?" is not settled yet."""

    def __init__(self, named: dict[str, Size], aliases: dict[str, str] | None = None) -> None:
        self.named = dict(named)
        self.aliases = dict(aliases or {})
        self._parent: dict[str, str] = {}
        self._opened: set[str] = set()
        self._visible: set[str] = set()

    def declare(self, name: str) -> Size:
        """Return the range called ``name`` in the document, such as the n of a sum's end."""
        name = self.aliases.get(name, name)
        return self.named.setdefault(name, Size(name))

    def open(self, name: str) -> Size:
        """Return the range of a slot or an index, which ``name`` tells from all others."""
        name = f"?{name}"
        self._opened.add(name)
        return self.find(Size(name))

    def find(self, size: Size) -> Size:
        """Return the range that ``size`` is now known to be."""
        name = size.name
        while name in self._parent:
            name = self._parent[name]
        return self.named.get(name, Size(name))

    def show(self, size: Size) -> None:
        """Note that an index letter runs over this range: it is no silent axis."""
        self._visible.add(self.find(size).name)

    def is_visible(self, size: Size) -> bool:
        """Return whether some index letter runs over the range."""
        root = self.find(size).name
        return any(self.find(Size(name)).name == root for name in self._visible)

    def clash(self, first: Size, second: Size) -> bool:
        """Return whether both ranges have names, and different ones."""
        a, b = self.find(first), self.find(second)
        return a != b and a.name in self.named and b.name in self.named

    def meet(self, first: Size, second: Size) -> None:
        """Make two ranges one that do not clash; raises `Restart` when they were two before."""
        a, b = self.find(first), self.find(second)
        if a == b:
            return
        if a.name in self.named:
            a, b = b, a
        self._parent[a.name] = b.name
        raise Restart

    def fix(self, taken: set[str]) -> None:
        """Give every open range a name: short letters that are not ``taken``."""
        roots = {self.find(Size(name)).name for name in (*self._opened, *self._parent)}
        taken = taken | set(self.named)
        free = (x for x in (*LETTERS, *(f"n_{k}" for k in range(1, 10_000))) if x not in taken)
        final = {}
        for root in sorted(roots - set(self.named)):
            final[root] = Size(next(free), feature=not self.is_visible(Size(root)))
        for root, size in final.items():
            self._parent[root] = size.name
            self.named[size.name] = size
