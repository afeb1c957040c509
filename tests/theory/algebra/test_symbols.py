"""Sizes, indices, tensors and the unevaluated operators."""

import pickle

import pytest
import sympy as sp

from theory.algebra.symbols import (
    Flow,
    Index,
    Partial,
    Size,
    Step,
    Tensor,
    delta,
    indices,
    scalar,
    total,
)

T, N = Size("T"), Size("n", feature=True)
i, j = indices("i j", T)
(m,) = indices("m", N)
x, s = Tensor("x", (T,)), Tensor("s", (T, N))
L, eta = scalar("L"), scalar("eta", positive=True)


def test_an_index_is_told_apart_by_its_size():
    assert Index("i", T) == i
    assert Index("i", N) != i
    assert i.size == T and m.size == N


def test_sizes_are_positive_integers_and_keep_their_feature_mark():
    assert T.is_integer and T.is_positive
    assert N.feature and not T.feature
    assert Size("n") != N


@pytest.mark.parametrize("thing", [T, N, i, m], ids=str)
def test_sizes_and_indices_survive_pickling(thing):
    back = pickle.loads(pickle.dumps(thing))
    assert back == thing
    assert getattr(back, "feature", None) == getattr(thing, "feature", None)
    assert getattr(back, "size", None) == getattr(thing, "size", None)


def test_a_tensor_knows_its_axes_and_its_sign():
    assert s.axes == (T, N)
    assert Tensor("alpha", (T, T), nonnegative=True)[i, j].is_nonnegative
    assert x[i].is_real and x[i].is_nonnegative is None


def test_a_tensor_refuses_the_wrong_number_of_indices():
    with pytest.raises(ValueError, match=r"`s` has 2 axes \(T, n\); got 1 indices"):
        s[i]


def test_a_tensor_names_the_slot_with_the_wrong_size():
    with pytest.raises(ValueError, match=r"slot 2 of `s` ranges over n; got the index j.*over T"):
        s[i, j]


def test_a_delta_refuses_two_sizes():
    with pytest.raises(ValueError, match=r"two indices of one size; got i over T and m over n"):
        delta(i, m)


def test_a_delta_of_one_index_is_one_and_of_two_numbers_zero():
    assert delta(i, i) == 1
    assert delta(1, 2) == 0


def test_a_total_runs_over_whole_ranges():
    assert total(s[i, m], m) == sp.Sum(s[i, m], (m, 1, N))
    assert total(s[i, m]) == s[i, m]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Partial(L), "`Partial` needs at least one entry"),
        (lambda: Step(L, eta), "`Step` needs at least one tensor that moves"),
        (lambda: Flow(L), r"`Flow` needs at least one \(tensor, rate\) pair"),
    ],
)
def test_operators_need_something_to_act_by(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_a_flow_keeps_its_pairs():
    flow = Flow(L, (x[i], eta), (s[i, m], 2 * eta))
    assert flow.pairs == ((x[i], eta), (s[i, m], 2 * eta))


@pytest.mark.parametrize(
    "make", [total, lambda text: Partial(text, x[i]), lambda text: Step(text, eta, x[i])]
)
def test_text_is_never_evaluated(make):
    """SymPy would run a string as Python code."""
    with pytest.raises(sp.SympifyError):
        make("__import__('os').getcwd()")


def test_text_is_no_index():
    """SymPy would run it as code."""
    x = Tensor("x", (Size("n"),))
    with pytest.raises(TypeError, match="`x` takes indices and positions, not text"):
        x["j"]
