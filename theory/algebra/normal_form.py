"""The normal form: one polynomial for all expressions that are equal for every size.

    normal_form(a) == normal_form(b)   proves   a = b   for all sizes and all real values at which
                                                        both sides are defined.

The converse is not claimed: unequal normal forms refute nothing, only a point does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction

import sympy as sp

from theory.algebra.folding import Rule
from theory.algebra.polynomial import Atom, Base, Closed, Polynomial
from theory.algebra.reading import Reader, Unfolding
from theory.algebra.ring import Ring

__all__ = ["is_zero", "normal_form", "proved_equal"]


def normal_form(
    expression: sp.Expr, rules: Iterable[Rule] = (), unfold: Mapping[str, Unfolding] | None = None
) -> Polynomial:
    """Return the normal form of ``expression`` under rewriting rules and unfolded definitions.

    Raises `AlgebraError` for expressions outside the index calculus.
    """
    return Reader(Ring(rules), unfold).read(expression)


def is_zero(value: Polynomial, ring: Ring) -> bool:
    """Return whether a normal form is zero, multiplying out denominators with several terms."""
    for _ in range(8):
        if not value:
            return True
        powers: dict[Atom, Fraction | int] = {}
        for monomial in value.terms:
            for atom, exponent in monomial.factors:
                if exponent < 0 and isinstance(atom, Base | Closed):
                    powers[atom] = min(powers.get(atom, 0), exponent)
        if not any(isinstance(atom, Base) for atom in powers):
            return False
        cleared = [(atom, -exponent) for atom, exponent in powers.items()]
        value = Polynomial.add(
            ring.assemble((*m.factors, *cleared)).scaled(c) for m, c in value.terms.items()
        )
    return not value


def proved_equal(
    left: sp.Expr,
    right: sp.Expr,
    rules: Iterable[Rule] = (),
    unfold: Mapping[str, Unfolding] | None = None,
) -> bool:
    """Return whether the normal forms of the two sides are equal: True is a proof."""
    ring = Ring(rules)
    return is_zero(Reader(ring, unfold).read(left - right), ring)
