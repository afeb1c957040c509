"""A system as parameters vary, in coordinates in which nothing depends on units.

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
from functools import cached_property
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
    """The systems ``build(p)`` for p between ``low`` and ``high``: numbers, or arrays (k,) of them.

    ``system``   the one in the middle
    ``columns``  E, (d, m)
    ``size``     m, the number of coordinates
    ``count``    k, the number of parameters

    Points are u = (z, q), (m + k,).

    Raises `ValueError` if a parameter changes the form of the equations, or nothing at all.
    """

    def __init__(self, build: Callable[[Any], System], low: Any, high: Any) -> None:
        self.build, self.low, self.high = build, low, high
        self.count = np.size(low)
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

    @cached_property
    def rate(self) -> float:
        """The typical size of G' at starts: what derivatives are measured by."""
        z = self.system.starts(np.random.default_rng(0), 64) @ self.rows.T
        sizes = np.linalg.norm(self.slopes(z, np.full(self.count, 0.5)), ord=2, axis=(1, 2))
        sizes = sizes[np.isfinite(sizes) & (sizes > 0)]
        return float(np.median(sizes)) if len(sizes) else 1.0

    def parameter(self, q: Any) -> Any:
        """Return p at q, a number or an array."""
        return self.low + q * (self.high - self.low)

    def state(self, u: np.ndarray) -> np.ndarray:
        """Return the states y (..., d) at points (..., m + k) of z and q."""
        return u[..., : self.size] @ self.columns.T

    def point(self, y: np.ndarray, p: Any) -> np.ndarray:
        """Return the point (m + k,) at a state and a parameter."""
        return np.append(self.rows @ y, (p - self.low) / (self.high - self.low))

    def residual(self, u: np.ndarray) -> np.ndarray:
        """Return G (m,)."""
        return self.residuals(u[None, : self.size], u[self.size :])[0]

    def slope(self, u: np.ndarray) -> np.ndarray:
        """Return the derivative of G by z and q, (m, m + k)."""
        at, found = self._last  # Newton's method, the tangent and the spectrum ask for the same
        if at is None or not np.array_equal(at, u):
            found = self.slopes(u[None, : self.size], u[self.size :])[0]
            self._last = u.copy(), found
        return found

    def residuals(self, z: np.ndarray, q: np.ndarray) -> np.ndarray:
        """Return G (n, m) at coordinates (n, m) and parameters (k,)."""
        f = batch_values(self.system.field)(z @ self.columns.T, self.values(self._at(q)))
        return f @ self.rows.T - (z if self.system.kind == "map" else 0.0)

    def slopes(self, z: np.ndarray, q: np.ndarray) -> np.ndarray:
        """Return the derivative of G by z and q at coordinates (n, m): (n, m, m + k)."""
        y, values = z @ self.columns.T, self.values(self._at(q))
        d = self.system.dimension
        if self.moved is None:
            jacobian = batch_jacobian(self.system.field)(y, values)
            steps = NUDGE * np.eye(self.count)
            by_q = np.stack(
                [
                    (self.residuals(z, q + s) - self.residuals(z, q - s)) / (2 * NUDGE)
                    for s in steps
                ],
                axis=-1,
            )
        else:
            moving = np.broadcast_to(values[self.entries], (len(y), len(self.entries)))
            held = np.delete(values, self.entries)
            whole = batch_jacobian(self.moved)(np.hstack([y, moving]), held)
            rates = self._rates(self._at(q)).T * (self.high - self.low)
            jacobian, by_q = whole[:, :, :d], self.rows @ (whole[:, :, d:] @ rates)
        by_z = self.rows @ jacobian @ self.columns
        if self.system.kind == "map":
            by_z = by_z - np.eye(self.size)
        return np.concatenate([by_z, by_q], axis=2)

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
        z, places = u[: self.size], (-2, -1, 0, 1, 2)
        beside = z + np.array(places)[:, None] * (v * (STENCIL / length))
        slopes = self.slopes(beside, u[self.size :])[:, :, : self.size]
        at = {n: apply(slope) for n, slope in zip(places, slopes, strict=True)}
        if order == 1:
            found = (8 * (at[1] - at[-1]) - (at[2] - at[-2])) / (12 * STENCIL)
        else:
            found = (16 * (at[1] + at[-1]) - (at[2] + at[-2]) - 30 * at[0]) / (12 * STENCIL**2)
        return found * length**order

    def values(self, p: Any) -> np.ndarray:
        """Return the parameter vector."""
        if self.straight is None:
            return self.build(p).values
        return self.straight[0] + np.atleast_1d(p) @ self.straight[1]

    def _at(self, q: np.ndarray) -> Any:
        """Return p at q (k,): a number where there is one parameter."""
        return self.parameter(q if self.count > 1 else float(q[0]))

    def _rates(self, p: Any) -> np.ndarray:
        """Return how fast the moving entries of the parameter vector move, (k, entries)."""
        if self.straight is not None:
            return self.straight[1][:, self.entries]
        found = []
        for axis in np.eye(self.count):
            step = NUDGE * (self.high - self.low) * (axis if self.count > 1 else 1.0)
            ahead, behind = (self.build(x).values[self.entries] for x in (p + step, p - step))
            found.append((ahead - behind) / (2 * np.sum(step)))
        return np.array(found)

    def _check_form(self) -> None:
        along = np.linspace(0.0, 1.0, 5)
        middle = np.full((len(along), self.count), 0.5)
        lines = []  # one through the middle for each parameter, and the diagonal
        for n in range(self.count):
            lines.append(middle.copy())
            lines[n][:, n] = along
        places = np.concatenate([*lines, np.repeat(along[:, None], self.count, axis=1)])
        systems = [self.build(self._at(q)) for q in places]
        if any(s.field != self.system.field for s in systems):
            raise ValueError(
                f"the equations of `{self.system.name}` change their form between "
                f"{_shown(self.low)} and {_shown(self.high)}; "
                "continue a parameter that enters as a number."
            )
        table = np.array([s.values for s in systems])
        by_line = table[: len(along) * self.count].reshape(self.count, len(along), -1)
        if not np.ptp(by_line, axis=1).any(axis=1).all():
            which = "the" if self.count == 1 else "a"
            raise ValueError(
                f"{which} parameter does not enter the equations of `{self.system.name}`."
            )
        self.entries = np.flatnonzero(np.ptp(table, axis=0) > 0)
        spans = np.atleast_1d(self.high - self.low)
        rates = (by_line[:, -1] - by_line[:, 0]) / spans[:, None]
        base = by_line[0, 0] - np.atleast_1d(self._at(places[0])) @ rates
        line = base + np.array([np.atleast_1d(self._at(q)) for q in places]) @ rates
        near = np.abs(line - table) <= 1e-14 * np.abs(table).max()
        self.straight = (base, rates) if near.all() else None

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


def _shown(p: Any) -> str:
    return ", ".join(f"{x:g}" for x in np.atleast_1d(p))
