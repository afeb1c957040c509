"""A system on the slice  y0 + B z  across its symmetries, in ball arithmetic.

    g(z) = B^T f(y0 + B z)       f: the field of a flow; map(y) - y for a map
    G(z) = B^T f'(y0 + B z) B

Given that shifts change nothing and the field has no component along them (what a declared symmetry
says), g = 0 exactly at the fixed points, and every one of them meets the slice once.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from flint import arb, arb_mat

from numerics.fixed_points.balls import Balls, ball_program, exact, rounded
from numerics.fixed_points.quotient import Quotient

__all__ = ["Slice", "column"]


def column(balls: Sequence[arb]) -> arb_mat:
    """Return balls as a column."""
    return arb_mat([[x] for x in balls])


class Slice:
    """f, g and G in balls, for all parameters that round to those of the system."""

    def __init__(self, quotient: Quotient) -> None:
        self.system, self.basis = quotient.system, quotient.basis
        self.is_map = quotient.system.kind == "map"
        plain = self.system.plain
        self.program = ball_program(plain() if plain else self.system.field)
        self.parameters = rounded(self.system.values)
        self.columns = [exact(row) for row in self.basis]
        self._across, self._along = arb_mat(self.columns).transpose(), arb_mat(self.columns)
        self._plain = bool(np.array_equal(self.basis, np.eye(len(self.basis))))

    @property
    def size(self) -> int:
        """The number m of coordinates z."""
        return self.basis.shape[1]

    def moved(self, y: Sequence[arb], z: Sequence[arb]) -> Balls:
        """Return y + B z."""
        step = list(z) if self._plain else (self._along * column(z)).entries()
        return [a + b for a, b in zip(y, step, strict=True)]

    def across(self, f: Sequence[arb]) -> arb_mat:
        """Return B^T f, a column."""
        return column(f) if self._plain else self._across * column(f)

    def residual(self, y: Sequence[arb]) -> Balls:
        """Return f over a box of states."""
        return self._less_state(self.program.values(y, self.parameters), y)

    def jacobian(self, y: Sequence[arb]) -> tuple[Balls, arb_mat]:
        """Return f over a box, and B^T (derivative of the field) B over it.

        Where the field is not defined throughout the box, neither is its derivative: 1/x is finite
        on negative numbers, but says nothing about log x there.
        """
        values, rows = self.program.linearised(y, self.parameters, self.columns)
        if not all(x.is_finite() for x in values):
            rows = [[arb.nan() for _ in row] for row in rows]
        matrix = arb_mat(rows)
        return self._less_state(values, y), matrix if self._plain else self._across * matrix

    def slope(self, y: Sequence[arb]) -> tuple[Balls, arb_mat]:
        """Return f and G over a box of states."""
        f, matrix = self.jacobian(y)
        return f, matrix - self.gram() if self.is_map else matrix

    def gram(self) -> arb_mat:
        """Return B^T B, the identity but for rounding."""
        return self._across * self._along

    def _less_state(self, values: Balls, y: Sequence[arb]) -> Balls:
        return [a - b for a, b in zip(values, y, strict=True)] if self.is_map else values
