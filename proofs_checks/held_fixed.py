r"""Partial derivatives that may hold fixed what lies between.

    \hat x_i = (x_i - \mu) / \sigma,   \sigma^2 = \frac1n \sum_i (x_i - \mu)^2
    \partial \hat x_i / \partial \mu = -1 / \sigma

Everywhere else a derivative takes all that is computed along with it: here \sigma moves with \mu.
Papers on backpropagation often mean the other one, where only \mu moves.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import sympy as sp

from theory.algebra.expressions import Relation, entry_tensor, tensors_in
from theory.algebra.symbols import Flow, Partial, Step, scalar
from theory.models import Model
from theory.models.model import Definition, name_of

__all__ = ["held_fixed"]


def held_fixed(model: Model, relation: Relation) -> tuple[Model, tuple[str, ...]] | None:
    """Return a model where what lies between is an input, and the names of these quantities.

    None where every derivative of the relation means the same either way.
    """
    between = sorted(
        {
            name
            for side in (relation.left, relation.right)
            for partial in side.atoms(Partial)
            for name in _between(model, partial)
        }
    )
    if not between or any(x.atoms(Step, Flow) for x in (relation.left, relation.right)):
        return None
    inputs = [line.tensor for line in model.definitions if line.name in between]
    kept = tuple(line for line in model.definitions if line.name not in between)
    loss = model.loss
    if name_of(loss) in between:  # a partial derivative needs none
        loss = scalar(f"no_{loss}")
        kept = (*kept, Definition(loss, sp.S.Zero, "no loss"))
    held = replace(model, inputs=(*model.inputs, *inputs), definitions=kept, loss=loss)
    return held, tuple(between)


def _between(model: Model, partial: Partial) -> Iterator[str]:
    """Yield what a quantity is computed from beside ``by``, and what is computed from ``by``."""
    quantity, *by = partial.args
    names = {name_of(entry_tensor(x)) for x in by}
    by_name = model.by_name
    lines = (by_name[x].value for x in tensors_in(quantity) if x in by_name)
    for value in (quantity, *lines):
        if names & tensors_in(value):
            yield from (x for x in tensors_in(value) - names if names & _computed_from(model, x))


def _computed_from(model: Model, name: str) -> frozenset[str]:
    """Return the names of all that a quantity is computed from, directly or not."""
    line = model.by_name.get(name)
    if line is None:
        return frozenset()
    direct = tensors_in(line.value)
    return direct.union(*(_computed_from(model, x) for x in direct))
