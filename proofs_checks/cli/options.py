"""Options that several subcommands share."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

__all__ = [
    "Cache", "Certify", "Force", "Format", "Json", "Laws", "Paper", "Seed", "Watch", "time_limit",
]  # fmt: skip

SHORTEST, LONGEST = 0.1, 86400.0  # seconds

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]
Laws = Annotated[list[str] | None, typer.Argument(help="Names of laws; all if none is given.")]
Certify = Annotated[
    bool, typer.Option("--certify", help="Also let Coq's kernel check what is proved.")
]
Cache = Annotated[
    bool, typer.Option("--cache/--no-cache", help="Take over the verdicts of earlier runs.")
]
Watch = Annotated[
    bool, typer.Option("--watch", help="Check again whenever a document is saved, until Ctrl-C.")
]
Force = Annotated[
    bool, typer.Option("--force", help="Write over what is not of this command's own making.")
]


def _not_negative(seed: int) -> int:
    if seed < 0:
        raise typer.BadParameter(f"a seed must be 0 or more; got {seed}.")
    return seed


def time_limit(seconds: float) -> float:
    """Return seconds that every clock can count."""
    if not SHORTEST <= seconds <= LONGEST:
        raise typer.BadParameter(
            f"a time limit is {SHORTEST:g} to {LONGEST:g} seconds (a day); got {seconds:g}."
        )
    return seconds


Seed = Annotated[
    int, typer.Option(callback=_not_negative, help="Seed of what is random, 0 or more.")
]
Paper = Annotated[str | None, typer.Option(help="Only laws of this source (a references.bib key).")]


class Format(StrEnum):
    """What `derive` prints."""

    text = "text"
    latex = "latex"
    numpy = "numpy"
    torch = "torch"
