"""Following a curve of solutions of n equations in n + 1 unknowns through its folds.

    predict   u + h t           t the unit tangent, F'(u) t = 0
    correct   F(v) = 0,  t . (v - u - h t) = 0        by Newton's method

The step h grows where the corrector is fast and shrinks where the tangent turns.  Crossing a
simple branch point is no obstacle: the extended Jacobian is singular at the point only.

Source: Keller 1977; Kuznetsov, Elements of Applied Bifurcation Theory, chapter 10.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

__all__ = [
    "branching",
    "FAR",
    "LEAST",
    "MOST",
    "Problem",
    "Walk",
    "at_border",
    "corrected",
    "tangent",
    "zero_between",
]

FIRST, LEAST, MOST = 5e-3, 1e-7, 2e-2
"""Steps, in units in which the unknowns are of order 1."""
FAR = 2.0
"""What is farther away than this from where a branch begins is not what a diagram is about."""
TURN = 0.985
"""Least cosine between successive tangents."""
NEWTON, CONVERGED = 10, 1e-12
SAME = 1e-6
"""Distance within which two points are one."""
QUADRATIC = 1e-7
"""Where steps shrink as squares, one of this length leaves an error of its square."""


class Problem(Protocol):
    """Equations F(u) = 0 with one unknown more than there are equations."""

    def residual(self, u: np.ndarray, /) -> np.ndarray:
        """Return F (n,) at u (n + 1,)."""
        ...

    def slope(self, u: np.ndarray, /) -> Any:
        """Return F' (n, n + 1), an array or a sparse matrix."""
        ...


def corrected(problem: Problem, guess: np.ndarray, t: np.ndarray) -> tuple[np.ndarray | None, int]:
    """Return the solution in the plane through ``guess`` across ``t``, and Newton's steps.

    None if Newton's method does not converge.
    """
    u, before = guess.copy(), 1.0
    for n in range(NEWTON):
        with np.errstate(all="ignore"):
            f, slope = np.append(problem.residual(u), t @ (u - guess)), problem.slope(u)
        scale = abs(slope).max()
        if not (np.isfinite(f).all() and np.isfinite(scale)):
            return None, n
        step = _solved(slope, t, -f)
        u = u + step
        length = np.abs(step).max() / (1 + np.abs(u).max())
        if length <= CONVERGED or (n and length <= QUADRATIC and length <= before**1.5):
            # near a singular matrix short steps are not enough
            left = np.abs(problem.residual(u)).max()
            fits = left <= 1e-9 * max(scale, 1.0) * (1 + np.abs(u).max())
            return (u, n + 1) if fits else (None, n + 1)
        before = length
        if not np.abs(u - guess).max() <= 1.0:
            return None, n
    return None, NEWTON


def tangent(problem: Problem, u: np.ndarray, along: np.ndarray) -> np.ndarray:
    """Return the unit tangent of the curve at a point, on the side of ``along``."""
    slope = problem.slope(u)
    if isinstance(slope, np.ndarray):
        t = np.linalg.svd(slope)[2][-1]
    else:
        t = _solved(slope, along, np.append(np.zeros(len(u) - 1), 1.0))
        t = t / np.linalg.norm(t)
    return t if t @ along >= 0 else -t


