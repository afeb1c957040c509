r"""Products and maxima over whole ranges, in normal form.

    prod_k x_k y_k = prod_k x_k prod_k y_k        prod_k c = c^n        prod_k e^{x_k} = e^{sum x_k}
    prod_k [k = m ? g : h_k] = g prod_{k != m} h_k                      (m free, or a position)
    prod_{k != m} h_k = prod_k h_k / h_m          where something is divided by h_m already
    max_k (c + x_k) = c + max_k x_k               max_k 2 x_k = 2 max_k x_k

A factor h_m that may be zero is never divided by: the product without it is an atom of its own.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, TypeAlias

from theory.algebra.functions import absolute, exp, log, symbolic_power
from theory.algebra.polynomial import (
    Atom,
    Base,
    Closed,
    Delta,
    Entry,
    Function,
    Ix,
    Monomial,
    Polynomial,
)
from theory.algebra.powers import primitive
from theory.algebra.ranged import Ranged, named

if TYPE_CHECKING:
    from theory.algebra.ring import Ring

__all__ = ["log_of_product", "maximum", "product_of_log", "product_over", "regrouped", "size_of"]

Number: TypeAlias = Fraction | int
UNIT = Polynomial.of(1)
Power: TypeAlias = Callable[[Polynomial], Polynomial]


def size_of(index: Ix) -> Polynomial:
    """Return the size that an index ranges over, as a number."""
    return Polynomial.of(Entry(index[1], (), nonnegative=True, size=True))


def product_over(ring: Ring, k: Ix, body: Polynomial, without: tuple[Ix, ...] = ()) -> Polynomial:
    """Return the product of ``body`` over all values of the raw bound index k, or all but one."""
    if not body:
        return _none_left(ring, k) if without else body  # every size is at least 1
    own = (f"~p{body.height}", k[1])  # not the number of a raw name: signs must not depend on it
    k, body = own, ring.rename_only(body, {k: own})
    chosen = None if without else _distinguished(ring, k, body)
    if chosen is not None:
        m, at_m, elsewhere = chosen
        return ring.multiply(at_m, _product(ring, k, elsewhere, (m,)))
    return _product(ring, k, body, without)


def _none_left(ring: Ring, k: Ix) -> Polynomial:
    """Return the product of zeros over all k but one: 1 where k has one value only."""
    return symbolic_power(ring, Polynomial({}), size_of(k) - UNIT)


def _distinguished(ring: Ring, k: Ix, body: Polynomial) -> tuple[Ix, Polynomial, Polynomial] | None:
    """Return (m, value at k = m, value elsewhere) for a body that singles out one index m."""
    deltas = {a for m in body.terms for a, _ in m.factors if isinstance(a, Delta) and k in a.free}
    if len(deltas) != 1:
        return None
    (delta,) = deltas
    m = delta.second if delta.first == k else delta.first
    elsewhere = Polynomial({t: c for t, c in body.terms.items() if not t.exponent(delta)})
    if not elsewhere:
        return None  # zero unless k = m
    return m, ring.rename(body, {k: m}), elsewhere


def _product(ring: Ring, k: Ix, body: Polynomial, without: tuple[Ix, ...]) -> Polynomial:
    """Return the product over all k, or over all but one."""
    count = size_of(k) - UNIT if without else size_of(k)

    def repeated(value: Polynomial) -> Polynomial:
        return symbolic_power(ring, value, count)

    if k not in body.free:
        return repeated(body)
    if body.single is not None:
        monomial, number = body.single
    else:
        monomial, number, rest = primitive(ring, body, whole=True)
        if rest.single is None:
            inner = _of_monomial(ring, k, monomial, without, repeated)
            whole = _atom(ring, k, rest, without) if k in rest.free else repeated(rest)
            return ring.multiply(repeated(Polynomial.of(number)), ring.multiply(inner, whole))
        monomial = Monomial(_merged(monomial, rest.single[0]))
        number *= rest.single[1]
    inner = _of_monomial(ring, k, monomial, without, repeated)
    return ring.multiply(repeated(Polynomial.of(number)), inner)


def _merged(*monomials: Monomial) -> list[tuple[Atom, Number]]:
    powers: dict[Atom, Number] = {}
    for monomial in monomials:
        for atom, e in monomial.factors:
            powers[atom] = powers.get(atom, 0) + e
    return [(a, e) for a, e in powers.items() if e]


def _of_monomial(
    ring: Ring, k: Ix, monomial: Monomial, without: tuple[Ix, ...], repeated: Power
) -> Polynomial:
    if any(isinstance(a, Delta) and k in a.free for a, _ in monomial.factors):
        return _atom(ring, k, Polynomial.of(monomial), without)
    result = UNIT
    for atom, e in monomial.factors:
        if k not in atom.free:
            factor = repeated(ring.power(Polynomial.of(atom), e))
        elif isinstance(atom, Function) and atom.name == "exp":
            factor = exp(ring, _summed(ring, k, atom.arguments[0].scaled(e), without))
        elif (
            isinstance(atom, Function) and atom.name == "power" and k not in atom.arguments[1].free
        ):
            base, exponent = atom.arguments
            factor = ring.power(symbolic_power(ring, _product(ring, k, base, without), exponent), e)
        elif isinstance(atom, Base) and Fraction(e).denominator == 1:
            factor = ring.power(_product(ring, k, atom.polynomial, without), e)
        else:
            inner = atom.polynomial if isinstance(atom, Base) else Polynomial.of(atom)
            factor = ring.power(_atom(ring, k, inner, without), e)
        result = ring.multiply(result, factor)
    return result


def _summed(ring: Ring, k: Ix, value: Polynomial, without: tuple[Ix, ...]) -> Polynomial:
    own = ring.fresh(k[1])
    whole = ring.sum_over((own,), ring.rename(value, {k: own}))
    return whole - ring.rename(value, {k: without[0]}) if without else whole


def _atom(ring: Ring, k: Ix, body: Polynomial, without: tuple[Ix, ...]) -> Polynomial:
    if without:
        atom = named("others", (k,), body, ring.rename_only, without)
        return ring.assemble(((atom, 1),))
    inner = body.single
    if inner is not None and len(inner[0].factors) == 1:
        nested, e = inner[0].factors[0]
        if isinstance(nested, Ranged) and nested.kind == "prod" and e == 1:
            names = {old: ring.fresh(old[1]) for old in nested.bound}
            opened = ring.rename_only(nested.body, names)
            if opened.single is None or len(opened.single[0].factors) == 1:
                bound = (k, *names.values())
                return ring.assemble(((named("prod", bound, opened, ring.rename_only), 1),))
    return ring.assemble(((named("prod", (k,), body, ring.rename_only), 1),))


def regrouped(ring: Ring, factors: Mapping[Atom, Number]) -> Polynomial | None:
    """Return factors with prod x / x_m, or x_m prod_{k != m} x_k, as one product; None if none."""
    for atom, e in factors.items():
        if not isinstance(atom, Ranged) or e < 1 or len(atom.bound) != 1:
            continue
        for other, sign, whole in _partners(ring, atom, factors):
            times = min(math.floor(abs(factors[other])), math.floor(e))
            rest = dict(factors)
            rest[atom] -= times
            rest[other] += times if factors[other] < 0 else -times
            rest[whole] = rest.get(whole, 0) + times
            return ring.assemble(rest.items()).scaled(sign**times)
    return None


def _partners(
    ring: Ring, atom: Ranged, factors: Mapping[Atom, Number]
) -> Iterator[tuple[Atom, int, Atom]]:
    """Yield (other factor, sign, what both make): x_m is the other one up to its sign."""
    (k,) = atom.bound
    for other, e in factors.items():
        if atom.kind == "prod" and e <= -1:
            for m in sorted(x for x in _indices(other) if x[1] == k[1]):
                sign = _sign(ring.rename_only(atom.body, {k: m}), other)
                if sign:
                    yield other, sign, Ranged("others", atom.bound, atom.body, (m,))
        elif atom.kind == "others" and e >= 1 and other is not atom:
            sign = _sign(ring.rename_only(atom.body, {k: atom.at[0]}), other)
            if sign:
                yield other, sign, Ranged("prod", atom.bound, atom.body)


def _indices(atom: Atom) -> Iterable[Ix]:
    """Return the indices of an atom, positions among them where it is an entry."""
    return set(atom.indices) if isinstance(atom, Entry) else atom.free


def _sign(value: Polynomial, atom: Atom) -> int:
    """Return 1 or -1 if the value is the atom or its negative, else 0."""
    inner = atom.polynomial if isinstance(atom, Base) else Polynomial.of(atom)
    return 1 if value == inner else -1 if value == -inner else 0


def maximum(ring: Ring, bound: tuple[Ix, ...], body: Polynomial) -> Polynomial:
    """Return the largest value of ``body`` over the ranges of raw bound indices."""
    own = frozenset(bound)
    fixed = Polynomial({m: c for m, c in body.terms.items() if not m.free & own})
    moving = body - fixed
    if not moving:
        return fixed
    coefficients = [Fraction(c) for c in moving.terms.values()]
    number = Fraction(
        math.gcd(*(c.numerator for c in coefficients)),
        math.lcm(*(c.denominator for c in coefficients)),
    )
    moving, present = moving.scaled(1 / number), tuple(k for k in bound if k in moving.free)
    only = moving.single
    if only is not None and only[1] == 1 and len(only[0].factors) == 1:
        inner, e = only[0].factors[0]
        if isinstance(inner, Ranged) and inner.kind == "max" and e == 1:
            names = {old: ring.fresh(old[1]) for old in inner.bound}
            opened = ring.rename_only(inner.body, names)
            return fixed + maximum(ring, (*present, *names.values()), opened).scaled(number)
    atom = named("max", present, moving, ring.rename_only)
    return fixed + Polynomial.of(atom).scaled(number)


def product_of_log(ring: Ring, atom: Closed) -> Polynomial | None:
    """Return prod_k x_k for the sum over k of log x_k, None for any other sum."""
    if len(atom.body.factors) != 1:
        return None
    inner, e = atom.body.factors[0]
    if e != 1 or not isinstance(inner, Function) or inner.name != "log":
        return None
    names = {k: ring.fresh(k[1]) for k in atom.bound}
    value = ring.rename(inner.arguments[0], names)
    for k in names.values():
        value = product_over(ring, k, value)
    return value


def log_of_product(ring: Ring, atom: Ranged) -> Polynomial:
    """Return log |prod_k x_k|, the sum over k of log |x_k|; over all k but one likewise."""
    names = {k: ring.fresh(k[1]) for k in atom.bound}
    value = log(ring, absolute(ring, ring.rename(atom.body, names)))
    whole = ring.sum_over(names.values(), value)
    if not atom.at:
        return whole
    return whole - ring.rename(value, dict(zip(names.values(), atom.at, strict=True)))
