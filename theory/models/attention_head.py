"""The softmax attention head under cross-entropy, and its variants, from one definition.

    q_i = W_Q^T x_i        k_j = W_K^T x_j        v_j = W_V^T x_j
    s_ij = q_i . k_j / sqrt(d_k)                  scores
    alpha_ij = exp(s_ij) / sum_k exp(s_ik)        attention weights
    g_i = sum_j alpha_ij v_j                      context
    z_i = W_O g_i,  p_i = softmax(z_i)            logits, class probabilities
    L = - sum_i sum_c y_ic log p_ic               cross-entropy in nats

Shapes: X (T, d_x), W_Q and W_K (d_x, d_k), W_V (d_x, d_v), W_O (C, d_v), y (T, C) with rows that
sum to one (one-hot or soft labels).

Vocabulary: u_i = dL/dg_i upstream gradient; b_ij = u_i . v_j; A_ij = b_ij - E_{alpha_i}[b]
advantage (negative where attending more lowers the loss; the source also uses the opposite sign);
D_ij = alpha_ij A_ij.

Variants: an arbitrary mask M (0 or 1) or the causal mask multiplies exp(s); a bias B and a
temperature tau enter the scores, s = q.k / (tau sqrt(d_k)) + B, so every law about s stays as it
is; ``cross`` takes keys and values from other inputs X_K (n, d_x); ``heads`` puts a head index h in
front of everything but X, z, p, y, with z_i = sum_h W_O^h g_i^h; ``weights`` gives position i the
weight w_i in the loss.

Source: agarwal2025gradient, section 3.
"""

from __future__ import annotations

from typing import Literal

import sympy as sp

from theory.algebra.expressions import Equation
from theory.algebra.symbols import Index, Partial, Size, Tensor, indices, scalar, total
from theory.models.model import Constraint, Definition, Model

__all__ = ["ATTENTION_HEADS", "attention_head"]

Mask = Literal["arbitrary", "causal"] | None

LETTERS = {
    "T": ("i", "j", "k", "l", "m"),
    "n": ("j", "k", "l"),
    "d_x": ("e", "f"),
    "d_k": ("r", "t"),
    "d_v": ("a", "b"),
    "C": ("c", "d"),
    "H": ("h", "h'"),
}


