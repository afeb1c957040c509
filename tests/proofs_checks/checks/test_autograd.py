"""The autograd judge: every first-order law agrees, every mistake people make is seen."""

import dataclasses

import pytest
import sympy as sp
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from proofs_checks.checks.autograd import TOLERANCE, check
from tests.proofs_checks.checks.statements import Head
from theory.algebra.expressions import Equation
from theory.algebra.symbols import (
    Flow,
    Partial,
    Step,
    delta,
    scalar,
    total,
)
from theory.models import model_named
from theory.models.attention_head import ATTENTION_HEADS


class Statements(Head):
    """Statements about one variant: ``x.alpha(i, j)`` is the entry, with h in front if need be."""

    def entry(self, name, *at):
        return self[name](*at)

    def __getattr__(self, name):
        return lambda *at: self.entry(name, *at)

    def keys_input(self, *at):
        return (self.X_K if self.has["cross"] else self.X)(*at)

    def weight(self, i):
        return self.w(i) if self.has["weights"] else 1

    def mean_b(self):
        return total(self.alpha(self.i, self.k) * self.b_(self.i, self.k), self.k)

    def b_(self, *at):  # `k` and `b` are indices here, as in the laws
        return self.entry("b", *at)

    def k_(self, *at):
        return self.entry("k", *at)

    def error(self):
        return self.weight(self.i) * (self.p(self.i, self.c) - self.y(self.i, self.c))

    def entropy(self):
        alpha = self.alpha(self.i, self.k)
        return -total(alpha * sp.log(alpha), self.k)

    def moves(self, first, second, factor=1):
        """Return the conserved quantity and the moves of two matrices that meet in a product."""
        p, q = (self.r, self.t) if first == "W_Q" else (self.a, self.b)
        found, moved = 0, []
        for sign, name in ((1, first), (-factor, second)):
            row = self.c if name == "W_O" else self.e
            entry = getattr(self, name)
            rate = scalar(f"eps_{name}", positive=True)
            found += sign * total(entry(row, p) * entry(row, q), row) / rate
            moved.append((entry(row, p), rate))
        return Flow(found, *moved)


def pulled(x):
    return total(x.alpha(x.i, x.j) * x.u(x.i, x.a), x.i)


def input_gradient(x):
    i, j, a, r, e = x.i, x.j, x.a, x.r, x.e
    terms = (
        total(x.alpha(j, i) * x.u(j, a) * x.W_V(e, a), j, a),
        x.scale * total(x.D(i, j) * x.k_(j, r) * x.W_Q(e, r), j, r),
        x.scale * total(x.D(j, i) * x.q(j, r) * x.W_K(e, r), j, r),
    )
    return sum(total(term, *x.heads) for term in terms)


