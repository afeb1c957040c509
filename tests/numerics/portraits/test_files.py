"""Figure and data are written together, whole, and the data hold all that the figure shows."""

import csv
import json

import numpy as np
import pytest

from numerics.integration import load
from numerics.portraits import portrait, write_portrait
from tests.numerics.portraits.systems import flow


@pytest.fixture(scope="module")
def found():
    return portrait(flow("x - x^3", "-y", a=2.5), starts=2, prove=False)


def test_the_data_hold_all_that_the_figure_shows(found, tmp_path):
    data = write_portrait(found, tmp_path / "p.svg", command="proofhead portrait own.toml -o p.svg")
    assert data == tmp_path / "p.nc"
    dataset = load(data)
    np.testing.assert_array_equal(dataset["velocity"], found.velocity)
    np.testing.assert_array_equal(dataset["x"], found.grid[0, :, 0])
    np.testing.assert_array_equal(dataset["y"], found.grid[:, 0, 1])
    for n, curve in enumerate(found.curves):
        points = dataset["curve_points"].values[dataset["vertex_curve"].values == n]
        np.testing.assert_array_equal(points, curve.points)
        assert dataset["curve_kind"].values[n] == curve.kind
        assert dataset["curve_label"].values[n] == curve.label
    np.testing.assert_array_equal(dataset["fixed_point"], [p.y for p in found.points])
    assert list(dataset["stable"].values) == ["yes", "yes", "no"]
    assert list(dataset["proof"].values) == ["verified numerically"] * 3
    np.testing.assert_allclose(dataset["eigenvalue_real"].values[-1], [1, -1])
    assert dataset.attrs["command"] == "proofhead portrait own.toml -o p.svg"
    assert json.loads(dataset.attrs["settings"])["a"] == 2.5
    assert "numpy" in json.loads(dataset.attrs["versions"])


def test_the_table_holds_every_vertex_and_point(found, tmp_path):
    write_portrait(found, tmp_path / "p.svg", table=True)
    with open(tmp_path / "p.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == sum(len(c.points) for c in found.curves) + len(found.points)
    first = [[float(r["x"]), float(r["y"])] for r in rows if r["curve"] == "0"]
    np.testing.assert_array_equal(first, found.curves[0].points)
    assert [r["kind"] for r in rows[-3:]] == [p.kind for p in found.points]
    write_portrait(found, tmp_path / "q.svg")
    assert not (tmp_path / "q.csv").exists()


def test_a_portrait_without_points_and_curves_is_saved(tmp_path):
    empty = portrait(flow("1", "2"), starts=0, prove=False)
    assert empty.points == () and empty.curves == ()
    dataset = load(write_portrait(empty, tmp_path / "e.png"))
    assert dataset.sizes["point"] == dataset.sizes["curve"] == 0


def test_figure_and_data_are_both_written_or_neither(found, tmp_path):
    (tmp_path / "p.nc").mkdir()
    with pytest.raises(OSError, match="p.nc`: it is a folder"):
        write_portrait(found, tmp_path / "p.svg")
    assert [p.name for p in tmp_path.iterdir()] == ["p.nc"]
    with pytest.raises(FileNotFoundError, match="does not exist"):
        write_portrait(found, tmp_path / "none" / "p.svg")
