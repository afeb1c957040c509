"""`proofhead check`: read documents, judge their equations, report.

Where the reports go is settled first, so that nothing is judged in vain.  A reader that closes our
output early (`| head`) changes neither the files that are written nor the exit status.

A judging process is started first; while it imports the judges and torch, we import the reader,
which takes as long as half of that, and read the documents.  So whatever needs SymPy is imported in
functions here.  A file that cannot be read does not keep the others from being checked.
"""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from proofs_checks.cli.documents import STANDARD_INPUT
from proofs_checks.cli.outputs import JUNIT, PAGE, checked_output
from proofs_checks.pool import Pool
from proofs_checks.verdict import exit_status

if TYPE_CHECKING:
    from rich.console import Console

    from proofs_checks.checking import PaperReport
    from proofs_checks.claims.claim import Claim, Paper
    from proofs_checks.claims.sources.opening import Opened
    from proofs_checks.verdict import Verdict

__all__ = ["INTERRUPTED", "run_check"]

INTERRUPTED = 130
ATTENTION = (rb"\alpha_", "α_".encode())  # marks of the default vocabulary
INCLUDING = (rb"\input", rb"\include", rb"\import", rb"\subfile", rb"\subimport")
PACKED = (".gz", ".tgz", ".tar", ".zip")
LOOKED_AT = 8 * 1024 * 1024  # bytes


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
        """130 interrupted, else the worst of all files; one that is not read is unreadable.

        So is everything together if there is no equation in it: nobody asked for that.
        """
        if self.interrupted:
            return INTERRUPTED
        statuses = [status for report in self.reports for status in report.statuses]
        is_empty = not any(report.claims for report in self.reports)
        return exit_status([*statuses, *["unreadable"] * (len(self.refused) + is_empty)])


def run_check(
    files: Sequence[str],
    *,
    model: str | None = None,
    seed: int = 0,
    timeout: float = 20.0,
    as_json: bool = False,
    junit: Path | None = None,
    html: Path | None = None,
    symbols: bool = False,
    certify: bool = False,
    force: bool = False,
    cached: bool = True,
    watch: bool = False,
) -> int:
    """Check documents, print the report, write the files asked for, return the exit status.

    What an earlier run has judged is not judged again if ``cached``.  With ``watch`` all of it is
    done again whenever a document is saved, until Ctrl-C.
    With ``symbols`` nothing is judged: only the table of symbols is printed.

    Raises `ValueError` or `OSError` if a report cannot be written where it is wanted, and
    `ValueError` for what does not go with ``watch``.
    """
    files = list(dict.fromkeys(files))
    if symbols:
        return _run_symbols(files, model, as_json=as_json, is_report_wanted=bool(junit or html))
    if watch and (as_json or STANDARD_INPUT in files):
        raise ValueError(
            "--watch reports whenever a file is saved; --json prints one document, and standard "
            "input cannot be saved. Leave out the one or the other."
        )
    junit = None if junit is None else checked_output(junit, JUNIT, files, force=force)
    html = None if html is None else checked_output(html, PAGE, files, force=force)
    made_by = f"seed {seed}, {timeout:g} s for each equation"
    with Pool(torch=_needs_torch(files, model)) as pool:

        def once() -> int:
            start = time.perf_counter()
            findings = _check(files, model, seed, timeout, pool, cached=cached)
            if certify and not findings.interrupted:
                _certify(findings)
            seconds = time.perf_counter() - start
            _show(findings, seconds, as_json=as_json, with_kernel=certify)
            _write(findings, junit, html, made_by)
            return findings.exit_status

        if not watch:
            return once()
        from proofs_checks.cli.watching import watched

        return watched(files, once, [x for x in (junit, html) if x is not None])


def _show(findings: _Findings, seconds: float, *, as_json: bool, with_kernel: bool) -> None:
    from proofs_checks.cli.standard_output import print_json, standard_output

    with standard_output() as console:
        if as_json:
            print_json(_document(findings))
        else:
            _print(console, findings, seconds)
            if with_kernel:
                _print_kernel(console, findings)
    if findings.interrupted:
        print("proofhead: interrupted; the report is partial", file=sys.stderr)
    elif as_json:
        _say_what_is_empty(findings)


def _write(findings: _Findings, junit: Path | None, html: Path | None, made_by: str) -> None:
    from theory.files import write_atomically

    if junit is not None:
        from proofs_checks.reports.junit import junit as junit_xml

        write_atomically(junit, junit_xml(findings.reports, findings.refused))
    if html is not None:
        from proofs_checks.reports.page import page

        made_by = f"proofhead {_version()}, {made_by}"
        write_atomically(html, page(findings.reports, findings.refused, made_by=made_by))


