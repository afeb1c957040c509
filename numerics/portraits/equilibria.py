"""The fixed points in a window, and how sure it is that these are all.

In a slice of a larger system they are the zeros of the projected field.  One of them is a fixed
point of the system only if the other variables rest there too, and its type is that of the system:
a stable node of the slice may well be a saddle.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from numerics.fixed_points import FixedPoint, find, find_all, prove
from numerics.fixed_points.quotient import Quotient
from numerics.flows import System
from numerics.portraits.curves import inside
from numerics.portraits.plane import PlaneSlice
from numerics.portraits.stroboscope import StroboscopicMap, oscillations

__all__ = ["SLICE_ONLY", "Found", "fixed_points_in", "of_whole"]

SLICE_ONLY = "zero of the slice only"
"""The kind of a zero of the projected field that is no fixed point of the system."""

PER_SIDE, CLOSE = 10, 16
EDGE = 1e-9  # room for points on the edge of the window, as a part of its size
BOXES, SECONDS = 20_000, 30.0
SAME = 1e-6  # units within which a fixed point of the system is the one of the slice


class Found(NamedTuple):
    """Fixed points; whether it is proved that there are no others, and that in words."""

    points: tuple[FixedPoint, ...]
    complete: bool
    statement: str


def fixed_points_in(system: System, window: Sequence[float], *, proofs: bool) -> Found:
    """Return the fixed points in a window, the stable ones first.

    With ``proofs`` the list is proved complete where that can be done: where no shift changes
    nothing, which makes fixed points fill lines.  A point that the proof refutes is left out.
    """
    if isinstance(system, StroboscopicMap):
        return _oscillations(system, window)
    if proofs and not len(system.shifts):
        found = find_all(system, window, most_boxes=BOXES, seconds=SECONDS)
        points = _unrefuted((*found.points, *found.doubtful))
        return Found(tuple(sorted(points, key=_order)), found.complete, found.summary)
    starts = _grid(window, PER_SIDE)
    points = [
        p for p in find(system, starts, relabelled=False) if inside(window, p.y[None], EDGE)[0]
    ]
    if proofs:
        points = _unrefuted(replace(p, proof=prove(system, p.y)) for p in points)
    return Found(tuple(sorted(points, key=_order)), False, _statement(points, starts))


def _oscillations(system: StroboscopicMap, window: Sequence[float]) -> Found:
    """Return the oscillations with the period of the forcing; there is no formula to prove from."""
    starts = _grid(window, CLOSE)
    points = [p for p in oscillations(system, starts) if inside(window, p.y[None], EDGE)[0]]
    return Found(tuple(sorted(points, key=_order)), False, _statement(points, starts))


def _grid(window: Sequence[float], count: int) -> np.ndarray:
    sides = [np.linspace(a, b, count) for a, b in zip(window[::2], window[1::2], strict=True)]
    return np.stack(np.meshgrid(*sides), axis=-1).reshape(-1, len(sides))


def _statement(points: Sequence[FixedPoint], starts: np.ndarray) -> str:
    count = f"{len(points)} fixed point{'s' * (len(points) != 1)}"
    return f"{count} found from {len(starts)} starts; there may be others"


def of_whole(slice_: PlaneSlice, point: FixedPoint, *, proofs: bool) -> FixedPoint:
    """Return what a zero of the projected field is in the system, at the same place of the plane.

    Kind, stability, eigenvalues and proof are those of the system; where its other variables do
    not rest, the kind is `SLICE_ONLY` and the rest is as before.
    """
    whole, state = slice_.whole, slice_.lifted(point.y)
    quotient = Quotient(whole)
    near = SAME * (1 + float(quotient.size(state)))
    for found in find(whole, state[None], relabelled=False):
        if float(quotient.size(found.y - state)) <= near:
            proof = prove(whole, found.y) if proofs else None
            if proof is None or proof.verdict != "excluded":
                return replace(found, y=point.y, proof=proof)
    return replace(point, kind=SLICE_ONLY, stable=None)


def _unrefuted(points: Iterable[FixedPoint]) -> list[FixedPoint]:
    return [p for p in points if p.proof is None or p.proof.verdict != "excluded"]


def _order(point: FixedPoint) -> tuple[bool, int]:
    return point.stable is not True, point.index
