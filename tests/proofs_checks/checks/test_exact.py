"""The exact judge: no rounding, smallest counterexamples, and no truth denied."""

import dataclasses
import re
from fractions import Fraction

import numpy as np
import pytest
import sympy as sp

from proofs_checks.checks import exact
from proofs_checks.checks.evaluation.program import program_of
from proofs_checks.checks.evaluation.rational_points import RealStatement
from theory.algebra.expressions import Equation
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
from theory.models import model_named
from theory.models.model import Constraint, Definition, Model

HEAD = model_named("attention-head")
T, D_V, C = (HEAD.size_names[name] for name in ("T", "d_v", "C"))
i, j, k = indices("i j k", T)
a, b = indices("a b", D_V)
(c,) = indices("c", C)
r = Index("r", HEAD.size_names["d_k"])
e = Index("e", HEAD.size_names["d_x"])
alpha, s, v, u, g, q, key, p, y, D, A, value, X, W_O = (
    HEAD.tensors[name] for name in "alpha s v u g q k p y D A b X W_O".split()
)
L = HEAD.loss
eta = scalar("eta", positive=True)
baseline = total(alpha[i, k] * value[i, k], k)
entropy = -total(alpha[i, k] * sp.log(alpha[i, k]), k)
x, o = scalar("x"), scalar("o")
mu = scalar("mu", positive=True)

TRUE = {
    "A1": (Partial(alpha[i, j], s[i, k]), alpha[i, j] * (delta(j, k) - alpha[i, k])),
    "A2": (Partial(L, HEAD.tensors["z"][i, c]), p[i, c] - y[i, c]),
    "A3": (u[i, a], total(W_O[c, a] * (p[i, c] - y[i, c]), c)),
    "A6": (Partial(L, s[i, j]), alpha[i, j] * (value[i, j] - baseline)),
    "A7": (Step(v[j, a], eta, v[j, a]), -eta * total(alpha[i, j] * u[i, a], i)),
    "A8": (baseline, total(u[i, a] * g[i, a], a)),
    "A9": (Partial(L, q[i, r]), total(D[i, j] * key[j, r], j) / sp.sqrt(r.size)),
    "A12": (Partial(entropy, s[i, j]), -alpha[i, j] * (sp.log(alpha[i, j]) + entropy)),
    "B1": (total(Partial(L, s[i, j]), j), 0),
    "B3": (Step(L, eta, s[i, j]), -eta * total(D[i, j] ** 2, i, j)),
    "B4": (Flow(L, (v[j, a], mu)), -mu * total(Partial(L, v[j, a]) ** 2, j, a)),
    "rows": (total(alpha[i, j], j), 1),
    "log of an unknown sign": (sp.log(x * o * mu), sp.log(x) + sp.log(o) + sp.log(mu)),
    "absolute value": (sp.Abs(x * o), sp.Abs(x) * sp.Abs(o)),
    "root": (sp.sqrt(mu) ** 3, mu * sp.sqrt(mu)),
    "pi": (sp.tanh(sp.pi * x), 1 - 2 / (sp.exp(2 * sp.pi * x) + 1)),
}
FALSE = {
    "sign": (Partial(L, s[i, j]), alpha[i, j] * (baseline - value[i, j])),
    "no baseline": (Partial(L, s[i, j]), alpha[i, j] * value[i, j]),
    "factor": (Partial(alpha[i, j], s[i, k]), 2 * alpha[i, j] * (delta(j, k) - alpha[i, k])),
    "exchanged": (Partial(L, HEAD.tensors["z"][i, c]), y[i, c] - p[i, c]),
    "transposed": (g[i, a], total(alpha[j, i] * v[j, a], j)),
    "scale": (s[i, j], total(q[i, r] * key[j, r], r)),
    "uniform": (alpha[i, j], 1 / T),
    "square": (Step(L, eta, s[i, j]), -eta * total(D[i, j], i, j) ** 2),
    "log": (sp.log(alpha[i, j]), s[i, j]),
    "positive only": (sp.Abs(x), x),
    "root": (sp.sqrt(x**2 + mu), x + mu),
    "second derivative": (Partial(L, v[j, a], v[j, b]), delta(a, b)),
}


@pytest.mark.parametrize("name", TRUE)
def test_true_equations_agree_and_have_no_counterexample(name):
    equation = Equation(*TRUE[name])
    outcome = exact.check(HEAD, equation)
    assert outcome.agrees is True, outcome
    assert float(outcome.error_bound) < 1e-30
    assert "points" in outcome.detail
    assert exact.counterexample(HEAD, equation) is None


