"""The float64 judges: a head written by hand in torch, or the lines of the model as they stand.

Nobody has written a reference by hand for a document's own symbols.  There
`proofs_checks.checks.float64_document` answers, which needs no torch; torch takes seconds to
import.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from proofs_checks.checks import float64_document
from proofs_checks.checks.outcome import Outcome
from proofs_checks.checks.references import may_have_reference
from theory.algebra.expressions import Relation
from theory.models import Model

if TYPE_CHECKING:
    from proofs_checks.verdict import Counterexample

__all__ = ["check", "insists", "name"]


def name(model: Model) -> str:
    """Return the name of the judge that is asked about the model."""
    return "autograd" if may_have_reference(model) else float64_document.JUDGE


def check(
    model: Model, statement: Relation, *, seed: int = 0, sizes: Mapping[str, int] | None = None
) -> Outcome:
    """Return what the judge for this model says."""
    if not may_have_reference(model):
        return float64_document.check(model, statement, seed=seed, sizes=sizes)
    from proofs_checks.checks import autograd

    return autograd.check(model, statement, seed=seed, sizes=sizes)


def insists(model: Model, statement: Relation, point: Counterexample) -> bool:
    """Return whether the judge sees no difference where an exact point shows one.

    The hand-written reference draws its own inputs at the sizes of the point; others are evaluated
    at the point itself.
    """
    if may_have_reference(model):
        return check(model, statement, sizes=dict(point.sizes)).agrees is not False
    return float64_document.check(model, statement, point=point).agrees is True
