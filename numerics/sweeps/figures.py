"""The figures of a sweep: which regime is where, and where the runs end.

    regimes   over two axes the kind of end at every point, the most frequent where several runs
              share a point (a dot marks points where they disagree), and the largest value that the
              first component takes late in the first run, which tells branches of one kind apart;
              over one axis the least and the largest value of every run
    ends      how many runs ended in what, and how their ends are distributed

A kind has the same colour and mark in every figure.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from numerics.portraits.figure import metadata
from numerics.portraits.looks import BLACK, COLUMN, GREY, mathtext, settings

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

__all__ = ["ends_figure", "regime_figure", "rendered"]


class Tone(NamedTuple):
    """How a kind of end looks: colour and mark."""

    color: str
    mark: str


TONES: Mapping[str, Tone] = {
    "stable node": Tone("#0072b2", "o"),
    "stable focus": Tone("#7fc4ee", "s"),
    "periodic": Tone("#f0b93a", "^"),
    "moving": Tone("#dddddd", "."),
    "saddle": Tone("#cc79a7", "x"),
    "centre": Tone("#8fd3bd", "D"),
    "unstable node": Tone("#a04000", "v"),
    "unstable focus": Tone("#d55e00", "<"),
    "degenerate": Tone("#009e73", "d"),
    "blow-up": Tone("#444444", "P"),
    "not finite": Tone("#222222", "*"),
    "step too small": Tone("#777777", "1"),
    "too many steps": Tone("#999999", "2"),
    "not defined": Tone("#ffffff", "+"),
}
FAILED = ("blow-up", "not finite", "step too small", "too many steps", "not defined")
"""Kinds of ends whose states say nothing."""
SHOWN, BINS = 3, 40
"""Components that are shown, and bars of a histogram."""
ROW = 0.16
"""Height of a row of the legend, inches."""


def rendered(figure: Figure, ending: str, title: str, command: str) -> bytes:
    """Return a figure as the bytes of a .pdf or .png that says what it is and how it was made."""
    import matplotlib as mpl

    buffer = io.BytesIO()
    with mpl.rc_context(settings()):
        figure.savefig(buffer, format=ending[1:], metadata=metadata(ending, title, command))
    return buffer.getvalue()


def regime_figure(found: xr.Dataset) -> Figure:
    """Return the map of regimes over the first two axes of a sweep, or the ends over its axis."""
    import matplotlib as mpl

    axes = json.loads(found.attrs["axes"])
    kinds = _kinds(found)
    with mpl.rc_context(settings()):
        if len(axes) == 1:
            return _over_one(found, axes[0], kinds)
        figure, plots = _canvas(2, len(kinds), height=2.2)
        for plot in plots:
            _label(plot, axes[0], axes[1]["name"])
            if axes[1]["log"]:
                plot.set_yscale("log")
        if found.attrs["samples"]:
            shown = _scatter(plots, found, axes, kinds)
        else:
            shown = _cells(plots, found, axes, kinds)
        if shown is not None:
            label = mathtext(str(found["component"].values[0]))
            figure.colorbar(shown, ax=plots[1], label=f"largest ${label}$", pad=0.02)
        _legend(figure, kinds)
        return figure


def ends_figure(found: xr.Dataset) -> Figure:
    """Return how many runs ended in what, and histograms of the ends by kind."""
    import matplotlib as mpl

    kinds = _kinds(found)
    labels = [str(x) for x in found["component"].values[:SHOWN]]
    kind = found["kind"].values
    with mpl.rc_context(settings()):
        figure, (bars, *plots) = _canvas(1 + len(labels), len(kinds))
        for n, name in enumerate(kinds):
            count = int((kind == name).sum())
            bars.barh(n, count, **_face(name), edgecolor=BLACK, linewidth=0.5)
            bars.annotate(
                f" {count}", (count, n), va="center", fontsize=7, annotation_clip=False
            )  # fmt: skip
        bars.set_yticks(range(len(kinds)), kinds)
        bars.invert_yaxis()
        bars.set_xlabel("runs")
        bars.margins(x=0.18)
        for n, (plot, label) in enumerate(zip(plots, labels, strict=True)):
            _histogram(plot, _ends(found, n), kind, kinds)
            plot.set_xlabel(f"${mathtext(label)}$ at the end")
            plot.set_ylabel("runs")
        return figure


def _kinds(found: xr.Dataset) -> list[str]:
    """Return the kinds that there are, in the order of `TONES`."""
    there = set(found["kind"].values.tolist())
    return [x for x in TONES if x in there] + sorted(there - set(TONES))


def _tone(kind: str) -> Tone:
    return TONES.get(kind, Tone(GREY, "h"))


def _face(kind: str) -> dict[str, Any]:
    return {"facecolor": _tone(kind).color}


def _canvas(count: int, entries: int, height: float = 1.6) -> tuple[Figure, Sequence[Any]]:
    """Return a figure of a column's width with so many plots of a height, one above the other."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    size = (COLUMN, height * count + ROW * -(-entries // 3))
    figure = Figure(figsize=size, layout="constrained")
    FigureCanvasAgg(figure)
    return figure, list(figure.subplots(count, 1, squeeze=False)[:, 0])


def _label(plot: Any, axis: Mapping[str, Any], other: str) -> None:
    plot.set_xlabel(f"${mathtext(axis['name'])}$")
    plot.set_ylabel(f"${mathtext(other)}$", rotation=0, ha="right", va="center")
    if axis["log"]:
        plot.set_xscale("log")


