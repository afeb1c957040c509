"""Hypotheses as rewriting rules: row sums, one-hot rows, masks, and what they must not match."""

import pytest
import sympy as sp

from tests.theory.algebra.vocabulary import (
    C,
    S,
    T,
    a,
    b,
    c,
    d,
    e,
    h,
    i,
    j,
    k,
    labels,
    m,
    mask,
    o,
    p,
    s,
    values_agree,
    w,
    x,
)
from theory.algebra.expressions import Equation
from theory.algebra.limits import AlgebraError
from theory.algebra.normal_form import is_zero, normal_form, proved_equal
from theory.algebra.reading import Reader
from theory.algebra.ring import Ring
from theory.algebra.symbols import Index, delta, total
from theory.models.facts import rule_of

ROWS = rule_of(Equation(total(labels[i, c], c), 1), "rows of Y sum to one")
ONE_HOT = rule_of(Equation(labels[i, c] * labels[i, d], delta(c, d) * labels[i, c]), "one-hot")
IDEMPOTENT = rule_of(Equation(mask[i, m] ** 2, mask[i, m]), "M is 0 or 1")
LABELS = [ROWS, ONE_HOT, IDEMPOTENT]

masked = mask[i, m] * sp.exp(s[i, m]) / total(mask[i, o] * sp.exp(s[i, o]), o)

EQUAL = {  # the points of `values_agree` obey the hypotheses
    "a row": (total(labels[i, c], c), sp.Integer(1)),
    "a row under a weight": (total(labels[i, c] * x[i], i, c), total(x[k], k)),
    "two rows": (total(labels[i, c] * labels[j, d], c, d), sp.Integer(1)),
    "one-hot squared": (labels[i, c] ** 2, labels[i, c]),
    "one-hot to the fifth": (labels[i, c] ** 5, labels[i, c]),
    "one-hot, other class": (labels[i, c] * labels[i, d], delta(c, d) * labels[i, d]),
    "one-hot, norm": (total(labels[i, c] ** 2, c), sp.Integer(1)),
    "one-hot, norm of a residual": (
        total((p[c] - labels[i, c]) ** 2, c),
        total(p[c] ** 2, c) - 2 * total(p[c] * labels[i, c], c) + 1,
    ),
    "one-hot, three classes": (
        labels[i, c] * labels[i, d] * labels[i, e],
        delta(c, d) * delta(d, e) * labels[i, c],
    ),
    "one-hot beside its sum": (
        labels[i, c] * total(labels[i, d] * p[d], d),
        labels[i, c] * p[c],
    ),
    "one-hot beside two of its sums": (
        labels[i, c] * total(labels[i, d] * p[d], d) * total(labels[i, d] * p[d] ** 2, d),
        labels[i, c] * p[c] ** 3,
    ),
    "one-hot beside a sum of other classes": (
        labels[i, c] * total((1 - labels[i, d]) * p[d], d),
        labels[i, c] * (total(p[d], d) - p[c]),
    ),
    "one-hot beside a double sum": (
        labels[i, c] * total(labels[i, d] * p[d] * p[e] / (p[d] ** 2 + p[e] ** 2), d, e),
        labels[i, c] * p[c] * total(p[e] / (p[c] ** 2 + p[e] ** 2), e),
    ),
    "mask squared": (mask[i, m] ** 2 * w[m], mask[i, m] * w[m]),
    "mask and its complement": (mask[i, m] * (1 - mask[i, m]), sp.Integer(0)),
    "masked softmax keeps its mask": (mask[i, m] * masked, masked),
    "masked rows": (total(masked, m), sp.Integer(1)),
    "masked second moment": (
        total(mask[i, m] * masked * w[m] ** 2, m),
        total(masked * w[m] ** 2, m),
    ),
}


@pytest.mark.parametrize("name", EQUAL)
def test_equal_under_hypotheses(name):
    left, right = EQUAL[name]
    seen = values_agree(left, right)
    assert False not in seen
    assert proved_equal(left, right, LABELS)


@pytest.mark.parametrize("name", [name for name in EQUAL if not name.startswith("masked rows")])
def test_not_without_the_hypothesis(name):
    left, right = EQUAL[name]
    assert not proved_equal(left, right)


