"""The equations of a document, as elaboration takes them, and what it makes of each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields

from proofs_checks.claims import tree
from proofs_checks.claims.elaboration.errors import ElaborationError
from proofs_checks.claims.places import Span
from theory.algebra.expressions import Equation

__all__ = ["Link", "Meaning", "Statement", "nodes", "symbol_parts"]


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


def symbol_parts(
    node: tree.Node,
) -> tuple[tree.Name, tuple[tree.Node, ...], tuple[tree.Node, ...]] | None:
    """Return (name, lower, upper) if the node is a single symbol, else None."""
    if isinstance(node, tree.Name):
        return node, (), ()
    if isinstance(node, tree.Entry) and isinstance(node.base, tree.Name):
        return node.base, node.lower, node.upper
    return None
