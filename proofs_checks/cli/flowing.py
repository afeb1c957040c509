"""`proofhead flow`: integrate a system from many starts, or compare it with EM, and sum it up."""

from __future__ import annotations

import math
import shlex
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.console import Console
from rich.table import Table

from numerics.flows import System, system_named
from numerics.integration.running import LARGEST
from proofs_checks.cli.outputs import RUN, checked_output
from proofs_checks.cli.progress import progress_bar
from proofs_checks.cli.settings import settings_from
from proofs_checks.cli.standard_output import print_json
from theory.codegen.names import nearest

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["COMPARISONS", "run_flow", "system_from"]

COMPARISONS = ("em", "slow-manifold")
"""What `--compare` takes."""

WHOLE = ("finished", "fixed point", "section")
"""How a trajectory ends that nothing went wrong with."""

Row = tuple[str, str]


def run_flow(
    name: str,
    settings: Sequence[str],
    *,
    starts: int,
    seed: int,
    until: float,
    times: int,
    engine: str,
    rtol: float,
    output: Path | None,
    compare: str | None,
    force: bool,
    as_json: bool,
) -> int:
    """Integrate, write NetCDF if asked, print a summary, return the exit status.

    The status is 1 if a trajectory failed or a law was broken beyond tolerance, 130 after Ctrl-C.
    """
    if output is not None:
        checked_output(output, RUN, (name,), force=force)
    system = system_from(name, settings)
    if starts < 1:
        raise ValueError(f"`--starts` must be at least 1; got {starts}.")
    if not math.isfinite(until):
        raise ValueError(f"`--until` must be a finite time; got {until:g}.")
    if times < 2:
        raise ValueError(f"`--times` must be at least 2, the start and the end; got {times}.")
    if 8 * starts * system.dimension > LARGEST:
        raise ValueError(
            f"{starts} starts would take {8e-9 * starts * system.dimension:.1f} GB, more than "
            f"{LARGEST / 1e9:.0f}; run several times with fewer, each with a `--seed` of its own."
        )
    if 8 * times * system.dimension > LARGEST:
        raise ValueError(
            f"{times} times would take {8e-9 * times * system.dimension:.1f} GB for each "
            f"trajectory, more than {LARGEST / 1e9:.0f}; ask for fewer `--times`."
        )
    y = system.starts(np.random.default_rng(seed), starts)
    command = shlex.join(["proofhead", *sys.argv[1:]])
    if compare is None:
        found, rows, status = _integrated(
            system, y, np.linspace(0.0, until, times), engine, rtol, command, output
        )
    else:
        found, rows, status = _compared(compare, system, y, engine, command)
        if output is not None:
            from numerics.integration import save

            save(found, output)
    if output is not None:
        rows.append(("written", str(output)))
    if as_json:
        print_json(_document(system, found, rows, status))
    else:
        _print(system, found, rows)
    if "interrupted" in found.attrs:
        print(f"proofhead: interrupted; {found.attrs['interrupted']}", file=sys.stderr)
        return 130
    return status


def system_from(name: str, settings: Sequence[str]) -> System:
    """Return a system of the catalogue, or a user's own from a TOML file."""
    chosen = settings_from(settings)
    if not name.endswith(".toml"):
        return system_named(name, **chosen)
    from numerics.flows.own_system import own_system

    return own_system(Path(name), **chosen)


def _integrated(
    system: System, y: np.ndarray, times: np.ndarray, engine: str, rtol: float, command: str,
    output: Path | None,
) -> tuple[xr.Dataset, list[Row], int]:  # fmt: skip
    """Integrate part by part into a file, and return what there is to say of each trajectory."""
    import xarray as xr

    from numerics.integration import growing, integrate_in_parts

    kept: list[xr.Dataset] = []
    with progress_bar() as bar, growing(output) if output else nullcontext() as append:
        task = bar.add_task(f"integrating {system.name}", total=len(y))
        work = integrate_in_parts(
            system, y, times, engine=engine, rtol=rtol, atol=rtol / 100, keep_partial=True,
            progress=lambda done, _: bar.update(task, completed=done), command=command,
        )  # fmt: skip
        for part in work:
            if append is not None:
                append(part)
            kept.append(_without_times(part))
    found = xr.concat(kept, "trajectory", combine_attrs="override", data_vars="minimal")
    found.attrs |= kept[-1].attrs
    ends, counts = np.unique(found["status"].values, return_counts=True)
    rows = [("trajectories", ", ".join(f"{n} {end}" for end, n in zip(ends, counts, strict=True)))]
    rows.append(("time", f"{times[0]:g} to {times[-1]:g}, engine {found.attrs['engine']}"))
    failed = [x for x in found["message"].values if x]
    rows += [("first failure", str(failed[0]))] if failed else []
    broken = False
    for quantity in (x.removeprefix("drift_") for x in map(str, found) if x.startswith("drift_")):
        row, bad = _monitored(found, quantity)
        rows.append(row)
        broken = broken or bad
    with np.errstate(all="ignore"):
        velocity = system.velocity(found["end"].values)
        own = system.dimension - (system.forcing is not None)  # the time goes on for ever
        speed = np.abs(velocity[:, :own]).max(axis=1)
    rows.append(("largest velocity at the end", f"median {np.nanmedian(speed):.2g}"))
    return found, rows, int(broken or not set(ends) <= set(WHOLE))


