"""From left = right + O(eta^m) to a verdict: every Taylor coefficient below m is an equation.

all of them proved                  -> proved
one refuted at a point              -> refuted, with that point
anything else, no derivative at 0   -> undecided
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import sympy as sp

from proofs_checks.checks.outcome import Outcome, why
from proofs_checks.verdict import Verdict
from theory.algebra.asymptotics import taylor_coefficients
from theory.algebra.expressions import Equation, OrderEquation, Relation
from theory.algebra.limits import AlgebraError
from theory.algebra.normal_form import normal_form
from theory.models import Model, theory_of

__all__ = ["coefficient_equations", "settle_expansion"]


def coefficient_equations(model: Model, statement: OrderEquation) -> list[Equation]:
    """Return the equations of the coefficients of eta^0, ..., eta^(m - 1).

    The coefficient of eta^m has to be defined as well: that is their domain.

    Raises `AlgebraError` where a side has no m derivatives at 0.
    """
    theory, small, order = theory_of(model), statement.small, statement.order
    sides = [theory.written_in(side, small.name) for side in (statement.left, statement.right)]
    try:
        left, right = (taylor_coefficients(side, small, order) for side in sides)
    except AlgebraError:  # what is singular may cancel
        left = taylor_coefficients(sides[0] - sides[1], small, order)
        right = (sp.S.Zero,) * len(left)
    for last in (left[-1], right[-1]):
        normal_form(last, (), theory.unfolding([line.name for line in theory.lines]))
    domain = (*statement.domain, left[-1], right[-1])
    return [Equation(a, b, domain) for a, b in zip(left[:-1], right[:-1], strict=True)]


def settle_expansion(
    model: Model,
    statement: OrderEquation,
    judge: Callable[[Model, Relation], Verdict],
) -> Verdict:
    """Return the verdict on an expansion; ``judge`` gives that on an equation."""
    try:
        equations = coefficient_equations(model, statement)
    except (AlgebraError, RecursionError) as reason:
        return Verdict("undecided", "", detail=why(reason))
    small = statement.small
    verdicts: list[Verdict] = []
    for power, equation in enumerate(equations):
        verdict = judge(model, equation)
        if verdict.status in ("refuted", "inconsistent"):
            detail = f"the coefficient of {small}^{power} differs"
            return replace(verdict, detail="; ".join(x for x in (detail, verdict.detail) if x))
        verdicts.append(verdict)
    checks = _together(verdicts)
    hypotheses = tuple(sorted({h for v in verdicts for h in v.hypotheses}))
    open_ones = [n for n, v in enumerate(verdicts) if v.status != "proved"]
    if open_ones:
        detail = f"the coefficient of {small}^{open_ones[0]}: {verdicts[open_ones[0]].detail}"
        return Verdict("undecided", "", (), checks, detail=detail)
    detail = f"the Taylor coefficients in {small} below the order {statement.order} are equal"
    return Verdict("proved", "normal_form", hypotheses, checks, detail=detail)


def _together(verdicts: Sequence[Verdict]) -> tuple[Outcome, ...]:
    """Return what each judge saw of all coefficients: a difference, else the first abstention."""
    seen: dict[str, list[Outcome]] = {}
    for verdict in verdicts:
        for outcome in verdict.checks:
            seen.setdefault(outcome.judge, []).append(outcome)
    ranked = {False: 0, None: 1, True: 2}
    return tuple(min(outcomes, key=lambda o: ranked[o.agrees]) for outcomes in seen.values())
