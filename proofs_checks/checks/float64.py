"""The autograd judge, asked only where it has something to say.

Nobody has written a reference by hand for a model without features, such as that of a document's
own symbols.  torch, which takes seconds to import, is not needed to say so.
"""

from __future__ import annotations

from typing import Any

from proofs_checks.checks.outcome import Outcome
from theory.algebra.expressions import Relation
from theory.models import Model

__all__ = ["check", "knows"]


def knows(model: Model) -> bool:
    """Return whether there may be a reference for the model."""
    return bool(model.features)


def check(model: Model, statement: Relation, **options: Any) -> Outcome:
    """Return what `proofs_checks.checks.autograd.check` says, with the same options."""
    if not knows(model):
        detail = f"no hand-written torch implementation for model `{model.name}`"
        return Outcome("autograd", None, detail, seed=options.get("seed"))
    from proofs_checks.checks import autograd

    return autograd.check(model, statement, **options)
