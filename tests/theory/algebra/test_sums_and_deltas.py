"""Sums over any index, Kronecker deltas, and symmetric products of many sums."""

import itertools

import pytest
import sympy as sp

from tests.theory.algebra.vocabulary import (
    N,
    S,
    T,
    c,
    d,
    e,
    h,
    i,
    j,
    k,
    l,
    m,
    o,
    p,
    r,
    s,
    values_agree,
    w,
    x,
    y,
    z,
)
from theory.algebra.normal_form import normal_form, proved_equal
from theory.algebra.symbols import Index, delta, indices, total

many = indices("k1 k2 k3 k4 k5 k6 k7", T)
mu = Index("μ", T)
not_i = 1 - delta(i, k)

EQUAL = {
    "a sum over an unused index": (total(x[i], m), N * x[i]),
    "two unused indices": (total(x[k], k, l, m), T * N * total(x[k], k)),
    "a sum of one": (total(1, i, j, m), T**2 * N),
    "two sums with one letter": (
        sp.Sum(y[k] * sp.Sum(x[k], (k, 1, T)), (k, 1, T)),
        total(x[i], i) * total(y[j], j),
    ),
    "one letter bound twice": (sp.Sum(x[k], (k, 1, T), (k, 1, T)), T * total(x[k], k)),
    "the order of sums": (total(total(s[i, m], i), m), total(total(s[i, m], m), i)),
    "a product of sums": (
        total(x[k], k) * total(y[k], k),
        total(x[k] * y[l], k, l),
    ),
    "a square of a sum": (total(x[k], k) ** 2, total(x[k] * x[l], k, l)),
    "a cube of a sum": (total(x[k], k) ** 3, total(x[i] * x[j] * x[l], i, j, l)),
    "renamed and transposed": (
        total(S[i, k] * S[k, l] * x[l], k, l),
        total(x[k] * S[i, l] * S[l, k], k, l),
    ),
    "a trace is cyclic": (
        total(S[i, j] * S[j, k] * S[k, i], i, j, k),
        total(S[k, i] * S[i, j] * S[j, k], i, j, k),
    ),
    "delta, bound and free": (total(delta(j, k) * S[i, k], k), S[i, j]),
    "delta, both bound": (total(delta(j, k) * S[j, k], j, k), total(S[k, k], k)),
    "delta with a literal": (total(delta(k, 2) * x[k] * S[k, j], k), x[2] * S[2, j]),
    "delta with a letter beyond ASCII": (total(delta(k, mu) * x[k], k), x[mu]),
    "delta squared": (delta(i, j) ** 2 * x[i], delta(i, j) * x[j]),
    "delta in a product of free entries": (delta(i, j) * x[i] * y[j], delta(i, j) * y[i] * x[j]),
    "a chain of deltas": (delta(i, j) * delta(j, k), delta(i, k) * delta(j, k)),
    "two deltas make a sum of one": (total(delta(i, k) * delta(k, j), k), delta(i, j)),
    "trace of the identity": (total(delta(i, j) * delta(i, j), i, j), T),
    "delta inside a function": (
        total(delta(j, k) * sp.exp(S[i, k] * x[k]), k),
        sp.exp(S[i, j] * x[j]),
    ),
    "delta reaches an inner sum": (
        total(delta(j, k) * total(s[k, m] * w[m], m), k),
        total(s[j, m] * w[m], m),
    ),
    "delta reaches a denominator": (
        delta(i, j) / (h + x[i] ** 2 + x[j] ** 2),
        delta(i, j) / (h + 2 * x[j] ** 2),
    ),
    "exclusion": (total(not_i * x[k], k), total(x[k], k) - x[i]),
    "exclusion of pairs": (
        total((1 - delta(k, l)) * x[k] * x[l], k, l),
        total(x[k], k) ** 2 - total(x[k] ** 2, k),
    ),
    "exclusion in a denominator": (
        total(not_i * r[k], k) / total(r[k], k),
        1 - r[i] / total(r[l], l),
    ),
    "a symmetric product of seven sums": (
        sp.Mul(*(total(x[n], n) for n in many)),
        total(sp.Mul(*(x[n] for n in many)), *reversed(many)),
    ),
    "a complete graph of six bound indices": (
        total(sp.Mul(*(S[u, v] * S[v, u] for u, v in itertools.combinations(many[:6], 2))), *many),
        T
        * total(
            sp.Mul(*(S[u, v] * S[v, u] for u, v in itertools.combinations(many[1:], 2))), *many[1:]
        ),
    ),
    "a cycle of six": (
        total(sp.Mul(*(S[many[n], many[(n + 1) % 6]] for n in range(6))), *many[:6]),
        total(
            sp.Mul(
                *(S[many[n], many[(n + 2) % 7]] for n in (0, 2, 4)),
                S[many[6], many[1]],
                S[many[1], many[3]],
                S[many[3], many[0]],
            ),
            *(many[n] for n in (0, 2, 4, 6, 1, 3)),
        ),
    ),
    "powers of a double sum": (
        total(total(S[i, k] * S[k, l] * x[l], k, l) ** 3, i),
        total(
            total(S[i, k] * S[k, l] * x[l], k, l) ** 2
            * total(S[i, j] * total(S[j, l] * x[l], l), j),
            i,
        ),
    ),
    "an antisymmetric sum vanishes": (total(x[i] * y[j] - x[j] * y[i], i, j), sp.Integer(0)),
    "an antisymmetric quotient vanishes": (
        total(x[i] * x[j] / (h + (y[i] - y[j]) ** 2) * (z[i] - z[j]), i, j),
        sp.Integer(0),
    ),
    "double centring": (
        total(S[i, j] - total(S[k, j], k) / T - total(S[i, l], l) / T, i),
        -total(total(S[i, l], l), i) / T,
    ),
    "classes and positions apart": (
        total(p[c] * p[d] * delta(c, e), c, d),
        p[e] * total(p[d], d),
    ),
}

