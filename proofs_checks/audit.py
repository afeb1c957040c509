"""Auditing laws: statement, derivation from the loss, and that the one ends in the other.

What the judges say about a single equation is in `proofs_checks.judging`.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace
from multiprocessing import active_children, get_context, parent_process

from proofs_checks.checks import normal_form
from proofs_checks.judging import judge
from proofs_checks.verdict import Status, Verdict, worst
from theory.algebra.expressions import Equation, Inequality, Relation, StrictInequality
from theory.catalogue import law_named
from theory.laws import Law, ProofStep
from theory.models import Model, model_named

__all__ = ["LawReport", "WrongStep", "audit_law", "audit_laws", "judge"]


@dataclass(frozen=True)
class WrongStep:
    """The first line of a derivation that is not proved; lines count from 1."""

    number: int
    reason: str
    verdict: Verdict


@dataclass(frozen=True)
class LawReport:
    """One law in one model: the verdict on its statement, and the first wrong derivation line."""

    law: Law
    model: str
    verdict: Verdict
    steps: int
    wrong_step: WrongStep | None
    seconds: float

    @property
    def status(self) -> Status:
        """The statement's verdict, or that of the first wrong line if it is graver."""
        wrong = [self.wrong_step.verdict.status] if self.wrong_step else []
        return worst([self.verdict.status, *wrong])

    def _repr_html_(self) -> str:
        from proofs_checks.reports.notebook import law_report_html

        return law_report_html(self)


def audit_law(law: Law, model: Model, *, seed: int = 0) -> LawReport:
    """Return the report on one law in one model: statement, derivation, last line."""
    start = time.perf_counter()
    statement = law.statement(model)
    steps = law.derivation(model)
    wrong = _first_wrong_step(model, steps, seed) or _wrong_ending(statement, steps)
    verdict = judge(model, statement, seed=seed, derived=wrong is None)
    seconds = time.perf_counter() - start
    return LawReport(law, model.name, verdict, len(steps), wrong, seconds)


def _first_wrong_step(model: Model, steps: Sequence, seed: int) -> WrongStep | None:
    for number, step in enumerate(steps, start=1):
        outcome, _ = normal_form.check(model, step.equation)
        if not outcome.agrees:
            verdict = judge(model, step.equation, seed=seed)
            if verdict.status != "proved":
                return WrongStep(number, step.reason, verdict)
    return None


def _wrong_ending(statement: Relation, steps: Sequence[ProofStep]) -> WrongStep | None:
    """Return a complaint unless the last chain leads from the left side to the right side.

    An equation needs equalities all the way, a strict inequality a strict one among its lines.
    """
    first = len(steps) - 1
    while first > 0 and steps[first].left == steps[first - 1].right:
        first -= 1
    if not steps or (steps[first].left, steps[-1].right) != statement.args:
        detail = "the last chain of the derivation does not lead from the left to the right side"
    elif not _carries(statement, {step.relation for step in steps[first:]}):
        detail = "the last chain of the derivation shows a weaker relation than the statement"
    else:
        return None
    return WrongStep(len(steps), "end of the derivation", Verdict("undecided", "", detail=detail))


def _carries(statement: Relation, relations: set[type[Relation]]) -> bool:
    """Return whether lines with these relations, one after the other, give the statement's."""
    if isinstance(statement, StrictInequality):
        return StrictInequality in relations
    return isinstance(statement, Inequality) or relations == {Equation}


def audit_laws(
    laws: Sequence[Law], *, seed: int = 0, processes: int | None = None
) -> Iterator[LawReport]:
    """Yield the report of every law in every model it is stated for.

    Long lists are shared out over ``processes`` (default: one for each processor), one model at a
    time, so that each process derives a model's gradients once.  Reports then come model by model.
    """
    by_name = {law.name: law for law in laws}
    models = dict.fromkeys(name for law in laws for name in law.models)
    tasks = [(model, [law.name for law in laws if model in law.models]) for model in models]
    workers = min(processes or os.cpu_count() or 1, len(tasks))
    if workers < 2 or sum(len(names) for _, names in tasks) < WORTH_SHARING:
        for model, names in tasks:
            for name in names:
                yield audit_law(by_name[name], model_named(model), seed=seed)
        return
    context = get_context("spawn")
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_follow_the_parent)
    try:
        running = {
            pool.submit(_audit_by_name, name, model, seed): name
            for model, names in tasks
            for name in names
        }
        for done in as_completed(running):
            yield replace(done.result(), law=by_name[running[done]])
    except BaseException:  # an interrupt, or whoever asked wants no more: nothing works on
        for child in active_children():
            child.kill()
        raise
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


WORTH_SHARING = 40
"""Fewer statements than this are audited sooner than a second process has started."""


def _audit_by_name(law: str, model: str, seed: int) -> LawReport:
    """Audit one law of the catalogue in a worker; laws hold functions, so names travel."""
    report = audit_law(law_named(law), model_named(model), seed=seed)
    return replace(report, law=None)  # type: ignore[arg-type]


def _follow_the_parent() -> None:
    """Let the main process alone answer Ctrl-C, and end with it, even if it is killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = parent_process()
    if parent is not None:
        threading.Thread(target=lambda: (parent.join(), os._exit(1)), daemon=True).start()
