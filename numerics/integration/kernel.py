"""The stiff engine's inner loop: plain loops over plain arrays, compiled by numba.

The compiler sees the system only as two addresses of compiled functions, so this loop is compiled
once and kept on disk by numba.  ``size`` stands for the number of variables d = len(size): a tuple
where the compiler shall unroll the short loops by it, an array where one loop shall serve every d.
A call holds no lock of the interpreter.

Imported by the stiff engine when it starts, since it imports numba.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit, types
from numba.extending import intrinsic

from numerics.integration.rodas5p import COUPLING, DENSE, GAMMA, WEIGHTS

__all__ = ["FINISHED", "FIXED_POINT", "NOT_FINITE", "SECTION", "TOO_MANY", "TOO_SMALL", "run"]

FINISHED, FIXED_POINT, SECTION, TOO_SMALL, NOT_FINITE, TOO_MANY = range(6)
"""How a trajectory ended."""

SHRINK, GROW, SAFETY = 0.2, 6.0, 0.9
PIECES = 4  # a step is looked at for sections in so many pieces
BISECTIONS = 60

jit: Any = njit(nogil=True, cache=True, error_model="numpy", fastmath={"contract", "nsz", "arcp"})


def _called(typing: Any, address: Any, y: Any, p: Any, out: Any) -> Any:
    """Call the compiled ``void f(double *y, double *p, double *out)`` at an address."""

    def code(context, builder, signature, arguments):
        from llvmlite import ir

        pointer = ir.DoubleType().as_pointer()
        function = ir.FunctionType(ir.VoidType(), [pointer] * 3).as_pointer()
        data = [
            context.make_array(kind)(context, builder, value).data
            for kind, value in zip(signature.args[1:], arguments[1:], strict=True)
        ]
        builder.call(builder.inttoptr(arguments[0], function), data)
        return context.get_dummy_value()

    return types.void(address, y, p, out), code


called: Any = intrinsic(_called)


@jit
def copied(x, out):
    """An assignment to a slice would do, and take the compiler many seconds."""
    for c in range(len(x)):
        out[c] = x[c]


@jit
def all_finite(x):
    for c in range(len(x)):
        if not math.isfinite(x[c]):
            return False
    return True


@jit
def factored(w, pivot, size):
    """Replace a matrix by its LU factors with row exchanges; False if it is singular."""
    d = len(size)
    for k in range(d):
        best, place = abs(w[k, k]), k
        for r in range(k + 1, d):
            if abs(w[r, k]) > best:
                best, place = abs(w[r, k]), r
        pivot[k] = place
        if not (0.0 < best < math.inf):
            return False
        if place != k:
            for c in range(d):
                w[k, c], w[place, c] = w[place, c], w[k, c]
        inverse = 1.0 / w[k, k]
        w[k, k] = inverse  # solving then needs no division
        for r in range(k + 1, d):
            factor = w[r, k] * inverse
            w[r, k] = factor
            if factor != 0.0:
                for c in range(k + 1, d):
                    w[r, c] -= factor * w[k, c]
    return True


@jit
def solved(w, pivot, x, size):
    d = len(size)
    for k in range(d):
        x[k], x[pivot[k]] = x[pivot[k]], x[k]
    for r in range(1, d):
        total = x[r]
        for c in range(r):
            total -= w[r, c] * x[c]
        x[r] = total
    for r in range(d - 1, -1, -1):
        total = x[r]
        for c in range(r + 1, d):
            total -= w[r, c] * x[c]
        x[r] = total * w[r, r]


@jit
def combined(k, dense, size):
    d = len(size)
    for n in range(3):
        for c in range(d):
            total = 0.0
            for i in range(8):
                total += DENSE[n, i] * k[i, c]
            dense[n, c] = total


@jit
def interpolated(theta, y, after, dense, out):
    for c in range(len(y)):
        inner = dense[0, c] + theta * (dense[1, c] + theta * dense[2, c])
        out[c] = (1 - theta) * y[c] + theta * (after[c] + (1 - theta) * inner)


@jit
def norm(e, y, after, rtol, atol):
    total = 0.0
    for c in range(len(e)):
        scaled = e[c] / (atol + rtol * max(abs(y[c]), abs(after[c])))
        total += scaled * scaled
    return math.sqrt(total / len(e))


@jit
def first_step(y, f, rtol, atol, span):
    """Return a step that changes the state by about a hundredth of its tolerance's root."""
    size, speed = norm(y, y, y, rtol, atol), norm(f, y, y, rtol, atol)
    h = 1e-6 * span if size < 1e-5 or speed < 1e-5 else 0.01 * size / speed
    return min(h, span)


