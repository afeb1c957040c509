"""Auditing laws: statement, derivation from the loss, and that the one ends in the other.

What the judges say about a single equation is in `proofs_checks.judging`.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from proofs_checks.derivations import derivation_of
from proofs_checks.judging import judge
from proofs_checks.law_report import LawReport, WrongStep
from theory.laws import Law
from theory.models import Model, model_named

if TYPE_CHECKING:
    from proofs_checks.bench import Lane

__all__ = ["LawReport", "WrongStep", "audit_law", "audit_laws", "judge"]


def audit_law(law: Law, model: Model, *, seed: int = 0) -> LawReport:
    """Return the report on one law in one model: statement, derivation, last line."""
    start = time.perf_counter()
    steps, wrong = derivation_of(law, model, seed=seed)
    verdict = judge(model, law.statement(model), seed=seed, derived=wrong is None)
    seconds = time.perf_counter() - start
    return LawReport(law, model.name, verdict, steps, wrong, seconds)


def audit_laws(
    laws: Sequence[Law],
    *,
    seed: int = 0,
    processes: int | None = None,
    torch: Lane | None = None,
) -> Iterator[LawReport]:
    """Yield the report of every law in every model it is stated for, in no order.

    Long lists are shared out over ``processes`` (default: one for each processor), one model at a
    time.  For a short one ``torch``, if given, answers for autograd.
    """
    models = dict.fromkeys(name for law in laws for name in law.models)
    tasks = {model: [law for law in laws if model in law.models] for model in models}
    most = processes or os.cpu_count() or 1
    if most > 1 and len(tasks) > 1 and sum(map(len, tasks.values())) >= WORTH_SHARING:
        from proofs_checks.sharing import shared_out

        yield from shared_out(tasks, seed=seed, processes=min(most, len(tasks)))
        return
    if torch is not None:
        from proofs_checks.sharing import with_torch_beside

        yield from with_torch_beside(tasks, torch, seed=seed)
        return
    for model, own in tasks.items():
        for law in own:
            yield audit_law(law, model_named(model), seed=seed)


WORTH_SHARING = 40
"""Fewer statements than this are audited sooner than a second process has started."""
