"""What a portrait looks like on axes: streamlines, curves with arrows, fixed points.

Fixed points: filled stable, half-filled saddle, open unstable; round nodes, square foci; a dot in a
centre or an elliptic point, a diamond where the linearisation does not decide; a ring around those
that are proved.  A limit cycle that is proved is a double line.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from numerics.portraits.curves import PROVED, Curve
from numerics.portraits.looks import BLACK, DARK, LINES, MARKS, PALE, Look, Mark, mathtext
from numerics.portraits.plane import size_of
from numerics.portraits.portrait import Portrait
from numerics.portraits.stroboscope import StroboscopicMap

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "DIRECTED",
    "DOTTED",
    "arrow_of",
    "arrows_of_the_line",
    "draw_curves",
    "draw_field",
    "draw_points",
    "drawable",
    "look_name",
    "words_of",
]

MARK, ANGULAR, DOT, RING, HALO = 5.2, 4.6, 1.6, 8.6, 11.0  # diameters, points
DIRECTED = (
    "trajectory", "stable manifold", "unstable manifold", "stable limit cycle",
    "unstable limit cycle",
)  # fmt: skip
FAR = 100.0  # windows; vertices farther away are more than a drawing library can take
DOTTED = {"iterates": ("o", 2.2), "em": ("^", 2.2), "orbit": ("o", 0.9), "stable cycle": ("o", 3.4)}
SHORTEST, ARROW = 0.04, 0.02  # of an interval with an arrow, and of the arrow, in windows
CORE, ABOVE = 0.8, 3.6  # of the line along a proved cycle: width, points; order, over trajectories
SEEN = 2.2  # least size of a dot in the legend, points


def draw_field(axes: Axes, portrait: Portrait) -> None:
    """Draw streamlines of the field, of a map of its displacement; of one variable arrows."""
    if portrait.system.dimension == 1:
        _draw_the_line(axes, portrait)
        return
    if isinstance(portrait.system, StroboscopicMap):
        return  # a state jumps over many turns: no line leads from it to its image
    x, y = portrait.grid[0, :, 0], portrait.grid[:, 0, 1]
    width, height = size_of(portrait.window)
    u, v = (np.ma.masked_invalid(portrait.velocity[..., n]) for n in (0, 1))
    fastest = max(np.ma.max(np.abs(u)) / width, np.ma.max(np.abs(v)) / height)
    if not fastest > 0:
        return  # nothing moves
    u, v = u / fastest, v / fastest  # whatever its size
    axes.streamplot(
        x, y, u, v, density=0.9, color=DARK if portrait.basins else PALE, linewidth=0.55,
        arrowsize=0.5, arrowstyle="-|>", zorder=1, broken_streamlines=True,
    )  # fmt: skip


def _draw_the_line(axes: Axes, portrait: Portrait) -> None:
    """Draw the axis, and on it where a flow goes, between its rests and poles."""
    if portrait.system.kind == "map":
        return
    axes.axhline(0.0, color=BLACK, lw=0.6, zorder=2)
    for tail, tip in arrows_of_the_line(portrait):
        axes.annotate(
            "", xy=(tip, 0.0), xytext=(tail, 0.0), zorder=4,
            arrowprops={"arrowstyle": "-|>", "color": BLACK, "lw": 0.6, "mutation_scale": 9.0},
        )  # fmt: skip


def arrows_of_the_line(portrait: Portrait) -> Iterator[tuple[float, float]]:
    """Yield tail and tip of an arrow for each interval through which a flow goes one way."""
    low, high = portrait.window[:2]
    x, f = portrait.grid[0, :, 0], portrait.velocity[0, :, 0]
    way = np.sign(np.nan_to_num(f))
    for run in np.split(np.arange(len(x)), np.flatnonzero(np.diff(way)) + 1):
        length = x[run[-1]] - x[run[0]]
        if not way[run[0]] or not length > SHORTEST * (high - low):
            continue
        middle, step = x[run].mean(), ARROW * (high - low) * way[run[0]]
        yield float(middle - step), float(middle + step)


def draw_curves(axes: Axes, portrait: Portrait) -> dict[str, Any]:
    """Draw every curve; return one handle for each kind that there is, by its words."""
    entries: dict[str, Any] = {}
    for curve in sorted(portrait.curves, key=lambda c: list(LINES).index(look_name(portrait, c))):
        look = LINES[look_name(portrait, curve)]
        (line,) = axes.plot(*drawable(portrait, curve.points).T, **look.line())
        if curve.kind in DIRECTED:
            _arrow(axes, portrait, curve, look)
        if curve.kind == "trajectory":
            axes.plot(*curve.points[0], "o", ms=1.8, color=look.color, zorder=look.order)
        if curve.kind in DOTTED:
            marker, size = DOTTED[curve.kind]
            line.set(marker=marker, markersize=size)
            line.set(markeredgewidth=0.3 * (curve.kind != "orbit"), markeredgecolor=BLACK)
        handle: Any = line
        if curve.label.endswith(PROVED):
            points = drawable(portrait, curve.points).T
            (core,) = axes.plot(*points, color="white", lw=CORE, zorder=ABOVE)
            handle = line, core
        entries.setdefault(words_of(portrait, curve), handle)
    for words, handle in entries.items():
        line = handle[0] if isinstance(handle, tuple) else handle
        line.set_label(words)
        if line.get_markersize() < SEEN and line.get_linestyle() == "None":
            entries[words] = _larger(line)
    return entries


def _larger(line: Any) -> Any:
    """Return the handle of small dots: one that can be seen."""
    from matplotlib.lines import Line2D

    return Line2D([], [], ls="none", marker="o", ms=SEEN, mew=0, color=line.get_color())


def drawable(portrait: Portrait, points: np.ndarray) -> np.ndarray:
    """Return vertices with the last one, which may lie far outside, brought near."""
    if len(points) < 2:
        return points
    step = points[-1] - points[-2]
    length = float(np.abs(step / size_of(portrait.window)).max())
    return np.vstack([points[:-1], points[-2] + step * min(1.0, FAR / max(length, 1e-300))])


def look_name(portrait: Portrait, curve: Curve) -> str:
    """Return the name of the look of a curve in `LINES`."""
    if curve.kind != "nullcline":
        return curve.kind
    return ("first", "second")[portrait.system.labels.index(curve.label)] + " nullcline"


def words_of(portrait: Portrait, curve: Curve) -> str:
    """Return how the legend names a kind of curve, for mathtext."""
    if curve.kind == "nullcline":
        is_map = portrait.system.kind == "map"
        x = mathtext(curve.label) if is_map else mathtext(curve.label, r"\dot{%s}")
        return rf"$\Delta {x} = 0$" if is_map else f"${x} = 0$"
    accent = r"\dot{%s}"
    words = {
        "field": f"${mathtext(portrait.system.labels[0], accent)}$",
        "em": "EM iterates",
        "level": "invariant",
        "slow manifold": r"slow manifold, $\epsilon \to 0$",
    }
    proved = f", {PROVED}" if curve.label.endswith(PROVED) else ""
    return words.get(curve.kind, curve.kind) + proved


def _arrow(axes: Axes, portrait: Portrait, curve: Curve, look: Look) -> None:
    """Draw an arrow head in the middle of what is visible of a curve."""
    for tail, tip in arrow_of(portrait, curve.points):
        axes.annotate(
            "", xy=tuple(tip), xytext=tuple(tail), zorder=look.order,
            arrowprops={"arrowstyle": "-|>", "color": look.color, "lw": 0, "mutation_scale": 7.0,
                        "shrinkA": 0, "shrinkB": 0},
        )  # fmt: skip


def arrow_of(portrait: Portrait, points: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield tail and tip of an arrow in the direction of time, if a line is long enough for one."""
    steps = np.linalg.norm(np.diff(points, axis=0) / size_of(portrait.window), axis=1)
    travelled = np.concatenate([[0.0], np.cumsum(steps)])
    if travelled[-1] > 0.08:
        middle = int(np.searchsorted(travelled, min(travelled[-1] / 2, 0.25)))
        yield points[max(middle - 1, 0)], points[middle]


