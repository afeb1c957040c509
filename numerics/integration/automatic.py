"""The engine that fits: by measured stiffness and by how many trajectories there are.

Not the ratio of two rates decides, but the spectral radius of the Jacobian along a trial
trajectory: hard labels are stiff at the start only, smoothed ones throughout.  An explicit method
is stable while h rho stays below a few units, so it needs at least

    integral of rho(t) dt / STABLE

steps, whatever the tolerance.  Where they cost more than the steps that a stiff method would take
anyway, the system is stiff over this run.
"""

from __future__ import annotations

import numpy as np

from numerics.integration.problem import Problem
from numerics.integration.reference import ReferenceEngine
from theory.codegen.components import Components, batch_values

__all__ = ["chosen", "explicit_steps", "spectral_radii", "stiff_from"]

STABLE = 6.4
"""The stability interval of the Dormand-Prince method of order 8, from its coefficients."""

IMPLICIT = 100
"""Steps that a stiff method takes at the default tolerances on a smooth run."""

FEW = 256
"""So many variables of all trajectories are done by SciPy before another engine has been loaded."""

TRIALS, PLACES = 3, 64

POWERS, DIFFERENCE, TINY = 24, 1e-6, 1e-300


def chosen(problem: Problem, starts: np.ndarray, values: np.ndarray) -> str:
    """Return the name of the engine for these trajectories."""
    stiff = explicit_steps(problem, starts, values) > stiff_from(problem.field.dimension)
    if starts.size <= FEW:
        return "scipy-lsoda" if stiff else "scipy"
    return "stiff" if stiff else "explicit"


def stiff_from(dimension: int) -> float:
    """Return from how many explicit steps on implicit ones cost less.

    Measured: an implicit step costs 1.1, 1.4, 4, 11, 42 explicit ones for 2, 8, 16, 32, 96
    variables, since it factors a matrix.
    """
    return IMPLICIT * (1 + 0.4 * dimension)


def explicit_steps(problem: Problem, starts: np.ndarray, values: np.ndarray) -> float:
    """Return how many steps stability alone asks of an explicit method, from a few trials.

    The times at which the trial trajectories are looked at are dense at the start.
    """
    first, last = problem.times[0], problem.times[-1]
    times = first + np.append(0, np.geomspace(1e-6, 1, PLACES)) * (last - first)
    rough = Problem(problem.field, times, 1e-4, 1e-6, type(problem.events)(), max_steps=20_000)
    rows = np.unique(np.linspace(0, len(starts) - 1, TRIALS).astype(int))
    trial = ReferenceEngine(rough, "scipy-lsoda").solve(starts[rows], values[rows])
    most = 0.0
    for y, p in zip(trial.y, values[rows], strict=True):
        reached = np.isfinite(y).all(axis=1)
        radius = spectral_radii(problem.field, y[reached], p)
        if np.isfinite(radius).all():
            most = max(most, float(np.trapezoid(radius, times[reached])))
    return most / STABLE


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
    for n in range(POWERS):
        v /= np.maximum(np.linalg.norm(v, axis=1, keepdims=True), TINY)
        v = (velocity(y + size * v, p) - velocity(y - size * v, p)) / (2 * size)
        if n >= POWERS // 2:
            with np.errstate(divide="ignore"):
                growth += np.log(np.linalg.norm(v, axis=1))
    return np.exp(growth / (POWERS - POWERS // 2))
