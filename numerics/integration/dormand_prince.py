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

from numerics.integration.compiling import called, jit
from numerics.integration.lanes import absolute, constant, larger, put, row

__all__ = ["NESTED", "SLOPES", "dormand_prince_error", "dormand_prince_step", "more_slopes"]

_tableau: Any = DOP853
STAGES = 12
TINY = 1e-300
SLOPES = 16  # 12 stages, the slope after the step, three for the dense output


def _sparse(*parts: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return (where each row begins, columns, values) of the entries that are not zero."""
    rows = [part[n] for part in parts for n in range(len(part))]
    begin = np.cumsum([0, *(np.count_nonzero(x) for x in rows)])
    columns = np.concatenate([np.flatnonzero(x) for x in rows])
    return begin, columns, np.concatenate([x[x != 0] for x in rows])


BEGIN, COLUMN, WEIGHT = _sparse(_tableau.A[:STAGES], _tableau.B[None], _tableau.A_EXTRA)
"""Rows 0-11 the stages, 12 the step itself, 13-15 the slopes of the dense output."""

FIFTH, THIRD = _tableau.E5[: STAGES + 1].copy(), _tableau.E3[: STAGES + 1].copy()


def _nested() -> np.ndarray:
    """Return the dense output as combinations of the slopes; see the kernel for its form."""
    first, after = np.eye(SLOPES)[0], np.eye(SLOPES)[STAGES]
    step = np.append(_tableau.B, np.zeros(SLOPES - STAGES))
    return np.array([first - step, 2 * step - first - after, *_tableau.D])


NESTED = _nested()


@jit
def slope(velocity, i, y, p, h, k, u):
    """Write slope ``i`` of the steps, and into ``u`` the state where it was taken."""
    d, step = len(y), row(h, 0)
    for c in range(d):
        total = constant(0.0)
        for m in range(BEGIN[i], BEGIN[i + 1]):
            total += constant(WEIGHT[m]) * row(k, COLUMN[m] * d + c)
        put(u, c, row(y, c) + step * total)
    called(velocity, u, p, k[i * d : (i + 1) * d])


@jit
def dormand_prince_step(velocity, y, p, f, h, k, u, after):
    """Make steps of lengths ``h`` into ``after``; slope 12 is the velocity there."""
    for c in range(len(y)):
        put(k, c, row(f, c))
    for i in range(1, STAGES):
        slope(velocity, i, y, p, h, k, u)
    slope(velocity, STAGES, y, p, h, k, after)


@jit
def more_slopes(velocity, y, p, h, k, u):
    """Take the slopes that only the dense output needs."""
    for i in range(STAGES + 1, SLOPES):
        slope(velocity, i, y, p, h, k, u)


@jit
def dormand_prince_error(y, after, h, k, rtol, atol, error):
    """Write the largest entry of the estimated error in units of its tolerance."""
    d, worst, lost = len(y), constant(0.0), constant(0.0)
    for c in range(d):
        fifth, third = constant(0.0), constant(0.0)
        for i in range(STAGES + 1):
            value = row(k, i * d + c)
            fifth += constant(FIFTH[i]) * value
            third += constant(THIRD[i]) * value
        unit = constant(atol) + constant(rtol) * larger(absolute(row(y, c)), absolute(row(after, c)))
        fifth, third = fifth * fifth, third * third
        part = fifth / (fifth + constant(0.01) * third + constant(TINY))
        worst = larger(fifth * part / (unit * unit + constant(TINY)), worst)
        lost += fifth - fifth  # NaN where anything is not finite, which `larger` does not keep
    put(error, 0, worst + lost)
    for n in range(error.shape[1]):
        error[0, n] = abs(h[0, n]) * np.sqrt(error[0, n])
