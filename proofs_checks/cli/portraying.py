"""`proofhead portrait`: a figure of a phase portrait, its data beside it, and what it shows."""

from __future__ import annotations

import json
import shlex
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from numerics.flows import System, system_from
from numerics.flows.checks import autonomous
from numerics.portraits import (
    RESOLUTION,
    Basins,
    Cycle,
    Portrait,
    Style,
    em_over,
    phase_line,
    portrait,
    restricted,
    write_portrait,
)
from numerics.portraits.basins import BORDER, LEAVES, UNDECIDED, UNDEFINED
from numerics.portraits.notebook import described
from numerics.portraits.plane import component
from proofs_checks.cli.outputs import FIGURE, PORTRAIT_DATA, checked_output
from proofs_checks.cli.progress import progress_bar
from proofs_checks.cli.settings import labels_in, numbers, settings_from
from proofs_checks.cli.standard_output import print_json
from proofs_checks.reports.machine import SCHEMA

__all__ = [
    "PortraitOptions",
    "checked_overlays",
    "computed_portrait",
    "run_portrait",
    "state_at",
    "system_of",
]

STEPS, INTERRUPTED = 6, 130
STABLE = {True: "yes", False: "no", None: "undecided"}


@dataclass(frozen=True)
class PortraitOptions:
    """What the command line says; texts as the user wrote them."""

    source: str
    output: Path
    settings: Sequence[str] = ()
    window: str | None = None
    slice: str | None = None
    at: str | None = None
    em: bool = False
    fast: str | None = None
    starts: int | None = None
    start: Sequence[str] = ()
    seed: int = 0
    prove: bool = True
    aspect: str | None = None
    title: str | None = None
    legend: bool = True
    table: bool = False
    series: str | None = None
    until: float | None = None
    basins: bool = False
    resolution: int | None = None
    force: bool = False

    @property
    def command(self) -> str:
        """The command that makes the figure again."""
        words = ["proofhead", "portrait", self.source, "-o", str(self.output)]
        for flag, values in (
            ("--set", self.settings), ("--window", self.window), ("--slice", self.slice),
            ("--at", self.at), ("--fast", self.fast), ("--starts", self.starts),
            ("--start", self.start), ("--seed", self.seed or None), ("--aspect", self.aspect),
            ("--title", self.title), ("--series", self.series), ("--until", self.until),
            ("--resolution", self.resolution),
        ):  # fmt: skip
            for value in values if isinstance(values, Sequence) and flag in MANY else [values]:
                words += [flag, str(value)] if value is not None else []
        words += ["--em"] if self.em else []
        words += ["--basins"] if self.basins else []
        words += [] if self.prove else ["--no-prove"]
        words += [] if self.legend else ["--no-legend"]
        words += ["--csv"] if self.table else []
        return shlex.join(words)

    @property
    def style(self) -> Style:
        """The layout of the figure.

        Raises `ValueError` for an aspect that is none.
        """
        aspect: float | str | None = self.aspect
        with suppress(ValueError, TypeError):
            aspect = float(self.aspect or "")
        return Style(aspect=aspect, title=self.title, legend=self.legend)


MANY = ("--set", "--start")


def run_portrait(options: PortraitOptions, *, as_json: bool) -> int:
    """Compute a portrait, write its figure and data, print its fixed points; return the status."""
    try:
        return _run(options, as_json)
    except KeyboardInterrupt:
        print("proofhead: interrupted; nothing was written", file=sys.stderr)
        return INTERRUPTED


def _run(options: PortraitOptions, as_json: bool) -> int:
    begin = time.perf_counter()
    read = (options.source, options.at or "-")
    checked_output(options.output, FIGURE, read, force=options.force)
    checked_output(options.output.with_suffix(".nc"), PORTRAIT_DATA, read, force=options.force)
    style = options.style  # what is wrong with it is said before anything runs
    if options.series is not None:
        from proofs_checks.cli.time_series import run_series

        return run_series(options, style, as_json)
    if options.resolution is not None and not options.basins:
        raise ValueError("`--resolution` is that of basins; ask for them with `--basins`.")
    if options.until is not None:
        raise ValueError("`--until` is the end of time series; ask for them with `--series`.")
    with progress_bar() as bar:
        task = bar.add_task("system", total=STEPS + options.em + options.basins)

        def say(step: str) -> None:
            bar.update(task, advance=int(":" not in step), description=step)

        system = system_of(options)
        found = computed_portrait(system, options, say)
        say("figure")
        data = write_portrait(
            found, options.output, style, table=options.table, command=options.command
        )
    if as_json:
        document = _document(found, options, data, time.perf_counter() - begin)
        print_json(document)
    else:
        _print(found)
        for sentence in found.left_out:
            print(f"left out: {sentence}", file=sys.stderr)
        table = f", {options.output.with_suffix('.csv')}" if options.table else ""
        print(f"wrote {options.output}{table} and {data}", file=sys.stderr)
    return 0


def computed_portrait(
    system: System, options: PortraitOptions, say: Callable[[str], None]
) -> Portrait:
    """Return the portrait that the options ask for: in the plane, or of one variable."""
    one = system.dimension == 1
    ends, place = ("x_low,x_high", "x") if one else ("x_low,x_high,y_low,y_high", "x,y")
    chosen: dict[str, Any] = {"seed": options.seed, "prove": options.prove, "progress": say}
    if options.window is not None:
        chosen["window"] = tuple(numbers(options.window, 2 if one else 4, f"--window {ends}"))
    if options.start:
        given = [numbers(text, 1 if one else 2, f"--start {place}") for text in options.start]
        chosen["starts"] = np.array(given)
        if options.starts is not None:
            raise ValueError("give either `--starts N` or points with `--start x,y`, not both.")
    elif options.starts is not None:
        chosen["starts"] = options.starts
    if not one:
        basins = (options.resolution or RESOLUTION) if options.basins else None
        return portrait(system, em=options.em, fast=options.fast, basins=basins, **chosen)
    checked_overlays(system, options)
    return phase_line(system, **chosen)


