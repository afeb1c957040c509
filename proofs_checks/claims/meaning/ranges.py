r"""Ranges of indices, inferred by unification of the slots in which they stand.

Every slot of a symbol and every index letter of an equation begins with a range of its own.  When
an index stands in a slot the two ranges become one.  Ranges with a name (a model's sizes, the n of
``\sum_{k=1}^n``) never become each other: that is an error, which whoever asks words.
"""

from __future__ import annotations

from theory.algebra.symbols import Size

__all__ = ["Ranges"]

LETTERS = ("n", "m", "d", "p", "q", "r")


class Ranges:
    """Union-find over names of ranges; a name that starts with "?" is not settled yet."""

    def __init__(self, named: dict[str, Size], aliases: dict[str, str] | None = None) -> None:
        self.named = dict(named)
        self.aliases = dict(aliases or {})
        self.invented: set[str] = set()  # ranges that the author gives no letter
        self._parent: dict[str, str] = {}
        self.reserved: set[str] = set()
        self._opened: set[str] = set()
        self._visible: set[str] = set()
        self._history: list[tuple[str, str | None]] = []

    def declare(self, name: str) -> Size:
        """Return the range called ``name`` in the document, such as the n of a sum's end."""
        name = self.aliases.get(name, name)
        if name in self.reserved and name not in self.named:
            name = f"{name}_size"  # a quantity of the document is called so as well
        return self.named.setdefault(name, Size(name))

    def open(self, name: str) -> Size:
        """Return the range of a slot or an index, which ``name`` tells from all others."""
        self._opened.add(f"?{name}")
        return self.find(Size(f"?{name}"))

    def find(self, size: Size) -> Size:
        """Return the range that ``size`` is now known to be."""
        name = size.name
        while name in self._parent:
            name = self._parent[name]
        return self.named.get(name) or Size(name)

    def show(self, size: Size) -> None:
        """Note that an index letter runs over this range: it is no silent axis."""
        self._visible.add(size.name)

    def clash(self, first: Size, second: Size) -> bool:
        """Return whether both ranges have names, and different ones."""
        a, b = self.find(first), self.find(second)
        return a != b and a.name in self.named and b.name in self.named

    def meet(self, first: Size, second: Size) -> None:
        """Make two ranges one, unless they clash."""
        a, b = self.find(first), self.find(second)
        if a == b:
            return
        if a.name in self.named:
            a, b = b, a
        self._parent[a.name] = b.name
        self._history.append((a.name, None))

    def mark(self) -> int:
        """Return a point to which `back` can return."""
        return len(self._history)

    def back(self, mark: int) -> None:
        """Undo what was made one since ``mark``."""
        while len(self._history) > mark:
            name, _ = self._history.pop()
            del self._parent[name]

    def settle(self, taken: set[str]) -> None:
        """Give every range without a name one: short letters that are not ``taken``."""
        roots = {self.find(Size(name)).name for name in (*self._parent, *self._opened)}
        shown = {self.find(Size(name)).name for name in self._visible}
        taken = taken | set(self.named)
        free = (x for x in (*LETTERS, *(f"n_{k}" for k in range(1, 10_000))) if x not in taken)
        for root in sorted(root for root in roots if root not in self.named):
            size = Size(next(free), feature=root not in shown)
            self.named[size.name] = size
            self.invented.add(size.name)
            self._parent[root] = size.name
