"""Markov chains on a circle of N symbols: every symbol has the same distribution of steps.

`circulant_chain`: a step of d symbols round the circle has the probability p_d.

    P_ab = sum_d p_d R_dab                  transition probabilities
    G_ab = sum_d log(p_d) R_dab             their logarithms
    L    = - (1/N) sum_ab P_ab G_ab         entropy rate from the uniform distribution, nats

R_dab = 1 where b is d - 1 symbols after a, else 0; d = 1 is the step that stays.  A pair (a, b) has
one step only, R_dab R_eab = delta_de R_dab, so that G_ab is the logarithm of P_ab.

`sticky_chain`: steps are as likely one way round as the other, and with probability rho the symbol
stays.

    W_ab = sum_d w_d S_dab                          weights, with rows that sum to one
    P_ab = (1 - rho) W_ab + rho delta_ab            transition probabilities
    m    = sum_d w_d x_d                            Fourier transform of the weights
    L    = (1/N) sum_a sum_b x_a P_ab x_b           correlation of successive values of x

S_dab = (R_dab + R_dba) / 2, and x_a = cos(2 pi f (a - 1) / N) is a wave of any frequency f, for
which the addition theorem says sum_b S_dab x_b = x_d x_a: cos(u + v) + cos(u - v) = 2 cos u cos v.

Shapes: p and w (N,) distributions, R and S (N, N, N), x (N,), rho in [0, 1] a scalar.

Source: agarwal2025gradient, the sticky Markov chain of its experiments (weights 1/distance).
"""

from __future__ import annotations

import sympy as sp

from theory.algebra.expressions import Equation
from theory.algebra.symbols import Size, Tensor, delta, indices, scalar, total
from theory.models.model import Constraint, Definition, Model

__all__ = ["circulant_chain", "sticky_chain"]

LETTERS = {"N": ("a", "b", "c", "d", "e")}


def circulant_chain(name: str = "circulant-chain") -> Model:
    """Return the chain with any distribution of steps."""
    N = Size("N")
    a, b, d, e = indices("a b d e", N)
    p, R = Tensor("p", (N,), nonnegative=True), Tensor("R", (N, N, N), nonnegative=True)
    P, G, L = Tensor("P", (N, N), nonnegative=True), Tensor("G", (N, N)), scalar("L")
    return Model(
        name=name,
        title="Markov chain on a circle",
        sizes=(N,),
        inputs=(p, R),
        definitions=(
            Definition(P[a, b], total(p[d] * R[d, a, b], d), "transition probabilities"),
            Definition(
                G[a, b], total(sp.log(p[d]) * R[d, a, b], d), "logarithms of the probabilities"
            ),
            Definition(L, -total(P[a, b] * G[a, b], a, b) / N, "entropy rate, nats"),
        ),
        loss=L,
        constraints=(
            Constraint(Equation(total(p[d], d), 1), "sum_d p_d = 1"),
            Constraint(Equation(total(R[d, a, b], b), 1), "sum_b R_dab = 1"),
            Constraint(Equation(total(R[d, a, b], a), 1), "sum_a R_dab = 1"),
            Constraint(
                Equation(R[d, a, b] * R[e, a, b], delta(d, e) * R[d, a, b]),
                "R_dab R_eab = delta_de R_dab",
            ),
        ),
        letters=LETTERS,
        features={"chain": "circulant", "structured": (("R", "shift"),)},
    )


def sticky_chain(name: str = "sticky-chain") -> Model:
    """Return the sticky chain with symmetric weights, and a wave on the circle."""
    N = Size("N")
    a, b, d = indices("a b d", N)
    w, x, S = Tensor("w", (N,), nonnegative=True), Tensor("x", (N,)), Tensor("S", (N, N, N))
    W, P = Tensor("W", (N, N)), Tensor("P", (N, N))
    rho, m, L = scalar("rho", positive=True), scalar("m"), scalar("L")
    return Model(
        name=name,
        title="sticky Markov chain on a circle",
        sizes=(N,),
        inputs=(w, rho, S, x),
        definitions=(
            Definition(W[a, b], total(w[d] * S[d, a, b], d), "weights"),
            Definition(
                P[a, b], (1 - rho) * W[a, b] + rho * delta(a, b), "transition probabilities"
            ),
            Definition(
                L, total(x[a] * P[a, b] * x[b], a, b) / N, "correlation of successive values"
            ),
        ),
        loss=L,
        constraints=(
            Constraint(Equation(total(w[d], d), 1), "sum_d w_d = 1"),
            Constraint(Equation(total(S[d, a, b], b), 1), "sum_b S_dab = 1"),
            Constraint(Equation(total(S[d, a, b], a), 1), "sum_a S_dab = 1"),
            Constraint(
                Equation(total(S[d, a, b] * x[b], b), x[d] * x[a]), "sum_b S_dab x_b = x_d x_a"
            ),
        ),
        vocabulary=(Definition(m, total(w[d] * x[d], d), "Fourier transform of the weights"),),
        letters=LETTERS,
        features={"chain": "sticky", "structured": (("S", "two-way shift"), ("x", "cosine"))},
    )
