"""The author's notation: what a correction can be written with, and how it is read back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property

from proofs_checks.claims import tree
from proofs_checks.claims.claim import Side, Written
from proofs_checks.claims.document import Document
from proofs_checks.claims.documents import read_document
from proofs_checks.claims.equations import Equation
from proofs_checks.claims.meaning.document import Reading
from proofs_checks.claims.meaning.statements import Link
from proofs_checks.claims.places import Span
from proofs_checks.claims.problems import ReadingError
from proofs_checks.claims.tree import children
from theory.algebra.expressions import Relation as Meaning

__all__ = ["Author"]

MOST_SYMBOLS = 60
LONGEST_SYMBOL = 120  # characters
_WHOLE = (tree.Name, tree.Entry, tree.Differential, tree.Derivative, tree.Gradient, tree.Rate)


class Author:
    """The author of one document, as it was read."""

    def __init__(self, document: Document, reading: Reading) -> None:
        self.document = document
        self._reading = reading

    def written(
        self, item: Equation, links: Sequence[Link], number: int, stretches: Sequence[Span]
    ) -> Written | None:
        """Return one ``=`` of an equation as written; None for definitions.

        ``stretches`` are the places of its sides.
        """
        if links[number].kind == "definition" or item.relations[0].backward:
            return None
        left, right = (
            Side(self._text(stretches[n]), item.sides[n], stretches[n].start)
            for n in (number, number + 1)
        )
        return Written(left, right, self.symbols, lambda a, b: self._read(a, b, item))

    @cached_property
    def symbols(self) -> tuple[str, ...]:
        """The quantities that the document writes down, in the order of their first use."""
        found: dict[str, None] = {}
        for item in self.document.equations:
            for side in item.sides if isinstance(item, Equation) else ():
                for node in _quantities(side):
                    text = self._text(node.span)
                    if 0 < len(text) <= LONGEST_SYMBOL and len(found) < MOST_SYMBOLS:
                        found.setdefault(text)
        return tuple(found)

    def _text(self, span: Span) -> str:
        return self.document.source.text[slice(*span)]

    def _read(self, left: str, right: str, item: Equation) -> Meaning | None:
        """Return what an equation means in the place of ``item``."""
        try:
            found = read_document(
                f"\\[ {left} = {right} \\]", "correction", "tex", macros=self.document.macros
            ).equations
        except ReadingError:
            return None
        if len(found) != 1 or not isinstance(found[0], Equation) or len(found[0].sides) != 2:
            return None
        return self._reading.equation(found[0].sides, item.conditions)


def _quantities(node: tree.Node) -> Iterator[tree.Node]:
    """Yield symbols with their indices, symbols without, and derivatives; no index letters."""
    if isinstance(node, _WHOLE):
        yield node
        if isinstance(node, tree.Entry):
            yield node.base
        return
    if isinstance(node, tree.Sum):
        yield from _quantities(node.body)
        return
    for child in children(node):
        if not isinstance(child, tree.Compare | tree.Bound):
            yield from _quantities(child)
