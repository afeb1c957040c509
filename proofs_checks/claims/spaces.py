r"""The spaces of symbols, as displays and the prose state them.

    x, y \in \mathbb{R}^n        x and y are vectors
    W \in R^{d \times k}         W is a matrix, d x k
    y \in \{0, 1\}^C             y is a vector, and its entries are 0 or 1
    p \in [0, 1]                p lies between 0 and 1

What else is said of a symbol stands in its equations.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from proofs_checks.claims import tree

__all__ = ["kind_of_numbers", "spaces_in"]


def spaces_in(conditions: Iterable[tree.Node]) -> Iterator[tree.Compare]:
    r"""Yield ``symbol \in space`` for every symbol that conditions put into a space."""
    listed: list[tree.Node] = []  # the x and y of x, y, z \in \mathbb{R}^n
    for node in conditions:
        if isinstance(node, tree.Name | tree.Entry):
            listed.append(node)
            continue
        if isinstance(node, tree.Compare) and node.relation == "in":
            space = _space(node.right)
            for symbol in (*listed, node.left):
                if isinstance(symbol, tree.Name | tree.Entry):
                    if space is not None:
                        yield replace(node, left=symbol, right=space)
                    if kind_of_numbers(node.right):
                        yield replace(node, left=symbol)
        listed = []


def kind_of_numbers(node: tree.Node) -> str:
    """Return which numbers a set or an interval holds, as a kind of `structured_inputs`."""
    if isinstance(node, tree.Power):
        node = node.base
    if not isinstance(node, tree.SetOf | tree.Tuple):
        return ""
    numbers = [_number(x) for x in node.entries]
    if isinstance(node, tree.SetOf):
        return f"one of {' '.join(numbers)}" if all(numbers) and not node.condition else ""
    return f"between {' '.join(numbers)}" if all(numbers) and len(numbers) == 2 else ""


def _number(node: tree.Node) -> str:
    if isinstance(node, tree.Negate) and isinstance(node.body, tree.Number):
        return f"-{node.body.text}"
    return node.text if isinstance(node, tree.Number) else ""


def _space(node: tree.Node) -> tree.Space | None:
    """Return the space of numbers that a node is, with its dimensions."""
    if isinstance(node, tree.Space):
        return node
    if not isinstance(node, tree.Power):
        return None
    base, exponent = node.base, node.exponent
    is_reals = isinstance(base, tree.Name) and base.letter == "R" and base.font in ("", "bf", "rm")
    if not is_reals and not isinstance(base, tree.SetOf):
        return None
    dims = (exponent,)
    if isinstance(exponent, tree.Product) and exponent.operator == "times":
        dims = exponent.factors
    return tree.Space("R", dims, span=node.span)
