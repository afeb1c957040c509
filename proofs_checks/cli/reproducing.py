"""`proofhead reproduce`: an experiment of a source paper, beside its published numbers."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from proofs_checks.cli.outputs import EXPERIMENT, checked_folder
from proofs_checks.reports.machine import SCHEMA

__all__ = ["finite", "run_reproduce"]


def run_reproduce(
    name: str | None,
    *,
    preset: str,
    seeds: int,
    first_seed: int,
    device: str,
    jobs: int | None,
    output: Path | None,
    force: bool,
    as_json: bool,
) -> int:
    """List the experiments, or run one: 0 where nothing failed to reproduce, else 1.

    Raises `ValueError` for an unknown experiment, preset or device, `OSError` where nothing can be
    written.
    """
    from numerics.experiments import EXPERIMENTS, experiment

    if name is None:
        return _list(EXPERIMENTS, as_json=as_json)
    found = experiment(name)
    sizes = found.preset(preset)
    if seeds < 1 or first_seed < 0:
        raise ValueError(
            f"--seeds must be 1 or more and --first-seed 0 or more; got {seeds} and {first_seed}."
        )
    _check_device(device)
    if jobs is not None and jobs < 1:
        raise ValueError(f"--jobs must be 1 or more; got {jobs}.")
    if jobs is None:  # one device is shared by no seeds
        jobs = min(seeds, os.cpu_count() or 1) if device == "cpu" else 1
    folder = checked_folder(output or Path(f"{name}-{preset}"), EXPERIMENT, force=force)
    wanted = range(first_seed, first_seed + seeds)
    runs = _run(found, sizes, list(wanted), folder, device, jobs)
    return _report(found, preset, runs, folder, as_json=as_json)


def _check_device(device: str) -> None:
    import torch

    kind = device.split(":")[0]
    if kind == "cpu" or (kind == "cuda" and torch.cuda.is_available()):
        return
    if kind == "mps" and torch.backends.mps.is_available():
        return
    raise ValueError(f"torch has no device `{device}` here. Use --device cpu.")


def _list(experiments: Any, *, as_json: bool) -> int:
    entries = [
        {
            "name": e.name, "title": e.title, "source": e.source,
            "presets": {n: {"time": p.time, "steps": p.steps, "settings": dict(p.settings)}
                        for n, p in e.presets.items()},
        }
        for e in experiments
    ]  # fmt: skip
    if as_json:
        print(json.dumps({"schema": SCHEMA, "experiments": entries}, indent=1))
        return 0
    for entry in entries:
        print(f"{entry['name']}: {entry['title']} ({entry['source']})")
        for preset, body in entry["presets"].items():
            print(f"    --preset {preset}: {body['time']}")
    print("Run one with `proofhead reproduce NAME`; the same command goes on where it ended.")
    return 0


def _run(
    found: Any, sizes: Any, seeds: list[int], folder: Path, device: str, jobs: int
) -> list[Any]:
    from numerics.experiments import run
    from proofs_checks.cli.progress import progress_bar

    def warn(message: str) -> None:
        print(f"proofhead: warning: {message}", file=sys.stderr)

    with progress_bar(remaining=True) as bar:
        task = bar.add_task(f"{found.name}, {len(seeds)} seeds", total=len(seeds) * sizes.steps)
        return run(
            found, sizes, seeds, folder, device=device, jobs=jobs, warn=warn,
            progress=lambda steps: bar.advance(task, steps),
        )  # fmt: skip


def _report(found: Any, preset: str, runs: list[Any], folder: Path, *, as_json: bool) -> int:
    from numerics.experiments import figures
    from numerics.experiments.table import NOT_REPRODUCED, latex, table, text
    from theory.files import write_atomically

    lines = table(found, preset, runs)
    remark = found.remark([r.measured for r in runs])
    with figures.look():
        drawn = found.draw(found.preset(preset).settings, [r.state for r in runs])
    files = [path for name, figure in drawn.items() for path in figures.save(folder, name, figure)]
    body = {
        "schema": SCHEMA, "experiment": found.name, "source": found.source, "preset": preset,
        "rows": [_entry(line) for line in lines], "remark": remark,
        "runs": [{"seed": r.seed, "measured": r.measured, "stamp": r.stamp} for r in runs],
        "figures": [path.name for path in files],
    }  # fmt: skip
    shown = text(lines) + (f"\n\n{remark}" if remark else "")
    written = json.dumps(finite(body), indent=1, ensure_ascii=False)
    write_atomically(folder / "table.json", written + "\n")
    write_atomically(folder / "table.txt", shown + "\n" + _stamped(runs) + "\n")
    write_atomically(folder / "table.tex", latex(lines))
    if as_json:
        print(written)
    else:
        print(shown)
        print(f"\n{folder}: table.txt, table.json, table.tex, " + ", ".join(body["figures"]))
    return int(any(line.verdict == NOT_REPRODUCED for line in lines))


def _entry(line: Any) -> dict[str, Any]:
    row = asdict(line.row)
    return {
        **row, "mean": line.mean, "interval": [line.low, line.high], "tolerance": line.tolerance,
        "verdict": line.verdict, "words": line.words,
    }  # fmt: skip


def finite(value: Any) -> Any:
    """Return a value as JSON can say it: what is not finite becomes null."""
    if isinstance(value, float):
        return value if value - value == 0 else None
    if isinstance(value, dict):
        return {k: finite(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [finite(v) for v in value]
    return value


def _stamped(runs: list[Any]) -> str:
    if not runs:
        return ""
    seeds = ", ".join(str(r.seed) for r in runs)
    rest = {k: v for k, v in runs[0].stamp.items() if k != "seed"}
    return f"\nseeds {seeds}; " + ", ".join(f"{k} {v}" for k, v in rest.items())
