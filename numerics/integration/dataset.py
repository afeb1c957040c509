"""Trajectories as an `xarray.Dataset`: labels, units, parameters, laws and versions with them."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

import numpy as np

from numerics.flows import Quantity
from numerics.integration.invariants import invariant_tolerance
from theory.codegen.components import component_source

if TYPE_CHECKING:
    import xarray as xr

    from numerics.integration.running import Part, Request

__all__ = ["dataset", "variable_name", "versions"]

PACKAGES = ("proofhead", "numpy", "scipy", "sympy", "heyoka", "numba", "torch", "xarray")


def variable_name(quantity: str) -> str:
    """Return the name of a monitored quantity as a variable: "sum_of_a_row_of_scores"."""
    return re.sub(r"\W+", "_", quantity)


def dataset(request: Request, parts: Sequence[Part], command: str = "") -> xr.Dataset:
    """Return the dataset of successive parts of a request, which may be fewer than all."""
    import xarray as xr

    system, solutions = request.system, [part.solution for part in parts]
    first, last = parts[0].rows.start, parts[-1].rows.stop
    units = [v.units for v in system.variables for _ in range(v.size)]
    names = [v.name for v in system.variables for _ in range(v.size)]
    data: dict[str, Any] = {
        "y": (
            ("trajectory", "time", "component"),
            np.concatenate([x.y for x in solutions]),
            {"long_name": f"state of {system.name}", "units": "; ".join(dict.fromkeys(units))},
        ),
        "end": (
            ("trajectory", "component"),
            np.concatenate([x.end for x in solutions]),
            {"long_name": "last state reached"},
        ),
        "end_time": (
            "trajectory",
            np.concatenate([x.end_time for x in solutions]),
            {"long_name": "time of the last state reached", "units": "dimensionless"},
        ),
        "status": ("trajectory", np.concatenate([x.status for x in solutions])),
        "message": ("trajectory", np.concatenate([x.message for x in solutions]).astype(str)),
        "steps": (
            "trajectory",
            np.concatenate([x.steps for x in solutions]),
            {"long_name": "accepted steps"},
        ),
        "parameter_values": (
            ("trajectory", "parameter"),
            request.values[first:last].copy(),
            {"long_name": "parameters of the field"},
        ),
    }
    for quantity in system.quantities:
        data |= _monitored(quantity, parts)
    data |= _crossings(parts, system.dimension)
    coordinates = {
        "trajectory": np.arange(first, last),
        "time": ("time", request.times, {"units": "dimensionless"}),
        "component": list(system.labels),
        "variable": ("component", names),
        "parameter": [x.name for x in system.field.parameters],
    }
    attributes = _attributes(request, command)
    if last - first < len(request.starts):
        attributes["interrupted"] = f"{last - first} of {len(request.starts)} trajectories finished"
    return xr.Dataset(data, coordinates, attributes)


def _monitored(quantity: Quantity, parts: Sequence[Part]) -> dict[str, Any]:
    if any(quantity.name not in part.quantities for part in parts):
        return {}
    found = [part.quantities[quantity.name] for part in parts]
    name, law = variable_name(quantity.name), {"law": quantity.law, "kind": quantity.kind}
    words = "rise" if quantity.kind == "decreasing" else "change"
    return {
        name: (
            ("trajectory", "time", f"{name}_entry"),
            np.concatenate([x.values for x in found]),
            {"long_name": quantity.name, "units": quantity.units, **law},
        ),
        f"drift_{name}": (
            "trajectory",
            np.concatenate([x.drift for x in found]),
            {"long_name": f"largest {words} of {quantity.name}", "units": quantity.units, **law},
        ),
        f"violated_{name}": (
            "trajectory",
            np.concatenate([x.violated for x in found]),
            {"long_name": f"whether the {words} is beyond tolerance", **law},
        ),
    }


def _crossings(parts: Sequence[Part], dimension: int) -> dict[str, Any]:
    rows = [row for part in parts for row in part.solution.crossings]
    most = max(map(len, rows))
    if most == 0:
        return {}
    times, states = (
        np.full((len(rows), most), np.nan),
        np.full((len(rows), most, dimension), np.nan),
    )
    sections = np.full((len(rows), most), -1)
    for n, row in enumerate(rows):
        for m, crossing in enumerate(row):
            times[n, m], states[n, m], sections[n, m] = (
                crossing.time,
                crossing.state,
                crossing.section,
            )
    where = ("trajectory", "crossing")
    return {
        "crossing_time": (where, times, {"units": "dimensionless"}),
        "crossing_section": (where, sections, {"long_name": "number of the section, -1 for none"}),
        "crossing_state": ((*where, "component"), states),
    }


def _attributes(request: Request, command: str) -> dict[str, Any]:
    system, problem = request.system, request.problem
    stamp = re.search(r"Stamp (\w+)", component_source(system.field, "shifted"))
    return {
        "title": system.title,
        "system": system.name,
        "settings": json.dumps(dict(system.settings)),
        "laws": ", ".join(system.laws),
        "field_stamp": stamp[1] if stamp else "",
        "engine": request.engine,
        "rtol": request.rtol,
        "atol": request.atol,
        "step_rtol": problem.rtol,
        "step_atol": problem.atol,
        "events": "; ".join(map(str, problem.events.all)),
        "invariant_tolerance": invariant_tolerance(request.rtol),
        "versions": json.dumps(versions()),
        "command": command,
    }


def versions() -> dict[str, str]:
    """Return the versions of the packages that a result depends on."""
    found = {}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
