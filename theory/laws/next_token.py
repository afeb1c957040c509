"""Next-token prediction by one attention layer (group G).

With alpha_i the attention weights and r_i the posterior of the position, given that the label is
seen there,

    dL/ds_it = (alpha_it - r_it) / N
    dL/dW    = (1/N) sum_i sum_t (alpha_it - r_it) X_it q_i^T

and along any direction D, with u_it = X_it . D q_i, the curvature of the loss in W is

    (1/N) sum_i (Var_{alpha_i}[u_i] - Var_{r_i}[u_i]).

Where positions of the label hold one embedding, u does not vary over them: the second variance is
zero and the loss is convex.  Embeddings that are tied and orthonormal are such a case, and the
logit of the label is then the attention mass on its positions.

With a table W of scores, one for every token after every last token, and Y_i the label,

    dL/ds_iv = (alpha_iv (1 - Y_iv) - Y_iv sum_w alpha_iw (1 - Y_iw)) / N

has sums of probabilities alone: it is exact however close alpha comes to Y.

Source: li2024mechanics, section 2.
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from theory.algebra.expressions import Equation, Inequality
from theory.algebra.symbols import Partial, Tensor, delta, total
from theory.laws.entries import Entries
from theory.laws.from_loss import derivation_from_loss
from theory.laws.law import Citation, Law, ProofStep, chain
from theory.models.model import Model

__all__ = ["NEXT_TOKEN"]

ANY, LABELLED, TIED = ("next-token",), ("next-token-labelled",), ("next-token-tied",)
TABLE = ("next-token-table",)
LAYER = Citation("li2024mechanics", "section 2")
CONVEX = Citation("li2024mechanics", "section 2, on the convexity of the loss")
DIRECTION = "D is any direction (d, d) in which the weights move"


def _error(x: Entries) -> sp.Expr:
    return (x("alpha", x.i, x.t) - x("r", x.i, x.t)) / x.N


def _score_gradient(m: Model) -> Equation:
    x = Entries(m)
    return Equation(x.gradient("s", x.i, x.t), _error(x))


def _weight_gradient(m: Model) -> Equation:
    x = Entries(m)
    body = _error(x) * x("X", x.i, x.t, x.a) * x("q", x.i, x.b)
    return Equation(x.gradient("W", x.a, x.b), total(body, x.i, x.t))


def _from_loss(name: str, state, reason: str):
    def derive(m: Model) -> tuple[ProofStep, ...]:
        statement = state(m)
        steps = derivation_from_loss(m, name)
        found = (steps[-1].right, "found above")
        return (*steps, *chain(statement.left, found, (statement.right, reason)))

    return derive


def _shift(x: Entries, t: Any) -> sp.Expr:
    """u_it: how much a score moves along D."""
    D: Any = Tensor("D", (x.d, x.d))
    return total(x("X", x.i, t, x.a) * D[x.a, x.b] * x("q", x.i, x.b), x.a, x.b)


def _variance(x: Entries, name: str) -> sp.Expr:
    """Return (1/N) sum_i of the variance of u_i under the weights called ``name``."""
    mean = total(x(name, x.i, x.u) * _shift(x, x.u), x.u)
    return total(x(name, x.i, x.t) * (_shift(x, x.t) - mean) ** 2, x.i, x.t) / x.N


def _moments(x: Entries, name: str) -> sp.Expr:
    """Return the same as second moments minus squared means."""
    mean = total(x(name, x.i, x.t) * _shift(x, x.t), x.t)
    second = total(x(name, x.i, x.t) * _shift(x, x.t) ** 2, x.i, x.t)
    return (second - total(mean**2, x.i)) / x.N


def _second(x: Entries) -> sp.Expr:
    """Return sum D_ab D_ce d2L / dW_ab dW_ce."""
    D: Any = Tensor("D", (x.d, x.d))
    second = Partial(x.model.loss, x("W", x.a, x.b), x("W", x.c, x.e))
    return total(D[x.a, x.b] * second * D[x.c, x.e], x.a, x.b, x.c, x.e)


def _curvature(m: Model) -> Equation:
    x = Entries(m)
    return Equation(_second(x), _variance(x, "alpha") - _variance(x, "r"))


def _derive_curvature(m: Model) -> tuple[ProofStep, ...]:
    statement = _curvature(m)
    x = Entries(m)
    return (
        *_from_loss("W", _weight_gradient, "posterior of a position")(m),
        *chain(
            statement.left,
            (
                _moments(x, "alpha") - _moments(x, "r"),
                "both kinds of weights are softmaxes, and turn with their covariance",
            ),
            (statement.right, "second moments minus squared means are variances"),
        ),
    )


def _labelled_curvature(m: Model) -> Equation:
    x = Entries(m)
    return Equation(_second(x), _variance(x, "alpha"))


def _derive_labelled_curvature(m: Model) -> tuple[ProofStep, ...]:
    statement = _labelled_curvature(m)
    x = Entries(m)
    return (
        *_derive_curvature(m),
        ProofStep(_variance(x, "r"), sp.S.Zero, "all positions of the label hold its embedding"),
        *chain(
            statement.left,
            (_variance(x, "alpha") - _variance(x, "r"), "found above"),
            (statement.right, "the second variance vanishes"),
        ),
    )


def _convex(m: Model) -> Inequality:
    return Inequality(sp.S.Zero, _second(Entries(m)))


def _derive_convex(m: Model) -> tuple[ProofStep, ...]:
    curvature = _labelled_curvature(m)
    return (
        *_derive_labelled_curvature(m),
        ProofStep(sp.S.Zero, curvature.right, "a variance is never negative", Inequality),
        *chain(curvature.right, (curvature.left, "curvature found above")),
    )


def _mass(m: Model) -> Equation:
    x = Entries(m)
    return Equation(x("p", x.i), total(x("alpha", x.i, x.t) * x("m", x.i, x.t), x.t))


def _derive_mass(m: Model) -> tuple[ProofStep, ...]:
    statement = _mass(m)
    x = Entries(m)
    line = m.by_name["p"]
    Z, Y, C = x("Z", x.i, x.t, x.w), x("Y", x.i, x.v), x("C", x.a, x.v) * x("C", x.a, x.w)
    tokens = total(x("alpha", x.i, x.t) * Z * Y * C, x.t, x.a, x.v, x.w)
    same = total(x("alpha", x.i, x.t) * x("Z", x.i, x.t, x.v) * Y, x.t, x.v)
    return chain(
        statement.left,
        (line.value, line.title),
        (tokens, "output of the layer, embedded context and label"),
        (same, "embeddings are orthonormal"),
        (statement.right, "positions of the label"),
    )


def _distance(m: Model) -> Equation:
    x = Entries(m)
    apart = x("X", x.i, x.t, x.a) - x("y", x.i, x.a)
    return Equation(total(apart**2, x.a), 2 * (1 - x("m", x.i, x.t)))


def _derive_distance(m: Model) -> tuple[ProofStep, ...]:
    statement = _distance(m)
    x = Entries(m)
    own, label = (
        total(tokens * x("C", x.a, x.v), x.v)
        for tokens in (x("Z", x.i, x.t, x.v), x("Y", x.i, x.v))
    )
    squares = total(own**2, x.a) + total(label**2, x.a) - 2 * total(own * label, x.a)
    return chain(
        statement.left,
        (squares, "embedded context and label; multiply out"),
        (statement.right, "embeddings are orthonormal, rows of tokens one-hot"),
    )


def _token_error(x: Entries) -> sp.Expr:
    others = total(x("alpha", x.i, x.a) * (1 - x("Y", x.i, x.a)), x.a)
    own = x("Y", x.i, x.v)
    return (x("alpha", x.i, x.v) * (1 - own) - own * others) / x.N


def _token_gradient(m: Model) -> Equation:
    x = Entries(m)
    return Equation(x.gradient("s", x.i, x.v), _token_error(x))


def _table_gradient(m: Model) -> Equation:
    x = Entries(m)
    right = total(_token_error(x) * x("U", x.i, x.w), x.i)
    return Equation(x.gradient("W", x.v, x.w), right)


def _table_hessian(m: Model) -> Equation:
    x = Entries(m)
    alpha, other = x("alpha", x.i, x.v), x("alpha", x.i, x.a)
    covariance = delta(x.v, x.a) * alpha - alpha * other
    right = total(covariance * x("U", x.i, x.w) * x("U", x.i, x.b), x.i) / x.N
    return Equation(Partial(m.loss, x("W", x.v, x.w), x("W", x.a, x.b)), right)


def _derive_table_hessian(m: Model) -> tuple[ProofStep, ...]:
    statement = _table_hessian(m)
    first = _from_loss("W", _table_gradient, "the label has one token, and masses sum to one")(m)
    turns = (statement.right, "attention weights turn with their covariance")
    return (*first, *chain(statement.left, turns))


NEXT_TOKEN = (
    Law(
        "next-token-scores", "gradient by the scores: attention minus posterior", LAYER,
        ANY + LABELLED + TIED, _score_gradient,
        _from_loss("s", _score_gradient, "posterior of a position"),
    ),
    Law(
        "next-token-weights", "gradient by the attention weights matrix", LAYER,
        ANY + LABELLED + TIED, _weight_gradient,
        _from_loss("W", _weight_gradient, "posterior of a position"),
    ),
    Law(
        "next-token-curvature", "curvature of the loss: a difference of two variances", LAYER,
        ANY + LABELLED, _curvature, _derive_curvature, (DIRECTION,),
    ),
    Law(
        "next-token-label-curvature", "curvature where the label has one embedding", CONVEX,
        LABELLED, _labelled_curvature, _derive_labelled_curvature, (DIRECTION,),
    ),
    Law(
        "next-token-convex", "the loss is convex where the label has one embedding", CONVEX,
        LABELLED, _convex, _derive_convex, (DIRECTION,),
    ),
    Law(
        "next-token-mass", "the logit of the label is the attention mass on it", LAYER, TIED,
        _mass, _derive_mass,
    ),
    Law(
        "next-token-label", "exactly the positions of the label hold its embedding", LAYER, TIED,
        _distance, _derive_distance,
        ("where m_it = 1 the distance is zero: the premise of next-token-convex",),
    ),
    Law(
        "next-token-errors", "gradient by a token's score, as sums of probabilities", LAYER, TABLE,
        _token_gradient,
        _from_loss("s", _token_gradient, "the label has one token, and masses sum to one"),
    ),
    Law(
        "next-token-table", "gradient by a table of scores", LAYER, TABLE, _table_gradient,
        _from_loss("W", _table_gradient, "the label has one token, and masses sum to one"),
    ),
    Law(
        "next-token-table-hessian", "Hessian in a table of scores: covariances of the masses",
        CONVEX, TABLE, _table_hessian, _derive_table_hessian,
    ),
)  # fmt: skip
"""Group G."""
