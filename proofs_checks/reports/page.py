"""A check as one self-contained HTML page: nothing is loaded, mathematics is MathML.

Every document begins with what was understood of its symbols; equations stand as their author
wrote them, with what they were understood as where that differs.  The template escapes everything;
what is markup passes through `proofs_checks.reports.mathml`, which lets nothing but MathML through.
LaTeX is shown, as escaped text, where it cannot be shown as mathematics, and in what is folded.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup

from proofs_checks.checking import ClaimReport, PaperReport
from proofs_checks.claims.claim import Claim, Paper
from proofs_checks.reports.mathml import as_mathml, as_written, mathml, mixed
from proofs_checks.reports.paper import VERDICTS
from proofs_checks.reports.wording import (
    JUDGES,
    chain_sentence,
    counted,
    judged_by,
    nothing_found,
    one_line,
    place,
    printable,
    read_as,
    shown_value,
    where,
    whose,
)
from proofs_checks.verdict import Verdict

__all__ = ["page"]

FOLDED_FROM = 40  # symbols
LOOKED_AT = ("inconsistent", "refuted", "unreadable", "undecided")  # in this order
AGREES = {True: "yes", False: "no", None: "cannot say"}


def page(
    reports: Sequence[PaperReport],
    refused: Sequence[tuple[str, str]] = (),
    *,
    made_by: str = "proofhead check",
) -> str:
    """Return the page about several documents; ``refused`` are (file, reason) of unreadable ones.

    ``made_by`` is printed under the title.
    """
    names = [report.paper.name for report in reports] + [name for name, _ in refused]
    sections = [_file(report, number) for number, report in enumerate(reports)]
    sections += [
        _refused(name, reason, len(reports) + n) for n, (name, reason) in enumerate(refused)
    ]
    return _template().render(
        title=f"Check of {one_line(names[0])}"
        if len(names) == 1
        else f"Check of {len(names)} files",
        made_by=made_by,
        counts=list(_counts(reports)) or [(counted([]), "", "")],
        files=sections,
    )


def _anchor(file: int, equation: int) -> str:
    """Return the name of the place of an equation; both numbers count from 0."""
    return f"e{equation + 1}-{file}"


def _counts(reports: Sequence[PaperReport]) -> Iterator[tuple[str, str, str]]:
    """Yield for every verdict how often it was given, its class, and its first place."""
    placed = [
        (found, _anchor(number, n))
        for number, report in enumerate(reports)
        for n, found in enumerate(report.claims)
    ]
    for verdict in VERDICTS:
        these = [(found, anchor) for found, anchor in placed if found.status == verdict]
        if these:
            yield counted([found for found, _ in these]), _slug(verdict), these[0][1]


def _slug(status: str) -> str:
    return status.replace(" ", "-")


@cache
def _template() -> Template:
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    source = files("proofs_checks.reports").joinpath("page.html.jinja").read_text("utf-8")
    return environment.from_string(source)


def _file(report: PaperReport, number: int) -> dict[str, Any]:
    paper = report.paper
    said = whose(paper)
    return {
        "name": one_line(paper.name),
        "number": number,
        "whose": said[:1].upper() + said[1:],
        "refused": "",
        "interrupted": report.interrupted,
        "symbols": [_symbol(paper, n, number) for n in range(len(paper.symbols))],
        "is_folded": len(paper.symbols) >= FOLDED_FROM,
        "notes": [one_line(note) for note in paper.notes],
        "looked_at": [
            (_slug(verdict), verdict, _name(found.claim), _anchor(number, n))
            for verdict in LOOKED_AT
            for n, found in enumerate(report.claims)
            if found.status == verdict
        ],
        "claims": [
            {"anchor": _anchor(number, n), **_claim(paper.name, found)}
            for n, found in enumerate(report.claims)
        ],
        "nothing": "" if report.interrupted else nothing_found(paper),
        "chains": [f"Chain {c.number}: {chain_sentence(c)}." for c in report.chains],
    }


def _refused(name: str, reason: str, number: int) -> dict[str, Any]:
    return {
        "name": one_line(name), "number": number, "whose": "", "refused": printable(reason),
        "interrupted": False, "symbols": [], "is_folded": False, "notes": [], "looked_at": [],
        "claims": [], "nothing": "", "chains": [],
    }  # fmt: skip


def _symbol(paper: Paper, number: int, file: int) -> dict[str, Any]:
    entry = paper.symbols[number]
    return {
        "symbol": Markup(mathml(entry.latex)),
        "kind": one_line(entry.kind),
        "origin": one_line(entry.origin),
        "note": one_line(entry.note),
        "anchor": _defining(paper, entry.line, file),
    }


def _defining(paper: Paper, line: int, file: int) -> str:
    """Return the place of the equation on a line; empty if there is none, or several files."""
    if not line or any(claim.file for claim in paper.claims):
        return ""
    found = (n for n, claim in enumerate(paper.claims) if claim.line == line)
    return next((_anchor(file, n) for n in found), "")


def _name(claim: Claim) -> str:
    where_found = f"{one_line(claim.file)}:{claim.line}" if claim.file else f"line {claim.line}"
    return one_line(claim.label) or where_found


def _claim(file: str, found: ClaimReport) -> dict[str, Any]:
    claim, verdict = found.claim, found.verdict
    problem = claim.problem
    shown = _shown(found)
    return {
        "status": found.status,
        "slug": _slug(found.status),
        "place": place(file, found.claim),
        "label": one_line(claim.label),
        "chain": f"step {claim.step} of chain {claim.chain}" if claim.chain else "",
        "mathematics": Markup(shown),
        "diagnosis": _sentence(verdict.diagnosis.message) if verdict and verdict.diagnosis else "",
        "problem": {"caret": printable(problem.caret), "message": one_line(problem.message)}
        if problem
        else None,
        "rows": [*_understood(found, shown), *_advice(found), *(_rows(verdict) if verdict else [])],
        "reason": one_line(claim.reason),
        "notes": [] if claim.reason else [one_line(note) for note in claim.notes],
        "source": printable(claim.source),
        "correction": verdict.correction if verdict else "",
        "judges": [
            {
                "name": JUDGES.get(o.judge, o.judge),
                "agrees": AGREES[o.agrees],
                "detail": one_line("; ".join(filter(None, (o.detail, _bound(o.error_bound))))),
            }
            for o in (verdict.checks if verdict else ())
        ],
    }


def _shown(found: ClaimReport) -> str:
    """Return an equation as its author wrote it, else as it was understood, else its source.

    What is unreadable is shown where it could not be read; nothing else is sure about it.
    """
    if found.claim.problem is not None:
        return ""
    written = as_written(found.claim.source, block=True)
    return written or as_mathml(read_as(found), block=True) or mathml(found.claim.source)


def _understood(found: ClaimReport, shown: str) -> list[tuple[str, Markup]]:
    """Return what an equation was understood as, where that is not what is shown already."""
    understood = as_mathml(read_as(found), block=True)
    if not understood or understood == shown:
        return []
    return [("understood as", Markup(understood))]


def _bound(error_bound: str) -> str:
    return f"error bound {error_bound}" if error_bound else ""


def _advice(found: ClaimReport) -> list[tuple[str, str]]:
    problem = found.claim.problem
    if problem is None:
        return []
    rows = [("expected", one_line(problem.expected)), ("suggestion", one_line(problem.suggestion))]
    return [(heading, text) for heading, text in rows if text]


def _rows(verdict: Verdict) -> list[tuple[str, str | Markup]]:
    rows: list[tuple[str, str | Markup]] = []
    if verdict.correction:
        correction = as_written(verdict.correction, block=True) or mathml(verdict.correction)
        rows.append(("correct", Markup(correction)))
    point = verdict.counterexample
    if point is not None:
        rows += [("left", shown_value(point.left)), ("right", shown_value(point.right))]
        rows += [(f"at {heading}", Markup(mixed(text))) for heading, text in where(point)]
    if verdict.residual:
        rows.append(("left - right", Markup(mathml(verdict.residual, block=True))))
    if verdict.hypotheses:
        rows.append(("hypotheses used", "; ".join(map(one_line, verdict.hypotheses))))
    elif verdict.status == "proved":
        rows.append(("hypotheses used", "none"))
    rows.append(("judged", judged_by(verdict, hypotheses=False)))
    if verdict.detail:
        rows.append(("in detail", one_line(verdict.detail)))
    return rows


def _sentence(text: str) -> Markup:
    return Markup(mixed(text[:1].upper() + text[1:]))
