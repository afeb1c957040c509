"""From an inequality to a verdict that says exactly what is known, on what set, and by whom.

    its sign can be read off, or its derivation ends in one that can   -> proved, for all sizes
    it holds on every box of the interval judge                        -> verified, on these boxes
    a point or a box where it is false                                 -> refuted
    none of these                                                      -> undecided

A finite field has no order, so the modular judge has no say.  The exact judge compares at small
rational points, autograd (or the judge of documents) in float64; either can contradict, neither can
prove.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from proofs_checks.checks import enumeration, exact, interval, normal_form
from proofs_checks.checks.outcome import Outcome
from proofs_checks.verdict import Verdict
from theory.algebra.expressions import Inequality
from theory.models import Model, contradiction

__all__ = ["settle_inequality", "unmet_remark", "without_contradiction"]


def settle_inequality(
    model: Model,
    statement: Inequality,
    numbers: Callable[[], Outcome],
    *,
    seed: int = 0,
    derived: bool = False,
) -> Verdict:
    """Return the verdict on an inequality; ``numbers`` answers for the float64 judge.

    ``derived`` says that its derivation was proved line by line and leads from the left to the
    right side; without that only a sign that can be read off proves it.
    """
    verdict = _settled(model, statement, numbers, seed, derived)
    return without_contradiction(verdict, contradiction(model))


def without_contradiction(verdict: Verdict, contradicting: tuple[str, ...]) -> Verdict:
    """Return the verdict unless it rests on hypotheses that contradict each other.

    From such hypotheses everything follows, and no point meets them: nothing is said then.
    """
    if not contradicting or not (verdict.hypotheses or verdict.status == "undecided"):
        return verdict
    detail = (
        f"no inputs meet the hypotheses: {' and '.join(contradicting)} "
        f"{'contradict each other' if len(contradicting) > 1 else 'cannot hold'}; "
        "whatever is derived from them says nothing"
    )
    return replace(verdict, status="undecided", method="", hypotheses=(), detail=detail)


def unmet_remark(checks: tuple[Outcome, ...]) -> str:
    """Return a remark if no judge could draw inputs that meet the hypotheses of a proof."""
    others = [o for o in checks if o.judge != "normal_form"]
    unmet = next((o.detail for o in others if "could be drawn" in o.detail), "")
    if not unmet or any(o.agrees is not None for o in others):
        return ""
    return f"whether any inputs meet the hypotheses is not known: {unmet}"


def _settled(
    model: Model,
    statement: Inequality,
    numbers: Callable[[], Outcome],
    seed: int,
    derived: bool,
) -> Verdict:
    outcome, proof = normal_form.check(model, statement)
    hypotheses = proof.hypotheses if proof is not None and proof.proved else ()
    if derived and not outcome.agrees:
        detail = "by its derivation: equal normal forms, and a sign that can be read off"
        outcome = Outcome("normal_form", True, detail, seconds=outcome.seconds)
    points = exact.check(model, statement)
    boxes = interval.check(model, statement, seed=seed)
    checks = (outcome, points, boxes, numbers(), *enumeration.answers(model, statement))
    against = [o.judge for o in checks if o.agrees is False]
    if outcome.agrees and against:
        detail = f"proved by the normal form, but {' and '.join(against)} saw it violated"
        return Verdict("inconsistent", "normal_form", hypotheses, checks, detail=detail)
    if outcome.agrees:
        return Verdict("proved", "normal_form", hypotheses, checks, detail=outcome.detail)
    point, method = exact.counterexample(model, statement), "exact"
    if point is None:
        point, method = interval.counterexample(model, statement, seed=seed), "interval"
    if point is not None:
        return Verdict("refuted", method, (), checks, point, sizes=point.sizes)
    if boxes.agrees and not against:
        detail = f"{boxes.detail}; nothing is claimed beyond"
        return Verdict("verified", "interval", (), checks, detail=detail, sizes=boxes.sizes)
    said = "; ".join(f"{o.judge}: {o.detail}" for o in checks)
    detail = f"neither a proof nor a counterexample was found ({said})"
    return Verdict("undecided", "", (), checks, detail=detail)
