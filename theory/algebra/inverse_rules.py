r"""A A^{-1} = I: finding the matrix beside its inverse.

    sum_k A_pk A^{-1}_kj = [p = j]          sum_k A^{-1}_ik A_kq = [i = q]

For a matrix with several terms, A = c m + r with its leading product m, the rule rewrites m:

    sum_k m_pk A^{-1}_kj = ([p = j] - sum_k r_pk A^{-1}_kj) / c

so (A + l I)^{-1} A = I - l (A + l I)^{-1} is found as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from theory.algebra.denominators import monomial_order
from theory.algebra.folding import Rule, find
from theory.algebra.polynomial import Atom, Closed, Delta, Ix, Monomial, Polynomial
from theory.algebra.ranged import Ranged

if TYPE_CHECKING:
    from theory.algebra.ring import Ring

__all__ = ["beside_inverse"]

Number: TypeAlias = Fraction | int
Found: TypeAlias = tuple[Polynomial, frozenset[Ix]]


class _Meeting(NamedTuple):
    """An inverse whose index k is summed; ``side`` 0: sum_k A^-1_k,end, 1: sum_k A^-1_end,k."""

    atom: Ranged
    side: int

    @property
    def k(self) -> Ix:
        """The index that is summed."""
        return self.atom.at[self.side]

    @property
    def end(self) -> Ix:
        """The other index."""
        return self.atom.at[1 - self.side]

    def ordered(self, here: Ix, there: Ix) -> tuple[Ix, Ix]:
        """Return two indices in the order of the slots of the inverse."""
        return (here, there) if self.side == 0 else (there, here)


def beside_inverse(
    ring: Ring, bound: frozenset[Ix], factors: Mapping[Atom, Number]
) -> Found | None:
    """Return the value of a product summed over ``bound``, and the indices that are gone then.

    None where no matrix stands beside its inverse.
    """
    for atom, e in factors.items():
        if not isinstance(atom, Ranged) or atom.kind != "inverse" or e != 1:
            continue
        others = {x: n for x, n in factors.items() if x is not atom}
        for meeting in (_Meeting(atom, 0), _Meeting(atom, 1)):
            k = meeting.k
            if k in bound and k != meeting.end and k not in atom.body.free:
                found = _contracted(ring, meeting, others, bound - atom.free)
                if found is not None:
                    return found
    return None


def _contracted(
    ring: Ring, meeting: _Meeting, others: dict[Atom, Number], bound: frozenset[Ix]
) -> Found | None:
    atom, k, end = meeting.atom, meeting.k, meeting.end
    outer = ("?~outer", k[1])
    # the first index of an inverse meets the column of the matrix, the second its row
    places = dict(zip(atom.bound, meeting.ordered(k, outer)[::-1], strict=True))
    matrix = ring.rename_only(atom.body, places)
    lead = _leading(matrix, k, outer)
    rule = None if lead is None else _rule(ring, lead, k)
    match = None if rule is None else find(rule, others, bound, ring.image)
    if lead is None or rule is None or match is None:
        return None
    place = match.indices[outer]
    if any(k in x.free for x, _ in match.rest) or place == k:
        return None
    coefficient = Fraction(matrix.terms[lead])
    remainder = Polynomial({m: c for m, c in matrix.terms.items() if m != lead})
    own = ring.fresh(k[1])
    inverse = Polynomial.of(Ranged(atom.kind, atom.bound, atom.body, meeting.ordered(own, end)))
    tail = ring.multiply(ring.rename(remainder, {outer: place, k: own}), inverse)
    value = (ring.delta(place, end) - ring.sum_over((own,), tail)).scaled(1 / coefficient)
    gone = frozenset(match.indices[x] for x in rule.bound) | {k}
    return ring.multiply(value, ring.assemble(match.rest)), gone


def _leading(matrix: Polynomial, k: Ix, outer: Ix) -> Monomial | None:
    """Return the term to be rewritten: no other one may hold it, or rewriting would not end."""
    able = [m for m in matrix.terms if {k, outer} <= m.free and _plain(m)]
    if not able:
        return None
    lead = max(able, key=monomial_order)
    for other in matrix.terms:
        if other != lead and all(other.exponent(x) >= e for x, e in lead.factors):
            return None
    return lead


def _plain(monomial: Monomial) -> bool:
    return not any(isinstance(x, Delta) or e < 0 for x, e in monomial.factors)


def _rule(ring: Ring, lead: Monomial, k: Ix) -> Rule | None:
    """Return the pattern of the leading term, with sums over k's row or column open."""
    bound: list[Ix] = []
    pattern: list[tuple[Atom, Number]] = []
    for factor, e in lead.factors:
        if not isinstance(factor, Closed) or k not in factor.free:
            pattern.append((factor, e))
            continue
        if e != 1:
            return None
        names = {x: ring.fresh(x[1]) for x in factor.bound}
        inside = ring.rename_only(Polynomial.of(factor.body), names).single
        if inside is None or inside[1] != 1:
            return None
        bound += names.values()
        pattern += inside[0].factors
    if len({x for x, _ in pattern}) < len(pattern):
        return None
    return Rule(tuple(bound), Monomial(pattern), Polynomial({}))
