r"""What the typing of one statement knows: the document, and the statement's index letters.

    context.roles, .symbols, .ranges     shared by all equations of a document
    letters["i"]                         the index that i is in this statement, with its range

`Scope` is what `occurrences` and `typing` build on.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import sympy as sp

from proofs_checks.claims import tree
from proofs_checks.claims.meaning.authored import Authored
from proofs_checks.claims.meaning.ranges import Ranges
from proofs_checks.claims.meaning.roles import Roles
from proofs_checks.claims.meaning.statements import MeaningError
from proofs_checks.claims.meaning.symbols import Symbols
from proofs_checks.claims.meaning.values import Shapes, Value
from proofs_checks.claims.places import Span
from theory.algebra.expressions import fresh
from theory.algebra.symbols import Index

__all__ = ["Context", "Scope", "plain"]


class Context:
    """What all equations of a document share."""

    def __init__(
        self, roles: Roles, authored: Authored, symbols: Symbols, ranges: Ranges, loss: Any
    ) -> None:
        self.roles, self.authored, self.symbols = roles, authored, symbols
        self.ranges, self.loss = ranges, loss
        self.has_loss = False  # the document, or the vocabulary, has something to descend
        self.coordinates: tuple[str, ...] = ()  # what a step or a flow moves
        self.computed: dict[str, frozenset[str]] = {}  # what each definition depends on
        self.parts: set[Any] = set()  # ranges of equations for i \in S, which S may be a part of
        self.offsets: dict[str, int] = {}  # the N of a sum from 0 to N is one less than its range
        self.ends: set[str] = set()  # sizes at which sums of as many terms end
        self.from_zero: set[str] = set()  # ranges that some sum counts from 0
        self.counted: dict[tuple[str, int], int] = {}  # from where an axis of a symbol is counted
        self.opaque: set[str] = set()  # scalars that are differentiated and never defined
        self.laws: dict[str, tuple[int, ...]] = {}  # of distributions: the axes of their outcomes


class Scope(ABC):
    """The state of one statement; ``letters`` are its index letters so far.

    | attribute | meaning |
    |---|---|
    | letters, first | index letters of the statement, and the place of the first use of each |
    | counts | from where a sum counts its letter: 0 or 1 |
    | scope | formal arguments of a function, and what is put in for them |
    | mean | inside E_{alpha_i}[..]: alpha_i and its axis |
    | moving | symbols whose differentials are directions |
    | sets, unbounded | ranges of sums over a set, and of those of which no bound is written |
    """

    def __init__(self, context: Context, number: int) -> None:
        self.context, self.number = context, number
        self.roles, self.authored = context.roles, context.authored
        self.symbols, self.ranges = context.symbols, context.ranges
        self.shapes = Shapes(self.ranges)
        self.letters: dict[str, Index] = {}
        self.counts: dict[str, int] = {}
        self.first: dict[str, Span] = {}
        self.scope: dict[str, Value] = {}
        self.mean: tuple[Value, Index] | None = None
        self.moving: dict[str, Any] | None = None
        self.sets: list[Any] = []
        self.unbounded: list[tuple[Any, Span]] = []
        self._count = 0
        self._depth = 0

    @abstractmethod
    def value(self, node: tree.Node) -> Value:
        """Return the meaning of a node.

        Raises `MeaningError` with the place of what has none.
        """

    def scalar(self, node: tree.Node, what: str) -> Any:
        """Return the expression of a node that must be a scalar."""
        value = self.value(node)
        if not value.is_scalar:
            raise MeaningError(f"{what} must be a scalar; got {value.shape()}.", node.span)
        return value.expression

    def unique(self, what: str) -> str:
        """Return a name for a range that nothing else in the document has."""
        self._count += 1
        return f"{what}@{self.number}.{self._count}"

    def index(self, node: tree.Node, size: Any, what: str) -> Any:
        """Return the index a script stands for, over ``size``."""
        if isinstance(node, tree.Number) and node.text.isdigit() and int(node.text) > 0:
            return sp.Integer(int(node.text))
        if isinstance(node, tree.Number):
            raise MeaningError(
                f"{node.text} is no position of an index, and conditions on numbers are not read.",
                node.span, expected="a position from 1 on, or a condition such as i = j",
            )  # fmt: skip
        letter = self.roles.letter(node)
        if letter is None:
            raise MeaningError(
                f"{what} needs an index letter here.", node.span, expected="a letter such as i"
            )
        index = self.lettered(letter)
        first = self.first.setdefault(letter, node.span)
        if self.ranges.clash(index.size, size):
            raise MeaningError(
                f"the index {letter} ranges over {self.ranges.find(index.size)} elsewhere, "
                f"but {what} ranges over {self.ranges.find(size)}.", node.span,
                suggestion="another letter, or another order of the indices",
                other=first if first != node.span else None,
            )  # fmt: skip
        self.ranges.meet(index.size, size)
        self.ranges.show(size)
        return Index(index.name, self.ranges.find(size))

    def lettered(self, letter: str) -> Index:
        """Return the index of a letter, over a range of its own until something says which."""
        index = self.letters.get(letter)
        if index is None:
            fixed = f"!{letter}" if self.is_fixed(letter) else f"{letter}@{self.number}"
            index = self.letters[letter] = Index(plain(letter), self.ranges.open(fixed))
        return index

    def is_fixed(self, letter: str) -> bool:
        """Return whether a letter is one constant position for the whole document."""
        return any(letter in s.fixed for s in self.symbols.table.values())

    def hidden(self, size: Any, near: str = "a") -> Index:
        """Return a new silent axis over ``size``."""
        return fresh(Index(near, self.ranges.find(size)))

    def open(self, what: str) -> Any:
        """Return a new range."""
        return self.ranges.open(self.unique(what))


def plain(letter: str) -> str:
    """Return an index letter as a name of the calculus."""
    return letter.lstrip("_~") or "i"
