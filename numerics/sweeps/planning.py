"""Making a plan: what a user asks for, checked before any work starts."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from numerics.flows.checks import autonomous
from numerics.flows.own_system import own_system_text
from numerics.integration import ENGINES
from numerics.sweeps.axes import Axis
from numerics.sweeps.plan import Plan
from theory.codegen.names import nearest

__all__ = ["plan"]

MOST = 100_000_000
"""Runs that a sweep may have."""
PARTS, SMALLEST, LARGEST = 64, 16, 4096
"""A sweep has about so many chunks; runs that a chunk has at least and at most."""
TRIED = 101
"""Values of an axis that are tried before work starts."""
FLOW_UNTIL, MAP_UNTIL = 200.0, 10_000.0


def plan(
    source: str | Path,
    axes: Sequence[Axis],
    *,
    settings: Mapping[str, Any] | None = None,
    samples: int = 0,
    starts: int = 1,
    given: tuple[tuple[float, ...], ...] = (),
    seed: int = 0,
    until: float | None = None,
    engine: str = "auto",
    rtol: float = 1e-8,
    chunk: int | None = None,
) -> Plan:
    """Return a checked plan; arguments as the fields of `Plan`.

    Raises `ValueError` for an unknown system, setting or component, values that the system refuses
    (up to `TRIED` of each axis are tried, beside the first values of the other axes), axes that
    change what the variables are, numbers out of range; `OSError` for a file that cannot be read.
    """
    name, text = str(source), None
    if name.endswith(".toml"):
        text, name = own_system_text(name), Path(name).name
    _check_numbers(samples, starts, seed, until, rtol, chunk)
    _check_axes(axes, samples)
    found = Plan(
        name, text, dict(settings or {}), tuple(axes), samples, len(given) or starts, given, seed,
        0.0, engine, rtol, 1,
    )  # fmt: skip
    if found.runs > MOST:
        raise ValueError(f"a sweep may have {MOST:,} runs; this one has {found.runs:,}.")
    if engine not in (*ENGINES, "map"):
        raise ValueError(
            f"`{engine}` is no engine.{nearest(engine, ENGINES)} Engines: {', '.join(ENGINES)}."
        )
    _check_names(found)
    if text is not None:
        autonomous(found.system({}), "fixed points and periodic orbits for runs to end in")
    _check_values(found)
    size = min(max(SMALLEST, -(-found.runs // PARTS)), LARGEST)
    is_map = found.kind == "map"
    if is_map and engine not in ("auto", "map"):
        raise ValueError(f"`{name}` is a map, which no engine integrates; leave out `--engine`.")
    if is_map and until is not None and until != int(until):
        raise ValueError(f"`--until` of a map is a number of iterates; got {until:g}.")
    return dataclasses.replace(
        found, chunk=chunk or size, until=float(until or (MAP_UNTIL if is_map else FLOW_UNTIL)),
        engine="map" if is_map else engine,
    )  # fmt: skip


def _check_axes(axes: Sequence[Axis], samples: int) -> None:
    if not axes:
        raise ValueError("a sweep needs something that varies; give `--over k=low:high:n`.")
    names = [axis.name for axis in axes]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"`--over {name}=...` stands twice; give it once.")
    for axis in axes:
        if axis.is_grid and samples:
            raise ValueError(
                f"`--samples` draws from intervals, and `{axis.name}` has values of its own; "
                f"write `--over {axis.name}={axis.interval[0]:g}:{axis.interval[1]:g}`."
            )
        if not axis.is_grid and not samples:
            raise ValueError(
                f"`{axis.name}` has no number of values; write `--over {axis.name}="
                f"{axis.interval[0]:g}:{axis.interval[1]:g}:n`, or draw points with `--samples N`."
            )


def _check_numbers(
    samples: int, starts: int, seed: int, until: float | None, rtol: float, chunk: int | None
) -> None:
    for name, value, least in (
        ("samples", samples, 0), ("starts", starts, 1), ("seed", seed, 0), ("chunk", chunk, 1)
    ):  # fmt: skip
        if value is not None and value < least:
            raise ValueError(f"`--{name}` must be at least {least}; got {value}.")
    if until is not None and not (0 < until < math.inf):
        raise ValueError(f"`--until` must be above 0 and finite; got {until:g}.")
    if not 1e-14 <= rtol <= 0.1:
        raise ValueError(f"`--rtol` must lie between 1e-14 and 0.1; got {rtol:g}.")


def _check_names(found: Plan) -> None:
    settings = found.names
    for axis in found.axes:
        if axis.name in found.settings:
            raise ValueError(f"`{axis.name}` is both set and varied; leave out one of the two.")
        is_setting, is_component = axis.name in settings, axis.name in found.labels
        if is_setting and is_component:
            raise ValueError(
                f"`{axis.name}` is both a setting and a variable of `{found.source}`; "
                "rename one of the two."
            )
        if not is_setting and not is_component:
            known = [*settings, *found.labels]
            raise ValueError(
                f"`{found.source}` has no setting or variable `{axis.name}`."
                f"{nearest(axis.name, known)} Settings: {', '.join(settings) or 'none'}. "
                f"Variables: {', '.join(found.labels)}."
            )
    for row in found.given:
        if len(row) != len(found.labels) or not np.isfinite(row).all():
            raise ValueError(
                f"`--start` takes {len(found.labels)} finite numbers "
                f"({','.join(found.labels)}); got {','.join(f'{x:g}' for x in row)}."
            )


def _check_values(found: Plan) -> None:
    """Build the system for values of every grid, for the ends of every interval."""
    base = found.system({a.name: (a.values or a.interval)[0] for a in found.axes})
    for values in _corners(found):
        other = found.system(values)
        if (other.labels, other.kind) != (base.labels, base.kind):
            shown = ", ".join(f"{x} = {v:g}" for x, v in values.items())
            raise ValueError(
                f"a sweep needs the same variables everywhere, and with {shown} they are "
                f"{', '.join(other.labels)} instead of {', '.join(base.labels)}. "
                "Sweep each choice of sizes into a folder of its own."
            )
    if not found.given:
        base.starts(np.random.default_rng(found.seed), found.starts)


def _corners(found: Plan) -> Iterator[dict[str, float]]:
    first = {a.name: (a.values or a.interval)[0] for a in found.axes}
    for axis in found.axes:
        values = axis.values or axis.interval
        places = np.linspace(0, len(values) - 1, min(len(values), TRIED))
        for n in sorted(set(places.astype(int).tolist())):
            yield {**first, axis.name: values[n]}
