"""Checking a document: every claim to its verdict, chains to their first wrong step.

Definitions and assumptions are reported, not judged; what restates a definition is a claim.  The
steps of a chain A = B = C are judged each against the expression before it; where one is wrong,
the last expression is judged against the first as well, because a slip in the middle need not
spoil the result.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass, replace

from proofs_checks.claims.claim import Claim, Paper
from proofs_checks.verdict import Status, Verdict, exit_status
from proofs_checks.worker import Worker
from theory.algebra.expressions import Equation
from theory.models import Model

__all__ = ["ChainReport", "ClaimReport", "PaperReport", "check_paper"]

JUDGED = ("claim", "step")
Progress = Callable[[int, int, Claim], None]


@dataclass(frozen=True)
class ClaimReport:
    """One equation of a document; ``verdict`` is None where there was nothing to judge."""

    claim: Claim
    verdict: Verdict | None

    @property
    def status(self) -> Status:
        """The verdict's status, or the kind of what is not judged ("definition", ...)."""
        return self.verdict.status if self.verdict else self.claim.kind


@dataclass(frozen=True)
class ChainReport:
    """A chain with a wrong step: the first one, and whether the last line equals the first.

    ``number`` is the chain's in the document, ``step`` that of the first step not proved, ``ends``
    the verdict on "first expression = last expression", None if a part of it cannot be read.
    """

    number: int
    step: int
    ends: Verdict | None


@dataclass(frozen=True)
class PaperReport:
    """What was found in a document; ``interrupted`` says that the rest was not looked at."""

    paper: Paper
    claims: tuple[ClaimReport, ...]
    chains: tuple[ChainReport, ...] = ()
    interrupted: bool = False
    seconds: float = 0.0

    @property
    def statuses(self) -> tuple[Status, ...]:
        """The statuses of what can be right or wrong."""
        return tuple(r.status for r in self.claims if r.status not in ("definition", "assumption"))

    @property
    def exit_status(self) -> int:
        """0 all proved, 1 refuted or inconsistent, 2 unreadable, 3 undecided, 130 interrupted."""
        return 130 if self.interrupted else exit_status(self.statuses)


def check_paper(
    paper: Paper,
    *,
    seed: int = 0,
    seconds_per_equation: float = 20.0,
    on_progress: Progress | None = None,
    worker: Worker | None = None,
) -> PaperReport:
    """Return the report on a document.

    An equation that takes longer than ``seconds_per_equation`` is undecided, whatever it is doing.
    ``on_progress`` is called with (judged so far, to judge, claim) before each; ``worker`` is a
    judging process that is running already.  Ctrl-C ends the check with a partial report.

    Raises `ValueError` if the time is not positive.
    """
    if not seconds_per_equation > 0:
        raise ValueError(
            f"`seconds_per_equation` must be positive; got {seconds_per_equation}. "
            "Give each equation at least a second."
        )
    start = time.monotonic()
    reports: list[ClaimReport] = []
    chains: list[ChainReport] = []
    is_interrupted = False
    with nullcontext(worker) if worker else Worker() as process:
        judge = _Judge(process, seed, seconds_per_equation)
        try:
            for report in _reports(paper, judge, on_progress):
                reports.append(report)
            chains += _chains(reports, judge)
        except KeyboardInterrupt:
            is_interrupted = True
    seconds = time.monotonic() - start
    return PaperReport(paper, tuple(reports), tuple(chains), is_interrupted, seconds)


class _Judge:
    """Judges equations of models, each only once."""

    def __init__(self, worker: Worker, seed: int, seconds: float) -> None:
        self.worker, self.seed, self.seconds = worker, seed, seconds
        self.known: dict[tuple[Model, Equation], Verdict] = {}

    def __call__(self, model: Model, equation: Equation) -> Verdict:
        """Return the verdict; one that was given before takes no time."""
        key = (model, equation)
        if key in self.known:
            return replace(self.known[key], seconds=0.0)
        found = self.worker.judge(model, equation, seed=self.seed, seconds=self.seconds)
        self.known[key] = found
        return found


def _reports(
    paper: Paper, judge: _Judge, on_progress: Progress | None
) -> Iterator[ClaimReport]:
    judged = [claim for claim in paper.claims if claim.kind in JUDGED]
    done = 0
    for claim in paper.claims:
        if claim.kind not in JUDGED:
            yield ClaimReport(claim, None)
            continue
        if on_progress is not None:
            on_progress(done, len(judged), claim)
        yield ClaimReport(claim, _with_order(claim, judge))
        done += 1


def _with_order(claim: Claim, judge: _Judge) -> Verdict:
    """Return the verdict on a claim; its correction holds to the order that the claim does."""
    if claim.model is None or claim.equation is None:
        raise ValueError(
            f"line {claim.line}: a {claim.kind} needs a model and an equation; got "
            f"{claim.model!r} and {claim.equation!r}. Mark what cannot be read as unreadable."
        )
    verdict = judge(claim.model, claim.equation)
    if verdict.correction and claim.order:
        return replace(verdict, correction=f"{verdict.correction} + {claim.order}")
    return verdict


def _chains(reports: list[ClaimReport], judge: _Judge) -> Iterator[ChainReport]:
    """Yield a report on every chain that has a step which is not proved."""
    members: dict[int, list[ClaimReport]] = {}
    for report in reports:
        if report.claim.chain:
            members.setdefault(report.claim.chain, []).append(report)
    for number, steps in members.items():
        wrong = next((r for r in steps if r.status != "proved"), None)
        if wrong is not None:
            yield ChainReport(number, wrong.claim.step, _ends([r.claim for r in steps], judge))


def _ends(steps: list[Claim], judge: _Judge) -> Verdict | None:
    first, last = steps[0].equation, steps[-1].equation
    model = steps[-1].model
    if first is None or last is None or model is None:
        return None
    return judge(model, Equation(first.left, last.right))
