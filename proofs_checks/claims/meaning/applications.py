r"""Which letters are functions: whether a bracket after a letter holds arguments or is a factor.

    f(x) = x^2      f is a function: its formal argument x stands on a left side
    s (1 - s)       s is none: it stands elsewhere without a bracket

`letters` builds on `Applications`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from proofs_checks.claims import tree
from proofs_checks.claims.meaning.spelling import Spelling
from proofs_checks.claims.meaning.statements import Statement
from proofs_checks.claims.tree import children

__all__ = ["Applications"]

FUNCTION_LETTERS = frozenset(
    "f g h F G H J L E R S V Q Z K p q P phi psi varphi varpsi sigma pi ell kappa Phi Psi".split()
)
VARIABLE_WORDS = frozenset(
    "alpha beta gamma delta epsilon zeta theta iota lambda upsilon omega".split()
)


class Applications:
    """The functions of one document.

    ``functions`` are the names whose brackets hold arguments, ``arities`` how many they hold;
    ``loose`` those that also stand without a bracket, and not below a derivative; ``overloaded``
    those that are other functions of other letters, as p(x), p(z) and p(x | z) are.
    """

    def __init__(self, spell: Spelling) -> None:
        self.spell = spell
        self.functions: set[str] = set()
        self.loose: set[str] = set()
        self.arities: dict[str, set[int]] = {}
        self.overloaded: set[str] = set()

    def _base(self, node: tree.Node) -> str | None:
        base = node.base if isinstance(node, tree.Entry) else node
        return self.spell(base) if isinstance(base, tree.Name) else None

    def is_function(self, base: tree.Node) -> bool:
        """Return whether a bracket after this name holds its arguments."""
        return self._base(base) in self.functions

    def is_overloaded(self, base: tree.Node) -> bool:
        """Return whether the letters in its bracket say which function is meant."""
        return self._base(base) in self.overloaded

    def is_application(self, node: tree.Apply) -> bool:
        """Return whether the bracket holds arguments: s_i(z) does, s_i (1 - s_i) does not."""
        if not self.is_function(node.base):
            return False
        name = self._base(node.base)
        computed = any(isinstance(x, tree.Add | tree.Negate) for x in node.arguments)
        return not (computed and name in self.loose and len(node.arguments) == 1)

    def _find_functions(self, statements: Sequence[Statement], every: Sequence[tree.Node]) -> None:
        bare: Counter[str] = Counter()
        loose: Counter[str] = Counter()  # bare, and not below a derivative
        applied: dict[str, list[tree.Apply]] = defaultdict(list)

        laws: set[str] = set()  # p in x \sim p(x)

        def visit(node: tree.Node, derived: bool) -> None:
            if isinstance(node, tree.Compare) and node.relation == "~":
                if isinstance(node.right, tree.Apply) and (name := self._base(node.right.base)):
                    laws.add(name)
            if isinstance(node, tree.Apply):
                name = self._base(node.base)
                if name is not None:
                    applied[name].append(node)
                for argument in node.arguments:
                    visit(argument, False)
                return
            if isinstance(node, tree.Name) or (
                isinstance(node, tree.Entry) and isinstance(node.base, tree.Name)
            ):
                name = self._base(node)
                if name is not None:
                    bare[name] += 1
                    loose[name] += not derived
                return
            inner = isinstance(
                node, tree.Derivative | tree.Gradient | tree.Differential | tree.Directional
            )
            for child in children(node):
                visit(child, inner)

        for root in every:
            visit(root, False)
        for statement in statements:
            for side in statement.sides[: 1 if len(statement.sides) == 1 else None]:
                if isinstance(side, tree.Apply) and all(map(is_formal, side.arguments)):
                    name = self._base(side.base)
                    if name is not None and is_formal(side.arguments[0]):
                        if side is statement.sides[0] or name not in bare:
                            self.functions.add(name)
        self.loose = {name for name, count in loose.items() if count}
        self.arities = {name: {len(x.arguments) for x in calls} for name, calls in applied.items()}
        self.overloaded = {name for name, calls in applied.items() if _is_overloaded(calls)}
        for name, calls in applied.items():
            letter = name.rstrip("'").split("_")[0]
            several = any(len(a.arguments) > 1 or set(a.separators) - {","} for a in calls)
            simple = all(all(map(is_formal, a.arguments)) for a in calls)
            word = len(letter) > 2 and letter not in ("eta", "eps", "tau", "phi", "psi", "rho")
            usual = letter in FUNCTION_LETTERS or "'" in name
            if (
                several
                or "'" in name
                or (not loose[name] and (simple or usual))
                or (usual and simple and not loose[name.rstrip("'")])
                or (word and not bare[name] and letter not in VARIABLE_WORDS)
            ):
                self.functions.add(name)
        self.functions |= laws
        primed = {name.rstrip("'") for name in self.functions if name.endswith("'")}
        self.functions |= primed & applied.keys()


def _is_overloaded(calls: Sequence[tree.Apply]) -> bool:
    """Return whether letters say which function is meant: p(x | z) beside p(z) or p(z | x)."""
    if not any("|" in call.separators for call in calls):
        return False
    slots: dict[str, set[int]] = defaultdict(set)
    for call in calls:
        for n, argument in enumerate(call.arguments):
            stem = tree.stem(argument, tree.Entry)
            if isinstance(stem, tree.Name):
                slots[stem.letter].add(n)
    kinds = {(len(call.arguments), call.separators) for call in calls}
    return len(kinds) > 1 or any(len(found) > 1 for found in slots.values())


def is_formal(node: tree.Node) -> bool:
    """Return whether an argument can be the formal one of a definition: a name, perhaps indexed."""
    if isinstance(node, tree.Entry):
        return isinstance(node.base, tree.Name)
    if isinstance(node, tree.Compare):
        return True
    return isinstance(node, tree.Name | tree.Tuple | tree.Dots | tree.Bracketed)
