"""Conditions on the order of indices, and indices as numbers, in the normal form.

[k <= j] is an entry of the tensor of `theory.algebra.symbols.order_of`.  Always known are

    [j <= j] = 1,  [k <= j]^2 = [k <= j],  [i <= j][j <= k][i <= k] = [i <= j][j <= k],
    [k <= j][j <= k] = delta_jk,   [1 <= j] = 1,   [j <= c] = delta_j1 + ... + delta_jc,
    sum_k k^p [i <= k][k <= j] = [i <= j] (S_p(j) - S_p(i) + i^p),   S_p(n) = 1^p + ... + n^p.

Linear relations, such as [j <= k] + [k < j] = 1, are decided by `chains_vanish`: every product of
conditions is a sum over the ways in which its indices can lie, some tied and the others in strict
order, and a sum over indices in strict order is a sum of its own for every such way.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, TypeAlias

from theory.algebra.limits import AlgebraError
from theory.algebra.polynomial import Atom, Closed, Delta, Entry, Ix, Monomial, Polynomial

if TYPE_CHECKING:
    from theory.algebra.ring import Ring

__all__ = ["chains_vanish", "counted", "has_orders", "oriented", "simplified"]

Number: TypeAlias = Fraction | int
Factors: TypeAlias = dict[Atom, Number]

MOST_POSITIONS = 24  # [j <= c] is written out up to this position c
MOST_PLACES = 6  # indices whose order is gone through: 4683 ways for six
MOST_POWER_SUM = 12


def has_orders(value: Polynomial) -> bool:
    """Return whether a condition on the order of two indices occurs, inside sums too."""
    return any(_has_order(m) for m in value.terms)


def _has_order(monomial: Monomial) -> bool:
    return any(
        (isinstance(a, Entry) and a.is_order)
        or (isinstance(a, Closed) and _has_order(a.body))
        or any(has_orders(inside) for inside in a.inside)
        for a, _ in monomial.factors
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
        mine = {a: e for a, e in factors.items() if k in a.free}
        if not mine or not all(_counts(a, e, k) for a, e in mine.items()):
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


def _counts(atom: Atom, exponent: Number, k: Ix) -> bool:
    if not isinstance(atom, Entry) or Fraction(exponent).denominator != 1 or exponent < 0:
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


# -- the decision -----------------------------------------------------------------------------


def chains_vanish(value: Polynomial, ring: Ring) -> bool:
    """Return whether a polynomial is zero for every way in which its indices can be ordered.

    It is, if it is for each way in which those can lie that are free or summed over.
    """
    sizes = {k[1] for m in value.terms for k in _ordered(m)}
    for size in sorted(sizes):
        parts = _by_order(value, size, ring)
        if parts is None:
            return False
        if not any(parts.values()):
            return True
        if len(sizes) > 1 and all(not p or chains_vanish(p, ring) for p in parts.values()):
            return True
    return False


def _ordered(monomial: Monomial) -> set[Ix]:
    """Return the indices of conditions, inside sums too."""
    found: set[Ix] = set()
    for atom, _ in monomial.factors:
        if isinstance(atom, Entry) and atom.is_order:
            found |= atom.free
        elif isinstance(atom, Closed):
            found |= _ordered(atom.body)
    return found


def _compared(monomial: Monomial, size: str) -> set[Ix]:
    """Return the free indices over a size whose place matters."""
    found: set[Ix] = set()
    for atom, exponent in monomial.factors:
        if isinstance(atom, Delta) or (isinstance(atom, Entry) and atom.is_order):
            found |= atom.free
        elif isinstance(atom, Closed) and exponent > 0:
            found |= _compared(atom.body, size) & atom.free
    return {k for k in found if k[1] == size}


def _last_position(monomial: Monomial, size: str) -> int:
    """Return the largest literal position over a size, 0 if there is none."""
    last = 0
    for atom, _ in monomial.factors:
        ends: tuple[Ix, ...] = ()
        if isinstance(atom, Entry):
            ends = atom.indices
        elif isinstance(atom, Delta):
            ends = (atom.first, atom.second)
        elif isinstance(atom, Closed):
            last = max(last, _last_position(atom.body, size))
        last = max([last, *(int(k[0][1:]) for k in ends if k[1] == size and k[0][0] == "#")])
    return last


def _by_order(value: Polynomial, size: str, ring: Ring) -> dict[object, Polynomial] | None:
    """Return the polynomial in parts, one for each order of places; None if there are too many."""
    free = sorted(set().union(*(_compared(m, size) for m in value.terms)))
    last = max((_last_position(m, size) for m in value.terms), default=0)
    parts: dict[object, Polynomial] = {}
    for monomial, coefficient in value.terms.items():
        for bound, opened in _opened(ring, (), Polynomial.of(monomial), size):
            mine = [k for k in bound if k[1] == size]
            others = [k for k in bound if k[1] != size]
            if len(free) + len(mine) > MOST_PLACES or (last > 2 and len(free) + len(mine) > 4):
                return None
            for inner, c in opened.terms.items():
                for chain in _weak_orders([*free, *mine], last):
                    found = _placed(ring, inner, chain, frozenset(mine), others)
                    if found is not None:
                        key, part = found
                        part = part.scaled(c * coefficient)
                        parts[key] = parts[key] + part if key in parts else part
    return parts


def _opened(
    ring: Ring, bound: tuple[Ix, ...], value: Polynomial, size: str
) -> Iterator[tuple[tuple[Ix, ...], Polynomial]]:
    """Yield (bound indices, product) with every sum over ``size`` opened."""
    for monomial, coefficient in value.terms.items():
        for atom, exponent in monomial.factors:
            is_open = isinstance(atom, Closed) and exponent >= 1
            if is_open and any(k[1] == size for k in _all_bound(atom)):
                names = {k: ring.fresh(k[1]) for k in atom.bound}
                rest = ring.assemble((a, e - (a is atom)) for a, e in monomial.factors)
                body = ring.rename_monomial(atom.body, names).scaled(coefficient)
                product = ring.multiply(rest, body)
                yield from _opened(ring, (*bound, *names.values()), product, size)
                break
        else:
            yield bound, Polynomial({monomial: coefficient})


def _all_bound(atom: Closed) -> set[Ix]:
    inner = [_all_bound(a) for a, e in atom.body.factors if isinstance(a, Closed) and e > 0]
    return set(atom.bound).union(*inner)


def _weak_orders(items: list[Ix], last: int) -> Iterator[list[list[Ix]]]:
    """Yield every way in which the items can lie: blocks of ties from first to last.

    The first ``last`` blocks are the literal positions 1, 2, ...: nothing lies between them.
    """
    blocks: list[list[Ix]] = [[(f"#{m}", "")] for m in range(1, last + 1)]
    yield from _inserted(items, blocks, last)


def _inserted(items: list[Ix], blocks: list[list[Ix]], last: int) -> Iterator[list[list[Ix]]]:
    if not items:
        yield blocks
        return
    item, *later = items
    for n in range(len(blocks)):
        tied = [*blocks[:n], [*blocks[n], item], *blocks[n + 1 :]]
        yield from _inserted(later, tied, last)
    for n in range(last, len(blocks) + 1):
        yield from _inserted(later, [*blocks[:n], [item], *blocks[n:]], last)


def _placed(
    ring: Ring, body: Monomial, chain: list[list[Ix]], bound: frozenset[Ix], others: list[Ix]
) -> tuple[object, Polynomial] | None:
    """Return what is left of a product where its indices lie so, None if it is zero there.

    The key names the blocks by the free indices in them; those of bound indices alone by place.
    """
    rank = {k: n for n, block in enumerate(chain) for k in block}
    size = next((k[1] for block in chain for k in block if k[1]), "")
    heads: dict[Ix, Ix] = {}
    key: list[tuple[str, ...]] = []
    for n, block in enumerate(chain):
        fixed = sorted(k for k in block if k not in bound)
        literal = next((k[0] for k in fixed if k[0][0] == "#"), None)
        head = (literal or (fixed[0][0] if fixed else f"_c.{n}"), size)
        heads |= {k: head for k in block if k[0][0] != "#" and k != head}
        key.append(tuple(k[0] for k in fixed))
    factors = []
    for atom, exponent in body.factors:
        ends = ()
        if isinstance(atom, Delta):
            ends = (atom.first, atom.second)
        elif isinstance(atom, Entry) and atom.is_order:
            ends = atom.indices
        places = [_rank(k, rank) for k in ends if k[1] == size]
        if len(places) < 2 or None in places:
            factors.append((atom, exponent))
        elif (places[0] != places[1]) if isinstance(atom, Delta) else (places[0] < places[1]):  # type: ignore[operator]
            return None
    part = Polynomial.of(1)
    for atom, exponent in factors:
        renamed = ring.rename_monomial(Monomial(((atom, 1),)), heads)
        part = ring.multiply(part, ring.power(renamed, exponent))
    # blocks in which only bound indices lie are summed over, in this order
    return tuple(key), ring.sum_over(others, part) if others else part


def _rank(index: Ix, rank: Mapping[Ix, int]) -> int | None:
    return rank.get((index[0], "") if index[0][0] == "#" else index)
