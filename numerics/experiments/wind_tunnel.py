"""Bayesian wind tunnels: tasks with a known posterior, and models trained on fresh sequences.

A task gives sequences with what is to be predicted, and the posterior predictive in closed form.
Training minimises the cross-entropy, whose only minimiser is that posterior: E[-log q] = H + E[KL].
What is measured is the mean absolute difference of entropies, in bits, by position.

``draws`` is how many labels are drawn for each position, all from the posterior given what stands
before it.  One is what the papers have; with more, the cross-entropy is the same and its estimate
less noisy, and a third model is a control: the transformer from the same weights on the same
sequences with one label a position, which shows what the noise of the labels costs.

Batches are drawn from (seed, step) alone, so that a run goes on to the same bits.
Source: agarwal2025geometry.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numerics.experiments.definition import Advance, State
from numerics.experiments.frame_precision import frames, moved

__all__ = [
    "MODELS",
    "SINGLE",
    "Batch",
    "Task",
    "advance",
    "begin",
    "built",
    "entropy_errors",
    "entropy_of",
]

Settings = Mapping[str, float]
Array = NDArray[np.float64]
MODELS = ("transformer", "mlp")
SINGLE = "single"
HELD_OUT = 10**9  # the step whose batches no training sees


@dataclass(frozen=True)
class Batch:
    """Sequences ``inputs`` (B, T, inputs), ``labels`` (B, T), and the ``posterior`` (B, T, C).

    ``asked`` (T,) says at which positions something is predicted.
    """

    inputs: NDArray[np.float32]
    labels: NDArray[np.int64]
    posterior: Array
    asked: NDArray[np.bool_]


class Task(ABC):
    """A wind tunnel: its sizes, its sequences, its posterior."""

    inputs: int
    classes: int

    @abstractmethod
    def batch(self, rng: np.random.Generator, count: int, length: int | None = None) -> Batch:
        """Return fresh sequences; ``length`` other than that of training tests beyond it."""


def entropy_of(p: Array) -> Array:
    """Return the entropy of the last axis in bits."""
    return -(p * np.log2(np.where(p > 0, p, 1.0))).sum(axis=-1)


def built(task: Task, settings: Settings, seed: int) -> dict[str, Any]:
    """Return the untrained models of a seed."""
    from copy import deepcopy

    import torch

    from numerics.experiments.sequence_models import SequenceModel, matched_mlp

    width, layers, heads = (int(settings[n]) for n in ("width", "layers", "heads"))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        transformer = SequenceModel(
            task.inputs, task.classes, width=width, layers=layers, heads=heads, hidden=4 * width
        )
        models = {
            "transformer": transformer,
            "mlp": matched_mlp(transformer, task.inputs, task.classes),
        }
    return models | ({SINGLE: deepcopy(transformer)} if settings["draws"] > 1 else {})


def begin(task: Task, settings: Settings, seed: int) -> State:
    """Return the first state of a run: weights, and the moments of AdamW."""
    state: State = {"step": 0, "seed": seed}
    for name, model in built(task, settings, seed).items():
        for key, p in model.named_parameters():
            state[f"{name}/{key}"] = p.detach().numpy().copy()
            state[f"{name}/{key}/m"] = np.zeros(p.shape, np.float32)
            state[f"{name}/{key}/v"] = np.zeros(p.shape, np.float32)
        state[f"{name}.loss"] = np.zeros(0)
        state[f"{name}.error"] = np.zeros(0)
    layers = int(settings["layers"])
    return state | {name: np.zeros((0, layers)) for name in ("attention", "routing", "values")}


def loaded(task: Task, settings: Settings, state: State, device: str = "cpu") -> dict[str, Any]:
    """Return the models with the weights of a state."""
    import torch

    models = built(task, settings, int(state["seed"]))
    for name, model in models.items():
        with torch.no_grad():
            for key, p in model.named_parameters():
                p.copy_(torch.tensor(state[f"{name}/{key}"]))
        model.to(device)
    return models


def advance(task: Task, settings: Settings, device: str) -> Advance:
    """Return what trains all models by so many steps of AdamW on fresh sequences."""

    def onward(state: State, count: int) -> State:
        new, first, seed = dict(state), int(state["step"]), int(state["seed"])
        held = task.batch(np.random.default_rng([seed, HELD_OUT]), 256)
        models = loaded(task, settings, state, device)
        before = frames(models["transformer"], held.inputs, device)
        for name, model in models.items():
            losses = _train(task, settings, state, name, model, first, count, new, device)
            new[f"{name}.loss"] = np.append(state[f"{name}.loss"], losses)
            error = entropy_errors(model, held, device).mean()
            new[f"{name}.error"] = np.append(state[f"{name}.error"], error)
        after = frames(models["transformer"], held.inputs, device)
        seen = dict(zip(("routing", "values"), moved(before, after), strict=True))
        for name, row in {**seen, "attention": after.entropy}.items():
            new[name] = np.concatenate([state[name], row[None]])
        new["step"] = first + count
        return new

    return onward


def _train(
    task: Task, settings: Settings, state: State, name: str, model: Any, first: int, count: int,
    new: State, device: str,
) -> list[float]:  # fmt: skip
    """Train a model in place, write its weights and moments to ``new``; return the losses."""
    import torch
    from torch.nn import functional

    rate = settings["rate"]
    optimiser = torch.optim.AdamW(model.parameters(), lr=rate, weight_decay=0.0, fused=True)
    for key, p in model.named_parameters():
        optimiser.state[p] = {
            "step": torch.tensor(float(first)),
            "exp_avg": torch.tensor(state[f"{name}/{key}/m"], device=device),
            "exp_avg_sq": torch.tensor(state[f"{name}/{key}/v"], device=device),
        }
    losses, total = [], float(settings["steps"])
    model.train()
    for step in range(first, first + count):
        rng = np.random.default_rng([int(state["seed"]), step])
        batch = task.batch(rng, int(settings["batch"]))
        warm = min(1.0, (step + 1) / max(1.0, settings["warm"]))
        for group in optimiser.param_groups:
            group["lr"] = rate * warm * 0.5 * (1 + math.cos(math.pi * step / total))
        logits = model(torch.tensor(batch.inputs, device=device))[:, batch.asked]
        draws = 1 if name == SINGLE else int(settings["draws"])
        aim = torch.tensor(_aims(batch, draws, int(state["seed"]), step), device=device)
        loss = functional.cross_entropy(logits.flatten(0, 1), aim.flatten(0, 1))
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        losses.append(loss.item())
    for key, p in model.named_parameters():
        kept = optimiser.state[p]
        new[f"{name}/{key}"] = p.detach().cpu().numpy().copy()
        new[f"{name}/{key}/m"] = kept["exp_avg"].cpu().numpy().copy()
        new[f"{name}/{key}/v"] = kept["exp_avg_sq"].cpu().numpy().copy()
    return losses


def _aims(batch: Batch, draws: int, seed: int, step: int) -> np.ndarray:
    """Return the label of every position (B, asked), or the shares of several (B, asked, C)."""
    if draws == 1:
        return batch.labels[:, batch.asked]
    posterior = batch.posterior[:, batch.asked]
    counts = np.random.default_rng([seed, step, 1]).multinomial(draws, posterior)
    return (counts / draws).astype(np.float32)


def predicted(model: Any, batch: Batch, device: str = "cpu", kept: Any = None) -> Array:
    """Return the model's predictive distributions (B, asked, C) in float64."""
    import torch

    model.eval()
    with torch.no_grad():
        logits = model(torch.tensor(batch.inputs, device=device), kept)[:, batch.asked]
        return torch.softmax(logits.double(), dim=-1).cpu().numpy()


def entropy_errors(model: Any, batch: Batch, device: str = "cpu", kept: Any = None) -> Array:
    """Return |H(model) - H(posterior)| in bits, averaged over sequences, by position (asked,)."""
    own = entropy_of(predicted(model, batch, device, kept))
    return np.abs(own - entropy_of(batch.posterior[:, batch.asked])).mean(axis=0)
