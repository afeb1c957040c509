r"""What stands below and above a sum sign: indices, ends, exclusions.

| written | index | ends | condition |
|---|---|---|---|
| ``\sum_k`` | k | | |
| ``\sum_{i,j}``, ``\sum_{ij}`` | i and j | | |
| ``\sum_{k=1}^n`` | k | 1, n | |
| ``\sum_{i,j=1}^n`` | i and j | 1, n each | |
| ``\sum_{k \neq j}`` | k | | k != j |
| ``\sum_{k: k \neq j}``, ``\sum_{k=1, k \neq j}^n`` | k | | k != j |
| ``\sum_{k \in S}`` | k | the set S | |
| ``\sum_{1 \le k \le n}`` | k | 1, n | |
"""

from __future__ import annotations

from dataclasses import replace

from proofs_checks.claims import tree
from proofs_checks.claims.pieces import refuse
from proofs_checks.claims.places import Span
from proofs_checks.claims.scripts import indices

__all__ = ["bounds_of"]


def bounds_of(
    lower: tuple[tree.Node, ...], upper: tuple[tree.Node, ...], sign: Span
) -> tuple[tuple[tree.Bound, ...], tuple[tree.Compare, ...]]:
    """Return the bounds and conditions of a sum, from its scripts.

    Raises `Refusal` for a sum without an index and for bounds of another form.
    """
    if not lower:
        raise refuse(
            "a sum without an index",
            sign,
            expected="an index below",
            suggestion="`\\sum_k`; write `\\Sigma` for the letter",
        )
    if len(upper) > 1:
        raise refuse("two ends above one sum", upper[1])
    last = upper[0] if upper else None
    bounds: list[tree.Bound] = []
    conditions: list[tree.Compare] = []
    for entry in _chained(indices(lower)):
        if isinstance(entry, tree.Bound):
            bounds.append(entry)
        elif not isinstance(entry, tree.Compare):
            bounds.append(tree.Bound(_index(entry), span=entry.span))
        elif entry.relation == "=":
            bounds.append(_started(entry, last))
            bounds[:-1] = [_like(b, entry.right, last) for b in bounds[:-1]]
        elif entry.relation == "in":
            bounds.append(tree.Bound(_index(entry.left), domain=entry.right, span=entry.span))
        elif entry.relation == "~":
            raise refuse("a sum does not run over a distribution", entry)
        else:
            if all(bound.index != entry.left for bound in bounds):
                bounds.append(tree.Bound(_index(entry.left), span=entry.left.span))
            conditions.append(entry)
    if last is not None and all(bound.first is None and bound.last is None for bound in bounds):
        bounds = [replace(bound, last=last) for bound in bounds]  # \sum_i^n begins at 1
    return tuple(bounds), tuple(conditions)


def _started(entry: tree.Compare, last: tree.Node | None) -> tree.Bound:
    index = _index(entry.left)
    if last is None:
        raise refuse(
            "a sum with a beginning and no end", entry, expected="an end above, such as `^{n}`"
        )
    return tree.Bound(index, entry.right, last, span=entry.span)


def _like(bound: tree.Bound, first: tree.Node, last: tree.Node | None) -> tree.Bound:
    """Give an earlier index of ``i, j = 1`` the ends of the last."""
    if bound.first is not None or bound.domain is not None or last is None:
        return bound
    return replace(bound, first=first, last=last)


def _chained(entries: tuple[tree.Node, ...]) -> list[tree.Node]:
    r"""Read ``1 \le k \le n``, which arrives as two comparisons, as one bound."""
    out: list[tree.Node] = []
    for entry in entries:
        before = out[-1] if out else None
        if (
            isinstance(entry, tree.Compare)
            and isinstance(before, tree.Compare)
            and before.right is entry.left
            and before.relation == entry.relation == "<="
        ):
            span = before.span.to(entry.span)
            out[-1] = tree.Bound(_index(entry.left), before.left, entry.right, span=span)
        else:
            out.append(entry)
    return out


def _index(node: tree.Node) -> tree.Name:
    if isinstance(node, tree.Name):
        return node
    raise refuse("a sum runs over a letter", node, expected="an index such as `k`")
