"""Edits of indices: a wrong one, two exchanged, the wrong one summed or normalised over."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import sympy as sp

from proofs_checks.edits.edit import Change, Insertions, Place, Role
from proofs_checks.edits.terms import one_entry
from theory.algebra.expressions import bound_of, entry_tensor, free_indices, fresh, substitute
from theory.algebra.symbols import Index
from theory.models import Model

__all__ = ["axes", "exchanged_indices", "indices", "sums", "transpositions"]


def indices(place: Place, _: Model, __: Insertions) -> Iterator[Change]:
    """One index of an entry or a delta replaced by another over the same size."""
    entry, rest = _labelled(place.node)
    for slot, index in enumerate(_slots(entry)):
        for other in place.scope:
            if isinstance(index, Index) and other != index and other.size == index.size:
                new = _with_slots(entry, {slot: other})
                yield Change("wrong_index", "wrong_index", entry, new, new * rest)


def transpositions(place: Place, _: Model, __: Insertions) -> Iterator[Change]:
    """Two indices of an entry exchanged."""
    entry, rest = one_entry(place.node)
    if entry is None:
        return
    at, sizes = entry.indices, entry_tensor(entry).axes
    for first, second in itertools.combinations(range(len(at)), 2):
        if sizes[first] == sizes[second]:
            new = _with_slots(entry, {first: at[second], second: at[first]})
            yield Change("transposed", "transposed", entry, new, new * rest)


def exchanged_indices(place: Place, _: Model, __: Insertions) -> Iterator[Change]:
    """Two free indices exchanged throughout a summand or the whole."""
    if place.role is Role.TERM and not isinstance(place.node, sp.Indexed):
        free = sorted(free_indices(place.node), key=str)
        for first, second in itertools.combinations(free, 2):
            if first.size == second.size:
                new = substitute(place.node, {first: second, second: first})
                yield Change("transposed", "transposed", first, second, new)


def sums(place: Place, _: Model, __: Insertions) -> Iterator[Change]:
    """A sum over another index of its summand."""
    if not isinstance(place.node, sp.Sum):
        return
    inside = free_indices(place.node.function)
    for number, k in enumerate(bound_of(place.node)):
        for other in sorted(inside | set(place.scope), key=str):
            if other != k and other.size == k.size and other not in bound_of(place.node):
                limits: list[Any] = list(place.node.limits)
                limits[number] = (other, 1, other.size)
                new = sp.Sum(place.node.function, *limits)
                yield Change("wrong_sum", "wrong_sum", k, other, new)


def axes(place: Place, _: Model, __: Insertions) -> Iterator[Change]:
    """A quotient f_x / sum_x f_x normalised over another index of f."""
    if not isinstance(place.node, sp.Mul):
        return
    for quotient in place.node.args:
        if not (isinstance(quotient, sp.Pow) and quotient.exp == -1):
            continue
        normaliser = quotient.base
        if not isinstance(normaliser, sp.Sum) or len(normaliser.limits) != 1:
            continue
        for summed, body in _numerators(normaliser, place.node):
            for other in sorted(free_indices(body) - {summed}, key=str):
                k = fresh(other)
                over = sp.Sum(substitute(body, {other: k}), (k, 1, k.size))
                yield Change(
                    "wrong_axis", "wrong_axis", summed, other, place.node * normaliser / over
                )


def _numerators(normaliser: sp.Sum, product: sp.Mul) -> Iterator[tuple[Index, sp.Expr]]:
    """Yield the (index, numerator) of which ``normaliser`` is the sum, within ``product``."""
    (k,) = bound_of(normaliser)
    for index in sorted(free_indices(product) - free_indices(normaliser), key=str):
        if index.size == k.size:
            body = substitute(normaliser.function, {k: index})
            if set(sp.Mul.make_args(body)) <= set(product.args):
                yield index, body


def _labelled(node: Any) -> tuple[Any, Any]:
    """Return an entry or a delta and what multiplies it."""
    return (node, sp.S.One) if isinstance(node, sp.KroneckerDelta) else one_entry(node)


def _slots(node: Any) -> tuple[Any, ...]:
    if isinstance(node, sp.Indexed):
        return tuple(node.indices)
    return tuple(node.args[:2]) if isinstance(node, sp.KroneckerDelta) else ()


def _with_slots(node: Any, changed: dict[int, Any]) -> Any:
    at = tuple(changed.get(slot, index) for slot, index in enumerate(_slots(node)))
    return entry_tensor(node)[at] if isinstance(node, sp.Indexed) else sp.KroneckerDelta(*at)
