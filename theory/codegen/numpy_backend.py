"""NumPy arrays as arguments of generated functions: conversion and tests of entries."""

from __future__ import annotations

import math
import numbers
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any

import numpy as np

__all__ = ["NumpyBackend"]

Position = tuple[int, ...]
TESTS: Mapping[str, Callable[[np.ndarray], np.ndarray]] = {
    "finite": np.isfinite,
    "positive": lambda x: x > 0,
    "nonnegative": lambda x: x >= 0,
    "nonzero": lambda x: x != 0,
    "zero or one": lambda x: (x == 0) | (x == 1),
}


class NumpyBackend:
    """Arguments become float64 arrays, scalars become floats."""

    def converted(self, given: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, float]]:
        """Return the arrays as float64, and the rounding unit of the types they came in.

        Raises `TypeError` for anything that is no array of real numbers.
        """
        arrays, units = {}, {}
        for name, value in given.items():
            array = _array(name, value)
            arrays[name], units[name] = array, 2.0**-52
            if array.dtype != np.float64:
                arrays[name] = array.astype(np.float64)
                if array.dtype.kind == "f":
                    units[name] = float(np.finfo(array.dtype).eps)
        return arrays, units

    def scalar(self, array: np.ndarray) -> float:
        """Return the number in an array without axes."""
        return float(array)

    def offender(self, array: Any, test: str) -> tuple[Position, float] | None:
        """Return the place and value of the first entry that fails a test, or None."""
        if test == "finite" and math.isfinite(np.vdot(array, array)):
            return None  # one pass without a temporary; an overflow only means a closer look
        passed = TESTS[test](array)
        if passed.all():
            return None
        place = tuple(int(n) for n in np.argwhere(np.logical_not(passed))[0])
        return place, float(np.asarray(array)[place])

    def dead_row(self, array: np.ndarray, axis: int) -> Position | None:
        """Return the first position along whose ``axis`` every entry is zero, or None."""
        dead = np.logical_not(array.any(axis=axis))
        return tuple(int(n) for n in np.argwhere(dead)[0]) if dead.any() else None

    def largest(self, array: Any) -> tuple[Position, float]:
        """Return the place and size of the entry farthest from zero."""
        sizes = np.abs(np.asarray(array))
        place = np.unravel_index(int(sizes.argmax()), sizes.shape)
        return tuple(int(n) for n in place), float(sizes[place])

    def quietly(self) -> AbstractContextManager:
        """Return a context without floating-point warnings: the results are tested instead."""
        return np.errstate(all="ignore")


def _array(name: str, value: Any) -> np.ndarray:
    if isinstance(value, np.ma.MaskedArray):
        raise TypeError(
            f"`{name}` must be a plain array; got a masked array. Fill it with `.filled(...)`."
        )
    if type(value).__module__.partition(".")[0] == "torch":
        raise TypeError(
            f"`{name}` must be a NumPy array; got a torch {type(value).__name__}. "
            "Generate with backend='torch', or pass `.numpy()`."
        )
    try:
        array = np.asarray(value)
    except (ValueError, TypeError) as error:
        raise TypeError(
            f"`{name}` must be an array of real numbers; got {type(value).__name__} that NumPy "
            f"cannot read ({error}). Pass rows of one length."
        ) from None
    if array.dtype.kind not in "fiub":
        got = (
            array.dtype if isinstance(value, np.ndarray | numbers.Number) else type(value).__name__
        )
        raise TypeError(
            f"`{name}` must hold real numbers; got {got}. "
            "Convert it with `.astype(float)`, or take its real part."
        )
    return array
