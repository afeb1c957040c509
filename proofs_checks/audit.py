"""Auditing laws: statement, derivation from the loss, and that the one ends in the other.

What the judges say about a single equation is in `proofs_checks.judging`.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence

from proofs_checks.checks import normal_form
from proofs_checks.judging import judge
from proofs_checks.law_report import LawReport, WrongStep
from proofs_checks.verdict import Verdict
from theory.algebra.expressions import Equation, Inequality, Relation, StrictInequality
from theory.laws import Law, ProofStep
from theory.models import Model, model_named

__all__ = ["LawReport", "WrongStep", "audit_law", "audit_laws", "judge"]


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
    """Yield the report of every law in every model it is stated for, in no order.

    Long lists are shared out over ``processes`` (default: one for each processor), one model at a
    time.  For a short one torch is imported in a process beside this one, if that can help.
    """
    models = dict.fromkeys(name for law in laws for name in law.models)
    tasks = {model: [law for law in laws if model in law.models] for model in models}
    most = processes or os.cpu_count() or 1
    if most > 1 and len(tasks) > 1 and sum(map(len, tasks.values())) >= WORTH_SHARING:
        from proofs_checks.sharing import shared_out

        yield from shared_out(tasks, seed=seed, processes=min(most, len(tasks)))
        return
    for model, own in tasks.items():
        for law in own:
            yield audit_law(law, model_named(model), seed=seed)


WORTH_SHARING = 40
"""Fewer statements than this are audited sooner than a second process has started."""
