"""Equations on their way from trees to meanings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from proofs_checks.claims import tree
from proofs_checks.claims.places import Span

__all__ = ["BESIDE", "EQUALITIES", "SPREAD", "Link", "Meaning", "MeaningError", "Said", "Statement",
           "heading_between"]  # fmt: skip

EQUALITIES = ("equality", "definition", "backward")  # of the kinds of relations
BESIDE = "a vector was added to every"
SPREAD = "a number stands for a vector or matrix of that number"


class MeaningError(Exception):
    """Why an equation has no meaning: the place, what was expected, what was probably meant.

    ``is_final`` says that the equation has none by itself either, without its document.
    """

    def __init__(
        self,
        message: str,
        span: Span,
        *,
        expected: str = "",
        suggestion: str = "",
        other: Span | None = None,
        is_final: bool = False,
    ) -> None:
        """Keep the words and the place; ``other`` is a second place that disagrees."""
        super().__init__(message)
        self.span, self.expected, self.suggestion, self.other = span, expected, suggestion, other
        self.is_final = is_final


@dataclass(frozen=True)
class Statement:
    """One equation or chain.

    ``kinds`` are those of its relations ("equality", "definition", "le", ...); ``defines`` says
    that ``:=`` defines the first side.  ``number`` tells statements apart, in document order;
    ``is_premise`` that an implication follows.
    """

    number: int
    display: int
    sides: tuple[tree.Node, ...]
    kinds: tuple[str, ...]
    defines: bool
    span: Span
    conditions: tuple[tree.Node, ...] = ()
    is_inline: bool = False
    is_premise: bool = False

    @property
    def roots(self) -> tuple[tree.Node, ...]:
        """Everything that was written: sides and conditions."""
        return (*self.sides, *self.conditions)


def heading_between(headings: Sequence[int], first: Statement, second: Statement) -> bool:
    """Return whether a section begins after one statement and before another."""
    return not one_section(headings, first.span.start, second.span.start)


def one_section(headings: Sequence[int], one: int, other: int) -> bool:
    """Return whether no section begins between two places."""
    first, last = sorted((one, other))
    return not any(first < at <= last for at in headings)


@dataclass(frozen=True)
class Said:
    """What a document says, before anything is inferred.

    | field | meaning |
    |---|---|
    | statements, assumptions | its equations, and what it supposes |
    | inputs | symbols that it declares |
    | stated | spaces of symbols |
    | described | symbols with a word that the prose has for them and that is not read |
    | cases | where the prose tells two letters apart, and which |
    | broken | names whose definitions could not be parsed |
    | summation | "" if sums are written; else why repeated indices are summed |
    | rows | whether X may be the matrix of the rows x_i |
    | apart | letters that are other symbols with an index than without |
    | headings | where sections begin, as offsets into the document |
    | elsewhere | the document's other equations: they tell what scripts are, and nothing more |
    """

    statements: Sequence[Statement]
    assumptions: Sequence[Statement] = ()
    inputs: Sequence[tree.Node] = ()
    stated: Sequence[tree.Compare] = ()
    described: Sequence[tuple[tree.Node, str]] = ()
    cases: Sequence[tuple[int, frozenset[str]]] = ()
    broken: Sequence[str] = ()
    summation: str = ""
    rows: bool = True
    apart: frozenset[str] = frozenset()
    headings: Sequence[int] = ()
    elsewhere: Sequence[tree.Node] = ()


@dataclass
class Link:
    """One relation of a statement, typed.

    ``kind`` is "claim", "step", "definition" or "assumption"; ``statement`` the typed relation;
    ``hedge`` says why a refutation would mean nothing (an undefined or unread symbol),
    ``undeclared`` which symbols it would be enough to declare; ``axes``
    are the letters of silent row and column; ``signs`` what conditions say of its symbols;
    ``model`` is what it is about where that is not the model of the document; ``of_inputs`` tells
    that it bounds inputs, or has one alone on a side; ``cases`` are indices that the prose tells
    apart.
    """

    kind: str
    relation: Any
    span: Span
    notes: tuple[str, ...] = ()
    axes: tuple[str, str] = ("", "")
    order: tuple[int, int] | None = None
    hedge: str = ""
    undeclared: tuple[str, ...] = ()
    signs: dict[Any, Any] = field(default_factory=dict)
    model: Any = None
    of_inputs: bool = False
    cases: tuple[tuple[str, str], ...] = ()


@dataclass
class Meaning:
    """What a statement means: its links, or why it means nothing."""

    links: list[Link] = field(default_factory=list)
    error: MeaningError | None = None
    skipped: str = ""
