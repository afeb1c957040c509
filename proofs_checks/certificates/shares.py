"""Shares: lines of the form  w_j exp(e_j) / sum_k w_k exp(e_k),  such as a softmax."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import sympy as sp

from theory.algebra.expressions import entry_tensor, free_indices, slots, substitute
from theory.algebra.symbols import Index
from theory.models.model import Definition, name_of

__all__ = ["Share", "shape_of", "share_of"]


@dataclass(frozen=True)
class Share:
    """A share over the last index ``own`` of a line.

    ``weight`` and ``exponent`` are those at ``own``; ``bound`` is the index of the sum below.
    """

    own: Index
    bound: Index
    weight: Any
    exponent: Any

    @property
    def numerator(self) -> Any:
        """The unnormalised share."""
        return self.weight * sp.exp(self.exponent)

    @property
    def is_weighted(self) -> bool:
        """Whether there are weights besides the exponential."""
        return self.weight != 1

    def at(self, e: Any, k: Index) -> Any:
        """Return ``weight`` or ``exponent`` at another index."""
        return substitute(e, {self.own: k})


def share_of(line: Definition) -> Share | None:
    """Return the share that the value of a line is, None if it is none."""
    value = line.value
    if not isinstance(value, sp.Mul) or not line.parameters:
        return None
    below = [a for a in value.args if isinstance(a, sp.Pow) and isinstance(a.base, sp.Sum)]
    if len(below) != 1 or below[0].exp != -1:
        return None
    total: Any = below[0].base
    own = line.parameters[-1]
    above = [a for a in value.args if a is not below[0]]
    exponentials = [a for a in above if isinstance(a, sp.exp)]
    if len(exponentials) != 1 or len(total.limits) != 1:
        return None
    bound = total.limits[0][0]
    if bound.size != own.size or own in free_indices(total):
        return None
    if shape_of(substitute(sp.Mul(*above), {own: bound}), {}) != shape_of(total.function, {}):
        return None
    weight = sp.Mul(*(a for a in above if a is not exponentials[0]))
    return Share(own, bound, weight, exponentials[0].args[0])


@lru_cache(maxsize=65536)
def _text(_: type, e: Any) -> str:
    """Return a leaf as text: SymPy's printer takes longer than all the rest."""
    return str(e)


def shape_of(e: Any, bound: dict[Any, Any]) -> Any:
    """Return a key that does not depend on the names of bound indices."""
    if isinstance(e, sp.Sum):
        inner = dict(bound)
        for k, *_ in e.limits:
            inner[k] = f"#{len(inner)}"
        limits: Any = e.limits
        sizes = tuple(str(k.size) for k, *_ in limits)
        return ("sum", sizes, shape_of(e.function, inner))
    if e in bound:
        return bound[e]
    if isinstance(e, sp.Indexed):
        return (name_of(entry_tensor(e)), *(shape_of(k, bound) for k in slots(e)))
    if not e.args:
        return _text(type(e), e)
    parts = [shape_of(x, bound) for x in e.args]
    if isinstance(e, sp.Add | sp.Mul | sp.KroneckerDelta):
        parts.sort(key=repr)
    return (type(e).__name__, *parts)
