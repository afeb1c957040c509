"""The figure of a bifurcation diagram, and its data beside it.

Stable branches are thick and solid, unstable ones thin and dashed; special points have marks of
their own; a closed form lies underneath as a broad band.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from numerics.bifurcations.closed_forms import ClosedForm
from numerics.bifurcations.diagram import Diagram
from numerics.integration import save
from numerics.integration.dataset import versions
from numerics.portraits.figure import saved
from numerics.portraits.looks import BLACK, COLUMN, GREY, ORANGE, SKY, mathtext
from theory.files import replacement

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

__all__ = ["MARKS", "diagram_dataset", "write_diagram"]

MARKS: Mapping[str, tuple[str, str]] = {
    "fold": ("s", BLACK),
    "transcritical": ("D", SKY),
    "pitchfork": ("^", ORANGE),
    "branch point": ("X", GREY),
    "Hopf": ("o", "#d55e00"),
    "flip": ("P", "#009e73"),
    "Neimark-Sacker": ("o", "#cc79a7"),
    "multiple crossing": ("*", GREY),
}
ROW = 0.16  # height of a row of the legend, inches


def write_diagram(
    found: Diagram, path: Path, component: int, exact: ClosedForm | None, *, command: str = ""
) -> Path:
    """Write the figure and its data as NetCDF beside it, both or none; return the data's path.

    Raises `ValueError` for a suffix that is no figure's, `OSError` where nothing can be written.
    """

    def fill(figure: Figure) -> None:
        _fill(figure, found, component, exact)

    data = path.with_suffix(".nc")
    title = f"bifurcation diagram of {found.system.title}"
    with replacement(path) as temporary:
        temporary.write_bytes(saved(fill, path.suffix, title, command))
        save(diagram_dataset(found, exact, command=command), data)
    return data


def _fill(figure: Figure, found: Diagram, component: int, exact: ClosedForm | None) -> None:
    axes = figure.add_subplot()
    family, entries = found.family, {}
    axes.set_xlabel(f"${mathtext(found.name)}$")
    axes.set_ylabel(
        f"${mathtext(found.system.labels[component])}$", rotation=0, ha="right", va="center"
    )
    axes.set_xlim(family.low, family.high)
    if exact is not None:
        for curve in exact.curves:
            (line,) = axes.plot(exact.parameter, curve, color=ORANGE, lw=4.0, alpha=0.45, zorder=1)
            entries.setdefault("closed form", line)
    for branch in found.branches:
        p, y = family.parameter(branch.u[:, -1]), family.state(branch.u)[:, component]
        stable = branch.unstable(found.system.kind) == 0
        for is_stable, words, style in (
            (True, "stable", {"lw": 1.5, "ls": "solid"}),
            (False, "unstable", {"lw": 0.9, "ls": (0, (4, 1.6))}),
        ):
            here = stable == is_stable
            here[:-1] |= here[1:] & (stable[:-1] != is_stable)  # up to where it changes
            if here.any():
                (line,) = axes.plot(
                    p, np.where(here, y, np.nan), color=BLACK, zorder=2 + is_stable, **style
                )
                entries.setdefault(words, line)
    for point in found.points:
        mark, color = MARKS[point.kind]
        filled = "white" if point.criticality == "subcritical" else color
        (handle,) = axes.plot(
            point.parameter, point.y[component], mark, ms=5.0, mfc=filled, mec=BLACK, mew=0.8,
            zorder=5, clip_on=False, ls="none",
        )  # fmt: skip
        entries.setdefault(f"{point.criticality} {point.kind}".strip(), handle)
    axes.set_ylim(*_limits(found, component))
    figure.legend(
        list(entries.values()), list(entries), loc="outside lower center", ncols=2, frameon=False,
        handlelength=1.9, columnspacing=1.1, handletextpad=0.5, labelspacing=0.3, borderpad=0.1,
    )  # fmt: skip
    figure.set_size_inches(COLUMN, 0.76 * COLUMN + ROW * -(-len(entries) // 2))


def _limits(found: Diagram, component: int) -> tuple[float, float]:
    """Return what the vertical axis shows: all of it, but not how far branches leave the region."""
    y = np.concatenate([found.family.state(b.u)[:, component] for b in found.branches])
    low, high = np.quantile(y, (0.02, 0.98))
    room = 0.15 * (high - low) or 0.5
    low, high = max(y.min(), low - 2 * room), min(y.max(), high + 2 * room)
    for point in found.points:
        low, high = min(low, point.y[component]), max(high, point.y[component])
    return float(low - room / 3), float(high + room / 3)


def diagram_dataset(found: Diagram, exact: ClosedForm | None, *, command: str = "") -> xr.Dataset:
    """Return branches and special points as a labelled dataset.

    ``parameter`` and ``state`` along ``vertex``, of which branch n has those where ``branch`` is n,
    with ``unstable`` directions and eigenvalues; special points along ``point``.
    """
    import xarray as xr

    family, points, size = found.family, found.points, found.family.size
    u = np.concatenate([b.u for b in found.branches])
    eigenvalues = np.concatenate([b.eigenvalues for b in found.branches])
    there = np.array([x.eigenvalues for x in points]).reshape(-1, size)
    counts = [b.unstable(found.system.kind) for b in found.branches]
    words = {"kind": [x.kind for x in points], "criticality": [x.criticality for x in points]}
    data: dict[str, Any] = {
        "parameter": ("vertex", family.parameter(u[:, -1]), {"long_name": found.name}),
        "state": (("vertex", "component"), family.state(u)),
        "branch": ("vertex", np.repeat(np.arange(len(counts)), [len(x) for x in counts])),
        "unstable": ("vertex", np.concatenate(counts)),
        "eigenvalue_real": (("vertex", "eigenvalue"), np.real(eigenvalues)),
        "eigenvalue_imag": (("vertex", "eigenvalue"), np.imag(eigenvalues)),
        "point_parameter": ("point", np.array([x.parameter for x in points], dtype=float)),
        "point_state": (
            ("point", "component"),
            np.array([x.y for x in points]).reshape(-1, found.system.dimension),
        ),
        "point_coefficient": ("point", np.array([x.coefficient for x in points], dtype=float)),
        "point_frequency": ("point", np.array([x.frequency for x in points], dtype=float)),
        "point_eigenvalue_real": (("point", "eigenvalue"), np.real(there)),
        "point_eigenvalue_imag": (("point", "eigenvalue"), np.imag(there)),
        **{f"point_{x}": ("point", np.array(w or [""])[: len(points)]) for x, w in words.items()},
    }
    if exact is not None:
        data["closed_form"] = (("exact_branch", "exact_parameter"), exact.curves)
    coordinates: dict[str, Any] = {"component": list(found.system.labels)}
    if exact is not None:
        coordinates["exact_parameter"] = exact.parameter
    attributes = {
        "title": f"bifurcation diagram of {found.system.title}",
        "system": found.system.name,
        "settings": json.dumps(dict(found.system.settings)),
        "varied": found.name,
        "versions": json.dumps(versions()),
        "command": command,
    }
    return xr.Dataset(data, coordinates, attributes)
