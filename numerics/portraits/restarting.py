"""A portrait with other trajectories: what does not depend on their starts is not computed again.

This is for a page that answers a click; a figure is made by `portrait` or `phase_line` at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from numerics.portraits.coordinates import UNIT, Frame
from numerics.portraits.curves import Curve, flow_curves, inside
from numerics.portraits.cycles import cycles_of_map
from numerics.portraits.maps import iterates
from numerics.portraits.overlays import em_over
from numerics.portraits.phase_line import phase_line
from numerics.portraits.portrait import Portrait
from numerics.portraits.starts import starting_points

__all__ = ["starts_inside", "with_starts"]

FROM_STARTS = ("trajectory", "iterates", "orbit", "em", "cobweb")


def with_starts(found: Portrait, starts: np.ndarray, *, em: bool = False) -> Portrait:
    """Return a portrait with trajectories from ``starts`` (n, d) and no others.

    ``em``  lay the iterates of EM from the same starts over the flow

    Raises what `portrait` raises for such starts, and for a system without an EM map.
    """
    if not len(starts):
        begin = np.zeros((0, found.system.dimension))
    else:
        begin = starting_points(found.system, starts, found.window[: 2 * starts.shape[1]], 0)
    if found.system.dimension == 1:
        again = phase_line(found.system, window=found.window[:2], starts=begin, prove=False)
        return replace(found, curves=again.curves, cycles=again.cycles)
    frame = Frame.of(found.window)
    inner, begin = frame.system(found.system), frame.inward(begin)
    is_map, cycles = found.system.kind == "map", found.cycles
    stay = [c for c in found.curves if c.kind not in (*FROM_STARTS, *(is_map * ["stable cycle"]))]
    fresh: list[Curve] = []
    if is_map:
        fresh = iterates(inner, UNIT, begin)
        orbits = [c for c in fresh if c.kind == "orbit"]
        inward = cycles_of_map(inner, UNIT, orbits)
        fresh += [Curve(c.kind, c.points, f"period {c.period:.6g}") for c in inward]
        cycles = tuple(replace(c, points=frame.outward(c.points)) for c in inward)
    elif len(begin):
        rests = [frame.inward(p.y) for p in found.points]
        fresh = flow_curves(inner, UNIT, begin, (), rests)
    if em:
        fresh += iterates(frame.system(em_over(found.system)), UNIT, begin, "em")
    outer = (replace(c, points=frame.outward(c.points)) for c in fresh)
    return replace(found, curves=(*stay, *outer), cycles=cycles)


def starts_inside(found: Portrait, starts: Sequence[Sequence[float]]) -> np.ndarray:
    """Return the starts (n, d) that lie in the window of a portrait, in the same order."""
    points = np.array(starts, dtype=float).reshape(-1, found.system.dimension)
    return points[inside(found.window[: 2 * points.shape[1]], points, 0.0)]