def _legend(figure: Figure, kinds: Sequence[str]) -> None:
    from matplotlib.patches import Patch

    handles = [Patch(**_face(x), edgecolor=BLACK, linewidth=0.5, label=x) for x in kinds]
    figure.legend(
        handles=handles, loc="outside lower center", ncols=3, frameon=False, handlelength=1.2,
        columnspacing=1.1, handletextpad=0.5, labelspacing=0.3, borderpad=0.1,
    )  # fmt: skip


def _over_one(found: xr.Dataset, axis: Mapping[str, Any], kinds: Sequence[str]) -> Figure:
    labels = [str(x) for x in found["component"].values[:SHOWN]]
    x, kind = found[f"over_{axis['name']}"].values, found["kind"].values
    figure, plots = _canvas(len(labels), len(kinds))
    for n, (plot, label) in enumerate(zip(plots, labels, strict=True)):
        _label(plot, axis, label)
        for name in kinds:
            here = kind == name
            for which in ("low", "high"):
                plot.plot(x[here], _ends(found, n, which)[here], **_mark(name))
    _legend(figure, kinds)
    return figure


def _mark(kind: str) -> dict[str, Any]:
    tone = _tone(kind)
    edge = BLACK if tone.mark not in "x+12" else tone.color
    return {
        "linestyle": "none", "marker": tone.mark, "markersize": 2.6, "markeredgewidth": 0.3,
        "markeredgecolor": edge, "markerfacecolor": tone.color,
    }  # fmt: skip


def _ends(found: xr.Dataset, n: int, which: str = "end") -> np.ndarray:
    """Return a component of the ends, or the "low" or "high" ones; NaN where a run failed."""
    return np.where(np.isin(found["kind"].values, FAILED), np.nan, found[which].values[:, n])


def _scatter(
    plots: Sequence[Any], found: xr.Dataset, axes: Sequence[Mapping[str, Any]],
    kinds: Sequence[str],
) -> Any:  # fmt: skip
    """Mark every point with its kind, and with its end; return what has a scale of colours."""
    x, y = (found[f"over_{a['name']}"].values for a in axes[:2])
    for name in kinds:
        here = found["kind"].values == name
        plots[0].plot(x[here], y[here], **_mark(name))
    end = _ends(found, 0, "high")
    here = np.isfinite(end)
    if not here.any():
        return None
    return plots[1].scatter(x[here], y[here], 9, end[here], cmap="cividis", lw=0.3, ec=BLACK)


def _cells(
    plots: Sequence[Any], found: xr.Dataset, axes: Sequence[Mapping[str, Any]],
    kinds: Sequence[str],
) -> Any:  # fmt: skip
    """Fill a cell around every point with its kind, and its end; return as `_scatter` does."""
    from matplotlib.colors import ListedColormap

    values = [np.sort(np.array(a["values"])) for a in axes[:2]]
    column, row = (
        np.searchsorted(v, found[f"over_{a['name']}"].values)
        for v, a in zip(values, axes[:2], strict=True)
    )
    counts = np.zeros((len(values[1]), len(values[0]), len(kinds)), dtype=int)
    number = {name: n for n, name in enumerate(kinds)}
    which = np.array([number[x] for x in found["kind"].values.tolist()])
    np.add.at(counts, (row, column, which), 1)
    edges = [_edges(v, bool(a["log"])) for v, a in zip(values, axes[:2], strict=True)]
    plots[0].pcolormesh(
        *edges, counts.argmax(axis=2), cmap=ListedColormap([_tone(x).color for x in kinds]),
        vmin=-0.5, vmax=len(kinds) - 0.5, rasterized=True,
    )  # fmt: skip
    rows, columns = np.nonzero((counts > 0).sum(axis=2) > 1)
    plots[0].plot(values[0][columns], values[1][rows], ".", color=BLACK, markersize=1.6)
    end = _ends(found, 0, "high")
    if not np.isfinite(end).any():
        return None
    first = np.full(counts.shape[:2], np.nan)
    first[row[::-1], column[::-1]] = end[::-1]
    return plots[1].pcolormesh(*edges, first, cmap="cividis", rasterized=True)


def _edges(values: np.ndarray, log: bool) -> np.ndarray:
    """Return the borders between values, halfway, and as far beyond the ends."""
    v = np.log(values) if log else values
    if len(v) == 1:
        v = np.array([v[0] - 0.5, v[0] + 0.5])
    else:
        inner = (v[:-1] + v[1:]) / 2
        v = np.concatenate([[2 * v[0] - inner[0]], inner, [2 * v[-1] - inner[-1]]])
    return np.exp(v) if log else v


def _histogram(plot: Any, values: np.ndarray, kind: np.ndarray, kinds: Sequence[str]) -> None:
    shown = np.isfinite(values)
    if not shown.any():
        return
    low, high = values[shown].min(), values[shown].max()
    if not high > low:
        low, high = low - 0.5, high + 0.5
    edges, bottom = np.linspace(low, high, BINS + 1), np.zeros(BINS)
    for name in kinds:
        here = shown & (kind == name)
        count, _ = np.histogram(values[here], edges)
        if count.any():
            plot.stairs(
                bottom + count, edges, baseline=bottom, fill=True, **_face(name), linewidth=0.3,
                edgecolor=BLACK,
            )  # fmt: skip
        bottom = bottom + count
