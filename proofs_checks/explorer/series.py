"""Trajectories against time on the page: a panel for each variable that the plane shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from bokeh.models import ColumnDataSource, Range1d
from bokeh.plotting import figure

from numerics.portraits import TimeSeries
from numerics.portraits.series import LOOKS

__all__ = ["SeriesPanels"]

WIDTH, HEIGHT = 600, 120  # of a frame, pixels
ROOM = 0.06  # above and below the values, as a part of their spread


class SeriesPanels:
    """One panel for each variable, with a line for each trajectory."""

    def __init__(self, variables: Sequence[str], is_map: bool) -> None:
        self._is_map = is_map
        self._lines: dict[str, Any] = {}
        self._dots: dict[str, Any] = {}
        self.figures: list[Any] = []
        self._time = Range1d(start=0, end=1)
        for label in variables:
            panel = figure(
                frame_width=WIDTH, frame_height=HEIGHT, tools="xwheel_zoom,xpan,reset",
                toolbar_location=None, y_axis_label=label, visible=False,
                x_range=self._time, y_range=Range1d(start=0, end=1),
            )  # fmt: skip
            source = ColumnDataSource({"xs": [], "ys": [], "color": []})
            self._lines[label] = panel.multi_line("xs", "ys", color="color", source=source)
            source = ColumnDataSource({"x": [], "y": [], "color": []})
            self._dots[label] = panel.scatter("x", "y", color="color", size=4, source=source)
            self.figures.append(panel)
        self.figures[-1].xaxis.axis_label = "n" if is_map else "t"

    def show(self, series: TimeSeries | None) -> None:
        """Draw the trajectories; without any there is no panel."""
        for panel in self.figures:
            panel.visible = series is not None
        if series is None:
            return
        time = series.data["time"].values
        self._time.update(start=time[0], end=time[-1], reset_start=time[0], reset_end=time[-1])
        for panel, (label, line) in zip(self.figures, self._lines.items(), strict=True):
            paths = series.data["y"].sel(component=label).values
            low, high = _ends(paths)
            panel.y_range.update(start=low, end=high, reset_start=low, reset_end=high)
            colors = [LOOKS[n % len(LOOKS)][0] for n in range(len(paths))]
            line.data_source.data = {
                "xs": [time] * len(paths), "ys": list(paths), "color": colors,
            }  # fmt: skip
            if self._is_map:
                self._dots[label].data_source.data = {
                    "x": [t for _ in paths for t in time],
                    "y": [y for path in paths for y in path],
                    "color": [c for c in colors for _ in time],
                }


def _ends(values: np.ndarray) -> tuple[float, float]:
    """Return an interval around the finite ones of these values."""
    finite = values[np.isfinite(values)]
    low, high = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 0.0)
    room = ROOM * (high - low) or 1.0
    return low - room, high + room
