"""How verdicts and reports show themselves in a notebook: small HTML, formulas set by MathJax."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from proofs_checks.audit import LawReport
    from proofs_checks.checking import ClaimReport, PaperReport
    from proofs_checks.verdict import Counterexample, Verdict

__all__ = ["law_report_html", "paper_html", "verdict_html"]

COLOURS = {
    "proved": "#19703c", "verified": "#2c5c8f", "refuted": "#b3261e", "inconsistent": "#b3261e",
    "undecided": "#8a5a00", "unreadable": "#86308f",
}  # fmt: skip


def verdict_html(verdict: Verdict) -> str:
    """Return the status and everything known with it, one row each."""
    head = _status(verdict.status) + (f" by {escape(verdict.method)}" if verdict.method else "")
    return f"<div>{head}{_table(_rows(verdict))}</div>"


def law_report_html(report: LawReport) -> str:
    """Return the law, its verdict in one model, and the first wrong line of its derivation."""
    wrong = report.wrong_step
    lines = f"{report.steps} lines of derivation"
    if wrong is not None:
        lines += f"; line {wrong.number} ({wrong.reason}) is {wrong.verdict.status}"
    return (
        f"{report.law._repr_html_()}<p>in <code>{escape(report.model)}</code>, {escape(lines)}</p>"
        f"{verdict_html(report.verdict)}"
    )


def paper_html(report: PaperReport) -> str:
    """Return a table with one row for every equation of a document."""
    rows = "".join(map(_claim, report.claims))
    note = "<p>interrupted: the rest was not looked at</p>" if report.interrupted else ""
    if not report.claims:
        note += "<p>no equations found</p>"
    return f"<div><b>{escape(report.paper.name)}</b>{note}<table>{rows}</table></div>"


def _claim(found: ClaimReport) -> str:
    claim, verdict = found.claim, found.verdict
    told = []
    if claim.problem is not None:
        told.append(escape(claim.problem.message))
    if verdict is not None and verdict.diagnosis is not None:
        told.append(escape(verdict.diagnosis.message))
    if verdict is not None and verdict.correction:
        told.append(f"correct: {_formula(verdict.correction)}")
    cells = (
        f"line {claim.line}", escape(claim.label), _formula(claim.source), _status(found.status),
        "<br>".join(told),
    )  # fmt: skip
    return "<tr>" + "".join(f"<td style='text-align:left'>{cell}</td>" for cell in cells) + "</tr>"


def _rows(verdict: Verdict) -> list[tuple[str, str]]:
    rows = []
    if verdict.diagnosis is not None:
        rows.append(("mistake", escape(verdict.diagnosis.message)))
    if verdict.correction:
        rows.append(("correct", _formula(verdict.correction)))
    if verdict.counterexample is not None:
        rows += _point(verdict.counterexample)
    if verdict.residual:
        rows.append(("left - right", _formula(verdict.residual)))
    if verdict.hypotheses:
        used = (_formula(h) if "\\" in h else escape(h) for h in verdict.hypotheses)
        rows.append(("hypotheses used", ", ".join(used)))
    if verdict.checks:
        agreed = (f"{c.judge}{'' if c.agrees else ' (differs)'}" for c in verdict.checks)
        rows.append(("judges", escape(", ".join(agreed))))
    if verdict.detail:
        rows.append(("detail", escape(verdict.detail)))
    return rows


def _point(found: Counterexample) -> list[tuple[str, str]]:
    from proofs_checks.reports.wording import shown_value, where

    sides = (("left", found.left), ("right", found.right))
    return [(f"at {heading}", escape(text)) for heading, text in where(found)] + [
        (side, escape(shown_value(value))) for side, value in sides
    ]


def _table(rows: Sequence[tuple[str, str]]) -> str:
    cells: Iterable[str] = (
        f"<tr><td style='text-align:left'>{name}</td><td style='text-align:left'>{text}</td></tr>"
        for name, text in rows
    )
    return f"<table>{''.join(cells)}</table>" if rows else ""


def _status(status: str) -> str:
    return f"<b style='color:{COLOURS.get(status, 'inherit')}'>{escape(status)}</b>"


def _formula(latex: str) -> str:
    return f"${escape(latex.strip())}$"
