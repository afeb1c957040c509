"""A check as one self-contained HTML page: nothing is loaded, mathematics is MathML.

The template escapes everything; what is markup is made by `theory.latex` from understood
equations and passes through `proofs_checks.reports.mathml`, which lets nothing else through.  The
source of a document is shown as escaped text only.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup

from proofs_checks.checking import ClaimReport, PaperReport
from proofs_checks.reports.mathml import mathml, mixed
from proofs_checks.reports.wording import (
    JUDGES,
    chain_sentence,
    counted,
    judged_by,
    one_line,
    place,
    printable,
    read_as,
    shown_value,
    where,
)
from proofs_checks.verdict import Verdict

__all__ = ["page"]

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
    every = [claim for report in reports for claim in report.claims]
    names = [report.paper.name for report in reports] + [name for name, _ in refused]
    sections = [_file(report, number) for number, report in enumerate(reports)]
    sections += [_refused(name, reason, len(sections)) for name, reason in refused]
    return _template().render(
        title=f"Check of {printable(names[0])}"
        if len(names) == 1
        else f"Check of {len(names)} files",
        made_by=made_by,
        counts=counted(every).split(", "),
        files=sections,
    )


@cache
def _template() -> Template:
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    source = files("proofs_checks.reports").joinpath("page.html.jinja").read_text("utf-8")
    return environment.from_string(source)


def _file(report: PaperReport, number: int) -> dict[str, Any]:
    paper = report.paper
    whose = "Symbols of its own" if paper.vocabulary == "own" else f"Symbols of {paper.vocabulary}"
    return {
        "name": printable(paper.name),
        "number": number,
        "whose": f"{whose}: {one_line(paper.why)}",
        "refused": "",
        "interrupted": report.interrupted,
        "claims": [_claim(paper.name, found) for found in report.claims],
        "chains": [f"Chain {c.number}: {chain_sentence(c)}." for c in report.chains],
    }


def _refused(name: str, reason: str, number: int) -> dict[str, Any]:
    return {
        "name": printable(name), "number": number, "whose": "", "refused": printable(reason),
        "interrupted": False, "claims": [], "chains": [],
    }  # fmt: skip


def _claim(file: str, found: ClaimReport) -> dict[str, Any]:
    claim, verdict = found.claim, found.verdict
    understood = read_as(found)
    problem = claim.problem
    return {
        "status": found.status,
        "place": place(file, found.claim),
        "label": one_line(claim.label),
        "chain": f"step {claim.step} of chain {claim.chain}" if claim.chain else "",
        "mathematics": Markup(mathml(understood, block=True)) if understood else "",
        "diagnosis": _sentence(verdict.diagnosis.message) if verdict and verdict.diagnosis else "",
        "problem": {"caret": printable(problem.caret), "message": one_line(problem.message)}
        if problem
        else None,
        "rows": [*_advice(found), *(_rows(verdict) if verdict else [])],
        "notes": [one_line(note) for note in claim.notes],
        "source": printable(claim.source),
        "judges": [
            {
                "name": JUDGES.get(o.judge, o.judge),
                "agrees": AGREES[o.agrees],
                "detail": one_line("; ".join(filter(None, (o.detail, _bound(o.error_bound))))),
            }
            for o in (verdict.checks if verdict else ())
        ],
    }


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
        rows.append(("correct", Markup(mathml(verdict.correction, block=True))))
        rows.append(("in LaTeX", Markup("<code>{}</code>").format(verdict.correction)))
    point = verdict.counterexample
    if point is not None:
        rows += [("left", shown_value(point.left)), ("right", shown_value(point.right))]
        rows += [(f"at {heading}", Markup(mixed(text))) for heading, text in where(point)]
    if verdict.residual:
        rows.append(("left - right", Markup(mathml(verdict.residual, block=True))))
    rows.append(("judged", judged_by(verdict)))
    if verdict.detail:
        rows.append(("in detail", one_line(verdict.detail)))
    return rows


def _sentence(text: str) -> Markup:
    return Markup(mixed(text[:1].upper() + text[1:]))
