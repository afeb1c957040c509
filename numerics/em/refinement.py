"""The last digits of a fixed point, and states compared up to what changes nothing.

A run ends near a fixed point, not at it: at a distance of the residual over (1 - rate).  Newton's
method on M(y) - y closes the gap; how far it had to go is reported beside the result.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from numerics.flows import System
from theory.codegen.components import batch_jacobian, batch_values

__all__ = ["Canonical", "Refined", "refined"]

STEPS = 30
REACH = 0.1
"""A fixed point further away than this, relative to the state, is not the one that was meant."""


class Canonical:
    """A map on states without their shifts: y and y + shift are the same."""

    def __init__(self, system: System) -> None:
        self.map, self.slope = batch_values(system.field), batch_jacobian(system.field)
        S = system.shifts
        along = S.T @ np.linalg.solve(S @ S.T, S) if len(S) else np.zeros((system.dimension,) * 2)
        self.projection = np.eye(system.dimension) - along
        orders = [tuple(range(system.dimension)), *system.relabellings]
        self.orders = np.array(orders)

    def state(self, y: np.ndarray) -> np.ndarray:
        """Return states (batch, d) with nothing along the shifts."""
        return y @ self.projection.T

    def residual(self, y: np.ndarray, p: np.ndarray) -> np.ndarray:
        """Return M(y) - y, without shifts."""
        return self.state(self.map(y, p) - y)

    def jacobian(self, y: np.ndarray, p: np.ndarray) -> np.ndarray:
        """Return the derivative of the map without shifts, (batch, d, d)."""
        return self.projection @ self.slope(y, p) @ self.projection

    def distance(self, y: np.ndarray, z: np.ndarray) -> np.ndarray:
        """Return |y - z| in the maximum norm, clusters as they are labelled."""
        return np.abs(self.state(y) - self.state(z)).max(axis=1)

    def distance_relabelled(self, y: np.ndarray, z: np.ndarray) -> np.ndarray:
        """Return the least distance over all labellings of the clusters."""
        moved = self.state(y)[:, self.orders] - self.state(z)[:, None]
        return np.abs(moved).max(axis=2).min(axis=1)


@dataclass(frozen=True)
class Refined:
    """The fixed points nearby: states, |M(y) - y| there, how far they lie from where one began."""

    y: np.ndarray
    residual: np.ndarray
    moved: np.ndarray


def refined(canonical: Canonical, y: np.ndarray, p: np.ndarray) -> Refined:
    """Return the fixed point next to each state (batch, d), by Newton's method.

    ``p``  parameters (batch, m)

    Where the residual does not fall, or the way is longer than `REACH`, the state stays.
    """
    start = canonical.state(y)
    best, state = start.copy(), start.copy()
    residual = _size(canonical.residual(start, p))
    identity = np.eye(y.shape[1])
    for _ in range(STEPS):
        matrices = identity - canonical.jacobian(state, p)
        good = np.isfinite(matrices).all(axis=(1, 2)) & np.isfinite(state).all(axis=1)
        if not good.any():
            break
        step = np.zeros_like(state)
        inverse = np.linalg.pinv(matrices[good], rcond=1e-13)
        step[good] = np.einsum("nab,nb->na", inverse, canonical.residual(state[good], p[good]))
        state = state + step
        now = _size(canonical.residual(state, p))
        with np.errstate(invalid="ignore"):
            near = np.abs(state - start).max(axis=1) <= REACH * (1 + np.abs(start).max(axis=1))
            better = (now < residual) & near
        best[better], residual[better] = state[better], now[better]
        state = np.where(better[:, None], state, best)
        if not better.any():
            break
    return Refined(best, residual, np.abs(best - start).max(axis=1))


def _size(residual: np.ndarray) -> np.ndarray:
    return np.where(np.isfinite(residual).all(axis=1), np.abs(residual).max(axis=1), np.inf)
