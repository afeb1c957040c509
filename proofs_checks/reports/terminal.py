"""Reports for a terminal: a table where there is one, tab-separated lines in a pipe."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from proofs_checks.reports.text import as_text
from proofs_checks.verdict import Verdict, worst
from theory.latex import equation as latex_equation
from theory.laws import Law
from theory.models import model_named

if TYPE_CHECKING:
    from proofs_checks.audit import LawReport  # which brings torch along

__all__ = ["COLOURS", "print_audit", "print_laws", "print_verdict"]

COLOURS = {
    "proved": "green",
    "verified": "cyan",
    "refuted": "bold red",
    "inconsistent": "bold white on red",
    "undecided": "yellow",
    "unreadable": "magenta",
    "definition": "cyan",
    "not judged": "dim",
}


def print_laws(console: Console, laws: Sequence[Law]) -> None:
    """Print name, statement and source of every law."""
    table = Table("law", "statement", "source", box=None, pad_edge=False, header_style="bold")
    for law in laws:
        model = model_named(law.models[0])
        statement = as_text(latex_equation(law.statement(model), model, law.order))
        source = f"{law.citation.key}, {law.citation.place}"
        if console.is_terminal:
            table.add_row(law.name, Text(statement), Text(source, style="dim"))
        else:
            print(law.name, statement, source, sep="\t", file=console.file)
    if console.is_terminal:
        console.print(table)


def print_audit(console: Console, reports: Sequence[LawReport], seconds: float) -> None:
    """Print one line a law, what went wrong, and a summary."""
    by_law: dict[str, list[LawReport]] = {}
    for report in reports:
        by_law.setdefault(report.law.name, []).append(report)
    table = Table(
        "verdict", "law", "models", "judges that agree", "seconds",
        box=None, pad_edge=False, header_style="bold",
    )  # fmt: skip
    for name, members in by_law.items():
        status = worst(m.status for m in members)
        proved = sum(m.status == "proved" for m in members)
        judges = _agreeing(members)
        spent = f"{sum(m.seconds for m in members):.2f}"
        row = (name, f"{proved}/{len(members)}", judges, spent)
        if console.is_terminal:
            table.add_row(Text(status, style=COLOURS[status]), *row)
        else:
            print(status, *row, sep="\t", file=console.file)
    if console.is_terminal:
        console.print(table)
    for report in reports:
        if report.status != "proved":
            _print_failure(console, report)
    counts = Counter(worst(m.status for m in members) for members in by_law.values())
    said = ", ".join(f"{n} {status}" for status, n in counts.most_common()) or "no laws"
    cases = f"{len(reports)} statements in {len({r.model for r in reports})} models"
    kept = sum(report.is_kept for report in reports)
    from_cache = f", {kept} from the cache" if kept else ""
    console.print(f"{said} ({cases}{from_cache}, {seconds:.1f} s)", highlight=False)


def _agreeing(members: Sequence[LawReport]) -> str:
    """Return the judges that agree in every model they could judge."""
    said: dict[str, list[bool]] = {}
    for report in members:
        for outcome in report.verdict.checks:
            if outcome.agrees is not None:
                said.setdefault(outcome.judge, []).append(outcome.agrees)
    return " ".join(judge for judge, answers in said.items() if all(answers))


def _print_failure(console: Console, report: LawReport) -> None:
    console.print(f"\n{report.law.name} in {report.model}: {report.law.title}", style="bold")
    if report.verdict.status != "proved":
        print_verdict(console, report.verdict)
    if report.wrong_step is not None:
        wrong = report.wrong_step
        console.print(f"  derivation line {wrong.number} ({wrong.reason}) is not proved:")
        print_verdict(console, wrong.verdict)


def print_verdict(console: Console, verdict: Verdict) -> None:
    """Print everything known about an equation that is not proved."""
    lines = [f"{verdict.status}" + (f" by {verdict.method}" if verdict.method else "")]
    point = verdict.counterexample
    if point is not None:
        sizes = ", ".join(f"{name} = {value}" for name, value in point.sizes.items())
        at = ", ".join(f"{name} = {value}" for name, value in point.indices.items())
        values = ", ".join(f"{name} = {value}" for name, value in point.point.items())
        lines.append(f"at {sizes}" + (f"; {at}" if at else ""))
        lines += [f"    {values}"] if values else []
        lines.append(f"left {point.left}, right {point.right}")
    if verdict.residual:
        lines.append(f"left - right = {as_text(verdict.residual)}")
    if verdict.diagnosis is not None:
        lines.append(verdict.diagnosis.message)
    if verdict.correction:
        lines.append(f"correct: {as_text(verdict.correction)}")
    if verdict.detail:
        lines.append(verdict.detail)
    for line in lines:
        console.print(Text("    " + line))
