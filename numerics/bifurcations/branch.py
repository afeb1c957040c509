"""Following a branch of fixed points through folds: pseudo-arclength continuation.

    predict   u + h t           t the unit tangent, G'(u) t = 0
    correct   G(v) = 0,  t . (v - u - h t) = 0        by Newton's method

The step h grows where the corrector is fast and shrinks where the tangent turns.  Crossing a
simple branch point is no obstacle: the extended Jacobian is singular at the point only.

Source: Keller 1977; Kuznetsov, Elements of Applied Bifurcation Theory, chapter 10.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from numerics.bifurcations.family import Family

__all__ = ["Branch", "corrected", "followed", "tangent"]

FIRST, LEAST, MOST = 5e-3, 1e-7, 2e-2
"""Steps, in units of the interval of the parameter and the spread of the starts."""
TURN = 0.985
"""Least cosine between successive tangents."""
NEWTON, CONVERGED = 10, 1e-12
QUADRATIC = 1e-7
"""Where steps shrink as squares, one of this length leaves an error of its square."""
POINTS = 4000


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


def corrected(family: Family, guess: np.ndarray, t: np.ndarray) -> tuple[np.ndarray | None, int]:
    """Return the fixed point in the plane through ``guess`` across ``t``, and Newton's steps.

    None if Newton's method does not converge.
    """
    u, before = guess.copy(), 1.0
    for n in range(NEWTON):
        with np.errstate(all="ignore"):
            f = np.append(family.residual(u), t @ (u - guess))
            matrix = np.vstack([family.slope(u), t])
        if not (np.isfinite(f).all() and np.isfinite(matrix).all()):
            return None, n
        step = -np.linalg.lstsq(matrix, f, rcond=1e-15)[0]
        u = u + step
        length = np.abs(step).max() / (1 + np.abs(u).max())
        if length <= CONVERGED or (n and length <= QUADRATIC and length <= before**1.5):
            # near a singular matrix short steps are not enough
            left = np.abs(family.residual(u)).max()
            scale = np.abs(matrix).max() * (1 + np.abs(u).max())
            return (u, n + 1) if left <= 1e-9 * scale else (None, n + 1)
        before = length
        if np.abs(u - guess).max() > 1.0:
            return None, n
    return None, NEWTON


def tangent(family: Family, u: np.ndarray, along: np.ndarray) -> np.ndarray:
    """Return the unit tangent of the branch at a point, on the side of ``along``."""
    t = np.linalg.svd(family.slope(u))[2][-1]
    return t if t @ along >= 0 else -t


def eigenvalues(family: Family, u: np.ndarray) -> np.ndarray:
    """Return the eigenvalues at a point (of a map: multipliers), the least stable first."""
    is_map = family.system.kind == "map"
    found = np.linalg.eigvals(family.slope(u)[:, :-1]).astype(complex) + float(is_map)
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
    points, h, left_start = [(u, t)], FIRST, False
    while len(points) < POINTS:
        guess = u + h * t
        new, steps = corrected(family, guess, t)
        turned = None if new is None else tangent(family, new, t)
        if new is None or turned is None or turned @ t < TURN or (new - u) @ t < h / 4:
            h /= 2
            if h < LEAST:
                return points, "not followed further: steps below 1e-7"
            continue
        if not 0 <= new[-1] <= 1:
            return [*points, *_at_border(family, u, new, t)], "end of the interval"
        points.append((new, turned))
        u, t = new, turned
        if np.abs(u[:-1]).max() > reach:
            return points, "left the region"
        away = float(np.linalg.norm(u - points[0][0]))
        left_start = left_start or away > 5 * MOST
        if left_start and away < h:
            return points, "closed"
        h = min(MOST, h * (1.5 if steps <= 3 else 1.0 if steps <= 5 else 0.7))
    return points, f"not followed further: {POINTS} points"


def _at_border(
    family: Family, u: np.ndarray, new: np.ndarray, t: np.ndarray
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return the point where q reaches 0 or 1, between a point and one beyond."""
    border = float(np.clip(new[-1], 0, 1))
    part = (border - u[-1]) / (new[-1] - u[-1]) if new[-1] != u[-1] else 1.0
    guess = u + part * (new - u)
    guess[-1] = border
    across = np.append(np.zeros(len(u) - 1), 1.0)
    there, _ = corrected(family, guess, across)
    if there is None or np.linalg.norm(there - u) < 1e-12:
        return []
    return [(there, tangent(family, there, t))]
