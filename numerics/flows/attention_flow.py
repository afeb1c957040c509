"""Two-timescale gradient flow of scores and values under cross-entropy.

    ds_ij/dt = -eps_s alpha_ij (b_ij - E_{alpha_i}[b])         advantage-based routing law
    dv_j/dt  = -eps_v (sum_i alpha_ij u_i + lambda v_j)        responsibility-weighted update

on the model `scores-and-values`.  eps_s << eps_v is the two-timescale regime in which values are
always near their optimum V*(s).  Conserved: the sum of every row of scores.

Source: agarwal2025gradient, section 4.
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
from theory.models.scores_and_values import scores_and_values

__all__ = ["attention_flow"]


def attention_flow(
    *,
    T: int = 2,
    n: int = 2,
    d_v: int = 2,
    C: int = 2,
    eps_s: float = 1.0,
    eps_v: float = 10.0,
    W_O: Any = None,
    y: Any = None,
    w: Any = 1.0,
    label_smoothing: float = 0.0,
    decay: float = 0.0,
    seed: int = 0,
) -> System:
    """Return the flow of s (T, n) and v (n, d_v).

    ``T, n, d_v, C``     queries, keys, value dimension, classes
    ``eps_s, eps_v``     rates of scores and values, > 0
    ``W_O``              output matrix (C, d_v); standard normal from ``seed`` if not given
    ``y``                labels (T, C), rows that sum to 1; class i mod C if not given
    ``w``                weight of each position in the loss, (T,) or one number
    ``label_smoothing``  in [0, 1]: labels become (1 - smoothing) y + smoothing / C
    ``decay``            lambda >= 0 of the term (lambda/2) |v|^2

    Raises `ValueError` for a rate of 0 or below, labels that are no distribution, wrong shapes.
    """
    sizes = {
        "T": checks.count("T", T, "queries"),
        "n": checks.count("n", n, "keys"),
        "d_v": checks.count("d_v", d_v, "value dimension"),
        "C": checks.count("C", C, "classes", least=2),
    }
    T, n, d_v, C = sizes.values()
    if W_O is None:
        W_O = np.random.default_rng(seed).normal(size=(C, d_v))
    if y is None:
        y = np.eye(C)[np.arange(T) % C]
    labels = checks.distribution("y", checks.array("y", y, (T, C), "positions, classes"))
    smoothing = checks.fraction("label_smoothing", label_smoothing, "label smoothing")
    weights = np.broadcast_to(w, (T,)) if np.ndim(w) == 0 else w
    given = {
        "W_O": checks.array("W_O", W_O, (C, d_v), "classes, value dimension"),
        "y": (1 - smoothing) * labels + smoothing / C,
        "w": checks.array("w", weights, (T,), "positions"),
        "lambda": checks.not_negative("decay", decay, "decay of the values"),
        "eps_s": checks.positive("eps_s", eps_s, "rate of the scores"),
        "eps_v": checks.positive("eps_v", eps_v, "rate of the values"),
    }
    model = scores_and_values()
    moves = {"s": rate("s"), "v": rate("v")}
    state = [model.tensors[x] for x in moves]
    parameters = [model.tensors[x] for x in ("W_O", "y", "w", "lambda")] + list(moves.values())
    field = gradient_flow(model, moves, parameters, sizes, "attention-flow")
    rows = conserved(
        "score-sum-conserved", model_named("attention-head-cross"), model, state,
        parameters, sizes, "sum of a row of scores",
    )  # fmt: skip
    return System(
        name="attention-flow",
        title="two-timescale gradient flow of scores and values",
        kind="flow",
        variables=variables(state, {"s": "scores", "v": "values"}, sizes),
        field=field,
        values=parameter_vector(parameters, given, sizes),
        settings={
            **sizes, "eps_s": eps_s, "eps_v": eps_v, "W_O": given["W_O"].tolist(),
            "y": labels.tolist(), "w": given["w"].tolist(), "label_smoothing": smoothing,
            "decay": given["lambda"], "seed": seed,
        },
        starts=lambda rng, count: rng.normal(size=(count, T * n + n * d_v)),
        quantities=(rows, decreasing("dissipation", model, state, parameters, sizes)),
        shifts=_shifts(given["W_O"], T, n, given["lambda"]),
        laws=("advantage-routing", "value-gradient", "score-sum-conserved", "dissipation"),
    )  # fmt: skip


def _shifts(W_O: np.ndarray, T: int, n: int, decay: float) -> np.ndarray:
    """Return the directions that change no output: rows of scores; v off the differences of W_O."""
    d_v = W_O.shape[1]
    scores = np.hstack([np.kron(np.eye(T), np.ones((1, n))), np.zeros((T, n * d_v))])
    if decay > 0:  # the decay of the values sees every direction
        return scores
    _, singular, rows = np.linalg.svd(W_O - W_O.mean(axis=0))
    null = rows[np.sum(singular > 1e-12 * max(singular.max(), 1e-300)) :]
    values = np.hstack([np.zeros((n * len(null), T * n)), np.kron(np.eye(n), null)])
    return np.vstack([scores, values])
