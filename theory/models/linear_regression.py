"""Overparameterised linear regression, its gradient flow and gradient descent in closed form.

    X_ia = sum_k U_ik g_k V_ak                      data, by its singular values g_k
    L    = (1/2N) sum_i (sum_a X_ia theta_a - y_i)^2

Columns of U and of V are orthonormal, so X^T X / N has the eigenvalues g_k^2 / N, k = 1, ..., K,
and the rest of the space of theta, where d > K, is never seen.  With e_k = (1/g_k) sum_i U_ik y_i,
the coordinates of X^+ y, every coordinate of theta goes from its start towards e_k by itself:

    theta_a = theta_0_a + sum_k V_ak (1 - s_k) (e_k - sum_b V_bk theta_0_b)

    flow       s_k = exp(-t g_k^2 / N)              gradient flow at the time t
    descent    s_k any numbers; a step of rate eta makes them u_k = (1 - eta g_k^2 / N) s_k, and
               theta_next is of the same form with u_k

Descent from theta_0 has s_k = 1 before the first step, and (1 - eta g_k^2 / N)^m after m steps.

`regression_risk` is the flow where targets are y_wi = sum_a X_ia theta_star_a + sigma z_wi and the
outcome w of the noise has the probability q_w, with mean zero and covariance delta_ij:

    L = sum_w q_w (1/N) sum_i (sum_a X_ia (theta_wa - theta_star_a))^2      expected excess risk

on the inputs of the data.

Shapes: U (N, K), V (d, K), g (K,) > 0, y (N,), theta, theta_0 and theta_star (d,), z (M, N),
q (M,); t, eta, sigma scalars.

Source: xu2023compatibility, section 2, for the flow; the excess risk is that of a fixed design.
"""

from __future__ import annotations

import sympy as sp

from theory.algebra.expressions import Equation
from theory.algebra.symbols import Index, Size, Tensor, delta, indices, scalar, total
from theory.models.model import Constraint, Definition, Model

__all__ = ["REGRESSIONS", "regression", "regression_risk"]

LETTERS = {"K": ("k", "l"), "N": ("i", "j"), "d": ("a", "b", "c"), "M": ("w", "x")}
ORTHONORMAL = (("U", "orthonormal"), ("V", "orthonormal"))
NOISE = (("q", "noise weights"), ("z", "white noise"))


class _Spectral:
    """The lines that all share: data by its singular vectors, and the closed form of theta.

    ``outcomes`` are indices in front of what depends on the noise.
    """

    def __init__(self, *outcomes: Index) -> None:
        K, N, d = Size("K"), Size("N"), Size("d", feature=True)
        self.sizes = (K, N, d)
        (k, self.l), (i, self.j), (a, b) = indices("k l", K), indices("i j", N), indices("a b", d)
        self.k, self.i, self.a, self.b = k, i, a, b
        front, axes = outcomes, tuple(w.size for w in outcomes)
        self.U, self.V = Tensor("U", (N, K)), Tensor("V", (d, K))
        self.g, self.X = Tensor("g", (K,), nonnegative=True), Tensor("X", (N, d))
        self.start, self.theta = Tensor("theta_0", (d,)), Tensor("theta", (*axes, d))
        self.y, self.e, self.s = Tensor("y", (*axes, N)), Tensor("e", (*axes, K)), Tensor("s", (K,))
        self.t, self.L = scalar("t"), scalar("L")
        self.e_k = self.e[(*front, k)]
        self.theta_a = self.theta[(*front, a)]
        data = total(self.U[i, k] * self.g[k] * self.V[a, k], k)
        fitted = total(self.U[i, k] * self.y[(*front, i)], i) / self.g[k]
        self.data = Definition(self.X[i, a], data, "data")
        self.fitted = Definition(self.e_k, fitted, "coordinates of the least-norm solution")
        decay = sp.exp(-self.t * self.g[k] ** 2 / N)
        self.decay = Definition(self.s[k], decay, "remainders of the start")
        self.path = Definition(self.theta_a, self.closed_form(self.s), "parameters")

    def closed_form(self, left: Tensor) -> sp.Expr:
        """Return the parameters where ``left`` of the start is left."""
        own = total(self.V[self.b, self.k] * self.start[self.b], self.b)
        moved = self.V[self.a, self.k] * (1 - left[self.k]) * (self.e_k - own)
        return self.start[self.a] + total(moved, self.k)

    @property
    def orthonormal(self) -> tuple[Constraint, ...]:
        """The hypotheses on the singular vectors."""
        k, l, i, a = self.k, self.l, self.i, self.a  # noqa: E741  the letters of the field
        return (
            Constraint(
                Equation(total(self.U[i, k] * self.U[i, l], i), delta(k, l)),
                "sum_i U_ik U_il = delta_kl",
            ),
            Constraint(
                Equation(total(self.V[a, k] * self.V[a, l], a), delta(k, l)),
                "sum_a V_ak V_al = delta_kl",
            ),
        )


