"""Curves of a portrait of a map y -> M(y), such as one step of EM.

The field that is drawn is the displacement M(y) - y, whose zeros are the fixed points; trajectories
are the iterates, joined by straight lines where they arrive or leave.  The unstable manifold of a
saddle is grown from a short piece of its eigenvector, between e and M(e), by iterating that piece;
the stable one in the same way by the inverse map, by Newton's method for each step back.  Vertices
are inserted into a piece where its image is too coarse.  Along a negative eigenvalue M
swaps the two sides, so M o M is used; where M crushes the stable direction and has no inverse, the
manifold is found as a contour.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from numerics.flows import System
from numerics.portraits.contours import lines_of_value, runs
from numerics.portraits.curves import Curve, cut, eigenvectors, inside
from numerics.portraits.plane import Window, size_of
from numerics.portraits.stroboscope import StroboscopicMap

__all__ = ["displacement", "iterates", "map_curves", "on_circles"]

Step = Callable[[np.ndarray], np.ndarray]
ITERATES, ARRIVED = 200, 1e-7  # in units of the window
ORBIT, LAST, MOVES = 2_000, 50, 1e-3
PIECES, PIECE, MOST = 400, 24, 4_000
LONGEST = 24.0  # of a manifold, in units of the window
NEAR = 0.01  # vertices of a manifold lie closer than this, in units of the window
NEWTON, CONVERGED = 40, 1e-12
CRUSHED, GROWN = 0.01, 1e6  # eigenvalue without an inverse; growth of rounding that does no harm


def displacement(system: System) -> System:
    """Return the flow dy/ds = M(y) - y, whose field is what a portrait of the map shows."""
    program = system.field
    moved = tuple(e - x for e, x in zip(program.outputs, program.state, strict=True))
    return replace(system, kind="flow", field=replace(program, outputs=moved))


def iterates(
    system: System, window: Sequence[float], starts: np.ndarray, kind: str = "iterates"
) -> list[Curve]:
    """Return the iterates of a map from each start (n, d), until they leave or arrive.

    Those that do neither (they end on a cycle or wander for ever) are an ``orbit`` instead: so
    many points that they show where it goes, to be drawn as dots and not joined.  So are those of a
    stroboscopic map.
    """
    paths = _iterated(
        system, window, np.array(starts, dtype=float).reshape(-1, system.dimension), ITERATES
    )
    stays = [len(path) > ITERATES and _wanders(path, window) for path in paths]
    ends = np.array([path[-1] for path in paths]).reshape(-1, system.dimension)
    longer = _iterated(system, window, ends[stays], ORBIT - ITERATES)
    for n, rest in zip(np.flatnonzero(stays), longer, strict=True):
        paths[n] = np.vstack([paths[n], rest[1:]])
    dots = isinstance(system, StroboscopicMap)  # between two points lie many turns
    return [
        Curve("orbit" if (wanders or dots) and kind == "iterates" else kind, path)
        for wanders, path in zip(stays, paths, strict=True)
    ]


def _iterated(
    system: System, window: Sequence[float], starts: np.ndarray, count: int
) -> list[np.ndarray]:
    """Return each start and up to ``count`` iterates of it, to the first outside the window."""
    if isinstance(system, StroboscopicMap):  # all of them in one go
        return [cut(window, path) for path in system.orbits(starts, count)]
    found = [starts]
    for _ in range(count):
        found.append(on_circles(system, window, system.velocity(found[-1])))
        with np.errstate(invalid="ignore", over="ignore"):  # orbits that run away
            moved = np.abs(found[-1] - found[-2]) / size_of(window)
        if np.nanmax(moved, initial=0.0) < ARRIVED:
            break
    return [cut(window, path) for path in np.stack(found, axis=1)]


def on_circles(system: System, window: Sequence[float], y: np.ndarray) -> np.ndarray:
    """Return states with each angle in the period that begins where the window does."""
    if not system.periods:
        return y
    low, period = np.array(window[::2]), np.array(system.periods)
    with np.errstate(invalid="ignore"):
        return np.where(np.isfinite(period), low + np.mod(y - low, period), y)


def _wanders(path: np.ndarray, window: Sequence[float]) -> bool:
    """Whether the last of many iterates still move."""
    steps = np.abs(np.diff(path[-LAST:], axis=0) / size_of(window)).max(axis=1)
    return bool(np.median(steps) > MOVES)


def map_curves(
    system: System, window: Window, starts: np.ndarray, saddles: Sequence[np.ndarray]
) -> list[Curve]:
    """Return the iterates from ``starts`` (n, 2) and the manifolds of the saddles of a map."""
    return [
        *(curve for saddle in saddles for curve in _manifolds(system, window, saddle)),
        *iterates(system, window, starts),
    ]


def _manifolds(system: System, window: Window, saddle: np.ndarray) -> Iterator[Curve]:
    found = eigenvectors(system, window, saddle)
    rates = [rate for rate, _ in found]
    for rate, direction in found:
        stable = abs(rate) < 1
        if stable and abs(rate) < CRUSHED:
            for line in _crushed(system, window, saddle, max(rates, key=abs)):
                yield Curve("stable manifold", line)
            continue
        step = _backward(system, window) if stable else system.velocity
        if rate < 0:
            step = _twice(step)
        for side in (direction, -direction):
            grown = np.vstack([saddle, _grown(step, window, saddle + side)])
            yield Curve(
                f"{'stable' if stable else 'unstable'} manifold", grown[:: -1 if stable else 1]
            )


def _crushed(system: System, window: Window, saddle: np.ndarray, growth: float) -> list[np.ndarray]:
    """Return the stable manifold of a saddle whose contracting eigenvalue is nearly 0.

    The map cannot be inverted there, but a few iterates bring the whole manifold so close to the
    saddle that it is where their component along the unstable direction vanishes.
    """
    rates, left = np.linalg.eig(system.jacobian(saddle).T)
    along = np.real(left[:, int(np.argmax(np.abs(rates)))])
    count = int(np.clip(np.log(GROWN) / np.log(abs(growth)), 2, 60))

    def image(y: np.ndarray) -> np.ndarray:
        for _ in range(count):
            y = system.velocity(y)
        return y - saddle

    found = []
    for line in lines_of_value(lambda y: image(y) @ along, window):
        close = np.linalg.norm(image(line) / size_of(window), axis=1) < NEAR / 10
        found += [x for x in runs(line, close) if np.ptp(x / size_of(window), axis=0).max() > NEAR]
    return found


def _grown(step: Step, window: Window, start: np.ndarray) -> np.ndarray:
    """Return the curve through the images of a fundamental piece, from ``start`` to its image.

    It ends outside the window, where it arrives, or after `LONGEST`: one that stays in the window
    for ever, as on a strange attractor, has no end.
    """
    size = size_of(window)
    t = np.linspace(0, 1, PIECE)[:, None]
    piece = start + t * (step(start[None])[0] - start)
    curve, length = [piece], 0.0
    for _ in range(PIECES):
        image = step(piece)
        while len(image) < MOST:  # more vertices where the image is too coarse
            gaps = np.linalg.norm(np.diff(image, axis=0) / size, axis=1)
            both = inside(window, image[:-1], 0.1) | inside(window, image[1:], 0.1)
            wide = np.flatnonzero((gaps > NEAR) & both)
            if not len(wide):
                break
            fresh = _between(piece, wide, size)
            piece = np.insert(piece, wide + 1, fresh, axis=0)
            image = np.insert(image, wide + 1, step(fresh), axis=0)
        curve.append(image)
        length += np.linalg.norm(np.diff(image, axis=0) / size, axis=1).sum()
        moved = np.linalg.norm((image[-1] - image[0]) / size)
        if not inside(window, image).all() or not moved > ARRIVED or not length < LONGEST:
            break
        piece = image
    return cut(window, _thinned(np.vstack(curve), size))


def _between(path: np.ndarray, gaps: np.ndarray, size: np.ndarray) -> np.ndarray:
    """Return points in the middle of gaps of a path, on the cubic through four vertices."""
    lengths = np.linalg.norm(np.diff(path, axis=0) / size, axis=1)
    t = np.append(0.0, np.cumsum(np.maximum(lengths, 1e-300)))
    nodes = np.clip(gaps - 1, 0, len(path) - 4)[:, None] + np.arange(4)
    middle = (t[gaps] + t[gaps + 1]) / 2
    found = np.zeros((len(gaps), 2))
    with np.errstate(divide="ignore", invalid="ignore"):  # vertices that rounding made equal
        for n in range(4):
            others = [k for k in range(4) if k != n]
            apart = t[nodes[:, [n]]] - t[nodes[:, others]]
            weight = np.prod((middle[:, None] - t[nodes[:, others]]) / apart, axis=1)
            found += weight[:, None] * path[nodes[:, n]]
    straight = (path[gaps] + path[gaps + 1]) / 2
    return np.where(np.isfinite(found), found, straight)


def _thinned(path: np.ndarray, size: np.ndarray) -> np.ndarray:
    """Return a path without vertices that are much closer to the last kept one than needed."""
    kept = [0]
    for n in range(1, len(path)):
        if not np.linalg.norm((path[n] - path[kept[-1]]) / size) < NEAR / 10:
            kept.append(n)
    return path[kept]


def _backward(system: System, window: Window) -> Step:
    """Return the inverse of the map: Newton's method for M(z) = y, from z = y; NaN if it fails."""
    if isinstance(system, StroboscopicMap):
        return system.inverse
    size = size_of(window)

    def step(y: np.ndarray) -> np.ndarray:
        z = np.array(y)
        for _ in range(NEWTON):
            matrix = system.jacobian(z)
            with np.errstate(all="ignore"):
                determinant = np.linalg.det(matrix)
                matrix[~(np.abs(determinant) > 0)] = np.nan
                off = system.velocity(z) - y
                move = np.einsum("nij,nj->ni", _inverse(matrix), off)
                length = np.linalg.norm(move / size, axis=1, keepdims=True)
                z = z - move * np.minimum(1, 0.1 / np.maximum(length, 1e-300))
            if not np.nanmax(length, initial=0.0) > CONVERGED:
                break
        z[~(np.linalg.norm((system.velocity(z) - y) / size, axis=1) < 1e-9)] = np.nan
        return z

    return step


def _inverse(matrix: np.ndarray) -> np.ndarray:
    """Return the inverses of 2 by 2 matrices (n, 2, 2); NaN in, NaN out."""
    a, b, c, d = matrix[:, 0, 0], matrix[:, 0, 1], matrix[:, 1, 0], matrix[:, 1, 1]
    turned = np.stack([np.stack([d, -b], -1), np.stack([-c, a], -1)], -2)
    return turned / (a * d - b * c)[:, None, None]


def _twice(step: Step) -> Step:
    return lambda y: step(step(y))
