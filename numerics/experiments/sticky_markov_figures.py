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
    """Draw the values of the eight symbols in the plane of their two largest components."""
    canvas, axes = new_figure(1, 2, width=5.5, height=2.6)
    columns: dict[str, Any] = {}
    for axis, (arm, words) in zip(axes[0], SHOWN[:2], strict=True):
        values = state["means"] @ np.asarray(state[f"{arm}.W_V"], float)
        centred = values - values.mean(axis=0)
        _, sizes, plane = np.linalg.svd(centred, full_matrices=False)
        points = centred @ plane[:2].T
        share = float((sizes[:2] ** 2).sum() / (sizes**2).sum())
        axis.plot(points[:, 0], points[:, 1], "o", color=LINES[0][0], ms=4)
        for symbol, point in enumerate(points):
            axis.annotate(str(symbol + 1), point, xytext=(3, 3), textcoords="offset points")
        axis.set(title=f"{words} ({share:.0%} of the variance)", xlabel="component 1",
                 ylabel="component 2")  # fmt: skip
        columns |= {f"{arm}_1": points[:, 0], f"{arm}_2": points[:, 1]}
    return Figure(canvas, columns)
