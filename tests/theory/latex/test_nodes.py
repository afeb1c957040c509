r"""Inverses, determinants, products, maxima and opaque functions in LaTeX."""

import pytest
import sympy as sp

from tests.proofs_checks.checks.node_statements import (
    AB,
    GRAM,
    MODEL,
    A,
    B,
    S,
    a,
    b,
    c,
    d,
    det,
    f,
    i,
    inv,
    j,
    k,
    l,
    lam,
    product,
    t,
    u,
    x,
    y,
)
from theory.algebra.nodes import (
    Applied,
    Determinant,
    MatrixInverse,
    Maximum,
    ProductOver,
    leaving_out,
)
from theory.algebra.symbols import Index, Size, Tensor, delta, total
from theory.latex import expression

PRINTED = {
    "entry": (inv(A[a, b], i, j), r"A^{-1}_{ij}"),
    "transpose": (inv(A[b, a], i, j), r"(A^\top)^{-1}_{ij}"),
    "product": (inv(AB, i, j), r"(A B)^{-1}_{ij}"),
    "inside transposed": (inv(total(A[k, a] * B[b, k], k), i, j), r"(A^\top B^\top)^{-1}_{ij}"),
    "ridge": (inv(GRAM, i, j), r"(X^\top X + \lambda I)^{-1}_{ij}"),
    "difference": (inv(A[a, b] - t * B[a, b], i, j), r"(A - t B)^{-1}_{ij}"),
    "minus": (inv(-A[a, b], i, j), r"(-A)^{-1}_{ij}"),
    "identity": (inv(lam * delta(a, b), i, j), r"(\lambda I)^{-1}_{ij}"),
    "diagonal": (
        inv(x[a] * A[a, b] * y[b], i, j),
        r"\bigl(\operatorname{diag}(x) A \operatorname{diag}(y)\bigr)^{-1}_{ij}",
    ),
    "inverse of inverse": (MatrixInverse(inv(A[a, b], c, d), c, d, i, j), r"(A^{-1})^{-1}_{ij}"),
    "positions": (inv(A[a, b], 1, 2), r"A^{-1}_{12}"),
    "large positions": (inv(A[a, b], 1, 12), r"A^{-1}_{1,12}"),
    "a square": (inv(A[a, b], i, j) ** 2, r"(A^{-1}_{ij})^2"),
    "entrywise": (inv(A[a, b] ** 2, i, j), r"{[A_{ab}^2]_{ab}}^{-1}_{ij}"),
    "two ways": (inv(A[a, b] * B[a, b], i, j), r"{[A_{ab} B_{ab}]_{ab}}^{-1}_{ij}"),
    "bound names outside": (inv(A[a, b] ** 2, b, a), r"{[A_{ij}^2]_{ij}}^{-1}_{ba}"),
    "det": (det(S[a, b]), r"\det S"),
    "log det": (sp.log(det(S[a, b])), r"\log \det S"),
    "det of product": (det(AB), r"\det(A B)"),
    "product of dets": (det(A[a, b]) * det(B[a, b]), r"(\det A) \det B"),
    "product over": (product(x[k]), r"\prod_k x_k"),
    "product of sums": (product(x[k] + y[k]), r"\prod_k (x_k + y_k)"),
    "product times": (product(x[k]) * sp.exp(t), r"e^{t} \prod_k x_k"),
    "all but one": (leaving_out(x[k], k, i), r"\prod_{k \ne i} x_k"),
    "double product": (ProductOver(ProductOver(A[k, l], k), l), r"\prod_l \prod_k A_{kl}"),
    "maximum": (Maximum(x[k], k), r"\max_k x_k"),
    "maximum over two": (Maximum(A[k, l], k, l), r"\max_{k,l} A_{kl}"),
    "relu": (sp.Max(0, x[i]), r"\max(0, x_i)"),
    "smaller": (sp.Min(t, x[i]), r"\min(t, x_i)"),
    "function": (f(x[i]), r"f(x_i)"),
    "prime": (f(x[i], orders=(1,)), r"f'(x_i)"),
    "second": (f(x[i], orders=(2,)), r"f^{(2)}(x_i)"),
    "two arguments": (f(t, u, orders=(1, 2)), r"f^{(1,2)}(t, u)"),
    "greek": (Applied.of("phi_1", t), r"\phi_1(t)"),
}


@pytest.mark.parametrize("name", PRINTED)
def test_nodes_are_printed_as_papers_write_them(name):
    node, tex = PRINTED[name]
    assert expression(node, MODEL) == tex


def test_silent_axes_are_printed_where_a_node_binds_them():
    n, d_v = Size("n"), Size("d_v", feature=True)
    (p,), (r, s) = (Index("p", n),), (Index("r", d_v), Index("s", d_v))
    V, W = Tensor("V", (n, d_v)), Tensor("W", (d_v, d_v))
    assert expression(ProductOver(V[p, r], r)) == r"\prod_r V_{pr}"
    assert expression(Determinant(W[r, s], r, s)) == r"\det W"
    assert expression(V[p, r] * f(V[p, r])) == r"V_{pr} f(V_{pr})"
