"""Changing a syntax tree from the leaves up; what does not change is not copied.

    mapped(a + b, lambda n: ...)    first a, then b, then the sum of what they became

Trees that stay as they are stay the same objects.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeAlias

from proofs_checks.claims import tree

__all__ = ["Change", "mapped", "unchanged"]

Change: TypeAlias = Callable[[tree.Node], tree.Node]
"""What becomes of one node, when what is below it has become what it will be."""


def unchanged(node: tree.Node) -> tree.Node:
    """Return the node."""
    return node


def mapped(node: tree.Node, change: Change) -> tree.Node:
    """Return a tree with every node changed, from the leaves up."""
    new: dict[str, Any] = {}
    for name in tree.content(type(node)):
        value = getattr(node, name)
        changed = _mapped_value(value, change)
        if changed is not value:
            new[name] = changed
    return change(replace(node, **new) if new else node)


def _mapped_value(value: Any, change: Change) -> Any:
    if isinstance(value, tree.Node):
        return mapped(value, change)
    if isinstance(value, tuple) and value:
        items = tuple(_mapped_value(x, change) for x in value)
        return value if all(a is b for a, b in zip(items, value, strict=True)) else items
    return value
