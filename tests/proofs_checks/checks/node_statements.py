"""Statements with inverses, determinants, products, maxima and opaque functions: true and false.

Every true one holds for all sizes; every false one fails at some point that the exact judge tries.
"""

import sympy as sp

from theory.algebra.expressions import Equation
from theory.algebra.nodes import Applied, Determinant, MatrixInverse, Maximum, ProductOver
from theory.algebra.symbols import Partial, Size, Tensor, delta, indices, scalar, total
from theory.models.model import Constraint, Definition, Model

N, M = Size("n"), Size("m")
a, b, c, d, i, j, k, l = indices("a b c d i j k l", N)  # noqa: E741
(q,) = indices("q", M)
A, B, C, S = (Tensor(name, (N, N)) for name in "ABCS")
X = Tensor("X", (M, N))
x, y = Tensor("x", (N,)), Tensor("y", (N,))
w = Tensor("w", (N,), nonnegative=True)
t, u, loss = scalar("t"), scalar("u"), scalar("L")
lam = scalar("lam", positive=True)

MODEL = Model(
    name="nodes",
    title="matrices and functions",
    sizes=(N, M),
    inputs=(A, B, C, S, X, x, y, w, t, u, lam),
    definitions=(Definition(loss, total(x[k] ** 2, k), "loss"),),
    loss=loss,
    constraints=(Constraint(Equation(S[i, j], S[j, i]), "S is symmetric"),),
    letters={"n": ("i", "j", "k", "l"), "m": ("q", "r")},
)


def inv(body, i, j):
    """Return entry (i, j) of the inverse of the matrix with entries ``body`` at (a, b)."""
    return MatrixInverse(body, a, b, i, j)


def det(body):
    """Return the determinant of the matrix with entries ``body`` at (a, b)."""
    return Determinant(body, a, b)


def f(*arguments, orders=None):
    """Return an opaque function, or a derivative of it."""
    return Applied("f", orders or (0,) * len(arguments), *arguments)


def product(body):
    """Return the product over k."""
    return ProductOver(body, k)


AB = total(A[a, k] * B[k, b], k)
ABC = total(A[a, k] * B[k, l] * C[l, b], k, l)
GRAM = total(X[q, a] * X[q, b], q) + lam * delta(a, b)

