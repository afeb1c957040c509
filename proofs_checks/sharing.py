"""Sharing out an audit: whole models over judging processes, the largest first.

What is derived and evaluated for a model serves all its laws, so no two processes work at one.
Each has a thread of ours that waits for its answers.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from proofs_checks.law_report import LawReport
from proofs_checks.verdict import Verdict
from proofs_checks.worker import Stopped, Worker
from theory.laws import Law

__all__ = ["shared_out"]

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
