"""The plane of two parameters in files: a regime map, and beside it its data with the command.

Each region has a tint by the number of stable fixed points in it, and its numbers, stable +
unstable, where there is room; a question mark stands where two places of a region differ.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from numerics.bifurcations.regimes import Regimes
from numerics.integration.dataset import versions
from numerics.portraits.beside import write_beside
from numerics.portraits.figure import NOTE, saved
from numerics.portraits.looks import (
    BLACK,
    BLUE,
    COLUMN,
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    SKY,
    VERMILLION,
    Look,
    mathtext,
)

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["CURVES", "POINTS", "regime_dataset", "regime_table", "write_regimes"]

CURVES: Mapping[str, Look] = {
    "fold": Look(BLACK, 1.5),
    "flip": Look(GREEN, 1.5, (0, (3, 1, 1, 1, 1, 1))),
    "Hopf": Look(VERMILLION, 1.5, (0, (5, 1.4))),
    "Neimark-Sacker": Look(PURPLE, 1.5, (0, (5, 1.4))),
    "pitchfork": Look(BLUE, 1.5, (0, (5, 1.4, 1, 1.4))),
    "transcritical": Look(GREEN, 1.5, (0, (1.5, 1))),
    "branch point": Look(GREY, 1.2, (0, (1.5, 1))),
}
POINTS: Mapping[str, tuple[str, str]] = {
    "cusp": ("^", ORANGE),
    "Bogdanov-Takens": ("s", GREEN),
    "generalised Hopf": ("o", PURPLE),
    "zero-Hopf": ("D", BLUE),
    "double Hopf": ("P", VERMILLION),
    "generalised flip": ("v", ORANGE),
    "Chenciner": ("o", SKY),
    "1:1 resonance": ("s", GREEN),
    "1:2 resonance": ("s", ORANGE),
    "1:3 resonance": (">", BLUE),
    "1:4 resonance": ("<", VERMILLION),
    "fold-flip": ("D", GREY),
    "fold-Neimark-Sacker": ("D", BLUE),
    "flip-Neimark-Sacker": ("D", GREEN),
    "double Neimark-Sacker": ("P", PURPLE),
}
TINTS = ("#ffffff", "#d6eaf7", "#fbe3b4", "#cfeadf", "#ecd7e4")
"""By the number of stable fixed points; the last for all above."""
ROOM = 0.04  # of a region, for its numbers
ROW = 0.16  # height of a row of the legend, inches


def write_regimes(found: Regimes, path: Path, *, table: bool = False, command: str = "") -> Path:
    """Write the map and its data as NetCDF beside it, all or none; return the data's path.

    ``table``  also write the curves as comma-separated values, see `regime_table`

    Raises `ValueError` for a suffix that is no figure's, `OSError` where nothing can be written.
    """
    title = f"bifurcations of {found.system.title}"
    drawn = saved(lambda figure: _fill(figure, found), path.suffix, title, command)
    data = regime_dataset(found, command=command)
    return write_beside(path, drawn, data, regime_table(found) if table else None)


def _fill(figure: Figure, found: Regimes) -> None:
    axes = figure.add_subplot()
    low, high = found.family.low, found.family.high
    axes.set_xlabel(f"${mathtext(found.names[0])}$")
    axes.set_ylabel(f"${mathtext(found.names[1])}$", rotation=0, ha="right", va="center")
    entries = _draw_regions(axes, found)
    for curve in found.curves:
        x, y = found.family.parameter(curve.u[:, -2:]).T
        (line,) = axes.plot(x, y, **CURVES[curve.kind].line())
        entries.setdefault(curve.kind, line)
    for point in found.points:
        mark, color = POINTS[point.kind]
        (handle,) = axes.plot(
            *point.parameters, mark, ms=5.0, mfc=color, mec=BLACK, mew=0.8, zorder=6, clip_on=False,
            ls="none",
        )  # fmt: skip
        entries.setdefault(point.kind, handle)
    axes.set_xlim(low[0], high[0])
    axes.set_ylim(low[1], high[1])
    axes.set_title("numbers: stable + unstable fixed points", fontsize=NOTE, pad=3.0)
    figure.legend(
        list(entries.values()), list(entries), loc="outside lower center", ncols=2, frameon=False,
        handlelength=1.9, columnspacing=1.1, handletextpad=0.5, labelspacing=0.3, borderpad=0.1,
    )  # fmt: skip
    figure.set_size_inches(COLUMN, 0.8 * COLUMN + ROW * -(-len(entries) // 2))


def _draw_regions(axes: Axes, found: Regimes) -> dict[str, Any]:
    """Draw tints and numbers of the regions; return handles of the tints by their words."""
    from matplotlib.colors import ListedColormap
    from matplotlib.patches import Patch

    low, high = found.family.low, found.family.high
    most = len(TINTS) - 1
    counts = np.array([*(min(r.stable, most) for r in found.regions), 0])  # the last: in none
    axes.imshow(
        counts[found.cells], extent=(low[0], high[0], low[1], high[1]), origin="lower",
        aspect="auto", cmap=ListedColormap(TINTS), vmin=0, vmax=most, interpolation="nearest",
        zorder=0,
    )  # fmt: skip
    for r in (r for r in found.regions if r.room > ROOM):
        text = f"{r.stable} + {r.unstable}" + " ?" * (not r.agrees)
        x, y = r.places[0].tolist()
        axes.text(x, y, text, ha="center", va="center", fontsize=NOTE, zorder=7)
    words = {n: f"{n} stable" for n in range(1, most)} | {0: "none stable", most: f"{most} or more"}
    return {
        words[n]: Patch(facecolor=TINTS[n], edgecolor=GREY, linewidth=0.4)
        for n in sorted({min(r.stable, most) for r in found.regions})
    }


def regime_table(found: Regimes) -> str:
    """Return the curves as comma-separated values, one vertex a line, then codimension 2.

    Columns: the kind of bifurcation, number of the curve (empty for points), both parameters, the
    state.
    """
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(["kind", "curve", *found.names, *found.system.labels])
    for n, curve in enumerate(found.curves):
        places = found.family.parameter(curve.u[:, -2:])
        for p, y in zip(places, found.family.state(curve.u), strict=True):
            lines.writerow([curve.kind, n, *p.tolist(), *y.tolist()])
    for x in found.points:
        lines.writerow([x.kind, "", *x.parameters.tolist(), *x.y.tolist()])
    return text.getvalue()


def regime_dataset(found: Regimes, *, command: str = "") -> xr.Dataset:
    """Return curves, points of codimension 2 and regions as a labelled dataset.

    ``parameters`` and ``state`` along ``vertex``, of which curve n has those where ``curve`` is n,
    with ``curve_kind``; ``point_...`` along ``point``; ``region_stable`` and ``region_unstable``
    along ``region``, ``cell_region`` over the cells of the plane, second parameter first.
    """
    import xarray as xr

    family, curves, points, regions = found.family, found.curves, found.points, found.regions
    size, d = family.size, found.system.dimension
    u = np.concatenate([np.zeros((0, size + 2)), *(c.u for c in curves)])
    centres = (np.arange(len(found.cells)) + 0.5) / len(found.cells)
    at = np.array([x.parameters for x in points]).reshape(-1, 2)
    eigenvalues = np.array([x.eigenvalues for x in points]).reshape(-1, size)
    data: dict[str, Any] = {
        "parameters": (("vertex", "parameter"), family.parameter(u[:, -2:])),
        "state": (("vertex", "component"), family.state(u)),
        "curve": ("vertex", np.repeat(np.arange(len(curves)), [len(c.u) for c in curves])),
        "curve_kind": ("curves", _words([c.kind for c in curves])),
        "point_kind": ("point", _words([x.kind for x in points])),
        "point_parameters": (("point", "parameter"), at),
        "point_state": (("point", "component"), np.array([x.y for x in points]).reshape(-1, d)),
        "point_eigenvalue_real": (("point", "eigenvalue"), np.real(eigenvalues)),
        "point_eigenvalue_imag": (("point", "eigenvalue"), np.imag(eigenvalues)),
        "region_stable": ("region", np.array([r.stable for r in regions], dtype=int)),
        "region_unstable": ("region", np.array([r.unstable for r in regions], dtype=int)),
        "region_agrees": ("region", np.array([r.agrees for r in regions], dtype=int)),
        "cell_region": (("second", "first"), found.cells),
    }
    spans = family.high - family.low
    coordinates = {
        "parameter": list(found.names),
        "component": list(found.system.labels),
        "first": family.low[0] + centres * spans[0],
        "second": family.low[1] + centres * spans[1],
    }
    attributes = {
        "title": f"bifurcations of {found.system.title}",
        "system": found.system.name,
        "settings": json.dumps(dict(found.system.settings)),
        "varied": ", ".join(found.names),
        "versions": json.dumps(versions()),
        "command": command,
    }
    return xr.Dataset(data, coordinates, attributes)


def _words(found: list[str]) -> np.ndarray:
    return np.array(found or [""])[: len(found)]
