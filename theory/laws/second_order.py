r"""Second-order laws of a softmax attention head (group C): Hessian blocks in scores and values.

With the curvature of the loss in the context of position i,

    M_i = d2L / dg_i dg_i = w_i W_O^T (diag p_i - p_i p_i^T) W_O,

the blocks of the Hessian of L(s, v) are

    d2L/dv_j dv_l   = sum_i alpha_ij alpha_il M_i
    d2L/ds_ij ds_il = alpha_ij alpha_il (v_j - g_i)^T M_i (v_l - g_i)
                      + delta_jl alpha_ij A_ij - alpha_ij alpha_il (A_ij + A_il)
    d2L/ds_ij dv_l  = alpha_ij (delta_jl - alpha_il) u_i + alpha_ij alpha_il M_i (v_j - g_i)

and d2L/ds_ij ds_ml = 0 for m != i.  The terms with A are those of D_ij = alpha_ij A_ij = dL/ds_ij,

    delta_jl D_ij - alpha_il D_ij - alpha_ij D_il,

so at a fixed point of the score flow (D = 0) the first, positive semidefinite one is all that is
left of the score block; the upstream gradient stays in the mixed block.

All of this holds in every variant.  With several heads (h and h' are the heads of the two
derivatives) M_i joins the heads, M_i^{hh'} = w_i W_O^h^T (diag p_i - p_i p_i^T) W_O^h', and what
comes from the softmax of one head (the terms with A or u) has a factor delta_hh'.  A mask makes
alpha_ij = 0 and with it every entry of a masked score.  Beyond the source.
"""

from __future__ import annotations

import sympy as sp

from theory.algebra.expressions import Equation, Inequality, entry_tensor
from theory.algebra.symbols import Index, Partial, Tensor, delta, total
from theory.laws.first_order import EVERY
from theory.laws.from_loss import derivation_from_loss
from theory.laws.law import Citation, Law, ProofStep, chain
from theory.laws.notation import HeadNotation
from theory.models.attention_head import ATTENTION_HEADS
from theory.models.model import Model

__all__ = ["SECOND_ORDER", "curvature", "mixed_block", "score_block", "value_block"]

HESSIAN = Citation("agarwal2025gradient", "beyond section 4")
UNWEIGHTED = tuple(n for n, f in ATTENTION_HEADS.items() if not f.get("weights"))


def curvature(x: HeadNotation, a: Index, b: Index) -> sp.Expr:
    """Entry (a, b) of M_i, b in the other head where there are several."""
    p, W = x.entry("p", x.i, x.c), x.entry("W_O", x.c, a)
    mean = total(x.entry("p", x.i, x.d) * x.other("W_O", x.d, b), x.d)
    return x.weight(x.i) * total(W * p * (x.other("W_O", x.c, b) - mean), x.c)


def value_block(x: HeadNotation) -> sp.Expr:
    """The entry of the Hessian by v_ja and v_lb."""
    weights = x.entry("alpha", x.i, x.j) * x.other("alpha", x.i, x.l)
    return total(weights * curvature(x, x.a, x.b), x.i)


def _deviation(x: HeadNotation, j: Index, a: Index) -> sp.Expr:
    return x.entry("v", j, a) - x.entry("g", x.i, a)


def _other_deviation(x: HeadNotation, l: Index, b: Index) -> sp.Expr:  # noqa: E741
    return x.other("v", l, b) - x.other("g", x.i, b)


def _bent(x: HeadNotation) -> sp.Expr:
    """The positive semidefinite part of the score block."""
    weights = x.entry("alpha", x.i, x.j) * x.other("alpha", x.i, x.l)
    form = _deviation(x, x.j, x.a) * curvature(x, x.a, x.b) * _other_deviation(x, x.l, x.b)
    return weights * total(form, x.a, x.b)


def score_block(x: HeadNotation) -> sp.Expr:
    """The entry of the Hessian by s_ij and s_ml."""
    alpha_j, alpha_l = (x.entry("alpha", x.i, k) for k in (x.j, x.l))
    A_j, A_l = (x.entry("A", x.i, k) for k in (x.j, x.l))
    softmax = delta(x.j, x.l) * alpha_j * A_j - alpha_j * alpha_l * (A_j + A_l)
    return delta(x.i, x.m) * (_bent(x) + x.same_head * softmax)


def mixed_block(x: HeadNotation) -> sp.Expr:
    """The entry of the Hessian by s_ij and v_la."""
    alpha_j, alpha_l = x.entry("alpha", x.i, x.j), x.other("alpha", x.i, x.l)
    form = total(curvature(x, x.b, x.a) * _deviation(x, x.j, x.b), x.b)
    softmax = alpha_j * (delta(x.j, x.l) - x.entry("alpha", x.i, x.l)) * x.entry("u", x.i, x.a)
    return x.same_head * softmax + alpha_j * alpha_l * form


