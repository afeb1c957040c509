"""left = right + O(eta^m) is judged by the Taylor coefficients at eta = 0."""

import pickle
import re

import pytest
import sympy as sp

from proofs_checks.judging import judge
from tests.proofs_checks.checks.own_models import EMPTY, k, n, r, w
from theory.algebra.asymptotics import taylor_coefficients
from theory.algebra.expressions import OrderEquation
from theory.algebra.limits import AlgebraError
from theory.algebra.symbols import Index, Step, Tensor, scalar, total
from theory.models import Definition, Model, model_named

eta, L = scalar("eta"), scalar("L")
i = Index("i", n)
u = Tensor("u", (n,))
OWN = Model(
    "expanding",
    "",
    (n,),
    (w, eta, r),
    (
        Definition(u[k], w[k] * sp.exp(-eta * w[k]) / total(sp.exp(eta * w[i]), i), ""),
        Definition(L, total(u[k] ** 2, k), ""),
    ),
    L,
)
mean, square = total(w[k], k) / n, total(w[k] ** 2, k) / n
HEAD = model_named("attention-head")
s = HEAD.tensors["s"]
a, b = (HEAD.index(letter, "T") for letter in "ij")

TRUE = [
    (EMPTY, sp.exp(eta), 1 + eta, 2),
    (EMPTY, sp.log(1 + eta), eta, 2),
    (EMPTY, (1 + eta) ** 2, 1 + 2 * eta, 2),
    (EMPTY, sp.exp(eta), 1 + eta + eta**2 / 2, 3),
    (EMPTY, 1 / (1 - eta), 1 + eta, 2),
    (EMPTY, 1 / eta + eta, 1 / eta, 1),
    (EMPTY, sp.sqrt(r + eta), sp.sqrt(r) + eta / (2 * sp.sqrt(r)), 2),
    (EMPTY, r * eta**3, 0, 3),
    (OWN, u[k], w[k] / n, 1),
    (OWN, total(u[i], i), mean - eta * square - eta * mean**2, 2),
    (OWN, sp.log(total(sp.exp(eta * w[k]), k)), sp.log(n) + eta * mean, 2),
    (HEAD, Step(HEAD.loss, eta, s[a, b]), 0, 1),
]
FALSE = [
    (EMPTY, sp.exp(eta), 1, 2),
    (EMPTY, sp.exp(eta), 1 + eta + eta**2, 3),
    (EMPTY, r * eta, 0, 2),
    (EMPTY, r, 0, 1),
    (OWN, L, square / n, 2),
    (HEAD, Step(HEAD.loss, eta, s[a, b]), 0, 2),
]
SINGULAR = [
    (sp.Abs(eta), 0, 1, "not seen to be differentiable at eta = 0"),
    (eta ** sp.Rational(3, 2), 0, 2, "the derivative number 2 by eta does not exist at 0"),
    (1 / eta, 0, 1, "the derivative number 0 by eta does not exist at 0"),
    (eta**13, 0, 13, "a remainder of the order 13; the limit is 12"),
    (sp.sqrt(eta + total(w[k], k) - total(w[i], i)), 0, 1, "identically zero"),
]


@pytest.mark.parametrize(("model", "left", "right", "order"), TRUE)
def test_true_expansions_are_proved(model, left, right, order):
    found = judge(model, OrderEquation(left, right, eta, order))
    assert found.status == "proved", found.detail
    assert found.detail == f"the Taylor coefficients in eta below the order {order} are equal"
    assert not [o for o in found.checks if o.agrees is False]


@pytest.mark.parametrize(("model", "left", "right", "order"), FALSE)
def test_false_ones_are_refuted_by_a_coefficient(model, left, right, order):
    found = judge(model, OrderEquation(left, right, eta, order))
    assert found.status == "refuted"
    assert re.match(r"the coefficient of eta\^\d+ differs", found.detail)
    assert found.counterexample is not None


@pytest.mark.parametrize(("left", "right", "order", "message"), SINGULAR)
def test_nothing_is_said_where_there_are_no_derivatives(left, right, order, message):
    found = judge(OWN, OrderEquation(left, right, eta, order))
    assert found.status == "undecided"
    assert message in found.detail


def test_an_expansion_that_is_not_decided_names_its_coefficient():
    opaque = sp.exp(eta) * sp.Function("f")(r)
    found = judge(EMPTY, OrderEquation(opaque, sp.Function("f")(r) + r, eta, 1))
    assert found.status == "undecided"
    assert found.detail.startswith("the coefficient of eta^0: ")


def test_coefficients():
    assert taylor_coefficients(sp.exp(2 * eta), eta, 3) == (1, 2, 2, sp.Rational(4, 3))
    with pytest.raises(AlgebraError, match="is not seen to be differentiable at eta = 0"):
        taylor_coefficients(sp.Function("f")(eta), eta, 1)


def test_the_statement():
    statement = OrderEquation(sp.exp(eta), 1, eta, 2, (sp.log(r),))
    assert (statement.small, statement.order, statement.domain) == (eta, 2, (sp.log(r),))
    assert pickle.loads(pickle.dumps(statement)) == statement
    assert statement != OrderEquation(sp.exp(eta), 1, eta, 2)
    assert judge(EMPTY, statement).status == "refuted"
    with pytest.raises(ValueError, match="what becomes small must be a scalar symbol; got `n`"):
        OrderEquation(1, 1, n, 2)
    with pytest.raises(ValueError, match="must be a positive integer; got 0"):
        OrderEquation(1, 1, eta, 0)
