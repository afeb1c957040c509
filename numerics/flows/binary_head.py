"""The binary head: two-timescale gradient flow of two positions that mirror each other.

    dx/dt = -eps_s dL/dx,    dy/dt = -(eps_v/2) dL/dy

on the model `binary-head`: x is the margin of the scores, y the value of position 1.  The factor
1/2 is there because y stands for two values (see the model), so that this is the flow of the whole
head on its symmetric subspace.  Conserved: sinh^2(x/2)/eps_s - y^2/(2 eps_v).

Source: agarwal2025gradient, section 4; the conserved quantity is of the family of marcotte2023abide.
"""

from __future__ import annotations

import numpy as np
import sympy as sp

from numerics.flows import checks
from numerics.flows.building import (
    conserved,
    decreasing,
    gradient_flow,
    parameter_vector,
    rate,
    variables,
)
from numerics.flows.system import System
from theory.models import model_named

__all__ = ["binary_head"]

TITLES = {"x": "score margin", "y": "value of position 1"}


def binary_head(*, w: float = 1.0, eps_s: float = 1.0, eps_v: float = 1.0) -> System:
    """Return the flow of the score margin x and the value y.

    ``w``              output weight, any finite number but 0
    ``eps_s, eps_v``   rates of scores and values, > 0

    Raises `ValueError` for a rate of 0 or below, or a weight of 0, with which nothing moves.
    """
    weight = checks.not_zero("w", w, "output weight")
    given = {
        "w": weight,
        "eps_s": checks.positive("eps_s", eps_s, "rate of the scores"),
        "eps_v": checks.positive("eps_v", eps_v, "rate of the values"),
    }
    model = model_named("binary-head")
    state = [model.tensors[x] for x in "xy"]
    parameters = [model.tensors["w"], rate("s"), rate("v")]
    moves = {"x": rate("s"), "y": rate("v") / sp.Integer(2)}
    law = "binary-invariant"
    return System(
        name="binary-head",
        title="binary attention head on its symmetric subspace",
        kind="flow",
        variables=variables(state, TITLES, {}),
        field=gradient_flow(model, moves, parameters, {}, "binary-head"),
        values=parameter_vector(parameters, given, {}),
        settings=dict(given),
        starts=lambda rng, count: rng.normal(size=(count, 2)),
        quantities=(
            conserved(law, model, model, state, parameters, {}, "balance of margin and value"),
            decreasing("dissipation", model, state, parameters, {}),
        ),
        shifts=np.zeros((0, 2)),
        window=(-6.0, 6.0, -4.0, 4.0),
        laws=("binary-score-flow", "binary-value-flow", law),
    )  # fmt: skip