def _logit_hessian(m: Model) -> Equation:
    x = HeadNotation(m)
    p_c, p_d = x.entry("p", x.i, x.c), x.entry("p", x.i, x.d)
    right = delta(x.i, x.m) * x.weight(x.i) * (delta(x.c, x.d) * p_c - p_c * p_d)
    return Equation(Partial(x.loss, x.entry("z", x.i, x.c), x.entry("z", x.m, x.d)), right)


def _derive_logit_hessian(m: Model) -> tuple[ProofStep, ...]:
    statement = _logit_hessian(m)
    x = HeadNotation(m)
    slope = x.weight(x.i) * Partial(x.entry("p", x.i, x.c), x.entry("z", x.m, x.d))
    return (
        *derivation_from_loss(m, "z"),
        *chain(
            statement.left,
            (slope, "differentiate the logit gradient; the labels are constant"),
            (statement.right, "softmax Jacobian"),
        ),
    )


def _context_hessian(m: Model) -> Equation:
    x = HeadNotation(m)
    left = Partial(x.loss, x.entry("g", x.i, x.a), x.other("g", x.m, x.b))
    return Equation(left, delta(x.i, x.m) * curvature(x, x.a, x.b))


def _derive_context_hessian(m: Model) -> tuple[ProofStep, ...]:
    statement = _context_hessian(m)
    x = HeadNotation(m)
    W, p, at = x.entry("W_O", x.c, x.a), x.entry("p", x.i, x.c), x.other("g", x.m, x.b)
    p_d, other = x.entry("p", x.i, x.d), x.other("W_O", x.d, x.b)
    jacobian = delta(x.c, x.d) * p - p * p_d
    inside = delta(x.i, x.m) * total(W * total(jacobian * other, x.d), x.c)
    return (
        *derivation_from_loss(m, "g"),
        *chain(
            statement.left,
            (
                x.weight(x.i) * total(W * Partial(p, at), x.c),
                "insert the logit gradient; the labels are constant",
            ),
            (x.weight(x.i) * inside, "softmax Jacobian, logits linear in the context"),
            (statement.right, "contract the delta"),
        ),
    )


def _value_hessian(m: Model) -> Equation:
    x = HeadNotation(m)
    left = Partial(x.loss, x.entry("v", x.j, x.a), x.other("v", x.l, x.b))
    return Equation(left, value_block(x))


def _derive_value_hessian(m: Model) -> tuple[ProofStep, ...]:
    statement = _value_hessian(m)
    x = HeadNotation(m)
    alpha, u = x.entry("alpha", x.i, x.j), x.entry("u", x.i, x.a)
    slope = Partial(u, x.other("g", x.i, x.b)) * x.other("alpha", x.i, x.l)
    return (
        *derivation_from_loss(m, "v"),
        *chain(
            statement.left,
            (
                total(alpha * Partial(u, x.other("v", x.l, x.b)), x.i),
                "the weights do not depend on the values",
            ),
            (total(alpha * slope, x.i), "chain rule through the context of position i"),
            (statement.right, "curvature of the loss in the context"),
        ),
    )


def _score_hessian(m: Model) -> Equation:
    x = HeadNotation(m)
    left = Partial(x.loss, x.entry("s", x.i, x.j), x.other("s", x.m, x.l))
    return Equation(left, score_block(x))


def _derive_score_hessian(m: Model) -> tuple[ProofStep, ...]:
    statement = _score_hessian(m)
    x = HeadNotation(m)
    alpha, A, at = x.entry("alpha", x.i, x.j), x.entry("A", x.i, x.j), x.other("s", x.m, x.l)
    rise = total(_deviation(x, x.j, x.a) * Partial(x.entry("u", x.i, x.a), at), x.a)
    drop = x.same_head * delta(x.i, x.m) * x.entry("alpha", x.i, x.l) * x.entry("A", x.i, x.l)
    return (
        *derivation_from_loss(m, "s"),
        *chain(
            statement.left,
            (Partial(alpha, at) * A + alpha * Partial(A, at), "routing law and product rule"),
            (
                Partial(alpha, at) * A + alpha * (rise - drop),
                "A_ij = u_i . (v_j - g_i), and the context moves by alpha_il (v_l - g_i)",
            ),
            (statement.right, "softmax Jacobian, curvature of the loss in the context"),
        ),
    )


