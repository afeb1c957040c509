r"""Derivatives whose diagonal a document treats in an equation of its own.

    \partial p_i / \partial z_i = p_i (1 - p_i),   \partial p_j / \partial z_i = -p_i p_j

Where the first stands, the second is meant for j and i that differ.
"""

from __future__ import annotations

from collections.abc import Sequence

from proofs_checks.claims import tree
from proofs_checks.claims.meaning.statements import Statement
from proofs_checks.claims.tree import nodes

__all__ = ["off_the_diagonal"]

Pair = tuple[tree.Node, tree.Node]


def off_the_diagonal(statements: Sequence[Statement]) -> dict[int, Pair]:
    """Return by the number of a statement the two indices of which it is meant that they differ."""
    found = {s.number: derivative for s in statements if (derivative := _derivative(s)) is not None}
    diagonal = {stems for stems, (above, below) in found.values() if above == below}
    return {
        number: indices
        for number, (stems, indices) in found.items()
        if indices[0] != indices[1] and stems in diagonal
    }


def _derivative(statement: Statement) -> tuple[Pair, Pair] | None:
    """Return the symbols and the indices of the entries in a derivative that is a left side."""
    left = statement.sides[0]
    if not isinstance(left, tree.Derivative) or len(left.by) != 1 or statement.conditions:
        return None
    entries = left.quantity, left.by[0]
    if not all(isinstance(x, tree.Entry) and len(x.lower) == 1 and not x.upper for x in entries):
        return None
    stems = tuple(x.base for x in entries)  # type: ignore[attr-defined]
    indices = tuple(x.lower[0] for x in entries)  # type: ignore[attr-defined]
    if not all(isinstance(x, tree.Name) for x in indices):
        return None
    if any(_tells_apart(n) for side in statement.sides for n in nodes(side)):
        return None
    return stems, indices  # type: ignore[return-value]


def _tells_apart(node: tree.Node) -> bool:
    """Return whether a node already says what holds where indices are equal."""
    if isinstance(node, tree.Indicator | tree.Cases):
        return True
    return isinstance(node, tree.Entry) and node.base == tree.Name("delta")
