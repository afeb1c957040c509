"""The stiff engine: Rodas5P with the derived Jacobian, each trajectory with steps of its own.

The Jacobian is that of `theory.codegen.components.local_derivatives`: short local derivatives,
compiled, and chained by one loop.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np

from numerics.integration.events import Crossing
from numerics.integration.problem import Problem, Solution, failure
from theory.codegen.compiling import compiled
from theory.codegen.components import (
    FUNCTIONS,
    Components,
    component_source,
    linearisation_source,
    local_derivatives,
)

__all__ = ["StiffEngine"]

STATUS = ("finished", "fixed point", "section", "step too small", "not finite", "too many steps")
"""In the order of the constants of `numerics.integration.kernel`."""

FAILED = STATUS.index("step too small")

FAST = {"contract", "nsz", "arcp"}
"""Liberties of the compiler; that something may be infinite or NaN is not to be forgotten."""

UNROLLED = 16
"""Up to so many variables unrolled loops pay."""

CROSSINGS = 8
"""Crossings of a trajectory there is room for at first."""


class StiffEngine:
    """Integrates trajectories one after the other; any number of threads may share one.

    ``many``  whether a loop unrolled for the dimension is worth some more seconds of compilation
    """

    def __init__(self, problem: Problem, *, many: bool = False) -> None:
        from numerics.integration.kernel import run

        self.problem, self.run, self.functions = problem, run, _compiled(problem.field)
        d = problem.field.dimension
        self.size = (0,) * d if many and d <= UNROLLED else np.zeros(d)
        local = local_derivatives(problem.field)
        self.chain = (
            np.array(local.node, dtype=np.int64), np.array(local.source, dtype=np.int64),
            local.nodes,
        )  # fmt: skip
        events, rest = problem.events, problem.events.rest
        self.control = (
            problem.rtol, problem.atol, float(problem.max_steps), problem.shortest_step,
            -1.0 if rest is None else rest.tolerance,
        )  # fmt: skip
        self.sections = np.array(
            [(c, x.value, x.direction, x.terminal)
             for x, c in zip(events.sections, events.components, strict=True)], dtype=float,
        ).reshape(-1, 4)  # fmt: skip

    def solve(self, starts: np.ndarray, values: np.ndarray) -> Solution:
        """Return the trajectories from ``starts`` (batch, d), parameters ``values`` (batch, m)."""
        solution, room = Solution.empty(self.problem, starts), CROSSINGS
        batch, d = starts.shape
        ended = np.zeros(batch, dtype=np.int64)
        # copies in one layout: the loop is compiled once for every layout it meets
        starts, values = np.array(starts, order="C"), np.array(values, order="C")
        while True:
            found = np.zeros((batch, room if len(self.sections) else 0, 2 + d))
            counts = np.zeros(batch, dtype=np.int64)
            solution.y[:] = np.nan
            self.run(
                tuple(x.address for x in self.functions), starts, values, self.problem.times,
                self.control, self.sections, self.chain, self.size,
                (solution.y, solution.end, solution.end_time, ended, solution.steps, found, counts),
            )  # fmt: skip
            if counts.max(initial=0) <= room:
                break
            room = int(counts.max())
        for n, how in enumerate(ended.tolist()):
            status, time, state = STATUS[how], float(solution.end_time[n]), solution.end[n]
            rows = found[n, : counts[n]]
            if status == "section":
                rows = rows[rows[:, 1] <= time]
            solution.crossings[n] = _crossings(rows)
            solution.status[n] = status
            if how >= FAILED:
                solution.status[n], solution.message[n] = failure(status, time, state, starts[n])
        return solution


def _crossings(rows: np.ndarray) -> list[Crossing]:
    return sorted((Crossing(int(x[0]), float(x[1]), x[2:]) for x in rows), key=lambda x: x.time)


@cache
def _compiled(field: Components) -> tuple[Any, Any]:
    """Return the compiled velocity, and velocity with local derivatives; this takes seconds."""
    import numba

    signature = numba.types.void(*[numba.types.CPointer(numba.types.float64)] * 3)
    local = local_derivatives(field)
    velocity = component_source(field, "shifted", into=True)
    linearised = linearisation_source(field, local, "shifted", into=True)
    compiler = numba.cfunc(signature, error_model="numpy", fastmath=FAST)
    return (
        compiler(compiled(velocity, "field", field.name, _namespace())),
        compiler(compiled(linearised, "linearisation", field.name, _namespace())),
    )


@cache
def _namespace() -> dict[str, Any]:
    import numba

    @numba.njit(fastmath=FAST)
    def maximum(a, b):
        return a if a > b else b

    @numba.njit(error_model="numpy")
    def ratio(p, q):
        return p / q

    names: dict[str, Any] = {x: getattr(math, x) for x in (*FUNCTIONS, "pi")}
    return {**names, "maximum": maximum, "ratio": ratio}
