"""Conditions on the order of indices, and indices as numbers, are decided by the normal form."""

import random

import pytest
import sympy as sp

from tests.theory.algebra import random_orders
from tests.theory.algebra.random_orders import le
from theory.algebra.limits import AlgebraError
from theory.algebra.normal_form import normal_form, proved_equal
from theory.algebra.symbols import Size, Tensor, delta, indices, order_of, scalar, total

n = Size("n")
i, j, k, l = indices("i j k l", n)
f, g, W = Tensor("f", (n,)), Tensor("g", (n,)), Tensor("W", (n, n))
gamma = scalar("gamma")


def less(low, high):
    return 1 - le(high, low)


def up_to(j, body=None):
    return total(le(k, j) * (f[k] if body is None else body), k)


TRUE = {
    "one of two": (le(j, k) + less(k, j), 1),
    "strictly, by a delta": (le(j, k) * (1 - delta(j, k)), less(j, k)),
    "antisymmetry": (le(j, k) * le(k, j), delta(j, k)),
    "a circle of three": (le(i, j) * le(j, k) * le(k, i), delta(i, j) * delta(j, k)),
    "transitivity": (le(i, j) * le(j, k), le(i, j) * le(j, k) * le(i, k)),
    "idempotence": (le(j, k) ** 3, le(j, k)),
    "diagonal": (le(j, j), 1),
    "nothing between": (le(j, k) * less(j, k), le(j, k) - delta(j, k)),
    "empty range": (up_to(j, less(j, k) * f[k]), 0),
    "a range and the rest": (up_to(j) + total(less(j, k) * f[k], k), total(f[k], k)),
    "the last term": (up_to(j), total(less(k, j) * f[k], k) + f[j]),
    "a window": (total(le(i, k) * le(k, j) * f[k], k), le(i, j) * (up_to(j) - up_to(i) + f[i])),
    "nested": (
        total(up_to(l) * g[l], l) + total(total(less(l, k) * f[k], k) * g[l], l),
        total(f[k], k) * total(g[k], k),
    ),
    "a square": (
        2 * total(less(k, l) * f[k] * f[l], k, l) + total(f[k] ** 2, k),
        total(f[k], k) ** 2,
    ),
    "below the least": (
        le(k, i) * le(k, j),
        le(i, j) * le(k, i) + le(j, i) * le(k, j) - delta(i, j) * le(k, i),
    ),
    "in a logarithm": (sp.log(up_to(j) + total(less(j, k) * f[k], k)), sp.log(total(f[k], k))),
    "in a denominator": (1 / (up_to(j) + total(less(j, k) * f[k], k)), 1 / total(f[k], k)),
    "1 is the least": (le(1, j), 1),
    "up to 1": (le(j, 1), delta(j, 1)),
    "from 2": (le(2, j), 1 - delta(j, 1)),
    "from 2, in a sum": (total(le(2, k) * f[k], k), total(f[k], k) - f[1]),
    "numbers": (le(2, 3) + le(3, 2), 1),
    "how many": (up_to(j, 1), j),
    "how many in a window": (total(le(i, k) * le(k, j), k), le(i, j) * (j - i + 1)),
    "how many below two": (
        total(le(k, i) * le(k, j), k),
        le(i, j) * i + less(j, i) * j,
    ),
    "how many above two": (
        total(le(i, k) * le(j, k), k),
        n + 1 - le(i, j) * j - less(j, i) * i,
    ),
    "pairs": (total(less(k, l), k, l), n * (n - 1) / 2),
    "ones": (total(1, k), n),
    "Gauss": (total(k, k), n * (n + 1) / 2),
    "squares": (total(k**2, k), n * (n + 1) * (2 * n + 1) / 6),
    "cubes": (total(k**3, k), total(k, k) ** 2),
    "numbers up to j": (up_to(j, k), j * (j + 1) / 2),
    "numbers from j": (total(le(j, k) * k, k), n * (n + 1) / 2 - j * (j - 1) / 2),
    "a delta and a number": (total(j * delta(j, k), j), k),
    "a number at a place": (k * delta(k, 3) * f[k], 3 * delta(k, 3) * f[3]),
    "differences": (total((i - j) * W[i, j], i) + total(j * W[i, j], i), total(i * W[i, j], i)),
    "one over k": (total(k * f[k] / k, k), total(f[k], k)),
    "moments": (total((k - j) ** 2 * f[k], k), total((k**2 - 2 * j * k + j**2) * f[k], k)),
    "powers": (total(gamma**k * f[k], k) * gamma, total(gamma ** (k + 1) * f[k], k)),
    "Abel's summation": (
        total(f[k] * total(le(l, k) * g[l], l), k),
        total(g[l] * total(le(l, k) * f[k], k), l),
    ),
}
FALSE = {
    "both": (le(j, k) + le(k, j), 1),
    "no antisymmetry": (le(j, k) * le(k, j), le(j, k)),
    "not transitive backwards": (le(i, k), le(i, j) * le(j, k)),
    "the last term forgotten": (up_to(j), total(less(k, j) * f[k], k)),
    "1 is not the largest": (le(j, 1), 1),
    "from 2 is not everything": (le(2, j), 1),
    "too many": (up_to(j, 1), n),
    "k leaves its sum": (total(gamma**k * f[k], k), gamma**k * total(f[k], k)),
    "k as a factor leaves its sum": (total(k * f[k], k), k * total(f[k], k)),
    "Gauss, off by one": (total(k, k), n * (n - 1) / 2),
    "weights are exchanged": (
        total(gamma**k * f[k], k) * total(g[k], k),
        total(gamma**k * g[k], k) * total(f[k], k),
    ),
    "a window without its condition": (
        total(le(i, k) * le(k, j) * f[k], k),
        up_to(j) - up_to(i) + f[i],
    ),
}


@pytest.mark.parametrize("name", TRUE)
def test_identities_with_orders_and_numbers_are_proved(name):
    assert proved_equal(*TRUE[name])


@pytest.mark.parametrize("name", FALSE)
def test_false_ones_are_not(name):
    assert not proved_equal(*FALSE[name])


def test_three_hundred_random_identities():
    proved, missed, wrong = 0, [], []
    for seed in range(300):
        rng = random.Random(seed)
        left = random_orders.expression(rng)
        right = random_orders.rewritten(rng, left)
        if seed % 2:
            right = random_orders.spoilt(rng, right)
        is_true = random_orders.holds(left, right)
        assert is_true or seed % 2
        if proved_equal(left, right):
            proved += 1
            wrong += [] if is_true else [seed]
        elif is_true:
            missed.append(seed)
    assert wrong == []
    assert len(missed) <= 0.01 * (proved + len(missed)) and proved > 150


def test_conditions_on_many_indices_are_left_alone():
    names = indices("a b c d e f g", n)
    product = sp.Mul(*(le(x, y) for x, y in zip(names, names[1:], strict=False)))
    left = sp.Add(product, -(product * le(names[1], names[0])), f[i])
    right = product - product * delta(names[0], names[1]) + f[i]
    assert proved_equal(left, right)
    many = sp.Mul(*(1 - le(y, x) for x, y in zip(names, names[1:], strict=False)))
    assert not proved_equal(many * le(names[0], names[-1]) * f[i] + W[i, j], many * f[i])


def test_an_order_beside_a_position_far_up_is_refused():
    with pytest.raises(AlgebraError, match="an order beside the position 25; 24 is the limit"):
        normal_form(order_of(n)[25, j])
