"""Curves of bifurcations in two parameters, followed both ways.

What lies on them is found on the way; see `numerics.bifurcations.codimension2`.

Source: Kuznetsov, Elements of Applied Bifurcation Theory, section 10.3.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from numerics.bifurcations.branch import LEFT
from numerics.bifurcations.codimension2 import Codimension2, between, point_at
from numerics.bifurcations.continuation import FAR, MOST, Walk, at_border, corrected, zero_between
from numerics.bifurcations.extended import Extended, Pairs

__all__ = ["Curve", "followed_curve"]

POINTS = 2000


@dataclass(frozen=True)
class Curve:
    """A curve of bifurcations in two parameters.

    ``kind``       fold, flip, Hopf, Neimark-Sacker, pitchfork, transcritical, branch point
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
    walk, left_start = Walk(problem, start, t, far=FAR), False
    points: list[np.ndarray] = []
    found: list[Codimension2] = []
    while len(points) < POINTS:
        w, t = walk.u, walk.t
        if not walk.step():
            return points, found, "not followed further: steps below 1e-7"
        if isinstance(problem, Pairs) and not problem.is_turning(walk.u):
            name, there = _resonance(problem, w, t, walk.u)
            if there is None or (0 <= there[-2:]).all() and (there[-2:] <= 1).all():
                if there is not None and problem.is_turning(w):
                    points.append(there)
                    found.append(point_at(problem, there, name))
                return points, found, name
        if not problem.is_true(walk.u):
            return points, found, "no bifurcation further on: the other parameter undoes it"
        out = [n for n in (-2, -1) if not 0 <= walk.u[n] <= 1]
        if out:
            last = at_border(problem, w, walk.u, t, out[0])
            if last is not None and 0 <= last[0][-3 - out[0]] <= 1:
                found += between(problem, w, t, last[0])
                points.append(last[0])
            return points, found, "end of the interval"
        found += between(problem, w, t, walk.u)
        points.append(walk.u)
        if np.abs(problem.point(walk.u)).max() > reach:
            return points, found, LEFT
        away = float(np.linalg.norm((walk.u - start)[problem.shown]))
        left_start = left_start or away > 5 * MOST
        if left_start and away < walk.taken:
            return [*points, start], found, "closed"
        problem.renewed(walk.u)
    return points, found, f"not followed further: {POINTS} points"


def _resonance(
    problem: Pairs, w: np.ndarray, t: np.ndarray, new: np.ndarray
) -> tuple[str, np.ndarray | None]:
    """Return where a pair becomes real between two points of a curve, None if not found."""
    values = problem.resonances
    name = min(values, key=lambda n: values[n](float(new[-3])))
    return name, zero_between(problem, w, t, new, lambda x: values[name](float(x[-3])))
