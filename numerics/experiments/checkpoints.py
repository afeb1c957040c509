"""Checkpoints: states on disk that survive whatever ends a run.

A checkpoint is the SHA-256 of what follows, a line end, and a NumPy archive.  It is written beside
its place and moved there, and the one before it stays: a damaged one costs one interval, not the
run.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from numerics.experiments.definition import State
from theory.files import write_atomically

__all__ = ["Damaged", "clear", "latest", "read", "save", "write"]

NAME = re.compile(r"step-(\d{9})\.state")
KEPT = 2


class Damaged(ValueError):
    """A file is not what was written: its name, and what is wrong with it."""


def write(path: Path, state: State) -> None:
    """Write a state to a file.

    Raises `OSError` for a full disk or a folder that may not be written to.
    """
    buffer = io.BytesIO()
    arrays: dict[str, Any] = {name: np.asarray(value) for name, value in state.items()}
    np.savez(buffer, **arrays)
    body = buffer.getvalue()
    write_atomically(path, hashlib.sha256(body).hexdigest().encode() + b"\n" + body)


def read(path: Path) -> State:
    """Return the state in a file; numbers come back as NumPy scalars of their type.

    Raises `Damaged` if it is not what was written.
    """
    data = path.read_bytes()
    digest, _, body = data.partition(b"\n")
    if hashlib.sha256(body).hexdigest().encode() != digest:
        raise Damaged(f"`{path}` is damaged: its checksum differs.")
    with np.load(io.BytesIO(body), allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}


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
