"""`proofhead animate`: trajectories moving along a portrait, or a portrait over a parameter."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from numerics.portraits import (
    Portrait,
    check_animation,
    motion,
    write_film,
    write_motion,
)
from numerics.sweeps import Axis, axis_from
from proofs_checks.cli.outputs import ANIMATION, ANIMATION_DATA, checked_output
from proofs_checks.cli.portraying import PortraitOptions, computed_portrait, system_of
from proofs_checks.cli.progress import progress_bar
from proofs_checks.cli.standard_output import print_json
from proofs_checks.reports.machine import SCHEMA

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

__all__ = ["AnimationOptions", "run_animate"]

INTERRUPTED = 130
FRAMES, FPS, FILM_FPS = 90, 20, 5


@dataclass(frozen=True)
class AnimationOptions:
    """What the command line says: the portrait, and how it moves."""

    portrait: PortraitOptions
    over: str | None = None
    until: float | None = None
    frames: int | None = None
    fps: int | None = None

    @property
    def command(self) -> str:
        """The command that makes the animation again."""
        words = shlex.split(replace(self.portrait, prove=True).command)  # here no proof is usual
        words[1] = "animate"
        words += ["--prove"] if self.portrait.prove else []
        for flag, value in (
            ("--over", self.over), ("--until", self.until), ("--frames", self.frames),
            ("--fps", self.fps),
        ):  # fmt: skip
            words += [flag, str(value)] if value is not None else []
        return shlex.join(words)


def run_animate(options: AnimationOptions, *, as_json: bool) -> int:
    """Compute an animation, write it with its data, say what it holds; return the status."""
    try:
        return _run(options, as_json)
    except KeyboardInterrupt:
        print("proofhead: interrupted; nothing was written", file=sys.stderr)
        return INTERRUPTED


def _run(options: AnimationOptions, as_json: bool) -> int:
    output, read = options.portrait.output, (options.portrait.source, options.portrait.at or "-")
    force = options.portrait.force
    checked_output(output, ANIMATION, read, force=force)
    checked_output(output.with_suffix(".nc"), ANIMATION_DATA, read, force=force)
    check_animation(output)
    axis = _axis(options)
    with progress_bar(remaining=True) as bar:
        if axis is None:
            frames, data = _moving(options, bar)
        else:
            frames, data = len(axis.values), _film(options, axis, bar)
    if as_json:
        print_json({
            "schema": SCHEMA, "animation": str(output), "data": str(data),
            "command": options.command, "frames": frames,
        })  # fmt: skip
    else:
        print(f"{frames} frames")
        print(f"wrote {output} and {data}", file=sys.stderr)
    return 0


def _axis(options: AnimationOptions) -> Axis | None:
    """Return the parameter that varies from frame to frame, if one does.

    Raises `ValueError` for options that do not go with it, or need it.
    """
    rate = options.fps
    if rate is not None and not 1 <= rate <= 100:
        raise ValueError(f"`--fps` must lie between 1 and 100 frames a second; got {rate}.")
    if options.over is None:
        return None
    for flag, value in (("--until", options.until), ("--frames", options.frames)):
        if value is not None:
            raise ValueError(f"`{flag}` belongs to moving trajectories; `--over` says the frames.")
    axis = axis_from(options.over)
    if len(axis.values) < 2:
        raise ValueError(
            f"`--over {options.over}` needs at least two values, one for each frame; write "
            f"`--over {axis.name}={axis.interval[0]:g}:{axis.interval[1]:g}:n`."
        )
    return axis


def _moving(options: AnimationOptions, bar: Progress) -> tuple[int, Path]:
    """Write trajectories that move; return how many frames there are, and where the data are."""
    task = bar.add_task("portrait", total=None)
    found = computed_portrait(system_of(options.portrait), options.portrait, _silent)
    path = motion(found, frames=options.frames or FRAMES, until=options.until)
    data = write_motion(
        path, options.portrait.output, options.portrait.style, fps=options.fps or FPS,
        command=options.command, progress=_shown(bar, task),
    )  # fmt: skip
    return len(path.times), data


def _film(options: AnimationOptions, axis: Axis, bar: Progress) -> Path:
    """Write the portraits over a parameter; return where the data are."""
    task = bar.add_task("portraits", total=len(axis.values))
    portraits: list[Portrait] = []
    given: PortraitOptions = options.portrait
    for value in axis.values:
        one = replace(given, settings=(*given.settings, f"{axis.name}={value!r}"))
        portraits.append(computed_portrait(system_of(one), one, _silent))
        window = ",".join(map(repr, portraits[0].window))
        given = replace(given, window=given.window or _window(portraits[0], window))
        bar.update(task, advance=1)
    return write_film(
        portraits, axis.name, axis.values, given.output, given.style, fps=options.fps or FILM_FPS,
        command=options.command, progress=_shown(bar, task),
    )  # fmt: skip


def _window(found: Portrait, text: str) -> str | None:
    """Return the window of the first frame, in which all others are drawn; the plane's only."""
    return text if found.system.dimension == 2 else None


def _shown(bar: Progress, task: TaskID) -> Callable[[int, int], None]:
    return lambda done, of: bar.update(task, completed=done, total=of, description="frames")


def _silent(_: str) -> None:
    pass
