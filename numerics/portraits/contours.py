"""Lines on which a function of two variables has a given value, to rounding.

Contours of values on a grid give the topology; then every vertex is moved along its grid edge, by
bisection, to where the function itself has the value.  A change of sign that is no zero (a pole, a
jump) is recognised there and left out, and so is what borders on undefined or infinite values.

A function that touches the value without crossing it, such as (x - y)^2 = 0, has no line here.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from numerics.portraits.plane import Window

__all__ = ["lines_of_value", "runs"]

Function = Callable[[np.ndarray], np.ndarray]
RESOLUTION = 240
"""Even, so that in a symmetric window no axis is a grid line."""
HALVINGS = 60
SNAP = 1e-9  # of a grid cell: a vertex this near to a grid point is one
ZERO = 1e-6
"""What is left at a zero, as a part of the values at the ends of the edge; at a jump it is 1."""


def lines_of_value(
    function: Function, window: Window, value: float = 0.0, resolution: int = RESOLUTION
) -> list[np.ndarray]:
    """Return the lines function = ``value`` in a window, each (k, 2).

    ``function``  points (batch, 2) -> (batch,)
    """
    from contourpy import LineType, contour_generator

    x, y = np.linspace(*window[:2], resolution), np.linspace(*window[2:], resolution)
    points = np.stack(np.meshgrid(x, y), axis=-1)
    z = function(points.reshape(-1, 2)).reshape(resolution, resolution) - value
    z = np.ma.masked_invalid(z)
    if z.mask.all():
        return []
    generator = contour_generator(x, y, z, line_type=LineType.Separate)
    found = []
    for line in generator.lines(0.0):
        refined, good = _refined(lambda p: function(p) - value, np.asarray(line), x, y)
        found += runs(refined, good)
    return found


def _refined(
    f: Function, line: np.ndarray, x: np.ndarray, y: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the vertices moved to zeros of f along their grid edges, and which of them are."""
    corners = np.stack([x[_nearest(x, line[:, 0])], y[_nearest(y, line[:, 1])]], axis=1)
    snaps = np.abs(corners - line) <= SNAP * np.array([x[1] - x[0], y[1] - y[0]])
    on_column, at_corner = np.asarray(snaps)[:, 0], np.all(snaps, axis=1)
    low, high = line.copy(), line.copy()
    for axis, grid, moves in ((1, y, on_column), (0, x, ~on_column)):
        cell = np.clip(np.searchsorted(grid, line[moves, axis], side="right") - 1, 0, len(grid) - 2)
        low[moves, axis], high[moves, axis] = grid[cell], grid[cell + 1]
    below, above = f(low), f(high)
    size = np.maximum(np.abs(below), np.abs(above))
    rises = np.sign(above) - np.sign(below)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        sign = np.sign(f(middle)) * np.sign(rises)
        low = np.where((sign <= 0)[:, None], middle, low)
        high = np.where((sign >= 0)[:, None], middle, high)
    zero = np.where(at_corner[:, None], corners, (low + high) / 2)
    left = np.abs(f(zero))
    return zero, (left == 0) | ((rises != 0) & (left <= ZERO * size) & ~at_corner)


def _nearest(grid: np.ndarray, values: np.ndarray) -> np.ndarray:
    step = grid[1] - grid[0]
    return np.clip(np.rint((values - grid[0]) / step).astype(int), 0, len(grid) - 1)


def runs(line: np.ndarray, good: np.ndarray) -> list[np.ndarray]:
    """Return the runs of good vertices of a line, at least two long."""
    ends = np.flatnonzero(np.diff(np.concatenate([[False], good, [False]]).astype(int)))
    pairs = zip(ends[::2], ends[1::2], strict=True)
    return [line[a:b] for a, b in pairs if b - a > 1]
