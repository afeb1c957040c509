"""One trajectory on its way through the steps of an engine: output, events, how it ended."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from numerics.integration.events import Crossing
from numerics.integration.problem import Pace, Problem, Solution, failure

__all__ = ["Walk"]

Dense = Callable[[float], np.ndarray]
Velocity = Callable[[np.ndarray], np.ndarray]


class Walk:
    """Collects one trajectory step by step; ``over`` once it has ended."""

    def __init__(self, problem: Problem, start: np.ndarray, velocity: Velocity) -> None:
        self.problem, self.start, self.velocity = problem, start, velocity
        self.y = np.full((len(problem.times), len(start)), np.nan)
        self.time, self.state = float(problem.times[0]), np.array(start)
        self.done = self.steps = 0
        self.pace = Pace(self.time)
        self.crossings: list[Crossing] = []
        self.over, self.status, self.message = False, "finished", ""
        if np.isfinite(velocity(self.state)).all():
            self._output(lambda _: self.start, self.time)
        else:
            self.fail("not finite")

    def step(self, dense: Dense, after: float, state: np.ndarray) -> None:
        """Take one step to time ``after``, in which ``dense`` gives the state at any time."""
        self.steps += 1
        if not np.isfinite(state).all():
            return self.fail("not finite")
        if after - self.time < self.problem.shortest_step and after < self.problem.times[-1]:
            return self.fail("step too small")
        found, ends = self.problem.events.crossings(dense, self.time, after)
        self.crossings += found
        self._output(lambda t: state if t == after else dense(t), found[-1].time if ends else after)
        if self.over:
            return None
        self.time, self.state = (found[-1].time, found[-1].state) if ends else (after, state.copy())
        if ends:
            self.over, self.status = True, "section"
        elif self.done == len(self.problem.times):
            self.over = True
        elif self.steps >= self.problem.max_steps or self.pace.is_hopeless(
            self.problem, self.time, self.steps
        ):
            self.fail("too many steps")
        return None

    def fail(self, reason: str) -> None:
        """End here, for a reason known to `failure`."""
        self.over = True
        self.status, self.message = failure(self.problem, reason, self.time, self.state, self.start)

    def into(self, solution: Solution, n: int) -> None:
        """Store the trajectory as number ``n``."""
        solution.y[n], solution.steps[n] = self.y, self.steps
        if self.crossings:
            solution.crossings[n] = self.crossings
        solution.end_time[n], solution.end[n] = self.time, self.state
        solution.status[n], solution.message[n] = self.status, self.message

    def _output(self, dense: Dense, limit: float) -> None:
        """Store the states at output times up to ``limit``, or up to one that rests."""
        rest = self.problem.events.rest
        while self.done < len(self.problem.times) and self.problem.times[self.done] <= limit:
            time = float(self.problem.times[self.done])
            y = self.y[self.done] = dense(time)
            self.done += 1
            if rest is not None and rest.reached(y, self.velocity(y)):
                self.time, self.state = time, y.copy()
                self.over, self.status = True, "fixed point"
                return
