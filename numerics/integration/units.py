"""Engines that take a unit of some hundred trajectories at a time: SciPy, heyoka, torch.

Each thread takes the next unit, and a unit always holds the same trajectories.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np

from numerics.integration.problem import Problem, Solution

__all__ = ["EngineInUnits"]

UNITS = {"heyoka": 512, "torch": 1 << 17}
"""Trajectories a call of an engine; SciPy takes 16."""

MANY = 16_384
"""From so many trajectories on, units are four times as large: less is done between them."""

OWN = ("heyoka",)
"""Engines that work outside the interpreter's lock, one for every thread."""

Solve = Callable[[np.ndarray, np.ndarray], Solution]


@dataclass(frozen=True)
class EngineInUnits:
    """One of "heyoka", "torch", "scipy", "scipy-lsoda", "scipy-radau"; see `Engine`.

    ``device``  where torch computes
    """

    name: str
    device: str = "cpu"

    def is_ready(self) -> bool:
        """Return True: whatever these compile belongs to one system."""
        return True

    def drive(
        self, problem: Problem, starts: np.ndarray, values: np.ndarray, into: Solution,
        threads: int,
    ) -> Iterator[slice]:  # fmt: skip
        """Let every thread take the next unit; see `Engine`."""
        problem = replace(problem, halt=np.zeros(1, dtype=np.int64))
        local, of_its_own = threading.local(), self.name in OWN
        first = self._solver(problem, values)  # before there are threads: compiled once

        def work(rows: slice) -> Solution | None:
            if problem.halt[0]:
                return None
            if not hasattr(local, "solve"):
                local.solve = self._solver(problem, values) if of_its_own else first
            return local.solve(starts[rows], values[rows])

        unit = UNITS.get(self.name, 16) * (4 if len(starts) >= MANY else 1)
        with ThreadPoolExecutor(threads if of_its_own else 1) as pool:
            waiting: deque[tuple[slice, Future]] = deque()
            try:
                for rows in _slices(len(starts), unit):
                    waiting.append((rows, pool.submit(work, rows)))
                    if len(waiting) > 4 * threads:  # bounded memory: results are taken in order
                        yield _put(into, *waiting.popleft())
                while waiting:
                    yield _put(into, *waiting.popleft())
            finally:
                problem.halt[0] = 1  # the pool waits for its threads, an interrupt not long

    def _solver(self, problem: Problem, values: np.ndarray) -> Solve:
        """Return what integrates a unit."""
        if self.name == "torch":
            from numerics.integration.batched import TorchEngine

            return TorchEngine(problem, self.device).solve
        if self.name == "heyoka":
            return _by_taylor_series(problem, values)
        from numerics.integration.reference import ReferenceEngine

        return ReferenceEngine(problem, self.name).solve


def _by_taylor_series(problem: Problem, values: np.ndarray) -> Solve:
    """Return what integrates a unit by heyoka; what it cannot do goes to another engine."""
    from numerics.integration.taylor import TaylorEngine

    taylor = TaylorEngine(problem, values)

    def solve(starts: np.ndarray, values: np.ndarray) -> Solution:
        solution, again = taylor.solve(starts, values)
        if len(again):
            solution.put(again, _other(problem, len(again))(starts[again], values[again]))
        return solution

    return solve


def _other(problem: Problem, count: int) -> Solve:
    """Return the engine for lost trajectories: few are not worth compiling for."""
    if count <= 16:
        from numerics.integration.reference import ReferenceEngine

        return ReferenceEngine(problem).solve
    from numerics.integration.compiled.engine import LaneEngine

    return LaneEngine(problem, stiff=False).solve


def _slices(count: int, size: int) -> Iterator[slice]:
    return (slice(n, min(n + size, count)) for n in range(0, count, size))


def _put(into: Solution, rows: slice, solved: Future) -> slice:
    into.put(rows, solved.result())
    return rows
