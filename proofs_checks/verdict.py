"""Verdicts: what the judges together say about an equation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from proofs_checks.checks.outcome import Outcome

if TYPE_CHECKING:
    from theory.algebra.expressions import Equation

__all__ = [
    "EXIT_STATUS",
    "Counterexample",
    "Diagnosis",
    "Status",
    "Verdict",
    "exit_status",
    "worst",
]

Status = str
"""One of "proved", "verified", "undecided", "unreadable", "refuted", "inconsistent".

"verified" is for inequalities and limits that no normal form proves: they hold rigorously on the
sets that the detail names, and nothing is claimed beyond.
"""

EXIT_STATUS: Mapping[Status, int] = {
    "proved": 0,
    "verified": 0,
    "undecided": 3,
    "unreadable": 2,
    "refuted": 1,
    "inconsistent": 1,
}
_GRAVITY = ("proved", "verified", "undecided", "unreadable", "refuted", "inconsistent")


@dataclass(frozen=True)
class Counterexample:
    """A point at which the two sides differ, all values as text.

    ``sizes`` and ``point`` fix the inputs, ``indices`` the free indices; ``left`` and ``right`` are
    exact rationals, or decimals with a radius where exp or log of the point is needed.
    """

    sizes: Mapping[str, int]
    point: Mapping[str, str]
    indices: Mapping[str, int]
    left: str
    right: str


@dataclass(frozen=True)
class Diagnosis:
    """What probably went wrong: the kind of edit, and a sentence."""

    kind: str
    message: str


@dataclass(frozen=True)
class Verdict:
    """The answer about one equation.

    ``method`` is the judge that settled it; ``hypotheses`` are the constraints the proof used;
    ``residual`` is left - right in LaTeX; ``correction`` the right equation in LaTeX, ``repaired``
    what it was written from.
    """

    status: Status
    method: str
    hypotheses: tuple[str, ...] = ()
    checks: tuple[Outcome, ...] = ()
    counterexample: Counterexample | None = None
    residual: str = ""
    diagnosis: Diagnosis | None = None
    correction: str = ""
    detail: str = ""
    seconds: float = 0.0
    sizes: Mapping[str, int] = field(default_factory=dict)
    repaired: Equation | None = field(default=None, repr=False)

    def _repr_html_(self) -> str:
        from proofs_checks.reports.notebook import verdict_html

        return verdict_html(self)


def worst(statuses: Iterable[Status]) -> Status:
    """Return the gravest of the statuses; "proved" if there are none."""
    return max(statuses, key=_GRAVITY.index, default="proved")


def exit_status(statuses: Iterable[Status]) -> int:
    """Return 1 if anything is refuted or inconsistent, else 2 if unreadable, else 3 or 0."""
    return EXIT_STATUS[worst(statuses)]
