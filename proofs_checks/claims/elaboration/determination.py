"""Is what an equation speaks of determined by the definitions of its document?

A derivative of the loss needs a definition through which its variable enters the loss, and a loss
that is never defined has first derivatives but no value.
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from proofs_checks.claims.elaboration.errors import ElaborationError
from proofs_checks.claims.elaboration.symbols import Symbols
from proofs_checks.claims.places import Span
from theory.algebra.expressions import Equation
from theory.algebra.symbols import Partial
from theory.models import Model

__all__ = ["undetermined"]


def undetermined(
    equation: Equation | None, model: Model, names: set[str], span: Span, symbols: Symbols
) -> ElaborationError | None:
    """Return why an equation has no meaning in the model, None if it has one.

    ``names`` are those of what the loss depends on; the first derivative by another is named.
    """
    if equation is None:
        return None
    nodes = sp.preorder_traversal(equation)
    partials = [p for p in nodes if isinstance(p, Partial) and p.args[0] == model.loss]
    for partial in partials:
        missing = [n for n in map(_base_name, partial.args[1:]) if n not in names]
        if missing:
            return ElaborationError(
                f"nothing says how {model.loss} depends on {missing[0]}.", span,
                expected=f"a definition through which {missing[0]} enters {model.loss}",
                foreign=True,
            )  # fmt: skip
    rest = equation.xreplace({partial: sp.S.One for partial in partials})
    if symbols.loss_is_opaque and rest.has(model.loss):
        return ElaborationError(
            f"the value of {model.loss}, which the document does not define, is not "
            "determined; only its first derivatives are.", span, suggestion="define the loss",
        )  # fmt: skip
    return None


def _base_name(entry: Any) -> str:
    base = entry.base if isinstance(entry, sp.Indexed) else entry
    return str(getattr(base, "label", base))
