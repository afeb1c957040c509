"""`proofhead sweep`: many runs over parameters and starts, which survive being killed."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numerics.sweeps import Plan, Sweep, axis_from, plan, sweep
from proofs_checks.cli.progress import progress_bar
from proofs_checks.cli.settings import settings_from
from proofs_checks.cli.standard_output import print_json
from proofs_checks.reports.machine import SCHEMA

__all__ = ["SweepOptions", "run_sweep"]

INTERRUPTED = 130


@dataclass(frozen=True)
class SweepOptions:
    """What the command line says; texts as the user wrote them."""

    source: str
    output: Path
    over: Sequence[str]
    settings: Sequence[str] = ()
    samples: int = 0
    starts: int | None = None
    start: Sequence[str] = ()
    seed: int = 0
    until: float | None = None
    engine: str = "auto"
    rtol: float = 1e-8
    chunk: int | None = None
    jobs: int = 1
    scheduler: str | None = None


def run_sweep(options: SweepOptions, *, as_json: bool) -> int:
    """Compute what is missing of a sweep, write its summary, print it; return the exit status.

    Runs that blow up are results like others.  The status is 130 after an interrupt; what was
    finished by then is kept, and the same command goes on.
    """
    begin = time.perf_counter()
    wanted = _plan(options)
    done = {"runs": 0}
    warnings: list[str] = []

    def warn(message: str) -> None:
        warnings.append(message)
        print(f"proofhead: warning: {message}", file=sys.stderr)

    try:
        with progress_bar(remaining=True) as bar:

            def start(chosen: Plan, runs: int) -> None:
                done["runs"] = runs
                bar.add_task(f"sweeping {chosen.source}", total=chosen.runs, completed=runs)

            def tell(runs: int) -> None:
                done["runs"] += runs
                bar.update(bar.task_ids[0], completed=done["runs"])

            found = sweep(
                wanted, options.output, jobs=options.jobs, scheduler=options.scheduler,
                begin=start, progress=tell, warn=warn,
            )  # fmt: skip
    except KeyboardInterrupt:
        print(
            f"proofhead: interrupted; {done['runs']} of {wanted.runs} runs are kept in "
            f"`{options.output}`, and the same command goes on from there",
            file=sys.stderr,
        )
        return INTERRUPTED
    if as_json:
        print_json(_document(found, options, warnings, time.perf_counter() - begin))
    else:
        _print(found, options)
    return 0


def _plan(options: SweepOptions) -> Plan:
    given = tuple(_start(text) for text in options.start)
    if given and options.starts is not None:
        raise ValueError("give either `--starts N` or points with `--start x,y,...`, not both.")
    return plan(
        options.source, [axis_from(text) for text in options.over],
        settings=settings_from(options.settings), samples=options.samples,
        starts=1 if options.starts is None else options.starts, given=given, seed=options.seed,
        until=options.until, engine=options.engine, rtol=options.rtol, chunk=options.chunk,
    )  # fmt: skip


def _start(text: str) -> tuple[float, ...]:
    try:
        return tuple(float(x) for x in text.split(","))
    except ValueError:
        raise ValueError(
            f"`--start` takes numbers with commas between them; got `{text}`."
        ) from None


def _document(
    found: Sweep, options: SweepOptions, warnings: Sequence[str], seconds: float
) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "system": found.plan.source,
        "folder": str(options.output),
        "command": found.plan.command(options.engine),
        "engine": found.plan.engine,
        "runs": found.plan.runs,
        "kinds": found.counts,
        "chunks": {
            "all": found.plan.chunks, "computed": found.computed, "runs_in_each": found.plan.chunk
        },
        "warnings": list(warnings),
        "files": [str(path) for path in found.files],
        "seconds": round(seconds, 3),
    }  # fmt: skip


def _print(found: Sweep, options: SweepOptions) -> None:
    for kind, count in found.counts.items():
        print(f"{count}\t{kind}")
    before = found.plan.chunks - found.computed
    there = f", {before} of {found.plan.chunks} chunks were there" if before else ""
    print(f"{found.plan.runs} runs{there}; engine {found.plan.engine}", file=sys.stderr)
    names = ", ".join(path.name for path in found.files)
    print(f"wrote {names} to {options.output}", file=sys.stderr)
