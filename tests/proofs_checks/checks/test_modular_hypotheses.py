"""The modular judge under hypotheses on inputs, and what it cannot judge."""

import dataclasses
import re

import pytest
import sympy as sp

from proofs_checks.checks import modular
from tests.proofs_checks.checks.statements import Head, L, ix, jx, n, other, weight, with_hypothesis
from theory.algebra.expressions import Equation
from theory.algebra.symbols import Partial, delta, scalar, total

HEAD = Head("attention-head")
c = scalar("c")


def test_the_logit_gradient_needs_labels_that_sum_to_one():
    x = HEAD
    equation = Equation(x.d("z", x.i, x.c), x["p"](x.i, x.c) - x["y"](x.i, x.c))
    free = dataclasses.replace(x.model, name="free labels", constraints=())
    assert modular.check(x.model, equation).agrees is True
    assert modular.check(free, equation).agrees is False


@pytest.mark.parametrize(
    ("hypothesis", "left", "right"),
    [
        (Equation(total(weight[ix], ix), 1), total(3 * weight[ix], ix), 3),
        (Equation(total(weight[jx], jx), n), total(weight[ix], ix), n),
        (Equation(weight[ix], 1 / n), L, total(other[ix], ix) / n),
        (Equation(total(L * other[ix], ix), L * total(other[jx], jx)), L, L + 0 * c),
    ],
)
def test_hypotheses_on_inputs_are_met(hypothesis, left, right):
    assert modular.check(with_hypothesis(hypothesis), Equation(left, right)).agrees is True
    if left != right:
        assert modular.check(with_hypothesis(), Equation(left, right)).agrees is False


def test_a_hypothesis_that_no_draw_meets_leaves_the_judge_without_an_answer():
    hypothesis = Equation(total(weight[ix] * other[ix], ix), 1)
    outcome = modular.check(with_hypothesis(hypothesis), Equation(L, 1))
    assert outcome.agrees is None
    assert "no inputs with hypothesis 0 could be drawn" in outcome.detail


@pytest.mark.parametrize("name", ["attention-head-masked", "attention-head-causal"])
def test_a_logarithm_of_masked_weights_is_judged_for_non_zero_weights(name):
    x = Head(name)
    log = sp.log(x["alpha"](x.i, x.j))
    jacobian = delta(x.j, x.k) - x["alpha"](x.i, x.k)
    outcome = modular.check(x.model, Equation(Partial(log, x["s"](x.i, x.k)), jacobian))
    assert outcome.agrees is True
    assert "non-zero weights for the mask" in outcome.detail


@pytest.mark.parametrize(
    ("left", "message"),
    [
        (sp.Sum(weight[ix], (ix, 2, n)), "not over a whole range"),
        (Partial(sp.Function("f")(c), c), "derivative of `f` is not known"),
        (1 / (c - c * total(delta(ix, 1), ix)), "at which both sides are defined|of zero occurs"),
        (sp.sqrt(c * (c + 1)), "not known to be positive"),
        (sp.sqrt(1 + scalar("mu", positive=True)), "a root of"),
        (c + 2**61, "too large for arithmetic modulo"),
        (
            sp.Symbol("c", positive=True) ** (1001 * ix),
            "the exponent 1001 is no integer up to 1000",
        ),
        (c ** (2**61 - 1), "the exponent .* is larger than 1000"),
    ],
)
def test_what_cannot_be_judged_says_why(left, message):
    outcome = modular.check(with_hypothesis(), Equation(left, c))
    assert outcome.agrees is None
    assert outcome.judge == "modular"
    assert re.search(message, outcome.detail), outcome.detail
