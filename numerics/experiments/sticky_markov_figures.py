"""Figures of the sticky Markov chain: losses against their floor, routing against values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from numerics.experiments.definition import State
from numerics.experiments.figures import LINES, Figure, new_figure

__all__ = ["figures"]

SHOWN = (("sgd", "SGD, 0.01"), ("em", "EM-like, values 0.1"), ("control", "0.1 everywhere"))


def figures(
    settings: Mapping[str, float], states: Sequence[State], floors: Mapping[str, float]
) -> Mapping[str, Figure]:
    """Return the figures; curves are means over seeds, bands the range over them."""
    return {"losses": _losses(states, floors), "routing": _routing(settings, states),
            "values": _values(states[0])}  # fmt: skip


def _stacked(states: Sequence[State], name: str) -> np.ndarray:
    return np.stack([np.asarray(s[name], float) for s in states])


def _losses(states: Sequence[State], floors: Mapping[str, float]) -> Figure:
    canvas, axes = new_figure(1, 1, width=4.5, height=3.0)
    axis, columns = axes[0][0], {}
    for (arm, label), (colour, dashes) in zip(SHOWN, LINES, strict=False):
        curves = _stacked(states, f"{arm}.loss")
        steps = np.arange(curves.shape[1])
        axis.plot(steps, curves.mean(axis=0), color=colour, ls=dashes, label=label)
        axis.fill_between(steps, curves.min(axis=0), curves.max(axis=0), color=colour, alpha=0.15)
        columns |= {"step": steps, f"loss_{arm}": curves.mean(axis=0)}
    for name, label, x in (("floor", "forward filter", 0.99), ("baum_welch", "Baum-Welch", 0.7)):
        axis.axhline(floors[name], color="black", lw=0.7, ls="-" if name == "floor" else "--")
        axis.annotate(label, (x, floors[name]), xycoords=("axes fraction", "data"), ha="right",
                      va="bottom", fontsize=6)  # fmt: skip
        columns[name] = np.array([floors[name]])
    axis.set(xlabel="step", ylabel="cross-entropy (nats)")
    axis.legend()
    return Figure(canvas, columns)


def _routing(settings: Mapping[str, float], states: Sequence[State]) -> Figure:
    canvas, axes = new_figure(1, 2, width=6.5, height=2.4)
    columns: dict[str, Any] = {}
    for n, (name, label) in enumerate(
        (("entropy", "attention entropy (nats)"), ("drift", "drift of the values"))
    ):
        for (arm, words), (colour, dashes) in zip(SHOWN, LINES, strict=False):
            curve = _stacked(states, f"{arm}.{name}").mean(axis=0)
            steps = (np.arange(len(curve)) + 1) * float(settings["steps"]) / len(curve)
            axes[0][n].plot(steps, curve, color=colour, ls=dashes, label=words)
            columns |= {"step": steps, f"{name}_{arm}": curve}
        axes[0][n].set(xlabel="step", ylabel=label)
    axes[0][0].legend()
    return Figure(canvas, columns)


def _values(state: State) -> Figure:
    """Draw how the values of the symbols move, in the plane of the two components of their end."""
    from matplotlib import colormaps

    canvas, axes = new_figure(1, len(SHOWN), width=6.8, height=2.4)
    columns: dict[str, Any] = {}
    colours = colormaps["hsv"](np.linspace(0, 1, len(state["means"]), endpoint=False))
    for axis, (arm, words) in zip(axes[0], SHOWN, strict=True):
        values = np.asarray(state[f"{arm}.values"], float)  # (checkpoints, N, d_v)
        end = values[-1] - values[-1].mean(axis=0)
        _, sizes, plane = np.linalg.svd(end, full_matrices=False)
        paths = (values - values[-1].mean(axis=0)) @ plane[:2].T
        share = float((sizes[:2] ** 2).sum() / (sizes**2).sum())
        for symbol, colour in enumerate(colours):
            path = paths[:, symbol]
            axis.plot(path[:, 0], path[:, 1], color=colour, lw=0.9)
            axis.plot(*path[-1], "o", color=colour, ms=3.5)
            axis.annotate(str(symbol + 1), path[-1], xytext=(3, 2), textcoords="offset points",
                          fontsize=6)  # fmt: skip
            columns |= {f"{arm}_{symbol + 1}_{n + 1}": path[:, n] for n in range(2)}
        axis.set(title=f"{words}\n{share:.0%} of the variance", xlabel="component 1")
    axes[0][0].set_ylabel("component 2")
    return Figure(canvas, columns)
