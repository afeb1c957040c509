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
from typing import TYPE_CHECKING, TypeAlias

from theory.algebra.limits import AlgebraError
from theory.algebra.polynomial import Atom, Base, Closed, Function, Monomial, Polynomial, Prime
from theory.algebra.powers import factorised, is_whole, power, primitive
from theory.algebra.ranged import Ranged

if TYPE_CHECKING:
    from theory.algebra.ring import Ring

__all__ = ["KNOWN_FUNCTIONS", "absolute", "exp", "function", "largest", "log", "symbolic_power"]

Number: TypeAlias = Fraction | int


def function(ring: Ring, name: str, arguments: tuple[Polynomial, ...]) -> Polynomial:
    """Return a function of polynomials."""
    if name in KNOWN_FUNCTIONS:
        return KNOWN_FUNCTIONS[name](ring, *arguments)
    return Polynomial.of(Function(name, arguments))


def symbolic_power(ring: Ring, base: Polynomial, exponent: Polynomial) -> Polynomial:
    """Return base^exponent: exp(e log b) for b >= 0; x^n with whole n is defined for x < 0 too."""
    if base.nonnegative:
        return exp(ring, ring.multiply(exponent, log(ring, base)))
    if _is_whole(exponent) and base.single is not None:
        apart = _whole_power(ring, *base.single, exponent)
        if apart is not None:
            return apart
    result = Polynomial.of(1)
    for monomial, c in exponent.terms.items():
        if monomial.factors:
            part = Polynomial({monomial: Fraction(1, Fraction(c).denominator)})
            atom = Function("power", (base, part))
            factor = ring.assemble(((atom, Fraction(c).numerator),))
        else:
            factor = power(ring, base, c)
        result = ring.multiply(result, factor)
    return result


def _whole_power(
    ring: Ring, monomial: Monomial, coefficient: Number, exponent: Polynomial
) -> Polynomial | None:
    """Return a product to a power that is a whole number, factor by factor; None if it has one."""
    if any(Fraction(e).denominator != 1 for _, e in monomial.factors):
        return None
    if len(monomial.factors) == 1 and coefficient == 1:
        atom, e = monomial.factors[0]
        if isinstance(atom, Function) and atom.name == "power" and _is_whole(atom.arguments[1]):
            base, inner = atom.arguments
            return symbolic_power(ring, base, ring.multiply(inner, exponent.scaled(e)))
        if e == 1:
            return None
    elif not monomial.factors and coefficient == -1:
        return None
    result = Polynomial.of(1)
    numbers = [-1, -coefficient] if coefficient < 0 else [coefficient]
    for number in numbers:
        result = ring.multiply(result, symbolic_power(ring, Polynomial.of(number), exponent))
    for atom, e in monomial.factors:
        factor = symbolic_power(ring, Polynomial.of(atom), exponent)
        result = ring.multiply(result, power(ring, factor, e))
    return result


def _is_whole(exponent: Polynomial) -> bool:
    return all(is_whole(monomial, c) for monomial, c in exponent.terms.items())


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
    unsigned = [a for a, e in factors if not (a.nonnegative or e.denominator != 1)]
    odd = [a for a, e in factors if a in unsigned and e % 2]
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
        if not atom.nonnegative and e.denominator == 1 and e % 2:
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
