"""Checking a document: every claim to its verdict, chains to their first wrong step.

All claims are put to the judging processes at once; reports come in the order of the document.

Definitions and assumptions are reported, not judged; what restates a definition is a claim.  What
is no equality is not judged either.  The steps of a chain A = B = C are judged each against the
expression before it; where one is wrong, the last expression is judged against the first as well,
because a slip in the middle need not spoil the result.  A chain with a step that is no equality,
such as A = B ~ C, says nothing about its ends.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, replace

from proofs_checks.advice import advice
from proofs_checks.claims.claim import NOT_JUDGED, Claim, Paper, Problem
from proofs_checks.hearing import FirstTrue, first_true, heard
from proofs_checks.kept_verdicts import KeptVerdicts
from proofs_checks.other_meanings import other_meanings
from proofs_checks.pool import Pool
from proofs_checks.verdict import Status, Verdict, exit_status
from proofs_checks.verdict_cache import VerdictCache
from proofs_checks.worker import Worker
from theory.algebra.expressions import Equation, Relation
from theory.models import Model

__all__ = ["ChainReport", "Checker", "ClaimReport", "PaperReport", "check_paper"]

JUDGED = ("claim", "step")
NEITHER = ("definition", "assumption", NOT_JUDGED)  # neither right nor wrong
CORRECTION_SECONDS = 5.0  # for the proofs of one correction in the author's notation
Progress = Callable[[int, int, Claim], None]


@dataclass(frozen=True)
class ClaimReport:
    """One equation of a document; ``verdict`` is None where there was nothing to judge.

    ``is_kept`` says that the verdict is one of an earlier run.
    """

    claim: Claim
    verdict: Verdict | None
    is_kept: bool = False

    @property
    def status(self) -> Status:
        """The verdict's status, or the kind of what is not judged ("definition", ...)."""
        return self.verdict.status if self.verdict else self.claim.kind


