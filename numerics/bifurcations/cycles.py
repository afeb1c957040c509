"""Limit cycles born at a Hopf point, followed over the parameter with period and stability.

At the Hopf point with frequency w and eigenvector v the branch of cycles leaves along

    x(s) = Re v e^(2 pi i s),    T = 2 pi / w,

and goes through folds by pseudo-arclength continuation.  What happens on it changes a sign, and is
solved for between two steps:

    dq along the branch                        fold of cycles
    determinant of the bordered derivative     branch point of cycles, off which both ways are taken
    product of mu + 1                          period doubling
    product of mu_i mu_j - 1                   torus, if the two turn (Neimark and Sacker)

Source: Kuznetsov, Elements of Applied Bifurcation Theory, sections 5.3 and 10.2.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from numerics.bifurcations.branch import LEFT
from numerics.bifurcations.collocation import FEWEST, Collocation
from numerics.bifurcations.continuation import (
    Walk,
    at_border,
    branching,
    corrected,
    tangent,
    zero_between,
)
from numerics.bifurcations.cycle import Cycle, CycleBranch
from numerics.bifurcations.cycle_ends import endless, hopf_point_near, turned
from numerics.bifurcations.family import Family
from numerics.bifurcations.normal_forms import null_vectors
from numerics.bifurcations.special import Special, signed, vanishing_factors

__all__ = ["followed_cycles"]

STEP, STEPS, BRANCHES = 5e-2, 800, 8
"""The longest step, in units of the spread of the starts; how many there may be on a branch, and
branches from one Hopf point."""
LEVEL = 1e-13  # change of q below which it stands still: cycles all at one value of the parameter
SAMPLES = 16  # places in an interval of the mesh, for extremes
KINDS = {"flip": "period doubling", "pair": "torus"}


def followed_cycles(
    family: Family, start: Special, points: Sequence[Special], reach: float, name: str
) -> list[CycleBranch]:
    """Return the branch of cycles that begins at a Hopf point, and what branches off.

    ``points``  special points of the diagram, at which it may end
    ``reach``   it ends where a coordinate goes beyond
    ``name``    what the parameter is called
    """
    problem, walk, first = _beginning(family, start)
    waiting: list[tuple[Special | Cycle, Collocation, Walk, Cycle]] = [
        (start, problem, walk, first)
    ]
    found, seen = list[CycleBranch](), list[Cycle]()
    while waiting and len(found) < BRANCHES:
        origin, problem, walk, first = waiting.pop(0)
        others = [x for x in points if x is not start]
        following = _Following(problem, walk, origin, first, others, reach, name)
        found.append(following.branch())
        for c, at, u, turn in following.crossings:
            if not any(c.is_same(x) for x in seen):
                seen.append(c)
                waiting += [(c, at, Walk(at, u, side, STEP), c) for side in (turn, -turn)]
    return found


def _beginning(family: Family, start: Special) -> tuple[Collocation, Walk, Cycle]:
    """Return the problem, the walk and the cycle of no extent at a Hopf point."""
    z, w = start.u[:-1], start.frequency
    a = family.slope(start.u)[:, :-1]
    v, _ = null_vectors(a - 1j * w * np.eye(len(a)))
    s = np.linspace(0.0, 1.0, 4 * FEWEST, endpoint=False)
    wave = np.real(np.exp(2j * np.pi * s)[:, None] * v)
    problem = Collocation(family, np.linspace(0.0, 1.0, FEWEST + 1), wave)
    u = problem.packed(np.tile(z, (len(s), 1)), float(np.log(2 * np.pi / w)), start.u[-1])
    t = problem.packed(wave, 0.0, 0.0)
    rest = start.eigenvalues
    for side in (1j * w, -1j * w):
        rest = np.delete(rest, np.argmin(np.abs(rest - side)))
    born = np.append(1.0, np.exp(rest * 2 * np.pi / w))
    first = Cycle(start.parameter, 2 * np.pi / w, start.y, start.y, born)
    return problem, Walk(problem, u, t / np.linalg.norm(t), STEP), first


class _Following:
    """One branch of cycles on its way.

    ``crossings``  branch points: the cycle, the problem, u and the other tangent
    """

    def __init__(
        self, problem: Collocation, walk: Walk, origin: Special | Cycle, first: Cycle,
        points: Sequence[Special], reach: float, name: str,
    ) -> None:  # fmt: skip
        self.problem, self.walk, self.origin, self.name = problem, walk, origin, name
        self.points, self.reach = points, reach
        self.cycles, self.found = [first], list[Cycle]()
        self.crossings: list[tuple[Cycle, Collocation, np.ndarray, np.ndarray]] = []
        self.test = 0.0

    def branch(self) -> CycleBranch:
        end, target = "", None
        while not end:
            end, target = self._step()
        return CycleBranch(self.origin, tuple(self.cycles), tuple(self.found), end, target)

    def _step(self) -> tuple[str, Special | None]:
        """Go one step on; return why the branch ends, and where, if it does."""
        walk, problem = self.walk, self.problem
        u, t = walk.u, walk.t
        if len(self.cycles) >= STEPS:
            return f"not followed further: {STEPS} steps", None
        if not walk.step():
            return "not followed further: steps below 1e-7", None
        is_small = len(self.cycles) > 2 and problem.size(walk.u) < 4 * walk.taken
        if is_small and turned(problem, u, walk.u):
            return self._into_a_point()
        if not 0 <= walk.u[-1] <= 1:
            last = at_border(problem, u, walk.u, t)
            if last is not None:
                self._note(u, t, *last)
            return "end of the interval", None
        closed = self._note(u, t, walk.u, walk.t)
        if np.abs(problem.profile(walk.u)).max() > self.reach:
            return LEFT, None
        first = self.cycles[0].period
        words = endless(problem, walk.u, walk.t, first, self.points, self.name)
        return closed or words or self._renewed(), None

    def _into_a_point(self) -> tuple[str, Special | None]:
        x = hopf_point_near(self.problem, self.walk.u, self.points, 4 * self.walk.taken)
        if x is None:
            return "not followed further: it shrinks to a point that is not known", None
        last = self.cycles[-1].multipliers
        self.cycles.append(Cycle(x.parameter, 2 * np.pi / x.frequency, x.y, x.y, last))
        return f"ends at the Hopf point {self.name} = {x.parameter:.10g}", x

    def _renewed(self) -> str:
        """Take the present orbit for reference, on a mesh that suits it; say if there is none."""
        walk, problem = self.walk, self.problem
        needs = problem.needs(walk.u)
        if needs.max() < 1.3 and problem.intervals < 2 * max(FEWEST, needs.sum()):
            problem.refer_to(problem.profile(walk.u))
            return ""
        moved = problem.remeshed(walk.u, walk.t)
        if moved is None:
            return "not followed further: the cycle needs too fine a mesh"
        self.problem, u, t = moved
        better, _ = corrected(self.problem, u, t)
        if better is None:
            return "not followed further: the cycle is lost on a finer mesh"
        walk.problem, walk.u, walk.t = self.problem, better, tangent(self.problem, better, t)
        self.test = branching(self.problem, walk.u, walk.t)[0]
        return ""

    # -- what lies on it -------------------------------------------------------------------------

    def _note(self, u: np.ndarray, t: np.ndarray, new: np.ndarray, ahead: np.ndarray) -> str:
        """Note a cycle and what lies before it; return that the branch closes, if it does."""
        test = branching(self.problem, new, ahead)[0]
        closes = False
        for there, kind in self._between(u, t, new, ahead, test):
            c = self._cycle(there, kind)
            if kind == "branch point of cycles":
                closes = closes or c.is_same(self.cycles[0])
                if not closes:
                    turn = branching(self.problem, there, t)[1]
                    self.crossings.append((c, self.problem, there, turn))
            self.found.append(c)
        self.cycles.append(self._cycle(new))
        self.test = test
        return "closed" if closes else ""

    def _cycle(self, u: np.ndarray, kind: str = "") -> Cycle:
        problem, family = self.problem, self.problem.family
        y = problem.dense(u, SAMPLES)[1] @ family.columns.T
        p, span = float(family.parameter(u[-1])), family.high - family.low
        return Cycle(
            p if abs(p) > 1e-13 * span else 0.0, float(np.exp(u[-2])), -_tops(-y), _tops(y),
            problem.multipliers(u), kind,
        )  # fmt: skip

    def _between(
        self, u: np.ndarray, t: np.ndarray, new: np.ndarray, ahead: np.ndarray, test: float
    ) -> Iterator[tuple[np.ndarray, str]]:
        """Yield where something changes between two cycles, and what."""
        problem = self.problem
        if t[-1] * ahead[-1] < 0 and max(abs(t[-1]), abs(ahead[-1])) > LEVEL:
            there = zero_between(problem, u, t, new, lambda x: float(tangent(problem, x, t)[-1]))
            if there is not None:
                yield there, "fold of cycles"
        if len(self.cycles) < 2:
            return  # at the beginning another branch crosses
        if self.test * test < 0:
            there = zero_between(problem, u, t, new, lambda x: branching(problem, x, t)[0])
            if there is not None:
                yield there, "branch point of cycles"
        before, now = self.cycles[-1].multipliers, problem.multipliers(new)
        for name, factors in vanishing_factors("map").items():
            if name not in KINDS or signed(factors(before)) * signed(factors(now)) >= 0:
                continue
            there = zero_between(
                problem, u, t, new, lambda x, f=factors: signed(f(problem.multipliers(x)))
            )
            if there is not None and (name != "pair" or _turning(problem.multipliers(there))):
                yield there, KINDS[name]


def _turning(multipliers: np.ndarray) -> bool:
    """Whether the pair of which the product is 1 is complex."""
    i, j = np.triu_indices(len(multipliers), 1)
    n = int(np.argmin(np.abs(multipliers[i] * multipliers[j] - 1)))
    return bool(abs(np.imag(multipliers[i[n]])) > 1e-6)


def _tops(y: np.ndarray) -> np.ndarray:
    """Return the largest values of curves (k, d), closed, by a parabola through three points."""
    y = y[:-1]
    n, columns = np.argmax(y, axis=0), np.arange(y.shape[1])
    left, top, right = (y[(n + k) % len(y), columns] for k in (-1, 0, 1))
    bend = np.minimum(left - 2 * top + right, -1e-300)
    return np.where(right == left, top, top - (right - left) ** 2 / (8 * bend))
