"""What an engine is asked, and what it answers, for a handful of trajectories at a time."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np

from numerics.integration.events import Crossing, Events
from theory.codegen.components import Components, batch_values

__all__ = [
    "BLOW_UP",
    "PACE",
    "TWICE",
    "Pace",
    "Problem",
    "Solution",
    "end_at_rest",
    "failure",
    "large",
]

BLOW_UP = 1e8
"""A failed trajectory whose state grew by this factor over 1 + its start has blown up."""

MAX_STEPS = 1_000_000
"""Steps a trajectory may take before it is given up; see also `Pace`."""

PACE, TWICE = 10_000, 2.0
"""Steps between two looks at how far they lead; how much faster it may yet become."""

LONGEST = 16
"""Letters that the word for the end of a trajectory may have."""


@dataclass(frozen=True)
class Problem:
    """dy/dt = field(y; values) from times[0] on, for any number of starts.

    ``times``  increasing output times (n_t,), the first that of the starts
    ``halt``   (1,), looked at before every step: once it is not 0, engines return at once, and what
               they return is not to be used
    ``direction``  -1 where these are a reversed field and the negated times of a run backward
    """

    field: Components
    times: np.ndarray
    rtol: float
    atol: float
    events: Events
    max_steps: int = MAX_STEPS
    halt: np.ndarray = dataclasses.field(default_factory=lambda: np.zeros(1, dtype=np.int64))
    direction: int = 1

    @property
    def shortest_step(self) -> float:
        """Steps below this do not move the time any more."""
        return 16 * np.finfo(float).eps * float(np.abs(self.times).max())


class Pace:
    """Gives a trajectory up once its steps do not lead to the end.

    Every `PACE` steps: they covered no more of the time than as many before them, and the budget
    would not suffice at twice that pace.  A trajectory that gets faster, as one does that is stiff
    at its start, goes on.
    """

    def __init__(self, first: float) -> None:
        self.mark, self.before = first, 0.0

    def is_hopeless(self, problem: Problem, time: float, steps: int) -> bool:
        """Return whether to give up after so many steps."""
        if steps % PACE:
            return False
        covered, before = time - self.mark, self.before
        self.mark, self.before = time, covered
        left, needed = problem.max_steps - steps, float(problem.times[-1]) - time
        return covered <= before and TWICE * covered * left < PACE * needed


@dataclass
class Solution:
    """States at the output times; NaN after the end of a trajectory.

    ``y``          (batch, n_t, d)
    ``status``     (batch,) of "finished", "fixed point", "section", or why it failed
    ``end_time``   (batch,) the time of ``end``: the last time reached
    ``end``        (batch, d) the last state reached
    ``message``    (batch,) words for a failure, empty else
    ``crossings``  where a trajectory crossed the sections, by its number, for those that did
    ``steps``      (batch,) accepted steps
    """

    y: np.ndarray
    status: np.ndarray
    end_time: np.ndarray
    end: np.ndarray
    message: np.ndarray
    steps: np.ndarray
    crossings: dict[int, list[Crossing]]

    @classmethod
    def room(cls, problem: Problem, batch: int) -> Solution:
        """Return room for trajectories, all of which will be put."""
        d = problem.field.dimension
        return cls(
            y=np.empty((batch, len(problem.times), d)),
            status=np.full(batch, "finished", dtype=f"<U{LONGEST}"),
            end_time=np.empty(batch),
            end=np.empty((batch, d)),
            message=np.full(batch, "", dtype=object),
            steps=np.zeros(batch, dtype=int),
            crossings={},
        )

    @classmethod
    def empty(cls, problem: Problem, starts: np.ndarray) -> Solution:
        """Return trajectories that never left their starts, for an engine to fill."""
        solution = cls.room(problem, len(starts))
        solution.y.fill(np.nan)
        solution.end_time.fill(problem.times[0])
        solution.end[:] = starts
        return solution

    def part(self, rows: slice) -> Solution:
        """Return successive trajectories, whose arrays are views; crossings are not taken along."""
        return Solution(
            self.y[rows], self.status[rows], self.end_time[rows], self.end[rows],
            self.message[rows], self.steps[rows], {},
        )  # fmt: skip

    def put(self, rows: slice | np.ndarray, other: Solution) -> None:
        """Replace the trajectories ``rows`` by those of ``other``."""
        self.y[rows], self.end_time[rows], self.end[rows] = other.y, other.end_time, other.end
        self.steps[rows] = other.steps
        self.status[rows], self.message[rows] = other.status, other.message
        numbers = range(rows.start, rows.stop) if isinstance(rows, slice) else rows.tolist()
        for n in numbers if self.crossings else ():
            self.crossings.pop(n, None)
        self.crossings |= {numbers[n]: x for n, x in other.crossings.items()}


def end_at_rest(problem: Problem, solution: Solution, values: np.ndarray) -> None:
    """End trajectories at the first output time where they rest, if the problem asks for that.

    For engines that do not look while they integrate: a resting trajectory takes long steps.
    """
    rest = problem.events.rest
    if rest is None:
        return
    velocity = batch_values(problem.field)
    alive = np.ones(len(solution.y), dtype=bool)
    for n, time in enumerate(problem.times):
        y = solution.y[:, n]
        with np.errstate(invalid="ignore"):
            now = alive & rest.reached(y, velocity(y, values))
        for row in np.flatnonzero(now).tolist():
            solution.status[row], solution.message[row] = "fixed point", ""
            if row in solution.crossings:
                solution.crossings[row] = [x for x in solution.crossings[row] if x.time <= time]
        solution.end[now], solution.end_time[now] = y[now], time
        solution.y[now, n + 1 :] = np.nan
        alive &= ~now


def large(state: np.ndarray, start: np.ndarray) -> bool:
    """Whether a state has left every scale of its start: see `BLOW_UP`."""
    return bool(np.abs(state).max() > BLOW_UP * (1 + np.abs(start).max()))


def failure(
    problem: Problem, reason: str, time: float, state: np.ndarray, start: np.ndarray
) -> tuple[str, str]:
    """Return status and message of a trajectory that stopped at a finite ``state``.

    ``reason`` is "step too small", "not finite" or "too many steps"; the first two at a state that
    has left every scale are a blow-up.
    """
    size, time = float(np.abs(state).max()), problem.direction * time
    if reason != "too many steps" and large(state, start):
        return "blow-up", f"grew to {size:.1e} by t = {time:.6g}, then {_words(reason)}"
    return reason, f"{_words(reason)} at t = {time:.6g}, where the largest entry is {size:.3g}"


def _words(reason: str) -> str:
    return {
        "step too small": "no step above rounding met the tolerance",
        "not finite": "the velocity was not a finite number",
        "too many steps": "the budget of steps does not reach the end; given up",
    }[reason]
