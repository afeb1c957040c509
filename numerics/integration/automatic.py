"""The engine that fits: by measured stiffness and by how much work there is.

Not the ratio of two rates decides, but the spectral radius of the Jacobian along trial
trajectories: hard labels are stiff at the start only, smoothed ones throughout.  An explicit method
is stable while h rho stays below a few units, so it needs at least

    integral of rho(t) dt / STABLE

steps, whatever the tolerance.  Where they cost more than the steps that a stiff method would take
anyway, the system is stiff over this run.

Work is counted in operations, one for each stage and output of the field in Python, about 0.15 us:
so the choice depends on the run alone and not on the machine or on what else it does.
"""

from __future__ import annotations

import warnings
from typing import NamedTuple

import numpy as np

from numerics.integration.problem import Problem
from numerics.integration.scalar import scalar_field
from theory.codegen.components import Components, batch_values

__all__ = ["COMPILING", "Choice", "Trial", "chosen", "spectral_radii", "stiff_from", "tried"]

STABLE = 6.4
"""The stability interval of the Dormand-Prince method of order 8, from its coefficients."""

IMPLICIT = 100
"""Steps that a stiff method takes at the default tolerances on a smooth run."""

SMOOTH, EVALUATIONS = 25, 12
"""Steps that an explicit one takes there at least; evaluations of the field in one."""

OVERHEAD = 160
"""Operations that an evaluation costs SciPy beside those of the field."""

BATCH = 10
"""Operations that NumPy costs for one of the field at all states at once."""

LOADING, COMPILING = 10_000_000, 130_000_000
"""Operations that could be done while numba is imported and a system compiled, 1.5 s; while the
loop is compiled on a new machine, 20 s."""

BUDGET = 500_000
"""Operations that choosing may cost, about 50 ms."""

TRIALS, PLACES = 3, 24
"""Trial trajectories, and states of each at which the Jacobian is looked at."""

ROUGH = 1e4
"""How much less accurate the trials are than the default of 1e-8, 1e-10."""

POWERS, DIFFERENCE, TINY = 16, 1e-6, 1e-300


class Choice(NamedTuple):
    """An engine, and the operations that the run would cost SciPy."""

    engine: str
    work: float


class Trial(NamedTuple):
    """What trial trajectories show.

    ``steps``     how many stability alone asks of an explicit method
    ``complete``  whether all came to the end of the run
    ``work``      the operations that it cost
    """

    steps: float
    complete: bool
    work: int


def chosen(problem: Problem, starts: np.ndarray, values: np.ndarray, many: int) -> Choice:
    """Return the engine for ``many`` trajectories like these.

    ``starts``  (batch, d)
    ``values``  parameters (batch, m)
    """
    trial = tried(problem, starts, values)
    limit = stiff_from(problem.field.dimension)
    steps = min(max(trial.steps, SMOOTH), limit)
    work = many * steps * EVALUATIONS * (_operations(problem.field) + OVERHEAD)
    if not trial.complete:
        work = max(work, COMPILING)  # nobody knows: Python is not the place to find out
    stiff = trial.steps > limit
    if work <= LOADING:
        return Choice("scipy-lsoda" if stiff else "scipy", work)
    return Choice("stiff" if stiff else "explicit", work)


def stiff_from(dimension: int) -> float:
    """Return from how many explicit steps on implicit ones cost less.

    Measured: an implicit step costs 1.1, 1.4, 4, 11, 42 explicit ones for 2, 8, 16, 32, 96
    variables, since it factors a matrix.
    """
    return IMPLICIT * (1 + 0.4 * dimension)


def tried(problem: Problem, starts: np.ndarray, values: np.ndarray) -> Trial:
    """Return what a few trajectories of the run show, within `BUDGET` operations.

    Where that ends before a trajectory does, the rest of it counts as stiff as its last state.
    """
    first, last = float(problem.times[0]), float(problem.times[-1])
    operations = _operations(problem.field)
    looking = (POWERS + 1) * BATCH * operations
    spent, paths = 0, []
    rows = np.unique(np.linspace(0, len(starts) - 1, TRIALS).astype(int))
    for n, row in enumerate(rows):
        allowed = (BUDGET - looking - spent) // (len(rows) - n)
        path = _Path(problem, starts[row], values[row], allowed, operations + OVERHEAD)
        spent += path.work
        paths.append(path)
    y = np.concatenate([path.y for path in paths])
    p = np.concatenate([np.tile(values[row], (PLACES, 1)) for row in rows])
    radii = spectral_radii(problem.field, y, p).reshape(len(rows), PLACES)
    most = 0.0
    for path, radius in zip(paths, radii, strict=True):
        seen = np.isfinite(radius)
        if seen.any():
            times, radius = path.times[seen], radius[seen]
            rest = radius[-1] * (last - times[-1]) if path.is_cut else 0.0
            most = max(most, float(np.trapezoid(radius, times)) + rest)
    reached = all(not path.is_cut for path in paths)
    return Trial(most / STABLE if last > first else 0.0, reached, spent + looking)


class _Path:
    """A rough trajectory, at `PLACES` of its steps: ``times``, ``y``, whether it ``is_cut``."""

    def __init__(
        self, problem: Problem, start: np.ndarray, p: np.ndarray, allowed: int, cost: int
    ) -> None:
        from scipy.integrate import LSODA

        field, values, self.work = scalar_field(problem.field), p.tolist(), 0

        def velocity(_: float, y: np.ndarray) -> np.ndarray:
            self.work += cost
            return field(y, values)

        times, states = [float(problem.times[0])], [start]
        self.is_cut = False
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            if np.isfinite(velocity(0.0, start)).all():
                solver = LSODA(
                    velocity, times[0], start, float(problem.times[-1]),
                    rtol=ROUGH * 1e-8, atol=ROUGH * max(problem.atol, TINY),
                )  # fmt: skip
                while solver.status == "running" and not self.is_cut:
                    try:
                        solver.step()
                    except (ValueError, ArithmeticError):
                        break
                    if solver.t - times[-1] < problem.shortest_step:
                        break  # a blow-up ends the trial, as it ends the run
                    times.append(float(solver.t))
                    states.append(solver.y.copy())
                    self.is_cut = self.work > allowed and solver.status == "running"
        seen = np.linspace(0, len(times) - 1, PLACES).round().astype(int)
        self.times, self.y = np.array(times)[seen], np.array(states)[seen]


def _operations(field: Components) -> int:
    return len(field.stages) + len(field.outputs)


def spectral_radii(field: Components, y: np.ndarray, p: np.ndarray) -> np.ndarray:
    """Return the spectral radius of the Jacobian at states (n, d), to a few percent as a rule.

    Power iteration with difference quotients of the field, all states at once: no Jacobian is
    needed, whose derivation takes seconds for hundreds of variables.  The growth is averaged over
    many steps, for complex pairs let it oscillate.
    """
    velocity = batch_values(field)
    v = np.random.default_rng(0).normal(size=y.shape)
    growth = np.zeros(len(y))
    size = DIFFERENCE * (1 + np.abs(y).max(axis=1, keepdims=True))
    here = velocity(y, p)
    for n in range(POWERS):
        v /= np.maximum(np.linalg.norm(v, axis=1, keepdims=True), TINY)
        v = (velocity(y + size * v, p) - here) / size
        if n >= POWERS // 2:
            with np.errstate(divide="ignore"):
                growth += np.log(np.linalg.norm(v, axis=1))
    return np.exp(growth / (POWERS - POWERS // 2))
