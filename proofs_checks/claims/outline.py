"""A tree in one line of text, for tests, messages and debugging.

Prefix form: ``(+ a (- b))``, ``(* u[i]' v[j])``, ``(d L / s[i,j])``.  Two trees have the same
outline exactly when they are equal, apart from spans.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from proofs_checks.claims import tree

__all__ = ["outline"]


def outline(node: tree.Node) -> str:
    """Return the tree under ``node`` as one line of text."""
    return _WRITERS[type(node)](node)


def _form(head: str, parts: Iterable[tree.Node]) -> str:
    return f"({' '.join([head, *map(outline, parts)])})"


def _list(parts: Iterable[tree.Node]) -> str:
    return ",".join(map(outline, parts))


def _name(node: tree.Name) -> str:
    text = f"{node.font}:{node.letter}" if node.font else node.letter
    for accent in node.accents:
        text = f"{accent}.{text}"
    return text + "'" * node.primes


def _entry(node: tree.Entry) -> str:
    lower = f"[{_list(node.lower)}]" if node.lower else ""
    upper = f"^[{_list(node.upper)}]" if node.upper else ""
    return outline(node.base) + lower + upper


def _product(node: tree.Product) -> str:
    return _form(node.operator or "*", node.factors)


def _bound(node: tree.Bound) -> str:
    text = outline(node.index)
    if node.domain is not None:
        text += f" in {outline(node.domain)}"
    if node.first is not None or node.last is not None:
        ends = (outline(end) if end is not None else "" for end in (node.first, node.last))
        text += f"={'..'.join(ends)}"
    return text


def _sum(node: tree.Sum) -> str:
    under = ", ".join([*map(outline, node.bounds), *map(outline, node.conditions)])
    return f"({node.operator} {{{under}}} {outline(node.body)})"


def _call(node: tree.Call) -> str:
    bare = "~" if node.bare else ""
    lower = f"[{_list(node.lower)}]" if node.lower else ""
    return _form(f"{node.function}{bare}{lower}", node.arguments)


def _norm(node: tree.Norm) -> str:
    order = f"[{outline(node.order)}]" if node.order is not None else ""
    return _form("norm" * (node.bars == 2) + "abs" * (node.bars == 1) + order, [node.body])


def _derivative(node: tree.Derivative) -> str:
    head = "d" if node.symbol == "partial" else "d-total"
    return f"({head} {outline(node.quantity)} / {' '.join(map(outline, node.by))})"


def _gradient(node: tree.Gradient) -> str:
    by = f"[{_list(node.by)}]" if node.by else ""
    return _form(f"grad{_order(node.order)}{by}", [node.quantity])


def _order(order: int) -> str:
    return "" if order == 1 else str(order)


def _compare(node: tree.Compare) -> str:
    return f"{outline(node.left)}{_spaced(node.relation)}{outline(node.right)}"


def _spaced(relation: str) -> str:
    return f" {relation} " if relation.isalpha() else relation


def _branch(node: tree.Branch) -> str:
    return f"{outline(node.value)} if {_list(node.conditions) or 'otherwise'}"


_WRITERS: dict[type, Callable[[Any], str]] = {
    tree.Number: lambda n: n.text,
    tree.Name: _name,
    tree.Label: lambda n: f"'{n.text}'",
    tree.Slice: lambda n: ":",
    tree.Interval: lambda n: f"{outline(n.first)}:{outline(n.last)}",
    tree.Entry: _entry,
    tree.Add: lambda n: _form("+", n.terms),
    tree.Negate: lambda n: _form("-", [n.body]),
    tree.Product: _product,
    tree.Quotient: lambda n: _form("/", [n.numerator, n.denominator]),
    tree.Power: lambda n: _form("^", [n.base, n.exponent]),
    tree.Transpose: lambda n: _form("T" if n.mark == "T" else "top", [n.base]),
    tree.Compare: _compare,
    tree.Bound: _bound,
    tree.Sum: _sum,
    tree.Call: _call,
    tree.Inner: lambda n: _form("inner", [n.left, n.right]),
    tree.Norm: _norm,
    tree.Derivative: _derivative,
    tree.Gradient: _gradient,
    tree.Rate: lambda n: _form(f"rate{_order(n.order)}", [n.quantity]),
    tree.Step: lambda n: _form("step", [n.quantity]),
    tree.Differential: lambda n: _form("diff", [n.quantity]),
    tree.Indicator: lambda n: f"(1 if {_list(n.conditions)})",
    tree.Branch: _branch,
    tree.Cases: lambda n: f"(cases {'; '.join(map(outline, n.branches))})",
    tree.Ranges: lambda n: f"{_list(n.indices)}={outline(n.first)}..{outline(n.last)}",
    tree.ForAll: lambda n: f"all {_list(n.indices)}",
}
