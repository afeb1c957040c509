"""Where a branch of cycles ends: in a point, or with a period that grows without bound.

Towards a homoclinic orbit the period grows as the logarithm of the distance of the parameter, and
the cycle rests ever longer beside a saddle; towards a saddle-node on the cycle as its inverse root.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from numerics.bifurcations.branch import eigenvalues
from numerics.bifurcations.collocation import Collocation
from numerics.bifurcations.continuation import corrected
from numerics.bifurcations.family import Family
from numerics.bifurcations.special import Special, without_dust

__all__ = ["endless", "hopf_point_near", "turned"]

LONGEST = 100.0
"""Periods are followed to this multiple of the first."""
STANDING, NEAR, SLOW, RESTING = 1e-8, 2e-2, 2.0, 0.3
"""Where the period grows beyond bound: change of q to that of log T, distance from a saddle in
units of the cycle's size, period in units of the first, part of it spent there."""
SAMPLES = 8


def turned(problem: Collocation, before: np.ndarray, now: np.ndarray) -> bool:
    """Whether an orbit has turned inside out: its branch went through a point on the way."""
    a, b = (problem.profile(x) for x in (before, now))
    return bool(np.sum((a - a.mean(axis=0)) * (b - b.mean(axis=0))) < 0)


def hopf_point_near(
    problem: Collocation, u: np.ndarray, points: Sequence[Special], distance: float
) -> Special | None:
    """Return the Hopf point around which a small orbit turns, None if none is known."""
    middle = np.append(problem.profile(u).mean(axis=0), u[-1])
    near = [x for x in points if x.kind == "Hopf" and np.abs(x.u - middle).max() < distance]
    return min(near, key=lambda x: float(np.abs(x.u - middle).max()), default=None)


def endless(
    problem: Collocation, u: np.ndarray, t: np.ndarray, first: float, points: Sequence[Special],
    name: str,
) -> str:  # fmt: skip
    """Return in words that the period grows without bound or is not followed further, if so.

    ``first``  the period at the beginning of the branch
    """
    ratio, p = float(np.exp(u[-2])) / first, float(problem.family.parameter(u[-1]))
    if ratio > SLOW and abs(t[-1]) < STANDING * abs(t[-2]):
        saddle = _saddle(problem, u)
        if saddle is not None:
            place = _place(problem.family, saddle)
            return (
                f"the period grows without bound at {name} = {p:.8g}: homoclinic orbit to {place}"
            )
    if ratio > LONGEST:
        slowest, size = _slowest(problem, u), problem.size(u)
        for x in points:
            if x.kind == "fold" and np.abs(x.u - slowest).max() < NEAR * size:
                return (
                    f"the period grows without bound at {name} = {x.parameter:.10g}: the fold lies "
                    "on the cycle"
                )
        return f"not followed further: {LONGEST:g} times the period of its beginning"
    return ""


def _slowest(problem: Collocation, u: np.ndarray) -> np.ndarray:
    x = problem.profile(u)
    speeds = np.linalg.norm(problem.family.residuals(x, u[-1:]), axis=1)
    return np.append(x[np.argmin(speeds)], u[-1])


def _saddle(problem: Collocation, u: np.ndarray) -> np.ndarray | None:
    """Return the saddle at which a cycle spends its time, None if there is none."""
    family, slowest, size = problem.family, _slowest(problem, u), problem.size(u)
    rest, _ = corrected(family, slowest, np.append(np.zeros(family.size), 1.0))
    if rest is None or np.abs(rest - slowest).max() > NEAR * size:
        return None
    rates = np.real(eigenvalues(family, rest))
    s, x = problem.dense(u, SAMPLES)
    is_there = np.abs(x - rest[:-1]).max(axis=1) < 5 * NEAR * size
    spent = float(np.diff(s) @ is_there[:-1])
    # a canard is slow too, but not for the sake of a saddle
    return rest if rates.min() < 0 < rates.max() and spent > RESTING else None


def _place(family: Family, u: np.ndarray) -> str:
    y = without_dust(family, u)
    pairs = zip(family.system.labels[:4], y, strict=False)
    return ", ".join(f"{label} = {value + 0.0:.6g}" for label, value in pairs)
