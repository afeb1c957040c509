"""Curves of a portrait: trajectories and invariant manifolds of flows, by arc length.

    dy/ds = f(y) / sqrt(|f(y)|^2 + rho^2),    |.| measured in units of the window

has the trajectories of dy/dt = f(y), run through at constant speed, so that no blow-up and no slow
passage costs time and every curve is resolved evenly; rho keeps the field smooth at fixed points.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import sympy as sp

from numerics.flows import System
from numerics.integration import FixedPoint as Rest
from numerics.integration import integrate
from numerics.portraits.plane import Window, size_of
from theory.codegen.components import Assign

__all__ = [
    "PROVED",
    "Curve",
    "by_arc_length",
    "cut",
    "eigenvectors",
    "flow_curves",
    "inside",
]

PROVED = "proved"
"""Ends the label of a curve that is proved."""

LENGTH, OUTPUTS = 4.0, 4001  # in units of the window
KEPT = 4  # of so many outputs one becomes a vertex
OFFSET = 5e-4  # of the first point of a manifold from its saddle, in units of the window
SMOOTH = 1e-5  # rho, as a part of the median speed in the window
REST = 0.02  # speed by arc length below which a curve has arrived
HERE = LENGTH / OUTPUTS / 2  # distance at which a curve has come to a fixed point
MARGIN = 0.02
RTOL = 1e-10
ENGINE = "scipy-lsoda"  # a few curves: nothing to compile, and stiff where they arrive


@dataclass(frozen=True)
class Curve:
    """One line of a portrait: (k, 2) vertices, in the direction of time where it has one.

    ``kind``   nullcline, slow manifold, trajectory, stable manifold, unstable manifold, iterates,
               orbit (points of a map, not joined), stable limit cycle, unstable limit cycle,
               stable cycle (of a map), em, level
    ``label``  what it belongs to: the component of a nullcline, the conserved quantity of a level;
               the period of a cycle, and whether it is proved
    ``value``  of a level; NaN otherwise
    """

    kind: str
    points: np.ndarray
    label: str = ""
    value: float = float("nan")


def by_arc_length(system: System, window: Window) -> System:
    """Return the flow with the same trajectories whose speed is 1 window per unit of s.

    Its last parameter is the direction, 1 or -1 for backward in time.
    """
    program, size = system.field, size_of(window)
    rho = SMOOTH * _typical_speed(system, window)
    direction, speed = sp.Symbol("direction_", real=True), sp.Symbol("speed_", real=True)
    names = [sp.Symbol(f"velocity_{n}_", real=True) for n in (1, 2)]
    ratios = [sp.Symbol(f"ratio_{n}_", real=True) for n in (1, 2)]  # to rho: no square underflows
    stages = [Assign(v, e) for v, e in zip(names, program.outputs, strict=True)]
    for r, v, s in zip(ratios, names, size, strict=True):
        stages.append(Assign(r, v / sp.Float(rho * s)))
    squares = sp.Add(*(r**2 for r in ratios))
    stages.append(Assign(speed, sp.Float(rho) * sp.sqrt(1 + squares)))
    field = replace(
        program,
        name=f"{program.name}, by arc length",
        parameters=(*program.parameters, direction),
        stages=(*program.stages, *stages),
        outputs=tuple(direction * v / speed for v in names),
    )
    return replace(
        system, field=field, values=np.append(system.values, 1.0), quantities=(),
        shifts=np.zeros((0, 2)), relabellings=(),
    )  # fmt: skip


def _typical_speed(system: System, window: Window) -> float:
    x, y = np.linspace(*window[:2], 24), np.linspace(*window[2:], 24)
    points = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    speeds = np.hypot(*(system.velocity(points) / size_of(window)).T)  # whatever their size
    moving = speeds[np.isfinite(speeds) & (speeds > 0)]
    return float(np.median(moving)) if len(moving) else 1.0


class _Start(NamedTuple):
    """Where a curve begins, in which direction of time, and the saddle it belongs to, if any."""

    kind: str
    y: np.ndarray
    direction: int
    saddle: np.ndarray | None = None


def flow_curves(
    system: System,
    window: Window,
    starts: np.ndarray,
    saddles: Sequence[np.ndarray],
    points: Sequence[np.ndarray] = (),
) -> list[Curve]:
    """Return the trajectories of a flow from ``starts`` (n, 2) and the manifolds of its saddles.

    Trajectories end where they leave the window or arrive; of each saddle (2,) there are two sides
    of the stable and two of the unstable manifold, all in the direction of time.  ``points`` are
    fixed points, at which a curve that comes as near as rounding allows ends.
    """
    begin = [*_manifold_starts(system, window, saddles)]
    flow = by_arc_length(system, window)
    # a slow manifold of a weak saddle must not count as arrived where it begins
    slowest = [np.abs(flow.velocity(b.y)).max() / 10 for b in begin]
    rest = min([REST * size_of(window).min(), *(x for x in slowest if x > 0)])
    begin += [_Start("trajectory", y, 1) for y in starts]
    if not begin:
        return []
    values = np.tile(flow.values, (len(begin), 1))
    values[:, -1] = [b.direction for b in begin]
    s = np.linspace(0.0, LENGTH, OUTPUTS)
    at = np.array([b.y for b in begin])
    found = integrate(
        flow, at, s, engine=ENGINE, rtol=RTOL, atol=RTOL * float(size_of(window).min()),
        events=(Rest(rest),), values=values,
    )  # fmt: skip
    curves = []
    for b, path in zip(begin, found["y"].values, strict=True):
        whole = path if b.saddle is None else np.vstack([b.saddle, path])
        line = _ended(cut(window, whole), [*saddles, *points], size_of(window))
        line = np.vstack([line[:-1:KEPT], line[-1]])
        curves.append(Curve(b.kind, line[:: b.direction]))
    return curves


def _ended(path: np.ndarray, points: Sequence[np.ndarray], size: np.ndarray) -> np.ndarray:
    """Return a path up to the first fixed point it comes to, that one included."""
    tail, step = path[:-1] / size, np.diff(path, axis=0) / size
    last, where = len(path), None
    for point in points:
        to = point / size - tail
        length = np.maximum(np.sum(step**2, axis=1), 1e-300)
        part = np.clip(np.sum(to * step, axis=1) / length, 0, 1)
        near = np.hypot(*(to - part[:, None] * step).T)
        gone = np.maximum.accumulate(np.hypot(*to.T)) > 10 * HERE  # it may have begun here
        arrived = np.flatnonzero(gone & (near < HERE))
        if len(arrived) and arrived[0] + 1 < last:
            last, where = int(arrived[0]) + 1, point
    return path if where is None else np.vstack([path[:last], where])


def _manifold_starts(
    system: System, window: Window, saddles: Sequence[np.ndarray]
) -> Iterator[_Start]:
    for saddle in saddles:
        for rate, step in eigenvectors(system, window, saddle):
            kind = f"{'unstable' if rate > 0 else 'stable'} manifold"
            for y in (saddle + step, saddle - step):
                yield _Start(kind, y, 1 if rate > 0 else -1, saddle)


def eigenvectors(system: System, window: Window, y: np.ndarray) -> list[tuple[float, np.ndarray]]:
    """Return the eigenvalues of the Jacobian at ``y``, each with a short eigenvector, if real."""
    rates, vectors = np.linalg.eig(system.jacobian(y))
    if np.abs(np.imag(rates)).max() > 0:
        return []
    lengths = np.linalg.norm(np.real(vectors).T / size_of(window), axis=1)
    short = OFFSET * np.real(vectors).T / lengths[:, None]
    return [(float(np.real(rate)), step) for rate, step in zip(rates, short, strict=True)]


def inside(window: Sequence[float], points: np.ndarray, margin: float = MARGIN) -> np.ndarray:
    """Return which points (n, 2) lie in the window, widened by ``margin`` of its size."""
    low, high = np.array(window[::2]), np.array(window[1::2])
    room = margin * (high - low)
    with np.errstate(invalid="ignore"):
        return np.all((points >= low - room) & (points <= high + room), axis=1)


def cut(window: Sequence[float], path: np.ndarray) -> np.ndarray:
    """Return a path up to its first vertex outside the window, that one included if finite.

    Its first vertex always stays.
    """
    outside = np.flatnonzero(~inside(window, path))
    if not len(outside):
        return path
    end = int(outside[0])
    return path[: max(end + bool(np.isfinite(path[end]).all()), 1)]