@jit
def rests(y, f, tolerance):
    size = speed = 0.0
    for c in range(len(y)):
        size, speed = max(size, abs(y[c])), max(speed, abs(f[c]))
    return speed <= tolerance * (1.0 + size)


@jit
def located(section, level, y, after, dense, low, high, out):
    """Return the theta at which a component passes a level within [low, high], by bisection."""
    interpolated(low, y, after, dense, out)
    below = out[section] < level
    for _ in range(BISECTIONS):
        middle = 0.5 * (low + high)
        interpolated(middle, y, after, dense, out)
        if (out[section] < level) == below:
            low = middle
        else:
            high = middle
    interpolated(high, y, after, dense, out)
    return high


@jit
def jacobian(linearised, y, p, node, source, work, rows, jac, size):
    """Chain the local derivatives: rows 0..d-1 are the unit rows, the last d the Jacobian."""
    d = len(size)
    called(linearised, y, p, work)
    for r in range(d, len(rows)):
        for c in range(d):
            rows[r, c] = 0.0
    for n in range(len(node)):
        partial, target, origin = work[d + n], d + node[n], source[n]
        for c in range(d):
            rows[target, c] += partial * rows[origin, c]
    for r in range(d):
        for c in range(d):
            jac[r, c] = rows[len(rows) - d + r, c]


@jit
def attempted(velocity, y, p, f, jac, h, w, pivot, k, u, after, size):
    """Make one step of length h into ``after``; False if its matrix is singular."""
    d = len(size)
    for r in range(d):
        for c in range(d):
            w[r, c] = -jac[r, c]
        w[r, r] += 1.0 / (h * GAMMA)
    if not factored(w, pivot, size):
        return False
    copied(y, u)
    for i in range(8):
        if i == 0:
            copied(f, k[0])
        else:
            if i < 6:
                copied(y, u)
                for j in range(i):
                    weight = WEIGHTS[i, j]
                    for c in range(d):
                        u[c] += weight * k[j, c]
            else:
                for c in range(d):
                    u[c] += k[i - 1, c]
            called(velocity, u, p, k[i])
            for j in range(i):
                weight = COUPLING[i, j] / h
                for c in range(d):
                    k[i, c] += weight * k[j, c]
        solved(w, pivot, k[i], size)
    for c in range(d):
        after[c] = u[c] + k[7, c]
    return True


@jit
def crossings(y, after, dense, time, h, sections, scratch, found, count):
    """Append the crossings of a step; return their number and the theta of one that ends it.

    ``sections``  rows of component, value, direction, whether it ends the trajectory
    ``found``     rows of section, time, state; full rows are counted and not written
    """
    ends = 2.0
    for m in range(len(sections)):
        c, level = int(sections[m, 0]), sections[m, 1]
        before = y[c]
        for n in range(1, PIECES + 1):
            interpolated(n / PIECES, y, after, dense, scratch)
            now = after[c] if n == PIECES else scratch[c]
            rises, falls = before < level <= now, before > level >= now
            before = now
            if (rises and sections[m, 2] >= 0) or (falls and sections[m, 2] <= 0):
                theta = located(c, level, y, after, dense, (n - 1) / PIECES, n / PIECES, scratch)
                if count < len(found):
                    found[count, 0], found[count, 1] = m, time + theta * h
                    copied(scratch, found[count, 2:])
                count += 1
                if sections[m, 3] > 0:
                    ends = min(ends, theta)
    return count, ends


