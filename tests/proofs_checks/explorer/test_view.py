"""What arrives from a page: every check, each with what the page then says."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proofs_checks.explorer.view import (
    MOST_STARTS,
    Slider,
    View,
    clicked,
    entered,
    with_end,
    with_number,
    with_start,
    with_window,
)

SLIDERS = (Slider("mu", -1.0, 4.0, 1.5),)
VIEW = View({"mu": 1.5})
WINDOW = (-4.0, 4.0, -6.0, 6.0)
ANYTHING = st.one_of(
    st.none(), st.booleans(), st.text(), st.floats(), st.integers(), st.lists(st.integers()),
    st.dictionaries(st.text(), st.integers()),
)  # fmt: skip


@pytest.mark.parametrize("value", ["1", None, True, math.nan, math.inf, [1.0], {"a": 1}])
def test_a_parameter_that_is_no_number(value):
    with pytest.raises(ValueError, match="the parameter mu must be a finite number; got `"):
        with_number(VIEW, SLIDERS, "mu", value)


def test_a_parameter_outside_its_slider():
    with pytest.raises(ValueError, match=r"interval \[-1, 4\]; got 4.5. .*`--range mu=low:high`"):
        with_number(VIEW, SLIDERS, "mu", 4.5)


@pytest.mark.parametrize("name", ["nu", "__class__", None, 3, ["mu"]])
def test_an_unknown_slider(name):
    with pytest.raises(ValueError, match="there is no slider `.*`. Sliders: mu."):
        with_number(VIEW, SLIDERS, name, 1.0)


def test_a_long_text_is_quoted_short():
    with pytest.raises(ValueError) as error:
        with_number(VIEW, SLIDERS, "x" * 100_000, 1.0)
    assert len(str(error.value)) < 100


def test_numbers_are_those_one_would_type_and_stay_in_the_interval():
    assert with_number(VIEW, SLIDERS, "mu", 0.1 + 0.2).parameters == {"mu": 0.3}
    assert with_number(VIEW, (Slider("mu", 0, 1 / 3, 0),), "mu", 1 / 3).parameters["mu"] <= 1 / 3


def test_steps_of_sliders_are_round():
    assert [Slider("k", 0, high, 0).step for high in (1, 3, 4.5, 2000)] == [0.005, 0.02, 0.05, 10]


@given(ANYTHING, ANYTHING)
def test_a_start_is_in_the_window_or_refused_with_a_sentence(x, y):
    try:
        view = with_start(VIEW, WINDOW, clicked(WINDOW, (x, y)))
    except ValueError as error:
        assert "must" in str(error) and len(str(error)) < 200
    else:
        ((a, b),) = view.starts
        assert -4 <= a <= 4 and -6 <= b <= 6


def test_a_start_outside():
    with pytest.raises(ValueError, match=r"in the window \[-4, 4, -6, 6\]; got 4.1, 0."):
        with_start(VIEW, WINDOW, [4.1, 0])


def test_clicks_are_rounded_to_a_thousandth_of_the_window():
    assert clicked(WINDOW, (1.23456, -2.34567)) == [1.235, -2.35]
    assert clicked((-1e-3, 1e-3), (1.23456e-4,)) == [0.000123]
    assert clicked((-5e5, 5e5), (123.456,)) == [123.0]


def test_too_many_starts():
    view = View({}, starts=((0.0, 0.0),) * MOST_STARTS)
    with pytest.raises(ValueError, match="48 trajectories, which is the most; clear some."):
        with_start(view, WINDOW, [0, 0])


def test_windows():
    assert with_window(VIEW, [0, 1, 2, 3], 2).window == (0, 1, 2, 3)
    with pytest.raises(
        ValueError, match="a limit of the window must be a finite number; got `nan`"
    ):
        with_window(VIEW, [0, math.nan, 0, 1], 2)
    with pytest.raises(ValueError, match="x_low < x_high"):
        with_window(VIEW, [1, 0, 0, 1], 2)
    with pytest.raises(ValueError, match="two finite numbers"):
        with_window(VIEW, [1, 2, 3, 4], 1)


@given(ANYTHING)
def test_text_fields(text):
    try:
        assert len(entered(text, 2, "a start (x,y)")) == 2
    except ValueError as error:
        assert str(error).startswith("a start (x,y): 2 numbers with commas between them; got `")


def test_ends_of_time_series():
    assert with_end(VIEW, "12.5", whole=False).until == 12.5
    for text in ("0", "-1", "nan", "inf", "1e9"):
        with pytest.raises(ValueError, match="must be a number above 0, at most 10000; got"):
            with_end(VIEW, text, whole=False)
    with pytest.raises(ValueError, match="iterates.* must be a whole number above 0.*; got 2.5"):
        with_end(VIEW, "2.5", whole=True)
