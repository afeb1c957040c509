"""Animations show what the system does, whole or not at all."""

import shutil

import numpy as np
import pytest
from PIL import Image

from numerics.integration import load
from numerics.portraits import check_animation, motion, portrait, write_film, write_motion
from tests.numerics.portraits.systems import driven, flow, iterated

SINK = flow("-x", "-2*y")
START = np.array([[1.0, -1.0]])


@pytest.fixture(scope="module")
def sink():
    return portrait(SINK, starts=START, prove=False)


def frames(path):
    with Image.open(path) as image:
        found = []
        for n in range(image.n_frames):
            image.seek(n)
            found.append(np.asarray(image.convert("RGB"), dtype=int))
        return found


def test_trajectories_move_in_time(sink, tmp_path):
    found = motion(sink, frames=3, until=2.0)
    assert found.times.tolist() == [0, 1, 2]
    t = found.data["time"].values
    expected = np.column_stack([np.exp(-t), -np.exp(-2 * t)])
    np.testing.assert_allclose(found.data["y"].values[0], expected, atol=1e-6)
    told = []
    data = write_motion(
        found, tmp_path / "m.gif", command="proofhead animate", progress=lambda *x: told.append(x)
    )
    first, middle, last = frames(tmp_path / "m.gif")
    assert first.shape == middle.shape and (first != middle).any() and (middle != last).any()
    assert told == [(1, 3), (2, 3), (3, 3)]
    assert load(data).attrs["command"] == "proofhead animate"
    assert b"proofhead: proofhead animate" in (tmp_path / "m.gif").read_bytes()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["m.gif", "m.nc"]


def test_the_end_is_where_most_have_arrived(sink):
    end = motion(sink, frames=2).times[-1]
    assert 2 < end < 12  # at 2 it is still 1/7 of the way off
    around = portrait(flow("y", "-x"), starts=START, prove=False)
    assert motion(around, frames=2).times[-1] > 2 * np.pi  # at least once around


def test_maps_move_by_iterates():
    found = motion(portrait(iterated("x/2", "-y"), starts=START, prove=False), frames=4)
    np.testing.assert_array_equal(found.data["y"].values[0, :, 0], [1, 0.5, 0.25, 0.125])
    np.testing.assert_array_equal(found.data["y"].values[0, :, 1], [-1, 1, -1, 1])
    swung = portrait(driven("-x + cos(t)", "-y", "2*pi"), starts=START / 2, prove=False)
    path = motion(swung, frames=3).data["y"].values[0]
    np.testing.assert_allclose(path[:, 0], 0.5, atol=1e-8)  # once in every period


def test_a_film_over_a_parameter(tmp_path):
    found = [portrait(flow("a - x", "-y", a=a), starts=1, prove=False) for a in (0.5, 1.0)]
    data = load(write_film(found, "a", [0.5, 1.0], tmp_path / "f.gif", command="said"))
    first, second = frames(tmp_path / "f.gif")
    assert first.shape == second.shape and (first != second).any()
    assert data["frame"].values.tolist() == [0.5, 1.0] and data.attrs["parameter"] == "a"
    np.testing.assert_allclose(data["fixed_point"].values, [[0.5, 0], [1, 0]], atol=1e-9)
    assert data["point_frame"].values.tolist() == [0, 1]
    for n, p in enumerate(found):
        here = np.isin(data["vertex_curve"], np.flatnonzero(data["curve_frame"] == n))
        expected = np.vstack([c.points for c in p.curves])
        np.testing.assert_array_equal(data["curve_points"].values[here], expected)


def test_what_does_not_move_is_refused(sink):
    with pytest.raises(ValueError, match="has no trajectories in a plane that could move"):
        motion(portrait(SINK, starts=0, prove=False))
    with pytest.raises(ValueError, match="needs at least 2 frames; got 1"):
        motion(sink, frames=1)
    with pytest.raises(ValueError, match="`until` must be a finite time above 0; got -1"):
        motion(sink, until=-1.0)


def test_endings_and_ffmpeg(sink, tmp_path, monkeypatch):
    with pytest.raises(ValueError, match="written as .gif or .mp4; got `.png`"):
        check_animation(tmp_path / "a.png")
    monkeypatch.setattr("matplotlib.animation.FFMpegWriter.isAvailable", lambda: False)
    with pytest.raises(ValueError, match="needs the program ffmpeg, which is not installed here"):
        write_motion(motion(sink, frames=2, until=1.0), tmp_path / "a.mp4")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="needs the program ffmpeg")
def test_an_mp4(sink, tmp_path):
    write_motion(motion(sink, frames=3, until=1.0), tmp_path / "a.mp4", command="proofhead animate")
    whole = (tmp_path / "a.mp4").read_bytes()
    assert whole[4:8] == b"ftyp" and b"proofhead: proofhead animate" in whole
