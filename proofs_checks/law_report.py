"""What is said about a law in a model: the verdict on its statement, and on its derivation."""

from __future__ import annotations

from dataclasses import dataclass

from proofs_checks.verdict import Status, Verdict, worst
from theory.laws import Law

__all__ = ["LawReport", "WrongStep"]


@dataclass(frozen=True)
class WrongStep:
    """The first line of a derivation that is not proved; lines count from 1."""

    number: int
    reason: str
    verdict: Verdict


@dataclass(frozen=True)
class LawReport:
    """One law in one model: the verdict on its statement, and the first wrong derivation line.

    ``is_kept`` says that the report is that of an earlier run.
    """

    law: Law
    model: str
    verdict: Verdict
    steps: int
    wrong_step: WrongStep | None
    seconds: float
    is_kept: bool = False

    @property
    def status(self) -> Status:
        """The statement's verdict, or that of the first wrong line if it is graver."""
        wrong = [self.wrong_step.verdict.status] if self.wrong_step else []
        return worst([self.verdict.status, *wrong])

    def _repr_html_(self) -> str:
        from proofs_checks.reports.notebook import law_report_html

        return law_report_html(self)
