"""The modular judge on exp, log and other functions: what is true of them is never denied."""

import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from proofs_checks.checks import exact, modular
from tests.proofs_checks.checks.statements import Head, with_hypothesis
from theory.algebra.expressions import Equation
from theory.algebra.symbols import Partial, Tensor, scalar, total

HEAD = Head("attention-head")


def identities(x, right):
    """Equations with exp and log; with ``right`` false, each is spoiled."""
    i, j, k, r = x.i, x.j, x.k, x.r
    alpha, s, q, key = (x[n] for n in ("alpha", "s", "q", "k"))
    T, d_k = x.model.size_names["T"], x.model.size_names["d_k"]
    lse = sp.log(total(sp.exp(s(i, k)), k))
    entropy = -total(alpha(i, j) * sp.log(alpha(i, j)), j)
    t, c, o = Tensor("t", (T,)), scalar("c"), scalar("o")
    mu, nu = scalar("mu", positive=True), scalar("nu", positive=True)
    wrong = 0 if right else scalar("wrong", positive=True)
    yield alpha(i, j), sp.exp(s(i, j) - lse + wrong)
    yield alpha(i, j) ** 2, sp.exp(2 * s(i, j) + wrong) / total(sp.exp(s(i, k)), k) ** 2
    yield sp.log(alpha(i, j)), s(i, j) - lse + wrong
    yield entropy, lse - total(alpha(i, j) * s(i, j), j) + wrong
    yield Partial(entropy, s(i, k)), -alpha(i, k) * (s(i, k) - lse + entropy + wrong)
    yield Partial(lse, s(i, j)), alpha(i, j) + wrong
    scores = total(q(i, r) * key(j, r), r) / sp.sqrt(d_k)
    yield sp.exp(scores + wrong), alpha(i, j) * total(sp.exp(s(i, k)), k)
    yield sp.exp(scores / 2 + wrong) ** 2, alpha(i, j) * total(sp.exp(s(i, k)), k)
    apart = total(q(i, r) * (key(j, r) - key(k, r)), r) / sp.sqrt(d_k)
    yield sp.exp(apart + wrong), alpha(i, j) / alpha(i, k)
    shifted = total(sp.exp(s(i, k) - t[i]), k)
    yield alpha(i, j), sp.exp(s(i, j) - t[i] + wrong) / shifted
    yield sp.log(shifted), lse - t[i] + wrong
    yield sp.tanh(c), (1 - sp.exp(-2 * c + wrong)) / (1 + sp.exp(-2 * c))
    yield sp.sech(c) ** 2, 1 - sp.tanh(c + wrong) ** 2
    yield Partial(sp.tanh(c), c), sp.sech(c + wrong) ** 2
    yield sp.log(1 / (1 + sp.exp(-c))), c - sp.log(1 + sp.exp(c + wrong))
    yield sp.log(sp.exp(c) + sp.exp(o)), o + sp.log(1 + sp.exp(c - o + wrong))
    yield sp.log(3 * sp.exp(c) + 6), sp.log(3) + sp.log(2 + sp.exp(c + wrong))
    yield sp.log(6 * T * sp.exp(c)), c + sp.log(2) + sp.log(3) + sp.log(T) + wrong
    yield sp.log(mu**3 / nu), 3 * sp.log(mu) - sp.log(nu) + wrong
    yield mu**c * mu ** (2 * c), sp.exp(3 * c * sp.log(mu) + wrong)
    yield sp.E**2 * sp.exp(c), sp.exp(c + 2 + wrong)
    yield sp.exp(T * c), sp.exp(c + wrong) ** T
    yield sp.exp((c + o) ** 2), sp.exp(c**2) * sp.exp(o**2) * sp.exp(2 * c * o + wrong)
    yield sp.sqrt(mu) ** 3 * sp.sqrt(nu), mu * sp.sqrt(mu * nu) + wrong
    yield sp.sqrt(sp.exp(c)) * sp.exp(c / 3), sp.exp(5 * c / 6 + wrong)
    yield sp.sqrt(d_k) * sp.sqrt(T * d_k), d_k * sp.sqrt(T) + wrong
    yield sp.pi * c + c, c * (1 + sp.pi) + wrong


