r"""From what is named on the command line to documents: a file, a folder, an archive, a notebook.

| given | documents |
|---|---|
| `main.tex` | that file with everything it includes |
| a folder | its main files, else every TeX, Markdown and notebook file (`mains`) |
| `paper.tar.gz`, `.tgz`, `.tar`, `.zip`, `.gz` | the same of its members |
| `notes.ipynb` | the notebook, its cells in order |
| anything else, or - | the bytes as they are |
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from proofs_checks.claims.document import kind_of
from proofs_checks.claims.limits import Limits
from proofs_checks.claims.places import decode
from proofs_checks.claims.sources.archive import ARCHIVE_BYTES, SINGLE, is_archive, members_of
from proofs_checks.claims.sources.bundle import Bundle, SourceError
from proofs_checks.claims.sources.files import Files, Folder, Members, refuse_binary
from proofs_checks.claims.sources.mains import TEX, documents_in
from proofs_checks.claims.sources.notebook import notebook_bundle
from proofs_checks.claims.sources.project import tex_bundle
from proofs_checks.claims.sources.webpage import page_bundle

__all__ = ["Opened", "document_of", "documents_at", "documents_of_bytes"]

_ARCHIVES = (".tar.gz", ".tgz", ".tar", ".zip", ".gz")
LOOKED_AT = 200_000  # bytes that tell the kind of a document


@dataclass(frozen=True)
class Opened:
    """A document that was found: what reports call it, and how to read it.

    ``read`` raises `SourceError` or `OSError` if it cannot be had.
    """

    name: str
    read: Callable[[], bytes | Bundle]


def documents_at(name: str) -> list[Opened]:
    """Return the documents of a file, folder or archive.

    Raises `SourceError` for a folder or archive without documents or beyond the limits, and for
    what is no text; `OSError` as the system says.
    """
    path = Path(name)
    if path.is_dir():
        return _documents_of_folder(path, name)
    if not path.exists() or path.is_file():
        size = path.stat().st_size
    else:
        raise SourceError("it is a pipe or a device; give the document by standard input, as -")
    if size > ARCHIVE_BYTES:
        raise SourceError(f"it has {size} bytes; at most {ARCHIVE_BYTES} are read")
    with path.open("rb") as opened:
        start = opened.read(8192)
    if is_archive(start) or name.lower().endswith(_ARCHIVES):
        return documents_of_bytes(path.read_bytes(), name)
    return [Opened(name, lambda: document_of(path, name))]


def document_of(path: Path, name: str) -> bytes | Bundle:
    """Return one document of the disk, with what it includes; ``name`` is what reports call it.

    Raises `SourceError` or `OSError` if it cannot be had.
    """
    return _document(_Given(path), path.name, name)


class _Given(Folder):
    """The folder of a file that was named: the file itself may be a link to anywhere."""

    def __init__(self, path: Path) -> None:
        super().__init__(path.parent)
        self._given = path

    def read(self, path: str) -> bytes:
        """Return the bytes of a file; raise `SourceError` or `OSError` if they cannot be had."""
        if path != self._given.name:
            return super().read(path)
        return self._given.read_bytes()


def documents_of_bytes(data: bytes, name: str) -> list[Opened]:
    """Return the documents of an archive, or the bytes themselves as the only one.

    Raises `SourceError` for an archive without documents or beyond the limits.
    """
    if not is_archive(data):
        if name.lower().endswith(_ARCHIVES):
            raise SourceError("it is no archive, although its name says so")
        alone = Members({name: data}, {})
        return [Opened(name, lambda: _document(alone, name, name))]
    members = members_of(data)
    if members.names() == [SINGLE]:  # a .gz of one file, whose name it does not tell
        inner = posixpath.basename(name.removesuffix(".gz"))
        alone = Members({inner: members.read(SINGLE)}, {})
        return [Opened(name, lambda: _document(alone, inner, name))]
    return _documents(members, name)


def _documents_of_folder(path: Path, name: str) -> list[Opened]:
    folder = Folder(path)
    found: list[Opened] = []
    try:
        found = _documents(folder, name)
    except SourceError:
        if not folder.unsearched:
            raise
    return found + [Opened(f"{name.rstrip('/')}/{f}", _raising(e)) for f, e in folder.unsearched]


def _raising(error: OSError) -> Callable[[], bytes]:
    def read() -> bytes:
        raise error

    return read


def _documents(files: Files, name: str) -> list[Opened]:
    names = documents_in(files)
    if not names:
        raise SourceError("it holds no document: no TeX, Markdown or notebook file")
    shown = [f"{name.rstrip('/')}/{path}" for path in names]
    return [
        Opened(title, partial(_document, files, path, title))
        for path, title in zip(names, shown, strict=True)
    ]


def _document(files: Files, path: str, name: str) -> bytes | Bundle:
    lower = path.lower()
    if lower.endswith(TEX):
        return tex_bundle(files, path, name)
    data = files.read(path)
    if lower.endswith(".ipynb"):
        return notebook_bundle(data, name, posixpath.basename(path))
    refuse_binary(data, path)
    kind = kind_of(path, decode(data[:LOOKED_AT])[0])
    if kind == "tex":
        return tex_bundle(files, path, name)
    text, undecoded = decode(data)
    if kind == "html" and undecoded is None and len(data) <= Limits().document_bytes:
        return page_bundle(text, name) or data
    return data
