"""JSON of a checked document: what `proofhead check --json` prints.

Every equation has one entry, whatever became of it, so that the counts of the summary add up to
the number of entries.  What is not judged has its kind as verdict ("definition", "assumption").
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from proofs_checks.checking import ChainReport, ClaimReport, PaperReport
from proofs_checks.reports.machine import SCHEMA, verdict_entry
from proofs_checks.verdict import Verdict

__all__ = ["VERDICTS", "check_document", "refused_document", "several_documents"]

VERDICTS = (
    "proved",
    "refuted",
    "undecided",
    "unreadable",
    "inconsistent",
    "definition",
    "assumption",
)
"""What a summary counts, in this order."""


def check_document(report: PaperReport) -> dict[str, Any]:
    """Return the document about one file."""
    counts = Counter(r.status for r in report.claims)
    return {
        "schema": SCHEMA,
        "file": report.paper.name,
        "model": report.paper.vocabulary,
        "why": report.paper.why,
        "summary": {verdict: counts[verdict] for verdict in VERDICTS},
        "equations": [_entry(r) for r in report.claims],
        "chains": [_chain(c) for c in report.chains],
        "interrupted": report.interrupted,
        "seconds": round(report.seconds, 4),
    }


def refused_document(name: str, reason: str) -> dict[str, Any]:
    """Return the document about a file that could not be read at all."""
    return {
        "schema": SCHEMA,
        "file": name,
        "model": None,
        "why": "",
        "summary": dict.fromkeys(VERDICTS, 0),
        "equations": [],
        "chains": [],
        "interrupted": False,
        "seconds": 0.0,
        "error": reason,
    }


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
        "line": claim.line,
        "column": claim.column,
        "source": claim.source,
        "kind": "claim" if claim.kind == "unreadable" else claim.kind,
        **verdict_entry(verdict),
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
