r"""What one gradient step does to contexts, advantages and attention weights (laws B2 and B5).

A value step moves v alone, a score step s alone; each is taken from the same point, so everything
that depends on the moved tensor moves with it and everything else stays:

    Delta g_i = -eta sum_j alpha_ij sum_m alpha_mj u_m                   v moves, alpha stays
    u_i . Delta v_j = -eta sum_m alpha_mj u_i . u_m                      b_ij at *fixed* u_i
    Delta b_ij = u_i . Delta v_j + v_j . Delta u_i + O(eta^2)            u_i moves as well
    Delta alpha_ij = alpha_ij (Delta s_ij - E_{alpha_i}[Delta s]) + O(eta^2)

The term m = i of the second line, -eta alpha_ij |u_i|^2 <= 0, is the positive feedback of the
source: a position that attends to j moves v_j so as to lower its own b_ij, which lets it attend to
j even more.  Delta u_i = M_i Delta g_i with the curvature M_i of the loss in the context, so the
first-order change of b_ij itself has a second part, which the source leaves out.

Source: agarwal2025gradient, section 4.
"""

from __future__ import annotations

import sympy as sp

from theory.algebra.expressions import Equation, Inequality, entry_tensor
from theory.algebra.symbols import Index, Partial, Step, Tensor, delta, total
from theory.laws.first_order import EVERY
from theory.laws.from_loss import derivation_from_loss
from theory.laws.law import Citation, Law, ProofStep, chain
from theory.laws.notation import HeadNotation
from theory.models.model import Model

__all__ = ["STEPS"]

FEEDBACK = Citation("agarwal2025gradient", "section 4")


def _value_step(x: HeadNotation, quantity: sp.Expr) -> Step:
    return Step(quantity, x.eta, x.entry("v", x.j, x.a))


def _value_step_context(m: Model) -> Equation:
    x = HeadNotation(m)
    pulls = total(x.entry("alpha", x.m, x.j) * x.entry("u", x.m, x.a), x.m)
    right = -x.eta * total(x.entry("alpha", x.i, x.j) * pulls, x.j)
    return Equation(_value_step(x, x.entry("g", x.i, x.a)), right)


def _derive_value_step_context(m: Model) -> tuple[ProofStep, ...]:
    statement = _value_step_context(m)
    x = HeadNotation(m)
    alpha = x.entry("alpha", x.i, x.j)
    moved = total(alpha * _value_step(x, x.entry("v", x.j, x.a)), x.j)
    gradient = -x.eta * total(alpha * x.grad("v", x.j, x.a), x.j)
    return (
        *derivation_from_loss(m, "v"),
        *chain(
            statement.left,
            (moved, "the context is linear in the values; the weights stay"),
            (gradient, "one gradient step of rate eta"),
            (statement.right, "insert the value gradient"),
        ),
    )


def _value_step_fixed(m: Model) -> Equation:
    x = HeadNotation(m)
    u, moved = x.entry("u", x.i, x.a), _value_step(x, x.entry("v", x.j, x.a))
    overlap = total(u * x.entry("u", x.m, x.a), x.a)
    right = -x.eta * total(x.entry("alpha", x.m, x.j) * overlap, x.m)
    return Equation(total(u * moved, x.a), right)


def _derive_value_step_fixed(m: Model) -> tuple[ProofStep, ...]:
    statement = _value_step_fixed(m)
    x = HeadNotation(m)
    u = x.entry("u", x.i, x.a)
    pulls = total(x.entry("alpha", x.m, x.j) * x.entry("u", x.m, x.a), x.m)
    return (
        *derivation_from_loss(m, "v"),
        *chain(
            statement.left,
            (-x.eta * total(u * x.grad("v", x.j, x.a), x.a), "one gradient step of rate eta"),
            (-x.eta * total(u * pulls, x.a), "insert the value gradient"),
            (statement.right, "exchange the sums"),
        ),
    )


def _position_loss(x: HeadNotation) -> sp.Expr:
    """The part of the loss that position i has: L is the sum of these."""
    terms = x.entry("y", x.i, x.c) * sp.log(x.entry("p", x.i, x.c))
    return -x.weight(x.i) * total(terms, x.c)


