"""The plane of two parameters: curves of bifurcations, and the fixed points between them.

Fixed points are looked for at a few places of the plane and followed over either parameter; each
bifurcation on the way is continued in both.  The curves part the plane into regions, in each of
which fixed points are counted at two places far apart.  Where the two differ, a border was missed:
those places are searched in the same way, and what differs still is said.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from numerics.bifurcations.codimension2 import Codimension2
from numerics.bifurcations.continuation import lies_on
from numerics.bifurcations.curves import Curve, followed_curve
from numerics.bifurcations.diagram import region, traced
from numerics.bifurcations.extended import (
    BranchPoints,
    Extended,
    Flips,
    Folds,
    Hopfs,
    NeimarkSackers,
    Pairs,
)
from numerics.bifurcations.family import Family
from numerics.bifurcations.special import Special
from numerics.fixed_points import FixedPoint, find
from numerics.flows import System

__all__ = ["Regimes", "Region", "regimes"]

LINES, ROUNDS = 3, 2
"""Lines of each parameter on which bifurcations are looked for, and how often more are added."""
SAME, BESIDE = 1e-5, 1e-3
"""Distance of points of codimension 2 within which they are one, and of a curve that begins at one,
in units of z and q."""
THINNED = 4
"""Every so many points of a branch is kept to look for fixed points from."""
CELLS, SMALLEST = 240, 120
"""The plane is parted into this many cells each way; a region has so many of them at least."""


@dataclass(frozen=True)
class Region:
    """A part of the plane without a bifurcation of fixed points in it.

    ``places``    (2, 2) parameters at which fixed points were counted
    ``room``      from the first of them to the border, as a part of the plane's sides
    ``stable``    how many are stable there; ``unstable`` how many are not
    ``agrees``    whether both places have the same
    """

    places: np.ndarray
    room: float
    stable: int
    unstable: int
    agrees: bool


@dataclass(frozen=True)
class Regimes:
    """Bifurcations of fixed points in two parameters.

    ``names``    of the parameters
    ``curves``   of codimension 1, see `numerics.bifurcations.extended`
    ``points``   of codimension 2
    ``regions``  the parts, the largest first
    ``cells``    (CELLS, CELLS) number of the region by cell, -1 for none; second parameter first
    ``notes``    what could not be done, in words
    """

    names: tuple[str, str]
    family: Family
    curves: tuple[Curve, ...]
    points: tuple[Codimension2, ...]
    regions: tuple[Region, ...]
    cells: np.ndarray
    notes: tuple[str, ...]

    @property
    def system(self) -> System:
        """The system in the middle of both intervals."""
        return self.family.system


def regimes(
    build: Callable[[np.ndarray], System], names: tuple[str, str], low: np.ndarray,
    high: np.ndarray, *, seed: int = 0, starts: int = 32,
    progress: Callable[[str], None] = lambda step: None,
) -> Regimes:  # fmt: skip
    """Return the bifurcations of the systems ``build(p)`` over two parameters, low <= p <= high.

    Raises `ValueError` for a parameter that changes the form of the equations or does not enter
    them, or where no fixed point is found on any line.
    """
    family = Family(build, low, high)
    search = _Search(family, seed, starts, progress)
    grid = (np.arange(LINES) + 0.45) / LINES  # not in the middle, where codimension 2 likes to be
    search.lines(np.stack(np.meshgrid(grid, grid), axis=-1).reshape(-1, 2))
    added = 0
    while True:
        progress("regions")
        cells = _parted(search.curves)
        regions = [search.region(cells == k) for k in range(int(cells.max()) + 1)]
        lost = [q for r in regions if not r.agrees for q in r.places]
        if not lost or added == ROUNDS:
            break
        search.lines((np.array(lost) - low) / (high - low))
        added += 1
    points: list[Codimension2] = []
    for point in (x for curve in search.curves for x in curve.points):
        if not any(x.kind == point.kind and np.abs(x.u - point.u).max() < SAME for x in points):
            points.append(point)
    return Regimes(
        names, family, tuple(search.curves), tuple(points), tuple(regions), cells,
        tuple(_notes(search.curves, regions)),
    )  # fmt: skip


class _Search:
    """What has been found so far: fixed points by place, curves."""

    def __init__(
        self, family: Family, seed: int, starts: int, progress: Callable[[str], None]
    ) -> None:
        self.family, self.seed, self.starts, self.progress = family, seed, starts, progress
        self.at: dict[tuple[float, ...], list[FixedPoint]] = {}
        self.curves: list[Curve] = []
        self.known = np.zeros((0, family.size + 2))  # points u on branches

    def fixed_points(self, q: np.ndarray) -> list[FixedPoint]:
        """Return the isolated fixed points found at a place q of the plane.

        They are looked for from the system's starts and from what is known beside the place.
        """
        key = tuple(float(x) for x in q)
        if key not in self.at:
            system = self.family.build(self.family.parameter(q))
            starts = system.starts(np.random.default_rng(self.seed), self.starts)
            order = np.argsort(np.abs(self.known[:, -2:] - q).max(axis=1))
            beside = self.family.state(self.known[order[: self.starts]])
            found = find(system, np.vstack([starts, beside]), relabelled=False)
            self.at[key] = [x for x in found if x.kind != "degenerate" and not x.family]
        return self.at[key]

    def lines(self, places: np.ndarray) -> None:
        """Look for bifurcations on the lines through places q, (n, 2), and follow them.

        Raises `ValueError` where no place has a fixed point.
        """
        for n, q in enumerate(places):
            self.progress(f"fixed points at place {n + 1} of {len(places)}")
            self.fixed_points(q)
        if not any(self.at.values()):
            raise ValueError(
                f"no fixed point of `{self.family.system.name}` to follow was found from "
                f"{self.starts} starts at {len(places)} places."
            )
        for along in (0, 1):
            for held in dict.fromkeys(places[:, 1 - along].tolist()):
                on_line = [q for q in places if q[1 - along] == held]
                self._line(along, float(held), on_line)
        self._from_double_values()

    def _line(self, along: int, held: float, places: Sequence[np.ndarray]) -> None:
        low, high = self.family.low, self.family.high

        def build(p: float) -> System:
            pair = self.family.parameter(np.array([held, held]))
            pair[along] = p
            return self.family.build(pair)

        line = Family(build, float(low[along]), float(high[along]))
        seeds = [
            line.point(x.y, line.parameter(float(q[along])))
            for q in places for x in self.fixed_points(q)
        ]  # fmt: skip
        if not seeds:
            return
        reach = region(line, seeds)
        branches, points, _ = traced(line, seeds, reach, self.progress)
        for branch in branches:
            u = self.family.rows @ line.state(branch.u[::THINNED]).T
            q = np.full((u.shape[1], 2), held)
            q[:, along] = branch.u[::THINNED, -1]
            self.known = np.vstack([self.known, np.hstack([u.T, q])])
        for x in points:
            q = np.array([held, held])
            q[along] = x.u[-1]
            begun = _begun(self.family, x, self.family.point(x.y, self.family.parameter(q)), along)
            if begun is not None and not any(_passes(c, *begun) for c in self.curves):
                self.progress(f"curve {len(self.curves) + 1}")
                self._follow(*begun, reach)

    def _follow(self, problem: Extended, w: np.ndarray, reach: float) -> None:
        curve = followed_curve(problem, w, reach)
        if curve is None:
            return
        if not isinstance(problem, Pairs) or any(problem.is_turning(x, 0.0) for x in curve.w):
            self.curves.append(curve)

    def _from_double_values(self) -> None:
        """Follow the curves of pairs that begin at double eigenvalues and were met by no line."""
        pairs = NeimarkSackers if self.family.system.kind == "map" else Hopfs
        others = [c for c in self.curves if c.kind != pairs.kind]
        for point in [x for c in others for x in c.points if x.kind in pairs.resonances]:
            known = [c.u for c in self.curves if c.kind == pairs.kind]
            if not any(np.abs(u - point.u).max(axis=1).min() < BESIDE for u in known):
                self._follow(*pairs.at(self.family, point.u), region(self.family, [point.u]))

    def region(self, inside: np.ndarray) -> Region:
        """Return a region with the fixed points found at two places of it."""
        places, room = _far_apart(inside)
        counts = []
        for q in places:
            points = self.fixed_points(q)
            stable = sum(x.stable is True for x in points)
            counts.append((stable, len(points) - stable))
        (stable, unstable), other = counts
        agrees = (stable, unstable) == other
        return Region(self.family.parameter(places), room, stable, unstable, agrees)


def _begun(
    family: Family, x: Special, u: np.ndarray, along: int
) -> tuple[Extended, np.ndarray] | None:
    """Return equations and their solution at a special point of a line, None for other kinds."""
    for kind in (Folds, Flips, Hopfs, NeimarkSackers):
        if x.kind == kind.kind:
            return kind.at(family, u)
    if x.kind in ("pitchfork", "transcritical", "branch point"):
        return BranchPoints.at(family, u, along, x.kind)
    return None


def _passes(curve: Curve, problem: Extended, w: np.ndarray) -> bool:
    """Whether a curve goes through the point of a solution."""
    if type(curve.problem) is not type(problem):
        return False
    u = problem.point(w)
    n = int(np.argmin(np.abs(curve.u - u).max(axis=1)))
    curve.problem.renewed(curve.w[n])
    like = curve.w[n].copy()
    like[problem.shown] = u
    return lies_on(curve.problem, curve.w[max(n - 1, 0) : n + 2], like, problem.shown)


# -- regions ---------------------------------------------------------------------------------------


def _parted(curves: Sequence[Curve]) -> np.ndarray:
    """Return the number of the region of every cell, the largest region first, -1 for none."""
    from scipy.ndimage import distance_transform_edt, label

    free = np.ones((CELLS, CELLS), dtype=bool)
    for curve in curves:
        for a, b in zip(curve.u[:-1, -2:], curve.u[1:, -2:], strict=True):
            count = 2 + int(3 * CELLS * np.abs(b - a).max())
            line = a + np.linspace(0, 1, count)[:, None] * (b - a)
            i, j = np.clip((line * CELLS).astype(int), 0, CELLS - 1).T
            free[j, i] = False
    parts, count = cast(tuple[np.ndarray, int], label(free))
    sizes = np.bincount(parts.ravel(), minlength=count + 1)[1:]
    order = [n + 1 for n in np.argsort(-sizes, kind="stable") if sizes[n] >= SMALLEST]
    numbers = np.full(count + 1, -1)
    numbers[order] = np.arange(len(order))
    cells = numbers[parts]
    nearest: Any = distance_transform_edt(~free, return_distances=False, return_indices=True)
    return np.where(free, cells, cells[tuple(nearest)])


def _far_apart(inside: np.ndarray) -> tuple[np.ndarray, float]:
    """Return two places q of a region, (2, 2): the deepest, with its depth, and one far from it."""
    from scipy.ndimage import distance_transform_edt

    depth: Any = distance_transform_edt(np.pad(inside, 1))
    depth = depth[1:-1, 1:-1]
    first = np.unravel_index(int(np.argmax(depth)), depth.shape)
    j, i = np.nonzero(depth >= depth.max() / 2)
    far = int(np.argmax((j - first[0]) ** 2 + (i - first[1]) ** 2))
    places = np.array([[first[1], first[0]], [i[far], j[far]]]) + 0.5
    return places / CELLS, float(depth.max()) / CELLS


def _notes(curves: Sequence[Curve], regions: Sequence[Region]) -> list[str]:
    notes = [
        f"curve {n + 1} was {end}" for n, curve in enumerate(curves)
        for end in dict.fromkeys(curve.ends) if end.startswith("not followed")
    ]  # fmt: skip
    notes += [
        f"region {n + 1} does not have the same fixed points everywhere: a border of it was not "
        "found" for n, region in enumerate(regions) if not region.agrees
    ]  # fmt: skip
    return notes
