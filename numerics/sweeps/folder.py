"""The folder of a sweep: one that a later run trusts, whatever ended the one before.

    manifest.json         the plan, the engine that was chosen, versions; written first
    chunk-000000.arrays   a file of `numerics.archives`; knows its plan and its number
    ends.csv, ends.nc, *.png, *.pdf, checksums.sha256      written last

Chunks are written beside their place and moved there, by one process, which holds a lock on the
folder.
"""

from __future__ import annotations

import dataclasses
import fcntl
import json
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from numerics import archives
from numerics.integration.dataset import versions
from numerics.sweeps.plan import Plan
from numerics.sweeps.solving import resolved
from theory.files import is_temporary, write_atomically

__all__ = ["SCHEMA", "begun", "chunk_path", "missing", "open_folder", "stored"]

SCHEMA = 1
MANIFEST = "manifest.json"
CHUNK = re.compile(r"chunk-(?P<number>\d+)\.arrays", re.ASCII)

Warn = Callable[[str], None]


@contextmanager
def open_folder(folder: Path) -> Iterator[None]:
    """Make the folder if it is not there, and keep other processes out of it.

    Raises `NotADirectoryError` for a file, `FileNotFoundError` for a folder whose own folder is
    missing, `BlockingIOError` if another process is at work in it.
    """
    if folder.exists() and not folder.is_dir():
        raise NotADirectoryError(f"cannot write to `{folder}`: it is a file. Name a folder.")
    if not folder.absolute().parent.is_dir():
        raise FileNotFoundError(
            f"cannot make `{folder}`: the folder `{folder.absolute().parent}` does not exist."
        )
    folder.mkdir(exist_ok=True)
    if not os.access(folder, os.W_OK | os.X_OK):
        raise PermissionError(f"`{folder}` may not be written to. Name another folder with -o.")
    handle = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BlockingIOError(
                f"another process is at work in `{folder}`; wait for it, or end it."
            ) from None
        yield
    finally:
        os.close(handle)  # and with it the lock


def begun(folder: Path, plan: Plan, warn: Warn) -> Plan:
    """Return the plan with its engine, from the manifest if there is one, which is written if not.

    Raises `ValueError` if the folder holds another sweep, or files that are none.
    """
    path = folder / MANIFEST
    known = _manifest(path)
    if known is None:
        chosen = dataclasses.replace(plan, engine=resolved(plan))
        _check_strangers(folder, chosen)
        if path.exists():
            warn(f"`{path}` was damaged; the chunks are of this sweep, and it is written again.")
        body = {
            "schema": SCHEMA, "asked_engine": plan.engine, "plan": chosen.document(),
            "runs": chosen.runs, "chunks": chosen.chunks, "versions": versions(),
        }  # fmt: skip
        write_atomically(path, json.dumps(body, indent=1, sort_keys=True) + "\n")
        return chosen
    there = Plan.of(known["plan"])
    difference = _difference(there, plan, known["asked_engine"])
    if difference:
        raise ValueError(
            f"`{folder}` holds another sweep: {difference}. Name another folder with -o."
        )
    _warn_of_versions(known["versions"], warn)
    return there


def _manifest(path: Path) -> dict[str, Any] | None:
    """Return the manifest, None if there is none or it is damaged."""
    try:
        body = json.loads(path.read_text(encoding="utf-8"))
        Plan.of(body["plan"])
        return body if {"asked_engine", "versions"} <= set(body) else None
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None


def _difference(there: Plan, asked: Plan, asked_engine: str) -> str:
    """Return in words the first thing in which two plans differ, nothing if they are the same."""
    before = dataclasses.replace(there, engine=asked_engine)
    asked = Plan.of(json.loads(json.dumps(asked.document())))
    if before.text != asked.text and before.source == asked.source:
        return f"`{asked.source}` was another text when it began"
    if before.axes != asked.axes:
        one, other = (" and ".join(a.text for a in x.axes) for x in (before, asked))
        return f"it is over {one}, this one over {other}"
    for field in dataclasses.fields(Plan):
        one, other = getattr(before, field.name), getattr(asked, field.name)
        if one != other:
            return f"its `{field.name}` is {one}, that of this one {other}"
    return ""


def _check_strangers(folder: Path, plan: Plan) -> None:
    """Refuse a folder without a manifest in which there is anything but chunks of this plan."""
    for path in sorted(folder.iterdir()):
        if path.name == MANIFEST or is_temporary(path):
            continue
        chunk = _number(path)
        if chunk is None:
            raise ValueError(
                f"`{folder}` is not empty and holds no sweep ({path.name} is in it). "
                "Name another folder with -o."
            )
        if _whole(folder, plan, chunk) == "other":
            raise ValueError(
                f"`{folder}` holds chunks of another sweep and no readable {MANIFEST}. "
                "Name another folder with -o."
            )


def _warn_of_versions(before: dict[str, str], warn: Warn) -> None:
    now = versions()
    changed = [f"{x} {before[x]} -> {now.get(x)}" for x in before if before[x] != now.get(x)]
    if changed:
        warn(
            f"the sweep began with other versions ({', '.join(changed)}); chunks may differ from "
            "those by rounding."
        )


def chunk_path(folder: Path, chunk: int) -> Path:
    """Return where a chunk lies."""
    return folder / f"chunk-{chunk:06d}.arrays"


def _number(path: Path) -> int | None:
    parts = CHUNK.fullmatch(path.name)
    return int(parts["number"]) if parts else None


def missing(folder: Path, plan: Plan, warn: Warn) -> list[int]:
    """Return the chunks that are not there, or not what was written; each of these is named."""
    wanted = []
    for chunk in range(plan.chunks):
        state = _whole(folder, plan, chunk)
        if state != "good":
            wanted.append(chunk)
        if state not in ("good", "none"):
            path = chunk_path(folder, chunk)
            words = "is damaged" if state == "damaged" else "is of another sweep"
            warn(f"`{path}` {words}; it is computed again.")
    return wanted


def _whole(folder: Path, plan: Plan, chunk: int) -> str:
    """Return whether a chunk is "good", "none", "damaged" or of an "other" plan or number."""
    path = chunk_path(folder, chunk)
    try:
        arrays = archives.read(path)
    except FileNotFoundError:
        return "none"
    except archives.Damaged:
        return "damaged"
    same = str(arrays.get("plan")) == plan.digest and int(arrays.get("chunk", -1)) == chunk
    return "good" if same else "other"


def stored(folder: Path, plan: Plan) -> Iterator[dict[str, Any]]:
    """Yield the arrays of every chunk, in order.

    Raises `OSError` or `numerics.archives.Damaged` if one is missing or damaged.
    """
    for chunk in range(plan.chunks):
        yield archives.read(chunk_path(folder, chunk))
