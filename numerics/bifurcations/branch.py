"""A branch of fixed points, followed both ways, with its eigenvalues."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from numerics.bifurcations.continuation import FAR, MOST, Walk, at_border
from numerics.bifurcations.family import Family

__all__ = ["LEFT", "Branch", "eigenvalues", "followed"]

POINTS = 4000
LEFT = "left the region"


@dataclass(frozen=True)
class Branch:
    """Points along a branch, in order.

    ``u``            (n, m + 1) coordinates z and q
    ``tangents``     (n, m + 1) unit vectors
    ``eigenvalues``  (n, m) of the system (of a map: multipliers), the least stable first
    ``ends``         why it ends at its beginning and at its end
    """

    u: np.ndarray
    tangents: np.ndarray
    eigenvalues: np.ndarray
    ends: tuple[str, str]

    def unstable(self, kind: str) -> np.ndarray:
        """Return the number of unstable directions at every point."""
        border = np.abs(self.eigenvalues) - 1 if kind == "map" else np.real(self.eigenvalues)
        return (border > 0).sum(axis=1)


def eigenvalues(family: Family, u: np.ndarray) -> np.ndarray:
    """Return the eigenvalues at a point (of a map: multipliers), the least stable first."""
    is_map = family.system.kind == "map"
    found = np.linalg.eigvals(family.slope(u)[:, : family.size]).astype(complex) + float(is_map)
    weight = np.abs(found) if is_map else np.real(found)
    return found[np.lexsort((-np.imag(found), -weight))]


def followed(family: Family, u: np.ndarray, reach: float) -> Branch:
    """Return the branch through a fixed point, followed both ways.

    It ends where q leaves [0, 1], where a coordinate goes beyond ``reach``, or where it closes.
    """
    t = np.linalg.svd(family.slope(u))[2][-1]
    ahead, after = _one_way(family, u, t, reach)
    if after == "closed":
        return _branch(family, ahead, (after, after))
    back, before = _one_way(family, u, -t, reach)
    turned = [(x, -s) for x, s in back[:0:-1]]
    return _branch(family, [*turned, *ahead], (before, after))


def _branch(
    family: Family, points: list[tuple[np.ndarray, np.ndarray]], ends: tuple[str, str]
) -> Branch:
    u, t = (np.array(x) for x in zip(*points, strict=True))
    return Branch(u, t, np.array([eigenvalues(family, x) for x in u]), ends)


def _one_way(
    family: Family, u: np.ndarray, t: np.ndarray, reach: float
) -> tuple[list[tuple[np.ndarray, np.ndarray]], str]:
    """Return points and tangents from ``u`` on along ``t``, and why they end."""
    points, walk, left_start = [(u, t)], Walk(family, u, t, far=FAR), False
    while len(points) < POINTS:
        u, t = walk.u, walk.t
        if not walk.step():
            return points, "not followed further: steps below 1e-7"
        if not 0 <= walk.u[-1] <= 1:
            last = at_border(family, u, walk.u, t)
            return [*points, *([last] if last else [])], "end of the interval"
        points.append((walk.u, walk.t))
        if np.abs(walk.u[:-1]).max() > reach:
            return points, LEFT
        away = float(np.linalg.norm(walk.u - points[0][0]))
        left_start = left_start or away > 5 * MOST
        if left_start and away < walk.taken:
            return points, "closed"
    return points, f"not followed further: {POINTS} points"
