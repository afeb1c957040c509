"""Derivatives in statements, proofs, and the hypotheses they report."""

import dataclasses

import numpy as np
import pytest
import sympy as sp

from tests.theory.models.numbers import completed, inputs, value_of
from theory.algebra.expressions import Equation, Inequality, StrictInequality
from theory.algebra.limits import AlgebraError
from theory.algebra.symbols import (
    Flow,
    Index,
    Partial,
    Size,
    Step,
    Tensor,
    delta,
    indices,
    scalar,
    total,
)
from theory.models import Constraint, Definition, Model, Theory, attention_head, theory_of

MODEL = attention_head()
THEORY = theory_of(MODEL)
L = MODEL.loss
T, C, d_v, d_x = (MODEL.size_names[name] for name in ("T", "C", "d_v", "d_x"))
i, j, k, l = indices("i j k l", T)
(a, b_), (c, d), (e,) = indices("a b", d_v), indices("c d", C), indices("e", d_x)
X, W_V, W_O, v, s, alpha, g, z, p, y, u, b, A, D = (
    MODEL.tensors[name] for name in "X W_V W_O v s alpha g z p y u b A D".split()
)
eta, rate = scalar("eta", positive=True), scalar("rate", positive=True)
LABELS = ("sum_c y_ic = 1",)


def prove(left, right):
    return THEORY.prove(Equation(left, right))


REPORTED = {
    "by the derivation of dL/dz": (Partial(L, z[i, c]), p[i, c] - y[i, c], LABELS),
    "by a name that is written out": (
        u[i, a],
        total(W_O[c, a] * (p[i, c] - y[i, c]), c),
        LABELS,
    ),
    "by two names written out": (
        Partial(L, v[j, a]),
        total(alpha[i, j] * W_O[c, a] * (p[i, c] - y[i, c]), i, c),
        LABELS,
    ),
    "by the comparison itself": (total(y[i, c] - p[i, c], c), sp.Integer(0), LABELS),
    "by a second derivative": (
        Partial(L, z[i, c], z[i, d]),
        p[i, c] * (delta(c, d) - p[i, d]),
        LABELS,
    ),
    "by a second derivative further up": (
        Partial(L, g[i, a], g[i, b_]),
        total(W_O[c, a] * p[i, c] * W_O[c, b_], c)
        - total(W_O[c, a] * p[i, c], c) * total(W_O[c, b_] * p[i, c], c),
        LABELS,
    ),
    "none where names suffice": (Partial(L, alpha[i, j]), b[i, j], ()),
    "none for the routing law": (
        Partial(L, s[i, j]),
        alpha[i, j] * (b[i, j] - total(alpha[i, k] * b[i, k], k)),
        (),
    ),
    "none for a softmax": (
        Partial(alpha[i, j], s[i, k]),
        alpha[i, j] * (delta(j, k) - alpha[i, k]),
        (),
    ),
    "none for the baseline": (
        total(alpha[i, k] * b[i, k], k),
        total(u[i, a] * g[i, a], a),
        (),
    ),
}


@pytest.mark.parametrize("name", REPORTED)
def test_hypotheses_are_reported(name):
    left, right, expected = REPORTED[name]
    proof = prove(left, right)
    assert proof.proved and not proof.residual
    assert proof.hypotheses == expected


