"""Time series: what is drawn is what the system does."""

import numpy as np
import pytest

from numerics.integration import load
from numerics.portraits import Style, time_series, write_series
from tests.numerics.portraits.systems import driven, flow, iterated, own


def test_a_flow_is_integrated(tmp_path):
    system = own({"x": "y", "y": "-x", "z": "-z"})
    starts = np.array([[1.0, 0, 1], [0, 2, 3]])
    found = time_series(system, ["z", "x"], starts=starts, until=6.0)
    t = found.data["time"].values
    np.testing.assert_allclose(found.data["y"].sel(component="x")[0], np.cos(t), atol=1e-6)
    np.testing.assert_allclose(found.data["y"].sel(component="z")[1], 3 * np.exp(-t), atol=1e-6)
    data = write_series(found, tmp_path / "s.png", Style(title="three"), command="said")
    assert (tmp_path / "s.png").read_bytes().startswith(b"\x89PNG")
    assert load(data)["y"].shape == (2, 1001, 3)


def test_a_driven_system_begins_at_time_0_and_does_not_show_it():
    found = time_series(driven("-x + cos(t)", None), starts=np.array([[0.5]]), until=5.0)
    assert found.variables == ("x",)
    t, x = found.data["time"].values, found.data["y"].sel(component="x").values[0]
    np.testing.assert_allclose(x, (np.cos(t) + np.sin(t)) / 2, atol=1e-6)  # 0.5 is on the orbit
    np.testing.assert_allclose(found.data["y"].sel(component="t").values[0], t, atol=1e-9)


def test_a_map_is_iterated(tmp_path):
    found = time_series(iterated("2*x", "y/2"), starts=np.ones((1, 2)), until=5)
    np.testing.assert_array_equal(found.data["y"][0, :, 0], 2.0 ** np.arange(6))
    assert found.variables == ("x", "y") and found.data["time"].values[-1] == 5
    write_series(found, tmp_path / "s.svg", Style(legend=False))
    lost = time_series(iterated("x^9", "y"), starts=np.full((1, 2), 9.0), until=50)
    assert list(lost.data["status"].values) == ["not finite"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"variables": ["q"]}, "has no variable `q`"),
        ({"starts": 0}, "need at least one start; got 0"),
        ({"starts": np.ones(2)}, r"finite states of shape \(n, 2\)"),
        ({"until": -1.0}, "run until a time above 0; got -1"),
    ],
)
def test_errors(options, message):
    with pytest.raises(ValueError, match=message):
        time_series(flow("y", "-x"), **options)


def test_a_map_needs_a_whole_number_of_iterates():
    with pytest.raises(ValueError, match="until a whole number of iterates above 0; got 2.5"):
        time_series(iterated("x", "y"), until=2.5)
