"""Filtering a hidden Markov chain whose matrices stand at the head of every sequence.

    header: the rows of T and of E,   then o_1 o_2 ... o_K;   at o_t:  p(z_t | o_1 .. o_t)
    a_t(s) ~ E(o_t | s) sum_r T(s | r) a_{t-1}(r),   a_0 uniform

Rows of T and E are drawn anew from Dirichlet(1) for every sequence.
Source: agarwal2025geometry; the filter in mathematics.md F.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np

from numerics.experiments import tunnel_measures, wind_tunnel
from numerics.experiments.definition import Experiment, Preset, Row, State
from numerics.experiments.wind_tunnel import Array, Batch, Task

__all__ = ["HMM", "HiddenChain", "forward_filter"]

Settings = Mapping[str, float]


def forward_filter(transition: Array, emission: Array, seen: np.ndarray) -> Array:
    """Return p(z_t | o_1 .. o_t) (B, K, S) for T (B, S, S), E (B, S, O) and o (B, K).

    T[b, r, s] is the chance of s after r; the first state is uniform.
    """
    count, length = seen.shape
    states = transition.shape[1]
    rows, out = np.arange(count), np.empty((count, length, states))
    ahead = np.full((count, states), 1.0 / states)
    for t in range(length):
        belief = ahead * emission[rows, :, seen[:, t]]
        out[:, t] = belief = belief / belief.sum(axis=1, keepdims=True)
        ahead = np.einsum("br,brs->bs", belief, transition)
    return out


class HiddenChain(Task):
    """S states, O symbols, K observations after a header of 2 S rows."""

    def __init__(self, states: int, symbols: int, length: int) -> None:
        self.states, self.symbols, self.length = states, symbols, length
        self.inputs, self.classes = states + symbols + symbols + 2 * states, states

    def batch(self, rng: np.random.Generator, count: int, length: int | None = None) -> Batch:
        """Return sequences of a header and K observations (B, 2 S + K, inputs)."""
        s, o, k = self.states, self.symbols, length or self.length
        transition = rng.dirichlet(np.ones(s), (count, s))
        emission = rng.dirichlet(np.ones(o), (count, s))
        hidden, seen = np.empty((count, k), np.int64), np.empty((count, k), np.int64)
        rows, state = np.arange(count), rng.integers(s, size=count)
        for t in range(k):
            if t:
                state = _drawn(rng, transition[rows, state])
            hidden[:, t], seen[:, t] = state, _drawn(rng, emission[rows, state])
        head = 2 * s
        inputs = np.zeros((count, head + k, self.inputs), np.float32)
        inputs[:, :s, :s] = transition
        inputs[:, s:head, s : s + o] = emission
        inputs[:, :head, s + 2 * o :] = np.eye(head)  # which row of the header it is
        inputs[:, head:, s + o : s + 2 * o] = np.eye(o)[seen]
        labels = np.zeros((count, head + k), np.int64)
        labels[:, head:] = hidden
        posterior = np.full((count, head + k, s), 1.0 / s)
        posterior[:, head:] = forward_filter(transition, emission, seen)
        return Batch(inputs, labels, posterior, np.arange(head + k) >= head)


def _drawn(rng: np.random.Generator, p: Array) -> np.ndarray:
    """Return one draw of every row of p (B, N)."""
    below = p.cumsum(axis=1) < rng.random((len(p), 1))
    return np.minimum(below.sum(axis=1), p.shape[1] - 1)


def _task(settings: Settings) -> HiddenChain:
    return HiddenChain(*(int(settings[n]) for n in ("states", "symbols", "length")))


def _begin(settings: Settings, seed: int, device: str) -> State:
    return wind_tunnel.begin(_task(settings), settings, seed)


def _advance(settings: Settings, device: str) -> Any:
    return wind_tunnel.advance(_task(settings), settings, device)


def _measure(settings: Settings, state: State) -> dict[str, float]:
    beyond = {"error_beyond": int(settings["beyond"])}
    return tunnel_measures.measure(_task(settings), settings, state, beyond)


def _draw(settings: Settings, states: list[State]) -> Mapping[str, Any]:
    from numerics.experiments.tunnel_figures import figures

    return figures(
        _task(settings), settings, states, "observations", beyond=int(settings["beyond"])
    )


HMM = Experiment(
    name="hmm",
    title="Bayesian wind tunnel: filtering a hidden Markov chain",
    source="agarwal2025geometry",
    presets={
        "cpu": Preset(
            {"states": 2.0, "symbols": 2.0, "length": 4.0, "beyond": 10.0, "width": 32.0,
             "layers": 3.0, "heads": 4.0, "batch": 64.0, "rate": 8e-3, "warm": 300.0,
             "steps": 9000.0, "draws": 1024.0}, 9000, "four minutes a seed", 250,
        ),
        "paper": Preset(
            {"states": 5.0, "symbols": 5.0, "length": 20.0, "beyond": 50.0, "width": 256.0,
             "layers": 9.0, "heads": 8.0, "batch": 128.0, "rate": 1e-3, "warm": 1000.0,
             "steps": 100_000.0, "draws": 1.0}, 100_000,
            "hours on a GPU, weeks on two cores", 1000,
        ),
    },
    rows=(
        Row("error_transformer", "mean absolute entropy error, transformer (published: K = 20)",
            "bits", 7.5e-5, 7.5e-5, "a factor of two", "at most"),
        Row("error_beyond", "the same beyond the training length (published: K = 50)", "bits",
            2.88e-2, 2.88e-2, "a factor of two", "at most"),
        Row("error_mlp", "mean absolute entropy error, MLP", "bits", 0.409, 0.041,
            "a tenth: the MLP sees one observation"),
        *tunnel_measures.ROWS,
        Row("error_single", "error trained on one label a position, transformer", "bits"),
        Row("ratio_single", "MLP's error over that", "times"),
    ),
    begin=_begin,
    advance=_advance,
    measure=_measure,
    draw=_draw,
    remark=partial(tunnel_measures.remark, "the hidden state"),
)  # fmt: skip
