"""Lines of a value lie on the value to rounding; poles, jumps and undefined places have none."""

import numpy as np
import pytest

from numerics.portraits.contours import lines_of_value

WINDOW = (-2.0, 2.0, -1.5, 1.5)


def lines(f, value=0.0, **options):
    def function(points):
        with np.errstate(all="ignore"):
            return f(points[:, 0], points[:, 1])

    return lines_of_value(function, WINDOW, value, **options)


def test_a_circle_is_one_closed_line():
    (line,) = lines(lambda x, y: x**2 + y**2, value=1.0)
    np.testing.assert_allclose(np.hypot(*line.T), 1.0, atol=1e-15)
    assert np.linalg.norm(line[0] - line[-1]) < 0.02
    angles = np.sort(np.arctan2(line[:, 1], line[:, 0]))
    assert np.diff(angles).max() < 0.05


@pytest.mark.parametrize("resolution", [240, 241, 81])
def test_axes_are_found_whether_grid_lines_or_not(resolution):
    found = np.vstack(lines(lambda x, y: np.tanh(x) * np.exp(y), resolution=resolution))
    np.testing.assert_allclose(found[:, 0], 0.0, atol=1e-15)
    assert (found[:, 1].min(), found[:, 1].max()) == (-1.5, 1.5)


@pytest.mark.parametrize(
    "f",
    [
        lambda x, y: 1 / (x - 0.123),
        lambda x, y: np.tan(np.pi * (x - 0.377) / 4 + np.pi / 2) + 9,
        lambda x, y: np.where(x < 0.1, -1.0, 2.0) + 0 * y,
        lambda x, y: np.log(-1 - x**2),
        lambda x, y: np.full_like(x, np.inf),
        lambda x, y: 0 * x,
        lambda x, y: 1 + x**2,
    ],
    ids=["pole", "pole of tan", "jump", "undefined", "infinite", "everywhere", "nowhere"],
)
def test_what_is_no_zero_has_no_line(f):
    found = [line for line in lines(f) if np.abs(line[:, 0]).max() < 0.5]
    assert found == []


def test_zeros_beside_a_pole_and_undefined_places_stay():
    found = lines(lambda x, y: (x - 1) / x + 0 * y)
    assert found
    np.testing.assert_allclose(np.vstack(found)[:, 0], 1.0, atol=1e-15)
    half = np.vstack(lines(lambda x, y: np.log(x) + y))  # undefined for x <= 0
    np.testing.assert_allclose(half[:, 1], -np.log(half[:, 0]), atol=1e-14)
    assert half[:, 0].min() < 0.25


def test_a_line_is_cut_where_it_meets_a_jump():
    found = lines(lambda x, y: np.where(x < 0.05, y - 0.5, y + 0.5))
    ends = sorted((line[:, 0].min(), line[:, 0].max()) for line in found)
    assert len(ends) == 2
    assert ends[0][1] < 0.06 and ends[1][0] > 0.04