TRUE = {
    "A A^-1": (total(A[i, k] * inv(A[a, b], k, j), k), delta(i, j)),
    "A^-1 A": (total(inv(A[a, b], i, k) * A[k, j], k), delta(i, j)),
    "slots named as bound": (
        total(inv(A[a, b], b, k) * A[k, a], k),
        delta(a, b),
    ),
    "trace of A A^-1": (total(A[i, k] * inv(A[a, b], k, i), i, k), N),
    "inverse of inverse": (MatrixInverse(inv(A[a, b], c, d), c, d, i, j), A[i, j]),
    "inverse of transpose": (inv(A[b, a], i, j), inv(A[a, b], j, i)),
    "inverse of product": (inv(AB, i, j), total(inv(B[a, b], i, k) * inv(A[a, b], k, j), k)),
    "inverse of three": (
        inv(ABC, i, j),
        total(inv(C[a, b], i, k) * inv(B[a, b], k, l) * inv(A[a, b], l, j), k, l),
    ),
    "inverse of multiple": (inv(t * A[a, b], i, j), inv(A[a, b], i, j) / t),
    "inverse of negative": (inv(-A[a, b], i, j), -inv(A[a, b], i, j)),
    "inverse of diagonal": (inv(delta(a, b) * x[a], i, j), delta(i, j) / x[i]),
    "rows and columns": (
        inv(x[a] * A[a, b] * y[b], i, j),
        inv(A[a, b], i, j) / (y[i] * x[j]),
    ),
    "ridge": (
        total(X[q, i] * X[q, k] * inv(GRAM, k, j), k, q),
        delta(i, j) - lam * inv(GRAM, i, j),
    ),
    "gram is symmetric": (inv(GRAM, i, j), inv(GRAM, j, i)),
    "symmetric": (inv(S[a, b], i, j), inv(S[a, b], j, i)),
    "symmetric S S^-1": (total(S[k, i] * inv(S[a, b], k, j), k), delta(i, j)),
    "symmetric form": (total(S[i, j] * x[i] * y[j], i, j), total(S[i, j] * y[i] * x[j], i, j)),
    "derivative of inverse": (
        Partial(inv(A[a, b], i, j), A[k, l]),
        -inv(A[a, b], i, k) * inv(A[a, b], l, j),
    ),
    "derivative of form": (
        Partial(total(x[i] * inv(A[a, b], i, j) * y[j], i, j), x[k]),
        total(inv(A[a, b], k, j) * y[j], j),
    ),
    "det of product": (det(AB), det(A[a, b]) * det(B[a, b])),
    "det of transpose": (det(A[b, a]), det(A[a, b])),
    "det of inverse": (Determinant(inv(A[a, b], c, d), c, d) * det(A[a, b]), 1),
    "det of multiple": (det(lam * A[a, b]), lam**N * det(A[a, b])),
    "det of negative": (det(-A[a, b]), (-1) ** N * det(A[a, b])),
    "det of diagonal": (det(delta(a, b) * x[a]), product(x[k])),
    "log det of product": (
        sp.log(det(AB)),
        sp.log(det(A[a, b])) + sp.log(det(B[a, b])),
    ),
    "gradient of log det": (Partial(sp.log(det(A[a, b])), A[i, j]), inv(A[a, b], j, i)),
    "hessian of log det": (
        Partial(sp.log(det(A[a, b])), A[i, j], A[k, l]),
        -inv(A[a, b], j, k) * inv(A[a, b], l, i),
    ),
    "gradient of det": (Partial(det(A[a, b]), A[i, j]), det(A[a, b]) * inv(A[a, b], j, i)),
    "product of products": (product(x[k] * y[k]), product(x[k]) * ProductOver(y[l], l)),
    "product of constant": (product(lam), lam**N),
    "product of signs": (product(-x[k]), (-1) ** N * product(x[k])),
    "product of reciprocals": (product(1 / x[k]), 1 / product(x[k])),
    "log of product": (sp.log(product(x[k])), total(sp.log(x[k]), k)),
    "log of shifted product": (sp.log(product(1 + x[k])), total(sp.log(1 + x[k]), k)),
    "exp of sum": (sp.exp(total(x[k], k)), product(sp.exp(x[k]))),
    "double product": (
        ProductOver(ProductOver(A[k, l], k), l),
        ProductOver(ProductOver(A[k, l], l), k),
    ),
    "derivative of product": (Partial(product(x[k]), x[i]) * x[i], product(x[k])),
    "quotient in derivative": (
        Partial(product(t - x[k]), x[i]),
        -product(t - x[k]) / (t - x[i]),
    ),
    "derivative by the shift": (
        Partial(product(t - x[k]), t),
        product(t - x[k]) * total(1 / (t - x[i]), i),
    ),
    "function": (f(t * (x[i] + 1)), f(t + x[i] * t)),
    "chain rule": (Partial(f(t**2), t), 2 * t * f(t**2, orders=(1,))),
    "separable": (Partial(total(f(x[k]), k), x[i]), f(x[i], orders=(1,))),
    "mixed": (Partial(f(t, u), t, u), f(t, u, orders=(1, 1))),
    "product rule": (
        Partial(f(t) * t, t, t),
        2 * f(t, orders=(1,)) + t * f(t, orders=(2,)),
    ),
}

ORDERED = {
    "shifted maximum": (Maximum(t + x[k], k), t + Maximum(x[l], l)),
    "doubled maximum": (Maximum(2 * x[k], k), 2 * Maximum(x[k], k)),
    "maximum of constant": (Maximum(x[i], k), x[i]),
    "maximum over both": (Maximum(Maximum(A[i, j], i), j), Maximum(A[j, i], i, j)),
    "two values": (sp.Max(x[i], t), sp.Max(t, x[i])),
    "smaller of two": (sp.Min(x[i], t), -sp.Max(-t, -x[i])),
    "relu": (total(sp.Max(x[i], y[j]), i, j), total(sp.Max(x[j], y[i]), j, i)),
}
"""True statements about which a finite field says nothing."""

