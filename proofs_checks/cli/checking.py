"""`proofhead check`: read documents, judge their equations, report.

The judging processes are started first; while they import the judges and torch, we import the
reader, which takes as long as half of that, and read the documents.  So whatever needs SymPy is
imported in functions here.  A file that cannot be read does not keep the others from being checked.
"""

from __future__ import annotations

import contextlib
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from proofs_checks.bench import Bench
from proofs_checks.verdict import exit_status

if TYPE_CHECKING:
    from proofs_checks.checking import PaperReport
    from proofs_checks.claims.claim import Claim, Paper

__all__ = ["INTERRUPTED", "run_check"]

INTERRUPTED = 130
STANDARD_INPUT = "-"
ATTENTION = (rb"\alpha_", "α_".encode())  # marks of the default vocabulary


@dataclass
class _Findings:
    """What came of the files, in their order: a report, or the reason why there is none."""

    entries: list[tuple[str, PaperReport | str]] = field(default_factory=list)
    interrupted: bool = False

    @property
    def reports(self) -> list[PaperReport]:
        return [found for _, found in self.entries if not isinstance(found, str)]

    @property
    def refused(self) -> list[tuple[str, str]]:
        return [(name, found) for name, found in self.entries if isinstance(found, str)]

    @property
    def exit_status(self) -> int:
        """130 interrupted, else the worst of all files; one that is not read is unreadable."""
        if self.interrupted:
            return INTERRUPTED
        statuses = [status for report in self.reports for status in report.statuses]
        return exit_status([*statuses, *("unreadable" for _ in self.refused)])


def run_check(
    files: Sequence[str],
    *,
    model: str | None = None,
    seed: int = 0,
    timeout: float = 20.0,
    as_json: bool = False,
    junit: Path | None = None,
    html: Path | None = None,
) -> int:
    """Check documents, print the report, write the files asked for, return the exit status."""
    start = time.perf_counter()
    for target in (junit, html):
        if target is not None and not target.absolute().parent.is_dir():
            raise FileNotFoundError(f"cannot write `{target}`: its folder does not exist.")
    findings = _check(list(dict.fromkeys(files)), model, seed, timeout)
    if as_json:
        print(json.dumps(_document(findings), ensure_ascii=False, indent=1))
    else:
        _print(findings, time.perf_counter() - start)
    from theory.files import write_atomically

    if junit is not None:
        from proofs_checks.reports.junit import junit as junit_xml

        write_atomically(junit, junit_xml(findings.reports, findings.refused))
    if html is not None:
        from proofs_checks.reports.page import page

        made_by = f"proofhead {_version()}, seed {seed}, {timeout:g} s for each equation"
        write_atomically(html, page(findings.reports, findings.refused, made_by=made_by))
    if findings.interrupted:
        print("proofhead: interrupted; the report is partial", file=sys.stderr)
    return findings.exit_status


def _check(files: Sequence[str], model: str | None, seed: int, timeout: float) -> _Findings:
    findings = _Findings()
    with Bench(torch=_needs_torch(files, model)) as bench:
        from rich.markup import escape

        from proofs_checks.checking import check_paper
        from proofs_checks.claims.problems import ReadingError
        from proofs_checks.cli.progress import progress_bar
        from proofs_checks.reports.wording import one_line

        with progress_bar() as bar:
            task = bar.add_task("reading", total=None)

            def show(done: int, total: int, claim: Claim) -> None:
                where = escape(one_line(claim.label)) or f"line {claim.line}"
                bar.update(task, completed=done, total=total, description=where)

            for name in files:
                try:
                    report = check_paper(
                        _read(name, model),
                        seed=seed,
                        seconds_per_equation=timeout,
                        on_progress=show,
                        bench=bench,
                    )
                except KeyboardInterrupt:
                    findings.interrupted = True
                    break
                except (ReadingError, OSError) as error:
                    findings.entries.append((name, _reason(error)))
                    continue
                findings.entries.append((name, report))
                if report.interrupted:
                    findings.interrupted = True
                    break
    return findings


def _needs_torch(files: Sequence[str], model: str | None) -> bool:
    """Guess whether some document uses the symbols of an attention head: a wrong guess costs time.

    The autograd judge knows no other models; torch can be imported while the documents are read.
    """
    if model is not None:
        return model != "none"
    for name in files:
        with contextlib.suppress(OSError):  # whoever reads the document says what is wrong
            data = Path(name).read_bytes() if name != STANDARD_INPUT else b""
            if any(mark in data for mark in ATTENTION):
                return True
    return False


def _read(name: str, model: str | None) -> Paper:
    from proofs_checks.claims.reading import read_claims

    if name == STANDARD_INPUT:
        return read_claims(sys.stdin.buffer.read(), name, model=model)
    return read_claims(Path(name).read_bytes(), name, model=model)


def _reason(error: Exception) -> str:
    if isinstance(error, OSError):
        return f"cannot be read: {error.strerror or error}"
    return str(error)


def _document(findings: _Findings) -> dict[str, Any]:
    from proofs_checks.reports.paper import check_document, refused_document, several_documents

    return several_documents([
        refused_document(name, found) if isinstance(found, str) else check_document(found)
        for name, found in findings.entries
    ])  # fmt: skip


def _print(findings: _Findings, seconds: float) -> None:
    from rich.console import Console

    from proofs_checks.reports.paper_terminal import print_paper, print_refused, print_summary

    console = Console()
    for name, found in findings.entries:
        if isinstance(found, str):
            print_refused(console, name, found)
        else:
            print_paper(console, found)
    print_summary(console, findings.reports, len(findings.entries), seconds)


def _version() -> str:
    try:
        return version("proofhead")
    except PackageNotFoundError:  # run from a source tree
        return "(not installed)"
