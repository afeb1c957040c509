"""The rectangle in which a complete list is wanted."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from numerics.flows import System

__all__ = ["window_of"]

LARGEST = 1e100
"""No window reaches beyond: squares of what lies in it are finite."""


def window_of(system: System, window: Sequence[float] | None) -> tuple[np.ndarray, np.ndarray]:
    """Return the lower and the upper corner of (x_low, x_high, y_low, y_high), (d,) each.

    Raises `ValueError` for a system with other than one or two variables, for a window
    of the wrong length, without area, or not finite.
    """
    name, d = system.name, system.dimension
    if d > 2:
        raise ValueError(
            f"a complete list needs one or two variables; `{name}` has {d}. "
            "Use `find` and `prove` for its fixed points one by one."
        )
    window = system.window if window is None else window
    if window is None:
        raise ValueError(f"`{name}` has no window of its own; give one, such as (-4, 4, -4, 4).")
    limits = np.asarray(window, dtype=float).reshape(-1)
    if len(limits) != 2 * d:
        raise ValueError(
            f"the window of `{name}` needs {2 * d} numbers (low, high for each variable); "
            f"got {len(limits)}."
        )
    if not np.isfinite(limits).all():
        raise ValueError(f"the window of `{name}` must be finite; got {limits.tolist()}.")
    if np.abs(limits).max() > LARGEST:
        raise ValueError(
            f"the window of `{name}` must lie within {LARGEST:g}, so that it can be computed with; "
            f"got {limits.tolist()}."
        )
    low, high = limits[0::2], limits[1::2]
    for label, a, b in zip(system.labels, low, high, strict=True):
        if not a < b:
            raise ValueError(
                f"the window of `{name}` must have width in every variable, low < high; "
                f"got {a:g} to {b:g} in {label}."
            )
    return low, high
