"""The data of a phase portrait: everything a figure shows, computed, none of it drawn yet."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from numerics.fixed_points import FixedPoint
from numerics.flows import System
from numerics.portraits.basins import Basins, basins_in, checked_resolution
from numerics.portraits.coordinates import UNIT, Frame
from numerics.portraits.curves import PROVED, Curve, flow_curves
from numerics.portraits.cycles import Cycle, cycles_of_map, limit_cycles
from numerics.portraits.equilibria import fixed_points_in, of_whole
from numerics.portraits.maps import displacement, iterates, map_curves
from numerics.portraits.overlays import em_over, levels, nullclines, slow_manifold
from numerics.portraits.plane import PlaneSlice, Window, component, window_around
from numerics.portraits.starts import TRAJECTORIES, checked_window, starting_points
from numerics.portraits.stroboscope import StroboscopicMap, in_frame, stroboscopic

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Portrait", "checked_plane", "portrait"]

GRID = 61
SINGLE = ("trajectory", "iterates", "orbit", "em")
"""Curves of which a single point says something: it stays there, or leaves at once."""
CLOSE = 0.02  # in coordinates of the window
Progress = Callable[[str], None]


@dataclass(frozen=True)
class Portrait:
    """A phase portrait of a system with two variables (a slice of a larger one is such a system).

    That of a system with one variable is made by `phase_line`: it is drawn in the plane of x and
    its velocity, or the next x, and ``grid`` and ``velocity`` have one row and one component.

    ``system``      the system
    ``window``      (x_low, x_high, y_low, y_high)
    ``grid``        (rows, columns, 2) points of a regular grid
    ``velocity``    (rows, columns, 2) the field there; of a map the displacement M(y) - y
    ``curves``      all lines, each with its kind
    ``points``      the fixed points in the window
    ``complete``    whether it is proved that the window holds no others
    ``statement``   that, or what is not known, in words
    ``cycles``      limit cycles of a flow, stable cycles of a map, as far as they were found; they
                    are among the curves too
    ``in_slice``    of a slice: the kind of each point in the projected field alone; ``points`` have
                    the kind that they have in the system
    ``left_out``    what was asked for and could not be drawn, one sentence each
    ``basins``      where the starts of a grid end, if that was asked for
    """

    system: System
    window: Window
    grid: np.ndarray
    velocity: np.ndarray
    curves: tuple[Curve, ...]
    points: tuple[FixedPoint, ...]
    complete: bool
    statement: str
    cycles: tuple[Cycle, ...] = ()
    in_slice: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    basins: Basins | None = None

    @property
    def places(self) -> np.ndarray:
        """Where the fixed points are drawn, (k, 2): of one variable on the axis or the diagonal."""
        states = np.array([p.y for p in self.points]).reshape(-1, self.system.dimension)
        if self.system.dimension == 2:
            return states
        return np.column_stack([states, states * (self.system.kind == "map")])

    @property
    def note(self) -> str:
        """What a reader must know about a slice or a driven system; empty for any other."""
        if isinstance(self.system, StroboscopicMap):
            return f"stroboscopic map, period {self.system.period:.6g}"
        if not isinstance(self.system, PlaneSlice):
            return ""
        others = self.system.whole.dimension - 2
        return f"slice of the projected field, {others} other variable{'s' * (others != 1)} fixed"

    @property
    def said(self) -> tuple[str, ...]:
        """What is known of the fixed points, and of the basins, in words."""
        return (self.statement, *((self.basins.statement,) if self.basins else ()))

    def of_kind(self, kind: str) -> list[Curve]:
        """Return the curves of one kind."""
        return [c for c in self.curves if c.kind == kind]

    def draw(self, ax: Axes | None = None, **style: Any) -> Axes:
        """Draw it on axes, in a new figure if none are given, and return them.

        ``style``  aspect, title, legend, width; see `numerics.portraits.figure.Style`.  On axes of
                   your own there is a legend only if you ask, or call ``ax.legend()``.

        Raises `ValueError` for an aspect that is none.
        """
        from numerics.portraits.notebook import drawn

        return drawn(self, ax, style)

    def _repr_png_(self) -> bytes:
        from numerics.portraits.figure import rendered

        return rendered(self, ".png")

    def _repr_html_(self) -> str:
        from numerics.portraits.notebook import page

        return page(self)


def portrait(
    system: System,
    *,
    window: Window | None = None,
    starts: np.ndarray | int = TRAJECTORIES,
    seed: int = 0,
    prove: bool = True,
    em: bool = False,
    fast: str | None = None,
    basins: int | None = None,
    progress: Progress | None = None,
) -> Portrait:
    """Return the phase portrait of a system with two variables.

    ``window``    (x_low, x_high, y_low, y_high); the system's own if not given
    ``starts``    of trajectories: points (n, 2), or how many to spread over the window
    ``seed``      of those
    ``prove``     prove each fixed point, that there are no others, and each limit cycle
    ``em``        lay the iterates of EM from the same starts over the flow
    ``fast``      the fast one of two timescales: its attracting nullcline is the slow manifold
    ``basins``    shade the basins of attraction, from so many starts on each side
    ``progress``  called with the name of each step; what it says of a step has a colon

    Of a driven system it is that of the stroboscopic map, whose orbits are dots.

    Everything is computed in coordinates of the window, so units and origin of the variables
    change nothing.

    Raises `ValueError` for a system of other than two variables, a driven one whose forcing has no
    period, a window without area or where
    the field is nowhere finite, starts of the wrong shape, outside the window or where the field
    is not finite, a system to which no EM map belongs, a number of starts out of range.
    """
    system = checked_plane(system)
    say = progress or (lambda _: None)
    a, b, c, d = checked_window(window_around(system) if window is None else window, 2)
    window = (a, b, c, d)
    em_map = em_over(system) if em else None  # whatever is wrong is said before anything runs
    if fast is not None:
        component(system, fast)
        if isinstance(system, StroboscopicMap):
            raise ValueError(f"`{system.name}` is driven: a stroboscopic map has no slow manifold.")
    if basins is not None:
        checked_resolution(basins)
    frame = Frame.of(window)
    inside, is_map = in_frame(system, frame), system.kind == "map"
    strobed = isinstance(system, StroboscopicMap)  # without a formula, so without nullclines

    say("field")
    grid, velocity = _field(system, window)
    begin = frame.inward(starting_points(system, starts, window, seed))
    say("fixed points")
    found = fixed_points_in(inside, UNIT, proofs=prove)
    saddles = [p.y for p in found.points if p.kind == "saddle"]
    say("nullclines")
    field = displacement(inside) if is_map and not strobed else inside
    curves = [] if strobed else nullclines(field, UNIT)
    if fast is not None:
        curves += slow_manifold(field, UNIT, fast)
    curves += levels(inside, UNIT, saddles)
    say("trajectories")
    if is_map:
        curves += map_curves(inside, UNIT, begin, [] if strobed else saddles)
        cycles = cycles_of_map(inside, UNIT, [c for c in curves if c.kind == "orbit"])
    else:
        curves += flow_curves(inside, UNIT, begin, saddles, [p.y for p in found.points])
        say("limit cycles")
        # a closed orbit of a slice is none of the system
        sliced = isinstance(system, PlaneSlice)
        cycles = [] if sliced else limit_cycles(inside, UNIT, found.points, proofs=prove)
    curves += [_curve_of(c) for c in cycles]
    if em_map is not None:
        say("EM")
        curves += iterates(frame.system(em_map), UNIT, begin, "em")
    points = [frame.fixed_point(system, p) for p in found.points]
    in_slice: tuple[str, ...] = ()
    statement = found.statement
    if isinstance(system, PlaneSlice):
        in_slice = tuple(p.kind for p in points)
        points = [of_whole(system, p, proofs=prove) for p in points]
        statement = f"in the slice, whose other variables are held: {statement}"
    cycles = [replace(c, points=frame.outward(c.points)) for c in cycles]
    shaded = None
    if basins is not None:
        say("basins")
        shaded = basins_in(system, window, points, cycles, basins, say)
    drawn = [c for c in curves if len(c.points) > 1 or c.kind in SINGLE]
    return Portrait(
        system, window, grid, velocity,
        tuple(replace(c, points=frame.outward(c.points)) for c in drawn),
        tuple(points), found.complete, statement,
        tuple(cycles), in_slice, tuple(_left_out(system, drawn, saddles, frame, fast)), shaded,
    )  # fmt: skip


def _curve_of(cycle: Cycle) -> Curve:
    """Return the line of a cycle, whose label says its period and whether it is proved."""
    proved = f", {PROVED}" if cycle.label == PROVED else ""
    return Curve(cycle.kind, cycle.points, f"period {cycle.period:.6g}{proved}")


def checked_plane(system: System) -> System:
    """Return the system of two variables that a portrait shows: a driven one's stroboscopic map.

    Raises `ValueError` with what to do if it has other than two variables, or no period.
    """
    if system.forcing is not None:
        system = stroboscopic(system)
        if system.dimension != 2:
            raise ValueError(
                "the portrait of a stroboscopic map needs two variables beside the time; "
                f"`{system.name}` has {system.dimension}. Draw time series with `--series all`."
            )
    if system.dimension != 2:
        raise ValueError(
            f"a portrait needs two variables, `{system.name}` has {system.dimension}; "
            f"take a slice, such as {','.join(system.labels[:2])}."
            if system.dimension > 2
            else f"a portrait needs two variables; `{system.name}` has one. Take `phase_line`."
        )
    return system


def _field(system: System, window: Window) -> tuple[np.ndarray, np.ndarray]:
    """Return the grid and the field on it.

    Raises `ValueError` if it is nowhere finite.
    """
    axes = np.linspace(*window[:2], GRID), np.linspace(*window[2:], GRID)
    grid = np.stack(np.meshgrid(*axes), axis=-1)
    points = grid.reshape(-1, 2)
    with np.errstate(invalid="ignore"):
        velocity = system.velocity(points) - points * (system.kind == "map")
    if not np.isfinite(velocity).all(axis=-1).any():
        raise ValueError(
            f"the field of `{system.name}` is not finite anywhere in the window "
            f"{list(window)}; give another one."
        )
    return grid, velocity.reshape(grid.shape)


def _left_out(
    system: System, curves: Sequence[Curve], saddles: Sequence[np.ndarray], frame: Frame,
    fast: str | None,
) -> Iterator[str]:  # fmt: skip
    """Yield what a reader of the figure would miss without being told."""
    if fast is not None and not any(c.kind == "slow manifold" for c in curves):
        yield f"no slow manifold: the nullcline of {fast} attracts nowhere in this window"
    if isinstance(system, StroboscopicMap) and len(saddles):
        yield "a stroboscopic map shows no manifolds of its saddles"
        return
    for saddle in saddles:
        place = ", ".join(
            f"{x} = {v:.6g}" for x, v in zip(system.labels, frame.outward(saddle), strict=True)
        )
        for kind, end in (("stable manifold", -1), ("unstable manifold", 0)):
            if not any(c.kind == kind and _touches(c, end, saddle) for c in curves):
                yield f"the {kind} of the saddle at {place} could not be followed"


def _touches(curve: Curve, end: int, saddle: np.ndarray) -> bool:
    """Whether a manifold belongs to a saddle; one found as a contour passes through it."""
    at_end = np.abs(curve.points[end] - saddle).max() < CLOSE
    return bool(at_end or np.abs(curve.points - saddle).max(axis=1).min() < CLOSE)
