"""The equations of a document, as elaboration takes them, and what it makes of each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields

from proofs_checks.claims import tree
from proofs_checks.claims.elaboration.errors import ElaborationError
from proofs_checks.claims.elaboration.symbols import spelling
from proofs_checks.claims.places import Span
from theory.algebra.expressions import Equation

__all__ = ["Link", "Meaning", "Statement", "nodes", "subscripts", "symbol_parts"]


@dataclass(frozen=True)
class Statement:
    """One equation or chain: its sides in order, and whether ``:=`` stands after the first.

    ``number`` identifies it; ``display`` numbers the display it stands in; ``conditions`` are the
    remarks beside it, such as j != k or i = 1, ..., n.
    """

    number: int
    display: int
    sides: tuple[tree.Node, ...]
    defines: bool
    span: Span
    conditions: tuple[tree.Node, ...] = ()


@dataclass(frozen=True)
class Link:
    """One ``=`` of a statement: the kind of claim it is, and the equation.

    ``axes`` are the letters that its silent row and column axes got, "" for none.
    """

    kind: str
    equation: Equation | None
    span: Span
    order: Span | None = None
    notes: tuple[str, ...] = ()
    axes: tuple[str, str] = ("", "")


@dataclass
class Meaning:
    """What a statement means: its links, or the error that keeps it unreadable."""

    links: list[Link] = field(default_factory=list)
    error: ElaborationError | None = None


def nodes(root: tree.Node) -> Iterator[tree.Node]:
    """Yield every node of a tree, outer ones first."""
    yield root
    for item in fields(root):
        if item.name == "span":
            continue
        value = getattr(root, item.name)
        for child in value if isinstance(value, tuple) else (value,):
            if isinstance(child, tree.Node):
                yield from nodes(child)


def _started_at(node: tree.Node | None) -> Iterator[str]:
    """Yield j where a sum starts at j or j + 1: nothing but an index can stand there."""
    first = node.terms[0] if isinstance(node, tree.Add) else node
    if isinstance(first, tree.Name):
        yield spelling(first)


def subscripts(sides: Iterable[tree.Node]) -> frozenset[str]:
    """Return the letters that stand as indices in some expressions."""
    found: set[str] = set()
    for node in (n for side in sides for n in nodes(side)):
        if isinstance(node, tree.Entry):
            found.update(spelling(x) for x in node.lower if isinstance(x, tree.Name))
        elif isinstance(node, tree.Bound) and isinstance(node.index, tree.Name):
            found.add(spelling(node.index))
            found.update(_started_at(node.first))
        elif isinstance(node, tree.Compare):
            found.update(spelling(x) for x in (node.left, node.right) if isinstance(x, tree.Name))
    return frozenset(found)


def symbol_parts(
    node: tree.Node,
) -> tuple[tree.Name, tuple[tree.Node, ...], tuple[tree.Node, ...]] | None:
    """Return (name, lower, upper) if the node is a single symbol, else None."""
    if isinstance(node, tree.Name):
        return node, (), ()
    if isinstance(node, tree.Entry) and isinstance(node.base, tree.Name):
        return node.base, node.lower, node.upper
    return None
