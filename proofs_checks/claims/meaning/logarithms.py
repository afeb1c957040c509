r"""Quantities that a document gives by their logarithms.

    \log p(x) = -x^2 / 2        p(x) = e^{-x^2 / 2}
    -\log q_i = z_i             q_i = e^{-z_i}

Only what nothing else defines is defined so; otherwise the equation is a claim.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from proofs_checks.claims import tree
from proofs_checks.claims.meaning.statements import Statement
from proofs_checks.claims.tree import nodes

__all__ = ["defined_by_logarithms"]


def defined_by_logarithms(statements: Sequence[Statement]) -> list[Statement]:
    r"""Return statements in which the first ``\log p = a`` reads ``p = e^a``."""
    taken = {stem for s in statements if (stem := _stem(s.sides[0])) is not None}
    return [_exponentiated(s, taken) for s in statements]


def _exponentiated(statement: Statement, taken: set[tree.Name]) -> Statement:
    left, *rest = statement.sides
    is_negative = isinstance(left, tree.Negate)
    logarithm = left.body if isinstance(left, tree.Negate) else left
    if not rest or statement.is_inline or statement.kinds[0] not in ("equality", "definition"):
        return statement
    if not isinstance(logarithm, tree.Call) or logarithm.function != "log" or logarithm.lower:
        return statement
    quantity = logarithm.arguments[0]
    stem = _stem(quantity)
    if stem is None or stem in taken or any(stem == x for side in rest for x in nodes(side)):
        return statement
    taken.add(stem)
    bodies = (tree.Negate(x, span=x.span) if is_negative else x for x in rest)
    sides = (tree.Call("exp", (body,), span=body.span) for body in bodies)
    return replace(statement, sides=(quantity, *sides))


def _stem(node: tree.Node) -> tree.Name | None:
    """Return the name of a symbol, without its indices and arguments; None for anything else."""
    found = tree.stem(node, tree.Entry, tree.Apply)
    return found if isinstance(found, tree.Name) else None
