"""Runs of the modular judge: sizes, seeds, and the bound on the probability of a mistake."""

import dataclasses

import pytest
import sympy as sp

from proofs_checks.checks import modular
from proofs_checks.checks.evaluation.field_run import cofactor
from proofs_checks.checks.evaluation.prime_field import P
from tests.proofs_checks.checks.statements import Head
from theory.algebra.expressions import Equation
from theory.algebra.symbols import Partial, Step, delta, scalar, total

HEAD = Head("attention-head")
c = scalar("c")


def test_default_sizes_differ_so_that_mixed_up_indices_cannot_hide():
    x = Head("attention-head-cross")
    sizes = modular.check(x.model, Equation(x.d("s", x.i, x.j), x["D"](x.i, x.j))).sizes
    assert set(sizes) == {"T", "n", "d_x", "d_k", "d_v", "C"}
    assert len(set(sizes.values())) == len(sizes)


def test_equal_seeds_give_equal_runs_and_other_seeds_others():
    equation = Equation(HEAD.d("s", HEAD.i, HEAD.j), 2 * HEAD["D"](HEAD.i, HEAD.j))
    runs = [modular.check(HEAD.model, equation, seed=seed) for seed in (3, 3, 4)]
    first, again, other = (dataclasses.replace(run, seconds=0.0) for run in runs)
    assert first == again
    assert first.worst != other.worst
    assert (first.seed, other.seed) == (3, 4)


def test_given_sizes_are_used_and_literal_positions_fit():
    s, i, j = HEAD["s"], HEAD.i, HEAD.j
    equation = Equation(HEAD.d("s", i, j), HEAD["D"](i, j))
    sizes = {"T": 3, "d_x": 1, "d_k": 4, "d_v": 2, "C": 2}
    assert modular.check(HEAD.model, equation, sizes=sizes).sizes == sizes
    row = Equation(Partial(HEAD.L, s(17, j)), HEAD["D"](17, j))
    outcome = modular.check(HEAD.model, row)
    assert (outcome.agrees, outcome.sizes["T"]) == (True, 17)


@pytest.mark.parametrize(("given", "used"), [(2, 2), (3, 4), (6, 8), (9, 9), (11, 13)])
def test_a_size_without_a_square_root_in_the_field_is_replaced(given, used):
    """2, 5 and 13 are squares modulo p; 3, 7 and 11 are not; 4, 9 are squares of integers."""
    q, k, r = HEAD["q"], HEAD["k"], HEAD.r
    scores = total(q(HEAD.i, r) * k(HEAD.j, r), r) / sp.sqrt(HEAD.model.size_names["d_k"])
    equation = Equation(HEAD["s"](HEAD.i, HEAD.j), scores)
    outcome = modular.check(HEAD.model, equation, sizes={"d_k": given})
    assert outcome.agrees is True
    assert outcome.sizes["d_k"] == used


def test_the_cofactor_leaves_a_group_whose_order_is_prime_to_the_roots():
    for roots in (1, 2, 3, 6, 11, 30):
        order = (P - 1) // cofactor(roots)
        assert order * cofactor(roots) == P - 1
        assert sp.gcd(order, roots) == 1


def test_a_stricter_target_takes_more_runs():
    equation = Equation(HEAD.d("s", HEAD.i, HEAD.j), HEAD["D"](HEAD.i, HEAD.j))
    once, more = (modular.check(HEAD.model, equation, target=t) for t in (1e-10, 1e-30))
    assert "1 random run" in once.detail
    assert float(more.error_bound) < 1e-30 < float(once.error_bound) < 1e-10


def test_a_bound_that_cannot_be_reached_is_no_agreement():
    outcome = modular.check(HEAD.model, Equation(c + 1, 1 + c + 0 * c), target=1e-300)
    assert outcome.agrees is None
    assert "after 8 equal runs the error bound is only" in outcome.detail


def test_fermats_little_theorem_does_not_pass_for_an_identity():
    """h^(p - 1) = 1 for every unit h, but the degree p - 1 makes the bound 1."""
    outcome = modular.check(HEAD.model, Equation(sp.exp((P - 1) * c), 1))
    assert outcome.agrees is None
    assert "error bound is only" in outcome.detail


def test_the_bound_counts_the_degree_of_the_difference():
    """x^3 - x has degree 3: at most 3 of the p values of x are zeros."""
    outcome = modular.check(HEAD.model, Equation(c**3 - c, c * (c - 1) * (c + 1)))
    assert float(outcome.error_bound) == pytest.approx(3 / P, rel=0.1)
    quotient = modular.check(HEAD.model, Equation(1 / (1 + c), (1 - c) / (1 - c**2)))
    assert 2 / P < float(quotient.error_bound) < 10 / P


def test_many_entries_are_compared_along_random_vectors():
    sizes = {"T": 48, "d_x": 3, "d_k": 4, "d_v": 3, "C": 2}
    i, j, k, l, a, b = HEAD.i, HEAD.j, HEAD.k, HEAD.l, HEAD.a, HEAD.b
    alpha, s, v, g = (HEAD[n] for n in ("alpha", "s", "v", "g"))
    centred = total(alpha(i, k) * v(k, a), k)
    for left, right in (
        (Partial(alpha(i, j), s(i, k)), alpha(i, j) * (delta(j, k) - alpha(i, k))),
        (Partial(g(i, a), s(i, j)), alpha(i, j) * (v(j, a) - centred)),
        (Partial(g(i, a), v(j, b)) * s(k, l), alpha(i, j) * delta(a, b) * s(k, l)),
        (total(Partial(g(i, a), v(j, b)) * v(k, b), b), alpha(i, j) * v(k, a)),
        (Step(g(i, a), s(k, l), v(j, b)), -s(k, l) * total(alpha(i, j) * HEAD.d("v", j, a), j)),
    ):
        outcome = modular.check(HEAD.model, Equation(left, right), sizes=sizes)
        assert outcome.agrees is True, outcome
        spoiled = Equation(left, right + s(1, 2) * s(i, j) * v(k, a))
        outcome = modular.check(HEAD.model, spoiled, sizes=sizes)
        assert outcome.agrees is False
        assert outcome.worst == {}
