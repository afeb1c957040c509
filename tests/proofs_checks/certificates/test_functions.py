"""Functions of sums: which are written with which, before coqc checks that they may be."""

import sympy as sp

from proofs_checks.certificates.functions import Functions
from proofs_checks.certificates.polynomials import ONE, factor, key_of, plus, scaled, summed, times
from proofs_checks.certificates.printing import Names, Scope
from proofs_checks.certificates.problem import Problem
from proofs_checks.certificates.program import Program
from theory.algebra.expressions import Equation
from theory.algebra.symbols import Index, Tensor
from theory.models import model_named

HEAD = model_named("attention-head")
T = HEAD.sizes[0]
S = Tensor("w", (T, T))

I, J, K = (Index(x, T) for x in "ijk")


def functions():
    program = Program(Problem("law", "a law", HEAD, Equation(S[I, J], S[I, J])))
    return Functions(program, Scope(Names(["w", "a", "b"], ["T"], set())), [])


def the_same(first, second):
    read = functions()
    return key_of(read.poly(first)) == key_of(read.poly(second))


def total(e):
    return sp.Sum(e, (J, 1, T))


def test_terms_are_added_up_whatever_their_bound_indices_are_called():
    a, b = factor(S[I, J]), factor(S[I, K])
    assert key_of(summed(a, [J])) == key_of(summed(b, [K]))
    assert plus(summed(a, [J]), scaled(-1, summed(b, [K]))) == ()
    assert key_of(times(a, b)) != key_of(times(a, a))


def test_a_delta_is_contracted_and_an_index_that_nothing_mentions_counts_its_size():
    delta = factor(sp.KroneckerDelta(I, J))
    assert key_of(summed(times(delta, factor(S[J, K])), [J])) == key_of(factor(S[I, K]))
    assert key_of(summed(ONE, [J])) == key_of(factor(T))


def test_exponentials_of_sums_are_products():
    assert the_same(sp.exp(S[I, J] + S[I, K]), sp.exp(S[I, J]) * sp.exp(S[I, K]))
    assert the_same(sp.exp(2 * S[I, J]), sp.exp(S[I, J]) ** 2)
    assert not the_same(sp.exp(S[I, J]), sp.exp(S[J, I]))


def test_denominators_in_proportion_are_one():
    bare = sp.exp(S[I, K]) / total(sp.exp(S[I, J]))
    shifted = sp.exp(S[I, K] - S[I, I]) / total(sp.exp(S[I, J] - S[I, I]))
    assert the_same(bare, shifted)
    assert not the_same(bare, sp.exp(S[I, K] - S[I, I]) / total(sp.exp(S[I, J])))
    a, b = Tensor("a", (T,))[I], Tensor("b", (T,))[I]
    assert the_same(1 / (1 + sp.exp(b - a)), sp.exp(a) / (sp.exp(a) + sp.exp(b)))


def test_logarithms_of_quotients_are_differences():
    share = sp.log(sp.exp(S[I, K]) / total(sp.exp(S[I, J])))
    assert the_same(share, S[I, K] - sp.log(total(sp.exp(S[I, J]))))
    assert the_same(sp.log(sp.Integer(8)), 3 * sp.log(2))


def test_what_divides_by_a_sum_of_several_terms_has_a_rule_for_its_largest():
    read = functions()
    read.read(1 / (1 + sp.exp(S[I, J])))
    rule = "(exp (w i j)) * (/ (1 + exp (w i j))) = (1) + ((- 1) * ((/ (1 + exp (w i j)))))"
    assert any(rule in step for step in read.steps)


def test_the_rules_do_not_use_the_letters_of_the_law():
    program = functions().program
    scope = Scope(Names(["w", "a", "b"], ["T"], set())).binding(I, J)
    read = Functions(program, scope, [])
    read.read(sp.exp(S[I, J] + S[I, K]))
    assert read.steps and not any("forall i," in step for step in read.steps)
