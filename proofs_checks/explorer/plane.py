"""The phase plane on the page: one renderer for each look, filled again for each picture."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from bokeh.events import Tap
from bokeh.models import ColumnDataSource, HoverTool, Legend, LegendItem, Range1d
from bokeh.plotting import figure

from numerics.portraits import Portrait
from numerics.portraits.drawing import DOTTED
from numerics.portraits.looks import BLACK, MARKS, Look
from numerics.portraits.plane import size_of
from numerics.portraits.series import LOOKS as TIMES
from proofs_checks.explorer.painter import Picture
from proofs_checks.explorer.scene import LOOKS, Arrow

__all__ = ["Plane"]

WIDTH, HEIGHT = 600, 450  # of the frame, pixels
SCALE = 1.6  # pixels for a point of the printed figure
MARK, RING, HALO, HEAD = 11, 18, 22, 9  # diameters, pixels
SHAPES = {"o": "circle", "s": "square", "D": "diamond", "X": "x", "^": "triangle"}
COLORS = [color for color, _ in TIMES]  # of starts, as in their time series
COLUMNS, HALF_FILLED = 4, "◐"  # of the legend


class Plane:
    """The plane of a portrait.

    ``clicked``  called with the coordinates of a click, as they arrive
    """

    def __init__(self, clicked: Callable[[Any, Any], None]) -> None:
        self.ranges = Range1d(start=0, end=1), Range1d(start=0, end=1)
        self.figure: Any = figure(
            frame_width=WIDTH, frame_height=HEIGHT, x_range=self.ranges[0], y_range=self.ranges[1],
            tools="pan,wheel_zoom,reset", name="plane", toolbar_location="above",
        )  # fmt: skip
        self.figure.toolbar.logo = None
        self._clicked = clicked
        self.figure.on_event(Tap, self._tapped)
        self._lines = {name: self._line(look) for name, look in LOOKS.items()}
        self._dots = {kind: self._dot(kind) for kind in DOTTED}
        self._heads = self.figure.scatter(
            "x", "y", angle="angle", color="color", marker="triangle", size=HEAD, level="glyph",
            source=_source("x", "y", "angle", "color"),
        )  # fmt: skip
        self._starts = self.figure.scatter(
            "x", "y", size=6, color="color", source=_source("x", "y", "color")
        )
        self._marks: dict[str, list[Any]] = {}
        self._points = _source("x", "y", "kind", "place", "label")
        self._ring_source = _source("x", "y")
        self._make_marks()
        self._legend: Any = Legend(
            items=[], ncols=COLUMNS, border_line_color=None, spacing=6, margin=4,
            location="left",
            label_text_font_size="12px", glyph_height=18, click_policy="none",
        )  # fmt: skip
        self._legend.padding = 2
        self.figure.add_layout(self._legend, "below")

    def show(self, picture: Picture) -> None:
        """Draw a picture."""
        portrait, scene = picture.portrait, picture.scene
        for name, renderer in self._lines.items():
            lines = scene.lines.get(name, [])
            renderer.data_source.data = {
                "xs": [x[:, 0] for x in lines], "ys": [x[:, 1] for x in lines],
            }  # fmt: skip
        for kind, renderer in self._dots.items():
            points = scene.dots.get(kind)
            renderer.data_source.data = _columns(() if points is None else points)
        colors = [COLORS[n % len(COLORS)] for n in range(len(scene.starts))]
        self._starts.data_source.data = {**_columns(scene.starts), "color": colors}
        self._heads.data_source.data = _heads(portrait, scene.arrows)
        self._show_points(portrait)
        self._show_axes(portrait)
        self._show_legend(picture)

    def _tapped(self, event: Any) -> None:
        self._clicked(event.x, event.y)

    # -- making -----------------------------------------------------------------------------------

    def _line(self, look: Look) -> Any:
        return self.figure.multi_line(
            "xs", "ys", source=_source("xs", "ys"), color=look.color, alpha=look.opacity,
            line_width=SCALE * look.width, line_dash=_dash(look),
        )  # fmt: skip

    def _dot(self, kind: str) -> Any:
        marker, size = DOTTED[kind]
        joined = kind != "orbit"
        return self.figure.scatter(
            "x", "y", source=_source("x", "y"), marker=SHAPES[marker], size=2 * size,
            fill_color=LOOKS[kind].color, line_color=BLACK if joined else None, line_width=0.5,
        )  # fmt: skip

    def _make_marks(self) -> None:
        halo = self.figure.scatter("x", "y", source=self._points, size=HALO, color="white")
        for kind, mark in MARKS.items():
            source = _source("x", "y")
            full = mark.fill == "full"
            shape = self.figure.scatter(
                "x", "y", source=source, size=MARK, marker=SHAPES[mark.marker], line_color=BLACK,
                line_width=1.4 if mark.marker != "X" else 3, fill_color=BLACK if full else "white",
            )  # fmt: skip
            self._marks[kind] = [shape]
            if mark.fill == "left":
                self._marks[kind].append(
                    self.figure.wedge(
                        "x",
                        "y",
                        source=source,
                        radius=MARK / 2,
                        radius_units="screen",
                        color=BLACK,
                        start_angle=math.pi / 2,
                        end_angle=3 * math.pi / 2,
                    )  # fmt: skip
                )
            if mark.dot:
                dot = self.figure.scatter("x", "y", source=source, size=3, color=BLACK)
                self._marks[kind].append(dot)
        self._rings = self.figure.scatter(
            "x", "y", source=self._ring_source, size=RING, fill_color=None, line_color=BLACK
        )
        self.figure.add_tools(
            HoverTool(
                renderers=[halo],
                tooltips=[("", "@kind"), ("at", "@place"), ("", "@label")],
            )
        )

    # -- filling ----------------------------------------------------------------------------------

    def _show_points(self, portrait: Portrait) -> None:
        labels, places = portrait.system.labels, portrait.places
        kinds = [p.kind for p in portrait.points]
        for kind, glyphs in self._marks.items():
            at = [p for p, k in zip(places, kinds, strict=True) if k == kind]
            glyphs[0].data_source.data = _columns(at)
        self._ring_source.data = _columns(
            [p for p, q in zip(places, portrait.points, strict=True) if q.label == "proved"]
        )
        self._points.data = {
            **_columns(places),
            "kind": kinds,
            "place": [
                ", ".join(f"{x} = {v:.6g}" for x, v in zip(labels, p.y, strict=True))
                for p in portrait.points
            ],
            "label": [p.label for p in portrait.points],
        }

    def _show_axes(self, portrait: Portrait) -> None:
        a, b, c, d = portrait.window
        for axis, low, high in zip(self.ranges, (a, c), (b, d), strict=True):
            axis.update(start=low, end=high, reset_start=low, reset_end=high)
        x, *others = portrait.system.labels
        flows = portrait.system.kind == "flow"
        self.figure.xaxis.axis_label = x
        self.figure.yaxis.axis_label = others[0] if others else f"d{x}/dt" if flows else f"next {x}"

    def _show_legend(self, picture: Picture) -> None:
        scene, items = picture.scene, []
        for name, words in scene.words.items():
            renderers = [self._lines[name]] if name in scene.lines else []
            renderers += [self._dots[name]] if name in scene.dots else []
            items.append(LegendItem(label=words, renderers=renderers))
        kinds = {p.kind for p in picture.portrait.points}
        for kind, glyphs in self._marks.items():
            if kind in kinds:
                words, half = MARKS[kind].words or kind, MARKS[kind].fill == "left"
                # a legend knows no half-filled mark, but letters do
                label, shown = (f"{HALF_FILLED} {words}", []) if half else (words, glyphs)
                items.append(LegendItem(label=label, renderers=shown))
        if any(p.label == "proved" for p in picture.portrait.points):
            items.append(LegendItem(label="proved", renderers=[self._rings]))
        self._legend.items = items


def _source(*columns: str) -> Any:
    return ColumnDataSource({name: [] for name in columns})


def _columns(points: Any) -> dict[str, list[Any]]:
    pairs = [(float(x), float(y)) for x, y in points]
    return {"x": [x for x, _ in pairs], "y": [y for _, y in pairs]}


def _heads(portrait: Portrait, arrows: Sequence[Arrow]) -> dict[str, list[Any]]:
    """Return triangles that point along their lines, as the frame shows them."""
    width, height = size_of(portrait.window)
    found: dict[str, list[Any]] = {"x": [], "y": [], "angle": [], "color": []}
    for tail, tip, color in arrows:
        across, up = (tip - tail) / (width, height) * (WIDTH, HEIGHT)
        found["x"].append(float(tip[0]))
        found["y"].append(float(tip[1]))
        found["angle"].append(math.atan2(up, across) - math.pi / 2)
        found["color"].append(color)
    return found


def _dash(look: Look) -> str:
    """Return dashes in pixels; those of a look are in widths of its line."""
    if isinstance(look.dashes, str):
        return "solid"
    return " ".join(str(max(1, round(SCALE * look.width * x))) for x in look.dashes[1])
