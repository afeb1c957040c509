"""The complete list of fixed points in a rectangle, by branch and bound in ball arithmetic.

The window is covered by boxes.  A box is settled when one of these is certain:

    empty        0 is not in f(X), or not in the mean-value form  f(m) + f'(X) (X - m),
                 or the Krawczyk image K(X) does not meet X
    known        X lies in a box in which a proved fixed point is the only one

Otherwise it shrinks to its part in K(X), as long as that is much smaller, or is halved.  A box that
contracts but belongs to no known point starts a new proof; the proof may look beyond the box and
beyond the window, so points on an edge are no trouble.  Boxes too small to halve are reported as
undecided: there the Jacobian is singular, or the field undefined.

Nothing rests on Newton's method having found everything: points that it finds only save work.

Source of the method: Hansen and Walster, Global Optimization Using Interval Analysis, chapter 11.
"""

from __future__ import annotations

import heapq
import itertools
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from flint import arb, arb_mat, ctx

from numerics.fixed_points.balls import Balls, bounds, box, exact
from numerics.fixed_points.classification import classify
from numerics.fixed_points.complete import CompleteList, Region, joined
from numerics.fixed_points.krawczyk import contracts, identity, inverse_of, prove_on
from numerics.fixed_points.newton import newton
from numerics.fixed_points.points import FixedPoint
from numerics.fixed_points.quotient import Quotient
from numerics.fixed_points.slices import Slice, column
from numerics.fixed_points.windows import window_of
from numerics.flows import System

__all__ = ["find_all"]

SMALLEST = 1e-8
"""Boxes below this part of the window's width are not halved any more."""
CUT = 0.4877
"""Where a box is halved: off the middle, where fixed points of symmetric systems lie."""
NARROW = 1e-3
"""Boxes below this part of the window's width start a proof even if K(X) reaches beyond them."""
FAILURES = 200
"""Proofs that are begun in vain before it is left to the boxes."""
SEEDS = 6

Progress = Callable[[float, int], None]


def find_all(
    system: System,
    window: Sequence[float] | None = None,
    *,
    most_boxes: int = 50_000,
    seconds: float = 60.0,
    progress: Progress | None = None,
) -> CompleteList:
    """Return every fixed point in a window, with the proof that there are no others.

    ``window``      (x_low, x_high, y_low, y_high), closed; the system's own if None
    ``most_boxes``  boxes to look at, and ``seconds`` to take, before the rest is left undecided
    ``progress``    called with the settled part of the area and the number of boxes seen

    Raises `ValueError` for other than one or two variables, declared shifts, or a window that is
    none; also for limits that are not above 0.
    """
    low, high = window_of(system, window)
    if not most_boxes > 0 or not seconds > 0:
        raise ValueError(
            f"find_all needs limits above 0; got most_boxes={most_boxes}, seconds={seconds:g}."
        )
    begun = time.perf_counter()
    with ctx.workprec(53):
        search = _Search(system, low, high)
        search.seed()
        stopped = search.run(most_boxes, begun + seconds, progress)
    return search.result(stopped, time.perf_counter() - begun)


@dataclass(frozen=True)
class _Box:
    low: tuple[float, ...]
    high: tuple[float, ...]

    def balls(self) -> Balls:
        return box(self.low, self.high)


