"""From a model to a system: gradient flow of some of its tensors, and the laws to monitor.

    dx/dt = -eps_x dL/dx        for every tensor x that moves, with its own rate

The gradients are the adjoints that `theory` derives; the conserved quantities are read out of the
statements of laws of the form "d/dt Q = 0 along the flow".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import sympy as sp

from numerics.flows.system import Quantity, Variable
from theory.algebra.expressions import free_indices, slots
from theory.algebra.symbols import Flow, Tensor, scalar
from theory.catalogue import law_named
from theory.codegen.components import Components, unroll
from theory.models.model import Definition, Model, name_of
from theory.models.resolution import theory_of

__all__ = ["conserved", "decreasing", "gradient_flow", "parameter_vector", "rate", "variables"]


def rate(name: str) -> sp.Symbol:
    """Return the rate eps_name, positive."""
    return scalar(f"eps_{name}", positive=True)


def gradient_flow(
    model: Model,
    moves: Mapping[str, sp.Expr],
    parameters: Sequence[sp.Basic],
    sizes: Mapping[str, int],
    name: str,
) -> Components:
    """Return -rate dL/dx for every tensor x of ``moves``, at concrete sizes.

    ``parameters`` are the tensors and scalars that stay, the symbols in the rates included.
    """
    theory = theory_of(model)
    state = [model.tensors[x] for x in moves]
    outputs = []
    for x, eps in moves.items():
        entry = model.entry(model.tensors[x])
        outputs.append((slots(entry), -eps * theory.adjoints[x].reference))
    return unroll(name, theory.lines, state, parameters, outputs, sizes)


def conserved(
    law: str, law_model: Model, model: Model, state: Sequence[sp.Basic],
    parameters: Sequence[sp.Basic], sizes: Mapping[str, int], name: str,
) -> Quantity:  # fmt: skip
    """Return the quantity that a law of the catalogue, "d/dt Q = 0", says is conserved.

    Raises `ValueError` if the law says something else.
    """
    statement = law_named(law).statement(law_model)
    if not isinstance(statement.left, Flow) or statement.right != 0:
        raise ValueError(f"law `{law}` must say that a quantity is conserved; got {statement}.")
    quantity: Any = statement.left.args[0]
    free = sorted(free_indices(quantity), key=lambda k: k.name)
    values = unroll(law, theory_of(model).lines, state, parameters, [(free, quantity)], sizes)
    return Quantity(name, law, "conserved", values)


def decreasing(
    law: str, model: Model, state: Sequence[sp.Basic], parameters: Sequence[sp.Basic],
    sizes: Mapping[str, int], *, name: str = "loss", units: str = "nats",
    tied: Sequence[Definition] = (),
) -> Quantity:  # fmt: skip
    """Return the loss, which the law says never grows along the flow, or from step to step.

    ``tied`` are lines that make inputs of the model functions of the state.
    """
    lines = (*tied, *theory_of(model).lines)
    values = unroll(law, lines, state, parameters, [([], model.loss)], sizes)
    return Quantity(name, law, "decreasing", values, units)


def parameter_vector(
    parameters: Sequence[sp.Basic], given: Mapping[str, Any], sizes: Mapping[str, int]
) -> np.ndarray:
    """Return the values of parameters in the order in which `unroll` lays them out."""
    parts = []
    for x in parameters:
        shape = tuple(sizes[k.name] for k in x.axes) if isinstance(x, Tensor) else ()
        parts.append(np.broadcast_to(np.asarray(given[name_of(x)], dtype=float), shape).ravel())
    return np.concatenate(parts) if parts else np.zeros(0)


def variables(
    state: Sequence[sp.Basic], titles: Mapping[str, str], sizes: Mapping[str, int]
) -> tuple[Variable, ...]:
    """Return the description of every tensor of the state."""
    found = []
    for x in state:
        axes = tuple(k.name for k in x.axes) if isinstance(x, Tensor) else ()
        found.append(Variable(name_of(x), tuple(sizes[k] for k in axes), titles[name_of(x)], axes))
    return tuple(found)
