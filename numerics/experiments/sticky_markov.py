"""One attention head on a sticky Markov chain: SGD against the EM-like schedule.

    SGD        rate 0.01 for every weight
    EM-like    rate 0.1 for W_V, 0.01 for W_Q, W_K, W_O
    control    rate 0.1 for every weight: is it the schedule, or the larger rate?

Full-batch descent on the mean cross-entropy (nats) of a causal head, by the gradient that is
generated from the model; autograd checks it at the start, in the middle and at the end.

Source: agarwal2025gradient, the sticky-chain experiment; sizes in the presets.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from numerics.experiments import markov_chain as chain
from numerics.experiments.causal_autograd import autograd_value_and_gradient, milliseconds
from numerics.experiments.causal_head import WEIGHTS, causal_value_and_gradient
from numerics.experiments.definition import Advance, Experiment, Preset, Row, State
from numerics.experiments.frame_precision import settled

if TYPE_CHECKING:
    import torch

__all__ = ["ARMS", "PAIR", "STICKY_MARKOV", "descend"]

Settings = Mapping[str, float]
SLOW, FAST = 0.01, 0.1
ARMS: Mapping[str, Mapping[str, float]] = {
    "sgd": dict.fromkeys(WEIGHTS, SLOW),
    "em": {**dict.fromkeys(WEIGHTS, SLOW), "W_V": FAST},
    "control": dict.fromkeys(WEIGHTS, FAST),
    "ratio2": {**dict.fromkeys(WEIGHTS, SLOW), "W_V": 2 * SLOW},
    "ratio5": {**dict.fromkeys(WEIGHTS, SLOW), "W_V": 5 * SLOW},
    "ratio20": {**dict.fromkeys(WEIGHTS, SLOW), "W_V": 20 * SLOW},
}
"""The rates of each weight, by arm; ratioN moves the values N times as fast as the rest."""

PAIR = ("sgd", "em")  # what the paper compares


def begin(settings: Settings, seed: int, device: str) -> State:
    """Return the data and the first weights, which all arms share."""
    rng = np.random.default_rng(seed)
    symbols, width = int(settings["symbols"]), int(settings["width"])
    transition = chain.transition_matrix(symbols, settings["rho"])
    means = rng.standard_normal((symbols, width))
    y, x = chain.sample(rng, transition, means, int(settings["length"]))
    d_k, d_v = int(settings["d_k"]), int(settings["d_v"])
    shapes = {"W_Q": (width, d_k), "W_K": (width, d_k), "W_V": (width, d_v), "W_O": (symbols, d_v)}
    first = {n: (0.1 * rng.standard_normal(s)).astype(np.float32) for n, s in shapes.items()}
    state: State = {"step": 0, "seed": seed, "x": x.astype(np.float32), "y": y, "means": means}
    for arm in ARMS:
        state |= {f"{arm}.{name}": value.copy() for name, value in first.items()}
        state |= {f"{arm}.{name}": np.zeros(0) for name in ("loss", "entropy", "drift")}
        state[f"{arm}.seconds"] = 0.0
        state[f"{arm}.values"] = _values(means, first["W_V"])
    state["checks"] = np.full(3, np.nan)
    return state


def _values(means: np.ndarray, w_v: np.ndarray) -> np.ndarray:
    """Return the values of the symbols (1, N, d_v): what a head reads from each without noise."""
    return (means @ w_v.astype(np.float64))[None]


def advance(settings: Settings, device: str) -> Advance:
    """Return what trains every arm by so many steps."""

    def onward(state: State, count: int) -> State:
        new, step = dict(state), int(state["step"])
        inputs = _inputs(state, settings, device)
        for arm, rates in ARMS.items():
            weights = _weights(state, arm, device)
            if arm == "em" and step == 0:
                new["checks"] = _with_check(new["checks"], 0, inputs, weights)
            start = time.perf_counter()
            losses = descend(inputs, weights, rates, count)
            seconds = time.perf_counter() - start
            new |= {f"{arm}.{name}": w.cpu().numpy() for name, w in weights.items()}
            new[f"{arm}.loss"] = np.append(state[f"{arm}.loss"], losses)
            new[f"{arm}.seconds"] = float(state[f"{arm}.seconds"]) + seconds
            seen = _values(state["means"], new[f"{arm}.W_V"])
            new[f"{arm}.values"] = np.concatenate([state[f"{arm}.values"], seen])
            entropy, drift = _routing(inputs, weights, state, arm)
            new[f"{arm}.entropy"] = np.append(state[f"{arm}.entropy"], entropy)
            new[f"{arm}.drift"] = np.append(state[f"{arm}.drift"], drift)
            end = int(settings["steps"])
            for place, at in ((1, end // 2), (2, end)):
                if arm == "em" and step < at <= step + count:
                    new["checks"] = _with_check(new["checks"], place, inputs, weights)
        new["step"] = step + count
        return new

    return onward


def _inputs(state: State, settings: Settings, device: str) -> dict[str, torch.Tensor]:
    import torch

    labels = np.eye(int(settings["symbols"]), dtype=np.float32)[state["y"][1:]]
    return {
        "X": torch.tensor(state["x"], device=device),
        "y": torch.tensor(labels, device=device),
    }


def _weights(state: State, arm: str, device: str) -> dict[str, torch.Tensor]:
    import torch

    return {name: torch.tensor(state[f"{arm}.{name}"], device=device) for name in WEIGHTS}


def descend(
    inputs: Mapping[str, torch.Tensor],
    weights: dict[str, torch.Tensor],
    rates: Mapping[str, float],
    count: int,
    gradient_of: Callable[..., Any] = causal_value_and_gradient,
) -> list[float]:
    """Move the weights in place; return the mean loss before every step, in nats.

    ``gradient_of`` takes x, y and the weights as `causal_value_and_gradient` does.
    """
    length, losses = len(inputs["X"]), []
    for _ in range(count):
        loss, gradient = gradient_of(inputs["X"], inputs["y"], weights)
        losses.append(float(loss) / length)
        for name, weight in weights.items():
            weight.sub_(gradient[name], alpha=rates[name] / length)
    return losses


def _with_check(
    checks: np.ndarray,
    place: int,
    inputs: dict[str, torch.Tensor],
    weights: dict[str, torch.Tensor],
) -> np.ndarray:
    """Return the checks with the largest relative difference of the gradients at one place."""
    _, ours = causal_value_and_gradient(inputs["X"], inputs["y"], weights)
    _, theirs = autograd_value_and_gradient(inputs["X"], inputs["y"], weights)
    off = [float((ours[n] - theirs[n]).norm() / theirs[n].norm()) for n in WEIGHTS]
    out = np.array(checks, copy=True)
    out[place] = max(off)
    return out


def _routing(
    inputs: dict[str, torch.Tensor], weights: dict[str, torch.Tensor], state: State, arm: str
) -> tuple[float, float]:
    """Return the mean entropy of the attention rows (nats), and how far the values moved.

    The drift is |V - V'|_F / |V'|_F, from the values V' of the checkpoint before.
    """
    import torch

    x = inputs["X"]
    scores = (x @ weights["W_Q"]) @ (x @ weights["W_K"]).T / math.sqrt(weights["W_Q"].shape[1])
    hidden = torch.ones_like(scores, dtype=torch.bool).triu(1)
    log_alpha = torch.log_softmax(scores.masked_fill(hidden, -math.inf), dim=1)
    entropy = -(log_alpha.exp() * log_alpha.masked_fill(hidden, 0.0)).sum(dim=1).mean()
    before = x @ torch.tensor(state[f"{arm}.W_V"], device=x.device)
    drift = (x @ weights["W_V"] - before).norm() / before.norm()
    return float(entropy), float(drift)


def measure(settings: Settings, state: State) -> dict[str, float]:
    """Return the numbers of a finished run."""
    inputs = _inputs(state, settings, "cpu")
    out: dict[str, float] = {}
    for arm in ARMS:
        weights = _weights(state, arm, "cpu")
        loss, accuracy, entropy = _predictions(inputs, weights)
        out |= {f"loss_{arm}": loss, f"accuracy_{arm}": accuracy, f"entropy_{arm}": entropy}
    for arm in ARMS:
        reached = np.flatnonzero(state[f"{arm}.loss"] <= out["loss_sgd"])
        out[f"steps_{arm}"] = float(reached[0]) if len(reached) else math.inf
    total = float(settings["steps"])
    out["speedup_em"] = total / max(out["steps_em"], 1.0)
    out["speedup_control"] = total / max(out["steps_control"], 1.0)
    out |= {f"check_{n}": float(x) for n, x in zip("abc", state["checks"], strict=True)}
    out["settled_routing"] = settled(state["em.entropy"], total)
    out["settled_values"] = settled(np.cumsum(state["em.drift"]), total)
    out["seconds_pair"] = sum(float(state[f"{arm}.seconds"]) for arm in PAIR)
    spent = milliseconds(inputs["X"], inputs["y"], _weights(state, "em", "cpu"))
    out["ms_generated"] = spent["generated"]
    out |= {f"{way}_ratio": spent[way] / spent["generated"] for way in ("eager", "fused")}
    out |= _floors(settings, state)
    return out


def _predictions(
    inputs: dict[str, torch.Tensor], weights: dict[str, torch.Tensor]
) -> tuple[float, float, float]:
    """Return cross-entropy, accuracy, and mean entropy of the predictions (nats)."""
    import torch
    from torch.nn import functional

    x = inputs["X"]
    q, k, v = (x @ weights[n] for n in ("W_Q", "W_K", "W_V"))
    z = functional.scaled_dot_product_attention(q, k, v, is_causal=True) @ weights["W_O"].T
    log_p, labels = torch.log_softmax(z, dim=1), inputs["y"].argmax(dim=1)
    loss = functional.nll_loss(log_p, labels)
    accuracy = (z.argmax(dim=1) == labels).double().mean()
    return float(loss), float(accuracy), float(-(log_p.exp() * log_p).sum(dim=1).mean())


def _floors(settings: Settings, state: State) -> dict[str, float]:
    """Return what no model beats on these data, and what EM in closed form reaches (nats)."""
    transition = chain.transition_matrix(int(settings["symbols"]), settings["rho"])
    x, y = state["x"].astype(float), state["y"]
    rows = np.arange(len(x))
    best = chain.filter_predictions(x, transition, state["means"])
    rng = np.random.default_rng([int(state["seed"]), 1])
    found = chain.baum_welch(x, len(transition), rng)
    log_b = chain.log_likelihoods(x, found.means)
    start = np.full(len(transition), 1 / len(transition))
    gamma, _, _ = chain.forward_backward(log_b, found.transition, start)
    # EM does not know the names of the symbols: it is told them by the symbols that were seen
    names = gamma.T @ np.eye(len(transition))[y[:-1]] + 1e-3
    names /= names.sum(axis=1, keepdims=True)
    predicted = chain.filter_predictions(x, found.transition, found.means) @ names
    return {
        "entropy_rate": chain.entropy_rate(transition),
        "floor": float(-np.log(best[rows, y[1:]]).mean()),
        "baum_welch": float(-np.log(predicted[rows, y[1:]]).mean()),
    }


def remark(measured: list[dict[str, float]]) -> str:
    """Return in one sentence what the controls say about the claim of 2.3 times."""
    mean = {n: float(np.mean([m[n] for m in measured])) for n in ("speedup_em", "speedup_control")}
    faster = mean["speedup_control"] >= mean["speedup_em"]
    compared = "at least as fast as" if faster else "slower than"
    verdict = (
        "so the larger rate alone explains the speed-up, and the schedule need not"
        if faster
        else "so the larger rate alone does not explain the speed-up"
    )
    return (
        f"EM-like steps reach SGD's final loss {mean['speedup_em']:.2f} times sooner, rate "
        f"{FAST} for every weight {mean['speedup_control']:.2f} times: the matched control is "
        f"{compared} the EM-like schedule, {verdict}."
    )


def draw(settings: Settings, states: list[State]) -> Mapping[str, Any]:
    """Return the figures."""
    from numerics.experiments.sticky_markov_figures import figures

    return figures(settings, states, _floors(settings, states[0]))


_AUTHORS = (
    "the authors' script, seed 42: one run, so two standard errors of a single run's distance"
)
_SIZES = {"symbols": 8.0, "rho": 0.3, "width": 20.0, "d_k": 10.0, "d_v": 15.0}

STICKY_MARKOV = Experiment(
    name="sticky-markov",
    title="One attention head on a sticky Markov chain: SGD against an EM-like schedule",
    source="agarwal2025gradient",
    presets={
        "cpu": Preset({**_SIZES, "length": 500.0, "steps": 200.0}, 200, "a minute a seed", 25),
        "paper": Preset(
            {**_SIZES, "length": 2000.0, "steps": 1000.0}, 1000, "some minutes a seed", 25
        ),
    },
    rows=(
        Row("loss_sgd", "final loss, SGD", "nats", 2.0647, None, _AUTHORS),
        Row("loss_em", "final loss, EM-like", "nats", 1.9802, None, _AUTHORS),
        Row("steps_em", "step at which EM-like reaches SGD's final loss", "of 1000", 430, None,
            "published for one run; 407 by the authors' script"),
        Row("speedup_em", "how much sooner", "times", 2.3, None, "published for one run"),
        Row("accuracy_sgd", "accuracy, SGD", "", 0.152, None, _AUTHORS),
        Row("accuracy_em", "accuracy, EM-like", "", 0.234, None, _AUTHORS),
        Row("entropy_sgd", "predictive entropy, SGD", "nats", 2.0750, None, _AUTHORS),
        Row("entropy_em", "predictive entropy, EM-like", "nats", 2.0160, None, _AUTHORS),
        Row("entropy_rate", "entropy rate of the chain", "nats", 1.8292, 5e-5,
            "a number of the chain: as many digits as were published", "equal", "any"),
        Row("loss_control", "final loss, 0.1 for every weight (matched control)", "nats"),
        Row("speedup_control", "how much sooner, matched control", "times"),
        Row("loss_ratio2", "final loss, values 2 times as fast", "nats"),
        Row("loss_ratio5", "final loss, values 5 times as fast", "nats"),
        Row("loss_ratio20", "final loss, values 20 times as fast", "nats"),
        Row("floor", "cross-entropy of the forward filter: the floor", "nats"),
        Row("baum_welch", "cross-entropy of Baum-Welch, fitted to the same data", "nats"),
        Row("settled_routing", "step at which attention entropy has settled, EM-like"),
        Row("settled_values", "step at which values have settled, EM-like"),
        Row("check_a", "generated gradient against autograd, at the start", "relative"),
        Row("check_b", "generated gradient against autograd, in the middle", "relative"),
        Row("check_c", "generated gradient against autograd, at the end", "relative"),
        Row("seconds_pair", "time of SGD and EM-like together", "s"),
        Row("ms_generated", "loss and gradient by the generated code, once", "ms"),
        Row("eager_ratio", "time of eager autograd over it", "times"),
        Row("fused_ratio", "time of autograd through torch's fused attention over it", "times"),
    ),
    begin=begin,
    advance=advance,
    measure=measure,
    draw=draw,
    remark=remark,
)  # fmt: skip
