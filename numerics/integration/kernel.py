"""The loop of the engines `explicit` and `stiff`, compiled by numba.

`LANES` trajectories move at once, each with time and step of its own; a lane whose trajectory has
ended takes the next one.  Steps are made in all lanes together by vector instructions; decisions
are taken lane by lane.  No lane sees another: a trajectory does not depend on those beside it.

Within a step, with theta in [0, 1] and F_n = sum_i N_ni k_i (times h in the explicit method),

    y(theta) = y_0 + theta (y_1 - y_0 + (1 - theta) (F_1 + theta (F_2 + (1 - theta) (F_3 + ...))))

The compiler sees the system only as addresses of compiled functions, so this loop is compiled once
and kept on disk by numba.  A call holds no lock of the interpreter.

Imported by the engines when they start, since it imports numba.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from numerics.integration import (
    compiling,
    dormand_prince,
    lanes,
    rodas5p,
    rosenbrock,
    vector_code,
)
from numerics.integration.compiling import called, jit, kept, stamp_of
from numerics.integration.dormand_prince import (
    SLOPES,
    dormand_prince_change,
    dormand_prince_defect,
    dormand_prince_error,
    dormand_prince_step,
    more_slopes,
)
from numerics.integration.lanes import constant, put, row, where_larger
from numerics.integration.rosenbrock import (
    STAGES,
    chained,
    rosenbrock_change,
    rosenbrock_error,
    rosenbrock_step,
)
from numerics.integration.vector_code import LANES

__all__ = ["FINISHED", "NOT_FINITE", "SECTION", "TOO_MANY", "TOO_SMALL", "run", "stamped"]

MOVING = -1
FINISHED, SECTION, TOO_SMALL, NOT_FINITE, TOO_MANY = range(5)
"""How a trajectory ended."""

SHRINK, GROW, SAFETY = 0.2, 10.0, 0.9
PIECES = 4  # a step is looked at for sections in so many pieces
BISECTIONS = 60

STIFF_NESTED, EXPLICIT_NESTED = rosenbrock.NESTED, dormand_prince.NESTED
SOURCES = (
    sys.modules[__name__], compiling, dormand_prince, lanes, rodas5p, rosenbrock, vector_code
)  # fmt: skip
"""What the compiled loop is made from."""


@jit
def combined(nested, k, h, d, dense):
    """Write the vectors F_n of the dense output."""
    for m in range(len(nested)):
        for c in range(d):
            total = constant(0.0)
            for i in range(len(k)):
                total += constant(nested[m, i]) * row(k[i], c)
            put(dense, m * d + c, row(h, 0) * total)


@jit
def interpolated(theta, y, after, dense, n, out):
    d = len(y)
    for c in range(d):
        inner = 0.0
        for m in range(len(dense) // d - 1, -1, -1):
            inner = (dense[m * d + c, n] + inner) * (theta if m % 2 else 1 - theta)
        out[c] = y[c, n] + theta * (after[c, n] - y[c, n] + inner)


@jit
def lane_of(x, n, out):
    for c in range(len(x)):
        out[c] = x[c, n]


@jit
def into_lane(x, n, out):
    for c in range(len(x)):
        out[c, n] = x[c]


@jit
def all_finite(x, n):
    for c in range(len(x)):
        if not math.isfinite(x[c, n]):
            return False
    return True


@jit
def first_step(y, f, n, rtol, atol, span):
    """Return a step that changes the state by about a hundredth of its tolerance's root."""
    size = speed = 0.0
    for c in range(len(y)):
        unit = atol + rtol * abs(y[c, n])
        size, speed = size + (y[c, n] / unit) ** 2, speed + (f[c, n] / unit) ** 2
    size, speed = math.sqrt(size / len(y)), math.sqrt(speed / len(y))
    h = 1e-6 * span if size < 1e-5 or speed < 1e-5 else 0.01 * size / speed
    return min(h, span)


@jit
def located(section, level, y, after, dense, n, low, high, out):
    """Return the theta at which a component passes a level within [low, high], by bisection."""
    interpolated(low, y, after, dense, n, out)
    below = out[section] < level
    for _ in range(BISECTIONS):
        middle = 0.5 * (low + high)
        interpolated(middle, y, after, dense, n, out)
        if (out[section] < level) == below:
            low = middle
        else:
            high = middle
    interpolated(high, y, after, dense, n, out)
    return high


