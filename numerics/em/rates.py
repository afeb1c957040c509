"""Rates of convergence: what the derivative predicts, and what a run shows.

    map    |y_n - y*| ~ rho^n         rho: spectral radius of the derivative (law `em-map-hessian`)
    flow   |y(t) - y*| ~ exp(-r t)    -r: largest real part of an eigenvalue of the Jacobian

Directions that change nothing (`System.shifts`) have the eigenvalue 0 in a flow; they are removed.
Measured rates are taken as late as rounding allows: the later, the closer to the linear regime and
the less is left of the faster directions.
"""

from __future__ import annotations

import numpy as np

__all__ = ["flow_rate", "measured_decay", "measured_ratio", "quotient", "spectral_radius"]

LAST = 4
"""Output times that the decay of a flow is measured from."""
FLOOR = 1e-8
"""Residuals below this, relative to the state, have lost half of their digits to rounding."""
REGIME = (1e-9, 1e-4)
"""Distances, relative to the state, between which the decay of a flow is measured."""


def spectral_radius(matrices: np.ndarray) -> np.ndarray:
    """Return the largest |eigenvalue| of each matrix (batch, d, d); NaN where one is not finite."""
    found = np.full(len(matrices), np.nan)
    good = np.isfinite(matrices).all(axis=(1, 2))
    if good.any():
        found[good] = np.abs(np.linalg.eigvals(matrices[good])).max(axis=1)
    return found


def quotient(shifts: np.ndarray, dimension: int) -> np.ndarray:
    """Return an orthonormal basis (d, d - k) of the directions that change something."""
    if len(shifts) == 0:
        return np.eye(dimension)
    _, singular, rows = np.linalg.svd(shifts)
    return rows[int((singular > 1e-12 * singular.max()).sum()) :].T


def flow_rate(matrices: np.ndarray, shifts: np.ndarray) -> np.ndarray:
    """Return the slowest rate r of each Jacobian (batch, d, d); negative where one grows."""
    basis = quotient(shifts, matrices.shape[-1])
    found = np.full(len(matrices), np.nan)
    good = np.isfinite(matrices).all(axis=(1, 2))
    if good.any():
        reduced = basis.T @ matrices[good] @ basis
        found[good] = -np.linalg.eigvals(reduced).real.max(axis=1)
    return found


def measured_ratio(norms: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Return the last ratio of residuals (steps, batch) above rounding; NaN where too few.

    ``scale``  size of each state, to which rounding is relative
    """
    found = np.full(norms.shape[1], np.nan)
    for n in range(norms.shape[1]):
        column = norms[np.isfinite(norms[:, n]), n]
        column = column[column > FLOOR * (1 + scale[n])]
        if len(column) >= 3:
            found[n] = column[-1] / column[-2]
    return found


def measured_decay(times: np.ndarray, distances: np.ndarray, scale: float) -> float:
    """Return -d log(distance)/dt by least squares over `REGIME`; NaN with fewer than 4 points."""
    low, high = (bound * (1 + scale) for bound in REGIME)
    with np.errstate(invalid="ignore"):
        inside = (distances > low) & (distances < high)
    if inside.sum() < 4:
        return float("nan")
    last = np.flatnonzero(inside)[-LAST:]
    slope = np.polynomial.polynomial.polyfit(times[last], np.log(distances[last]), 1)[1]
    return -float(slope)
