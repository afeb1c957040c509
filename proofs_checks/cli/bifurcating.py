"""`proofhead bifurcation`: fixed points and cycles over a parameter, and what happens on them."""

from __future__ import annotations

import math
import shlex
import sys
import time
from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import Any

from numerics.bifurcations import (
    ClosedForm,
    Cycle,
    CycleBranch,
    Diagram,
    Special,
    closed_form,
    diagram,
    write_diagram,
)
from numerics.flows import System, system_from
from numerics.flows.checks import autonomous
from numerics.portraits.plane import component
from numerics.sweeps import Axis, axis_from
from proofs_checks.cli.outputs import DIAGRAM_DATA, FIGURE, checked_output
from proofs_checks.cli.progress import progress_bar
from proofs_checks.cli.settings import settings_from
from proofs_checks.cli.standard_output import print_json
from proofs_checks.reports.machine import SCHEMA

__all__ = ["run_bifurcation"]

SHOWN = 4  # entries of a state, before the rest is left to --json


def run_bifurcation(
    source: str,
    settings: Sequence[str],
    *,
    over: Sequence[str],
    output: Path,
    show: str | None,
    starts: int,
    seed: int,
    cycles: bool,
    table: bool,
    force: bool,
    as_json: bool,
) -> int:
    """Compute a diagram, write its figure and data, print its special points; return the status.

    Over two parameters the figure is a map of bifurcation curves, see `bifurcation_curves`.
    """
    begin = time.perf_counter()
    checked_output(output, FIGURE, [source], force=force)
    checked_output(output.with_suffix(".nc"), DIAGRAM_DATA, [source], force=force)
    axes = [_axis(text) for text in over]
    given = settings_from(settings)
    for n, axis in enumerate(axes):
        if axis.name in given:
            raise ValueError(f"`{axis.name}` is both set and varied; leave out one of the two.")
        if any(axis.name == other.name for other in axes[:n]):
            raise ValueError(f"`{axis.name}` is varied twice; give it one interval.")
    if len(axes) > 2:
        raise ValueError(f"`--over` is given once or twice; got {len(axes)} of them.")
    if starts < 1:
        raise ValueError(f"`--starts` must be at least 1; got {starts}.")

    def built(*values: float) -> System:
        chosen = dict(zip((axis.name for axis in axes), values, strict=True))
        return autonomous(system_from(source, **given, **chosen), "branches of fixed points")

    for ends in product(*(axis.interval for axis in axes)):
        built(*ends)  # what makes no sense there is said before work starts
    if len(axes) == 2:
        if show is not None:
            raise ValueError("`--show` is for one parameter; over two, both axes are parameters.")
        from proofs_checks.cli.bifurcation_curves import run_regimes

        return run_regimes(
            built, axes, output, starts=starts, seed=seed, table=table, as_json=as_json
        )
    axis, build = axes[0], built
    place = 0 if show is None else component(build(axis.interval[0]), show)
    with progress_bar() as bar:
        task = bar.add_task("system", total=None)
        found = diagram(
            build, axis.name, *axis.interval, seed=seed, starts=starts, cycles=cycles,
            progress=lambda step: bar.update(task, description=step, advance=1),
        )  # fmt: skip
    exact = closed_form(found)
    command = shlex.join(["proofhead", *sys.argv[1:]])
    data = write_diagram(found, output, place, exact, table=table, command=command)
    if as_json:
        print_json(_document(found, exact, output, data, time.perf_counter() - begin))
    else:
        _print(found, place, exact)
        beside = f", {output.with_suffix('.csv')}" * table
        print(f"wrote {output}{beside} and {data}", file=sys.stderr)
    return 0


def _axis(text: str) -> Axis:
    axis = axis_from(text)
    if axis.is_grid or axis.log:
        low, high = axis.interval
        raise ValueError(
            f"`--over` of a bifurcation diagram is an interval, such as {axis.name}="
            f"{low:g}:{high if high > low else low + 1:g}; got `{text}`."
        )
    return axis


