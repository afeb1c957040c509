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
from proofs_checks.cli.system_commands import COMMANDS

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


for command in COMMANDS:
    app.command(command.__name__.replace("_", "-"))(command)


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
    jobs: Annotated[
        int | None, typer.Option(help="Seeds at a time; default: as many as processors.")
    ] = None,
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
        name, preset=preset, seeds=seeds, first_seed=first_seed, device=device, jobs=jobs,
        output=output, force=force, as_json=json,
    )  # fmt: skip
