"""The binary head: two positions, two classes, on the subspace where the two mirror each other.

A softmax attention head with T = n = 2, d_v = 1, logit w g_i, labels +1 and -1, and the mean of the
cross-entropy over both positions.  On the symmetric subspace

    s_1 = (x/2, -x/2) = -s_2,        v_1 = y = -v_2,

both positions have the same loss, and what is left are two variables and one parameter:

    alpha_12 = 1/(1 + exp(x)) = alpha_21          weight of the other position
    g = (1 - 2 alpha_12) y = y tanh(x/2)          context of position 1; that of 2 is -g
    f = w g                                       logit of the right class
    L = log(1 + exp(f)) - f = log(1 + exp(-f))    cross-entropy in nats, the mean of both positions

x = s_11 - s_12 is the score margin, y the value of position 1, w the output weight; all are
dimensionless real numbers.  The first form of L is the one whose derivative -1/(1 + exp(f)) does
not cancel.  Vocabulary: alpha_11 = 1 - alpha_12 = alpha_22, weight of the position itself;
u = dL/dg; p = 1/(1 + exp(-f)) = sigma(f), probability of the right class, and
q = 1/(1 + exp(f)) = sigma(-f), that of the wrong one.

Gradient flow.  The head moves along ds/dt = -eps_s dL/ds, dv/dt = -eps_v dL/dv, which leaves the
subspace invariant.  There it is dx/dt = -eps_s dL/dx and dy/dt = -(eps_v/2) dL/dy, since y stands
for two values and x for a difference of two scores:

    dx/dt = (eps_s/2) w sigma(-f) y sech^2(x/2),    dy/dt = (eps_v/2) w sigma(-f) tanh(x/2).

`two_token_head` is where this comes from: the lines of `attention_head` at T = n = C = 2, d_v = 1,
written out, at a point of the subspace.  There s_11 = x/2 and so on are definitions, so that
dL/ds_11 is the derivative of the *full* head, evaluated on the subspace; the logits are
z_1 = (w/2) g_1, z_2 = -(w/2) g_1, whose difference is w g_1.

(On the subspace |ds|^2 / eps_s + |dv|^2 / eps_v is dx^2 / eps_s + 2 dy^2 / eps_v, the metric in
which this is the gradient flow of L; without the factor 1/2 it would be another system.)
"""

from __future__ import annotations

import sympy as sp

from theory.algebra.symbols import Partial, scalar
from theory.models.attention_head import attention_head
from theory.models.expanded import expanded_lines
from theory.models.model import Definition, Model

__all__ = ["binary_head", "two_token_head"]


def binary_head(name: str = "binary-head") -> Model:
    """Return the loss of the symmetric binary head as a function of x, y and w."""
    x, y, w = (scalar(letter) for letter in "xyw")
    own, other = (scalar(f"alpha_{place}", positive=True) for place in ("11", "12"))
    u, g, f, L = (scalar(letter) for letter in "ugfL")
    p, q = (scalar(letter, positive=True) for letter in "pq")
    definitions = (
        Definition(other, 1 / (1 + sp.exp(x)), "attention weight of the other position"),
        Definition(g, (1 - 2 * other) * y, "context"),
        Definition(f, w * g, "logit of the right class"),
        Definition(L, sp.log(1 + sp.exp(f)) - f, "cross-entropy, nats"),
    )
    vocabulary = (
        Definition(own, 1 - other, "attention weight of the position itself"),
        Definition(u, Partial(L, g), "upstream gradient"),
        Definition(p, 1 / (1 + sp.exp(-f)), "probability of the right class"),
        Definition(q, 1 / (1 + sp.exp(f)), "probability of the wrong class"),
    )
    return Model(
        name=name,
        title="symmetric binary attention head under cross-entropy",
        sizes=(),
        inputs=(x, y, w),
        definitions=definitions,
        loss=L,
        vocabulary=vocabulary,
        features={"binary": True},
    )


def two_token_head(name: str = "two-token-head") -> Model:
    """Return the full head with two positions, keys and classes, on the symmetric subspace."""
    x, y, w = (scalar(letter) for letter in "xyw")
    places = [(i, j) for i in (1, 2) for j in (1, 2)]
    scores = {at: scalar(f"s_{at[0]}{at[1]}") for at in places}
    values = {(j, 1): scalar(f"v_{j}") for j in (1, 2)}
    half = sp.Rational(1, 2)
    lines = expanded_lines(
        attention_head(weights=True),
        {"T": 2, "d_v": 1, "C": 2},
        {
            "s": scores,
            "v": values,
            "W_O": {(1, 1): w / 2, (2, 1): -w / 2},
            "y": {(i, c): sp.Integer(i == c) for i, c in places},
            "w": {(i,): half for i in (1, 2)},
        },
    )
    subspace = [
        Definition(s, x / 2 if i == j else -x / 2, f"score of position {i} for key {j}")
        for (i, j), s in scores.items()
    ]
    subspace += [
        Definition(v, y if j == 1 else -y, f"value of key {j}") for (j, _), v in values.items()
    ]
    f, q = scalar("f"), scalar("q", positive=True)
    first = {str(line.symbol): line.symbol for line in lines}
    vocabulary = (
        Definition(f, first["z_11"] - first["z_12"], "logit of the right class"),
        Definition(q, 1 / (1 + sp.exp(f)), "probability of the wrong class"),
    )
    return Model(
        name=name,
        title="attention head with two positions and two classes, on its symmetric subspace",
        sizes=(),
        inputs=(x, y, w),
        definitions=(*subspace, *lines),
        loss=lines[-1].symbol,  # type: ignore[arg-type]
        vocabulary=vocabulary,
        features={"binary": True, "full": True},
    )
