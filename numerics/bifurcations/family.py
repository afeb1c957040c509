"""A system as one parameter varies, in coordinates in which nothing depends on units.

    G(z, q) = E^+ f(E z; p),    p = low + q (high - low)        flow
    G(z, q) = E^+ f(E z; p) - z                                 map

E has a column for every coordinate on the quotient by the declared shifts, as long as the starts
spread; so fixed points are G = 0, with z and q of order 1.  The eigenvalues of dG/dz are those of
the system (of a map: less 1).  Both derivatives come from the system's own generated code, in which
the entries of the parameter vector that move are taken for variables.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from numerics.fixed_points.quotient import Quotient
from numerics.flows import System
from theory.codegen.components import Assign, Components, batch_jacobian, batch_values

__all__ = ["Family"]

STENCIL = 1e-2
"""Step of the difference quotients of higher derivatives, in units of z; their error is its 4th
power, and rounding divided by its square."""
NUDGE = 1e-6


class Family:
    """The systems ``build(p)`` for p between ``low`` and ``high``.

    ``system``   the one in the middle
    ``columns``  E, (d, m)
    ``size``     m, the number of coordinates

    Raises `ValueError` if the parameter changes the form of the equations, or nothing at all.
    """

    def __init__(self, build: Callable[[float], System], low: float, high: float) -> None:
        self.build, self.low, self.high = build, low, high
        self.system = build((low + high) / 2)
        quotient = Quotient(self.system)
        square = quotient.basis.shape[1] == self.system.dimension
        self.columns = np.diag(quotient.unit) if square else (
            quotient.basis * float(np.median(quotient.unit))
        )  # fmt: skip
        self.rows = np.linalg.pinv(self.columns)
        self.size = self.columns.shape[1]
        self._last: tuple[np.ndarray | None, np.ndarray] = None, np.zeros(0)
        self._check_form()
        self._program()

    def parameter(self, q: Any) -> Any:
        """Return p at q, a number or an array."""
        return self.low + q * (self.high - self.low)

    def state(self, u: np.ndarray) -> np.ndarray:
        """Return the states y (..., d) at points (..., m + 1) of z and q."""
        return u[..., :-1] @ self.columns.T

    def point(self, y: np.ndarray, p: float) -> np.ndarray:
        """Return the point (m + 1,) at a state and a parameter."""
        return np.append(self.rows @ y, (p - self.low) / (self.high - self.low))

    def residual(self, u: np.ndarray) -> np.ndarray:
        """Return G (m,)."""
        values = self.values(self.parameter(u[-1]))
        f = batch_values(self.system.field)(self.state(u)[None], values)[0]
        return self.rows @ f - (u[:-1] if self.system.kind == "map" else 0.0)

    def slope(self, u: np.ndarray) -> np.ndarray:
        """Return the derivative of G by z and q, (m, m + 1)."""
        at, found = self._last  # Newton's method, the tangent and the spectrum ask for the same
        if at is None or not np.array_equal(at, u):
            found = self._slope(u)
            self._last = u.copy(), found
        return found

    def _slope(self, u: np.ndarray) -> np.ndarray:
        p = self.parameter(u[-1])
        values, rates = self.values(p), self._rates(p)
        d = self.system.dimension
        if self.moved is None:
            jacobian = batch_jacobian(self.system.field)(self.state(u)[None], values)[0]
            step = np.append(np.zeros(self.size), NUDGE)
            by_q = (self.residual(u + step) - self.residual(u - step)) / (2 * NUDGE)
        else:
            extended = np.append(self.state(u), values[self.entries])[None]
            whole = batch_jacobian(self.moved)(extended, np.delete(values, self.entries))[0]
            jacobian = whole[:, :d]
            by_q = self.rows @ (whole[:, d:] @ rates) * (self.high - self.low)
        by_z = self.rows @ jacobian @ self.columns
        if self.system.kind == "map":
            by_z = by_z - np.eye(self.size)
        return np.column_stack([by_z, by_q])

    def second(self, u: np.ndarray, v: np.ndarray, w: np.ndarray) -> np.ndarray:
        """Return the second derivative of G by z along v and w, which may be complex."""
        return self._along(u, v, lambda jacobian: jacobian @ w, 1)

    def third(self, u: np.ndarray, v: np.ndarray, w: np.ndarray) -> np.ndarray:
        """Return the third derivative of G by z along v, v and w."""
        return self._along(u, v, lambda jacobian: jacobian @ w, 2)

    def _along(
        self, u: np.ndarray, v: np.ndarray, apply: Callable[[np.ndarray], np.ndarray], order: int
    ) -> np.ndarray:
        """Return a derivative of order 1 or 2 along v of a linear function of dG/dz.

        Complex directions by linearity: D_v = D_a + i D_b, D_v D_v = D_a D_a - D_b D_b + 2 i D_a
        D_b for v = a + i b, the mixed one by polarisation.
        """
        a, b = np.real(v), np.imag(v)
        one = self._real(u, a, apply, order)
        if not b.any():
            return one
        two = self._real(u, b, apply, order)
        if order == 1:
            return one + 1j * two
        mixed = self._real(u, a + b, apply, order) - one - two
        return one - two + 1j * mixed

    def _real(
        self, u: np.ndarray, v: np.ndarray, apply: Callable[[np.ndarray], np.ndarray], order: int
    ) -> np.ndarray:
        length = float(np.linalg.norm(v))
        if length == 0:
            return np.zeros(self.size)
        step = np.append(v, 0.0) * (STENCIL / length)
        at = {n: apply(self.slope(u + n * step)[:, :-1]) for n in (-2, -1, 0, 1, 2)}
        if order == 1:
            found = (8 * (at[1] - at[-1]) - (at[2] - at[-2])) / (12 * STENCIL)
        else:
            found = (16 * (at[1] + at[-1]) - (at[2] + at[-2]) - 30 * at[0]) / (12 * STENCIL**2)
        return found * length**order

    def values(self, p: float) -> np.ndarray:
        """Return the parameter vector."""
        if self.straight is None:
            return self.build(p).values
        return self.straight[0] + p * self.straight[1]

    def _rates(self, p: float) -> np.ndarray:
        """Return how fast the moving entries of the parameter vector move."""
        if self.straight is not None:
            return self.straight[1][self.entries]
        step = NUDGE * (self.high - self.low)
        ahead, behind = (self.build(x).values[self.entries] for x in (p + step, p - step))
        return (ahead - behind) / (2 * step)

    def _check_form(self) -> None:
        places = np.linspace(self.low, self.high, 5)
        systems = [self.build(float(p)) for p in places]
        if any(s.field != self.system.field for s in systems):
            raise ValueError(
                f"the equations of `{self.system.name}` change their form between {self.low:g} and "
                f"{self.high:g}; continue a parameter that enters as a number."
            )
        table = np.array([s.values for s in systems])
        moves = np.ptp(table, axis=0) > 0
        if not moves.any():
            raise ValueError(f"the parameter does not enter the equations of `{self.system.name}`.")
        self.entries = np.flatnonzero(moves)
        rates = (table[-1] - table[0]) / (self.high - self.low)
        line = table[0] + np.outer(places - self.low, rates)
        near = np.abs(line - table) <= 1e-14 * np.abs(table).max()
        self.straight = (table[0] - self.low * rates, rates) if near.all() else None

    def _program(self) -> None:
        """Make the program whose variables are the state and the moving parameters."""
        field = self.system.field
        symbols = {field.parameters[n] for n in self.entries}
        held = [w for s in field.stages if not isinstance(s, Assign) for w in s.weights]
        self.moved: Components | None = None
        if not any(w.free_symbols & symbols for w in held):  # no derivative passes through those
            kept = tuple(x for x in field.parameters if x not in symbols)
            moving = tuple(field.parameters[n] for n in self.entries)
            self.moved = replace(
                field, state=(*field.state, *moving), parameters=kept, labels=()
            )  # fmt: skip
