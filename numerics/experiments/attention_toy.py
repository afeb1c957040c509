"""A small head trained by the laws alone: routing and values specialise together.

    ds_ij/dstep = -eta alpha_ij A_ij,   A_ij = b_ij - sum_k alpha_ik b_ik,  b_ij = u_i . v_j
    dv_j/dstep  = -eta sum_i alpha_ij u_i

Five positions; scores, values and output weights move, by the two laws written out in NumPy.
The loss is the summed cross-entropy in nats.  Finite differences of the loss, and the gradient that
is generated from the model, check the laws at the first and at the last state.

Source: agarwal2025gradient, the toy example.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numerics.experiments.definition import Advance, Experiment, Preset, Row, State

__all__ = ["ATTENTION_TOY", "laws", "loss_of"]

Array = NDArray[np.float64]
Settings = Mapping[str, float]


def softmax(z: Array) -> Array:
    """Return the softmax of each row."""
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def loss_of(s: Array, v: Array, w_o: Array, y: Array) -> float:
    """Return the cross-entropy -sum_ic y_ic log p_ic in nats; s (T, T), v (T, d), w_o (C, d)."""
    return float(-(y * np.log(softmax(softmax(s) @ v @ w_o.T))).sum())


def laws(s: Array, v: Array, w_o: Array, y: Array) -> dict[str, Array]:
    """Return attention, upstream gradient, advantage, and the gradients by scores and values."""
    alpha = softmax(s)
    p = softmax(alpha @ v @ w_o.T)
    u = (p - y) @ w_o
    b = u @ v.T
    advantage = b - (alpha * b).sum(axis=1, keepdims=True)
    return {
        "alpha": alpha, "p": p, "u": u, "advantage": advantage,
        "dL_ds": alpha * advantage, "dL_dv": alpha.T @ u,
    }  # fmt: skip


def begin(settings: Settings, seed: int, device: str) -> State:
    """Return small random scores, values and output weights, and labels."""
    rng = np.random.default_rng(seed)
    length, classes, width = (int(settings[n]) for n in ("length", "classes", "width"))
    labels = rng.permutation(np.arange(length) % classes)
    return {
        "s": 0.3 * rng.standard_normal((length, length)),
        "v": rng.standard_normal((length, width)),
        "w_o": rng.standard_normal((classes, width)),
        "y": np.eye(classes)[labels],
        "loss": np.zeros(0), "entropy": np.zeros(0), "step": 0,
    }  # fmt: skip


def advance(settings: Settings, device: str) -> Advance:
    """Return what takes so many steps by the laws."""

    def onward(state: State, count: int) -> State:
        s, v, y = (np.array(state[n], dtype=float, copy=True) for n in ("s", "v", "y"))
        w_o = np.array(state["w_o"], dtype=float)
        new = dict(state)
        if int(state["step"]) == 0:
            new |= {"first_s": s.copy(), "first_v": v.copy()}
        losses, entropies = [], []
        for _ in range(count):
            found = laws(s, v, w_o, y)
            losses.append(loss_of(s, v, w_o, y))
            entropies.append(float(-(found["alpha"] * np.log(found["alpha"])).sum(axis=1).mean()))
            s -= settings["rate"] * found["dL_ds"]
            v -= settings["rate"] * found["dL_dv"]
        new |= {"s": s, "v": v, "step": int(state["step"]) + count}
        new["loss"] = np.append(state["loss"], losses)
        new["entropy"] = np.append(state["entropy"], entropies)
        return new

    return onward


def measure(settings: Settings, state: State) -> dict[str, float]:
    """Return the numbers of a finished run."""
    first = tuple(np.asarray(state[n], float) for n in ("first_s", "first_v", "w_o", "y"))
    last = tuple(np.asarray(state[n], float) for n in ("s", "v", "w_o", "y"))
    before, after = laws(*first), laws(*last)
    change = after["alpha"] - before["alpha"]
    pulled = np.corrcoef(-before["advantage"].ravel(), change.ravel())[0, 1]
    return {
        "loss_first": loss_of(*first),
        "loss_last": loss_of(*last),
        "falls": float(np.mean(np.diff(state["loss"]) < 0)),
        "entropy_first": float(state["entropy"][0]),
        "entropy_last": float(state["entropy"][-1]),
        "feedback": float(pulled),
        "differences": max(_against_differences(first), _against_differences(last)),
        "generated": max(_against_generated(first), _against_generated(last)),
    }


def _against_differences(point: tuple[Array, ...]) -> float:
    """Return the largest difference of the laws from central differences of the loss."""
    s, v, w_o, y = point
    found, off, h = laws(s, v, w_o, y), 0.0, 1e-5
    for place, name in ((0, "dL_ds"), (1, "dL_dv")):
        for index in np.ndindex(point[place].shape):
            sides = []
            for sign in (1, -1):
                moved = [np.array(a, copy=True) for a in point]
                moved[place][index] += sign * h
                sides.append(loss_of(*moved))
            off = max(off, abs((sides[0] - sides[1]) / (2 * h) - found[name][index]))
    return off


def _against_generated(point: tuple[Array, ...]) -> float:
    """Return the largest difference of the laws from the gradient generated from the model."""
    from theory.codegen import value_and_gradient
    from theory.models.scores_and_values import scores_and_values

    s, v, w_o, y = point
    generated = value_and_gradient(scores_and_values(), wrt=["s", "v"], backend="numpy")
    given = {"s": s, "v": v, "W_O": w_o, "y": y, "w": np.ones(len(y))}
    _, gradient = generated(**given, lambda_=0.0)
    found = laws(s, v, w_o, y)
    pairs = ((gradient["s"], found["dL_ds"]), (gradient["v"], found["dL_dv"]))
    return max(float(np.abs(a - b).max()) for a, b in pairs)


def draw(settings: Settings, states: list[State]) -> Mapping[str, Any]:
    """Return the figures, of the first seed."""
    from numerics.experiments.attention_toy_figures import figures

    return figures(states[0])


ATTENTION_TOY = Experiment(
    name="attention-toy",
    title="A head of five positions trained by the laws alone",
    source="agarwal2025gradient",
    presets={
        name: Preset(
            {"length": 5.0, "classes": 3.0, "width": 2.0, "rate": 0.1, "steps": 400.0},
            400, "seconds", 100,
        )
        for name in ("cpu", "paper")
    },
    rows=(
        Row("falls", "share of steps at which the loss falls", "", 1.0, 0.0,
            "descent by the laws: every step of this size must fall", "at least", "any"),
        Row("differences", "laws against finite differences of the loss", "", 0.0, 1e-6,
            "central differences with h = 1e-5 are good to 1e-9 here", "at most", "any"),
        Row("generated", "laws against the generated gradient", "", 0.0, 1e-12,
            "two ways to compute one number in float64", "at most", "any"),
        Row("feedback", "correlation of -advantage with the change of attention", "", 0.0, 0.0,
            "the routing law: weight goes where the advantage is negative", "at least", "any"),
        Row("loss_first", "loss before", "nats"),
        Row("loss_last", "loss after", "nats"),
        Row("entropy_first", "attention entropy before", "nats"),
        Row("entropy_last", "attention entropy after", "nats"),
    ),
    begin=begin,
    advance=advance,
    measure=measure,
    draw=draw,
)  # fmt: skip
