"""Inverses, determinants, products, maxima and opaque functions before every judge."""

import re

import pytest
import sympy as sp

from proofs_checks.checks import exact, interval, modular, normal_form
from proofs_checks.checks.evaluation.nodes import NotApplicable
from proofs_checks.checks.evaluation.program import program_of
from proofs_checks.judging import judge
from tests.proofs_checks.checks.node_statements import (
    AB,
    FALSE,
    MODEL,
    ORDERED,
    TRUE,
    A,
    B,
    N,
    S,
    X,
    a,
    b,
    det,
    f,
    i,
    inv,
    j,
    k,
    lam,
    loss,
    product,
    q,
    t,
    u,
    x,
)
from tests.proofs_checks.checks.random_nodes import Generator
from theory.algebra.binders import Binder
from theory.algebra.expressions import Equation, Inequality
from theory.algebra.limits import AlgebraError
from theory.algebra.nodes import Applied, Maximum, ProductOver
from theory.algebra.reading import Reader
from theory.algebra.ring import Ring
from theory.algebra.symbols import Partial, Size, Tensor, indices, total
from theory.models import theory_of
from theory.models.model import Constraint, Definition, Model

POINTS = {"modular": modular, "exact": exact, "interval": interval}


@pytest.mark.parametrize("name", TRUE)
def test_what_is_true_is_proved_for_all_sizes(name):
    outcome, _ = normal_form.check(MODEL, Equation(*TRUE[name]))
    assert outcome.agrees is True, outcome.detail


@pytest.mark.parametrize("name", TRUE)
@pytest.mark.parametrize("point", POINTS)
def test_what_is_true_is_seen_so_by_every_judge(name, point):
    outcome = POINTS[point].check(MODEL, Equation(*TRUE[name]))
    assert outcome.agrees is True, outcome.detail


@pytest.mark.parametrize("name", ORDERED)
def test_maxima_are_judged_by_all_but_the_finite_field(name):
    statement = Equation(*ORDERED[name])
    assert normal_form.check(MODEL, statement)[0].agrees is True
    assert exact.check(MODEL, statement).agrees is True
    assert interval.check(MODEL, statement).agrees is True
    seen = modular.check(MODEL, statement)
    if (statement.left - statement.right) != 0 and statement.left != statement.right:
        assert seen.agrees is None
        assert "a largest value has no meaning over a finite field" in seen.detail


@pytest.mark.parametrize("name", FALSE)
def test_what_is_false_is_refuted_and_never_proved(name):
    statement = Equation(*FALSE[name])
    outcome, _ = normal_form.check(MODEL, statement)
    assert outcome.agrees is None
    verdict = judge(MODEL, statement)
    assert verdict.status == "refuted", verdict.detail
    assert verdict.counterexample is not None
    seen = modular.check(MODEL, statement, sizes=verdict.counterexample.sizes)
    assert seen.agrees is not True


@pytest.mark.parametrize("seed", range(60))
def test_the_normal_form_of_a_random_expression_has_its_values(seed):
    expression = Generator(seed).expression(3 + seed % 3)
    try:
        polynomial = Reader(Ring(MODEL.rules)).read(expression)
        back = theory_of(MODEL).write(polynomial, expression)
    except AlgebraError as error:
        assert re.search("Kronecker delta|matrix of zeros|identically zero", str(error))
        return
    outcome = exact.check(MODEL, Equation(expression, back))
    assert outcome.agrees is not False, f"{expression} -> {back}: {outcome.detail}"
    assert Reader(Ring(MODEL.rules)).read(back).names == polynomial.names


# -- what a counterexample says -----------------------------------------------------------------


def test_a_counterexample_names_the_polynomials_that_stand_for_functions():
    point = exact.counterexample(MODEL, Equation(f(x[i] + t), f(x[i]) + f(t)))
    assert point is not None
    assert re.fullmatch(r"-?[23 ]*x\^3( [+-] [23 ]*x(\^2)?){2} [+-] [123]", point.point["f(x)"])


