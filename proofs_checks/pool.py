"""Judging processes of one kind, and for each a thread of ours that waits for its answers.

A job is a function of a worker.  Jobs are begun in the order in which they are submitted, each by
the first worker that is free; what comes of one depends on no other and on no order.
"""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import Any

from proofs_checks.worker import MEMORY, Worker

__all__ = ["Pool"]

Job = Callable[[Worker], Any]
POLL = 0.02  # seconds between two attempts to end what is running
WORTH_A_PROCESS = 12
"""Statements that take about as long as a process that is started for them."""


class Pool:
    """Workers that share one queue of jobs; use it as a context manager: they end with you.

    ``processes`` start at once; where more pay for what waits there are more, at most ``most``
    (default: one for each processor).  ``memory`` is what each may use, in MiB; with ``torch`` they
    import it before they are asked for what needs it.
    """

    def __init__(
        self,
        processes: int = 1,
        *,
        most: int | None = None,
        memory: int = MEMORY,
        torch: bool = False,
    ) -> None:
        self.most = most or os.cpu_count() or 1
        self.memory, self.torch = memory, torch
        self._jobs: queue.SimpleQueue[tuple[Job, Future[Any]] | None] = queue.SimpleQueue()
        self._unfinished: dict[Future[Any], int] = {}
        self._threads: dict[Worker, threading.Thread] = {}
        self._start(min(processes, self.most))

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def workers(self) -> tuple[Worker, ...]:
        """The workers, in the order in which they were started."""
        return tuple(self._threads)

    def submit(self, job: Job, *, statements: int = 1) -> Future[Any]:
        """Put a job, which judges so many statements, at the end of the queue.

        What it raises is raised by the future's result.
        """
        future: Future[Any] = Future()
        self._unfinished[future] = statements
        future.add_done_callback(self._unfinished.pop)
        self._jobs.put((job, future))
        waiting = [*self._unfinished.values()]
        self._start(min(1 + sum(waiting) // WORTH_A_PROCESS, len(waiting), self.most))
        return future

    def abandon(self) -> None:
        """Forget all jobs, those that are running included; the next ones may come."""
        jobs = [*self._unfinished]
        for future in jobs:
            future.cancel()
        while wait(jobs, timeout=POLL).not_done:
            for worker in self._threads:
                worker.abandon()

    def close(self) -> None:
        """End the processes, what they were doing, and the threads."""
        self.abandon()
        for _ in self._threads:
            self._jobs.put(None)
        for worker, thread in self._threads.items():
            thread.join()
            worker.stop()
        self._threads.clear()

    def _start(self, processes: int) -> None:
        while len(self._threads) < processes:
            worker = Worker(memory=self.memory, torch=self.torch)
            worker.start()
            thread = threading.Thread(target=self._work, args=(worker,), daemon=True)
            self._threads[worker] = thread
            thread.start()

    def _work(self, worker: Worker) -> None:
        while (item := self._jobs.get()) is not None:
            job, future = item
            if not future.set_running_or_notify_cancel():
                continue
            worker.begin()
            try:
                future.set_result(job(worker))
            except BaseException as error:  # whoever waits for the result has to know
                future.set_exception(error)
