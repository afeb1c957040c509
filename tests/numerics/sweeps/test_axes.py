"""The texts that say what a sweep varies."""

import numpy as np
import pytest

from numerics.sweeps import Axis, axis_from


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("k=0:2:5", [0, 0.5, 1, 1.5, 2]),
        ("k = -1 : 1 : 2", [-1, 1]),
        ("k=0.01:100:5:log", [0.01, 0.1, 1, 10, 100]),
        ("k=3,1,2", [3, 1, 2]),
        ("s_11=7", [7]),
    ],
)
def test_the_values_of_a_grid(text, values):
    axis = axis_from(text)
    assert axis.is_grid
    np.testing.assert_allclose(axis.values, values, rtol=1e-14)
    assert axis_from(axis.text) == axis
    assert Axis.of(axis.document()) == axis


def test_an_interval_gives_values_at_its_parts():
    assert axis_from("k=1:3").at(np.array([0.0, 0.25, 1.0])).tolist() == [1, 1.5, 3]
    np.testing.assert_allclose(axis_from("k=1:100:log").at(np.array([0.0, 0.5])), [1, 10])
    assert axis_from("k=1:100:log").text == "k=1:100:log" and not axis_from("k=1:3").is_grid


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("k", "`--over` takes k=low:high:n"),
        ("=1:2:3", "`--over` takes k=low:high:n"),
        ("k=", "`--over` takes k=low:high:n"),
        ("k=1:2:3:4", "`--over` takes k=low:high:n"),
        ("k=a:2:3", "`a` must be a finite number"),
        ("k=0:inf:3", "`inf` must be a finite number"),
        ("k=1,,2", "`` must be a finite number"),
        ("k=2:1:3", "low must be below high; got 2 and 1"),
        ("k=0:1:3:log", "equal ratios need values above 0; got 0"),
        ("k=0:1:1", "whole number of at least 2; got `1`"),
        ("k=0:1:2.5", "whole number of at least 2; got `2.5`"),
        ("k=1,2,1", "a value stands twice"),
    ],
)
def test_what_is_no_axis_is_said(text, message):
    with pytest.raises(ValueError) as error:
        axis_from(text)
    assert message in str(error.value)
