"""A step of the Dormand-Prince method of order 8 in every lane: the explicit engine's method.

    k_i = f(y + h sum_{j<i} a_ij k_j),    y' = y + h sum_i b_i k_i

The error combines the embedded methods of orders 5 and 3, the dense output has order 7 and takes
three more slopes.  Source: E. Hairer, S. P. Norsett, G. Wanner, Solving Ordinary Differential
Equations I (1993), II.5 and II.6; the coefficients are those that SciPy publishes with its
`DOP853`, and the torch engine uses them too.

Imported by the kernel only, since it imports numba.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.integrate import DOP853

from numerics.integration.compiling import called, in_turn, jit
from numerics.integration.lanes import absolute, combination, constant, larger, put, root, row

__all__ = [
    "NESTED", "SLOPES", "dormand_prince_change", "dormand_prince_defect", "dormand_prince_error",
    "dormand_prince_step",
    "more_slopes",
]  # fmt: skip

_tableau: Any = DOP853
STAGES = 12
TINY, LEAST = 1e-300, 1e-10
DEFECTS, OFF = (0.25, 0.75), 0.5  # where the dense output is looked at; its error by the defect
SLOPES = 16  # 12 stages, the slope after the step, three for the dense output


WEIGHTS = (*_tableau.A[:STAGES], _tableau.B, *_tableau.A_EXTRA)
"""Rows 0-11 the stages, 12 the step itself, 13-15 the slopes of the dense output."""


def _nested() -> np.ndarray:
    """Return the dense output as combinations of the slopes; see the kernel for its form."""
    first, after = np.eye(SLOPES)[0], np.eye(SLOPES)[STAGES]
    step = np.append(_tableau.B, np.zeros(SLOPES - STAGES))
    return np.array([first - step, 2 * step - first - after, *_tableau.D])


NESTED = _nested()


def _within(theta: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the weights of the slopes in (y(theta) - y_0)/h, and in its derivative by theta."""
    x, inner = np.polynomial.Polynomial([0, 1]), [np.polynomial.Polynomial([0])] * SLOPES
    step = np.append(_tableau.B, np.zeros(SLOPES - STAGES))
    for m in range(len(NESTED) - 1, -1, -1):
        factor = x if m % 2 else 1 - x
        inner = [(z + w) * factor for z, w in zip(inner, NESTED[m], strict=True)]
    weights = [x * (w + z) for z, w in zip(inner, step, strict=True)]
    return np.array([w(theta) for w in weights]), np.array([w.deriv()(theta) for w in weights])


def _slope(i: int) -> Any:
    """Return what writes slope ``i``, and into ``u`` the states where it is taken."""
    combined = combination(WEIGHTS[i])

    @jit
    def slope(velocity, y, p, h, k, u):
        d, step = len(y), row(h, 0)
        for c in range(d):
            put(u, c, row(y, c) + step * combined(k, c))
        called(velocity, u, p, k[i])

    return slope


stages = in_turn([_slope(i) for i in range(1, STAGES)])
"""Take the slopes of a step after the first; ``u`` is scratch."""

arrival = _slope(STAGES)
"""Write the states after the step, and their slopes."""

more_slopes = in_turn([_slope(i) for i in range(STAGES + 1, SLOPES)])
"""Take the slopes that only the dense output needs; ``u`` is scratch."""

fifth_order, third_order = combination(_tableau.E5), combination(_tableau.E3)


@jit
def dormand_prince_step(velocity, y, p, f, h, k, u, after):
    """Make steps of lengths ``h`` into ``after``; slope 12 is the velocity there."""
    for c in range(len(y)):
        put(k[0], c, row(f, c))
    stages(velocity, y, p, h, k, u)
    arrival(velocity, y, p, h, k, after)


@jit
def dormand_prince_error(y, after, h, k, rtol, atol, error):
    """Write the largest entry of the estimated error in units of its tolerance."""
    d, worst, fifths, thirds = len(y), constant(0.0), constant(0.0), constant(0.0)
    for c in range(d):
        size = larger(absolute(row(y, c)), absolute(row(after, c)))
        inverse = constant(1.0) / (constant(atol) + constant(rtol) * size + constant(TINY))
        fifth, third = inverse * fifth_order(k, c), inverse * third_order(k, c)
        worst = larger(absolute(fifth), worst)
        fifths, thirds = fifths + fifth * fifth, thirds + third * third
    part = fifths / (fifths + constant(0.01) * thirds + constant(TINY))
    put(error, 0, row(h, 0) * worst * root(part))


def _defect(theta: float) -> Any:
    """Return what raises ``defect`` to that of the dense output at theta: |y' - f(y)| h."""
    states, velocities = map(combination, _within(theta))

    @jit
    def raised(velocity, y, p, h, k, rtol, atol, u, f, defect):
        d, step, worst, lost = len(y), row(h, 0), row(defect, 0), constant(0.0)
        for c in range(d):
            put(u, c, row(y, c) + step * states(k, c))
        called(velocity, u, p, f)
        for c in range(d):
            unit = constant(atol) + constant(rtol) * larger(
                absolute(row(y, c)), absolute(row(u, c))
            )
            gap = step * absolute(velocities(k, c) - row(f, c))
            worst = larger(gap / (unit + constant(TINY)), worst)
            lost += gap - gap
        put(defect, 0, worst + lost)

    return raised


defects = in_turn([_defect(theta) for theta in DEFECTS])


@jit
def dormand_prince_defect(velocity, y, p, h, k, rtol, atol, u, f, defect):
    """Write what the dense output is off, in units of the tolerance; ``u`` and ``f`` are scratch.

    Its slope is right at both ends of a step, and its error has a maximum between.
    """
    put(defect, 0, constant(0.0))
    defects(velocity, y, p, h, k, rtol, atol, u, f, defect)
    put(defect, 0, constant(OFF) * row(defect, 0))


@jit
def dormand_prince_change(error, change):
    """Write error^(-1/8): by how much the next step may be longer."""
    put(change, 0, constant(1.0) / root(root(root(larger(row(error, 0), constant(LEAST))))))
