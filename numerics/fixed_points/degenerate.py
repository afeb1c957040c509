"""Points where the Jacobian is singular: at infinity, on a continuous family, or a bifurcation.

Floating point cannot tell them apart: far out, where exp(-x) has underflowed, the residual is as
small as it is at a fixed point.  One Newton step computed with many digits can:

    at infinity    f = exp(-x):  the step is 1, however small f has become
    bifurcation    f = x^3:      the step is -x/3, small near the point
    family         a neighbour moved along the null direction settles beside the point, not on it
"""

from __future__ import annotations

import numpy as np
from flint import ctx

from numerics.fixed_points.balls import exact
from numerics.fixed_points.krawczyk import inverse_of
from numerics.fixed_points.newton import newton
from numerics.fixed_points.quotient import Quotient
from numerics.fixed_points.slices import Slice

__all__ = ["family_dimension", "is_at_infinity"]

BITS = 512
LONG = 1e-3  # units; a step this long leads away, not to a point that was found to 1e-6
OFFSET = 1e-2  # units by which a neighbour is moved


def is_at_infinity(quotient: Quotient, y: np.ndarray) -> bool:
    """Return whether Newton's step at ``y`` is certainly long, so that no fixed point is here.

    Certainly: for all parameters that round to the given ones.  Labels 0.9 and 0.1 do not sum to 1
    in binary, and such an error must not pass for a residual.
    """
    with ctx.workprec(BITS):
        there = Slice(quotient)
        f, slope = there.slope(exact(y))
        inverse = inverse_of(slope)
        if inverse is None:  # exactly singular: the family goes on in a straight line
            return False
        step = there.moved(exact(np.zeros(len(y))), (inverse * there.across(f)).entries())
        limits = LONG * (1 + float(quotient.size(y))) * quotient.unit
        return any(bool(abs(x) > limit) for x, limit in zip(step, limits.tolist(), strict=True))


def family_dimension(quotient: Quotient, y: np.ndarray, zeros: int) -> int:
    """Return along how many of the ``zeros`` null directions fixed points go on from ``y``."""
    _, _, rows = np.linalg.svd(quotient.slope(y[None])[0])
    directions = rows[len(rows) - zeros :] @ quotient.basis.T
    offset = OFFSET * (1 + float(quotient.size(y)))
    steps = directions * (offset / quotient.size(directions))[:, None]
    landing = newton(quotient, np.concatenate([y + steps, y - steps]))
    apart = quotient.distances(landing.y, y[None])[:, 0]
    beside = np.array([not r for r in landing.reasons]) & (apart > offset / 2)
    return int(np.sum(beside[:zeros] & beside[zeros:] & (apart[:zeros] < 4 * offset)))
