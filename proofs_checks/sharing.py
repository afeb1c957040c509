"""Sharing out an audit over judging processes.

A long one goes by whole models, the largest first: what is derived and evaluated for a model serves
all its laws, so no two processes work at one.  Each has a thread of ours that waits for its
answers.  Of a short one only autograd's part is given away, to a process that imports torch while
this one proves.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from proofs_checks.bench import Lane
from proofs_checks.derivations import derivation_of
from proofs_checks.judging import prepare
from proofs_checks.law_report import LawReport
from proofs_checks.verdict import Verdict
from proofs_checks.worker import Stopped, Worker
from theory.algebra.expressions import Equation
from theory.laws import Law
from theory.models import Model, model_named

__all__ = ["shared_out", "with_torch_beside"]

LAW_SECONDS = 600.0  # for one law in one model, which takes a second or two
POLL = 0.02  # seconds between two attempts to end what is running


def shared_out(
    tasks: Mapping[str, Sequence[Law]], *, seed: int, processes: int
) -> Iterator[LawReport]:
    """Yield the reports on laws by model, in the order in which they come.

    A law that takes too long, or too much memory, is undecided.  If no more reports are wanted the
    processes end at once.
    """
    waiting: queue.SimpleQueue[tuple[str, Sequence[Law]]] = queue.SimpleQueue()
    for task in sorted(tasks.items(), key=lambda item: -len(item[1])):
        waiting.put(task)
    found: queue.SimpleQueue[LawReport | BaseException] = queue.SimpleQueue()
    is_over = threading.Event()
    workers = [Worker(torch=True) for _ in range(processes)]
    threads = [
        threading.Thread(target=_work, args=(worker, waiting, found, is_over, seed), daemon=True)
        for worker in workers
    ]
    for worker, thread in zip(workers, threads, strict=True):
        worker.start()
        thread.start()
    try:
        for _ in range(sum(map(len, tasks.values()))):
            report = found.get()
            if isinstance(report, BaseException):
                raise report
            yield report
    finally:
        is_over.set()
        for worker, thread in zip(workers, threads, strict=True):
            while thread.is_alive():
                worker.kill()
                thread.join(POLL)
            worker.stop()


def _work(
    worker: Worker,
    waiting: queue.SimpleQueue[tuple[str, Sequence[Law]]],
    found: queue.SimpleQueue[LawReport | BaseException],
    is_over: threading.Event,
    seed: int,
) -> None:
    try:
        while not is_over.is_set():
            model, laws = waiting.get_nowait()
            for law in laws:
                if is_over.is_set():
                    return
                found.put(_report(worker, law, model, seed))
    except queue.Empty:
        return
    except BaseException as error:  # whoever waits for reports has to know
        found.put(error)


def _report(worker: Worker, law: Law, model: str, seed: int) -> LawReport:
    try:
        report = worker.ask("audit", law.name, model, seed, seconds=LAW_SECONDS)
    except Stopped as stopped:
        return LawReport(law, model, Verdict("undecided", "", detail=str(stopped)), 0, None, 0.0)
    return replace(report, law=law)


def with_torch_beside(
    tasks: Mapping[str, Sequence[Law]], lane: Lane, *, seed: int
) -> Iterator[LawReport]:
    """Yield the reports on laws by model; the process of ``lane`` has torch, or is to start now."""
    started = [
        _begun(law, model_named(model), lane, seed) for model, laws in tasks.items() for law in laws
    ]
    for finished in started:
        yield finished()


def _begun(law: Law, model: Model, lane: Lane, seed: int) -> Callable[[], LawReport]:
    """Prove a law and ask all judges but autograd; the function returned waits for that."""
    statement = law.statement(model)
    if not isinstance(statement, Equation):  # what a derivation proves is settled in one go
        return lane.submit(lambda: _report(lane.worker, law, model.name, seed)).result
    start = time.perf_counter()
    steps, wrong = derivation_of(law, model, seed=seed)
    draft = prepare(model, statement, seed=seed)
    spent = time.perf_counter() - start

    def report(verdict: Verdict, seconds: float) -> LawReport:
        return LawReport(law, model.name, verdict, steps, wrong, spent + seconds)

    if draft.is_final:
        return lambda: report(draft.verdict, 0.0)

    def concluded() -> LawReport:
        begin = time.perf_counter()
        question = (replace(model), statement, seed, draft)
        try:
            verdict = lane.worker.ask("conclude", *question, seconds=LAW_SECONDS)
        except Stopped as stopped:
            verdict = Verdict("undecided", "", detail=str(stopped))
        return report(verdict, time.perf_counter() - begin)

    return lane.submit(concluded).result
