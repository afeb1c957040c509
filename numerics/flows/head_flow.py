"""Gradient flow of the weights of a whole attention head on data X.

    dW/dt = -eps_W dL/dW        for W_Q, W_K (d_x, d_k), W_V (d_x, d_v), W_O (C, d_v)

Conserved: W_Q^T W_Q / eps_Q - W_K^T W_K / eps_K and W_V^T W_V / eps_V - W_O^T W_O / eps_O.

Sources: agarwal2025gradient, section 4; marcotte2023abide for the balance.
"""

from __future__ import annotations

from typing import Any

import numpy as np

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

__all__ = ["head_flow"]

TITLES = {
    "W_Q": "query weights", "W_K": "key weights", "W_V": "value weights", "W_O": "output weights",
}  # fmt: skip


def head_flow(
    *,
    T: int = 3,
    d_x: int = 2,
    d_k: int = 2,
    d_v: int = 2,
    C: int = 2,
    eps_Q: float = 1.0,
    eps_K: float = 1.0,
    eps_V: float = 1.0,
    eps_O: float = 1.0,
    X: Any = None,
    y: Any = None,
    label_smoothing: float = 0.0,
    seed: int = 0,
) -> System:
    """Return the flow of W_Q, W_K, W_V and W_O.

    ``T, d_x, d_k, d_v, C``   positions, input, key and value dimensions, classes
    ``eps_Q .. eps_O``        rates, > 0
    ``X``                     data (T, d_x); standard normal from ``seed`` if not given
    ``y``                     labels (T, C), rows that sum to 1; class i mod C if not given
    ``label_smoothing``       in [0, 1]: labels become (1 - smoothing) y + smoothing / C

    Raises `ValueError` for a rate of 0 or below, labels that are no distribution, wrong shapes.
    """
    sizes = {
        "T": checks.count("T", T, "positions"),
        "d_x": checks.count("d_x", d_x, "input dimension"),
        "d_k": checks.count("d_k", d_k, "key dimension"),
        "d_v": checks.count("d_v", d_v, "value dimension"),
        "C": checks.count("C", C, "classes", least=2),
    }
    T, d_x, d_k, d_v, C = sizes.values()
    if X is None:
        X = np.random.default_rng(seed).normal(size=(T, d_x))
    if y is None:
        y = np.eye(C)[np.arange(T) % C]
    labels = checks.distribution("y", checks.array("y", y, (T, C), "positions, classes"))
    smoothing = checks.fraction("label_smoothing", label_smoothing, "label smoothing")
    rates = {"eps_Q": eps_Q, "eps_K": eps_K, "eps_V": eps_V, "eps_O": eps_O}
    given = {
        "X": checks.array("X", X, (T, d_x), "positions, input dimension"),
        "y": (1 - smoothing) * labels + smoothing / C,
        **{x: checks.positive(x, e, f"rate of W_{x[-1]}") for x, e in rates.items()},
    }
    model = model_named("attention-head")
    moves = {f"W_{x}": rate(x) for x in "QKVO"}
    state = [model.tensors[x] for x in moves]
    parameters = [model.tensors["X"], model.tensors["y"], *moves.values()]
    field = gradient_flow(model, moves, parameters, sizes, "head-flow")
    balance = [
        conserved(law, model, model, state, parameters, sizes, name)
        for law, name in (
            ("query-key-balance", "balance of query and key weights"),
            ("value-output-balance", "balance of value and output weights"),
        )
    ]
    d = field.dimension
    return System(
        name="head-flow",
        title="gradient flow of the weights of an attention head",
        kind="flow",
        variables=variables(state, TITLES, sizes),
        field=field,
        values=parameter_vector(parameters, given, sizes),
        settings={
            **sizes, **rates, "X": given["X"].tolist(), "y": labels.tolist(),
            "label_smoothing": smoothing, "seed": seed,
        },
        starts=lambda rng, count: rng.normal(size=(count, d)),
        quantities=(*balance, decreasing("dissipation", model, state, parameters, sizes)),
        shifts=np.zeros((0, d)),
        laws=(
            "query-weight-gradient", "key-weight-gradient", "value-weight-gradient",
            "output-weight-gradient", "query-key-balance", "value-output-balance",
        ),
    )  # fmt: skip
