"""A step of the Dormand-Prince method of order 8 in every lane: the explicit engine's method.

    k_i = f(y + h sum_{j<i} a_ij k_j),    y' = y + h sum_i b_i k_i

The error combines the embedded methods of orders 5 and 3, the dense output has order 7 and takes
three more slopes.  Source: E. Hairer, S. P. Norsett, G. Wanner, Solving Ordinary Differential
Equations I (1993), II.5 and II.6; the coefficients are those that SciPy publishes with its
`DOP853`, and the torch engine uses them too.

Imported by the engine when it starts, since it imports numba.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.integrate import DOP853

from numerics.integration.compiling import called, jit, kept
from numerics.integration.kernel import Method, combined, loop_of, weighted
from numerics.integration.lanes import absolute, constant, larger, put, root, row
from numerics.integration.vector_code import LANES

__all__ = ["EXPLICIT", "explicit_loop"]

_tableau: Any = DOP853
STAGES = 12
TINY, LEAST = 1e-300, 1e-10
DEFECTS, OFF = (0.25, 0.75), 0.5  # where the dense output is looked at; its error by the defect
SLOPES = 16  # 12 stages, the slope after the step, three for the dense output


def _sparse(rows: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return where each row begins, and column and value of its entries that are not zero."""
    begin = np.cumsum([0, *(int(np.count_nonzero(x)) for x in rows)])
    columns = np.concatenate([np.flatnonzero(x) for x in rows])
    return begin, columns, np.concatenate([x[x != 0] for x in rows])


BEGIN, COLUMN, WEIGHT = _sparse([*_tableau.A[:STAGES], _tableau.B, *_tableau.A_EXTRA])
"""Rows 0-11 the stages, 12 the step itself, 13-15 the slopes of the dense output."""

FIFTH, THIRD = np.array(_tableau.E5), np.array(_tableau.E3)
"""The errors of the embedded methods."""


def _nested() -> np.ndarray:
    """Return the dense output as combinations of the slopes; see the kernel for its form."""
    first, after = np.eye(SLOPES)[0], np.eye(SLOPES)[STAGES]
    step = np.append(_tableau.B, np.zeros(SLOPES - STAGES))
    return np.array([first - step, 2 * step - first - after, *_tableau.D])


NESTED = _nested()
"""In the form of the kernel, but for the factor h."""


def _within(theta: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the weights of the slopes in (y(theta) - y_0)/h, and in its derivative by theta."""
    x, inner = np.polynomial.Polynomial([0, 1]), [np.polynomial.Polynomial([0])] * SLOPES
    step = np.append(_tableau.B, np.zeros(SLOPES - STAGES))
    for m in range(len(NESTED) - 1, -1, -1):
        factor = x if m % 2 else 1 - x
        inner = [(z + w) * factor for z, w in zip(inner, NESTED[m], strict=True)]
    weights = [x * (w + z) for z, w in zip(inner, step, strict=True)]
    return np.array([w(theta) for w in weights]), np.array([w.deriv()(theta) for w in weights])


_looked_at = [_within(theta) for theta in DEFECTS]
STATES, VELOCITIES = (np.array([x[n] for x in _looked_at]) for n in range(2))


@jit
def slope(i, velocity, y, p, h, k, u):
    """Write slope ``i``, and into ``u`` the states where it is taken."""
    for c in range(len(y)):
        total = constant(0.0)
        for m in range(BEGIN[i], BEGIN[i + 1]):
            total += constant(WEIGHT[m]) * row(k[COLUMN[m]], c)
        put(u, c, row(y, c) + row(h, 0) * total)
    called(velocity, u, p, k[i])


@jit
def room(d, chain):
    """Return slopes, with one row more than needed, and scratch.

    Without that row the slopes of a component might share their places in the cache.
    """
    scratch = np.zeros((d, LANES)), np.zeros((d, LANES)), np.zeros((1, LANES))
    return np.zeros((SLOPES, d + 1, LANES)), *scratch


@jit
def step(functions, chain, y, p, f, h, control, memory, after, ahead, error):
    """Make steps; see `Method`."""
    k, u = memory[0], memory[1]
    for c in range(len(y)):
        put(k[0], c, row(f, c))
    for i in range(1, STAGES):
        slope(i, functions[0], y, p, h, k, u)
    slope(STAGES, functions[0], y, p, h, k, after)
    for c in range(len(y)):
        put(ahead, c, row(k[STAGES], c))
    largest_error(y, after, h, k, control, error)


@jit
def largest_error(y, after, h, k, control, error):
    """Write the largest entry of the estimated error in units of its tolerance."""
    atol, rtol = constant(control[1]), constant(control[0])
    worst, fifths, thirds = constant(0.0), constant(0.0), constant(0.0)
    for c in range(len(y)):
        size = larger(absolute(row(y, c)), absolute(row(after, c)))
        inverse = constant(1.0) / (atol + rtol * size + constant(TINY))
        fifth = inverse * weighted(FIFTH, STAGES + 1, k, c)
        third = inverse * weighted(THIRD, STAGES + 1, k, c)
        worst = larger(absolute(fifth), worst)
        fifths, thirds = fifths + fifth * fifth, thirds + third * third
    part = fifths / (fifths + constant(0.01) * thirds + constant(TINY))
    put(error, 0, row(h, 0) * worst * root(part))


@jit
def raised(m, velocity, y, p, h, k, control, u, f, defect):
    """Raise ``defect`` to that of the dense output at place m: |y' - f(y)| h."""
    atol, rtol, length = constant(control[1]), constant(control[0]), row(h, 0)
    worst, lost = row(defect, 0), constant(0.0)
    for c in range(len(y)):
        put(u, c, row(y, c) + length * weighted(STATES[m], SLOPES, k, c))
    called(velocity, u, p, f)
    for c in range(len(y)):
        size = larger(absolute(row(y, c)), absolute(row(u, c)))
        gap = length * absolute(weighted(VELOCITIES[m], SLOPES, k, c) - row(f, c))
        worst = larger(gap / (atol + rtol * size + constant(TINY)), worst)
        lost += gap - gap  # NaN where anything is not finite, which `larger` does not keep
    put(defect, 0, worst + lost)


@jit
def dense(functions, y, p, after, h, control, memory, within, error, found):
    """Write the dense output, and raise the error to its own; see `Method`.

    Its slope is right at both ends of a step, so its error shows as a defect between.
    """
    k, u, f, defect = memory
    for i in range(STAGES + 1, SLOPES):
        slope(i, functions[0], y, p, h, k, u)
    put(defect, 0, constant(0.0))
    for m in range(len(STATES)):
        raised(m, functions[0], y, p, h, k, control, u, f, defect)
    for n in range(LANES):
        if within[n] and not OFF * defect[0, n] <= error[0, n]:
            error[0, n] = OFF * defect[0, n]
    combined(NESTED, k, len(y), found)
    for c in range(len(found)):
        put(found, c, row(h, 0) * row(found, c))


@jit
def change(error, factor):
    """Write error^(-1/8)."""
    put(factor, 0, constant(1.0) / root(root(root(larger(row(error, 0), constant(LEAST))))))


EXPLICIT = Method(room, step, dense, change, len(NESTED))

run = loop_of(EXPLICIT)


def explicit_loop(stamp: str) -> Any:
    """Return the loop as numba keeps it on disk; it looks kept code up by what a closure holds."""

    @kept
    def keeping(arguments):
        run(*arguments)
        return stamp

    return keeping
