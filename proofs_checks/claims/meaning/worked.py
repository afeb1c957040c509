r"""Worked examples: numbers that a document puts in for its symbols.

z = w_1 h_1 + w_2 h_2,  z = -0.622 + 0.1345    a value of z, which its definition has not
\partial f / \partial w = x \cdot (-0.20)        a derivative at one point
A = [0.4, 0.6; 0.5, 0.5]                         the matrix of an example
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from proofs_checks.claims import tree
from proofs_checks.claims.equations import has_numbers
from proofs_checks.claims.tree import nodes

if TYPE_CHECKING:
    from proofs_checks.claims.meaning.document import Reading

__all__ = ["examples", "has_value", "is_worked_out", "with_values"]

CONSTANTS = ("e", "pi")
EXACT = frozenset(("0.5", "0.25", "0.125", "1.0", "2.0"))
"""Decimals that people write for fractions in formulas."""


def has_value(node: tree.Node) -> bool:
    """Return whether a decimal stands below a node that may be the value of a symbol."""
    return any(
        isinstance(x, tree.Number) and "." in x.text and x.text not in EXACT for x in nodes(node)
    )


def is_worked_out(side: tree.Node) -> bool:
    """Return whether a side is made of numbers alone, decimals among them."""
    names = (x for x in nodes(side) if isinstance(x, tree.Name))
    return has_value(side) and all(x.letter in CONSTANTS for x in names)


def with_values(reading: Reading) -> frozenset[str]:
    """Return the symbols that have a value in one equation and another right side elsewhere."""
    valued: set[str] = set()
    others: set[str] = set()
    for statement in reading.statements:
        own = set().union(*(_alone(reading, x) for x in statement.sides))
        (valued if any(map(is_worked_out, statement.sides)) else others).update(own)
        if not all(map(is_worked_out, statement.sides[1:])):
            others |= own
    return frozenset(valued & others)


def examples(reading: Reading) -> list[tuple[int, frozenset[str]]]:
    """Return where a display writes out the numbers of an example, and of which symbols."""
    return [
        (s.span.start, frozenset().union(*(_alone(reading, x) for x in s.sides)))
        for s in reading.statements
        if not s.is_inline and any(map(has_numbers, s.sides))
    ]


def _alone(reading: Reading, side: tree.Node) -> set[str]:
    return reading.names(side) if isinstance(side, tree.Name | tree.Entry) else set()
