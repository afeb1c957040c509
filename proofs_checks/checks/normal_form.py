"""The normal-form judge: equal normal forms prove an equation for every size.

It is the only judge that proves; that it finds the sides unequal refutes nothing, so its answer is
then None.  Of an inequality it reads off the sign of right - left.
"""

from __future__ import annotations

import time

from proofs_checks.checks.outcome import Outcome, why
from theory.algebra.canonical import AlgebraError
from theory.algebra.expressions import Inequality, Relation
from theory.models import Model, Proof, theory_of

__all__ = ["check"]


def check(
    model: Model, equation: Relation, *, shallow: bool = False
) -> tuple[Outcome, Proof | None]:
    """Return the judge's answer and the proof, or the last comparison that was tried.

    ``shallow`` compares once, with no definition written out: enough for a readable residual.
    """
    start = time.perf_counter()
    try:
        theory = theory_of(model)
        proof = next(theory.levels(equation)) if shallow else theory.prove(equation)
    except (AlgebraError, RecursionError) as error:
        seconds = time.perf_counter() - start
        return Outcome("normal_form", None, why(error), seconds=seconds), None
    seconds = time.perf_counter() - start
    if not proof.proved:
        detail = "the normal forms differ, which refutes nothing by itself"
        if isinstance(equation, Inequality):
            detail = "the sign of right - left cannot be read off"
        return Outcome("normal_form", None, detail, seconds=seconds), proof
    said = [f"after writing out {', '.join(proof.unfolded)}"] if proof.unfolded else []
    detail = "; ".join([*([proof.reason] if proof.reason else []), *said])
    return Outcome("normal_form", True, detail, seconds=seconds), proof
