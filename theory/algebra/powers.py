"""Rational powers of polynomials.

* integer powers distribute over products, and positive ones over sums;
* roots of odd order are real everywhere, cbrt(-8) = -2, and distribute over products as well;
* those of even order distribute only over factors known to be >= 0, so sqrt(x^2) = |x|, not x;
* a sum under any other power becomes its content times one primitive `Base`.

A root of even order is real: it says that what stands under it is >= 0.
"""

from __future__ import annotations

import math
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

import sympy as sp

from theory.algebra.limits import MOST_DIGITS, MOST_POWER, AlgebraError
from theory.algebra.polynomial import (
    Atom,
    Base,
    Delta,
    Function,
    Monomial,
    Polynomial,
    Prime,
)
from theory.algebra.signs import keeps_no_sign

if TYPE_CHECKING:
    from theory.algebra.ring import Ring

__all__ = ["expandable", "factorised", "power", "primitive"]

Number: TypeAlias = Fraction | int

TRIAL_DIVISION = 2**16  # what stays unfactored beyond this counts as one prime; sound all the same


def power(ring: Ring, value: Polynomial, exponent: Number) -> Polynomial:
    """Return ``value`` to a rational power."""
    if exponent == 0:
        return Polynomial.of(1)
    if exponent == 1:
        return value
    if not value:
        if exponent < 0:
            raise AlgebraError("division by an expression that is identically zero.")
        return value
    whole = Fraction(exponent).denominator == 1
    is_odd = Fraction(exponent).denominator % 2 == 1  # the sign goes along, as with whole powers
    if value.single is not None:
        return _power_of_product(ring, *value.single, exponent)
    if whole and exponent > 0:
        if exponent > MOST_POWER:
            raise AlgebraError(f"a sum to the power {exponent}; the limit is {MOST_POWER}.")
        result = Polynomial.of(1)
        for _ in range(int(exponent)):
            result = ring.multiply(result, value)
        return result
    content, coefficient, part = primitive(ring, value, whole=True)
    if not is_odd and not part.nonnegative:
        content, coefficient, part = primitive(ring, value, whole=False)
    outside = _power_of_product(ring, content, coefficient, exponent)
    if part.single is not None:
        return ring.multiply(outside, _power_of_product(ring, *part.single, exponent))
    return ring.multiply(outside, ring.assemble(((Base(part), exponent),)))


def _power_of_product(
    ring: Ring, monomial: Monomial, coefficient: Number, exponent: Number
) -> Polynomial:
    """Return a monomial with its coefficient to a rational power."""
    if Fraction(exponent).denominator == 1:
        product = ring.assemble((a, e * exponent) for a, e in monomial.factors)
        return product.scaled(_whole_power(Fraction(coefficient), int(exponent)))
    number, factors = _rational_power(abs(Fraction(coefficient)), exponent)
    if Fraction(exponent).denominator % 2 == 1:
        factors += [(a, e * exponent) for a, e in monomial.factors]
        sign = -1 if coefficient < 0 and Fraction(exponent).numerator % 2 else 1
        return ring.assemble(factors).scaled(sign * number)
    uncertain: list[tuple[Atom, Number]] = []
    magnitudes = Polynomial.of(1)
    for atom, e in monomial.factors:
        if atom.nonnegative or e.denominator % 2 == 0:
            factors.append((atom, e * exponent))
        elif keeps_no_sign(e):
            magnitudes = ring.multiply(magnitudes, _magnitude(ring, atom, e * exponent))
        else:
            uncertain.append((atom, e))
    sign = -1 if coefficient < 0 else 1
    if sign == 1 and len(uncertain) == 1:  # the power is real, so this factor is >= 0
        atom, e = uncertain[0]
        factors.append((atom, e * exponent))
    elif uncertain or sign == -1:
        for atom, e in uncertain:
            magnitudes = ring.multiply(magnitudes, _magnitude(ring, atom, (e - 1) * exponent))
        inside = Polynomial({Monomial((a, 1) for a, _ in uncertain): sign})
        factors.append((Base(inside), exponent))
    return ring.multiply(ring.assemble(factors), magnitudes).scaled(number)