def _self_part(m: Model) -> Equation:
    x = HeadNotation(m)
    u = x.entry("u", x.i, x.a)
    own = Partial(_position_loss(x), x.entry("v", x.j, x.a))
    right = -x.eta * x.entry("alpha", x.i, x.j) * total(u**2, x.a)
    return Equation(-x.eta * total(u * own, x.a), right)


def _derive_self_part(m: Model) -> tuple[ProofStep, ...]:
    statement = _self_part(m)
    x = HeadNotation(m)
    u, alpha, loss = x.entry("u", x.i, x.a), x.entry("alpha", x.i, x.j), _position_loss(x)
    own = Partial(loss, x.entry("v", x.j, x.a))
    through = total(
        Partial(loss, x.entry("g", x.i, x.b))
        * Partial(x.entry("g", x.i, x.b), x.entry("v", x.j, x.a)),
        x.b,
    )
    return (
        *derivation_from_loss(m, "g"),
        *chain(
            own,
            (through, "chain rule through the context of position i"),
            (alpha * Partial(loss, x.entry("g", x.i, x.a)), "the context is linear in the values"),
            (alpha * u, "no other position's loss depends on the context of position i"),
        ),
        *chain(
            statement.left,
            (-x.eta * total(u * alpha * u, x.a), "insert the gradient found above"),
            (statement.right, "collect"),
        ),
    )


def _feedback(m: Model) -> Inequality:
    return Inequality(_self_part(m).left, 0)


def _derive_feedback(m: Model) -> tuple[ProofStep, ...]:
    part = _self_part(m).right
    reason = "a weight, a rate and a sum of squares"
    return (*_derive_self_part(m), ProofStep(part, sp.S.Zero, reason, Inequality))


def _curvature(x: HeadNotation, a: Index, b: Index) -> Partial:
    """du_ia / dg_ib, which is M_i, across heads where there are several."""
    return Partial(x.entry("u", x.i, a), x.other("g", x.i, b))


def _value_step_advantage(m: Model) -> Equation:
    x = HeadNotation(m)
    overlap = total(x.entry("u", x.i, x.a) * x.entry("u", x.m, x.a), x.a)
    fixed = total(x.entry("alpha", x.m, x.j) * overlap, x.m)
    pulls = total(x.other("alpha", x.m, x.k) * x.other("u", x.m, x.b), x.m)
    shift = total(x.other("alpha", x.i, x.k) * pulls, x.k)
    bend = total(x.entry("v", x.j, x.a) * _curvature(x, x.a, x.b) * shift, *x.other_heads, x.a, x.b)
    return Equation(_value_step(x, x.entry("b", x.i, x.j)), -x.eta * (fixed + bend))


def _derive_value_step_advantage(m: Model) -> tuple[ProofStep, ...]:
    statement = _value_step_advantage(m)
    x = HeadNotation(m)
    u, v = x.entry("u", x.i, x.a), x.entry("v", x.j, x.a)
    fixed = total(u * _value_step(x, v), x.a)
    context = _value_step(x, x.other("g", x.i, x.b))
    bend = total(v * _value_step(x, u), x.a)
    curved = total(v * _curvature(x, x.a, x.b) * context, *x.other_heads, x.a, x.b)
    return (
        *derivation_from_loss(m, "v"),
        *chain(
            statement.left,
            (fixed + bend, "product rule: b_ij = u_i . v_j"),
            (fixed + curved, "the upstream gradient depends on the values through the contexts"),
            (statement.right, "insert the steps of the values and of the context"),
        ),
    )


def _direction(x: HeadNotation) -> Tensor:
    """An arbitrary change xi of all scores."""
    return Tensor("xi", entry_tensor(x.entry("s", x.i, x.j)).axes)


