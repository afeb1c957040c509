"""The subcommands.  Everything heavy is imported inside them, so that `--help` answers at once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from proofs_checks.cli.options import (
    Cache,
    Certify,
    Force,
    Format,
    Json,
    Laws,
    Paper,
    Seed,
    Watch,
    time_limit,
)

__all__ = ["app"]

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    help="Verify theory of attention: derive, prove, cross-check and print gradient laws.",
)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"proofhead {version('proofhead')}")
        raise typer.Exit


@app.callback()
def _top(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


@app.command()
def audit(
    laws: Laws = None,
    paper: Paper = None,
    seed: Seed = 0,
    certify: Certify = False,
    cache: Cache = False,
    json: Json = False,
) -> int:
    """Derive and prove laws of the catalogue and let independent judges check them."""
    from proofs_checks.cli.auditing import run_audit

    return run_audit(laws or [], paper, seed=seed, as_json=json, certify=certify, cached=cache)


@app.command()
def check(
    files: Annotated[
        list[str],
        typer.Argument(
            help="Documents: .tex with what it includes, .md, .ipynb, .txt, .html; a folder or an "
            "archive (.tar.gz, .zip, .gz) of them; - for stdin."
        ),
    ],
    model: Annotated[
        str | None,
        typer.Option(help="Whose symbols: a model's name, or none for the document's own."),
    ] = None,
    seed: Seed = 0,
    timeout: Annotated[
        float,
        typer.Option(callback=time_limit, help="Seconds for each equation, then undecided."),
    ] = 20.0,
    junit: Annotated[Path | None, typer.Option(help="Also write JUnit XML to this file.")] = None,
    html: Annotated[Path | None, typer.Option(help="Also write an HTML page to this file.")] = None,
    symbols: Annotated[
        bool, typer.Option("--symbols", help="Only print how the symbols were understood.")
    ] = False,
    certify: Certify = False,
    force: Force = False,
    cache: Cache = True,
    watch: Watch = False,
    json: Json = False,
) -> int:
    """Read the equations of documents and prove or refute each of them."""
    from proofs_checks.cli.checking import run_check

    return run_check(
        files, model=model, seed=seed, timeout=timeout, as_json=json, junit=junit, html=html,
        symbols=symbols, certify=certify, force=force, cached=cache, watch=watch,
    )  # fmt: skip


@app.command()
def certify(
    output: Annotated[Path, typer.Option("-o", "--output", help="The folder to write to.")],
    names: Annotated[
        list[str] | None,
        typer.Argument(help="Laws, or documents (.tex, .md, ...); all laws if none."),
    ] = None,
    paper: Paper = None,
    model: Annotated[
        str | None, typer.Option(help="Whose symbols a document uses: a model's name, or none.")
    ] = None,
    every_model: Annotated[
        bool, typer.Option("--every-model", help="Each law in all its models, not only the first.")
    ] = False,
    check: Annotated[
        bool, typer.Option("--check/--no-check", help="Run coqc if it is there.")
    ] = True,
    force: Force = False,
    json: Json = False,
) -> int:
    """Write laws or the equations of documents as Coq theorems, and check them with coqc."""
    from proofs_checks.cli.certifying import run_certify

    return run_certify(
        names or [], output, paper=paper, every_model=every_model, model=model, check=check,
        force=force, as_json=json,
    )  # fmt: skip


@app.command(name="laws")
def list_laws(paper: Paper = None, json: Json = False) -> int:
    """List the catalogue: name, statement, source."""
    from proofs_checks.cli.listing import run_laws

    return run_laws(paper, as_json=json)


@app.command()
def derive(
    model: Annotated[
        str, typer.Argument(help="A model, such as attention-head, or a file that defines a loss.")
    ],
    wrt: Annotated[
        list[str], typer.Option(help="What to differentiate by, such as s or W_Q; may be repeated.")
    ],
    format: Annotated[Format, typer.Option(help="text, latex, or code.")] = Format.text,
    loss: Annotated[
        str, typer.Option(help="The scalar to differentiate, where a file defines several.")
    ] = "",
    json: Json = False,
) -> int:
    """Derive the gradient of a model's or a file's loss; print the steps, or code for it."""
    from proofs_checks.cli.deriving import run_derive

    return run_derive(model, wrt, str(format), loss=loss, as_json=json)


@app.command()
def latex(
    output: Annotated[Path, typer.Option("-o", "--output", help="The .tex file to write.")],
    laws: Laws = None,
    paper: Paper = None,
    pdf: Annotated[bool, typer.Option("--pdf", help="Also compile it with pdflatex.")] = False,
    fragment: Annotated[
        bool, typer.Option("--fragment", help="Only the laws, for \\input in a document of yours.")
    ] = False,
    force: Force = False,
    json: Json = False,
) -> int:
    """Write the laws with their derivations as a LaTeX document."""
    from proofs_checks.cli.listing import run_latex

    return run_latex(
        laws or [], paper, output, pdf=pdf, force=force, as_json=json, fragment=fragment
    )


@app.command()
def flow(
    system: Annotated[str, typer.Argument(help="A system's name, or a .toml file with your own.")],
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="A setting, name=value; may be repeated.")
    ] = None,
    starts: Annotated[int, typer.Option(help="How many starting points.")] = 16,
    seed: Seed = 0,
    until: Annotated[float, typer.Option(help="Time at the end.")] = 50.0,
    times: Annotated[int, typer.Option(help="Output times, start and end included.")] = 101,
    engine: Annotated[
        str, typer.Option(help="auto, explicit, stiff, heyoka, torch or scipy: see docs/flows.md.")
    ] = "auto",
    rtol: Annotated[float, typer.Option(help="Relative tolerance.")] = 1e-8,
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


@app.command(name="fixed-points")
def fixed_points(
    system: Annotated[str, typer.Argument(help="A system's name, or a .toml file with your own.")],
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="A setting, name=value; may be repeated.")
    ] = None,
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


@app.command()
def portrait(
    system: Annotated[str, typer.Argument(help="A system's name, or a .toml file with your own.")],
    output: Annotated[
        Path, typer.Option("-o", "--output", help="The figure: .png, .svg or .pdf; data beside it.")
    ],
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="A setting, name=value; may be repeated.")
    ] = None,
    window: Annotated[str | None, typer.Option(help="x_low,x_high,y_low,y_high")] = None,
    slice_: Annotated[
        str | None, typer.Option("--slice", help="Two variables of a larger system, such as A,B.")
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(help="Where the slice lies: fixed, start, a .nc file, or JSON."),
    ] = None,
    em: Annotated[bool, typer.Option("--em", help="Lay iterates of EM over the flow.")] = False,
    fast: Annotated[
        str | None, typer.Option(help="The fast variable: draw the slow manifold.")
    ] = None,
    starts: Annotated[int | None, typer.Option(min=0, help="How many trajectories.")] = None,
    start: Annotated[
        list[str] | None, typer.Option(help="Start of a trajectory, x,y; may be repeated.")
    ] = None,
    seed: Seed = 0,
    prove: Annotated[
        bool, typer.Option("--prove/--no-prove", help="Prove the fixed points in ball arithmetic.")
    ] = True,
    aspect: Annotated[
        str | None, typer.Option(help="Shape of the axes: equal, or height over width.")
    ] = None,
    title: Annotated[str | None, typer.Option(help="A title above the figure.")] = None,
    legend: Annotated[
        bool, typer.Option("--legend/--no-legend", help="Whether there is one.")
    ] = True,
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


@app.command()
def explore(
    system: Annotated[str, typer.Argument(help="A system's name, or a .toml file with your own.")],
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="A setting, name=value; may be repeated.")
    ] = None,
    range_: Annotated[
        list[str] | None,
        typer.Option("--range", help="Interval of a slider, k=low:high; may be repeated."),
    ] = None,
    window: Annotated[str | None, typer.Option(help="x_low,x_high,y_low,y_high")] = None,
    slice_: Annotated[
        str | None, typer.Option("--slice", help="Two variables of a larger system, such as A,B.")
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(help="Where the slice lies: fixed, start, a .nc file, or JSON."),
    ] = None,
    em: Annotated[bool, typer.Option("--em", help="Lay iterates of EM over the flow.")] = False,
    fast: Annotated[
        str | None, typer.Option(help="The fast variable: draw the slow manifold.")
    ] = None,
    start: Annotated[
        list[str] | None, typer.Option(help="Start of a trajectory, x,y; may be repeated.")
    ] = None,
    seed: Seed = 0,
    prove: Annotated[
        bool, typer.Option("--prove/--no-prove", help="Prove the fixed points in ball arithmetic.")
    ] = True,
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


@app.command()
def animate(
    system: Annotated[str, typer.Argument(help="A system's name, or a .toml file with your own.")],
    output: Annotated[
        Path, typer.Option("-o", "--output", help="The animation: .gif or .mp4; data beside it.")
    ],
    over: Annotated[
        str | None,
        typer.Option(help="A parameter, one frame for each value: k=low:high:n or k=1,2,5."),
    ] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="A setting, name=value; may be repeated.")
    ] = None,
    window: Annotated[str | None, typer.Option(help="x_low,x_high,y_low,y_high")] = None,
    starts: Annotated[int | None, typer.Option(min=0, help="How many trajectories.")] = None,
    start: Annotated[
        list[str] | None, typer.Option(help="Start of a trajectory, x,y; may be repeated.")
    ] = None,
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
    aspect: Annotated[
        str | None, typer.Option(help="Shape of the axes: equal, or height over width.")
    ] = None,
    title: Annotated[str | None, typer.Option(help="A title above the animation.")] = None,
    legend: Annotated[
        bool, typer.Option("--legend/--no-legend", help="Whether there is one.")
    ] = True,
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


@app.command()
def sweep(
    system: Annotated[str, typer.Argument(help="A system's name, or a .toml file with your own.")],
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
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="A setting, name=value; may be repeated.")
    ] = None,
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
    engine: Annotated[
        str, typer.Option(help="auto, explicit, stiff, heyoka, torch or scipy: see docs/flows.md.")
    ] = "auto",
    rtol: Annotated[float, typer.Option(help="Relative tolerance.")] = 1e-8,
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


@app.command()
def bifurcation(
    system: Annotated[str, typer.Argument(help="A system's name, or a .toml file with your own.")],
    over: Annotated[
        list[str], typer.Option(help="The parameter and its interval, k=low:high; or two of them.")
    ],
    output: Annotated[
        Path, typer.Option("-o", "--output", help="The figure: .png, .svg or .pdf; data beside it.")
    ],
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="A setting, name=value; may be repeated.")
    ] = None,
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


@app.command()
def reproduce(
    name: Annotated[
        str | None, typer.Argument(help="The experiment; without one, all are listed.")
    ] = None,
    preset: Annotated[
        str, typer.Option(help="cpu (small), or paper (the published size).")
    ] = "cpu",
    seeds: Annotated[int, typer.Option(help="How many seeds.")] = 3,
    first_seed: Annotated[int, typer.Option(help="The first of the seeds.")] = 0,
    device: Annotated[str, typer.Option(help="Where torch computes: cpu, cuda, mps.")] = "cpu",
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="The folder; default NAME-PRESET.")
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(
            help="token-priority: your own sequences, JSON lines of tokens and label; "
            "linear-regression: your own X and y, a CSV file."
        ),
    ] = None,
    skip_malformed: Annotated[
        bool, typer.Option("--skip-malformed", help="Use the other lines of --data.")
    ] = False,
    force: Force = False,
    json: Json = False,
) -> int:
    """Run a source paper's experiment and compare it with what was published."""
    if data is not None:
        from proofs_checks.cli.own_data import run_own_data

        return run_own_data(name, data, output, skip_malformed=skip_malformed, as_json=json)
    from proofs_checks.cli.reproducing import run_reproduce

    return run_reproduce(
        name, preset=preset, seeds=seeds, first_seed=first_seed, device=device, output=output,
        force=force, as_json=json,
    )  # fmt: skip
