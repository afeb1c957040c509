"""The Taylor engine: heyoka, compiled by LLVM, several trajectories in one SIMD batch.

Each stage of the program becomes one expression node, so nothing is expanded.  Two facts make a
softmax safe there: for two entries it is a logistic function of the difference; for more, the
largest exponent is found with relu and subtracted, and although relu has a kink, a softmax does not
depend on what is subtracted, so the Taylor series of whichever branch holds at the start of a step
is the right one.

An explicit Taylor step can jump over a pole, and one lost trajectory stops its whole batch.  Both
show in the outcome, and the caller then does these trajectories again by another engine.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache, reduce
from typing import Any

import numpy as np
import sympy as sp

from numerics.integration.problem import BLOW_UP, Problem, Solution, end_at_rest
from numerics.integration.walk import Walk
from theory.codegen.components import FUNCTIONS, Assign, Components, Softmax, batch_values

__all__ = ["TaylorEngine", "heyoka_system"]

COMPACT = 24
"""Systems with more variables are compiled in compact mode: seconds instead of minutes."""

SEGMENTS = 16
"""A run that looks for fixed points stops at the next of this many stages of the output times."""

SHORTEST = 1e-11
"""A step shorter than this part of the whole run is a sign of a pole."""

TIGHTEST = 1e-15
"""The order of the Taylor series follows from the tolerance, so it needs a bound."""

Constants = tuple[float | None, ...]


class TaylorEngine:
    """Integrates batches; one object a thread, since it holds the integrator's memory."""

    def __init__(self, problem: Problem, values: np.ndarray) -> None:
        self.problem = problem
        self.ta = copy.deepcopy(_compiled(problem.field, problem.rtol, constants(values)))
        self.velocity = batch_values(problem.field)

    def solve(self, starts: np.ndarray, values: np.ndarray) -> tuple[Solution, np.ndarray]:
        """Return the trajectories, and the numbers of those that another engine must do again."""
        solution = Solution.empty(self.problem, starts)
        trusted = np.zeros(len(starts), dtype=bool)
        for first in range(0, len(starts), self.ta.batch_size):
            if self.problem.halt[0]:
                break
            rows = slice(first, min(first + self.ta.batch_size, len(starts)))
            self._start(starts[rows], values[rows])
            work = self._stepped if self.problem.events.sections else self._propagated
            trusted[rows] = work(solution, rows, values[rows])
        end_at_rest(self.problem, solution, values)
        return solution, np.flatnonzero(~trusted)

    def _start(self, starts: np.ndarray, values: np.ndarray) -> None:
        """Load a batch; the last start stands in for missing ones."""
        lanes = np.minimum(np.arange(self.ta.batch_size), len(starts) - 1)
        self.ta.set_time(self.problem.times[0])
        self.ta.state[:] = starts[lanes].T
        self.ta.pars[:] = values[lanes].T[: len(self.ta.pars)]  # heyoka keeps those it uses

    def _propagated(self, solution: Solution, rows: slice, values: np.ndarray) -> np.ndarray:
        """Integrate a batch by heyoka's own loop; return which trajectories can be trusted."""
        ta, times, rest = self.ta, self.problem.times, self.problem.events.rest
        y, starts = solution.y[rows], solution.end[rows].copy()
        y[:, 0] = starts
        trusted, last = np.ones(len(y), dtype=bool), 0
        for first, last in _pieces(len(times), SEGMENTS if rest else 1):
            grid = np.repeat(times[first : last + 1, None], ta.batch_size, axis=1)
            ta.set_time(times[first])  # a piece may end one rounding away from its last time
            if len(grid) == 2:
                ta.propagate_until(grid[1], max_steps=self.problem.max_steps)
                y[:, last] = ta.state.T[: len(y)]
            else:
                found = ta.propagate_grid(grid, max_steps=self.problem.max_steps)[1]
                y[:, first + 1 : last + 1] = found[1:].transpose(2, 0, 1)[: len(y)]
            trusted &= self._trusted(y[:, first : last + 1], starts)
            solution.steps[rows] += [x[3] for x in ta.propagate_res[: len(y)]]
            if not trusted.all():
                break
            if rest and rest.reached(y[:, last], self.velocity(y[:, last], values)).all():
                break
        solution.end[rows], solution.end_time[rows] = y[:, last], times[last]
        return trusted

    def _trusted(self, y: np.ndarray, starts: np.ndarray) -> np.ndarray:
        import heyoka

        good = heyoka.taylor_outcome.time_limit
        results = self.ta.propagate_res[: len(y)]
        return self._sane(y, starts) & [x[0] == good and x[1] >= self._shortest for x in results]

    @staticmethod
    def _sane(y: np.ndarray, starts: np.ndarray) -> np.ndarray:
        """Return which of the states (batch, any, d) are finite and of a scale with the starts."""
        with np.errstate(invalid="ignore"):
            return np.abs(y).max(axis=(1, 2)) <= BLOW_UP * (1 + np.abs(starts).max(axis=1))

    @property
    def _shortest(self) -> float:
        return SHORTEST * float(self.problem.times[-1] - self.problem.times[0])

    def _stepped(self, solution: Solution, rows: slice, values: np.ndarray) -> np.ndarray:
        """Integrate a batch step by step and look for sections in each step."""
        import heyoka

        ta, times, starts = self.ta, self.problem.times, solution.end[rows].copy()
        velocity = [lambda y, p=p: self.velocity(y[None], p)[0] for p in values]
        walks = [Walk(self.problem, *x) for x in zip(starts, velocity, strict=True)]
        trusted = np.ones(len(walks), dtype=bool)
        left = np.zeros(ta.batch_size)
        while not all(walk.over for walk in walks):
            left[: len(walks)] = [0 if x.over else times[-1] - x.time for x in walks]
            ta.step(left, write_tc=True)
            for n, walk in enumerate(walks):
                if not walk.over:
                    walk.step(self._dense(n, walk.time), float(ta.time[n]), ta.state[:, n])
                    lost = ta.step_res[n][0] == heyoka.taylor_outcome.err_nf_state
                    if lost or ta.step_res[n][1] < self._shortest:
                        trusted[n], walk.over = False, True
        for n, walk in enumerate(walks):
            walk.into(solution, rows.start + n)
        return trusted & self._sane(solution.end[rows][:, None], starts)

    def _dense(self, lane: int, before: float) -> Callable[[float], np.ndarray]:
        """Return the Taylor polynomial of the step just made."""
        coefficients = self.ta.tc[:, :, lane].copy()
        return lambda time: np.polynomial.polynomial.polyval(time - before, coefficients.T)


