"""One equation on the HTML page: its mathematics, what was said about it, what it was judged by."""

from __future__ import annotations

import re
from typing import Any

from markupsafe import Markup

from proofs_checks.checking import ClaimReport
from proofs_checks.reports.mathml import as_mathml, as_written, mathml
from proofs_checks.reports.sentences import as_html, hypothesis, mixed
from proofs_checks.reports.wording import (
    JUDGES,
    judged_by,
    one_line,
    place,
    printable,
    read_as,
    shown_value,
    where,
)
from proofs_checks.verdict import Verdict

__all__ = ["card", "sentence", "slug"]

AGREES = {True: "yes", False: "no", None: "cannot say"}


def slug(status: str) -> str:
    """Return the class of a verdict in the style sheet."""
    return status.replace(" ", "-")


def card(file: str, found: ClaimReport) -> dict[str, Any]:
    """Return what the template shows of an equation of a file."""
    claim, verdict = found.claim, found.verdict
    problem = claim.problem
    shown = _shown(found)
    said = problem.message if problem else ""
    return {
        "status": found.status,
        "slug": slug(found.status),
        "place": place(file, found.claim),
        "label": one_line(claim.label),
        "chain": f"step {claim.step} of chain {claim.chain}" if claim.chain else "",
        "mathematics": Markup(shown),
        "diagnosis": sentence(verdict.diagnosis.message) if verdict and verdict.diagnosis else "",
        "problem": {
            "caret": _marked(printable(problem.caret)),
            "message": sentence(problem.message),
        }
        if problem
        else None,
        "rows": [
            *_understood(found, shown),
            *_advice(found),
            *(_rows(verdict) if verdict else []),
        ],
        "reason": sentence(claim.reason),
        "notes": [sentence(note) for note in claim.notes if not claim.reason and note not in said],
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


def _marked(caret: str) -> tuple[str, str, str] | None:
    """Return a line of the source before, in and after the place that a caret marks."""
    line, _, below = caret.rpartition("\n")
    place = re.fullmatch(r"( *)(\^+) *", below)
    if place is None:
        return (caret, "", "") if caret.strip() else None
    indent = min(len(line) - len(line.lstrip()), place.end(1))
    return line[indent : place.end(1)], line[place.end(1) : place.end(2)], line[place.end(2) :]


def _shown(found: ClaimReport) -> str:
    """Return an equation as its author wrote it, else as it was understood, else its source.

    What could not be read is shown at the place where reading ended; nothing else is sure of it.
    """
    if found.claim.problem is not None and found.claim.problem.caret.strip():
        return ""
    written = as_written(found.claim.source, block=True)
    return written or as_mathml(read_as(found), block=True) or mathml(found.claim.source)


def _understood(found: ClaimReport, shown: str) -> list[tuple[str, Markup]]:
    """Return what an equation was understood as, where that is not what is shown already."""
    understood = as_mathml(read_as(found), block=True)
    if not understood or _looks(understood) == _looks(shown):
        return []
    return [("understood as", Markup(understood))]


def _looks(mathematics: str) -> str:
    """Return what mathematics looks like: without groups, spaces and the sign of a definition."""
    bare = re.sub(r"</?(?:mrow|mstyle|mspace|mpadded)\b[^>]*>| \w+=\"[^\"]*\"|\s", "", mathematics)
    return bare.replace("\u2254", "=")


def _bound(error_bound: str) -> str:
    return f"error bound {error_bound}" if error_bound else ""


def _advice(found: ClaimReport) -> list[tuple[str, Markup]]:
    problem = found.claim.problem
    if problem is None:
        return []
    rows = [("expected", problem.expected), ("suggestion", problem.suggestion)]
    return [(heading, Markup(as_html(text, to_write=True))) for heading, text in rows if text]


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
        used = "; ".join(hypothesis(text) for text in verdict.hypotheses)
        rows.append(("hypotheses used", Markup(used)))
    elif verdict.status == "proved":
        rows.append(("hypotheses used", "none"))
    rows.append(("judged", judged_by(verdict, hypotheses=False)))
    if verdict.detail:
        rows.append(("in detail", one_line(verdict.detail)))
    return rows


def sentence(text: str) -> Markup:
    """Return a sentence with a capital, unless it begins with a symbol."""
    shown = as_html(text)
    begins_with_a_word = shown[:1] == text[:1]
    return Markup(shown[:1].upper() + shown[1:] if begins_with_a_word else shown)
