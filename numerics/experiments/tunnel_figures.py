"""Figures of a wind tunnel: errors, geometry, ablations, routing and values over training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from numerics.experiments import wind_tunnel
from numerics.experiments.definition import State
from numerics.experiments.figures import LINES, Figure, new_figure
from numerics.experiments.tunnel_measures import HELD_OUT, ablations, principal_components
from numerics.experiments.wind_tunnel import MODELS, SINGLE, Task

__all__ = ["figures"]


def figures(
    task: Task,
    settings: Mapping[str, float],
    states: Sequence[State],
    label: str,
    *,
    beyond: int | None = None,
) -> Mapping[str, Figure]:
    """Return the figures; ``label`` names the positions, ``beyond`` is a length not trained on."""
    return {
        "errors": _errors(task, settings, states, label, beyond),
        "geometry": _geometry(task, settings, states[0]),
        "dissociation": _dissociation(settings, states),
    }


def _errors(
    task: Task, settings: Mapping[str, float], states: Sequence[State], label: str,
    beyond: int | None,
) -> Figure:  # fmt: skip
    canvas, axes = new_figure(1, 2, width=6.5, height=2.6)
    columns: dict[str, Any] = {}
    names = [name for name in (*MODELS, SINGLE) if f"{name}.error" in states[0]]
    for name, (colour, dashes) in zip(names, LINES, strict=False):
        words = "transformer, one label" if name == SINGLE else name
        curves = np.stack([np.asarray(s[f"{name}.error"], float) for s in states])
        steps = (np.arange(curves.shape[1]) + 1) * float(settings["steps"]) / curves.shape[1]
        axes[0][0].plot(steps, curves.mean(axis=0), color=colour, ls=dashes, label=words)
        axes[0][0].fill_between(
            steps, curves.min(axis=0), curves.max(axis=0), color=colour, alpha=0.15, lw=0
        )
        rows = [_by_position(task, settings, s, name, beyond) for s in states]
        positions = np.arange(len(rows[0])) + 1
        mean = np.mean(rows, axis=0)
        axes[0][1].plot(positions, mean, color=colour, ls=dashes, marker="o", ms=2.5)
        columns |= {"step": steps, f"error_{name}": curves.mean(axis=0)}
        columns |= {"position": positions, f"by_position_{name}": mean}
    if beyond is not None:
        axes[0][1].axvline(settings["length"] + 0.5, color="black", lw=0.7)
        axes[0][1].annotate("trained to here", (settings["length"], 1.0), ha="right", va="top",
                            xycoords=("data", "axes fraction"), fontsize=6)  # fmt: skip
    axes[0][0].set(xlabel="step", ylabel="entropy error (bits)", yscale="log")
    axes[0][1].set(xlabel=label, ylabel="entropy error (bits)", yscale="log")
    axes[0][0].legend()
    return Figure(canvas, columns)


def _by_position(
    task: Task, settings: Mapping[str, float], state: State, name: str, beyond: int | None
) -> np.ndarray:
    model = wind_tunnel.loaded(task, settings, state)[name]
    rng = np.random.default_rng([int(state["seed"]), HELD_OUT])
    return np.maximum(wind_tunnel.entropy_errors(model, task.batch(rng, 500, beyond)), 1e-9)


def _geometry(task: Task, settings: Mapping[str, float], state: State) -> Figure:
    """Draw the last stream in its principal plane by posterior entropy, and ablated heads."""
    model = wind_tunnel.loaded(task, settings, state)["transformer"]
    batch = task.batch(np.random.default_rng([int(state["seed"]), HELD_OUT]), 300)
    points, shares, entropy = principal_components(model, batch)
    heads, _ = ablations(model, batch)
    canvas, axes = new_figure(1, 2, width=6.5, height=2.8)
    drawn = axes[0][0].scatter(points[:, 0], points[:, 1], c=entropy, s=3, cmap="viridis", lw=0)
    canvas.colorbar(drawn, ax=axes[0][0], label="posterior entropy (bits)")
    axes[0][0].set(xlabel=f"component 1 ({shares[0]:.0%})", ylabel=f"component 2 ({shares[1]:.0%})")
    image = axes[0][1].imshow(heads, cmap="Greys", vmin=0.0)
    canvas.colorbar(image, ax=axes[0][1], label="error without the head (bits)")
    axes[0][1].set(xlabel="head", ylabel="layer", xticks=range(heads.shape[1]),
                   yticks=range(heads.shape[0]))  # fmt: skip
    columns = {"component_1": points[:, 0], "component_2": points[:, 1], "entropy": entropy}
    columns |= {f"ablated_layer_{n + 1}": row for n, row in enumerate(heads)}
    return Figure(canvas, columns)


def _dissociation(settings: Mapping[str, float], states: Sequence[State]) -> Figure:
    """Draw by layer how far routing and values move between checkpoints, and attention entropy."""
    canvas, axes = new_figure(1, 3, width=6.8, height=2.3)
    columns: dict[str, Any] = {}
    labels = {
        "routing": "routing moved (total variation)",
        "values": "values moved (relative)",
        "attention": "attention entropy (nats)",
    }
    for axis, (name, label) in zip(axes[0], labels.items(), strict=True):
        curves = np.mean([np.asarray(s[name], float) for s in states], axis=0)
        steps = (np.arange(len(curves)) + 1) * float(settings["steps"]) / len(curves)
        for layer, curve in enumerate(curves.T):
            colour, dashes = LINES[layer % len(LINES)]
            axis.plot(steps, curve, color=colour, ls=dashes, label=f"layer {layer + 1}")
            columns |= {"step": steps, f"{name}_{layer + 1}": curve}
        axis.set(xlabel="step", ylabel=label)
    for axis in axes[0][:2]:
        axis.set(yscale="log")
    axes[0][0].legend()
    return Figure(canvas, columns)
