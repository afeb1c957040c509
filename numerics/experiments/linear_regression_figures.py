"""Figures of the regression: risk along the path, and the compatibility region against n."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from numerics.experiments.definition import State
from numerics.experiments.figures import LINES, Figure, new_figure
from numerics.experiments.linear_regression import SHARE, SIZES, SPECTRA, TIMES, widths

__all__ = ["figures"]

NAMES = {"fast": "$\\lambda_i = i^{-2}$", "slow": "$\\lambda_i = i^{-1.2}$", "flat": "flat"}


def figures(settings: Mapping[str, float], states: Sequence[State]) -> Mapping[str, Figure]:
    """Return the figures; curves are means over seeds."""
    done = [m for m, n in enumerate(SIZES) if n <= settings["largest"]]
    return {"paths": _paths(states, done), "region": _region(states, done)}


def _mean(states: Sequence[State], name: str) -> np.ndarray:
    return np.mean([np.asarray(s[name], float) for s in states], axis=0)


def _paths(states: Sequence[State], done: Sequence[int]) -> Figure:
    canvas, axes = new_figure(1, len(SPECTRA), width=6.8, height=2.4)
    columns: dict[str, Any] = {"time": TIMES}
    bias, variance = _mean(states, "bias"), _mean(states, "variance")
    for k, (name, axis) in enumerate(zip(SPECTRA, axes[0], strict=True)):
        parts = (bias[k, done[-1]] + variance[k, done[-1]], bias[k, done[-1]],
                 variance[k, done[-1]])  # fmt: skip
        for values, label, (colour, dashes) in zip(
            parts, ("excess risk", "bias", "variance"), LINES, strict=False
        ):
            axis.plot(TIMES, values[:-1], color=colour, ls=dashes, label=label)
            columns[f"{label.split()[-1]}_{name}"] = values[:-1]
        axis.axhline(parts[0][-1], color="black", lw=0.6, ls=":")
        axis.axhline(SHARE, color="#999999", lw=0.6)
        axis.set(xscale="log", yscale="log", ylim=(1e-3, 3), title=f"{NAMES[name]}, "
                 f"n = {SIZES[done[-1]]}", xlabel="time")  # fmt: skip
    axes[0][0].set_ylabel("over the null risk")
    axes[0][0].legend()
    return Figure(canvas, columns)


def _region(states: Sequence[State], done: Sequence[int]) -> Figure:
    canvas, axes = new_figure(1, 2, width=6.0, height=2.4)
    sizes = np.array([SIZES[m] for m in done])
    columns: dict[str, Any] = {"n": sizes}
    region = np.stack([widths(s) for s in states])[:, :, done]
    risk = _mean(states, "bias") + _mean(states, "variance")
    for k, (name, (colour, dashes)) in enumerate(zip(SPECTRA, LINES, strict=False)):
        mean = region[:, k].mean(axis=0)
        axes[0][0].plot(sizes, mean, color=colour, ls=dashes, marker="o", ms=3, label=NAMES[name])
        axes[0][0].fill_between(
            sizes,
            region[:, k].min(axis=0),
            region[:, k].max(axis=0),
            color=colour,
            alpha=0.15,
            lw=0,
        )
        axes[0][1].plot(sizes, risk[k, done, -1], color=colour, ls=dashes, marker="o", ms=3)
        columns |= {f"width_{name}": mean, f"last_{name}": risk[k, done, -1]}
    axes[0][0].set(xscale="log", xlabel="n", ylabel="compatibility region (decades)")
    axes[0][1].set(
        xscale="log", yscale="log", xlabel="n", ylabel="last iterate, over the null risk"
    )
    for axis in axes[0]:
        axis.set_xticks(sizes, labels=[str(n) for n in sizes])
        axis.minorticks_off()
    axes[0][0].legend()
    return Figure(canvas, columns)
