"""Auditing laws: statement, derivation from the loss, and that the one ends in the other.

What the judges say about a single equation is in `proofs_checks.judging`.
"""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import replace
from functools import partial
from typing import NamedTuple

from proofs_checks.checks import float64
from proofs_checks.checks.outcome import Outcome
from proofs_checks.derivations import derivation_of
from proofs_checks.judging import judge
from proofs_checks.law_report import LawReport, WrongStep
from proofs_checks.pool import Pool
from proofs_checks.verdict import Verdict
from proofs_checks.worker import Stopped, Worker
from theory.laws import Law
from theory.models import Model, model_named

__all__ = ["LawReport", "WrongStep", "audit_law", "audit_laws", "judge"]

LAW_SECONDS = 600.0  # for one law in one model, which takes a second or two
WORTH_SHARING = 40
"""Fewer statements than this are audited sooner than a second process has started."""


def audit_law(law: Law, model: Model, *, seed: int = 0) -> LawReport:
    """Return the report on one law in one model: statement, derivation, last line."""
    return _reported(_derived(law, model, seed), seed)


class _Derived(NamedTuple):
    """A law in a model, how many lines its derivation has, and the first wrong one."""

    law: Law
    model: Model
    steps: int
    wrong: WrongStep | None
    seconds: float


def _derived(law: Law, model: Model, seed: int) -> _Derived:
    start = time.perf_counter()
    steps, wrong = derivation_of(law, model, seed=seed)
    return _Derived(law, model, steps, wrong, time.perf_counter() - start)


def _reported(
    found: _Derived, seed: int, numbers: Callable[[], Outcome] | None = None
) -> LawReport:
    law, model, steps, wrong, seconds = found
    start = time.perf_counter()
    statement = law.statement(model)
    verdict = judge(model, statement, seed=seed, derived=wrong is None, numbers=numbers)
    seconds += time.perf_counter() - start
    return LawReport(law, model.name, verdict, steps, wrong, seconds)


def audit_laws(
    laws: Sequence[Law], *, seed: int = 0, processes: int | None = None, pool: Pool | None = None
) -> Iterator[LawReport]:
    """Yield the report of every law in every model it is stated for, in no order.

    Long lists are shared out over judging processes, at most ``processes`` (default: one for each
    processor); a law that takes too long there, or too much memory, is undecided.  Short ones are
    judged here; of ``pool``, processes that are running already, one answers for the float64 judge
    meanwhile, because importing torch takes as long as a law.
    """
    models = dict.fromkeys(name for law in laws for name in law.models)
    tasks = {model: [law for law in laws if model in law.models] for model in models}
    if sum(map(len, tasks.values())) >= WORTH_SHARING:
        yield from _shared_out(tasks, seed, pool or Pool(most=processes, torch=True))
        return
    asked = [(law, model_named(model)) for model, own in tasks.items() for law in own]
    numbers: list[Callable[[], Outcome] | None] = [None] * len(asked)
    if pool:  # one process will do
        jobs = [partial(_numbers, law, model, seed) for law, model in asked]
        numbers = [pool.submit(job, statements=0).result for job in jobs]
    derived = [_derived(law, model, seed) for law, model in asked]  # before we wait for torch
    for found, answer in zip(derived, numbers, strict=True):
        yield _reported(found, seed, answer)


def _shared_out(tasks: Mapping[str, Sequence[Law]], seed: int, pool: Pool) -> Iterator[LawReport]:
    """Yield the reports by whole models, the largest first; at the end the pool is closed.

    What is derived and evaluated for a model serves all its laws.
    """
    found: queue.SimpleQueue[LawReport | BaseException] = queue.SimpleQueue()
    with pool:
        for model, laws in sorted(tasks.items(), key=lambda task: -len(task[1])):
            audit = partial(_audit, model=model, laws=laws, seed=seed, tell=found.put)
            job = pool.submit(audit, statements=len(laws))
            job.add_done_callback(partial(_tell_of_failure, found.put))
        for _ in range(sum(map(len, tasks.values()))):
            report = found.get()
            if isinstance(report, BaseException):
                raise report
            yield report


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


def _numbers(law: Law, model: Model, seed: int, worker: Worker) -> Outcome:
    try:
        return worker.ask("float64", law.name, model.name, seed, seconds=LAW_SECONDS)
    except Stopped as stopped:
        return Outcome(float64.name(model), None, str(stopped), seed=seed)


def _tell_of_failure(tell: Callable[[BaseException], None], job: Future[None]) -> None:
    error = None if job.cancelled() else job.exception()
    if error is not None:
        tell(error)
