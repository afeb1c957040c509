"""States up to symmetry: the coordinates that are left when declared symmetries are taken out.

    y = y0 + B z + (shifts)        B: (d, m), orthonormal, orthogonal to every shift

Moving along a shift changes nothing, so a fixed point is a whole affine space of them and its
Jacobian has structural zero eigenvalues.  In z (dimension m = d - number of shifts) the fixed point
is a point again.  Relabellings permute the state; they identify fixed points, not directions.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np

from numerics.flows import System

__all__ = ["LARGEST_GROUP", "Quotient", "residual", "slope"]

LARGEST_GROUP = 5040
"""The relabellings that are followed: all permutations of seven clusters."""


def residual(system: System, y: np.ndarray) -> np.ndarray:
    """Return what vanishes at a fixed point, for states (batch, d): field(y), less y for a map."""
    return system.velocity(y) - y if system.kind == "map" else system.velocity(y)


def slope(system: System, y: np.ndarray) -> np.ndarray:
    """Return the derivative of `residual`, (batch, d, d)."""
    jacobian = system.jacobian(y)
    return jacobian - np.eye(system.dimension) if system.kind == "map" else jacobian


class Quotient:
    """The state space of a system up to its declared symmetries.

    ``basis``   B, (d, m)
    ``unit``    (d,) how far starting points spread in each variable: what "small" is measured by

    Raises `ValueError` if the shifts have the wrong shape or leave no direction.
    """

    def __init__(self, system: System, starts: np.ndarray | None = None) -> None:
        self.system = system
        self.basis = _complement(system)
        sample = np.asarray(system.starts(np.random.default_rng(0), 64), dtype=float)
        spread = _spread(sample)
        if starts is not None and len(starts):
            spread = np.maximum(spread, np.ptp(np.vstack([starts, sample.mean(axis=0)]), axis=0))
        largest = spread.max()
        self.sample = sample
        self.unit = np.maximum(spread, 1e-3 * largest) if largest > 0 else np.ones(len(spread))

    @cached_property
    def group(self) -> tuple[tuple[int, ...], ...]:
        """All relabellings that the declared ones generate, the identity first.

        Raises `ValueError` for more than `LARGEST_GROUP`, or for what is no permutation.
        """
        d = self.system.dimension
        found = {tuple(range(d)): None}
        fresh = list(found)
        for g in self.system.relabellings:
            if sorted(g) != list(range(d)):
                raise ValueError(
                    f"a relabelling of `{self.system.name}` must be a permutation of "
                    f"0 .. {d - 1}; got {tuple(g)}."
                )
        while fresh:
            images = [tuple(x[k] for k in g) for x in fresh for g in self.system.relabellings]
            fresh = [x for x in dict.fromkeys(images) if x not in found]
            found.update(dict.fromkeys(fresh))
            if len(found) > LARGEST_GROUP:
                raise ValueError(
                    f"`{self.system.name}` has more than {LARGEST_GROUP} relabellings; "
                    "ask for points that are not compared up to relabelling."
                )
        return tuple(found)

    @cached_property
    def rate(self) -> float:
        """The typical size of the Jacobian at starting points: what "zero" is measured by."""
        slopes = self.slope(self.sample)
        slopes = slopes[np.isfinite(slopes).all(axis=(1, 2))]
        return float(np.median(np.linalg.norm(slopes, ord=2, axis=(1, 2)))) if len(slopes) else 0.0

    @cached_property
    def level(self) -> float:
        """The typical size of the residual at starting points."""
        sizes = np.abs(self.residual(self.sample)).max(axis=1)
        return float(np.median(sizes[np.isfinite(sizes)])) if np.isfinite(sizes).any() else 0.0

    def residual(self, y: np.ndarray) -> np.ndarray:
        """Return B^T residual for states (batch, d): (batch, m)."""
        with np.errstate(all="ignore"):  # what is not finite is looked for afterwards
            return residual(self.system, y) @ self.basis

    def slope(self, y: np.ndarray) -> np.ndarray:
        """Return B^T (its derivative) B: (batch, m, m); nan where it is not finite."""
        with np.errstate(all="ignore"):
            return self.basis.T @ slope(self.system, y) @ self.basis

    def size(self, steps: np.ndarray) -> np.ndarray:
        """Return the length of displacements (..., d) in units of each variable, the largest."""
        return np.max(np.abs(steps) / self.unit, axis=-1)

    def distances(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """Return how far states (a, d) and (b, d) are apart up to shifts, in units: (a, b)."""
        steps = (first[:, None] - second[None]) @ self.basis @ self.basis.T
        return self.size(steps)

    def images(self, y: np.ndarray) -> np.ndarray:
        """Return the state under all relabellings, (number of them, d)."""
        return y[np.asarray(self.group)]


def _complement(system: System) -> np.ndarray:
    d, shifts = system.dimension, np.asarray(system.shifts, dtype=float)
    if shifts.size == 0:
        return np.eye(d)
    if shifts.ndim != 2 or shifts.shape[1] != d:
        raise ValueError(
            f"shifts of `{system.name}` must be rows of {d} entries; got shape {shifts.shape}."
        )
    _, singular, rows = np.linalg.svd(shifts)
    rank = int(np.sum(singular > 1e-10 * singular.max()))
    if rank == d:
        raise ValueError(f"`{system.name}`: its shifts leave no direction to look for points in.")
    return rows[rank:].T


def _spread(sample: np.ndarray) -> np.ndarray:
    spread = sample.std(axis=0)
    return spread if spread.any() else np.abs(sample).mean(axis=0)
