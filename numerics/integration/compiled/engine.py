"""The engines `explicit` and `stiff`: several trajectories at once, each with steps of its own.

    explicit   Dormand-Prince of order 8
    stiff      Rodas5P, of order 5, with the derived Jacobian

The Jacobian is that of `theory.codegen.components.local_derivatives`: short local derivatives,
which are chained in the compiled code of a small system, and by one loop for a large one.

Imported where an engine starts, since it imports numba.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np

from numerics.integration.compiled.compiling import is_kept
from numerics.integration.compiled.kernel import MOVING, SECTION, TOO_SMALL
from numerics.integration.compiled.vector_code import VectorCode, chained_products
from numerics.integration.events import Crossing
from numerics.integration.problem import Problem, Solution, end_at_rest, failure
from theory.codegen.components import Components, local_derivatives

__all__ = ["CompiledEngine", "LaneEngine", "LaneRun"]

STATUS = np.array(["finished", "section", "step too small", "not finite", "too many steps"])
"""In the order of the constants of `numerics.integration.compiled.kernel`."""

UNROLLED = 4_000
"""Up to so many products the chain is written out: more would compile for longer than they save."""

CROSSINGS = 8
"""Crossings of a trajectory there is room for at first."""

PATIENCE = 0.1
"""Seconds between two looks at what the threads have finished."""

Chain = tuple[np.ndarray, np.ndarray, int]


@dataclass(frozen=True)
class CompiledEngine:
    """The engine `explicit` or `stiff`, whose threads take trajectories from one queue."""

    stiff: bool

    @property
    def name(self) -> str:
        """Its name."""
        return "stiff" if self.stiff else "explicit"

    def is_ready(self) -> bool:
        """Whether this machine has compiled the loop before."""
        return is_kept(_loop(self.stiff), _arguments_of_nothing())

    def drive(
        self, problem: Problem, starts: np.ndarray, values: np.ndarray, into: Solution,
        threads: int,
    ) -> Iterator[slice]:  # fmt: skip
        """Let every thread work on the same run; see `Engine`.

        Where the loop has to be compiled first, a warning of the logger says so.
        """
        problem = replace(problem, halt=np.zeros(1, dtype=np.int64))
        run = LaneRun(LaneEngine(problem, stiff=self.stiff), starts, values, into)
        if not self.is_ready():
            logging.getLogger(__name__).warning(
                "compiling the engine `%s` for this machine, which takes some 20 s once", self.name
            )
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
                problem.halt[0] = 1  # the pool waits for its threads, an interrupt not long


class LaneEngine:
    """Integrates trajectories `LANES` at once."""

    def __init__(self, problem: Problem, *, stiff: bool) -> None:
        self.problem, self.loop = problem, _loop(stiff)
        self.code, self.chain = _compiled(problem.field, stiff)
        self.control = (
            problem.rtol, problem.atol, float(problem.max_steps), problem.shortest_step
        )  # fmt: skip
        events = problem.events
        self.sections = np.array(
            [(c, x.value, x.direction, x.terminal)
             for x, c in zip(events.sections, events.components, strict=True)], dtype=float,
        ).reshape(-1, 4)  # fmt: skip

    def solve(self, starts: np.ndarray, values: np.ndarray, room: int = CROSSINGS) -> Solution:
        """Return the trajectories from ``starts`` (batch, d), parameters ``values`` (batch, m)."""
        solution = Solution.room(self.problem, len(starts))
        run = LaneRun(self, starts, values, solution, room)
        run.work()
        run.conclude(slice(0, len(starts)))
        return solution


class LaneRun:
    """Trajectories that any number of threads integrate together, into ``solution``."""

    def __init__(
        self, engine: LaneEngine, starts: np.ndarray, values: np.ndarray, solution: Solution,
        room: int = CROSSINGS,
    ) -> None:  # fmt: skip
        self.engine, self.solution, self.values = engine, solution, values
        batch, d = starts.shape
        # in one layout: the loop is compiled once for every layout it meets
        self.starts = np.array(starts, order="C")
        shown_to_all = values.strides[0] == 0
        self.rows_of_values = np.array(values[:1] if shown_to_all else values, order="C")
        self.queue, self.ended = np.zeros(1, dtype=np.int64), np.full(batch, MOVING)
        self.counts = np.zeros(batch, dtype=np.int64)
        self.found = np.zeros((batch, room if len(engine.sections) else 0, 2 + d))

    def work(self) -> None:
        """Integrate trajectories until none waits, beside any other thread that does so."""
        engine, into = self.engine, self.solution
        engine.loop((
            tuple(x.address for x in engine.code), self.starts, self.rows_of_values,
            engine.problem.times, engine.control, engine.sections, engine.chain,
            (engine.problem.halt, self.queue),
            (into.y, into.end, into.end_time, self.ended, into.steps, self.found, self.counts),
        ))  # fmt: skip

    def finished(self, first: int) -> slice:
        """Return the successive trajectories from ``first`` on that have ended."""
        moving = np.flatnonzero(self.ended[first:] == MOVING)
        return slice(first, first + int(moving[0]) if len(moving) else len(self.ended))

    def conclude(self, rows: slice) -> None:
        """Say how finished trajectories ended."""
        part, ended, counts = self.solution.part(rows), self.ended[rows], self.counts[rows]
        part.status[:] = STATUS[ended]
        for n in np.flatnonzero(counts).tolist():
            found = self.found[rows.start + n, : counts[n]]
            stops = ended[n] == SECTION
            part.crossings[n] = _crossings(
                found[found[:, 1] <= part.end_time[n]] if stops else found
            )
        for n in np.flatnonzero(ended >= TOO_SMALL).tolist():
            part.status[n], part.message[n] = failure(
                self.engine.problem, part.status[n], float(part.end_time[n]), part.end[n],
                self.starts[rows.start + n],
            )  # fmt: skip
        end_at_rest(self.engine.problem, part, self.values[rows])
        again = np.flatnonzero(counts > self.found.shape[1])
        if len(self.engine.sections) and len(again):  # there was no room for all crossings
            at, room = rows.start + again, int(counts.max())
            part.put(again, self.engine.solve(self.starts[at], self.values[at], room))
        self.solution.crossings |= {rows.start + n: x for n, x in part.crossings.items()}


@cache
def _loop(stiff: bool) -> Any:
    """Return the loop of a method, with a stamp of all that it is compiled from."""
    from numerics.integration.compiled import (
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


def _arguments_of_nothing() -> tuple[Any, ...]:
    """Return arguments of the loop, of the types that it always has, without a trajectory."""
    flat, square, cube = (np.zeros((0,) * n) for n in (1, 2, 3))
    numbers = np.zeros(0, dtype=np.int64)
    return (
        (0, 0), square, square, flat, (0.0, 0.0, 0.0, 0.0), square, (numbers, numbers, 0),
        (numbers, numbers), (cube, square, flat, numbers, numbers, cube, numbers),
    )  # fmt: skip


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
