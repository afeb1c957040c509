"""Edits of summands and of quantities: signs, dropped terms, one quantity for another."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import sympy as sp

from proofs_checks.edits.edit import Change, Insertions, Place, Role
from theory.algebra.expressions import free_indices, substitute
from theory.algebra.symbols import Index, Tensor, is_order
from theory.models import Model

__all__ = [
    "assignments",
    "exchanges",
    "one_entry",
    "replacements",
    "signs",
    "terms_inserted",
    "terms_removed",
]

MOST_ASSIGNMENTS = 64  # of indices in scope to the free indices of one inserted expression


def signs(place: Place, _: Model, __: Insertions) -> Iterator[Change]:
    """The other sign, of the whole or of a summand."""
    if place.role is Role.TERM and not place.node.is_zero:
        yield Change("sign", "sign", place.node, -place.node, -place.node)


def terms_removed(place: Place, _: Model, __: Insertions) -> Iterator[Change]:
    """A summand dropped."""
    if isinstance(place.node, sp.Add):
        for term in place.node.args:
            rest = sp.Add(*(t for t in place.node.args if t != term))
            yield Change("missing_term", "extra_term", term, None, rest)
    elif place.node.is_Number and not place.node.is_zero and place.role is Role.TERM:
        yield Change("missing_term", "extra_term", place.node, None, sp.S.Zero)


def terms_inserted(place: Place, _: Model, inserted: Insertions) -> Iterator[Change]:
    """A summand added, with either sign."""
    if place.role is Role.ENTRY or place.node.is_Number:
        return
    for pattern in inserted.terms:
        for term in assignments(pattern, place.scope):
            for signed in (term, -term):
                new = place.node + signed
                if new != 0:
                    yield Change("extra_term", "missing_term", None, signed, new)


def replacements(place: Place, model: Model, _: Insertions) -> Iterator[Change]:
    """One entry, or one of the two in a square, replaced by that of another quantity."""
    entry, rest = one_entry(place.node)
    if entry is not None:
        for other in _same_shape(entry.base, model):
            new = other[tuple(entry.indices)]
            yield Change("wrong_quantity", "wrong_quantity", entry, new, new * rest)


def one_entry(node: Any) -> tuple[Any, Any]:
    """Return (x, 1) for an entry x, (x, x^(n-1)) for its power, (None, 1) for anything else."""
    if isinstance(node, sp.Indexed):
        return node, sp.S.One
    if isinstance(node, sp.Pow) and isinstance(node.base, sp.Indexed):
        if isinstance(node.exp, sp.Integer) and node.exp > 1:
            return node.base, node.base ** (node.exp - 1)
    return None, sp.S.One


def exchanges(place: Place, model: Model, _: Insertions) -> Iterator[Change]:
    """Two quantities of one shape exchanged throughout a summand or the whole."""
    if place.role is not Role.TERM or isinstance(place.node, sp.Indexed):
        return
    present = sorted({entry.base for entry in place.node.atoms(sp.Indexed)}, key=str)
    for first in present:
        for second in _same_shape(first, model):
            if second in present and str(first) < str(second):
                new = place.node.xreplace({first: second, second: first})
                yield Change("exchanged", "exchanged", first, second, new)


def assignments(pattern: sp.Expr, scope: tuple[Index, ...]) -> Iterator[sp.Expr]:
    """Yield ``pattern`` with its free indices replaced by indices in scope over the same sizes.

    Only an entry may get one index twice: a difference such as x_ij - x_ji would vanish.
    """
    free = sorted(free_indices(pattern), key=str)
    choices = [[x for x in scope if x.size == k.size] for k in free]
    for chosen in itertools.islice(itertools.product(*choices), MOST_ASSIGNMENTS):
        if isinstance(pattern, sp.Indexed) or len(set(chosen)) == len(chosen):
            renaming = {k: x for k, x in zip(free, chosen, strict=True) if k != x}
            yield substitute(pattern, renaming) if renaming else pattern


def _same_shape(tensor: Any, model: Model) -> list[Tensor]:
    if is_order(str(tensor.label)):
        return []
    others = (t for n, t in model.tensors.items() if isinstance(t, Tensor) and not is_order(n))
    return [t for t in others if t != tensor and t.axes == tensor.axes]
