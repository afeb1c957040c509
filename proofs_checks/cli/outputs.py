"""Where a command may write: settled before the work starts, so that nothing is lost after it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

__all__ = ["checked_output"]


def checked_output(path: Path, inputs: Iterable[str], endings: Sequence[str]) -> Path:
    """Return ``path`` if a report can be written there without harm to anything.

    ``inputs`` are the files that are read ("-" is none), ``endings`` those the name may have.

    Raises `ValueError` for a name with another ending or of an input, `FileNotFoundError`,
    `IsADirectoryError`, `PermissionError` or `FileExistsError` (a device, a pipe) for a place where
    no file can be put.
    """
    wanted = " or ".join(f"`{ending}`" for ending in endings)
    if path.is_dir():
        raise IsADirectoryError(
            f"cannot write `{path}`: it is a folder. Name a file in it, ending in {wanted}."
        )
    same = next((name for name in inputs if _is_same(path, name)), None)
    if same is not None:
        raise ValueError(
            f"cannot write `{path}`: it is the document `{same}`, which would be lost. "
            f"Name another file, ending in {wanted}."
        )
    if path.exists() and not path.is_file():
        raise FileExistsError(f"cannot write `{path}`: it is no ordinary file. Name another one.")
    if path.suffix.lower() not in endings:
        raise ValueError(
            f"cannot write `{path}`: the name must end in {wanted}. "
            f"Write `{path.with_suffix(endings[0])}`."
        )
    folder = path.absolute().parent
    if not folder.is_dir():
        raise FileNotFoundError(
            f"cannot write `{path}`: its folder does not exist. Make `{folder}` first."
        )
    if not os.access(folder, os.W_OK):
        raise PermissionError(
            f"cannot write `{path}`: its folder may not be written to. Choose another folder."
        )
    return path


def _is_same(path: Path, name: str) -> bool:
    """Whether two names mean one file, through links as well, or would if there were one."""
    other = Path(name)
    if name == "-":
        return False
    if path.exists() and other.exists():
        return path.samefile(other)
    return path.absolute() == other.absolute()
