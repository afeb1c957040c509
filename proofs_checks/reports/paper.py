"""JSON of a checked document: what `proofhead check --json` prints, versioned by ``"schema": 2``.

Every equation has one entry, whatever became of it, so that the counts of the summary add up to
the number of entries.  What is not judged has its kind as verdict: "definition", "assumption", or
"not judged" with its ``reason``, for what is displayed and is no equality.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from proofs_checks.checking import ChainReport, ClaimReport, PaperReport
from proofs_checks.claims.claim import NOT_JUDGED, Paper
from proofs_checks.reports.machine import verdict_entry
from proofs_checks.verdict import Verdict

__all__ = [
    "SCHEMA",
    "VERDICTS",
    "check_document",
    "refused_document",
    "refused_symbols",
    "several_documents",
    "symbols_document",
]

SCHEMA = 2
VERDICTS = (
    "proved",
    "refuted",
    "undecided",
    "unreadable",
    "inconsistent",
    "definition",
    "assumption",
    NOT_JUDGED,
)
"""What a summary counts, in this order."""


def check_document(report: PaperReport) -> dict[str, Any]:
    """Return the document about one file."""
    counts = Counter(r.status for r in report.claims)
    return {
        **symbols_document(report.paper),
        "summary": {verdict: counts[verdict] for verdict in VERDICTS},
        "equations": [_entry(r) for r in report.claims],
        "chains": [_chain(c) for c in report.chains],
        "interrupted": report.interrupted,
        "from_cache": report.kept,
        "seconds": round(report.seconds, 4),
    }


def symbols_document(paper: Paper) -> dict[str, Any]:
    """Return how a document was understood, which is what ``--symbols --json`` prints."""
    return {
        "schema": SCHEMA,
        "file": paper.name,
        "model": paper.vocabulary,
        "why": paper.why,
        "symbols": [asdict(entry) for entry in paper.symbols],
        "notes": list(paper.notes),
    }


def refused_symbols(name: str, reason: str) -> dict[str, Any]:
    """Return what ``--symbols --json`` prints about a file that could not be read at all."""
    return {**symbols_document(Paper(name, (), "", "")), "model": None, "error": reason}


def refused_document(name: str, reason: str) -> dict[str, Any]:
    """Return the document about a file that could not be read at all."""
    empty = check_document(PaperReport(Paper(name, (), "", ""), ()))
    return {**empty, "model": None, "error": reason}


def several_documents(documents: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return one document for one file, and one that holds them all for several."""
    if len(documents) == 1:
        return documents[0]
    return {"schema": SCHEMA, "files": list(documents)}


def _entry(report: ClaimReport) -> dict[str, Any]:
    claim = report.claim
    verdict = report.verdict or Verdict(report.status, "")
    return {
        "label": claim.label,
        **({"file": claim.file} if claim.file else {}),
        "line": claim.line,
        "column": claim.column,
        "source": claim.source,
        "kind": "claim" if claim.kind == "unreadable" else claim.kind,
        **verdict_entry(verdict),
        "from_cache": report.is_kept,
        "reason": claim.reason or None,
        "chain": claim.chain,
        "step": claim.step,
        "order": claim.order,
        "notes": list(claim.notes),
        "problem": asdict(claim.problem) if claim.problem else None,
    }


def _chain(chain: ChainReport) -> dict[str, Any]:
    return {
        "chain": chain.number,
        "first_wrong_step": chain.step,
        "ends": None if chain.ends is None else verdict_entry(chain.ends),
    }
