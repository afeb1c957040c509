"""Derivations of laws: every line proved, and the last chain leading to the statement."""

from __future__ import annotations

from collections.abc import Sequence

from proofs_checks.checks import normal_form
from proofs_checks.judging import judge
from proofs_checks.law_report import WrongStep
from proofs_checks.verdict import Verdict
from theory.algebra.expressions import Equation, Inequality, Relation, StrictInequality
from theory.laws import Law, ProofStep
from theory.models import Model

__all__ = ["derivation_of"]


def derivation_of(law: Law, model: Model, *, seed: int = 0) -> tuple[int, WrongStep | None]:
    """Return how many lines the derivation has, and the first wrong one."""
    steps = law.derivation(model)
    wrong = _first_wrong_step(model, steps, seed) or _wrong_ending(law.statement(model), steps)
    return len(steps), wrong


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
