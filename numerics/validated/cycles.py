"""Limit cycles proved: a fixed point of the return map to a line, by Krawczyk's operator.

With the line through p along S, across the flow, and unknowns z and T,

    F(z, T) = phi_T(p + S z) - (p + S z)  = 0        exactly where the orbit closes after T

    DF = [ (V_T - 1) S,  f(phi_T) ],      V_T = d phi_T / dy

For any matrix C, K(Z) = u - C F(u) + (1 - C DF(Z)) (Z - u) contains every zero in Z; if it lies
inside Z there is exactly one.  phi and V are enclosed by `numerics.validated.steps`, for all
parameters that round to the given ones.

T is the least period if the orbit does not come back earlier: in its first and last step it moves
away from the line in one sense, and no box between them touches the starts.  The multiplier other
than 1 is det V_T in the plane.

Source: P. Zgliczynski, C1-Lohner algorithm, Found. Comput. Math. 2 (2002), sections 5 and 6.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from flint import arb, arb_mat, ctx

from numerics.fixed_points.balls import Balls, bounds, exact
from numerics.flows import System
from numerics.validated.series import FlowSeries, identity
from numerics.validated.steps import Accuracy, Enclosed, NotEnclosed, followed

__all__ = ["CycleProof", "prove_cycle"]

ACCURACY = Accuracy(128, 24, 2.0**-64, 500)
"""A step takes some milliseconds, and a proof three turns."""

NEWTON, TRIES = 4, 3
NEAR = 1e-4
"""How far from the given start and period the cycle may lie, beside their size."""


@dataclass(frozen=True)
class CycleProof:
    """The outcome; every number in it is an enclosure, valid in real arithmetic.

    ``verdict``     "proved": a closed orbit crosses the line at the start within a box in which it
                    is the only one; "not proved", with the ``reason``
    ``period``      its least period
    ``multiplier``  of Floquet, the one that is not 1; without bounds where that of an unstable
                    orbit is too large for any
    ``stability``   "stable", "unstable", or "not proved"
    """

    verdict: Literal["proved", "not proved"]
    reason: str = ""
    period: arb | None = None
    multiplier: arb | None = None
    stability: Literal["stable", "unstable", "not proved"] = "not proved"

    @property
    def holds(self) -> bool:
        """Whether existence and period are proved."""
        return self.verdict == "proved"

    def turned_round(self) -> CycleProof:
        """Return what the proof says of the flow that runs the other way."""
        other = {"stable": "unstable", "unstable": "stable"}.get(self.stability, self.stability)
        inverse = None if self.multiplier is None else 1 / self.multiplier
        return replace(self, multiplier=inverse, stability=other)

    @property
    def period_bounds(self) -> tuple[float, float]:
        """Bounds of the period, rounded outwards; infinite if nothing is proved."""
        return (-np.inf, np.inf) if self.period is None else bounds(self.period)

    @property
    def multiplier_bounds(self) -> tuple[float, float]:
        """Bounds of the multiplier, rounded outwards; infinite if nothing is proved."""
        return (-np.inf, np.inf) if self.multiplier is None else bounds(self.multiplier)


def prove_cycle(
    system: System, start: np.ndarray, period: float, *, backward: bool = False
) -> CycleProof:
    """Return the proof that a closed orbit passes near ``start`` (2,), with about that period.

    ``backward``  follow it backward in time, in which an unstable one attracts

    Proves nothing, and says why, where there is none, where the multiplier is 1 within rounding
    (a family of closed orbits), where the field is not smooth, or where an orbit is too long.

    Raises `ValueError` for a system that is no autonomous flow of two variables, a start of another
    shape or not finite, a period that is not above 0.
    """
    y = np.asarray(start, dtype=float)
    if system.kind != "flow" or system.dimension != 2 or system.forcing is not None:
        raise ValueError(
            f"closed orbits are proved for flows of two variables; `{system.name}` is a "
            f"{'driven ' * (system.forcing is not None)}{system.kind} of {system.dimension}."
        )
    if y.shape != (2,) or not np.isfinite(y).all() or not 0 < period < np.inf:
        raise ValueError(
            "a closed orbit is given by a finite state (2,) and a period above 0; "
            f"got {np.asarray(start).tolist()} and {period:g}."
        )
    with ctx.workprec(ACCURACY.bits):
        try:
            found = _proved(_Return(FlowSeries(system, -1 if backward else 1), y), period)
            return found.turned_round() if backward else found
        except (NotEnclosed, ValueError, ZeroDivisionError) as error:
            return CycleProof("not proved", str(error))


class _Return:
    """F and its derivative, on the line through ``start`` across the flow there."""

    def __init__(self, flow: FlowSeries, start: np.ndarray) -> None:
        self.flow, self.start = flow, exact(start)
        speed = np.array([float(x.mid()) for x in flow.velocity(self.start)])
        length = float(np.linalg.norm(speed))
        if not 0 < length < np.inf:
            raise NotEnclosed("the orbit rests")
        self.forward = exact(speed / length)
        self.line = [-self.forward[1], self.forward[0]]

    def at(self, z: arb) -> Balls:
        return [p + s * z for p, s in zip(self.start, self.line, strict=True)]

    def turned(self, z: arb, time: arb) -> tuple[arb_mat, arb_mat, Enclosed]:
        """Return F, DF, and the flow after the time."""
        begin = self.at(z)
        flown = followed(self.flow, begin, time, ACCURACY)
        gap = arb_mat([[a - b] for a, b in zip(flown.y, begin, strict=True)])
        moved = (flown.slope - identity(2)) * arb_mat([[x] for x in self.line])
        speed = self.flow.velocity(flown.y)
        return gap, arb_mat([[moved[i, 0], speed[i]] for i in range(2)]), flown


def _proved(returning: _Return, period: float) -> CycleProof:
    z, time, small = arb(0), arb(period), arb(2.0) ** (-ACCURACY.bits // 3)
    size = math.hypot(*(float(x.mid()) for x in returning.start))
    for _ in range(NEWTON):
        gap, matrix, _ = returning.turned(z, time)
        inverse = matrix.mid().inv().mid()
        shift = inverse * gap
        if all(x.contains(0) or abs(x) < small for x in shift.entries()):
            break  # nearer than this it is not known, or need not be
        z, time = (z - shift[0, 0]).mid(), (time - shift[1, 0]).mid()
        if not abs(float(z)) <= NEAR * (1 + size) or not abs(float(time) - period) < NEAR * period:
            return CycleProof("not proved", "Newton's method leads away from here")
    else:
        return CycleProof("not proved", "Newton's method does not settle here")
    radii = [4 * x.abs_upper() + arb(2.0) ** (20 - ACCURACY.bits) for x in shift.entries()]
    for _ in range(TRIES):
        box = [(-r.upper()).union(r.upper()) for r in radii]
        _, matrix, flown = returning.turned(z + box[0], time + box[1])
        rest = identity(2) - inverse * matrix
        image = (rest * arb_mat([[x] for x in box]) - shift).entries()
        if all(b.contains_interior(x) for b, x in zip(box, image, strict=True)):
            return _concluded(returning, z, time, image, flown)
        radii = [4 * x.abs_upper() for x in image]
        if not all(r.is_finite() for r in radii):
            break
    return CycleProof("not proved", "the return map does not contract its box")


def _concluded(
    returning: _Return, z: arb, time: arb, image: list[arb], flown: Enclosed
) -> CycleProof:
    """Return the proof, if the orbit does not close before; ``flown`` is that of a larger box."""
    begin, tubes = returning.at(z + image[0]), flown.tubes
    for tube in (tubes[0], tubes[-1]):
        speed = returning.flow.velocity(tube)
        if not sum((a * b for a, b in zip(returning.forward, speed, strict=True)), arb(0)) > 0:
            return CycleProof("not proved", "the orbit may cross its line twice at the start")
    for tube in tubes[1:-1]:
        if all(a.overlaps(b) for a, b in zip(tube, begin, strict=True)):
            return CycleProof(
                "not proved", "the orbit may close earlier, after a part of this time"
            )
    multiplier = flown.slope.det()
    stability = "not proved"
    if abs(multiplier) < 1:
        stability = "stable"
    elif abs(multiplier) > 1:
        stability = "unstable"
    return CycleProof("proved", "", time + image[1], multiplier, stability)
