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

from numerics.integration.compiled.compiling import called, inlined, jit, kept
from numerics.integration.compiled.kernel import Method, combined, loop_of, spread, weighted
from numerics.integration.compiled.lanes import absolute, constant, larger, put, root, row, summed
from numerics.integration.compiled.vector_code import LANES

__all__ = ["EXPLICIT", "explicit_loop"]

_tableau: Any = DOP853
STAGES = 12
BLOCK = 4
"""Stages whose states are summed together: slopes do not fit into the fastest cache, so the time of
a step is that of reading them."""

TINY, LEAST = 1e-300, 1e-10
DEFECTS, OFF = (0.25, 0.75), 0.5  # where the dense output is looked at; its error by the defect
SLOPES = 16  # 12 stages, the slope after the step, three for the dense output


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


def _slope(i: int, weights: np.ndarray) -> Any:
    """Return what writes slope ``i`` at y + h (the slopes with weights); that state goes to u."""
    total = summed(weights)

    @inlined
    def slope(velocity, y, p, h, k, u):
        for c in range(len(y)):
            put(u[0], c, row(y, c) + row(h, 0) * total(k, c))
        called(velocity, u[0], p, k[i])

    return slope


def _opened(first: int) -> Any:
    """Return what sums the slopes before a block for all its states, and writes its first slope."""
    a, b, e, g = (summed(_tableau.A[first + n, :first]) for n in range(BLOCK))

    @inlined
    def slope(velocity, y, p, h, k, u):
        for c in range(len(y)):
            sums = a(k, c), b(k, c), e(k, c), g(k, c)  # before any is written: each slope read once
            put(u[0], c, row(y, c) + row(h, 0) * sums[0])
            put(u[1], c, row(y, c) + row(h, 0) * sums[1])
            put(u[2], c, row(y, c) + row(h, 0) * sums[2])
            put(u[3], c, row(y, c) + row(h, 0) * sums[3])
        called(velocity, u[0], p, k[first])

    return slope


def _continued(i: int) -> Any:
    """Return what adds the slopes of the block to the state of slope ``i``, and writes that."""
    place = i % BLOCK
    weights = np.array(_tableau.A[i])
    weights[: i - place] = 0
    total = summed(weights)

    @inlined
    def slope(velocity, y, p, h, k, u):
        for c in range(len(y)):
            put(u[place], c, row(u[place], c) + row(h, 0) * total(k, c))
        called(velocity, u[place], p, k[i])

    return slope


def _in_turn(slopes: Sequence[Any]) -> Any:
    """Return what writes slopes one after the other."""
    if len(slopes) == 1:
        return slopes[0]
    middle = len(slopes) // 2
    first, then = _in_turn(slopes[:middle]), _in_turn(slopes[middle:])

    @inlined
    def slope(velocity, y, p, h, k, u):
        first(velocity, y, p, h, k, u)
        then(velocity, y, p, h, k, u)

    return slope


stages = _in_turn([
    *(_slope(i, _tableau.A[i]) for i in range(1, BLOCK)),
    *((_continued if i % BLOCK else _opened)(i) for i in range(BLOCK, STAGES)),
])  # fmt: skip
dense_slopes = _in_turn([
    _slope(STAGES + 1 + n, weights) for n, weights in enumerate(_tableau.A_EXTRA)
])  # fmt: skip
advance, fifth_order, third_order = map(summed, (_tableau.B, _tableau.E5, _tableau.E3))


@jit
def room(d, chain):
    """Return the states, and as memory slopes and the states where they are taken."""
    all_of_it = spread(SLOPES + 2 + BLOCK, d)
    k, y, after, u = (
        all_of_it[:SLOPES], all_of_it[SLOPES], all_of_it[SLOPES + 1], all_of_it[SLOPES + 2 :]
    )  # fmt: skip
    return y[:d], k[0][:d], after[:d], k[STAGES][:d], (k, u)


@jit
def step(functions, chain, y, p, f, h, control, memory, after, ahead, error):
    """Make steps; see `Method`.  ``f`` and ``ahead`` are slopes in the memory."""
    k, u = memory
    stages(functions[0], y, p, h, k, u)
    taken(y, h, k, control, after, error)
    called(functions[0], after, p, ahead)


@jit
def taken(y, h, k, control, after, error):
    """Write the states after, and the largest estimated error in units of its tolerance."""
    atol, rtol = constant(control[1]), constant(control[0])
    worst, fifths, thirds = constant(0.0), constant(0.0), constant(0.0)
    for c in range(len(y)):
        moved, fifth, third = advance(k, c), fifth_order(k, c), third_order(k, c)
        new = row(y, c) + row(h, 0) * moved
        put(after, c, new)
        size = larger(absolute(row(y, c)), absolute(new))
        inverse = constant(1.0) / (atol + rtol * size + constant(TINY))
        fifth, third = inverse * fifth, inverse * third
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
    k, u = memory
    dense_slopes(functions[0], y, p, h, k, u)
    defect = u[2]
    put(defect, 0, constant(0.0))
    for m in range(len(STATES)):
        raised(m, functions[0], y, p, h, k, control, u[0], u[1], defect)
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
        run(arguments)
        return stamp

    return keeping
