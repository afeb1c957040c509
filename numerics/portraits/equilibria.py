"""The fixed points in a window, and how sure it is that these are all."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from numerics.fixed_points import FixedPoint, find, find_all, prove
from numerics.flows import System
from numerics.portraits.curves import inside
from numerics.portraits.plane import Window

__all__ = ["Found", "fixed_points_in"]

PER_SIDE = 10
EDGE = 1e-9  # room for points on the edge of the window, as a part of its size
BOXES, SECONDS = 20_000, 30.0


class Found(NamedTuple):
    """Fixed points; whether it is proved that there are no others, and that in words."""

    points: tuple[FixedPoint, ...]
    complete: bool
    statement: str


def fixed_points_in(system: System, window: Window, *, proofs: bool) -> Found:
    """Return the fixed points in a window, the stable ones first.

    With ``proofs`` the list is proved complete where that can be done: where no shift changes
    nothing, which makes fixed points fill lines.  A point that the proof refutes is left out.
    """
    if proofs and not len(system.shifts):
        found = find_all(system, window, most_boxes=BOXES, seconds=SECONDS)
        points = _unrefuted((*found.points, *found.doubtful))
        return Found(tuple(sorted(points, key=_order)), found.complete, found.summary)
    x, y = np.linspace(*window[:2], PER_SIDE), np.linspace(*window[2:], PER_SIDE)
    starts = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    points = [
        p for p in find(system, starts, relabelled=False) if inside(window, p.y[None], EDGE)[0]
    ]
    if proofs:
        points = _unrefuted(replace(p, proof=prove(system, p.y)) for p in points)
    count = f"{len(points)} fixed point{'s' * (len(points) != 1)}"
    statement = f"{count} found from {len(starts)} starts; there may be others"
    return Found(tuple(sorted(points, key=_order)), False, statement)


def _unrefuted(points: Iterable[FixedPoint]) -> list[FixedPoint]:
    return [p for p in points if p.proof is None or p.proof.verdict != "excluded"]


def _order(point: FixedPoint) -> tuple[bool, int]:
    return point.stable is not True, point.index
