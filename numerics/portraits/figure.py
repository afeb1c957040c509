"""The figure of a portrait: one that goes into a paper as it is, or axes in a figure of one's own.

In a figure of its own the legend stands below the axes, so it never covers anything.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from numerics.portraits.drawing import draw_curves, draw_field, draw_points
from numerics.portraits.looks import COLUMN, mathtext, settings
from numerics.portraits.portrait import Portrait
from numerics.portraits.shading import draw_basins
from theory.files import write_atomically

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "SUFFIXES",
    "Style",
    "draw",
    "draw_on",
    "fill",
    "lay_out",
    "metadata",
    "rendered",
    "saved",
]

SUFFIXES = (".png", ".svg", ".pdf")
ASPECT = 0.76  # height of the figure without its legend, as a part of its width
COLUMNS, ROW = 3, 0.15  # of the legend; height of a row, inches
NOTE = 7.5  # points
LEAST_ASPECT, LARGEST_ASPECT = 0.1, 10.0


@dataclass(frozen=True)
class Style:
    """How a figure is laid out.

    ``width``   inches
    ``aspect``  "equal" for the same scale on both axes, or height over width of the axes
    ``title``   above the axes; without one a slice says that it is one
    ``legend``  whether there is one

    Raises `ValueError` for an aspect that is neither.
    """

    width: float = COLUMN
    aspect: float | str | None = None
    title: str | None = None
    legend: bool = True

    def __post_init__(self) -> None:
        """Check the aspect."""
        if self.aspect is None or self.aspect == "equal":
            return
        number = isinstance(self.aspect, int | float)
        if not number or not LEAST_ASPECT <= float(self.aspect) <= LARGEST_ASPECT:
            raise ValueError(
                f"the aspect of a figure is `equal` or height over width, a number from "
                f"{LEAST_ASPECT:g} to {LARGEST_ASPECT:g}; got `{self.aspect}`."
            )


def draw(
    portrait: Portrait, path: str | Path, style: Style | None = None, *, command: str = ""
) -> None:
    """Write the figure of a portrait: .png, .svg or .pdf, whole or not at all.

    ``command``  stored in the file: what the user ran

    Raises `ValueError` for another suffix, `OSError` where nothing can be written.
    """
    target = Path(path)
    write_atomically(target, rendered(portrait, target.suffix, style, command=command))


def rendered(
    portrait: Portrait, suffix: str, style: Style | None = None, *, command: str = ""
) -> bytes:
    """Return the bytes of the figure as a file of this kind.

    Raises `ValueError` for a suffix that is none of `SUFFIXES`.
    """
    title = f"phase portrait of {portrait.system.title}"
    return saved(lambda figure: fill(figure, portrait, style or Style()), suffix, title, command)


def saved(filling: Callable[[Figure], None], suffix: str, title: str, command: str) -> bytes:
    """Return the bytes of a figure that ``filling`` draws, in the looks of a paper.

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
        filling(figure)
        buffer = io.BytesIO()
        figure.savefig(buffer, format=suffix[1:], metadata=metadata(suffix, title, command))
    return buffer.getvalue()


def metadata(suffix: str, title: str, command: str) -> dict[str, Any]:
    """Return what the file says about itself; no date, so that equal figures are equal files."""
    if suffix == ".png":
        return {"Title": title, "Description": command, "Software": "proofhead"}
    if suffix == ".svg":
        return {"Title": title, "Description": command, "Creator": "proofhead", "Date": None}
    return {
        "Title": title, "Subject": command, "Creator": "proofhead", "Producer": None,
        "CreationDate": None,
    }  # fmt: skip


def fill(figure: Figure, portrait: Portrait, style: Style) -> None:
    """Draw everything into an empty figure and give it its size."""
    lay_out(figure, portrait, style, draw_on(figure.add_subplot(), portrait, style))


def lay_out(figure: Figure, portrait: Portrait, style: Style, entries: Mapping[str, Any]) -> None:
    """Put the legend below the axes of a figure, and give it its size.

    ``entries``  handles by their words
    """
    (axes,) = figure.axes
    rows = -(-len(entries) // COLUMNS) if style.legend else 0
    if rows:
        figure.legend(
            list(entries.values()), list(entries), loc="outside lower center", ncols=COLUMNS,
            frameon=False, handlelength=1.9, columnspacing=1.1, handletextpad=0.5,
            labelspacing=0.3, borderpad=0.1,
        )  # fmt: skip
    room = ROW * (rows + bool(axes.get_title()))
    figure.set_size_inches(style.width, _height(portrait, style) + room)


def _height(portrait: Portrait, style: Style) -> float:
    """Return the height of the figure without its legend, inches."""
    a, b, c, d = portrait.window
    ratio = (d - c) / (b - a) if style.aspect == "equal" else style.aspect
    if ratio is None:
        return ASPECT * style.width
    ratio = min(max(float(ratio), LEAST_ASPECT), LARGEST_ASPECT)
    return style.width * (0.84 * ratio + 0.14)  # of the width of the axes, and their labels


def draw_on(axes: Axes, portrait: Portrait, style: Style) -> dict[str, Any]:
    """Draw a portrait on axes; return the handles of a legend by their words."""
    x, *others = (mathtext(label) for label in portrait.system.labels)
    flows = portrait.system.kind == "flow"
    velocity = mathtext(portrait.system.labels[0], r"\dot{%s}" if flows else r"%s")
    y = others[0] if others else velocity + ("" if flows else "'")  # the next x
    axes.set_xlabel(f"${x}$")
    axes.set_ylabel(f"${y}$", rotation=0, ha="right", va="center")
    draw_field(axes, portrait)
    entries = draw_curves(axes, portrait) | draw_points(axes, portrait)
    if portrait.basins is not None:
        entries |= draw_basins(axes, portrait.basins, portrait.window)
    axes.set_xlim(*portrait.window[:2])
    axes.set_ylim(*portrait.window[2:])
    if style.aspect == "equal":
        axes.set_aspect("equal", adjustable="box")
    elif style.aspect is not None:
        axes.set_box_aspect(float(style.aspect))
    title = portrait.note if style.title is None else style.title
    if title:
        axes.set_title(title, fontsize=NOTE, pad=3.0)
    return entries
