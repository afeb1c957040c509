"""Float64 points meet hypotheses, agree with the theory, and say what has no value there."""

import dataclasses

import numpy as np
import pytest
import sympy as sp

from proofs_checks.diagnosis.point import NotEvaluable, points
from theory.algebra.expressions import Equation, Inequality
from theory.algebra.symbols import Flow, Index, Partial, Size, Step, Tensor, indices, scalar, total
from theory.catalogue import LAWS
from theory.models import Constraint, Definition, Model, model_named

HEAD = model_named("attention-head")
VARIANTS = ("weighted", "masked", "causal", "bias", "temperature", "cross")
CASES = [(law, name) for law in LAWS for name in law.models if not name.endswith(VARIANTS)]


def small_model(*definitions, inputs, sizes, constraints=()):
    loss = scalar("L")
    given = tuple(Constraint(e, str(e)) for e in constraints)
    return Model("small", "a small model", sizes, inputs, definitions, loss, given)


@pytest.mark.parametrize(("law", "name"), CASES, ids=[f"{law.name}-{n}" for law, n in CASES])
def test_laws_hold_at_points_and_shifted_ones_do_not(law, name):
    model = model_named(name)
    statement = law.statement(model)
    left, right = statement.args
    for point in points(model, left, right):
        if isinstance(statement, Inequality):
            slack = point.value(right - left).array
            assert slack.min() >= -1e-12
            assert slack.max() > 1e-7  # reversed it does not hold
            assert not point.agree(left, right)
            continue
        assert point.agree(left, right)
        assert not point.agree(left, right + 1)
        is_zero = point.agree(right, sp.S.Zero)  # as a gap to hard assignments is
        assert not point.agree(left + 1, 2 * right + 1) or is_zero


@pytest.mark.parametrize("name", ["attention-head-causal", "attention-head-masked"])
def test_masks_are_zeros_and_ones_with_no_empty_row(name):
    model = model_named(name)
    for point in points(model):
        mask = point.tensor(model.tensors["M"])
        assert set(np.unique(mask)) <= {0.0, 1.0}
        assert mask.sum(axis=1).min() >= 1
        if name.endswith("causal"):
            assert (mask == np.tril(np.ones(mask.shape))).all()


def test_labels_meet_the_hypothesis_of_the_model():
    for point in points(HEAD):
        assert point.tensor(HEAD.tensors["y"]).sum(axis=1) == pytest.approx(1, abs=1e-9)


def test_under_more_hypotheses():
    (c, d), (i,) = indices("c d", HEAD.size_names["C"]), indices("i", HEAD.size_names["T"])
    y = HEAD.tensors["y"]
    one_hot = Equation(y[i, c] * y[i, d], sp.KroneckerDelta(c, d) * y[i, c])
    point = points(HEAD)[0].under([one_hot])
    labels = point.tensor(y)
    assert labels.sum(axis=1) == pytest.approx(1, abs=1e-9)
    assert labels**2 == pytest.approx(labels, abs=1e-9)
    assert not points(HEAD)[0].agree(y[i, c] ** 2, y[i, c])


def test_hypotheses_that_cannot_be_met():
    n = Size("n")
    (i,) = indices("i", n)
    x = Tensor("x", (n,))
    lines = (Definition(scalar("L"), total(x[i], i), "loss"),)
    model = small_model(
        *lines, inputs=(x,), sizes=(n,), constraints=(Equation(x[i] ** 2, -sp.S.One),)
    )
    with pytest.raises(NotEvaluable, match="no point was found at which the hypotheses hold"):
        points(model)


def test_derivatives_by_complex_steps():
    n = Size("n")
    i, j = indices("i j", n)
    x, q = Tensor("x", (n,)), Tensor("q", (n,))
    loss, rate = scalar("L"), scalar("rate", positive=True)
    lines = (
        Definition(q[i], sp.exp(x[i]) * sp.Abs(x[i]), "a nonlinear quantity"),
        Definition(loss, total(q[i] ** 2, i), "loss"),
    )
    model = small_model(*lines, inputs=(x,), sizes=(n,))
    for point in points(model):
        at = point.tensor(x)
        slope = np.exp(at) * (np.abs(at) + np.sign(at))
        gradient = 2 * np.exp(at) * np.abs(at) * slope
        assert point.value(Partial(loss, x[i])).array == pytest.approx(gradient)
        assert point.value(Partial(q[i], x[j])).array == pytest.approx(np.diag(slope))
        assert point.value(Partial(q[i], x[i])).array == pytest.approx(slope)
        step = point.value(Step(q[i], rate, x[i])).array
        assert step == pytest.approx(-point.tensor(rate) * slope * gradient)
        flow = point.value(Flow(loss, (x[i], rate))).array
        assert flow == pytest.approx(-point.tensor(rate) * (gradient**2).sum())
        assert point.value(Partial(loss, q[i])).array == pytest.approx(2 * point.tensor(q))


