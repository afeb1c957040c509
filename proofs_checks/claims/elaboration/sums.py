r"""Sums, conditions on indices, and case distinctions.

A condition is a factor that is 1 where it holds: j = k is delta_jk, j != k is 1 - delta_jk.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sympy as sp

from proofs_checks.claims import tree
from proofs_checks.claims.elaboration.errors import ElaborationError
from proofs_checks.claims.elaboration.symbols import spelling
from proofs_checks.claims.elaboration.values import Value
from theory.algebra.expressions import substitute
from theory.algebra.symbols import Index, total

if TYPE_CHECKING:
    from proofs_checks.claims.elaboration.walk import Walker

__all__ = ["cases", "indicator", "remarks", "sum_over"]


def sum_over(walker: Walker, node: tree.Sum) -> Value:
    """Return a sum over whole ranges, of what stands where its conditions hold."""
    if node.operator != "sum":
        raise ElaborationError("products over an index are not part of the language.", node.span)
    outer, bound = dict(walker.letters), []
    further: list[tree.Compare] = []
    without_first: list[str] = []
    for item in node.bounds:
        letter = _bind(walker, item, further)
        bound.append(letter)
        if isinstance(item.first, tree.Number) and item.first.text == "2":
            without_first.append(letter)
    factor = conditions(walker, (*node.conditions, *further))
    body = walker.value(node.body)
    indices = tuple(_bound_index(walker, letter, node) for letter in bound)
    for letter in bound:
        walker.letters.pop(letter, None)
    walker.letters = {**walker.letters, **{k: v for k, v in outer.items() if k in bound}}
    summand = _totalled(body.expression * factor, indices, without_first)
    return Value(summand, body.row, body.column, guess=body.guess)


def _totalled(summand: Any, indices: tuple[Index, ...], without_first: list[str]) -> Any:
    """Return the sum; one from 2 on is the whole sum less the summand at 1."""
    if not any(k.name in without_first for k in indices):
        return total(summand, *indices)
    first, *others = indices
    inner = _totalled(summand, tuple(others), without_first)
    whole = total(inner, first)
    return whole - substitute(inner, {first: sp.S.One}) if first.name in without_first else whole


def _bind(walker: Walker, item: tree.Bound, further: list[tree.Compare]) -> str:
    """Enter the letter of a sum; what restricts its range goes to ``further``."""
    if not isinstance(item.index, tree.Name):
        raise ElaborationError("a sum runs over an index letter.", item.span)
    letter = spelling(item.index)
    if item.domain is not None:
        raise ElaborationError("a sum over a set is not part of the language.", item.span)
    walker.first[letter] = item.span
    walker.letters.pop(letter, None)  # the first slot in which it stands says its range
    if item.first is not None and not _is_start(item.first):
        limit = _limit(walker, item.first, 1)
        if limit is None:
            raise ElaborationError(
                "a sum must start at 1, at 2, or at an index of the equation.", item.first.span
            )
        further.append(tree.Compare(item.index, ">" if limit[1] else ">=", limit[0]))
    limit = _limit(walker, item.last, -1) if item.last is not None else None
    if limit is not None:
        further.append(tree.Compare(item.index, "<" if limit[1] else "<=", limit[0]))
    elif item.last is not None:
        walker.letters[letter] = Index(letter, _end(walker, item.last))
    return letter


def _is_start(node: tree.Node) -> bool:
    return isinstance(node, tree.Number) and node.text in ("1", "2")


def _limit(walker: Walker, node: tree.Node, step: int) -> tuple[tree.Name, bool] | None:
    """Return the index at which a part of a range ends, and whether it is left out.

    ``i`` is such an end where i is an index of the equation; i - 1 (``step`` -1) and i + 1 leave
    i out.
    """
    if isinstance(node, tree.Name):
        return (node, False) if spelling(node) in walker.subscripts else None
    if not isinstance(node, tree.Add) or len(node.terms) != 2:
        return None
    name, one = node.terms
    if step < 0 and isinstance(one, tree.Negate):
        one = one.body
    elif step < 0:
        return None
    is_one = isinstance(one, tree.Number) and one.text == "1"
    if is_one and isinstance(name, tree.Name) and spelling(name) in walker.subscripts:
        return name, True
    return None


def _bound_index(walker: Walker, letter: str, node: tree.Sum) -> Index:
    known = walker.letters.get(letter)
    opened = f"{letter}@{walker.equation}.{node.span.start}"
    size = known.size if known else walker.ranges.open(opened)
    return Index(letter, walker.ranges.find(size))


def _end(walker: Walker, node: tree.Node) -> Any:
    name = _size_name(node)
    if name is None:
        raise ElaborationError(
            "a sum must end at a size.", node.span, expected="a letter such as n"
        )
    return walker.ranges.declare(name)


def conditions(walker: Walker, items: tuple[tree.Compare, ...]) -> Any:
    """Return the factor that is 1 where all conditions hold, else 0."""
    result = sp.S.One
    for item in items:
        if item.relation not in ("=", "!=", "<", "<=", ">", ">="):
            raise ElaborationError(
                f"the condition `{item.relation}` is not part of the language.", item.span,
                expected="=, \\neq, <, \\le, > or \\ge between two indices",
            )  # fmt: skip
        same = walker.delta(item.left, item.right, item.span)
        if item.relation in ("=", "!="):
            result *= same if item.relation == "=" else 1 - same
            continue
        low, high = item.left, item.right
        if item.relation in (">", ">="):
            low, high = high, low
        no_later = walker.order(low, high)
        result *= no_later - same if item.relation in ("<", ">") else no_later
    return result


def remarks(walker: Walker, remarks: tuple[tree.Node, ...]) -> Any:
    r"""Return the factor that is 1 where the remarks beside an equation hold.

    ``j \neq k`` restricts the indices; ``i = 1, \dots, n`` names their range; what is said
    about quantities (``\eta > 0``) restricts nothing that is judged here.
    """
    result = sp.S.One
    for item in remarks:
        if isinstance(item, tree.Ranges):
            end = _end(walker, item.last)
            for index in item.indices:
                walker.index(index, end, "the range beside the equation")
        elif isinstance(item, tree.Compare) and _is_letter(walker, item.left):
            if _is_letter(walker, item.right):
                result *= conditions(walker, (item,))
    return result


def _is_letter(walker: Walker, node: tree.Node) -> bool:
    return isinstance(node, tree.Name) and spelling(node) in walker.letters


def indicator(walker: Walker, node: tree.Indicator) -> Value:
    """Return 1 where the conditions hold, else 0."""
    return Value(conditions(walker, node.conditions))


def cases(walker: Walker, node: tree.Cases) -> Value:
    """Return the value of the first case whose conditions hold; together they cover everything."""
    rest, result = sp.S.One, None
    for branch in node.branches:
        value = walker.value(branch.value)
        here = conditions(walker, branch.conditions) if branch.conditions else sp.S.One
        term = Value(value.expression * here * rest, value.row, value.column)
        result = term if result is None else walker.shapes.add([result, term], node.span)
        rest *= 1 - here
    if result is None:
        raise ElaborationError("a case distinction without cases.", node.span)
    # rest is zero when the cases cover everything: here, or not here
    if sp.expand(rest) != 0 and not _complementary(node):
        raise ElaborationError(
            "the cases do not cover every index.", node.span,
            suggestion="end with `\\text{otherwise}`",
        )  # fmt: skip
    return result


def _size_name(node: tree.Node) -> str | None:
    if isinstance(node, tree.Name):
        return spelling(node)
    if isinstance(node, tree.Entry) and isinstance(node.base, tree.Name) and len(node.lower) == 1:
        lower = node.lower[0]
        if isinstance(lower, tree.Name):
            return f"{spelling(node.base)}_{spelling(lower)}"
    return None


def _complementary(node: tree.Cases) -> bool:
    r"""Return whether two cases are ``j = k`` and ``j \\neq k``."""
    if len(node.branches) != 2:
        return False
    first, second = (b.conditions for b in node.branches)
    if len(first) != 1 or len(second) != 1:
        return False
    a, b = first[0], second[0]
    same_sides = {(a.left, a.right), (a.right, a.left)} & {(b.left, b.right)}
    turned = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}
    second = b.relation if a.left == b.left else turned.get(b.relation, b.relation)
    return bool(same_sides) and {a.relation, second} in ({"=", "!="}, {"<", ">="}, {"<=", ">"})
