"""The float64 judge of documents: true and false statements about models made by hand."""

import subprocess
import sys

import pytest
import sympy as sp

from proofs_checks.checks.float64_document import TOLERANCE, check
from proofs_checks.verdict import Counterexample
from theory.algebra.expressions import Equation, Inequality, StrictInequality
from theory.algebra.nodes import Applied, Determinant, MatrixInverse, Maximum, ProductOver
from theory.algebra.symbols import (
    Flow,
    Partial,
    Size,
    Step,
    Tensor,
    delta,
    indices,
    order_of,
    scalar,
    total,
)
from theory.models.model import Constraint, Definition, Model

n, m = Size("n"), Size("m")
i, j, k, l = indices("i j k l", n)
a, b = indices("a b", m)
x, w, A = Tensor("x", (n,)), Tensor("w", (n, m)), Tensor("A", (n, n))
p, h = Tensor("p", (n,), nonnegative=True), Tensor("h", (m,))
L, Z, t = scalar("L"), scalar("Z", positive=True), scalar("t")
eta, beta = scalar("eta", positive=True), scalar("beta", positive=True)
P, u = Tensor("P", (n,), nonnegative=True), Tensor("u", (n,))


def model(*constraints, features=None):
    """Return softmax P of beta x, h = w^T P and L = sum h^2 / 2."""
    return Model(
        name="document",
        title="",
        sizes=(n, m),
        inputs=(x, w, A, p, beta),
        definitions=(
            Definition(Z, total(sp.exp(beta * x[k]), k), ""),
            Definition(P[i], sp.exp(beta * x[i]) / Z, ""),
            Definition(h[a], total(w[i, a] * P[i], i), ""),
            Definition(L, total(h[a] ** 2, a) / 2, ""),
        ),
        loss=L,
        constraints=tuple(Constraint(e, f"hypothesis {c}") for c, e in enumerate(constraints)),
        vocabulary=(Definition(u[i], Partial(L, x[i]), "gradient"),),
        features=features or {},
    )


PLAIN = model()
gradient = beta * P[i] * (total(w[i, a] * h[a], a) - total(P[k] * w[k, a] * h[a], k, a))
f, g = (lambda *at: Applied.of("f", *at)), sp.Function("g")

