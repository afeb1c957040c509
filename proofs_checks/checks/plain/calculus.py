"""`Partial`, `Step` and `Flow` in their surroundings.

Partial(q, x)               dq/dx where x is an input: see `surroundings`
Step(q, rate, x, ...)       - rate sum over x and its entries of dq/dx dL/dx
Flow(q, (x, rate_x), ...)   likewise, with a rate each
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import sympy as sp

from proofs_checks.checks.plain.dependence import quantity_name
from proofs_checks.checks.plain.entries import places_of
from proofs_checks.checks.plain.jets import Jet, Unjudgeable
from theory.algebra.symbols import Flow, Index, Partial, Size, Step, Tensor

if TYPE_CHECKING:
    from proofs_checks.checks.plain.surroundings import Surroundings

__all__ = ["flow", "partial", "step"]


def partial(at: Surroundings, e: Partial) -> Jet:
    """Return a derivative; the last entry is what is differentiated by at the end."""
    quantity, *earlier, entry = e.args
    if earlier:
        quantity = Partial(quantity, *earlier)
    places = places_of(at, entry) if isinstance(entry, sp.Indexed) else []
    return at.derivative(quantity, _moving(entry), places)


def _moving(entry: Any) -> Any:
    """Return the tensor or scalar to differentiate by."""
    if isinstance(entry, sp.Indexed) and isinstance(entry.base, Tensor):
        return entry.base
    if isinstance(entry, sp.Symbol) and not isinstance(entry, Index | Size):
        return entry
    raise Unjudgeable(f"`{entry}` is no entry and no scalar to differentiate by")


def step(at: Surroundings, e: Step) -> Jet:
    """Return the first-order change under one gradient step."""
    quantity, rate, *moved = e.args
    return _along(at, quantity, [(x, rate) for x in moved])


def flow(at: Surroundings, e: Flow) -> Jet:
    """Return the rate along the gradient flow."""
    return _along(at, e.args[0], e.pairs)


def _along(at: Surroundings, quantity: sp.Basic, moves: Iterable[tuple[Any, Any]]) -> Jet:
    """Return the change of a quantity when every x moves along -rate dL/dx."""
    moves, dependence = list(moves), at.common.dependence
    names = [quantity_name(_moving(x)) for x, _ in moves]
    for name in names:
        if any(other != name and other in dependence.of_name(name) for other in names):
            raise Unjudgeable(f"`{name}` moves together with what it is computed from")
    parts = []
    for entry, rate in moves:
        tensor = _moving(entry)
        if isinstance(entry, sp.Indexed) and not all(isinstance(x, Index) for x in entry.indices):
            raise Unjudgeable(f"`{entry}` is one entry; what moves is the whole tensor")
        apart = at.common.apart(tensor)
        places = [(x, 0) for x in apart]
        change = at.derivative(quantity, tensor, places)
        gradient = at.derivative(dependence.model.loss, tensor, places)
        speed = at.arithmetic.scale(at.value(rate), -1)
        inner = at.arithmetic.product([change, gradient], apart)
        parts.append(at.arithmetic.product([speed, inner]))
    return at.arithmetic.add(parts)
