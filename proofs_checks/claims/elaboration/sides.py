"""The two sides of an equation: dropped terms, zeros, free indices, Einstein's convention."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import sympy as sp

from proofs_checks.claims import tree
from proofs_checks.claims.elaboration.errors import ElaborationError
from proofs_checks.claims.elaboration.symbols import Symbols
from proofs_checks.claims.elaboration.values import Value
from proofs_checks.claims.places import Span
from theory.algebra.expressions import Equation, free_indices, substitute
from theory.algebra.symbols import Index, total
from theory.models import Model

__all__ = ["broadcast_zero", "named_axes", "same_free_indices", "summed", "without_order"]


def summed(e: Any, silent: tuple[Index, ...]) -> Any:
    """Sum every term over the indices that stand in it twice (Einstein's convention)."""
    if isinstance(e, sp.Add):
        return sp.Add(*(summed(term, silent) for term in e.args))
    counts = Counter(
        k
        for node in sp.preorder_traversal(e)
        if isinstance(node, sp.Indexed)
        for k in node.indices
        if k in free_indices(e) and k not in silent
    )
    return total(e, *(k for k, n in counts.items() if n > 1))  # type: ignore[arg-type]


def without_order(node: tree.Node, symbols: Symbols) -> tuple[tree.Node, Span | None]:
    """Split off dropped terms O(...) at the end of a sum."""
    if isinstance(node, tree.Add) and "O" not in symbols.own:
        last = node.terms[-1]
        if isinstance(last, tree.Call) and last.function == "order":
            kept = node.terms[:-1]
            return (kept[0] if len(kept) == 1 else replace(node, terms=kept)), last.span
    return node, None


def broadcast_zero(a: Value, b: Value) -> tuple[Value, Value]:
    """Let the number 0 stand for a zero vector or matrix."""
    if a.expression == 0 and a.is_scalar:
        return Value(sp.S.Zero, b.row, b.column), b
    if b.expression == 0 and b.is_scalar:
        return a, Value(sp.S.Zero, a.row, a.column)
    return a, b


def same_free_indices(a: Value, b: Value, where: tree.Node) -> None:
    """Reject an index that stands on one side only, unless the other side has none at all."""
    left, right = (
        {k.name for k in free_indices(sp.sympify(v.expression, strict=True))}
        - {k.name for k in v.axes}
        for v in (a, b)
    )
    if not left or not right or left == right:
        return
    stray = sorted(right - left) or sorted(left - right)
    side = "right" if right - left else "left"
    raise ElaborationError(
        f"the index {stray[0]} is free on the {side} side only.", where.span,
        expected="the same free indices on both sides",
        suggestion=f"sum over {stray[0]}, or correct the index",
    )  # fmt: skip


def named_axes(
    equation: Equation, value: Value, model: Model | None
) -> tuple[Equation, tuple[str, str]]:
    """Give silent axes that both sides share a letter of their own; return these too."""
    taken = {k.name for e in equation.args for k in free_indices(e)}
    mapping = {}
    for axis in value.axes:
        letters = model.letters.get(axis.size.name, ()) if model else ()
        letter = next(
            x for x in (*letters, *"abcdefgh", *(f"a{n}" for n in range(99))) if x not in taken
        )
        taken.add(letter)
        mapping[axis] = Index(letter, axis.size)
    row, column = (mapping[k].name if k is not None else "" for k in (value.row, value.column))
    return Equation(*(substitute(e, mapping) for e in equation.args)), (row, column)
