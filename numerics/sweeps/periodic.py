"""Periods of orbits, read off where runs come back to their last state.

    flow   the last return t* of |y(t) - y(T)| to nearly 0 before T; the period is T - t*, if the
           orbit over that time repeats the time before
    map    the smallest p with |M^p(y) - y| nearly 0 all along an orbit

Between output times a trajectory is its cubic Hermite interpolant, exact to fourth order.
Distances are parts of the orbit's extent in each variable, so units do not matter.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = ["flow_periods", "map_periods"]

AWAY, CLOSE, REPEATED = 0.1, 1e-3, 1e-2
"""Parts of the extent: having left; a return; how much the last period may differ from before."""
JUMP = 0.25
"""A trajectory with larger steps between output times, as a part of its extent, is not resolved."""
SPIKE = 0.05
"""One with a larger step may have parts that are not resolved."""
ZOOM, ZOOMS, BLOCK = 16, 3, 32
"""Factor between output times, how often it is taken, and trajectories taken at once then."""
STILL = 1e-7

Velocity = Callable[[np.ndarray, np.ndarray], np.ndarray]
Continue = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]


def flow_periods(
    times: np.ndarray, path: np.ndarray, end: np.ndarray, velocity: Velocity, go_on: Continue
) -> np.ndarray:
    """Return the period of each trajectory, NaN where it has none in these times.

    ``path``      (batch, n_t, d) at ``times`` (n_t,)
    ``end``       (batch, d) where it ends
    ``velocity``  (states, their rows) -> velocities
    ``go_on``     (starts, their rows, times) -> the states at these times, for orbits that the
                  given times do not resolve: fast ones, and slow ones with fast parts
    """
    period = np.full(len(path), np.nan)
    rows = np.arange(len(path))
    length, end = times[-1] - times[0], end.copy()
    spiky: list[int] = []
    for _ in range(ZOOMS):
        coarse = []
        for row, y in zip(rows.tolist(), path, strict=True):
            steps = _steps(y)
            if np.quantile(steps, 0.9) > JUMP:
                coarse.append(row)
                continue
            period[row] = _period(times, y, velocity(y, np.full(len(y), row)))
            if np.isnan(period[row]) and steps.max(initial=0.0) > SPIKE:
                spiky.append(row)
        if not coarse:
            break
        rows = np.array(coarse)
        times = times[-1] + np.linspace(0, (times[-1] - times[0]) / ZOOM, len(times))
        path = go_on(end[rows], rows, times)
        end[rows] = path[:, -1]
    dense = times[-1] + np.linspace(0, length, ZOOM * (len(times) - 1) + 1)
    for first in range(0, len(spiky), BLOCK):
        rows = np.array(spiky[first : first + BLOCK])
        for row, y in zip(rows.tolist(), go_on(end[rows], rows, dense), strict=True):
            period[row] = _period(dense, y, velocity(y, np.full(len(y), row)))
    return period


def map_periods(path: np.ndarray) -> np.ndarray:
    """Return the period of each orbit (batch, n, d) of a map, NaN if it is above n/2 or none."""
    period, longest = np.full(len(path), np.nan), path.shape[1] // 2
    size = np.ptp(path, axis=1).max(axis=1)
    still: np.ndarray = size <= STILL * (1 + np.abs(path).max(axis=(1, 2), initial=0.0))
    for p in range(longest, 1, -1):
        off = np.abs(path[:, p:] - path[:, :-p]).max(axis=(1, 2), initial=0.0)
        period[off <= STILL * size] = p
    return np.where(still, np.nan, period)  # nearly at a fixed point, but not there


def _steps(y: np.ndarray) -> np.ndarray:
    """Return the steps between output times as parts of the extent; NaN ones count as none."""
    return np.nan_to_num(np.abs(np.diff(y, axis=0)) / _extent(y)).max(axis=1)


def _extent(y: np.ndarray) -> np.ndarray:
    """Return how far a trajectory moves in each variable; what hardly moves counts for nothing."""
    extent = np.ptp(y, axis=0)
    moves: np.ndarray = extent > STILL * (1e-300 + np.abs(y).max(axis=0))
    return np.where(moves, extent, np.inf)


def _period(times: np.ndarray, y: np.ndarray, velocity: np.ndarray) -> float:
    """Return the period of one trajectory (n_t, d), NaN if it does not repeat itself."""
    from scipy.interpolate import CubicHermiteSpline
    from scipy.optimize import minimize_scalar

    extent = _extent(y)
    finite = np.isfinite(y).all() and np.isfinite(velocity).all()
    if not finite or not np.isfinite(extent).any():
        return np.nan
    curve = CubicHermiteSpline(times, y / extent, velocity / extent)
    last = y[-1] / extent
    apart = np.abs(y / extent - last).max(axis=1)
    away = np.flatnonzero(apart > AWAY)
    if not len(away):
        return np.nan
    inner = apart[1:-1]
    dips = 1 + np.flatnonzero((inner <= apart[:-2]) & (inner <= apart[2:]))
    for n in dips[(dips < away[-1]) & (apart[dips] < AWAY)][::-1].tolist():
        found: Any = minimize_scalar(
            lambda t: float(np.square(curve(t) - last).sum()),
            bounds=(times[n - 1], times[n + 1]), method="bounded", options={"xatol": 1e-9},
        )  # fmt: skip
        period = float(times[-1] - found.x)
        if found.fun > CLOSE**2 or 2 * period > times[-1] - times[0]:
            continue
        before = times[-1] - period * np.linspace(0, 1, 257)
        off = np.sqrt(np.square(curve(before) - curve(before - period)).sum(axis=1).mean())
        if off < REPEATED:
            return period
    return np.nan
