"""Driving an engine over any number of trajectories: pieces, threads, what one engine passes on.

The threads of `explicit` and `stiff` take one trajectory after the other from one queue.  For other
engines work is cut into units of some hundred trajectories; each thread takes the next unit.
Nothing depends on the number of threads, not even the last bit.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import replace

import numpy as np

from numerics.integration.problem import Problem, Solution

__all__ = ["ENGINES", "driven", "threads_here"]

ENGINES = (
    "auto", "explicit", "stiff", "heyoka", "torch", "scipy", "scipy-lsoda", "scipy-radau"
)  # fmt: skip
"""The names that `integrate` takes for its engine."""

SHARED = ("explicit", "stiff")
"""Engines whose threads share a queue."""

UNITS = {"heyoka": 512, "torch": 1 << 17}
"""Trajectories a call of an engine; SciPy takes 16."""

MANY = 16_384
"""From so many trajectories on, units are four times as large: less is done between them."""

PATIENCE = 0.1
"""Seconds between two looks at what the threads of a shared queue have finished."""

Solve = Callable[[np.ndarray, np.ndarray], Solution]


def threads_here() -> int:
    """Return the number of processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def driven(
    engine: str,
    problem: Problem,
    starts: np.ndarray,
    values: np.ndarray,
    threads: int,
    into: Solution,
    device: str = "cpu",
) -> Iterator[slice]:
    """Integrate trajectories into a solution with room; yield which are finished, in order.

    ``values``  parameters, (batch, m)
    """
    problem = replace(problem, halt=np.zeros(1, dtype=np.int64))
    drive = _shared if engine in SHARED else _in_units
    return drive(engine, problem, starts, values, threads, into, device)


def _shared(
    engine: str, problem: Problem, starts: np.ndarray, values: np.ndarray, threads: int,
    into: Solution, device: str,
) -> Iterator[slice]:  # fmt: skip
    """Let every thread work on the same run."""
    from numerics.integration.lane_engine import LaneEngine, LaneRun

    run = LaneRun(LaneEngine(problem, stiff=engine == "stiff"), starts, values, into)
    with ThreadPoolExecutor(threads) as pool:
        try:
            working = {pool.submit(run.work) for _ in range(threads)}
            first = 0
            while first < len(starts):
                returned, working = wait(working, PATIENCE)
                for x in returned:
                    x.result()
                rows = run.finished(first)
                if rows.stop > first:
                    run.conclude(rows)
                    yield rows
                    first = rows.stop
        finally:
            problem.halt[0] = 1  # the pool waits for its threads; an interrupt shall not wait long


def _in_units(
    engine: str, problem: Problem, starts: np.ndarray, values: np.ndarray, threads: int,
    into: Solution, device: str,
) -> Iterator[slice]:  # fmt: skip
    """Let every thread take the next unit; a unit always holds the same trajectories."""
    local = threading.local()
    first = _solver(engine, problem, values, device)  # before there are threads: compiled once

    def work(rows: slice) -> Solution | None:
        if problem.halt[0]:
            return None
        if not hasattr(local, "solve"):
            local.solve = _solver(engine, problem, values, device) if engine in OWN else first
        return local.solve(starts[rows], values[rows])

    unit = UNITS.get(engine, 16) * (4 if len(starts) >= MANY else 1)
    with ThreadPoolExecutor(threads if engine in OWN else 1) as pool:
        waiting: deque[tuple[slice, Future]] = deque()
        try:
            for rows in _slices(len(starts), unit):
                waiting.append((rows, pool.submit(work, rows)))
                if len(waiting) > 4 * threads:  # bounded memory: results are taken in order
                    yield _put(into, *waiting.popleft())
            while waiting:
                yield _put(into, *waiting.popleft())
        finally:
            problem.halt[0] = 1  # the pool waits for its threads; an interrupt shall not wait long


def _slices(count: int, size: int) -> Iterator[slice]:
    return (slice(n, min(n + size, count)) for n in range(0, count, size))


def _put(into: Solution, rows: slice, solved: Future) -> slice:
    into.put(rows, solved.result())
    return rows


OWN = ("heyoka",)
"""Engines that work outside the interpreter's lock, one for every thread."""


def _solver(engine: str, problem: Problem, values: np.ndarray, device: str) -> Solve:
    """Return what integrates a unit; trajectories that one engine cannot do go to the next."""
    if engine.startswith("scipy"):
        from numerics.integration.reference import ReferenceEngine

        return ReferenceEngine(problem, engine).solve
    if engine == "torch":
        from numerics.integration.batched import TorchEngine

        return TorchEngine(problem, device).solve
    if engine in SHARED:
        from numerics.integration.lane_engine import LaneEngine

        return LaneEngine(problem, stiff=engine == "stiff").solve
    from numerics.integration.taylor import TaylorEngine

    taylor = TaylorEngine(problem, values)

    def solve(starts: np.ndarray, values: np.ndarray) -> Solution:
        solution, again = taylor.solve(starts, values)
        if len(again):
            # few trajectories are not worth compiling for
            other = "scipy" if len(again) <= 16 else "explicit"
            solution.put(
                again, _solver(other, problem, values, device)(starts[again], values[again])
            )
        return solution

    return solve
