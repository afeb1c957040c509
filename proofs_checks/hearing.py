"""What is asked of a worker about one equation: the verdict, what went wrong, corrections."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from proofs_checks.checks.references import may_have_reference
from proofs_checks.verdict import Verdict
from proofs_checks.worker import Stopped, Worker

if TYPE_CHECKING:
    from theory.algebra.expressions import Relation
    from theory.models import Model

__all__ = ["FirstTrue", "first_true", "heard"]

GRACE = 1.0  # seconds for a proof that is under way when the time is over

FirstTrue = Callable[[Sequence[Any]], int | None]
"""Returns the place of the first of some equations that is proved."""


def heard(
    worker: Worker,
    model: Model,
    equation: Relation,
    *,
    seed: int,
    seconds: float,
    refute: bool = True,
) -> Verdict:
    """Return the verdict, with diagnosis and correction if the equation is refuted.

    Without ``refute`` it is proved or undecided; see `proofs_checks.judging.judge`.

    Without a verdict after ``seconds``, in which no import counts, the equation is undecided, and
    the reason says so; a refutation without a diagnosis by then stays one.
    """
    start = time.monotonic()
    try:
        worker.wait_until_ready(torch=may_have_reference(model))
        start = time.monotonic()
        verdict = worker.ask("judge", _sent(model), equation, seed, refute, seconds=seconds)
    except Stopped as stopped:
        spent = time.monotonic() - start
        return Verdict("undecided", "", detail=str(stopped), seconds=spent)
    if verdict.status != "refuted":
        return verdict
    before = time.monotonic()
    try:
        found = worker.answer(seconds - (before - start), limit=seconds)
    except Stopped as stopped:
        detail = "; ".join(filter(None, (verdict.detail, f"no diagnosis: {stopped}")))
        verdict = replace(verdict, detail=detail)
    else:
        diagnosis, correction, repaired = found
        verdict = replace(verdict, diagnosis=diagnosis, correction=correction, repaired=repaired)
    return replace(verdict, seconds=verdict.seconds + time.monotonic() - before)


def first_true(worker: Worker, model: Model, equation: Relation, *, seconds: float) -> FirstTrue:
    """Return a function that proves candidates for a refuted equation, in ``seconds`` each time."""

    def proved(candidates: Sequence[Relation]) -> int | None:
        question = (_sent(model), equation, tuple(candidates))
        try:
            return worker.ask("repair", *question, seconds=seconds + GRACE)
        except Stopped:
            return None

    return proved


def _sent(model: Model) -> Model:
    """Return a copy of a model, which leaves behind what holds in this process only."""
    return replace(model)
