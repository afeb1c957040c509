"""A user's own regression: read row by row, and gradient flow from zero along its whole path.

    x1,x2,y          the first row names the columns; y is what is predicted
    0.5,-1.2,0.3     every other row holds as many finite numbers

The path is computed in closed form (`least_squares`) on all rows, for the loss, and on all but a
fifth of them, five times, for the error on the rows that were left out: early stopping against the
last iterate, as far as data can tell.  There is no intercept, and nothing is rescaled.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from numerics.experiments.figures import LINES, Figure, new_figure
from numerics.experiments.least_squares import Array, LeastSquares, flow_filter

__all__ = ["Report", "Table", "draw", "judged", "read_table", "words"]

FOLDS = 5
TARGET = "y"
LARGEST = 1e100


@dataclass(frozen=True)
class Table:
    """The rows as read: ``x`` (n, p), ``y`` (n,), the ``names`` of x, and what is ``malformed``."""

    x: Array
    y: Array
    names: tuple[str, ...]
    malformed: tuple[str, ...]


def read_table(lines: Sequence[str]) -> Table:
    """Return the rows of a CSV text; empty lines are passed over, malformed ones are named.

    Raises `ValueError` for a header that does not name every column once, ``y`` among them.
    """
    filled = [(number, line) for number, line in enumerate(lines, start=1) if line.strip(", \t")]
    header = [name.strip() for name in _cells(filled[0][1])] if filled else []
    columns = [name for name in header if name != TARGET]
    if header.count(TARGET) != 1 or not columns or len(set(header)) < len(header) or "" in header:
        raise ValueError(
            f"the first row must name every column once, one of them `{TARGET}`, such as "
            f"x1,x2,{TARGET}; got `{', '.join(header)[:200]}`."
        )
    place = header.index(TARGET)
    values: list[list[float]] = []
    malformed: list[str] = []
    for number, line in filled[1:]:
        try:
            values.append(_numbers(_cells(line), header))
        except ValueError as error:
            malformed.append(f"line {number}: {error}")
    table = np.array(values).reshape(len(values), len(header))
    return Table(np.delete(table, place, axis=1), table[:, place], tuple(columns), tuple(malformed))


def _cells(line: str) -> list[str]:
    try:
        return next(csv.reader([line], strict=True))
    except csv.Error as error:
        raise ValueError(f"expected cells with commas between them; {error}.") from None


def _numbers(row: Sequence[str], header: Sequence[str]) -> list[float]:
    if len(row) != len(header):
        raise ValueError(f"expected {len(header)} numbers, as the header has; got {len(row)}.")
    found = []
    for cell, name in zip(row, header, strict=True):
        try:
            value = float(cell)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise ValueError(f"expected a finite number for `{name}`; got `{cell.strip()}`.")
        found.append(value)
    return found


@dataclass(frozen=True)
class Report:
    """Gradient flow from theta = 0 on |X theta - y|^2 / (2 n).

    | field | unit | meaning |
    |---|---|---|
    | rank | 1 | of X: the flow moves in that many directions and never leaves the row space |
    | curvature | 1/time | largest and least positive eigenvalue of X^T X / n |
    | times | time | where the path is looked at |
    | fit | y^2 | mean squared residual on all rows, along the path and (last) in the limit |
    | error, spread | y^2 | mean squared error on rows left out, and its standard error, likewise |
    | best | time | stopping time of least error; infinite if that is the limit |
    | harm | y^2 | error of the limit minus that of the best time, and its standard error (paired) |
    | compatible | time | the times within one standard error of the best, first and last |
    | theta | | the limit, the least-squares solution of least norm, by name of the column |
    """

    rows: int
    columns: int
    rank: int
    curvature: tuple[float, float]
    times: tuple[float, ...]
    fit: tuple[float, ...]
    error: tuple[float, ...]
    spread: tuple[float, ...]
    null: float
    best: float
    harm: tuple[float, float]
    compatible: tuple[float, float]
    theta: dict[str, float]


def judged(found: Table, *, seed: int = 0, points: int = 201) -> Report:
    """Return the report on a table; ``seed`` draws which rows are left out together.

    Raises `ValueError` for fewer than ten rows, an X that is zero, or entries whose squares leave
    the range of doubles.
    """
    x, y = found.x, found.y
    if len(y) < 2 * FOLDS:
        raise ValueError(f"the regression needs {2 * FOLDS} rows or more; got {len(y)}.")
    if not x.any():
        raise ValueError("X must have an entry that is not 0: nothing can be learnt from it.")
    for name, entries in (("X", x), (TARGET, y)):
        size = float(np.abs(entries).max())
        if size and not 1 / LARGEST < size < LARGEST:
            raise ValueError(
                f"the largest entry of `{name}` must lie between {1 / LARGEST:.0e} and "
                f"{LARGEST:.0e}, so that its square is a double; got {size:.3g}. Rescale it."
            )
    problem = LeastSquares.of(x, np.ones(x.shape[1]))
    fast, slow = float(problem.curvature[0]), float(problem.curvature[-1])
    times = np.append(np.geomspace(1e-2 / fast, 1e2 / slow, points), np.inf)
    fit = np.array([np.mean((x @ problem.at(flow_filter(problem, t), y) - y) ** 2) for t in times])
    parts = np.random.default_rng(seed).permutation(len(y)) % FOLDS
    squares = np.empty((len(times), len(y)))
    for part in range(FOLDS):
        out = parts == part
        trained = LeastSquares.of(x[~out], np.ones(x.shape[1]))
        for n, time in enumerate(times):
            theta = trained.at(flow_filter(trained, time), y[~out])
            squares[n, out] = (x[out] @ theta - y[out]) ** 2
    error, spread = squares.mean(axis=1), squares.std(axis=1, ddof=1) / math.sqrt(len(y))
    best = int(np.argmin(error))
    good = times[error <= error[best] + spread[best]]
    worse = squares[-1] - squares[best]
    theta = problem.at(flow_filter(problem, np.inf), y)
    return Report(
        len(y), x.shape[1], len(problem.values), (fast, slow), tuple(times.tolist()),
        tuple(fit.tolist()), tuple(error.tolist()), tuple(spread.tolist()),
        float(np.mean(y**2)), float(times[best]),
        (float(worse.mean()), float(worse.std(ddof=1) / math.sqrt(len(y)))),
        (float(good[0]), float(good[-1])),
        dict(zip(found.names, theta.tolist(), strict=True)),
    )  # fmt: skip


def words(report: Report) -> list[str]:
    """Return a report in lines of text."""
    best = report.times.index(report.best)
    kind = "overparameterised" if report.columns > report.rank else "determined"
    harm, unsure = report.harm
    rounding = report.fit[-1] <= 1e-20 * report.null
    residual = "zero up to rounding" if rounding else f"{report.fit[-1]:.4g}"
    return [
        f"{report.rows} rows, {report.columns} columns, rank {report.rank}: {kind}",
        f"curvatures from {report.curvature[0]:.4g} to {report.curvature[1]:.4g}",
        f"limit of the flow: mean squared residual {residual}, "
        f"error on rows left out {report.error[-1]:.4g} +- {report.spread[-1]:.2g}",
        f"best stopping time {report.best:.4g}: error on rows left out {report.error[best]:.4g} "
        f"+- {report.spread[best]:.2g} (of theta = 0: {report.null:.4g})",
        f"within one standard error of it: times {report.compatible[0]:.4g} to "
        f"{report.compatible[1]:.4g}",
        f"the limit is worse than the best stopping time by {harm:.4g} +- {unsure:.2g}: "
        + ("stopping early helps" if harm > 2 * unsure else "these rows do not tell them apart"),
    ]


def draw(report: Report) -> Mapping[str, Figure]:
    """Return the figure of loss and error along the path."""
    canvas, axes = new_figure(1, 1, width=4.2, height=2.8)
    axis, times = axes[0][0], np.array(report.times[:-1])
    fit, error, spread = (np.array(x) for x in (report.fit, report.error, report.spread))
    for values, label, (colour, dashes) in zip(
        (error, fit), ("rows left out", "all rows, residual"), LINES, strict=False
    ):
        axis.plot(times, values[:-1], color=colour, ls=dashes, label=label)
    low, high = (error - spread)[:-1], (error + spread)[:-1]
    axis.fill_between(times, low, high, color=LINES[0][0], alpha=0.15, lw=0)
    axis.axhline(report.null, color="black", lw=0.6, ls=":", label=r"$\theta = 0$")
    axis.set(xscale="log", ylim=(0, None), xlabel="time", ylabel="mean squared error")
    axis.legend()
    columns = {"time": times, "error": error[:-1], "spread": spread[:-1], "fit": fit[:-1]}
    return {"path": Figure(canvas, columns)}
