"""Rewriting rules that come from a denominator.

What is divided by is recognised in the numerator:

    sum_k exp(s_ik) / Z_i = 1           Z_i = sum_k exp(s_ik), the whole sum
    x / (1 + x) = 1 - 1 / (1 + x)       several terms: the leading monomial is rewritten
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, TypeAlias

from theory.algebra.folding import Rule
from theory.algebra.polynomial import Atom, Base, Closed, Delta, Ix, Monomial, Polynomial

if TYPE_CHECKING:
    from theory.algebra.ring import Ring

__all__ = ["denominator_rule", "monomial_order"]

Number: TypeAlias = Fraction | int


def denominator_rule(atom: Base | Closed, ring: Ring, opened: bool) -> Rule | None:
    """Return the rule that rewrites the leading monomial of a denominator, None if there is none.

    ``opened``: sums inside the pattern stand open, as they do among the factors of a sum.
    """
    if isinstance(atom, Closed):
        return Rule(atom.bound, atom.body, Polynomial.of(atom))
    lead = max(atom.polynomial.terms, key=monomial_order)
    if not lead.factors or any(e < 0 or isinstance(a, Delta) for a, e in lead.factors):
        return None
    coefficient = Fraction(atom.polynomial.terms[lead])
    rest = Polynomial({m: c for m, c in atom.polynomial.terms.items() if m != lead})
    # the denominator itself, as an atom: it cancels against its own negative power
    replacement = (Polynomial.of(atom) - rest).scaled(1 / coefficient)
    bound: list[Ix] = []
    pattern: list[tuple[Atom, Number]] = []
    for factor, exponent in lead.factors:
        if opened and isinstance(factor, Closed) and Fraction(exponent).denominator == 1:
            for _ in range(int(exponent)):
                names = {k: ring.fresh(k[1]) for k in factor.bound}
                inside = ring.rename_monomial(factor.body, names).single
                if inside is None or inside[1] != 1:
                    return None
                bound += names.values()
                pattern += inside[0].factors
        else:
            pattern.append((factor, exponent))
    if len({a for a, _ in pattern}) < len(pattern):
        return None
    return Rule(tuple(bound), Monomial(pattern), replacement)


def monomial_order(monomial: Monomial) -> tuple:
    """Return what orders monomials: degree first (sums count more than entries), then the atoms.

    Atoms with more indices come first, so that d_i leads in lambda + d_i: it stands inside
    the sums in which the denominator stands.
    """
    degree = sum(
        e * (len(a.body.factors) + 1 if isinstance(a, Closed) else 1) for a, e in monomial.factors
    )
    ranked = sorted((((len(a.free), a.key), e) for a, e in monomial.factors), reverse=True)
    return (degree, ranked)
