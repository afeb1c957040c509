"""Where a command may write: settled before the work starts, so that nothing is lost by it.

A file that is read is never written over.  What is written may take the place of an older file of
its own kind, made by the same command; any other file that stands there needs ``--force``.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from theory.files import check_place

__all__ = [
    "ANIMATION", "ANIMATION_DATA", "CERTIFICATES", "DIAGRAM_DATA", "EXPERIMENT", "FIGURE", "JUNIT",
    "LATEX", "PAGE", "PDF", "PORTRAIT_DATA", "RUN", "FileKind", "FolderKind", "checked_folder",
    "checked_output",
]  # fmt: skip

LOOKED_AT = 65_536  # bytes at either end of a file


@dataclass(frozen=True)
class FileKind:
    """A kind of file that a command writes: in words, its endings, and how it is known again."""

    title: str
    endings: tuple[str, ...]
    is_own: Callable[[Path], bool]


@dataclass(frozen=True)
class FolderKind:
    """A kind of folder that a command writes: in words, and a file of it that holds ``mark``."""

    title: str
    file: str
    mark: bytes


def checked_output(
    path: Path, kind: FileKind, inputs: Iterable[str] = (), *, force: bool = False
) -> Path:
    """Return ``path`` if a file of this kind can be written there without harm to anything.

    ``inputs`` are the files that are read, and other outputs ("-" is none); ``force`` lets another
    kind of file be written over, never an input.

    Raises `ValueError` for a name with another ending or of an input, `FileExistsError` for a file
    of another kind, `OSError` for a place where no file can be put.
    """
    endings = kind.endings
    wanted = " or ".join(f"`{ending}`" for ending in endings)
    if path.is_dir():
        raise IsADirectoryError(
            f"cannot write `{path}`: it is a folder. Name a file in it, ending in {wanted}."
        )
    same = next((name for name in inputs if _is_same(path, name)), None)
    if same is not None:
        raise ValueError(
            f"cannot write `{path}`: it is `{same}`, which would be lost. "
            f"Name another file, ending in {wanted}."
        )
    if path.suffix.lower() not in endings:
        raise ValueError(
            f"cannot write `{path}`: the name must end in {wanted}. "
            f"Write `{path.with_suffix(endings[0])}`."
        )
    target = check_place(path)
    if not force and target.exists() and target.stat().st_size and not kind.is_own(target):
        raise FileExistsError(
            f"cannot write `{path}`: what stands there is not {kind.title}, and would be lost. "
            "Name another file, or write over it with --force."
        )
    return path


def checked_folder(path: Path, kind: FolderKind, *, force: bool = False) -> Path:
    """Return ``path`` if it is a new or empty folder, or one of this kind, or else with ``force``.

    Raises `NotADirectoryError` for a file, `FileExistsError` for a folder with other things in it,
    `PermissionError` where nothing can be written.
    """
    if path.exists() and not path.is_dir():
        raise NotADirectoryError(f"cannot write to `{path}`: it is a file. Name a folder.")
    nearest = next(p for p in (path.absolute(), *path.absolute().parents) if p.exists())
    if not nearest.is_dir() or not os.access(nearest, os.W_OK):
        raise PermissionError(
            f"cannot write to `{path}`: `{nearest}` may not be written to. Name another folder."
        )
    is_other = path.is_dir() and any(not p.name.startswith(".") for p in path.iterdir())
    if is_other and not force and not _holds(path / kind.file, (kind.mark,)):
        raise FileExistsError(
            f"cannot write to `{path}`: it holds other files than {kind.title}, which could be "
            "lost. Name a new folder, or write into this one with --force."
        )
    return path


def _is_same(path: Path, name: str) -> bool:
    """Whether two names mean one file, through links as well, or would if there were one."""
    other = Path(name)
    if name == "-":
        return False
    if os.path.exists(path) and os.path.exists(name):  # a name may be no path at all: JSON
        return path.samefile(other)
    return path.absolute() == other.absolute()


def _marked(*marks: bytes) -> Callable[[Path], bool]:
    return lambda path: _holds(path, marks)


def _holds(path: Path, marks: Iterable[bytes]) -> bool:
    """Whether a file has one of these marks near its beginning or its end."""
    try:
        with path.open("rb") as opened:
            ends = opened.read(LOOKED_AT)
            opened.seek(max(LOOKED_AT, path.stat().st_size - LOOKED_AT))
            ends += opened.read()
    except OSError:
        return False
    return any(mark in ends for mark in marks)


def _attributes(path: Path) -> Mapping[str, object]:
    """Return the attributes of a NetCDF 4 file, none where it is not one."""
    import h5py

    try:
        with h5py.File(path, "r") as opened:
            return dict(opened.attrs)
    except OSError:
        return {}


def _is_of_a_portrait(path: Path) -> bool:
    """Whether a NetCDF file holds a portrait, or time series of `portrait --series`."""
    found = _attributes(path)
    return "fixed_points" in found or " portrait " in str(found.get("command", ""))


PAGE = FileKind(
    "a page of `proofhead check`", (".html", ".htm"),
    _marked(b'<meta name="generator" content="proofhead check">'),
)  # fmt: skip
JUNIT = FileKind(
    "a result of `proofhead check`", (".xml",), _marked(b'<testsuites name="proofhead check"')
)
LATEX = FileKind(
    "a document of `proofhead latex`", (".tex",), _marked(b"% Written by `proofhead latex`")
)
PDF = FileKind("a PDF of `proofhead latex`", (".pdf",), _marked(b"/Creator (proofhead latex)"))
FIGURE = FileKind(
    "a figure of proofhead", (".png", ".svg", ".pdf"),
    _marked(b"Software\0proofhead", b"<dc:title>proofhead</dc:title>", b"/Creator (proofhead)"),
)  # fmt: skip
ANIMATION = FileKind(
    "an animation of proofhead", (".gif", ".mp4"), _marked(b"proofhead: proofhead animate")
)
ANIMATION_DATA = FileKind(
    "the data of an animation", (".nc",),
    lambda path: " animate " in str(_attributes(path).get("command", "")),
)  # fmt: skip
RUN = FileKind("a run of `proofhead flow`", (".nc",), lambda path: "engine" in _attributes(path))
PORTRAIT_DATA = FileKind("the data of a portrait", (".nc",), _is_of_a_portrait)
DIAGRAM_DATA = FileKind(
    "the data of a bifurcation diagram", (".nc",), lambda path: "varied" in _attributes(path)
)
CERTIFICATES = FolderKind(
    "certificates of `proofhead certify`", "_CoqProject", b"-R library Proofhead"
)
EXPERIMENT = FolderKind("runs of `proofhead reproduce`", "settings.json", b'"experiment"')
