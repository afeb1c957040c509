"""From a refuted equation to the mistake and the right equation.

One edit is looked for, the simplest kind first: wrong signs and factors, indices, sums and powers;
then a term that the derived side has and the written one lacks; then a quantity in the wrong
place, a wrong coefficient, a missing hypothesis, and what else could be inserted.  An edit counts
only if the equation with it is proved.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from proofs_checks.diagnosis.case import Case, OutOfTime, Repair
from proofs_checks.diagnosis.correction import derived
from proofs_checks.diagnosis.hypotheses import missing_hypothesis
from proofs_checks.diagnosis.search import Rarity, defined_term, edited, inserted
from proofs_checks.diagnosis.terms import compared
from proofs_checks.diagnosis.words import mathematics
from proofs_checks.edits import KINDS
from proofs_checks.verdict import Diagnosis
from theory.algebra.canonical import AlgebraError
from theory.algebra.expressions import Equation
from theory.latex import equation as latex_equation
from theory.models import Model

__all__ = ["Explanation", "diagnose"]

GRACE = 1.0  # seconds for the correction after the deadline
_BEFORE_TERMS = KINDS[: KINDS.index("missing_term")]
_AFTER_TERMS = KINDS[KINDS.index("missing_term") :]


class Explanation(NamedTuple):
    """The mistake, the right equation in LaTeX (empty for none), and that equation."""

    diagnosis: Diagnosis
    correction: str
    repaired: Equation | None


def diagnose(model: Model, equation: Equation, *, deadline: float) -> Explanation:
    """Return what probably went wrong in a refuted equation, and the right equation.

    ``deadline`` is a value of `time.monotonic`; what was not found by then is not found.  The
    correction is proved; it is empty where neither an edit was found nor a side determines the
    other.  Mathematics in the message stands between $ signs.
    """
    try:
        case = Case(model, equation, deadline)
    except ValueError as error:  # judges that evaluate can refute what cannot be derived
        said = f"nothing to compare it with could be derived: {error}"
        return Explanation(Diagnosis("unknown", said), "", None)
    repair, is_late = None, False
    try:
        repair = _repair(case)
    except OutOfTime:
        is_late = True
    correction, repaired = _correction(case, repair)
    if repair is not None:
        return Explanation(Diagnosis(repair.kind, repair.message), correction, repaired)
    unknown = Diagnosis("unknown", _unknown(correction, is_late=is_late))
    return Explanation(unknown, correction, repaired)


def _repair(case: Case) -> Repair | None:
    """Return the first repair, in the order of the module's description."""
    found = edited(case, _BEFORE_TERMS) or _by_terms(case) or edited(case, _AFTER_TERMS)
    if found is None and any(side.is_Number for side in case.sides):
        found = edited(case, KINDS, Rarity.SLOW)  # in 0 = ... the other side is what is wrong
    return (
        found
        or missing_hypothesis(case)
        or edited(case, KINDS, Rarity.DIAGONAL)
        or inserted(case, only_written=True)
        or edited(case, KINDS, Rarity.SLOW)
        or inserted(case)
        or inserted(case, only_written=True, slow=True)
    )


def _by_terms(case: Case) -> Repair | None:
    """Return what the comparison of terms finds, a missing term by its own name if it has one."""
    found = compared(case)
    if found is None or found.kind != "missing_term":
        return found
    named = defined_term(case)
    if named is None or named.term is None or found.baseline is None:
        return named or found
    if case.holds(-named.term, found.baseline):
        said = f"the baseline {mathematics(-named.term, case.model)} is missing"
        return replace(named, message=said)
    return found


def _correction(case: Case, repair: Repair | None) -> tuple[str, Equation | None]:
    """Return the repaired equation, or the derived one where there is none or it is shorter."""
    case.deadline += GRACE
    try:
        if repair is None or repair.kind == "missing_hypothesis":
            equation = derived(case)
        else:
            equation = repair.equation if case.holds(*repair.equation.args) else None
            other = derived(case) if repair.kind == "missing_term" else None
            if other is not None and len(str(other)) < len(str(equation)):
                equation = other
        return latex_equation(equation, case.model) if equation is not None else "", equation
    except (OutOfTime, AlgebraError):
        return "", None


def _unknown(correction: str, *, is_late: bool) -> str:
    if is_late:
        said = "the search for the mistake ran out of time"
    else:
        said = "no single edit that is searched for makes it true"
    return said + ("; the correction is derived from the model" if correction else "")