UNEQUAL = {
    "a column": (total(labels[i, c], i), sp.Integer(1)),
    "one class": (labels[i, 1], sp.Integer(1)),
    "a row of squares": (total(labels[i, c] ** 2 * p[c], c), sp.Integer(1)),
    "rows of another weight": (total(labels[i, c] * p[c], c), total(p[c], c)),
    "another position beside its sum": (
        labels[j, c] * total(labels[i, d] * p[d], d),
        labels[j, c] * p[c],
    ),
    "one-hot beside a sum of another": (
        labels[i, c] * total(labels[i, d] * p[d], d),
        labels[i, c] * total(p[d], d),
    ),
    "another position": (labels[i, c] * labels[j, d], delta(c, d) * labels[i, c]),
    "a mask is not one": (total(mask[i, m] * w[m], m), total(w[m], m)),
    "a mask at another position": (mask[i, m] * mask[j, m], mask[i, m]),
}


@pytest.mark.parametrize("name", UNEQUAL)
def test_unequal_under_hypotheses(name):
    left, right = UNEQUAL[name]
    assert False in values_agree(left, right, seeds=4)
    assert not proved_equal(left, right, LABELS)


def test_a_hypothesis_on_rows_says_nothing_about_columns_or_diagonals():
    """alpha and its transpose have axes of one size, so a row sum must not match a trace."""
    rows = rule_of(Equation(total(S[i, j], j), 1), "rows sum to one")
    assert proved_equal(total(S[i, k] * x[i], k), x[i], [rows])
    assert not proved_equal(total(S[k, k], k), sp.Integer(1), [rows])
    assert not proved_equal(total(S[k, i], k), sp.Integer(1), [rows])
    assert not proved_equal(total(S[i, k] * x[k], k), total(x[k], k), [rows])
    assert not proved_equal(total(S[i, k] ** 2, k), sp.Integer(1), [rows])
    assert proved_equal(total(S[k, j] * S[i, k], j, k), sp.Integer(1), [rows])
    assert proved_equal(total(S[i, j] * S[j, i], i, j), total(S[i, j] * S[j, i], j, i), [rows])


def test_a_partly_matched_power_and_a_right_side_with_indices():
    halving = rule_of(Equation(x[i] ** 2, 2 * x[i] + w[1]), "")
    assert proved_equal(x[j] ** 3, 4 * x[j] + 2 * w[1] + w[1] * x[j], [halving])


def test_a_factor_on_the_left_is_divided_out():
    scaled = rule_of(Equation(2 * total(x[k], k), h), "")
    assert proved_equal(total(x[j] * a, j), a * h / 2, [scaled])


def test_the_hypotheses_that_fired_are_reported():
    ring = Ring(LABELS)
    left = Reader(ring).read(total(labels[i, c], c) - 1)
    assert is_zero(left, ring)
    assert ring.hypotheses == {"rows of Y sum to one"}
    assert Ring(LABELS).hypotheses == frozenset()


@pytest.mark.parametrize(
    ("left", "message"),
    [
        (a + b, "a hypothesis needs one product on its left side; got `a [+] b`"),
        (sp.Integer(3), "a hypothesis needs one product on its left side; got `3`"),
        (total(x[k], k) * a, "a hypothesis needs one sum or one product on its left side"),
        (total(x[k], k) ** 2, "a hypothesis needs one sum or one product on its left side"),
    ],
    ids=str,
)
def test_a_hypothesis_that_is_no_rule_is_refused(left, message):
    with pytest.raises(AlgebraError, match=message):
        rule_of(Equation(left, 1), "")


LOOPS = {
    "there and back": [(a, b), (b, a)],
    "growing": [(a, a * b)],
    "adding": [(a, a + 1)],
    "squares": [(a**2, a**2 + b**2)],
}


@pytest.mark.parametrize("name", LOOPS)
def test_hypotheses_that_rewrite_in_a_circle_end_in_an_error(name):
    rules = [rule_of(Equation(*pair), "") for pair in LOOPS[name]]
    with pytest.raises(AlgebraError, match="nested too deeply|needs more than"):
        normal_form(a**3 * b, rules)


def test_equal_letters_over_other_sizes_do_not_match():
    rows = rule_of(Equation(total(S[i, j], j), 1), "")
    other = Index("j", C)
    assert not proved_equal(total(labels[i, other], other), sp.Integer(1), [rows])
    assert proved_equal(total(S[i, j], i, j), T, [rows])
