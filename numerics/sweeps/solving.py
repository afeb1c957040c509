"""One chunk of a sweep: its runs integrated or iterated, and what they end in, as bytes.

The bytes depend on the plan and the number of the chunk only, not on who computes them, what else
was computed before, or how often that was interrupted.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from numerics.archives import packed
from numerics.flows import System
from numerics.sweeps.endings import Ending, flow_endings, map_endings
from numerics.sweeps.plan import Plan

__all__ = ["Group", "groups", "resolved", "solved"]

TRIED = 512
"""Runs that the engine is chosen for."""

ONE = threading.Lock()
"""Held while a chunk is computed: SymPy and LSODA are not made for several threads."""


@dataclass(frozen=True)
class Group:
    """Runs whose systems differ in numbers only.

    ``rows``      (n,) where they stand in the chunk
    ``system``    the first of the systems
    ``values``    (n, m) parameters of each
    ``starts``    (n, d)
    """

    rows: np.ndarray
    system: System
    values: np.ndarray
    starts: np.ndarray


@cache
def _plan_of(text: str) -> Plan:
    return Plan.of(json.loads(text))


def solved(text: str, chunk: int) -> bytes:
    """Return the bytes of a chunk of the plan in a JSON text."""
    with ONE:
        plan = _plan_of(text)
        return packed(_arrays(plan, chunk))


def resolved(plan: Plan) -> str:
    """Return the engine of a plan: the one asked for, or what measured stiffness says.

    Measured at both ends and in the middle of the sweep.
    """
    if plan.engine != "auto":
        return plan.engine
    from numerics.integration.running import requested

    runs = np.unique(np.linspace(0, plan.runs - 1, min(plan.runs, TRIED)).astype(int))
    groups_, _ = groups(plan, runs)
    if not groups_:
        return "scipy"
    group = max(groups_, key=lambda g: len(g.rows))
    with np.errstate(all="ignore"):  # trial trajectories may blow up
        found = requested(
            group.system, group.starts, plan.until, "auto", plan.rtol, plan.rtol / 100, (),
            values=group.values, threads=1, many=plan.runs,
        )  # fmt: skip
    return found.engine


def groups(plan: Plan, runs: np.ndarray) -> tuple[list[Group], dict[int, str]]:
    """Return runs with equal fields together, and why others have no system, by their place."""
    names, values = [a.name for a in plan.axes], plan.values(runs)
    refused: dict[int, str] = {}
    members: dict[Any, list[tuple[int, System, np.ndarray]]] = {}
    for rows in _points(plan, runs):
        there: Mapping[str, float] = dict(zip(names, values[rows[0]].tolist(), strict=True))
        try:
            system = plan.system(there)
            y = _starts(plan, system, there, runs[rows] % plan.starts)
        except ValueError as error:  # values that only together make no sense
            refused |= {int(row): str(error) for row in rows}
            continue
        for row, start in zip(rows.tolist(), y, strict=True):
            members.setdefault(system.field, []).append((row, system, start))
    found = []
    for same in members.values():
        rows, systems, y = zip(*same, strict=True)
        parameters = np.array([s.values for s in systems])
        found.append(Group(np.array(rows), systems[0], parameters, np.array(y)))
    return found, refused


def _points(plan: Plan, runs: np.ndarray) -> Iterator[np.ndarray]:
    """Yield the places of runs of the same parameter point."""
    points = runs // plan.starts
    yield from np.split(np.arange(len(runs)), np.flatnonzero(np.diff(points)) + 1)


def _starts(
    plan: Plan, system: System, there: Mapping[str, float], numbers: np.ndarray
) -> np.ndarray:
    if plan.given:
        y = np.array(plan.given)
    else:
        y = np.array(system.starts(np.random.default_rng(plan.seed), plan.starts))
    y = y[numbers]
    for n, label in enumerate(system.labels):
        if label in there:
            y[:, n] = there[label]
    return y


def _arrays(plan: Plan, chunk: int) -> dict[str, Any]:
    runs = np.array(plan.rows(chunk))
    count, d = len(runs), len(plan.labels)
    kind, message = np.full(count, "", dtype=object), np.full(count, "", dtype=object)
    start = np.full((count, d), np.nan)
    states = {x: np.full((count, d), np.nan) for x in ("end", "low", "high")}
    numbers = {x: np.full(count, np.nan) for x in ("time", "rate", "period")}
    found, refused = groups(plan, runs)
    for row, why in refused.items():
        kind[row], message[row] = "not defined", why
    for group in found:
        ending = _ending(plan, group)
        rows = group.rows
        start[rows] = group.starts
        kind[rows], message[rows] = ending.kind, ending.message
        for name, column in (states | numbers).items():
            column[rows] = getattr(ending, name)
    return {
        "plan": plan.digest, "chunk": chunk, "run": runs, "values": plan.values(runs),
        "start": start, **states, "kind": kind.astype(str), "message": message.astype(str),
        **numbers,
    }  # fmt: skip


def _ending(plan: Plan, group: Group) -> Ending:
    if group.system.kind == "map":
        return map_endings(group.system, group.values, group.starts, int(plan.until))
    return flow_endings(
        group.system, group.values, group.starts, plan.until, plan.engine, plan.rtol
    )  # fmt: skip
