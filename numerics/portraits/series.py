"""Time series: chosen variables of a system of any size against time, from several starts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from numerics.flows import System
from numerics.portraits.beside import write_beside
from numerics.portraits.figure import COLUMNS, NOTE, ROW, Style, saved
from numerics.portraits.looks import BLACK, BLUE, GREEN, ORANGE, PURPLE, VERMILLION, mathtext
from numerics.portraits.plane import component

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

__all__ = ["TimeSeries", "time_series", "write_series"]

TIMES, STARTS = 1001, 3
PANEL = 0.32  # height of a panel, as a part of the width of the figure
LOOKS = tuple(
    zip(
        (BLACK, BLUE, VERMILLION, GREEN, PURPLE, ORANGE),
        ("solid", (0, (4, 1.4)), (0, (1, 1.1)), (0, (5, 1.2, 1, 1.2)), (0, (7, 1.2)), (0, (2, 1))),
        strict=True,
    )
)
"""Colour and dashes of a start, in turn: they differ in print too."""


@dataclass(frozen=True)
class TimeSeries:
    """The trajectories of a system in time.

    ``system``     the system
    ``variables``  labels of those that are shown
    ``data``       ``y`` (trajectory, time, component), ``status`` and what `integrate` says
    """

    system: System
    variables: tuple[str, ...]
    data: xr.Dataset


def time_series(
    system: System,
    variables: Sequence[str] | None = None,
    *,
    starts: np.ndarray | int = STARTS,
    until: float = 50.0,
    seed: int = 0,
    command: str = "",
) -> TimeSeries:
    """Return the trajectories of a flow, or the iterates of a map, from several starts.

    ``variables``  labels of those to show; all if not given
    ``starts``     states (n, d), or how many of the system's own, drawn from ``seed``; of a driven
                   system without the time, which begins at 0, or with it
    ``until``      the last time; of a map the number of iterates

    Raises `ValueError` for unknown variables, starts of the wrong shape, a time that is not above
    0, a number of iterates that is not whole.
    """
    own = system.labels if system.forcing is None else system.labels[:-1]  # not the time
    chosen = tuple(own if variables is None else variables)
    for label in chosen:
        component(system, label)
    if isinstance(starts, int):
        if starts < 1:
            raise ValueError(f"time series need at least one start; got {starts}.")
        starts = system.starts(np.random.default_rng(seed), starts)
    y = np.asarray(starts, dtype=float)
    if system.forcing is not None and y.ndim == 2 and y.shape[1] == len(own):
        y = np.column_stack([y, np.zeros(len(y))])
    if y.ndim != 2 or y.shape[1] != system.dimension or not np.isfinite(y).all():
        raise ValueError(
            f"starts of `{system.name}` must be finite states of shape (n, {system.dimension}); "
            f"got {y.tolist()}."
        )
    whole = system.kind == "flow" or float(until).is_integer()
    if not (np.isfinite(until) and until > 0 and whole):
        what = "a time" if system.kind == "flow" else "a whole number of iterates"
        raise ValueError(f"time series run until {what} above 0; got {until:g}.")
    if system.kind == "map":
        return TimeSeries(system, chosen, _iterates(system, y, int(until), command))
    from numerics.integration import integrate

    found = integrate(system, y, np.linspace(0.0, until, TIMES), command=command)
    return TimeSeries(system, chosen, found)


def _iterates(system: System, y: np.ndarray, count: int, command: str) -> xr.Dataset:
    import xarray as xr

    states = [y]
    for _ in range(count):
        states.append(system.velocity(states[-1]))
    path = np.stack(states, axis=1)
    lost = ~np.isfinite(path).all(axis=(1, 2))
    return xr.Dataset(
        {
            "y": (("trajectory", "time", "component"), path),
            "status": ("trajectory", np.where(lost, "not finite", "finished")),
        },
        {"time": np.arange(count + 1.0), "component": list(system.labels)},
        {"system": system.name, "command": command},
    )


def write_series(
    series: TimeSeries, path: str | Path, style: Style | None = None, *, command: str = ""
) -> Path:
    """Write the figure to ``path`` and the data beside it, both or none; return the data's path.

    Raises `ValueError` for a suffix that is no figure's, `OSError` where nothing can be written.
    """
    target = Path(path)
    title = f"time series of {series.system.title}"
    figure = saved(lambda f: _fill(f, series, style or Style()), target.suffix, title, command)
    return write_beside(target, figure, series.data)


def _fill(figure: Figure, series: TimeSeries, style: Style) -> None:
    rows = figure.subplots(len(series.variables), 1, sharex=True, squeeze=False)[:, 0]
    time, is_map = series.data["time"].values, series.system.kind == "map"
    for axes, label in zip(rows, series.variables, strict=True):
        values = series.data["y"].sel(component=label).values
        for n, line in enumerate(values):
            color, dashes = LOOKS[n % len(LOOKS)]
            dots = {"marker": "o", "ms": 1.6} if is_map else {}
            axes.plot(time, line, color=color, ls=dashes, lw=0.9, label=f"start {n + 1}", **dots)
        axes.set_ylabel(f"${mathtext(label)}$", rotation=0, ha="right", va="center")
        axes.set_xlim(time[0], time[-1])
    rows[-1].set_xlabel("$n$" if is_map else "$t$")
    if style.title:
        rows[0].set_title(style.title, fontsize=NOTE, pad=3.0)
    handles = rows[0].get_lines()
    legend = style.legend and len(handles) > 1
    if legend:
        figure.legend(handles=handles, loc="outside lower center", ncols=COLUMNS, frameon=False)
    height = style.width * (
        PANEL if style.aspect in (None, "equal") else 0.84 * float(style.aspect)
    )
    room = 0.3 + ROW * (-(-len(handles) // COLUMNS) * legend + bool(style.title))
    figure.set_size_inches(style.width, height * len(rows) + room)