def _pieces(count: int, pieces: int) -> Iterator[tuple[int, int]]:
    """Yield (first, last) of pieces of the output times that share their borders."""
    borders = np.unique(np.linspace(0, count - 1, pieces + 1).astype(int))
    yield from zip(borders[:-1].tolist(), borders[1:].tolist(), strict=True)


def constants(values: np.ndarray) -> Constants:
    """Return for each parameter 0 or 1 where all trajectories have that, None elsewhere.

    These two are compiled in, because whole terms fall away; every other value stays a parameter,
    so that one compilation serves a sweep.
    """
    same = (values == values[:1]).all(axis=0) & np.isin(values[0], (0.0, 1.0))
    return tuple(float(x) if c else None for x, c in zip(values[0], same, strict=True))


@lru_cache(maxsize=16)
def _compiled(field: Components, rtol: float, fixed: Constants) -> Any:
    """Return an integrator to copy; compiling it takes a few seconds."""
    import heyoka

    compact = field.dimension > COMPACT
    lanes = heyoka.recommended_simd_size() * (2 if compact else 1)
    return heyoka.taylor_adaptive_batch(
        heyoka_system(field, fixed),
        np.zeros((field.dimension, lanes)),
        tol=max(rtol, TIGHTEST),
        compact_mode=compact,
    )


def heyoka_system(field: Components, fixed: Constants | None = None) -> list[tuple[Any, Any]]:
    """Return (variable, derivative) for every variable of a program, as heyoka's expressions.

    ``fixed``  numbers for parameters; those with None become ``heyoka.par[n]``

    Raises `ValueError` for a function that heyoka has not.
    """
    import heyoka

    state = [heyoka.expression(f"y_{n}") for n in range(field.dimension)]
    known: dict[sp.Basic, Any] = dict(zip(field.state, state, strict=True))
    for n, x in enumerate(field.parameters):
        value = None if fixed is None else fixed[n]
        known[x] = heyoka.par[n] if value is None else heyoka.expression(value)
    for stage in field.stages:
        if isinstance(stage, Assign):
            known[stage.symbol] = _expression(stage.value, known)
            continue
        row = [
            (_expression(e, known), None if w == 1 else _expression(w, known))
            for e, w in zip(stage.exponents, stage.weights, strict=True)
        ]
        if isinstance(stage, Softmax):
            known.update(zip(stage.symbols, _softmax(row), strict=True))
        else:
            known[stage.symbol] = _log_sum_exp(row)
    return [(x, _expression(e, known)) for x, e in zip(state, field.outputs, strict=True)]


def _expression(e: sp.Basic, known: Mapping[sp.Basic, Any]) -> Any:
    import heyoka

    if e in known:
        return known[e]
    if isinstance(e, sp.Number | sp.NumberSymbol):
        return heyoka.expression(float(e))
    arguments = [_expression(x, known) for x in e.args]
    if isinstance(e, sp.Add):
        return heyoka.sum(arguments)
    if isinstance(e, sp.Mul):
        return reduce(lambda a, b: a * b, arguments)
    if isinstance(e, sp.Pow):
        return heyoka.exp(arguments[1]) if e.base == sp.E else arguments[0] ** arguments[1]
    function = getattr(heyoka, type(e).__name__, None) if type(e).__name__ in FUNCTIONS else None
    if function is None:
        raise ValueError(
            f"heyoka has no function `{type(e).__name__}`; integrate by the engine `stiff`."
        )
    return function(*arguments)


_Row = list[tuple[Any, Any]]  # exponents, and weights other than 1


def _softmax(row: _Row) -> list[Any]:
    import heyoka

    if len(row) == 1:
        return [heyoka.expression(1.0)]
    if len(row) == 2 and row[0][1] is None and row[1][1] is None:
        first = heyoka.sigmoid(row[0][0] - row[1][0])
        return [first, 1.0 - first]
    terms = _terms(row, _largest(row))
    total = heyoka.sum(terms)
    return [x / total for x in terms]


def _log_sum_exp(row: _Row) -> Any:
    import heyoka

    shift = _largest(row)
    return shift + heyoka.log(heyoka.sum(_terms(row, shift)))


def _largest(row: _Row) -> Any:
    import heyoka

    return reduce(lambda m, e: m + heyoka.relu(e - m), [e for e, _ in row])


def _terms(row: _Row, shift: Any) -> list[Any]:
    import heyoka

    return [heyoka.exp(e - shift) if w is None else w * heyoka.exp(e - shift) for e, w in row]
