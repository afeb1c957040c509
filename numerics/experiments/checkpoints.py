"""Checkpoints: states on disk that survive whatever ends a run.

A checkpoint is a file of `numerics.archives`, and the one before it stays: a damaged one costs one
interval, not the run.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from numerics.archives import Damaged, read, write
from numerics.experiments.definition import State

__all__ = ["Damaged", "clear", "latest", "read", "save", "write"]

NAME = re.compile(r"step-(\d{9})\.state")
KEPT = 2


def save(folder: Path, step: int, state: State) -> None:
    """Write the checkpoint of a step, and remove all but the last two."""
    write(folder / f"step-{step:09d}.state", state)
    for old in _steps(folder)[:-KEPT]:
        (folder / f"step-{old:09d}.state").unlink(missing_ok=True)


def latest(folder: Path) -> tuple[int, State | None, list[str]]:
    """Return the last good checkpoint (step 0 and None if there is none), and what is damaged."""
    warnings: list[str] = []
    for step in reversed(_steps(folder)):
        path = folder / f"step-{step:09d}.state"
        try:
            return step, read(path), warnings
        except (Damaged, OSError, ValueError) as error:
            warnings.append(f"{error} The run goes on from the checkpoint before it.")
            path.unlink(missing_ok=True)
    return 0, None, warnings


def clear(folder: Path) -> None:
    """Remove the checkpoints of a finished run."""
    for path in folder.glob("step-*.state"):
        path.unlink(missing_ok=True)


def _steps(folder: Path) -> list[int]:
    return sorted(_numbers(folder))


def _numbers(folder: Path) -> Iterator[int]:
    for path in folder.glob("step-*.state"):
        found = NAME.fullmatch(path.name)
        if found is not None:
            yield int(found[1])
