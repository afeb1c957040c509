"""`proofhead bifurcation` over two parameters: curves of bifurcations and a map of regimes."""

from __future__ import annotations

import shlex
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from numerics.bifurcations import Regimes, regimes, write_regimes
from numerics.flows import System
from numerics.sweeps import Axis
from proofs_checks.cli.progress import progress_bar
from proofs_checks.cli.standard_output import print_json
from proofs_checks.reports.machine import SCHEMA

__all__ = ["run_regimes"]

SHOWN = 4  # entries of a state, before the rest is left to --json


def run_regimes(
    build: Callable[..., System], axes: Sequence[Axis], output: Path, *, starts: int, seed: int,
    table: bool, as_json: bool,
) -> int:  # fmt: skip
    """Compute the curves, write the map and its data, print what was found; return the status."""
    begin = time.perf_counter()
    low, high = (np.array(ends) for ends in zip(*(axis.interval for axis in axes), strict=True))
    first, second = (axis.name for axis in axes)
    with progress_bar() as bar:
        task = bar.add_task("system", total=None)
        found = regimes(
            lambda p: build(*p.tolist()), (first, second), low, high, seed=seed, starts=starts,
            progress=lambda step: bar.update(task, description=step, advance=1),
        )  # fmt: skip
    command = shlex.join(["proofhead", *sys.argv[1:]])
    data = write_regimes(found, output, table=table, command=command)
    if as_json:
        print_json(_document(found, output, data, time.perf_counter() - begin))
    else:
        _print(found)
        beside = f", {output.with_suffix('.csv')}" * table
        print(f"wrote {output}{beside} and {data}", file=sys.stderr)
    return 0


def _place(found: Regimes, p: np.ndarray) -> str:
    return ", ".join(f"{x} = {v + 0.0:.10g}" for x, v in zip(found.names, p, strict=True))


def _print(found: Regimes) -> None:
    for x in found.points:
        pairs = zip(found.system.labels[:SHOWN], x.y, strict=False)
        at = ", ".join(f"{label} = {value + 0.0:.6g}" for label, value in pairs)
        print(f"{x.kind}\t{_place(found, x.parameters)}\t{at}")
    for curve in found.curves:
        first, last = found.family.parameter(curve.u[[0, -1], -2:])
        ends = "; ".join(dict.fromkeys(curve.ends))
        print(f"{curve.kind} curve\tfrom {_place(found, first)}\tto {_place(found, last)}\t{ends}")
    for r in found.regions:
        sure = "" if r.agrees else ", but not everywhere"
        print(
            f"region\taround {_place(found, r.places[0])}\t{r.stable} stable, "
            f"{r.unstable} unstable fixed points{sure}"
        )
    for note in found.notes:
        print(note)


def _document(found: Regimes, output: Path, data: Path, seconds: float) -> dict[str, Any]:
    family, labels = found.family, found.system.labels

    def pair(p: np.ndarray) -> dict[str, float]:
        return dict(zip(found.names, p.tolist(), strict=True))

    return {
        "schema": SCHEMA,
        "system": found.system.name,
        "kind": found.system.kind,
        "parameters": list(found.names),
        "intervals": np.column_stack([family.low, family.high]).tolist(),
        "figure": str(output),
        "data": str(data),
        "points": [
            {
                "kind": x.kind,
                "at": pair(x.parameters),
                "state": dict(zip(labels, x.y.tolist(), strict=True)),
                "eigenvalues": [[z.real, z.imag] for z in x.eigenvalues.tolist()],
            }
            for x in found.points
        ],
        "curves": [
            {
                "kind": c.kind,
                "ends": list(c.ends),
                "vertices": family.parameter(c.u[:, -2:]).tolist(),
            }
            for c in found.curves
        ],
        "regions": [
            {
                "places": [pair(p) for p in r.places],
                "stable": r.stable,
                "unstable": r.unstable,
                "agrees": r.agrees,
            }
            for r in found.regions
        ],
        "notes": list(found.notes),
        "seconds": round(seconds, 3),
    }
