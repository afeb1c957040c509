"""Figures of next-token mechanics: a priority graph, convergence, and how all data sets end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import networkx as nx
import numpy as np

from numerics.experiments.definition import State
from numerics.experiments.figures import LINES, Figure, new_figure
from numerics.experiments.priority_graphs import Data

__all__ = ["figures"]


def figures(data: Data, states: Sequence[State], steps: np.ndarray) -> Mapping[str, Figure]:
    """Return the figures; the graph is that of one cyclic data set, ``steps`` the marks."""
    return {"graph": _graph(data), "convergence": _convergence(states, steps)}


def _graph(data: Data) -> Figure:
    canvas, axes = new_figure(1, 2, width=5.5, height=2.6)
    busiest = sorted(data.graphs, key=lambda k: -data.graphs[k].number_of_edges())[:2]
    columns: dict[str, Any] = {}
    for axis, k in zip(axes[0], busiest, strict=False):
        graph, parts = data.graphs[k], data.components[k]
        place = {i: n for n, c in enumerate(parts) for i in c}
        colours = [LINES[place[i] % len(LINES)][0] for i in graph.nodes]
        # a component is a ring of one colour; edges inside it are dashed
        inside = [place[i] == place[j] for i, j in graph.edges]
        spots = nx.circular_layout(graph)
        nx.draw_networkx_nodes(graph, spots, ax=axis, node_color=colours, node_size=160)
        nx.draw_networkx_labels(
            graph, spots, {i: str(i + 1) for i in graph.nodes}, ax=axis, font_size=7,
            font_color="white",
        )  # fmt: skip
        nx.draw_networkx_edges(
            graph, spots, ax=axis, width=0.8, arrowsize=7,
            style=["--" if x else "-" for x in inside],
        )  # fmt: skip
        axis.set(title=f"last token {k + 1}: {len(parts)} components")
        axis.axis("off")
        columns |= {f"from_{k + 1}": np.array([i + 1 for i, _ in graph.edges]),
                    f"to_{k + 1}": np.array([j + 1 for _, j in graph.edges])}  # fmt: skip
    return Figure(canvas, columns)


def _convergence(states: Sequence[State], steps: np.ndarray) -> Figure:
    """Draw 1 - correlation over the steps of every data set, and how all of them end."""
    canvas, axes = new_figure(1, 2, width=6.5, height=2.5)
    curves = np.concatenate([np.asarray(s["growth"], float) for s in states])[:, : len(steps)]
    half = len(curves) // (2 * len(states))
    kinds = np.tile(np.repeat([0, 1], half), len(states))
    columns: dict[str, Any] = {"step": steps}
    for kind, (label, (colour, dashes)) in enumerate(
        zip(("acyclic", "cyclic"), LINES, strict=False)
    ):
        rows = curves[kinds == kind]
        rows = np.maximum(rows[np.isfinite(rows).all(axis=1)], 1e-16)
        if not len(rows):
            continue  # no set of this kind has two components
        middle = np.median(rows, axis=0)
        low, high = np.quantile(rows, [0.05, 0.95], axis=0)
        axes[0][0].plot(steps, middle, color=colour, ls=dashes, label=label)
        axes[0][0].fill_between(steps, low, high, color=colour, alpha=0.15, lw=0)
        ends = np.concatenate([np.asarray(s["correlation"], float) for s in states])[kinds == kind]
        ends = np.sort(np.maximum(1 - ends[np.isfinite(ends)], 1e-16))
        share = (np.arange(len(ends)) + 1) / max(len(ends), 1)
        axes[0][1].step(ends, share, color=colour, ls=dashes, label=label)
        columns |= {f"median_{label}": middle, f"end_{label}": ends}
    axes[0][0].set(xscale="log", yscale="log", xlabel="step", ylabel="1 - correlation")
    axes[0][1].set(xscale="log", xlabel="1 - correlation at the end", ylabel="share of data sets")
    axes[0][1].axvline(1e-2, color="black", lw=0.7, ls=":")
    axes[0][0].legend()
    return Figure(canvas, columns)
