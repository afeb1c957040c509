"""Ranks by constraint propagation: which symbols are scalars, vectors and matrices.

Every node of every equation has a shape: scalar, column, row or matrix.  Operations relate shapes
(a matrix times a column is a column; terms of a sum agree).  Every symbol has a number of axes, of
which some stand as indices and the rest are silent.  Equations are added one after the other; what
an equation forces holds for the whole document; one that contradicts those before it is read with
broadcasting, and if that does not help it constrains nothing.  What nothing forces is chosen as
papers usually write, and the choice is recorded.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

__all__ = [
    "ALL_AXES",
    "ANY",
    "COLUMN",
    "MATRIX",
    "ROW",
    "SCALAR",
    "Axes",
    "Network",
    "Table",
    "table",
]

SCALAR, COLUMN, ROW, MATRIX = 1, 2, 4, 8
ANY = 15
SHAPES = (SCALAR, COLUMN, ROW, MATRIX)
MOST_AXES = 6

Table = frozenset[tuple[int, ...]]


@dataclass(frozen=True)
class Axes:
    """How a symbol can be built: its number of axes, and whether a single silent one is a row."""

    total: int
    is_row: bool = False

    def shape(self, slots: int) -> int:
        """Return the shape of an occurrence with ``slots`` indices, 0 if it has none."""
        silent = self.total - slots
        if silent == 1:
            return ROW if self.is_row else COLUMN
        return {0: SCALAR, 2: MATRIX}.get(silent, 0)


ALL_AXES = tuple(Axes(total, row) for total in range(MOST_AXES) for row in (False, True))


@lru_cache(maxsize=256)
def table(count: int, rule: Callable[..., Iterable[int] | int | None]) -> Table:
    """Return the rows (inputs..., output) that a rule allows for ``count`` inputs."""
    rows: list[tuple[int, ...]] = [()]
    for _ in range(count):
        rows = [(*row, shape) for row in rows for shape in SHAPES]
    found = []
    for row in rows:
        out = rule(*row)
        for shape in (out,) if isinstance(out, int) else (out or ()):
            found.append((*row, shape))
    return frozenset(found)


@dataclass
class Network:
    """Variables with their domains and the constraints between them."""

    domains: list[int] = field(default_factory=list)
    symbols: dict[str, frozenset[Axes]] = field(default_factory=dict)
    _tables: list[tuple[Table, tuple[int, ...]]] = field(default_factory=list)
    _links: list[tuple[str, int, int]] = field(default_factory=list)
    _of_variable: list[list[int]] = field(default_factory=list)
    _of_symbol: dict[str, list[int]] = field(default_factory=dict)
    _trail: list[tuple[object, object]] = field(default_factory=list)

    def variable(self, domain: int = ANY) -> int:
        """Return a new variable."""
        self.domains.append(domain)
        self._of_variable.append([])
        return len(self.domains) - 1

    def relate(self, allowed: Table, *variables: int) -> int:
        """Add a constraint; the last variable is returned."""
        number = len(self._tables) + len(self._links)
        self._tables.append((allowed, variables))
        self._order.append(("table", len(self._tables) - 1))
        for variable in variables:
            self._of_variable[variable].append(number)
        return variables[-1]

    _order: list[tuple[str, int]] = field(default_factory=list)

    def link(self, symbol: str, slots: int, variable: int) -> int:
        """Say that ``variable`` is the shape of ``symbol`` with this number of indices."""
        number = len(self._tables) + len(self._links)
        self._links.append((symbol, slots, variable))
        self._order.append(("link", len(self._links) - 1))
        self.symbols.setdefault(symbol, frozenset(ALL_AXES))
        self._of_variable[variable].append(number)
        self._of_symbol.setdefault(symbol, []).append(number)
        return variable

    def same(self, variables: Sequence[int]) -> int:
        """Say that all variables are one shape; return the first."""
        first = variables[0]
        for other in variables[1:]:
            self.relate(EQUAL, first, other)
        return first

    # -- propagation ------------------------------------------------------------------------

    @property
    def size(self) -> tuple[int, int, int]:
        """A point to which `forget` can return."""
        return len(self._order), len(self.domains), len(self._trail)

    def propagate(self, start: Iterable[int]) -> bool:
        """Narrow domains until nothing changes; return False when one is empty."""
        waiting = deque(dict.fromkeys(start))
        queued = set(waiting)
        while waiting:
            number = waiting.popleft()
            queued.discard(number)
            kind, at = self._order[number]
            changed = self._revise_link(at) if kind == "link" else self._revise_table(at)
            if changed is None:
                return False
            for other in changed:
                if other not in queued:
                    queued.add(other)
                    waiting.append(other)
        return True

    def _revise_table(self, at: int) -> list[int] | None:
        allowed, variables = self._tables[at]
        domains = [self.domains[v] for v in variables]
        kept = [0] * len(variables)
        for row in allowed:
            if all(shape & domain for shape, domain in zip(row, domains, strict=True)):
                for n, shape in enumerate(row):
                    kept[n] |= shape
        changed: list[int] = []
        for variable, domain, new in zip(variables, domains, kept, strict=True):
            new &= self.domains[variable]
            if not new:
                return None
            if new != domain:
                self._trail.append((variable, domain))
                self.domains[variable] = new
                changed += self._of_variable[variable]
        return changed

    def _revise_link(self, at: int) -> list[int] | None:
        symbol, slots, variable = self._links[at]
        axes, domain = self.symbols[symbol], self.domains[variable]
        kept = frozenset(a for a in axes if a.shape(slots) & domain)
        shapes = 0
        for a in kept:
            shapes |= a.shape(slots)
        new = domain & shapes
        if not new:
            return None
        changed: list[int] = []
        if kept != axes:
            self._trail.append((symbol, axes))
            self.symbols[symbol] = kept
            changed += self._of_symbol[symbol]
        if new != domain:
            self._trail.append((variable, domain))
            self.domains[variable] = new
            changed += self._of_variable[variable]
        return changed

    def undo(self, trail: int) -> None:
        """Take back every narrowing since the trail had this length."""
        while len(self._trail) > trail:
            what, old = self._trail.pop()
            if isinstance(what, int):
                self.domains[what] = old  # type: ignore[assignment]
            else:
                self.symbols[what] = old  # type: ignore[assignment,index]

    def forget(self, size: tuple[int, int, int]) -> None:
        """Take away every constraint and narrowing since ``size``."""
        constraints, variables, trail = size
        self.undo(trail)
        while len(self._order) > constraints:
            number = len(self._order) - 1
            kind, at = self._order.pop()
            if kind == "link":
                symbol, _, variable = self._links.pop(at)
                self._of_symbol[symbol].pop()
                self._drop(variable, number)
            else:
                _, related = self._tables.pop(at)
                for variable in related:
                    self._drop(variable, number)
        del self.domains[variables:]
        del self._of_variable[variables:]

    def _drop(self, variable: int, number: int) -> None:
        uses = self._of_variable[variable]
        while uses and uses[-1] >= number:
            uses.pop()

    def added(self, size: tuple[int, int, int]) -> range:
        """Return the numbers of the constraints since ``size``."""
        return range(size[0], len(self._order))

    def narrow(self, symbol: str, wanted: Callable[[Axes], bool]) -> bool:
        """Keep the axes of a symbol that are ``wanted``; False, and nothing, if that is wrong."""
        trail = len(self._trail)
        axes = self.symbols[symbol]
        kept = frozenset(a for a in axes if wanted(a))
        if not kept:
            return False
        if kept == axes:
            return True
        self._trail.append((symbol, axes))
        self.symbols[symbol] = kept
        if self.propagate(self._of_symbol.get(symbol, ())):
            return True
        self.undo(trail)
        return False


EQUAL: Table = frozenset((shape, shape) for shape in SHAPES)
