"""The interval judge: what it encloses, what it refutes, and where it has no say."""

import pytest
import sympy as sp

from proofs_checks.checks import interval
from theory.algebra.expressions import Equation, Inequality, StrictInequality
from theory.algebra.symbols import Partial, delta, total
from theory.catalogue import LAWS, law_named
from theory.models import model_named

HEAD = model_named("attention-head")
L, s, alpha, b = (HEAD.tensors[name] for name in ("L", "s", "alpha", "b"))
i, j, k = (HEAD.index(letter, "T") for letter in "ijk")
LAW = law_named("advantage-routing").statement(HEAD)


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.name)
def test_every_law_is_enclosed_at_sizes_beyond_the_exact_judge(law):
    model = model_named(law.models[-1])
    outcome = interval.check(model, law.statement(model))
    assert outcome.agrees, outcome.detail
    assert not outcome.sizes or max(outcome.sizes.values()) > 3
    if isinstance(law.statement(model), Equation):
        exact = law.name in ("one-hot-overlap", "next-token-label")  # of exact inputs alone
        assert float(outcome.error_bound) < 1e-15
        assert float(outcome.error_bound) > 0 or exact


def test_a_relative_error_far_below_float64_is_refuted():
    left, right = LAW.args
    wrong = Equation(left, right * (1 + sp.Rational(1, 10**20)))
    outcome = interval.check(HEAD, wrong)
    assert outcome.agrees is False
    assert outcome.worst["left"] != ""
    point = interval.counterexample(HEAD, wrong)
    assert point.sizes == outcome.sizes
    assert any("+/-" in value for value in point.point.values())
    assert point.indices == outcome.worst["indices"]


def test_no_counterexample_to_what_holds():
    assert interval.counterexample(HEAD, LAW) is None


def test_the_bound_covers_the_difference_on_the_box():
    """x - x is enclosed with the width of the box, twice."""
    x = sp.Symbol("x", real=True)
    outcome = interval.check(HEAD, Equation(sp.exp(x), sp.exp(x + 1) / sp.E))
    assert outcome.agrees
    assert interval.THIN < float(outcome.error_bound) < 100 * interval.THIN


def test_boxes_depend_on_the_seed_and_on_nothing_else():
    first, again = (interval.check(HEAD, LAW, seed=1).error_bound for _ in range(2))
    assert first == again
    bounds = {interval.check(HEAD, LAW, seed=n).error_bound for n in range(4)}
    assert len(bounds) > 1


def test_sizes_can_be_given_and_numbered_entries_fit():
    outcome = interval.check(HEAD, LAW, sizes={"T": 3})
    assert outcome.sizes["T"] == 3
    outcome = interval.check(HEAD, Equation(alpha[1, 9], alpha[1, 9]))
    assert outcome.sizes["T"] == 9


def test_an_order_is_decided_on_the_widest_boxes_that_allow_it():
    outcome = interval.check(HEAD, Inequality(alpha[i, j], 1))
    assert outcome.agrees
    assert "in order on 8 boxes" in outcome.detail
    assert interval.check(HEAD, StrictInequality(alpha[i, j], 1)).agrees
    assert interval.check(HEAD, Inequality(1, alpha[i, j])).agrees is False


def test_equality_is_no_strict_order_and_stays_open():
    """Balls around equal numbers overlap however small they are: nothing is claimed."""
    tied = total(alpha[i, k], k)
    for relation in (Inequality, StrictInequality):
        outcome = interval.check(HEAD, relation(tied, 1))
        assert outcome.agrees is None
        assert outcome.detail == "the enclosures are too wide to tell"


def test_what_is_defined_nowhere_is_not_judged():
    outcome = interval.check(HEAD, Equation(sp.log(-alpha[i, j]), 0))
    assert outcome.agrees is None
    assert "defined on none of the boxes" in outcome.detail


def test_unknown_functions_are_not_judged():
    f = sp.Function("f")
    outcome = interval.check(HEAD, Equation(f(b[i, j]), f(b[i, j])))
    assert outcome.agrees is None
    assert "has no value in real numbers" in outcome.detail


def test_masks_stay_exact():
    model = model_named("attention-head-masked")
    weight = model.tensors["alpha"]
    i, j = (model.index(letter, "T") for letter in "ij")
    assert interval.check(model, Equation(weight[i, j] * (1 - model.tensors["M"][i, j]), 0)).agrees


def test_second_derivatives_are_enclosed():
    hessian = Partial(alpha[i, j], s[i, k], s[i, k])
    right = alpha[i, j] * (delta(j, k) - alpha[i, k]) * (1 - 2 * alpha[i, k])
    assert interval.check(HEAD, Equation(hessian, right)).agrees
    assert interval.check(HEAD, Equation(hessian, -right)).agrees is False