def _magnitude(ring: Ring, atom: Atom, exponent: Number) -> Polynomial:
    return power(ring, ring.function("abs", (Polynomial.of(atom),)), exponent)


def primitive(ring: Ring, value: Polynomial, whole: bool) -> tuple[Monomial, Fraction, Polynomial]:
    """Return (content monomial, content number, primitive part) of a sum of terms.

    ``whole``: the parts will stand under an integer power.  Otherwise the content must be >= 0:
    of the other factors only even powers are taken out, and the number is positive.
    """
    common = _common_factors(value)
    if not whole:
        common = {a: e if a.nonnegative else 2 * math.floor(e / 2) for a, e in common.items()}
        common = {a: e for a, e in common.items() if e}
    coefficients = [Fraction(c) for c in value.terms.values()]
    number = Fraction(
        math.gcd(*(c.numerator for c in coefficients)),
        math.lcm(*(c.denominator for c in coefficients)),
    )
    part = Polynomial.add(
        ring.assemble((*m.factors, *((a, -e) for a, e in common.items()))).scaled(
            Fraction(c) / number
        )
        for m, c in value.terms.items()
    )
    if not part:  # seen only now that the common denominator is gone
        raise AlgebraError("a power, logarithm or magnitude of what turns out to be zero.")
    if whole and part.terms[min(part.terms, key=lambda m: m.key)] < 0:
        number, part = -number, -part
    return Monomial(common.items()), number, part


def _common_factors(value: Polynomial) -> dict[Atom, Number]:
    """Return the atoms of all terms with their least exponents (absent counts as 0)."""
    atoms = {a for m in value.terms for a, _ in m.factors if not isinstance(a, Delta)}
    least = {a: min(m.exponent(a) for m in value.terms) for a in atoms}
    return {a: e for a, e in least.items() if e}


def expandable(atom: Atom, exponent: Number) -> tuple[Polynomial, Number] | None:
    """Return (value, power) for the part of a power that is to be multiplied out."""
    whole = math.floor(exponent)
    if isinstance(atom, Prime) and whole:
        return Polynomial.of(Fraction(atom.value)), whole
    if isinstance(atom, Base) and whole >= 1:
        return atom.polynomial, whole
    if isinstance(atom, Function) and atom.name == "abs":
        if exponent.denominator % 2 == 1 and exponent.numerator % 2 == 0:
            return atom.arguments[0], exponent  # |x|^(2/3) = x^(2/3)
        if 0 <= exponent < 2:
            return None
        return atom.arguments[0], 2 * math.floor(exponent / 2)
    return None


def factorised(value: Fraction) -> dict[int, int]:
    """Return the prime factors of a positive rational number with their exponents."""
    primes = dict(_divided_out(value.numerator))
    for prime, e in _divided_out(value.denominator).items():
        primes[prime] = primes.get(prime, 0) - e
    return {p: e for p, e in primes.items() if e}


@lru_cache(maxsize=1024)
def _divided_out(value: int) -> dict[int, int]:
    # by trial division alone: the other methods take seconds, and can fail (ECM, SymPy 1.14)
    slow = dict.fromkeys(("use_rho", "use_pm1", "use_ecm"), False)
    found = sp.factorint(value, limit=TRIAL_DIVISION, **slow)
    return {int(p): int(e) for p, e in found.items() if p != 1}


def _whole_power(value: Fraction, exponent: int) -> Fraction:
    digits = max(value.numerator.bit_length(), value.denominator.bit_length()) - 1
    if digits * abs(exponent) > MOST_DIGITS:
        raise AlgebraError(
            f"a number to the power {exponent} has more than {MOST_DIGITS} binary digits."
        )
    return value**exponent


def _rational_power(
    value: Fraction, exponent: Number
) -> tuple[Fraction, list[tuple[Atom, Number]]]:
    """Return value^exponent as a rational number times fractional powers of primes."""
    number, primes = Fraction(1), []
    for prime, e in factorised(value).items():
        whole = math.floor(e * exponent)
        number *= _whole_power(Fraction(prime), whole)
        if e * exponent != whole:
            primes.append((Prime(prime), e * exponent - whole))
    return number, primes
