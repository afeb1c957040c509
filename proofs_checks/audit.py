"""Auditing laws: statement, derivation from the loss, and that the one ends in the other.

What the judges say about a single equation is in `proofs_checks.judging`.
"""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import replace
from functools import partial

from proofs_checks.derivations import derivation_of
from proofs_checks.judging import judge
from proofs_checks.law_report import LawReport, WrongStep
from proofs_checks.pool import Pool
from proofs_checks.verdict import Verdict
from proofs_checks.worker import Stopped, Worker
from theory.laws import Law
from theory.models import Model

__all__ = ["LawReport", "WrongStep", "audit_law", "audit_laws", "judge"]

LAW_SECONDS = 600.0  # for one law in one model, which takes a second or two


def audit_law(law: Law, model: Model, *, seed: int = 0) -> LawReport:
    """Return the report on one law in one model: statement, derivation, last line."""
    start = time.perf_counter()
    steps, wrong = derivation_of(law, model, seed=seed)
    verdict = judge(model, law.statement(model), seed=seed, derived=wrong is None)
    seconds = time.perf_counter() - start
    return LawReport(law, model.name, verdict, steps, wrong, seconds)


def audit_laws(
    laws: Sequence[Law], *, seed: int = 0, processes: int | None = None, pool: Pool | None = None
) -> Iterator[LawReport]:
    """Yield the report of every law in every model it is stated for, in no order.

    Judging processes, at most ``processes`` (default: one for each processor), share them out, one
    model at a time, the largest first: what is derived and evaluated for a model serves all its
    laws.  A law that takes too long, or too much memory, is undecided.  ``pool`` are processes that
    are running already.
    """
    models = dict.fromkeys(name for law in laws for name in law.models)
    tasks = {model: [law for law in laws if model in law.models] for model in models}
    statements = sum(map(len, tasks.values()))
    found: queue.SimpleQueue[LawReport | BaseException] = queue.SimpleQueue()
    own = pool or Pool(most=processes, torch=True)
    try:
        for model, its in sorted(tasks.items(), key=lambda task: -len(task[1])):
            audit = partial(_audit, model=model, laws=its, seed=seed, tell=found.put)
            job = own.submit(audit, statements=len(its))
            job.add_done_callback(partial(_tell_of_failure, found.put))
        for _ in range(statements):
            report = found.get()
            if isinstance(report, BaseException):
                raise report
            yield report
    finally:
        if pool is None:
            own.close()
        else:
            own.abandon()


def _audit(
    worker: Worker, model: str, laws: Sequence[Law], seed: int, tell: Callable[[LawReport], None]
) -> None:
    for law in laws:
        try:
            report = worker.ask("audit", law.name, model, seed, seconds=LAW_SECONDS)
        except Stopped as stopped:
            undecided = Verdict("undecided", "", detail=str(stopped))
            report = LawReport(law, model, undecided, 0, None, 0.0)
        tell(replace(report, law=law))


def _tell_of_failure(tell: Callable[[BaseException], None], job: Future[None]) -> None:
    error = None if job.cancelled() else job.exception()
    if error is not None:
        tell(error)
