"""Where SymPy alone goes wrong, ours must not.

None of these tests says that SymPy's fault stays: they state the right result.
"""

import numpy as np
import pytest
import sympy as sp

from tests.theory.algebra.evaluation import agree, evaluate
from theory.algebra.expressions import differentiate, free_indices, refresh, substitute
from theory.algebra.limits import AlgebraError
from theory.algebra.normal_form import normal_form, proved_equal
from theory.algebra.symbols import Index, Size, Tensor, delta, indices, total

T = Size("T")
i, j, k, l = indices("i j k l", T)
x, y, s = Tensor("x", (T,)), Tensor("y", (T,)), Tensor("s", (T, T))
E = Tensor("E", (T, T))
SIZES = {"T": 3}
DRAW = np.random.default_rng(1)
VALUES = {
    name: DRAW.normal(size=(3,) * len(t.axes)) for name, t in zip("xysE", (x, y, s, E), strict=True)
}


def test_derivative_of_a_softmax_entry_is_simplified():  # sympy#14570: StopIteration
    alpha = sp.exp(s[i, j]) / total(sp.exp(s[i, k]), k)
    derivative = differentiate(alpha, s[i, l])
    softmax = {n: sp.exp(s[i, n]) / total(sp.exp(s[i, k]), k) for n in (j, l)}
    assert proved_equal(derivative, softmax[j] * (delta(j, l) - softmax[l]))
    assert not proved_equal(derivative, softmax[j] * (1 - softmax[l]))


def test_derivative_of_a_raw_indexed_sum_is_simplified():  # sympy#14570
    derivative = differentiate(total(x[k] ** 2 * y[k], k), x[j])
    assert proved_equal(derivative, 2 * x[j] * y[j])


def test_substitution_does_not_capture_a_bound_index():  # sympy#21891
    inner = total(s[i, k] * x[k], k)
    moved = substitute(inner, {i: k})
    assert free_indices(moved) == {k}
    assert agree(moved, total(s[k, l] * x[l], l), SIZES, VALUES, k)
    assert not agree(moved, total(s[l, l] * x[l], l), SIZES, VALUES, k)


def test_substitution_leaves_what_a_sum_binds():  # sympy#21891, from the other side
    body = total(s[i, k], k)
    assert substitute(body, {k: j}) == body
    assert substitute(body, {s[i, k]: x[i]}) == body
    assert substitute(s[i, k] + body, {s[i, k]: x[i]}) == x[i] + body


def test_an_inner_sum_may_use_the_letter_of_an_outer_one():
    nested = sp.Sum(y[k] * sp.Sum(x[k], (k, 1, T)), (k, 1, T))
    product = total(x[k], k) * total(y[k], k)
    assert proved_equal(nested, product)
    assert agree(refresh(nested), product, SIZES, VALUES)
    moved = substitute(sp.Sum(s[k, j] * sp.Sum(x[k], (k, 1, T)), (k, 1, T)), {j: k})
    assert agree(moved, total(s[l, k], l) * total(x[j], j), SIZES, VALUES, k)


def test_derivative_of_a_trace_plus_a_number_is_not_lost():  # sympy#26561
    trace = total(E[k, k], k)
    assert proved_equal(differentiate(trace + 1, E[i, j]), delta(i, j))
    assert proved_equal(differentiate(trace, E[i, j]), delta(i, j))


def test_a_derivative_inside_a_sum_does_not_meet_its_bound_index():
    """The entry's index is free: d/dx_k of sum_k x_k y_k is y_k, not T y_k or sum_k y_k."""
    derivative = differentiate(total(x[k] * y[k], k), x[k])
    assert proved_equal(derivative, y[k])


def test_large_factors_under_a_root_are_left_alone():
    """SymPy 1.14 raises ValueError from its elliptic-curve factoring here."""
    number = (2**127 - 1) * (2**89 - 1) * (10**40 + 7)
    root = sp.sqrt(number * x[i] ** 2)
    assert proved_equal(root**2, number * x[i] ** 2)


def test_dummies_of_one_name_are_not_mixed_up():
    first, second = sp.Dummy("q"), sp.Dummy("q")
    with pytest.raises(AlgebraError, match="is a dummy symbol"):
        normal_form(first - second)


def test_names_of_bound_indices_sort_after_every_letter():
    """Letters beyond ASCII sort after "~", by which raw bound indices are named."""
    mu = Index("μ", T)
    assert proved_equal(total(delta(k, mu) * x[k] * y[mu], k), x[mu] * y[mu])
    assert evaluate(x[mu], SIZES, VALUES, mu).shape == (3,)
