"""Datasets in NetCDF files, written so that nobody ever sees half of one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from theory.files import replacement

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["load", "save"]


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
