r"""Free and bound letters in the slots of symbols.

    y_i = \sum_j A_{ij} x_j      i is free on both sides, j bound in (A, _1) and (x, _0)
    K = X W_k                    k is stray: on one side only

`roles` decides by these counts which letters are indices.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from proofs_checks.claims import tree
from proofs_checks.claims.meaning.letters import Letters
from proofs_checks.claims.meaning.slots import INDEX_LETTERS, Place, Slot, stem_of
from proofs_checks.claims.meaning.spelling import Spelling
from proofs_checks.claims.meaning.statements import Statement
from proofs_checks.claims.notation import MOMENTS
from proofs_checks.claims.tree import children, nodes

__all__ = ["Scripts"]


class Scripts(Letters):
    """The slots of one document's symbols.

    ``slots`` maps each place to the letters seen there, ``mismatched`` a symbol to the indices
    that agree with nothing on the other side of its equation, ``numbers`` a statement to the
    letters that are scripts and exponents in it, x_t = a^t y_t, with their places.
    """

    def __init__(self, spell: Spelling, sizes: Iterable[str] = ()) -> None:
        super().__init__(spell, sizes)
        self.slots: dict[Place, Slot] = defaultdict(Slot)
        self.mismatched: dict[str, set[str]] = defaultdict(set)
        self.numbers: dict[int, dict[str, set[Place]]] = defaultdict(dict)

    def _bind_the_unbound(self, statement: Statement) -> None:
        """Let a sum bind what its conditions mention and nothing else binds."""
        for side in statement.sides:
            for node, above in sums_below(side, self):
                own = {self.letter(b.index) for b in node.bounds} | above
                if not node.bounds and not node.conditions:
                    found = self.script_letters(node.body) - self.quantities
                    if len(found) == 1:
                        self.bound_by[id(node)] = tuple(found)
                        self.bound |= found
                    continue
                said = {
                    x
                    for c in node.conditions
                    if c.relation in ("!=", "<", ">")
                    for end in (c.left, c.right)
                    if (x := self._comparable(end)) is not None
                }
                elsewhere: set[str] = set()
                for other in statement.roots:
                    elsewhere |= self._free(other, frozenset(), node)
                by = {x for n in nodes(node.body) for x in self._differentiated_at(n)}
                new = tuple(sorted(said - own - elsewhere - self.sizes - by))
                if new:
                    self.bound_by[id(node)] = new
                    self.bound |= set(new)

    def _differentiated_at(self, node: tree.Node) -> set[str]:
        r"""Return the l of ``\nabla_{y_l}``: nobody differentiates by what is summed over."""
        if not isinstance(node, tree.Derivative | tree.Gradient):
            return set()
        return set().union(*map(self.script_letters, node.by))

    def script_letters(self, node: tree.Node) -> set[str]:
        """Return the letters in the subscripts below a node, without sizes."""
        found = set()
        for below in nodes(node):
            if isinstance(below, tree.Entry):
                found |= {x for i in below.lower if (x := self.letter(i)) is not None}
        return found - self.sizes

    def _free(self, node: tree.Node, bound: frozenset[str], but: tree.Node) -> set[str]:
        """Return the script letters that stand free outside the node ``but``."""
        if node is but:
            return set()
        found: set[str] = set()
        if isinstance(node, tree.Entry):
            found |= {x for i in node.lower if (x := self.letter(i)) is not None}
        if isinstance(node, tree.Compare | tree.Indicator | tree.Bound):
            found |= {self.spell(n) for n in nodes(node) if isinstance(n, tree.Name)}
        inner = bound | set(self.binds(node)) if isinstance(node, tree.Sum) else bound
        found -= inner
        for child in children(node):
            found |= self._free(child, inner, but)
        return found - inner

    def _take_sides(self, statement: Statement) -> None:
        """Note for every slot whether its letters are bound, on both sides, or stray."""
        sides: list[dict[str, set[Place]]] = []
        for side in statement.sides:
            free: dict[str, set[Place]] = defaultdict(set)
            self._scripts(side, frozenset(), free)
            sides.append(free)
        # a side without symbols, such as 0 or 1/n, says nothing about letters
        telling = [
            free
            for free, side in zip(sides, statement.sides, strict=True)
            if free or self._has_symbols(side)
        ]
        everywhere = set.intersection(*(set(s) for s in telling)) if telling else set()
        if len(telling) > 1 and not everywhere and all(telling):
            for free in telling:
                for letter, places in free.items():
                    for name, _ in places if letter in INDEX_LETTERS else ():
                        if name.islower() and len(name) == 1 and name != "d":
                            self.mismatched[name].add(letter)
        said = {
            self.spell(n)
            for c in statement.conditions
            for n in nodes(c)
            if isinstance(n, tree.Name)
        }
        exponents = {
            self.spell(n.exponent)
            for side in statement.sides
            for n in nodes(side)
            if isinstance(n, tree.Power) and isinstance(n.exponent, tree.Name)
        }
        self.numbers[statement.number] = {
            letter: set[Place]().union(*(free.get(letter, ()) for free in sides))
            for letter in exponents & everywhere
        }
        for free in sides:
            for letter, places in free.items():
                for place in places:
                    slot = self.slots[place]
                    (slot.both if letter in everywhere | said else slot.stray)[letter] += 1

    def _has_symbols(self, node: tree.Node) -> bool:
        return any(
            isinstance(n, tree.Name) and self.spell(n) not in self.sizes for n in nodes(node)
        )

    def _scripts(self, node: tree.Node, bound: frozenset[str], free: dict[str, set[Place]]) -> None:
        if isinstance(node, tree.Sum):
            for bnd in node.bounds:
                for end in (bnd.first, bnd.last):
                    if end is not None:
                        self._scripts(end, bound, free)
            bound = bound | set(self.binds(node))
            for condition in node.conditions:
                self._scripts(condition, bound, free)
            self._scripts(node.body, bound, free)
            return
        if isinstance(node, tree.Call) and node.function in MOMENTS:
            bound = bound | set(self.outcomes(node))
        if (over := self.runs_over(node)) is not None:
            bound = bound | {over}
        for place, item in self._placed(node):
            if isinstance(item, tree.Number):
                self.slots[place].numbers.add(item.text)
                continue
            letter = self.letter(item)
            if letter is None:
                continue
            if letter in bound:
                self.slots[place].strong.add(letter)
            else:
                free[letter].add(place)
        for child in children(node):
            self._scripts(child, bound, free)

    def _placed(self, node: tree.Node) -> Iterator[tuple[Place, tree.Node]]:
        """Yield the scripts of a symbol with their places."""
        if isinstance(node, tree.Entry) and isinstance(node.base, tree.Name):
            name = self.spell(node.base)
            for n, item in enumerate(node.lower):
                yield (name, f"_{n}"), item
            for n, item in enumerate(node.upper):
                if isinstance(item, tree.Bracketed):
                    yield (name, f"^{n}"), item.body
        elif isinstance(node, tree.Apply) and self.is_function(node.base):
            name = self._base(node.base) or ""
            for n, item in enumerate(node.arguments):
                if isinstance(item, tree.Name):
                    yield (name, f"({n}"), item
        elif (stem := stem_of(node)) is not None and isinstance(node, tree.Power):
            name = self.spell(stem)
            if name in self.upper:
                factors = (
                    node.exponent.factors
                    if isinstance(node.exponent, tree.Product)
                    else (node.exponent,)
                )
                for n, item in enumerate(factors):
                    yield (name, f"^^{n}"), item


def sums_below(
    node: tree.Node, roles: Letters, above: frozenset[str | None] = frozenset()
) -> Iterator[tuple[tree.Sum, frozenset[str | None]]]:
    """Yield every sum below a node with the letters that sums around it bind."""
    if isinstance(node, tree.Sum):
        yield node, above
        above = above | {roles.letter(b.index) for b in node.bounds}
    for child in children(node):
        yield from sums_below(child, roles, above)
