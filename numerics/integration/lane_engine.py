"""The engines `explicit` and `stiff`: several trajectories at once, each with steps of its own.

    explicit   Dormand-Prince of order 8
    stiff      Rodas5P, of order 5, with the derived Jacobian

The Jacobian is that of `theory.codegen.components.local_derivatives`: short local derivatives,
which are chained in the compiled code of a small system, and by one loop for a large one.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from numerics.integration.events import Crossing
from numerics.integration.problem import Problem, Solution, end_at_rest, failure
from numerics.integration.vector_code import VectorCode, chained_products
from theory.codegen.components import Components, local_derivatives

__all__ = ["LaneEngine"]

STATUS = np.array(["finished", "section", "step too small", "not finite", "too many steps"])
"""In the order of the constants of `numerics.integration.kernel`."""

SECTION, FAILED = 1, 2  # the place of the first failure

UNROLLED = 4_000
"""Up to so many products the chain is written out: more would compile for longer than they save."""

CROSSINGS = 8
"""Crossings of a trajectory there is room for at first."""

Chain = tuple[np.ndarray, np.ndarray, int]


class LaneEngine:
    """Integrates trajectories `LANES` at once; any number of threads may share one."""

    def __init__(self, problem: Problem, *, stiff: bool) -> None:
        self.problem, self.run = problem, _loop(stiff)
        self.code, self.chain = _compiled(problem.field, stiff)
        self.control = (
            problem.rtol, problem.atol, float(problem.max_steps), problem.shortest_step
        )  # fmt: skip
        events = problem.events
        self.sections = np.array(
            [(c, x.value, x.direction, x.terminal)
             for x, c in zip(events.sections, events.components, strict=True)], dtype=float,
        ).reshape(-1, 4)  # fmt: skip

    def solve(self, starts: np.ndarray, values: np.ndarray) -> Solution:
        """Return the trajectories from ``starts`` (batch, d), parameters ``values`` (batch, m)."""
        batch, d = starts.shape
        room = CROSSINGS
        ended = np.zeros(batch, dtype=np.int64)
        # copies in one layout: the loop is compiled once for every layout it meets
        starts, values = np.array(starts, order="C"), np.array(values, order="C")
        while True:
            solution = Solution.empty(self.problem, starts)
            found = np.zeros((batch, room if len(self.sections) else 0, 2 + d))
            counts = np.zeros(batch, dtype=np.int64)
            self.run((
                tuple(x.address for x in self.code), starts, values, self.problem.times,
                self.control, self.sections, self.chain, self.problem.halt,
                (solution.y, solution.end, solution.end_time, ended, solution.steps, found, counts),
            ))  # fmt: skip
            if counts.max(initial=0) <= room:
                break
            room = int(counts.max())
        solution.status[:] = STATUS[ended]
        for n in np.flatnonzero(counts).tolist():
            rows, stops = found[n, : counts[n]], ended[n] == SECTION
            solution.crossings[n] = _crossings(
                rows[rows[:, 1] <= solution.end_time[n]] if stops else rows
            )
        for n in np.flatnonzero(ended >= FAILED):
            solution.status[n], solution.message[n] = failure(
                solution.status[n], float(solution.end_time[n]), solution.end[n], starts[n]
            )
        end_at_rest(self.problem, solution, values)
        return solution


@cache
def _loop(stiff: bool) -> Any:
    """Return the loop of a method, with a stamp of all that it is compiled from."""
    from numerics.integration import (
        compiling,
        dormand_prince,
        kernel,
        lanes,
        rodas5p,
        rosenbrock,
        vector_code,
    )

    shared = compiling, kernel, lanes, vector_code
    if stiff:
        return rosenbrock.stiff_loop(compiling.stamp_of((*shared, rodas5p, rosenbrock)))
    return dormand_prince.explicit_loop(compiling.stamp_of((*shared, dormand_prince)))


def _crossings(rows: np.ndarray) -> list[Crossing]:
    return sorted((Crossing(int(x[0]), float(x[1]), x[2:]) for x in rows), key=lambda x: x.time)


@cache
def _compiled(field: Components, stiff: bool) -> tuple[tuple[VectorCode, ...], Chain]:
    """Return the velocity with its Jacobian or local derivatives, and how to chain these."""
    velocity, none = VectorCode(field, field.stages, field.outputs), np.zeros(0, dtype=np.int64)
    if not stiff:
        return (velocity, velocity), (none, none, 0)
    local = local_derivatives(field)
    if chained_products(field, local) <= UNROLLED:
        return (velocity, VectorCode(field, local.stages, chain=local)), (none, none, 0)
    chain = np.array(local.node), np.array(local.source), local.nodes
    return (velocity, VectorCode(field, local.stages, local.partials)), chain
