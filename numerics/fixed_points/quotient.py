"""States up to symmetry: the coordinates that are left when declared symmetries are taken out.

    y = y0 + B z + (shifts)        B: (d, m), orthonormal, orthogonal to every shift

Moving along a shift changes nothing in the field (of a map: in map(y) - y), so a fixed point is a
whole affine space of them and its Jacobian has structural zero eigenvalues.  In z, which has
m = d - (number of shifts) entries, the fixed point is a point again.  Relabellings permute the
state; they identify fixed points, not directions.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np

from numerics.flows import System

__all__ = ["LARGEST_GROUP", "Quotient", "residual", "slope"]

LARGEST_GROUP = 5040
"""The relabellings that are followed: all permutations of seven clusters."""
UNCHANGED = 1e-9
"""Part of the Jacobian's size up to which it counts as 0 along a shift."""


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
        sample = np.asarray(system.starts(np.random.default_rng(0), 64), dtype=float)
        self.basis = _complement(system, sample)
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


def _complement(system: System, sample: np.ndarray) -> np.ndarray:
    """Return an orthonormal basis across the shifts along which the residual stays the same.

    Not every declared shift is one: EM takes all a + c for the same weights, M(a + c) = M(a), but
    only one of them is a fixed point, so there a + c is a coordinate like any other.
    """
    d, shifts = system.dimension, np.asarray(system.shifts, dtype=float)
    if shifts.size == 0:
        return np.eye(d)
    if shifts.ndim != 2 or shifts.shape[1] != d:
        raise ValueError(
            f"shifts of `{system.name}` must be rows of {d} entries; got shape {shifts.shape}."
        )
    _, singular, rows = np.linalg.svd(shifts)
    span = rows[: int(np.sum(singular > 1e-10 * singular.max()))]
    slopes = slope(system, sample[:8])
    slopes = slopes[np.isfinite(slopes).all(axis=(1, 2))].reshape(-1, d)
    if len(slopes):
        change = slopes @ span.T
        _, lengths, coefficients = np.linalg.svd(np.vstack([change, np.zeros((len(span),) * 2)]))
        span = coefficients[lengths <= UNCHANGED * np.linalg.norm(slopes)] @ span
    if len(span) == d:
        raise ValueError(f"`{system.name}`: its shifts leave no direction to look for points in.")
    if not len(span):
        return np.eye(d)
    return np.linalg.svd(span)[2][len(span) :].T


def _spread(sample: np.ndarray) -> np.ndarray:
    spread = sample.std(axis=0)
    return spread if spread.any() else np.abs(sample).mean(axis=0)
