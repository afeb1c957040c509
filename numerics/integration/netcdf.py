"""Datasets in NetCDF files, written so that nobody ever sees half of one."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

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
    with replacement(Path(path)) as temporary:
        whole = io.BytesIO()  # HDF5 in memory: what goes wrong on the disk never meets it
        dataset.to_netcdf(whole, engine="h5netcdf")
        temporary.write_bytes(whole.getvalue())


@contextmanager
def growing(path: str | Path) -> Iterator[Callable[[xr.Dataset], None]]:
    """Give a function that appends datasets along ``trajectory`` to a file.

    They must have the same variables, and the same other coordinates.  The file takes the place of
    an old one at the end, whole; if anything is raised, nothing is left behind.

    Raises `OSError` as `save` does.
    """
    target = Path(path)
    with replacement(target) as temporary:

        def append(dataset: xr.Dataset) -> None:
            is_begun = temporary.stat().st_size > 0
            with _opened(temporary, "r+" if is_begun else "w+") as file:
                (_append if is_begun else _begin)(dataset, file)

        yield append


class _File(io.FileIO):
    """A file for HDF5 that keeps what goes wrong in writing; HDF5 itself crashes on a full disk.

    What could not be written is held in memory, so that HDF5 reads back what it believes to have
    written and can close its file.
    """

    def __init__(self, path: Path, mode: str) -> None:
        super().__init__(path, mode)
        self.error: OSError | None = None
        self._lost: list[tuple[int, bytes]] = []

    def write(self, data: Any, /) -> int:
        """Write all of it; after an error keep it in memory."""
        whole, at = memoryview(data).cast("B"), self.tell()
        left = whole
        try:
            while left and self.error is None:
                left = left[super().write(left) :]
        except OSError as error:
            self.error = error
        if left:
            self._lost.append((at, bytes(whole)))
            self.seek(at + len(whole))
        return len(whole)

    def readinto(self, buffer: Any, /) -> int:
        """Read what was written, or would have been."""
        view, at = memoryview(buffer).cast("B"), self.tell()
        count = super().readinto(view)
        for start, data in self._lost:
            first, last = max(start, at), min(start + len(data), at + len(view))
            if first < last:
                view[count : max(count, first - at)] = bytes(max(0, first - at - count))
                view[first - at : last - at] = data[first - start : last - start]
                count = max(count, last - at)
        self.seek(at + count)
        return count

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Go to a place; the end is where it would be."""
        if whence == io.SEEK_END and self._lost:
            end = max(super().seek(0, io.SEEK_END), *(at + len(d) for at, d in self._lost))
            return super().seek(end + offset)
        return super().seek(offset, whence)

    def truncate(self, size: int | None = None, /) -> int:
        """Set the size; after an error pretend to have."""
        try:
            return super().truncate(size)
        except OSError as error:
            self.error = self.error or error
            return size or 0


@contextmanager
def _opened(path: Path, mode: str) -> Iterator[_File]:
    """Give a file for HDF5, and raise what went wrong in writing once HDF5 is done with it."""
    with _File(path, mode) as file:
        try:
            yield file
        except (OSError, RuntimeError):  # HDF5 cannot read back what it believes to be written
            if file.error is None:
                raise
        if file.error is not None:
            raise file.error


def _begin(dataset: xr.Dataset, file: _File) -> None:
    grows = [x for x in dataset.variables if "trajectory" in dataset[x].dims]
    rows = min(ROWS, max(dataset.sizes["trajectory"], 1))  # a chunk takes its room at once
    encoding = {x: {"chunksizes": (rows, *dataset[x].shape[1:])} for x in grows}
    dataset.to_netcdf(
        file, engine="h5netcdf", unlimited_dims=["trajectory"], encoding=encoding
    )  # fmt: skip


def _append(dataset: xr.Dataset, file: _File) -> None:
    import h5netcdf

    with h5netcdf.File(file, "a") as opened:
        first = opened.dimensions["trajectory"].size
        last = first + dataset.sizes["trajectory"]
        opened.resize_dimension("trajectory", last)
        for name in dataset.variables:
            values = dataset[name].values
            if "trajectory" in dataset[name].dims:
                kind = {"U": object, "b": np.int8}.get(values.dtype.kind, values.dtype)
                opened.variables[str(name)][first:last] = values.astype(kind)
        if "interrupted" in dataset.attrs:
            opened.attrs["interrupted"] = dataset.attrs["interrupted"]


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
