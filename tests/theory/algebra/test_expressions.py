"""Free indices, substitution and differentiation, against numbers."""

import numpy as np
import pytest
import sympy as sp
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.theory.algebra.evaluation import agree, evaluate
from tests.theory.algebra.random_expressions import FREE, SIZES, expressions, point
from tests.theory.algebra.vocabulary import S, T, a, b, c, i, j, k, l, m, p, s, w, x, y
from theory.algebra.expressions import (
    Equation,
    differentiate,
    entry_tensor,
    free_indices,
    fresh,
    refresh,
    slots,
    substitute,
    tensors_in,
)
from theory.algebra.symbols import delta, total


def test_an_equation_has_two_sides():
    equation = Equation(x[i], 2)
    assert (equation.left, equation.right) == (x[i], sp.Integer(2))
    with pytest.raises(sp.SympifyError):
        Equation("x", 1)


def test_free_indices_are_those_no_sum_binds():
    assert free_indices(total(s[i, m] * w[m], m) + x[k]) == {i, k}
    assert free_indices(total(x[k], k) * x[k]) == {k}
    assert free_indices(delta(i, j) * p[c]) == {i, j, c}
    assert free_indices(sp.Integer(3)) == frozenset()


def test_names_of_tensors_and_scalars():
    assert tensors_in(a * total(s[i, m] * w[m], m) / sp.sqrt(T)) == {"a", "s", "w"}


def test_entries_and_their_parts():
    assert entry_tensor(s[i, m]) == s and slots(s[i, m]) == (i, m)
    assert entry_tensor(a) == a and slots(a) == ()


def test_a_fresh_index_is_new_and_of_one_size():
    first, second = fresh(k), fresh(k)
    assert len({first, second, k}) == 3
    assert first.size == second.size == k.size


def test_substitution_is_simultaneous():
    assert substitute(S[i, j], {i: j, j: i}) == S[j, i]
    assert substitute(x[i] * y[i], {x[i]: y[i], y[i]: x[i]}) == x[i] * y[i]


def test_substitution_keeps_partial_ranges():
    partial = sp.Sum(x[k], (k, 2, T))
    assert substitute(partial * x[i], {i: j}) == partial * x[j]
    assert substitute(sp.Sum(S[i, k], (k, 2, T)), {i: k}).limits[0][1:] == (2, T)


def test_substitution_of_scalars_and_of_nothing():
    assert substitute(a * x[i], {a: b}) == b * x[i]
    assert substitute(a * x[i], {}) == a * x[i]


def test_refreshing_renames_bound_indices_only():
    renamed = refresh(total(S[i, k] * total(x[k], k), k))
    assert free_indices(renamed) == {i}
    assert k not in renamed.atoms(type(k))


POSITIONS = [index for index in FREE if index.size == T]


@given(expressions(), st.sampled_from(POSITIONS), st.sampled_from(POSITIONS))
def test_substitution_of_an_index_reads_the_values_there(e, old, new):
    moved = substitute(e, {old: new})
    for sizes in SIZES:
        values = point(sizes, seed=3)
        before = evaluate(e, sizes, values, *FREE)
        place = list(np.indices(before.shape))
        place[FREE.index(old)] = place[FREE.index(new)]
        expected = before[tuple(place)]
        defined = np.isfinite(expected)  # elsewhere SymPy and NumPy differ in how they say so
        after = evaluate(moved, sizes, values, *FREE)
        np.testing.assert_allclose(after[defined], expected[defined], rtol=1e-9)


@given(expressions())
def test_a_derivative_is_that_of_finite_differences(e):
    assume(not e.has(sp.Abs, sp.I, sp.zoo))
    sizes, step = SIZES[0], 1e-5
    values = point(sizes, seed=5)
    derivative = differentiate(e, S[k, l])
    got = evaluate(derivative, sizes, values, *FREE, k, l)
    for row, column in np.ndindex(2, 2):
        shift = np.zeros((2, 2))
        shift[row, column] = step
        far, near = (
            evaluate(e, sizes, {**values, "S": values["S"] + sign * shift}, *FREE)
            for sign in (1, -1)
        )
        largest = np.max([np.abs(part).max() for part in (far, near, got)])
        assume(np.isfinite(largest) and largest < 1e3)  # beyond that the step is too long
        difference = (far - near) / (2 * step)
        np.testing.assert_allclose(got[..., row, column], difference, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize(
    ("expression", "by", "expected"),
    [
        (total(x[k] * y[k], k), x[i], y[i]),
        (total(S[i, k] * x[k], k), S[j, l], delta(i, j) * x[l]),
        (x[1] * y[i], x[k], delta(1, k) * y[i]),
        (x[1] * y[i], x[2], sp.Integer(0)),
        (a * x[i], a, x[i]),
        (T * a**2, a, 2 * a * T),
        (x[i], S[i, j], sp.Integer(0)),
    ],
    ids=str,
)
def test_derivatives_by_hand(expression, by, expected):
    free = sorted(free_indices(expression) | free_indices(by), key=str)
    values = {"x": np.arange(1.0, 4), "y": np.arange(2.0, 5), "S": np.ones((3, 3)), "a": 0.5}
    assert agree(differentiate(expression, by), expected, {"T": 3}, values, *free)
