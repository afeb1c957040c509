"""The engines that `integrate` can take, behind one small protocol.

explicit, stiff    `numerics.integration.compiled`, a folder of its own
heyoka, torch, scipy, scipy-lsoda, scipy-radau      `numerics.integration.units`
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Protocol

import numpy as np

from numerics.integration.problem import Problem, Solution

__all__ = ["COMPILED", "ENGINES", "Engine", "engine_named", "threads_here"]

ENGINES = (
    "auto", "explicit", "stiff", "heyoka", "torch", "scipy", "scipy-lsoda", "scipy-radau"
)  # fmt: skip
"""The names that `integrate` takes for its engine."""

COMPILED = ("explicit", "stiff")
"""Engines whose loop is compiled on each machine once."""


class Engine(Protocol):
    """Integrates any number of trajectories; nothing depends on the number of threads."""

    def is_ready(self) -> bool:
        """Whether nothing has to be compiled on this machine first, but for the system itself."""
        ...

    def drive(
        self, problem: Problem, starts: np.ndarray, values: np.ndarray, into: Solution,
        threads: int,
    ) -> Iterator[slice]:  # fmt: skip
        """Integrate into a solution with room; yield which trajectories are finished, in order.

        ``starts``  (batch, d)
        ``values``  parameters, (batch, m)

        Once the iterator is closed or raises, its threads have ended.
        """
        ...


def engine_named(name: str, device: str = "cpu") -> Engine:
    """Return an engine by its name, one of `ENGINES` other than "auto".

    ``device``  where torch computes
    """
    if name in COMPILED:
        from numerics.integration.compiled import CompiledEngine

        return CompiledEngine(stiff=name == "stiff")
    from numerics.integration.units import EngineInUnits

    return EngineInUnits(name, device)


def threads_here() -> int:
    """Return the number of processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
