"""Prediction under a latent task: what a sequence model that sees only contexts can learn.

    m_i  = sum_k pi_k ell_ki                      probability of context i
    r_ik = pi_k ell_ki / m_i                      posterior of the task, given the context
    p_ic = sum_k r_ik t_kic                       posterior predictive
    q_ic = exp(z_ic) / sum_d exp(z_id)            the model's prediction
    L    = - sum_k pi_k sum_i ell_ki sum_c t_kic log q_ic       population cross-entropy, nats

A task k is drawn from the prior pi, a context i from ell_k, the next symbol c from t_ki; the loss
is the expectation over all three.

Shapes: pi (K,), ell (K, N), t (K, N, C) probabilities whose last axes sum to one, z (N, C) logits.
Vocabulary: H, the conditional entropy of the symbol given the context, in nats.

Source: agarwal2025geometry, section 2.
"""

from __future__ import annotations

import sympy as sp

from theory.algebra.expressions import Equation
from theory.algebra.symbols import Index, Size, Tensor, indices, scalar, total
from theory.models.model import Constraint, Definition, Model

__all__ = ["posterior_predictive"]


def posterior_predictive(name: str = "posterior-predictive") -> Model:
    """Return the model."""
    K, N, C = Size("K"), Size("N"), Size("C")
    k, i, (c, d) = Index("k", K), Index("i", N), indices("c d", C)
    pi, ell = Tensor("pi", (K,), nonnegative=True), Tensor("ell", (K, N), nonnegative=True)
    t, z = Tensor("t", (K, N, C), nonnegative=True), Tensor("z", (N, C))
    m, r = Tensor("m", (N,), nonnegative=True), Tensor("r", (N, K), nonnegative=True)
    p, q = (Tensor(x, (N, C), nonnegative=True) for x in "pq")
    L, H = scalar("L"), scalar("H")
    each = pi[k] * ell[k, i] * t[k, i, c] * sp.log(q[i, c])
    return Model(
        name=name,
        title="prediction of the next symbol under a latent task",
        sizes=(K, N, C),
        inputs=(pi, ell, t, z),
        definitions=(
            Definition(m[i], total(pi[k] * ell[k, i], k), "probability of a context"),
            Definition(r[i, k], pi[k] * ell[k, i] / m[i], "posterior of the task"),
            Definition(p[i, c], total(r[i, k] * t[k, i, c], k), "posterior predictive"),
            Definition(q[i, c], sp.exp(z[i, c]) / total(sp.exp(z[i, d]), d), "prediction"),
            Definition(L, -total(each, k, i, c), "population cross-entropy, nats"),
        ),
        loss=L,
        constraints=(
            Constraint(Equation(total(pi[k], k), 1), "sum_k pi_k = 1"),
            Constraint(Equation(total(ell[k, i], i), 1), "sum_i ell_ki = 1"),
            Constraint(Equation(total(t[k, i, c], c), 1), "sum_c t_kic = 1"),
        ),
        vocabulary=(
            Definition(
                H,
                -total(m[i] * p[i, c] * sp.log(p[i, c]), i, c),
                "conditional entropy, nats",
            ),
        ),
        letters={"K": ("k", "l"), "N": ("i", "j"), "C": ("c", "d")},
        features={"predictive": True},
    )
