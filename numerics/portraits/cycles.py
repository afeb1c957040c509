"""Limit cycles of planar flows, with period and Floquet multiplier; stable cycles of maps.

    y(T; p) = p,   f(p) . (y - p) = 0 fixes the phase

Candidates are where long trajectories end, forward in time for stable cycles and backward for
unstable ones; Newton's method on the equation above, with the variational equation, settles them.
The multiplier that is not 1 is exp of the integral of div f over a turn (Liouville), which is
accurate however small it is.  Where the field jumps, as with dry friction or a relay, neither the
variational equation nor the divergence sees it: difference quotients of y(T; p) take their place.

Each one is then proved, if that is asked for, by an interval return map
(`numerics.validated.cycles`).

None is looked for where there can be none: where the divergence has one sign in the window
(Bendixson), where the field is a gradient, where no fixed point but saddles lies inside.
Sources: Perko, Differential Equations and Dynamical Systems, sections 3.4, 3.5, 3.9.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from numerics.fixed_points import FixedPoint
from numerics.fixed_points.points import Label
from numerics.flows import System
from numerics.integration import integrate
from numerics.portraits.curves import Curve, by_arc_length, inside
from numerics.portraits.plane import Window, size_of

if TYPE_CHECKING:
    from numerics.validated import CycleProof

__all__ = ["Cycle", "cycles_of_map", "limit_cycles"]

STARTS, BESIDE = 8, 0.01  # trajectories each way; distance of those that begin at fixed points
LENGTH, OUTPUTS, ROUGH = 12.0, 1201, 1e-6  # of those, in units of the window
GRID, SYMMETRIC = 41, 1e-9
RTOL, ATOL, STEPS, CONVERGED = 1e-11, 1e-13, 12, 1e-10
QUOTIENT, CONVERGED_BY_QUOTIENTS = 1e-4, 1e-8  # steps of the quotients, in windows; of Newton's
SINGULAR, CLOSED = 1e-8, 1e-7  # of singular values; of the gap of a closed orbit, in windows
KNOWN, SMALLEST = 0.01, 0.01  # distance from a known cycle; least size; in units of the window
NEUTRAL, FAMILY = 1e-5, 2  # |log multiplier| of a closed orbit in a family; how many show one
VERTICES = 400
LONGEST_PERIOD, RETURN = 32, 1e-5  # of a cycle of a map


@dataclass(frozen=True)
class Cycle:
    """A limit cycle of a flow, or a cycle of a map.

    ``kind``         stable limit cycle, unstable limit cycle; of a map: stable cycle
    ``points``       (k, 2): a turn, closed; of a map its points
    ``period``       in units of time; of a map the number of points
    ``multipliers``  of Floquet, without the 1 along a flow; moduli below 1 are stable
    ``proof``        what ball arithmetic says of a limit cycle, None if it was not asked
    """

    kind: str
    points: np.ndarray
    period: float
    multipliers: tuple[complex, ...]
    proof: CycleProof | None = None

    @property
    def label(self) -> Label:
        """How sure it is that there is such a cycle: its existence, its period, and its kind."""
        stability = self.proof.stability if self.proof is not None and self.proof.holds else ""
        proved = self.kind == f"{stability} limit cycle"
        return "proved" if proved else "verified numerically"

    @property
    def period_bounds(self) -> tuple[float, float]:
        """Bounds of the period, infinite unless it is proved."""
        return (-np.inf, np.inf) if self.proof is None else self.proof.period_bounds

    @property
    def period_text(self) -> str:
        """The period: where it is proved, as a ball that holds it."""
        if self.label != "proved" or self.proof is None or self.proof.period is None:
            return f"{self.period:.6g}"
        return self.proof.period.str(15)


def limit_cycles(
    system: System, window: Window, points: Sequence[FixedPoint], *, proofs: bool = False
) -> list[Cycle]:
    """Return the limit cycles of a flow that lie in a window, as far as trajectories lead there.

    ``points``  its fixed points in the window
    ``proofs``  prove each that can be proved
    """
    if not _possible(system, window, points):
        return []
    found: list[Cycle] = []
    neutral = 0
    for path, direction in _long_paths(system, window, points):
        guess = _return(system, window, path, direction)
        if guess is None or any(_distance(guess[0], c, window) < KNOWN for c in found):
            continue
        orbit = _closed(system, window, *guess)
        if orbit is None or any(_distance(orbit.points[0], c, window) < KNOWN for c in found):
            continue
        if abs(np.log(abs(orbit.multipliers[0]) + 1e-300)) < NEUTRAL:
            neutral += 1  # one of a family, as around a centre
            if neutral == FAMILY:
                break
            continue
        found.append(orbit)
    if proofs:
        found = [_with_proof(system, c) for c in found]
    return sorted(found, key=lambda c: (c.kind, c.period))


def _with_proof(system: System, cycle: Cycle) -> Cycle:
    """Return a cycle with its proof, followed in the direction of time in which it attracts.

    A proved period is more accurate than that of the floating point, and takes its place.
    """
    from numerics.validated import prove_cycle

    backward = cycle.kind.startswith("unstable")
    proof = prove_cycle(system, cycle.points[0], cycle.period, backward=backward)
    period = cycle.period if proof.period is None else float(proof.period.mid())
    return replace(cycle, period=period, proof=proof)


def _possible(system: System, window: Window, points: Sequence[FixedPoint]) -> bool:
    """Whether the window may hold a limit cycle."""
    if system.field.jumps:
        return True  # no theorem below holds: what a jump adds to the divergence is not seen
    if all(p.kind == "saddle" for p in points):
        return False
    if any(q.kind == "conserved" for q in system.quantities):
        return False
    x, y = np.linspace(*window[:2], GRID), np.linspace(*window[2:], GRID)
    slopes = system.jacobian(np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2))
    if not np.isfinite(slopes).all():
        return True
    slopes = slopes / max(float(np.abs(slopes).max()), 1e-300)
    one, other = slopes[:, 0, 1], slopes[:, 1, 0]
    first, second = np.abs(one).mean(), np.abs(other).mean()
    if np.abs(one * second - other * first).max() <= SYMMETRIC * first * second:
        return False  # a gradient, if need be in other units
    divergence = slopes[:, 0, 0] + slopes[:, 1, 1]
    return bool(divergence.min() < 0 < divergence.max())


def _long_paths(
    system: System, window: Window, points: Sequence[FixedPoint]
) -> Iterator[tuple[np.ndarray, float]]:
    """Yield trajectories that stay in the window, each with its direction of time, 1 or -1."""
    size = size_of(window)
    flow = by_arc_length(system, window)
    spread = np.random.default_rng(0).uniform(window[::2], window[1::2], size=(STARTS, 2))
    begin = [(p.y + BESIDE * size, -1.0 if p.stable else 1.0) for p in points if p.index != 1]
    begin += [(y, direction) for direction in (1.0, -1.0) for y in spread]
    begin = [b for b in begin if np.isfinite(system.velocity(b[0])).all()]
    s = np.linspace(0.0, LENGTH, OUTPUTS)
    for y, direction in begin:
        values = flow.values.copy()
        values[-1] = direction
        path = integrate(
            flow, y[None], s, engine="scipy-lsoda", rtol=ROUGH,
            atol=ROUGH * float(size.min()), values=values[None],
        )["y"].values[0]  # fmt: skip
        if inside(window, path).all():
            yield path, direction


def _return(
    system: System, window: Window, path: np.ndarray, direction: float
) -> tuple[np.ndarray, float] | None:
    """Return the end of a path and about the time from there to there, if it came back."""
    size = size_of(window)
    end, last = path[-1], (path[-1] - path[-2]) / size
    if not np.linalg.norm(last) > 0.2 * LENGTH / OUTPUTS:
        return None  # it rests
    beside = (path - end) / size
    along = beside @ last
    passes = np.flatnonzero((along[:-1] < 0) & (along[1:] >= 0))
    passes = passes[np.linalg.norm(beside[passes], axis=1) < 0.1]
    passes = passes[passes < len(path) - 3]
    if not len(passes):
        return None
    turn = path[int(passes[-1]) :]
    speed = np.linalg.norm(system.velocity(turn) / size, axis=1)
    steps = np.linalg.norm(np.diff(turn / size, axis=0), axis=1)
    return end, direction * float(np.sum(steps * (1 / speed[:-1] + 1 / speed[1:]) / 2))


def _closed(system: System, window: Window, p: np.ndarray, period: float) -> Cycle | None:
    """Return the closed orbit near ``p``, by Newton's method; None if there is none.

    A negative ``period`` runs it backward in time, in which an unstable one attracts.
    """
    size, jumps = size_of(window), system.field.jumps
    end, converged = p, CONVERGED_BY_QUOTIENTS if jumps else CONVERGED
    for _ in range(STEPS):
        turn = (_turn_with_jumps if jumps else _turn)(system, p, period, size)
        if turn is None:
            return None
        end, transport, trace = turn[0], turn[1], turn[2]
        along = system.velocity(p)
        matrix = np.zeros((3, 3))
        matrix[:2, :2] = transport - np.eye(2)
        matrix[:2, 2] = system.velocity(end)
        matrix[2, :2] = along
        # within a family of closed orbits the matrix is singular, and the nearest one is wanted
        step = np.linalg.lstsq(matrix, np.append(p - end, 0.0), rcond=SINGULAR)[0]
        length = float(np.abs(step[:2] / size).max())
        if not length < 0.2 or not abs(step[2]) < abs(period) / 2:
            return None
        p, period = p + step[:2], period + float(step[2])
        if length < converged and abs(step[2]) < 10 * converged * abs(period):
            break
    else:
        return None
    if not np.abs((end - p) / size).max() < CLOSED:
        return None
    points = _sampled(turn[3], period, size)
    if not inside(window, points).all() or np.ptp(points / size, axis=0).max() < SMALLEST:
        return None
    trace, points = np.sign(period) * trace, points[:: int(np.sign(period))]
    with np.errstate(over="ignore", under="ignore"):
        multiplier = float(np.exp(trace))
    word = "stable" if trace < 0 else "unstable"
    return Cycle(f"{word} limit cycle", points, abs(period), (complex(multiplier),))


def _turn(system: System, p: np.ndarray, period: float, size: np.ndarray) -> Any:
    """Return y(T), its derivative by p, the integral of the divergence, and the dense solution."""
    from scipy.integrate import solve_ivp

    def rates(_: float, z: np.ndarray) -> np.ndarray:
        slope = system.jacobian(z[:2])
        return np.concatenate(
            [system.velocity(z[:2]), (slope @ z[2:6].reshape(2, 2)).ravel(), [np.trace(slope)]]
        )

    begin = np.concatenate([p, np.eye(2).ravel(), [0.0]])
    found = solve_ivp(
        rates, (0.0, period), begin, method="LSODA", rtol=RTOL, atol=ATOL, dense_output=True
    )
    end = found.y[:, -1]
    if not found.success or not np.isfinite(end).all():
        return None
    return end[:2], end[2:6].reshape(2, 2), float(end[6]), found.sol


def _turn_with_jumps(system: System, p: np.ndarray, period: float, size: np.ndarray) -> Any:
    """Return the same by difference quotients; det dy(T)/dp is exp of what Liouville integrates."""
    from scipy.integrate import solve_ivp

    def end_of(start: np.ndarray) -> Any:
        return solve_ivp(
            lambda _, y: system.velocity(y), (0.0, period), start, method="LSODA", rtol=RTOL,
            atol=ATOL * float(size.min()), dense_output=True, max_step=abs(period) / 200,
        )  # fmt: skip

    found = end_of(p)
    beside = [(end_of(p + d).y[:, -1], end_of(p - d).y[:, -1]) for d in np.diag(QUOTIENT * size)]
    columns = [(a - b) / (2 * QUOTIENT * s) for (a, b), s in zip(beside, size, strict=True)]
    transport, end = np.column_stack(columns), found.y[:, -1]
    if not found.success or not np.isfinite(transport).all() or not np.isfinite(end).all():
        return None
    with np.errstate(divide="ignore"):
        return end, transport, float(np.log(abs(np.linalg.det(transport)))), found.sol


def _sampled(solution: Any, period: float, size: np.ndarray) -> np.ndarray:
    """Return a turn as a closed polygon with evenly spread vertices."""
    times = np.linspace(0.0, period, 40 * VERTICES)
    dense = solution(times)[:2].T
    travelled = np.append(0.0, np.cumsum(np.linalg.norm(np.diff(dense / size, axis=0), axis=1)))
    places = np.linspace(0.0, travelled[-1], VERTICES)
    points = np.column_stack([np.interp(places, travelled, x) for x in dense.T])
    points[-1] = points[0]
    return points


def _distance(point: np.ndarray, cycle: Cycle, window: Sequence[float]) -> float:
    return float(np.linalg.norm((cycle.points - point) / size_of(window), axis=1).min())


def cycles_of_map(system: System, window: Sequence[float], orbits: Sequence[Curve]) -> list[Cycle]:
    """Return the stable cycles of a map, of two points or more, on which given orbits end."""
    size, found = size_of(window), []
    for orbit in orbits:
        end = orbit.points[-1]
        back = np.abs(orbit.points[-1 - LONGEST_PERIOD : -1] - end) / size
        returns = np.flatnonzero(back.max(axis=1)[::-1] < RETURN)
        if not len(returns) or any(_distance(end, c, window) < KNOWN / 10 for c in found):
            continue
        n = int(returns[0]) + 1
        points = [end]
        for _ in range(n - 1):
            points.append(system.velocity(points[-1]))
        product = np.linalg.multi_dot(
            [np.eye(system.dimension), *system.jacobian(np.array(points))[::-1]]
        )
        multipliers = tuple(complex(z) for z in np.linalg.eigvals(product))
        if n > 1 and max(map(abs, multipliers)) < 1:
            found.append(Cycle("stable cycle", np.array(points), float(n), multipliers))
    return found
