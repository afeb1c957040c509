"""From one equation to a verdict: the one road that laws and users' claims walk.

    normal forms equal      -> proved, unless a judge finds a difference: then inconsistent
    normal forms unequal    -> a point or a box where the sides differ: refuted
                               none found: undecided, with what each judge saw

Inequalities go by `proofs_checks.ordering`, expansions by `proofs_checks.expansion`.

The modular judge looks first: where it sees a difference there is no point in writing out every
definition for a proof, and the search for a counterexample starts at once.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from functools import partial

from proofs_checks.checks import enumeration, exact, float64, interval, modular, normal_form
from proofs_checks.checks.outcome import Outcome
from proofs_checks.expansion import settle_expansion
from proofs_checks.ordering import settle_inequality, unmet_remark, without_contradiction
from proofs_checks.verdict import Counterexample, Verdict
from theory.algebra.expressions import Equation, Inequality, OrderEquation, Relation
from theory.latex import expression as latex_of
from theory.models import Model, contradiction, theory_of

__all__ = ["judge"]


def judge(
    model: Model,
    statement: Relation,
    *,
    seed: int = 0,
    derived: bool = False,
    numbers: Callable[[], Outcome] | None = None,
    refute: bool = True,
) -> Verdict:
    """Return the verdict of all judges about one equation or inequality of a model.

    ``derived`` says that a derivation which was proved line by line leads to it; an inequality
    may need that.  ``numbers``, if given, is called last, and answers for the float64 judge.
    Without ``refute`` an equation that is not proved is undecided, and no counterexample is looked
    for.
    """
    start = time.perf_counter()
    numbers = numbers or partial(float64.check, model, statement, seed=seed)
    if isinstance(statement, Inequality):
        verdict = settle_inequality(model, statement, numbers, seed=seed, derived=derived)
    elif isinstance(statement, OrderEquation):
        verdict = settle_expansion(model, statement, partial(judge, seed=seed))
    else:
        equation = Equation(statement.left, statement.right, statement.domain)
        verdict = without_contradiction(
            _settle(model, equation, seed, numbers, refute), contradiction(model)
        )
    return replace(verdict, seconds=time.perf_counter() - start)


def _settle(
    model: Model, equation: Equation, seed: int, numbers: Callable[[], Outcome], refute: bool
) -> Verdict:
    seen = modular.check(model, equation, seed=seed)
    outcome, hypotheses, residual = _compared(model, equation, is_shallow=seen.agrees is False)
    counted = enumeration.answers(model, equation)
    if outcome.agrees:
        boxes = interval.check(model, equation, seed=seed)
        points = exact.check(model, equation)
        checks = (outcome, seen, points, boxes, numbers(), *counted)
        return _settle_proved(checks, hypotheses)
    if not refute:
        return Verdict("undecided", "", (), (outcome, seen, *counted), residual=residual)
    point = exact.counterexample(model, equation)
    checks = (outcome, seen, numbers(), *counted)
    if point is not None:
        agreeing = [
            o.judge for o in checks if o.agrees and _insists(o.judge, model, equation, point)
        ]
        if not agreeing:
            return Verdict("refuted", "exact", (), checks, point, residual, sizes=point.sizes)
        detail = f"refuted by an exact point, but {' and '.join(agreeing)} saw no difference"
        return Verdict("inconsistent", "exact", (), checks, point, residual, detail=detail)
    boxes = interval.check(model, equation, seed=seed)
    if boxes.agrees is False and not any(o.agrees for o in checks):
        point = interval.counterexample(model, equation, seed=seed)
        checks = (*checks, boxes)
        return Verdict("refuted", "interval", (), checks, point, residual, sizes=boxes.sizes)
    if seen.agrees is False:  # there is no real point at hand; perhaps a deeper proof settles it
        outcome, _ = normal_form.check(model, equation)
        if outcome.agrees:
            detail = "proved by the normal form, but modular saw a difference"
            return Verdict("inconsistent", "normal_form", (), (outcome, *checks), detail=detail)
    said = "; ".join(f"{o.judge}: {o.detail or _in_words(o)}" for o in checks)
    detail = f"neither a proof nor a counterexample was found ({said})"
    return Verdict("undecided", "", (), checks, residual=residual, detail=detail)


def _compared(
    model: Model, equation: Equation, *, is_shallow: bool
) -> tuple[Outcome, tuple[str, ...], str]:
    """Return the answer of the normal form, the hypotheses of a proof, and what is left over."""
    outcome, proof = normal_form.check(model, equation, shallow=is_shallow)
    if proof is None:
        return outcome, (), ""
    if outcome.agrees:
        return outcome, proof.hypotheses, ""
    written = theory_of(model).write(proof.residual, equation.left, equation.right)
    return outcome, (), latex_of(written, model)


def _settle_proved(checks: tuple[Outcome, ...], hypotheses: tuple[str, ...]) -> Verdict:
    against = [o.judge for o in checks if o.agrees is False]
    if not against:
        detail = unmet_remark(checks) if hypotheses else ""
        return Verdict("proved", "normal_form", hypotheses, checks, detail=detail)
    detail = f"proved by the normal form, but {' and '.join(against)} saw a difference"
    return Verdict("inconsistent", "normal_form", hypotheses, checks, detail=detail)


def _insists(name: str, model: Model, equation: Equation, point: Counterexample) -> bool:
    """Return whether a judge still sees no difference at the sizes of the counterexample.

    That it saw none at other sizes contradicts nothing: d_k and d_v may have been equal there.
    Nor does it where the sides differ by less than float64 can tell.
    """
    if name == "modular":
        return modular.check(model, equation, sizes=dict(point.sizes)).agrees is not False
    if name == float64.name(model):
        return not _differ_little(point) and float64.insists(model, equation, point)
    return name != enumeration.JUDGE  # the quantities of a space are special: a_y is 0 or 1 there


def _differ_little(point: Counterexample) -> bool:
    """Return whether a relative difference of 1e-11, a hundred tolerances, is not reached."""
    left, right = (_middle(side) for side in (point.left, point.right))
    return abs(left - right) <= Fraction(1, 10**11) * max(abs(left), abs(right))


def _middle(side: str) -> Fraction:
    """Return a rational, or the middle of a ball such as [0.123456789012 +/- 1e-13]."""
    return Fraction(side.strip("[]").partition("+/-")[0].strip() or 0)


def _in_words(outcome: Outcome) -> str:
    bound = f" (bound {outcome.error_bound})" if outcome.error_bound else ""
    return f"{'no difference' if outcome.agrees else 'a difference'}{bound}"
