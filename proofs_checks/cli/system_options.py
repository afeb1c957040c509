"""Options that several subcommands about systems share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = [
    "Aspect", "Em", "Engine", "Fast", "FigureFile", "Legend", "Prove", "Settings", "Slice",
    "SliceAt", "Starts", "SystemName", "Tolerance", "Trajectories", "Window",
]  # fmt: skip

SystemName = Annotated[str, typer.Argument(help="A system's name, or a .toml file with your own.")]
Settings = Annotated[
    list[str] | None, typer.Option("--set", help="A setting, name=value; may be repeated.")
]
FigureFile = Annotated[
    Path, typer.Option("-o", "--output", help="The figure: .png, .svg or .pdf; data beside it.")
]
Window = Annotated[str | None, typer.Option(help="x_low,x_high,y_low,y_high")]
Slice = Annotated[
    str | None, typer.Option("--slice", help="Two variables of a larger system, such as A,B.")
]
SliceAt = Annotated[
    str | None, typer.Option(help="Where the slice lies: fixed, start, a .nc file, or JSON.")
]
Em = Annotated[bool, typer.Option("--em", help="Lay iterates of EM over the flow.")]
Fast = Annotated[str | None, typer.Option(help="The fast variable: draw the slow manifold.")]
Trajectories = Annotated[int | None, typer.Option(min=0, help="How many trajectories.")]
Starts = Annotated[
    list[str] | None, typer.Option(help="Start of a trajectory, x,y; may be repeated.")
]
Prove = Annotated[
    bool, typer.Option("--prove/--no-prove", help="Prove the fixed points in ball arithmetic.")
]
Aspect = Annotated[str | None, typer.Option(help="Shape of the axes: equal, or height over width.")]
Legend = Annotated[bool, typer.Option("--legend/--no-legend", help="Whether there is one.")]
Engine = Annotated[
    str, typer.Option(help="auto, explicit, stiff, heyoka, torch or scipy: see docs/flows.md.")
]
Tolerance = Annotated[float, typer.Option(help="Relative tolerance.")]
