"""A portrait as a page draws it: lines, dots and arrows by their look, in plain words.

The looks are those of the printed figure, `numerics.portraits.looks`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from numerics.portraits import Portrait
from numerics.portraits.curves import Curve
from numerics.portraits.drawing import (
    DIRECTED,
    DOTTED,
    arrow_of,
    arrows_of_the_line,
    draw_field,
    drawable,
    look_name,
)
from numerics.portraits.looks import BLACK, LINES, PALE, Look

__all__ = ["LOOKS", "STREAMLINES", "Arrow", "Scene", "scene_of", "streamlines"]

STREAMLINES, AXIS = "streamlines", "axis"
LOOKS: Mapping[str, Look] = {
    STREAMLINES: Look(PALE, 0.6, "solid", 1.0),
    AXIS: Look(BLACK, 0.6, "solid", 2.0),
    **LINES,
}


class Arrow(NamedTuple):
    """An arrow head: from ``tail`` towards ``tip``, in the colour of its line."""

    tail: np.ndarray
    tip: np.ndarray
    color: str


@dataclass(frozen=True)
class Scene:
    """What is drawn.

    ``lines``   vertices (k, 2) of lines, by the name of their look
    ``dots``    points (k, 2), by the kind of their curve; ``starts`` where trajectories begin
    ``arrows``  arrow heads
    ``words``   how the legend calls each look
    """

    lines: Mapping[str, list[np.ndarray]]
    dots: Mapping[str, np.ndarray]
    starts: np.ndarray
    arrows: list[Arrow]
    words: Mapping[str, str]


def scene_of(portrait: Portrait, starts: np.ndarray, streams: Sequence[np.ndarray]) -> Scene:
    """Return what is drawn of a portrait with trajectories from ``starts`` (n, d).

    ``streams``  its `streamlines`
    """
    lines: dict[str, list[np.ndarray]] = {}
    dots: dict[str, list[np.ndarray]] = {}
    words: dict[str, str] = {}
    arrows = list(_arrows(portrait))
    for line in streams:
        lines.setdefault(STREAMLINES, []).append(line)
        arrows += [Arrow(*ends, PALE) for ends in arrow_of(portrait, line)]
    for curve in portrait.curves:
        look, vertices = look_name(portrait, curve), drawable(portrait, curve.points)
        words.setdefault(look, _words(portrait, curve))
        if LINES[look].width:
            lines.setdefault(look, []).append(vertices)
        if curve.kind in DOTTED:
            dots.setdefault(curve.kind, []).append(curve.points)
    if portrait.system.dimension == 1 and portrait.system.kind == "flow":
        low, high = portrait.window[:2]
        lines[AXIS] = [np.array([[low, 0.0], [high, 0.0]])]
    if portrait.system.dimension == 1:  # on the axis, or on the diagonal
        starts = np.column_stack([starts, starts * (portrait.system.kind == "map")])
    return Scene(lines, {k: np.vstack(v) for k, v in dots.items()}, starts, arrows, words)


def streamlines(portrait: Portrait) -> list[np.ndarray]:
    """Return the streamlines of the printed figure, each (k, 2)."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    if portrait.system.dimension == 1:
        return []
    figure = Figure()
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    draw_field(axes, portrait)
    return [s for c in axes.collections for s in c.get_segments()]  # pyright: ignore


def _arrows(portrait: Portrait) -> Iterator[Arrow]:
    for curve in portrait.curves:
        if curve.kind in DIRECTED:
            for ends in arrow_of(portrait, curve.points):
                yield Arrow(*ends, LINES[look_name(portrait, curve)].color)
    if portrait.system.dimension == 1 and portrait.system.kind == "flow":
        for tail, tip in arrows_of_the_line(portrait):
            yield Arrow(np.array([tail, 0.0]), np.array([tip, 0.0]), BLACK)


def _words(portrait: Portrait, curve: Curve) -> str:
    """Return how a legend without formulas calls a kind of curve."""
    is_map = portrait.system.kind == "map"
    words = {
        "nullcline": f"Δ{curve.label} = 0" if is_map else f"d{curve.label}/dt = 0",
        "field": f"d{portrait.system.labels[0]}/dt",
        "em": "EM iterates",
        "level": "invariant",
        "slow manifold": "slow manifold, ε → 0",
    }
    return words.get(curve.kind, curve.kind)
