"""Iteration of a map to its fixed points, with a certificate of convergence.

    y_{n+1} = M(y_n),    residual |M(y) - y|,    contraction rho(M'(y)),    error to first order

At the last state the derivative of the map is at hand (law `em-map-derivative` for EM), so

    |y - y*| <= |(I - M'(y))^{-1}| |M(y) - y|        up to second order, maximum norm

which is far above the residual where the map contracts slowly.  It is an estimate in floating
point, not a proof: `numerics.fixed_points.prove` encloses the fixed point in a box.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from numerics.em.rates import measured_ratio, spectral_radius
from numerics.flows import System
from theory.codegen.components import batch_jacobian, batch_values

__all__ = ["Acceleration", "EMRun", "iterate"]

Acceleration = Literal["none", "aitken"]

ROUNDING = 4 * np.finfo(float).eps
"""What rounding may add to a residual, relative to the state."""
SETTLED = 0.9
"""Aitken extrapolates where successive steps enclose an angle with at least this cosine."""


@dataclass(frozen=True)
class EMRun:
    """What became of each start; arrays over the starts.

    ``start, end``     (batch, d) first and last state
    ``steps``          evaluations of the map
    ``residual``       |M(y) - y| at the end, maximum norm
    ``contraction``    spectral radius of M' at the end: the linear rate of the iteration
    ``measured``       ratio of the last residuals above rounding; NaN after extrapolation
    ``error``          estimated distance to the fixed point, infinite where M' has eigenvalue 1
    ``status``         "fixed point" | "steps used up" | "not finite"
    ``message``        the reason in words, empty for a fixed point
    ``path``           the iterates (batch, steps + 1, d), NaN after the end; None unless asked for
    """

    start: np.ndarray
    end: np.ndarray
    steps: np.ndarray
    residual: np.ndarray
    contraction: np.ndarray
    measured: np.ndarray
    error: np.ndarray
    status: tuple[str, ...]
    message: tuple[str, ...]
    path: np.ndarray | None = None

    @property
    def converged(self) -> np.ndarray:
        """Which starts reached a fixed point to the tolerance."""
        return np.array([x == "fixed point" for x in self.status])


def iterate(
    system: System,
    starts: np.ndarray,
    *,
    tolerance: float = 1e-12,
    max_steps: int = 20_000,
    acceleration: Acceleration = "none",
    keep_path: bool = False,
    values: np.ndarray | None = None,
) -> EMRun:
    """Return the iteration of a map from ``starts`` (batch, d) or (d,), all of them at once.

    ``tolerance``     a start is done when |M(y) - y| <= tolerance (1 + |y|), maximum norm
    ``max_steps``     evaluations of the map a start may take
    ``acceleration``  "aitken" extrapolates once the steps have settled on one direction, and takes
                      it back where the residual grows; it saves steps where the rate is near 1, but
                      may end in another fixed point than the plain iteration
    ``keep_path``     keep every iterate
    ``values``        parameters of each start (batch, m), instead of ``system.values``

    A state that is not finite ends its own start only, with the component that was lost.

    Raises `ValueError` for a flow, starts of the wrong shape or not finite, a tolerance of 0 or
    below, less than one step, an unknown acceleration.
    """
    y = _checked(system, starts, tolerance, max_steps, acceleration)
    p = np.broadcast_to(system.values, (len(y), len(system.values))) if values is None else values
    if p.shape != (len(y), len(system.values)):
        raise ValueError(
            f"`values` must have shape {(len(y), len(system.values))} (starts, parameters of "
            f"`{system.name}`); got {p.shape}."
        )
    work = _Work(system, y, p, keep_path)
    for _ in range(max_steps):
        if not work.active.any():
            break
        work.step(tolerance, acceleration == "aitken")
    return work.finished()


def _checked(
    system: System, starts: np.ndarray, tolerance: float, max_steps: int, acceleration: str
) -> np.ndarray:
    if system.kind != "map":
        raise ValueError(
            f"`{system.name}` is a flow, and only maps are iterated; integrate it with "
            "`numerics.integrate`."
        )
    y = np.atleast_2d(np.array(starts, dtype=float))
    if y.ndim != 2 or y.shape[1] != system.dimension or len(y) == 0:
        raise ValueError(
            f"`starts` of `{system.name}` must have shape (batch, {system.dimension}); "
            f"got {np.shape(starts)}. Give one row for each start."
        )
    if not np.isfinite(y).all():
        row = int(np.flatnonzero(~np.isfinite(y).all(axis=1))[0])
        raise ValueError(f"`starts` must be finite; row {row} is {y[row].tolist()}.")
    if not tolerance > 0:
        raise ValueError(f"`tolerance` must be above 0; got {tolerance:g}.")
    if max_steps < 1:
        raise ValueError(f"`max_steps` must be at least 1; got {max_steps}.")
    if acceleration not in ("none", "aitken"):
        raise ValueError(f'`acceleration` is "none" or "aitken"; got {acceleration!r}.')
    return y


class _Work:
    """The states on their way, and what each may fall back on after an extrapolation."""

    def __init__(self, system: System, y: np.ndarray, p: np.ndarray, keep_path: bool) -> None:
        self.system, self.values, self.map = system, p, batch_values(system.field)
        self.start, self.y = y.copy(), y
        batch = len(y)
        self.active = np.ones(batch, dtype=bool)
        self.steps = np.zeros(batch, dtype=int)
        self.residual = np.full(batch, np.inf)
        self.norms: list[np.ndarray] = []
        self.status, self.message = ["steps used up"] * batch, [""] * batch
        self.last = np.full(y.shape, np.nan)  # the step before, if it was a plain one
        self.fallback, self.bound = y.copy(), np.full(batch, np.inf)
        self.extrapolated = np.zeros(batch, dtype=bool)
        self.path = [y.copy()] if keep_path else None

    def step(self, tolerance: float, accelerate: bool) -> None:
        """Evaluate the map once at every state that is not done, and move it."""
        rows = np.flatnonzero(self.active)
        y = self.y[rows]
        image = self.map(y, self.values[rows])
        self.steps[rows] += 1
        finite = np.isfinite(image).all(axis=1)
        for row, bad in zip(rows[~finite], image[~finite], strict=True):
            self._lost(int(row), bad)
        rows, y, image = rows[finite], y[finite], image[finite]
        delta = image - y
        worse = np.linalg.norm(delta, axis=1) > self.bound[rows]
        self.y[rows[worse]] = self.fallback[rows[worse]]  # take the extrapolation back
        self.last[rows[worse]], self.bound[rows[worse]] = np.nan, np.inf
        rows, y, image, delta = (x[~worse] for x in (rows, y, image, delta))
        self.residual[rows] = np.abs(delta).max(axis=1)
        self._record(rows, delta)
        done = self.residual[rows] <= tolerance * (1 + np.abs(y).max(axis=1))
        for row in rows[done]:
            self.status[row] = "fixed point"
        self.active[rows[done]] = False
        rows, image, delta = rows[~done], image[~done], delta[~done]
        self.y[rows], self.bound[rows] = image, np.inf
        if accelerate:
            self._extrapolate(rows, image, delta)
        if self.path is not None:
            moved = np.full(self.y.shape, np.nan)
            moved[self.active] = self.y[self.active]
            self.path.append(moved)

    def _lost(self, row: int, image: np.ndarray) -> None:
        component = int(np.flatnonzero(~np.isfinite(image))[0])
        self.active[row], self.status[row] = False, "not finite"
        self.message[row] = (
            f"after {self.steps[row]} steps the image has {self.system.labels[component]} = "
            f"{image[component]}."
        )

    def _record(self, rows: np.ndarray, delta: np.ndarray) -> None:
        norms = np.full(len(self.y), np.nan)
        norms[rows] = np.linalg.norm(delta, axis=1)
        self.norms.append(norms)

    def _extrapolate(self, rows: np.ndarray, image: np.ndarray, delta: np.ndarray) -> None:
        """Jump to where a geometric series of steps in one direction would end."""
        before = self.last[rows]
        bend = delta - before
        with np.errstate(invalid="ignore", divide="ignore"):
            size, size_before = np.linalg.norm(delta, axis=1), np.linalg.norm(before, axis=1)
            cosine = np.einsum("nd,nd->n", delta, before) / (size * size_before)
            part = np.einsum("nd,nd->n", delta, bend) / np.einsum("nd,nd->n", bend, bend)
            good = (cosine > SETTLED) & (size < size_before) & np.isfinite(part)
        self.last[rows] = np.where(good[:, None], np.nan, delta)
        jumped = rows[good]
        self.fallback[jumped], self.bound[jumped] = image[good], size[good]
        self.y[jumped] = image[good] - part[good, None] * delta[good]
        self.extrapolated[jumped] = True

    def finished(self) -> EMRun:
        """Return the run with its certificate."""
        for row in np.flatnonzero(self.active):
            self.message[row] = (
                f"after {self.steps[row]} steps the residual is {self.residual[row]:.1e}; take "
                'more, or the acceleration "aitken".'
            )
        matrices = batch_jacobian(self.system.field)(self.y, self.values)
        contraction = spectral_radius(matrices)
        path = None if self.path is None else np.stack(self.path, axis=1)
        norms = np.array(self.norms)
        measured = measured_ratio(norms, np.abs(self.y).max(axis=1))
        measured[self.extrapolated] = np.nan
        rounding = ROUNDING * (1 + np.abs(self.y).max(axis=1))
        return EMRun(
            self.start, self.y, self.steps, self.residual, contraction, measured,
            _amplification(matrices) * (self.residual + rounding), tuple(self.status),
            tuple(self.message), path,
        )  # fmt: skip


def _amplification(matrices: np.ndarray) -> np.ndarray:
    """Return |(I - M')^{-1}| in the maximum norm, infinite where the matrix is singular."""
    found = np.full(len(matrices), np.inf)
    for n, matrix in enumerate(np.eye(matrices.shape[-1]) - matrices):
        if np.isfinite(matrix).all() and np.linalg.cond(matrix) < 1e14:
            found[n] = np.abs(np.linalg.inv(matrix)).sum(axis=1).max()
    return found