def test_derivatives_by_scalars():
    x, loss, f = scalar("x"), scalar("L"), scalar("f")
    lines = (Definition(f, sp.exp(x) * x, "f"), Definition(loss, f**2, "loss"))
    model = small_model(*lines, inputs=(x,), sizes=())
    for point in points(model):
        at = point.tensor(x)
        assert point.value(Partial(f, x)).array == pytest.approx(np.exp(at) * (at + 1))
        assert point.value(Partial(f, x, x)).array == pytest.approx(np.exp(at) * (at + 2))


@pytest.mark.parametrize("name", ["p", "q", "r", "w", "pi"])  # each name has draws of its own
def test_what_must_be_positive_stays_so_where_hypotheses_hold(name):
    n = Size("n")
    i, j = indices("i j", n)
    x, weights = Tensor("x", (n,)), Tensor(name, (n,), nonnegative=True)
    model = small_model(
        Definition(scalar("L"), total(x[i] * sp.log(weights[i]), i), "loss"),
        inputs=(x, weights),
        sizes=(n,),
        constraints=(Equation(total(weights[i], i), sp.Rational(1, 3)),),
    )
    for point in points(model):
        assert point.tensor(weights).min() > 0
        assert point.tensor(weights).sum() == pytest.approx(1 / 3, abs=1e-9)
        zeros = [Equation(weights[i] * weights[j], sp.KroneckerDelta(i, j) * weights[i] / 3)]
        corner = point.under(zeros).tensor(weights)
        assert corner**2 == pytest.approx(corner / 3, abs=1e-9)


def test_derivatives_of_derivatives():
    n = Size("n")
    i, j, k = indices("i j k", n)
    x = Tensor("x", (n,))
    loss, rate = scalar("L"), scalar("rate", positive=True)
    model = small_model(Definition(loss, total(x[i] ** 3, i), "loss"), inputs=(x,), sizes=(n,))
    for point in points(model):
        at, eps = point.tensor(x), point.tensor(rate)
        gradient, hessian = 3 * at**2, np.diag(6 * at)
        values = {
            Partial(Partial(loss, x[i]), x[j]): hessian,
            Partial(loss, x[i], x[j]): hessian,
            Partial(Flow(x[i], (x[k], rate)), x[j]): -eps * hessian,
            Partial(Flow(loss, (x[k], rate)), x[j]): -2 * eps * gradient * 6 * at,
            Partial(2 * Step(x[i], rate, x[k]), x[j]): -2 * eps * hessian,
            Flow(Partial(loss, x[i]), (x[k], rate)): -eps * 6 * at * gradient,
            Flow(Flow(x[i], (x[k], rate)), (x[j], rate)): eps**2 * 6 * at * gradient,
        }
        for expression, value in values.items():
            assert point.value(expression).array == pytest.approx(value), expression


def test_what_is_under_a_logarithm_is_drawn_positive():
    n = Size("n")
    (i,) = indices("i", n)
    x = Tensor("x", (n,))
    model = small_model(Definition(scalar("L"), total(x[i], i), "loss"), inputs=(x,), sizes=(n,))
    expression = sp.log(x[i])
    for point in points(model, expression):
        assert np.isfinite(point.value(expression).array).all()


def test_values_that_are_nowhere_finite_do_not_agree():
    point = points(HEAD)[0]
    nowhere = sp.log(-(scalar("t") ** 2) - 1)
    assert not point.agree(nowhere, nowhere)


@pytest.mark.parametrize(
    ("expression", "match"),
    [
        (sp.Function("f")(scalar("t")), "has no float64 value"),
        (Index("i", HEAD.size_names["T"]), "has no float64 value"),
        (sp.Symbol("n", integer=True) * Size("elsewhere"), "the size elsewhere is none of model"),
        (HEAD.tensors["y"][indices("i", HEAD.size_names["T"])[0], 99], "`99` is no position"),
        (sp.KroneckerDelta(Index("i", HEAD.size_names["T"]), 1), "joins a number"),
        (sp.Sum(scalar("t"), (Index("i", HEAD.size_names["T"]), 1, 2)), "is no whole range"),
    ],
)
def test_what_has_no_value(expression, match):
    with pytest.raises(NotEvaluable, match=match):
        points(HEAD)[0].value(expression)


def test_free_symbols_are_the_same_for_the_same_name():
    first, second = points(HEAD)[0], points(dataclasses.replace(HEAD, name="twin"))[0]
    assert first.tensor(scalar("eta")) == second.tensor(scalar("eta"))