@jit
def crossings(y, after, dense, n, time, h, sections, scratch, found, count):
    """Append the crossings of a step; return their number and the theta of one that ends it.

    ``sections``  rows of component, value, direction, whether it ends the trajectory
    ``found``     rows of section, time, state; full rows are counted and not written
    """
    ends = 2.0
    for m in range(len(sections)):
        c, level = int(sections[m, 0]), sections[m, 1]
        before = y[c, n]
        for piece in range(1, PIECES + 1):
            low, high = (piece - 1) / PIECES, piece / PIECES
            interpolated(high, y, after, dense, n, scratch)
            now = after[c, n] if piece == PIECES else scratch[c]
            rises, falls = before < level <= now, before > level >= now
            before = now
            if (rises and sections[m, 2] >= 0) or (falls and sections[m, 2] <= 0):
                theta = located(c, level, y, after, dense, n, low, high, scratch)
                if count < len(found):
                    found[count, 0], found[count, 1] = m, time + theta * h
                    for a in range(len(scratch)):
                        found[count, 2 + a] = scratch[a]
                count += 1
                if sections[m, 3] > 0:
                    ends = min(ends, theta)
    return count, ends


@jit
def recorded(y, after, dense, n, time, h, new, limit, times, done, out):
    """Write the states at the output times up to ``limit``; return how many are written now."""
    while done < len(times) and times[done] <= limit:
        if times[done] == new:
            lane_of(after, n, out[done])
        else:
            interpolated((times[done] - time) / h, y, after, dense, n, out[done])
        done += 1
    return done