def checked_overlays(system: System, options: PortraitOptions) -> None:
    """Raise `ValueError` if something is to be laid over a portrait that the system cannot have."""
    if system.dimension == 1 and (options.em or options.fast or options.basins):
        raise ValueError(
            f"`--em`, `--fast` and `--basins` need two variables; `{system.name}` has one."
        )
    if options.em:
        em_over(system)
    if options.fast is not None:
        component(system, options.fast)


def system_of(options: PortraitOptions) -> System:
    """Return the system, or the slice of it that was asked for."""
    system = system_from(options.source, **settings_from(options.settings))
    if options.slice is None:
        if options.at is not None:
            raise ValueError("`--at` says where a slice lies; name its variables with `--slice`.")
        return system
    axes = labels_in(options.slice, autonomous(system, "slices"))
    at = state_at(system, options.at or "fixed", options.seed)
    return restricted(system, axes, at)


def state_at(system: System, place: str, seed: int) -> np.ndarray:
    """Return the state that ``--at`` means: fixed, start, a NetCDF file, or JSON.

    Raises `ValueError` where there is none.
    """
    if place == "start":
        return system.starts(np.random.default_rng(seed), 1)[0]
    if place == "fixed":
        from numerics.fixed_points import find

        found = find(system, seed=seed)
        if not len(found):
            raise ValueError(
                f"no fixed point of `{system.name}` to slice through was found "
                f"({found.summary}). Give `--at start`, a file of `proofhead flow`, or JSON."
            )
        return found[0].y
    if place.endswith(".nc"):
        return _last_state(system, place)
    try:
        given = json.loads(place)
    except ValueError:
        given = None
    if isinstance(given, dict):
        return _by_labels(system, given)
    if isinstance(given, list) and all(isinstance(x, int | float) for x in given):
        return np.array(given, dtype=float)
    raise ValueError(
        "`--at` must be `fixed`, `start`, a file ending in .nc, or JSON: a list of "
        f'{system.dimension} numbers or {{"{system.labels[-1]}": 0.5, ...}}; got `{place}`.'
    )


def _by_labels(system: System, given: dict[str, Any]) -> np.ndarray:
    """Return the state with these entries and zeros elsewhere."""
    state = np.zeros(system.dimension)
    for label, value in given.items():
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValueError(f"`--at`: `{label}` must be a number; got {value!r}.")
        state[component(system, label)] = value
    return state


def _last_state(system: System, path: str) -> np.ndarray:
    from numerics.integration import load

    dataset = load(path)
    labels = [str(x) for x in dataset["component"].values] if "end" in dataset else []
    if labels != list(system.labels):
        raise ValueError(
            f"`{path}` holds no end of a trajectory of `{system.name}`; "
            f"write one with `proofhead flow {system.name} -o FILE.nc`."
        )
    return np.asarray(dataset["end"].values[0], dtype=float)


def _document(
    found: Portrait, options: PortraitOptions, data: Path, seconds: float
) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "system": found.system.name,
        "kind": found.system.kind,
        "figure": str(options.output),
        "data": str(data),
        "command": options.command,
        "window": list(found.window),
        "fixed_points": [
            {
                "at": dict(zip(found.system.labels, map(float, p.y), strict=True)),
                "kind": p.kind,
                "stable": STABLE[p.stable],
                "label": p.label,
                "eigenvalues": [[float(x.real), float(x.imag)] for x in p.eigenvalues],
                **({"kind_in_slice": found.in_slice[n]} if found.in_slice else {}),
            }
            for n, p in enumerate(found.points)
        ],
        "cycles": [
            {
                "kind": c.kind,
                "period": c.period,
                "multipliers": [[z.real, z.imag] for z in c.multipliers],
                "through": dict(zip(found.system.labels, map(float, c.points[0]), strict=True)),
                "label": c.label,
                **_enclosed(c),
            }
            for c in found.cycles
        ],
        **({"basins": _basins(found.basins)} if found.basins else {}),
        "complete": found.complete,
        "statement": found.statement,
        "left_out": list(found.left_out),
        "curves": dict(Counter(c.kind for c in found.curves)),
        "seconds": round(seconds, 3),
    }


def _enclosed(cycle: Cycle) -> dict[str, Any]:
    """Return what is proved of a cycle, or why nothing is."""
    proof = cycle.proof
    if proof is None:
        return {}
    if cycle.label != "proved":
        return {"not_proved": proof.reason or f"its stability is {proof.stability}"}
    multiplier = [x if np.isfinite(x) else None for x in proof.multiplier_bounds]
    return {"period_bounds": list(proof.period_bounds), "multiplier_bounds": multiplier}


def _basins(found: Basins) -> dict[str, Any]:
    attractors = enumerate(zip(found.names, found.attractors, strict=True))
    return {
        "attractors": [
            {"name": name, "kind": a.kind, "state": a.points[0].tolist(), "share": found.share(n)}
            for n, (name, a) in attractors
        ],
        "others": {
            "leave": found.share(LEAVES),
            "border": found.share(BORDER),
            "not_followed": found.share(UNDEFINED),
            "undecided": found.share(UNDECIDED),
        },  # fmt: skip
        "starts": found.labels.size,
        "label": "verified numerically",
        "statement": found.statement,
    }


def _print(found: Portrait) -> None:
    for row in described(found):
        print(*row, sep="\t")
    print(*found.said, sep="\n")
