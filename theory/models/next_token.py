"""Next-token prediction by one attention layer, queried by the last token.

    s_it = sum_ab X_ita W_ab q_ib                 scores of the positions of sequence i
    alpha_it = exp(s_it) / sum_u exp(s_iu)        attention weights
    p_i  = sum_t alpha_it m_it                    probability mass on the label
    L    = - (1/N) sum_i log p_i                  loss, nats

`next_token` takes any inputs X, any last tokens q and any weights m >= 0 of the positions; with
``labelled`` m_it is 1 at the positions that hold the label y_i, and 0 at those that hold o_it:

    X_it = m_it y_i + (1 - m_it) o_it

In `next_token_tied` all is made of tokens, with one embedding C_v for each, used at both ends:

    X_it = C_{Z_it},    q_i = C_{U_i},    y_i = C_{Y_i}
    f_i = sum_t alpha_it X_it,    p_i = y_i . f_i

Z, U, Y are the tokens of the context, the last token and the label, as one-hot rows; embeddings
are orthonormal.  Then p_i is the mass on the positions that hold the label, m_it = Z_it . Y_i.

`next_token_table` is the same for a table W of scores, one for every token v after every last token
w, and a context of which only counts are known: token v stands in it n_iv times, the label m_i.

    s_iv = W_{v, U_i},    alpha_iv = n_iv exp(s_iv) / sum_w n_iw exp(s_iw)
    log p_i = log m_i + s_{i, Y_i} - log sum_w n_iw exp(s_iw)

Shapes: X and o (N, T, d), q and y (N, d), m (N, T), W (d, d); Z (N, T, V), U and Y (N, V),
C (d, V) with a column for each token; n (N, V) and the table W (V, V).  Vocabulary:
r_it = alpha_it m_it / p_i, the posterior of the position, given that the label is seen.

Source: li2024mechanics, section 2.
"""

from __future__ import annotations

import sympy as sp

from theory.algebra.expressions import Equation
from theory.algebra.symbols import Index, Size, Tensor, delta, indices, scalar, total
from theory.models.model import Constraint, Definition, Model
from theory.models.one_hot import one_hot

__all__ = ["next_token", "next_token_table", "next_token_tied"]

LETTERS = {"N": ("i", "j"), "T": ("t", "u"), "d": ("a", "b", "c", "e"), "V": ("v", "w")}


class _Layer:
    """The lines that both models share."""

    def __init__(self) -> None:
        self.N, self.T, self.d = N, T, d = Size("N"), Size("T"), Size("d", feature=True)
        self.i, (self.t, self.u), (self.a, self.b) = i, (t, u), (a, b) = (
            Index("i", N), indices("t u", T), indices("a b", d)
        )  # fmt: skip
        self.X, self.q, self.W = Tensor("X", (N, T, d)), Tensor("q", (N, d)), Tensor("W", (d, d))
        self.s, self.alpha = Tensor("s", (N, T)), Tensor("alpha", (N, T), nonnegative=True)
        self.m, self.p = (Tensor(x, y, nonnegative=True) for x, y in (("m", (N, T)), ("p", (N,))))
        self.r, self.L = Tensor("r", (N, T), nonnegative=True), scalar("L")
        score = total(self.X[i, t, a] * self.W[a, b] * self.q[i, b], a, b)
        softmax = sp.exp(self.s[i, t]) / total(sp.exp(self.s[i, u]), u)
        self.attention = (
            Definition(self.s[i, t], score, "scores"),
            Definition(self.alpha[i, t], softmax, "attention weights"),
        )
        self.loss = Definition(self.L, -total(sp.log(self.p[i]), i) / N, "loss, nats")
        posterior = self.alpha[i, t] * self.m[i, t] / self.p[i]
        self.posterior = Definition(self.r[i, t], posterior, "posterior of a position")


