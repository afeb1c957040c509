"""A bifurcation diagram in files: the figure, and beside it its data with the command."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from numerics.bifurcations.closed_forms import ClosedForm
from numerics.bifurcations.cycle import Cycle
from numerics.bifurcations.diagram import Diagram
from numerics.bifurcations.figure import fill
from numerics.integration.dataset import versions
from numerics.portraits.beside import write_beside
from numerics.portraits.figure import saved

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

__all__ = ["diagram_dataset", "diagram_table", "write_diagram"]


def write_diagram(
    found: Diagram, path: Path, component: int, exact: ClosedForm | None, *, table: bool = False,
    command: str = "",
) -> Path:  # fmt: skip
    """Write the figure and its data as NetCDF beside it, all or none; return the data's path.

    ``table``  also write the branches as comma-separated values, see `diagram_table`

    Raises `ValueError` for a suffix that is no figure's, `OSError` where nothing can be written.
    """

    def draw(figure: Figure) -> None:
        fill(figure, found, component, exact)

    title = f"bifurcation diagram of {found.system.title}"
    drawn = saved(draw, path.suffix, title, command)
    data = diagram_dataset(found, exact, command=command)
    return write_beside(path, drawn, data, diagram_table(found) if table else None)


def diagram_table(found: Diagram) -> str:
    """Return all branches as comma-separated values, one point of a branch a line.

    Columns: fixed points or cycles, number of the branch, the parameter, unstable directions,
    period (of cycles), least and largest value of each variable, which are equal at fixed points.
    """
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    ends = [f"{end} {x}" for x in found.system.labels for end in ("least", "largest")]
    lines.writerow(["of", "branch", found.name, "unstable", "period", *ends])
    for n, branch in enumerate(found.branches):
        p, y = found.family.parameter(branch.u[:, -1]), found.family.state(branch.u)
        counts = branch.unstable(found.system.kind)
        for value, count, state in zip(p.tolist(), counts.tolist(), y, strict=True):
            lines.writerow(["fixed points", n, value, count, "", *np.repeat(state, 2).tolist()])
    for n, branch in enumerate(found.cycles):
        for c in branch.cycles:
            sides = np.column_stack([c.low, c.high]).ravel().tolist()
            lines.writerow(["cycles", n, c.parameter, c.unstable, c.period, *sides])
    return text.getvalue()


def diagram_dataset(found: Diagram, exact: ClosedForm | None, *, command: str = "") -> xr.Dataset:
    """Return branches and special points as a labelled dataset.

    ``parameter`` and ``state`` along ``vertex``, of which branch n has those where ``branch`` is n,
    with ``unstable`` directions and eigenvalues; special points along ``point``.  Cycles along
    ``cycle``: ``cycle_branch``, ``cycle_parameter``, ``cycle_period``, ``cycle_low``,
    ``cycle_high``, ``cycle_unstable``, Floquet's multipliers; special ones along ``cycle_point``.
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
        **_cycles(found),
    }
    if exact is not None:
        data["closed_form"] = (("exact_branch", "exact_parameter"), exact.curves)
    coordinates: dict[str, Any] = {"component": list(found.system.labels)}
    if exact is not None:
        coordinates["exact_parameter"] = exact.parameter
    return xr.Dataset(data, coordinates, _attributes(found, command))


def _cycles(found: Diagram) -> dict[str, Any]:
    branches = found.cycles
    if not branches:
        return {}
    words = [x.kind for b in branches for x in b.points]
    data = _columns("cycle", [c for b in branches for c in b.cycles], found)
    data |= _columns("cycle_point", [c for b in branches for c in b.points], found)
    numbers = np.arange(len(branches))
    data["cycle_branch"] = "cycle", np.repeat(numbers, [len(b.cycles) for b in branches])
    data["cycle_point_branch"] = (
        "cycle_point",
        np.repeat(numbers, [len(b.points) for b in branches]),
    )
    data["cycle_point_kind"] = "cycle_point", np.array(words or [""])[: len(words)]
    data["cycle_branch_end"] = "cycle_branches", np.array([b.end for b in branches])
    return data


def _columns(along: str, cycles: Sequence[Cycle], found: Diagram) -> dict[str, Any]:
    sizes = {"component": found.system.dimension, "multiplier": found.family.size - 1}

    def column(values: Iterable[Any], *axes: str) -> tuple[tuple[str, ...], np.ndarray]:
        shape = (len(cycles), *(sizes[x] for x in axes))
        return (along, *axes), np.array(list(values), dtype=float).reshape(shape)

    return {
        f"{along}_parameter": column(c.parameter for c in cycles),
        f"{along}_period": column(c.period for c in cycles),
        f"{along}_unstable": column(c.unstable for c in cycles),
        f"{along}_low": column((c.low for c in cycles), "component"),
        f"{along}_high": column((c.high for c in cycles), "component"),
        f"{along}_multiplier_real": column((np.real(c.multipliers) for c in cycles), "multiplier"),
        f"{along}_multiplier_imag": column((np.imag(c.multipliers) for c in cycles), "multiplier"),
    }


def _attributes(found: Diagram, command: str) -> dict[str, Any]:
    return {
        "title": f"bifurcation diagram of {found.system.title}",
        "system": found.system.name,
        "settings": json.dumps(dict(found.system.settings)),
        "varied": found.name,
        "versions": json.dumps(versions()),
        "command": command,
    }
