r"""The d of differentials before what is no symbol: d(u^T v), d \log p, d \mathrm{tr}(X).

A d is a letter like any other where a document uses it as one.  Where it stands in no other place
than before brackets and functions, and the document has differentials of symbols (dp) or the d on
both sides of an equation, it is the operator.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeGuard

from proofs_checks.claims import tree
from proofs_checks.claims.meaning.rewriting import mapped
from proofs_checks.claims.meaning.statements import Statement
from proofs_checks.claims.tree import nodes

__all__ = ["has_differentials", "is_composite", "with_differentials"]


def has_differentials(statements: Sequence[Statement], elsewhere: Iterable[tree.Node]) -> bool:
    """Return whether the letter d of a document is the operator."""
    roots = [root for s in statements for root in s.roots] + list(elsewhere)
    letters = sum(_is_d(n) for root in roots for n in nodes(root))
    letters -= sum(_is_open(n) for root in roots for n in nodes(root))
    operators = sum(_operators(root) for root in roots)
    if not operators or operators < letters:
        return False
    if any(isinstance(n, tree.Differential) for root in roots for n in nodes(root)):
        return True
    return any(all(map(_operators, s.sides)) for s in statements if len(s.sides) > 1)


def with_differentials(node: tree.Node) -> tree.Node:
    """Return a tree with every d before brackets or a function as an operator."""
    return mapped(node, _changed)


def is_composite(node: tree.Node) -> TypeGuard[tree.Differential]:
    r"""Return whether a node is the differential of what is no symbol; d\sigma^2 is that of one."""
    if not isinstance(node, tree.Differential):
        return False
    quantity = node.quantity
    if isinstance(quantity, tree.Power) and isinstance(quantity.exponent, tree.Number):
        quantity = quantity.base
    if isinstance(quantity, tree.Transpose):
        quantity = quantity.base
    return not isinstance(quantity, tree.Name | tree.Entry | tree.Apply | tree.Directional)


def _changed(node: tree.Node) -> tree.Node:
    if isinstance(node, tree.Apply) and _is_d(node.base) and len(node.arguments) == 1:
        return tree.Differential(node.arguments[0], span=node.span)
    if not isinstance(node, tree.Product):
        return node
    factors = list(node.factors)
    for n in reversed(range(len(factors) - 1)):
        if _is_d(factors[n]) and _may_follow(factors[n + 1]):
            span = factors[n].span.to(factors[n + 1].span)
            factors[n : n + 2] = [tree.Differential(factors[n + 1], span=span)]
    if len(factors) == len(node.factors):
        return node
    return factors[0] if len(factors) == 1 else tree.Product(tuple(factors), span=node.span)


def _operators(root: tree.Node) -> int:
    """Return how many times a d stands before brackets or a function."""
    found = 0
    for node in nodes(root):
        if isinstance(node, tree.Apply) and _is_d(node.base):
            found += len(node.arguments) == 1 and not _is_open(node)
        elif isinstance(node, tree.Product):
            pairs = zip(node.factors, node.factors[1:], strict=False)
            found += sum(_is_d(a) and _may_follow(b) for a, b in pairs)
    return found


def _is_open(node: tree.Node) -> bool:
    """Return whether a node is d(X), which may be a function d as well."""
    if not isinstance(node, tree.Apply) or not _is_d(node.base):
        return False
    return len(node.arguments) == 1 and isinstance(node.arguments[0], tree.Name)


def _may_follow(node: tree.Node) -> bool:
    """Return whether a d before a node may be an operator: d tr(X), d |X|, d ||x||^2."""
    base = node.base if isinstance(node, tree.Power) else node
    return isinstance(base, tree.Call | tree.Norm)


def _is_d(node: tree.Node) -> bool:
    return isinstance(node, tree.Name) and node in (tree.Name("d"), tree.Name("d", font="rm"))
