"""A tree in one line of text, for tests, messages and debugging.

Prefix form: ``(+ a (- b))``, ``(* u[i]' v[j])``, ``(d L / s[i,j])``.  Two trees have the same
outline exactly when they are equal, apart from spans.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
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
    primes, bare = "'" * node.primes, "~" if node.bare else ""
    lower = f"[{_list(node.lower)}]" if node.lower else ""
    return _form(f"{node.function}{primes}{bare}{lower}", node.arguments)


def _apply(node: tree.Apply) -> str:
    inside = _separated(node.arguments, node.separators)
    return f"{outline(node.base)}{node.bracket}{inside}{_CLOSED_BY[node.bracket]}"


def _separated(parts: Sequence[tree.Node], separators: Sequence[str]) -> str:
    """Return the arguments of a function; commas between them are not shown."""
    shown = [outline(part) for part in parts]
    for n, sign in enumerate(separators):
        if sign != "," and n < len(shown) - 1:
            shown[n] += f" {sign}"
    return " ".join(shown)


def _set(node: tree.SetOf) -> str:
    where = f" | {outline(node.condition)}" if node.condition is not None else ""
    return f"{{{_list(node.entries)}{where}}}"


def _space(node: tree.Space) -> str:
    dims = f"^({' x '.join(map(outline, node.dims))})" if node.dims else ""
    return f"bb:{node.base}{dims}"


def _matrix(node: tree.Matrix) -> str:
    rows = "; ".join(" ".join(map(outline, row)) for row in node.rows)
    return f"(matrix{node.brackets} {rows})"


def _directional(node: tree.Directional) -> str:
    by = f"[{_list(node.by)}]" if node.by else ""
    return f"(dir{by} {outline(node.quantity)} . {_list(node.directions)})"


def _differential(node: tree.Differential) -> str:
    style = "" if node.style == "operator" else f"-{node.style}"
    return _form(f"diff{style}", [node.quantity])


def _inner(node: tree.Inner) -> str:
    order = f"[{outline(node.order)}]" if node.order is not None else ""
    return _form(f"inner{order}", [node.left, node.right])


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


_CLOSED_BY = {"(": ")", "[": "]", "{": "}", "<": ">"}
_WRITERS: dict[type, Callable[[Any], str]] = {
    tree.Number: lambda n: n.text,
    tree.Name: _name,
    tree.Label: lambda n: f"'{n.text}'",
    tree.Slice: lambda n: ":",
    tree.Bracketed: lambda n: f"{n.kind}{outline(n.body)}{_CLOSED_BY.get(n.kind, n.kind)}",
    tree.Dots: lambda n: "...",
    tree.Apply: _apply,
    tree.Tuple: lambda n: _form("tuple", n.entries),
    tree.SetOf: _set,
    tree.Space: _space,
    tree.Matrix: _matrix,
    tree.Directional: _directional,
    tree.Otherwise: lambda n: "otherwise",
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
    tree.Inner: _inner,
    tree.Norm: _norm,
    tree.Derivative: _derivative,
    tree.Gradient: _gradient,
    tree.Rate: lambda n: _form(f"rate{_order(n.order)}", [n.quantity]),
    tree.Step: lambda n: _form("step", [n.quantity]),
    tree.Differential: _differential,
    tree.Indicator: lambda n: f"(1 if {_list(n.conditions)})",
    tree.Branch: _branch,
    tree.Cases: lambda n: f"(cases {'; '.join(map(outline, n.branches))})",
    tree.Ranges: lambda n: f"{_list(n.indices)}={outline(n.first)}..{outline(n.last)}",
    tree.ForAll: lambda n: f"all {_list(n.indices)}",
}
