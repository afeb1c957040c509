"""Points at which two bifurcations meet, on the curves of one in two parameters.

    on folds           cusp                  a = <p, B(v,v)> / 2 changes sign
                       Bogdanov-Takens       <p, v> changes sign: a second eigenvalue is 0; of a map
                                             1:1 resonance, a second multiplier is 1
    on flips           generalised flip      the cubic coefficient changes sign
                       1:2 resonance         <p, v> changes sign: a second multiplier is -1
    on Hopf points     Bogdanov-Takens       k = w^2 reaches 0, and the curve ends
                       generalised Hopf      the first Lyapunov coefficient changes sign (Bautin)
    on Neimark-Sacker  1:1, 1:2 resonance    the angle reaches 0 or 180 degrees: the curve ends
    points             1:3, 1:4 resonance    it is 120 or 90 degrees
                       Chenciner             the cubic coefficient changes sign

and on each of them the points at which another eigenvalue or pair crosses as well: zero-Hopf and
double Hopf of a flow; of a map fold-flip and the like.

Source: Kuznetsov, Elements of Applied Bifurcation Theory, chapters 8 and 9.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from numerics.bifurcations import normal_forms
from numerics.bifurcations.branch import eigenvalues
from numerics.bifurcations.continuation import zero_between
from numerics.bifurcations.extended import (
    Extended,
    Flips,
    Folds,
    Hopfs,
    NeimarkSackers,
    Pairs,
    closest,
)
from numerics.bifurcations.special import cubic, signed, vanishing_factors, without_dust

__all__ = ["Codimension2", "between", "point_at"]

Value = Callable[[np.ndarray], float]
RESONANCES = {"1:3 resonance": -0.5, "1:4 resonance": 0.0}  # cosines of the angle


@dataclass(frozen=True)
class Codimension2:
    """A point where two bifurcations meet.

    ``kind``         see above
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


def between(
    problem: Extended, w: np.ndarray, t: np.ndarray, new: np.ndarray
) -> Iterator[Codimension2]:
    """Yield the points of codimension 2 between two of a curve, t the tangent at the first."""
    for kind, value in (*_own(problem, w), *_more(problem)):
        if value(w) * value(new) < 0:
            there = zero_between(problem, w, t, new, value)
            if there is not None and _is(kind, problem, there):
                yield point_at(problem, there, kind)


def point_at(problem: Extended, w: np.ndarray, kind: str) -> Codimension2:
    """Return what stands at a solution w."""
    family, u = problem.family, problem.point(w)
    p = family.parameter(u[-2:])
    p = np.where(np.abs(p) > 1e-12 * (family.high - family.low), p, 0.0)
    return Codimension2(kind, u, p, without_dust(family, u), eigenvalues(family, u))


def _own(problem: Extended, w: np.ndarray) -> Iterator[tuple[str, Value]]:
    """Yield test functions of what the curve itself is about, continuous from w on."""
    family, m, is_map = problem.family, problem.size, problem.family.system.kind == "map"
    point = problem.point
    if isinstance(problem, Folds):  # flips as well
        first = _left(problem, w)

        def left(x: np.ndarray) -> np.ndarray:
            p = _left(problem, x)
            return p if p @ first > 0 else -p

        def bend(x: np.ndarray) -> float:
            v = x[m : 2 * m]
            return float(left(x) @ family.second(point(x), v, v)) / problem.rate

        if isinstance(problem, Flips):
            yield "generalised flip", lambda x: cubic(family, normal_forms.flip(family, point(x)))
            double = "1:2 resonance"
        else:
            yield "cusp", bend
            double = "1:1 resonance" if is_map else "Bogdanov-Takens"
        yield double, lambda x: float(left(x) @ x[m : 2 * m])

    if isinstance(problem, Hopfs):
        form = normal_forms.hopf
        yield "generalised Hopf", lambda x: cubic(family, form(family, point(x))[1])
    if isinstance(problem, NeimarkSackers):
        round_it = normal_forms.neimark_sacker
        yield "Chenciner", lambda x: cubic(family, round_it(family, point(x))[1])
        for name, cosine in RESONANCES.items():
            yield name, lambda x, cosine=cosine: float(x[-3]) - cosine


def _more(problem: Extended) -> Iterator[tuple[str, Value]]:
    """Yield test functions of further eigenvalues that cross."""
    if not isinstance(problem, Folds | Pairs):
        return
    kind = problem.family.system.kind
    for name, factors in vanishing_factors(kind).items():
        words = MEETS[kind].get((problem.kind, name))
        left = problem.size - (2 if isinstance(problem, Pairs) else 1)
        if words and left >= (2 if name == "pair" else 1):
            yield words, lambda x, factors=factors: signed(factors(_others(problem, x)))


MEETS = {
    "flow": {
        ("fold", "pair"): "zero-Hopf",
        ("Hopf", "zero"): "zero-Hopf",
        ("Hopf", "pair"): "double Hopf",
    },
    "map": {
        ("fold", "flip"): "fold-flip",
        ("flip", "zero"): "fold-flip",
        ("fold", "pair"): "fold-Neimark-Sacker",
        ("Neimark-Sacker", "zero"): "fold-Neimark-Sacker",
        ("flip", "pair"): "flip-Neimark-Sacker",
        ("Neimark-Sacker", "flip"): "flip-Neimark-Sacker",
        ("Neimark-Sacker", "pair"): "double Neimark-Sacker",
    },
}
"""By kind of system: the curve and what crosses besides."""


def _left(problem: Folds, w: np.ndarray) -> np.ndarray:
    """Return the unit left null vector."""
    return np.linalg.svd(problem.singular(problem.point(w)))[0][:, -1]


def _others(problem: Folds | Pairs, w: np.ndarray) -> np.ndarray:
    """Return the eigenvalues without those the curve is about: of a flow in units of the rate."""
    is_map = problem.family.system.kind == "map"
    found = eigenvalues(problem.family, problem.point(w))
    if isinstance(problem, Pairs):
        without = problem.pair(float(w[-3]))
    else:
        without = ((1.0 if is_map else 0.0) - problem.shift,)
    for value in without:
        found = np.delete(found, np.argmin(np.abs(found - value)))
    return found if is_map else found / problem.rate


def _is(kind: str, problem: Extended, w: np.ndarray) -> bool:
    """Whether what a test function found is that: a pair that crosses besides must turn."""
    if not isinstance(problem, Folds | Pairs):
        return True
    system = problem.family.system.kind
    if MEETS[system].get((problem.kind, "pair")) != kind:
        return True
    is_map = system == "map"
    one, _ = closest(_others(problem, w), lambda x, y: x * y - 1 if is_map else x + y)
    return bool(abs(np.imag(one)) > 1e-6)
