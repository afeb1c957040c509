"""Animations: trajectories that move along a portrait, and a portrait over a range of a parameter.

A .gif is written by Pillow, an .mp4 by ffmpeg, where there is one.  The data lie beside it, as
NetCDF.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from numerics.integration import integrate
from numerics.portraits.beside import write_beside
from numerics.portraits.figure import Style, draw_on, lay_out
from numerics.portraits.files import portrait_dataset
from numerics.portraits.looks import BLACK, mathtext, settings
from numerics.portraits.plane import size_of
from numerics.portraits.portrait import Portrait
from numerics.portraits.stroboscope import StroboscopicMap
from theory.files import scratch_folder

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

__all__ = ["ANIMATIONS", "Motion", "check_animation", "motion", "write_film", "write_motion"]

ANIMATIONS = (".gif", ".mp4")
DPI = 150
BETWEEN = 12  # vertices of a path from one frame to the next
ARRIVED, MOST = 0.99, 0.75  # part of a path, and of the paths, that has arrived at the end
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Motion:
    """Trajectories in time over a portrait.

    ``portrait``  what they move on
    ``times``     (frames,) of a map the numbers of iterates
    ``between``   steps of ``data`` from one frame to the next
    ``data``      ``y`` (trajectory, time, component)
    """

    portrait: Portrait
    times: np.ndarray
    between: int
    data: xr.Dataset


def check_animation(path: Path) -> None:
    """Say what is wrong with writing an animation to ``path`` before anything is computed.

    Raises `ValueError` for an ending other than those of `ANIMATIONS`, or .mp4 without ffmpeg.
    """
    suffix = path.suffix.lower()
    if suffix not in ANIMATIONS:
        raise ValueError(
            f"an animation is written as {' or '.join(ANIMATIONS)}; got `{suffix or 'no suffix'}`."
        )
    from matplotlib.animation import FFMpegWriter

    if suffix == ".mp4" and not FFMpegWriter.isAvailable():
        raise ValueError(
            f"`{path}` needs the program ffmpeg, which is not installed here. Install it "
            "(`apt-get install ffmpeg`, `brew install ffmpeg`, `conda install ffmpeg`), or write "
            f"`{path.with_suffix('.gif')}`."
        )


def motion(portrait: Portrait, *, frames: int = 90, until: float | None = None) -> Motion:
    """Return the trajectories of a portrait in time.

    ``frames``  how many; of a map at most, one for each iterate
    ``until``   the time at the end, of a map the number of iterates; if not given, when three in
                four trajectories have arrived, or been around their cycle

    Raises `ValueError` for a portrait without trajectories or of one variable, fewer than two
    frames, a time not above 0.
    """
    kinds = ("trajectory", "iterates", "orbit")
    starts = np.array([c.points[0] for c in portrait.curves if c.kind in kinds])
    system = portrait.system
    if system.dimension != 2 or not len(starts):
        raise ValueError(
            f"the portrait of `{system.name}` has no trajectories in a plane that could move; "
            "take a system with two variables, and `--starts` above 0."
        )
    if frames < 2:
        raise ValueError(f"an animation needs at least 2 frames; got {frames}.")
    if until is not None and not (np.isfinite(until) and until > 0):
        raise ValueError(f"`until` must be a finite time above 0; got {until:g}.")
    if system.kind == "map":
        count = int(until or frames - 1)
        return Motion(portrait, np.arange(count + 1.0), 1, _iterated(portrait, starts, count))
    end = until or _arrival(portrait)
    times = np.linspace(0.0, end, (frames - 1) * BETWEEN + 1)
    found = integrate(system, starts, times, engine="scipy-lsoda")
    return Motion(portrait, times[::BETWEEN], BETWEEN, found)


def _iterated(portrait: Portrait, y: np.ndarray, count: int) -> xr.Dataset:
    import xarray as xr

    system = portrait.system
    if isinstance(system, StroboscopicMap):
        path = system.orbits(y, count)
    else:
        states = [y]
        for _ in range(count):
            states.append(system.velocity(states[-1]))
        path = np.stack(states, axis=1)
    return xr.Dataset(
        {"y": (("trajectory", "time", "component"), path)},
        {"time": np.arange(count + 1.0), "component": list(system.labels)},
        {"system": system.name},
    )


def _arrival(portrait: Portrait) -> float:
    """Return the time in which most trajectories come to where the portrait ends them."""
    size, ends = size_of(portrait.window), []
    for path in (c.points for c in portrait.of_kind("trajectory") if len(c.points) > 2):
        with np.errstate(all="ignore"):
            slowness = 1 / np.linalg.norm(portrait.system.velocity(path) / size, axis=1)
        steps = np.linalg.norm(np.diff(path / size, axis=0), axis=1)
        time = np.cumsum(steps * (slowness[1:] + slowness[:-1]) / 2)
        last = int(np.searchsorted(np.cumsum(steps), ARRIVED * steps.sum()))
        ends.append(time[min(last, len(time) - 2)])
    known = [t for t in ends if np.isfinite(t) and t > 0]
    return float(np.quantile(known, MOST)) if known else 1.0


def write_motion(
    found: Motion, path: str | Path, style: Style | None = None, *, fps: int = 20,
    command: str = "", progress: Progress | None = None,
) -> Path:  # fmt: skip
    """Write the animation of trajectories and its data, both or none; return the data's path.

    Raises `ValueError` as `check_animation` does, `OSError` where nothing can be written.
    """
    shown = [c for c in found.portrait.curves if c.kind not in ("trajectory", "iterates", "orbit")]
    still = replace(found.portrait, curves=tuple(shown))
    paths = found.data["y"].values[..., :2]

    def scenes(figure: Figure) -> Iterator[None]:
        axes = figure.add_subplot()
        lay_out(figure, still, style or Style(), draw_on(axes, still, style or Style()))
        is_map = found.portrait.system.kind == "map"  # whose iterates are not joined
        look: dict[str, Any] = {"ls": "none", "marker": "o"} if is_map else {"lw": 0.9}
        look |= {"color": BLACK, "ms": 1.4, "mew": 0, "zorder": 3.5}
        lines = [axes.plot([], [], **look)[0] for _ in paths]
        heads = axes.plot([], [], "o", ms=3.2, color=BLACK, zorder=6.5)[0]
        for n in range(len(found.times)):
            last = n * found.between
            for line, y in zip(lines, paths, strict=True):
                line.set_data(*y[: last + 1].T)
            heads.set_data(*paths[:, last].T)
            yield
            figure.set_layout_engine("none")  # it stays as the first frame is laid out

    data = found.data.assign_attrs(command=command, title=f"motion of {still.system.title}")
    return _written(Path(path), scenes, len(found.times), fps, data, command, progress)


def write_film(
    portraits: Sequence[Portrait], name: str, values: Sequence[float], path: str | Path,
    style: Style | None = None, *, fps: int = 5, command: str = "",
    progress: Progress | None = None,
) -> Path:  # fmt: skip
    """Write the film of portraits over a parameter and their data; return the data's path.

    ``portraits``  one for each of ``values`` of the parameter ``name``, all in one window

    Raises `ValueError` as `check_animation` does, `OSError` where nothing can be written.
    """
    style = style or Style()

    def scenes(figure: Figure) -> Iterator[None]:
        entries: dict[str, Any] = {}  # of all frames, so that the legend stays
        for found in portraits:
            entries |= draw_on(figure.add_subplot(), found, style)
            figure.clear()
        for found, value in zip(portraits, values, strict=True):
            title = f"{style.title}, " * bool(style.title) + f"${mathtext(name)} = {value:.4g}$"
            figure.clear()
            draw_on(figure.add_subplot(), found, replace(style, title=title))
            lay_out(figure, found, style, entries)
            yield

    data = _film_dataset(portraits, name, values, command)
    return _written(Path(path), scenes, len(portraits), fps, data, command, progress)


def _film_dataset(
    portraits: Sequence[Portrait], name: str, values: Sequence[float], command: str
) -> xr.Dataset:
    """Return the data of all frames: `curve_frame`, `point_frame` say which each belongs to."""
    import xarray as xr

    parts, curves = [], 0
    for n, found in enumerate(portraits):
        data = portrait_dataset(found)
        data["vertex_curve"] = data["vertex_curve"] + curves
        curves += data.sizes["curve"]
        for x in ("curve", "point", "cycle"):
            data[f"{x}_frame"] = (x, np.full(data.sizes[x], n))
        parts.append(data)
    names = {str(v): str(d.dims[0]) for v, d in parts[0].data_vars.items()}
    found = {
        v: xr.concat([d[v] for d in parts], "frame" if v == "velocity" else first)
        for v, first in names.items()
    }
    attributes = {**parts[0].attrs, "parameter": name, "command": command}
    return xr.Dataset(found, attrs=attributes).assign_coords(frame=np.array(values, dtype=float))


def _written(
    target: Path, scenes: Callable[[Figure], Iterable[None]], count: int, fps: int,
    data: xr.Dataset, command: str, progress: Progress | None,
) -> Path:  # fmt: skip
    """Write the animation and the data beside it, both or none."""
    check_animation(target)
    whole = _encoded(target.suffix.lower(), scenes, count, fps, command, progress)
    return write_beside(target, whole, data)


def _encoded(
    suffix: str, scenes: Callable[[Figure], Iterable[None]], count: int, fps: int, command: str,
    progress: Progress | None,
) -> bytes:  # fmt: skip
    """Return the bytes of an animation; ``scenes`` draws a frame before each of its yields."""
    import matplotlib as mpl
    from matplotlib.animation import FFMpegWriter, PillowWriter
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    note = f"proofhead: {command}"
    about = {"title": "proofhead", "comment": note}
    writer = PillowWriter(fps) if suffix == ".gif" else FFMpegWriter(fps, metadata=about)
    with mpl.rc_context(settings()), scratch_folder() as folder:
        figure = Figure(layout="constrained")
        FigureCanvasAgg(figure)
        place, done = folder / f"film{suffix}", 0
        for done, _ in enumerate(scenes(figure), 1):
            if done == 1:
                writer.setup(figure, str(place), DPI)
            writer.grab_frame()
            if progress is not None:
                progress(done, count)
        writer.finish()
        whole = place.read_bytes()
    return _commented(whole, note) if suffix == ".gif" else whole


def _commented(gif: bytes, text: str) -> bytes:
    """Return a GIF with a comment before its end, which matplotlib's writer has no place for."""
    data = text.encode("ascii", "replace")
    blocks = [data[n : n + 255] for n in range(0, len(data), 255)]
    return gif[:-1] + b"\x21\xfe" + b"".join(bytes([len(b)]) + b for b in blocks) + b"\0" + gif[-1:]
