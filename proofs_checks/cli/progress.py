"""The progress bar of long commands."""

from __future__ import annotations

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

__all__ = ["progress_bar"]


def progress_bar(*, remaining: bool = False) -> Progress:
    """Return a progress bar on standard error: shown on a terminal, silent in a pipe.

    ``remaining`` adds the time left, for work of which each part takes about as long.
    """
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        *((TextColumn("left"), TimeRemainingColumn()) if remaining else ()),
    )
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
