"""Seeds side by side: each in a process of its own, which ends with the one that began it.

A process says over its pipe how many steps it has done, and what to warn of; its result lies in the
folder of its seed.
"""

from __future__ import annotations

import multiprocessing
import os
import threading
import traceback
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from multiprocessing import connection
from typing import Any, TypeAlias

from numerics.processes import deaf

__all__ = ["Job", "side_by_side"]

Job: TypeAlias = Callable[[int, Callable[[int], None], Callable[[str], None]], object]
"""Runs a seed to its folder; told whom to tell of steps done, and of what to warn."""


def side_by_side(
    job: Job, seeds: Sequence[int], jobs: int, progress: Callable[[int], None],
    warn: Callable[[str], None],
) -> None:  # fmt: skip
    """Run the job for every seed, so many at a time.

    Raises what the job raised, and `OSError` if a process was killed or ran out of memory; what the
    others have finished is kept.
    """
    context = multiprocessing.get_context("spawn")
    waiting, busy = deque(seeds), dict[Any, tuple[int, Any]]()
    heard = {"step": progress, "warn": warn}
    try:
        while waiting or busy:
            while waiting and len(busy) < jobs:
                ours, theirs = context.Pipe()
                seed = waiting.popleft()
                with deaf():
                    process = context.Process(target=_work, args=(theirs, job, seed), daemon=True)
                    process.start()
                theirs.close()
                busy[ours] = seed, process
            for pipe in list(connection.wait(list(busy))):
                _listen(pipe, busy, heard)
    finally:
        for pipe, (_, process) in busy.items():
            process.terminate()
            process.join()
            pipe.close()  # type: ignore[union-attr]


def _listen(pipe: Any, busy: dict[Any, tuple[int, Any]], heard: dict[str, Any]) -> None:
    """Take one message of a process."""
    try:
        kind, content = pipe.recv()
    except (EOFError, OSError):
        kind, content = "died", None
    if kind in heard:
        heard[kind](content)
        return
    seed, process = busy.pop(pipe)
    pipe.close()
    process.join()
    if kind == "died":
        raise OSError(
            f"the process of seed {seed} was killed or ran out of memory. Every finished "
            "checkpoint is kept: run the same command again, with fewer `--jobs`."
        )
    if isinstance(content, Exception):
        raise content


def _work(pipe: connection.Connection, job: Job, seed: int) -> None:
    """Run a seed, and end at once when nobody listens any more."""
    threading.Thread(target=_end_with, args=(pipe,), daemon=True).start()

    def tell(kind: str) -> Callable[[Any], None]:
        return lambda content: pipe.send((kind, content))

    with suppress(BrokenPipeError):
        try:
            job(seed, tell("step"), tell("warn"))
        except (ValueError, OSError) as error:
            pipe.send(("failed", error))
        except Exception:
            pipe.send(("failed", RuntimeError(traceback.format_exc())))
        else:
            pipe.send(("done", None))


def _end_with(pipe: connection.Connection) -> None:
    """End this process when the other end of its pipe is closed."""
    with suppress(OSError):
        pipe.poll(None)  # nothing is ever sent here
    os._exit(1)
