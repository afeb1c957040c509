"""The feedback loop in one figure: attention before and after, advantage, values, loss."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from numerics.experiments.attention_toy import laws
from numerics.experiments.definition import State
from numerics.experiments.figures import LINES, Figure, new_figure

__all__ = ["figures"]


def figures(state: State) -> Mapping[str, Figure]:
    """Return the figure of one seed."""
    w_o, y = state["w_o"], state["y"]
    before = laws(state["first_s"], state["first_v"], w_o, y)
    after = laws(state["s"], state["v"], w_o, y)
    canvas, axes = new_figure(2, 3)
    panels = (
        (before["alpha"], "attention before", "Greys", (0.0, 1.0)),
        (before["advantage"], "advantage before", "RdBu", None),
        (after["alpha"], "attention after", "Greys", (0.0, 1.0)),
    )
    for axis, (values, title, colours, limits) in zip(axes[0], panels, strict=True):
        top = float(np.abs(values).max())
        low, high = limits or (-top, top)
        image = axis.imshow(values, cmap=colours, vmin=low, vmax=high)
        canvas.colorbar(image, ax=axis, shrink=0.8)
        axis.set(title=title, xlabel="key j", ylabel="query i")
    _values(axes[1][0], state, before)
    _curve(axes[1][1], state["loss"], "loss (nats)")
    _curve(axes[1][2], state["entropy"], "attention entropy (nats)")
    columns = {
        "step": np.arange(len(state["loss"])), "loss": state["loss"], "entropy": state["entropy"],
        **{f"alpha_before_{i + 1}": before["alpha"][i] for i in range(len(y))},
        **{f"alpha_after_{i + 1}": after["alpha"][i] for i in range(len(y))},
        **{f"advantage_{i + 1}": before["advantage"][i] for i in range(len(y))},
    }  # fmt: skip
    return {"feedback": Figure(canvas, columns)}


def _values(axis: Any, state: State, before: Mapping[str, np.ndarray]) -> None:
    """Draw the values, the pull of every query that uses them, and where they went."""
    first, last = state["first_v"], state["v"]
    pulls = -before["alpha"][:, :, None] * before["u"][:, None, :]
    for j, place in enumerate(first):
        for pull in pulls[:, j]:
            axis.annotate("", place + pull, place, arrowprops={
                "arrowstyle": "-|>", "color": "#999999", "lw": 0.6, "shrinkA": 0, "shrinkB": 0,
            })  # fmt: skip
        axis.plot(*zip(place, last[j], strict=True), color=LINES[0][0], lw=0.8)
    axis.plot(first[:, 0], first[:, 1], "o", mfc="white", mec=LINES[0][0], ms=4, label="before")
    axis.plot(last[:, 0], last[:, 1], "o", color=LINES[0][0], ms=4, label="after")
    axis.set(title="values, and what pulls them", xlabel="component 1", ylabel="component 2")
    axis.legend(fontsize=6)


def _curve(axis: Any, values: np.ndarray, label: str) -> None:
    axis.plot(np.arange(len(values)), values, color=LINES[0][0])
    axis.set(xlabel="step", ylabel=label)