def _score_hessian_gradient(m: Model) -> Equation:
    x = HeadNotation(m)
    alpha_j, alpha_l = (x.entry("alpha", x.i, k) for k in (x.j, x.l))
    D_j, D_l = (x.entry("D", x.i, k) for k in (x.j, x.l))
    softmax = delta(x.j, x.l) * D_j - alpha_l * D_j - alpha_j * D_l
    right = delta(x.i, x.m) * (_bent(x) + x.same_head * softmax)
    return Equation(_score_hessian(m).left, right)


def _derive_score_hessian_gradient(m: Model) -> tuple[ProofStep, ...]:
    statement = _score_hessian_gradient(m)
    return (
        *_derive_score_hessian(m)[:-1],
        *chain(
            _derive_score_hessian(m)[-1].left,
            (_score_hessian(m).right, _derive_score_hessian(m)[-1].reason),
            (statement.right, "D_ij = alpha_ij A_ij"),
        ),
    )


def _mixed_hessian(m: Model) -> Equation:
    x = HeadNotation(m)
    left = Partial(x.loss, x.entry("s", x.i, x.j), x.other("v", x.l, x.a))
    return Equation(left, mixed_block(x))


def _derive_mixed_hessian(m: Model) -> tuple[ProofStep, ...]:
    statement = _mixed_hessian(m)
    x = HeadNotation(m)
    alpha, at = x.entry("alpha", x.i, x.j), x.other("v", x.l, x.a)
    rise = total(_deviation(x, x.j, x.b) * Partial(x.entry("u", x.i, x.b), at), x.b)
    moved = x.entry("u", x.i, x.a) * (delta(x.j, x.l) - x.entry("alpha", x.i, x.l))
    return (
        *derivation_from_loss(m, "s"),
        *chain(
            statement.left,
            (
                alpha * Partial(x.entry("A", x.i, x.j), at),
                "routing law; the weights do not depend on the values",
            ),
            (alpha * (x.same_head * moved + rise), "A_ij = u_i . (v_j - g_i)"),
            (statement.right, "curvature of the loss in the context"),
        ),
    )


def _form(x: HeadNotation) -> tuple[sp.Expr, sp.Expr]:
    """The quadratic form of the value block in a direction zeta, and the same as squares."""
    zeta = Tensor("zeta", entry_tensor(x.entry("v", x.j, x.a)).axes)
    here, there = zeta[(*x.heads, x.j, x.a)], zeta[(*x.other_heads, x.l, x.b)]
    block = Partial(x.loss, x.entry("v", x.j, x.a), x.other("v", x.l, x.b))
    form = total(here * there * block, *x.heads, *x.other_heads, x.j, x.l, x.a, x.b)
    tilt = x.entry("W_O", x.c, x.a) - x.entry("W_O", x.d, x.a)
    shift = total(x.entry("alpha", x.i, x.j) * here * tilt, *x.heads, x.j, x.a)
    pairs = x.entry("p", x.i, x.c) * x.entry("p", x.i, x.d)
    return form, total(pairs * shift**2, x.i, x.c, x.d) / 2


def _value_convexity(m: Model) -> Inequality:
    return Inequality(0, _form(HeadNotation(m))[0])


def _derive_value_convexity(m: Model) -> tuple[ProofStep, ...]:
    form, squares = _form(HeadNotation(m))
    return (
        *_derive_value_hessian(m),
        ProofStep(sp.S.Zero, squares, "probabilities times squares", Inequality),
        ProofStep(squares, form, "a variance is half the mean squared difference; value block"),
    )


SECOND_ORDER = (
    Law(
        "logit-hessian", "Hessian of cross-entropy in the logits", HESSIAN, EVERY,
        _logit_hessian, _derive_logit_hessian,
    ),
    Law(
        "context-hessian", "curvature of the loss in the contexts", HESSIAN, EVERY,
        _context_hessian, _derive_context_hessian,
    ),
    Law(
        "value-hessian", "Hessian in the values", HESSIAN, EVERY,
        _value_hessian, _derive_value_hessian,
    ),
    Law(
        "score-hessian", "Hessian in the scores", HESSIAN, EVERY,
        _score_hessian, _derive_score_hessian,
    ),
    Law(
        "score-hessian-gradient", "Hessian in the scores: what vanishes where dL/ds = 0", HESSIAN,
        EVERY, _score_hessian_gradient, _derive_score_hessian_gradient,
    ),
    Law(
        "mixed-hessian", "Hessian between scores and values", HESSIAN, EVERY,
        _mixed_hessian, _derive_mixed_hessian,
    ),
    Law(
        "value-convexity", "at fixed scores the loss is convex in the values", HESSIAN, UNWEIGHTED,
        _value_convexity, _derive_value_convexity, ("zeta is any direction in the values",),
    ),
)  # fmt: skip
"""Laws C1 to C3."""
