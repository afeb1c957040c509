"""Documents that a command is given by name: read, or refused in a sentence with their name."""

from __future__ import annotations

import sys

from proofs_checks.claims.claim import Paper

__all__ = ["STANDARD_INPUT", "papers_at"]

STANDARD_INPUT = "-"


def papers_at(name: str, model: str | None = None) -> list[Paper]:
    """Return the documents of a file, folder, archive or standard input (-), as they are read.

    Raises `ValueError` for what is no document, `OSError` as the system says.
    """
    from proofs_checks.claims.problems import ReadingError
    from proofs_checks.claims.reading import read_claims
    from proofs_checks.claims.sources.opening import documents_at, documents_of_bytes

    try:
        if name == STANDARD_INPUT:
            found = documents_of_bytes(sys.stdin.buffer.read(), name)
        else:
            found = documents_at(name)
        return [read_claims(opened.read(), opened.name, model=model) for opened in found]
    except ReadingError as error:
        said = str(error)
        raise ValueError(f"{said}." if name in said else f"`{name}`: {said}.") from error
