"""A step of Rodas5P in every lane: the stiff engine's method.

    W k_i = f(u_i) + sum_{j<i} C_ij k_j / h,    W = I/(h gamma) - J

See `numerics.integration.rodas5p` for the coefficients.  Arrays have shape (rows, LANES), a matrix
d x d being d^2 rows, and the slopes (8, d + 1, LANES); see the kernel.

Imported by the kernel only, since it imports numba.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from numerics.integration.compiling import called, in_turn, jit
from numerics.integration.lanes import (
    absolute,
    combination,
    constant,
    larger,
    put,
    root,
    row,
    where_larger,
)
from numerics.integration.rodas5p import COUPLING, DENSE, GAMMA, WEIGHTS
from numerics.integration.vector_code import LANES

__all__ = [
    "NESTED", "STAGES", "chained", "rosenbrock_change", "rosenbrock_error", "rosenbrock_step",
]  # fmt: skip

STAGES, LEAST = len(COUPLING), 1e-10

NESTED = np.array([DENSE[0], DENSE[1] + DENSE[2], -DENSE[2]])
"""The dense output in the form of the kernel, where theta and 1 - theta alternate."""


def _stage(i: int) -> Any:
    """Return what writes slope ``i`` > 0, and into ``u`` the states where it is taken."""
    moved, coupled = combination(WEIGHTS[min(i, 5)]), combination(COUPLING[i])
    adds = i >= 6  # the last slope to the states before

    @jit
    def stage(velocity, y, p, inverse, w, place, swaps, k, u):
        d, one_by_h = len(y), row(inverse, 0)
        for c in range(d):
            put(u, c, row(u, c) + row(k[i - 1], c) if adds else row(y, c) + moved(k, c))
        slope = k[i]
        called(velocity, u, p, slope)
        for c in range(d):
            put(slope, c, row(slope, c) + one_by_h * coupled(k, c))
        solved(w, place, swaps, slope, d)

    return stage


@jit
def rosenbrock_step(velocity, y, p, f, jac, h, inverse, w, place, swaps, k, u, after):
    """Make steps of lengths ``h`` into ``after``; the last slope is their error."""
    d = len(y)
    put(inverse, 0, constant(1.0) / row(h, 0))
    for n in range(d * d):
        put(w, n, constant(0.0) - row(jac, n))
    for n in range(d):
        here = n * (d + 1)
        put(w, here, row(w, here) + row(inverse, 0) * constant(1.0 / GAMMA))
    factored(w, place, swaps, d)
    for c in range(d):
        put(k[0], c, row(f, c))
    solved(w, place, swaps, k[0], d)
    stages(velocity, y, p, inverse, w, place, swaps, k, u)
    for c in range(d):
        put(after, c, row(u, c) + row(k[STAGES - 1], c))


@jit
def rosenbrock_error(y, after, k, rtol, atol, error):
    """Write the root mean square of the last slope in units of the tolerance."""
    d, total = len(y), constant(0.0)
    for c in range(d):
        size = larger(absolute(row(y, c)), absolute(row(after, c)))
        scaled = row(k[STAGES - 1], c) / (constant(atol) + constant(rtol) * size)
        total += scaled * scaled
    put(error, 0, root(total / constant(float(d))))


@jit
def rosenbrock_change(error, change):
    """Write error^(-1/5): by how much the next step may be longer."""
    for n in range(LANES):
        change[0, n] = max(error[0, n], LEAST) ** -0.2


@jit
def factored(w, place, swaps, d):
    """Replace the matrices by their LU factors with row exchanges.

    ``place``  (d, LANES) the row exchanged with row k; ``swaps`` (d,) whether any lane has one

    A singular matrix gives factors that are not finite, and with them an error that is not.
    """
    for k in range(d):
        best, where = absolute(row(w, k * d + k)), constant(float(k))
        for r in range(k + 1, d):
            size = absolute(row(w, r * d + k))
            where = where_larger(size, best, constant(float(r)), where)
            best = where_larger(size, best, size, best)
        put(place, k, where)
        swaps[k] = False
        for n in range(LANES):
            other = int(place[k, n])
            if other != k:
                swaps[k] = True
                for c in range(d):
                    a, b = k * d + c, other * d + c
                    w[a, n], w[b, n] = w[b, n], w[a, n]
        pivot = constant(1.0) / row(w, k * d + k)
        put(w, k * d + k, pivot)  # solving then needs no division
        for r in range(k + 1, d):
            factor = row(w, r * d + k) * pivot
            put(w, r * d + k, factor)
            for c in range(k + 1, d):
                put(w, r * d + c, row(w, r * d + c) - factor * row(w, k * d + c))


@jit
def solved(w, place, swaps, x, d):
    for k in range(d):
        if swaps[k]:
            for n in range(LANES):
                other = int(place[k, n])
                x[k, n], x[other, n] = x[other, n], x[k, n]
    for r in range(1, d):
        total = row(x, r)
        for c in range(r):
            total -= row(w, r * d + c) * row(x, c)
        put(x, r, total)
    for r in range(d - 1, -1, -1):
        total = row(x, r)
        for c in range(r + 1, d):
            total -= row(w, r * d + c) * row(x, c)
        put(x, r, total * row(w, r * d + r))


stages = in_turn([_stage(i) for i in range(1, STAGES)])
"""Take the slopes of a step after the first."""


@jit
def chained(partials, node, source, rows, jac, d):
    """Chain local derivatives into ``jac``, one column after the other."""
    count = len(rows)
    for column in range(d):
        for n in range(count):
            put(rows, n, constant(1.0 if n == column else 0.0))
        for m in range(len(node)):
            target = d + node[m]
            put(rows, target, row(rows, target) + row(partials, m) * row(rows, source[m]))
        for r in range(d):
            put(jac, r * d + column, row(rows, count - d + r))
