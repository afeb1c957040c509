"""Attention as a function of its scores and values: what the two-timescale flow moves.

    alpha_ij = exp(s_ij) / sum_k exp(s_ik)        attention weights
    g_i = sum_j alpha_ij v_j                      context
    z_i = W_O g_i,  p_i = softmax(z_i)            logits, class probabilities
    L = - sum_i w_i sum_c y_ic log p_ic + (lambda/2) sum_j |v_j|^2

The head of `attention_head` cut at s and v, with position weights w_i and a decay lambda >= 0 of
the values, under which the slow manifold V*(s) is unique.

Shapes: s (T, n), v (n, d_v), W_O (C, d_v), y (T, C) with rows that sum to one, w (T,).
Vocabulary: u_i = dL/dg_i, b_ij = u_i . v_j.

Source: agarwal2025gradient, section 4.
"""

from __future__ import annotations

import sympy as sp

from theory.algebra.expressions import Equation
from theory.algebra.symbols import Index, Partial, Size, Tensor, indices, scalar, total
from theory.models.model import Constraint, Definition, Model

__all__ = ["scores_and_values"]


def scores_and_values(name: str = "scores-and-values") -> Model:
    """Return the model."""
    T, n, C = Size("T"), Size("n"), Size("C", feature=True)
    d_v = Size("d_v", feature=True)
    i = Index("i", T)
    j, k = indices("j k", n)
    a, (c, d) = Index("a", d_v), indices("c d", C)
    s, alpha = Tensor("s", (T, n)), Tensor("alpha", (T, n), nonnegative=True)
    v, g, W_O = Tensor("v", (n, d_v)), Tensor("g", (T, d_v)), Tensor("W_O", (C, d_v))
    z, p, y = Tensor("z", (T, C)), Tensor("p", (T, C), nonnegative=True), Tensor("y", (T, C))
    w, decay, L = Tensor("w", (T,)), scalar("lambda"), scalar("L")
    u, b = Tensor("u", (T, d_v)), Tensor("b", (T, n))
    cross_entropy = -total(w[i] * y[i, c] * sp.log(p[i, c]), i, c)
    return Model(
        name=name,
        title="softmax attention as a function of scores and values, under cross-entropy",
        sizes=(T, n, d_v, C),
        inputs=(s, v, W_O, y, w, decay),
        definitions=(
            Definition(
                alpha[i, j], sp.exp(s[i, j]) / total(sp.exp(s[i, k]), k), "attention weights"
            ),
            Definition(g[i, a], total(alpha[i, j] * v[j, a], j), "context"),
            Definition(z[i, c], total(W_O[c, a] * g[i, a], a), "logits"),
            Definition(p[i, c], sp.exp(z[i, c]) / total(sp.exp(z[i, d]), d), "class probabilities"),
            Definition(
                L,
                cross_entropy + decay * total(v[j, a] ** 2, j, a) / 2,
                "cross-entropy with decay of the values, nats",
            ),
        ),
        loss=L,
        constraints=(Constraint(Equation(total(y[i, c], c), 1), "sum_c y_ic = 1"),),
        vocabulary=(
            Definition(u[i, a], Partial(L, g[i, a]), "upstream gradient"),
            Definition(b[i, j], total(u[i, a] * v[j, a], a), "value of attending to j"),
        ),
        letters={
            "T": ("i", "m"), "n": ("j", "k", "l"), "d_v": ("a", "b"), "C": ("c", "d"),
        },
    )  # fmt: skip
