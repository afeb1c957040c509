"""Conditions on the order of indices, and indices as numbers, in the normal form.

[k <= j] is an entry of the tensor of `theory.algebra.symbols.order_of`.  Always known are

    [j <= j] = 1,  [k <= j]^2 = [k <= j],  [i <= j][j <= k][i <= k] = [i <= j][j <= k],
    [k <= j][j <= k] = delta_jk,   [1 <= j] = 1,   [j <= c] = delta_j1 + ... + delta_jc,
    sum_k k^p [i <= k][k <= j] = [i <= j] (S_p(j) - S_p(i) + i^p),   S_p(n) = 1^p + ... + n^p.

Linear relations, such as [j <= k] + [k < j] = 1, are decided in `theory.algebra.chains`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import TYPE_CHECKING, TypeAlias

from theory.algebra.limits import AlgebraError
from theory.algebra.polynomial import Atom, Delta, Entry, Ix, Polynomial

if TYPE_CHECKING:
    from theory.algebra.ring import Ring

__all__ = ["counted", "has_orders", "oriented", "simplified"]

Number: TypeAlias = Fraction | int
Factors: TypeAlias = dict[Atom, Number]

MOST_POSITIONS = 24  # [j <= c] is written out up to this position c
MOST_POWER_SUM = 12


def has_orders(value: Polynomial) -> bool:
    """Return whether a condition on the order of two indices occurs, inside sums too."""
    atoms = [a for m in value.terms for a, _ in m.factors]
    return any(
        (isinstance(a, Entry) and a.is_order) or any(map(has_orders, a.inside)) for a in atoms
    )


# -- products ---------------------------------------------------------------------------------


def simplified(ring: Ring, factors: Factors) -> Polynomial | None:
    """Return a product with its conditions simplified, None if there is nothing to do.

    The factors hold no delta with an index that another factor has.
    """
    found = [a for a, e in factors.items() if isinstance(a, Entry) and a.is_order and e > 0]
    if not found:
        return None
    for atom in found:
        high, low = atom.indices
        others = {a: e for a, e in factors.items() if a is not atom}
        if high == low:
            return ring.assemble(others.items())
        if high[0][0] == "#" or low[0][0] == "#":
            return ring.multiply(ring.assemble(others.items()), _beside_number(ring, high, low))
        if factors[atom] != 1:
            return ring.assemble({**others, atom: 1}.items())
    above = _reachable(found)
    for atom in found:
        high, low = atom.indices
        if high in above[high]:  # a circle: all its members are equal
            circle = next(x for x in above[high] if x != high and high in above[x])
            return ring.assemble((*factors.items(), (Delta(high, circle), 1)))
    for atom in found:
        high, low = atom.indices
        between = [x for x in _neighbours(found, low) if x != high and high in above[x]]
        if between:
            return ring.assemble((a, e) for a, e in factors.items() if a is not atom)
    return None


def _neighbours(found: Iterable[Entry], low: Ix) -> list[Ix]:
    return [a.indices[0] for a in found if a.indices[1] == low]


def _reachable(found: list[Entry]) -> dict[Ix, set[Ix]]:
    """Return, for each index, those that are no less by a chain of one condition or more."""
    above: dict[Ix, set[Ix]] = {k: set(_neighbours(found, k)) for a in found for k in a.indices}
    for middle in above:
        for reached in above.values():
            if middle in reached:
                reached |= above[middle]
    return above


def _beside_number(ring: Ring, high: Ix, low: Ix) -> Polynomial:
    """Return [low <= high] where at least one of the two is a literal position."""
    size = high[1]
    if high[0][0] == "#" and low[0][0] == "#":
        return Polynomial.of(int(int(low[0][1:]) <= int(high[0][1:])))
    is_upper = high[0][0] == "#"
    number, index = (int(high[0][1:]), low) if is_upper else (int(low[0][1:]) - 1, high)
    if number > MOST_POSITIONS:
        raise AlgebraError(f"an order beside the position {number}; {MOST_POSITIONS} is the limit.")
    below = Polynomial.add(ring.delta((f"#{m}", size), index) for m in range(1, number + 1))
    return below if is_upper else Polynomial.of(1) - below


# -- sums -------------------------------------------------------------------------------------


def power_sum(power: int, last: Polynomial, ring: Ring) -> Polynomial:
    """Return 1^p + ... + n^p as a polynomial in n (Faulhaber)."""
    value = Polynomial({})
    for j, number in enumerate(_bernoulli(power)):
        if number:
            term = ring.power(last, power + 1 - j)
            value += term.scaled(number * math.comb(power + 1, j) / (power + 1))
    return value


def _bernoulli(last: int) -> list[Fraction]:
    """Return the Bernoulli numbers B_0, ..., B_last with B_1 = +1/2."""
    numbers = [Fraction(1)]
    for m in range(1, last + 1):
        total = sum((math.comb(m + 1, j) * numbers[j] for j in range(m)), Fraction(0))
        numbers.append(-total / (m + 1))
    if last >= 1:
        numbers[1] = Fraction(1, 2)
    return numbers


def counted(ring: Ring, bound: frozenset[Ix], factors: Factors) -> Polynomial | None:
    """Return the sum over ``bound`` with one index counted off, None if there is none.

    It is an index that occurs in nothing but conditions and as a number.
    """
    for k in sorted(bound):
        held = {a: e for a, e in factors.items() if k in a.free}
        mine = {a: e for a, e in held.items() if isinstance(a, Entry) and _counts(a, e)}
        if not held or len(mine) < len(held):
            continue
        rest = ring.assemble((a, e) for a, e in factors.items() if a not in mine)
        power = int(sum(e for a, e in mine.items() if not a.is_order))
        tops = [a.indices[0] for a in mine if a.is_order and a.indices[1] == k]
        lows = [a.indices[1] for a in mine if a.is_order and a.indices[0] == k]
        value = Polynomial({})
        for condition, top in _extreme(ring, tops, largest=False):
            for also, low in _extreme(ring, lows, largest=True):
                both = ring.multiply(ring.multiply(condition, also), rest)
                value += ring.multiply(both, _range_sum(ring, power, low, top, k[1]))
        return ring.sum_over(bound - {k}, value)
    return None


def _counts(atom: Entry, exponent: Number) -> bool:
    if Fraction(exponent).denominator != 1 or exponent < 0:
        return False
    return atom.is_order or (atom.is_number and exponent <= MOST_POWER_SUM)


def _range_sum(ring: Ring, power: int, low: Ix | None, top: Ix | None, size: str) -> Polynomial:
    """Return the sum of k^p over low <= k <= top."""
    last = Polynomial.of(Entry(size, (), nonnegative=True, size=True))
    last = last if top is None else ring.number(top)
    value = power_sum(power, last, ring)
    if low is None:
        return value
    first = ring.number(low)
    below = power_sum(power, first, ring) - ring.power(first, power)
    value = value - below
    if top is not None:
        value = ring.multiply(value, ring.order(top, low))
    return value


def _extreme(
    ring: Ring, places: list[Ix], *, largest: bool
) -> Iterator[tuple[Polynomial, Ix | None]]:
    """Yield (condition, place): which of several bounds is the one that counts, and when."""
    if not places:
        yield Polynomial.of(1), None
        return
    for n, place in enumerate(places):
        condition = Polynomial.of(1)
        for m, other in enumerate(places):
            if m != n:
                high, low = (place, other) if largest else (other, place)
                here = ring.order(high, low)
                if m < n:  # ties count once
                    here = here - ring.delta(high, low)
                condition = ring.multiply(condition, here)
        yield condition, place


def oriented(ring: Ring, bound: frozenset[Ix], factors: Factors) -> Polynomial | None:
    """Return a product with bound indices below others only, each below one other at most.

    [i <= k] = 1 - [k <= i] + delta_ik for bound k.  None if nothing is to be done.
    """
    tops: dict[Ix, Entry] = {}
    for atom, exponent in factors.items():
        if not isinstance(atom, Entry) or not atom.is_order or exponent != 1:
            continue
        (high, low), others = atom.indices, [p for p in factors.items() if p[0] is not atom]
        if high in bound and low not in bound:
            turned = Polynomial.of(1) - ring.order(low, high) + ring.delta(low, high)
            return ring.multiply(turned, ring.assemble(others))
        if low in bound and high not in bound:
            if low not in tops:
                tops[low] = atom
                continue
            first = tops[low].indices[0]
            rest = ring.assemble(p for p in others if p[0] is not tops[low])
            value = Polynomial({})
            for condition, place in _extreme(ring, [first, high], largest=False):
                if place is not None:
                    value += ring.multiply(condition, ring.order(place, low))
            return ring.multiply(value, rest)
    return None
