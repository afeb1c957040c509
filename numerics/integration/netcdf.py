"""Datasets in NetCDF files, written so that nobody ever sees half of one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from theory.files import replacement

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["growing", "load", "save"]

ROWS = 4096  # trajectories at most that a file which grows keeps together


def save(dataset: xr.Dataset, path: str | Path) -> None:
    """Write a dataset as NetCDF 4: the old file, or the whole new one, never a part.

    Raises `OSError` (missing folder, no permission, full disk) and then leaves nothing behind.
    """
    target = Path(path)
    with replacement(target) as temporary:
        try:
            dataset.to_netcdf(temporary, engine="h5netcdf")
        except (RuntimeError, OSError) as error:  # HDF5 reports a full disk as either
            raise OSError(f"cannot write `{target}`: {error}") from error


@contextmanager
def growing(path: str | Path) -> Iterator[Callable[[xr.Dataset], None]]:
    """Give a function that appends datasets along ``trajectory`` to a file.

    They must have the same variables, and the same other coordinates.  The file takes the place of
    an old one at the end, whole; if anything is raised, nothing is left behind.

    Raises `OSError` as `save` does.
    """
    target = Path(path)
    with replacement(target) as temporary:
        temporary.unlink()

        def append(dataset: xr.Dataset) -> None:
            try:
                if temporary.exists():
                    _append(dataset, temporary)
                else:
                    _begin(dataset, temporary)
            except (RuntimeError, OSError) as error:
                raise OSError(f"cannot write `{target}`: {error}") from error

        yield append


def _begin(dataset: xr.Dataset, path: Path) -> None:
    grows = [x for x in dataset.variables if "trajectory" in dataset[x].dims]
    rows = min(ROWS, max(dataset.sizes["trajectory"], 1))  # a chunk takes its room at once
    encoding = {x: {"chunksizes": (rows, *dataset[x].shape[1:])} for x in grows}
    dataset.to_netcdf(
        path, engine="h5netcdf", unlimited_dims=["trajectory"], encoding=encoding
    )  # fmt: skip


def _append(dataset: xr.Dataset, path: Path) -> None:
    import h5netcdf

    with h5netcdf.File(path, "a") as file:
        first = file.dimensions["trajectory"].size
        last = first + dataset.sizes["trajectory"]
        file.resize_dimension("trajectory", last)
        for name in dataset.variables:
            values = dataset[name].values
            if "trajectory" in dataset[name].dims:
                kind = {"U": object, "b": np.int8}.get(values.dtype.kind, values.dtype)
                file.variables[str(name)][first:last] = values.astype(kind)
        if "interrupted" in dataset.attrs:
            file.attrs["interrupted"] = dataset.attrs["interrupted"]


def load(path: str | Path) -> xr.Dataset:
    """Return the dataset of a file, read whole.

    Raises `OSError` for a file that is missing or no NetCDF.
    """
    import xarray as xr

    if not Path(path).is_file():
        raise FileNotFoundError(f"cannot read `{path}`: there is no such file.")
    try:
        with xr.open_dataset(path, engine="h5netcdf") as found:
            return found.load()
    except (OSError, ValueError, KeyError) as error:
        raise OSError(f"cannot read `{path}` as NetCDF: {error}") from None
