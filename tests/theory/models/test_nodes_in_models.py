"""Models whose lines hold inverses, products or maxima: what is derived, and what is refused."""

import pytest
import sympy as sp

from theory.algebra.expressions import Equation, differentiate
from theory.algebra.limits import AlgebraError, NoDerivative
from theory.algebra.nodes import Applied, Determinant, MatrixInverse, Maximum, ProductOver
from theory.algebra.symbols import Partial, Size, Tensor, indices, scalar, total
from theory.codegen.generate import function, value_and_gradient
from theory.laws.from_loss import derivation_from_loss
from theory.models import theory_of
from theory.models.expanded import expanded_lines
from theory.models.model import Definition, Model

N = Size("n")
a, b, i, j, k = indices("a b i j k", N)
A, x, h = Tensor("A", (N, N)), Tensor("x", (N,)), Tensor("h", (N,))
t, loss = scalar("t"), scalar("L")
NODES = (
    total(MatrixInverse(A[a, b], a, b, i, j) * x[i] * x[j], i, j),
    sp.log(Determinant(A[a, b], a, b)),
    ProductOver(x[k], k),
    Applied.of("f", t),
    Maximum(x[k], k),
    sp.Max(t, total(x[k], k)),
)


def model(value, *lines):
    """A model with this loss."""
    definitions = (*lines, Definition(loss, value, "loss"))
    return Model(
        name="m", title="", sizes=(N,), inputs=(A, x, t), definitions=definitions, loss=loss
    )


def test_the_gradient_of_a_gaussian_log_likelihood_is_derived_from_its_lines():
    S = Tensor("K", (N, N))
    form = total(MatrixInverse(S[a, b], a, b, i, j) * x[i] * x[j], i, j)
    lines = Definition(S[i, j], A[i, j] + A[j, i], "covariance")
    gaussian = model(-(sp.log(Determinant(S[a, b], a, b)) + form) / 2, lines)
    inverse = MatrixInverse(S[a, b], a, b, j, i)
    outer = total(MatrixInverse(S[a, b], a, b, k, i) * x[k], k) * total(
        MatrixInverse(S[a, b], a, b, j, k) * x[k], k
    )
    proof = theory_of(gaussian).prove(Equation(Partial(loss, S[i, j]), (outer - inverse) / 2))
    assert proof.proved
    wrong = theory_of(gaussian).prove(Equation(Partial(loss, S[i, j]), (outer + inverse) / 2))
    assert not wrong.proved


@pytest.mark.parametrize("value", NODES, ids=str)
@pytest.mark.parametrize("backend", ["numpy", "torch"])
def test_no_source_is_generated_for_nodes(value, backend):
    with pytest.raises(ValueError, match="is not in the language"):
        function(model(value), value, name="g", backend=backend)


@pytest.mark.parametrize("value", NODES[:5], ids=str)
def test_nodes_are_not_written_out_entry_by_entry(value):
    ones = {(m,): sp.S.One for m in (1, 2)}
    given = {"A": {(m, n): sp.S.One for m in (1, 2) for n in (1, 2)}, "x": ones, "t": {(): 1}}
    with pytest.raises(ValueError, match="cannot be written out entry by entry"):
        expanded_lines(model(value), {"n": 2}, given)


@pytest.mark.parametrize("value", [sp.Max(0, x[i]), sp.Min(x[i], t), Maximum(A[i, k] * x[i], k)])
def test_what_a_maximum_hides_has_no_adjoint(value):
    relu = model(total(h[k] ** 2, k), Definition(h[i], value, "hidden"))
    theory = theory_of(relu)
    assert "h" in theory.adjoints and "x" not in theory.adjoints
    assert theory.prove(Equation(Partial(loss, h[i]), 2 * h[i])).proved
    with pytest.raises(NoDerivative, match=r"a maximum stands between `x\[i\]` and the loss"):
        theory.resolve(Partial(loss, x[i]))
    with pytest.raises(AlgebraError, match="has no derivative"):
        theory.resolve(Partial(h[j], x[i]))
    with pytest.raises(ValueError, match="has no derivative by `x`"):
        derivation_from_loss(relu, "x")
    with pytest.raises(ValueError, match="has no derivative by `x`"):
        value_and_gradient(relu, ["x"])


def test_a_maximum_of_what_does_not_vary_has_derivative_zero():
    assert differentiate(Maximum(x[k], k), t) == 0
    with pytest.raises(NoDerivative, match="where two values are equal"):
        differentiate(Maximum(x[k], k), x[i])
    with pytest.raises(NoDerivative, match="where two values are equal"):
        differentiate(sp.Max(t, x[i]), t)
