"""Driving an engine over any number of trajectories: pieces, threads, what one engine passes on.

Work is cut into units of a few hundred trajectories; each thread has an engine of its own and takes
the next unit.  Nothing depends on the number of threads, not even the last bit: a unit always holds
the same trajectories.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace

import numpy as np

from numerics.integration.problem import Problem, Solution

__all__ = ["ENGINES", "driven", "threads_here"]

ENGINES = (
    "auto", "explicit", "stiff", "heyoka", "torch", "scipy", "scipy-lsoda", "scipy-radau"
)  # fmt: skip
"""The names that `integrate` takes for its engine."""

UNITS = {"explicit": 512, "stiff": 512, "heyoka": 512, "torch": 1 << 17}
"""Trajectories a call of an engine; SciPy takes 16."""

MANY = 16_384
"""From so many trajectories on, units are four times as large: less is done between them."""

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
    device: str = "cpu",
) -> Iterator[tuple[slice, Solution]]:
    """Yield the solutions of successive trajectories, in order.

    ``values``  parameters, (batch, m)
    """
    local = threading.local()
    problem = replace(problem, halt=np.zeros(1, dtype=np.int64))

    first = _solver(engine, problem, values, device)  # before there are threads: compiled once

    def work(rows: slice) -> Solution | None:
        if problem.halt[0]:
            return None
        if not hasattr(local, "solve"):
            local.solve = _solver(engine, problem, values, device) if engine in OWN else first
        return local.solve(starts[rows], values[rows])

    unit = UNITS.get(engine, 16) * (4 if len(starts) >= MANY else 1)
    units = (slice(n, min(n + unit, len(starts))) for n in range(0, len(starts), unit))
    with ThreadPoolExecutor(threads if engine in THREADED else 1) as pool:
        waiting: deque[tuple[slice, Future]] = deque()
        try:
            for rows in units:
                waiting.append((rows, pool.submit(work, rows)))
                if len(waiting) > 4 * threads:  # bounded memory: results are taken in order
                    yield waiting[0][0], waiting.popleft()[1].result()
            while waiting:
                yield waiting[0][0], waiting.popleft()[1].result()
        finally:
            problem.halt[0] = 1  # an interrupt does not wait for units that are under way


THREADED = ("explicit", "stiff", "heyoka")
"""Engines that work outside the interpreter's lock."""

OWN = ("heyoka",)
"""Engines of which every thread needs one of its own."""


def _solver(engine: str, problem: Problem, values: np.ndarray, device: str) -> Solve:
    """Return what integrates a unit; trajectories that one engine cannot do go to the next."""
    if engine.startswith("scipy"):
        from numerics.integration.reference import ReferenceEngine

        return ReferenceEngine(problem, engine).solve
    if engine == "torch":
        from numerics.integration.batched import TorchEngine

        return TorchEngine(problem, device).solve
    if engine in ("explicit", "stiff"):
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
