"""A check as JUnit XML, which continuous integration services show as test results.

One suite a document, one case an equation.  Refuted and inconsistent equations are failures, what
is unreadable or undecided is an error; definitions, assumptions and what is no equality are
skipped.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree import ElementTree

from proofs_checks.checking import ClaimReport, PaperReport
from proofs_checks.claims.claim import NOT_JUDGED
from proofs_checks.reports.wording import (
    chain_sentence,
    judged_by,
    one_line,
    place,
    printable,
    shown_value,
)

__all__ = ["junit", "told"]

OUTCOMES = {
    "proved": None,
    "verified": None,
    "definition": "skipped",
    "assumption": "skipped",
    NOT_JUDGED: "skipped",
    "refuted": "failure",
    "inconsistent": "failure",
    "unreadable": "error",
    "undecided": "error",
}
# characters that XML 1.0 has no way to hold
FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(reports: Sequence[PaperReport], refused: Sequence[tuple[str, str]] = ()) -> str:
    """Return the XML of several documents; ``refused`` are (file, reason) of unreadable ones."""
    root = ElementTree.Element("testsuites", name="proofhead check")
    for report in reports:
        suite = _suite(root, report.paper.name, report.seconds)
        for found in report.claims:
            _case(suite, report, found)
        for chain in report.chains:
            case = ElementTree.SubElement(suite, "testcase", name=f"chain {chain.number}")
            case.set("classname", _legal(report.paper.name))
            ElementTree.SubElement(case, "skipped", message=chain_sentence(chain))
    for name, reason in refused:
        suite = _suite(root, name, 0.0)
        case = ElementTree.SubElement(suite, "testcase", name="document", classname=_legal(name))
        ElementTree.SubElement(case, "error", message=_legal(one_line(reason))).text = _legal(
            reason
        )
    for suite in root:
        _count(suite)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def told(file: str, found: ClaimReport) -> str:
    """Return everything known about an equation as plain text, several lines."""
    claim, verdict = found.claim, found.verdict
    lines = [f"{place(file, claim)}: {found.status}"]
    if claim.problem is None:
        lines.append(f"  {one_line(claim.source)}")
    else:
        problem = claim.problem
        lines += [f"  {row}" for row in printable(problem.caret).splitlines()]
        lines.append(one_line(problem.message))
        lines += [f"expected: {one_line(problem.expected)}"] if problem.expected else []
        lines += [f"suggestion: {one_line(problem.suggestion)}"] if problem.suggestion else []
    if verdict is not None:
        if verdict.diagnosis is not None:
            lines.append(verdict.diagnosis.message)
        if verdict.correction:
            lines.append(f"correct: {verdict.correction}")
        point = verdict.counterexample
        if point is not None:
            sizes = ", ".join(f"{name} = {value}" for name, value in point.sizes.items())
            values = ", ".join(f"{name} = {value}" for name, value in point.point.items())
            lines.append(f"at {sizes}" + (f": {values}" if values else ""))
            lines.append(f"left {shown_value(point.left)}, right {shown_value(point.right)}")
        if verdict.residual:
            lines.append(f"left - right: {verdict.residual}")
        lines.append(judged_by(verdict))
        lines += [one_line(verdict.detail)] if verdict.detail else []
    return "\n".join(lines)


def _suite(root: ElementTree.Element, name: str, seconds: float) -> ElementTree.Element:
    return ElementTree.SubElement(root, "testsuite", name=_legal(name), time=f"{seconds:.3f}")


def _case(suite: ElementTree.Element, report: PaperReport, found: ClaimReport) -> None:
    claim = found.claim
    name = claim.label or one_line(claim.source)[:80] or "equation"
    seconds = found.verdict.seconds if found.verdict else 0.0
    case = ElementTree.SubElement(
        suite,
        "testcase",
        name=_legal(f"{name} ({claim.line}:{claim.column})"),
        classname=_legal(report.paper.name),
        file=_legal(claim.file or report.paper.name),
        line=str(claim.line),
        time=f"{seconds:.3f}",
    )
    outcome = OUTCOMES[found.status]
    if outcome is not None:
        part = ElementTree.SubElement(case, outcome, message=_legal(_message(found)))
        if outcome != "skipped":
            part.set("type", found.status)
            part.text = _legal(told(report.paper.name, found))


def _message(found: ClaimReport) -> str:
    if found.claim.problem is not None:
        return one_line(found.claim.problem.message)
    if found.verdict is None:
        return one_line(found.claim.reason) or found.status
    diagnosis = found.verdict.diagnosis
    return diagnosis.message if diagnosis else found.verdict.detail or found.status


def _count(suite: ElementTree.Element) -> None:
    suite.set("tests", str(len(suite)))
    for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(attribute, str(sum(case.find(tag) is not None for case in suite)))


def _legal(text: str) -> str:
    """Return text that XML can hold."""
    return FORBIDDEN.sub("\ufffd", text)
