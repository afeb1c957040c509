"""Checks of what a user sets, each with an error that says what to do."""

from __future__ import annotations

from typing import Any

import numpy as np

from numerics.flows.system import System

__all__ = [
    "array", "autonomous", "count", "distribution", "fraction", "not_negative", "not_zero",
    "positive",
]  # fmt: skip


def autonomous(system: System, what: str) -> System:
    """Return the system if its field does not depend on the time.

    ``what``  that only such systems have, in the plural, such as "fixed points"

    Raises `ValueError` that says what a driven system has instead.
    """
    if system.forcing is None:
        return system
    raise ValueError(
        f"`{system.name}` is driven, its field mentions the time t, so it has no {what}. Draw its "
        "stroboscopic map with `proofhead portrait` (the file then needs a `period`), its time "
        "series with `--series all`, or integrate it with `proofhead flow`."
    )


def positive(name: str, value: Any, role: str) -> float:
    """Return a finite number > 0, such as a rate or a variance."""
    number = _number(name, value)
    if not number > 0:
        raise ValueError(f"`{name}` ({role}) must be above 0; got {number:g}.")
    return number


def not_negative(name: str, value: Any, role: str) -> float:
    """Return a finite number >= 0."""
    number = _number(name, value)
    if number < 0:
        raise ValueError(f"`{name}` ({role}) must be 0 or above; got {number:g}.")
    return number


def not_zero(name: str, value: Any, role: str) -> float:
    """Return a finite number that is not 0."""
    number = _number(name, value)
    if number == 0:
        raise ValueError(f"`{name}` ({role}) must not be 0, with which nothing moves.")
    return number


def fraction(name: str, value: Any, role: str) -> float:
    """Return a number in [0, 1]."""
    number = _number(name, value)
    if not 0 <= number <= 1:
        raise ValueError(f"`{name}` ({role}) must lie between 0 and 1; got {number:g}.")
    return number


def count(name: str, value: Any, role: str, least: int = 1) -> int:
    """Return a whole number of at least ``least``."""
    number = _number(name, value)
    if number != int(number) or number < least:
        raise ValueError(
            f"`{name}` ({role}) must be a whole number of at least {least}; got {value!r}."
        )
    return int(number)


def array(name: str, value: Any, shape: tuple[int, ...], axes: str) -> np.ndarray:
    """Return a finite array of this shape; ``axes`` says in words what the axes are."""
    try:
        entries = np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        raise ValueError(
            f"`{name}` must be numbers of shape {shape} ({axes}); got {value!r}."
        ) from None
    if entries.shape != shape:
        raise ValueError(f"`{name}` must have shape {shape} ({axes}); got {entries.shape}.")
    if not np.isfinite(entries).all():
        place = tuple(int(n) for n in np.argwhere(~np.isfinite(entries))[0])
        raise ValueError(f"`{name}` must be finite; got {entries[place]} at {list(place)}.")
    return entries


def distribution(name: str, value: np.ndarray, tolerance: float = 1e-12) -> np.ndarray:
    """Return rows that are probability distributions along the last axis."""
    if (value < 0).any():
        place = tuple(int(n) for n in np.argwhere(value < 0)[0])
        raise ValueError(
            f"`{name}` must hold probabilities, so entries of 0 or above; "
            f"got {value[place]:g} at {list(place)}."
        )
    deviation = float(np.abs(value.sum(axis=-1) - 1).max())
    if deviation > tolerance:
        raise ValueError(
            f"`{name}` must sum to 1 along axis {value.ndim - 1} (tolerance {tolerance:.0e}); "
            f"got maximum deviation {deviation:.1e}. Divide each row by its sum."
        )
    return value


def _number(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | np.integer | np.floating):
        raise ValueError(f"`{name}` must be a number; got {value!r}.")
    if not np.isfinite(value):
        raise ValueError(f"`{name}` must be finite; got {value}.")
    return float(value)
