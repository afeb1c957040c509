"""The reference engine: SciPy's DOP853, LSODA and Radau, one trajectory at a time.

The slowest of the engines and the one the others are tested against.  Its Jacobians are finite
differences, so nothing but the velocity is shared with them.
"""

from __future__ import annotations

import warnings

import numpy as np

from numerics.integration.problem import Problem, Solution
from numerics.integration.scalar import scalar_field
from numerics.integration.walk import Walk

__all__ = ["METHODS", "ReferenceEngine"]

METHODS = {"scipy": "DOP853", "scipy-lsoda": "LSODA", "scipy-radau": "Radau"}
"""The engine names and SciPy's methods behind them."""


class ReferenceEngine:
    """Integrates one trajectory after the other by one of `METHODS`."""

    def __init__(self, problem: Problem, engine: str = "scipy") -> None:
        self.problem, self.method = problem, METHODS[engine]

    def solve(self, starts: np.ndarray, values: np.ndarray) -> Solution:
        """Return the trajectories from ``starts`` (batch, d), parameters ``values`` (batch, m)."""
        solution = Solution.empty(self.problem, starts)
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")  # what goes wrong is the status of the trajectory
            for n, start in enumerate(starts):
                if self.problem.halt[0]:
                    break
                self._walked(start, values[n].tolist()).into(solution, n)
        return solution

    def _walked(self, start: np.ndarray, p: list[float]) -> Walk:
        from scipy import integrate

        problem, velocity = self.problem, scalar_field(self.problem.field)
        walk = Walk(problem, start, lambda y: velocity(y, p))
        if walk.over:
            return walk
        solver = getattr(integrate, self.method)(
            lambda _, y: velocity(y, p), problem.times[0], start, problem.times[-1],
            rtol=problem.rtol, atol=problem.atol,
        )  # fmt: skip
        while not walk.over and not problem.halt[0]:
            try:
                solver.step()
            except (ValueError, ArithmeticError):  # its linear algebra refuses infinite entries
                walk.fail("not finite")
                break
            if solver.status == "failed":
                walk.fail("step too small")
            else:
                walk.step(solver.dense_output(), float(solver.t), solver.y)
        return walk
