"""Which verdict of an earlier run is that of a claim, or of a law of the catalogue.

A correction is written in the notation of the document around the claim.  So one that is kept is
read again in its place: it has to mean what it meant when it was proved, or the claim is judged
anew.
"""

from __future__ import annotations

import hashlib

from proofs_checks.claims.claim import Claim
from proofs_checks.law_report import LawReport
from proofs_checks.structure import structure
from proofs_checks.verdict import Verdict
from proofs_checks.verdict_cache import VerdictCache
from theory.algebra.expressions import Relation
from theory.laws import Law
from theory.models import Model

__all__ = ["KeptReports", "KeptVerdicts"]


class KeptVerdicts:
    """The verdicts of a cache for one seed and one time limit; nothing is kept without a cache."""

    def __init__(self, cache: VerdictCache | None, seed: int, seconds: float) -> None:
        self._cache = cache
        self._settings = (seed, float(seconds))

    def of_equation(self, model: Model, equation: Relation, refute: bool) -> Verdict | None:
        """Return the verdict that is kept of an equation that nobody wrote down as it stands."""
        if self._cache is None:
            return None
        found = self._cache.get(self._digest("equation", model, equation, refute))
        return None if found is None else found[0]

    def keep_equation(
        self, model: Model, equation: Relation, refute: bool, verdict: Verdict
    ) -> None:
        """Keep the verdict of such an equation."""
        if self._cache is not None:
            self._cache.put(self._digest("equation", model, equation, refute), verdict)

    def of_claim(self, claim: Claim) -> Verdict | None:
        """Return the verdict that is kept of a claim, with its correction."""
        if self._cache is None:
            return None
        found = self._cache.get(self._key(claim))
        if found is None:
            return None
        verdict, meaning = found
        if meaning and meaning != _meaning(claim, verdict.correction):
            return None
        return verdict

    def keep_claim(self, claim: Claim, verdict: Verdict, in_own_notation: str) -> None:
        """Keep the verdict of a claim; of a refuted one only with a correction as one writes it."""
        if self._cache is None:
            return
        meaning = ""
        if verdict.status == "refuted" and claim.written is not None:
            meaning = _meaning(claim, in_own_notation) if in_own_notation else ""
            if not meaning:  # with more time there might be one
                return
        self._cache.put(self._key(claim), verdict, meaning)

    def trim(self) -> None:
        """Let the cache make room."""
        if self._cache is not None:
            self._cache.trim()

    def _key(self, claim: Claim) -> str | None:
        as_written = (claim.source, claim.order, claim.axes, bool(claim.hedge))
        return self._digest("claim", claim.model, claim.equation, *as_written)

    def _digest(self, kind: str, *parts: object) -> str | None:
        return None if self._cache is None else self._cache.key(kind, *self._settings, *parts)


class KeptReports:
    """The reports of a cache on laws that were proved, statement and derivation, for one seed.

    Laws are code of ours, which is part of every key.
    """

    def __init__(self, cache: VerdictCache, seed: int) -> None:
        self._cache, self._seed = cache, seed

    def of_law(self, law: Law) -> list[LawReport] | None:
        """Return the reports on a law in all its models, None unless all are kept."""
        found = [(model, self._cache.get(self._key(law, model))) for model in law.models]
        kept = [(model, *entry) for model, entry in found if entry is not None]
        if len(kept) < len(law.models):
            return None
        return [
            LawReport(law, model, verdict, int(steps), None, 0.0, is_kept=True)
            for model, verdict, steps in kept
        ]

    def keep(self, report: LawReport) -> None:
        """Keep a report, if it says that all is proved."""
        if report.status in ("proved", "verified") and report.wrong_step is None:
            key = self._key(report.law, report.model)
            self._cache.put(key, report.verdict, str(report.steps))

    def _key(self, law: Law, model: str) -> str | None:
        return self._cache.key("law", law.name, model, self._seed)


def _meaning(claim: Claim, text: str) -> str:
    """Return a digest of what an equation means in the place of a claim, empty if nothing."""
    left, _, right = text.partition(" = ")
    meaning = claim.written.read(left, right) if claim.written is not None else None
    try:
        return "" if meaning is None else hashlib.sha256(structure(meaning).encode()).hexdigest()
    except (TypeError, RecursionError):
        return ""