def draw_points(axes: Axes, portrait: Portrait) -> dict[str, Any]:
    """Draw the fixed points; return the handles of the types that there are, then of the ring."""
    entries: dict[str, Any] = {}
    if portrait.system.dimension == 2:  # a dense spiral would hide what is in the middle of it
        for place in portrait.places:
            axes.plot(*place, "o", ms=HALO, color="white", mew=0, zorder=5.5)
    for kind, mark in MARKS.items():
        for point, place in zip(portrait.points, portrait.places, strict=True):
            if point.kind == kind:
                handles = axes.plot(*place, mark.marker, **_filled(mark))
                if mark.dot:
                    handles += axes.plot(*place, "o", ms=DOT, color=BLACK, zorder=6)
                entries.setdefault(mark.words or kind, tuple(handles))
    for point, place in zip(portrait.points, portrait.places, strict=True):
        if point.label == "proved":
            (ring,) = axes.plot(
                *place, "o", ms=RING, mfc="none", mec=BLACK, mew=0.7, zorder=6, clip_on=False
            )
            entries.setdefault("proved", ring)
    for words, handles in entries.items():
        (handles[0] if isinstance(handles, tuple) else handles).set_label(words)
    return entries


def _filled(mark: Mark) -> dict[str, Any]:
    size = MARK if mark.marker == "o" else ANGULAR
    common = {"ms": size, "mec": BLACK, "mew": 0.8, "zorder": 6, "clip_on": False}
    if mark.fill == "none":
        return {**common, "mfc": "white"}
    return {**common, "mfc": BLACK, "fillstyle": mark.fill, "markerfacecoloralt": "white"}
