"""What every figure of an experiment shares: look, saving in vector form, the data beside it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from theory.files import write_atomically

__all__ = ["Figure", "look", "new_figure", "save"]

SETTINGS = {
    "axes.labelsize": 8.0,
    "xtick.labelsize": 7.0,
    "ytick.labelsize": 7.0,
    "legend.fontsize": 7.0,
    "font.size": 8.0,
    "axes.titlesize": 8.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
    "lines.linewidth": 1.2,
    "svg.hashsalt": "proofhead",
    "pdf.fonttype": 42,
}
LINES = (("#1b4f8a", "-"), ("#c2571a", "--"), ("#4d4d4d", ":"), ("#3a8f5c", "-."))
"""Colours and dashes that are told apart in grey as well."""


class Figure:
    """A matplotlib figure and the columns that it shows."""

    def __init__(self, figure: Any, columns: Mapping[str, Any]) -> None:
        self.figure, self.columns = figure, columns


@contextmanager
def look() -> Iterator[None]:
    """Give every figure made inside the sizes and lines of print."""
    import matplotlib as mpl

    settings: Any = SETTINGS
    with mpl.rc_context(settings):
        yield


def new_figure(rows: int, columns: int, width: float = 6.5, height: float = 2.3) -> Any:
    """Return a figure and its axes, for printing at a page's width (inches)."""
    from matplotlib.figure import Figure as Canvas

    canvas = Canvas(figsize=(width, height * rows), layout="constrained")
    return canvas, canvas.subplots(rows, columns, squeeze=False)


def save(folder: Path, name: str, drawn: Figure) -> list[Path]:
    """Write NAME.pdf, NAME.png and NAME.csv to a folder; return their paths."""
    paths = []
    with look():
        for ending, options in ((".pdf", {"metadata": {"CreationDate": None}}), (".png", {})):
            buffer = io.BytesIO()
            drawn.figure.savefig(buffer, format=ending[1:], dpi=160, **options)
            write_atomically(folder / f"{name}{ending}", buffer.getvalue())
            paths.append(folder / f"{name}{ending}")
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(drawn.columns)
    longest = max(map(len, drawn.columns.values()), default=0)
    for n in range(longest):
        cells = (c[n] if n < len(c) else None for c in drawn.columns.values())
        writer.writerow("" if x is None else repr(float(x)) for x in cells)
    write_atomically(folder / f"{name}.csv", out.getvalue())
    return [*paths, folder / f"{name}.csv"]
