"""`proofhead audit`: run the judges with a progress bar, then report."""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from proofs_checks.pool import Pool

if TYPE_CHECKING:
    from proofs_checks.kept_verdicts import KeptReports
    from proofs_checks.law_report import LawReport

__all__ = ["run_audit"]

AT_ONCE = 2  # processes for a long list that start before we import anything


def run_audit(
    names: Sequence[str],
    paper: str | None,
    *,
    seed: int,
    as_json: bool,
    certify: bool = False,
    cached: bool = False,
) -> int:
    """Audit laws, print the report, return the exit status.

    With ``certify`` Coq's kernel checks what is proved, each law in its first model.  What earlier
    runs have proved is taken over only if ``cached``.
    """
    start = time.perf_counter()
    reports, interrupted = _audited(names, paper, seed, cached=cached)
    from proofs_checks.cli.selection import selected_laws
    from proofs_checks.cli.standard_output import print_json, standard_output
    from proofs_checks.reports import audit_document, print_audit
    from proofs_checks.reports.kernel import print_kernel
    from proofs_checks.verdict import exit_status

    laws = selected_laws(names, paper)
    order = {(law.name, model): n for law in laws for n, model in enumerate(law.models)}
    names = [law.name for law in laws]
    reports.sort(key=lambda r: (names.index(r.law.name), order[r.law.name, r.model]))
    if certify and not interrupted:
        reports = _certified(reports)
    with standard_output() as console:
        if as_json:
            print_json(audit_document(reports))
        else:
            print_audit(console, reports, time.perf_counter() - start)
            if certify:
                print_kernel(console, [(f"{r.law.name} in {r.model}", r.verdict) for r in reports])
    if interrupted:
        print("proofhead: interrupted; the report is partial", file=sys.stderr)
        return 130
    return exit_status(report.status for report in reports)


def _audited(
    names: Sequence[str], paper: str | None, seed: int, *, cached: bool
) -> tuple[list[LawReport], bool]:
    """Return the reports in the order in which they came, and whether they were interrupted."""
    reports: list[LawReport] = []
    # a few laws are judged here; of what is cached perhaps nothing is left to be judged
    with Pool(0 if cached else 1 if names else AT_ONCE, torch=True) as pool:
        try:
            gc.disable()  # nothing of what is imported is garbage
            from proofs_checks.audit import audit_laws
            from proofs_checks.cli.progress import progress_bar
            from proofs_checks.cli.selection import selected_laws

            gc.freeze()
            gc.enable()
            laws = selected_laws(names, paper)
            kept = _kept_reports(seed) if cached else None
            if kept is not None:
                reports += [report for law in laws for report in kept.of_law(law) or ()]
            known = {report.law.name for report in reports}
            laws = [law for law in laws if law.name not in known]
            with progress_bar() as bar:
                task = bar.add_task("auditing", total=sum(len(law.models) for law in laws))
                for report in audit_laws(laws, seed=seed, pool=pool):
                    reports.append(report)
                    if kept is not None:
                        kept.keep(report)
                    bar.update(task, advance=1, description=report.law.name)
        except KeyboardInterrupt:
            return reports, True
        finally:
            gc.enable()
    return reports, False


def _kept_reports(seed: int) -> KeptReports | None:
    from proofs_checks.kept_verdicts import KeptReports
    from proofs_checks.verdict_cache import VerdictCache, cache_folder

    folder = cache_folder()
    return None if folder is None else KeptReports(VerdictCache(folder), seed)


def _certified(reports: list[LawReport]) -> list[LawReport]:
    """Return the reports with the kernel's answer to each law that is proved, in its first model.

    Without coqc they stay as they are, and a sentence says how to get it.
    """
    from proofs_checks.certificates.judging import kernel_outcomes, with_outcome
    from proofs_checks.certificates.problem import law_problem
    from proofs_checks.cli.progress import progress_bar
    from theory.models import model_named

    asked = [r for r in reports if r.model == r.law.models[0] and r.verdict.status == "proved"]
    outcomes = kernel_outcomes(law_problem(r.law, model_named(r.model)) for r in asked)
    found = {}
    try:
        with progress_bar() as bar:
            task = bar.add_task("checking with coqc", total=len(asked))
            for report, outcome in zip(asked, outcomes, strict=True):
                found[report.law.name] = outcome
                bar.update(task, advance=1, description=report.law.name)
    except FileNotFoundError as missing:
        print(f"proofhead: not certified: {missing}", file=sys.stderr)
    return [
        replace(r, verdict=with_outcome(r.verdict, found[r.law.name]))
        if r in asked and r.law.name in found
        else r
        for r in reports
    ]
