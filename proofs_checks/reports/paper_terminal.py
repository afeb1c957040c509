"""A checked document for people at a terminal; in a pipe the same lines without colour.

A terminal also shows the symbol table, before the equations.  In a pipe what begins a line is the
name of a file, a verdict, a chain, or the summary at the end; everything else is indented.
"""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from proofs_checks.checking import ClaimReport, PaperReport
from proofs_checks.claims.claim import Paper
from proofs_checks.reports.symbol_table import print_symbols
from proofs_checks.reports.terminal import COLOURS
from proofs_checks.reports.text import as_text
from proofs_checks.reports.wording import (
    chain_sentence,
    counted,
    judged_by,
    nothing_found,
    one_line,
    place,
    printable,
    shown_value,
    where,
    whose,
)
from proofs_checks.verdict import Verdict

__all__ = ["print_heading", "print_paper", "print_refused", "print_summary"]

VERDICT_WIDTH = 13
HEADING_WIDTH = 14
LONGEST_SOURCE = 300  # characters of an equation's source


def print_heading(console: Console, paper: Paper) -> None:
    """Print how a document was understood; the table of its symbols only on a terminal."""
    heading = Text(one_line(paper.name), style="bold")
    heading.append(f"  {whose(paper)}", style="dim not bold")
    _print(console, heading)
    if console.is_terminal:
        print_symbols(console, paper)
    for note in paper.notes:
        _print(console, Text(one_line(note), style="dim"), 4)


def print_paper(console: Console, report: PaperReport) -> None:
    """Print one document: how it was understood, every equation, every chain that broke."""
    paper = report.paper
    print_heading(console, paper)
    if not report.interrupted and nothing_found(paper):
        _print(console, Text(nothing_found(paper), style=COLOURS["unreadable"]), 2)
    for claim in report.claims:
        _print_claim(console, paper.name, claim)
    for chain in report.chains:
        _print(console, Text(f"chain {chain.number}: {chain_sentence(chain)}"))


def print_refused(console: Console, name: str, reason: str) -> None:
    """Print that a file could not be read, and why."""
    _print(console, Text(printable(name), style="bold"))
    _print(console, Text(printable(reason), style=COLOURS["unreadable"]), 2)


def print_summary(
    console: Console, reports: Sequence[PaperReport], files: int, seconds: float
) -> None:
    """Print how many equations of how many files got which verdict."""
    claims = [claim for report in reports for claim in report.claims]
    equations = f"{len(claims)} equation{'s' if len(claims) != 1 else ''}"
    where_found = f"{files} file{'s' if files != 1 else ''}"
    kept = sum(report.kept for report in reports)
    from_cache = f", {kept} from the cache" if kept else ""
    said = f"{counted(claims)} ({equations} in {where_found}{from_cache}, {seconds:.1f} s)"
    if claims and not any(report.statuses for report in reports):
        said += ": nothing was judged"
    _print(console, Text(said, style="bold"))


def _print_claim(console: Console, file: str, found: ClaimReport) -> None:
    claim, verdict = found.claim, found.verdict
    line = Text(f"{found.status:<{VERDICT_WIDTH}}", style=COLOURS.get(found.status, "dim"))
    line.append(place(file, found.claim), style="default not bold")
    extras = [one_line(claim.label)] if claim.label else []
    if claim.chain:
        extras.append(f"step {claim.step} of chain {claim.chain}")
    line.append("".join(f"  {extra}" for extra in extras), style="default not bold dim")
    _print(console, line)
    source = one_line(claim.source)
    if len(source) > LONGEST_SOURCE:
        source = source[:LONGEST_SOURCE] + " ..."
    if claim.problem is None:
        _print(console, Text(source, style="cyan"), 2)
    if claim.problem is not None:
        _print_problem(console, found)
    for note in claim.notes:
        _print(console, Text(one_line(note), style="dim"), 4)
    if verdict is not None:
        _print_verdict(console, verdict)


def _print_problem(console: Console, found: ClaimReport) -> None:
    problem = found.claim.problem
    if problem is None:
        return
    for row in printable(problem.caret).splitlines():
        if console.is_terminal:  # the caret stays under its place: lines are cut, not wrapped
            text = Text(f"  {row}", style="cyan")
            console.print(text, highlight=False, no_wrap=True, overflow="ellipsis", crop=True)
        else:
            _print(console, Text(row), 2)
    _print(console, Text(one_line(problem.message)), 4)
    for heading, text in (("expected", problem.expected), ("suggestion", problem.suggestion)):
        if text:
            _row(console, heading, one_line(text))


def _print_verdict(console: Console, verdict: Verdict) -> None:
    if verdict.diagnosis is not None:
        _print(console, Text(as_text(verdict.diagnosis.message), style="bold"), 4)
    if verdict.correction:
        _row(console, "correct", as_text(verdict.correction))
        _row(console, "in LaTeX", verdict.correction)
    point = verdict.counterexample
    if point is not None:
        _row(console, "left", shown_value(point.left))
        _row(console, "right", shown_value(point.right))
        for heading, text in where(point):
            _row(console, f"at {heading}", as_text(text))
    if verdict.residual:
        _row(console, "left - right", as_text(verdict.residual))
    _print(console, Text(judged_by(verdict), style="dim"), 4)
    if verdict.detail:
        _print(console, Text(one_line(verdict.detail)), 4)


def _row(console: Console, heading: str, text: str) -> None:
    """Print a heading and a text that wraps under itself."""
    if not console.is_terminal:
        _print(console, Text(f"{heading:<{HEADING_WIDTH}}{text}"), 4)
        return
    grid = Table.grid()
    grid.add_column(width=4 + HEADING_WIDTH, no_wrap=True)
    grid.add_column(overflow="fold")
    grid.add_row(Text(f"    {heading}", style="dim"), Text(text))
    console.print(grid, highlight=False)


def _print(console: Console, text: Text, indent: int = 0) -> None:
    """Print text that wraps on a terminal; in a pipe a line stays a line."""
    if console.is_terminal:
        console.print(Padding(text, (0, 0, 0, indent)), highlight=False)
    else:
        console.print(" " * indent + text.plain, highlight=False, markup=False, soft_wrap=True)
