"""What a judge says about one equation of one model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["Outcome", "why"]

NESTED = "the expression is nested too deeply; split it into named definitions."
"""Why a judge has no say where Python's recursion limit would be met."""


def why(reason: Exception) -> str:
    """Return why a judge has no say, as a sentence."""
    return NESTED if isinstance(reason, RecursionError) else str(reason)


@dataclass(frozen=True)
class Outcome:
    """One judge's answer.

    ``agrees`` is True (the sides are equal as far as this judge can see), False (they differ) or
    None (it cannot judge this equation; ``detail`` says why).  ``error_bound`` is the probability
    of a wrong True, or the relative error found, as text; ``sizes`` and ``seed`` reproduce the
    run; ``worst`` is the entry with the largest difference; ``seconds`` the time taken.
    """

    judge: str
    agrees: bool | None
    detail: str = ""
    error_bound: str = ""
    sizes: Mapping[str, int] = field(default_factory=dict)
    seed: int | None = None
    worst: Mapping[str, object] = field(default_factory=dict)
    seconds: float = 0.0
