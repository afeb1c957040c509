"""Running a sweep: whatever is missing of it is computed, then all of it is summed up."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from numerics.sweeps.folder import begun, chunk_path, missing, open_folder
from numerics.sweeps.plan import Plan
from numerics.sweeps.scheduling import Results, cluster, here, processes
from numerics.sweeps.summary import summarised
from theory.files import write_atomically

__all__ = ["Sweep", "sweep"]


@dataclass(frozen=True)
class Sweep:
    """A finished sweep.

    ``plan``      with the engine that was chosen
    ``counts``    how many runs ended in what, the most frequent first
    ``files``     what was written beside the chunks
    ``computed``  chunks that this call computed; the others were there
    """

    plan: Plan
    counts: dict[str, int]
    files: tuple[Path, ...]
    computed: int


def sweep(
    plan: Plan,
    folder: Path,
    *,
    jobs: int = 1,
    scheduler: str | None = None,
    begin: Callable[[Plan, int], None] = lambda plan, runs: None,
    progress: Callable[[int], None] = lambda runs: None,
    warn: Callable[[str], None] = lambda message: None,
) -> Sweep:
    """Compute what is missing of a sweep and write its summary; nothing finished is done twice.

    ``jobs``       processes on this machine
    ``scheduler``  address of a Dask scheduler, whose workers compute instead
    ``begin``      called once with the plan and the runs that are there already
    ``progress``   called with the number of runs that were finished since
    ``warn``       called with the name of each chunk that is damaged

    Whoever computes, the files are the same to the last byte.

    Raises `ValueError` for a folder with another sweep in it, no jobs, a scheduler that cannot be
    used; `OSError` for a full disk or a folder that may not be written to.  What is finished stays,
    after an interrupt too.
    """
    if jobs < 1:
        raise ValueError(f"`--jobs` must be at least 1; got {jobs}.")
    with open_folder(folder):
        chosen = begun(folder, plan, warn)
        wanted = missing(folder, chosen, warn)
        begin(chosen, chosen.runs - sum(len(chosen.rows(n)) for n in wanted))
        with closing(_results(chosen, wanted, jobs, scheduler)) as results:
            for chunk, data in results:
                _write(chunk_path(folder, chunk), data)
                progress(len(chosen.rows(chunk)))
        counts, files = summarised(folder, chosen)
    return Sweep(chosen, counts, files, len(wanted))


def _write(path: Path, data: bytes) -> None:
    try:
        write_atomically(path, data)
    except OSError as error:
        raise OSError(
            f"{error} Every finished chunk is kept; make room and run the same command again."
        ) from None


def _results(plan: Plan, chunks: list[int], jobs: int, scheduler: str | None) -> Results:
    text = json.dumps(plan.document())
    if scheduler is not None:
        return cluster(text, chunks, scheduler)
    workers = min(jobs, len(chunks))
    return processes(text, chunks, workers) if workers > 1 else here(text, chunks)
