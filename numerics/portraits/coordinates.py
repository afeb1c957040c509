"""Coordinates of the window, in which a portrait is computed.

    x = c + h u,    u in [-1, 1] for x in the window        (each variable its own c and h)

A step, a tolerance or a distance in u means the same whatever units and origin the variables have,
so a system in millivolts, one shifted by 100, and one that counts to 10^4 give the same portrait.
The numbers c and h are exact fractions: a fixed point u of the system in these coordinates is, in
real arithmetic, the fixed point c + h u of the system itself, and proofs carry over.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
import sympy as sp

from numerics.fixed_points import FixedPoint, Proof
from numerics.flows import Quantity, System
from numerics.portraits.plane import Window
from theory.codegen.components import Assign, Components

__all__ = ["UNIT", "Frame"]

UNIT: Window = (-1.0, 1.0, -1.0, 1.0)
"""The window in its own coordinates."""


@dataclass(frozen=True)
class Frame:
    """The coordinates of a window: ``centre`` and ``half`` its sizes, (d,) each.

    The square -1 <= u <= 1 holds the whole window, and more of it by rounding at most.
    """

    centre: np.ndarray
    half: np.ndarray

    @classmethod
    def of(cls, window: Sequence[float]) -> Frame:
        """Return the frame of a window (x_low, x_high, y_low, y_high), or of an interval."""
        sides = [_side(a, b) for a, b in zip(window[::2], window[1::2], strict=True)]
        centre, half = np.array(sides).T
        return cls(centre, half)

    def inward(self, points: np.ndarray) -> np.ndarray:
        """Return points (..., d) of the plane in coordinates of the window."""
        return (points - self.centre) / self.half

    def outward(self, points: np.ndarray) -> np.ndarray:
        """Return points (..., d) given in coordinates of the window as they are."""
        return self.centre + self.half * points

    def system(self, system: System) -> System:
        """Return a system in coordinates of the window; its labels and its time stay.

        Relabellings are left out: other units for each variable do not keep them.
        """
        is_map = system.kind == "map"
        plain, shifts = system.plain, np.asarray(system.shifts, dtype=float)
        d = system.dimension
        return replace(
            system,
            field=self._dynamics(system.field, is_map),
            starts=lambda rng, count: rng.uniform(-1, 1, size=(count, d)),
            quantities=tuple(self._quantity(q) for q in system.quantities),
            shifts=shifts / self.half if shifts.size else shifts,
            relabellings=(),
            window=(-1.0, 1.0) * d,
            periods=tuple(np.array(system.periods) / self.half) if system.periods else (),
            plain=(lambda: self._dynamics(plain(), is_map)) if plain else None,
        )

    def fixed_point(self, system: System, point: FixedPoint) -> FixedPoint:
        """Return a fixed point of `system(system)` as one of the system itself."""
        y = self.outward(point.y)
        off = system.velocity(y) - y * (system.kind == "map")
        proof = point.proof and self._proof(point.proof)
        return replace(point, y=y, residual=float(np.abs(off).max()), proof=proof)

    def _proof(self, proof: Proof) -> Proof:
        from flint import arb, ctx

        with ctx.workprec(max(proof.bits, 53)):
            pairs = list(zip(self.centre.tolist(), self.half.tolist(), strict=True))

            def out(balls: tuple[arb, ...]) -> tuple[arb, ...]:
                return tuple(arb(c) + arb(h) * u for (c, h), u in zip(pairs, balls, strict=False))

            return replace(proof, enclosure=out(proof.enclosure), unique=out(proof.unique))

    def _dynamics(self, program: Components, is_map: bool) -> Components:
        inner = self._composed(program)
        outputs = [
            ((e - sp.Rational(c)) if is_map else e) / sp.Rational(h)
            for e, c, h in zip(program.outputs, self.centre, self.half, strict=True)
        ]
        return replace(inner, outputs=tuple(outputs))

    def _quantity(self, quantity: Quantity) -> Quantity:
        return replace(quantity, values=self._composed(quantity.values))

    def _composed(self, program: Components) -> Components:
        """Return the program as one of u: its first lines compute x, the rest stays."""
        inside = tuple(sp.Symbol(f"{x.name}_inside_", real=True) for x in program.state)
        lines = [
            Assign(x, sp.Rational(c) + sp.Rational(h) * u)
            for x, u, c, h in zip(program.state, inside, self.centre, self.half, strict=True)
        ]
        return replace(program, state=inside, stages=(*lines, *program.stages))


def _side(low: float, high: float) -> tuple[float, float]:
    """Return centre and half width of the least interval of floats that holds this one."""
    centre = low / 2 + high / 2
    half = max(high - centre, centre - low)
    while not _holds(centre, half, low, high):
        half = float(np.nextafter(half, np.inf))
    return centre, half


def _holds(centre: float, half: float, low: float, high: float) -> bool:
    c, h = Fraction(centre), Fraction(half)
    return c - h <= Fraction(low) and c + h >= Fraction(high)
