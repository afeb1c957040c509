"""The figure of a portrait: one that goes into a paper as it is.

Fixed points: filled stable, half-filled saddle, open unstable, a diamond where the linearisation
does not decide; a ring around those that are proved.  The legend stands below the axes, so it
never covers anything.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from numerics.fixed_points import FixedPoint
from numerics.portraits.curves import Curve, size_of
from numerics.portraits.looks import (
    BLACK,
    COLUMN,
    LINES,
    MARKS,
    PALE,
    Look,
    mathtext,
    settings,
)
from numerics.portraits.portrait import Portrait
from theory.files import write_atomically

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["SUFFIXES", "draw", "rendered"]

SUFFIXES = (".png", ".svg", ".pdf")
ASPECT = 0.76  # height of the figure without its legend, as a part of its width
COLUMNS, ROW = 3, 0.15  # of the legend; height of a row, inches
MARK, RING = 5.2, 8.6  # diameters, points
NOTE = 7.5  # points


def draw(portrait: Portrait, path: str | Path, *, width: float = COLUMN, command: str = "") -> None:
    """Write the figure of a portrait: .png, .svg or .pdf, whole or not at all.

    ``width``    inches
    ``command``  stored in the file: what the user ran

    Raises `ValueError` for another suffix, `OSError` where nothing can be written.
    """
    target = Path(path)
    write_atomically(target, rendered(portrait, target.suffix, width=width, command=command))


def rendered(portrait: Portrait, suffix: str, *, width: float = COLUMN, command: str = "") -> bytes:
    """Return the bytes of the figure as a file of this kind.

    Raises `ValueError` for a suffix that is none of `SUFFIXES`.
    """
    suffix = suffix.lower()
    if suffix not in SUFFIXES:
        raise ValueError(
            f"a figure is written as {', '.join(SUFFIXES)}; got `{suffix or 'no suffix'}`."
        )
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with mpl.rc_context(settings()):
        figure = Figure(layout="constrained")
        FigureCanvasAgg(figure)
        rows = _fill(figure, portrait)
        figure.set_size_inches(width, ASPECT * width + ROW * rows)
        buffer = io.BytesIO()
        title = f"phase portrait of {portrait.system.title}"
        figure.savefig(buffer, format=suffix[1:], metadata=_metadata(suffix, title, command))
    return buffer.getvalue()


def _metadata(suffix: str, title: str, command: str) -> dict[str, Any]:
    """Return what the file says about itself; no date, so that equal portraits are equal files."""
    if suffix == ".png":
        return {"Title": title, "Description": command, "Software": "proofhead"}
    if suffix == ".svg":
        return {"Title": title, "Description": command, "Creator": "proofhead", "Date": None}
    return {
        "Title": title, "Subject": command, "Creator": "proofhead", "Producer": None,
        "CreationDate": None,
    }  # fmt: skip


def _fill(figure: Figure, portrait: Portrait) -> int:
    """Draw everything; return the number of rows of the legend."""
    axes = figure.add_subplot()
    x, y = (mathtext(label) for label in portrait.system.labels)
    axes.set_xlabel(f"${x}$")
    axes.set_ylabel(f"${y}$", rotation=0, ha="right", va="center")
    axes.set_xlim(*portrait.window[:2])
    axes.set_ylim(*portrait.window[2:])
    if portrait.note:
        axes.set_title(portrait.note, fontsize=NOTE, pad=3.0)
    _stream(axes, portrait)
    entries = _curves(axes, portrait) | _points(axes, portrait)
    if entries:
        figure.legend(
            list(entries.values()), list(entries), loc="outside lower center", ncols=COLUMNS,
            frameon=False, handlelength=1.9, columnspacing=1.1, handletextpad=0.5,
            labelspacing=0.3, borderpad=0.1,
        )  # fmt: skip
    return -(-len(entries) // COLUMNS)


def _stream(axes: Axes, portrait: Portrait) -> None:
    x, y = portrait.grid[0, :, 0], portrait.grid[:, 0, 1]
    u, v = (np.ma.masked_invalid(portrait.velocity[..., n]) for n in (0, 1))
    if not (np.abs(u).max() > 0 or np.abs(v).max() > 0):
        return  # nothing moves
    axes.streamplot(
        x, y, u, v, density=0.9, color=PALE, linewidth=0.55, arrowsize=0.5, arrowstyle="-|>",
        zorder=1, broken_streamlines=True,
    )  # fmt: skip


def _curves(axes: Axes, portrait: Portrait) -> dict[str, Any]:
    """Draw every curve; return one handle for each kind that there is, by its words."""
    entries: dict[str, Any] = {}
    for curve in sorted(portrait.curves, key=lambda c: list(LINES).index(_look_name(portrait, c))):
        look = LINES[_look_name(portrait, curve)]
        (line,) = axes.plot(*curve.points.T, **look.line())
        if curve.kind in ("trajectory", "stable manifold", "unstable manifold"):
            _arrow(axes, portrait, curve, look)
        if curve.kind == "trajectory":
            axes.plot(*curve.points[0], "o", ms=1.8, color=look.color, zorder=look.order)
        if curve.kind in ("iterates", "em"):
            line.set(marker="o" if curve.kind == "iterates" else "^", markersize=2.2)
            line.set(markeredgewidth=0.3, markeredgecolor=BLACK)
        entries.setdefault(_words(portrait, curve), line)
    return entries


def _look_name(portrait: Portrait, curve: Curve) -> str:
    if curve.kind != "nullcline":
        return curve.kind
    return ("first", "second")[portrait.system.labels.index(curve.label)] + " nullcline"


def _words(portrait: Portrait, curve: Curve) -> str:
    """Return how the legend names a kind of curve."""
    if curve.kind == "nullcline":
        is_map = portrait.system.kind == "map"
        x = mathtext(curve.label) if is_map else mathtext(curve.label, r"\dot{%s}")
        return rf"$\Delta {x} = 0$" if is_map else f"${x} = 0$"
    words = {
        "em": "EM iterates",
        "level": "invariant",
        "slow manifold": r"slow manifold, $\epsilon \to 0$",
    }
    return words.get(curve.kind, curve.kind)


def _arrow(axes: Axes, portrait: Portrait, curve: Curve, look: Look) -> None:
    """Draw an arrow head in the middle of what is visible of a curve, in the direction of time."""
    points = curve.points
    steps = np.linalg.norm(np.diff(points, axis=0) / size_of(portrait.window), axis=1)
    travelled = np.concatenate([[0.0], np.cumsum(steps)])
    if not travelled[-1] > 0.08:
        return
    middle = int(np.searchsorted(travelled, min(travelled[-1] / 2, 0.25)))
    tail = points[max(middle - 1, 0)]
    axes.annotate(
        "", xy=tuple(points[middle]), xytext=tuple(tail), zorder=look.order,
        arrowprops={"arrowstyle": "-|>", "color": look.color, "lw": 0, "mutation_scale": 7.0,
                    "shrinkA": 0, "shrinkB": 0},
    )  # fmt: skip


def _points(axes: Axes, portrait: Portrait) -> dict[str, Any]:
    """Draw the fixed points; return the handles of the types that there are, then of the ring."""
    entries: dict[str, Any] = {}
    for name, mark in MARKS.items():
        for point in portrait.points:
            if _mark_name(point) == name:
                (handle,) = axes.plot(*point.y, mark.marker, **_filled(mark.fill))
                entries.setdefault(mark.label, handle)
    for point in portrait.points:
        if point.label == "proved":
            (ring,) = axes.plot(
                *point.y, "o", ms=RING, mfc="none", mec=BLACK, mew=0.7, zorder=6, clip_on=False
            )
            entries.setdefault("proved", ring)
    return entries


def _mark_name(point: FixedPoint) -> str:
    if point.kind == "saddle":
        return "saddle"
    return {True: "stable", False: "unstable", None: "undecided"}[point.stable]


def _filled(fill: str) -> dict[str, Any]:
    common = {"ms": MARK, "mec": BLACK, "mew": 0.8, "zorder": 6, "clip_on": False}
    if fill == "none":
        return {**common, "mfc": "white"}
    return {**common, "mfc": BLACK, "fillstyle": fill, "markerfacecoloralt": "white"}
