"""The data of a phase portrait: everything a figure shows, computed, none of it drawn yet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from numerics.fixed_points import FixedPoint
from numerics.flows import System
from numerics.portraits.curves import Curve, flow_curves, inside, size_of
from numerics.portraits.equilibria import fixed_points_in
from numerics.portraits.maps import displacement, iterates, map_curves
from numerics.portraits.overlays import em_over, levels, nullclines, slow_manifold
from numerics.portraits.plane import Window, component, window_around

__all__ = ["Portrait", "portrait"]

GRID = 61
TRAJECTORIES = 6
PLASTIC = 1.32471795724474602596  # the real root of x^3 = x + 1
Progress = Callable[[str], None]


@dataclass(frozen=True)
class Portrait:
    """A phase portrait of a system with two variables (a slice of a larger one is such a system).

    ``system``      the system
    ``window``      (x_low, x_high, y_low, y_high)
    ``grid``        (rows, columns, 2) points of a regular grid
    ``velocity``    (rows, columns, 2) the field there; of a map the displacement M(y) - y
    ``curves``      all lines, each with its kind
    ``points``      the fixed points in the window
    ``complete``    whether it is proved that the window holds no others
    ``statement``   that, or what is not known, in words
    """

    system: System
    window: Window
    grid: np.ndarray
    velocity: np.ndarray
    curves: tuple[Curve, ...]
    points: tuple[FixedPoint, ...]
    complete: bool
    statement: str

    @property
    def note(self) -> str:
        """What a reader must know about a slice; empty for a whole system."""
        if "slice" not in self.system.settings:
            return ""
        others = len(self.system.settings["at"])
        return f"slice of the projected field, {others} other variable{'s' * (others != 1)} fixed"

    def of_kind(self, kind: str) -> list[Curve]:
        """Return the curves of one kind."""
        return [c for c in self.curves if c.kind == kind]

    def _repr_png_(self) -> bytes:
        from numerics.portraits.figure import rendered

        return rendered(self, ".png")


def portrait(
    system: System,
    *,
    window: Window | None = None,
    starts: np.ndarray | int = TRAJECTORIES,
    seed: int = 0,
    prove: bool = True,
    em: bool = False,
    fast: str | None = None,
    progress: Progress | None = None,
) -> Portrait:
    """Return the phase portrait of a system with two variables.

    ``window``    (x_low, x_high, y_low, y_high); the system's own if not given
    ``starts``    of trajectories: points (n, 2), or how many to spread over the window
    ``seed``      of those
    ``prove``     prove each fixed point, and that there are no others
    ``em``        lay the iterates of EM from the same starts over the flow
    ``fast``      the fast one of two timescales: its attracting nullcline is the slow manifold
    ``progress``  called with the name of each step

    Raises `ValueError` for a system of other than two variables, a window without area, starts of
    the wrong shape or not finite, a system to which no EM map belongs.
    """
    if system.dimension != 2:
        raise ValueError(
            f"a portrait needs two variables, `{system.name}` has {system.dimension}; "
            f"take a slice, such as {','.join(system.labels[:2])}."
            if system.dimension > 2
            else f"a portrait needs two variables; `{system.name}` has one."
        )
    say = progress or (lambda _: None)
    window = _checked_window(window_around(system) if window is None else window)
    begin = _starts(starts, window, seed)
    em_map = em_over(system) if em else None  # whatever is wrong is said before anything runs
    if fast is not None:
        component(system, fast)
    is_map = system.kind == "map"
    field = displacement(system) if is_map else system

    say("field")
    grid = np.stack(
        np.meshgrid(np.linspace(*window[:2], GRID), np.linspace(*window[2:], GRID)), axis=-1
    )
    velocity = field.velocity(grid.reshape(-1, 2)).reshape(grid.shape)
    if not np.isfinite(velocity).all(axis=-1).any():
        raise ValueError(
            f"the field of `{system.name}` is not finite anywhere in the window "
            f"{list(window)}; give another one."
        )
    say("fixed points")
    found = fixed_points_in(system, window, proofs=prove)
    saddles = [p.y for p in found.points if p.kind == "saddle"]
    say("nullclines")
    curves = nullclines(field, window)
    if fast is not None:
        curves += slow_manifold(field, window, fast)
    curves += levels(system, window, saddles)
    say("trajectories")
    if is_map:
        curves += map_curves(system, window, begin, saddles)
    else:
        curves += flow_curves(system, window, begin, saddles, [p.y for p in found.points])
    if em_map is not None:
        say("EM")
        curves += iterates(em_map, window, begin, "em")
    return Portrait(
        system, window, grid, velocity, tuple(curves), found.points, found.complete, found.statement
    )


def _checked_window(window: Window) -> Window:
    a, b, c, d = (float(x) for x in window)
    if not (np.isfinite([a, b, c, d]).all() and a < b and c < d):
        raise ValueError(
            "a window must be four finite numbers x_low < x_high, y_low < y_high; "
            f"got {a:g}, {b:g}, {c:g}, {d:g}, which has no area."
        )
    return a, b, c, d


def _starts(starts: np.ndarray | int, window: Window, seed: int) -> np.ndarray:
    if isinstance(starts, int):
        if starts < 0:
            raise ValueError(f"the number of trajectories must be 0 or above; got {starts}.")
        # the additive recurrence that fills a square most evenly, at a random place of it
        first = np.random.default_rng(seed).uniform(size=2)
        spread = (first + np.arange(starts)[:, None] * [1 / PLASTIC, 1 / PLASTIC**2]) % 1
        return np.array(window[::2]) + spread * size_of(window)
    points = np.asarray(starts, dtype=float)
    if points.ndim != 2 or points.shape[1] != 2 or not np.isfinite(points).all():
        raise ValueError(
            f"starts of trajectories must be finite points of shape (n, 2); got {points.tolist()}."
        )
    if not inside(window, points, 0.0).all():
        row = points[int(np.argmin(inside(window, points, 0.0)))]
        raise ValueError(
            f"starts of trajectories must lie in the window {list(window)}; got {row.tolist()}."
        )
    return points
