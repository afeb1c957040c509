r"""Reading lexemes one after the other: the state that all parts of the parser share.

    self.peek, self.next(), self.ahead()   the next lexeme, taken or not
    self.spelled(at)                       a function in plain letters before a bracket: ln(x)
    self.group()                           the argument of a command: ``{a + b}`` or ``a``
    self.sub(found, place)                 the tree of such a group

A group is read by a cursor of its own, from which the tree comes back.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Self

from proofs_checks.claims import tree
from proofs_checks.claims.lexemes import Lexeme
from proofs_checks.claims.limits import Limits
from proofs_checks.claims.notation import BARE_FUNCTIONS, FONTS, PLAIN_FUNCTIONS
from proofs_checks.claims.places import Span
from proofs_checks.claims.problems import Refusal

__all__ = ["Cursor"]


class Cursor(ABC):
    """The lexemes of one formula and the place up to which they are read.

    | attribute | meaning |
    |---|---|
    | lexemes, at | the lexemes, and the number of the next one |
    | limits | how deep and how long a formula may be |
    | end_span | the place of the last lexeme, where something is missing at the end |
    | depth, level | how many operands, and operations, are open around what is read |
    | bars | the bars that are open; "" for a bracket in which bars part the arguments |
    | kept | nodes that stood in brackets: products among them are factors, not lists of factors |
    """

    def __init__(self, found: Sequence[Lexeme], limits: Limits) -> None:
        self.lexemes, self.limits = list(found), limits
        self.at = 0
        self.depth = self.level = 0  # of operands, of operations inside one another
        self.end_span = found[-1].span if found else Span(0, 0)
        self.bars: list[str] = []
        self.kept: list[tree.Node] = []

    # -- the grammar, which `Parser` and its parts fill in -------------------------------------

    @abstractmethod
    def expression(self, power: int) -> tree.Node:
        """Return what stands here, up to an operator that binds no tighter than ``power``."""

    @abstractmethod
    def operand(self) -> tree.Node:
        """Return one factor with its scripts."""

    @abstractmethod
    def comparison(self) -> list[tree.Node]:
        """Return one comparison, or several where it is a chain such as 1 <= i < n."""

    @abstractmethod
    def comparisons(self) -> list[tree.Node]:
        """Return what stands between commas: comparisons, chains of them, names."""

    @abstractmethod
    def begins_operand(self, lexeme: Lexeme) -> bool:
        """Return whether a lexeme begins another factor."""

    @abstractmethod
    def finish(self) -> None:
        """Refuse what is left over."""

    @abstractmethod
    def refused(self, lexeme: Lexeme) -> Refusal:
        """Return why a lexeme cannot stand here."""

    # -- lexemes ------------------------------------------------------------------------------

    @property
    def peek(self) -> Lexeme | None:
        """The next lexeme, None at the end."""
        return self.lexemes[self.at] if self.at < len(self.lexemes) else None

    @property
    def before(self) -> Lexeme:
        """The lexeme that was read last."""
        return self.lexemes[self.at - 1]

    @property
    def here(self) -> Span:
        """The place of the next lexeme."""
        return self.peek.span if self.peek is not None else self.end_span

    def next(self) -> Lexeme:
        """Take the next lexeme."""
        lexeme = self.peek
        if lexeme is None:
            raise Refusal("something is missing at the end", self.end_span, expected="an operand")
        self.at += 1
        return lexeme

    def ahead(self, count: int = 1) -> Lexeme | None:
        """Return a lexeme further on."""
        at = self.at + count
        return self.lexemes[at] if at < len(self.lexemes) else None

    def spelled(self, at: int) -> tuple[str, int]:
        """Return the function whose argument follows the letters from a place on, and their end."""
        word, start, follows = "", at, 0
        while at < len(self.lexemes) and len(word) <= 8:
            lexeme = self.lexemes[at]
            if lexeme.kind != "letter" or (word and lexeme.span.start != follows):
                break
            word, follows, at = word + lexeme.text, lexeme.span.end, at + 1
        following = self.lexemes[at] if at < len(self.lexemes) else None
        if following is None or word not in PLAIN_FUNCTIONS:
            return "", start
        is_called = following.sign("(", "[") or following.command("{")
        is_called = is_called or (len(word) > 2 and following.sign("'", "^"))  # tanh'(x)
        if word in BARE_FUNCTIONS and following.kind in ("command", "word", "letter", "number"):
            is_called = is_called or self.begins_operand(following)
        return (word, at) if is_called else ("", start)

    def group(self) -> list[Lexeme]:
        """Take the argument of a command: what braces hold, or one lexeme."""
        lexeme = self.next()
        if not lexeme.sign("{"):
            if lexeme.kind == "command" and lexeme.text in FONTS and self.peek is not None:
                return [lexeme, *self._whole_group()]
            if lexeme.kind == "command" and lexeme.text in ("frac", "sqrt"):
                return [lexeme, *self._whole_group(), *self._whole_group()]
            if lexeme.kind == "number" and len(lexeme.text) > 1 and "." not in lexeme.text:
                rest = lexeme._replace(text=lexeme.text[1:])  # \frac12 is a half
                self.lexemes[self.at - 1] = lexeme._replace(text=lexeme.text[0])
                self.lexemes.insert(self.at, rest)
                return [lexeme._replace(text=lexeme.text[0])]
            return [lexeme]
        start, depth = self.at, 1
        while depth:
            inside = self.next()
            depth += inside.sign("{") - inside.sign("}")
        return self.lexemes[start : self.at - 1]

    def _whole_group(self) -> list[Lexeme]:
        start = self.at
        self.group()
        return self.lexemes[start : self.at]

    # -- groups -------------------------------------------------------------------------------

    def inner(self, found: Sequence[Lexeme]) -> Self:
        """Return a reader of lexemes that were taken as a group."""
        inner = type(self)(found, self.limits)
        inner.depth, inner.level = self.depth, self.level  # it stands as deep
        return inner

    def sub(self, found: list[Lexeme], place: Span) -> tree.Node:
        """Return the tree of a group."""
        if not found:
            raise Refusal("nothing stands between these braces", place, expected="an expression")
        inner = self.inner(found)
        node = inner.expression(0)
        inner.finish()
        self.kept += inner.kept
        return node

    def closed(self, node: tree.Node) -> tree.Node:
        """Mark a node as one factor."""
        self.kept.append(node)
        return node

    def is_closed(self, node: tree.Node) -> bool:
        """Return whether a node stood in brackets."""
        return any(node is kept for kept in self.kept[-64:])
