"""Coupled dynamics of scores and values under gradient steps and gradient flow (group B).

Along dx/dt = -eps_x dL/dx the loss falls by the squared gradients, and symmetries of the head give
conserved quantities: adding a constant to a row of scores changes nothing, so row sums are kept;
rescaling W_Q against W_K (and W_V against W_O) changes nothing, so their balance is kept.

Sources: agarwal2025gradient, section 4; the balance family is marcotte2023abide.
"""

from __future__ import annotations

import sympy as sp

from theory.algebra.expressions import Equation
from theory.algebra.symbols import Flow, Step, total
from theory.laws.first_order import EVERY
from theory.laws.from_loss import derivation_from_loss
from theory.laws.law import Citation, Law, ProofStep, chain
from theory.laws.notation import HeadNotation
from theory.models.model import Model

__all__ = ["COUPLED"]

DYNAMICS = Citation("agarwal2025gradient", "section 4")
BALANCE = Citation("marcotte2023abide", "section 2")


def _score_gradient_sum(m: Model) -> Equation:
    x = HeadNotation(m)
    return Equation(total(x.grad("s", x.i, x.j), x.j), 0)


def _advantage_form(x: HeadNotation) -> sp.Expr:
    return x.entry("alpha", x.i, x.j) * (x.entry("b", x.i, x.j) - x.baseline)


def _derive_score_gradient_sum(m: Model) -> tuple[ProofStep, ...]:
    x = HeadNotation(m)
    rows = total(x.entry("alpha", x.i, x.j), x.j)
    return (
        *derivation_from_loss(m, "s"),
        *chain(
            _score_gradient_sum(m).left,
            (total(_advantage_form(x), x.j), "advantage-based routing law"),
            (x.baseline - x.baseline * rows, "the baseline does not depend on j"),
            (sp.S.Zero, "the weights sum to one"),
        ),
    )


def _score_sum_conserved(m: Model) -> Equation:
    x = HeadNotation(m)
    score = x.entry("s", x.i, x.j)
    return Equation(Flow(total(score, x.j), (score, x.rate("s"))), 0)


def _derive_score_sum_conserved(m: Model) -> tuple[ProofStep, ...]:
    statement = _score_sum_conserved(m)
    x = HeadNotation(m)
    gradient = _score_gradient_sum(m).left
    return (
        *_derive_score_gradient_sum(m),
        *chain(
            statement.left,
            (-x.rate("s") * gradient, "gradient flow of the scores"),
            (sp.S.Zero, "the score gradients of a row sum to zero"),
        ),
    )


def _value_step_loss(m: Model) -> Equation:
    x = HeadNotation(m)
    pull = total(x.entry("alpha", x.i, x.j) * x.entry("u", x.i, x.a), x.i)
    right = -x.eta * total(pull**2, *x.heads, x.j, x.a)
    return Equation(Step(x.loss, x.eta, x.entry("v", x.j, x.a)), right)


def _derive_value_step_loss(m: Model) -> tuple[ProofStep, ...]:
    statement = _value_step_loss(m)
    x = HeadNotation(m)
    squares = -x.eta * total(x.grad("v", x.j, x.a) ** 2, *x.heads, x.j, x.a)
    return (
        *derivation_from_loss(m, "v"),
        *chain(
            statement.left,
            (squares, "first-order change along -eta times the gradient"),
            (statement.right, "value gradient"),
        ),
    )


def _score_step_loss(m: Model) -> Equation:
    x = HeadNotation(m)
    right = -x.eta * total(x.entry("D", x.i, x.j) ** 2, *x.heads, x.i, x.j)
    return Equation(Step(x.loss, x.eta, x.entry("s", x.i, x.j)), right)


def _derive_score_step_loss(m: Model) -> tuple[ProofStep, ...]:
    statement = _score_step_loss(m)
    x = HeadNotation(m)
    squares = -x.eta * total(x.grad("s", x.i, x.j) ** 2, *x.heads, x.i, x.j)
    return (
        *derivation_from_loss(m, "s"),
        *chain(
            statement.left,
            (squares, "first-order change along -eta times the gradient"),
            (statement.right, "advantage-based routing law, definition of D"),
        ),
    )


