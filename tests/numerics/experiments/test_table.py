"""Verdicts of the results table: reproduced, not reproduced and by how much, not run and why."""

import pytest

from numerics.experiments import Row, Run, experiment, table
from numerics.experiments.table import latex, text


def _lines(rows, values, preset="paper"):
    from dataclasses import replace

    made = replace(experiment("attention-toy"), rows=tuple(rows))
    return table(made, preset, [Run(n, {"m": v}, {}, {}) for n, v in enumerate(values)])


@pytest.mark.parametrize(
    ("row", "values", "verdict", "words"),
    [
        (Row("m", "x", "", 2.0, 0.1), [2.05, 2.07], "reproduced", ""),
        (Row("m", "x", "", 2.0, 0.1), [2.2, 2.4], "not reproduced", "off by 0.3, allowed 0.1"),
        (Row("m", "x", "", 2.0, None), [1.9, 2.05, 2.1], "reproduced", ""),
        (Row("m", "x", "", 3.0, None), [1.9, 2.05, 2.1], "not reproduced", "off by"),
        (Row("m", "x", "", 2.0, None), [2.0], "not run", "no standard error"),
        (Row("m", "x", "", 2.0, 0.0, "", "at least"), [2.5, 2.6], "reproduced", ""),
        (Row("m", "x", "", 2.0, 0.0, "", "at most"), [2.5, 2.6], "not reproduced", "off by"),
        (Row("m", "x"), [2.5, 2.6], "control", ""),
        (Row("m", "x", "", 2.0, 0.1), [], "not run", "no seed ran"),
        (Row("m", "x", "", 2.0, 0.1), [float("inf")], "not run", "never reached"),
    ],
)
def test_verdicts(row, values, verdict, words):
    (line,) = _lines([row], values)
    assert line.verdict == verdict and words in line.words


def test_other_sizes_are_not_compared_with_the_published_ones():
    rows = [Row("m", "x", "", 2.0, 0.1), Row("m", "x", "", 2.0, 0.1, sizes="any")]
    lines = _lines(rows, [2.0, 2.0], "cpu")
    assert [line.verdict for line in lines] == ["not run", "reproduced"]
    assert lines[0].mean == 2.0


def test_the_interval_is_students():
    (line,) = _lines([Row("m", "x")], [1.0, 2.0, 3.0])
    assert line.mean == 2.0
    assert (line.low, line.high) == pytest.approx((2 - 2.4841, 2 + 2.4841), abs=1e-3)


def test_text_and_latex_hold_every_line():
    lines = _lines([Row("m", "50 % of x_1", "nats", 2.0, 0.1)], [2.0, 2.02])
    assert "50 % of x_1 (nats)" in text(lines) and "reproduced" in text(lines)
    assert r"50 \% of x\_1 (nats)" in latex(lines)
