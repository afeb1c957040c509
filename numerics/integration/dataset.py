"""Trajectories as an `xarray.Dataset`: labels, units, parameters, laws and versions with them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

import numpy as np

from numerics.flows import Quantity
from numerics.integration.events import Crossing
from numerics.integration.invariants import Monitored, invariant_tolerance
from numerics.integration.problem import Solution
from theory.codegen.components import component_source

if TYPE_CHECKING:
    import xarray as xr

    from numerics.integration.running import Request

__all__ = ["dataset", "variable_name", "versions"]

PACKAGES = ("proofhead", "numpy", "scipy", "sympy", "heyoka", "numba", "torch", "xarray")


def variable_name(quantity: str) -> str:
    """Return the name of a monitored quantity as a variable: "sum_of_a_row_of_scores"."""
    return re.sub(r"\W+", "_", quantity)


def dataset(
    request: Request, found: Solution, done: int, quantities: Sequence[Mapping[str, Monitored]],
    command: str = "",
) -> xr.Dataset:  # fmt: skip
    """Return the dataset of the first ``done`` trajectories of a request.

    ``quantities``  what was monitored along successive ones
    """
    import xarray as xr

    system = request.system
    same = request.values.strides[0] == 0  # one set of parameters, shown to every trajectory
    units = [v.units for v in system.variables for _ in range(v.size)]
    names = [v.name for v in system.variables for _ in range(v.size)]
    data: dict[str, Any] = {
        "y": (
            ("trajectory", "time", "component"),
            found.y[:done],
            {"long_name": f"state of {system.name}", "units": "; ".join(dict.fromkeys(units))},
        ),
        "end": (
            ("trajectory", "component"),
            found.end[:done],
            {"long_name": "last state reached"},
        ),
        "end_time": (
            "trajectory",
            found.end_time[:done],
            {"long_name": "time of the last state reached", "units": "dimensionless"},
        ),
        "status": ("trajectory", found.status[:done]),
        "message": ("trajectory", found.message[:done].astype(str)),
        "steps": ("trajectory", found.steps[:done], {"long_name": "accepted steps"}),
        "parameter_values": (
            ("parameter",) if same else ("trajectory", "parameter"),
            request.values[0] if same else request.values[:done],
            {"long_name": "parameters of the field"},
        ),
    }
    for quantity in system.quantities:
        data |= _monitored(quantity, quantities)
    data |= _crossings(found.crossings, done, system.dimension)
    coordinates = {
        "trajectory": np.arange(done),
        "time": ("time", request.times, {"units": "dimensionless"}),
        "component": list(system.labels),
        "variable": ("component", names),
        "parameter": [x.name for x in system.field.parameters],
    }
    attributes = _attributes(request, command)
    if done < len(request.starts):
        attributes["interrupted"] = f"{done} of {len(request.starts)} trajectories finished"
    return xr.Dataset(data, coordinates, attributes)


def _monitored(quantity: Quantity, quantities: Sequence[Mapping[str, Monitored]]) -> dict[str, Any]:
    if any(quantity.name not in part for part in quantities):
        return {}
    found = [part[quantity.name] for part in quantities]
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


def _crossings(
    crossings: Mapping[int, Sequence[Crossing]], batch: int, dimension: int
) -> dict[str, Any]:
    most = max((len(row) for n, row in crossings.items() if n < batch), default=0)
    if most == 0:
        return {}
    times, states = (
        np.full((batch, most), np.nan),
        np.full((batch, most, dimension), np.nan),
    )
    sections = np.full((batch, most), -1)
    for n, row in crossings.items():
        for m, crossing in enumerate(row if n < batch else ()):
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
