r"""Dots whose pattern is plain: sums, products, lists, columns, rows and matrices of entries.

    x_1 + \dots + x_n                        \sum_{i=1}^n x_i
    \max(x_1, \dots, x_n)                    \max_i x_i
    (x_1, \dots, x_n)^\top as a matrix       the column of all x_i
    [a_{11}, \dots; \dots, a_{mn}]           the matrix of all a_{ij}

A pattern is plain if the entry before the dots becomes the one after them when its 1 is replaced.
A matrix may have another pattern on its diagonal: diag(p) written out, or a Jacobian.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

from proofs_checks.claims import tree
from proofs_checks.claims.meaning.rewriting import mapped

__all__ = ["LISTS", "without_dots"]

LISTS = ("list", "column", "row", "matrix")
"""The operators of the sums that stand for entries written out; a list is a column or a row."""

WITH_DOTS = (tree.Add, tree.Product, tree.Tuple, tree.Call, tree.Transpose, tree.Matrix)

Pick: TypeAlias = Callable[[tree.Node, tree.Node], tree.Node | None]


class _Differ(Exception):
    """Two entries have no common pattern."""


def without_dots(node: tree.Node, letters: Sequence[str]) -> tree.Node:
    """Return a node without dots where their pattern is plain; the letters are for new indices."""
    if not isinstance(node, WITH_DOTS):
        return node
    used = tree.letters(node)
    letter, other = [x for x in letters if x not in used][:2]
    match node:
        case tree.Add(terms=items) | tree.Product(factors=items) if _dots(items):
            return _series(node, items, letter) or node
        case tree.Tuple(entries=items) if _dots(items):
            return _listed(node, items, "list", letter) or node
        case (
            tree.Call(function="max" | "min", arguments=(tree.SetOf(entries=items),))
            | tree.Call(function="max" | "min", arguments=items)
        ) if _dots(items):
            return _listed(node, items, node.function, letter) or node
        case tree.Call(function="diag", arguments=items) if _dots(items):
            listed = _listed(node, items, "column", letter)
            return node if listed is None else replace(node, arguments=(listed,))
        case tree.Transpose(base=tree.Sum(operator="list") as listed):
            return replace(node, base=replace(listed, operator="row"))
        case tree.Matrix(rows=rows) if len(rows) == 1:
            return _listed(node, rows[0], "row", letter) or node
        case tree.Matrix(rows=rows) if all(len(row) == 1 for row in rows):
            return _listed(node, [row[0] for row in rows], "column", letter) or node
        case tree.Matrix() if any(_dots(row) for row in node.rows):
            return _matrix(node, letter, other) or node
    return node


def _dots(items: Sequence[tree.Node]) -> list[int]:
    return [n for n, x in enumerate(items) if isinstance(x, tree.Dots)]


def _series(
    node: tree.Add | tree.Product, items: Sequence[tree.Node], letter: str
) -> tree.Node | None:
    at = _dots(items)
    if len(at) != 1 or at[0] == 0 or at[0] == len(items) - 1:
        return None
    for start in range(at[0]):
        pattern = _general(items[start], items[at[0] + 1], letter)
        if pattern is None:
            continue
        body, end = pattern
        if not _follow(items[start : at[0]], body, letter):
            continue
        operator = "sum" if isinstance(node, tree.Add) else "prod"
        whole = _over([(letter, end)], body, operator, node)
        rest = (*items[:start], whole, *items[at[0] + 2 :])
        if len(rest) == 1:
            return whole
        if isinstance(node, tree.Add):
            return tree.Add(rest, span=node.span)
        return tree.Product(rest, node.operator, span=node.span)
    return None


def _listed(
    node: tree.Node, items: Sequence[tree.Node], operator: str, letter: str
) -> tree.Node | None:
    """Return entries with dots before the last as the vector of these entries."""
    at = _dots(items)
    if len(at) != 1 or at[0] == 0 or at[0] + 2 != len(items):
        return None
    pattern = _general(items[0], items[-1], letter)
    if pattern is None or not _follow(items[: at[0]], pattern[0], letter):
        return None
    body, end = pattern
    if isinstance(body, tree.Name | tree.Tuple) and not isinstance(node, tree.Matrix):
        return None  # (1, ..., n) counts, ((x_1, y_1), ...) lists lists
    return _over([(letter, end)], body, operator, node)


def _over(
    letters: Sequence[tuple[str, tree.Node]], body: tree.Node, operator: str, node: tree.Node
) -> tree.Sum:
    """Return a sum, or what else an operator makes of ``body``, over indices from 1 on."""
    one = tree.Number("1")
    bounds = (tree.Bound(tree.Name(x, span=node.span), one, end, span=node.span)
              for x, end in letters)  # fmt: skip
    return tree.Sum(tuple(bounds), body, operator=operator, span=node.span)


def _matrix(node: tree.Matrix, row: str, column: str) -> tree.Node | None:
    """Return the matrix whose visible entries follow one pattern, or one beside the diagonal."""
    height, width = len(node.rows), len(node.rows[0])
    if height < 3 or width < 3 or any(len(line) != width for line in node.rows):
        return None
    rows = [[mapped(x, _two_indices) for x in line] for line in node.rows]
    visible = [line for n, line in enumerate(rows) if n != height - 2]
    skipped = (*rows[-2], *(line[-2] for line in visible))
    if not all(isinstance(x, tree.Dots) or _is_zero(x) for x in skipped):
        return None
    entries = [[x for n, x in enumerate(line) if n != width - 2] for line in visible]
    if any(map(_dots, entries)):
        return None
    beside = _beside_diagonal(entries[0][-1], entries[-1][0], row, column)
    if beside is None:
        return None
    body, ends = beside
    diagonal = _general(entries[0][0], entries[-1][-1], row)
    on_diagonal = mapped(body, lambda x: _put(x, {column: tree.Name(row, span=x.span)}))
    if diagonal is not None and ends.setdefault(row, diagonal[1]) != diagonal[1]:
        return None
    if diagonal is not None and diagonal[0] != on_diagonal:
        if ends.setdefault(column, diagonal[1]) != ends[row]:
            return None  # only a square matrix has a diagonal that ends in its corner
        same = tree.Compare(
            tree.Name(row, span=node.span), "=", tree.Name(column, span=node.span), span=node.span
        )
        branches = (tree.Branch(diagonal[0], (same,), span=node.span),
                    tree.Branch(body, span=node.span))  # fmt: skip
        body = tree.Cases(branches, span=node.span)
    if ends.keys() != {row, column}:
        return None
    for r, c, entry in _labelled(entries, ends[row], ends[column]):
        pattern = body
        if isinstance(body, tree.Cases):
            pattern = body.branches[0 if r == c else 1].value
        if mapped(pattern, lambda x, r=r, c=c: _put(x, {row: r, column: c})) != entry:
            return None
    return _over([(row, ends[row]), (column, ends[column])], body, "matrix", node)


def _beside_diagonal(
    last_of_first: tree.Node, first_of_last: tree.Node, row: str, column: str
) -> tuple[tree.Node, dict[str, tree.Node]] | None:
    """Return the pattern of the entries in two corners, and where its letters end."""
    ends: dict[str, list[tree.Node]] = {row: [], column: []}

    def pick(a: tree.Node, b: tree.Node) -> tree.Node | None:
        for one, end, letter in ((a, b, row), (b, a, column)):
            if _is_one(one) and _is_end(end):
                ends[letter].append(end)
                return tree.Name(letter, span=a.span)
        return None

    try:
        body = _merged(last_of_first, first_of_last, pick)
    except _Differ:
        return None
    if any(x != found[0] for found in ends.values() for x in found):
        return None
    return body, {letter: found[0] for letter, found in ends.items() if found}


def _labelled(
    entries: Sequence[Sequence[tree.Node]], height: tree.Node, width: tree.Node
) -> Iterator[tuple[tree.Node, tree.Node, tree.Node]]:
    """Yield the visible entries of a matrix with their rows and columns: 1, 2, ... and the last."""
    for m, line in enumerate(entries, start=1):
        for n, entry in enumerate(line, start=1):
            yield (
                height if m == len(entries) else tree.Number(str(m)),
                width if n == len(line) else tree.Number(str(n)),
                entry,
            )


def _two_indices(node: tree.Node) -> tree.Node:
    """Return a_{11} as the entry in row 1 and column 1, which it is inside a matrix."""
    if isinstance(node, tree.Entry) and len(node.lower) == 1:
        script = node.lower[0]
        if isinstance(script, tree.Number) and len(script.text) == 2 and script.text.isdigit():
            digits = (tree.Number(x, span=script.span) for x in script.text)
            return replace(node, lower=tuple(digits))
    return node


def _put(node: tree.Node, given: dict[str, tree.Node]) -> tree.Node:
    return given.get(node.letter, node) if isinstance(node, tree.Name) else node


def _is_zero(node: tree.Node) -> bool:
    return isinstance(node, tree.Number) and node.text == "0"


def _is_one(node: tree.Node) -> bool:
    return isinstance(node, tree.Number) and node.text == "1"


def _is_end(node: tree.Node) -> bool:
    return isinstance(node, tree.Name | tree.Entry)


def _follow(items: Sequence[tree.Node], body: tree.Node, letter: str) -> bool:
    """Return whether entries are those of a pattern at 1, 2, 3 and so on."""
    return all(
        mapped(body, lambda x, k=k: _put(x, {letter: tree.Number(str(k))})) == item
        for k, item in enumerate(items, start=1)
    )


def _general(first: tree.Node, last: tree.Node, letter: str) -> tuple[tree.Node, tree.Node] | None:
    """Return an entry with ``letter`` for the 1 of the first where the last has n, and that n."""
    ends: list[tree.Node] = []

    def pick(a: tree.Node, b: tree.Node) -> tree.Node | None:
        if not (_is_one(a) and _is_end(b)):
            return None
        ends.append(b)
        return tree.Name(letter, span=a.span)

    try:
        body = _merged(first, last, pick)
    except _Differ:
        return None
    if not ends or any(x != ends[0] for x in ends):
        return None
    return body, ends[0]


def _merged(a: Any, b: Any, pick: Pick) -> Any:
    """Return what two trees share, with what ``pick`` makes of two nodes where it makes anything.

    Raises `_Differ` where they share nothing.
    """
    if isinstance(a, tree.Node) and isinstance(b, tree.Node):
        found = pick(a, b)
        if found is not None:
            return found
    if type(a) is not type(b) or isinstance(a, tree.Dots):
        raise _Differ
    if isinstance(a, tree.Node):
        names = tree.content(type(a))
        return replace(a, **{n: _merged(getattr(a, n), getattr(b, n), pick) for n in names})
    if isinstance(a, tuple) and isinstance(b, tuple):
        if len(a) != len(b):
            raise _Differ
        return tuple(_merged(x, y, pick) for x, y in zip(a, b, strict=True))
    if a != b:
        raise _Differ
    return a