@pytest.mark.parametrize("name", FALSE)
def test_false_equations_are_refuted(name):
    equation = Equation(*FALSE[name])
    outcome = exact.check(HEAD, equation)
    assert outcome.agrees is False, outcome
    assert outcome.worst["left"] != outcome.worst["right"]
    point = exact.counterexample(HEAD, equation)
    assert point is not None
    assert point.left != point.right
    assert set(point.indices) == {x.name for x in statement(equation).free}


def statement(equation):
    return RealStatement(program_of(HEAD), equation)


# -- the counterexample -------------------------------------------------------------------------


def test_the_smallest_counterexample_to_a_wrong_sign_has_two_keys_and_zero_scores():
    """At T = 1 the softmax is constant and both sides are 0."""
    equation = Equation(Partial(alpha[i, j], s[i, k]), -alpha[i, j] * (delta(j, k) - alpha[i, k]))
    point = exact.counterexample(HEAD, equation)
    assert point.sizes == {"T": 2, "d_x": 1, "d_k": 1}
    assert point.indices == {"i": 1, "j": 1, "k": 1}
    assert (point.left, point.right) == ("1/4", "-1/4")
    names = {"X_{11}", "X_{21}", "W_{Q,11}", "W_{K,11}"}
    assert point.point == dict.fromkeys(names, "0")


def test_the_counterexample_to_a_dropped_baseline_is_one_a_reader_can_check():
    """T = 1 and alpha = 1: dL/ds = 0, but b = u v is not."""
    point = exact.counterexample(HEAD, Equation(*FALSE["no baseline"]))
    assert point.sizes == {"T": 1, "d_x": 1, "d_k": 1, "d_v": 1, "C": 2}
    values = {name: Fraction(text) for name, text in point.point.items()}
    v_11 = values["W_{V,11}"] * values["X_{11}"]
    z = [values[f"W_{{O,{n}1}}"] * v_11 for n in (1, 2)]
    p_1 = 1 / (1 + np.exp(float(z[1] - z[0])))
    errors = [p_1 - float(values["y_{11}"]), 1 - p_1 - float(values["y_{12}"])]
    upstream = sum(float(values[f"W_{{O,{n}1}}"]) * errors[n - 1] for n in (1, 2))
    assert re.fullmatch(r"0|\[\+/- \S+e-\d\d\]", point.left)
    decimal = float(point.right.strip("[]").split(" +/- ")[0])
    assert decimal == pytest.approx(upstream * float(v_11), rel=1e-11)


def test_labels_of_a_counterexample_sum_to_one():
    point = exact.counterexample(HEAD, Equation(*FALSE["exchanged"]))
    labels = [Fraction(text) for name, text in point.point.items() if name.startswith("y_")]
    assert len(labels) == point.sizes["C"]
    assert sum(labels) == 1


def test_no_smaller_size_has_a_counterexample():
    """(T - 1)(T - 2) alpha vanishes up to T = 2."""
    equation = Equation((T - 1) * (T - 2) * alpha[i, j], 0)
    assert exact.counterexample(HEAD, equation).sizes["T"] == 3


def test_literal_positions_raise_the_size():
    point = exact.counterexample(HEAD, Equation(alpha[1, 5], alpha[5, 1] / 2))
    assert point.sizes["T"] == 5
    assert point.indices == {}


def test_results_do_not_depend_on_when_they_are_asked_for():
    equation = Equation(*FALSE["sign"])
    first, again = (exact.counterexample(HEAD, equation) for _ in range(2))
    assert first == again
    runs = [dataclasses.replace(exact.check(HEAD, equation), seconds=0.0) for _ in range(2)]
    assert runs[0] == runs[1]


def test_causal_masks_are_lower_triangles():
    causal = model_named("attention-head-causal")
    M, weights = causal.tensors["M"], causal.tensors["alpha"]
    above = Equation(total(M[1, j], j), 1)
    assert exact.check(causal, above).agrees is True
    assert exact.check(causal, Equation(weights[1, 2], 0)).agrees is True
    assert exact.check(causal, Equation(total(M[i, j], i, j), T * (T + 1) / 2)).agrees is True
    point = exact.counterexample(causal, Equation(weights[i, j], weights[j, i]))
    assert point.sizes["T"] == 2
    mask = [point.point[f"M_{{{n}}}"] for n in ("11", "12", "21", "22")]
    assert mask == ["1", "0", "1", "1"]


