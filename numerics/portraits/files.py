"""A portrait in files: the figure, and beside it its data as NetCDF with the command."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from numerics.integration.dataset import versions
from numerics.portraits.basins import ENDINGS, Basins
from numerics.portraits.beside import write_beside
from numerics.portraits.curves import Curve
from numerics.portraits.figure import Style, rendered
from numerics.portraits.portrait import Portrait

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["portrait_dataset", "portrait_table", "write_portrait"]


def write_portrait(
    portrait: Portrait,
    path: str | Path,
    style: Style | None = None,
    *,
    table: bool = False,
    command: str = "",
) -> Path:
    """Write the figure to ``path`` and its data beside it, all or none; return the data's path.

    ``table``  also write what is drawn as comma-separated values, see `portrait_table`

    Raises `ValueError` for a suffix that is no figure's, `OSError` where nothing can be written.
    """
    target = Path(path)
    figure = rendered(portrait, target.suffix, style, command=command)
    data = portrait_dataset(portrait, command=command)
    return write_beside(target, figure, data, portrait_table(portrait) if table else None)


def portrait_table(portrait: Portrait) -> str:
    """Return curves and fixed points as comma-separated values, one vertex or point a line.

    Columns: number of the curve, kind, label, and the two variables; fixed points follow, each
    with a number of its own, their label says how sure they are; last the starts of basins, if
    there are any, with the number and the name of the attractor.
    """
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    labels = portrait.system.labels
    follows = "velocity" if portrait.system.kind == "flow" else "next"
    second = [] if len(labels) == 2 else [f"{follows} {labels[0]}"]
    lines.writerow(["curve", "kind", "label", *labels, *second])
    for n, curve in enumerate(portrait.curves):
        lines.writerows([n, curve.kind, curve.label, *map(float, v)] for v in curve.points)
    pairs = zip(portrait.points, portrait.places, strict=True)
    for n, (point, place) in enumerate(pairs, len(portrait.curves)):
        lines.writerow([n, point.kind, point.label, *map(float, place)])
    if portrait.basins is not None:
        basins, words = portrait.basins, _endings(portrait.basins)
        for y, row in zip(basins.y.tolist(), basins.labels.tolist(), strict=True):
            pairs = zip(basins.x.tolist(), row, strict=True)
            lines.writerows([n, "basin", words[n], x, y] for x, n in pairs)
    return text.getvalue()


def _endings(basins: Basins) -> dict[int, str]:
    """Return what each label of basins means."""
    return {**ENDINGS, **dict(enumerate(basins.names))}


def _basin_data(basins: Basins) -> dict[str, Any]:
    states = [a.points[0] for a in basins.attractors]
    meaning = {str(n): text for n, text in _endings(basins).items()}
    return {
        "basin": (
            ("basin_row", "basin_column"), basins.labels,
            {"long_name": "attractor at which the start ends", "labels": json.dumps(meaning)},
        ),
        "basin_x": ("basin_column", basins.x),
        "basin_y": ("basin_row", basins.y),
        "attractor_kind": ("attractor", _text(a.kind for a in basins.attractors)),
        "attractor_state": (
            ("attractor", "entry"),
            np.array(states, dtype=float).reshape(len(states), -1 if states else 0),
        ),
    }  # fmt: skip


def portrait_dataset(portrait: Portrait, *, command: str = "") -> xr.Dataset:
    """Return everything a portrait shows as a labelled dataset.

    ``velocity`` (row, column, component) at ``x`` (column) and ``y`` (row); ``curve_points``
    (vertex, coordinate), of which curve n has those where ``vertex_curve`` is n, with
    ``curve_kind``, ``curve_label``, ``curve_level``; ``fixed_point`` (point, component) with
    ``fixed_point_kind``, ``stable`` ("yes", "no", "undecided"), ``proof``, ``eigenvalue_real`` and
    ``eigenvalue_imag`` (NaN where a symmetry takes an eigenvalue away), ``residual``; for a slice
    those are of the whole system, and ``kind_in_slice`` is of the projected field; ``cycle_kind``,
    ``cycle_period`` and ``cycle_multiplier`` (of largest modulus), ``cycle_proof`` and
    ``cycle_period_bounds`` (cycle, end), infinite where nothing is proved; ``basin`` (basin_row,
    basin_column) at ``basin_x`` and ``basin_y`` is the number of the attractor, below 0 for starts
    that end at none, with ``attractor_kind`` and ``attractor_state`` (of a cycle one of them).
    """
    import xarray as xr

    system, curves, points = portrait.system, portrait.curves, portrait.points
    most = max([2, *(len(p.eigenvalues) for p in points)])
    eigenvalues = np.full((len(points), most), complex("nan+nanj"))
    for row, point in zip(eigenvalues, points, strict=True):
        row[: len(point.eigenvalues)] = point.eigenvalues
    words = {True: "yes", False: "no", None: "undecided"}
    field = "field" if system.kind == "flow" else "displacement M(y) - y"
    data: dict[str, Any] = {
        "velocity": (("row", "column", "component"), portrait.velocity, {"long_name": field}),
        "curve_points": (("vertex", "coordinate"), _stacked(curves)),
        "vertex_curve": (
            "vertex",
            np.repeat(np.arange(len(curves)), [len(c.points) for c in curves]),
        ),
        "curve_kind": ("curve", _text(c.kind for c in curves)),
        "curve_label": ("curve", _text(c.label for c in curves)),
        "curve_level": ("curve", np.array([c.value for c in curves], dtype=float)),
        "fixed_point": (("point", "component"), _states(portrait)),
        "fixed_point_kind": ("point", _text(p.kind for p in points)),
        "stable": ("point", _text(words[p.stable] for p in points)),
        "proof": ("point", _text(p.label for p in points)),
        "eigenvalue_real": (("point", "eigenvalue"), np.real(eigenvalues)),
        "eigenvalue_imag": (("point", "eigenvalue"), np.imag(eigenvalues)),
        "cycle_kind": ("cycle", _text(c.kind for c in portrait.cycles)),
        "cycle_period": ("cycle", np.array([c.period for c in portrait.cycles], dtype=float)),
        "cycle_multiplier": (
            "cycle",
            np.array([max(map(abs, c.multipliers)) for c in portrait.cycles], dtype=float),
        ),
        "cycle_proof": ("cycle", _text(c.label for c in portrait.cycles)),
        "cycle_period_bounds": (
            ("cycle", "end"),
            np.array([c.period_bounds for c in portrait.cycles], dtype=float).reshape(-1, 2),
        ),
        "residual": ("point", np.array([p.residual for p in points], dtype=float)),
    }
    if portrait.in_slice:
        data["kind_in_slice"] = ("point", _text(portrait.in_slice))
    if portrait.basins is not None:
        data |= _basin_data(portrait.basins)
    coordinates = {
        "x": ("column", portrait.grid[0, :, 0]),
        **({"y": ("row", portrait.grid[:, 0, 1])} if system.dimension == 2 else {}),
        "component": list(system.labels),
    }
    return xr.Dataset(data, coordinates, _attributes(portrait, command))


def _states(portrait: Portrait) -> np.ndarray:
    return np.array([p.y for p in portrait.points]).reshape(-1, portrait.system.dimension)


def _stacked(curves: Sequence[Curve]) -> np.ndarray:
    return np.concatenate([np.zeros((0, 2)), *(c.points for c in curves)])


def _text(words: Iterable[str]) -> np.ndarray:
    found = list(words)
    return np.array(found, dtype=str) if found else np.zeros(0, dtype="U1")


def _attributes(portrait: Portrait, command: str) -> dict[str, Any]:
    system = portrait.system
    return {
        "title": f"phase portrait of {system.title}",
        "system": system.name,
        "kind": system.kind,
        "settings": json.dumps(dict(system.settings)),
        "laws": ", ".join(system.laws),
        "window": list(portrait.window),
        "fixed_points": portrait.statement,
        "left_out": "; ".join(portrait.left_out),
        **({"basins": portrait.basins.statement} if portrait.basins else {}),
        "versions": json.dumps(versions()),
        "command": command,
    }