def _weight_differential(m: Model) -> Equation:
    x = HeadNotation(m)
    xi = _direction(x)
    along, here = xi[(*x.heads, x.m, x.k)], xi[(*x.heads, x.i, x.j)]
    alpha = x.entry("alpha", x.i, x.j)
    left = total(Partial(alpha, x.entry("s", x.m, x.k)) * along, x.m, x.k)
    return Equation(left, alpha * (here - x.mean(x.i, xi[(*x.heads, x.i, x.k)], x.k)))


def _derive_weight_differential(m: Model) -> tuple[ProofStep, ...]:
    statement = _weight_differential(m)
    x = HeadNotation(m)
    xi = _direction(x)
    line = m.by_name["alpha"]
    alpha = x.entry("alpha", x.i, x.j)
    jacobian = delta(x.i, x.m) * alpha * (delta(x.j, x.k) - x.entry("alpha", x.i, x.k))
    return (
        ProofStep(line.symbol, line.value, "definition of the attention weights"),
        *chain(
            statement.left,
            (total(jacobian * xi[(*x.heads, x.m, x.k)], x.m, x.k), "softmax Jacobian"),
            (statement.right, "contract the deltas"),
        ),
    )


def _weight_step(m: Model) -> Equation:
    x = HeadNotation(m)
    alpha, score = x.entry("alpha", x.i, x.j), x.entry("s", x.i, x.j)

    def change(k: Index) -> Step:
        return Step(x.entry("s", x.i, k), x.eta, score)

    right = alpha * (change(x.j) - x.mean(x.i, change(x.k), x.k))
    return Equation(Step(alpha, x.eta, score), right)


def _derive_weight_step(m: Model) -> tuple[ProofStep, ...]:
    statement = _weight_step(m)
    x = HeadNotation(m)
    alpha = x.entry("alpha", x.i, x.j)
    jacobian = alpha * (delta(x.j, x.k) - x.entry("alpha", x.i, x.k))
    change = Step(x.entry("s", x.i, x.k), x.eta, x.entry("s", x.i, x.j))
    line = m.by_name["alpha"]
    return (
        ProofStep(line.symbol, line.value, "definition of the attention weights"),
        *chain(
            statement.left,
            (
                total(Partial(alpha, x.entry("s", x.i, x.k)) * change, x.k),
                "first-order change; other rows do not matter",
            ),
            (total(jacobian * change, x.k), "softmax Jacobian"),
            (statement.right, "contract the delta"),
        ),
    )


STEPS = (
    Law(
        "value-step-context", "change of the context in a value step", FEEDBACK, EVERY,
        _value_step_context, _derive_value_step_context,
        ("the scores, and with them the weights, are held fixed",),
    ),
    Law(
        "value-step-fixed-upstream", "change of b_ij in a value step at fixed upstream gradient",
        FEEDBACK, EVERY, _value_step_fixed, _derive_value_step_fixed,
        ("u_i is held fixed at its value before the step",),
    ),
    Law(
        "value-step-self-part", "what position i itself adds to the change of b_ij", FEEDBACK,
        EVERY, _self_part, _derive_self_part,
        (
            "u_i is held fixed at its value before the step",
            "only the loss of position i moves the values: the term m = i of the sum over m",
        ),
    ),
    Law(
        "value-step-feedback", "positive feedback: position i lowers its own b_ij", FEEDBACK,
        EVERY, _feedback, _derive_feedback,
        (
            "rate eta > 0",
            "u_i is held fixed at its value before the step",
            "only the loss of position i moves the values",
        ),
    ),
    Law(
        "value-step-advantage", "change of b_ij in a value step when the upstream gradient moves",
        FEEDBACK, EVERY, _value_step_advantage, _derive_value_step_advantage,
        ("the scores are held fixed; u_i moves with the values",), order=r"O(\eta^2)",
    ),
    Law(
        "weight-differential", "change of the attention weights along any change of the scores",
        FEEDBACK, EVERY, _weight_differential, _derive_weight_differential,
        ("xi is any direction in the space of scores",),
    ),
    Law(
        "weight-step", "change of the attention weights in a score step", FEEDBACK, EVERY,
        _weight_step, _derive_weight_step, ("the values are held fixed",), order=r"O(\eta^2)",
    ),
)  # fmt: skip
"""Laws B2 and B5."""