def _print(found: Diagram, place: int, exact: ClosedForm | None) -> None:
    for point in found.points:
        pairs = zip(found.system.labels[:SHOWN], point.y, strict=False)
        at = ", ".join(f"{label} = {value + 0.0:.6g}" for label, value in pairs)
        words = f"{point.criticality} {point.kind}".strip()
        print(f"{words}\t{found.name} = {point.parameter:.12g}\t{at}\t{_form(point)}")
    for branch in found.cycles:
        _print_cycles(branch, found.name, found.system.labels[place], place)
    count = len(found.branches)
    print(f"{count} branch{'es' * (count != 1)}; there may be others that no start led to")
    if exact is not None:
        print(
            f"closed form: critical {found.name} = {exact.critical:.12g}, branches within "
            f"{exact.deviation:.1e} of it"
        )
    for note in found.notes:
        print(note)


def _print_cycles(branch: CycleBranch, name: str, label: str, place: int) -> None:
    """Print the special points of a branch of cycles, then how far it goes and why it ends."""
    for c in branch.points:
        print(
            f"{c.kind}\t{name} = {c.parameter:.12g}\t{label} from {c.low[place]:.6g} to "
            f"{c.high[place]:.6g}\tperiod {c.period:.6g}"
        )
    cycles = branch.cycles[1:] or branch.cycles
    stability = " and ".join(dict.fromkeys(c.stability for c in cycles))
    last = branch.cycles[-1]
    print(
        f"cycles from {name} = {branch.origin.parameter:.10g}\tto {name} = {last.parameter:.10g}: "
        f"{branch.end}\tperiod {branch.cycles[0].period:.6g} to {last.period:.6g}\t{stability}"
    )


def _form(point: Special) -> str:
    if math.isnan(point.coefficient):
        return "several eigenvalues at once: not classified"
    name = {
        "Hopf": "first Lyapunov coefficient", "pitchfork": "cubic coefficient",
        "flip": "cubic coefficient", "Neimark-Sacker": "cubic coefficient",
    }.get(point.kind, "quadratic coefficient")  # fmt: skip
    turning = "" if math.isnan(point.frequency) else f", frequency {point.frequency:.6g}"
    return f"{name} {point.coefficient:.4g}{turning}"


def _document(
    found: Diagram, exact: ClosedForm | None, output: Path, data: Path, seconds: float
) -> dict[str, Any]:
    family = found.family
    return {
        "schema": SCHEMA,
        "system": found.system.name,
        "kind": found.system.kind,
        "parameter": found.name,
        "interval": [family.low, family.high],
        "figure": str(output),
        "data": str(data),
        "points": [
            {
                "kind": x.kind,
                "criticality": x.criticality or None,
                "parameter": x.parameter,
                "at": dict(zip(found.system.labels, x.y.tolist(), strict=True)),
                "eigenvalues": [[z.real, z.imag] for z in x.eigenvalues.tolist()],
                "coefficient": None if math.isnan(x.coefficient) else x.coefficient,
                "frequency": None if math.isnan(x.frequency) else x.frequency,
            }
            for x in found.points
        ],
        "branches": [
            {
                "vertices": len(b.u),
                "from": family.parameter(float(b.u[:, -1].min())),
                "to": family.parameter(float(b.u[:, -1].max())),
                "stable_vertices": int((b.unstable(found.system.kind) == 0).sum()),
                "ends": list(b.ends),
            }
            for b in found.branches
        ],
        "cycles": [
            {
                "from": b.origin.parameter,
                "to": b.cycles[-1].parameter,
                "end": b.end,
                "period": [b.cycles[0].period, b.cycles[-1].period],
                "stable_vertices": sum(c.stability == "stable" for c in b.cycles[1:]),
                "vertices": [_cycle(c, found) for c in b.cycles],
                "points": [{"kind": c.kind, **_cycle(c, found)} for c in b.points],
            }
            for b in found.cycles
        ],
        "closed_form": exact and {"critical": exact.critical, "largest_deviation": exact.deviation},
        "notes": list(found.notes),
        "seconds": round(seconds, 3),
    }


def _cycle(c: Cycle, found: Diagram) -> dict[str, Any]:
    labels = found.system.labels
    return {
        "parameter": c.parameter,
        "period": c.period,
        "low": dict(zip(labels, c.low.tolist(), strict=True)),
        "high": dict(zip(labels, c.high.tolist(), strict=True)),
        "multipliers": [[z.real, z.imag] for z in c.multipliers.tolist()],
        "stability": c.stability,
    }
