r"""Losses of which a document says only what they depend on.

    L = \sum_i \ell_i(g_i),   L = f(O),   \mathcal{L} = \frac1n \sum_i \ell(y_i, \hat{y}_i)

Where the function stands nowhere else, L is any differentiable function of these arguments: that
is what a claim about its derivatives is judged for, and there is nothing to compute.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from proofs_checks.claims import tree
from proofs_checks.claims.meaning.authored import BUILT_IN
from proofs_checks.claims.meaning.statements import EQUALITIES, Statement
from proofs_checks.claims.tree import children, nodes

__all__ = ["SKIPPED", "ArbitraryLoss", "arbitrary_losses"]

SKIPPED = "says on what a loss depends, which is taken for any differentiable function of it"
CALCULUS = (tree.Derivative, tree.Gradient, tree.Differential, tree.Directional)


class ArbitraryLoss(NamedTuple):
    """A loss, the arguments of the unknown function that it is, and where that is said."""

    loss: tree.Name
    arguments: tuple[tree.Node, ...]
    number: int


def arbitrary_losses(
    statements: Sequence[Statement],
) -> tuple[list[Statement], list[ArbitraryLoss]]:
    """Return the other statements, and the losses that an unknown function defines."""
    below = [n for s in statements for root in s.roots for n in nodes(root)]
    named = Counter(n for n in below if isinstance(n, tree.Name))
    lefts = Counter(s.sides[0] for s in statements if len(s.sides) > 1)
    derived = {n.quantity for n in below if isinstance(n, tree.Derivative | tree.Gradient)}
    by_sign = any(isinstance(n, tree.Differential | tree.Step | tree.Rate) for n in below)
    kept, found = [], []
    for statement in statements:
        left, *rest = statement.sides
        applied = _one_application(rest[0]) if len(rest) == 1 else None
        if (
            applied is None or not isinstance(left, tree.Name) or statement.conditions
            or statement.kinds[0] not in EQUALITIES or not (left in derived or by_sign)
            or any(isinstance(n, CALCULUS) for n in nodes(rest[0]))
            or not any(isinstance(n, tree.Name) for x in applied.arguments for n in nodes(x))
        ):  # fmt: skip
            kept.append(statement)
            continue
        function = tree.stem(applied.base, tree.Entry)
        itself = applied is rest[0] and function == left  # L = L(g) says on what L depends
        is_unknown = (
            isinstance(function, tree.Name) and named[function] == 1 and lefts[left] == 1
            and function.letter not in BUILT_IN and function.font != "rm"
            and not statement.is_inline
        )  # fmt: skip
        if not itself and not is_unknown:
            kept.append(statement)
            continue
        found.append(ArbitraryLoss(left, applied.arguments, statement.number))
    return kept, found


def _one_application(node: tree.Node) -> tree.Apply | None:
    """Return the application that a node is, summed and times numbers or symbols perhaps."""
    if isinstance(node, tree.Apply):
        return node
    if isinstance(node, tree.Sum):
        return _one_application(node.body) if node.operator == "sum" else None
    if isinstance(node, tree.Negate):
        return _one_application(node.body)
    if isinstance(node, tree.Quotient):
        is_plain = not any(isinstance(n, tree.Apply | tree.Call) for n in nodes(node.denominator))
        return _one_application(node.numerator) if is_plain else None
    if isinstance(node, tree.Product):
        others = [x for x in node.factors if _is_factor(x)]
        rest = [x for x in node.factors if not _is_factor(x)]
        return _one_application(rest[0]) if len(rest) == 1 and others else None
    return None


def _is_factor(node: tree.Node) -> bool:
    """Return whether a node is a number, a letter, or a quotient of such."""
    if isinstance(node, tree.Quotient):
        return all(map(_is_factor, children(node)))
    return isinstance(node, tree.Number | tree.Name)
