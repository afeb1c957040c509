"""What runs end in: a fixed point and its kind, a periodic orbit, neither, or a failure.

    stable node, stable focus, saddle, ...   within `NEAR` of a fixed point, classified there
    periodic                                 it comes back to where it was, again and again
    moving                                   neither: still on its way, or never to settle
    blow-up, step too small, ...             why it ended early

Whether a state is near a fixed point is asked of Newton's method: the length of its step is the
distance, whatever the units and however slowly the run arrives.  A velocity that is small because
the fixed point lies at infinity has long steps.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from numerics.em import iterate
from numerics.fixed_points.classification import TOLERANCE, character
from numerics.fixed_points.quotient import Quotient
from numerics.flows import System
from numerics.integration import FixedPoint, integrate
from numerics.integration.problem import large
from numerics.sweeps.periodic import flow_periods, map_periods
from theory.codegen.components import batch_jacobian, batch_values

__all__ = ["Ending", "flow_endings", "map_endings"]

NEAR = 1e-5
"""Distance from a fixed point that counts as being there, as a part of how far the run moved."""
LEAST = 1e-3
"""A run is taken to have moved by this part of the spread of the starts at least."""
NEWTON, CONVERGED, SINGULAR = 6, 1e-9, 1e-12
ORBIT = 128
COARSE, FINE = 33, 1025
"""Output times of the first half of a run, which only has to arrive, and of the second."""


@dataclass(frozen=True)
class Ending:
    """What became of each run; arrays over the runs.

    ``end``      (batch, d) last state reached
    ``time``     of that state; of a map the number of iterates
    ``kind``     see the module
    ``message``  why it failed, empty else
    ``rate``     of a fixed point: the largest real part of its eigenvalues, of a map the largest
                 modulus; NaN else
    ``period``   of a periodic orbit, NaN else
    ``low``      (batch, d) least and largest value of each variable in the second half of the run,
    ``high``     of a map over `ORBIT` iterates more; the end where it came to rest before
    """

    end: np.ndarray
    time: np.ndarray
    kind: np.ndarray
    message: np.ndarray
    rate: np.ndarray
    period: np.ndarray
    low: np.ndarray
    high: np.ndarray


def flow_endings(
    system: System, values: np.ndarray, starts: np.ndarray, until: float, engine: str, rtol: float
) -> Ending:
    """Return what trajectories from ``starts`` (batch, d), parameters ``values`` (batch, m) end in.

    The second half of a run, in which periods are looked for, has many output times.
    """

    def run(rows: np.ndarray, y: np.ndarray, times: np.ndarray):
        return integrate(
            system, y, times, engine=engine, rtol=rtol, atol=rtol / 100, threads=1,
            values=values[rows], events=[FixedPoint()],
        )  # fmt: skip

    everything = np.arange(len(starts))
    found = run(everything, starts, np.linspace(0.0, until / 2, COARSE))
    end, time = found["end"].values.copy(), found["end_time"].values.copy()
    status = found["status"].values.astype(object)
    message, extent = found["message"].values.astype(object), _extent(found["y"].values)
    on = np.flatnonzero(status == "finished")
    path = np.zeros((0, FINE, starts.shape[1]))
    times = np.linspace(until / 2, until, FINE)
    if len(on):
        found = run(on, end[on], times)
        end[on], time[on] = found["end"].values, found["end_time"].values
        status[on], message[on] = found["status"].values, found["message"].values
        path = found["y"].values
    for row in np.flatnonzero(status == "finished").tolist():
        if large(end[row], starts[row]):
            status[row], message[row] = "blow-up", f"grew to {np.abs(end[row]).max():.1e}"
    alive = np.isin(status, ("finished", "fixed point"))
    extent[on] = np.maximum(extent[on], _extent(path))
    low, high = end.copy(), end.copy()
    low[on], high[on] = np.fmin.reduce(path, axis=1), np.fmax.reduce(path, axis=1)
    kind, rate = _fixed_points(system, values, starts, end, extent, alive)
    kind[~alive] = status[~alive]
    period = np.full(len(starts), np.nan)
    whole = kind[on] == "moving"
    period[on[whole]] = flow_periods(
        times, path[whole], end[on[whole]],
        lambda y, rows: batch_values(system.field)(y, values[on[whole][rows]]),
        lambda y, rows, times: run(on[whole][rows], y, times)["y"].values,
    )  # fmt: skip
    kind[np.isfinite(period)] = "periodic"
    return Ending(end, time, kind, message, rate, period, low, high)


def map_endings(system: System, values: np.ndarray, starts: np.ndarray, steps: int) -> Ending:
    """Return what the iterates from ``starts`` (batch, d) end in, after ``steps`` at most."""
    with np.errstate(all="ignore"):  # iterates that leave the numbers are marked
        found = iterate(system, starts, max_steps=steps, values=values)
    status, end = np.array(found.status, dtype=object), found.end
    alive = status != "not finite"
    message = np.where(alive, "", np.array(found.message, dtype=object))
    kind, rate = _fixed_points(system, values, starts, end, np.abs(end - starts), alive)
    kind[~alive] = status[~alive]
    period = np.full(len(starts), np.nan)
    low, high = end.copy(), end.copy()
    rows = np.flatnonzero(kind == "moving")
    if len(rows):
        orbit = [end[rows]]
        for _ in range(ORBIT - 1):
            orbit.append(batch_values(system.field)(orbit[-1], values[rows]))
        path = np.stack(orbit, axis=1)
        low[rows], high[rows] = path.min(axis=1), path.max(axis=1)
        period[rows] = map_periods(path)
    kind[np.isfinite(period)] = "periodic"
    return Ending(end, found.steps.astype(float), kind, message, rate, period, low, high)


def _extent(path: np.ndarray) -> np.ndarray:
    """Return how far trajectories (batch, n_t, d) move in each variable, (batch, d)."""
    return np.fmax.reduce(path, axis=1) - np.fmin.reduce(path, axis=1)


def _fixed_points(
    system: System, values: np.ndarray, starts: np.ndarray, end: np.ndarray, extent: np.ndarray,
    alive: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """Return the kind of fixed point at each end, "moving" where there is none, and its rate.

    ``extent``  (batch, d) how far each run moved in each variable
    """
    kind, rate = np.full(len(end), "moving", dtype=object), np.full(len(end), np.nan)
    rows = np.flatnonzero(alive & np.isfinite(end).all(axis=1))
    if not len(rows):
        return kind, rate
    quotient = Quotient(system, starts)
    unit = np.maximum(extent[rows], LEAST * quotient.unit)
    there, slopes = _arrived(quotient, values[rows], end[rows], unit)
    for row, matrix in zip(rows[there].tolist(), slopes[there], strict=True):
        eigenvalues = np.linalg.eigvals(matrix).astype(complex) + float(system.kind == "map")
        size = np.abs(eigenvalues)
        scale = 1.0 if system.kind == "map" else float(size.max())
        kind[row] = character(eigenvalues, system.kind, TOLERANCE * scale).kind
        rate[row] = (size if system.kind == "map" else np.real(eigenvalues)).max()
    return kind, rate


def _arrived(
    quotient: Quotient, values: np.ndarray, y: np.ndarray, unit: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return which states (batch, d) Newton's method finds to be at a fixed point, and the slopes.

    The slopes (batch, m, m) are those of the residual on the quotient, at the fixed point.
    """
    system, basis = quotient.system, quotient.basis
    is_map, field, d = system.kind == "map", system.field, system.dimension
    there, length = np.ones(len(y), dtype=bool), np.zeros(len(y))
    slopes, at = np.zeros((len(y), basis.shape[1], basis.shape[1])), y.copy()
    rounding = CONVERGED * (1 + np.abs(y) / unit).max(axis=1)

    def residual() -> np.ndarray:
        found = batch_values(field)(at, values) - (at if is_map else 0.0)
        return np.where(there[:, None], found, 0.0)

    for n in range(NEWTON):
        jacobian = batch_jacobian(field)(at, values) - (np.eye(d) if is_map else 0.0)
        slopes = basis.T @ jacobian @ basis
        off = residual()
        there &= np.isfinite(off).all(axis=1) & np.isfinite(slopes).all(axis=(1, 2))
        slopes[~there], off[~there] = 0.0, 0.0
        inverse = np.linalg.pinv(slopes, rcond=SINGULAR)
        step = -np.einsum("bij,bj->bi", inverse, off @ basis) @ basis.T
        length = (np.abs(step) / unit).max(axis=1)
        there &= length <= np.maximum(NEAR, rounding)
        at = np.where(there[:, None], at + step, at)
        if n and not (there & (length > rounding)).any():
            break
    # what pinv leaves out, and a drift along a symmetry, is no rest: the residual must be gone
    steepness = np.abs(slopes).max(axis=(1, 2), initial=1e-300)
    left = (np.abs(residual()) / unit).max(axis=1)
    return there & (length <= rounding) & (left <= steepness * rounding), slopes
