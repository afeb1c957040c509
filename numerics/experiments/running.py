"""Running an experiment: seed after seed, from checkpoints, to files that a later run trusts.

    DIR/seed-0/step-000000050.state     a checkpoint, while the seed runs
    DIR/seed-0/final.state              its final state
    DIR/seed-0/measured.json            its numbers, with settings and stamp

The same command again goes on where the last one ended, to the same bits on the CPU: torch computes
in one thread, so that sums do not depend on how many cores there are, and a busy machine does not
make threads wait for each other.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from numerics.experiments import checkpoints
from numerics.experiments.definition import Experiment, Preset, State, folder_of
from numerics.experiments.seeds import side_by_side
from numerics.experiments.stamp import stamp
from theory.files import write_atomically

__all__ = ["Run", "run"]


@dataclass(frozen=True)
class Run:
    """What one seed gave: its numbers, its final state, where it came from."""

    seed: int
    measured: dict[str, float]
    state: State
    stamp: dict[str, str]


def run(
    experiment: Experiment,
    preset: Preset,
    seeds: Sequence[int],
    folder: Path,
    *,
    device: str = "cpu",
    jobs: int = 1,
    progress: Callable[[int], None] = lambda steps: None,
    warn: Callable[[str], None] = lambda message: None,
) -> list[Run]:
    """Return the runs of all seeds, made or read back; ``progress`` hears of steps done.

    Of ``jobs`` processes each runs a seed; how many there are changes no bit of the results.

    Raises `ValueError` if the folder holds a run with other settings, `OSError` for a full disk or
    a folder that may not be written to: what is finished by then is kept.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _same_settings(experiment, preset, folder, device)
    seed_of = partial(_seed, experiment, preset, folder, device)
    if jobs > 1 and len(seeds) > 1:
        side_by_side(seed_of, seeds, jobs, progress, warn)
        progress, warn = (lambda steps: None), (lambda message: None)  # they have been told
    return [seed_of(seed, progress, warn) for seed in seeds]


@contextmanager
def _one_thread() -> Iterator[None]:
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _same_settings(experiment: Experiment, preset: Preset, folder: Path, device: str) -> None:
    path = folder / "settings.json"
    wanted = {
        "experiment": experiment.name, "device": device, "steps": preset.steps,
        "settings": dict(preset.settings),
    }  # fmt: skip
    if path.exists():
        try:
            found = json.loads(path.read_text())
        except ValueError:
            found = None
        if found != wanted:
            raise ValueError(
                f"`{folder}` holds a run with other settings ({path.name} says which). "
                "Name another folder with -o."
            )
        return
    if any(folder.glob("seed-*")):
        raise ValueError(f"`{folder}` holds runs without {path.name}. Name another folder with -o.")
    write_atomically(path, json.dumps(wanted, indent=1, sort_keys=True) + "\n")


@_one_thread()
def _seed(
    experiment: Experiment,
    preset: Preset,
    parent: Path,
    device: str,
    seed: int,
    progress: Callable[[int], None],
    warn: Callable[[str], None],
) -> Run:
    """Return the run of one seed, made or read back."""
    folder = folder_of(parent, seed)
    folder.mkdir(exist_ok=True)
    done = _finished(folder, warn)
    if done is not None:
        progress(preset.steps)
        return Run(seed, *done)
    step, state, warnings = checkpoints.latest(folder)
    for warning in warnings:
        warn(warning)
    if state is None:
        step, state = 0, experiment.begin(preset.settings, seed, device)
        state["seconds"] = 0.0
    progress(step)
    advance = experiment.advance(preset.settings, device)
    while step < preset.steps:
        count = min(preset.every, preset.steps - step)
        start, before = time.perf_counter(), float(state["seconds"])
        state = advance(state, count)
        state["seconds"] = before + time.perf_counter() - start
        step += count
        checkpoints.save(folder, step, state)
        progress(count)
    measured = experiment.measure(preset.settings, state)
    made = stamp(seed, device)
    checkpoints.write(folder / "final.state", state)
    body = {"measured": measured, "stamp": made}
    write_atomically(folder / "measured.json", json.dumps(body, indent=1, sort_keys=True) + "\n")
    checkpoints.clear(folder)
    return Run(seed, measured, state, made)


def _finished(
    folder: Path, warn: Callable[[str], None]
) -> tuple[dict[str, float], State, dict[str, str]] | None:
    """Return the result of a finished seed, None if it is not finished or is damaged."""
    path, final = folder / "measured.json", folder / "final.state"
    if not path.exists() or not final.exists():
        return None
    try:
        body = json.loads(path.read_text())
        return dict(body["measured"]), checkpoints.read(final), dict(body["stamp"])
    except (ValueError, KeyError) as error:
        warn(f"the result of `{folder.name}` is damaged ({error}); the seed runs again.")
        return None