FALSE = {
    "A A": (total(A[i, k] * A[k, j], k), delta(i, j)),
    "A^T A^-1": (total(A[k, i] * inv(A[a, b], k, j), k), delta(i, j)),
    "A A^-1 is n": (total(A[i, k] * inv(A[a, b], k, j), k), N * delta(i, j)),
    "A^-1 entrywise": (inv(A[a, b], i, j), 1 / A[i, j]),
    "A^-1 is symmetric": (inv(A[a, b], i, j), inv(A[a, b], j, i)),
    "inverse in order": (inv(AB, i, j), total(inv(A[a, b], i, k) * inv(B[a, b], k, j), k)),
    "inverse of sum": (inv(A[a, b] + B[a, b], i, j), inv(A[a, b], i, j) + inv(B[a, b], i, j)),
    "inverse of multiple": (inv(t * A[a, b], i, j), t * inv(A[a, b], i, j)),
    "diagonal": (inv(delta(a, b) * x[a], i, j), delta(i, j) * x[i]),
    "all 1/x": (inv(delta(a, b) * x[a], i, j), 1 / x[i]),
    "rows and columns": (inv(x[a] * A[a, b] * y[b], i, j), inv(A[a, b], i, j) / (x[i] * y[j])),
    "ridge": (total(X[q, i] * X[q, k] * inv(GRAM, k, j), k, q), delta(i, j) - inv(GRAM, i, j)),
    "ridge sign": (
        total(X[q, i] * X[q, k] * inv(GRAM, k, j), k, q),
        delta(i, j) + lam * inv(GRAM, i, j),
    ),
    "S is its inverse": (inv(S[a, b], i, j), S[i, j]),
    "A is symmetric": (total(A[i, j] * x[i] * y[j], i, j), total(A[i, j] * y[i] * x[j], i, j)),
    "derivative of inverse": (
        Partial(inv(A[a, b], i, j), A[k, l]),
        -inv(A[a, b], i, l) * inv(A[a, b], k, j),
    ),
    "derivative of inverse, sign": (
        Partial(inv(A[a, b], i, j), A[k, l]),
        inv(A[a, b], i, k) * inv(A[a, b], l, j),
    ),
    "det of sum": (det(A[a, b] + B[a, b]), det(A[a, b]) + det(B[a, b])),
    "det of multiple": (det(lam * A[a, b]), lam * det(A[a, b])),
    "det of negative": (det(-A[a, b]), -det(A[a, b])),
    "det is trace": (det(A[a, b]), total(A[i, i], i)),
    "det of diagonal": (det(delta(a, b) * x[a]), total(x[k], k)),
    "det of inverse": (Determinant(inv(A[a, b], c, d), c, d), det(A[a, b])),
    "gradient of log det": (Partial(sp.log(det(A[a, b])), A[i, j]), inv(A[a, b], i, j)),
    "hessian of log det": (
        Partial(sp.log(det(A[a, b])), A[i, j], A[k, l]),
        -inv(A[a, b], i, k) * inv(A[a, b], l, j),
    ),
    "gradient of det": (Partial(det(A[a, b]), A[i, j]), inv(A[a, b], j, i)),
    "product of sums": (product(x[k] + y[k]), product(x[k]) + product(y[k])),
    "product is sum": (product(x[k]), total(x[k], k)),
    "product of constant": (product(lam), N * lam),
    "product of multiple": (product(2 * x[k]), 2 * product(x[k])),
    "product of signs": (product(-x[k]), -product(x[k])),
    "log of product": (sp.log(product(w[k])), product(sp.log(w[k]))),
    "exp of sum": (sp.exp(total(x[k], k)), total(sp.exp(x[k]), k)),
    "derivative of product": (Partial(product(x[k]), x[i]), product(x[k])),
    "quotient in derivative": (Partial(product(t - x[k]), x[i]), product(t - x[k]) / (t - x[i])),
    "maximum of sum": (Maximum(x[k] + y[k], k), Maximum(x[k], k) + Maximum(y[k], k)),
    "maximum of multiple": (Maximum(t * x[k], k), t * Maximum(x[k], k)),
    "maximum of negative": (Maximum(-x[k], k), -Maximum(x[k], k)),
    "relu": (sp.Max(0, x[i]), x[i]),
    "two values": (sp.Max(x[i], t), sp.Min(x[i], t)),
    "function is linear": (f(x[i] + y[i]), f(x[i]) + f(y[i])),
    "functions agree": (f(t), Applied.of("h", t)),
    "chain rule": (Partial(f(t**2), t), f(t**2, orders=(1,))),
    "second derivative": (Partial(f(t), t, t), f(t, orders=(1,)) ** 2),
    "fourth derivative": (f(t, orders=(4,)), 0),
    "arguments exchanged": (f(t, u), f(u, t)),
    "mixed": (Partial(f(t, u), t), f(t, u, orders=(0, 1))),
}
