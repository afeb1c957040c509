"""Derivatives of single expressions, each found once for all entries, statements and models."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import sympy as sp

from theory.algebra.expressions import (
    differentiate,
    entry_tensor,
    fresh,
    refresh,
    slots,
    substitute,
)
from theory.algebra.folding import Rule
from theory.algebra.limits import AlgebraError
from theory.algebra.polynomial import Polynomial
from theory.algebra.reading import Reader
from theory.algebra.ring import Ring
from theory.algebra.symbols import Index, Tensor

__all__ = ["differentiated"]

MOST_DERIVATIVES = 4096  # kept in memory


def differentiated(
    ring: Ring, value: sp.Basic, entry: sp.Basic, letters: Mapping[Index, sp.Basic] | None = None
) -> Polynomial:
    """Return the derivative of an expression by an entry, with its ``letters`` replaced.

    The derivative at any place is found once for all entries, statements and models.
    """
    try:
        derivative, used, spoken = _derivative(value, entry_tensor(entry), ring.given)
    except AlgebraError:  # say why with the entry that was meant
        value = substitute(refresh(value), letters or {})
        return Reader(ring).read(differentiate(value, entry))
    ring.used |= used
    ring.spoken |= spoken
    anywhere = slots(_anywhere(entry_tensor(entry)))
    places = {**(letters or {}), **dict(zip(anywhere, slots(entry), strict=True))}
    position = Reader(ring).position
    renaming = {(k.name, k.size.name): position(at, k.size, {}) for k, at in places.items()}
    return ring.rename(derivative, renaming)


@lru_cache(maxsize=MOST_DERIVATIVES)
def _derivative(
    value: sp.Basic, tensor: sp.Basic, rules: tuple[Rule, ...]
) -> tuple[Polynomial, frozenset[str], frozenset[str]]:
    """Return the derivative by `_anywhere`, and what the rules that fired speak of."""
    ring = Ring(rules)
    derivative = Reader(ring).read(differentiate(value, _anywhere(tensor)))
    return derivative, frozenset(ring.used), frozenset(ring.spoken)


@lru_cache(maxsize=MOST_DERIVATIVES)
def _anywhere(tensor: sp.Basic) -> sp.Expr:
    """Return the entry of a tensor at indices that stand nowhere else; a scalar is its own."""
    if not isinstance(tensor, Tensor):
        return tensor  # type: ignore[return-value]
    return tensor[tuple(fresh(Index("k", size)) for size in tensor.axes)]
