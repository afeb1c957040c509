"""Linear relations between conditions on the order of indices: the decision for all sizes.

    [j <= k] + [k < j] = 1,     sum_{k <= j} f_k + sum_{k > j} f_k = sum_k f_k

Every product of conditions is a sum over the ways in which its indices can lie, some tied and the
others in strict order; a sum over indices in strict order is a sum of its own for every such way,
and its bound indices are named by their places.  So a polynomial is zero if its part is for each
way, and parts for different ways have nothing in common.  The literal positions 1, 2, ... are the
first places, with nothing between them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from theory.algebra.polynomial import Closed, Delta, Entry, Ix, Monomial, Polynomial

if TYPE_CHECKING:
    from theory.algebra.ring import Ring

__all__ = ["chains_vanish"]

MOST_PLACES = 6  # indices whose order is gone through: 4683 ways for six
MOST_WAYS = 20_000  # of all terms together
WAYS = (1, 1, 3, 13, 75, 541, 4683)  # in which so many indices can be ordered, with ties


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
    ways = 0
    for monomial, coefficient in value.terms.items():
        for bound, opened in _opened(ring, (), Polynomial.of(monomial), size):
            mine = [k for k in bound if k[1] == size]
            others = [k for k in bound if k[1] != size]
            places = len(free) + len(mine)
            if places > MOST_PLACES:
                return None
            ways += _ways(places, last)
            if ways > MOST_WAYS:
                return None
            for inner, c in opened.terms.items():
                for chain in _weak_orders([*free, *mine], last):
                    found = _placed(ring, inner, chain, frozenset(mine), others)
                    if found is not None:
                        key, part = found
                        part = part.scaled(c * coefficient)
                        parts[key] = parts[key] + part if key in parts else part
    return parts


def _ways(places: int, last: int) -> int:
    """Return in how many ways places can lie: some at the first ``last``, the others beyond."""
    return sum(math.comb(places, m) * last**m * WAYS[places - m] for m in range(places + 1))


def _opened(
    ring: Ring, bound: tuple[Ix, ...], value: Polynomial, size: str
) -> Iterator[tuple[tuple[Ix, ...], Polynomial]]:
    """Yield (bound indices, product) with every sum over ``size`` opened."""
    for monomial, coefficient in value.terms.items():
        for atom, exponent in monomial.factors:
            if not isinstance(atom, Closed) or exponent < 1:
                continue
            if any(k[1] == size for k in _all_bound(atom)):
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
