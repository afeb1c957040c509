"""What the normal form makes of symmetric tensors, and where it stops."""

import pytest
import sympy as sp

from theory.algebra.expressions import Equation
from theory.algebra.limits import AlgebraError
from theory.algebra.nodes import Applied, Determinant, MatrixInverse, Maximum, ProductOver
from theory.algebra.normal_form import normal_form, proved_equal
from theory.algebra.symbols import Size, Tensor, delta, indices, scalar, total
from theory.models.facts import rule_of

N = Size("n")
a, b, c, d, i, j, k, l = indices("a b c d i j k l", N)  # noqa: E741
A, S = Tensor("A", (N, N)), Tensor("S", (N, N))
P = Tensor("P", (N, N, N))
x = Tensor("x", (N,))
t = scalar("t")
SYMMETRIC = rule_of(Equation(S[i, j], S[j, i]), "S")
ROWS = rule_of(Equation(total(S[i, j], j), 1), "rows")
LAST = rule_of(Equation(P[i, j, k], P[i, k, j]), "P")


def inv(body, i, j):
    """Return entry (i, j) of the inverse of the matrix with entries ``body`` at (a, b)."""
    return MatrixInverse(body, a, b, i, j)


def test_a_symmetric_tensor_holds_its_indices_in_one_order():
    assert proved_equal(S[i, j], S[j, i], [SYMMETRIC])
    assert not proved_equal(S[i, j], S[j, i])
    assert not proved_equal(A[i, j], A[j, i], [SYMMETRIC])
    assert proved_equal(S[1, 2], S[2, 1], [SYMMETRIC])
    assert not proved_equal(S[i, i], S[j, j], [SYMMETRIC])


def test_only_the_two_slots_that_a_hypothesis_names_are_exchanged():
    assert proved_equal(P[i, j, k], P[i, k, j], [LAST])
    assert not proved_equal(P[i, j, k], P[j, i, k], [LAST])


def test_a_hypothesis_about_three_slots_is_no_symmetry():
    turned = rule_of(Equation(P[i, j, k], P[j, k, i]), "turned")
    with pytest.raises(AlgebraError, match="nested too deeply"):
        normal_form(P[i, j, k] * t, [turned])


def test_symmetric_sums_have_one_form():
    form = total(S[i, j] * x[i] * A[j, k], i, j)
    other = total(S[j, i] * x[i] * A[j, k], i, j)
    assert proved_equal(form, other, [SYMMETRIC])
    cubic = total(S[i, j] * S[j, k] * S[k, i] * x[i], i, j, k)
    assert proved_equal(cubic, total(S[j, i] * S[k, j] * S[i, k] * x[i], i, j, k), [SYMMETRIC])


def test_a_symmetric_entry_meets_rules_in_either_order():
    assert proved_equal(total(S[j, i], j), 1, [SYMMETRIC, ROWS])
    assert not proved_equal(total(S[j, i], j), 1, [ROWS])


def test_a_matrix_meets_its_inverse_in_a_longer_product():
    chain = total(x[i] * A[i, j] * inv(A[a, b], j, k) * A[k, l], i, j, k)
    assert proved_equal(chain, total(x[i] * A[i, l], i))


def test_an_index_that_stands_elsewhere_too_is_not_contracted():
    assert not proved_equal(total(A[i, k] * inv(A[a, b], k, j) * x[k], k), delta(i, j) * x[i])
    assert not proved_equal(total(A[i, k] * inv(A[a, b], k, k), k), 1)
    assert not proved_equal(total(A[k, k] * inv(A[a, b], k, j), k), 1)
    assert not proved_equal(total(A[i, k] * inv(A[a, b] * x[k], k, j), k), delta(i, j) / x[i])


def test_a_matrix_whose_terms_hold_each_other_is_left_alone():
    body = A[a, b] + A[a, b] * S[a, b]
    value = total(A[i, k] * inv(body, k, j), k)
    assert not proved_equal(value, delta(i, j))
    assert proved_equal(value, value)


def test_an_antisymmetric_matrix_has_an_antisymmetric_inverse():
    body = A[a, b] - A[b, a]
    assert proved_equal(inv(body, i, j), -inv(body, j, i))
    assert proved_equal(inv(body, i, i), 0)


def test_the_matrix_of_ones_is_not_taken_for_regular():
    ones = MatrixInverse(1, a, b, k, j)
    assert not proved_equal(total(ones, k), delta(i, j))
    assert not proved_equal(Determinant(1, a, b), 1)


def test_a_product_that_singles_out_an_index():
    at = delta(k, i)
    assert proved_equal(ProductOver(at * t + (1 - at), k), t)
    assert proved_equal(ProductOver(1 - at, k), 0)
    assert proved_equal(x[i] * ProductOver(at + (1 - at) * x[k], k), ProductOver(x[k], k))
    assert not proved_equal(ProductOver(at + (1 - at) * x[k], k), ProductOver(x[k], k))
    third = delta(k, 3)
    assert proved_equal(x[3] * ProductOver(third + (1 - third) * x[k], k), ProductOver(x[k], k))
    assert proved_equal(ProductOver(third + (1 - third) * x[k], k), ProductOver(x[k], k) / x[3])


def test_two_different_ones_left_out_are_no_quotient():
    both = delta(k, i) + delta(k, j) + (1 - delta(k, i) - delta(k, j)) * x[k]
    assert not proved_equal(ProductOver(both, k), ProductOver(x[k], k) / (x[i] * x[j]))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: inv(A[a, b] - A[a, b] * 1 + 0 * t, i, j), "a matrix of zeros"),
        (lambda: Determinant(t * 0, a, b), "a matrix of zeros"),
        (
            lambda: Maximum(P[i, j, k] * A[l, a] * x[b], i, j, k, l, a, b),
            "at most 4 are tried out",
        ),
    ],
)
def test_what_has_no_normal_form_is_refused(make, message):
    with pytest.raises(AlgebraError, match=message):
        normal_form(make())


def test_functions_of_one_name_and_other_orders_are_others():
    assert not proved_equal(Applied("f", (1,), t), Applied("f", (2,), t))
    assert not proved_equal(Applied.of("f", t), sp.Function("f")(t))
    assert not proved_equal(Applied.of("f", t), Applied.of("f", t, t))


def test_logarithms_tell_signs_only_where_they_stand_for_every_value():
    product = sp.log(ProductOver(1 + x[k], k))
    assert proved_equal(product, total(sp.log(1 + x[k]), k))
    assert not proved_equal(product * delta(i, j), total(sp.log(1 + x[k]), k) * delta(i, j) * t)
    assert not proved_equal(product, total(sp.log(1 - x[k]), k))
