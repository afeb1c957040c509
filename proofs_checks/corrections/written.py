r"""An equation's LaTeX as its author wrote it, any part of which can be replaced."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from proofs_checks.claims import tree
from proofs_checks.claims.claim import Side
from proofs_checks.claims.places import Span
from proofs_checks.claims.tree import children

__all__ = ["Written"]

OPENING = re.compile(r"(?:\\(?:left|[bB]igg?l?)\s*)?(?:\(|\[|\\\{)\s*\Z")
CLOSING = re.compile(r"\s*(?:\\(?:right|[bB]igg?r?)\s*)?(?:\)|\]|\\\})")


class Written:
    """A side of an equation whose parts can be replaced."""

    def __init__(self, side: Side) -> None:
        self.side, self.text = side, side.text
        self.nodes = list(_nodes(side.node))
        parents = {id(c): n for n in self.nodes for c in children(n)}
        self.parent: Callable[[tree.Node], tree.Node | None] = lambda n: parents.get(id(n))

    def place(self, node: tree.Node) -> Span:
        """Return where a node stands in the text, its brackets included."""
        if node is self.side.node:
            return Span(0, len(self.text))
        start, end = (x - self.side.start for x in node.span)
        while (a := OPENING.search(self.text[:start])) and (b := CLOSING.match(self.text, end)):
            start, end = a.start(), b.end()
        return Span(start, end)

    def bare(self, node: tree.Node) -> Span:
        """Return where a node stands, without brackets around it."""
        return Span(*(x - self.side.start for x in node.span))

    def of(self, node: tree.Node) -> str:
        """Return the LaTeX of a node."""
        return self.text[slice(*self.place(node))]

    def put(self, *changes: tuple[Span, str]) -> str:
        """Return the text with other LaTeX at some places."""
        out = self.text
        for span, new in sorted(changes, reverse=True):
            out = out[: span.start] + _spaced(out[: span.start], new, out[span.end :])
        return out.strip()


def _spaced(before: str, new: str, after: str) -> str:
    r"""Keep ``\tau`` and ``K`` apart."""
    if re.search(r"\\[A-Za-z]+\Z", before) and new[:1].isalpha():
        new = f" {new}"
    if re.search(r"\\[A-Za-z]+\Z", new) and after[:1].isalpha():
        new += " "
    return new + after


def _nodes(node: tree.Node) -> Iterator[tree.Node]:
    yield node
    for child in children(node):
        yield from _nodes(child)
