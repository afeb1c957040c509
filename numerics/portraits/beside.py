"""A figure and, beside it, its data: written together or not at all."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from numerics.integration import save
from theory.files import replacement

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["write_beside"]


def write_beside(path: Path, drawn: bytes, data: xr.Dataset, table: str | None = None) -> Path:
    """Write a figure with its data as NetCDF beside it, all or none; return the data's path.

    ``drawn``  what the file of the figure holds
    ``table``  also written, as comma-separated values

    Raises `OSError` where nothing can be written.
    """
    beside = path.with_suffix(".nc")
    with ExitStack() as files:
        files.enter_context(replacement(path)).write_bytes(drawn)
        if table is not None:
            values = files.enter_context(replacement(path.with_suffix(".csv")))
            values.write_text(table, encoding="utf-8")
        save(data, beside)
    return beside
