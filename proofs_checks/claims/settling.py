r"""Takes the last unfinished parts out of an expression: brackets, braces, lone differentials."""

from __future__ import annotations

from proofs_checks.claims import tree
from proofs_checks.claims.pieces import (
    Braces,
    Bracket,
    Change,
    DerivativeOperator,
    core_bracket,
    refuse,
    rewrap,
    under_transpose,
)

__all__ = ["settled"]


def settled(node: tree.Node) -> tree.Node:
    r"""Return an expression without unfinished parts.

    Raises `Refusal` for a ``\partial`` that is no part of a derivative and for lists in brackets.
    """
    if isinstance(node, tree.Product) and node.operator == "":
        parts = tuple(settled(factor) for factor in node.factors)
        return node if parts == node.factors else tree.Product(parts, span=node.span)
    if isinstance(node, Change):
        return _differential(node)
    if isinstance(node, DerivativeOperator):
        raise refuse("a derivative without what it is the derivative of", node, "an expression")
    bracket = core_bracket(node)
    if bracket is not None:
        return rewrap(node, _inside(bracket))
    if isinstance(node, Braces):
        return settled(node.body)
    return node


def _differential(change: Change) -> tree.Node:
    if change.symbol == "partial":
        raise refuse(
            "this `\\partial` is not half of a derivative",
            change,
            expected="`\\frac{\\partial ..}{\\partial ..}` or `\\partial .. / \\partial ..`",
        )
    if change.quantity is None:
        return tree.Name("d", span=change.span)
    if change.tight:
        return under_transpose(
            settled(change.quantity), lambda x: tree.Differential(x, span=change.span)
        )
    letter = tree.Name("d", span=change.span)
    return tree.Product((letter, settled(change.quantity)), span=change.span)


def _inside(bracket: Bracket) -> tree.Node:
    if all(isinstance(x, tree.Compare) for x in bracket.entries):
        if bracket.opening == "[":  # Iverson's bracket
            return tree.Indicator(bracket.entries, span=bracket.span)  # type: ignore[arg-type]
        raise refuse("an equation in brackets is no expression", bracket)
    if len(bracket.entries) != 1:
        raise refuse(
            "a list in brackets needs a function of the language in front",
            bracket,
            expected="one expression, or `\\mathrm{Cov}`, `\\mathrm{KL}` before the bracket",
        )
    if isinstance(bracket.entries[0], tree.Slice | tree.Interval):
        raise refuse("a colon in brackets is no expression", bracket)
    return bracket.entries[0]