LAWS = {
    "A1": lambda x: (
        Partial(x.alpha(x.i, x.j), x.s(x.i, x.k)),
        x.alpha(x.i, x.j) * (delta(x.j, x.k) - x.alpha(x.i, x.k)),
    ),
    "A2": lambda x: (x.d("z", x.i, x.c), x.error()),
    "A3": lambda x: (x.u(x.i, x.a), total(x.W_O(x.c, x.a) * x.error(), x.c)),
    "A4": lambda x: (x.d("W_O", x.c, x.a), total(x.error() * x.g(x.i, x.a), x.i)),
    "A5": lambda x: (x.d("alpha", x.i, x.j), x.b_(x.i, x.j)),
    "A6": lambda x: (x.d("s", x.i, x.j), x.alpha(x.i, x.j) * (x.b_(x.i, x.j) - x.mean_b())),
    "A7": lambda x: (x.d("v", x.j, x.a), pulled(x)),
    "A7 step": lambda x: (Step(x.v(x.j, x.a), x.eta, x.v(x.j, x.a)), -x.eta * pulled(x)),
    "A8": lambda x: (x.mean_b(), total(x.u(x.i, x.a) * x.g(x.i, x.a), x.a)),
    "A9 q": lambda x: (
        x.d("q", x.i, x.r),
        x.scale * total(x.alpha(x.i, x.j) * x.A(x.i, x.j) * x.k_(x.j, x.r), x.j),
    ),
    "A9 k": lambda x: (
        x.d("k", x.j, x.r),
        x.scale * total(x.alpha(x.i, x.j) * x.A(x.i, x.j) * x.q(x.i, x.r), x.i),
    ),
    "A10 Q": lambda x: (
        x.d("W_Q", x.e, x.r),
        x.scale * total(x.X(x.i, x.e) * x.D(x.i, x.j) * x.k_(x.j, x.r), x.i, x.j),
    ),
    "A10 K": lambda x: (
        x.d("W_K", x.e, x.r),
        x.scale * total(x.keys_input(x.j, x.e) * x.D(x.i, x.j) * x.q(x.i, x.r), x.i, x.j),
    ),
    "A10 V": lambda x: (
        x.d("W_V", x.e, x.a),
        total(x.keys_input(x.j, x.e) * x.alpha(x.i, x.j) * x.u(x.i, x.a), x.i, x.j),
    ),
    "A11": lambda x: (x.d("X", x.i, x.e), input_gradient(x)),
    "A12": lambda x: (
        Partial(x.entropy(), x.s(x.i, x.j)),
        -x.alpha(x.i, x.j) * (sp.log(x.alpha(x.i, x.j)) + x.entropy()),
    ),
    "B1": lambda x: (total(x.d("s", x.i, x.j), x.j), 0),
    "B1 flow": lambda x: (
        Flow(total(x.s(x.i, x.j), x.j), (x.s(x.i, x.j), scalar("eps_s", positive=True))),
        0,
    ),
    "B3 values": lambda x: (
        Step(x.L, x.eta, x.v(x.j, x.a)),
        -x.eta * total(pulled(x) ** 2, *x.heads, x.j, x.a),
    ),
    "B3 scores": lambda x: (
        Step(x.L, x.eta, x.s(x.i, x.j)),
        -x.eta * total(x.D(x.i, x.j) ** 2, *x.heads, x.i, x.j),
    ),
    "B4": lambda x: (
        Flow(
            x.L,
            (x.s(x.i, x.j), scalar("eps_s", positive=True)),
            (x.v(x.j, x.a), scalar("eps_v", positive=True)),
        ),
        -scalar("eps_s", positive=True) * total(x.d("s", x.i, x.j) ** 2, *x.heads, x.i, x.j)
        - scalar("eps_v", positive=True) * total(x.d("v", x.j, x.a) ** 2, *x.heads, x.j, x.a),
    ),
    "B6 QK": lambda x: (x.moves("W_Q", "W_K"), 0),
    "B6 VO": lambda x: (x.moves("W_V", "W_O"), 0),
}

SECOND_ORDER = {
    "C1": lambda x: (
        Partial(x.L, x.v(x.j, x.a), x.v(x.l, x.b)),
        total(x.alpha(x.i, x.j) * x.alpha(x.i, x.l) * curvature(x, x.a, x.b), x.i),
    ),
    "C3": lambda x: (
        Partial(x.L, x.s(x.i, x.j), x.v(x.l, x.a)),
        x.alpha(x.i, x.j) * (delta(x.j, x.l) - x.alpha(x.i, x.l)) * x.u(x.i, x.a)
        + x.alpha(x.i, x.j)
        * x.alpha(x.i, x.l)
        * total(curvature(x, x.a, x.b) * (x.v(x.j, x.b) - x.g(x.i, x.b)), x.b),
    ),
    "B2": lambda x: (
        Step(x.g(x.i, x.a), x.eta, x.v(x.j, x.a)),
        -x.eta * total(x.alpha(x.i, x.j) * total(x.alpha(x.m, x.j) * x.u(x.m, x.a), x.m), x.j),
    ),
    "B5": lambda x: (
        Step(x.alpha(x.i, x.j), x.eta, x.s(x.i, x.j)),
        -x.eta
        * x.alpha(x.i, x.j)
        * (x.D(x.i, x.j) - total(x.alpha(x.i, x.k) * x.D(x.i, x.k), x.k)),
    ),
    "p": lambda x: (
        x.d("p", x.i, x.c),
        -x.weight(x.i) * x.y(x.i, x.c) / x.p(x.i, x.c),
    ),
    "y": lambda x: (x.d("y", x.i, x.c), -x.weight(x.i) * sp.log(x.p(x.i, x.c))),
    "softmax squared": lambda x: (
        x.p(x.i, x.c) ** 2,
        sp.exp(2 * x.z(x.i, x.c)) / total(sp.exp(x.z(x.i, x.c)), x.c) ** 2,
    ),
}


