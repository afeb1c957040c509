"""NetCDF files: a round trip, and nothing half-written when something fails."""

import os
from contextlib import contextmanager

import numpy as np
import pytest

from numerics.flows import system_named
from numerics.integration import (
    Section,
    growing,
    integrate,
    integrate_in_parts,
    load,
    save,
)


@pytest.fixture(scope="module")
def run():
    system = system_named("attention-flow", T=1, n=2, d_v=1)
    starts = system.starts(np.random.default_rng(0), 3)
    return integrate(
        system, starts, 1.0, engine="scipy", events=[Section("s_11", starts[0, 0] + 0.01)]
    )


def test_what_is_loaded_is_what_was_saved(run, tmp_path):
    save(run, tmp_path / "run.nc")
    found = load(tmp_path / "run.nc")
    assert found.identical(run)
    assert found.attrs == run.attrs
    assert [p.name for p in tmp_path.iterdir()] == ["run.nc"]
    assert found.status.values[0] == "finished"


def test_an_old_file_is_replaced_whole(run, tmp_path):
    (tmp_path / "run.nc").write_text("old")
    save(run, tmp_path / "run.nc")
    assert load(tmp_path / "run.nc").identical(run)


def test_a_folder_that_is_missing_or_closed(run, tmp_path):
    with pytest.raises(FileNotFoundError, match="the folder `.*none` does not exist"):
        save(run, tmp_path / "none" / "run.nc")
    with pytest.raises(IsADirectoryError, match="it is a folder"):
        save(run, tmp_path)
    if os.geteuid() != 0:  # root may write anywhere
        tmp_path.chmod(0o500)
        with pytest.raises(PermissionError, match="cannot write"):
            save(run, tmp_path / "run.nc")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_where_nothing_can_be_made(run):
    with pytest.raises(OSError, match="cannot write `/proc/run.nc`"):
        save(run, "/proc/run.nc")


@pytest.mark.parametrize("room", [0, 100, 20_000])
@pytest.mark.parametrize("in_parts", [False, True])
def test_a_full_disk_leaves_nothing_behind(run, tmp_path, room, in_parts):
    path = tmp_path / "run.nc"
    path.write_text("old")
    with pytest.raises(OSError, match="cannot write `.*run.nc`: File too large"), disk(room):
        if not in_parts:
            save(run, path)
        with growing(path) as append:
            for _ in range(20):
                append(run)
    assert [p.name for p in tmp_path.iterdir()] == ["run.nc"]
    assert path.read_text() == "old"


@contextmanager
def disk(room):
    """Let no file grow beyond so many bytes: what a full disk does, and HDF5 crashes on it."""
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_what_is_no_netcdf_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no such file"):
        load(tmp_path / "none.nc")
    (tmp_path / "text.nc").write_text("not a dataset")
    with pytest.raises(OSError, match="cannot read `.*text.nc` as NetCDF"):
        load(tmp_path / "text.nc")


@pytest.fixture(scope="module")
def flow():
    return system_named("attention-flow", T=1, n=2, d_v=1)


def test_a_run_in_parts_is_the_run(flow, tmp_path):
    starts, times = flow.starts(np.random.default_rng(0), 11), [0, 0.5, 1.0]
    seen = []
    whole = integrate(flow, starts, times, engine="explicit")
    parts = list(integrate_in_parts(flow, starts, times, engine="explicit", size=4 * 3 * 4 * 8,
                                    progress=lambda *x: seen.append(x)))  # fmt: skip
    assert [x.sizes["trajectory"] for x in parts] == [4, 4, 3]
    assert seen == [(4, 11), (8, 11), (11, 11)]
    with growing(tmp_path / "parts.nc") as append:
        for part in parts:
            append(part)
    save(whole, tmp_path / "whole.nc")
    assert load(tmp_path / "parts.nc").identical(load(tmp_path / "whole.nc"))
    assert sorted(x.name for x in tmp_path.iterdir()) == ["parts.nc", "whole.nc"]


def test_auto_chooses_once_for_all_parts(flow):
    starts = flow.starts(np.random.default_rng(0), 1000)
    integrate(flow, starts[:2], [0, 1.0], engine="explicit")  # compiled if it was not
    parts = integrate_in_parts(flow, starts, [0, 1.0], size=990 * 2 * 4 * 8)
    assert [x.attrs["engine"] for x in parts] == ["explicit"] * 2  # 10 alone would go to SciPy


@pytest.mark.parametrize(("stop", "kept"), [(6, 6), (8, 8), (3, None)])
def test_an_interrupted_run_in_parts_says_how_far_it_came(flow, tmp_path, monkeypatch, stop, kept):
    from numerics.integration import running, units

    monkeypatch.setitem(units.UNITS, "scipy", 2)
    whole, given = running.parts, []

    def stopped(*arguments):
        for part in whole(*arguments):
            given.append(part)
            if 2 * len(given) > stop - 1:
                raise KeyboardInterrupt
            yield part

    monkeypatch.setattr(running, "parts", stopped)
    starts = flow.starts(np.random.default_rng(0), 11)
    options = {"engine": "scipy", "size": 4 * 2 * 4 * 8, "keep_partial": kept is not None}
    if kept is None:
        with pytest.raises(KeyboardInterrupt), growing(tmp_path / "run.nc") as append:
            for part in integrate_in_parts(flow, starts, [0, 1.0], **options):
                append(part)
        assert list(tmp_path.iterdir()) == []
        return
    with growing(tmp_path / "run.nc") as append:
        for part in integrate_in_parts(flow, starts, [0, 1.0], **options):
            append(part)
    found = load(tmp_path / "run.nc")
    done = 2 * (len(given) - 1)
    assert found.sizes["trajectory"] == done
    assert found.attrs["interrupted"] == f"{done} of 11 trajectories finished"


def test_a_disk_that_fills_up_between_parts_leaves_nothing(flow, tmp_path, monkeypatch):
    from numerics.integration import netcdf

    def full(dataset, path):
        raise OSError(28, "No space left")

    monkeypatch.setattr(netcdf, "_append", full)
    starts = flow.starts(np.random.default_rng(0), 4)
    with pytest.raises(OSError, match="cannot write `.*run.nc`: .*o space left"):
        with growing(tmp_path / "run.nc") as append:
            for part in integrate_in_parts(flow, starts, [0, 1.0], size=2 * 2 * 4 * 8):
                append(part)
    assert list(tmp_path.iterdir()) == []