TRUE = {
    "softmax": (total(P[i], i), sp.S.One),
    "jacobian": (Partial(P[i], x[j]), beta * P[i] * (delta(i, j) - P[j])),
    "diagonal of a jacobian": (Partial(P[i], x[i]), beta * P[i] * (1 - P[i])),
    "gradient": (Partial(L, x[i]), gradient),
    "name of a gradient": (u[i], gradient),
    "derived name": (Tensor("dL_dh", (m,))[a], h[a]),
    "derivative by a scalar": (Partial(sp.log(Z), beta), total(P[k] * x[k], k)),
    "hessian": (
        Partial(sp.log(Z), x[i], x[j]), beta**2 * P[i] * (delta(i, j) - P[j])
    ),
    "mixed": (Partial(L, x[i], w[j, a]), Partial(L, w[j, a], x[i])),
    "an entry": (Partial(P[1], x[2]), -beta * P[1] * P[2]),
    "last entry": (sp.Indexed(x, n), total(delta(i, n) * x[i], i)),
    "cut": (Partial(L, P[i]), total(w[i, a] * h[a], a)),
    "step": (
        Step(Z, eta, x[i]), -eta * total(beta * sp.exp(beta * x[k]) * Partial(L, x[k]), k)
    ),
    "flow": (
        Flow(L, (w[i, a], eta), (beta, 2)),
        -eta * total(Partial(L, w[i, a]) ** 2, i, a) - 2 * Partial(L, beta) ** 2,
    ),
    "index as a number": (total(i, i), n * (n + 1) / 2),
    "powers of a letter": (
        total(t**k, k) * (1 - t), t * (1 - t**n)
    ),
    "part of a range": (sp.Sum(x[k], (k, 2, n)), total(x[k], k) - x[1]),
    "up to an index": (
        sp.Sum(x[k], (k, 1, i)), total(order_of(n)[i, k] * x[k], k)
    ),
    "shifted delta": (total(sp.KroneckerDelta(i + 1, k) * x[k], i, k), total(x[k], k) - x[1]),
    "hyperbolic": (sp.tanh(t), 1 - 2 / (1 + sp.exp(2 * t))),
    "opaque": (
        Partial(f(x[i] * t), t), x[i] * Applied("f", (1,), x[i] * t)
    ),
    "opaque of two": (
        Partial(f(t, t**2), t),
        Applied("f", (1, 0), t, t**2) + 2 * t * Applied("f", (0, 1), t, t**2),
    ),
    "second derivative of an opaque": (
        Partial(Applied("f", (1, 0), t, beta), beta), Applied("f", (1, 1), t, beta)
    ),
    "undefined function": (Partial(total(g(x[k]), k), x[i]), Partial(g(x[i]), x[i])),
    "inverse": (
        total(A[i, k] * MatrixInverse(A[i, j], i, j, k, l), k), delta(i, l)
    ),
    "derivative of an inverse": (
        Partial(MatrixInverse(A[i, j], i, j, 1, 2), A[k, l]),
        -MatrixInverse(A[i, j], i, j, 1, k) * MatrixInverse(A[i, j], i, j, l, 2),
    ),
    "second derivative of an inverse": (
        Partial(MatrixInverse(t * A[i, j], i, j, k, l), t, t),
        2 * MatrixInverse(A[i, j], i, j, k, l) / t**3,
    ),
    "determinant": (
        Partial(Determinant(A[i, j], i, j), A[k, l]),
        Determinant(A[i, j], i, j) * MatrixInverse(A[i, j], i, j, l, k),
    ),
    "singular determinant": (Determinant(x[i] * x[j], i, j), 0 * t),
    "product": (ProductOver(sp.exp(x[k]), k), sp.exp(total(x[k], k))),
    "derivative of a product": (
        x[i] * Partial(ProductOver(x[k], k), x[i]), ProductOver(x[k], k)
    ),
    "maximum": (Maximum(x[k] + t, k), Maximum(x[k], k) + t),
    "maximum moves with one": (total(Partial(Maximum(x[k], k), x[i]), i), sp.S.One),
    "relu": (sp.Max(t, 0) - sp.Max(-t, 0), t),
    "smallest": (sp.Min(t, beta), -sp.Max(-t, -beta)),
    "signs": (sp.Abs(t), t * sp.sign(t)),
}  # fmt: skip


@pytest.mark.parametrize("name", TRUE)
def test_true_statements_agree(name):
    outcome = check(PLAIN, Equation(*TRUE[name]))
    assert outcome.judge == "float64"
    assert outcome.agrees is True, outcome.detail
    assert float(outcome.error_bound) <= TOLERANCE


@pytest.mark.parametrize("name", TRUE)
def test_a_relative_change_of_a_billionth_is_seen(name):
    left, right = TRUE[name]
    wrong = right + sp.Rational(1, 10**8) if right == 0 else right * (1 + sp.Rational(1, 10**9))
    outcome = check(PLAIN, Equation(left, wrong))
    assert outcome.agrees is False, outcome.detail
    assert "allowed 1e-12" in outcome.detail
    assert outcome.worst["left"] != outcome.worst["right"]