def curvature(x, a, b):
    """M_i = w_i W_O^T (diag p_i - p_i p_i^T) W_O, entry (a, b)."""
    p, c, W_O = x.p, x.c, x.W_O
    mean = [total(W_O(c, at) * p(x.i, c), c) for at in (a, b)]
    return x.weight(x.i) * (total(W_O(c, a) * p(x.i, c) * W_O(c, b), c) - mean[0] * mean[1])


WRONG = {
    "sign": lambda x: (x.d("z", x.i, x.c), -x.error()),
    "p and y exchanged": lambda x: (
        x.d("z", x.i, x.c),
        x.weight(x.i) * (x.y(x.i, x.c) - x.p(x.i, x.c)),
    ),
    "dropped baseline": lambda x: (x.d("s", x.i, x.j), x.alpha(x.i, x.j) * x.b_(x.i, x.j)),
    "baseline added": lambda x: (
        x.d("s", x.i, x.j),
        x.alpha(x.i, x.j) * (x.b_(x.i, x.j) + x.mean_b()),
    ),
    "factor 2": lambda x: (x.d("v", x.j, x.a), 2 * pulled(x)),
    "missing scale": lambda x: (
        x.d("q", x.i, x.r),
        total(x.D(x.i, x.j) * x.k_(x.j, x.r), x.j),
    ),
    "d_k for sqrt(d_k)": lambda x: (
        x.s(x.i, x.j),
        x.scale**2 * total(x.q(x.i, x.r) * x.k_(x.j, x.r), x.r),
    ),
    "delta dropped": lambda x: (
        Partial(x.alpha(x.i, x.j), x.s(x.i, x.k)),
        -x.alpha(x.i, x.j) * x.alpha(x.i, x.k),
    ),
    "wrong index": lambda x: (
        x.d("s", x.i, x.j),
        x.alpha(x.i, x.k) * (x.b_(x.i, x.j) - x.mean_b()),
    ),
    "softmax over the wrong axis": lambda x: (total(x.alpha(x.i, x.j), x.i), 1),
    "advantage for value": lambda x: (x.d("alpha", x.i, x.j), x.A(x.i, x.j)),
    "rate squared": lambda x: (
        Step(x.v(x.j, x.a), x.eta, x.v(x.j, x.a)),
        -(x.eta**2) * pulled(x),
    ),
    "entropy without its baseline": lambda x: (
        Partial(x.entropy(), x.s(x.i, x.j)),
        -x.alpha(x.i, x.j) * sp.log(x.alpha(x.i, x.j)),
    ),
    "labels forgotten": lambda x: (x.d("z", x.i, x.c), x.weight(x.i) * x.p(x.i, x.c)),
    "conserved with a plus": lambda x: (
        Flow(
            total(x.W_V(x.e, x.a) * x.W_V(x.e, x.b), x.e)
            + total(x.W_O(x.c, x.a) * x.W_O(x.c, x.b), x.c),
            (x.W_V(x.e, x.a), 1),
            (x.W_O(x.c, x.a), 1),
        ),
        0,
    ),
}

HEADS = {name: Statements(name) for name in ATTENTION_HEADS}
CASES = [
    (model, law)
    for model in ATTENTION_HEADS
    for law in LAWS
    if not (law == "A11" and HEADS[model].has["cross"])
]


def equation(model, law, table=LAWS):
    return Equation(*table[law](HEADS[model]))


@pytest.mark.parametrize(("model", "law"), CASES)
def test_every_law_agrees_in_every_variant(model, law):
    outcome = check(model_named(model), equation(model, law))
    assert outcome.agrees is True, outcome
    assert outcome.judge == "autograd"
    assert float(outcome.error_bound) <= 2e-15
    assert "skipped" not in outcome.detail