def test_a_counterexample_can_be_checked_by_hand():
    point = exact.counterexample(MODEL, Equation(f(t), Applied.of("h", t)))
    assert point is not None
    values = {"x": sp.Rational(point.point["t"])}
    for side, name in ((point.left, "f(x)"), (point.right, "h(x)")):
        text = re.sub(r"(\d) x", r"\1*x", point.point[name]).replace("^", "**")
        polynomial = sum(_term(part, values["x"]) for part in re.findall(r"[+-]?[^+-]+", text))
        assert polynomial == sp.Rational(side)


def _term(text, value):
    """The value of one term such as - 2*x**3 at a number."""
    match = re.fullmatch(r"\s*([+-]?)\s*(\d+)?\*?(x)?(?:\*\*(\d))?\s*", text)
    assert match is not None
    sign = -1 if match[1] == "-" else 1
    return sign * int(match[2] or 1) * (value ** int(match[4] or 1) if match[3] else 1)


def test_a_box_names_the_polynomials_too():
    statement = Equation(f(t) * sp.exp(t), f(t))
    point = interval.counterexample(MODEL, statement)
    assert point is not None and "f(x)" in point.point


def test_functions_of_two_arguments_are_named_with_both():
    point = exact.counterexample(MODEL, Equation(f(t, u), f(u, t)))
    assert point is not None and "x y" in point.point["f(x, y)"]


def test_a_derivative_beyond_the_third_is_not_taken_for_zero():
    statement = Equation(f(t, orders=(7,)), 0)
    assert exact.check(MODEL, statement).agrees is False
    assert modular.check(MODEL, statement).agrees is False


def test_a_function_of_too_many_arguments_is_left_alone():
    many = f(*[t + n for n in range(8)])
    assert "variables is needed" in exact.check(MODEL, Equation(many, 0)).detail
    assert "variables is needed" in modular.check(MODEL, Equation(many, 0)).detail


# -- hypotheses, domains, derivatives -----------------------------------------------------------


def test_a_symmetric_matrix_is_drawn_and_the_hypothesis_is_named():
    statement = Equation(inv(S[a, b], i, j), inv(S[a, b], j, i))
    verdict = judge(MODEL, statement)
    assert verdict.status == "proved" and verdict.hypotheses == ("S is symmetric",)
    point = exact.counterexample(MODEL, Equation(S[i, j], x[i]))
    assert point is not None
    free = Equation(inv(A[a, b], i, j), inv(A[a, b], j, i))
    assert judge(MODEL, free).status == "refuted"


def test_a_counterexample_keeps_a_symmetric_matrix_symmetric():
    point = exact.counterexample(MODEL, Equation(total(S[i, j] * x[j], j), x[i] * det(S[a, b])))
    assert point is not None
    n = point.sizes["n"]
    for row in range(1, n + 1):
        for column in range(1, n + 1):
            assert point.point[f"S_{{{row}{column}}}"] == point.point[f"S_{{{column}{row}}}"]


def test_a_hypothesis_that_only_looks_like_symmetry_is_no_symmetry():
    h, m, n = Size("h"), *indices("m n", N)
    (p,) = indices("p", h)
    P = Tensor("P", (h, N, N))
    model = Model(
        name="heads",
        title="",
        sizes=(h, N),
        inputs=(P, t),
        definitions=(Definition(loss, t, "loss"),),
        loss=loss,
        constraints=(Constraint(Equation(P[p, m, n], P[p, n, m]), "P symmetric"),),
    )
    assert judge(model, Equation(P[p, m, n], P[p, n, m])).status == "proved"
    assert judge(model, Equation(P[p, m, m], P[p, n, n])).status == "refuted"


def test_a_singular_draw_is_drawn_again():
    statement = Equation(sp.log(det(A[a, b])), sp.log(det(A[b, a])))
    for judged in POINTS.values():
        assert judged.check(MODEL, statement).agrees is True