@jit
def trajectory(functions, start, p, times, control, sections, chain, size, y_out, end, found):
    """Integrate one trajectory; return (how it ended, when, steps, crossings found).

    ``control``  rtol, atol, budget of steps, shortest step, tolerance of rest (negative: none)
    """
    velocity, linearised = functions
    node, source, nodes = chain
    rtol, atol, budget, shortest, rest = control
    d = len(size)
    y, after, u, f, scratch = np.empty(d), np.empty(d), np.empty(d), np.empty(d), np.empty(d)
    jac, w, k, dense = np.empty((d, d)), np.empty((d, d)), np.empty((8, d)), np.empty((3, d))
    pivot, work = np.empty(d, np.int64), np.empty(d + len(node))
    rows = np.empty((d + nodes, d))
    for r in range(d):
        for c in range(d):
            rows[r, c] = 1.0 if r == c else 0.0
    time, done, steps, count = times[0], 1, 0, 0
    copied(start, y)
    copied(y, y_out[0])
    copied(y, end)
    called(velocity, y, p, f)
    if not all_finite(f):
        return NOT_FINITE, time, steps, count
    if rests(y, f, rest):
        return FIXED_POINT, time, steps, count
    h = first_step(y, f, rtol, atol, times[-1] - time)
    while done < len(times):
        if steps >= budget:
            return TOO_MANY, time, steps, count
        jacobian(linearised, y, p, node, source, work, rows, jac, size)
        finite = True
        while True:
            left = times[-1] - time
            last = h >= left
            if last:
                h = left
            error = math.nan
            if attempted(velocity, y, p, f, jac, h, w, pivot, k, u, after, size):
                error = norm(k[7], y, after, rtol, atol)
            finite = error < math.inf  # False for NaN
            if error <= 1.0:
                called(velocity, after, p, scratch)
                finite = all_finite(scratch)
                if finite:
                    break
            h *= max(SHRINK, SAFETY * error**-0.2) if finite else SHRINK
            if h < shortest:
                return (TOO_SMALL if finite else NOT_FINITE), time, steps, count
        steps += 1
        new = times[-1] if last else time + h
        if len(sections) or times[done] < new:
            combined(k, dense, size)
        theta_end = 2.0
        if len(sections):
            count, theta_end = crossings(y, after, dense, time, h, sections, u, found, count)
        limit = min(new, time + theta_end * h)
        while done < len(times) and times[done] <= limit:
            if times[done] == new:
                copied(after, y_out[done])
            else:
                interpolated((times[done] - time) / h, y, after, dense, y_out[done])
            done += 1
            if rest >= 0.0:
                called(velocity, y_out[done - 1], p, u)
                if rests(y_out[done - 1], u, rest):
                    copied(y_out[done - 1], end)
                    return FIXED_POINT, times[done - 1], steps, count
        if theta_end <= 1.0:
            interpolated(theta_end, y, after, dense, end)
            return SECTION, time + theta_end * h, steps, count
        copied(after, y)
        copied(scratch, f)
        copied(y, end)
        time = new
        h *= min(GROW, max(SHRINK, SAFETY * max(error, 1e-10) ** -0.2))
    return FINISHED, time, steps, count


@jit
def run(functions, starts, values, times, control, sections, chain, size, out):
    """Integrate trajectories.

    ``functions``  addresses of (y, p, out): f, and f followed by the local derivatives
    ``chain``      node and source of every local derivative, and the number of nodes
    ``out``        y, end, end_time, ended, steps, crossings, number of crossings
    """
    y, end, end_time, ended, steps, found, counts = out
    for n in range(len(starts)):
        ended[n], end_time[n], steps[n], counts[n] = trajectory(
            functions, starts[n], values[n], times, control, sections, chain, size,
            y[n], end[n], found[n],
        )  # fmt: skip
