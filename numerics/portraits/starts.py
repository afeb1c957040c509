"""What a portrait is asked for, checked: its window, and where trajectories start."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from numerics.flows import System
from numerics.portraits.curves import inside

__all__ = ["TRAJECTORIES", "checked_window", "starting_points"]

TRAJECTORIES = 6
TRIES = 20  # candidates for each start, where the field is undefined in places
STEPS = {1: (1.6180339887498949,), 2: (1.3247179572447460, 1.3247179572447460**2)}
"""One over the steps of the additive recurrence that fills an interval, or a square, most evenly:
the golden ratio, and the real root of x^3 = x + 1 with its square."""


def checked_window(window: Sequence[float], dimension: int) -> tuple[float, ...]:
    """Return a window of one or two variables as floats.

    Raises `ValueError` for other than finite numbers low < high of each variable.
    """
    limits = tuple(float(x) for x in window)
    low, high = np.array(limits[::2]), np.array(limits[1::2])
    if len(limits) != 2 * dimension or not np.isfinite(limits).all() or not (low < high).all():
        wanted = "x_low < x_high, y_low < y_high" if dimension == 2 else "x_low < x_high"
        raise ValueError(
            f"a window must be {'four' if dimension == 2 else 'two'} finite numbers {wanted}; "
            f"got {', '.join(f'{x:g}' for x in limits)}, which has no "
            f"{'area' if dimension == 2 else 'length'}."
        )
    return limits


def starting_points(
    system: System, starts: np.ndarray | int, window: Sequence[float], seed: int
) -> np.ndarray:
    """Return where trajectories start, (n, d): the points given, or so many spread evenly.

    Raises `ValueError` for a negative number, points of the wrong shape, outside the window, or
    where the field is not finite.
    """
    if isinstance(starts, int):
        if starts < 0:
            raise ValueError(f"the number of trajectories must be 0 or above; got {starts}.")
        return _spread(system, starts, window, seed)
    points, d = np.asarray(starts, dtype=float), system.dimension
    if points.ndim != 2 or points.shape[1] != d or not np.isfinite(points).all():
        raise ValueError(
            f"starts of trajectories must be finite points of shape (n, {d}); "
            f"got {points.tolist()}."
        )
    if not inside(window, points, 0.0).all():
        row = points[int(np.argmin(inside(window, points, 0.0)))]
        raise ValueError(
            f"starts of trajectories must lie in the window {list(window)}; got {row.tolist()}."
        )
    defined = np.isfinite(system.velocity(points)).all(axis=1)
    if not defined.all():
        raise ValueError(
            f"a trajectory cannot start at {points[int(np.argmin(defined))].tolist()}: the field "
            f"of `{system.name}` is not finite there. Start it elsewhere."
        )
    return points


def _spread(system: System, count: int, window: Sequence[float], seed: int) -> np.ndarray:
    """Return points where the field is finite, spread evenly from a random place."""
    low, high = np.array(window[::2]), np.array(window[1::2])
    first = np.random.default_rng(seed).uniform(size=len(low))
    square = (first + np.arange(TRIES * count)[:, None] / STEPS[len(low)]) % 1
    points = low + square * (high - low)
    return points[np.isfinite(system.velocity(points)).all(axis=1)][:count]
