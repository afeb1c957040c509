"""The subcommands about dynamical systems, in the order in which `--help` lists them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from proofs_checks.cli.options import Force, Json, Seed, time_limit
from proofs_checks.cli.system_options import (
    Aspect,
    Em,
    Engine,
    Fast,
    FigureFile,
    Legend,
    Prove,
    Settings,
    Slice,
    SliceAt,
    Starts,
    SystemName,
    Tolerance,
    Trajectories,
    Window,
)

__all__ = ["COMMANDS"]


def flow(
    system: SystemName,
    set_: Settings = None,
    starts: Annotated[int, typer.Option(help="How many starting points.")] = 16,
    seed: Seed = 0,
    until: Annotated[float, typer.Option(help="Time at the end.")] = 50.0,
    times: Annotated[int, typer.Option(help="Output times, start and end included.")] = 101,
    engine: Engine = "auto",
    rtol: Tolerance = 1e-8,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Also write the run as NetCDF.")
    ] = None,
    compare: Annotated[
        str | None, typer.Option(help="em: EM from the same starts; or slow-manifold.")
    ] = None,
    force: Force = False,
    json: Json = False,
) -> int:
    """Integrate a flow from many starts, monitor what the laws say, and sum it up."""
    from proofs_checks.cli.flowing import run_flow

    return run_flow(
        system, set_ or [], starts=starts, seed=seed, until=until, times=times, engine=engine,
        rtol=rtol, output=output, compare=compare, force=force, as_json=json,
    )  # fmt: skip


def fixed_points(
    system: SystemName,
    set_: Settings = None,
    window: Annotated[
        str | None, typer.Option(help="low,high of each variable; all points in it are proved.")
    ] = None,
    starts: Annotated[int, typer.Option(help="How many starting points, without a window.")] = 64,
    seed: Seed = 0,
    timeout: Annotated[
        float, typer.Option(callback=time_limit, help="Seconds for a window, then undecided.")
    ] = 60.0,
    json: Json = False,
) -> int:
    """Find the fixed points of a system, classify them, and prove them and their completeness."""
    from proofs_checks.cli.fixed_points import run_fixed_points

    return run_fixed_points(
        system, set_ or [], window=window, starts=starts, seed=seed, seconds=timeout, as_json=json
    )


def portrait(
    system: SystemName,
    output: FigureFile,
    set_: Settings = None,
    window: Window = None,
    slice_: Slice = None,
    at: SliceAt = None,
    em: Em = False,
    fast: Fast = None,
    starts: Trajectories = None,
    start: Starts = None,
    seed: Seed = 0,
    prove: Prove = True,
    aspect: Aspect = None,
    title: Annotated[str | None, typer.Option(help="A title above the figure.")] = None,
    legend: Legend = True,
    csv: Annotated[
        bool, typer.Option("--csv", help="Also write curves and points as comma-separated values.")
    ] = False,
    series: Annotated[
        str | None,
        typer.Option(help="Draw these variables against time instead, such as x,y or all."),
    ] = None,
    until: Annotated[
        float | None, typer.Option(help="The end of time series; 50 if not given.")
    ] = None,
    basins: Annotated[
        bool, typer.Option("--basins", help="Shade where the starts of a grid end.")
    ] = False,
    resolution: Annotated[
        int | None, typer.Option(help="Starts of basins on each side; 150 if not given.")
    ] = None,
    force: Force = False,
    json: Json = False,
) -> int:
    """Draw a phase portrait: field, nullclines, fixed points, manifolds, trajectories."""
    from proofs_checks.cli.portraying import PortraitOptions, run_portrait

    options = PortraitOptions(
        system, output, tuple(set_ or ()), window, slice_, at, em, fast, starts,
        tuple(start or ()), seed, prove, aspect, title, legend, csv, series, until, basins,
        resolution, force,
    )  # fmt: skip
    return run_portrait(options, as_json=json)


def explore(
    system: SystemName,
    set_: Settings = None,
    range_: Annotated[
        list[str] | None,
        typer.Option("--range", help="Interval of a slider, k=low:high; may be repeated."),
    ] = None,
    window: Window = None,
    slice_: Slice = None,
    at: SliceAt = None,
    em: Em = False,
    fast: Fast = None,
    start: Starts = None,
    seed: Seed = 0,
    prove: Prove = True,
    port: Annotated[int, typer.Option(help="The port on this machine; 0 is a free one.")] = 0,
    browser: Annotated[
        bool,
        typer.Option("--browser/--no-browser", help="Open the page, or only print its address."),
    ] = True,
    json: Json = False,
) -> int:
    """Explore a phase portrait in the browser: sliders, clicks, time series, export."""
    from proofs_checks.cli.exploring import run_explore
    from proofs_checks.cli.portraying import PortraitOptions

    options = PortraitOptions(
        system, Path("portrait.png"), tuple(set_ or ()), window, slice_, at, em, fast,
        start=tuple(start or ()), seed=seed, prove=prove,
    )  # fmt: skip
    return run_explore(options, range_ or [], port=port, browser=browser, as_json=json)


def animate(
    system: SystemName,
    output: Annotated[
        Path, typer.Option("-o", "--output", help="The animation: .gif or .mp4; data beside it.")
    ],
    over: Annotated[
        str | None,
        typer.Option(help="A parameter, one frame for each value: k=low:high:n or k=1,2,5."),
    ] = None,
    set_: Settings = None,
    window: Window = None,
    starts: Trajectories = None,
    start: Starts = None,
    seed: Seed = 0,
    until: Annotated[
        float | None, typer.Option(help="The time at the end; when most have arrived.")
    ] = None,
    frames: Annotated[int | None, typer.Option(help="How many frames; 90 if not given.")] = None,
    fps: Annotated[
        int | None, typer.Option(help="Frames a second: 20, over a parameter 5.")
    ] = None,
    prove: Annotated[
        bool, typer.Option("--prove/--no-prove", help="Prove the fixed points of every frame.")
    ] = False,
    aspect: Aspect = None,
    title: Annotated[str | None, typer.Option(help="A title above the animation.")] = None,
    legend: Legend = True,
    force: Force = False,
    json: Json = False,
) -> int:
    """Animate a phase portrait: trajectories in time, or the portrait over a parameter."""
    from proofs_checks.cli.animating import AnimationOptions, run_animate
    from proofs_checks.cli.portraying import PortraitOptions

    drawn = PortraitOptions(
        system, output, tuple(set_ or ()), window, starts=starts, start=tuple(start or ()),
        seed=seed, prove=prove, aspect=aspect, title=title, legend=legend, force=force,
    )  # fmt: skip
    return run_animate(AnimationOptions(drawn, over, until, frames, fps), as_json=json)


def sweep(
    system: SystemName,
    over: Annotated[
        list[str],
        typer.Option(
            help="What varies, a setting or a start's variable: k=low:high:n, k=low:high:n:log, "
            "k=1,2,5, or k=low:high with --samples; may be repeated."
        ),
    ],
    output: Annotated[
        Path, typer.Option("-o", "--output", help="The folder; the same command goes on in it.")
    ],
    set_: Settings = None,
    samples: Annotated[int, typer.Option(help="Points of a Latin hypercube; 0 is a grid.")] = 0,
    starts: Annotated[
        int | None, typer.Option(help="Random starts at every point; one if not given.")
    ] = None,
    start: Annotated[
        list[str] | None, typer.Option(help="A start, x,y,...; may be repeated.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the starts and of the hypercube.")] = 0,
    until: Annotated[
        float | None,
        typer.Option(help="Time at the end (200), of a map the iterates at most (10000)."),
    ] = None,
    engine: Engine = "auto",
    rtol: Tolerance = 1e-8,
    chunk: Annotated[int | None, typer.Option(help="Runs in a chunk.")] = None,
    jobs: Annotated[int, typer.Option(help="Processes on this machine.")] = 1,
    scheduler: Annotated[
        str | None, typer.Option(help="Address of a Dask scheduler, such as tcp://host:8786.")
    ] = None,
    json: Json = False,
) -> int:
    """Run a system over parameters and starts; kill it anywhere, and the same command goes on."""
    from proofs_checks.cli.sweeping import SweepOptions, run_sweep

    options = SweepOptions(
        system, output, tuple(over), tuple(set_ or ()), samples, starts, tuple(start or ()), seed,
        until, engine, rtol, chunk, jobs, scheduler,
    )  # fmt: skip
    return run_sweep(options, as_json=json)


def bifurcation(
    system: SystemName,
    over: Annotated[
        list[str], typer.Option(help="The parameter and its interval, k=low:high; or two of them.")
    ],
    output: FigureFile,
    set_: Settings = None,
    show: Annotated[
        str | None, typer.Option(help="The variable on the vertical axis; the first if not given.")
    ] = None,
    starts: Annotated[
        int, typer.Option(help="Starts from which fixed points are looked for, at five values.")
    ] = 32,
    seed: Seed = 0,
    cycles: Annotated[
        bool, typer.Option("--cycles/--no-cycles", help="Follow cycles from Hopf points.")
    ] = True,
    csv: Annotated[
        bool, typer.Option("--csv", help="Also write the branches as comma-separated values.")
    ] = False,
    force: Force = False,
    json: Json = False,
) -> int:
    """Follow fixed points and cycles over a parameter, or bifurcations over two."""
    from proofs_checks.cli.bifurcating import run_bifurcation

    return run_bifurcation(
        system, set_ or [], over=over, output=output, show=show, starts=starts, seed=seed,
        cycles=cycles, table=csv, force=force, as_json=json,
    )  # fmt: skip


COMMANDS = (flow, fixed_points, portrait, explore, animate, sweep, bifurcation)
