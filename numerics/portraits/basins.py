"""Basins of attraction: where the trajectory of every start on a grid over the window ends.

All starts are followed together, in rounds that double in length, until each is caught by an
attractor: a stable fixed point or limit cycle, of a map a stable fixed point or cycle.  In a slice
of a larger system it is the whole system that is followed, from the points of the slice; its
attractors need not lie there.  Attractors that the portrait does not know, such as those outside
the window, are looked for from where trajectories end.

What is left is labelled as what it is: it leaves (goes thousands of windows away, or blows up), it
cannot be followed (the field is undefined, or jumps, where it comes), it lies on a border (and ends
at a saddle), or it is undecided: still moving when the time is up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from numerics.fixed_points import FixedPoint, find
from numerics.fixed_points.quotient import Quotient
from numerics.flows import System
from numerics.integration import integrate
from numerics.portraits.coordinates import UNIT, Frame
from numerics.portraits.curves import Curve
from numerics.portraits.cycles import Cycle, cycles_of_map
from numerics.portraits.maps import on_circles
from numerics.portraits.plane import PlaneSlice, Window
from numerics.portraits.stroboscope import StroboscopicMap, in_frame, oscillations
from numerics.portraits.trapping import Region, around_cycle, around_orbit, around_point

__all__ = [
    "BORDER", "ENDINGS", "LEAVES", "RESOLUTION", "UNDECIDED", "UNDEFINED", "Attractor", "Basins",
    "basins_in", "checked_resolution",
]  # fmt: skip

LEAVES, UNDECIDED, UNDEFINED, BORDER = -1, -2, -3, -4
ENDINGS = {
    LEAVES: "leave",
    UNDEFINED: "cannot be followed: the field is undefined or jumps where they come",
    BORDER: "lie on a border and end at a fixed point that is not stable",
    UNDECIDED: "are undecided",
}
"""Labels of starts that end at no attractor, and what these starts do."""

RESOLUTION, LEAST, MOST = 150, 8, 2000
FAR = 1e4  # half windows away from its middle
RTOL, ATOL = 1e-7, 1e-9  # of a step, in coordinates of the window
ROUNDS, PATIENCE, SLOW = 14, 5, 0.01
"""Rounds at most; after so many the work ends with a round that decides less than this part."""
RATES = 20.0  # of the slowest attractor: the time has to be as long for its trajectories to come
ITERATES = 16  # of a map in the first round
SOUGHT, SEARCHES, SAME = 24, 3, 1e-6  # ends from which attractors are sought; how often
AT_SADDLE = 1e-3  # distance, in half windows
TURN = 64  # iterates that show a cycle of a map

Say = Callable[[str], None]
Step = Callable[[np.ndarray, float], tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True)
class Attractor:
    """Where trajectories end.

    ``kind``    stable node, stable focus, stable limit cycle, stable cycle (of a map)
    ``points``  (k, d) states of the system: one, or those of the cycle
    """

    kind: str
    points: np.ndarray


@dataclass(frozen=True)
class Basins:
    """The basins of attraction in a window, verified numerically.

    ``x, y``        (columns,) and (rows,) middles of the cells, at which trajectories start
    ``labels``      (rows, columns) number of the attractor, or `LEAVES`, `UNDECIDED`, `UNDEFINED`,
                    `BORDER`
    ``attractors``  those at which trajectories from the window end
    ``time``        how long the undecided were followed; of a map the number of iterates
    """

    x: np.ndarray
    y: np.ndarray
    labels: np.ndarray
    attractors: tuple[Attractor, ...]
    time: float

    def share(self, label: int) -> float:
        """Return the part of the starts that have a label."""
        return float(np.mean(self.labels == label))

    @property
    def names(self) -> tuple[str, ...]:
        """What each attractor is called: where it is, roughly, or a letter outside the plane.

        A cycle is called by its kind; of several with the same name all but one get a number.
        """
        size = np.array([np.ptp(self.x), np.ptp(self.y)])
        found: list[str] = []
        for n, a in enumerate(self.attractors):
            if a.points.shape[1] > 2:
                name = chr(ord("A") + n % 26)
            elif len(a.points) > 1:
                is_cycle = a.kind == "stable cycle"
                name = f"{len(a.points)}-cycle" if is_cycle else "limit cycle"
            else:
                digits = np.ceil(np.log10(100 / size)).astype(int)
                at = [round(v, k) + 0.0 for v, k in zip(a.points[0].tolist(), digits, strict=True)]
                name = f"({at[0]:.6g}, {at[1]:.6g})"
            same = sum(x.split(" no. ")[0] == name for x in found)
            found.append(f"{name} no. {same + 1}" if same else name)
        return tuple(found)

    @property
    def statement(self) -> str:
        """What was done, and what could not be decided, in words."""
        done = f"basins from {len(self.y)} x {len(self.x)} starts, verified numerically"
        rest = [f"{_percent(self.share(n))} {x}" for n, x in ENDINGS.items() if self.share(n)]
        rest += [f"these were still moving at {self.time:.4g}"] * bool(self.share(UNDECIDED))
        return "; ".join([done, *rest])


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"


def checked_resolution(cells: int) -> int:
    """Return the number of cells on each side.

    Raises `ValueError` for other than `LEAST` to `MOST` of them.
    """
    if isinstance(cells, bool) or not isinstance(cells, int) or not LEAST <= cells <= MOST:
        raise ValueError(f"basins take {LEAST} to {MOST} starts on each side; got {cells!r}.")
    return cells


def basins_in(
    system: System,
    window: Window,
    points: Sequence[FixedPoint],
    cycles: Sequence[Cycle],
    cells: int = RESOLUTION,
    say: Say | None = None,
) -> Basins:
    """Return the basins of a system with two variables, or from a slice of a larger one.

    ``points``  fixed points in the window, of which the stable ones attract
    ``cycles``  its limit cycles, of a map its cycles
    ``cells``   starts on each side
    ``say``     told how many starts are decided

    Everything is computed in coordinates of the window, so units change nothing.
    """
    lift = system.lifted if isinstance(system, PlaneSlice) else lambda points: points
    whole = system.whole if isinstance(system, PlaneSlice) else system
    frame = _frame(system, window)
    inner = replace(in_frame(whole, frame), quantities=())
    side = (np.arange(checked_resolution(cells)) + 0.5) / cells
    x, y = window[0] + side * (window[1] - window[0]), window[2] + side * (window[3] - window[2])
    grid = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    search = _Search(inner)
    for p in points:
        place = frame.inward(lift(p.y))[None]
        if p.stable:
            search.add(p.kind, place)
        elif p.stable is False:
            search.saddles.append(place)
    for c in cycles:
        if c.kind.startswith("stable"):
            search.add(c.kind, frame.inward(lift(c.points)))
    labels, time = _followed(search, frame.inward(lift(grid)), say or (lambda _: None))
    used = [n for n in range(len(search.found)) if np.any(labels == n)]
    number = {n: k for k, n in enumerate(used)}
    labels = np.array([number.get(n, n) for n in labels.tolist()], dtype=np.int16)
    attractors = [replace(a, points=frame.outward(a.points)) for a in search.found]
    return Basins(x, y, labels.reshape(cells, cells), tuple(attractors[n] for n in used), time)


def _frame(system: System, window: Window) -> Frame:
    """Return coordinates in which the window is UNIT; other variables vary as starts do."""
    plane = Frame.of(window)
    if not isinstance(system, PlaneSlice):
        return plane
    spread = np.std(system.whole.starts(np.random.default_rng(0), 64), axis=0)
    half = np.where(spread > 0, spread, 1.0)
    centre, moving = np.array(system.at), list(system.moving)
    centre[moving], half[moving] = plane.centre, plane.half
    return Frame(centre, half)


class _Search:
    """The attractors known so far, each with the region that catches what comes."""

    def __init__(self, system: System) -> None:
        self.system, self.quotient = system, Quotient(system)
        self.found: list[Attractor] = []
        self.regions: list[Region | None] = []
        self.saddles: list[np.ndarray] = []
        self.rate = np.inf

    def add(self, kind: str, points: np.ndarray) -> None:
        """Add an attractor (k, d), unless it is known."""
        known = [a.points for a in self.found if len(a.points) == len(points)]
        if any(self.quotient.distances(points[:1], a).min() < SAME for a in known):
            return
        self.found.append(Attractor(kind, points))
        if kind == "stable limit cycle":
            self.regions.append(around_cycle(points))
        elif len(points) > 1:
            self.regions.append(around_orbit(self.quotient, points))
        else:
            self.regions.append(around_point(self.quotient, points[0]))
            self.rate = min(self.rate, self._rate(points))

    def _rate(self, point: np.ndarray) -> float:
        """Return how fast distances to a stable fixed point shrink in the end, per unit of time."""
        eigenvalues = np.linalg.eigvals(self.quotient.slope(point)[0])
        if self.system.kind == "map":
            return float(-np.log(max(np.abs(eigenvalues + 1).max(), 1e-300)))
        return float(-np.real(eigenvalues).max())

    def go_on(self, ends: np.ndarray) -> None:
        """Look for attractors from some of the states (n, d) that are still on their way."""
        some = ends[np.unique(np.linspace(0, len(ends) - 1, SOUGHT).astype(int))]
        if isinstance(self.system, StroboscopicMap):
            found = oscillations(self.system, some)
        else:
            found = [*find(self.system, some, relabelled=False)]
        for point in found:
            if point.stable and np.abs(point.y).max() < FAR:
                self.add(point.kind, point.y[None])
        if self.system.kind == "map" and self.system.dimension == 2:
            path = [some]
            for _ in range(TURN):
                path.append(_image(self.system, path[-1]))
            orbits = [p for p in np.stack(path, axis=1) if np.isfinite(p).all()]
            for c in cycles_of_map(self.system, UNIT, [Curve("orbit", p) for p in orbits]):
                self.add(c.kind, c.points)


def _followed(search: _Search, starts: np.ndarray, say: Say) -> tuple[np.ndarray, float]:
    """Return the label of each start (n, d), and for how long the last of them were followed."""
    labels = np.full(len(starts), UNDECIDED)
    states, rows = starts.copy(), np.arange(len(starts))
    nowhere = np.zeros(len(starts), dtype=bool)
    seen: dict[int, np.ndarray] = {}
    time = 0.0
    for n, (length, step) in enumerate(_rounds(search.system, starts)):
        ends, why = step(states[rows], length)
        states[rows], time = ends, time + length
        labels[rows] = why
        rows = rows[why == UNDECIDED]
        if 0 < n <= SEARCHES and len(rows):
            search.go_on(states[rows])
        for k, region in enumerate(search.regions):
            if region is None or not len(rows):
                continue
            here = nowhere.copy()
            here[rows] = region.holds(states[rows])
            caught = here & seen.get(k, nowhere) if region.twice else here
            seen[k], labels[caught] = here, k
            rows = rows[~caught[rows]]
        say(f"basins: {_percent(1 - len(rows) / len(labels))} decided")
        decided = 1 - len(rows) / max(len(ends), 1)
        settled = time * search.rate > RATES or not np.isfinite(search.rate)
        if not len(rows) or n + 1 >= PATIENCE and settled and decided < SLOW:
            break
    for saddle in search.saddles:
        labels[rows[search.quotient.distances(states[rows], saddle)[:, 0] < AT_SADDLE]] = BORDER
    return labels, time


def _rounds(system: System, starts: np.ndarray) -> Iterator[tuple[float, Step]]:
    """Yield how long each round is, and what follows states for so long.

    What follows them returns where they are then, and `UNDECIDED` or why they went no further.
    """
    if system.kind == "map":
        for n in range(ROUNDS):
            yield float(ITERATES * 2**n), lambda y, count: _iterated(system, y, int(count))
        return
    with np.errstate(all="ignore"):
        speed = np.abs(system.velocity(starts)).max(axis=1)
    moving = speed[np.isfinite(speed) & (speed > 0)]
    crossing = 1 / float(np.median(moving)) if len(moving) else 1.0
    for n in range(ROUNDS):
        yield crossing * 2**n, lambda y, length: _integrated(system, y, length)


def _integrated(system: System, y: np.ndarray, length: float) -> tuple[np.ndarray, np.ndarray]:
    found = integrate(system, y, np.array([0.0, length]), rtol=RTOL, atol=ATOL)
    ends = found["end"].values
    why = np.where(found["status"].values == "finished", UNDECIDED, UNDEFINED)
    return ends, np.where(np.abs(ends).max(axis=1) > FAR, LEAVES, why)


def _iterated(system: System, y: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    why = np.full(len(y), UNDECIDED)
    for _ in range(count):
        after = _image(system, y)
        with np.errstate(invalid="ignore"):
            far = ~(np.abs(after).max(axis=1) <= FAR)
        leaves = far & (np.isinf(after).any(axis=1) | np.isfinite(after).all(axis=1))
        stays = why == UNDECIDED
        why[stays & far] = np.where(leaves, LEAVES, UNDEFINED)[stays & far]
        y = np.where((why == UNDECIDED)[:, None], after, y)
    return y, why


def _image(system: System, y: np.ndarray) -> np.ndarray:
    return on_circles(system, system.window or UNIT, system.velocity(y))
