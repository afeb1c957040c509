"""Newton's method for many starts at once, on the quotient by the symmetries.

    A dz = -B^T f(y),   A = B^T f'(y) B,   y <- y + t B dz

with the pseudo-inverse of A where it is singular, so that a point of a continuous family is reached
by the shortest way.  The damping t asks that the next step, taken with the same A, be shorter
(affine-invariant: rescaling variables or equations changes nothing; Deuflhard 2011, section 3.3).

`relaxed` follows the flow with implicit Euler steps of growing length (pseudo-transient
continuation; Kelley and Keyes 1998): it leads to what attracts, where Newton may lead elsewhere.

A start counts as converged when the undamped step is at rounding level, never because the residual
is small: where fixed points lie at infinity the residual falls to 0 while the steps stay as long as
they were.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from numerics.fixed_points.quotient import Quotient, residual

__all__ = ["Landing", "newton", "relaxed"]

STEP = 1e-9  # of a converged point, in units; quadratic convergence makes the next one 1e-16
FAR = 1e4  # units from where the starts are
SINGULAR = 1e-12  # singular values below this part of the largest count as 0
HALVINGS = 10
BESIDE = 1e-9  # units, from a state to those that tell whether the field jumps
DEGENERATE = (
    1e-4  # units; steps this short that do not shrink are rounding near a singular Jacobian
)

AWAY = "runs away: no finite fixed point on this way"
UNDEFINED = "the field or its Jacobian is not finite"
STUCK = "Newton's method ends where the field is not zero"
JUMP = "the field jumps there: it is zero on one side only"
ENDLESS = "steps of Newton's method do not shrink"
VANISHING = 1e-6  # of the residual at the start: what is left when a start runs away


@dataclass(frozen=True)
class Landing:
    """Where starts ended: states (batch, d), and the reason where that is no fixed point."""

    y: np.ndarray
    reasons: tuple[str, ...]  # empty where converged


def newton(quotient: Quotient, starts: np.ndarray, limit: int = 120) -> Landing:
    """Return where Newton's method ends from every start (batch, d), after ``limit`` steps."""
    y = np.array(starts, dtype=float)
    reasons = np.full(len(y), ENDLESS, dtype=object)
    active = np.arange(len(y))
    for _ in range(limit):
        if not len(active):
            break
        at = y[active]
        f, a = quotient.residual(at), quotient.slope(at)
        finite = _all_finite(f) & _all_finite(a)
        reasons[active[~finite]] = UNDEFINED
        active, at, f, a = active[finite], at[finite], f[finite], a[finite]
        if not len(active):
            break
        inverse = _inverse(a)
        step = _step(quotient, inverse, f)
        small: np.ndarray = quotient.size(step) <= STEP * (1 + quotient.size(at))
        y[active] = at + np.where(small[:, None], step, _damped(quotient, at, step, inverse))
        reasons[active[small]] = ""
        far: np.ndarray = quotient.size(y[active]) > FAR + quotient.size(starts[active])
        reasons[active[far & ~small]] = AWAY
        active = active[~small & ~far]
    if len(active):
        _judge_endless(quotient, y, np.asarray(starts, dtype=float), active, reasons)
    ended = np.array([not reason for reason in reasons], dtype=bool)
    y = _polished(quotient, y, ended)
    reasons[ended & ~_vanishes(quotient, y)] = STUCK
    reasons[[not reason for reason in reasons] & _jumps(quotient, y)] = JUMP
    return Landing(y, tuple(reasons))


def _judge_endless(
    quotient: Quotient, y: np.ndarray, starts: np.ndarray, active: np.ndarray, reasons: np.ndarray
) -> None:
    """Settle the starts whose steps never became small.

    Near a degenerate point rounding keeps them at some 1e-6; far out the residual vanishes while
    they stay long.
    """
    f, a = quotient.residual(y[active]), quotient.slope(y[active])
    finite = _all_finite(f) & _all_finite(a)
    a = np.where(finite[:, None, None], a, np.eye(a.shape[1]))
    length = quotient.size(_step(quotient, _inverse(a), f))
    near: np.ndarray = length <= DEGENERATE * (1 + quotient.size(y[active]))
    reasons[active[finite & near & _vanishes(quotient, y[active])]] = ""
    before = np.abs(quotient.residual(starts[active])).max(axis=1)
    away: np.ndarray = np.abs(f).max(axis=1) < VANISHING * before
    reasons[active[finite & ~near & away]] = AWAY


