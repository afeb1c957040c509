"""Functions of one number with their derivatives of every order, in NumPy.

A function that nobody has defined, such as the activation phi of a document, stands for any smooth
one.  It is realised by one member of a family, fixed by its name:

    f(x_1, x_2, ...) = sum_k w_k(x_k) + w(c_1 x_1 + c_2 x_2 + ...),
    w(t) = a sin(b t + c) + d t + e    with numbers of its own for each w,

so that statements which hold for every smooth f hold, and others do not.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TypeAlias
from zlib import crc32

import numpy as np
import sympy as sp

__all__ = [
    "ELEMENTARY",
    "Derivatives",
    "differentiated",
    "opaque_coefficients",
    "opaque_wave",
    "power",
]

Array: TypeAlias = np.ndarray
Derivatives: TypeAlias = Callable[[Array, int], Sequence[Array]]

SMALLEST = -600.0
"""exp(x) of less is too close to where float64 loses digits: it counts as undefined."""


def _exp(x: Array, order: int) -> list[Array]:
    value = np.where(x < SMALLEST, np.nan, np.exp(np.maximum(x, SMALLEST)))
    return [value] * (order + 1)


def _log(x: Array, order: int) -> list[Array]:
    rest = [(-1) ** (n - 1) * math.factorial(n - 1) / x**n for n in range(1, order + 1)]
    return [np.log(x), *rest]


def _sinh(x: Array, order: int) -> list[Array]:
    return [(np.cosh if n % 2 else np.sinh)(x) for n in range(order + 1)]


def _cosh(x: Array, order: int) -> list[Array]:
    return [(np.sinh if n % 2 else np.cosh)(x) for n in range(order + 1)]


def _sin(x: Array, order: int) -> list[Array]:
    return [np.sin(x + n * np.pi / 2) for n in range(order + 1)]


def _cos(x: Array, order: int) -> list[Array]:
    return [np.cos(x + n * np.pi / 2) for n in range(order + 1)]


def _abs(x: Array, order: int) -> list[Array]:
    slope = np.where(x == 0, np.nan, np.sign(x))
    return [np.abs(x), slope, *[0 * slope] * (order - 1)][: order + 1]


def _sign(x: Array, order: int) -> list[Array]:
    return [np.sign(x), *[np.where(x == 0, np.nan, 0.0)] * order]


ELEMENTARY: dict[type, Derivatives] = {
    sp.exp: _exp,
    sp.log: _log,
    sp.sinh: _sinh,
    sp.cosh: _cosh,
    sp.sin: _sin,
    sp.cos: _cos,
    sp.Abs: _abs,
    sp.sign: _sign,
}
"""What is known of SymPy's functions; tanh and the like are quotients of these."""


def power(exponent: Array) -> Derivatives:
    """Return x^exponent with its derivatives by x; negative numbers have whole powers only."""

    def derivatives(x: Array, order: int) -> list[Array]:
        found, factor = [], np.ones_like(exponent)
        for n in range(order + 1):
            value = np.power(np.asarray(x, float), exponent - n)
            found.append(np.where(factor == 0, 0.0, factor * value))
            factor = factor * (exponent - n)
        return found

    return derivatives


def differentiated(function: Derivatives, times: int) -> Derivatives:
    """Return a derivative of a function."""
    return lambda x, order: function(x, order + times)[times:]


def opaque_coefficients(name: str, count: int) -> list[float]:
    """Return numbers between 0.4 and 1.6 that depend on the name alone."""
    return list(np.random.default_rng(crc32(name.encode())).uniform(0.4, 1.6, count))


def opaque_wave(name: str) -> Derivatives:
    """Return w(t) = a sin(b t + c) + d t + e, its numbers fixed by the name."""
    a, b, c, d, e = opaque_coefficients(name, 5)

    def derivatives(t: Array, order: int) -> list[Array]:
        found = [a * b**n * wave for n, wave in enumerate(_sin(b * t + c, order))]
        found[0] = found[0] + d * t + e
        if order:
            found[1] = found[1] + d
        return found

    return derivatives
