r"""Which equations define, and what.

An equation with a new symbol alone on one side, with different index letters, defines it; so do
``:=`` and ``=:``.  What is defined already is claimed.  A definition that holds for some indices
only is a piece; two pieces that exclude each other are one definition by cases.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from proofs_checks.claims import tree
from proofs_checks.claims.meaning.authored import Authored
from proofs_checks.claims.meaning.roles import INDEX_LETTERS, Reference, Roles
from proofs_checks.claims.meaning.special_names import special
from proofs_checks.claims.meaning.statements import EQUALITIES, Statement
from proofs_checks.claims.meaning.worked import is_worked_out
from proofs_checks.claims.notation import MOMENTS
from proofs_checks.claims.tree import children

__all__ = ["Defined", "Definitions", "names_in"]


@dataclass(frozen=True)
class Defined:
    """One definition: the symbol, its side, and the side that says what it is.

    ``is_part`` says that conditions restrict it to some indices.
    """

    name: str
    reference: Reference
    statement: Statement
    left: int
    right: int
    is_part: bool = False


def names_in(node: tree.Node, roles: Roles, authored: Authored, scope: frozenset[str]) -> set[str]:
    """Return the names of all symbols below a node; ``scope`` are formal arguments."""
    found: set[str] = set()
    if isinstance(node, tree.Name | tree.Entry):
        base = node.base if isinstance(node, tree.Entry) else node
        if isinstance(base, tree.Name):
            if roles.spell(base) in scope or special(node, roles, authored.taken):
                return found
            reference = roles.reference(node)
            return {reference.name} if reference else found
    if isinstance(node, tree.Apply):
        mode = authored.mode(node)
        if mode == "quantity":
            reference = authored.quantity(node)
            return {reference.name} if reference else found
        if mode in ("template", "built-in", "unknown"):
            if mode == "template":
                name = authored.function_name(node)
                template, _ = authored.template_of(node)
                formals = frozenset(
                    roles.spell(x) for x in template.formals if isinstance(x, tree.Name)
                )
                inside = f"{name}()"  # no symbol is called so: a function inside itself ends
                if inside not in scope:
                    found |= names_in(template.body, roles, authored, scope | formals | {inside})
            for argument in node.arguments:
                found |= names_in(argument, roles, authored, scope)
            return found
    if isinstance(node, tree.Power):
        reference = roles.reference(node)
        if reference is not None:
            return {reference.name}
    for child in children(node):
        found |= names_in(child, roles, authored, scope)
    return found


class Definitions:
    """The definitions of a document, in order."""

    def __init__(
        self,
        statements: Sequence[Statement],
        roles: Roles,
        authored: Authored,
        known: Iterable[str],
    ) -> None:
        self.roles, self.authored = roles, authored
        self.found: dict[str, list[Defined]] = {}
        self.by_side: dict[tuple[int, int], Defined] = {}
        self.again: dict[str, list[Defined]] = {}  # of other quantities than the first time
        self._known = set(known)
        self._uses: dict[str, set[str]] = {}
        self._displayed = displayed = [s for s in statements if not s.is_inline]
        self._premises = {s.number for s in displayed if s.is_premise}
        for statement in displayed:
            self._take(statement)
        mentioned: set[str] = set()
        for statement in displayed:
            self._take_at_the_end(statement, mentioned)
            mentioned |= self._mentioned(statement)
        used: set[str] = set()
        for statement in displayed:
            for root in statement.roots:
                used |= names_in(root, roles, authored, frozenset())
        waiting = [s for s in statements if s.is_inline]
        while waiting:  # what the prose defines may need what it defines elsewhere
            before = len(self.by_side)
            for statement in waiting:
                self._take(statement, only=used)
            taken = {number for number, _ in self.by_side}
            done = [s for s in waiting if s.number in taken]
            for statement in done:
                for root in statement.roots:
                    used |= names_in(root, roles, authored, frozenset())
            waiting = [s for s in waiting if s.number not in taken]
            if len(self.by_side) == before:
                break

    def _take(self, statement: Statement, only: set[str] | None = None) -> None:
        sides = statement.sides
        if statement.is_inline and statement.is_premise:
            return  # "if n = 0" says which case is meant
        around = {statement.number, statement.number - 1} & self._premises
        if around and isinstance(sides[-1], tree.Number):
            return  # in "x = 0 => y = 0" and "dy/dx = 0 => x = 0" x has a value at one point
        for n, kind in enumerate(statement.kinds):
            if kind not in EQUALITIES:
                continue
            pairs = [(n + 1, n)] if kind == "backward" else [(n, n + 1)]
            for left, right in pairs:
                found = self._defines(statement, left, right, explicit=kind != "equality")
                if found is None and only is None:
                    self._note_again(statement, left, right)
                if found is None or (only is not None and found.name not in only):
                    continue
                self._accept(found, sides)

    def _take_at_the_end(self, statement: Statement, mentioned: set[str]) -> None:
        r"""Take what a last side introduces, as \mu in ``E[X] = \mu``: a new symbol, alone."""
        last = len(statement.sides) - 1
        side = statement.sides[last]
        if not last or statement.kinds[-1] != "equality" or statement.conditions:
            return
        is_name = isinstance(side, tree.Name | tree.Entry)
        if not is_name or not _is_computed(statement.sides[last - 1]):
            return  # A x = b is a condition on x
        before = set[str]().union(*(
            names_in(x, self.roles, self.authored, frozenset()) for x in statement.sides[:-1]
        ))  # fmt: skip
        found = self._defines(statement, last, last - 1, explicit=False)
        if found is None or found.is_part or found.name in self.found:
            return
        index = self.roles.bound | self.roles.compared | self.roles.sizes | INDEX_LETTERS
        if found.name not in mentioned | before | index and before & self.roles.quantities:
            self._accept(found, statement.sides)

    def _note_again(self, statement: Statement, left: int, right: int) -> None:
        """Keep an equation that defines a symbol of quite other quantities than it is defined of.

        A letter that a later section uses anew is no claim about the earlier section.  A section
        has used its letter: straight after its definition the same left side is a claim.
        """
        reference = self.reference(statement.sides[left])
        before = self.found.get(reference.name) if reference is not None else None
        if reference is None or before is None or before[0].statement is statement:
            return
        if any(self.roles.letter(x) is None for x in reference.indices):
            return
        current = self.again.get(reference.name, before)[-1]
        old = self._leaves(current.statement.sides[current.right])
        new = self._leaves(statement.sides[right])
        if not old or not new or old & new or reference.name in self._reach(new):
            return
        between = self._displayed[self._displayed.index(current.statement) + 1 :]
        between = between[: between.index(statement)] if statement in between else []
        if any(reference.name in self._mentioned(s) for s in between):
            found = Defined(reference.name, reference, statement, left, right)
            self.again.setdefault(reference.name, []).append(found)

    def _mentioned(self, statement: Statement) -> set[str]:
        roots = statement.roots
        return set().union(*(names_in(r, self.roles, self.authored, frozenset()) for r in roots))

    def _leaves(self, side: tree.Node) -> set[str]:
        """Return what a side is computed from; nothing where a value of a function is in it.

        Of such a value nobody knows what it is computed from.
        """
        reached = self._reach(names_in(side, self.roles, self.authored, frozenset()))
        return set() if any("_." in name for name in reached) else reached - self.found.keys()

    def _accept(self, found: Defined, sides: Sequence[tree.Node]) -> None:
        uses = names_in(sides[found.right], self.roles, self.authored, frozenset())
        if found.name in self._reach(uses):
            return
        if not found.is_part:
            for before in self.found.pop(found.name, ()):  # it gave way
                del self.by_side[(before.statement.number, before.left)]
                self._uses.pop(found.name, None)
        self.found.setdefault(found.name, []).append(found)
        self.by_side[(found.statement.number, found.left)] = found
        self._uses.setdefault(found.name, set()).update(uses)

    def _reach(self, names: set[str]) -> set[str]:
        reached, waiting = set(names), list(names)
        while waiting:
            for name in self._uses.get(waiting.pop(), ()):
                if name not in reached:
                    reached.add(name)
                    waiting.append(name)
        return reached

    def depends_on(self, name: str) -> frozenset[str]:
        """Return every symbol that a definition uses, directly or through others."""
        return frozenset(self._reach(set(self._uses.get(name, ()))))

    def _defines(
        self, statement: Statement, left: int, right: int, *, explicit: bool
    ) -> Defined | None:
        side = statement.sides[left]
        if isinstance(side, tree.Apply) and isinstance(statement.sides[right], tree.Number):
            if not explicit:
                return None  # f(x) = 0 is a condition on x
        reference = self.reference(side)
        if reference is None or reference.name in self._known:
            return None
        letters = [self.roles.letter(x) for x in reference.indices]
        if None in letters or len(set(letters)) < len(letters):
            return None
        if any(isinstance(x, tree.Number | tree.Slice) for x in reference.indices):
            return None
        is_part = any(self._restricts(c, set(letters)) for c in statement.conditions)
        before = self.found.get(reference.name)
        if before is not None and not (is_part and before[0].is_part):
            first = before[0].statement.sides[before[0].right]
            is_open = self._is_open(before[0].reference, first)
            if is_part or not is_open or self._is_open(reference, statement.sides[right]):
                return None
        return Defined(reference.name, reference, statement, left, right, is_part)

    def _is_open(self, reference: Reference, side: tree.Node) -> bool:
        r"""Return whether a side leaves open what its left side says.

        J = E_\tau[R(\tau)], without its distribution, gives way to a later J = \sum_\tau P(\tau)
        R(\tau) as the definition of J, and P_\theta = P(s, a), without \theta, to one with it.
        """
        if is_worked_out(side):
            return True  # a number that an example puts in
        below = list(tree.nodes(side))
        spelled = {self.roles.spell(x) for x in below if isinstance(x, tree.Name)}
        return not reference.depends <= spelled or any(
            isinstance(node, tree.Call)
            and node.function == "expectation"
            and not any(isinstance(low, tree.Compare) for low in node.lower)
            and bool(self.roles.outcomes(node))
            for node in below
        )

    def reference(self, side: tree.Node) -> Reference | None:
        """Return the symbol that stands alone on a side, None if it is an expression."""
        if isinstance(side, tree.Apply):
            if self.authored.mode(side) != "quantity" or self.authored.is_derived(side):
                return None
            return self.authored.quantity(side)
        if isinstance(side, tree.Power):
            found = self.roles.reference(side)
            return found if found is not None and found.indices else None
        if not isinstance(side, tree.Name | tree.Entry):
            return None
        base = side.base if isinstance(side, tree.Entry) else side
        if not isinstance(base, tree.Name):
            return None
        kind = special(side, self.roles, self.authored.taken)
        if kind not in (None, "delta"):
            return None
        if kind == "delta":
            return None
        return self.roles.reference(side)

    def _restricts(self, node: tree.Node, letters: set[str | None]) -> bool:
        if isinstance(node, tree.Otherwise):
            return True
        if isinstance(node, tree.Ranges):
            return not (isinstance(node.first, tree.Number) and node.first.text == "1")
        if isinstance(node, tree.Compare):
            if node.relation == "in":
                return isinstance(node.right, tree.SetOf) and all(
                    isinstance(x, tree.Number) for x in node.right.entries
                )
            return True
        return False


def _is_computed(node: tree.Node) -> bool:
    """Return whether a side is a moment or a derivative, for which the other is but a name."""
    if isinstance(node, tree.Call):
        return node.function in MOMENTS
    return isinstance(node, tree.Derivative | tree.Gradient)