UNEQUAL = {
    "an unused index is counted": (total(x[i], m), x[i]),
    "over the other size": (total(x[i], m), T * x[i]),
    "a square of a sum is no sum of squares": (total(x[k], k) ** 2, total(x[k] ** 2, k)),
    "a product under one sum": (total(x[k] * y[k], k), total(x[k], k) * total(y[k], k)),
    "transposed": (total(S[i, k] * x[k], k), total(S[k, i] * x[k], k)),
    "a trace is not symmetric in its factors": (
        total(S[i, j] * S[j, k] * S[i, k], i, j, k),
        total(S[i, j] * S[j, k] * S[k, i], i, j, k),
    ),
    "a diagonal for a row": (total(S[k, k], k), total(S[i, k], k)),
    "delta dropped": (delta(i, j) * x[i], x[i]),
    "delta to the wrong index": (total(delta(j, k) * S[i, k], k), S[j, i]),
    "delta of a literal": (delta(k, 1) * x[k], delta(k, 1) * x[2]),
    "exclusion forgotten": (total(not_i * x[k], k), total(x[k], k)),
    "a bound index set free": (total(x[k] * y[i], k), total(x[k], k) * y[j]),
    "another cycle": (
        total(S[i, j] * S[j, i] * S[k, l] * S[l, k], i, j, k, l),
        total(S[i, j] * S[j, k] * S[k, l] * S[l, i], i, j, k, l),
    ),
    "a symmetric quotient does not vanish": (
        total(x[i] * x[j] / (h + (y[i] - y[j]) ** 2), i, j),
        sp.Integer(0),
    ),
    "sums with the same letters over two sizes": (total(w[m], m), total(x[k], k)),
}


@pytest.mark.parametrize("name", EQUAL)
def test_equal(name):
    left, right = EQUAL[name]
    seen = values_agree(left, right)
    assert True in seen and False not in seen
    assert proved_equal(left, right)
    assert normal_form(left) == normal_form(right)


@pytest.mark.parametrize("name", UNEQUAL)
def test_unequal(name):
    left, right = UNEQUAL[name]
    assert False in values_agree(left, right)
    assert not proved_equal(left, right)
    assert normal_form(left) != normal_form(right)


def test_a_sum_that_a_symmetry_turns_into_its_negative_is_zero():
    """Such a sum divides by zero on its diagonal, so nothing can be evaluated here."""
    assert not normal_form(total(x[i] * x[j] / (y[i] - y[j]), i, j))
    assert normal_form(total(x[i] * z[j] / (y[i] - y[j]), i, j))


def test_a_reader_may_reuse_a_letter_over_another_size():
    k_over_n = Index("k", N)
    assert proved_equal(total(x[k] * w[k_over_n], k, k_over_n), total(x[i], i) * total(w[o], o))
