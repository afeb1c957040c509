"""`proofhead check --watch`: check again whenever a document is saved."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

__all__ = ["watched"]

INTERVAL = 0.25  # seconds between two looks
SUFFIXES = (".tex", ".ltx", ".md", ".ipynb", ".txt", ".html", ".htm", ".sty")
MOST_FILES = 5_000

State = dict[Path, tuple[int, int]]


def watched(files: Sequence[str], check: Callable[[], int], outputs: Sequence[Path] = ()) -> int:
    """Call ``check`` now and after every change; return its last status when Ctrl-C comes.

    A file is looked at once it has stayed as it is for an interval, so that nobody reads half of
    one that is being saved.  ``outputs`` are what ``check`` writes itself.
    """
    status = 0
    try:
        while True:
            before = _state(files, outputs)
            status = check()
            sys.stdout.flush()
            print("proofhead: waiting for a change; Ctrl-C ends this", file=sys.stderr, flush=True)
            while not _has_settled(files, outputs, before):
                pass
    except KeyboardInterrupt:
        return status


def _has_settled(files: Sequence[str], outputs: Sequence[Path], before: State) -> bool:
    """Wait, and return whether the files have changed and then stayed so."""
    time.sleep(INTERVAL)
    now = _state(files, outputs)
    if now == before or not now:  # gone for a moment: some editors save like that
        return False
    time.sleep(INTERVAL)
    return _state(files, outputs) == now


def _state(files: Sequence[str], outputs: Sequence[Path]) -> State:
    """Return when each file was changed, and its length."""
    state: State = {}
    own = {path.resolve() for path in outputs}
    for path in _paths(files):
        try:
            if path.resolve() in own:
                continue
            found = path.stat()
        except OSError:
            continue
        state[path] = (found.st_mtime_ns, found.st_size)
        if len(state) >= MOST_FILES:
            break
    return state


def _paths(files: Sequence[str]) -> Iterator[Path]:
    """Yield the files that were named, and documents beside and below: they may be included."""
    from proofs_checks.claims.sources.files import NOT_SEARCHED

    for name in files:
        path = Path(name)
        if path.is_file():
            yield path
        folder = path if path.is_dir() else path.parent
        for place, folders, names in os.walk(folder):
            folders[:] = [x for x in folders if x not in NOT_SEARCHED and not x.startswith(".")]
            yield from (Path(place, x) for x in names if x.lower().endswith(SUFFIXES))
