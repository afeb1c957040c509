"""The figure of a bifurcation diagram.

Stable branches are thick and solid, unstable ones thin and dashed; cycles are drawn by the least
and the largest value of the variable, in the colour of limit cycles; special points have marks of
their own; a closed form lies underneath as a broad band.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from numerics.bifurcations.branch import LEFT
from numerics.bifurcations.closed_forms import ClosedForm
from numerics.bifurcations.diagram import Diagram
from numerics.portraits.looks import (
    BLACK,
    COLUMN,
    GREEN,
    GREY,
    LINES,
    ORANGE,
    PURPLE,
    SKY,
    VERMILLION,
    Look,
    mathtext,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["MARKS", "fill"]

MARKS: Mapping[str, tuple[str, str]] = {
    "fold": ("s", BLACK),
    "transcritical": ("D", SKY),
    "pitchfork": ("^", ORANGE),
    "branch point": ("X", GREY),
    "Hopf": ("o", VERMILLION),
    "flip": ("P", GREEN),
    "Neimark-Sacker": ("o", PURPLE),
    "multiple crossing": ("*", GREY),
    "fold of cycles": ("s", SKY),
    "branch point of cycles": ("X", SKY),
    "period doubling": ("P", SKY),
    "torus": ("D", PURPLE),
}
CYCLES = {
    "stable": "stable limit cycle",
    "unstable": "unstable limit cycle",
    "neutral": "family of cycles",
}
LOOKS = {**LINES, "family of cycles": Look(SKY, 1.0)}
ROW = 0.16  # height of a row of the legend, inches


def fill(figure: Figure, found: Diagram, component: int, exact: ClosedForm | None) -> None:
    """Draw a diagram into an empty figure and give it its size.

    ``component``  the variable on the vertical axis
    """
    axes = figure.add_subplot()
    axes.set_xlabel(f"${mathtext(found.name)}$")
    axes.set_ylabel(
        f"${mathtext(found.system.labels[component])}$", rotation=0, ha="right", va="center"
    )
    axes.set_xlim(found.family.low, found.family.high)
    entries: dict[str, Any] = {}
    if exact is not None:
        for curve in exact.curves:
            (line,) = axes.plot(exact.parameter, curve, color=ORANGE, lw=4.0, alpha=0.45, zorder=1)
            entries.setdefault("closed form", line)
    _draw_branches(axes, found, component, entries)
    _draw_cycles(axes, found, component, entries)
    for point in found.points:
        mark, color = MARKS[point.kind]
        filled = "white" if point.criticality == "subcritical" else color
        handle = _mark(axes, point.parameter, point.y[component], mark, filled)
        entries.setdefault(f"{point.criticality} {point.kind}".strip(), handle)
    axes.set_ylim(*_limits(found, component))
    figure.legend(
        list(entries.values()), list(entries), loc="outside lower center", ncols=2, frameon=False,
        handlelength=1.9, columnspacing=1.1, handletextpad=0.5, labelspacing=0.3, borderpad=0.1,
    )  # fmt: skip
    figure.set_size_inches(COLUMN, 0.76 * COLUMN + ROW * -(-len(entries) // 2))


def _draw_branches(axes: Axes, found: Diagram, component: int, entries: dict[str, Any]) -> None:
    for branch in found.branches:
        p, y = found.family.parameter(branch.u[:, -1]), found.family.state(branch.u)[:, component]
        stable = branch.unstable(found.system.kind) == 0
        for is_stable, words, style in (
            (True, "stable", {"lw": 1.5, "ls": "solid"}),
            (False, "unstable", {"lw": 0.9, "ls": (0, (4, 1.6))}),
        ):
            here = _up_to_the_change(stable, is_stable)
            if here.any():
                (line,) = axes.plot(
                    p, np.where(here, y, np.nan), color=BLACK, zorder=2 + is_stable, **style
                )
                entries.setdefault(words, line)


def _draw_cycles(axes: Axes, found: Diagram, component: int, entries: dict[str, Any]) -> None:
    """Draw cycles by the least and the largest value of a variable."""
    for branch in found.cycles:
        p = np.array([c.parameter for c in branch.cycles])
        words_at = np.array([CYCLES[c.stability] for c in branch.cycles])
        words_at[0] = words_at[min(1, len(words_at) - 1)]  # where they begin
        for words in dict.fromkeys(words_at.tolist()):
            here = _up_to_the_change(words_at, words)
            for side in ("low", "high") if here.any() else ():
                y = np.array([getattr(c, side)[component] for c in branch.cycles])
                (line,) = axes.plot(p, np.where(here, y, np.nan), **LOOKS[words].line())
                entries.setdefault(words, line)
        for c in branch.points:
            for y in (c.low[component], c.high[component]):
                handle = _mark(axes, c.parameter, y, *MARKS[c.kind])
                entries.setdefault(c.kind, handle)


def _up_to_the_change(states: np.ndarray, wanted: object) -> np.ndarray:
    """Return where to draw a curve: where it is as wanted, and up to the next point."""
    here = states == wanted
    here[:-1] |= here[1:] & (states[:-1] != wanted)
    return here


def _mark(axes: Axes, p: float, y: float, mark: str, filled: str) -> Any:
    (handle,) = axes.plot(
        p, y, mark, ms=5.0, mfc=filled, mec=BLACK, mew=0.8, zorder=5, clip_on=False, ls="none"
    )
    return handle


def _limits(found: Diagram, component: int) -> tuple[float, float]:
    """Return what the vertical axis shows: all of it, but not how far branches leave the region."""
    y = np.concatenate([found.family.state(b.u)[:, component] for b in found.branches])
    low, high = np.quantile(y, (0.02, 0.98))
    room = 0.15 * (high - low) or 0.5
    low, high = max(y.min(), low - 2 * room), min(y.max(), high + 2 * room)
    marked = [x.y[component] for x in found.points]
    sides: list[np.ndarray] = []
    for branch in found.cycles:
        marked += [y for c in branch.points for y in (c.low[component], c.high[component])]
        sides.append(np.array([(c.low[component], c.high[component]) for c in branch.cycles]))
        if branch.end != LEFT:
            marked += sides[-1].ravel().tolist()
    low, high = min([low, *marked]), max([high, *marked])
    room = 0.05 * (high - low) or 0.5
    for side in sides:  # those that leave the region are shown some way
        low = min(low, max(side.min(), low - 6 * room))
        high = max(high, min(side.max(), high + 6 * room))
    return float(low - room), float(high + room)