def attention_head(
    name: str = "attention-head",
    *,
    mask: Mask = None,
    bias: bool = False,
    temperature: bool = False,
    cross: bool = False,
    heads: bool = False,
    weights: bool = False,
) -> Model:
    """Return the attention head with the features asked for.

    Raises `ValueError` for an unknown mask, or a causal mask with separate keys (there is no common
    order of positions).
    """
    if mask not in (None, "arbitrary", "causal"):
        raise ValueError(f"`mask` must be None, 'arbitrary' or 'causal'; got {mask!r}.")
    if mask == "causal" and cross:
        raise ValueError(
            "a causal mask needs queries and keys at the same positions; drop `cross`."
        )
    T, C, H = Size("T"), Size("C", feature=True), Size("H")
    d_x, d_k, d_v = (Size(x, feature=True) for x in ("d_x", "d_k", "d_v"))
    n = Size("n") if cross else T
    (h,) = indices("h", H)
    own = (h,) if heads else ()  # the indices in front of what each head has for itself
    axes = (H,) if heads else ()
    i = Index("i", T)
    j, k = indices("j k", n)
    e, r, a, c, d = (Index(x, size) for x, size in zip("eracd", (d_x, d_k, d_v, C, C), strict=True))

    X, y = Tensor("X", (T, d_x)), Tensor("y", (T, C))
    X_K = Tensor("X_K", (n, d_x)) if cross else X
    W_Q, W_K = (Tensor(x, (*axes, d_x, d_k)) for x in ("W_Q", "W_K"))
    W_V, W_O = Tensor("W_V", (*axes, d_x, d_v)), Tensor("W_O", (*axes, C, d_v))
    q, key = Tensor("q", (*axes, T, d_k)), Tensor("k", (*axes, n, d_k))
    v, g = Tensor("v", (*axes, n, d_v)), Tensor("g", (*axes, T, d_v))
    s, alpha = Tensor("s", (*axes, T, n)), Tensor("alpha", (*axes, T, n), nonnegative=True)
    z, p = Tensor("z", (T, C)), Tensor("p", (T, C), nonnegative=True)
    M = Tensor("M", (T, n), nonnegative=True)
    B, w = Tensor("B", (T, n)), Tensor("w", (T,))
    tau, L = scalar("tau", positive=True), scalar("L")

    def at(tensor: Tensor, *index: Index) -> sp.Expr:
        return tensor[(*own, *index)]

    scale = 1 / (sp.sqrt(d_k) * tau) if temperature else 1 / sp.sqrt(d_k)
    score = scale * total(at(q, i, r) * at(key, j, r), r) + (B[i, j] if bias else 0)

    def unnormalised(column: Index) -> sp.Expr:
        return sp.exp(at(s, i, column)) * (M[i, column] if mask else 1)

    weight = w[i] if weights else sp.S.One
    definitions = (
        Definition(at(q, i, r), total(at(W_Q, e, r) * X[i, e], e), "queries"),
        Definition(at(key, j, r), total(at(W_K, e, r) * X_K[j, e], e), "keys"),
        Definition(at(v, j, a), total(at(W_V, e, a) * X_K[j, e], e), "values"),
        Definition(at(s, i, j), score, "scores"),
        Definition(
            at(alpha, i, j), unnormalised(j) / total(unnormalised(k), k), "attention weights"
        ),
        Definition(at(g, i, a), total(at(alpha, i, j) * at(v, j, a), j), "context"),
        Definition(z[i, c], total(at(W_O, c, a) * at(g, i, a), *own, a), "logits"),
        Definition(p[i, c], sp.exp(z[i, c]) / total(sp.exp(z[i, d]), d), "class probabilities"),
        Definition(L, -total(weight * y[i, c] * sp.log(p[i, c]), i, c), "cross-entropy, nats"),
    )
    u, b = Tensor("u", (*axes, T, d_v)), Tensor("b", (*axes, T, n))
    A, D = Tensor("A", (*axes, T, n)), Tensor("D", (*axes, T, n))
    baseline = total(at(alpha, i, k) * at(b, i, k), k)
    vocabulary = (
        Definition(at(u, i, a), Partial(L, at(g, i, a)), "upstream gradient"),
        Definition(at(b, i, j), total(at(u, i, a) * at(v, j, a), a), "value of attending to j"),
        Definition(at(A, i, j), at(b, i, j) - baseline, "advantage"),
        Definition(at(D, i, j), at(alpha, i, j) * at(A, i, j), "score gradient"),
    )
    inputs = [X, *([X_K] if cross else []), W_Q, W_K, W_V, W_O, y]
    optional = ((M, mask), (B, bias), (tau, temperature), (w, weights))
    inputs += [symbol for symbol, present in optional if present]
    sizes = (T, *([n] if cross else []), d_x, d_k, d_v, C, *([H] if heads else []))
    labels = Constraint(Equation(total(y[i, c], c), 1), "sum_c y_ic = 1")
    features = {"mask": mask, "bias": bias, "temperature": temperature, "cross": cross}
    letters = {**LETTERS, "T": ("i", "m", "l")} if cross else LETTERS
    return Model(
        name=name,
        title="softmax attention head under cross-entropy",
        sizes=sizes,
        inputs=tuple(inputs),
        definitions=definitions,
        loss=L,
        constraints=(labels,),
        vocabulary=vocabulary,
        letters=letters,
        features={**features, "heads": heads, "weights": weights},
    )


ATTENTION_HEADS = {
    "attention-head": {},
    "attention-head-weighted": {"weights": True},
    "attention-head-masked": {"mask": "arbitrary"},
    "attention-head-causal": {"mask": "causal"},
    "attention-head-bias": {"bias": True},
    "attention-head-temperature": {"temperature": True},
    "attention-head-cross": {"cross": True},
    "attention-head-multi": {"heads": True},
}
"""The named variants and the features of each."""
