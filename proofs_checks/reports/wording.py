"""The sentences that terminal, JUnit and HTML reports share.

Mathematics stands between $ signs; who prints the sentence decides what becomes of it.  User text
is passed through `printable`, so that no control sequence of a document reaches a terminal.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from proofs_checks.checking import ChainReport, ClaimReport
from proofs_checks.checks.outcome import Outcome
from proofs_checks.claims.claim import Claim, Paper
from proofs_checks.reports.paper import VERDICTS
from proofs_checks.verdict import Counterexample, Verdict
from theory.latex import equation as latex_equation
from theory.latex.names import name_of as latex_name
from theory.latex.names import subscripted

__all__ = [
    "chain_sentence",
    "counted",
    "judged_by",
    "nothing_found",
    "one_line",
    "place",
    "printable",
    "read_as",
    "shown_value",
    "where",
    "whose",
]

JUDGES = {
    "normal_form": "normal form",
    "modular": "modular",
    "exact": "exact",
    "interval": "interval",
    "autograd": "autograd",
    "float64": "float64",
    "enumeration": "enumeration",
}
PLURAL = {"definition": "definitions", "assumption": "assumptions"}
GRADIENT = re.compile(r"d([A-Za-z]+)_\{?d([\w.]+?)(?:,(\d[\d,]*))?\}?")
APPLIED = re.compile(r"([^()]+)\((.+)\)")
"""A function with its arguments: g_.l(x)."""
ENTRY = re.compile(r"(?P<stem>[^_]+)_\{(?:(?P<own>.*?),)??(?P<at>\d[\d,]*)\}")
BALL = re.compile(r"\[(?P<middle>[^\s\[\]]*) ?\+/- (?P<radius>[^\s\[\]]+)\]")


def printable(text: str) -> str:
    """Return text without control characters; line breaks stay."""
    return "".join(c if c.isprintable() or c == "\n" else " " for c in text.expandtabs())


def one_line(text: str) -> str:
    """Return user text on one line."""
    return " ".join(printable(text).split())


def place(file: str, claim: Claim) -> str:
    """Return "file:line:column" of an equation; ``file`` is the document's, if not its own."""
    return f"{printable(claim.file or file)}:{claim.line}:{claim.column}"


def whose(paper: Paper) -> str:
    """Return whose symbols a document uses, and why it was taken so."""
    vocabulary = paper.vocabulary
    said = "symbols of its own" if vocabulary == "own" else f"symbols of {vocabulary}"
    return f"{said}: {one_line(paper.why)}"


def nothing_found(paper: Paper) -> str:
    """Return what to do about a document in which there is nothing to judge; empty if there is."""
    if paper.claims:
        return ""
    return (
        r"no equations found: only what is displayed counts (\[ \], $$ $$, equation, align, "
        "gather, multline), prose and what stands within a line does not"
    )


def read_as(report: ClaimReport) -> str:
    """Return an equation in LaTeX as it was understood; empty if there is none to show."""
    claim = report.claim
    if claim.equation is None or claim.model is None:
        return ""
    try:
        return latex_equation(claim.equation, claim.model, claim.order)
    except (ArithmeticError, LookupError, TypeError, ValueError):
        return ""  # a report shows what it can; the verdict does not depend on this


def judged_by(verdict: Verdict, *, hypotheses: bool = True) -> str:
    """Return which judge settled it, what it assumed (``hypotheses``), and who agrees."""
    if verdict.status == "proved":
        said = "proved by the normal form, for every size"
    elif verdict.method:
        said = f"{verdict.status} by the judge {JUDGES.get(verdict.method, verdict.method)}"
    else:
        said = verdict.status
    if verdict.hypotheses and hypotheses:
        said += f", using {', '.join(verdict.hypotheses)}"
    agreeing = [o for o in verdict.checks if o.agrees and o.judge != verdict.method]
    opposed = [o for o in verdict.checks if o.agrees is False and o.judge != verdict.method]
    if agreeing:
        said += f"; no difference: {_named(agreeing)}"
    if opposed:
        said += f"; a difference: {_named(opposed)}"
    return said


def _named(outcomes: Iterable[Outcome]) -> str:
    return ", ".join(JUDGES.get(o.judge, o.judge) for o in outcomes)


def where(point: Counterexample) -> list[tuple[str, str]]:
    """Return (heading, values) about a counterexample: sizes, free indices, inputs.

    Values are (name, value) pairs joined as "$name$ = value"; inputs that are 0 are not listed.
    """
    inputs = {name: value for name, value in point.point.items() if value != "0"}
    listed = _pairs(inputs)
    if len(inputs) < len(point.point):
        listed = f"{listed}; all other inputs 0" if listed else "all inputs 0"
    rows = [("sizes", _pairs(point.sizes)), ("indices", _pairs(point.indices)), ("inputs", listed)]
    return [(heading, text) for heading, text in rows if text]


def _pairs(values: Mapping[str, object]) -> str:
    return ", ".join(f"${_name(name)}$ = {value}" for name, value in values.items())


def _name(name: str) -> str:
    """Return the name of a scalar, or of an entry such as alpha_{11} or dL_{dO,11}, in LaTeX."""
    gradient = GRADIENT.fullmatch(name)
    if gradient is not None:
        loss, by, at = gradient.groups()
        return rf"\partial {loss}/\partial {subscripted(latex_name(by), [at] if at else [])}"
    applied = APPLIED.fullmatch(name)
    if applied is not None:
        return f"{subscripted(latex_name(applied[1]))}({applied[2]})"
    entry = ENTRY.fullmatch(name)
    if entry is None:
        return subscripted(latex_name(name))
    whole = f"{entry['stem']}_{entry['own']}" if entry["own"] else entry["stem"]
    return subscripted(latex_name(whole), [entry["at"]])


def shown_value(value: str) -> str:
    """Return an exact value, or a ball such as "[0.25 +/- 1e-15]" as "0.25 ± 1e-15"."""
    match = BALL.fullmatch(value)
    if match is None:
        return value
    return f"{match['middle'] or '0'} ± {match['radius']}"


def chain_sentence(chain: ChainReport) -> str:
    """Return which step of a chain is wrong, and what that means for its ends."""
    said = f"step {chain.step} is the first that is not proved; "
    if chain.ends is None:
        return said + "whether the last line agrees with the first cannot be said"
    if chain.ends.status == "proved":
        return said + "the last line agrees with the first nevertheless"
    if chain.ends.status == "refuted":
        return said + "the last line does not agree with the first either"
    return said + f"that the last line agrees with the first is {chain.ends.status}"


def counted(claims: Sequence[ClaimReport]) -> str:
    """Return how many equations got which verdict, as "3 proved, 1 refuted"."""
    counts = Counter(r.status for r in claims)
    parts = [
        f"{counts[v]} {PLURAL[v] if v in PLURAL and counts[v] > 1 else v}"
        for v in VERDICTS
        if counts[v]
    ]
    return ", ".join(parts) or "no equations"