@jit
def run(stiff, functions, starts, values, times, control, sections, chain, out):
    """Integrate trajectories.

    ``stiff``      whether by Rodas5P, or else by Dormand-Prince
    ``functions``  addresses of (y, p, out): f; its Jacobian, or its local derivatives
    ``control``    rtol, atol, budget of steps, shortest step
    ``chain``      node and source of every local derivative, number of nodes; empty for a Jacobian
    ``out``        y, end, end_time, ended, steps, crossings, number of crossings
    """
    velocity, linearised = functions
    node, source, nodes = chain
    rtol, atol, budget, shortest = control
    y_out, end, end_time, ended, steps, found, counts = out
    batch, d = starts.shape
    first, final = times[0], times[-1]
    nested = STIFF_NESTED if stiff else EXPLICIT_NESTED

    y, f, after, ahead, u, speed = (
        np.zeros((d, LANES)), np.zeros((d, LANES)), np.zeros((d, LANES)), np.zeros((d, LANES)),
        np.zeros((d, LANES)), np.zeros((d, LANES)),
    )  # fmt: skip
    p = np.zeros((values.shape[1], LANES))
    # one row more than needed, or the slopes of a component would share their place in the cache
    k = np.zeros((STAGES if stiff else SLOPES, d + 1, LANES))
    square = d * d if stiff else 0
    jac, w, place = np.zeros((square, LANES)), np.zeros((square, LANES)), np.zeros((d, LANES))
    rows, partials = np.zeros((d + nodes, LANES)), np.zeros((len(node), LANES))
    dense, swaps, scratch = np.zeros((len(nested) * d, LANES)), np.zeros(d, np.bool_), np.zeros(d)
    index, done = np.full(LANES, -1), np.zeros(LANES, np.int64)
    time, last, within, refused = (
        np.zeros(LANES), np.zeros(LANES, np.bool_), np.zeros(LANES, np.bool_),
        np.zeros(LANES, np.bool_),
    )  # fmt: skip
    h, unit, inverse, error, change, moves, defect = (
        np.ones((1, LANES)), np.ones((1, LANES)), np.ones((1, LANES)), np.zeros((1, LANES)),
        np.zeros((1, LANES)), np.zeros((1, LANES)), np.zeros((1, LANES)),
    )  # fmt: skip
    waiting = 0

    while True:
        moving = fresh = False
        for n in range(LANES):
            if index[n] < 0 and waiting < batch:
                index[n], time[n], done[n] = waiting, first, 0
                into_lane(starts[waiting], n, y)
                into_lane(values[waiting], n, p)
                waiting += 1
                fresh = True
            moving |= index[n] >= 0
        if not moving:
            return
        if fresh:
            called(velocity, y, p, u)
        for n in range(LANES):
            r = index[n]
            if r >= 0 and done[n] == 0:
                for c in range(d):
                    f[c, n] = u[c, n]
                lane_of(y, n, y_out[r, 0])
                done[n], ended[r], refused[n] = 1, MOVING, False
                if not all_finite(f, n):
                    ended[r], end_time[r], index[n] = NOT_FINITE, first, -1
                    lane_of(y, n, end[r])
                h[0, n] = first_step(y, f, n, rtol, atol, final - first)
            left = final - time[n]
            last[n] = h[0, n] >= left
            h[0, n] = left if last[n] else h[0, n]

        if stiff:
            if len(node):
                called(linearised, y, p, partials)
                chained(partials, node, source, rows, jac, d)
            else:
                called(linearised, y, p, jac)
            rosenbrock_step(velocity, y, p, f, jac, h, inverse, w, place, swaps, k, u, after)
            rosenbrock_error(y, after, k, rtol, atol, error)
            called(velocity, after, p, ahead)
        else:
            dormand_prince_step(velocity, y, p, f, h, k, u, after)
            dormand_prince_error(y, after, h, k, rtol, atol, error)
            for c in range(d):
                put(ahead, c, row(k[12], c))
        for c in range(d):  # adds 0, or NaN where the velocity after the step is not finite
            put(error, 0, row(error, 0) + (row(ahead, c) - row(ahead, c)))
        needs = False
        for n in range(LANES):
            within[n] = False
            if index[n] >= 0 and error[0, n] <= 1.0:
                new = final if last[n] else time[n] + h[0, n]
                within[n] = len(sections) > 0 or times[done[n]] < new
                needs |= within[n]
        if needs:
            if not stiff:
                more_slopes(velocity, y, p, h, k, u)
                dormand_prince_defect(velocity, y, p, h, k, rtol, atol, u, speed, defect)
                for n in range(LANES):
                    if within[n] and not defect[0, n] <= error[0, n]:
                        error[0, n] = defect[0, n]
            combined(nested, k, unit if stiff else h, d, dense)
        if stiff:
            rosenbrock_change(error, change)
        else:
            dormand_prince_change(error, change)

        for n in range(LANES):
            r, moves[0, n] = index[n], 0.0
            if r < 0:
                continue
            finite = error[0, n] < math.inf  # False for NaN
            if not finite or error[0, n] > 1.0:
                h[0, n] *= max(SHRINK, SAFETY * change[0, n]) if finite else SHRINK
                refused[n] = True
                if h[0, n] < shortest:
                    ended[r] = TOO_SMALL if finite else NOT_FINITE
                    lane_of(y, n, end[r])
            else:
                steps[r] += 1
                moves[0, n] = 1.0
                new = final if last[n] else time[n] + h[0, n]
                theta_end = 2.0
                if len(sections):
                    counts[r], theta_end = crossings(
                        y, after, dense, n, time[n], h[0, n], sections, scratch, found[r], counts[r]
                    )
                done[n] = recorded(
                    y, after, dense, n, time[n], h[0, n], new,
                    min(new, time[n] + theta_end * h[0, n]), times, done[n], y_out[r],
                )  # fmt: skip
                if theta_end <= 1.0:
                    ended[r], time[n] = SECTION, time[n] + theta_end * h[0, n]
                    interpolated(theta_end, y, after, dense, n, end[r])
                else:
                    if done[n] == len(times):
                        ended[r] = FINISHED
                    elif steps[r] >= budget:
                        ended[r] = TOO_MANY
                    if ended[r] != MOVING:
                        lane_of(after, n, end[r])
                    time[n] = new
                    h[0, n] *= min(1.0 if refused[n] else GROW, max(SHRINK, SAFETY * change[0, n]))
                    refused[n] = False
            if ended[r] != MOVING:
                end_time[r], index[n] = time[n], -1
        half, taken = constant(0.5), row(moves, 0)
        for c in range(d):
            put(y, c, where_larger(taken, half, row(after, c), row(y, c)))
            put(f, c, where_larger(taken, half, row(ahead, c), row(f, c)))


def kernel(stamp: str) -> Callable[[tuple[Any, ...]], str]:
    """Return a function that calls `run` with its arguments, compiled once for a stamp.

    The stamp is held in the closure, and numba looks kept code up by what a closure holds.
    """

    @kept
    def keeping(arguments):
        run(*arguments)
        return stamp

    return keeping


stamped: Callable[[tuple[Any, ...]], str] = kernel(stamp_of(SOURCES))
"""`run` as it is kept on disk."""
