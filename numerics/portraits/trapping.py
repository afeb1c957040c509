"""Regions around attractors that a trajectory does not leave once it is in one.

    fixed point of a flow    V(z) = z^T P z <= c,  P A + A^T P = -1,     where dV/dt < 0
    point of a cycle of a map     "                A^T P A - P = -1,     where V decreases each turn
    limit cycle              closer to the closed orbit than `NEAR`, twice in a row

A is the derivative there (of a map that of a turn), z the distance on the quotient by the declared
symmetries.  The level c is the largest of a geometric sequence at which V decreases at all points
that are tried, on shells in many directions; nothing is proved about those between.
Source: Khalil, Nonlinear Systems, sections 4.3, 8.2.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from numerics.fixed_points.quotient import Quotient

__all__ = ["Region", "around_cycle", "around_orbit", "around_point"]

Turn = Callable[[np.ndarray], np.ndarray]
REACH = {1: 1.0, 2: 1.0}
WIDE = 0.1  # the extent tried first, in units of the frame: by dimension, and for more of them
SHRINK, TRIES, SAFE = 0.7, 40, 0.7
DIRECTIONS, SHELLS = 96, 16
BARELY = 1e-9  # as a part of the slope: one that is stable by less is taken for one on the border
NEAR, BETWEEN = 4e-3, 8  # distance from a closed orbit; places between its vertices


@dataclass(frozen=True)
class Region:
    """Where an attractor has caught what comes: ``holds(states)`` says which states (n, d) are in.

    ``twice``  whether a state counts only if it is there at two times
    """

    holds: Callable[[np.ndarray], np.ndarray]
    twice: bool = False


def around_point(quotient: Quotient, y: np.ndarray) -> Region | None:
    """Return a region around a stable fixed point (d,), None if none is found."""
    if quotient.system.kind == "map":
        return around_orbit(quotient, y[None])
    system, basis = quotient.system, quotient.basis
    slope = quotient.slope(y[None])[0]
    matrix = _lyapunov(slope / np.abs(slope).max(), continuous=True)

    def falls(z: np.ndarray) -> np.ndarray:
        velocity = system.velocity(y + z @ basis.T) @ basis
        return np.einsum("ni,ij,nj->n", z, matrix, velocity) < 0

    return None if matrix is None else _ellipsoid(y, basis, matrix, falls)


def around_orbit(quotient: Quotient, points: np.ndarray) -> Region | None:
    """Return a region around a stable cycle (k, d) of a map: an ellipsoid around each point."""
    system, basis = quotient.system, quotient.basis
    parts = []
    for n, y in enumerate(points):
        slope = np.eye(len(y))
        for other in np.roll(points, -n, axis=0):
            slope = system.jacobian(other) @ slope
        matrix = _lyapunov(basis.T @ slope @ basis, continuous=False)
        if matrix is None:
            return None

        def falls(z: np.ndarray, y: np.ndarray = y, matrix: np.ndarray = matrix) -> np.ndarray:
            after = y + z @ basis.T
            for _ in points:
                after = system.velocity(after)
            after = (after - y) @ basis
            return _form(matrix, after) < _form(matrix, z)

        part = _ellipsoid(y, basis, matrix, falls)
        if part is None:
            return None
        parts.append(part)
    return Region(lambda states: np.any([part.holds(states) for part in parts], axis=0))


def around_cycle(points: np.ndarray) -> Region:
    """Return the tube around a stable limit cycle, a closed polygon (k, d)."""
    from scipy.spatial import KDTree

    steps = np.arange(BETWEEN)[:, None] / BETWEEN
    dense = np.concatenate(
        [a + steps * (b - a) for a, b in zip(points[:-1], points[1:], strict=True)]
    )
    tree = KDTree(dense)
    return Region(lambda states: tree.query(states)[0] < NEAR, twice=True)


def _lyapunov(slope: np.ndarray, *, continuous: bool) -> Any:
    """Return P, symmetric and positive, or None where the slope is not stable."""
    from scipy.linalg import solve_continuous_lyapunov, solve_discrete_lyapunov

    eigenvalues, one = np.linalg.eigvals(slope), np.eye(len(slope))
    edge = np.real(eigenvalues).max() if continuous else np.abs(eigenvalues).max() - 1
    if not edge < -BARELY:
        return None
    found = (
        solve_continuous_lyapunov(slope.T, -one)
        if continuous
        else solve_discrete_lyapunov(slope.T, one)
    )
    return (found + found.T) / 2


def _ellipsoid(
    centre: np.ndarray, basis: np.ndarray, matrix: np.ndarray, falls: Turn
) -> Region | None:
    """Return the largest ellipsoid tried in which the form decreases."""
    m = len(matrix)
    root = np.linalg.inv(np.linalg.cholesky(matrix)).T  # columns: z with z^T P z = 1
    if m == 2:
        angle = np.linspace(0, 2 * np.pi, DIRECTIONS, endpoint=False)
        directions = np.column_stack([np.cos(angle), np.sin(angle)])
    else:
        directions = np.random.default_rng(0).normal(size=(DIRECTIONS * m, m))
        directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    shells = np.arange(1, SHELLS + 1)[:, None, None] / SHELLS
    cloud = (shells * (directions @ root.T)).reshape(-1, m)
    radius = REACH.get(m, WIDE) / np.abs(cloud @ basis.T).max()
    for _ in range(TRIES):
        with np.errstate(all="ignore"):
            if falls(radius * cloud).all():
                break
        radius *= SHRINK
    else:
        return None
    level = (SAFE * radius) ** 2
    return Region(lambda states: _form(matrix, (states - centre) @ basis) <= level)


def _form(matrix: np.ndarray, z: np.ndarray) -> np.ndarray:
    return np.einsum("ni,ij,nj->n", z, matrix, z)
