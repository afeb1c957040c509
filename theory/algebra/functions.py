"""exp, log, |.| and symbolic powers of polynomials; every other function is opaque.

* exp turns sums into products and undoes log; log turns products into sums and undoes exp, so
  exp(s - lse) is the softmax and softmax^2 is exp(2s)/Z^2;
* log x says that x > 0.  Of a product only that is known to be > 0, so where the signs of two
  factors are unknown it becomes log|x| + log|y|; log(x^2) = 2 log|x|;
* log prod_k x_k = sum_k log|x_k|, and exp(sum_k log x_k) = prod_k x_k;
* Max(x, y, ...) is opaque; the order of its arguments does not matter.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import TYPE_CHECKING, TypeAlias, TypeGuard

from theory.algebra.limits import AlgebraError
from theory.algebra.polynomial import (
    ONE,
    Atom,
    Base,
    Closed,
    Function,
    Monomial,
    Polynomial,
    Prime,
)
from theory.algebra.powers import factorised, power, primitive
from theory.algebra.ranged import Ranged
from theory.algebra.signs import keeps_no_sign

if TYPE_CHECKING:
    from theory.algebra.ring import Ring

__all__ = [
    "KNOWN_FUNCTIONS",
    "absolute",
    "exp",
    "function",
    "largest",
    "log",
    "logs_as_powers",
    "merged_powers",
    "symbolic_power",
]

Number: TypeAlias = Fraction | int


def function(ring: Ring, name: str, arguments: tuple[Polynomial, ...]) -> Polynomial:
    """Return a function of polynomials."""
    if name in KNOWN_FUNCTIONS:
        return KNOWN_FUNCTIONS[name](ring, *arguments)
    return Polynomial.of(Function(name, arguments))


def symbolic_power(ring: Ring, base: Polynomial, exponent: Polynomial) -> Polynomial:
    """Return base^exponent: exp(e log b) for b >= 0, and x^e for whole e.

    x^c with another c is defined for x < 0 where c is an integer.  There (x^c)^2 is x^(2c), but
    x^(2c) may be defined where x^c is not, and be negative: so x^(2c) is one atom.
    """
    only = base.single
    nested = _power_in(only) if exponent.is_whole else None
    if nested is not None:  # (x^n)^m = x^(n m)
        inner, first = nested.arguments
        return symbolic_power(ring, inner, ring.multiply(first, exponent))
    splits = exponent.is_whole and only and not all(a.nonnegative for a, _ in only[0].factors)
    if base.nonnegative and not splits:
        return exp(ring, ring.multiply(exponent, log(ring, base)))
    constant = exponent.terms.get(ONE, 0)
    rest = exponent - Polynomial.of(constant) if constant else exponent
    result = Polynomial.of(1)
    if Fraction(constant).denominator != 1 and rest:
        rest = exponent  # x^(c + 1/2) may be defined where x^c is not
    elif constant:
        result = power(ring, base, constant)
    if not rest:
        return result
    if base.single is not None and rest.is_whole:
        return ring.multiply(result, _whole_power(ring, *base.single, rest))
    return ring.multiply(result, _power_atom(ring, base, rest))


def _power_in(single: tuple[Monomial, Number] | None) -> Function | None:
    """Return the power to a whole exponent that a product is, None if it is no such power."""
    if single is None or single[1] != 1 or [e for _, e in single[0].factors] != [1]:
        return None
    atom = single[0].factors[0][0]
    if not isinstance(atom, Function) or atom.name != "power":
        return None
    return atom if atom.arguments[1].is_whole else None


def _whole_power(
    ring: Ring, monomial: Monomial, number: Number, exponent: Polynomial
) -> Polynomial:
    """Return a product to an integer power that is made of sizes and positions."""
    if number == 1 and [e for _, e in monomial.factors] == [1]:
        return _power_atom(ring, Polynomial.of(monomial), exponent)
    result = Polynomial.of(1)
    if number > 0:
        result = symbolic_power(ring, Polynomial.of(number), exponent)
    else:
        result = symbolic_power(ring, Polynomial.of(-number), exponent)
        odd = Polynomial({m: 1 for m, c in exponent.terms.items() if c % 2})
        if odd:
            result = ring.multiply(result, _power_atom(ring, Polynomial.of(-1), odd))
    for atom, e in monomial.factors:
        is_even = exponent.scaled(e).is_even
        if isinstance(atom, Function) and atom.name == "abs" and is_even:
            factor = symbolic_power(ring, atom.arguments[0], exponent.scaled(e))
        elif Fraction(e).denominator == 1:
            factor = symbolic_power(ring, Polynomial.of(atom), exponent.scaled(e))
        else:
            factor = _power_atom(ring, Polynomial.of(Monomial(((atom, e),))), exponent)
        result = ring.multiply(result, factor)
    return result


def _power_atom(ring: Ring, base: Polynomial, exponent: Polynomial) -> Polynomial:
    return ring.assemble(((Function("power", (base, exponent)), 1),))


def logs_as_powers(ring: Ring, value: Polynomial) -> Polynomial:
    """Return the value with x^y for exp(y log x), where only this log tells that x > 0."""
    found: dict[Atom, Polynomial] = {}
    for atom in {a for m in value.terms for a, _ in m.factors}:
        single = atom.arguments[0].single if _is_function(atom, "exp") else None
        if single is None:
            continue
        factors, number = single[0].factors, single[1]
        logs = [a for a, e in factors if _is_function(a, "log") and e == 1]
        if len(logs) == 1 and not logs[0].arguments[0].nonnegative:
            rest = Polynomial.of(Monomial((a, e) for a, e in factors if a is not logs[0]))
            found[atom] = symbolic_power(ring, logs[0].arguments[0], rest.scaled(number))
    if not found:
        return value
    parts = []
    for monomial, c in value.terms.items():
        part = ring.assemble((a, e) for a, e in monomial.factors if a not in found)
        for a, e in monomial.factors:
            if a in found:
                part = ring.multiply(part, power(ring, found[a], e))
        parts.append(part.scaled(c))
    return Polynomial.add(parts)


def _is_function(atom: Atom, name: str) -> TypeGuard[Function]:
    return isinstance(atom, Function) and atom.name == name


def merged_powers(ring: Ring, factors: dict[Atom, Number]) -> Polynomial | None:
    """Return a product in which powers of one base are one power, None if there are none to join.

    x^a x^b = x^(a + b) wherever the left side is defined.
    """
    found: dict[str, list[Atom]] = {}
    for atom, e in factors.items():
        if isinstance(atom, Function) and atom.name == "power" and Fraction(e).denominator == 1:
            found.setdefault(atom.arguments[0].key, []).append(atom)
    joined = [g for g in found.values() if len(g) > 1 or factors[g[0]] != 1]
    if not joined:
        return None
    result = ring.assemble((a, e) for a, e in factors.items() if not any(a in g for g in joined))
    for group in joined:
        exponents = (a.arguments[1].scaled(factors[a]) for a in group)  # type: ignore[attr-defined]
        base = group[0].arguments[0]  # type: ignore[attr-defined]
        result = ring.multiply(result, symbolic_power(ring, base, Polynomial.add(exponents)))
    return result


def exp(ring: Ring, value: Polynomial) -> Polynomial:
    """Return exp of a polynomial: a product with one factor for each term."""
    result = Polynomial.of(1)
    for monomial, coefficient in value.terms.items():
        inner = _argument_of_log(ring, monomial)
        if inner is not None:
            factor = power(ring, inner, coefficient)
        else:
            atom = Function("exp", (Polynomial.of(monomial),))
            factor = ring.assemble(((atom, coefficient),))
        result = ring.multiply(result, factor)
    return result


def _argument_of_log(ring: Ring, monomial: Monomial) -> Polynomial | None:
    if len(monomial.factors) == 1:
        atom, exponent = monomial.factors[0]
        if exponent == 1 and isinstance(atom, Function) and atom.name == "log":
            return atom.arguments[0]
        if exponent == 1 and isinstance(atom, Closed):
            return ring.product_of_log(atom)
    return None


def log(ring: Ring, value: Polynomial) -> Polynomial:
    """Return log of a polynomial: a sum with one term for each factor."""
    if not value:
        raise AlgebraError("logarithm of an expression that is identically zero.")
    factors, number = _factors(ring, value)
    unsigned = [a for a, e in factors if not (a.nonnegative or e.denominator % 2 == 0)]
    odd = [a for a, e in factors if a in unsigned and not keeps_no_sign(e)]
    if number < 0 and not odd:
        return Polynomial.of(Function("log", (value,)))  # of nothing positive: nowhere defined
    parts = [_opaque_log(Polynomial.of(p)).scaled(e) for p, e in factorised(abs(number)).items()]
    for atom, e in factors:
        if atom in unsigned and odd != [atom]:
            parts.append(_log_of_atom(ring, atom, magnitude=True).scaled(e))
        else:
            sign = -1 if number < 0 and odd == [atom] else 1
            parts.append(_log_of_atom(ring, atom, sign).scaled(e))
    return Polynomial.add(parts)


def _factors(ring: Ring, value: Polynomial) -> tuple[list[tuple[Atom, Number]], Fraction]:
    """Return the factors of a polynomial, a sum of terms counting as one, and its number."""
    if value.single is not None:
        monomial, coefficient = value.single
        return list(monomial.factors), Fraction(coefficient)
    content, number, part = primitive(ring, value, whole=True)
    if part.single is None:
        return [*content.factors, (Base(part), 1)], number
    # r/(r + h) is kept as 1 - h/(r + h): its factors must not be multiplied again
    monomial, coefficient = part.single
    merged = dict(content.factors)
    for atom, e in monomial.factors:
        merged[atom] = merged.get(atom, 0) + e
    return [(a, e) for a, e in merged.items() if e], number * coefficient


def _log_of_atom(ring: Ring, atom: Atom, sign: int = 1, magnitude: bool = False) -> Polynomial:
    """Return log(sign * atom), or log|atom|."""
    if isinstance(atom, Function) and atom.name == "exp":
        return atom.arguments[0]
    if isinstance(atom, Ranged) and atom.kind in ("prod", "others"):
        return ring.log_of_product(atom)  # its sign is that which makes the logarithm real
    if isinstance(atom, Prime):
        return _opaque_log(Polynomial.of(atom.value))
    if isinstance(atom, Base) and atom.polynomial.single is not None:  # sqrt(x y)
        return log(ring, atom.polynomial.scaled(sign))
    inner = atom.polynomial if isinstance(atom, Base) else Polynomial.of(atom)
    return log(ring, absolute(ring, inner)) if magnitude else _opaque_log(inner.scaled(sign))


def _opaque_log(argument: Polynomial) -> Polynomial:
    return Polynomial.of(Function("log", (argument,)))


def absolute(ring: Ring, value: Polynomial) -> Polynomial:
    """Return |value|; of a product it is the product of the magnitudes."""
    if value.nonnegative:
        return value
    if value.single is not None:
        return _absolute_product(ring, *value.single)
    content, number, part = primitive(ring, value, whole=True)
    if part.single is not None:
        inside = _absolute_product(ring, *part.single)
    else:
        inside = part if part.nonnegative else Polynomial.of(Function("abs", (part,)))
    return ring.multiply(_absolute_product(ring, content, number), inside)


def _absolute_product(ring: Ring, monomial: Monomial, coefficient: Number) -> Polynomial:
    result = Polynomial.of(abs(coefficient))
    for atom, e in monomial.factors:
        magnitude = Polynomial.of(atom)
        if not atom.nonnegative and not keeps_no_sign(e):
            if isinstance(atom, Base):
                magnitude = absolute(ring, atom.polynomial)
            elif isinstance(atom, Function) and atom.name == "power":
                base, exponent = atom.arguments
                magnitude = symbolic_power(ring, absolute(ring, base), exponent)
            else:
                magnitude = Polynomial.of(Function("abs", (magnitude,)))
        result = ring.multiply(result, power(ring, magnitude, e))
    return result


def largest(ring: Ring, *arguments: Polynomial) -> Polynomial:
    """Return the largest of several values."""
    del ring
    different = sorted(set(arguments), key=lambda value: value.key)
    return different[0] if len(different) == 1 else Polynomial.of(Function("Max", tuple(different)))


KNOWN_FUNCTIONS: dict[str, Callable[..., Polynomial]] = {
    "exp": exp,
    "log": log,
    "abs": absolute,
    "power": symbolic_power,
    "Max": largest,
}
"""The functions with rules of their own; every other one is opaque."""
