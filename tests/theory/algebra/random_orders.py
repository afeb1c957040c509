"""Random identities with conditions [k <= j] and sums over part of a range, true and false.

An expression is made from products of conditions, entries and sums; then it is rewritten by rules
that are true ([a <= b] = 1 - [b <= a] + delta_ab, a sum split at an index, ...), or spoilt.
"""

import random

import numpy as np
import sympy as sp

from tests.theory.algebra.evaluation import evaluate
from theory.algebra.expressions import fresh, substitute
from theory.algebra.symbols import Index, Size, Tensor, delta, indices, order_of, total

n = Size("n")
FREE = indices("i j", n)
f, g = Tensor("f", (n,)), Tensor("g", (n,))
W = Tensor("W", (n, n))
ORDER = order_of(n)
LARGEST = 4


def le(low, high):
    """Return [low <= high]."""
    return ORDER[high, low]


def expression(rng: random.Random) -> sp.Expr:
    """Return a sum of two or three random terms over the free indices i and j."""
    return sp.Add(*(rng.choice((1, 2, -1)) * term(rng) for _ in range(rng.randint(2, 3))))


def term(rng: random.Random) -> sp.Expr:
    """Return a product under up to two sums."""
    bound = [fresh(Index("k", n)) for _ in range(rng.randint(0, 2))]
    places = [*FREE, *bound]
    factors = [entry(rng, places) for _ in range(rng.randint(1, 2))]
    for k in bound:
        if rng.random() < 0.8:
            factors.append(rng.choice((f[k], g[k])))
        other = rng.choice([x for x in places if x != k])
        factors.append(rng.choice((le(k, other), le(other, k), 1 - le(k, other))))
    if rng.random() < 0.4:
        factors.append(le(*rng.sample(places, 2)))
    if rng.random() < 0.3:
        number = rng.randint(1, 2)
        place = rng.choice(places)
        factors.append(rng.choice((le(number, place), le(place, number), delta(number, place))))
    if rng.random() < 0.2:
        factors.append(rng.choice(places))
    body = sp.Mul(*factors)
    return total(body, *bound) if bound else body


def entry(rng, places):
    return rng.choice((f[rng.choice(places)], W[rng.choice(places), rng.choice(places)]))


def rewritten(rng: random.Random, e):
    """Return an expression that is equal to ``e`` for every size."""
    if isinstance(e, sp.Indexed) and e.base == ORDER and rng.random() < 0.5:
        high, low = e.indices
        return rng.choice((1 - le(high, low) + delta(high, low), e**2))
    if isinstance(e, sp.Sum):
        body, bound = rewritten(rng, e.function), [limit[0] for limit in e.limits]
        at = rng.choice(FREE)
        k = bound[0]
        if rng.random() < 0.6:
            return total(body * le(k, at), *bound) + total(body * (1 - le(k, at)), *bound)
        other = fresh(k)
        return total(substitute(body, {k: other}), other, *bound[1:])
    if isinstance(e, sp.Add | sp.Mul):
        return e.func(*(rewritten(rng, x) for x in e.args))
    return e


def spoilt(rng: random.Random, e):
    """Return an expression with one condition turned or one position changed; it may be equal."""
    conditions = sorted(e.atoms(sp.Indexed), key=str)
    chosen = rng.choice(conditions)
    places = list(chosen.indices)
    if len(places) > 1 and rng.random() < 0.7:
        changed = chosen.base[tuple(places[::-1])]
    else:
        changed = chosen * rng.choice((2, le(*FREE), 1 - delta(*FREE)))
    return e.xreplace({chosen: changed})


def holds(left, right) -> bool:
    """Return whether both sides are equal at sizes 1 to 4, for random integers as entries."""
    for size in range(1, LARGEST + 1):
        rng = np.random.default_rng(size)
        for _ in range(2):
            values = {str(t.label): rng.integers(-9, 10, (size,) * len(t.axes)) for t in (f, g, W)}
            values = {name: value.astype(float) for name, value in values.items()}
            # positions beyond the range: no entry has them, and conditions know them
            values[str(ORDER.label)] = np.tril(np.ones((LARGEST, LARGEST)))[: max(size, 2)]
            sides = (evaluate(e, {"n": size}, values, *FREE) for e in (left, right))
            if not np.array_equal(*sides):
                return False
    return True
