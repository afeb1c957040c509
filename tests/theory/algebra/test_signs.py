"""Roots, magnitudes and logarithms of quantities of unknown sign."""

import pytest
import sympy as sp

from tests.theory.algebra.vocabulary import T, a, b, h, i, j, k, p, q, r, values_agree, w, x, y
from theory.algebra.normal_form import normal_form, proved_equal
from theory.algebra.symbols import total

half = sp.Rational(1, 2)

EQUAL = {
    "root of a square": (sp.sqrt(a**2), sp.Abs(a)),
    "root of a square of a sum": (sp.sqrt((x[i] + y[i]) ** 2), sp.Abs(x[i] + y[i])),
    "root of a fourth power": (sp.sqrt(a**4), a**2),
    "root of an odd power": (sp.sqrt(h * a**2 * b**4), sp.sqrt(h) * sp.Abs(a) * b**2),
    "root of a sum with a common square": (
        sp.sqrt(a**2 * x[i] + a**2 * y[i]),
        sp.Abs(a) * sp.sqrt(x[i] + y[i]),
    ),
    "root of a sum with a common factor and a known sign": (
        sp.sqrt(x[i] * (h + y[i] ** 2)),
        sp.sqrt(x[i]) * sp.sqrt(h + y[i] ** 2),
    ),
    "magnitude of a product": (sp.Abs(a * b), sp.Abs(a) * sp.Abs(b)),
    "magnitude of a quotient": (sp.Abs(a / b), sp.Abs(a) / sp.Abs(b)),
    "magnitude of a negative": (sp.Abs(-a - b), sp.Abs(a + b)),
    "magnitude of a sum with a common factor": (
        sp.Abs(a * b - sp.exp(-x[i])),
        sp.Abs(a * b * sp.exp(x[i]) - 1) * sp.exp(-x[i]),
    ),
    "magnitude of a positive": (sp.Abs(h + a**2), h + a**2),
    "magnitude squared": (sp.Abs(a - b) ** 2, (a - b) ** 2),
    "magnitude cubed": (sp.Abs(a) ** 3, sp.Abs(a) * a**2),
    "magnitude inverted": (a / sp.Abs(a), sp.Abs(a) / a),
    "log of a square": (sp.log(a**2), 2 * sp.log(sp.Abs(a))),
    "log of a product of unknown signs": (
        sp.log(x[i] * y[i]),
        sp.log(sp.Abs(x[i])) + sp.log(sp.Abs(y[i])),
    ),
    "log of a root": (sp.log(sp.sqrt(x[i] ** 2 + y[i] ** 2)), sp.log(x[i] ** 2 + y[i] ** 2) / 2),
    "log of a quotient of sums": (
        sp.log((h + a**2) / (h + b**2)),
        sp.log(h + a**2) - sp.log(h + b**2),
    ),
    "log of a multiple": (sp.log(6 * h), sp.log(2) + sp.log(3) + sp.log(h)),
    "log of a kept fraction": (sp.log(r[i] / (r[i] + h)), sp.log(r[i]) - sp.log(r[i] + h)),
    "exp of half a log": (sp.exp(sp.log(h) / 2), sp.sqrt(h)),
    "exp of the log of a square": (sp.exp(sp.log(a**2)), a**2),
}

ONLY_WHERE_DEFINED = {
    "root squared": (sp.sqrt(x[i]) ** 2, x[i]),
    "root of a cube": (sp.sqrt(a**3), a * sp.sqrt(a)),
    "log says which sign": (sp.log(a**2), 2 * sp.log(a)),
    "log of a quotient": (sp.log(x[i] / y[i]), sp.log(x[i]) - sp.log(y[i])),
    "log of a product under a sum": (
        total(w[0 + 1] * sp.log(x[k] * y[k]), k),
        total(w[1] * (sp.log(x[k]) + sp.log(y[k])), k),
    ),
    "a root says which sign": (sp.sqrt(x[i]) * sp.Abs(x[i]), x[i] * sp.sqrt(x[i])),
}

NEVER = {
    "root of a square is no identity": (sp.sqrt(a**2), a),
    "root of a square of a sum": (sp.sqrt((x[i] + y[i]) ** 2), x[i] + y[i]),
    "root of a square of sums": (sp.sqrt(total(x[k], k) ** 2), total(x[k], k)),
    "magnitude of a total": (sp.Abs(total(x[k], k)), total(x[k], k)),
    "magnitude is no identity": (sp.Abs(x[i]), x[i]),
    "magnitude of a sum": (sp.Abs(a + b), sp.Abs(a) + sp.Abs(b)),
    "exp of half the log of a square": (sp.exp(sp.log(a**2, evaluate=False) / 2), a),
    "exp of two half logs": (sp.exp((sp.log(a * b) + sp.log(a / b)) / 2), a),
    "symbolic power of a magnitude": (sp.Abs(a) ** T, a**T),
    "root of a symbolic power": (sp.sqrt(a ** (2 * T)), a**T),
    "log of a sum": (sp.log(p[1] + q[1]), sp.log(p[1]) + sp.log(q[1])),
    "root of a sum": (sp.sqrt(r[i] + h), sp.sqrt(r[i]) + sp.sqrt(h)),
    "sum of roots": (total(sp.sqrt(r[k]), k), sp.sqrt(total(r[k], k))),
    "log in front of a sum": (sp.log(total(r[k], k)), total(sp.log(r[k]), k)),
    "one sign says nothing of another entry": (sp.log(x[1]) * sp.Abs(x[j]), sp.log(x[1]) * x[j]),
}


@pytest.mark.parametrize("name", EQUAL)
def test_equal(name):
    left, right = EQUAL[name]
    seen = values_agree(left, right, seeds=10)
    assert True in seen and False not in seen
    assert proved_equal(left, right)


@pytest.mark.parametrize("name", ONLY_WHERE_DEFINED)
def test_equal_where_both_sides_are_defined(name):
    left, right = ONLY_WHERE_DEFINED[name]
    assert False not in values_agree(left, right)
    assert values_agree(left, right, positive=True) == [True] * 4
    assert proved_equal(left, right)


@pytest.mark.parametrize("name", NEVER)
def test_never_equal(name):
    left, right = NEVER[name]
    assert False in values_agree(left, right, seeds=10)
    assert not proved_equal(left, right)


@pytest.mark.parametrize("name", [*EQUAL, *NEVER])
def test_single_normal_forms_take_the_same_stand(name):
    """Comparing two normal forms read one by one must not prove more than their difference."""
    left, right = {**EQUAL, **NEVER}[name]
    same = normal_form(left) == normal_form(right)
    assert not same or proved_equal(left, right)


def test_a_declared_sign_is_used():
    assert proved_equal(sp.sqrt(p[1] ** 2), p[1])
    assert proved_equal(sp.sqrt(r[i] * r[j]), sp.sqrt(r[i]) * sp.sqrt(r[j]))
    assert not proved_equal(sp.sqrt(x[i] * x[j]), sp.Abs(sp.sqrt(x[i] * x[j])) + half)