def next_token(name: str = "next-token", *, labelled: bool = False) -> Model:
    """Return the layer with any inputs; ``labelled``: some positions hold the label, others not."""
    x = _Layer()
    i, t, a = x.i, x.t, x.a
    y, o = Tensor("y", (x.N, x.d)), Tensor("o", (x.N, x.T, x.d))
    held = x.m[i, t] * y[i, a] + (1 - x.m[i, t]) * o[i, t, a]
    context = Definition(x.X[i, t, a], held, "context")
    is_or_not = Constraint(Equation(x.m[i, t] ** 2, x.m[i, t]), "m_it^2 = m_it")
    structure = {"structured": (("m", "zero-one"),)}
    mass = total(x.alpha[i, t] * x.m[i, t], t)
    return Model(
        name=name,
        title="one attention layer that predicts the next token",
        sizes=(x.N, x.T, x.d),
        inputs=(x.m, y, o, x.q, x.W) if labelled else (x.X, x.q, x.W, x.m),
        definitions=(
            *((context,) if labelled else ()),
            *x.attention,
            Definition(x.p[i], mass, "mass on the label"),
            x.loss,
        ),
        loss=x.L,
        constraints=(is_or_not,) if labelled else (),
        vocabulary=(x.posterior,),
        letters={size: LETTERS[size] for size in ("N", "T", "d")},
        features={"tokens": "labelled", **structure} if labelled else {"tokens": "any"},
    )


def next_token_tied(name: str = "next-token-tied") -> Model:
    """Return the layer with orthonormal embeddings that are tied."""
    x = _Layer()
    V = Size("V")
    (v, w), (i, t, a) = indices("v w", V), (x.i, x.t, x.a)
    C = Tensor("C", (x.d, V))
    Z = Tensor("Z", (x.N, x.T, V), nonnegative=True)
    U, Y = (Tensor(name, (x.N, V), nonnegative=True) for name in "UY")
    f, y = Tensor("f", (x.N, x.d)), Tensor("y", (x.N, x.d))

    return Model(
        name=name,
        title="one attention layer that predicts the next token, with tied embeddings",
        sizes=(V, x.N, x.T, x.d),
        inputs=(Z, U, Y, C, x.W),
        definitions=(
            Definition(x.X[i, t, a], total(Z[i, t, v] * C[a, v], v), "embedded context"),
            Definition(x.q[i, a], total(U[i, v] * C[a, v], v), "embedded last token"),
            Definition(y[i, a], total(Y[i, v] * C[a, v], v), "embedded label"),
            *x.attention,
            Definition(f[i, a], total(x.alpha[i, t] * x.X[i, t, a], t), "output of the layer"),
            Definition(x.p[i], total(y[i, a] * f[i, a], a), "mass on the label"),
            x.loss,
        ),
        loss=x.L,
        constraints=(
            *one_hot(Z, (i, t), (v, w)),
            *one_hot(U, (i,), (v, w)),
            *one_hot(Y, (i,), (v, w)),
            Constraint(
                Equation(total(C[a, v] * C[a, w], a), delta(v, w)), "sum_a C_av C_aw = delta_vw"
            ),
        ),
        vocabulary=(
            Definition(x.m[i, t], total(Z[i, t, v] * Y[i, v], v), "positions of the label"),
            x.posterior,
        ),
        letters=LETTERS,
        features={
            "tokens": "tied",
            "structured": (
                ("Z", "one-hot"), ("U", "one-hot"), ("Y", "one-hot"), ("C", "orthonormal"),
            ),
        },
    )  # fmt: skip


def next_token_table(name: str = "next-token-table") -> Model:
    """Return the layer with a table of scores and the counts of the tokens in each context."""
    N, V = Size("N"), Size("V")
    i, (v, w) = Index("i", N), indices("v w", V)
    W = Tensor("W", (V, V))
    n, U, Y = (Tensor(x, (N, V), nonnegative=True) for x in "nUY")
    s, alpha = Tensor("s", (N, V)), Tensor("alpha", (N, V), nonnegative=True)
    m, L = Tensor("m", (N,), nonnegative=True), scalar("L")
    context = total(n[i, w] * sp.exp(s[i, w]), w)
    log_p = sp.log(m[i]) + total(Y[i, v] * s[i, v], v) - sp.log(context)
    return Model(
        name=name,
        title="next-token prediction with a table of scores",
        sizes=(V, N),
        inputs=(n, U, Y, W),
        definitions=(
            Definition(s[i, v], total(W[v, w] * U[i, w], w), "scores of the tokens"),
            Definition(alpha[i, v], n[i, v] * sp.exp(s[i, v]) / context, "mass on each token"),
            Definition(m[i], total(Y[i, v] * n[i, v], v), "times that the label occurs"),
            Definition(L, -total(log_p, i) / N, "loss: -log of the mass on the label, nats"),
        ),
        loss=L,
        constraints=(
            *one_hot(U, (i,), (v, w)),
            *one_hot(Y, (i,), (v, w)),
        ),
        letters={"N": ("i", "j"), "V": ("v", "w", "a", "b")},
        features={"table": True, "structured": (("U", "one-hot"), ("Y", "one-hot"))},
    )
