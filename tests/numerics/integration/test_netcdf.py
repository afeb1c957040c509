"""NetCDF files: a round trip, and nothing half-written when something fails."""

import os

import numpy as np
import pytest
import xarray as xr

from numerics.flows import system_named
from numerics.integration import Section, integrate, load, save


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


@pytest.mark.parametrize("error", [RuntimeError("no space left"), OSError(28, "No space left")])
def test_a_full_disk_leaves_nothing_behind(run, tmp_path, monkeypatch, error):
    def full(self, path, **_):
        path.write_bytes(b"half")
        raise error

    (tmp_path / "run.nc").write_text("old")
    monkeypatch.setattr(xr.Dataset, "to_netcdf", full)
    with pytest.raises(OSError, match="cannot write `.*run.nc`: .*o space left"):
        save(run, tmp_path / "run.nc")
    assert [p.name for p in tmp_path.iterdir()] == ["run.nc"]
    assert (tmp_path / "run.nc").read_text() == "old"


def test_what_is_no_netcdf_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no such file"):
        load(tmp_path / "none.nc")
    (tmp_path / "text.nc").write_text("not a dataset")
    with pytest.raises(OSError, match="cannot read `.*text.nc` as NetCDF"):
        load(tmp_path / "text.nc")