FALSE = {
    "sign": (Partial(P[i], x[j]), beta * P[i] * (delta(i, j) + P[j])),
    "baseline": (Partial(L, x[i]), beta * P[i] * total(w[i, a] * h[a], a)),
    "absolute value": (sp.Abs(t), t),
    "transposed": (MatrixInverse(A[i, j], i, j, k, l), MatrixInverse(A[i, j], i, j, l, k)),
    "sizes": (total(delta(i, j), i, j), m),
    "opaque is not linear": (f(2 * t), 2 * f(t)),
    "opaque is not symmetric": (f(t, beta), f(beta, t)),
    "names of functions": (f(t), Applied.of("g", t)),
    "derivative by what is derived": (Partial(L, h[a]), 2 * h[a]),
}


@pytest.mark.parametrize("name", FALSE)
def test_false_statements_are_contradicted(name):
    assert check(PLAIN, Equation(*FALSE[name])).agrees is False


def test_a_result_far_smaller_than_its_terms_is_judged_on_their_scale():
    rest = total(P[i], i) - 1
    assert check(PLAIN, Equation(rest * t, 0 * t)).agrees is True
    assert check(PLAIN, Equation(rest + sp.Rational(1, 10**11), 0 * t)).agrees is False


def test_inequalities_are_violated_or_not():
    assert check(PLAIN, Inequality(P[i], sp.S.One)).agrees is True
    assert check(PLAIN, Inequality(2 * t, t**2 + 1)).agrees is True
    assert check(PLAIN, StrictInequality(sp.S.Zero, Z)).agrees is True
    assert check(PLAIN, Inequality(t, sp.S.Zero)).agrees is False


SATISFIED = {
    "rows that sum to one": ((Equation(total(p[i], i), 1),), total(3 * p[i], i), 3),
    "a number": ((Equation(t, sp.Rational(1, 3)),), 9 * t**2, 1),
    "an expression": ((Equation(x[i], t * p[i]),), total(x[i], i), t * total(p[i], i)),
    "symmetric": (
        (Equation(A[i, j], A[j, i]),),
        total(A[i, k] * x[k], k), total(A[k, i] * x[k], k),
    ),
    "orthogonal": (
        (Equation(total(A[k, i] * A[k, j], k), delta(i, j)),),
        total(A[i, k] * A[j, k], k), delta(i, j),
    ),
    "one-hot": (
        (Equation(p[i] * p[j], delta(i, j) * p[i]), Equation(total(p[i], i), 1)),
        total(p[i] ** 3, i), 1,
    ),
    "zeros and ones": ((Equation(A[i, j] ** 2, A[i, j]),), A[i, j] ** 5, A[i, j]),
    "through definitions": ((Equation(total(h[a], a), 0),), h[1], h[1] - total(h[a], a)),
    "gradient": ((Equation(Partial(L, beta), 0),), total(x[i] * Partial(L, x[i]), i), 0),
    "two at once": (
        (Equation(total(x[i], i), 0), Equation(total(x[i] ** 2, i), 1)),
        total((x[i] + t) ** 2, i), 1 + n * t**2,
    ),
    "of something else": ((Equation(t**2, 0),), total(P[i], i), 1),
}  # fmt: skip


@pytest.mark.parametrize("name", SATISFIED)
def test_inputs_meet_the_hypotheses(name):
    hypotheses, left, right = SATISFIED[name]
    outcome = check(model(*hypotheses), Equation(left, right))
    assert outcome.agrees is True, outcome.detail


@pytest.mark.parametrize("name", [x for x in SATISFIED if x != "of something else"])
def test_without_the_hypotheses_they_are_contradicted(name):
    _, left, right = SATISFIED[name]
    assert check(PLAIN, Equation(left, right)).agrees is False


@pytest.mark.parametrize("name", SATISFIED)
def test_points_of_the_hypotheses_still_show_differences(name):
    hypotheses, left, right = SATISFIED[name]
    wrong = right + sp.Rational(1, 10**6) * total(h[a] ** 2 + P[1], a)
    assert check(model(*hypotheses), Equation(left, wrong)).agrees is False


