"""What the laws say about every trajectory, checked along a finished run.

    conserved    drift = max over output times of |Q(t) - Q(0)|, at most tolerance (1 + |Q(0)|), or
                 tolerance (sum_i |dQ/dy_i| |y_i|) where that is more: what a relative error of the
                 state makes of Q, where Q is a small difference of large terms
    decreasing   drift = largest rise from one output time to the next, at most rtol (1 + |Q|)

Rows of scores (B1) are linear and kept by every engine to rounding.  The balances (B6, B7) are not:
their drift is the error of the integration made visible, so a system that has such a quantity is
integrated with tolerances a factor `CARE` below those asked for.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from numerics.flows import Quantity, System
from theory.codegen.components import batch_jacobian, batch_values, local_derivatives

__all__ = ["Monitored", "invariant_tolerance", "monitored", "step_tolerance"]


CARE = 1e-3


def step_tolerance(system: System, tolerance: float) -> float:
    """Return the tolerance of a step with which the invariants stay within theirs."""
    curved = any(q.kind == "conserved" and not _is_linear(q) for q in system.quantities)
    return max(tolerance * CARE, 1e-14) if curved else tolerance


def _is_linear(quantity: Quantity) -> bool:
    fixed = set(quantity.values.parameters)
    return all(e.free_symbols <= fixed for e in local_derivatives(quantity.values).partials)


class Monitored(NamedTuple):
    """A quantity along trajectories.

    ``values``    (batch, n_t, entries); NaN after the end of a trajectory
    ``drift``     (batch,), 0 or above; NaN where there is one output time only
    ``violated``  (batch,) whether the drift is beyond what the tolerance allows
    """

    values: np.ndarray
    drift: np.ndarray
    violated: np.ndarray


def invariant_tolerance(rtol: float) -> float:
    """Return the drift that a conserved quantity of size 1 may show: rtol/100, 1e-12 at least."""
    return max(rtol / 100, 1e-12)


def monitored(quantity: Quantity, y: np.ndarray, values: np.ndarray, rtol: float) -> Monitored:
    """Return a quantity at states ``y`` (batch, n_t, d) with parameters ``values`` (batch, m)."""
    batch, count, d = y.shape
    same = values.strides[0] == 0  # one set of parameters, shown to every trajectory
    p = values[0] if same else np.repeat(values, count, axis=0)
    flat = batch_values(quantity.values)(y.reshape(-1, d), p)
    along = flat.reshape(batch, count, -1)
    if quantity.kind == "conserved":
        change, allowed = np.abs(along - along[:, :1]), invariant_tolerance(rtol)
    else:
        change, allowed = np.maximum(np.diff(along, axis=1, prepend=along[:, :1]), 0), rtol
    known = np.isfinite(change)
    drift = np.where(known, change, 0).max(axis=(1, 2))
    scale = 1 + np.abs(along[:, 0]).max(axis=-1)
    violated = drift > allowed * scale
    if quantity.kind == "conserved" and violated.any():
        steep = _steepness(quantity, y[violated], values[violated])
        excess = np.where(known[violated], change[violated], 0) > allowed * steep
        violated[violated] = excess.any(axis=(1, 2))
    return Monitored(along, drift, violated)


def _steepness(quantity: Quantity, y: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return sum_i |dQ/dy_i| |y_i|, at least 1 + |Q(0)|, at states (batch, n_t, d).

    Of shape (batch, n_t, entries).
    """
    batch, count, d = y.shape
    states = np.nan_to_num(y.reshape(-1, d))  # those after the end count nowhere
    slopes = batch_jacobian(quantity.values)(states, np.repeat(values, count, axis=0))
    size = (np.abs(slopes) * np.abs(states)[:, None]).sum(axis=-1)
    along = batch_values(quantity.values)(states, np.repeat(values, count, axis=0))
    first = 1 + np.abs(along.reshape(batch, count, -1)[:, :1])
    return np.maximum(size.reshape(batch, count, -1), first)
