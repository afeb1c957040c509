"""`proofhead audit`: run the judges with a progress bar, then report."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence

from rich.console import Console

from proofs_checks.audit import LawReport, audit_laws
from proofs_checks.cli.progress import progress_bar
from proofs_checks.cli.selection import selected_laws
from proofs_checks.reports import audit_document, print_audit
from proofs_checks.verdict import exit_status

__all__ = ["run_audit"]


def run_audit(names: Sequence[str], paper: str | None, *, seed: int, as_json: bool) -> int:
    """Audit laws, print the report, return the exit status."""
    start = time.perf_counter()
    laws = selected_laws(names, paper)
    reports: list[LawReport] = []
    interrupted = False
    with progress_bar() as bar:
        task = bar.add_task("auditing", total=sum(len(law.models) for law in laws))
        try:
            for report in audit_laws(laws, seed=seed):
                reports.append(report)
                bar.update(task, advance=1, description=report.law.name)
        except KeyboardInterrupt:
            interrupted = True
    order = {(law.name, model): n for law in laws for n, model in enumerate(law.models)}
    names = [law.name for law in laws]
    reports.sort(key=lambda r: (names.index(r.law.name), order[r.law.name, r.model]))
    if as_json:
        print(json.dumps(audit_document(reports), ensure_ascii=False, indent=1))
    else:
        print_audit(Console(), reports, time.perf_counter() - start)
    if interrupted:
        print("proofhead: interrupted; the report is partial", file=sys.stderr)
        return 130
    return exit_status(report.status for report in reports)
