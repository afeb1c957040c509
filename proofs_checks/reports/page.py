"""A check as one self-contained HTML page: nothing is loaded, mathematics is MathML.

Every document begins with what was understood of its symbols; equations stand as their author
wrote them, with what they were understood as where that differs.  The template escapes everything;
what is markup passes through `proofs_checks.reports.mathml`, which lets nothing but MathML through.
LaTeX is shown, as escaped text, where it cannot be shown as mathematics, and in what is folded.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files
from pathlib import PurePath
from typing import Any

from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup

from proofs_checks.checking import PaperReport
from proofs_checks.claims.claim import Claim, Paper
from proofs_checks.reports.card import card, sentence, slug
from proofs_checks.reports.grounds import Grounds
from proofs_checks.reports.mathml import mathml
from proofs_checks.reports.paper import VERDICTS
from proofs_checks.reports.sentences import as_html, name_as_html
from proofs_checks.reports.wording import (
    chain_sentence,
    counted,
    nothing_found,
    one_line,
    printable,
    whose,
)

__all__ = ["page"]

FOLDED_FROM = 40  # symbols
LOOKED_AT = ("inconsistent", "refuted", "unreadable", "undecided")  # in this order
SIZE = re.compile(r"\?|\d+|[A-Za-z]\w*'?")
MOST_GROUNDS = 12  # definitions named under an equation


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
    one = PurePath(one_line(names[0])).name if len(names) == 1 else ""
    return _template().render(
        title=f"Check of {one or f'{len(names)} files'}",
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
            yield counted([found for found, _ in these]), slug(verdict), these[0][1]


@cache
def _template() -> Template:
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    source = files("proofs_checks.reports").joinpath("page.html.jinja").read_text("utf-8")
    return environment.from_string(source)


def _file(report: PaperReport, number: int) -> dict[str, Any]:
    paper = report.paper
    said = whose(paper)
    grounds = Grounds([found.claim for found in report.claims])
    return {
        "name": one_line(paper.name),
        "number": number,
        "whose": sentence(said),
        "refused": "",
        "interrupted": report.interrupted,
        "symbols": [_symbol(paper, n, number) for n in range(len(paper.symbols))],
        "is_folded": len(paper.symbols) >= FOLDED_FROM,
        "notes": [sentence(note) for note in paper.notes],
        "looked_at": list(_looked_at(report, number)),
        "claims": [
            {
                "anchor": _anchor(number, n),
                **card(paper.name, found),
                "grounds": list(_grounds(grounds, report, n, number)),
            }
            for n, found in enumerate(report.claims)
        ],
        "nothing": "" if report.interrupted else nothing_found(paper),
        "chains": [f"Chain {c.number}: {chain_sentence(c)}." for c in report.chains],
    }


def _looked_at(report: PaperReport, number: int) -> Iterator[tuple[str, str, list]]:
    """Yield for every verdict to be looked at its class, its name, and (name, place) of each."""
    for verdict in LOOKED_AT:
        these = [(n, f.claim) for n, f in enumerate(report.claims) if f.status == verdict]
        times = Counter(_name(claim) for _, claim in these)
        named = [
            (_name(c) if times[_name(c)] == 1 else f"{_name(c)}:{c.column}", _anchor(number, n))
            for n, c in these
        ]
        if named:
            yield slug(verdict), verdict, named


def _grounds(
    grounds: Grounds, report: PaperReport, at: int, file: int
) -> Iterator[tuple[Markup, str, str]]:
    """Yield symbol, place and anchor of the definitions that an equation to look at rests on."""
    if report.claims[at].status not in LOOKED_AT:
        return
    for name, n in list(grounds.of(at).items())[:MOST_GROUNDS]:
        yield Markup(name_as_html(name)), _name(report.claims[n].claim), _anchor(file, n)


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
        "kind": _kind(entry.kind),
        "origin": Markup(as_html(entry.origin)),
        "note": Markup(as_html(entry.note)),
        "anchor": _defining(paper, entry.line, file),
    }


def _kind(kind: str) -> Markup:
    """Return what a symbol is, such as "matrix, T x d_v", with its sizes as mathematics."""
    what, comma, sizes = one_line(kind).partition(", ")
    if not comma or not all(map(SIZE.fullmatch, sizes.split(" x "))):
        return Markup(as_html(kind))
    shown = " \u00d7 ".join(s if s == "?" else name_as_html(s) for s in sizes.split(" x "))
    return Markup(f"{what}, {shown}")


def _defining(paper: Paper, line: int, file: int) -> str:
    """Return the place of the equation on a line; empty if there is none, or several files."""
    if not line or any(claim.file for claim in paper.claims):
        return ""
    found = (n for n, claim in enumerate(paper.claims) if claim.line == line)
    return next((_anchor(file, n) for n in found), "")


def _name(claim: Claim) -> str:
    where_found = f"{one_line(claim.file)}:{claim.line}" if claim.file else f"line {claim.line}"
    return one_line(claim.label) or where_found
