"""Where sides are defined: terms that do not occur, odd roots, symbolic powers, domains by hand."""

import pickle

import pytest
import sympy as sp

from proofs_checks.checks import exact, interval
from proofs_checks.judging import judge
from tests.proofs_checks.checks.own_models import (
    M,
    disagreeing,
    i,
    j,
    k,
    n,
    order,
    r,
    verdict,
    w,
    x,
)
from theory.algebra.domain import promises
from theory.algebra.expressions import (
    Equation,
    Inequality,
    StrictInequality,
    is_condition,
    is_whole,
    substitute,
)
from theory.algebra.symbols import delta, scalar, total
from theory.models import model_named


def cbrt(b):
    return sp.Pow(b, sp.Rational(1, 3), evaluate=False)


def power(b, p, q=1):
    return sp.Pow(b, sp.Rational(p, q), evaluate=False)


LOGS = (1 + sp.log(M[i, j])) ** 2
SAME_LOGS = 1 + 2 * sp.log(M[i, j]) + sp.log(M[i, j]) ** 2

TRUE = {
    "a cube root of a product": (cbrt(r * x), cbrt(r) * cbrt(x)),
    "the cube of a cube root": (cbrt(r) ** 3, r),
    "the cube root of a cube": (cbrt(power(r, 3)), r),
    "-8": (cbrt(sp.Integer(-8)), -2),
    "a magnitude": (sp.Abs(cbrt(r)), power(sp.Abs(r), 1, 3)),
    "of minus r": (cbrt(-r), -cbrt(r)),
    "squares": (power(r**2, 1, 3), cbrt(r) ** 2),
    "a sum": (cbrt(8 * r + 8 * x), 2 * cbrt(r + x)),
    "the root of a power": (power(power(r, 2, 3), 1, 2), power(sp.Abs(r), 1, 3)),
    "exp of log": (sp.exp(sp.log(r), evaluate=False), sp.Abs(r)),
    "even powers by an index": (sp.Abs(r ** (2 * k)), r ** (2 * k)),
    "powers by an index": ((r * x) ** k, r**k * x**k),
    "a sign": (sp.Abs((-1) ** k), 1),
    "symbolic powers": (r**x * r, r ** (x + 1)),
    "a split sum of logarithms": (
        total(order[j, k] * sp.log(w[k]), k) + total((1 - order[j, k]) * sp.log(w[k]), k),
        total(sp.log(w[k]), k),
    ),
    "off-diagonal": (total((1 - delta(i, j)) * LOGS, j), total((1 - delta(i, j)) * SAME_LOGS, j)),
}
FALSE = {
    "the magnitude of a cube root": (sp.Abs(cbrt(r)), cbrt(r)),
    "the root of a power without magnitude": (power(power(r, 2, 3), 1, 2), cbrt(r)),
    "symbolic even powers": (sp.Abs(r ** (2 * x)), r ** (2 * x)),
    "odd powers by an index": (sp.Abs(r ** (2 * k - 1)), r ** (2 * k - 1)),
    "from the second": (
        total((1 - delta(k, 1)) * sp.log(w[k]), k) + sp.Abs(w[1]),
        -total((1 - delta(k, 1)) * sp.log(1 / w[k]), k) + w[1],
    ),
    "other terms": (
        total((1 - delta(j, k)) * sp.log(w[k]), k) + sp.Abs(w[j]),
        -total((1 - delta(j, k)) * sp.log(1 / w[k]), k) + w[j],
    ),
    "later terms": (
        total((1 - order[j, k]) * sp.sqrt(w[k]), k) + sp.Abs(w[j]),
        total((1 - order[j, k]) * sp.sqrt(w[k]), k) + w[j],
    ),
    "earlier terms": (
        total((order[j, k] - delta(j, k)) * sp.log(w[k]), k) + sp.Abs(w[j]),
        total((order[j, k] - delta(j, k)) * sp.log(w[k]), k) + w[j],
    ),
    "off-diagonal, then the diagonal": (
        total((1 - delta(i, j)) * LOGS, i, j) + total(sp.Abs(M[i, i]), i),
        total((1 - delta(i, j)) * SAME_LOGS, i, j) + total(M[i, i], i),
    ),
    "below the diagonal, then above": (
        total((1 - order[j, i]) * sp.log(M[i, j]), i, j)
        + total(order[j, i] * sp.Abs(M[i, j]), i, j),
        total((1 - order[j, i]) * sp.log(M[i, j]), i, j) + total(order[j, i] * M[i, j], i, j),
    ),
}


