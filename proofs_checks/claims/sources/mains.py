r"""Which files of a folder are documents: those with ``\documentclass`` that no other includes.

A folder without any, such as one of notes, has a document in every TeX, Markdown and notebook file,
except for TeX files that another one includes.
"""

from __future__ import annotations

import posixpath
from typing import NamedTuple

from proofs_checks.claims.sources.bundle import SourceError
from proofs_checks.claims.sources.files import Files, decoded, inside
from proofs_checks.claims.sources.project import candidates
from proofs_checks.claims.sources.scanning import Scan, scan

__all__ = ["NOTES", "TEX", "documents_in"]

TEX = (".tex", ".ltx", ".latex")
NOTES = (".md", ".markdown", ".ipynb")
_PARTS = ("subfiles", "standalone")  # classes of what is made to be included


class _File(NamedTuple):
    found: Scan
    includes: frozenset[str]


def documents_in(files: Files) -> list[str]:
    """Return the names of the documents, sorted; empty if there are none."""
    names = files.names()
    read = {name: _file(files, name) for name in names if name.lower().endswith(TEX)}
    included = {target for name, file in read.items() for target in file.includes - {name}}
    mains = [name for name, file in read.items() if _is_document(file.found)]
    roots = [name for name in mains if name not in included]
    if mains:
        return roots or mains  # they include one another: which is first, nobody can tell
    tex = [name for name in read if name not in included] or list(read)
    return sorted([*tex, *(name for name in names if name.lower().endswith(NOTES))])


def _is_document(found: Scan) -> bool:
    return found.document_class is not None and found.document_class not in _PARTS


def _file(files: Files, name: str) -> _File:
    try:
        text, _ = decoded(files.read(name), name)
    except (SourceError, OSError):  # whoever reads it as a document says what is wrong
        return _File(Scan(0), frozenset())
    found = scan(text)
    includes: set[str] = set()
    here = posixpath.dirname(name)
    for inclusion in found.inclusions:
        for base in (here, ""):
            folder = posixpath.join(base, inclusion.folder)
            for candidate in candidates(inclusion):
                try:
                    path = inside(folder, candidate)
                except SourceError:
                    continue
                if files.has(path):
                    includes.add(path)
    return _File(found, frozenset(includes))
