"""Indices as numbers, orders, sums of ones and deltas by themselves, in every judge."""

import pytest
import sympy as sp

from tests.proofs_checks.checks.own_models import (
    EMPTY,
    OWN,
    M,
    disagreeing,
    gamma,
    i,
    j,
    k,
    l,
    n,
    order,
    r,
    v,
    verdict,
    w,
    x,
)
from theory.algebra.symbols import Index, Partial, Size, delta, total
from theory.models import Definition, Model, model_named

m = Size("m")
a = Index("a", m)

TRUE = {
    "a sum of ones": (total(1, a), m),
    "Gauss": (total(k, k), n * (n + 1) / 2),
    "a delta and a number": (total(j * delta(j, k), j), k),
    "differences": (total((i - j) * M[i, j], i, j), total(i * M[i, j] - j * M[i, j], i, j)),
    "discounting": (total(gamma**k * w[k], k) * gamma, total(gamma ** (k + 1) * w[k], k)),
    "one over k": (2 * total(w[k] / k, k), total(2 * w[k] / k, k)),
    "signs": (total((-1) ** (i + j) * w[i], i), (-1) ** j * total((-1) ** i * w[i], i)),
    "powers of numbers": ((-2) ** k, (-1) ** k * sp.exp(k * sp.log(2))),
    "a derivative": (Partial(r * x**k, x), k * x ** (k - 1) * r),
    "totality": (order[j, k] + order[k, j], 1 + delta(j, k)),
    "how many": (total(order[j, k], k), j),
    "Abel": (total(w[k] * total(order[k, l] * v[l], l), k),
             total(v[l] * total(order[k, l] * w[k], k), l)),
}  # fmt: skip
FALSE = {
    "a free k": (total(gamma**k * w[k], k), gamma**k * total(w[k], k)),
    "a free factor k": (total(k * w[k], k), k * total(w[k], k)),
    "one too many": (total(1, a), m + 1),
    "deltas alone": (total(delta(i, j) * delta(i, k), i), 1),
    "alternating": ((-1) ** k, 1),
    "weights exchanged": (
        total(gamma**k * w[k], k) * total(v[k], k),
        total(gamma**k * v[k], k) * total(w[k], k),
    ),
    "no antisymmetry": (order[j, k] + order[k, j], 1),
    "a slope": (Partial(x**k, x), k * x**k),
    "digits": (sp.Rational(3333333333333333, 10**16) * r, r / 3),
}


@pytest.mark.parametrize("name", TRUE)
def test_true_statements_are_proved_and_seen_by_the_other_judges(name):
    found = verdict(*TRUE[name])
    assert found.status == "proved", found.detail
    assert disagreeing(found) == []
    assert {o.judge for o in found.checks if o.agrees} >= {"normal_form", "exact"}


@pytest.mark.parametrize("model", [OWN, EMPTY], ids=["own", "empty"])
@pytest.mark.parametrize("name", FALSE)
def test_false_statements_are_refuted(name, model):
    found = verdict(*FALSE[name], model=model)
    assert found.status == "refuted", found.detail
    assert found.residual or model is EMPTY


def head(name="attention-head"):
    model = model_named(name)
    T = model.size_names["T"]
    from theory.algebra.symbols import indices, order_of

    return model, *indices("i j k", T), order_of(T)