def _certify(findings: _Findings) -> None:
    """Let Coq's kernel check what is proved; without coqc a sentence says how to get it."""
    from proofs_checks.certificates.judging import kernel_outcomes, with_outcome
    from proofs_checks.certificates.problem import claim_problem

    asked = [
        (report, number, item.claim, item.verdict)
        for report in findings.reports
        for number, item in enumerate(report.claims)
        if item.verdict is not None and item.status == "proved"
    ]
    problems = [claim_problem(report.paper, claim, n) for report, n, claim, _ in asked]
    answers: dict[tuple[int, int], Verdict] = {}
    try:
        for (report, n, _, verdict), outcome in zip(asked, kernel_outcomes(problems), strict=True):
            answers[id(report), n] = with_outcome(verdict, outcome)
    except FileNotFoundError as missing:
        print(f"proofhead: not certified: {missing}", file=sys.stderr)
        return
    for place, (name, report) in enumerate(findings.entries):
        if isinstance(report, str):
            continue
        claims = tuple(
            replace(item, verdict=answers.get((id(report), n), item.verdict))
            for n, item in enumerate(report.claims)
        )
        findings.entries[place] = (name, replace(report, claims=claims))


def _print_kernel(console: Console, findings: _Findings) -> None:
    from proofs_checks.reports.kernel import print_kernel

    print_kernel(
        console,
        [
            (f"{report.paper.name}, line {item.claim.line}", item.verdict)
            for report in findings.reports
            for item in report.claims
            if item.verdict is not None
        ],
    )


def _run_symbols(
    files: Sequence[str], model: str | None, *, as_json: bool, is_report_wanted: bool
) -> int:
    if is_report_wanted:
        raise ValueError(
            "--symbols judges nothing, so there is no report for --junit or --html. "
            "Leave out the one or the other."
        )
    from proofs_checks.claims.problems import ReadingError
    from proofs_checks.cli.symbols import run_symbols

    documents = dict(_documents(files))

    def read(name: str) -> Paper | str:
        try:
            return _read(name, documents[name], model)
        except (ReadingError, OSError) as error:
            return _reason(error)

    return run_symbols(list(documents), read, as_json=as_json)


def _say_what_is_empty(findings: _Findings) -> None:
    """Say on standard error which documents have no equations; a report for people says it."""
    from proofs_checks.reports.wording import nothing_found, one_line

    for report in findings.reports:
        said = nothing_found(report.paper)
        if said:
            print(f"proofhead: {one_line(report.paper.name)}: {said}", file=sys.stderr)


def _check(
    files: Sequence[str],
    model: str | None,
    seed: int,
    timeout: float,
    pool: Pool,
    *,
    cached: bool,
) -> _Findings:
    findings = _Findings()
    from rich.markup import escape

    from proofs_checks.checking import check_paper
    from proofs_checks.claims.problems import ReadingError
    from proofs_checks.cli.progress import progress_bar
    from proofs_checks.reports.wording import one_line
    from proofs_checks.verdict_cache import VerdictCache, cache_folder

    folder = cache_folder() if cached else None
    cache = None if folder is None else VerdictCache(folder)
    with progress_bar() as bar:
        task = bar.add_task("reading", total=None)

        def show(done: int, total: int, claim: Claim) -> None:
            where = escape(one_line(claim.label)) or f"line {claim.line}"
            bar.update(task, completed=done, total=total, description=where)

        for name, opened in _documents(files):
            try:
                report = check_paper(
                    _read(name, opened, model),
                    seed=seed,
                    seconds_per_equation=timeout,
                    on_progress=show,
                    pool=pool,
                    cache=cache,
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
            path = Path(name)
            if path.is_dir() or name.lower().endswith(PACKED):
                return True
            if not path.is_file():
                continue
            with path.open("rb") as opened:
                data = opened.read(LOOKED_AT)
            if any(mark in data for mark in (*ATTENTION, *INCLUDING)):
                return True
    return False


def _documents(files: Sequence[str]) -> Iterator[tuple[str, Opened | Exception]]:
    """Yield the documents of the files, folders and archives, or why there are none, by name."""
    from proofs_checks.claims.problems import ReadingError
    from proofs_checks.claims.sources.opening import documents_at, documents_of_bytes

    for name in files:
        try:
            if name == STANDARD_INPUT:
                found = documents_of_bytes(sys.stdin.buffer.read(), name)
            else:
                found = documents_at(name)
        except (ReadingError, OSError) as error:
            yield name, error
            continue
        yield from ((opened.name, opened) for opened in found)


def _read(name: str, opened: Opened | Exception, model: str | None) -> Paper:
    from proofs_checks.claims.reading import read_claims

    if isinstance(opened, Exception):
        raise opened
    return read_claims(opened.read(), name, model=model)


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


def _print(console: Console, findings: _Findings, seconds: float) -> None:
    from proofs_checks.reports.paper_terminal import print_paper, print_refused, print_summary

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
