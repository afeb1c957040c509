"""Overparameterised linear regression (group H).

Gradient flow from theta_0, in the coordinates of the singular vectors of the data:

    d theta / dt = - dL/d theta,    theta(0) = theta_0
    sum_a V_ak theta_a = e_k + s_k (sum_a V_ak theta_0_a - e_k),    s_k = exp(-t g_k^2 / N)

so that every coordinate the data see goes to e_k, that of the solution of least distance from the
start, and the rest of theta stays where it was.  Gradient descent has the same form with the powers
of 1 - eta g_k^2 / N.

Source: xu2023compatibility, section 2.
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from theory.algebra.expressions import Equation
from theory.algebra.symbols import Partial, Step, total
from theory.laws.entries import Entries
from theory.laws.from_loss import derivation_from_loss
from theory.laws.law import Citation, Law, ProofStep, chain
from theory.models.model import Model

__all__ = ["CLOSED_FORM", "LINEAR_REGRESSION", "POSITIVE", "start_coordinate"]

FLOW, START = ("linear-regression",), ("linear-regression-start",)
DESCENT = ("linear-regression-descent",)
CLOSED_FORM = Citation("xu2023compatibility", "section 2")
POSITIVE = "g_k > 0 for the K directions that the data see"


def start_coordinate(x: Entries, k: Any) -> sp.Expr:
    """Return sum_b V_bk theta_0_b, a coordinate of the start."""
    return total(x("V", x.b, k) * x("theta_0", x.b), x.b)


def _gradient(m: Model) -> Equation:
    x = Entries(m)
    error = total(x("X", x.i, x.b) * x("theta", x.b), x.b) - x("y", x.i)
    right = total(x("X", x.i, x.a) * error, x.i) / x.N
    return Equation(x.gradient("theta", x.a), right)


def _derive_gradient(m: Model) -> tuple[ProofStep, ...]:
    statement = _gradient(m)
    steps = derivation_from_loss(m, "theta")
    found = (steps[-1].right, "found above")
    return (*steps, *chain(statement.left, found, (statement.right, "collect")))


def _in_modes(m: Model) -> Equation:
    """dL/d theta_a, by singular vectors."""
    x = Entries(m)
    apart = start_coordinate(x, x.k) - x("e", x.k)
    modes = x("V", x.a, x.k) * x("g", x.k) ** 2 * x("s", x.k) * apart
    return Equation(x.gradient("theta", x.a), total(modes, x.k) / x.N)


def _derive_in_modes(m: Model) -> tuple[ProofStep, ...]:
    gradient, statement = _gradient(m), _in_modes(m)
    reason = "singular vectors are orthonormal; what is left of the start"
    return (
        *_derive_gradient(m)[:-1],
        *chain(statement.left, (gradient.right, "collect"), (statement.right, reason)),
    )


def _flow(m: Model) -> Equation:
    x = Entries(m)
    return Equation(Partial(x("theta", x.a), x("t")), -x.gradient("theta", x.a))


def _derive_flow(m: Model) -> tuple[ProofStep, ...]:
    statement = _flow(m)
    return (
        *_derive_in_modes(m),
        *chain(
            statement.left,
            (-_in_modes(m).right, "derivative of the exponentials"),
            (statement.right, "gradient by singular vectors"),
        ),
    )


def _start(m: Model) -> Equation:
    x = Entries(m)
    return Equation(x("theta", x.a), x("theta_0", x.a))


def _derive_start(m: Model) -> tuple[ProofStep, ...]:
    statement = _start(m)
    line = m.by_name["theta"]
    return (
        ProofStep(Entries(m)("s", Entries(m).k), sp.S.One, "exp 0 = 1"),
        *chain(
            statement.left,
            (line.value, "the flow in closed form"),
            (statement.right, "nothing has moved"),
        ),
    )


def _mode(m: Model) -> Equation:
    x = Entries(m)
    left = total(x("V", x.a, x.k) * x("theta", x.a), x.a)
    return Equation(left, x("e", x.k) + x("s", x.k) * (start_coordinate(x, x.k) - x("e", x.k)))


def _derive_mode(m: Model) -> tuple[ProofStep, ...]:
    statement = _mode(m)
    x = Entries(m)
    line = m.by_name["theta"]
    left = total(x("V", x.a, x.k) * x("theta_0", x.a), x.a)
    moved = (1 - x("s", x.k)) * (x("e", x.k) - start_coordinate(x, x.k))
    return (
        ProofStep(line.symbol, line.value, line.title),
        *chain(
            statement.left,
            (left + moved, "singular vectors are orthonormal"),
            (statement.right, "collect"),
        ),
    )


def _unseen(m: Model) -> Equation:
    x = Entries(m)

    def rest(name: str) -> sp.Expr:
        seen = total(x("V", x.a, x.k) * x("V", x.b, x.k) * x(name, x.b), x.k, x.b)
        return x(name, x.a) - seen

    return Equation(rest("theta"), rest("theta_0"))


def _derive_unseen(m: Model) -> tuple[ProofStep, ...]:
    statement = _unseen(m)
    x = Entries(m)
    mode = _mode(m)
    return (
        *_derive_mode(m),
        *chain(
            statement.left,
            (
                x("theta", x.a) - total(x("V", x.a, x.k) * mode.right, x.k),
                "the coordinates found above",
            ),
            (statement.right, "the flow or descent moves along singular vectors only"),
        ),
    )


def _dissipation(m: Model) -> Equation:
    x = Entries(m)
    return Equation(Partial(m.loss, x("t")), -total(x.gradient("theta", x.a) ** 2, x.a))


def _derive_dissipation(m: Model) -> tuple[ProofStep, ...]:
    statement = _dissipation(m)
    x = Entries(m)
    along = x.gradient("theta", x.a) * Partial(x("theta", x.a), x("t"))
    return (
        *_derive_flow(m),
        *chain(
            statement.left,
            (total(along, x.a), "chain rule through the parameters"),
            (statement.right, "the flow found above"),
        ),
    )


def _step(m: Model) -> Equation:
    x = Entries(m)
    theta = x("theta", x.a)
    return Equation(x("theta_next", x.a) - theta, Step(theta, x("eta"), theta))


def _derive_step(m: Model) -> tuple[ProofStep, ...]:
    statement = _step(m)
    x = Entries(m)
    return (
        *_derive_in_modes(m),
        *chain(
            statement.left,
            (-x("eta") * _in_modes(m).right, "what is left of the start before and after"),
            (-x("eta") * x.gradient("theta", x.a), "gradient by singular vectors"),
            (statement.right, "one gradient step of rate eta"),
        ),
    )


LINEAR_REGRESSION = (
    Law(
        "regression-gradient", "gradient by the parameters", CLOSED_FORM, FLOW + DESCENT,
        _gradient, _derive_gradient,
    ),
    Law(
        "regression-flow", "the closed form is gradient flow", CLOSED_FORM, FLOW,
        _flow, _derive_flow, (POSITIVE,),
    ),
    Law(
        "regression-start", "the closed form starts at theta_0", CLOSED_FORM, START,
        _start, _derive_start, (POSITIVE,),
    ),
    Law(
        "regression-modes", "every coordinate of the data goes its own way", CLOSED_FORM,
        FLOW + DESCENT, _mode, _derive_mode,
        (POSITIVE, "as t grows s_k falls to zero, and the coordinate goes to e_k"),
    ),
    Law(
        "regression-unseen", "what the data do not see never moves", CLOSED_FORM, FLOW + DESCENT,
        _unseen, _derive_unseen,
    ),
    Law(
        "regression-dissipation", "the loss falls by the squared gradient", CLOSED_FORM, FLOW,
        _dissipation, _derive_dissipation, (POSITIVE,),
    ),
    Law(
        "regression-descent", "the closed form is gradient descent", CLOSED_FORM, DESCENT,
        _step, _derive_step,
        (
            POSITIVE,
            "with s_k = 1 theta is theta_0; so by induction s_k = (1 - eta g_k^2 / N)^m after m "
            "steps",
        ),
    ),
)  # fmt: skip
"""Group H, the descent."""
