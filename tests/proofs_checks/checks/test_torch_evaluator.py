"""Float64 evaluation of index expressions: logarithms, documents' own symbols, what it refuses."""

import dataclasses

import pytest
import sympy as sp

from proofs_checks.checks.autograd import check
from theory.algebra.expressions import Equation
from theory.algebra.symbols import (
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
from theory.models.model import Definition


class Head:
    """The entries of a model with one head: ``x.s(x.i, x.j)``."""

    def __init__(self, name):
        self.model = model_named(name)
        sizes = self.model.size_names
        self.i, self.j, self.k, self.l = indices("i j k l", sizes["T"])
        (self.r,), (self.c,) = indices("r", sizes["d_k"]), indices("c", sizes["C"])
        self.L, self.eta = self.model.loss, scalar("eta", positive=True)

    def __getattr__(self, name):
        return lambda *at: self.model.tensors[name][at]

    def b_(self, *at):
        return self.model.tensors["b"][at]

    def mean_b(self):
        return total(self.alpha(self.i, self.k) * self.b_(self.i, self.k), self.k)

    def entropy(self):
        alpha = self.alpha(self.i, self.k)
        return -total(alpha * sp.log(alpha), self.k)


BASE, MASKED = Head("attention-head"), Head("attention-head-masked")


def test_logarithms_of_masked_weights_are_skipped_unless_zero_times_them():
    i, j, k = MASKED.i, MASKED.j, MASKED.k
    log = sp.log(MASKED.alpha(i, j))
    bare = Equation(Partial(log, MASKED.s(i, k)), delta(j, k) - MASKED.alpha(i, k))
    outcome = check(MASKED.model, bare)
    assert outcome.agrees is True
    assert "undefined entries skipped" in outcome.detail
    times = Equation(total(MASKED.alpha(i, j) * log, j), -MASKED.entropy())
    assert "skipped" not in check(MASKED.model, times).detail
    normaliser = total(MASKED.M(i, k) * sp.exp(MASKED.s(i, k)), k)
    written = Equation(log, MASKED.s(i, j) + sp.log(MASKED.M(i, j)) - sp.log(normaliser))
    assert check(MASKED.model, written).agrees is True
    wrong = Equation(log, MASKED.s(i, j) - sp.log(total(sp.exp(MASKED.s(i, k)), k)))
    assert check(MASKED.model, wrong).agrees is False


def test_derivatives_by_a_weight_pass_through_its_logarithm():
    i, j = BASE.i, BASE.j
    right = -(sp.log(BASE.alpha(i, j)) + 1)
    assert check(BASE.model, Equation(Partial(BASE.entropy(), BASE.alpha(i, j)), right)).agrees
    wrong = Equation(Partial(BASE.entropy(), BASE.alpha(i, j)), right + 1)
    assert check(BASE.model, wrong).agrees is False


@pytest.mark.parametrize("scores", [300, 350, 700])
@pytest.mark.parametrize("seed", range(5))
def test_underflow_on_the_way_is_no_difference(scores, seed):
    # e_j / Z^2 underflows, and e_k brings it back to where the other side still is
    i, j, k = BASE.i, BASE.j, BASE.k
    weights = [sp.exp(BASE.s(i, at)) / total(sp.exp(BASE.s(i, BASE.l)), BASE.l) for at in (j, k)]
    jacobian = BASE.alpha(i, j) * (delta(j, k) - BASE.alpha(i, k))
    for left, right in (
        (Partial(weights[0], BASE.s(i, k)), jacobian),
        (jacobian, weights[0] * (delta(j, k) - weights[1])),
    ):
        outcome = check(BASE.model, Equation(left, right), seed=seed, scores_scale=scores)
        assert outcome.agrees is True, outcome
        wrong = Equation(left, right + BASE.alpha(i, j) / 10**9)
        assert check(BASE.model, wrong, seed=seed).agrees is False


def test_definitions_and_inputs_of_a_document_join_the_vocabulary():
    i, j, k = BASE.i, BASE.j, BASE.k
    R = Tensor("R", (i.size, j.size))
    line = Definition(R[i, j], BASE.alpha(i, j) * BASE.b_(i, j), "weighted value")
    model = dataclasses.replace(BASE.model, vocabulary=(*BASE.model.vocabulary, line))
    assert check(model, Equation(total(R[i, k], k), BASE.mean_b())).agrees is True
    by_b = Equation(Partial(R[i, j], BASE.b_(i, k)), delta(j, k) * BASE.alpha(i, j))
    assert check(model, by_b).agrees is True
    cut = Equation(Partial(total(R[i, k] ** 2, k), R[i, j]), 2 * R[i, j])
    assert check(model, cut).agrees is True
    U = Tensor("U", (i.size, BASE.c.size))
    by_p = Definition(U[i, BASE.c], Partial(BASE.L, BASE.p(i, BASE.c)), "derivative by p")
    model = dataclasses.replace(BASE.model, vocabulary=(*BASE.model.vocabulary, by_p))
    ratio = Equation(U[i, BASE.c] * BASE.p(i, BASE.c), -BASE.y(i, BASE.c))
    assert check(model, ratio).agrees is True
    Q = Tensor("Q", (Size("N"),) * 2)
    a, b = indices("a b", Size("N"))
    trace = total(Q[a, b] * Q[b, a], a, b)
    assert check(BASE.model, Equation(Partial(trace, Q[a, b]), 2 * Q[b, a])).agrees is True
    assert check(BASE.model, Equation(Partial(trace, Q[a, b]), 2 * Q[a, b])).agrees is False
    assert check(BASE.model, Equation(Partial(Q[a, a], Q[a, a]), 1)).agrees is True
    adjoint = Tensor("dL_ds", (i.size, j.size))
    assert check(BASE.model, Equation(adjoint[i, j], BASE.D(i, j))).agrees is True
    clash = Tensor("q", (i.size,))
    outcome = check(BASE.model, Equation(clash[i], 0))
    assert outcome.agrees is None
    assert "in the hand-written implementation" in outcome.detail


def test_numbers_as_indices_enlarge_the_sizes():
    entry = BASE.s(1, 8)
    outcome = check(BASE.model, Equation(entry, entry + delta(BASE.i, 9)))
    assert outcome.agrees is False
    assert outcome.sizes["T"] >= 9
    assert check(BASE.model, Equation(entry, entry), sizes={"T": 3}).agrees is None


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (sp.tanh(BASE.s(BASE.i, BASE.j)), 1 - 2 / (sp.exp(2 * BASE.s(BASE.i, BASE.j)) + 1)),
        (sp.sech(BASE.z(BASE.i, BASE.c)) ** 2, 1 - sp.tanh(BASE.z(BASE.i, BASE.c)) ** 2),
        (
            Partial(sp.tanh(BASE.s(BASE.i, BASE.j)), BASE.s(BASE.i, BASE.j)),
            1 - sp.tanh(BASE.s(BASE.i, BASE.j)) ** 2,
        ),
        (sp.sqrt(BASE.s(BASE.i, BASE.j) ** 2), sp.Abs(BASE.s(BASE.i, BASE.j))),
        (BASE.p(BASE.i, BASE.c) ** BASE.eta, sp.exp(BASE.eta * sp.log(BASE.p(BASE.i, BASE.c)))),
        (
            Partial(1 / BASE.s(BASE.i, BASE.j), BASE.s(BASE.i, BASE.j)),
            -1 / BASE.s(BASE.i, BASE.j) ** 2,
        ),
        (Partial(BASE.q(BASE.i, BASE.r), BASE.s(BASE.i, BASE.j)), 0),
        (total(1, BASE.i), BASE.i.size),
        (sp.E ** sp.Integer(1), sp.E),
    ],
)
def test_functions_and_numbers(left, right):
    outcome = check(BASE.model, Equation(left, right), scores_scale=10)
    assert outcome.agrees is True, outcome
    assert check(BASE.model, Equation(left, right + sp.Rational(1, 10**6))).agrees is False