@pytest.mark.parametrize("name", TRUE)
def test_what_is_true_where_both_sides_are_defined_is_proved(name):
    found = verdict(*TRUE[name])
    assert found.status == "proved", found.detail
    assert disagreeing(found) == []


@pytest.mark.parametrize("name", FALSE)
def test_what_is_false_at_a_point_where_both_are_is_refuted(name):
    found = verdict(*FALSE[name])
    assert found.status == "refuted", found.detail


def test_a_sum_from_which_a_term_is_taken_promises_nothing_of_that_term():
    left = total(sp.log(w[k]), k) - sp.log(w[1]) + sp.Abs(w[1])
    right = -total(sp.log(1 / w[k]), k) + sp.log(1 / w[1]) + w[1]
    assert verdict(left, right).status == "refuted"
    rest = total(sp.log(w[k]), k) - sp.log(w[1])
    assert verdict(rest, total((1 - delta(k, 1)) * sp.log(w[k]), k)).status == "proved"
    assert verdict(2 * rest, rest).status == "refuted"
    assert promises(total(sp.log(w[k]), k) - sp.log(w[1])).nonnegative == frozenset()
    assert promises(total(sp.log(w[k]), k) - sp.log(r)).nonnegative == {"w", "r"}


def test_what_is_promised():
    assert promises(sp.log(w[k])).nonnegative == {"w"}
    assert promises(sp.log(w[1])).nonnegative == frozenset()
    assert promises(cbrt(w[k])).nonnegative == frozenset()
    assert promises(sp.sqrt(cbrt(r), evaluate=False)).nonnegative == {"r"}
    assert promises(delta(k, 1) * sp.log(w[k])).nonnegative == frozenset()
    assert promises(w[k] * sp.log(w[k] / r) + sp.log(r)).nonnegative == {"r"}
    assert promises((1 - delta(k, 1)) * w[k] + r).uses == {"r"}


def test_a_definition_that_is_used_on_a_part_only_promises_nothing():
    from theory.algebra.normal_form import proved_equal
    from theory.algebra.reading import Unfolding
    from theory.algebra.symbols import Tensor

    logs = Tensor("logs", (n,))
    unfold = {"logs": Unfolding((k,), sp.log(w[k]))}
    everywhere = total(logs[k], k)
    partly = total((1 - delta(k, 1)) * logs[k], k)
    assert proved_equal(everywhere + sp.Abs(w[j]), everywhere + w[j], (), unfold)
    assert not proved_equal(partly + sp.Abs(w[j]), partly + w[j], (), unfold)


NOTED = {
    "defined": (sp.log(r),),
    "positive": (StrictInequality(0, r),),
    "not negative": (Inequality(0, r),),
}


@pytest.mark.parametrize("name", NOTED)
def test_a_domain_that_is_noted_counts(name):
    assert verdict(r, sp.Abs(r)).status == "refuted"
    found = verdict(r, sp.Abs(r), domain=NOTED[name])
    assert found.status == "proved"
    assert {o.judge for o in found.checks if o.agrees} >= {"normal_form", "exact"}
    wrong = verdict(r, 2 * sp.Abs(r), domain=NOTED[name])
    assert wrong.status == "refuted" and not wrong.counterexample.point["r"].startswith("-")


def test_points_outside_the_domain_are_left_out_by_every_judge():
    head = model_named("attention-head")
    B = head.tensors["s"]
    a, b = (head.index(letter, "T") for letter in "ij")
    entry = B[a, b]
    equation = Equation(entry, sp.Abs(entry), (sp.log(entry),))
    assert exact.check(head, equation).agrees is not False
    assert interval.check(head, equation).agrees is not False
    assert judge(head, equation).status == "proved"
    assert judge(head, Equation(entry, sp.Abs(entry))).status == "refuted"
    met = Equation(r, x, (Equation(r, 1), Equation(x, 1)))
    assert judge(head, met).status == "undecided"


def test_the_domain_is_part_of_the_statement():
    plain, noted = Equation(r, x), Equation(r, x, (sp.log(r),))
    assert plain != noted and noted == Equation(r, x, (sp.log(r),))
    assert pickle.loads(pickle.dumps(noted)) == noted
    assert substitute(noted, {r: x}) == Equation(x, x, (sp.log(x),))
    assert noted.args == (r, x)


def test_conditions_and_whole_numbers_are_recognised():
    c = scalar("c")
    assert is_condition(1 - delta(k, 1)) and is_condition(order[i, j] * (1 - delta(i, j)))
    assert not is_condition(w[k] - delta(k, 1)) and not is_condition(sp.Integer(1))
    assert is_whole(2 * k - i) and is_whole(n - k) and not is_whole(k / 2) and not is_whole(c * k)
