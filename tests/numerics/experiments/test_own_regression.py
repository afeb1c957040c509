"""A user's own regression: rows read or named, and the path against refitting step by step."""

import numpy as np
import pytest

from numerics.experiments.own_regression import Table, draw, judged, read_table, words


def _lines(n=30, p=5, noise=0.1, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((n, p))
    y = x @ np.arange(1, p + 1) + noise * rng.standard_normal(n)
    rows = (",".join(map(repr, [*map(float, row), float(t)])) for row, t in zip(x, y, strict=True))
    return [",".join([*(f"x{i}" for i in range(p)), "y"]), *rows], x, y


def test_rows_come_back_as_written_wherever_y_stands():
    lines = ["a, y ,b", "1,2,3", "", "-1e-3,4,0.5", ",,"]
    found = read_table(lines)
    assert found.names == ("a", "b") and not found.malformed
    assert found.x.tolist() == [[1, 3], [-0.001, 0.5]] and found.y.tolist() == [2, 4]


def test_malformed_rows_are_named_and_the_others_kept():
    lines = ["x,y", "1,2", "1", "a,2", "3,nan", "1,2,3", '"1,2', ",4", "5,6"]
    found = read_table(lines)
    assert found.x.ravel().tolist() == [1, 5]
    wanted = {3: "2 numbers, as the header has; got 1", 4: "number for `x`; got `a`",
              5: "number for `y`; got `nan`", 6: "got 3", 7: "commas", 8: "got ``"}  # fmt: skip
    assert len(found.malformed) == len(wanted)
    for message, (number, words_) in zip(found.malformed, wanted.items(), strict=True):
        assert message.startswith(f"line {number}: ") and words_ in message


@pytest.mark.parametrize("header", ["a,b", "y", "y,y,a", "a,a,y", "a;b;y", "1,2,3", ",y", ""])
def test_a_header_that_does_not_name_the_columns_is_refused(header):
    with pytest.raises(ValueError, match="the first row must name every column once"):
        read_table([header, "1,2,3"])


def test_the_limit_is_least_squares_and_the_error_that_of_refitting():
    lines, x, y = _lines()
    report = judged(read_table(lines), seed=3, points=21)
    wanted = np.linalg.lstsq(x, y)[0]
    assert np.allclose(list(report.theta.values()), wanted, atol=1e-10)
    parts = np.random.default_rng(3).permutation(len(y)) % 5
    squares = np.empty(len(y))
    for part in range(5):
        out = parts == part
        squares[out] = (x[out] @ np.linalg.lstsq(x[~out], y[~out])[0] - y[out]) ** 2
    assert report.error[-1] == pytest.approx(squares.mean(), rel=1e-9)
    assert report.fit[-1] == pytest.approx(np.mean((x @ wanted - y) ** 2), rel=1e-9)
    assert np.all(np.diff(report.fit) <= 1e-12)
    assert report.rank == 5 and "determined" in words(report)[0]


def test_stopping_early_helps_where_noise_is_fitted_and_a_repeated_row_is_no_obstacle():
    rng = np.random.default_rng(1)
    spectrum = np.arange(1, 81) ** -1.5
    x = rng.standard_normal((40, 80)) * np.sqrt(spectrum)
    y = x[:, 0] * 2 + rng.standard_normal(40)
    x[1], y[1] = x[0], y[0]
    report = judged(Table(x, y, tuple(f"x{n}" for n in range(80)), ()))
    assert report.rank == 39 and report.best < np.inf
    assert report.harm[0] > 2 * report.harm[1] > 0
    assert report.compatible[0] <= report.best <= report.compatible[1]
    assert "stopping early helps" in words(report)[-1]
    assert set(draw(report)) == {"path"}


def test_exact_data_are_not_told_apart():
    lines, *_ = _lines(noise=0.0)
    report = judged(read_table(lines))
    assert report.error[-1] < 1e-20
    assert "do not tell them apart" in words(report)[-1]


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (np.zeros((10, 2)), "not 0"),
        (np.ones((9, 2)), "10 rows or more; got 9"),
        (np.full((10, 2), 1e200), "largest entry of `X` must lie between 1e-100 and 1e"),
        (np.full((10, 2), 1e-200), "Rescale"),
    ],
)
def test_what_cannot_be_judged_is_refused(x, message):
    with pytest.raises(ValueError, match=message):
        judged(Table(x, np.ones(len(x)), ("a", "b"), ()))
