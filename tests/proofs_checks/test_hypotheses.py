"""Hypotheses reach every judge; those that no inputs meet prove nothing."""

import pytest
import sympy as sp

from proofs_checks.judging import judge
from tests.proofs_checks.checks.own_models import (
    OWN,
    L,
    M,
    assuming,
    disagreeing,
    k,
    l,
    n,
    order,
    r,
    v,
    verdict,
    w,
    x,
)
from theory.algebra.expressions import Equation, Inequality
from theory.algebra.symbols import Partial, delta, indices, total
from theory.models import contradiction, model_named

HEAD = model_named("attention-head")
T, C = (HEAD.size_names[name] for name in ("T", "C"))
(i, j), (c, d) = indices("i j", T), indices("c d", C)
p, y, z = (HEAD.tensors[name] for name in "pyz")
AT_REST = assuming(HEAD, Equation(p[i, c], y[i, c]))


def test_at_the_fixed_point_the_gradient_vanishes():
    for model in (AT_REST, assuming(HEAD, Equation(y[i, c], p[i, c]))):
        found = verdict(Partial(HEAD.loss, z[i, c]), 0, model=model)
        assert found.status == "proved"
        answers = {o.judge: o.agrees for o in found.checks}
        assert answers == dict.fromkeys(
            ("normal_form", "modular", "exact", "interval", "autograd"), True
        )


@pytest.mark.parametrize("right", [p[i, c], 1, y[i, c] - y[j, c]])
def test_what_is_false_at_the_fixed_point_is_refuted(right):
    found = verdict(Partial(HEAD.loss, z[i, c]), right, model=AT_REST)
    assert found.status == "refuted"


@pytest.mark.parametrize(
    ("hypothesis", "left", "right"),
    [
        (Equation(w[k], r), L, n * r),
        (Equation(r, x**2), sp.sqrt(r), sp.Abs(x)),
        (Equation(x**2, x), x**3, x),
        (Equation(x**2, r), r * x, x**3),
    ],
)
def test_hypotheses_of_a_document_are_met_at_the_points_of_the_judges(hypothesis, left, right):
    model = assuming(OWN, hypothesis)
    found = verdict(left, right, model=model)
    assert found.status == "proved" and disagreeing(found) == []
    assert "exact" in {o.judge for o in found.checks if o.agrees}
    assert verdict(left, right + 1, model=model).status == "refuted"


CONTRADICTING = {
    "exp": (OWN, (Equation(sp.exp(x), 0),), sp.exp(2 * x), 0),
    "two values": (OWN, (Equation(x, 1), Equation(x, 2)), x, 3),
    "an entry": (OWN, (Equation(w[k], 0), Equation(w[1], 1)), L, 0),
    "a softmax": (HEAD, (Equation(p[i, c], 0),), Partial(HEAD.loss, z[i, c]), -y[i, c]),
    "its rows": (HEAD, (Equation(total(p[i, c], c), 2),), total(p[i, c], c), 2),
    "labels": (HEAD, (Equation(total(y[i, c], c), 2),), total(y[i, c], c), 2),
}


@pytest.mark.parametrize("name", CONTRADICTING)
def test_hypotheses_that_cannot_hold_are_named_and_prove_nothing(name):
    model, hypotheses, left, right = CONTRADICTING[name]
    model = assuming(model, *hypotheses)
    texts = [f"{e.left} = {e.right}" for e in hypotheses]
    assert set(contradiction(model)) & set(texts)
    found = verdict(left, right, model=model)
    assert found.status == "undecided"
    assert "no inputs meet the hypotheses" in found.detail
    assert any(text in found.detail for text in texts)


def test_what_needs_no_hypothesis_is_proved_all_the_same():
    model = assuming(OWN, Equation(x, 1), Equation(x, 2))
    assert verdict(r + r, 2 * r, model=model).status == "proved"
    found = judge(model, Inequality(x, 0))
    assert found.status == "undecided" and "contradict each other" in found.detail


def test_hypotheses_that_can_hold_contradict_nothing():
    assert contradiction(HEAD) == contradiction(AT_REST) == ()
    assert contradiction(assuming(OWN, Equation(w[k], 1 / n), Equation(total(w[k], k), 1))) == ()
    circle = assuming(OWN, Equation(x, r), Equation(r, x))
    assert contradiction(circle) == ()


UNDER = [
    ((1 - delta(k, 1)) * w[k], 0),
    (order[k, 2] * w[k], 0),
]


@pytest.mark.parametrize("hypothesis", UNDER)
def test_a_hypothesis_under_a_condition_binds_no_other_entries(hypothesis):
    model = assuming(OWN, Equation(*hypothesis))
    for left, right in [
        (total(w[k] * v[k], k), w[1] * v[1]),
        (w[k], delta(k, 1) * w[1]),
        (w[2], 0),
    ]:
        found = verdict(left, right, model=model)
        assert found.status == "proved" and disagreeing(found) == []
    for left in (total(w[k] * v[k], k), w[k] * v[k], w[1]):
        assert verdict(left, 0, model=model).status == "refuted"


def test_values_under_a_condition():
    model = assuming(OWN, Equation((1 - delta(k, 1)) * w[k], (1 - delta(k, 1)) * x))
    assert verdict(L, w[1] + (n - 1) * x, model=model).status == "proved"
    assert verdict(L, n * x, model=model).status == "refuted"
    triangle = assuming(OWN, Equation((1 - order[k, l]) * M[k, l], 0))
    product = total(M[k, l] * v[l], l)
    lower = total(order[k, l] * M[k, l] * v[l], l)
    assert verdict(product, lower, model=triangle).status == "proved"
    assert verdict(M[1, 2], 0, model=triangle).status == "proved"
    assert verdict(M[2, 1], 0, model=triangle).status == "refuted"


def test_that_no_point_was_found_is_said():
    model = assuming(HEAD, Equation(p[i, c], 2 * y[i, c]))
    found = verdict(Partial(HEAD.loss, z[i, c]), y[i, c], model=model)
    assert found.status == "proved"
    assert "whether any inputs meet the hypotheses is not known" in found.detail
