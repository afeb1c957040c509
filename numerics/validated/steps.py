"""A flow from a box of starts, enclosed step by step (Lohner's method).

All states lie in the set  m + A r,  r in a box R,  with m and A exact.  A step of length h gives

    y(h)  in  phi_h(m) + V_h A R,         V_h = d phi_h / dy over the set

and a new matrix A, orthogonal but for rounding and turned along V_h A, so that boxes do not grow by
being wrapped again and again.  Each Taylor polynomial has the remainder  c_{n+1} h^{n+1}, taken
over a box B that holds the flow throughout the step: it does where  X + [0, h] f(B)  lies inside B
(Picard).  On B the derivative stays within  exp(h |f'|) - 1  of the identity.

Source: N. S. Nedialkov, K. R. Jackson, G. F. Corliss, Validated solutions of initial value problems
for ordinary differential equations, Appl. Math. Comput. 105 (1999).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from flint import arb, arb_mat

from numerics.fixed_points.balls import Balls
from numerics.validated.series import FlowSeries, identity

__all__ = ["Accuracy", "Enclosed", "NotEnclosed", "followed"]

LEFT = 2.0**10
"""By how much the remainder, taken over the whole box of a step, may exceed what is aimed at."""

WIDER, TRIES, HALVINGS = 0.15, 8, 12
"""By how much a box that does not hold the flow is widened; how often; how often h is halved."""


class Accuracy(NamedTuple):
    """How carefully a flow is followed.

    ``bits``   working precision
    ``order``  of the Taylor polynomials
    ``local``  what a step aims to leave as its remainder, beside states of size 1
    ``most``   steps it may take
    """

    bits: int
    order: int
    local: float
    most: int


class NotEnclosed(ArithmeticError):
    """The flow could not be enclosed; says why."""


@dataclass
class Enclosed:
    """The flow after a time, from every start in a box.

    ``y``       where it is
    ``slope``   (d, d) its derivative by the start
    ``tubes``   for each step a box that holds the flow throughout it
    """

    y: Balls
    slope: arb_mat
    tubes: list[Balls]


def followed(flow: FlowSeries, start: Balls, time: arb, accuracy: Accuracy) -> Enclosed:
    """Return the flow after ``time`` > 0, a ball, from a box of starts.

    Raises `NotEnclosed` where it takes more, or leaves the domain of the field, or every bound.
    """
    d, order, longest = flow.dimension, accuracy.order, np.inf
    middle = [x.mid() for x in start]
    frame, rest = identity(d), arb_mat([[x - m] for x, m in zip(start, middle, strict=True)])
    derivative, passed, tubes = identity(d), arb(0), []
    while len(tubes) < accuracy.most:
        box = _sum(middle, frame * rest)
        taylor = flow.coefficients(middle, order)
        left, h = time - passed, min(_step(taylor, accuracy), 2 * longest)
        step = left if left.upper() <= h else arb(min(h, float(left.mid()) / 2))
        tube, high, step = _tube(flow, box, step, accuracy)
        is_last, longest = step is left, float(step.mid())
        spread = _spread(flow, tube, step.upper(), d)
        beyond = flow.derivatives(high, order + 1)[order + 1] * spread
        moved = _polynomial(taylor, high[order + 1], step)
        slope = _matrix_polynomial(
            flow.derivatives(flow.coefficients(box, order), order), beyond, step
        )
        tubes.append(tube)
        stretched = slope * frame
        turned = _orthogonal(stretched, rest)
        inverse = turned.inv()
        middle = [x.mid() for x in moved]
        error = arb_mat([[x - m] for x, m in zip(moved, middle, strict=True)])
        across = inverse * stretched
        rest = across * rest + inverse * error
        derivative = across * derivative
        frame, passed = turned, passed + step
        if not all(x.is_finite() for x in [*rest.entries(), *derivative.entries()]):
            raise NotEnclosed("the enclosures grow beyond every bound")
        if is_last:
            return Enclosed(_sum(middle, frame * rest), frame * derivative, tubes)
    raise NotEnclosed(f"the orbit takes more than {accuracy.most} steps")


def _step(taylor: list[Balls], accuracy: Accuracy) -> float:
    """Return a step whose remainder is about right, by the last two coefficients."""
    order = accuracy.order
    sizes = [max(float(abs(x).upper()) for x in taylor[k]) ** (1 / k) for k in (order - 1, order)]
    if not np.isfinite(sizes).all():
        raise NotEnclosed("the field is not defined on the orbit")
    return float(accuracy.local ** (1 / order) / max(*sizes, 1e-300))


def _tube(
    flow: FlowSeries, box: Balls, step: arb, accuracy: Accuracy
) -> tuple[Balls, list[Balls], arb]:
    """Return a box that holds the flow throughout a step, Taylor coefficients over it, the step.

    The step is shorter than the given one where no box is found, or one with a large remainder.
    """
    highest = accuracy.order + 1
    for _ in range(HALVINGS):
        tube = _picard(flow, box, step)
        if tube is not None:
            high = flow.coefficients(tube, highest)
            part = step.upper() ** highest
            remainder = max(float((abs(x) * part).upper()) for x in high[highest])
            if remainder <= LEFT * accuracy.local:
                return tube, high, step
        step = (step.mid() / 2).mid()
    raise NotEnclosed("no box holds the flow for a step, however short")


def _picard(flow: FlowSeries, box: Balls, step: arb) -> Balls | None:
    """Return a box that holds the flow throughout a step; None if none was found."""
    during = arb(0).union(step.upper())
    tube = _grown(box, during, flow.velocity(box))
    for _ in range(TRIES):
        found = _grown(box, during, flow.velocity(tube))
        if not all(x.is_finite() for x in found):
            break
        if all(t.contains_interior(x) for t, x in zip(tube, found, strict=True)):
            return found
        tube = [_widened(t.union(x)) for t, x in zip(tube, found, strict=True)]
    return None


def _grown(box: Balls, during: arb, velocity: Balls) -> Balls:
    return [x + during * f for x, f in zip(box, velocity, strict=True)]


def _widened(x: arb) -> arb:
    return arb(x.mid(), x.rad() * (1 + WIDER))


def _spread(flow: FlowSeries, tube: Balls, reach: arb, d: int) -> arb_mat:
    """Return balls of the derivative by the start throughout a step."""
    slope = flow.slope(tube)
    norm = arb(0)
    for i in range(d):
        norm = norm.max(sum((abs(slope[i, j]).upper() for j in range(d)), arb(0)))
    off = ((reach * norm).exp() - 1).upper()
    around = (-off).union(off)
    return arb_mat([[around + int(i == j) for j in range(d)] for i in range(d)])


def _polynomial(taylor: list[Balls], beyond: Balls, step: arb) -> Balls:
    total = list(beyond)
    for row in reversed(taylor):
        total = [x + step * t for x, t in zip(row, total, strict=True)]
    return total


def _matrix_polynomial(taylor: list[arb_mat], beyond: arb_mat, step: arb) -> arb_mat:
    total = beyond
    for matrix in reversed(taylor):
        total = matrix + total * step
    return total


def _sum(middle: Balls, column: arb_mat) -> Balls:
    return [m + x for m, x in zip(middle, column.entries(), strict=True)]


def _orthogonal(matrix: arb_mat, rest: arb_mat) -> arb_mat:
    """Return an exact matrix with about orthonormal columns, for the set  matrix r,  r in a box.

    The first column lies along the longest side of the set, so that it is wrapped most closely.
    """
    d = matrix.nrows()
    middle = np.array([[float(matrix[i, j].mid()) for j in range(d)] for i in range(d)])
    if not np.isfinite(middle).all():
        raise NotEnclosed("the enclosures grow beyond every bound")
    widths = np.array([float(x.abs_upper()) for x in rest.entries()])
    longest = np.argsort(-np.linalg.norm(middle, axis=0) * (widths if widths.any() else 1))
    turned, _ = np.linalg.qr(middle[:, longest])
    return arb_mat(turned.tolist())
