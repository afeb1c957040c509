"""Bijection elimination: a permutation is shown pair by pair, and a model must narrow it down.

    x_1 pi(x_1) x_2 pi(x_2) ... x_k -> ?      p(pi(x_k) = y | seen) = 1/(V - k + 1) for unseen y
    H_k = log2(V - k + 1) bits

The x are distinct, so each answer rules one value out.
Source: agarwal2025geometry; the closed form in mathematics.md F.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np

from numerics.experiments import tunnel_measures, wind_tunnel
from numerics.experiments.definition import Experiment, Preset, Row, State
from numerics.experiments.wind_tunnel import Batch, Task

__all__ = ["BIJECTION", "Bijection"]

Settings = Mapping[str, float]


class Bijection(Task):
    """Permutations of V values; K pairs a sequence, 1 <= K <= V."""

    def __init__(self, values: int, pairs: int) -> None:
        if not 1 <= pairs <= values:
            raise ValueError(f"`pairs` must be 1 to {values} (values); got {pairs}.")
        self.values, self.pairs = values, pairs
        self.inputs, self.classes = 2 * values, values

    def batch(self, rng: np.random.Generator, count: int, length: int | None = None) -> Batch:
        """Return sequences x_1 pi(x_1) .. x_K pi(x_K) of one-hot tokens (B, 2 K, 2 V)."""
        pairs, v = length or self.pairs, self.values
        images = np.argsort(rng.random((count, v)), axis=1)
        xs = np.argsort(rng.random((count, v)), axis=1)[:, :pairs]
        ys = np.take_along_axis(images, xs, axis=1)
        tokens = np.zeros((count, 2 * pairs), dtype=np.int64)
        tokens[:, 0::2], tokens[:, 1::2] = xs, v + ys
        labels = np.zeros_like(tokens)
        labels[:, 0::2] = ys
        posterior = np.full((count, 2 * pairs, v), 1.0 / v)
        unseen = np.ones((count, v))
        for k in range(pairs):
            posterior[:, 2 * k] = unseen / unseen.sum(axis=1, keepdims=True)
            unseen[np.arange(count), ys[:, k]] = 0.0
        asked = np.arange(2 * pairs) % 2 == 0
        return Batch(np.eye(2 * v, dtype=np.float32)[tokens], labels, posterior, asked)


def _task(settings: Settings) -> Bijection:
    return Bijection(int(settings["values"]), int(settings["pairs"]))


def _begin(settings: Settings, seed: int, device: str) -> State:
    return wind_tunnel.begin(_task(settings), settings, seed)


def _advance(settings: Settings, device: str) -> Any:
    return wind_tunnel.advance(_task(settings), settings, device)


def _measure(settings: Settings, state: State) -> dict[str, float]:
    return tunnel_measures.measure(_task(settings), settings, state, {})


def _draw(settings: Settings, states: list[State]) -> Mapping[str, Any]:
    from numerics.experiments.tunnel_figures import figures

    return figures(_task(settings), settings, states, "pairs seen, and one")


BIJECTION = Experiment(
    name="bijection",
    title="Bayesian wind tunnel: eliminating the values of a permutation",
    source="agarwal2025geometry",
    presets={
        "cpu": Preset(
            {"values": 6.0, "pairs": 5.0, "width": 48.0, "layers": 2.0, "heads": 4.0,
             "batch": 64.0, "rate": 3e-3, "warm": 100.0, "steps": 5000.0, "draws": 1.0}, 5000,
            "some minutes a seed", 250,
        ),
        "paper": Preset(
            {"values": 20.0, "pairs": 19.0, "width": 192.0, "layers": 6.0, "heads": 6.0,
             "batch": 128.0, "rate": 1e-3, "warm": 1000.0, "steps": 100_000.0,
             "draws": 1.0}, 100_000, "hours on a GPU, weeks on two cores", 1000,
        ),
    },
    rows=(
        Row("error_transformer", "mean absolute entropy error, transformer", "bits", 3e-3, 3e-3,
            "the paper says 3e-3, its repository 7e-3: a factor of two", "at most"),
        Row("error_mlp", "mean absolute entropy error, MLP", "bits", 1.85, 0.19,
            "a tenth: the MLP's error is that of the prior at every position"),
        *tunnel_measures.ROWS,
    ),
    begin=_begin,
    advance=_advance,
    measure=_measure,
    draw=_draw,
    remark=partial(tunnel_measures.remark, "the permutation"),
)  # fmt: skip
