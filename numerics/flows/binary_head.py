"""The binary head: two-timescale gradient flow of two positions that mirror each other.

    dx/dt = -eps_s dL/dx,    dy/dt = -(eps_v/2) dL/dy

on the model `binary-head`: x is the margin of the scores, y the value of position 1.  The factor
1/2 is there because y stands for two values (see the model), so that this is the flow of the whole
head on its symmetric subspace.  Conserved: sinh^2(x/2)/eps_s - y^2/(2 eps_v).

Sources: agarwal2025gradient, section 4; marcotte2023abide for the family of the conserved quantity.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import sympy as sp

from numerics.flows import checks
from numerics.flows.building import conserved, decreasing, parameter_vector, rate, variables
from numerics.flows.system import System
from theory.codegen.components import unroll
from theory.models import model_named
from theory.models.model import Model
from theory.models.resolution import theory_of

__all__ = ["binary_gradient", "binary_head"]

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
    slopes = binary_gradient(model)
    outputs = [((), -rate("s") * slopes["x"]), ((), -rate("v") / 2 * slopes["y"])]
    lines = theory_of(model).lines
    return System(
        name="binary-head",
        title="binary attention head on its symmetric subspace",
        kind="flow",
        variables=variables(state, TITLES, {}),
        field=unroll("binary-head", lines, state, parameters, outputs, {}),
        values=parameter_vector(parameters, given, {}),
        settings=dict(given),
        starts=lambda rng, count: rng.normal(size=(count, 2)),
        quantities=(
            decreasing("dissipation", model, state, parameters, {}),
            conserved("binary-invariant", model, model, state, parameters, {}, "invariant"),
        ),
        shifts=np.zeros((0, 2)),
        window=(-6.0, 6.0, -4.0, 4.0),
        laws=("binary-score-flow", "binary-value-flow", "binary-invariant", "dissipation"),
    )  # fmt: skip


def binary_gradient(model: Model) -> dict[str, sp.Expr]:
    """Return dL/dx = 2 u y alpha_11 alpha_12 and dL/dy = u (alpha_11 - alpha_12).

    The derived gradient has exp(x) beside alpha_12^2, an infinity beside a zero for large margins.
    """
    tensors: Mapping[str, Any] = model.tensors
    y, u, own, other = (tensors[name] for name in ("y", "u", "alpha_11", "alpha_12"))
    return {"x": 2 * u * y * own * other, "y": u * (own - other)}