def _vanishes(quotient: Quotient, y: np.ndarray) -> np.ndarray:
    """Return where the residual is at rounding level: the pseudo-inverse may leave a part of it."""
    with np.errstate(all="ignore"):
        steepness = np.abs(quotient.slope(y)).max(axis=(1, 2)) * quotient.unit.max()
        rounding = 1e-13 * steepness * (1 + quotient.size(y))
        if quotient.level > 0:  # beside a pole all is steep, and large
            rounding = np.minimum(rounding, quotient.level)
        # all of it: what drifts along a symmetry stands still on the quotient only
        full = np.abs(residual(quotient.system, y)).max(axis=1)
        return full <= rounding + 1e-9 * quotient.level


def _jumps(quotient: Quotient, y: np.ndarray) -> np.ndarray:
    """Return where the field is not continuous: beside a state it is far from what it is there."""
    found = np.zeros(len(y), dtype=bool)
    with np.errstate(all="ignore"):
        here = residual(quotient.system, y)
        steepness = np.abs(quotient.slope(y)).max(axis=(1, 2))
        for axis in np.diag(BESIDE * quotient.unit):
            allowed = 1e-3 * quotient.level + 1e3 * steepness * np.abs(axis).max()
            for step in (axis, -axis):  # where nothing is defined beside it, that is no jump
                change = np.abs(residual(quotient.system, y + step) - here).max(axis=1)
                found |= change > allowed
    return found


def _inverse(matrices: np.ndarray) -> np.ndarray:
    """Return pseudo-inverses; those of vanishing matrices may overflow, which ends that start."""
    with np.errstate(all="ignore"):
        return np.linalg.pinv(matrices, rcond=SINGULAR)


def _step(quotient: Quotient, inverse: np.ndarray, f: np.ndarray) -> np.ndarray:
    """Return -B A^+ f, (batch, d)."""
    with np.errstate(all="ignore"):
        return -np.einsum("bij,bj->bi", inverse, f) @ quotient.basis.T


def _damped(quotient: Quotient, y: np.ndarray, step: np.ndarray, inverse: np.ndarray) -> np.ndarray:
    """Return the part of each step after which the next one would be shorter."""
    length = quotient.size(step)
    part = np.ones(len(y))
    pending = np.arange(len(y))
    for _ in range(HALVINGS):
        tried = y[pending] + part[pending, None] * step[pending]
        after = quotient.size(_step(quotient, inverse[pending], quotient.residual(tried)))
        # false for nan
        shorter: np.ndarray = after <= (1 - part[pending] / 2) * length[pending]
        pending = pending[~shorter]
        if not len(pending):
            break
        part[pending] /= 2
    return part[:, None] * step


def _polished(quotient: Quotient, y: np.ndarray, converged: np.ndarray) -> np.ndarray:
    """Return the states after two more steps each, where these lower the residual."""
    y = y.copy()
    for _ in range(2):
        at = y[converged]
        if not len(at):
            break
        f, a = quotient.residual(at), quotient.slope(at)
        finite = _all_finite(f) & _all_finite(a)
        a = np.where(finite[:, None, None], a, np.eye(a.shape[1]))
        moved = at + _step(quotient, _inverse(a), f)
        better: np.ndarray = np.abs(quotient.residual(moved)).max(axis=1) < np.abs(f).max(axis=1)
        y[converged] = np.where(better[:, None], moved, at)
    return y


def relaxed(quotient: Quotient, starts: np.ndarray, limit: int = 60) -> np.ndarray:
    """Return where the flow (for a map: dy/dt = map(y) - y) has led from every start (batch, d).

    The step length of the implicit Euler method grows as the residual falls.
    """
    y = np.array(starts, dtype=float)
    m = quotient.basis.shape[1]
    f = quotient.residual(y)
    length = np.full(len(y), 0.1 / max(quotient.rate, 1e-300))
    active = _all_finite(f)
    for _ in range(limit):
        a = quotient.slope(y)
        active &= _all_finite(a)
        matrix = np.where(active[:, None, None], np.eye(m) - length[:, None, None] * a, np.eye(m))
        # a step length at which the matrix is exactly singular has measure zero; pinv survives it
        moved = y - _step(quotient, _inverse(matrix), length[:, None] * f)
        after = quotient.residual(moved)
        near = quotient.size(moved) <= FAR + quotient.size(starts)
        active &= _all_finite(after) & near
        if not active.any():
            break
        with np.errstate(divide="ignore", invalid="ignore"):
            growth = np.abs(f).max(axis=1) / np.abs(after).max(axis=1)
        growth = np.clip(np.nan_to_num(growth, nan=2.0, posinf=4.0), 0.5, 4.0)
        y = np.where(active[:, None], moved, y)
        f = np.where(active[:, None], after, f)
        length = np.where(active, np.minimum(length * growth, 1e12 / max(quotient.rate, 1e-200)),
                          length)  # fmt: skip
    return y


def _all_finite(batch: np.ndarray) -> np.ndarray:
    """Return which rows, or matrices, are finite throughout."""
    return np.array([np.isfinite(x).all() for x in batch], dtype=bool)
