"""Inverse matrices and determinants over F_p, in rationals and in balls."""

import numpy as np
import pytest
from flint import arb, fmpq, fmpq_mat

from proofs_checks.checks.evaluation.elimination import (
    field_determinant,
    field_inverse,
    real_determinant,
    real_inverse,
)
from proofs_checks.checks.evaluation.nodes import SingularPoint
from proofs_checks.checks.evaluation.prime_field import P, PrimeField

FIELD = PrimeField()


def field(values):
    """Integers as elements of the field."""
    return np.array(np.asarray(values, dtype=object) % P, dtype=np.uint64)


def rational(values):
    """Integers as exact rationals."""
    flat = np.array([fmpq(int(v)) for v in np.ravel(values)], dtype=object)
    return flat.reshape(np.shape(values))


@pytest.mark.parametrize("n", [1, 2, 3, 5, 8])
def test_a_stack_times_its_inverse_is_the_identity(n):
    rng = np.random.default_rng(n)
    stack = rng.integers(0, P, (4, n, n), dtype=np.uint64)
    identity = np.broadcast_to(np.eye(n, dtype=np.uint64), stack.shape)
    assert np.array_equal(FIELD.matmul(stack, field_inverse(stack)), identity)
    assert np.array_equal(FIELD.matmul(field_inverse(stack), stack), identity)


@pytest.mark.parametrize("n", [1, 2, 3, 5])
def test_determinants_are_those_of_flint(n):
    rng = np.random.default_rng(10 + n)
    stack = rng.integers(-2, 3, (6, n, n))
    expected = [int(fmpq_mat(n, n, [int(x) for x in m.flat]).det()) for m in stack]
    assert list(field_determinant(field(stack))) == [d % P for d in expected]
    assert [real_determinant(m) for m in rational(stack)] == expected


def test_a_zero_pivot_exchanges_rows():
    turned = [[0, 1, 0], [0, 0, 1], [1, 0, 0]]
    assert np.array_equal(field_inverse(field(turned)), field(np.transpose(turned)))
    assert field_determinant(field(turned)) == 1
    assert field_determinant(field([[0, 1], [1, 0]])) == P - 1


def test_singular_matrices_have_determinant_zero_and_no_inverse():
    singular = [[1, 2], [2, 4]]
    assert field_determinant(field(singular)) == 0
    assert real_determinant(rational(singular)) == 0
    for inverse, numbers in ((field_inverse, field), (real_inverse, rational)):
        with pytest.raises(SingularPoint, match="a matrix is singular"):
            inverse(numbers(singular))


def test_balls_enclose_the_inverse_and_refuse_what_may_be_singular():
    entries = np.array([[arb(2, 1e-9), fmpq(1)], [fmpq(1), arb(1)]], dtype=object)
    inverse = real_inverse(entries)
    assert all(inverse[p].contains(int(v)) for p, v in np.ndenumerate([[1, -1], [-1, 2]]))
    assert real_determinant(entries).contains(1)
    wide = np.array([[arb(0, 1)]], dtype=object)
    with pytest.raises(SingularPoint, match="a matrix is singular"):
        real_inverse(wide)