def test_masks_are_zeros_and_ones():
    M = Tensor("M", (n, n), nonnegative=True)
    head = Model("d", "", (n,), (M,), (Definition(L, total(M[i, j], i, j), ""),), L,
                 features={"mask": "causal"})  # fmt: skip
    assert check(head, Equation(L, n * (n + 1) / 2)).agrees is True
    arbitrary = Model("d", "", (n,), (M,), head.definitions, L, features={"mask": "arbitrary"})
    assert check(arbitrary, Equation(M[i, j] ** 2, M[i, j])).agrees is True
    assert check(arbitrary, Equation(L, n * (n + 1) / 2)).agrees is False


negative = Model(
    "d", "", (), (t,), (Definition(Z, -1 - t**2, ""), Definition(L, Z, "")), L
)  # fmt: skip
other = Tensor("x", (n, n))
NONE = {
    "degenerate": (model(Equation(t**2, 0)), t, 0, "no inputs with hypothesis 0 could be drawn"),
    "contradictory": (model(Equation(sp.exp(t), 0)), t, 0, "no inputs with hypothesis 0 could"),
    "an inequality": (model(Inequality(t, -100 - t**2)), t, t, "no inputs with hypothesis 0 could"),
    "of sizes": (model(Equation(n, 1)), total(x[i], i), x[1], "no inputs with hypothesis 0 could"),
    "sign": (model(Equation(beta, -1)), beta, -1, "`beta` would be negative where the hypotheses"),
    "undefined": (
        model(Equation(sp.log(-(t**2)), 0)), t, 0, "the hypotheses are undefined where they were",
    ),
    "declared": (negative, L, L + 0 * t, "`Z`, declared nonnegative, is negative where it was"),
    "nowhere": (PLAIN, sp.log(-1 - t**2), t, "both sides are undefined or overflow at every"),
    "unknown node": (PLAIN, sp.Derivative(g(t), t), t, r"\(Derivative\) has no float64 value here"),
    "infinite": (PLAIN, sp.oo + 0 * t, t, r"\(Infinity\) has no float64 value here"),
    "large": (PLAIN, sp.Integer(10) ** 400 * t, t, "a number is larger than float64 can hold"),
    "bare tensor": (PLAIN, sp.Symbol("x", real=True) + x[1], t, "`x` stands with other indices"),
    "two shapes": (PLAIN, x[i], other[i, i], "`x` stands with other indices elsewhere"),
    "slots": (PLAIN, sp.Indexed(x, i, j), t, "has other indices than its tensor"),
    "wrong size": (PLAIN, sp.Indexed(x, a), t, "`a` stands in `x.a.` for an index over n"),
    "computed index": (PLAIN, sp.Indexed(x, i + 1), t, r"`i \+ 1` stands in"),
    "delta of numbers": (PLAIN, sp.KroneckerDelta(i, t), t, "does not compare indices"),
    "sum over a letter": (PLAIN, sp.Sum(t, (t, 1, n)), n, "`t` is summed over and ranges over no"),
    "beyond the range": (PLAIN, sp.Sum(x[k], (k, 0, n)), t, "leaves the range of k"),
    "twice over a part": (
        PLAIN, sp.Sum(t, (k, 1, n), (k, 1, k)), t, "`k` is summed over twice, and not over its",
    ),
    "derivative by a product": (PLAIN, Partial(L, t * beta), t, "is no entry and no scalar to"),
    "downstream": (
        PLAIN, Partial(Partial(L, x[i]), P[j]), t, "by `x` is differentiated by `P`, which is",
    ),
    "moving together": (
        PLAIN, Step(L, eta, x[i], P[i]), t, "`P` moves together with what it is computed from",
    ),
    "one entry moves": (PLAIN, Step(L, eta, x[1]), t, "is one entry; what moves is the whole"),
    "rates of entries": (PLAIN, Step(L, p[i], x[i]), t, "an index stands free inside a step"),
}  # fmt: skip


