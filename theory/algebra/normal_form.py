"""The normal form: one polynomial for all expressions that are equal for every size.

    normal_form(a) == normal_form(b)   proves   a = b   for all sizes and all real values at which
                                                        both sides are defined.

An equation with free indices is one for each of their values; it is defined where all of them
are.  Logarithms and fractional powers are real: log x needs x > 0, sqrt x needs x >= 0.

The converse is not claimed: unequal normal forms refute nothing, only a point does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction

import sympy as sp

from theory.algebra.chains import chains_vanish
from theory.algebra.folding import Rule
from theory.algebra.functions import logs_as_powers
from theory.algebra.known_signs import known_positive
from theory.algebra.limits import bounded
from theory.algebra.orders import has_orders
from theory.algebra.polynomial import Atom, Base, Closed, Ix, Polynomial
from theory.algebra.reading import Reader, Unfolding
from theory.algebra.ring import Ring

__all__ = ["is_zero", "normal_form", "proved_equal"]

MOST_CLEARINGS = 8


def normal_form(
    expression: sp.Expr, rules: Iterable[Rule] = (), unfold: Mapping[str, Unfolding] | None = None
) -> Polynomial:
    """Return the normal form of ``expression`` under rewriting rules and unfolded definitions.

    Raises `AlgebraError` for expressions outside the index calculus.
    """
    return Reader(Ring(rules), unfold).read(expression)


@bounded
def is_zero(value: Polynomial, ring: Ring) -> bool:
    """Return whether a normal form is zero, multiplying out denominators with several terms.

    Sums over the same indices are compared as one sum, with the factors in front of them inside,
    so that denominators inside them are multiplied out too.
    """
    for _ in range(MOST_CLEARINGS):
        powers: dict[Atom, Fraction | int] = {}
        for monomial in value.terms:
            for atom, exponent in monomial.factors:
                if exponent < 0 and isinstance(atom, Base | Closed):
                    powers[atom] = min(powers.get(atom, 0), exponent)
        if not any(isinstance(atom, Base) for atom in powers):
            break
        cleared = [(atom, -exponent) for atom, exponent in powers.items()]
        value = Polynomial.add(
            ring.assemble((*m.factors, *cleared)).scaled(c) for m, c in value.terms.items()
        )
    if not value or _sums_vanish(value, ring) or not known_positive(value):
        return True
    if not logs_as_powers(ring, value):
        return True
    return ring.orients and has_orders(value) and chains_vanish(value, ring)


def _sums_vanish(value: Polynomial, ring: Ring) -> bool:
    """Return whether the terms are sums that vanish together, summand by summand."""
    joined: dict[tuple[str, ...], list[Polynomial]] = {}
    names: dict[tuple[str, ...], list[Ix]] = {}
    for monomial, coefficient in value.terms.items():
        sums = [a for a, e in monomial.factors if isinstance(a, Closed) and e == 1]
        if len(sums) != 1:
            return False
        sizes = tuple(k[1] for k in sums[0].bound)
        raw = names.setdefault(sizes, [ring.fresh(size) for size in sizes])
        opened = dict(zip(sums[0].bound, raw, strict=True))
        outside = [(a, e) for a, e in monomial.factors if a is not sums[0]]
        body = ring.rename_monomial(sums[0].body, opened).scaled(coefficient)
        joined.setdefault(sizes, []).append(ring.multiply(body, ring.assemble(outside)))
    summands = [Polynomial.add(parts) for parts in joined.values()]
    return len(joined) < len(value.terms) and all(is_zero(s, ring) for s in summands)


def proved_equal(
    left: sp.Expr,
    right: sp.Expr,
    rules: Iterable[Rule] = (),
    unfold: Mapping[str, Unfolding] | None = None,
    domain: Iterable[sp.Basic] = (),
) -> bool:
    """Return whether the normal forms of the two sides are equal: True is a proof.

    ``domain`` is that of a `theory.algebra.expressions.Relation`.
    """
    # what cancels in left - right has to be defined all the same
    rules, domain = tuple(rules), (*map(sp.sympify, (left, right)), *domain)
    for orients in (False, True):
        ring = Ring(rules, orients=orients)
        reader = Reader(ring, unfold)
        reader.note_domain(domain)
        value = reader.read(left - right)
        if is_zero(value, ring):
            return True
        if not has_orders(value):
            break
    return False