@dataclass(frozen=True)
class ChainReport:
    """A chain with a wrong step: the first one, and whether the last line equals the first.

    ``number`` is the chain's in the document, ``step`` that of the first step not proved, ``ends``
    the verdict on "first expression = last expression", None if a part of it cannot be read or is
    no equality, or if what the document leaves open decides.
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
        return tuple(r.status for r in self.claims if r.status not in NEITHER)

    @property
    def kept(self) -> int:
        """How many verdicts are those of an earlier run."""
        return sum(r.is_kept for r in self.claims)

    @property
    def exit_status(self) -> int:
        """0 all proved, 1 refuted or inconsistent, 2 unreadable, 3 undecided, 130 interrupted."""
        return 130 if self.interrupted else exit_status(self.statuses)

    def _repr_html_(self) -> str:
        from proofs_checks.reports.notebook import paper_html

        return paper_html(self)


def check_paper(
    paper: Paper,
    *,
    seed: int = 0,
    seconds_per_equation: float = 20.0,
    on_progress: Progress | None = None,
    pool: Pool | None = None,
    cache: VerdictCache | None = None,
) -> PaperReport:
    """Return the report on a document.

    An equation that takes longer than ``seconds_per_equation`` is undecided, whatever it is doing.
    ``on_progress`` is called with (judged so far, to judge, claim) before each; ``pool`` are
    judging processes that are running already, ``cache`` has the verdicts of earlier runs.  Ctrl-C
    ends the check with a partial report.

    Raises `ValueError` if the time is not positive.
    """
    start = time.monotonic()
    reports: list[ClaimReport] = []
    chains: list[ChainReport] = []
    is_interrupted = False
    with Checker(seed=seed, seconds=seconds_per_equation, pool=pool, cache=cache) as checker:
        try:
            for report in _reports(paper, checker, on_progress):
                reports.append(report)
            chains += _chains(reports, checker)
        except KeyboardInterrupt:
            checker.abandon()
            is_interrupted = True
    seconds = time.monotonic() - start
    return PaperReport(paper, tuple(reports), tuple(chains), is_interrupted, seconds)


class Checker:
    """Judges claims, each equation of a model only once.

    ``seconds`` is the time limit of an equation; with a ``cache`` those that an earlier run has
    judged are not judged again.  Use it as a context manager: it ends the judging processes that it
    started; those that were given as ``pool`` go on.

    Raises `ValueError` if the time is not positive.
    """

    def __init__(
        self,
        *,
        seed: int = 0,
        seconds: float = 20.0,
        pool: Pool | None = None,
        cache: VerdictCache | None = None,
    ) -> None:
        if not seconds > 0:
            raise ValueError(
                f"the time for each equation must be positive; got {seconds}. "
                "Give each equation at least a second."
            )
        self.seed, self.seconds = seed, seconds
        self._is_own = pool is None
        self._pool = pool or Pool()
        self._kept = KeptVerdicts(cache, seed, seconds)
        self._known: dict[tuple[Model, Relation, bool], Future[tuple[Verdict, str]]] = {}
        self._writing = threading.Lock()  # one correction at a time is put into words

    def __enter__(self) -> Checker:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            self.abandon()
        self.close()

    def close(self) -> None:
        """End the judging processes, if they are our own."""
        self._kept.trim()
        if self._is_own:
            self._pool.close()

    def abandon(self) -> None:
        """Forget the claims whose reports are on their way."""
        self._known.clear()
        self._pool.abandon()

    def judge(self, model: Model, equation: Relation, *, refute: bool = True) -> Verdict:
        """Return the verdict; one that was given before takes no time.

        Without ``refute`` an equation that is not proved is undecided.
        """
        if (kept := self._kept.of_equation(model, equation, refute)) is not None:
            return kept
        answer, is_new = self._put(model, equation, refute=refute)
        verdict, _ = answer.result()
        self._kept.keep_equation(model, equation, refute, verdict)
        return verdict if is_new else replace(verdict, seconds=0.0)

    def _put(
        self, model: Model, equation: Relation, claim: Claim | None = None, *, refute: bool = True
    ) -> tuple[Future[tuple[Verdict, str]], bool]:
        """Put an equation to the judges, and say whether it is the first time.

        The future has the verdict, and of a refuted claim the correction in its own notation.
        """
        question = (model, equation, refute)
        earlier = self._known.get(question)

        def answered(worker: Worker) -> tuple[Verdict, str]:
            if earlier is not None:  # it was begun before us
                verdict, _ = earlier.result()
            else:
                verdict = heard(
                    worker, model, equation, seed=self.seed, seconds=self.seconds, refute=refute
                )
            if claim is None or verdict.status != "refuted":
                return verdict, ""
            limit = min(self.seconds, CORRECTION_SECONDS)
            with self._writing:
                prove = first_true(worker, model, equation, seconds=limit)
                return verdict, _in_own_notation(claim, verdict, prove)

        future = self._pool.submit(answered)
        self._known.setdefault(question, future)
        return future, earlier is None

    def report(self, claim: Claim) -> ClaimReport:
        """Return the report on one claim; see `begin`."""
        return self.begin(claim)()

    def begin(self, claim: Claim) -> Callable[[], ClaimReport]:
        """Put a claim to the judges; the function that is returned waits for the report.

        Its correction holds to the order that the claim does.

        Raises `ValueError` for a claim that is to be judged and has no equation or no model.
        """
        if claim.kind not in JUDGED:
            return lambda: ClaimReport(claim, None)
        if claim.model is None or claim.equation is None:
            raise ValueError(
                f"line {claim.line}: a {claim.kind} needs a model and an equation; got "
                f"{claim.model!r} and {claim.equation!r}. Mark what cannot be read as unreadable."
            )
        if (kept := self._kept.of_claim(claim)) is not None:
            return lambda: replace(self._reported(claim, kept), is_kept=True)
        # a claim whose meaning is open is never refuted, so only a proof of it is looked for
        answer, is_new = self._put(claim.model, claim.equation, claim, refute=not claim.hedge)

        def finished() -> ClaimReport:
            verdict, written = answer.result()
            if not is_new:
                verdict = replace(verdict, seconds=0.0)
            if verdict.status == "refuted":
                verdict = replace(verdict, correction=written or _to_order(claim, verdict))
            self._kept.keep_claim(claim, verdict, written)
            return self._reported(claim, verdict)

        return finished

    def _reported(self, claim: Claim, verdict: Verdict) -> ClaimReport:
        """Return the report on a claim with this verdict, which an open meaning may forbid."""
        if verdict.status == "refuted" and not claim.hedge:
            claim = replace(claim, hedge=self._doubt(claim))
        return _reported(claim, verdict)

    def _doubt(self, claim: Claim) -> str:
        """Return what nobody said that would make a claim true."""
        if claim.model is None or claim.equation is None or claim.model.name != "document":
            return ""
        for other in other_meanings(claim.model, claim.equation, claim.cases):
            if other.holds(self.judge):
                return f"{other.doubt} (if so, the equation holds)"
        return ""


def _reported(claim: Claim, verdict: Verdict) -> ClaimReport:
    """Return the report on a claim with this verdict, which an open meaning may forbid."""
    if claim.hedge and verdict.status in ("refuted", "undecided"):
        return ClaimReport(_undetermined(claim), None)
    if claim.hedge and verdict.status == "proved":
        note = f"{claim.hedge}; the equation holds all the same"
        return ClaimReport(replace(claim, notes=(*claim.notes, note)), verdict)
    return ClaimReport(claim, verdict)


def _undetermined(claim: Claim) -> Claim:
    """Return a claim that is wrong for some meaning of what the document leaves open.

    One that speaks of inputs alone is a condition on them, or says what they are.
    """
    if claim.of_inputs:
        note = f"{claim.hedge}: a condition on what is given, or a definition of it"
        return replace(claim, kind=NOT_JUDGED, notes=(note, *claim.notes))
    problem = Problem(
        claim.line, claim.column, f"{claim.hedge}, so this can be neither right nor wrong.",
        suggestion=advice(claim),
    )  # fmt: skip
    return replace(claim, kind="unreadable", problem=problem)


def _in_own_notation(claim: Claim, verdict: Verdict, first_true: FirstTrue) -> str:
    """Return the right equation as the author would write it; empty if none is found."""
    from proofs_checks.corrections import in_own_notation

    return in_own_notation(claim, verdict, first_true)


def _to_order(claim: Claim, verdict: Verdict) -> str:
    """Return the correction, with the order to which the claim holds."""
    if verdict.correction and claim.order:
        return f"{verdict.correction} + {claim.order}"
    return verdict.correction


def _reports(paper: Paper, checker: Checker, on_progress: Progress | None) -> Iterator[ClaimReport]:
    total = sum(claim.kind in JUDGED for claim in paper.claims)
    done = 0
    for claim, finished in [(claim, checker.begin(claim)) for claim in paper.claims]:
        if claim.kind in JUDGED:
            if on_progress is not None:
                on_progress(done, total, claim)
            done += 1
        yield finished()


def _chains(reports: list[ClaimReport], checker: Checker) -> Iterator[ChainReport]:
    """Yield a report on every chain that has a step which is not proved."""
    members: dict[int, list[ClaimReport]] = {}
    for report in reports:
        if report.claim.chain:
            members.setdefault(report.claim.chain, []).append(report)
    for number, steps in members.items():
        wrong = next((r for r in steps if r.status not in ("proved", NOT_JUDGED)), None)
        if wrong is not None:
            yield ChainReport(number, wrong.claim.step, _ends([r.claim for r in steps], checker))


def _ends(steps: list[Claim], checker: Checker) -> Verdict | None:
    first, last = steps[0].equation, steps[-1].equation
    model = steps[-1].model
    if first is None or last is None or model is None:
        return None
    if any(step.kind == NOT_JUDGED for step in steps):
        return None
    refute = not any(step.hedge for step in steps)
    ends = checker.judge(model, Equation(first.left, last.right), refute=refute)
    return ends if refute or ends.status == "proved" else None