def _without_times(found: xr.Dataset) -> xr.Dataset:
    """Return a run without what it holds for every output time, but first and least values."""
    small = found.drop_dims("time")
    for name, along in found.data_vars.items():
        if along.attrs.get("kind") == "decreasing" and "time" in along.dims:
            small[f"first_{name}"] = along.isel(time=0).copy()  # a view would keep it all
            small[f"least_{name}"] = along.min("time")
    return small


def _monitored(found: xr.Dataset, quantity: str) -> tuple[Row, bool]:
    """Return what to say about a quantity that a law speaks of, and whether it breaks the law."""
    drift = found[f"drift_{quantity}"]
    violated = int(found[f"violated_{quantity}"].values.sum())
    falls = drift.attrs["kind"] == "decreasing"
    words, name = drift.attrs["long_name"].split(" of ", 1)
    text = f"{words if falls else 'drift'} {np.nanmax(drift.values, initial=0.0):.1e}"
    text += f" (law {drift.attrs['law']})"
    if falls:
        first, least = (float(found[f"{x}_{quantity}"].mean()) for x in ("first", "least"))
        text = f"mean {first:.6g} to {least:.6g} {drift.attrs['units']}, {text}"
    if violated:
        text += f"; BEYOND TOLERANCE in {violated} of {len(drift)} trajectories"
    return (name, text), violated > 0


def _compared(
    what: str, system: System, y: np.ndarray, engine: str, command: str
) -> tuple[xr.Dataset, list[Row], int]:
    if what not in COMPARISONS:
        raise ValueError(
            f"`--compare` takes {' or '.join(COMPARISONS)}; got `{what}`."
            f"{nearest(what, COMPARISONS)}"
        )
    from numerics.em import compare, summary, timescale_summary, timescales

    with progress_bar() as bar:
        task = bar.add_task(f"comparing {system.name}", total=len(y))

        def progress(done: int, of: int) -> None:
            bar.update(task, completed=done, total=of)

        if what == "em":
            found = compare(system, y, engine=engine, progress=progress, command=command)
            return found, summary(found), 0
        chosen: dict[str, Any] = {} if engine == "auto" else {"engine": engine}
        found = timescales(system, y, progress=progress, command=command, **chosen)
        return found, timescale_summary(found), 0


def _document(
    system: System, found: xr.Dataset, rows: Sequence[Row], status: int
) -> dict[str, Any]:
    """Return the JSON of a run: provenance, the end of every trajectory, the summary."""
    each = [str(x) for x, v in found.data_vars.items() if v.dims == ("trajectory",)]
    return {
        "schema": 1,
        "system": system.name,
        "settings": dict(system.settings),
        "components": list(system.labels),
        "status": status,
        "summary": dict(rows),
        "trajectories": {x: _plain(found[x].values) for x in each},
        **({"end": _plain(found["end"].values)} if "end" in found else {}),
        "attributes": {k: v for k, v in found.attrs.items() if k != "settings"},
    }


def _plain(values: np.ndarray) -> Any:
    """Return an array as lists; what is not finite, which JSON has not, as null."""
    if values.dtype.kind != "f":
        return values.tolist()
    held = values.astype(object)
    held[~np.isfinite(values)] = None
    return held.tolist()


def _print(system: System, found: xr.Dataset, rows: Sequence[Row]) -> None:
    """Print a table on a terminal, tab-separated lines in a pipe."""
    console = Console()
    if not console.is_terminal:
        for row in rows:
            print(*row, sep="\t")
        return
    table = Table(title=f"{system.name}: {system.title}", show_header=False, title_justify="left")
    table.add_column()
    table.add_column(overflow="fold")
    for what, value in rows:
        table.add_row(what, value)
    console.print(table)
