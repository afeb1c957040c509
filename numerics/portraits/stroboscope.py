"""Stroboscopic maps of driven flows: the state once in every period of the forcing.

    P(y) = y(T),   dy/dt = f(y, t),   y(0) = y,   f of period T in t

A fixed point of P is an oscillation with the period of the forcing; its multipliers are those of
Floquet.  P has no formula: images and preimages come from integrating the flow, derivatives
from its variational equation beside it.
Source: Guckenheimer and Holmes, Nonlinear Oscillations, sections 1.5, 2.2.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any

import numpy as np
import sympy as sp

from numerics.fixed_points import FixedPoint
from numerics.fixed_points.classification import classify
from numerics.fixed_points.quotient import Quotient
from numerics.flows import System
from numerics.integration.automatic import stiff_from, tried
from numerics.integration.problem import Solution
from numerics.integration.running import parts, requested
from numerics.portraits.coordinates import Frame
from theory.codegen.components import Assign

__all__ = ["StroboscopicMap", "in_frame", "oscillations", "stroboscopic"]

RTOL, ATOL = 1e-11, 1e-13
STEPS = 20_000  # in a period at most
TRIED = 3  # starts by which the engine is chosen
NEWTON = 40  # steps, each a part of the full one that makes the residual smaller
WIDE = 20.0  # distance from starts beyond which none is looked for, in such units
SHORT = 1e-4  # part of a step that is not worth going on
CONVERGED, SAME = 1e-8, 1e-6  # length of the last step, distance of two fixed points, in such units


@dataclass(frozen=True, kw_only=True)
class StroboscopicMap(System):
    """The map over a period of a driven flow, which has one variable less: the time.

    Its ``field`` is the velocity at t = 0, and gives names and parameters only: what the map does
    is in `velocity`, `jacobian`, `inverse` and `orbits`.

    ``flow``  the driven flow, whose last variable is the time
    """

    flow: System

    @property
    def period(self) -> float:
        """The period of the forcing."""
        return float(self.flow.forcing or np.inf)

    @cached_property
    def _engine(self) -> str:
        """The compiled one that suits: it is called for thousands of orbits, a few at a time."""
        y = self.flow.starts(np.random.default_rng(0), TRIED)
        request = requested(self.flow, y, self.period, "stiff", RTOL, ATOL)
        is_stiff = tried(request.problem, y, request.values).steps > stiff_from(self.flow.dimension)
        return "stiff" if is_stiff else "explicit"

    @cached_property
    def _linearised(self) -> System:
        """The flow together with the derivative of its state by the start: d/dt M = f_y M."""
        program, d = self.flow.field, self.dimension
        known: dict[sp.Symbol, Any] = {}
        for stage in program.stages:  # those of a user's formulas are assignments
            if isinstance(stage, Assign):
                known[stage.symbol] = stage.value.xreplace(known)
        rates = [e.xreplace(known) for e in program.outputs]
        moved = sp.Matrix(d, d, [sp.Symbol(f"moved_{n}_", real=True) for n in range(d * d)])
        slopes = sp.Matrix(rates[:d]).jacobian(program.state[:d]) * moved
        field = replace(
            program, name=f"{program.name}, linearised", state=(*program.state, *moved),
            stages=(), outputs=(*rates, *slopes), labels=(),
        )  # fmt: skip
        return replace(self.flow, field=field, quantities=())

    def orbits(self, y: np.ndarray, count: int, direction: int = 1) -> np.ndarray:
        """Return states (n, d) and ``count`` images of each, (n, count + 1, d); NaN where lost."""
        begin = np.column_stack([y, np.zeros(len(y))])
        return self._followed(self.flow, begin, count, direction)[..., :-1]

    def _followed(self, flow: System, y: np.ndarray, count: int, direction: int) -> np.ndarray:
        """Return states (n, k) of a flow over ``count`` periods, (n, count + 1, k)."""
        times = direction * self.period * np.arange(count + 1)
        known = np.isfinite(y).all(axis=1)
        path = np.full((len(y), count + 1, y.shape[1]), np.nan)
        if known.any():
            request = requested(flow, y[known], times, self._engine, RTOL, ATOL, ())
            problem = replace(request.problem, max_steps=STEPS * count)  # some run away, stiffly
            found = Solution.room(problem, int(known.sum()))
            for _ in parts(request._replace(problem=problem), found):
                pass
            path[known] = found.y
        return path

    def velocity(self, y: np.ndarray) -> np.ndarray:
        """Return the images of states (batch, d) or (d,), in the same shape."""
        return self.orbits(self._points(y), 1)[:, -1].reshape(np.shape(y))

    def inverse(self, y: np.ndarray) -> np.ndarray:
        """Return the states whose images are ``y`` (batch, d): the flow backward in time."""
        return self.orbits(self._points(y), 1, -1)[:, -1].reshape(np.shape(y))

    def jacobian(self, y: np.ndarray) -> np.ndarray:
        """Return the derivative of the map at ``y`` (..., d): (..., d, d)."""
        points, d = self._points(np.reshape(y, (-1, self.dimension))), self.dimension
        one = np.tile(np.append(0.0, np.eye(d)), (len(points), 1))  # the time, and dy/dy
        found = self._followed(self._linearised, np.column_stack([points, one]), 1, 1)
        return found[:, -1, d + 1 :].reshape((*np.shape(y), d))


def stroboscopic(flow: System) -> StroboscopicMap:
    """Return the stroboscopic map of a driven flow.

    Raises `ValueError` for a flow that is not driven, or whose forcing has no known period.
    """
    if flow.forcing is None:
        raise ValueError(f"`{flow.name}` is not driven: its field does not mention the time t.")
    if not np.isfinite(flow.forcing):
        raise ValueError(
            f"the field of `{flow.name}` changes with the time t, so the plane has no portrait. "
            'Write its period into the file, such as period = "2*pi/omega" above the tables, for '
            "a stroboscopic map; or draw time series with `--series all`."
        )
    program, d = flow.field, flow.dimension - 1
    field = replace(
        program, state=program.state[:d], parameters=(*program.parameters, program.state[d]),
        outputs=program.outputs[:d], labels=program.labels[:d],
    )  # fmt: skip
    kept = {f.name: getattr(flow, f.name) for f in fields(System)}
    changed = {
        "title": f"stroboscopic map of {flow.title}",
        "kind": "map",
        "variables": flow.variables[:d],
        "field": field,
        "values": np.append(flow.values, 0.0),
        "settings": {**flow.settings, "period": flow.forcing},
        "starts": lambda rng, count: flow.starts(rng, count)[:, :d],
        "window": flow.window and flow.window[: 2 * d],
        "forcing": None,
    }
    return StroboscopicMap(**(kept | changed), flow=flow)


def in_frame(system: System, frame: Frame) -> System:
    """Return a system in coordinates of a window; a stroboscopic map by that of its flow."""
    if not isinstance(system, StroboscopicMap):
        return frame.system(system)
    whole = Frame(np.append(frame.centre, 0.0), np.append(frame.half, 1.0))
    inner = whole.system(system.flow)
    d = system.dimension
    starts = inner.starts
    return stroboscopic(
        replace(inner, starts=lambda rng, count: starts(rng, count) * np.append(np.ones(d), 0.0))
    )


def oscillations(system: StroboscopicMap, starts: np.ndarray) -> list[FixedPoint]:
    """Return the fixed points to which Newton's method leads from states (n, d), classified."""
    quotient, one = Quotient(system), np.eye(system.dimension)
    middle = quotient.sample.mean(axis=0)
    y = starts[np.isfinite(system.velocity(starts)).all(axis=1)]
    step, length, part = np.zeros_like(y), np.full(len(y), np.inf), np.ones(len(y))
    off, fresh = system.velocity(y) - y, np.arange(len(y))
    for _ in range(NEWTON):
        matrix = system.jacobian(y[fresh]) - one
        matrix[~np.isfinite(matrix).all(axis=(1, 2))] = 0.0  # no step from there
        step[fresh] = -np.einsum("nij,nj->ni", np.linalg.pinv(matrix), off[fresh])
        length[fresh] = quotient.size(step[fresh])
        tried = y + part[:, None] * step
        tried[~(quotient.size(tried - middle) < WIDE)] = np.nan
        after = system.velocity(tried) - tried
        with np.errstate(invalid="ignore"):
            better = quotient.size(after) < quotient.size(off)
        part = np.where(better, np.minimum(2 * part, 1.0), part / 4)
        y, off = np.where(better[:, None], tried, y), np.where(better[:, None], after, off)
        fresh = np.flatnonzero(better)
        if (part[length >= CONVERGED] < SHORT).all():
            break
    arrived = (length < CONVERGED) & (quotient.size(off) < CONVERGED)
    found: list[FixedPoint] = []
    for state in y[arrived]:
        places = [p.y for p in found]
        if not places or quotient.distances(state[None], np.array(places)).min() > SAME:
            found.append(classify(system, state, quotient))
    return sorted(found, key=lambda p: (p.stable is not True, p.index))
