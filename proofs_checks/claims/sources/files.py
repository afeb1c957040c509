r"""Where the files of a document come from: a folder on the disk, or the members of an archive.

Names are relative to the folder of the main file, with ``/`` between folders.  Nothing outside that
folder is ever read: no ``..`` beyond it, no absolute name, no link that leads out; no pipe or
device either.
"""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from proofs_checks.claims.places import decode
from proofs_checks.claims.sources.bundle import SourceError

__all__ = [
    "FILE_BYTES",
    "Files",
    "Folder",
    "Members",
    "declared_encoding",
    "decoded",
    "inside",
    "read_file",
    "refuse_binary",
]

FILE_BYTES = 8 * 1024 * 1024  # of one file; a document may have less, see `Limits`
MOST_FILES = 5000  # in a folder that is searched
NOT_SEARCHED = frozenset(["node_modules", "__pycache__", "site-packages"])

_BINARY = {
    b"%PDF": "a PDF", b"\x89PNG": "a picture", b"\xff\xd8\xff": "a picture", b"GIF8": "a picture",
    b"\x1f\x8b": "compressed", b"PK\x03\x04": "a zip archive", b"\x7fELF": "a program",
    b"BZh": "compressed by bzip2", b"\xfd7zXZ": "compressed by xz", b"7z\xbc\xaf": "a 7z archive",
    b"\xf7\x02": "a DVI", b"\xd0\xcf\x11\xe0": "an office document",
}  # fmt: skip
_ENCODINGS = {
    "latin1": "latin-1", "latin2": "iso8859-2", "latin5": "iso8859-9", "latin9": "iso8859-15",
    "ansinew": "cp1252", "cp1252": "cp1252", "cp1250": "cp1250", "cp1251": "cp1251",
    "koi8-r": "koi8-r", "applemac": "mac-roman",
}  # fmt: skip
_INPUTENC = re.compile(rb"\\usepackage\s*\[\s*([a-z0-9-]+)\s*\]\s*\{\s*inputenc\s*\}")


class Files(Protocol):
    """What a document may be made of."""

    def has(self, path: str) -> bool:
        """Whether there is something of this name, readable or not."""
        ...

    def read(self, path: str) -> bytes:
        """Return the bytes of a file; raise `SourceError` or `OSError` if they cannot be had."""
        ...

    def names(self) -> list[str]:
        """Return the names of all files, sorted."""
        ...


class Folder:
    """The files in a folder and below it."""

    def __init__(self, root: Path) -> None:
        """Take the folder ``root``."""
        self.root, self._real = root, root.resolve()
        self.unsearched: list[tuple[str, OSError]] = []  # folders that may not be listed

    def has(self, path: str) -> bool:
        """Whether there is something of this name, a broken link included."""
        try:
            return os.path.lexists(self.root / path) and not (self.root / path).is_dir()
        except (OSError, ValueError):  # too long, or a character that no name has
            return False

    def read(self, path: str) -> bytes:
        """Return the bytes of a file; raise `SourceError` or `OSError` if they cannot be had."""
        try:
            real = (self.root / path).resolve()
        except RuntimeError:  # Python 3.11 and 3.12
            raise SourceError(f"`{path}` is a link that leads to itself") from None
        if not real.is_relative_to(self._real):
            raise SourceError(
                f"`{path}` is a link that leads outside the folder of the document: not read"
            )
        return read_file(real, path)

    def names(self) -> list[str]:
        """Return the names of all files, sorted; hidden ones and folders of programs left out.

        Links to folders are not followed.  Raises `SourceError` if there are too many.
        """
        found: list[str] = []
        for folder, folders, files in os.walk(self.root, onerror=self._unlisted):
            folders[:] = sorted(f for f in folders if f[0] != "." and f not in NOT_SEARCHED)
            relative = Path(folder).relative_to(self.root)
            found += [(relative / f).as_posix() for f in files if not f.startswith(".")]
            if len(found) > MOST_FILES:
                raise SourceError(
                    f"the folder has more than {MOST_FILES} files; name the document in it"
                )
        return sorted(found)

    def _unlisted(self, error: OSError) -> None:
        self.unsearched.append((os.path.relpath(error.filename, self.root), error))


def read_file(path: Path, shown: str) -> bytes:
    """Return the bytes of an ordinary file.

    Raises `SourceError` for what is none (a pipe would never end) or is too large, `OSError` as
    the system says.
    """
    status = path.stat()
    if path.is_dir():
        raise SourceError(f"`{shown}` is a folder")
    if not path.is_file():
        raise SourceError(f"`{shown}` is a pipe or a device: not read")
    if status.st_size > FILE_BYTES:
        raise SourceError(
            f"`{shown}` has {status.st_size} bytes; at most {FILE_BYTES} of a file are read"
        )
    return path.read_bytes()


class Members:
    """The text files of an archive, held in memory.

    ``refused`` are members that are not read, such as links, each with the reason.
    """

    def __init__(self, files: Mapping[str, bytes], refused: Mapping[str, str]) -> None:
        """Take the members by their names."""
        self._files, self._refused = files, refused

    def has(self, path: str) -> bool:
        """Whether there is a member of this name, refused or not."""
        return path in self._files or path in self._refused

    def read(self, path: str) -> bytes:
        """Return the bytes of a member; raise `SourceError` if they cannot be had."""
        if path in self._refused:
            raise SourceError(f"`{path}` {self._refused[path]}: not read")
        if path not in self._files:
            raise SourceError(f"`{path}` is not in the archive")
        return self._files[path]

    def names(self) -> list[str]:
        """Return the names of all members that can be read, sorted."""
        return sorted(self._files)


def inside(folder: str, name: str) -> str:
    """Return the path of a file that is called ``name`` in ``folder``.

    Raises `SourceError` if it leads out of the folder of the document.
    """
    joined = posixpath.join(folder, name)
    path = posixpath.normpath(joined)
    if path.startswith("/"):
        raise SourceError(f"`{joined}` leads outside the folder of the document: not read")
    if path == ".." or path.startswith("../"):
        raise SourceError(
            f"`{joined}` leads outside the folder of the document: not read; to have it read, "
            "check the folder that holds both"
        )
    return path


def refuse_binary(data: bytes, name: str) -> None:
    """Raise `SourceError` if the bytes are no text."""
    what = next((what for start, what in _BINARY.items() if data.startswith(start)), "")
    is_utf16 = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    if not what and not is_utf16 and b"\0" in data[:8192]:
        what = "no text (it has zero bytes)"
    if what:
        raise SourceError(f"`{name}` is {what}; what is read is the source of a document")


def decoded(data: bytes, name: str, encoding: str = "") -> tuple[str, int | None]:
    """Return the text of a file, and the offset of the first byte that could not be decoded.

    ``encoding`` is tried where the bytes are no UTF-8.  Raises `SourceError` if they are no text.
    """
    refuse_binary(data, name)
    text, undecoded = decode(data)
    if undecoded is not None and encoding:
        return data.decode(encoding, errors="replace"), None
    return text, undecoded


def declared_encoding(data: bytes) -> str:
    r"""Return the encoding that ``\usepackage[..]{inputenc}`` declares; empty if UTF-8 or none."""
    found = _INPUTENC.search(data)
    return _ENCODINGS.get(found[1].decode("ascii"), "") if found else ""