WRONG = {
    "a sign": (Partial(L, z[i, c]), y[i, c] - p[i, c]),
    "no baseline": (Partial(L, s[i, j]), alpha[i, j] * b[i, j]),
    "the wrong index": (Partial(L, v[j, a]), total(alpha[j, i] * u[i, a], i)),
    "a trace for a row": (total(alpha[k, k], k), sp.Integer(1)),
    "columns for rows": (total(alpha[k, i], k), sp.Integer(1)),
    "a hypothesis on the wrong axis": (total(y[i, c], i), sp.Integer(1)),
    "an advantage that does not average out": (total(A[i, j], j), sp.Integer(0)),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_not_proved_and_leaves_a_residual(name):
    left, right = WRONG[name]
    proof = prove(left, right)
    assert not proof.proved and proof.residual
    known = completed(MODEL, inputs(MODEL), THEORY.lines)
    free = sorted((left.free_symbols | right.free_symbols) & {i, j, c, a}, key=str)
    resolved = THEORY.resolve(left) - right
    residual = THEORY.write(proof.residual, left, right)
    written, difference = (value_of(x, known, *free) for x in (residual, resolved))
    np.testing.assert_allclose(written, difference, atol=1e-9)
    assert np.abs(difference).max() > 1e-6


def test_levels_write_out_one_name_more_each_time():
    levels = list(THEORY.levels(Equation(u[i, a], total(W_O[c, a] * (p[i, c] - y[i, c]), c))))
    assert [level.unfolded for level in levels] == [(), ("u",), ("u", "dL_dz")]
    assert [level.proved for level in levels] == [False, False, True]
    assert [level.hypotheses for level in levels] == [(), (), LABELS]


def test_lines_stand_in_the_order_of_use():
    seen = {str(tensor.label) for tensor in MODEL.inputs}
    for line in THEORY.lines:
        entries = {str(n.base.label) for n in line.value.atoms(sp.Indexed)}
        assert entries <= seen, line.name
        seen.add(line.name)
    assert THEORY.by_name["dL_dz"].hypotheses == LABELS
    assert THEORY.by_name["alpha"].hypotheses == ()


def test_a_theory_is_derived_once():
    assert theory_of(MODEL) is THEORY
    assert theory_of(attention_head()) is THEORY


# -- derivatives, steps and flows ------------------------------------------------------------------


def test_nothing_to_resolve_is_left_alone():
    assert THEORY.resolve(alpha[i, j]) == alpha[i, j]


def test_the_loss_does_not_depend_on_what_is_not_its_input():
    assert THEORY.resolve(Partial(L, b[i, j])) == 0
    assert THEORY.resolve(Partial(L, L)) == 1


def test_unknown_quantities_are_refused():
    stranger = Tensor("stranger", (T,))
    with pytest.raises(ValueError, match=r"`stranger\[i\]` is no quantity of model `attention-h"):
        THEORY.resolve(Partial(L, stranger[i]))


def test_a_second_derivative_by_constrained_labels_must_come_first():
    """dL/dz = p - y holds where the labels sum to one, and says nothing beside that."""
    assert prove(Partial(L, y[i, c], z[i, d]), p[i, d] - delta(c, d)).proved
    with pytest.raises(AlgebraError, match=r"was derived with sum_c y_ic = 1, which binds `y`"):
        THEORY.resolve(Partial(L, z[i, c], y[i, d]))


def test_a_step_moves_the_whole_tensor():
    change = -eta * total(alpha[i, j] * total(alpha[k, j] * u[k, a], k), j)
    moved = THEORY.prove(Equation(Step(g[i, a], eta, v[j, b_]), change))
    assert moved.proved
    assert prove(Step(v[1, a], eta, v[j, b_]), Step(v[1, a], eta, v[1, a])).proved
    assert prove(Step(v[j, a], eta, v[k, b_]), -eta * total(alpha[i, j] * u[i, a], i)).proved


def test_a_flow_sums_over_all_that_moves():
    dissipation = -eta * total(D[i, j] ** 2, i, j) - rate * total(Partial(L, v[j, a]) ** 2, j, a)
    assert prove(Flow(L, (s[i, j], eta), (v[j, a], rate)), dissipation).proved
    assert not prove(Flow(L, (s[i, j], eta), (v[j, a], eta)), dissipation).proved


def test_a_step_agrees_with_a_small_step():
    values = inputs(MODEL)
    known = completed(MODEL, values, THEORY.lines)
    small = 1e-6
    written = THEORY.resolve(Step(alpha[i, j], eta, s[k, l]))
    change = value_of(written, {**known, "eta": small}, i, j)
    after = completed(MODEL, {**values, "s": known["s"] - small * known["D"]})
    np.testing.assert_allclose(change, after["alpha"] - known["alpha"], rtol=1e-4, atol=1e-12)


@pytest.mark.parametrize(
    "quantity", [Step(L, eta, v[j, a], W_V[e, a]), Flow(L, (alpha[i, j], eta), (s[i, j], eta))]
)
def test_tensors_that_move_together_must_be_free(quantity):
    with pytest.raises(AlgebraError, match="tensors that move together must be free; `.*` is comp"):
        THEORY.resolve(quantity)


def test_scalars_move_too():
    model = attention_head(temperature=True)
    theory, tau = theory_of(model), model.tensors["tau"]
    claim = Equation(Step(model.loss, eta, tau), -eta * Partial(model.loss, tau) ** 2)
    assert theory.prove(claim).proved


# -- vocabularies ----------------------------------------------------------------------------------


K, R = Size("C"), Size("R")
(c_, d_), (r_,) = indices("c d", K), indices("r", R)
x, w = Tensor("x", (R,)), Tensor("w", (K, R))
logit, prob, label = Tensor("logit", (K,)), Tensor("prob", (K,)), Tensor("label", (K,))
gap, twice, loop, pool = (Tensor(name, (K,)) for name in ("gap", "twice", "loop", "pool"))
CLASSIFIER = Model(
    name="classifier",
    title="softmax regression",
    sizes=(K, R),
    inputs=(x, w, label),
    definitions=(
        Definition(logit[c_], total(w[c_, r_] * x[r_], r_), "logits"),
        Definition(prob[c_], sp.exp(logit[c_]) / total(sp.exp(logit[d_]), d_), "probabilities"),
        Definition(L, -total(label[c_] * sp.log(prob[c_]), c_), "cross-entropy"),
    ),
    loss=L,
    constraints=(Constraint(Equation(total(label[c_], c_), 1), "labels sum to one"),),
    vocabulary=(
        Definition(gap[c_], prob[c_] - label[c_], "gap"),
        Definition(twice[c_], 2 * Partial(L, logit[c_]) + gap[c_], "three times the gap"),
    ),
    letters={"C": ("c", "d"), "R": ("r",)},
)


def test_an_adjoint_named_by_another_definition_passes_its_hypotheses_on():
    """dL/dlogit is `gap` only where the labels sum to one: what uses that name rests on it."""
    theory = theory_of(CLASSIFIER)
    assert str(theory.adjoints["logit"].symbol) == "gap[c]"
    assert theory.adjoints["w"].hypotheses == ("labels sum to one",)
    proof = theory.prove(Equation(Partial(L, w[c_, r_]), gap[c_] * x[r_]))
    assert proof.proved and proof.hypotheses == ("labels sum to one",)
    assert theory.prove(Equation(gap[c_] + label[c_], prob[c_])).hypotheses == ()


def test_a_definition_may_contain_derivatives_of_the_loss():
    proof = theory_of(CLASSIFIER).prove(Equation(twice[c_], 3 * gap[c_]))
    assert proof.proved and proof.hypotheses == ("labels sum to one",)


def test_a_vocabulary_with_unknown_symbols_is_refused():
    lines = (Definition(loop[c_], pool[c_] + 1, ""),)
    model = dataclasses.replace(CLASSIFIER, name="stranger", vocabulary=lines)
    with pytest.raises(ValueError, match=r"of \['loop'\] use \['pool'\], which nothing defines"):
        theory_of(model)


# -- answers that models share --------------------------------------------------------------


def with_hypotheses(*constraints):
    n = Size("n")
    a, b = (Tensor(x, (n,)) for x in "ab")
    i, loss = Index("i", n), sp.Symbol("L", real=True)
    lines = (Definition(loss, total(a[i] * b[i], i), "loss"),)
    return Model("own", "", (n,), (a, b), lines, loss, constraints)


def test_a_hypothesis_of_one_model_proves_nothing_in_another():
    n = Size("n")
    a, i = Tensor("a", (n,)), Index("i", n)
    claim = Equation(total(a[i], i), 1)
    sums_to_one = Constraint(claim, "sum_i a_i = 1")
    for model, proved in ((with_hypotheses(sums_to_one), True), (with_hypotheses(), False)) * 2:
        proof = Theory(model).prove(claim)
        assert proof.proved == proved
        assert proof.hypotheses == (("sum_i a_i = 1",) if proved else ())


def test_an_inequality_is_not_taken_for_the_equation_of_its_sides():
    n = Size("n")
    a, i = Tensor("a", (n,)), Index("i", n)
    theory = Theory(with_hypotheses())
    square = total(a[i] ** 2, i)
    assert theory.prove(Equation(square, square)).proved
    assert theory.prove(Inequality(square, square)).proved
    assert not theory.prove(StrictInequality(square, square)).proved
    assert not theory.prove(Equation(square, 2 * square)).proved
    assert theory.prove(Inequality(square, 2 * square)).proved


def test_a_derivative_is_the_same_at_any_place_and_after_others():
    """What was found for s_kl serves s_ij, s_ii and s_1j, whatever letters stand around."""
    theory = Theory(MODEL)
    for row, one, other in ((i, j, k), (k, i, j), (i, j, j), (i, i, j), (1, j, k), (j, 2, j)):
        derivative = Partial(alpha[row, one], s[row, other])
        value = alpha[row, one] * (delta(one, other) - alpha[row, other])
        assert theory.prove(Equation(derivative, value)).proved
        assert not theory.prove(Equation(derivative, 2 * value)).proved
