"""Documents that a command is given by name: read, or refused in a sentence with their name."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from proofs_checks.claims.claim import Paper
    from proofs_checks.claims.sources.opening import Opened

__all__ = ["STANDARD_INPUT", "documents_named", "named_in_refusals", "papers_at"]

STANDARD_INPUT = "-"


def papers_at(name: str, model: str | None = None) -> list[Paper]:
    """Return the documents of a file, folder, archive or standard input (-), as they are read.

    Raises `ValueError` for what is no document, `OSError` as the system says.
    """
    from proofs_checks.claims.reading import read_claims

    with named_in_refusals(name):
        found = documents_named(name)
        return [read_claims(opened.read(), opened.name, model=model) for opened in found]


def documents_named(name: str) -> list[Opened]:
    """Return the documents of a file, folder, archive or standard input (-), not read yet."""
    from proofs_checks.claims.sources.opening import documents_at, documents_of_bytes

    if name == STANDARD_INPUT:
        return documents_of_bytes(sys.stdin.buffer.read(), name)
    return documents_at(name)


@contextmanager
def named_in_refusals(name: str) -> Iterator[None]:
    """Raise `ValueError` with the name of the file for a `ReadingError` inside."""
    from proofs_checks.claims.problems import ReadingError

    try:
        yield
    except ReadingError as error:
        said = str(error)
        raise ValueError(f"{said}." if name in said else f"`{name}`: {said}.") from error
