"""Arrays in files that know whether they are what was written.

A file is the SHA-256 of what follows, a line end, and a NumPy archive; equal arrays are equal
bytes.  It is written beside its place and moved there, so that nobody ever sees half of one.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from theory.files import write_atomically

__all__ = ["Damaged", "packed", "read", "unpacked", "write"]


class Damaged(ValueError):
    """A file is not what was written: its name, and what is wrong with it."""


def packed(arrays: Mapping[str, Any]) -> bytes:
    """Return arrays (numbers, texts of fixed length) as the bytes of a file."""
    buffer = io.BytesIO()
    found: dict[str, Any] = {name: np.asarray(value) for name, value in arrays.items()}
    np.savez(buffer, **found)
    body = buffer.getvalue()
    return hashlib.sha256(body).hexdigest().encode() + b"\n" + body


def unpacked(data: bytes, name: str | Path) -> dict[str, Any]:
    """Return the arrays in the bytes of a file; numbers come back as NumPy scalars of their type.

    Raises `Damaged`, with the file's ``name``, if they are not what was written.
    """
    digest, _, body = data.partition(b"\n")
    if hashlib.sha256(body).hexdigest().encode() != digest:
        raise Damaged(f"`{name}` is damaged: its checksum differs.")
    with np.load(io.BytesIO(body), allow_pickle=False) as archive:
        return {key: archive[key] for key in archive.files}


def write(path: Path, arrays: Mapping[str, Any]) -> None:
    """Write arrays to a file.

    Raises `OSError` for a full disk or a folder that may not be written to.
    """
    write_atomically(path, packed(arrays))


def read(path: Path) -> dict[str, Any]:
    """Return the arrays in a file.

    Raises `Damaged` if it is not what was written, `OSError` if it cannot be read.
    """
    return unpacked(path.read_bytes(), path)