@pytest.mark.parametrize("name", NONE)
def test_what_cannot_be_judged_is_said(name):
    about, left, right, reason = NONE[name]
    outcome = check(about, Equation(left, right))
    assert outcome.agrees is None
    with pytest.raises(AssertionError, match=reason):
        raise AssertionError(outcome.detail)


def test_a_large_determinant_is_not_written_out():
    outcome = check(PLAIN, Equation(Determinant(A[i, j], i, j), t), sizes={"n": 9})
    assert outcome.agrees is None
    assert "the determinant of a matrix with 9 rows is too much" in outcome.detail


def test_a_model_may_have_hundreds_of_lines():
    lines, last = [], t
    for number in range(400):
        y = scalar(f"y{number}")
        lines.append(Definition(y, sp.sin(last) + t / 2, ""))
        last = y
    long = Model("d", "", (), (t,), (*lines, Definition(L, last**2, "")), L)
    assert check(long, Equation(Partial(L, t), 2 * last * Partial(last, t))).agrees is True
    assert check(long, Equation(Partial(L, t), last * Partial(last, t))).agrees is False


def test_a_statement_may_be_nested_too_deeply():
    deep = t
    for _ in range(900):
        deep = sp.sin(deep, evaluate=False)
    outcome = check(PLAIN, Equation(deep, t))
    assert (outcome.agrees, outcome.detail) == (None, "the statement is nested too deeply")


def test_undefined_entries_are_skipped_and_counted():
    outcome = check(PLAIN, Equation(sp.log(x[i] ** 2), 2 * sp.log(x[i])))
    assert outcome.agrees is True
    assert "undefined entries skipped" in outcome.detail


def test_what_underflows_is_tried_with_smaller_inputs():
    steep = sp.exp(-sp.exp(10 * beta))
    assert check(PLAIN, Equation(steep * t / steep, t)).agrees is True


def test_sizes_are_chosen_large_enough_for_positions():
    outcome = check(PLAIN, Equation(x[7] * delta(i, 7), x[i] * delta(i, 7)))
    assert outcome.agrees is True
    assert outcome.sizes["n"] == 7
    assert check(PLAIN, Equation(total(x[i], i), x[1]), sizes={"n": 1}).agrees is True


def test_a_point_can_be_asked_for():
    sizes = {"n": 2, "m": 1}
    positive = Counterexample(sizes, {"t": "1/2"}, {}, "1/2", "1/2")
    assert check(PLAIN, Equation(sp.Abs(t), t), point=positive).agrees is True
    found = check(
        PLAIN, Equation(sp.Abs(t), t), point=Counterexample(sizes, {"t": "-1/2"}, {}, "1/2", "-1/2")
    )
    assert (found.worst["left"], found.worst["right"]) == (0.5, -0.5)
    entries = {"x_{1}": "1", "x_{2}": "3", "beta": "[0.3 +/- 1e-9]"}
    there = Counterexample(sizes, entries, {}, "4", "0")
    found = check(PLAIN, Equation(total(x[i], i), 0), point=there)
    assert found.worst["left"] == 4.0


def test_answers_are_the_same_for_the_same_seed():
    statement = Equation(Partial(L, x[i]), gradient + beta)
    first, again = (check(PLAIN, statement, seed=3).worst for _ in range(2))
    assert first == again
    assert check(PLAIN, statement, seed=4).worst != first


def test_it_shares_nothing_with_the_other_judges():
    forbidden = (
        "theory.algebra.polynomial", "theory.algebra.ring", "theory.algebra.reading",
        "theory.algebra.canonical", "theory.algebra.normal_form", "theory.models",
        "proofs_checks.checks.evaluation", "proofs_checks.claims", "torch",
    )  # fmt: skip
    program = (
        "import sys, proofs_checks.checks.float64_document\n"
        f"print([x for x in sys.modules if x.startswith({forbidden!r})])"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert run.stdout.strip() == "[]", run.stdout + run.stderr