def regression(
    name: str = "linear-regression", *, descent: bool = False, start: bool = False
) -> Model:
    """Return gradient flow, or ``descent``; ``start`` puts the flow at the time t = 0."""
    x = _Spectral()
    _, N, _ = x.sizes
    error = total(x.X[x.i, x.a] * x.theta[x.a], x.a) - x.y[x.i]
    loss = Definition(x.L, total(error**2, x.i) / (2 * N), "squared error")
    eta, u, after = scalar("eta", positive=True), Tensor("u", x.s.axes), "theta_next"
    next_left = (1 - eta * x.g[x.k] ** 2 / N) * x.s[x.k]
    steps = (
        Definition(u[x.k], next_left, "remainders after the step"),
        Definition(Tensor(after, x.theta.axes)[x.a], x.closed_form(u), "parameters after the step"),
    )
    at_zero = Constraint(Equation(x.t, 0), "t = 0")
    return Model(
        name=name,
        title=f"linear regression by gradient {'descent' if descent else 'flow'}",
        sizes=x.sizes,
        inputs=(x.U, x.V, x.g, x.y, x.start, *((x.s, eta) if descent else (x.t,))),
        definitions=(x.data, x.fitted, *(() if descent else (x.decay,)), x.path, loss),
        loss=x.L,
        constraints=(*x.orthonormal, *((at_zero,) if start else ())),
        vocabulary=steps if descent else (),
        letters={size: LETTERS[size] for size in ("K", "N", "d")},
        features={
            "regression": "descent" if descent else "start" if start else "flow",
            "structured": ORTHONORMAL,
        },
    )


def regression_risk(name: str = "linear-regression-risk") -> Model:
    """Return the expected excess risk along gradient flow under noise with finitely many values."""
    M = Size("M")
    w = Index("w", M)
    x = _Spectral(w)
    _, N, d = x.sizes
    i, j, a = x.i, x.j, x.a
    q, z = Tensor("q", (M,), nonnegative=True), Tensor("z", (M, N))
    star, sigma = Tensor("theta_star", (d,)), scalar("sigma", positive=True)
    targets = total(x.X[i, a] * star[a], a) + sigma * z[w, i]
    error = total(x.X[i, a] * (x.theta[w, a] - star[a]), a)
    return Model(
        name=name,
        title="excess risk of linear regression by gradient flow",
        sizes=(*x.sizes, M),
        inputs=(x.U, x.V, x.g, x.start, star, q, z, sigma, x.t),
        definitions=(
            x.data,
            Definition(x.y[w, i], targets, "targets"),
            x.fitted,
            x.decay,
            x.path,
            Definition(x.L, total(q[w] * error**2, w, i) / N, "expected excess risk"),
        ),
        loss=x.L,
        constraints=(
            *x.orthonormal,
            Constraint(Equation(total(q[w], w), 1), "sum_w q_w = 1"),
            Constraint(Equation(total(q[w] * z[w, i], w), 0), "sum_w q_w z_wi = 0"),
            Constraint(
                Equation(total(q[w] * z[w, i] * z[w, j], w), delta(i, j)),
                "sum_w q_w z_wi z_wj = delta_ij",
            ),
        ),
        letters=LETTERS,
        features={"regression": "risk", "structured": (*ORTHONORMAL, *NOISE)},
    )


REGRESSIONS = {
    "linear-regression": {},
    "linear-regression-start": {"start": True},
    "linear-regression-descent": {"descent": True},
}
"""The named variants of `regression` and the features of each."""