@settings(max_examples=150, deadline=None)
@given(
    case=st.sampled_from(CASES),
    sizes=st.fixed_dictionaries(
        {x: st.integers(1, 6) for x in ("T", "n", "d_x", "d_k", "d_v", "C")}
        | {"H": st.integers(1, 3)}
    ),
    scale=st.sampled_from([None, 1.0, 30.0, 300.0, 700.0]),
    labels=st.sampled_from(["soft", "one-hot"]),
    seed=st.integers(0, 10**6),
)
def test_laws_agree_at_all_shapes_scales_and_labels(case, sizes, scale, labels, seed):
    model = model_named(case[0])
    mine = {name: size for name, size in sizes.items() if name in model.size_names}
    outcome = check(
        model, equation(*case), seed=seed, sizes=mine, scores_scale=scale, labels=labels
    )
    assert outcome.agrees is True, outcome
    assert outcome.sizes == mine
    assert outcome.worst["relative_error"] <= TOLERANCE <= 1e-12


@pytest.mark.parametrize("law", SECOND_ORDER)
@pytest.mark.parametrize("model", ["attention-head-weighted", "attention-head-causal"])
def test_second_derivatives_and_steps_of_inner_quantities(model, law):
    outcome = check(model_named(model), equation(model, law, SECOND_ORDER))
    assert outcome.agrees is True, outcome


@pytest.mark.parametrize("name", ATTENTION_HEADS)
def test_the_model_itself_agrees_line_by_line(name):
    model = model_named(name)
    for line in (*model.definitions, *model.vocabulary):
        outcome = check(model, Equation(line.symbol, line.value))
        assert outcome.agrees is True, (line.title, outcome)


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("model", ATTENTION_HEADS)
def test_mistakes_are_seen(model, wrong):
    outcome = check(model_named(model), equation(model, wrong, WRONG))
    assert outcome.agrees is False
    assert outcome.worst["relative_error"] > 1e-3
    assert outcome.worst["left"] != outcome.worst["right"]


SLIGHTLY = 1 + sp.Rational(1, 10**9)
SLIGHTLY_WRONG_ZEROS = {
    "B1": lambda x: (total(x.d("s", x.i, x.j) * SLIGHTLY ** delta(x.j, 1), x.j), 0),
    "B1 flow": lambda x: (
        Flow(
            total(x.s(x.i, x.j) + (SLIGHTLY - 1) * x.b_(x.i, x.j) * x.s(x.i, x.j), x.j),
            (x.s(x.i, x.j), scalar("eps_s", positive=True)),
        ),
        0,
    ),
    "B6 QK": lambda x: (x.moves("W_Q", "W_K", SLIGHTLY), 0),
    "B6 VO": lambda x: (x.moves("W_V", "W_O", SLIGHTLY), 0),
}


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize(("model", "law"), CASES)
def test_a_coefficient_wrong_by_1e_9_is_seen(model, law, seed):
    if law in SLIGHTLY_WRONG_ZEROS:
        wrong = equation(model, law, SLIGHTLY_WRONG_ZEROS)
    else:
        left, right = LAWS[law](HEADS[model])
        wrong = Equation(left, SLIGHTLY * right)
    assert check(model_named(model), wrong, seed=seed).agrees is False


BASE = HEADS["attention-head"]


def test_the_report_names_the_worst_entry_and_can_be_repeated():
    statement = equation("attention-head", "dropped baseline", WRONG)
    first, again = (check(BASE.model, statement, seed=5) for _ in range(2))
    assert dataclasses.replace(first, seconds=0) == dataclasses.replace(again, seconds=0)
    assert first.seed == 5
    assert first.sizes.keys() == {"T", "d_x", "d_k", "d_v", "C"}
    worst = first.worst
    assert worst["entry"].keys() == {"i", "j"}
    assert all(1 <= at <= first.sizes["T"] for at in worst["entry"].values())
    assert f"left {worst['left']!r}, right {worst['right']!r}" in first.detail
    assert f"i={worst['entry']['i']}, j={worst['entry']['j']}" in first.detail
    assert worst["draw"] in first.detail
    assert check(BASE.model, statement, seed=6).worst != worst


def test_a_model_without_a_hand_written_reference_is_not_judged():
    model = dataclasses.replace(BASE.model, name="doc", features={})
    outcome = check(model, equation("attention-head", "sign", WRONG))
    assert outcome.agrees is None
    assert outcome.detail == "no hand-written torch implementation for model `doc`"


def test_one_thread_is_used_and_the_setting_restored():
    before = torch.get_num_threads()
    check(BASE.model, equation("attention-head", "A6"))
    check(BASE.model, Equation(BASE.i, 0))
    assert torch.get_num_threads() == before
