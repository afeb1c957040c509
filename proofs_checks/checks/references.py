"""Which models may have a hand-written reference in torch: those of the catalogue.

A document's own model has none; of its features it has but the numbers that its inputs are among.
"""

from __future__ import annotations

from theory.models import Model

__all__ = ["may_have_reference"]


def may_have_reference(model: Model) -> bool:
    """Return whether there may be a reference for the model."""
    return bool(model.features.keys() - {"numbers"})
