"""Orders of indices beside inverses, products, powers and opaque functions, before every judge."""

import numpy as np
import pytest
import sympy as sp
from flint import arb, fmpq

from proofs_checks.checks import exact, float64_document, interval
from proofs_checks.checks.evaluation.nodes import SingularPoint
from proofs_checks.checks.evaluation.real_numbers import require_nonnegative
from proofs_checks.judging import judge
from tests.proofs_checks.checks.node_statements import (
    MODEL,
    A,
    M,
    N,
    S,
    a,
    b,
    det,
    f,
    i,
    inv,
    j,
    k,
    loss,
    product,
    t,
    w,
    x,
)
from theory.algebra.expressions import Equation
from theory.algebra.nodes import Maximum
from theory.algebra.symbols import Partial, Tensor, delta, order_of, scalar, total
from theory.models.model import Constraint, Definition, Model

upto = order_of(N)  # upto[j, k] is 1 where k <= j
beyond = 1 - delta(k, 1)

PROVED = {
    "power of a power": ((t**N) ** M, t ** (N * M)),
    "even power of a power": ((t ** (2 * N)) ** M, (t**N) ** (2 * M)),
    "powers by an index and a size": (t**k * t**N, t ** (k + N)),
    "derivative of a power by a size": (Partial(t**N, t), N * t ** (N - 1)),
    "signs by an index": (total((-1) ** k * x[k] * (-1) ** k, k), total(x[k], k)),
    "product of positions": (det(a * A[a, b]), product(k) * det(A[a, b])),
    "position in front of a matrix": (det(k * A[a, b]), k**N * det(A[a, b])),
    "inverse of a triangle": (total(upto[i, k] * inv(upto[a, b], k, j), k), delta(i, j)),
    "symmetric halves": (total(upto[i, j] * S[i, j], i, j), total(upto[j, i] * S[i, j], i, j)),
    "opaque function in two parts": (
        total(upto[i, k] * f(x[k]), k) + total((1 - upto[i, k]) * f(x[k]), k),
        total(f(x[k]), k),
    ),
    "logarithms up to an index": (
        total(upto[j, k] * sp.log(w[k] ** 2), k), 2 * total(upto[j, k] * sp.log(w[k]), k),
    ),
    "largest up to an index": (
        Maximum(2 * upto[j, k] * w[k], k), 2 * Maximum(upto[j, k] * w[k], k),
    ),
}  # fmt: skip

PARTLY = {  # log x_1 need not be defined
    "inverse": (inv(A[a, b] * sp.log(x[k]), 1, 1), inv(A[a, b], 1, 1) / sp.log(x[k])),
    "determinant": (det(A[a, b] * sp.log(x[k])), det(A[a, b]) * sp.log(x[k]) ** N),
    "opaque function": (f(sp.log(x[k])), f(sp.log(x[k])) + 0 * t),
    "larger of two": (3 * sp.Max(sp.log(x[k]), 0), sp.Max(0, 3 * sp.log(x[k]))),
}


@pytest.mark.parametrize("name", PROVED)
def test_what_is_true_is_proved_and_no_judge_objects(name):
    verdict = judge(MODEL, Equation(*PROVED[name]))
    assert verdict.status == "proved", verdict.detail
    assert {o.judge for o in verdict.checks if o.agrees} >= {"exact", "interval", "float64"}


@pytest.mark.parametrize("name", PROVED)
def test_what_is_twice_as_large_is_refuted(name):
    left, right = PROVED[name]
    assert judge(MODEL, Equation(left, 2 * right)).status == "refuted"


@pytest.mark.parametrize("name", PARTLY)
def test_a_part_that_does_not_occur_need_not_be_defined(name):
    left, right = (total(beyond * side, k) for side in PARTLY[name])
    found = exact.check(MODEL, Equation(left, right))
    assert found.agrees is True, found.detail
    assert judge(MODEL, Equation(left, right + 1)).status == "refuted"


T = Tensor("T", (N, N, N))
Y = Tensor("Y", (N, N))
p = Tensor("p", (N,), nonnegative=True)
r = scalar("r", positive=True)


def model(*hypotheses):
    return Model(
        "d", "", (N,), (A, Y, T, x, p, r, t), (Definition(loss, total(x[k] ** 2, k), ""),), loss,
        constraints=tuple(Constraint(e, f"hypothesis {m}") for m, e in enumerate(hypotheses)),
        letters={"n": ("i", "j", "k", "l")},
    )  # fmt: skip


SYMMETRIC, FIXED = Equation(Y[i, j], Y[j, i]), Equation(Y[i, j], A[i, j])
MET = {
    "symmetric in three": (
        (Equation(T[i, j, k], T[j, i, k]), Equation(T[i, j, k], T[i, k, j])),
        T[i, j, k], T[k, j, i],
    ),
    "symmetric, then fixed": ((SYMMETRIC, FIXED), A[i, j], A[j, i]),
    "fixed, then symmetric": ((FIXED, SYMMETRIC), A[i, j], A[j, i]),
    "fixed on a part": (
        (SYMMETRIC, Equation(upto[i, j] * Y[i, j], upto[i, j] * A[i, j])), Y[i, i], A[i, i],
    ),
    "a sum of what is fixed": (
        (Equation(total(p[k], k), 1), Equation(p[i], x[i])), total(x[k], k), 1,
    ),
    "a sign of what fixes": ((Equation(p[i], x[i]),), sp.Abs(x[i]), x[i]),
}  # fmt: skip


@pytest.mark.parametrize("name", MET)
def test_what_hypotheses_imply_together_is_never_refuted(name):
    hypotheses, left, right = MET[name]
    verdict = judge(model(*hypotheses), Equation(left, right))
    assert verdict.status in ("proved", "undecided"), verdict.counterexample
    wrong = judge(model(*hypotheses), Equation(left, right + 1))
    assert wrong.status == "refuted" or float64_document.check(
        model(*hypotheses), Equation(left, right + 1)
    ).agrees is False  # fmt: skip


def test_what_is_not_certain_to_be_nonnegative_is_refused():
    require_nonnegative(np.array([fmpq(0), arb(2, 1)], dtype=object))
    for value in (fmpq(-1, 3), arb(1, 2)):
        with pytest.raises(SingularPoint, match="is declared nonnegative is not so where the"):
            require_nonnegative(np.array([value], dtype=object))


def test_signs_are_as_declared_at_every_point_and_in_every_box():
    fixed = model(Equation(r, t))
    for judged in (exact, interval):
        outcome = judged.check(fixed, Equation(sp.Abs(t), t))
        assert outcome.agrees is True, outcome.detail
        assert judged.check(fixed, Equation(sp.Abs(t), -t)).agrees is False
    never = exact.check(model(Equation(r, -1 - t**2)), Equation(t, t + 1))
    assert never.agrees is None
    assert "defined at none of the points tried" in never.detail
