"""Prototypes that explain targets through fixed weights, under squared error.

    g_i = sum_j alpha_ij v_j                  context
    L   = (1/2) sum_i |g_i - t_i|^2           squared error

What a value step of attention minimises when the loss is the squared error and the weights are held
fixed: the loss stands outside the mixing of prototypes, where that of a mixture model stands inside
(`prototype_mixture`).

Shapes: alpha (N, K) weights >= 0 with rows that sum to one, v (K, d_v), t (N, d_v) targets.
Vocabulary: n_j = sum_i alpha_ij, the prototype mean m_j = sum_i alpha_ij t_i / n_j, and the Gram
matrix G_jk = sum_i alpha_ij alpha_ik.  The variant ``hard`` adds the hypothesis that every row of
weights is one-hot, alpha_ij alpha_ik = delta_jk alpha_ij.

Source: oursland2025implicit, on where the log-sum-exp has to stand for EM to be exact.
"""

from __future__ import annotations

from theory.algebra.symbols import Index, Size, Tensor, indices, scalar, total
from theory.models.model import Definition, Model
from theory.models.one_hot import one_hot

__all__ = ["SOFT_ASSIGNMENTS", "soft_assignment"]


def soft_assignment(name: str = "soft-assignment", *, hard: bool = False) -> Model:
    """Return the model; ``hard`` makes every point belong to one prototype."""
    K, N, d_v = Size("K"), Size("N"), Size("d_v", feature=True)
    i, a = Index("i", N), Index("a", d_v)
    j, k = indices("j k", K)
    alpha, v = Tensor("alpha", (N, K), nonnegative=True), Tensor("v", (K, d_v))
    t, g, L = Tensor("t", (N, d_v)), Tensor("g", (N, d_v)), scalar("L")
    n, m, G = Tensor("n", (K,), nonnegative=True), Tensor("m", (K, d_v)), Tensor("G", (K, K))
    rows, exclusive = one_hot(alpha, (i,), (j, k))
    return Model(
        name=name,
        title="prototypes mixed by fixed weights, under squared error",
        sizes=(K, N, d_v),
        inputs=(alpha, v, t),
        definitions=(
            Definition(g[i, a], total(alpha[i, j] * v[j, a], j), "context"),
            Definition(L, total((g[i, a] - t[i, a]) ** 2, i, a) / 2, "squared error"),
        ),
        loss=L,
        constraints=(rows, exclusive) if hard else (rows,),
        vocabulary=(
            Definition(n[j], total(alpha[i, j], i), "weight of a prototype"),
            Definition(m[j, a], total(alpha[i, j] * t[i, a], i) / n[j], "prototype mean"),
            Definition(G[j, k], total(alpha[i, j] * alpha[i, k], i), "overlap of two prototypes"),
        ),
        letters={"K": ("j", "k", "l"), "N": ("i",), "d_v": ("a", "b")},
        features={"assignment": "hard" if hard else "soft"},
    )


SOFT_ASSIGNMENTS = {
    "soft-assignment": {},
    "hard-assignment": {"hard": True},
}
"""The named variants and the features of each."""
