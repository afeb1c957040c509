"""The bench of judges: two processes that look at the equations of a document side by side.

The first has every judge but autograd.  It prepares one verdict after the other, finds the mistake
in what it would refute, and proves corrections.  The second, which has torch, concludes with what
autograd says.  So equations are judged while torch is being imported, which takes longer than ten
of them.

Each process has a thread of ours that waits for it, and its tasks are done in the order in which
they are submitted.  What comes of an equation depends on no other and on no order.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from proofs_checks.verdict import Diagnosis, Draft, Verdict
from proofs_checks.worker import MEMORY, Stopped, Worker

if TYPE_CHECKING:
    from theory.algebra.expressions import Relation
    from theory.models import Model

__all__ = ["Bench", "FirstTrue", "Hearing", "Lane"]

GRACE = 1.0  # seconds for a proof that is under way when the time is over
POLL = 0.02  # seconds between two attempts to end what is running

FirstTrue = Callable[[Sequence[Any]], int | None]
"""Returns the place of the first of some equations that is proved."""


@dataclass(frozen=True)
class _Explanation:
    """What the diagnosis found, or why there is none, and when it came."""

    seconds: float
    diagnosis: Diagnosis | None = None
    correction: str = ""
    repaired: Relation | None = None
    lacking: str = ""

    def of(self, verdict: Verdict) -> Verdict:
        detail = "; ".join(filter(None, (verdict.detail, self.lacking)))
        return replace(
            verdict,
            diagnosis=self.diagnosis,
            correction=self.correction,
            repaired=self.repaired,
            detail=detail,
            seconds=self.seconds + verdict.seconds,
        )


class Hearing:
    """An equation whose verdict is on its way.

    ``seconds`` is its time limit, in which the import of torch and of the judges does not count.
    """

    def __init__(self, model: Model, equation: Relation, seed: int, seconds: float) -> None:
        self.model, self.equation, self.seed, self.seconds = model, equation, seed, seconds
        self.drafted: Verdict | None = None  # once the first process is through with it
        self.concluded: Future[Verdict] = Future()
        self.explained: Future[_Explanation] = Future()

    @property
    def question(self) -> tuple[Model, Relation, int]:
        """What is sent; a copy of the model leaves behind what holds in this process only."""
        return replace(self.model), self.equation, self.seed

    def verdict(self) -> Verdict:
        """Wait for the verdict, with diagnosis and correction if the equation is refuted."""
        verdict = self.concluded.result()
        return self.explained.result().of(verdict) if verdict.status == "refuted" else verdict


class Bench:
    """The two processes; use it as a context manager, so that they end with you.

    With ``torch`` the second starts at once, otherwise when it is needed.  ``memory`` is what each
    may use, in MiB.
    """

    def __init__(self, *, memory: int = MEMORY, torch: bool = False) -> None:
        self._judges = Lane(Worker(memory=memory))
        self._torch = Lane(Worker(memory=memory, torch=True))
        self._judges.worker.start()
        self._has_torch = torch
        if torch:
            self._torch.worker.start()

    def __enter__(self) -> Bench:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End both processes and what they were doing."""
        for lane in (self._judges, self._torch):
            lane.close()

    def abandon(self) -> None:
        """Forget all equations whose verdict is on its way; the next ones may come."""
        for lane in (self._judges, self._torch):
            lane.abandon()

    def judge(self, model: Model, equation: Relation, *, seed: int, seconds: float) -> Verdict:
        """Return the verdict, with diagnosis and correction if the equation is refuted.

        Without a verdict after ``seconds`` the equation is undecided, and the reason says so.
        """
        return self.hear(model, equation, seed=seed, seconds=seconds).verdict()

    def hear(self, model: Model, equation: Relation, *, seed: int, seconds: float) -> Hearing:
        """Return at once, with the equation's verdict on its way."""
        hearing = Hearing(model, equation, seed, seconds)
        if model.features and not self._has_torch:
            self._has_torch = True
            self._torch.submit(self._torch.worker.wait_until_ready)
        self._judges.submit(lambda: self._prepare(hearing), hearing)
        return hearing

    def correct(
        self, hearing: Hearing, write: Callable[[Verdict, FirstTrue], str], *, seconds: float
    ) -> Future[str]:
        """Return, on its way, what ``write`` makes of a refutation; otherwise an empty text.

        ``write`` gets the refutation and a function that proves candidates, in ``seconds`` each
        time.  It runs in the first process's thread, after the diagnosis.
        """

        def first_true(candidates: Sequence[Relation]) -> int | None:
            worker = self._judges.worker
            if not worker.is_running:
                return None
            model, equation, _ = hearing.question
            try:
                limit = seconds + GRACE
                return worker.ask("repair", model, equation, tuple(candidates), seconds=limit)
            except Stopped:
                return None

        def written() -> str:
            found = hearing.drafted
            return write(found, first_true) if found and found.status == "refuted" else ""

        return self._judges.submit(written)

    # -- in the threads ---------------------------------------------------------------------

    def _prepare(self, hearing: Hearing) -> None:
        worker = self._judges.worker
        start = time.monotonic()
        try:
            worker.wait_until_ready()
            start = time.monotonic()
            draft = worker.ask("prepare", *hearing.question, seconds=hearing.seconds)
        except Stopped as stopped:
            spent = time.monotonic() - start
            undecided = Verdict("undecided", "", detail=str(stopped), seconds=spent)
            hearing.concluded.set_result(undecided)
            return
        if draft.is_final:
            hearing.concluded.set_result(draft.verdict)
        else:
            left = hearing.seconds - (time.monotonic() - start)
            self._torch.submit(lambda: self._conclude(hearing, draft, left), hearing)
        if draft.verdict.status == "refuted":
            explanation = self._explain(hearing, start)
            hearing.drafted = explanation.of(draft.verdict)
            hearing.explained.set_result(explanation)

    def _explain(self, hearing: Hearing, start: float) -> _Explanation:
        before = time.monotonic()
        try:
            left = hearing.seconds - (before - start)
            diagnosis, correction, repaired = self._judges.worker.answer(
                left, limit=hearing.seconds
            )
        except Stopped as stopped:
            return _Explanation(time.monotonic() - before, lacking=f"no diagnosis: {stopped}")
        return _Explanation(time.monotonic() - before, diagnosis, correction, repaired)

    def _conclude(self, hearing: Hearing, draft: Draft, left: float) -> None:
        worker = self._torch.worker
        start = time.monotonic()
        try:
            worker.wait_until_ready()
            start = time.monotonic()
            verdict = worker.ask(
                "conclude", *hearing.question, draft, seconds=left, limit=hearing.seconds
            )
        except Stopped as stopped:
            spent = draft.verdict.seconds + time.monotonic() - start
            verdict = Verdict("undecided", "", detail=str(stopped), seconds=spent)
        hearing.concluded.set_result(verdict)


class Lane:
    """A process and the thread that waits for it, one task after the other."""

    def __init__(self, worker: Worker) -> None:
        self.worker = worker
        self._thread = ThreadPoolExecutor(1)
        self._tasks: set[Future[Any]] = set()

    def submit(self, task: Callable[[], Any], hearing: Hearing | None = None) -> Future[Any]:
        """Put a task at the end of the queue; if it fails, so does the hearing it is for."""

        def guarded() -> Any:
            try:
                return task()
            except BaseException as error:
                if hearing is not None:
                    _fail(hearing, error)
                raise

        future = self._thread.submit(guarded)
        self._tasks.add(future)
        future.add_done_callback(self._tasks.discard)
        return future

    def abandon(self) -> None:
        """Take all tasks from the queue and end the one that is running."""
        tasks = [*self._tasks]
        for future in tasks:
            future.cancel()
        while wait(tasks, timeout=POLL).not_done:
            self.worker.kill()

    def close(self) -> None:
        """End the process and the thread."""
        self.abandon()
        self._thread.shutdown()
        self.worker.stop()


def _fail(hearing: Hearing, error: BaseException) -> None:
    for future in (hearing.concluded, hearing.explained):
        if not future.done():
            future.set_exception(error)
