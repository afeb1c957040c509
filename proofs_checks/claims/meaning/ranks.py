"""The shapes of a document's symbols: its trees as constraints for `shapes.Network`.

    y = A x,  x in R^n      A is a matrix and y a column, by `shape_rules.product`

What no equation forces is chosen by what is usual: capitals are matrices, bold letters vectors.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from proofs_checks.claims import tree
from proofs_checks.claims.meaning.authored import Authored
from proofs_checks.claims.meaning.node_shapes import NodeShapes, is_number
from proofs_checks.claims.meaning.roles import Roles
from proofs_checks.claims.meaning.shapes import (
    ALL_AXES,
    COLUMN,
    MATRIX,
    ROW,
    SCALAR,
    Axes,
    Network,
)
from proofs_checks.claims.meaning.special_names import special
from proofs_checks.claims.meaning.statements import Statement
from proofs_checks.claims.tree import nodes

__all__ = ["Ranks", "special"]

VECTOR = COLUMN | ROW


LOSSES = ("L", "J")  # capitals that are numbers where nothing says otherwise


class Ranks(NodeShapes):
    """Builds the constraints of a document, solves them, and says what it chose."""

    def __init__(self, roles: Roles, authored: Authored, known: dict[str, int]) -> None:
        super().__init__(roles, authored)
        self.chosen: dict[str, str] = {}
        self._known = known
        self._prior: dict[str, int] = {}
        for name, total in known.items():
            self.network.symbols[name] = frozenset((Axes(total),))

    def expect(self, statements: Sequence[Statement]) -> None:
        """Look at all occurrences: with as many indices as it ever has, a symbol is a number.

        That holds for small letters that also stand with fewer indices, x beside x_i; the rows of
        a matrix X_i may be vectors.
        """
        for statement in statements:
            self._memo = {}
            for side in statement.sides:
                self.visit(side)
        for name, seen in self.slots_seen.items():
            if name in self._known or len(seen) < 2:
                continue
            if (name, max(seen)) in self._turned:  # nobody transposes a number
                continue
            if not name[:1].isupper() or max(seen) > 1:
                self._prior[name] = max(seen)
        known = {n: a for n, a in self.network.symbols.items() if n in self._known}
        self.network = Network()
        self.network.symbols.update(known)
        for name, total in self._prior.items():
            self.network.symbols[name] = frozenset(a for a in ALL_AXES if a.total == total)

    def add_all(self, statements: Sequence[Statement]) -> None:
        r"""Add statements, and again with bold letters as usual where that breaks fewer rules.

        `\mathbf{z} = \mathbf{W} \mathbf{x}` beside `\mathbf{dx} = \mathbf{dz} \mathbf{W}^\top`
        would make a number of x and a vector of W; that the second is wrong is one thing, not two.
        """
        start = self.network.size
        failed = self._failures(statements)
        odd = self._unusual()
        if not odd:
            return
        self.network.forget(start)
        fewer = self._add_as_usual(statements, odd) + len(self._unusual()) < failed + len(odd)
        if not fewer:
            self.network.forget(start)
            self._failures(statements)

    def torn(self) -> set[str]:
        """Return the bold letters that one equation transposes and others make numbers of."""
        found = self.network.symbols
        return {
            name for name, slots in self._turned
            if self.fonts[name] == {"bf"} and all(a.shape(slots) == SCALAR for a in found[name])
        }  # fmt: skip

    def _failures(self, statements: Iterable[Statement]) -> int:
        """Add statements; return how many contradict those before them."""
        return sum(not self.add(s) for s in statements)

    def _add_as_usual(self, statements: Sequence[Statement], odd: Sequence[str]) -> int:
        r"""Add statements, last those that make something unusual of ``odd`` that others mention.

        What a statement defines is what it says: `\mathbf{L} = \sum_i c_i` is a number.
        """
        later, mentioned, failed = [], set(), 0
        for statement in statements:
            is_list = any(isinstance(side, tree.Matrix) for side in statement.sides)
            defined = None if is_list else self.roles.reference(statement.sides[0])
            here = self._mentioned(statement) & set(odd)
            size = self.network.size
            agrees = self.add(statement)
            if agrees and self._unusual(here - {defined.name if defined else ""}):
                self.network.forget(size)
                later.append(statement)
            else:
                mentioned |= here
                failed += not agrees
        for name in odd:
            if name in mentioned:
                self.network.narrow(name, lambda a, n=name: self._is_usual(n, a))
        return failed + self._failures(later)

    def _unusual(self, names: Iterable[str] | None = None) -> list[str]:
        """Return the bold letters that can be no vectors, capitals no matrices."""
        return [
            name for name, options in self.network.symbols.items()
            if (names is None or name in names) and self.fonts[name] == {"bf"}
            and name not in self._known and not any(self._is_usual(name, a) for a in options)
        ]  # fmt: skip

    def _is_usual(self, name: str, axes: Axes) -> bool:
        least = min(self.slots_seen[name], default=0)
        return axes.total - least == (2 if name[:1].isupper() and not least else 1)

    def _mentioned(self, statement: Statement) -> set[str]:
        """Return the symbols that occur in a statement."""
        found = (self.roles.reference(x) for root in statement.roots for x in nodes(root))
        return {x.name for x in found if x is not None}

    def add(self, statement: Statement) -> bool:
        """Add a statement; return whether it agrees with what was added before."""
        before = self._matrices()
        # numbers added to vectors, and vectors to matrices, where nothing else makes sense, or
        # where a capital would else be no matrix: P \odot (dP - D) with D = rowsum(..)
        for is_loose, is_last in ((False, False), (True, False), (False, True), (True, True)):
            size = self.network.size
            self._loose = is_loose
            self._memo = {}
            sides = [self.visit(side) for side in statement.sides]
            equal = [
                s for s, side in zip(sides, statement.sides, strict=True) if not is_number(side)
            ]
            self.network.same(equal or sides)
            for condition in statement.conditions:
                self._condition(condition, sides)
            if self.network.propagate(self.network.added(size)):
                if is_last or not any(map(self._is_vector, before)):
                    return True
            self.network.forget(size)
        return False

    def _is_vector(self, name: str) -> bool:
        return all(a.total == 1 for a in self.network.symbols[name])

    def _matrices(self) -> set[str]:
        """Return the plain capitals without indices that may still be matrices."""
        return {
            name
            for name, options in self.network.symbols.items()
            if len(name) == 1 and name.isupper() and self.slots_seen[name] <= {0}
            and "bf" not in self.fonts[name] and any(a.total == 2 for a in options)
        }  # fmt: skip

    def _condition(self, node: tree.Node, sides: Sequence[int] = ()) -> None:
        if isinstance(node, tree.Compare) and node.relation == "in":
            if isinstance(node.right, tree.Space):
                self.declare(node.left, node.right)

    def declare(self, node: tree.Node, space: tree.Space) -> bool:
        """Say that a quantity lies in a space of given dimensions."""
        size = self.network.size
        wanted = {0: SCALAR, 1: VECTOR, 2: MATRIX}.get(len(space.dims))
        if wanted is None:
            return False
        if len(space.dims) == 2:
            ones = [isinstance(d, tree.Number) and d.text == "1" for d in space.dims]
            wanted = {(True, False): ROW, (False, True): COLUMN}.get((ones[0], ones[1]), wanted)
        self._memo = {}
        variable = self.visit(node)
        self.network.relate(frozenset((s,) for s in (1, 2, 4, 8) if s & wanted), variable)
        if self.network.propagate(self.network.added(size)):
            return True
        self.network.forget(size)
        return False

    def solve(self) -> dict[str, Axes]:
        """Return the axes of every symbol; what nothing forces is chosen."""
        # small letters first: what they are says more of capitals than the other way round
        for name in sorted(self.order, key=self._turn):
            options = self.network.symbols[name]
            if len({self._looks(name, a) for a in options}) == 1:
                continue
            for axes in sorted(options, key=lambda a: self._cost(name, a)):
                if self.network.narrow(name, lambda a, x=axes: a == x):
                    if len({a.total for a in options}) > 1:
                        silent = axes.total - max(self.slots_seen[name], default=0)
                        self.chosen[name] = ("a number", "a vector", "a matrix")[min(silent, 2)]
                    break
        return {
            name: min(options, key=lambda a: self._cost(name, a))
            for name, options in self.network.symbols.items()
        }

    def _turn(self, name: str) -> int:
        """Return when a symbol's turn comes: functions and vectors, capitals, others."""
        if name in self.before_rows:
            return 0
        if name in self.applied and "bf" not in self.fonts[name] and not name[:1].isupper():
            return 0  # p(x) is a number, which says more of the capital S on its left
        shapes = {a.shape(k) for a in self.network.symbols[name] for k in self.slots_seen[name]}
        if not name[:1].isupper() and SCALAR not in shapes:
            return 0
        return 1 if name[:1].isupper() else 2

    def _looks(self, name: str, axes: Axes) -> tuple[int, ...]:
        return tuple(axes.shape(k) for k in sorted(self.slots_seen[name]))

    def _cost(self, name: str, axes: Axes) -> tuple[int, ...]:
        """Return how unusual it would be for a symbol of this name to have these axes."""
        seen = self.slots_seen[name] or {0}
        most, least = max(seen), min(seen)
        stem = name.split("_")[0].rstrip("'")
        fonts = self.fonts[name]
        is_capital = stem[:1].isupper()
        usual = most
        if name in self.differentiated or (name in self.applied and "bf" not in fonts):
            pass
        elif is_capital and name in self.inverted:
            usual = most + 2
        elif most == least:
            if "bf" in fonts and fonts <= {"bf"}:
                usual = most + (2 if is_capital and not most else 1)
            elif is_capital and most == 0 and stem not in LOSSES and not fonts & {"cal", "scr"}:
                usual = 2
            elif name in self.before_rows or (not most and name in self.multiplied):
                usual = most + 1
        else:
            usual = max(most, least + (2 if is_capital and least == 0 else 1))
        return abs(axes.total - usual), axes.total, axes.is_row
