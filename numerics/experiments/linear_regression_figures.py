"""Figures of the regression: risk along the path, and the compatibility region against n."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from numerics.experiments.definition import State
from numerics.experiments.figures import LINES, Figure, new_figure
from numerics.experiments.linear_regression import (
    SAMPLED,
    SHARE,
    SIZES,
    SPECTRA,
    TIMES,
    widths,
)

__all__ = ["figures"]

NAMES = {
    "fast": "$\\lambda_i = i^{-2}$",
    "slow": "$\\lambda_i = i^{-1.2}$, p = 16 n",
    "flat": "flat, p = 4 n",
}


def figures(settings: Mapping[str, float], states: Sequence[State]) -> Mapping[str, Figure]:
    """Return the figures; curves are means over seeds."""
    done = [m for m, n in enumerate(SIZES) if n <= settings["largest"]]
    return {"paths": _paths(states, done), "region": _region(states, done)}


def _mean(states: Sequence[State], name: str) -> np.ndarray:
    return np.mean([np.asarray(s[name], float) for s in states], axis=0)


def _paths(states: Sequence[State], done: Sequence[int]) -> Figure:
    """Draw the risk and its parts, and below how far Monte Carlo is from it, with its band."""
    canvas, axes = new_figure(2, len(SPECTRA), width=6.8, height=1.9)
    columns: dict[str, Any] = {"time": TIMES, "time_sampled": TIMES[SAMPLED]}
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
                 f"n = {SIZES[done[-1]]}")  # fmt: skip
        mean, error = (_mean(states, "sampled")[k, done[-1], n] for n in range(2))
        exact = parts[0][:-1][SAMPLED]
        off, band = 100 * (mean / exact - 1), 196 * error / exact / np.sqrt(len(states))
        below = axes[1][k]
        below.fill_between(TIMES[SAMPLED], off - band, off + band, color=LINES[0][0], alpha=0.25,
                           lw=0, label="95 % confidence")  # fmt: skip
        below.plot(TIMES[SAMPLED], off, ".", color=LINES[0][0], ms=3, label="Monte Carlo")
        below.axhline(0, color="black", lw=0.6)
        below.set(xscale="log", xlabel="time")
        columns |= {f"off_percent_{name}": off, f"band_percent_{name}": band}
    axes[0][0].set_ylabel("over the null risk")
    axes[1][0].set_ylabel("off the exact risk (%)")
    axes[0][2].legend(loc="lower right")
    axes[1][2].legend(loc="lower right")
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
