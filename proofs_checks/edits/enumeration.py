"""Walking through an expression and listing the edits of every place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sympy as sp

from proofs_checks.edits.edit import Change, Edit, Insertions, Place, Role
from proofs_checks.edits.factors import factors_inserted, factors_removed, powers, scaled
from proofs_checks.edits.labels import (
    axes,
    exchanged_indices,
    indices,
    sums,
    transpositions,
)
from proofs_checks.edits.terms import exchanges, replacements, signs, terms_inserted, terms_removed
from theory.algebra.expressions import bound_of, free_indices
from theory.algebra.symbols import Flow, Index, Partial, Size, Step, Tensor
from theory.models import Model

__all__ = ["edits"]

_MAKERS = (
    signs,
    scaled,
    exchanges,
    replacements,
    transpositions,
    exchanged_indices,
    indices,
    sums,
    axes,
    powers,
    terms_removed,
    terms_inserted,
    factors_removed,
    factors_inserted,
)


def edits(
    expression: sp.Expr,
    model: Model,
    insertions: Insertions | None = None,
    free: frozenset[Index] | None = None,
) -> Iterator[Edit]:
    """Yield every single edit of ``expression``, without repetition, simplest kinds first.

    ``free`` are the indices that may be free, those of the expression itself by default.  Edits
    that leave it as it is, or that use an index which is neither free nor bound, are left out.
    """
    inserted = insertions or Insertions()
    seen = {expression}
    allowed = free_indices(expression) if free is None else free
    scope = tuple(sorted(allowed, key=str))
    found = list(_places(expression, scope, Role.TERM, lambda new: new))
    for make in _MAKERS:
        for place in found:
            for change in make(place, model, inserted):
                edit = _edit(place, change, is_whole=place is found[0])
                if edit.expression not in seen and free_indices(edit.expression) <= allowed:
                    seen.add(edit.expression)
                    yield edit


def _edit(place: Place, change: Change, *, is_whole: bool) -> Edit:
    return Edit(
        change.kind,
        change.undoes,
        change.before,
        change.after,
        place=place.node,
        is_whole=is_whole,
        expression=place.rebuild(change.new),
    )


def _places(node: Any, scope: tuple[Index, ...], role: Role, rebuild: Any) -> Iterator[Place]:
    """Yield every subexpression that an edit may change."""
    yield Place(node, scope, role, rebuild)
    if isinstance(node, sp.Indexed | Tensor | Size):
        return
    if isinstance(node, sp.Sum):
        inner = (*(k for k in scope if k not in bound_of(node)), *bound_of(node))

        def outside(new: Any) -> Any:
            return rebuild(sp.Sum(new, *node.limits))

        yield from _places(node.function, inner, Role.BODY, outside)
        return
    for number, own in _parts(node):

        def beside(new: Any, number: int = number) -> Any:
            return rebuild(node.func(*node.args[:number], new, *node.args[number + 1 :]))

        yield from _places(node.args[number], scope, own, beside)


def _parts(node: Any) -> Iterator[tuple[int, Role]]:
    """Yield the positions of the arguments that edits may change, with their roles."""
    if isinstance(node, sp.Add):
        yield from ((n, Role.TERM) for n in range(len(node.args)))
    elif isinstance(node, sp.Mul):
        numbers = (n for n, factor in enumerate(node.args) if not factor.is_Number)
        yield from ((n, Role.FACTOR) for n in numbers)
    elif isinstance(node, sp.Pow):
        if not isinstance(node.base, sp.Symbol | sp.Number):  # no root of a negative size
            yield 0, Role.BODY
    elif isinstance(node, Partial):
        if not isinstance(node.args[0], sp.Symbol):
            yield 0, Role.TERM
        yield from ((n, Role.ENTRY) for n in range(1, len(node.args)))
    elif isinstance(node, Step | Flow):
        if not isinstance(node.args[0], sp.Symbol | sp.Indexed):
            yield 0, Role.TERM
    elif isinstance(node, sp.Function) and not isinstance(node, sp.KroneckerDelta):
        yield from ((n, Role.TERM) for n in range(len(node.args)))
