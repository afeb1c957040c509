"""The loop of the engines `explicit` and `stiff`, compiled by numba.

`LANES` trajectories move at once, each with time and step of its own; a lane whose trajectory has
ended takes the next one that waits, and any number of threads take from the same queue.  Steps are
made in all lanes together by vector instructions; decisions are taken lane by lane.  No lane sees
another: a trajectory does not depend on those beside it.

Arrays have shape (rows, LANES), y and f those of the state.  Within a step, with theta in [0, 1],

    y(theta) = y_0 + theta (y_1 - y_0 + (1 - theta) (F_1 + theta (F_2 + (1 - theta) (F_3 + ...))))

The compiler sees the system only as addresses of compiled functions, so the loop is compiled once
for a method and kept on disk by numba.  A call holds no lock of the interpreter.

Imported by the methods, since it imports numba.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from numerics.integration.compiled.compiling import called, inlined, jit, published, taken_from
from numerics.integration.compiled.lanes import constant, put, row, where_larger
from numerics.integration.compiled.vector_code import LANES
from numerics.integration.problem import PACE, TWICE

__all__ = ["MOVING", "Method", "combined", "loop_of", "spread", "weighted"]

MOVING = -1
FINISHED, SECTION, TOO_SMALL, NOT_FINITE, TOO_MANY = range(5)
"""How a trajectory ended; `MOVING` while it has not."""

SHRINK, GROW, SAFETY = 0.2, 10.0, 0.9
PIECES = 4  # a step is looked at for sections in so many pieces
BISECTIONS = 60
PAGE, LINE = 4096 // (8 * LANES), 8  # rows of a page, numbers in a line of the cache


class Method(NamedTuple):
    """Compiled functions that make steps in all lanes; (f, J) are addresses, see `loop_of`.

    ``room``    (d, chain) -> y, f, after, ahead, and the memory that the others take: arrays
    ``step``    (functions, chain, y, p, f, h, control, memory, after, ahead, error): steps of
                lengths ``h`` (1, LANES), the velocity there, the error in units of the tolerance
    ``dense``   (functions, y, p, after, h, control, memory, within, error, dense): the F_n, in d
                rows each; may raise the error of lanes that are looked at within their steps
    ``change``  (error, change): by how much the next step may be longer
    ``vectors`` how many F_n
    """

    room: Any
    step: Any
    dense: Any
    change: Any
    vectors: int


@jit
def spread(count, d):
    """Return room for ``count`` arrays (d, LANES) that are used together.

    Rows do not cross lines of the cache.  Each array begins 3 rows later in a page than the one
    before it: where the same row of several lies at the same place of their pages, they would
    contend for places in the cache.
    """
    rows = d + (3 - d) % PAGE
    size = count * rows * LANES
    anywhere = np.zeros(size + LINE)
    first = -(anywhere.ctypes.data // 8) % LINE
    return anywhere[first : first + size].reshape(count, rows, LANES)


@jit
def weighted(weights, count, k, c):
    """Return the sum of the first ``count`` slopes of component c, with weights."""
    total = constant(0.0)
    for i in range(count):
        total += constant(weights[i]) * row(k[i], c)
    return total


@jit
def combined(nested, k, d, dense):
    """Write vectors of the dense output from slopes (stages, rows, LANES)."""
    for m in range(len(nested)):
        for c in range(d):
            put(dense, m * d + c, weighted(nested[m], len(k), k, c))


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
def filled(queue, first, starts, values, index, time, done, y, p):
    """Give lanes without a trajectory the next ones; return whether any was given one.

    ``queue``   (1,) the first trajectory that still waits
    ``values``  a row for every trajectory, or one for all
    """
    any_given = False
    for n in range(LANES):
        if index[n] < 0 and queue[0] < len(starts):
            r = taken_from(queue)
            if r < len(starts):
                index[n], time[n], done[n] = r, first, 0
                into_lane(starts[r], n, y)
                into_lane(values[r if len(values) > 1 else 0], n, p)
                any_given = True
    return any_given


@jit
def is_hopeless(n, time, final, steps, budget, pace):
    """Return whether the budget of steps is out of reach; see `numerics.integration.problem.Pace`.

    ``pace``  (2, LANES): the time at the last look, and how much the steps before it covered
    """
    if steps % PACE != 0:
        return False
    covered, before = time - pace[0, n], pace[1, n]
    pace[0, n], pace[1, n] = time, covered
    return covered <= before and TWICE * covered * (budget - steps) < PACE * (final - time)


@jit
def begun(y, u, control, times, index, done, refused, f, h, pace, out):
    """Begin new trajectories, whose velocities are ``u``."""
    for n in range(LANES):
        r = index[n]
        if r >= 0 and done[n] == 0:
            for c in range(len(y)):
                f[c, n] = u[c, n]
            lane_of(y, n, out[0][r, 0])
            done[n], refused[n] = 1, False
            pace[0, n], pace[1, n] = times[0], 0.0
            if not all_finite(f, n):
                lane_of(y, n, out[1][r])
                ended(n, NOT_FINITE, times[0], index, done, out)
            h[0, n] = first_step(y, f, n, control[0], control[1], times[-1] - times[0])


@jit
def ended(n, how, time, index, done, out):
    """End the trajectory of a lane, whose last state is written, and tell the other threads."""
    r, y_out = index[n], out[0]
    for m in range(done[n], y_out.shape[1]):
        for c in range(y_out.shape[2]):
            y_out[r, m, c] = np.nan
    out[2][r], index[n] = time, -1
    published(out[3], r, how)


@jit
def limited(final, time, h, last):
    """Cut steps that would pass the end."""
    for n in range(LANES):
        left = final - time[n]
        last[n] = h[0, n] >= left
        h[0, n] = left if last[n] else h[0, n]


@jit
def looked_into(times, time, h, last, error, index, done, any_section, within):
    """Note in which lanes states within the step are wanted; return whether in any."""
    needed = False
    for n in range(LANES):
        within[n] = False
        if index[n] >= 0 and error[0, n] <= 1.0:
            new = times[-1] if last[n] else time[n] + h[0, n]
            within[n] = any_section or times[done[n]] < new
            needed |= within[n]
    return needed


@jit
def decided(y, after, dense, change, error, control, times, sections, lanes, out):
    """Take or refuse the step of every lane, and end trajectories."""
    index, done, time, last, refused, h, pace, moves, scratch = lanes
    y_out, end, _, _, steps, found, counts = out
    budget, shortest = control[2:]
    for n in range(LANES):
        r, how, moves[0, n] = index[n], MOVING, 0.0
        if r < 0:
            continue
        finite = error[0, n] < math.inf  # False for NaN
        if not finite or error[0, n] > 1.0:
            h[0, n] *= max(SHRINK, SAFETY * change[0, n]) if finite else SHRINK
            refused[n] = True
            if h[0, n] < shortest:
                how = TOO_SMALL if finite else NOT_FINITE
                lane_of(y, n, end[r])
        else:
            steps[r] += 1
            moves[0, n] = 1.0
            new = times[-1] if last[n] else time[n] + h[0, n]
            stop = 2.0
            if len(sections):
                counts[r], stop = crossings(
                    y, after, dense, n, time[n], h[0, n], sections, scratch, found[r], counts[r]
                )
            done[n] = recorded(
                y, after, dense, n, time[n], h[0, n], new, min(new, time[n] + stop * h[0, n]),
                times, done[n], y_out[r],
            )  # fmt: skip
            if stop <= 1.0:
                how, time[n] = SECTION, time[n] + stop * h[0, n]
                interpolated(stop, y, after, dense, n, end[r])
            else:
                if done[n] == len(times):
                    how = FINISHED
                elif steps[r] >= budget or is_hopeless(n, new, times[-1], steps[r], budget, pace):
                    how = TOO_MANY
                if how != MOVING:
                    lane_of(after, n, end[r])
                time[n] = new
                h[0, n] *= min(1.0 if refused[n] else GROW, max(SHRINK, SAFETY * change[0, n]))
                refused[n] = False
        if how != MOVING:
            ended(n, how, time[n], index, done, out)


@jit
def moved(moves, after, ahead, y, f):
    """Write state and velocity after the step where it was taken."""
    half, taken = constant(0.5), row(moves, 0)
    for c in range(len(y)):
        put(y, c, where_larger(taken, half, row(after, c), row(y, c)))
        put(f, c, where_larger(taken, half, row(ahead, c), row(f, c)))


def loop_of(method: Method) -> Any:
    """Return the compiled loop of a method.

    It takes, and integrates trajectories into ``out`` until none waits:

    ``functions``  addresses of (y, p, out): f; its Jacobian, or its local derivatives
    ``control``    rtol, atol, budget of steps, shortest step
    ``chain``      node and source of every local derivative, number of nodes; empty for a Jacobian
    ``shared``     halt (1,), looked at before every step: not 0 ends all, whatever is finished;
                   queue (1,), see `filled`
    ``out``        y, end, end_time, how it ended (`MOVING` at first, written last), steps (0 at
                   first), crossings, number of crossings (0 at first)
    """
    room, step, dense_output, next_change, vectors = method

    @inlined
    def run(arguments):
        functions, starts, values, times, control, sections, chain, shared, out = arguments
        d, (halt, queue) = starts.shape[1], shared
        y, f, after, ahead, memory = room(d, chain)
        p, dense = spread(1, values.shape[1])[0], np.zeros((vectors * d, LANES))
        scratch = np.zeros(d)
        index, done, time = np.full(LANES, -1), np.zeros(LANES, np.int64), np.zeros(LANES)
        last, within, refused = (
            np.zeros(LANES, np.bool_), np.zeros(LANES, np.bool_), np.zeros(LANES, np.bool_)
        )  # fmt: skip
        h, error, change, moves = (
            np.ones((1, LANES)), np.zeros((1, LANES)), np.zeros((1, LANES)), np.zeros((1, LANES))
        )  # fmt: skip
        pace = np.zeros((2, LANES))
        while True:
            new = filled(queue, times[0], starts, values, index, time, done, y, p)
            if index.max() < 0 or halt[0] != 0:
                return
            if new:
                called(functions[0], y, p, ahead)
                begun(y, ahead, control, times, index, done, refused, f, h, pace, out)
            limited(times[-1], time, h, last)
            step(functions, chain, y, p, f, h, control, memory, after, ahead, error)
            for c in range(d):  # adds 0, or NaN where the velocity after the step is not finite
                put(error, 0, row(error, 0) + (row(ahead, c) - row(ahead, c)))
            any_section = len(sections) > 0
            if looked_into(times, time, h, last, error, index, done, any_section, within):
                dense_output(functions, y, p, after, h, control, memory, within, error, dense)
            next_change(error, change)
            lanes = index, done, time, last, refused, h, pace, moves, scratch
            decided(y, after, dense, change, error, control, times, sections, lanes, out)
            moved(moves, after, ahead, y, f)

    return run
