r"""Comparing a refuted equation term by term with what is derived.

With both sides as sums of products, D derived and W written, the difference D - W tells

    one term, none of W                 a term is missing: minus a mean is a dropped baseline
    one term that W has as well         its coefficient is wrong
    c W for a number c                  a factor is missing
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from fractions import Fraction

import sympy as sp

from proofs_checks.diagnosis.case import Case, Repair
from proofs_checks.diagnosis.words import baseline, mathematics, missing_term
from theory.algebra.canonical import AlgebraError
from theory.algebra.expressions import Equation
from theory.algebra.polynomial import Polynomial
from theory.algebra.reading import Reader
from theory.algebra.ring import Ring

__all__ = ["compared"]

MOST_TERMS = 12  # of a difference in which one missing term may hide
MOST_LEVELS = 8  # of definitions written out
SIDES = ((1, 0), (0, 1))  # (written, derived)


def compared(case: Case) -> Repair | None:
    """Return the repair that a comparison of terms suggests: a missing one, a wrong coefficient."""
    for polynomials in _levels(case):
        for written, derived in SIDES:
            W, D = polynomials[written], polynomials[derived]
            if W and D:
                for suggest in (_missing, _multiple, _coefficient):
                    found = suggest(case, W, D, written)
                    if found is not None:
                        return found
    return None


def _missing(case: Case, W: Polynomial, D: Polynomial, written: int) -> Repair | None:
    rest = D - W
    if not rest or any(m in W.terms for m in rest.terms):
        return None
    term = case.theory.write(rest, *case.sides)
    if isinstance(term, sp.Add):
        return None
    sides = [*case.sides]
    sides[written] = sides[written] + term
    if not case.holds(*sides):
        return None
    message = missing_term(term, case.model)
    return Repair(
        "missing_term", message, Equation(sides[0], sides[1]), term, baseline(term, case.model)
    )


def _multiple(case: Case, W: Polynomial, D: Polynomial, written: int) -> Repair | None:
    ratios = {Fraction(D.terms.get(m, 0)) / c for m, c in W.terms.items()}
    if len(ratios) != 1 or ratios == {0} or len(D.terms) != len(W.terms):
        return None
    ratio = ratios.pop()
    factor = sp.Rational(ratio.numerator, ratio.denominator)
    sides = [*case.sides]
    sides[written] = factor * sides[written]
    message = f"the factor {mathematics(factor, case.model)} is missing"
    return Repair("factor", message, Equation(sides[0], sides[1])) if case.holds(*sides) else None


def _coefficient(case: Case, W: Polynomial, D: Polynomial, written: int) -> Repair | None:
    rest = D - W
    if rest.single is None or rest.single[0] not in W.terms:
        return None
    monomial, change = rest.single
    had, has = W.terms[monomial], W.terms[monomial] + change
    sides = [*case.sides]
    sides[written] = sides[written] + case.theory.write(rest, *case.sides)
    if not has or not case.holds(*sides):
        return None
    one = mathematics(case.theory.write(Polynomial.of(monomial), *case.sides), case.model)
    return Repair(
        "factor",
        f"the coefficient of {one} should be {has}, not {had}",
        Equation(sides[0], sides[1]),
    )


def _levels(case: Case) -> Iterator[tuple[Polynomial, Polynomial]]:
    """Yield both sides as sums of products, each time with one more name written out."""
    try:
        for proof in itertools.islice(case.theory.levels(Equation(*case.resolved)), MOST_LEVELS):
            case.check_time()
            if len(proof.residual.terms) > MOST_TERMS:
                return
            reader = Reader(Ring(case.model.rules), case.theory.unfolding(list(proof.unfolded)))
            left, right = map(reader.read, case.resolved)
            yield left, right
    except AlgebraError:
        return