def _solved(slope: Any, t: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Return the solution of the slope bordered by a row, nan where it is singular."""
    if isinstance(slope, np.ndarray):
        return np.linalg.lstsq(np.vstack([slope, t]), right, rcond=1e-15)[0]
    factors = _factors(slope, t)
    return np.full(len(right), np.nan) if factors is None else factors.solve(right)


def _factors(slope: Any, t: np.ndarray) -> Any:
    """Return the LU factors of a sparse slope bordered by a row, None where it is singular."""
    from scipy.sparse import csc_matrix, vstack
    from scipy.sparse.linalg import splu

    try:
        return splu(vstack([slope, csc_matrix(t[None])], format="csc"))
    except RuntimeError:
        return None


def branching(problem: Problem, u: np.ndarray, t: np.ndarray) -> tuple[float, np.ndarray]:
    """Return what changes its sign at a branch point, and the other direction if u is one.

    The first is the sign of the determinant of the slope bordered by ``t``, which is about the
    tangent, times how far from singular it is; at folds it is regular.  The second lies in the
    plane of the two tangents, across ``t``.
    """
    factors = _factors(problem.slope(u), t)
    x = np.random.default_rng(0).normal(size=len(u))
    if factors is None:
        return 0.0, np.full(len(u), np.nan)
    length = float(np.linalg.norm(factors.solve(x / np.linalg.norm(x))))
    signs = np.sign(factors.U.diagonal())
    even = _parity(factors.perm_r) * _parity(factors.perm_c) * float(np.prod(signs))
    for _ in range(3):
        x = factors.solve(factors.solve(x, trans="T"))
        x /= np.linalg.norm(x)
    return even / length, x


def _parity(order: np.ndarray) -> int:
    """Return the sign of a permutation."""
    seen, sign = np.zeros(len(order), dtype=bool), 1
    for n in range(len(order)):
        length = 0
        while not seen[n]:
            seen[n], n, length = True, order[n], length + 1
        sign *= -1 if length and length % 2 == 0 else 1
    return sign


class Walk:
    """Steps along a curve: at ``u`` with the unit tangent ``t``, the next step of length ``h``.

    ``taken``  the length of the last step
    ``far``    beyond this distance of an unknown from where the walk began, steps grow with it
    """

    def __init__(
        self, problem: Problem, u: np.ndarray, t: np.ndarray, most: float = MOST,
        far: float = np.inf,
    ) -> None:  # fmt: skip
        self.problem, self.u, self.t, self.most = problem, u, t, most
        self.h, self.taken, self.begun, self.far = FIRST, 0.0, u, far

    def step(self) -> bool:
        """Go one step on; return False where only steps below `LEAST` would do."""
        while self.h >= LEAST:
            new, steps = corrected(self.problem, self.u + self.h * self.t, self.t)
            if new is None:
                self.h /= 2
                continue
            turned = tangent(self.problem, new, self.t)
            if not (turned @ self.t >= TURN and (new - self.u) @ self.t >= self.h / 4):
                self.h /= 2
                continue
            self.u, self.t, self.taken = new, turned, self.h
            self.h = min(self._most(), self.h * (1.5 if steps <= 3 else 1.0 if steps <= 5 else 0.7))
            return True
        return False

    def _most(self) -> float:
        """Return the longest step."""
        if self.far == np.inf:
            return self.most
        parts = np.maximum(np.abs(self.u - self.begun) / self.far, 1.0)
        return self.most / float(np.linalg.norm(self.t / parts))


def at_border(
    problem: Problem, u: np.ndarray, new: np.ndarray, t: np.ndarray, entry: int = -1
) -> tuple[np.ndarray, np.ndarray] | None:
    """Return the point where an unknown reaches 0 or 1, between a point and one beyond."""
    border = float(np.clip(new[entry], 0, 1))
    part = (border - u[entry]) / (new[entry] - u[entry]) if new[entry] != u[entry] else 1.0
    guess = u + part * (new - u)
    guess[entry] = border
    across = np.zeros(len(u))
    across[entry] = 1.0
    there, _ = corrected(problem, guess, across)
    if there is None or np.linalg.norm(there - u) < 1e-12:
        return None
    return there, tangent(problem, there, t)


def zero_between(
    problem: Problem, u: np.ndarray, t: np.ndarray, new: np.ndarray,
    value: Callable[[np.ndarray], float],
) -> np.ndarray | None:  # fmt: skip
    """Return the point between two of a curve where a function is 0, None if it only jumps."""
    from scipy.optimize import brentq

    def at(part: float) -> np.ndarray:
        there, _ = corrected(problem, u + part * (new - u), t)
        return u + part * (new - u) if there is None else there

    low, high = value(at(0.0)), value(at(1.0))
    if not low * high < 0:
        return None
    root: Any = brentq(lambda part: value(at(part)), 0.0, 1.0, xtol=1e-14)
    there = at(float(root))
    left = abs(value(there))
    return there if left < 1e-3 * min(abs(low), abs(high)) or left < 1e-9 else None


def lies_on(
    problem: Problem, points: np.ndarray, u: np.ndarray, shown: slice | np.ndarray = slice(None)
) -> bool:
    """Return whether a curve with points (n, k) passes through u, compared by the entries shown."""
    seen = points[:, shown]
    steps = np.diff(seen, axis=0)
    lengths = np.maximum(np.square(steps).sum(axis=1), 1e-300)
    along = ((u[shown] - seen[:-1]) * steps).sum(axis=1) / lengths
    within = np.clip(along, 0, 1)
    apart = np.abs(seen[:-1] + within[:, None] * steps - u[shown]).max(axis=1)
    for n in np.argsort(apart)[:3].tolist():
        if apart[n] > 5e-2:
            return False
        across = np.zeros(points.shape[1])  # the plane in which u lies, as far as it is shown
        across[shown] = steps[n] / np.sqrt(lengths[n])
        guess = points[n] + along[n] * (points[n + 1] - points[n])
        there, _ = corrected(problem, guess, across)
        if there is not None and np.abs(there[shown] - u[shown]).max() < SAME:
            return True
    return False
