"""JSON reports, versioned by ``"schema": 1``; fields are only ever added within a version."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from proofs_checks.checks.outcome import Outcome
from proofs_checks.verdict import Verdict, worst
from theory.latex import equation as latex_equation
from theory.models import model_named

if TYPE_CHECKING:
    from proofs_checks.audit import LawReport  # which brings torch along

__all__ = ["SCHEMA", "audit_document", "check_entry", "verdict_entry"]

SCHEMA = 1


def check_entry(outcome: Outcome) -> dict[str, Any]:
    """Return one judge's answer."""
    entry: dict[str, Any] = {"judge": outcome.judge, "agrees": outcome.agrees}
    for key in ("error_bound", "detail", "seed"):
        value = getattr(outcome, key)
        if value not in ("", None):
            entry[key] = value
    if outcome.sizes:
        entry["sizes"] = dict(outcome.sizes)
    if outcome.worst:
        entry["worst"] = {name: str(value) for name, value in outcome.worst.items()}
    entry["seconds"] = round(outcome.seconds, 4)
    return entry


def verdict_entry(verdict: Verdict) -> dict[str, Any]:
    """Return a verdict; absent parts are null or empty, never left out."""
    return {
        "verdict": verdict.status,
        "method": verdict.method,
        "sizes": dict(verdict.sizes),
        "assumptions": list(verdict.hypotheses),
        "counterexample": asdict(verdict.counterexample) if verdict.counterexample else None,
        "residual": verdict.residual,
        "diagnosis": asdict(verdict.diagnosis) if verdict.diagnosis else None,
        "correction": verdict.correction or None,
        "detail": verdict.detail,
        "checks": [check_entry(outcome) for outcome in verdict.checks],
        "seconds": round(verdict.seconds, 4),
    }


def audit_document(reports: Iterable[LawReport]) -> dict[str, Any]:
    """Return the document that `proofhead audit --json` prints: one entry a law."""
    by_law: dict[str, list[LawReport]] = {}
    reports = list(reports)
    for report in reports:
        by_law.setdefault(report.law.name, []).append(report)
    laws = [_law_entry(members) for members in by_law.values()]
    counts = Counter(entry["verdict"] for entry in laws)
    kinds = ("proved", "verified", "refuted", "undecided", "inconsistent")
    return {
        "schema": SCHEMA,
        "summary": {kind: counts[kind] for kind in kinds},
        "laws": laws,
        "from_cache": sum(report.is_kept for report in reports),
    }


def _law_entry(members: Sequence[LawReport]) -> dict[str, Any]:
    """One law: the verdict on its first model in full, and one line for every model."""
    law, first = members[0].law, members[0]
    shown = next((m for m in members if m.status != "proved"), first)
    model = model_named(shown.model)
    return {
        "name": law.name,
        "title": law.title,
        "source": asdict(law.citation),
        "kind": "claim",
        "statement": latex_equation(law.statement(model), model, law.order),
        "model": shown.model,
        **verdict_entry(shown.verdict),
        "verdict": worst(m.status for m in members),
        "models": [_model_entry(m) for m in members],
        "seconds": round(sum(m.seconds for m in members), 4),
    }


def _model_entry(report: LawReport) -> dict[str, Any]:
    wrong = report.wrong_step
    return {
        "name": report.model,
        "verdict": report.status,
        "steps": report.steps,
        "wrong_step": None
        if wrong is None
        else {"number": wrong.number, "reason": wrong.reason, **verdict_entry(wrong.verdict)},
        "checks": [check_entry(outcome) for outcome in report.verdict.checks],
        "from_cache": report.is_kept,
        "seconds": round(report.seconds, 4),
    }