@pytest.mark.parametrize(
    ("left", "why"),
    [
        (sp.Sum(BASE.s(BASE.i, BASE.j), (BASE.j, 1, 2)), "not over the whole range"),
        (sp.Function("f")(BASE.s(BASE.i, BASE.j)), "no float64 evaluation"),
        (BASE.model.tensors["s"], "no float64 evaluation"),
        (Partial(BASE.L, BASE.L**2), "no entry and no scalar to differentiate by"),
        (Step(BASE.L, BASE.eta, BASE.s(1, BASE.j)), "a step moves the whole tensor"),
        (BASE.s(BASE.i, BASE.j + 1), "no index and no position"),
        (sp.Float(10) ** 400 * BASE.s(BASE.i, BASE.j), "larger than float64"),
        (BASE.s(1, 10**6), "entries is needed; the limit is"),
        (sp.log(-sp.exp(BASE.s(1, 1))), "undefined or overflow at every drawn point"),
    ],
)
def test_what_it_cannot_judge_it_says(left, why):
    outcome = check(BASE.model, Equation(left, 0))
    assert outcome.agrees is None
    assert why in outcome.detail


def test_too_many_indices_are_refused():
    first, *others = (
        BASE.s(x, x) for x in indices(" ".join(f"i{k}" for k in range(30)), BASE.i.size)
    )
    outcome = check(BASE.model, Equation(sp.Mul(first, *others), 0), sizes={"T": 1})
    assert outcome.agrees is None
    assert "30 indices meet" in outcome.detail


def test_masks_are_no_variables():
    outcome = check(MASKED.model, Equation(Partial(MASKED.L, MASKED.M(MASKED.i, MASKED.j)), 0))
    assert outcome.agrees is None
    assert "is 0 or 1" in outcome.detail