def _dissipation(m: Model) -> Equation:
    x = HeadNotation(m)
    score, value = x.entry("s", x.i, x.j), x.entry("v", x.j, x.a)
    left = Flow(x.loss, (score, x.rate("s")), (value, x.rate("v")))
    scores = total(x.grad("s", x.i, x.j) ** 2, *x.heads, x.i, x.j)
    values = total(x.grad("v", x.j, x.a) ** 2, *x.heads, x.j, x.a)
    return Equation(left, -x.rate("s") * scores - x.rate("v") * values)


def _derive_dissipation(m: Model) -> tuple[ProofStep, ...]:
    statement = _dissipation(m)
    x = HeadNotation(m)
    loss = m.by_name[m.loss.name]
    scores = Flow(x.loss, (x.entry("s", x.i, x.j), x.rate("s")))
    values = Flow(x.loss, (x.entry("v", x.j, x.a), x.rate("v")))
    return (
        ProofStep(loss.symbol, loss.value, loss.title),
        *chain(
            statement.left,
            (scores + values, "chain rule: scores and values move independently"),
            (statement.right, "each moves along minus its rate times the gradient"),
        ),
    )


def _balance(m: Model, first: str, second: str) -> Equation:
    """d/dt (A^T A / eps_A - B^T B / eps_B) = 0 for two matrices that meet in a product."""
    x = HeadNotation(m)
    rows = {"W_Q": x.e, "W_K": x.e, "W_V": x.e, "W_O": x.c}
    p, q = (x.r, x.t) if first == "W_Q" else (x.a, x.b)

    def gram(name: str) -> sp.Expr:
        row = rows[name]
        product = x.entry(name, row, p) * x.entry(name, row, q)
        return total(product, row) / x.rate(name[2:])

    moved = [(x.entry(name, rows[name], p), x.rate(name[2:])) for name in (first, second)]
    return Equation(Flow(gram(first) - gram(second), *moved), 0)


def _derive_balance(m: Model, first: str, second: str) -> tuple[ProofStep, ...]:
    statement = _balance(m, first, second)
    x = HeadNotation(m)
    rows = {"W_Q": x.e, "W_K": x.e, "W_V": x.e, "W_O": x.c}
    p, q = (x.r, x.t) if first == "W_Q" else (x.a, x.b)

    def pair(name: str) -> sp.Expr:
        row = rows[name]
        one = x.entry(name, row, p) * x.grad(name, row, q)
        other = x.entry(name, row, q) * x.grad(name, row, p)
        return total(one + other, row)

    return (
        *derivation_from_loss(m, first),
        *derivation_from_loss(m, second),
        *chain(
            statement.left,
            (pair(second) - pair(first), "product rule; the rates cancel"),
            (sp.S.Zero, "the loss depends on the two matrices through their product only"),
        ),
    )


COUPLED = (
    Law(
        "score-gradient-sum", "score gradients of a row sum to zero", DYNAMICS, EVERY,
        _score_gradient_sum, _derive_score_gradient_sum,
    ),
    Law(
        "score-sum-conserved", "the flow conserves the sum of a row of scores", DYNAMICS, EVERY,
        _score_sum_conserved, _derive_score_sum_conserved,
    ),
    Law(
        "value-step-loss", "change of the loss in a value step", DYNAMICS, EVERY,
        _value_step_loss, _derive_value_step_loss, order=r"O(\eta^2)",
    ),
    Law(
        "score-step-loss", "change of the loss in a score step", DYNAMICS, EVERY,
        _score_step_loss, _derive_score_step_loss, order=r"O(\eta^2)",
    ),
    Law(
        "dissipation", "dissipation of the loss along the two-timescale flow", DYNAMICS, EVERY,
        _dissipation, _derive_dissipation, ("rates eps_s, eps_v > 0, constant in time",),
    ),
    Law(
        "query-key-balance", "balance of query and key weights", BALANCE, EVERY,
        lambda m: _balance(m, "W_Q", "W_K"), lambda m: _derive_balance(m, "W_Q", "W_K"),
        ("rates eps_Q, eps_K > 0, constant in time",),
    ),
    Law(
        "value-output-balance", "balance of value and output weights", BALANCE, EVERY,
        lambda m: _balance(m, "W_V", "W_O"), lambda m: _derive_balance(m, "W_V", "W_O"),
        ("rates eps_V, eps_O > 0, constant in time",),
    ),
)  # fmt: skip
"""Laws B1, B3, B4 and B6."""