def test_arbitrary_masks_have_entries_zero_and_one():
    masked = model_named("attention-head-masked")
    M = masked.tensors["M"]
    assert exact.check(masked, Equation(M[i, j] ** 2, M[i, j])).agrees is True
    point = exact.counterexample(masked, Equation(M[i, j], 1))
    assert sorted(point.point.values()) == ["0", "1", "1", "1"]
    assert point.sizes == {"T": 2}


# -- exactness ----------------------------------------------------------------------------------

n = Size("n")
t = Tensor("t", (n,))
m, l = indices("m l", n)


def small(*hypotheses):
    return Model(
        name="small",
        title="",
        sizes=(n,),
        inputs=(t, x),
        definitions=(Definition(L, total(t[m] * x, m), ""),),
        loss=L,
        constraints=tuple(Constraint(h, "a hypothesis") for h in hypotheses),
    )


def test_rational_values_are_compared_exactly():
    """A difference of 1e-60 is a difference; balls are not used."""
    tiny = sp.Rational(1, 10**60)
    outcome = exact.check(small(), Equation(x + tiny, x))
    assert outcome.agrees is False
    outcome = exact.check(small(), Equation((x + 1) ** 2, x**2 + 2 * x + 1))
    assert (outcome.agrees, outcome.error_bound) == (True, "0")
    assert "exactly" in outcome.detail


def test_balls_that_overlap_are_made_smaller_until_they_show_a_difference():
    """exp(400) has 174 digits before the point: 200 bits do not reach the last one."""
    large = sp.exp(400 * x)
    for spoiled in (0, 1, sp.Rational(1, 10**20)):
        outcome = exact.check(
            small(), Equation(sp.log(x**2) + large, large + 2 * sp.log(sp.Abs(x)) + spoiled)
        )
        assert outcome.agrees is (spoiled == 0)
        if outcome.agrees:
            assert 0 < float(outcome.error_bound) < 1e-30


def test_points_where_a_side_is_undefined_are_left_out():
    assert exact.check(small(), Equation(x / x + 0 * t[1], 1)).agrees is True
    inverse = Equation(1 / (x - 1) - 1 / (x + 1), 2 / (x**2 - 1))
    assert exact.check(small(), inverse).agrees is True
    assert exact.counterexample(small(), inverse) is None
    nowhere = Equation(1 / (total(delta(m, 1), m) - 1), x)
    outcome = exact.check(small(), nowhere)
    assert outcome.agrees is None
    assert "defined at none of the points tried" in outcome.detail


@pytest.mark.parametrize(
    ("hypotheses", "left", "right"),
    [
        ([Equation(total(t[m], m), 1)], L, x),
        ([Equation(t[m], 1 / n)], L, x),
        ([Equation(total(t[m], m), x / x)], L, x),
    ],
)
def test_hypotheses_are_met(hypotheses, left, right):
    assert exact.check(small(*hypotheses), Equation(left, right)).agrees is True
    assert exact.check(small(), Equation(left, right)).agrees is False


def test_only_hypotheses_on_the_inputs_of_a_statement_matter():
    impossible = small(Equation(total(t[m] * t[m], m), -1))
    outcome = exact.check(impossible, Equation(L, x))
    assert outcome.agrees is None
    assert "no inputs with a hypothesis could be drawn" in outcome.detail
    assert exact.counterexample(impossible, Equation(L, x)) is None
    assert exact.check(impossible, Equation(x**2, x * x)).agrees is True
    assert exact.check(impossible, Equation(x**2, x)).agrees is False


def test_what_has_no_exact_value_says_why():
    f = sp.Function("f")
    outcome = exact.check(small(), Equation(f(x), f(x) + 1))
    assert outcome.agrees is None
    assert "`f` has no value in real numbers" in outcome.detail
    assert exact.counterexample(small(), Equation(f(x), f(x) + 1)) is None
    outcome = exact.check(small(), Equation(sp.Sum(t[m], (m, 2, n)), x))
    assert (outcome.judge, outcome.agrees) == ("exact", None)
    assert "not over a whole range" in outcome.detail


def test_sizes_whose_arrays_are_too_large_are_left_out():
    ten = indices("a b c d e f g h p q", n)
    left = sp.Mul(*(t[index] for index in ten))
    outcome = exact.check(small(), Equation(left, 2 * left))
    assert outcome.agrees is False
    assert outcome.sizes["n"] < 3
    assert exact.check(small(), Equation(left, left * x / x)).agrees is True


def test_sizes_are_tried_by_their_total():
    scores = statement(Equation(s[i, j], 0))
    totals = [sum(sizes.values()) for sizes in scores.by_total(3)]
    assert totals == sorted(totals)
    assert len(totals) == 3 ** len(scores.names)