HEAD, hi, hj, hk, horder = head()
alpha, s = HEAD.tensors["alpha"], HEAD.tensors["s"]


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (total(alpha[hi, hi], hj), 1),
        (sp.Rational(3333333333333333, 10**16) * alpha[hi, hj], alpha[hi, hj] / 3),
        (s[hi, hj] * (1 + sp.Rational(1, 10**13)), s[hi, hj]),
        (total(hj * alpha[hi, hj], hj), hi),
        (alpha[hi, hj] ** hj, alpha[hi, hj] ** hi),
        (total(horder[hi, hj] * alpha[hi, hj], hj), 1),
    ],
)
def test_false_statements_about_a_head_are_refuted(left, right):
    assert verdict(left, right, model=HEAD).status == "refuted"


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (total(hj * alpha[hi, hj], hj), total(total(horder[hk, hj], hj) * alpha[hi, hk], hk)),
        (alpha[hi, hj] ** (hj + 1), alpha[hi, hj] ** hj * alpha[hi, hj]),
        (1 / alpha[hi, hj] ** hj, alpha[hi, hj] ** (-hj)),
        (total(horder[hi, hj] * s[hi, hj] + horder[hj, hi] * s[hi, hj], hj),
         total(s[hi, hj], hj) + s[hi, hi]),
    ],
)  # fmt: skip
def test_autograd_knows_orders_and_numbers(left, right):
    found = verdict(left, right, model=HEAD)
    assert found.status == "proved", found.detail
    assert {o.judge: o.agrees for o in found.checks}["autograd"] is True


CAUSAL, ci, cj, ck, corder = head("attention-head-causal")
c_alpha, c_s, mask = (CAUSAL.tensors[name] for name in ("alpha", "s", "M"))


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (total(corder[ci, cj] * c_alpha[ci, cj], cj), 1),
        (total(mask[ci, cj] * c_alpha[ci, cj], cj), 1),
        (mask[ci, cj], corder[ci, cj]),
        (mask[ci, cj] + mask[cj, ci], 1 + delta(ci, cj)),
        ((1 - corder[ci, cj]) * c_alpha[ci, cj], 0),
        (total(corder[cj, ci] * c_alpha[ci, cj], cj), c_alpha[ci, ci]),
        (total(corder[cj, ci] * c_alpha[ci, cj], ci), c_alpha[cj, cj]),
        (
            c_alpha[ci, cj],
            corder[ci, cj] * sp.exp(c_s[ci, cj])
            / total(corder[ci, ck] * sp.exp(c_s[ci, ck]), ck),
        ),
    ],
)  # fmt: skip
def test_a_causal_head_looks_back_only(left, right):
    found = verdict(left, right, model=CAUSAL)
    assert found.status == "proved", found.detail
    assert {o.judge for o in found.checks if o.agrees} >= {"exact", "modular", "autograd"}


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (mask[ci, cj] + mask[cj, ci], 1),
        (total(corder[cj, ci] * c_alpha[ci, cj], cj), 1),
        (c_alpha[ci, cj], c_alpha[cj, ci]),
    ],
)
def test_and_what_is_false_of_it_is_refuted(left, right):
    assert verdict(left, right, model=CAUSAL).status == "refuted"


def test_a_chain_of_280_definitions():
    from theory.algebra.symbols import Tensor, scalar

    L, length = scalar("L"), 280
    y = [Tensor(f"y_{number}", (n,)) for number in range(length)]
    lines = [Definition(y[0][k], w[k] ** 2, "")]
    lines += [Definition(y[t][k], y[t - 1][k] + w[k], "") for t in range(1, length)]
    lines.append(Definition(L, total(y[-1][k], k), ""))
    chain = Model("chain", "", (n,), (w,), tuple(lines), L)
    assert verdict(y[-1][k], w[k] ** 2 + (length - 1) * w[k], model=chain).status == "proved"
    assert verdict(Partial(L, w[k]), 2 * w[k], model=chain).status == "refuted"


def test_many_cases():
    cases = sp.Add(*(delta(k, place) * sp.exp(place * w[k]) for place in range(1, 21)))
    rest = sp.Mul(*(1 - delta(k, place) for place in range(1, 13)))
    assert verdict(cases, cases + delta(k, 7) * w[k]).status == "refuted"
    assert verdict(rest * rest * w[k], rest * w[k]).status == "proved"


def test_symbols_that_occur_in_no_tensor_of_the_model():
    own = sp.Symbol("zz", real=True)
    found = verdict(own * total(1, a), own, model=HEAD)
    assert found.status == "refuted" and "zz" in found.residual
