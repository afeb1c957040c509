r"""Dots whose pattern is plain: sums, products, columns and rows of entries.

    x_1 + \dots + x_n                        \sum_{i=1}^n x_i
    (x_1, \dots, x_n)^\top as a matrix       the column of all x_i

A pattern is plain if the entry before the dots becomes the one after them when its 1 is replaced.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any

from proofs_checks.claims import tree

__all__ = ["without_dots"]


def without_dots(node: tree.Node, letter: str) -> tree.Node:
    """Return a node without dots where their pattern is plain; ``letter`` is the new index."""
    if isinstance(node, tree.Add | tree.Product) and any(
        isinstance(x, tree.Dots)
        for x in (node.terms if isinstance(node, tree.Add) else node.factors)
    ):
        items = node.terms if isinstance(node, tree.Add) else node.factors
        return _series(node, items, letter) or node
    if isinstance(node, tree.Matrix):
        return _listed(node, letter) or node
    return node


def _series(
    node: tree.Add | tree.Product, items: Sequence[tree.Node], letter: str
) -> tree.Node | None:
    at = [n for n, x in enumerate(items) if isinstance(x, tree.Dots)]
    if len(at) != 1 or at[0] == 0 or at[0] == len(items) - 1:
        return None
    for start in range(at[0]):
        pattern = _general(items[start], items[at[0] + 1], letter)
        if pattern is None:
            continue
        body, end = pattern
        if not all(
            _general(items[start], x, letter, number=str(k)) is not None
            for k, x in enumerate(items[start + 1 : at[0]], start=2)
        ):
            continue
        bound = tree.Bound(tree.Name(letter, span=node.span), tree.Number("1"), end, span=node.span)
        operator = "sum" if isinstance(node, tree.Add) else "prod"
        whole = tree.Sum((bound,), body, operator=operator, span=node.span)
        rest = (*items[:start], whole, *items[at[0] + 2 :])
        if len(rest) == 1:
            return whole
        if isinstance(node, tree.Add):
            return tree.Add(rest, span=node.span)
        return tree.Product(rest, node.operator, span=node.span)
    return None


def _listed(node: tree.Matrix, letter: str) -> tree.Node | None:
    """Return a column or row of entries with dots as the vector of these entries."""
    is_column = all(len(row) == 1 for row in node.rows)
    is_row = len(node.rows) == 1
    if not (is_column or is_row):
        return None
    items = [row[0] for row in node.rows] if is_column else list(node.rows[0])
    at = [n for n, x in enumerate(items) if isinstance(x, tree.Dots)]
    if len(at) != 1 or at[0] in (0, len(items) - 1) or at[0] + 2 != len(items):
        return None
    pattern = _general(items[0], items[-1], letter)
    if pattern is None:
        return None
    body, end = pattern
    for k, item in enumerate(items[1 : at[0]], start=2):
        if _general(items[0], item, letter, number=str(k)) is None:
            return None
    bound = tree.Bound(tree.Name(letter, span=node.span), tree.Number("1"), end, span=node.span)
    return tree.Sum((bound,), body, operator="column" if is_column else "row", span=node.span)


def _general(
    first: tree.Node, last: tree.Node, letter: str, number: str | None = None
) -> tuple[tree.Node, tree.Node] | None:
    """Return an entry with ``letter`` for the 1 of the first where the last has n, and that n.

    With ``number`` the other entry must have that number in place of n.
    """
    ends: list[tree.Node] = []

    def merge(a: Any, b: Any) -> Any:
        if isinstance(a, tree.Number) and a.text == "1" and isinstance(b, tree.Node):
            fits = (
                isinstance(b, tree.Number) and b.text == number
                if number is not None
                else isinstance(b, tree.Name | tree.Entry)
            )
            if fits:
                ends.append(b)
                return tree.Name(letter, span=a.span)
        if type(a) is not type(b):
            raise ValueError("the entries differ")
        if isinstance(a, tree.Node):
            if isinstance(a, tree.Dots):
                raise ValueError("dots inside dots")
            new = {
                f.name: merge(getattr(a, f.name), getattr(b, f.name))
                for f in fields(a)
                if f.name != "span"
            }
            return replace(a, **new)
        if isinstance(a, tuple) and isinstance(b, tuple):
            if len(a) != len(b):
                raise ValueError("the entries differ")
            return tuple(merge(x, y) for x, y in zip(a, b, strict=True))
        if a != b:
            raise ValueError("the entries differ")
        return a

    try:
        body = merge(first, last)
    except ValueError:
        return None
    if not ends or any(x != ends[0] for x in ends):
        return None
    return body, ends[0]
