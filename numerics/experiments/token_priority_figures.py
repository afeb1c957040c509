"""Figures of next-token mechanics: a priority graph, convergence, attention, a violation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import networkx as nx
import numpy as np

from numerics.experiments.definition import State
from numerics.experiments.figures import LINES, Figure, new_figure
from numerics.experiments.graph_svm import graph_svm
from numerics.experiments.priority_graphs import Data
from numerics.experiments.priority_training import descended, finite_part, flow_times, marks
from numerics.experiments.token_priority import KINDS

__all__ = ["figures"]


def figures(
    data: Data, states: Sequence[State], which: np.ndarray, steps: int
) -> Mapping[str, Figure]:
    """Return the figures; ``data`` is a cyclic example, ``which`` the kind of every data set."""
    drawn = {
        "graph": _graph(data),
        "convergence": _convergence(states, which, marks(steps)),
        "attention": _attention(data, steps),
    }
    return drawn | ({"violation": _violation(states, which)} if (which == 2).any() else {})


def _graph(data: Data) -> Figure:
    from matplotlib import colormaps

    canvas, axes = new_figure(1, 2, width=5.5, height=2.6)
    # the graphs with the largest component first: a cycle is to be seen
    size = {k: max(map(len, parts)) for k, parts in data.components.items()}
    busiest = sorted(data.graphs, key=lambda k: (-size[k], -data.graphs[k].number_of_edges()))[:2]
    columns: dict[str, Any] = {}
    for axis, k in zip(axes[0], busiest, strict=False):
        graph, parts = data.graphs[k], data.components[k]
        place = {i: n for n, c in enumerate(parts) for i in c}
        colours = [colormaps["tab10"](place[i] % 10) for i in graph.nodes]
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


def _convergence(states: Sequence[State], which: np.ndarray, steps: np.ndarray) -> Figure:
    """Draw 1 - correlation of every data set over descent and flow, and how all of them end."""
    canvas, axes = new_figure(1, 3, width=6.8, height=2.4)
    columns: dict[str, Any] = {}
    runs = (
        ("descent", "growth", "correlation", steps.astype(float), "step"),
        ("flow", "flow_growth", "flow_correlation", flow_times(), "time of the flow"),
    )
    for n, (name, curve, end, x, words) in enumerate(runs):
        columns[name] = x
        axes[0][n].set(xscale="log", yscale="log", xlabel=words)
        for kind, (colour, dashes) in zip((0, 1), LINES, strict=False):
            rows, label = _of_kind(states, which, curve, kind)[:, : len(x)], KINDS[kind]
            rows = np.maximum(rows[np.isfinite(rows).all(axis=1)], 1e-16)
            if not len(rows):
                continue  # no set of this kind has two components
            low, middle, high = np.quantile(rows, [0.05, 0.5, 0.95], axis=0)
            axes[0][n].plot(x, middle, color=colour, ls=dashes, label=label)
            axes[0][n].fill_between(x, low, high, color=colour, alpha=0.15, lw=0)
            ends = 1 - _of_kind(states, which, end, kind)
            ends = np.sort(np.maximum(ends[np.isfinite(ends)], 1e-16))
            share = (np.arange(len(ends)) + 1) / len(ends)
            axes[0][2].step(ends, share, color=colour, ls=dashes, lw=0.8 + 0.8 * n)
            columns |= {f"{name}_median_{label}": middle, f"{name}_end_{label}": ends}
    axes[0][0].set_ylabel("1 - correlation")
    axes[0][2].set(xscale="log", xlabel="1 - correlation at the end", ylabel="share of data sets")
    axes[0][2].axvline(1e-2, color="black", lw=0.7, ls=":")
    axes[0][0].legend()
    axes[0][2].set_title("thin: descent, thick: flow", fontsize=7)
    return Figure(canvas, columns)


def _of_kind(states: Sequence[State], which: np.ndarray, name: str, kind: int) -> np.ndarray:
    """Return what all seeds know of the data sets of a kind."""
    return np.concatenate([np.asarray(s[name], float)[which == kind] for s in states])


def _attention(data: Data, steps: int) -> Figure:
    """Draw attention by token before and after training, and weights inside a component."""
    basis = data.differences()
    w_svm, _ = graph_svm(data)
    w_fin, _ = finite_part(data, basis)
    w, _ = descended(data, basis, w_svm, steps)
    before, after = data.attention(np.zeros_like(w)), data.attention(w)
    own = data.in_component
    canvas, axes = new_figure(1, 3, width=6.8, height=2.5)
    columns: dict[str, Any] = {}
    for axis, (name, p) in zip(axes[0], (("before", before), ("after", after)), strict=False):
        axis.imshow(p, cmap="Blues", vmin=0, vmax=1, aspect="auto")
        for row, token in np.argwhere(own & (data.counts > 0)):
            axis.plot(token, row, "s", mfc="none", mec=LINES[1][0], ms=7, mew=0.8)
        axis.set(title=f"attention {name} training", xlabel="token",
                 xticks=range(data.tokens), xticklabels=range(1, data.tokens + 1),
                 yticks=range(len(p)), yticklabels=range(1, len(p) + 1))  # fmt: skip
        columns |= {f"{name}_{token + 1}": p[:, token] for token in range(data.tokens)}
    axes[0][0].set(ylabel="sequence (ring: component of its label)")
    shared = (own & (data.counts > 0)).sum(axis=1) > 1
    inside = (own & (data.counts > 0))[shared]
    wanted, first, seen = (
        (np.where(own, p, 0.0) / np.where(own, p, 0.0).sum(axis=1, keepdims=True))[shared][inside]
        for p in (data.attention(w_fin), before, after)
    )
    axes[0][2].plot([0, 1], [0, 1], color="black", lw=0.6)
    axes[0][2].plot(wanted, first, "x", color=LINES[2][0], ms=4, label="before")
    axes[0][2].plot(wanted, seen, "o", color=LINES[0][0], ms=4, mfc="none", label="after")
    axes[0][2].set(title="inside components", xlabel="weight by $W_{fin}$", ylabel="weight seen")
    axes[0][2].legend()
    return Figure(canvas, columns | {"inside_wanted": wanted, "inside_seen": seen})


def _violation(states: Sequence[State], which: np.ndarray) -> Figure:
    """Draw where descent goes when a label cannot be reached: both Graph-SVMs of every data set."""
    canvas, axes = new_figure(1, 1, width=3.6, height=2.4)
    pairs = np.stack([_of_kind(states, which, n, 2) for n in ("correlation", "broken")])
    pairs = pairs[:, np.isfinite(pairs).all(axis=0)]
    pairs = pairs[:, np.argsort(pairs[1])]
    labels = ("without the unreachable label", "with its edges")
    for row, label, (colour, _), marker in zip(pairs, labels, LINES, "o^", strict=False):
        axes[0][0].plot(np.arange(len(row)) + 1, row, marker, color=colour, ms=3.5, label=label)
    axes[0][0].set(xlabel="data set", ylabel="correlation with the Graph-SVM")
    axes[0][0].legend(fontsize=6)
    return Figure(canvas, {"without": pairs[0], "with": pairs[1]})
