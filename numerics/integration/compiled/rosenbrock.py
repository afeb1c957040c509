"""A step of Rodas5P in every lane: the stiff engine's method.

    W k_i = f(u_i) + sum_{j<i} C_ij k_j / h,    W = I/(h gamma) - J

See `numerics.integration.compiled.rodas5p` for the coefficients.  Arrays have shape (rows, LANES),
a matrix d x d being d^2 rows.

Imported by the engine when it starts, since it imports numba.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from numerics.integration.compiled.compiling import called, jit, kept
from numerics.integration.compiled.kernel import Method, combined, loop_of, spread, weighted
from numerics.integration.compiled.lanes import (
    absolute,
    constant,
    larger,
    put,
    root,
    row,
    where_larger,
)
from numerics.integration.compiled.rodas5p import COUPLING, DENSE, GAMMA, WEIGHTS
from numerics.integration.compiled.vector_code import LANES

__all__ = ["STIFF", "factored", "solved", "stiff_loop"]

STAGES, LEAST = len(COUPLING), 1e-10

NESTED = np.array([DENSE[0], DENSE[1] + DENSE[2], -DENSE[2]])
"""The dense output in the form of the kernel, where theta and 1 - theta alternate."""


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
    """Replace right-hand sides ``x`` by solutions, by the factors."""
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


@jit
def stage(i, velocity, y, p, inverse, w, place, swaps, k, u):
    """Write slope ``i`` > 0, and into ``u`` the states where it is taken."""
    d = len(y)
    for c in range(d):
        if i < 6:
            put(u, c, row(y, c) + weighted(WEIGHTS[i], i, k, c))
        else:
            put(u, c, row(u, c) + row(k[i - 1], c))
    called(velocity, u, p, k[i])
    for c in range(d):
        put(k[i], c, row(k[i], c) + row(inverse, 0) * weighted(COUPLING[i], i, k, c))
    solved(w, place, swaps, k[i], d)


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


@jit
def room(d, chain):
    """Return the states, and as memory slopes, Jacobian, its factors, row exchanges, and more.

    The rest is memory for the chain, a state, and 1/h.
    """
    count, all_of_it = len(chain[0]), spread(STAGES + 5, d)
    k, y, f, after, ahead, u = (
        all_of_it[:STAGES], all_of_it[STAGES], all_of_it[STAGES + 1], all_of_it[STAGES + 2],
        all_of_it[STAGES + 3], all_of_it[STAGES + 4],
    )  # fmt: skip
    memory = (
        k, np.zeros((d * d, LANES)), np.zeros((d * d, LANES)), np.zeros((d, LANES)),
        np.zeros(d, np.bool_), np.zeros((d + chain[2], LANES)), np.zeros((count, LANES)), u,
        np.zeros((1, LANES)),
    )  # fmt: skip
    return y[:d], f[:d], after[:d], ahead[:d], memory


@jit
def step(functions, chain, y, p, f, h, control, memory, after, ahead, error):
    """Make steps; see `Method`."""
    k, jac, w, place, swaps, rows, partials, u, inverse = memory
    velocity, linearised = functions
    node, source = chain[0], chain[1]
    d = len(y)
    if len(node):
        called(linearised, y, p, partials)
        chained(partials, node, source, rows, jac, d)
    else:
        called(linearised, y, p, jac)
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
    for i in range(1, STAGES):
        stage(i, velocity, y, p, inverse, w, place, swaps, k, u)
    for c in range(d):
        put(after, c, row(u, c) + row(k[STAGES - 1], c))
    called(velocity, after, p, ahead)
    mean_error(y, after, k[STAGES - 1], control, error)


@jit
def mean_error(y, after, last, control, error):
    """Write the root mean square of the last slope in units of the tolerance."""
    d, total = len(y), constant(0.0)
    for c in range(d):
        size = larger(absolute(row(y, c)), absolute(row(after, c)))
        scaled = row(last, c) / (constant(control[1]) + constant(control[0]) * size)
        total += scaled * scaled
    put(error, 0, root(total / constant(float(d))))


@jit
def dense(functions, y, p, after, h, control, memory, within, error, found):
    """Write the dense output; see `Method`."""
    combined(NESTED, memory[0], len(y), found)


@jit
def change(error, factor):
    """Write error^(-1/5)."""
    for n in range(LANES):
        factor[0, n] = max(error[0, n], LEAST) ** -0.2


STIFF = Method(room, step, dense, change, len(NESTED))

run = loop_of(STIFF)


def stiff_loop(stamp: str) -> Any:
    """Return the loop as numba keeps it on disk; it looks kept code up by what a closure holds."""

    @kept
    def keeping(arguments):
        run(arguments)
        return stamp

    return keeping
