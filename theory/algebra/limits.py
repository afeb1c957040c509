"""What bounds the work of the index calculus, and the error that says so."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

__all__ = [
    "AlgebraError",
    "MOST_CHARACTERS",
    "MOST_DIGITS",
    "MOST_POWER",
    "MOST_TERMS",
    "MOST_WORK",
    "NoDerivative",
    "bounded",
]

MOST_TERMS = 20_000  # terms of an expanded product
MOST_WORK = 100_000  # products of monomials in one ring: a law takes some 1_500, seconds no more
MOST_POWER = 1_000  # exponent under which a sum is multiplied out
MOST_CHARACTERS = 500_000  # of one atom
MOST_DIGITS = 20_000  # binary digits of a coefficient

P = ParamSpec("P")
R = TypeVar("R")


class AlgebraError(ValueError):
    """An expression that the index calculus cannot bring into normal form."""


class NoDerivative(AlgebraError):
    """A derivative of a maximum or minimum, which has none where two values are equal."""


def bounded(function: Callable[P, R]) -> Callable[P, R]:
    """Return ``function`` with an `AlgebraError` where Python's recursion limit would be met."""

    @wraps(function)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except RecursionError:
            raise AlgebraError(
                "the expression is nested too deeply; split it into named definitions."
            ) from None

    return guarded