class _Search:
    def __init__(self, system: System, low: np.ndarray, high: np.ndarray) -> None:
        self.system, self.low, self.high = system, low, high
        self.width = high - low
        grid = [a + w * (np.arange(SEEDS) + 0.5) / SEEDS
                for a, w in zip(low, self.width, strict=True)]  # fmt: skip
        self.starts = np.array(list(itertools.product(*grid)))
        self.quotient = Quotient(system, self.starts)
        if self.quotient.basis.shape[1] < system.dimension:
            raise ValueError(
                f"`{system.name}` has shifts that change nothing, so its fixed points fill lines "
                "and no list of them is complete. Use `find`, which takes the shifts out."
            )
        self.there = Slice(self.quotient)
        self.points: list[FixedPoint] = []
        self.doubtful: list[FixedPoint] = []
        self.undecided: list[_Box] = []
        self.boxes = self.failures = 0
        self.area = 0.0
        self._number = itertools.count()
        self._waiting: list[tuple[float, int, _Box]] = []

    # -- fixed points ---------------------------------------------------------------------------

    def seed(self) -> None:
        """Prove the points that Newton's method finds from a grid of starts."""
        self._prove(self.starts)

    def _prove(self, starts: np.ndarray) -> bool:
        """Add the points that are reached from the starts; return whether one was new."""
        landing = newton(self.quotient, starts)
        new = False
        for y, reason in zip(landing.y, landing.reasons, strict=True):
            beyond = (y < self.low - self.width) | (y > self.high + self.width)
            if reason or beyond.any() or self._known(exact(y)):
                continue
            if any(np.all(np.abs(y - x.y) <= 1e-4 * self.width) for x in self.doubtful):
                continue
            point = classify(self.system, y, self.quotient, prove_on(self.quotient, y))
            new = new or point.label == "proved"
            (self.points if point.label == "proved" else self.doubtful).append(point)
        return new

    def _known(self, states: Balls) -> bool:
        """Return whether a box of states holds no fixed point but one that is proved."""
        return any(
            all(u.contains(x) for u, x in zip(p.proof.unique, states, strict=True))
            for p in self.points
            if p.proof is not None
        )

    # -- boxes ----------------------------------------------------------------------------------

    def run(self, most: int, deadline: float, progress: Progress | None) -> str:
        """Settle boxes, the largest first; return why it stopped early, if it did."""
        self._push(_Box(tuple(self.low.tolist()), tuple(self.high.tolist())))
        while self._waiting:
            if self.boxes >= most:
                return f"{most} boxes were looked at"
            if time.perf_counter() > deadline:
                return "the time was up"
            _, _, x = heapq.heappop(self._waiting)
            self.boxes += 1
            parts = self._parts(x)
            self.area += self._area(x) - sum(map(self._area, parts))
            for part in parts:
                self._push(part)
            if progress is not None and self.boxes % 64 == 0:
                progress(self.area, self.boxes)
        if progress is not None:
            progress(self.area, self.boxes)
        return ""

    def _push(self, x: _Box) -> None:
        heapq.heappush(self._waiting, (-self._relative(x).max(), next(self._number), x))

    def _relative(self, x: _Box) -> np.ndarray:
        return (np.array(x.high) - np.array(x.low)) / self.width

    def _area(self, x: _Box) -> float:
        return float(np.prod(self._relative(x)))

    def _parts(self, x: _Box) -> list[_Box]:
        """Return what is left to settle of a box: nothing, a smaller box, or two halves."""
        states = x.balls()
        if self._known(states) or _misses_zero(self.there.residual(states)):
            return []
        smaller = self._contracted(x, states)
        if smaller is None:
            return []
        before, after = self._relative(x), self._relative(smaller)
        if np.any((after < 0.7 * before) & (before > SMALLEST)):
            return [smaller]
        return self._halves(smaller)

    def _contracted(self, x: _Box, states: Balls) -> _Box | None:
        """Return the part of a box that may hold fixed points; None if there is no such part."""
        _, slope = self.there.slope(states)
        middle = exact([a + (b - a) / 2 for a, b in zip(x.low, x.high, strict=True)])
        offset = [s - m for s, m in zip(states, middle, strict=True)]
        value = column(self.there.residual(middle))
        if _misses_zero((value + slope * column(offset)).entries()):
            return None
        inverse = inverse_of(slope)
        if inverse is None:
            return x
        rest = identity(len(middle)) - inverse * slope
        image = (column(middle) - inverse * value + rest * column(offset)).entries()
        finite = all(k.is_finite() for k in image)
        if finite and not all(k.overlaps(s) for k, s in zip(image, states, strict=True)):
            return None
        if self._worth_a_proof(x, states, rest, image):
            self.failures += not self._prove(np.array([[float(k.mid()) for k in image]]))
            if self._known(states):
                return None
        return _meet(x, image) if finite else x

    def _worth_a_proof(self, x: _Box, states: Balls, rest: arb_mat, image: Balls) -> bool:
        """Return whether a box has one fixed point, or is narrow and has one at most."""
        half = [arb((b - a) / 2) for a, b in zip(x.low, x.high, strict=True)]
        if self.failures >= FAILURES or not contracts(rest, half):
            return False
        inside = all(s.contains_interior(k) for s, k in zip(states, image, strict=True))
        return inside or self._relative(x).max() < NARROW

    def _halves(self, x: _Box) -> list[_Box]:
        relative = self._relative(x)
        axis = int(np.argmax(relative))
        if relative[axis] <= SMALLEST:
            self.undecided.append(x)
            return []
        cut = x.low[axis] + CUT * (x.high[axis] - x.low[axis])
        if not x.low[axis] < cut < x.high[axis]:  # no float lies between
            self.undecided.append(x)
            return []
        high, low = list(x.high), list(x.low)
        high[axis] = low[axis] = cut
        return [_Box(x.low, tuple(high)), _Box(tuple(low), x.high)]

    # -- the result -----------------------------------------------------------------------------

    def result(self, stopped: str, seconds: float) -> CompleteList:
        """Return the points in the window and what is undecided."""
        inside = [p for p in self.points if self._place(p) != "outside"]
        edge = [p for p in inside if self._place(p) == "edge"]
        rest = [*self.undecided, *(x for _, _, x in self._waiting)]
        regions = joined([Region(np.array(x.low), np.array(x.high)) for x in rest], self.width)
        doubtful = [p for p in self.doubtful if np.all((p.y >= self.low) & (p.y <= self.high))]
        inside.sort(key=lambda p: (p.stable is not True, p.index, *p.y))
        limits = tuple(np.column_stack([self.low, self.high]).ravel().tolist())
        return CompleteList(
            limits, tuple(inside), tuple(edge), tuple(regions), tuple(doubtful), stopped,
            self.boxes, seconds,
        )  # fmt: skip

    def _place(self, point: FixedPoint) -> str:
        """Return whether a proved point is inside the window, outside, or maybe on its edge."""
        assert point.proof is not None
        within = True
        for ball, a, b in zip(
            point.proof.enclosure, self.low.tolist(), self.high.tolist(), strict=True
        ):
            if ball < a or ball > b:
                return "outside"
            within = within and bool(ball > a) and bool(ball < b)
        return "inside" if within else "edge"


def _misses_zero(values: Balls) -> bool:
    return any(v.is_finite() and not v.contains(0) for v in values)


def _meet(x: _Box, image: Balls) -> _Box:
    """Return the smallest box of floats that holds what is both in ``x`` and in ``image``."""
    limits = [bounds(k) for k in image]
    low = tuple(max(a, k[0]) for a, k in zip(x.low, limits, strict=True))
    high = tuple(min(b, k[1]) for b, k in zip(x.high, limits, strict=True))
    return _Box(low, high)
