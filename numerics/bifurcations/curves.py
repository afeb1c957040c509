"""Curves of folds, Hopf points and branch points in two parameters, and what lies on them.

    on folds          cusp                a = <p, B(v,v)> / 2 changes sign
                      Bogdanov-Takens     <p, v> changes sign: a second eigenvalue is 0
                      zero-Hopf           a pair of eigenvalues crosses the axis as well
    on Hopf points    Bogdanov-Takens     k = w^2 reaches 0, and the curve ends
                      generalised Hopf    the first Lyapunov coefficient changes sign (Bautin)
                      zero-Hopf           an eigenvalue crosses 0 as well
                      double Hopf         another pair crosses the axis as well

Source: Kuznetsov, Elements of Applied Bifurcation Theory, chapters 8 and 10.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from numerics.bifurcations import normal_forms
from numerics.bifurcations.branch import LEFT, eigenvalues
from numerics.bifurcations.continuation import MOST, Walk, at_border, corrected, zero_between
from numerics.bifurcations.extended import Extended, Folds, Hopfs
from numerics.bifurcations.special import signed, vanishing_factors, without_dust

__all__ = ["Codimension2", "Curve", "followed_curve"]

POINTS = 2000
BEYOND = -1e-9  # k = w^2 below which a Hopf curve has gone through a Bogdanov-Takens point


@dataclass(frozen=True)
class Codimension2:
    """A point where two bifurcations meet.

    ``kind``         cusp, Bogdanov-Takens, generalised Hopf, zero-Hopf, double Hopf
    ``u``            (m + 2,) coordinates z and q
    ``parameters``   (2,)
    ``y``            (d,) the state
    ``eigenvalues``  (m,) complex
    """

    kind: str
    u: np.ndarray
    parameters: np.ndarray
    y: np.ndarray
    eigenvalues: np.ndarray


@dataclass(frozen=True)
class Curve:
    """A curve of bifurcations in two parameters.

    ``kind``       fold, Hopf, pitchfork, transcritical, branch point
    ``problem``    its equations, solved by ``w`` (n, ...)
    ``u``          (n, m + 2) coordinates z and q
    ``points``     points of codimension 2 on it, in order
    ``ends``       why it ends at its beginning and at its end
    """

    kind: str
    problem: Extended
    w: np.ndarray
    u: np.ndarray
    points: tuple[Codimension2, ...]
    ends: tuple[str, str]


def followed_curve(problem: Extended, w: np.ndarray, reach: float) -> Curve | None:
    """Return the curve through a solution w, followed both ways; None if w is near none.

    It ends at the border of the parameters, where a coordinate goes beyond ``reach``, where it
    closes, or where it is no bifurcation any more.
    """
    slope = problem.slope(w)
    if not np.isfinite(slope).all():
        return None
    t = np.linalg.svd(slope)[2][-1]
    start, _ = corrected(problem, w, t)
    if start is None or not problem.is_true(start):
        return None
    sides, closed = [], False
    for along in (t, -t):
        problem.renewed(start)
        sides.append(_one_way(problem, start, along, reach))
        closed = sides[0][2] == "closed"
        if closed:
            break
    ahead, found, after = sides[0]
    back, other, before = ([], [], after) if closed else sides[1]
    w = np.array([*back[::-1], start, *ahead])
    if len(w) < 2:
        return None
    u = np.array([problem.point(x) for x in w])
    points = tuple([*other[::-1], *found])
    return Curve(problem.kind, problem, w, u, points, (before, after))


def _one_way(
    problem: Extended, start: np.ndarray, t: np.ndarray, reach: float
) -> tuple[list[np.ndarray], list[Codimension2], str]:
    """Return what follows after ``start`` along t, what lies on it, and why it ends."""
    walk, left_start = Walk(problem, start, t), False
    points: list[np.ndarray] = []
    found: list[Codimension2] = []
    while len(points) < POINTS:
        w, t = walk.u, walk.t
        if not walk.step():
            return points, found, "not followed further: steps below 1e-7"
        if isinstance(problem, Hopfs) and walk.u[-3] < BEYOND:
            there = zero_between(problem, w, t, walk.u, lambda x: float(x[-3]))
            if there is None or (0 <= there[-2:]).all() and (there[-2:] <= 1).all():
                if there is not None and w[-3] > 0:
                    points.append(there)
                    found.append(_point(problem, there, "Bogdanov-Takens"))
                return points, found, "Bogdanov-Takens"
        if not problem.is_true(walk.u):
            return points, found, "no bifurcation further on: the other parameter undoes it"
        out = [n for n in (-2, -1) if not 0 <= walk.u[n] <= 1]
        if out:
            last = at_border(problem, w, walk.u, t, out[0])
            if last is not None and 0 <= last[0][-3 - out[0]] <= 1:
                found += _between(problem, w, t, last[0])
                points.append(last[0])
            return points, found, "end of the interval"
        found += _between(problem, w, t, walk.u)
        points.append(walk.u)
        if np.abs(problem.point(walk.u)).max() > reach:
            return points, found, LEFT
        away = float(np.linalg.norm((walk.u - start)[problem.shown]))
        left_start = left_start or away > 5 * MOST
        if left_start and away < walk.taken:
            return [*points, start], found, "closed"
        problem.renewed(walk.u)
    return points, found, f"not followed further: {POINTS} points"


def _between(
    problem: Extended, w: np.ndarray, t: np.ndarray, new: np.ndarray
) -> Iterator[Codimension2]:
    """Yield the points of codimension 2 between two of a curve."""
    for kind, value in _tests(problem, w):
        if value(w) * value(new) < 0:
            there = zero_between(problem, w, t, new, value)
            if there is not None and _is(kind, problem, there):
                yield _point(problem, there, kind)


def _tests(problem: Extended, w: np.ndarray) -> Iterator[tuple[str, Callable[[np.ndarray], float]]]:
    """Yield test functions, continuous from w on, by what they find."""
    family, m = problem.family, problem.size
    pairs = vanishing_factors("flow")["pair"]
    if isinstance(problem, Folds):
        first = _left(problem, w)

        def left(x: np.ndarray) -> np.ndarray:
            p = _left(problem, x)
            return p if p @ first > 0 else -p

        def bend(x: np.ndarray) -> float:
            v = x[m : 2 * m]
            return float(left(x) @ family.second(problem.point(x), v, v)) / problem.rate

        yield "cusp", bend
        yield "Bogdanov-Takens", lambda x: float(left(x) @ x[m : 2 * m])
        if m > 2:
            yield "zero-Hopf", lambda x: signed(pairs(_others(problem, x)))
    if isinstance(problem, Hopfs):
        yield "generalised Hopf", lambda x: normal_forms.hopf(family, problem.point(x))[1]
        if m > 2:
            yield "zero-Hopf", lambda x: signed(_others(problem, x))
        if m > 3:
            yield "double Hopf", lambda x: signed(pairs(_others(problem, x)))


def _left(problem: Extended, w: np.ndarray) -> np.ndarray:
    """Return the unit left null vector of A."""
    return np.linalg.svd(problem.family.slope(problem.point(w))[:, : problem.size])[0][:, -1]


def _others(problem: Extended, w: np.ndarray) -> np.ndarray:
    """Return the eigenvalues, in units of the rate, without those the curve is about."""
    found = eigenvalues(problem.family, problem.point(w)) / problem.rate
    if isinstance(problem, Folds):
        return np.delete(found, np.argmin(np.abs(found)))
    for side in (1j, -1j):
        found = np.delete(found, np.argmin(np.abs(found - side * np.sqrt(complex(w[-3])))))
    return found


def _is(kind: str, problem: Extended, w: np.ndarray) -> bool:
    """Whether what a test function found is that: pairs must turn."""
    if isinstance(problem, Folds) and kind == "zero-Hopf" or kind == "double Hopf":
        others = _others(problem, w)
        sums = np.abs(others[:, None] + others) + np.where(np.eye(len(others)), np.inf, 0.0)
        i = int(np.argmin(sums)) // len(others)
        return bool(abs(np.imag(others[i])) > 1e-6)
    return True


def _point(problem: Extended, w: np.ndarray, kind: str) -> Codimension2:
    family, u = problem.family, problem.point(w)
    p = family.parameter(u[-2:])
    p = np.where(np.abs(p) > 1e-12 * (family.high - family.low), p, 0.0)
    return Codimension2(kind, u, p, without_dust(family, u), eigenvalues(family, u))
