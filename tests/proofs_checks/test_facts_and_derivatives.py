"""No fact about a quantity is used before the derivative by it; powers that cannot be judged."""

import pytest
import sympy as sp

from proofs_checks.checks import autograd, modular
from tests.proofs_checks.checks.own_models import OWN, L, assuming, i, j, k, n, verdict, w, x
from theory.algebra.expressions import Equation
from theory.algebra.limits import AlgebraError
from theory.algebra.symbols import Partial, Tensor, delta, scalar, total
from theory.models import Definition, Model, model_named, theory_of

P, V = Tensor("P", (n,)), Tensor("V", (n,))
SOFTMAX = Definition(P[i], sp.exp(w[i]) / total(sp.exp(w[k]), k), "")
ROWS = total(P[k], k) ** 2
SQUARE = Model(
    "square", "", (n,), (w,), (SOFTMAX, Definition(L, ROWS, "")), L,
    vocabulary=(Definition(V[i], Partial(L, P[i]), ""),),
)  # fmt: skip
FREE = Model(
    "free energy", "", (n,), (w,),
    (SOFTMAX, Definition(L, sp.log(total(sp.exp(w[k]), k)), "")), L,
    vocabulary=(Definition(V[i], Partial(L, w[i]), ""),),
)  # fmt: skip


@pytest.mark.parametrize(
    ("model", "left", "right"),
    [
        (SQUARE, Partial(ROWS, P[i], P[j]), 2),
        (SQUARE, Partial(L, P[i], P[j]), 2),
        (SQUARE, Partial(V[i], P[j]), 2),
        (SQUARE, Partial(L, w[i]), 0),
        (FREE, Partial(L, w[i], P[j]), 0),
        (FREE, Partial(L, w[i], w[j]), P[i] * (delta(i, j) - P[j])),
    ],
)
def test_one_differentiates_first_then_inserts(model, left, right):
    assert verdict(left, right, model=model).status == "proved"
    assert verdict(left, right + 1, model=model).status == "refuted"


def test_a_line_that_was_derived_with_a_fact_is_not_differentiated_by_what_it_speaks_of():
    with pytest.raises(AlgebraError, match="`V` was derived with a fact about `P`"):
        theory_of(FREE).resolve(Partial(V[i], P[j]))
    assert verdict(Partial(V[i], P[j]), 0, model=FREE).status != "inconsistent"
    assert verdict(Partial(V[i], P[j]), delta(i, j), model=FREE).status == "refuted"


def test_powers_that_a_judge_cannot_take_say_why():
    head = model_named("attention-head")
    s = head.tensors["s"]
    a, b = (head.index(letter, "T") for letter in "ij")
    outcome = autograd.check(head, Equation(Partial(s[a, b] ** b, s[a, b]), 0))
    assert "a power whose exponent is an index is not differentiated here" in outcome.detail
    positive = scalar("rho", positive=True)
    fixed = assuming(OWN, Equation(positive, x**2 + 1))
    outcome = modular.check(fixed, Equation(sp.sqrt(positive), x))
    assert outcome.agrees is not True