@pytest.mark.parametrize("pair", list(identities(HEAD, True)), ids=str)
def test_identities_of_exp_and_log_agree(pair):
    outcome = modular.check(HEAD.model, Equation(*pair))
    assert outcome.agrees is True, outcome
    assert float(outcome.error_bound) < 1e-15


@pytest.mark.parametrize("pair", list(identities(HEAD, False)), ids=str)
def test_spoiled_identities_differ(pair):
    assert modular.check(HEAD.model, Equation(*pair)).agrees is False


c = scalar("c")
BEYOND = [
    (sp.exp(c / (1 + c)), sp.E * sp.exp(-1 / (1 + c))),
    (sp.log(c**2 - 1), sp.log(c - 1) + sp.log(c + 1)),
    (sp.log(1 + 2 * sp.exp(c) + sp.exp(2 * c)), 2 * sp.log(1 + sp.exp(c))),
    (sp.Abs(c) ** 2 + sp.Abs(-2 * c), c**2 + 2 * sp.Abs(c)),
]


@pytest.mark.parametrize("pair", BEYOND, ids=str)
def test_a_true_relation_that_is_not_seen_is_no_difference(pair):
    """exp and log of sums that factor, and |.|: the judge must not call these different."""
    outcome = modular.check(HEAD.model, Equation(*pair))
    assert outcome.agrees is not False, outcome


def test_the_confirmation_in_real_numbers_is_what_keeps_such_relations_from_being_denied():
    left, right = BEYOND[0]
    outcome = modular.check(HEAD.model, Equation(left, right))
    assert outcome.agrees is None
    assert "none found in real numbers" in outcome.detail
    assert modular.check(HEAD.model, Equation(left, 2 * right)).agrees is False


MU = scalar("mu", positive=True)
SCALARS = st.sampled_from([c, scalar("o"), MU, sp.Integer(2), -c])


def grown(inner):
    """Sums, products, exponentials, logarithms of exponentials and squares, quotients."""
    return st.one_of(
        st.builds(lambda s, t: s + t, inner, inner),
        st.builds(lambda s, t: s * t, inner, inner),
        st.builds(lambda s: sp.exp(s), inner),
        st.builds(lambda s: sp.tanh(s), inner),
        st.builds(lambda s: s**2, inner),
        st.builds(lambda s: 1 / (1 + s**2), inner),
        st.builds(lambda s: sp.log(1 + sp.exp(s)), inner),
        st.builds(
            lambda s, t: sp.log(sp.exp(s) * scalar("mu", positive=True) ** 3) / t, inner, inner
        ),
    )


@settings(max_examples=60)
@given(st.recursive(SCALARS, grown, max_leaves=7))
def test_derivatives_are_those_of_sympy_and_no_truth_is_denied(value):
    """SymPy's own derivative and expansion are the reference; neither takes part in the judge."""
    model = with_hypothesis()
    for left, right in ((Partial(value, c), value.diff(c)), (value, sp.expand(value))):
        assert modular.check(model, Equation(left, right)).agrees is not False
        spoiled = modular.check(model, Equation(left, right + 1 / (3 + c**2)))
        assert spoiled.agrees is not True
        assert exact.check(model, Equation(left, right)).agrees is not False


def test_unknown_functions_depend_on_the_values_of_their_arguments():
    f = sp.Function("f")
    s, i, j = HEAD["s"], HEAD.i, HEAD.j
    same = Equation(f(s(i, j) + s(i, j)), f(2 * s(i, j)))
    assert modular.check(HEAD.model, same).agrees is True
    other = Equation(f(s(i, j)), f(2 * s(i, j)))
    assert modular.check(HEAD.model, other).agrees is None  # no real values to confirm it
