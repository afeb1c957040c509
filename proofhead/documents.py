"""Checking a document from Python: what `proofhead check` does, with the reports as objects."""

from __future__ import annotations

from pathlib import Path

from proofs_checks.checking import PaperReport, check_paper
from proofs_checks.claims.reading import read_claims
from proofs_checks.claims.sources.opening import documents_at, documents_of_bytes

__all__ = ["check", "check_text"]


def check(
    path: str | Path, *, model: str | None = None, seed: int = 0, timeout: float = 20.0
) -> list[PaperReport]:
    """Return a report for every document at ``path``: a file, a folder, or an archive.

    ``model`` says whose symbols are used, "none" for the document's own; ``timeout`` is in seconds
    for each equation, which then is undecided.

    Raises `OSError` or `ReadingError` for what cannot be read, `ValueError` for an unknown model.
    """
    opened = documents_at(str(path))
    papers = [read_claims(found.read(), found.name, model=model) for found in opened]
    return [check_paper(x, seed=seed, seconds_per_equation=timeout) for x in papers]


def check_text(
    source: str, *, model: str | None = None, seed: int = 0, timeout: float = 20.0
) -> PaperReport:
    r"""Return the report on a text with displayed equations: r"\[ a = b \]".  As `check`."""
    (opened,) = documents_of_bytes(source.encode(), "text")
    paper = read_claims(opened.read(), opened.name, model=model)
    return check_paper(paper, seed=seed, seconds_per_equation=timeout)
