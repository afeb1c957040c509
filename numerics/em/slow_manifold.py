"""The slow manifold of the two-timescale flow: values that are optimal for their scores (law D9).

    V*(s) = argmin_v L(s, v),    reduced flow    ds/dt = -eps_s dL/ds (s, V*(s))

For eps = eps_s/eps_v -> 0 the values stay within O(eps) of V*(s).  L is convex in v at fixed s
(cross-entropy of a linear function, and the decay); V* is unique where its Hessian is regular,
which a decay > 0 always makes it.  It is found by Newton's method with step halving on the field
-dL/dv and the Jacobian that `theory` generates.

Source: agarwal2025gradient, section 4.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from numerics.flows import System
from theory.codegen.components import batch_jacobian, batch_values

__all__ = ["SlowManifold"]

STEPS = 100
RESIDUAL = 1e-12
"""|dL/dv| below this, relative to 1 + |v|, is zero."""
STEP = 1e-6
"""A Newton step below this, relative to 1 + |v|, leads nowhere else."""
REGULAR = 1e-9
"""The least eigenvalue of the Hessian by the values must be above this part of the largest."""


class _Blocks(NamedTuple):
    """Which entries of the state are scores and which values, and their rates."""

    scores: int
    eps_s: float
    eps_v: float


class SlowManifold:
    """V*(s) and the reduced flow of an `attention-flow`; every method takes a batch.

    Raises `ValueError` for another system.
    """

    def __init__(self, system: System) -> None:
        if system.name != "attention-flow":
            raise ValueError(
                f"the slow manifold is one of `attention-flow`, in which values are fast; got "
                f"`{system.name}`."
            )
        self.system = system
        settings = system.settings
        self.blocks = _Blocks(
            settings["T"] * settings["n"], float(settings["eps_s"]), float(settings["eps_v"])
        )
        self._field, self._slope = batch_values(system.field), batch_jacobian(system.field)

    def values(self, scores: np.ndarray, guess: np.ndarray | None = None) -> np.ndarray:
        """Return V*(s) (batch, n d_v) for scores (batch, T n).

        Raises `ValueError` where it does not exist or is not unique: hard labels without decay
        drive the values to infinity, and directions that no output sees stay where they are.
        """
        s = np.atleast_2d(np.asarray(scores, dtype=float))
        if s.ndim != 2 or s.shape[1] != self.blocks.scores:
            raise ValueError(
                f"`scores` must have {self.blocks.scores} entries a row; got shape "
                f"{np.shape(scores)}."
            )
        size = self.system.dimension - self.blocks.scores
        v = np.zeros((len(s), size)) if guess is None else np.array(guess, dtype=float)
        gradient = self._gradient(s, v)
        worst = np.abs(gradient).max(axis=1)
        for _ in range(STEPS):
            step = -np.linalg.solve(self._hessian(s, v), gradient[..., None])[..., 0]
            size = 1 + np.abs(v).max(axis=1)
            # towards an optimum at infinity the gradient vanishes, but steps do not
            if (worst <= RESIDUAL * size).all() and (np.abs(step).max(axis=1) <= STEP * size).all():
                return v
            v, gradient = self._damped(s, v, step, worst)
            worst = np.abs(gradient).max(axis=1)
        row = int(np.argmax(worst))
        raise ValueError(
            f"no values are optimal for the scores in row {row}: |dL/dv| is still {worst[row]:.1e} "
            f"after {STEPS} Newton steps. Give `decay` or `label_smoothing` above 0."
        )

    def _damped(
        self, s: np.ndarray, v: np.ndarray, step: np.ndarray, worst: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Halve each step until the gradient falls, or is zero up to rounding."""
        part, tried, gradient = np.ones(len(s)), v, step
        for _ in range(40):
            tried = v + part[:, None] * step
            gradient = self._gradient(s, tried)
            fell = np.abs(gradient).max(axis=1) <= np.maximum(
                (1 - part / 4) * worst, RESIDUAL * (1 + np.abs(v).max(axis=1))
            )
            if fell.all():
                break
            part = np.where(fell, part, part / 2)
        return tried, gradient

    def _gradient(self, s: np.ndarray, v: np.ndarray) -> np.ndarray:
        """Return dL/dv (batch, n d_v)."""
        field = self._field(np.hstack([s, v]), self.system.values)
        return -field[:, self.blocks.scores :] / self.blocks.eps_v

    def _hessian(self, s: np.ndarray, v: np.ndarray) -> np.ndarray:
        """Return d2L/dv2 (batch, n d_v, n d_v), which must be regular."""
        at = self.blocks.scores
        slope = self._slope(np.hstack([s, v]), self.system.values)
        matrices = -slope[:, at:, at:] / self.blocks.eps_v
        eigenvalues = np.linalg.eigvalsh((matrices + matrices.transpose(0, 2, 1)) / 2)
        flat = eigenvalues[:, 0] <= REGULAR * eigenvalues[:, -1]
        if flat.any():
            row = int(np.flatnonzero(flat)[0])
            raise ValueError(
                f"the optimal values for the scores in row {row} are not unique: the Hessian by "
                f"the values has the eigenvalue {eigenvalues[row, 0]:.1e} beside "
                f"{eigenvalues[row, -1]:.1e}. Give a `decay` above 0."
            )
        return matrices

    def distance(self, y: np.ndarray) -> np.ndarray:
        """Return |v - V*(s)|, the Euclidean norm, for states (batch, d)."""
        s, v = y[:, : self.blocks.scores], y[:, self.blocks.scores :]
        return np.linalg.norm(v - self.values(s, v), axis=1)

    def attraction(self, scores: np.ndarray) -> np.ndarray:
        """Return the least eigenvalue of d2L/dv2 at (s, V*(s)), (batch,)."""
        s = np.atleast_2d(np.asarray(scores, dtype=float))
        matrices = self._hessian(s, self.values(s))
        return np.linalg.eigvalsh((matrices + matrices.transpose(0, 2, 1)) / 2)[:, 0]

    def first_order(self, y: np.ndarray) -> np.ndarray:
        """Return |v - V*(s)| to first order in eps_s/eps_v at the scores of states (batch, d).

        In blocks of the Jacobian J of the flow, v - V* = -J_vv^{-2} J_vs ds/dt.
        """
        at = self.blocks.scores
        point = np.hstack([y[:, :at], self.values(y[:, :at], y[:, at:])])
        slope = self._slope(point, self.system.values)
        velocity = self._field(point, self.system.values)[:, :at]
        drive = np.einsum("nvs,ns->nv", slope[:, at:, :at], velocity)
        inner = np.linalg.solve(slope[:, at:, at:], drive[..., None])
        return np.linalg.norm(np.linalg.solve(slope[:, at:, at:], inner)[..., 0], axis=1)

    def reduced_velocity(self, scores: np.ndarray, guess: np.ndarray | None = None) -> np.ndarray:
        """Return ds/dt = -eps_s dL/ds(s, V*(s)) (batch, T n)."""
        s = np.atleast_2d(np.asarray(scores, dtype=float))
        state = np.hstack([s, self.values(s, guess)])
        return self._field(state, self.system.values)[:, : self.blocks.scores]

    def points(self, scores: np.ndarray) -> np.ndarray:
        """Return the states (s, V*(s)) (batch, d)."""
        s = np.atleast_2d(np.asarray(scores, dtype=float))
        return np.hstack([s, self.values(s)])

    def reduced_flow(
        self, scores: np.ndarray, times: np.ndarray, *, rtol: float = 1e-9, atol: float = 1e-11
    ) -> np.ndarray:
        """Return s (times, T n) of the reduced flow from one row of scores.

        Raises `ValueError` with the solver's message if it gives up.
        """
        from scipy.integrate import solve_ivp

        found = solve_ivp(
            lambda _, s: self.reduced_velocity(s)[0], (times[0], times[-1]),
            np.ravel(scores), t_eval=times, rtol=rtol, atol=atol, method="DOP853",
        )  # fmt: skip
        if not found.success:
            raise ValueError(f"the reduced flow stopped: {found.message}")
        return found.y.T