def test_a_matrix_that_is_always_singular_has_no_say():
    ones = Equation(inv(x[a] * x[b], i, j), inv(x[a] * x[b], i, j) + 1)
    assert exact.check(MODEL, Equation(*ones.args)).agrees is False  # at n = 1 it is regular
    assert "occurs" in modular.check(MODEL, ones).detail


def test_an_inequality_between_maxima_is_judged_at_points():
    true = Inequality(Maximum(x[k] + t * 0, k), Maximum(sp.Max(x[k], t), k))
    assert exact.check(MODEL, true).agrees is True
    assert exact.check(MODEL, Inequality(Maximum(x[k], k), x[i])).agrees is False


@pytest.mark.parametrize("value", [sp.Max(t, u), sp.Min(t, u) * 2, Maximum(t * x[k], k)])
def test_a_maximum_has_no_derivative_for_any_judge(value):
    statement = Equation(Partial(value, t), 1)
    assert "has no derivative" in normal_form.check(MODEL, statement)[0].detail
    for judged in POINTS.values():
        assert "has no derivative" in judged.check(MODEL, statement).detail


def test_a_maximum_in_the_model_leaves_other_derivatives_alone():
    h = Tensor("h", (N,))
    model = Model(
        name="relu",
        title="",
        sizes=(N,),
        inputs=(x, t),
        definitions=(
            Definition(h[i], sp.Max(0, x[i]), "relu"),
            Definition(loss, total(h[k] ** 2, k) + t**2, "loss"),
        ),
        loss=loss,
    )
    assert judge(model, Equation(Partial(loss, h[i]), 2 * h[i])).status == "proved"
    assert judge(model, Equation(Partial(loss, t), 2 * t)).status == "proved"
    verdict = judge(model, Equation(Partial(loss, x[i]), 0))
    assert verdict.status == "undecided"
    assert "a maximum stands between `x[i]` and the loss" in verdict.detail


def test_the_determinant_of_a_product_of_one_column_is_no_product_of_determinants():
    rank_one = total(X[q, a] * X[q, b], q)
    assert judge(MODEL, Equation(det(rank_one), 0)).status == "refuted"


def test_a_product_is_right_where_a_factor_is_zero():
    at_zero = Equation(Partial(product(x[k] * t), t), 0)
    assert judge(MODEL, at_zero).status == "refuted"
    both = Equation(Partial(product(x[k]), x[i]), Partial(product(x[k] + 0), x[i]))
    assert exact.check(MODEL, both).agrees is True


def test_a_sum_twice_over_one_index_counts_its_size():
    twice = sp.Sum(t, (k, 1, N), (k, 1, N))
    assert judge(MODEL, Equation(twice, N**2 * t)).status == "proved"


def test_powers_by_sizes_are_whole_numbers_for_every_judge():
    statement = Equation((-t) ** N * (-1) ** N, t**N)
    assert judge(MODEL, statement).status == "proved"
    assert exact.check(MODEL, Equation((-1) ** N, 1)).agrees is False
    derivative = Equation(Partial(t ** (N + 1), t), (N + 1) * t**N)
    for judged in POINTS.values():
        assert judged.check(MODEL, derivative).agrees is True


def test_an_unknown_binder_has_no_value():
    class Median(Binder):
        """No node of the calculus."""

    with pytest.raises(NotApplicable, match="has no value here"):
        program_of(MODEL).read(Median(x[k], k))


def test_log_determinants_are_taken_apart_over_the_finite_field():
    rows = x[a] * lam * A[a, b]
    statement = Equation(
        sp.log(det(rows)), N * sp.log(lam) + total(sp.log(x[k]), k) + sp.log(det(A[a, b]))
    )
    assert modular.check(MODEL, statement).agrees is True
    chain = Equation(sp.log(det(AB)), sp.log(det(A[a, b])) - sp.log(det(B[a, b])))
    assert modular.check(MODEL, chain).agrees is not True
    double = Equation(
        sp.log(ProductOver(ProductOver(lam * x[k], i), k)),
        N**2 * sp.log(lam) + N * total(sp.log(x[k]), k),
    )
    assert modular.check(MODEL, double).agrees is True
