"""The nodes beyond sums as SymPy expressions: binding, substitution, pickling, derivatives."""

import pickle

import pytest
import sympy as sp

from theory.algebra.expressions import (
    differentiate,
    free_indices,
    refresh,
    substitute,
    tensors_in,
)
from theory.algebra.limits import AlgebraError
from theory.algebra.nodes import (
    Applied,
    Determinant,
    MatrixInverse,
    Maximum,
    ProductOver,
    leaving_out,
)
from theory.algebra.normal_form import normal_form
from theory.algebra.symbols import Size, Tensor, indices, scalar, total

N, K = Size("n"), Size("m")
a, b, i, j, k, l = indices("a b i j k l", N)  # noqa: E741
(c,) = indices("c", K)
W, x = Tensor("W", (N, N)), Tensor("x", (N,))
t, u = scalar("t"), scalar("u")
INVERSE = MatrixInverse(W[a, b], a, b, i, j)
NODES = (
    INVERSE,
    Determinant(W[a, b], a, b),
    ProductOver(x[k], k),
    Maximum(W[i, k], k),
    Maximum(W[i, k], i, k),
    Applied.of("f", x[i], t),
)


@pytest.mark.parametrize("node", NODES, ids=str)
def test_a_pickled_node_is_equal_and_has_the_same_hash(node):
    again = pickle.loads(pickle.dumps(node))
    assert again == node and hash(again) == hash(node) and type(again) is type(node)


def test_slots_are_free_and_bound_indices_are_not():
    assert free_indices(INVERSE) == {i, j}
    assert free_indices(MatrixInverse(W[a, b], a, b, a, 2)) == {a}
    assert free_indices(Determinant(W[a, b] * x[i], a, b)) == {i}
    assert free_indices(ProductOver(x[k], k)) == frozenset()
    assert free_indices(Maximum(W[i, k], k)) == {i}
    assert INVERSE.free_symbols.isdisjoint({a, b}) and i in INVERSE.free_symbols


def test_the_name_of_a_function_is_no_tensor_and_no_symbol():
    f = Applied.of("f", x[i] * t)
    assert tensors_in(f) == {"x", "t"}
    assert sp.Symbol("f") not in f.free_symbols


def test_substitution_renames_a_bound_index_that_would_be_captured():
    moved = substitute(ProductOver(W[i, k], k), {i: k})
    assert free_indices(moved) == {k} and moved.body.indices[1] != k
    moved = substitute(MatrixInverse(x[i] * W[a, b], a, b, i, j), {i: a})
    assert free_indices(moved) == {a, j} and moved.slots == (a, j)
    assert substitute(ProductOver(x[k], k), {k: i}) == ProductOver(x[k], k)
    assert substitute(INVERSE, {W[a, b]: t}) == INVERSE  # a and b are not those outside
    assert substitute(INVERSE, {i: 2}).slots == (2, j)


def test_a_node_as_a_whole_is_replaced():
    assert substitute(1 + INVERSE, {INVERSE: t}) == 1 + t


def test_refresh_renames_bound_indices_and_leaves_slots():
    again = refresh(INVERSE)
    assert again.slots == (i, j) and {a, b}.isdisjoint(again.bound)
    assert refresh(ProductOver(total(W[k, j], j), k)).bound != (k,)


def test_sympy_may_not_capture_a_bound_index():
    with pytest.raises(ValueError, match="`subs` would capture a bound index"):
        ProductOver(W[i, k], k).subs(i, k)


def test_sympy_substitutes_in_slots_and_not_below_bound_indices():
    assert INVERSE.subs(i, k) == MatrixInverse(W[a, b], a, b, k, j)
    assert MatrixInverse(W[a, b], a, b, a, j).subs(a, i) == INVERSE
    assert ProductOver(x[k], k).subs(k, i) == ProductOver(x[k], k)
    assert ProductOver(t * x[k], k).subs(t, u) == ProductOver(u * x[k], k)


def test_sympy_may_mask_indices_and_the_calculus_refuses_what_it_made():
    both = total(x[k] * ProductOver(x[k], k) * MatrixInverse(W[a, b], a, b, k, k), k)
    masked = both.as_dummy()
    assert masked != both and k not in masked.atoms(sp.Symbol)
    with pytest.raises(AlgebraError, match="stands in the place of a bound index"):
        normal_form(ProductOver(x[1], sp.Dummy("k")))


def test_derivatives_of_functions_count_orders():
    f = Applied.of("f", t**2, t * u)
    assert differentiate(f, t) == (
        2 * t * Applied("f", (1, 0), t**2, t * u) + u * Applied("f", (0, 1), t**2, t * u)
    )
    assert differentiate(differentiate(f, u), u) == t**2 * Applied("f", (0, 2), t**2, t * u)
    assert differentiate(f, x[i]) == 0


def test_derivatives_of_what_does_not_vary_are_zero():
    assert differentiate(INVERSE, t) == 0
    assert differentiate(Determinant(W[a, b], a, b), t) == 0
    assert differentiate(ProductOver(x[k], k), t) == 0
    assert differentiate(Maximum(x[k], k), t) == 0


def test_a_maximum_has_no_derivative():
    with pytest.raises(AlgebraError, match="has no derivative where two values are equal"):
        differentiate(Maximum(t * x[k], k), t)


def test_leaving_out_is_a_product_over_the_others():
    node = leaving_out(x[k], k, j)
    (own,) = node.bound
    assert free_indices(node) == {j}
    assert node.body == sp.KroneckerDelta(own, j) + (1 - sp.KroneckerDelta(own, j)) * x[own]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: MatrixInverse(W[a, b], a, b, i), "takes a body, two bound indices and 2 slots"),
        (lambda: Determinant(W[a, b], a), "takes a body, two bound indices and 0 slots"),
        (lambda: Determinant(W[a, b], a, a), "two different bound indices over one size"),
        (lambda: Determinant(W[a, b], a, c), "two different bound indices over one size"),
        (lambda: MatrixInverse(W[a, b], a, b, i, c), "stands in the place of an index over n"),
        (lambda: MatrixInverse(W[a, b], a, b, 0, j), "stands in the place of an index over n"),
        (lambda: ProductOver(x[k], k, j), "takes one bound index"),
        (lambda: Maximum(x[k]), "takes different bound indices"),
        (lambda: Maximum(x[k], k, k), "takes different bound indices"),
        (lambda: Maximum(x[k], t), "runs over indices"),
        (lambda: Applied("f", (0,)), "needs one order for each of its arguments"),
        (lambda: Applied("f", (0, 1), t), "needs one order for each of its arguments"),
        (lambda: Applied("f", (-1,), t), "are whole numbers >= 0"),
    ],
)
def test_what_is_no_node_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()
