"""Finding fixed points from many starts: Newton's method directly, and after following the flow.

Points that a declared symmetry identifies (shifts, relabellings) are reported once.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from numerics.fixed_points.classification import classify, zero_count
from numerics.fixed_points.degenerate import family_dimension, is_at_infinity
from numerics.fixed_points.krawczyk import prove_on
from numerics.fixed_points.newton import AWAY, newton, relaxed
from numerics.fixed_points.points import FixedPoint, FixedPoints, Lost
from numerics.fixed_points.quotient import Quotient
from numerics.flows import System

__all__ = ["find"]

SAME = 1e-6
"""Units within which two converged points are one; a simple root is known to about 1e-12."""
SAME_DEGENERATE = 1e-3
"""The same for degenerate points, which Newton's method locates far less well."""


def find(
    system: System,
    starts: np.ndarray | None = None,
    *,
    number: int = 64,
    seed: int = 0,
    relabelled: bool = True,
    proofs: bool = False,
) -> FixedPoints:
    """Return the fixed points reached from ``starts`` (n, d), classified, the stable ones first.

    ``starts``      states to start from; ``number`` of the system's own, from ``seed``, if None
    ``relabelled``  points that a relabelling maps to each other are reported once
    ``proofs``      also prove each of them, see `prove`

    Of continuous families of the same dimension and number of unstable directions one point is
    reported; whether such families hang together is not examined.  A list found this way is never
    complete for certain; `find_all` proves a complete one.

    Raises `ValueError` for starts of the wrong shape or that are not finite.
    """
    if starts is None:
        starts = system.starts(np.random.default_rng(seed), number)
    starts = _checked(system, starts)
    quotient = Quotient(system, starts)
    roads = [newton(quotient, starts), newton(quotient, relaxed(quotient, starts))]
    roads = [newton(quotient, starts), newton(quotient, relaxed(quotient, starts))]
    reasons = np.array([road.reasons for road in roads], dtype=object)
    merged = _Merged(quotient, relabelled)
    for road, landing in enumerate(roads):
        for n in np.flatnonzero(reasons[road] == ""):
            if not merged.add(landing.y[n]):
                reasons[road, n] = AWAY
    points = sorted(merged.points(), key=lambda x: (x.stable is not True, x.index))
    if proofs:
        points = [dataclasses.replace(x, proof=prove_on(quotient, x.y)) for x in points]
    lost = [Lost(n, direct) for n, (direct, along) in enumerate(reasons.T) if direct and along]
    return FixedPoints(tuple(points), tuple(lost))


def _checked(system: System, starts: np.ndarray) -> np.ndarray:
    starts = np.atleast_2d(np.asarray(starts, dtype=float))
    if starts.ndim != 2 or starts.shape[1] != system.dimension:
        raise ValueError(
            f"starts of `{system.name}` must have shape (n, {system.dimension}), one row for each; "
            f"got {starts.shape}."
        )
    if not np.isfinite(starts).all():
        row = int(np.argwhere(~np.isfinite(starts))[0, 0])
        raise ValueError(f"starts of `{system.name}` must be finite; row {row} is not.")
    return starts


class _Merged:
    """Converged states, each once up to symmetry; those at infinity are remembered as such."""

    def __init__(self, quotient: Quotient, relabelled: bool) -> None:
        self.quotient, self.relabelled = quotient, relabelled
        self.known: list[FixedPoint] = []
        self.far: list[np.ndarray] = []

    def add(self, y: np.ndarray) -> bool:
        """Add a state; return whether a fixed point is there."""
        place = self._place(y, [x.y for x in self.known])
        if place is not None:
            return True
        if self._place(y, self.far) is not None:
            return False
        point = classify(self.quotient.system, y, self.quotient)
        if point.kind == "degenerate" and self._joins_isolated(point):
            return True
        zeros = zero_count(self.quotient, y, point.eigenvalues)
        if zeros and is_at_infinity(self.quotient, y):
            self.far.append(y)
            return False
        family = family_dimension(self.quotient, y, zeros) if zeros else 0
        self.known.append(dataclasses.replace(point, family=family, copies=self._copies(y)))
        return True

    def _joins_isolated(self, point: FixedPoint) -> bool:
        """Return whether a degenerate point is one that is known; the more accurate one stays."""
        isolated = [n for n, x in enumerate(self.known) if x.kind == "degenerate" and not x.family]
        places = [self.known[n].y for n in isolated]
        here = self._place(point.y, places, SAME_DEGENERATE)
        if here is None:
            return False
        old = self.known[isolated[here]]
        if point.residual < old.residual:
            self.known[isolated[here]] = dataclasses.replace(point, copies=old.copies)
        return True

    def points(self) -> list[FixedPoint]:
        """Return the points; of each kind of continuous family the point nearest to 0."""
        best = sorted(self.known, key=lambda x: float(self.quotient.size(x.y)) if x.family else 0)
        kept: list[FixedPoint] = []
        for x in best:
            if x.kind != "degenerate":
                kept.append(x)
            elif x.family:
                if (x.family, x.index) not in {(k.family, k.index) for k in kept}:
                    kept.append(x)
            elif self._place(x.y, [k.y for k in kept], SAME_DEGENERATE) is None:
                kept.append(x)
        return kept

    def _place(
        self, y: np.ndarray, others: list[np.ndarray], tolerance: float = SAME
    ) -> int | None:
        """Return which of the states is the same as ``y``, if one is."""
        if not others:
            return None
        images = self.quotient.images(y) if self.relabelled else y[None]
        apart = self.quotient.distances(images, np.array(others)).min(axis=0)
        nearest = int(np.argmin(apart))
        return nearest if apart[nearest] <= tolerance * (1 + self.quotient.size(y)) else None

    def _copies(self, y: np.ndarray) -> int:
        """Return how many different states the relabellings make of ``y``."""
        images = self.quotient.images(y) if self.relabelled else y[None]
        same = self.quotient.distances(images, images) <= SAME * (1 + self.quotient.size(y))
        return len({int(np.argmax(row)) for row in same})
