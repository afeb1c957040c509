"""Jets: labelled arrays with nilpotent parts, against derivatives known in closed form."""

import math

import numpy as np
import pytest
import sympy as sp

from proofs_checks.checks.plain.functions import ELEMENTARY, differentiated, opaque_wave, power
from proofs_checks.checks.plain.jets import NOISE, Arithmetic, Unjudgeable

X = 0.7


def number_with_directions(arithmetic, levels):
    """Return X + eps_1 + eps_2 + ..., one infinitesimal a level."""
    jet = arithmetic.number(X)
    for level in range(levels):
        jet[1 << level] = ((), np.float64(1))
    return jet


@pytest.mark.parametrize("kind", list(ELEMENTARY), ids=lambda kind: kind.__name__)
def test_derivatives_of_functions_are_difference_quotients(kind):
    h = 1e-5
    at = ELEMENTARY[kind]
    for order in range(3):
        exact = at(np.array(X), order + 1)[order + 1]
        above, below = (at(np.array(X + step), order)[order] for step in (h, -h))
        assert exact == pytest.approx((above - below) / (2 * h), abs=1e-8)


@pytest.mark.parametrize("function", [opaque_wave("phi"), power(np.array(2.5))])
def test_a_derivative_of_a_function_has_the_derivatives_that_follow(function):
    later = differentiated(function, 2)(np.array(X), 1)
    assert [float(x) for x in later] == [float(x) for x in function(np.array(X), 3)[2:]]


def test_whole_powers_of_zero_have_derivatives():
    with np.errstate(all="ignore"):
        found = power(np.array(2.0))(np.array(0.0), 3)
    assert [float(x) for x in found] == [0.0, 0.0, 2.0, 0.0]


def test_nested_infinitesimals_give_higher_derivatives():
    arithmetic = Arithmetic()
    x = number_with_directions(arithmetic, 3)
    cube = arithmetic.product([x, x, x])
    assert float(cube[0b001][1]) == pytest.approx(3 * X**2)
    assert float(cube[0b011][1]) == pytest.approx(6 * X)
    assert float(cube[0b111][1]) == pytest.approx(6)
    sinh = arithmetic.function(ELEMENTARY[sp.sinh], cube)  # d^2/dx^2 sinh(x^3)
    expected = 6 * X * math.cosh(X**3) + 9 * X**4 * math.sinh(X**3)
    assert float(sinh[0b101][1]) == pytest.approx(expected)


def test_a_sum_counts_what_lacks_its_label_as_often_as_it_runs():
    arithmetic = Arithmetic()
    i, j = arithmetic.new_label(3), arithmetic.new_label(2)
    a = {0: ((i,), np.array([1.0, 2.0, 3.0]))}
    b = {0: ((j,), np.array([5.0, 7.0]))}
    assert float(arithmetic.product([a, b], (i, j))[0][1]) == 6 * 12
    assert float(arithmetic.product([a], (i, j))[0][1]) == 2 * 6
    assert float(arithmetic.product([], (i,))[0][1]) == 3
    outer = arithmetic.product([b, a, a], (i,))[0]
    assert outer[0] == (j,)
    assert outer[1].tolist() == [5 * 14, 7 * 14]


def test_equal_labels_are_a_diagonal_and_positions_an_entry():
    arithmetic = Arithmetic()
    i, j, k = (arithmetic.new_label(2) for _ in range(3))
    array = {0: ((i, j), np.array([[1.0, 2.0], [3.0, 4.0]]))}
    diagonal = arithmetic.relabelled(array, {i: (k, 0), j: (k, 0)})[0]
    assert (diagonal[0], diagonal[1].tolist()) == ((k,), [1.0, 4.0])
    row = arithmetic.relabelled(array, {i: (None, 1)})[0]
    assert (row[0], row[1].tolist()) == ((j,), [3.0, 4.0])
    turned = arithmetic.relabelled(array, {i: (k, 0)})[0]
    assert (turned[0], turned[1].tolist()) == ((j, k), [[1.0, 3.0], [2.0, 4.0]])


def test_noise_moves_results_by_a_billionth():
    noisy = Arithmetic(np.random.default_rng(0))
    moved = noisy.scale(noisy.number(3.0), 2.0)[0][1]
    assert 0 < abs(float(moved) - 6) <= 6 * NOISE
    shaken = noisy.shaken(np.array([1e-20, 5.0]))
    assert 1e-12 < abs(shaken[0]) <= 5 * NOISE
    plain = Arithmetic()
    assert plain.shaken(np.array([2.0])).tolist() == [2.0]


def test_arrays_have_a_largest_size():
    arithmetic = Arithmetic()
    labels = [arithmetic.new_label(1200) for _ in range(2)]
    vectors = [{0: ((label,), np.ones(1200))} for label in labels]
    with pytest.raises(Unjudgeable, match="an array of 1440000 entries is needed; the limit is"):
        arithmetic.product(vectors)
