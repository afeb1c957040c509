"""Portraits of systems with one variable: phase lines of flows, cobwebs of maps.

    flow   the graph of f over the line; arrows where dx/dt = f(x) goes, fixed points on the axis
    map    the graph of M, the diagonal, and from each start the cobweb
           (x, x) -> (x, M(x)) -> (M(x), M(x)) -> ...; fixed points and cycles on the graph

The second coordinate of the plane drawn in is f, or the next x.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from numerics.flows import System
from numerics.portraits.contours import runs
from numerics.portraits.coordinates import Frame
from numerics.portraits.curves import Curve
from numerics.portraits.cycles import cycles_of_map
from numerics.portraits.equilibria import fixed_points_in
from numerics.portraits.maps import iterates
from numerics.portraits.portrait import Portrait, Progress
from numerics.portraits.starts import TRAJECTORIES, checked_window, starting_points

__all__ = ["phase_line"]

LINE = (-1.0, 1.0)  # the window in its own coordinates
SAMPLES, WEB = 1201, 60
JUMP = 0.2  # of the height of the figure: what neighbours of a graph do not differ by
USUAL, ROOM = 0.01, 0.08  # quantile of the values that decides on the height; room above and below


def phase_line(
    system: System,
    *,
    window: Sequence[float] | None = None,
    starts: np.ndarray | int = TRAJECTORIES,
    seed: int = 0,
    prove: bool = True,
    progress: Progress | None = None,
) -> Portrait:
    """Return the portrait of a system with one variable.

    Arguments are those of `portrait`; ``window`` is (low, high), the starts of cobwebs are (n, 1).
    The ``window`` of the result is that of the plane drawn in.

    Raises `ValueError` for a system of more variables, a window without length or where the field
    is nowhere finite, starts that `portrait` would refuse.
    """
    if system.dimension != 1:
        raise ValueError(
            f"a phase line needs one variable; `{system.name}` has {system.dimension}."
        )
    say = progress or (lambda _: None)
    low, high = checked_window(window or system.window or _around(system), 1)
    limits = (low, high)
    is_map = system.kind == "map"
    say("field")
    x = np.linspace(low, high, SAMPLES)
    values = system.velocity(x[:, None])[:, 0]
    if not np.isfinite(values).any():
        raise ValueError(
            f"the field of `{system.name}` is not finite anywhere in the window "
            f"{list(limits)}; give another one."
        )
    bottom, top = limits if is_map else _height(values)
    plane = (low, high, bottom, top)
    curves = [Curve("map" if is_map else "field", g) for g in _graph(x, values, plane)]
    say("fixed points")
    frame = Frame.of(limits)
    inside = frame.system(system)
    found = fixed_points_in(inside, LINE, proofs=prove)
    begin = frame.inward(starting_points(system, starts, limits, seed))
    say("trajectories")
    cycles = []
    if is_map:
        orbits = iterates(inside, LINE, begin)
        cycles = cycles_of_map(inside, LINE, [c for c in orbits if c.kind == "orbit"])
        cycles = [replace(c, points=frame.outward(c.points)) for c in cycles]
        curves.append(Curve("diagonal", np.array([[a, a] for a in limits])))
        curves += [_cobweb(frame.outward(c.points[:WEB, 0][:, None])[:, 0]) for c in orbits]
        curves += [
            Curve(
                c.kind, np.column_stack([c.points, np.roll(c.points, -1)]), f"period {c.period:g}"
            )
            for c in cycles
        ]
    return Portrait(
        system, plane, x[None, :, None], (values - x * is_map)[None, :, None], tuple(curves),
        tuple(frame.fixed_point(system, p) for p in found.points), found.complete,
        found.statement, tuple(cycles),
    )  # fmt: skip


def _around(system: System) -> tuple[float, float]:
    """Return an interval that holds the starts of a system without a window."""
    sample = system.starts(np.random.default_rng(0), 256)[:, 0]
    low, high = float(sample.min()), float(sample.max())
    return (low, high) if low < high else (low - 1.0, high + 1.0)


def _height(values: np.ndarray) -> tuple[float, float]:
    """Return the interval of values to show: 0, and all but what goes to infinity."""
    low, high = np.quantile(values[np.isfinite(values)], [USUAL, 1 - USUAL])
    low, high = min(low, 0.0), max(high, 0.0)
    room = ROOM * (high - low) or 1.0
    return float(low - room), float(high + room)


def _graph(x: np.ndarray, values: np.ndarray, plane: Sequence[float]) -> list[np.ndarray]:
    """Return the pieces of a graph between poles and jumps."""
    line = np.column_stack([x, values])
    with np.errstate(invalid="ignore"):
        far = np.abs(np.diff(values)) > JUMP * (plane[3] - plane[2])
    side = (values > plane[3]).astype(int) - (values < plane[2])
    through = np.abs(np.diff(side)) == 1  # leaves the figure, steeply but without a break
    cuts = np.flatnonzero(far & ~through) + 1
    pieces = np.split(np.arange(len(x)), cuts)
    return [g for p in pieces for g in runs(line[p], np.isfinite(values[p]))]


def _cobweb(orbit: np.ndarray) -> Curve:
    """Return the cobweb of an orbit: to the graph, to the diagonal, and so on."""
    across, up = np.repeat(orbit, 2)[:-1], np.repeat(orbit, 2)[1:]
    return Curve("cobweb", np.column_stack([across, up]))
