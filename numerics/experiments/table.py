"""The results table: published | ours | tolerance | verdict, as data, text and LaTeX."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from numerics.experiments.definition import Experiment, Row
from numerics.experiments.running import Run

__all__ = ["Line", "latex", "table", "text"]

REPRODUCED, NOT_REPRODUCED, NOT_RUN, CONTROL = "reproduced", "not reproduced", "not run", "control"


@dataclass(frozen=True)
class Line:
    """One line of the table.

    ``mean`` and the 95 % interval ``low`` to ``high`` (Student's t over seeds) are None where
    nothing ran, the interval also for one seed; ``verdict`` is "reproduced", "not reproduced",
    "not run" or "control" (nothing is published); ``words`` say by how much, or why.
    """

    row: Row
    mean: float | None
    low: float | None
    high: float | None
    tolerance: float | None
    verdict: str
    words: str


def table(experiment: Experiment, preset: str, runs: Sequence[Run]) -> list[Line]:
    """Return the lines of an experiment for its runs at the sizes of a preset."""
    return [
        _line(row, [r.measured.get(row.measure) for r in runs], preset) for row in experiment.rows
    ]


def _line(row: Row, measured: Sequence[float | None], preset: str) -> Line:
    values = [x for x in measured if x is not None and math.isfinite(x)]
    if not values:
        words = "never reached" if measured else "no seed ran"
        return Line(row, None, None, None, row.tolerance, NOT_RUN, words)
    count, mean = len(values), math.fsum(values) / len(values)
    spread = math.sqrt(math.fsum((x - mean) ** 2 for x in values) / (count - 1)) if count > 1 else 0
    low = high = None
    if count > 1:
        from scipy.stats import t

        half = float(t.ppf(0.975, count - 1)) * spread / math.sqrt(count)
        low, high = mean - half, mean + half
    if row.published is None:
        return Line(row, mean, low, high, None, CONTROL, row.reason)
    if preset != "paper" and row.sizes == "paper":
        words = f"the preset {preset} has other sizes than were published"
        return Line(row, mean, low, high, None, NOT_RUN, words)
    tolerance = row.tolerance
    if tolerance is None:
        if count < 2:
            return Line(row, mean, low, high, None, NOT_RUN, "one seed has no standard error")
        tolerance = 2 * spread * math.sqrt(1 + 1 / count)
    off = {
        "equal": abs(mean - row.published),
        "at least": row.published - mean,
        "at most": mean - row.published,
    }[row.comparison]
    if off <= tolerance:
        return Line(row, mean, low, high, tolerance, REPRODUCED, "")
    words = f"off by {_number(abs(mean - row.published))}, allowed {_number(tolerance)}"
    return Line(row, mean, low, high, tolerance, NOT_REPRODUCED, words)


def _number(x: float | None) -> str:
    if x is None:
        return "-"
    if x and not 1e-3 <= abs(x) < 1e5:
        return f"{x:.2e}"
    return f"{x:.4g}" if abs(x) < 1e4 else f"{x:.0f}"


def _cells(line: Line) -> list[str]:
    ours = _number(line.mean)
    if line.low is not None:
        ours += f" [{_number(line.low)}, {_number(line.high)}]"
    sign = {"equal": "", "at least": ">= ", "at most": "<= "}[line.row.comparison]
    published = "-" if line.row.published is None else sign + _number(line.row.published)
    words = f": {line.words}" if line.words and line.verdict != CONTROL else ""
    unit = f" ({line.row.unit})" if line.row.unit else ""
    return [line.row.label + unit, published, ours, _number(line.tolerance), line.verdict + words]


HEADER = ["", "published or required", "ours (mean, 95 % interval)", "tolerance", "verdict"]


def text(lines: Sequence[Line]) -> str:
    """Return the table in columns."""
    cells = [HEADER, *map(_cells, lines)]
    widths = [max(len(row[n]) for row in cells) for n in range(len(HEADER))]
    padded = ("  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)) for row in cells)
    return "\n".join(row.rstrip() for row in padded)


def latex(lines: Sequence[Line]) -> str:
    """Return the table as a LaTeX fragment for another document."""
    rows = [" & ".join(map(_escaped, row)) + r" \\" for row in (HEADER, *map(_cells, lines))]
    return "\n".join(
        [r"\begin{tabular}{lrrrl}", r"\hline", rows[0], r"\hline", *rows[1:], r"\hline",
         r"\end{tabular}", ""]
    )  # fmt: skip


def _escaped(cell: str) -> str:
    for sign in "%&_#":
        cell = cell.replace(sign, f"\\{sign}")
    return cell.replace(">=", r"$\ge$").replace("<=", r"$\le$")
