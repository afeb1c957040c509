r"""The Jacobian of the two-timescale flow and its zero directions (law C4).

Along ds/dt = -eps_s dL/ds, dv/dt = -eps_v dL/dv with constant rates the Jacobian of the velocity is

    - diag(eps) H,        H the Hessian of L in (s, v),

at *every* point, not at fixed points only; `score-hessian-gradient` says what vanishes there.
It is similar to the symmetric -diag(eps)^(1/2) H diag(eps)^(1/2), so its eigenvalues are real.

Zero directions of H, and so of the Jacobian, at every point:

    s_i -> s_i + c (1, ..., 1)           adding a constant to a row of scores changes nothing
    v_l -> v_l + t_l omega               where W_O omega has equal entries: all logits of a
                                         position move together, which changes no probability

The second is stated without a hypothesis: the Hessian times omega is written with the differences
Omega_c - Omega_d of Omega = W_O omega, and vanishes where they do, which is where omega is
orthogonal to every difference of rows of W_O.  A value direction is zero only as a whole: M_i and
u_i both are made of row differences,

    u_i = w_i sum_cd p_ic y_id (W_c - W_d),
    M_i = (w_i/2) sum_cd p_ic p_id (W_c - W_d) (W_c - W_d)^T.

Beyond the source.
"""

from __future__ import annotations

from collections.abc import Callable

import sympy as sp

from theory.algebra.expressions import Equation
from theory.algebra.symbols import Flow, Index, Partial, Size, Tensor, total
from theory.laws.first_order import EVERY
from theory.laws.from_loss import derivation_from_loss
from theory.laws.law import Law, ProofStep, chain
from theory.laws.notation import HeadNotation
from theory.laws.second_order import HESSIAN, curvature
from theory.models.model import Model

__all__ = ["FLOW_JACOBIAN"]

RATES = ("rates eps_s, eps_v > 0, constant in time",)
State = Callable[[Model], Equation]
Derive = Callable[[Model], tuple[ProofStep, ...]]


def _entries(x: HeadNotation, moved: str, by: str) -> tuple[sp.Expr, sp.Expr]:
    """The quantity whose velocity is differentiated, and what it is differentiated by."""
    first = {"s": x.entry("s", x.i, x.j), "v": x.entry("v", x.j, x.a)}[moved]
    second = {"s": x.other("s", x.m, x.l), "v": x.other("v", x.l, x.b)}[by]
    return first, second


def _jacobian(moved: str, by: str) -> tuple[State, Derive]:
    """Return statement and derivation of d(d moved/dt)/d by = -eps d2L / d moved d by."""

    def state(m: Model) -> Equation:
        x = HeadNotation(m)
        first, second = _entries(x, moved, by)
        pairs = [(_entries(x, name, name)[0], x.rate(name)) for name in "sv"]
        right = -x.rate(moved) * Partial(x.loss, first, second)
        return Equation(Partial(Flow(first, *pairs), second), right)

    def derive(m: Model) -> tuple[ProofStep, ...]:
        x = HeadNotation(m)
        statement = state(m)
        first, second = _entries(x, moved, by)
        velocity = -x.rate(moved) * Partial(x.loss, first)
        loss = m.by_name[m.loss.name]
        return (
            ProofStep(loss.symbol, loss.value, loss.title),
            *chain(
                statement.left,
                (Partial(velocity, second), "gradient flow"),
                (statement.right, "the rate is constant"),
            ),
        )

    return state, derive


def _row_shift(by: str) -> tuple[State, Derive]:
    """Return statement and derivation of sum_l d2L / d by d s_il = 0."""

    def state(m: Model) -> Equation:
        x = HeadNotation(m)
        block = Partial(x.loss, _entries(x, by, by)[0], x.other("s", x.m, x.l))
        return Equation(total(block, x.l), 0)

    def derive(m: Model) -> tuple[ProofStep, ...]:
        x = HeadNotation(m)
        rows = total(Partial(x.loss, x.other("s", x.m, x.l)), x.l)
        return (
            *derivation_from_loss(m, "s"),
            ProofStep(rows, sp.S.Zero, "the score gradients of a row sum to zero"),
            *chain(
                state(m).left,
                (Partial(rows, _entries(x, by, by)[0]), "partial derivatives commute"),
                (sp.S.Zero, "the sum is zero at every point"),
            ),
        )

    return state, derive


def _difference(x: HeadNotation, a: Index, *, other: bool = False) -> sp.Expr:
    """Entry a of the difference W_c - W_d of two rows of W_O."""
    entry = x.other if other else x.entry
    return entry("W_O", x.c, a) - entry("W_O", x.d, a)


def _curvature_differences(m: Model) -> Equation:
    x = HeadNotation(m)
    pairs = x.entry("p", x.i, x.c) * x.entry("p", x.i, x.d)
    body = pairs * _difference(x, x.a) * _difference(x, x.b, other=True)
    left = Partial(x.entry("u", x.i, x.a), x.other("g", x.i, x.b))
    return Equation(left, x.weight(x.i) * total(body, x.c, x.d) / 2)


def _derive_curvature_differences(m: Model) -> tuple[ProofStep, ...]:
    statement = _curvature_differences(m)
    x = HeadNotation(m)
    return (
        *derivation_from_loss(m, "g"),
        *chain(
            statement.left,
            (curvature(x, x.a, x.b), "curvature of the loss in the context"),
            (statement.right, "a covariance is half the mean product of differences"),
        ),
    )


def _upstream_differences(m: Model) -> Equation:
    x = HeadNotation(m)
    pairs = x.entry("p", x.i, x.c) * x.entry("y", x.i, x.d)
    right = x.weight(x.i) * total(pairs * _difference(x, x.a), x.c, x.d)
    return Equation(x.entry("u", x.i, x.a), right)


def _derive_upstream_differences(m: Model) -> tuple[ProofStep, ...]:
    statement = _upstream_differences(m)
    x = HeadNotation(m)
    error = x.entry("p", x.i, x.c) - x.entry("y", x.i, x.c)
    return (
        *derivation_from_loss(m, "g")[:-1],
        *chain(
            statement.left,
            (x.grad("g", x.i, x.a), "definition of the upstream gradient"),
            (
                x.weight(x.i) * total(x.entry("W_O", x.c, x.a) * error, x.c),
                "insert the logit gradient",
            ),
            (statement.right, "probabilities and labels sum to one"),
        ),
    )


def _omega(x: HeadNotation) -> tuple[sp.Expr, Callable[[Index], sp.Expr]]:
    """An arbitrary direction in the values of the other head, and its logits W_O omega."""
    sizes: tuple[Size, ...] = tuple(h.size for h in x.other_heads)
    omega = Tensor("omega", (*sizes, x.a.size))
    entry = omega[(*x.other_heads, x.a)]
    return entry, lambda c: total(x.other("W_O", c, x.a) * entry, x.a)


def _value_null(m: Model) -> Equation:
    x = HeadNotation(m)
    entry, logits = _omega(x)
    block = Partial(x.loss, x.entry("v", x.j, x.b), x.other("v", x.l, x.a))
    pairs = x.entry("p", x.i, x.c) * x.entry("p", x.i, x.d)
    body = pairs * _difference(x, x.b) * (logits(x.c) - logits(x.d))
    weights = x.weight(x.i) * x.entry("alpha", x.i, x.j) * x.other("alpha", x.i, x.l)
    return Equation(total(block * entry, x.a), total(weights * total(body, x.c, x.d), x.i) / 2)


def _derive_value_null(m: Model) -> tuple[ProofStep, ...]:
    statement = _value_null(m)
    x = HeadNotation(m)
    entry, _ = _omega(x)
    weights = x.entry("alpha", x.i, x.j) * x.other("alpha", x.i, x.l)
    bent = total(weights * total(curvature(x, x.b, x.a) * entry, x.a), x.i)
    return (
        *derivation_from_loss(m, "v"),
        *chain(
            statement.left,
            (bent, "Hessian in the values"),
            (statement.right, "the curvature is made of row differences"),
        ),
    )


def _mixed_null(m: Model) -> Equation:
    x = HeadNotation(m)
    entry, logits = _omega(x)
    shift = logits(x.c) - logits(x.d)
    p_c, p_d, y_d = x.entry("p", x.i, x.c), x.entry("p", x.i, x.d), x.entry("y", x.i, x.d)
    far = total((x.entry("v", x.j, x.b) - x.entry("g", x.i, x.b)) * _difference(x, x.b), x.b)
    alpha_j, alpha_l = x.entry("alpha", x.i, x.j), x.other("alpha", x.i, x.l)
    softmax = alpha_j * (sp.KroneckerDelta(x.j, x.l) - x.entry("alpha", x.i, x.l))
    pull = x.same_head * softmax * total(p_c * y_d * shift, x.c, x.d)
    bend = alpha_j * alpha_l * total(p_c * p_d * far * shift, x.c, x.d) / 2
    block = Partial(x.loss, x.entry("s", x.i, x.j), x.other("v", x.l, x.a))
    return Equation(total(block * entry, x.a), x.weight(x.i) * (pull + bend))


def _derive_mixed_null(m: Model) -> tuple[ProofStep, ...]:
    statement = _mixed_null(m)
    x = HeadNotation(m)
    entry, _ = _omega(x)
    alpha_j, alpha_l = x.entry("alpha", x.i, x.j), x.other("alpha", x.i, x.l)
    softmax = alpha_j * (sp.KroneckerDelta(x.j, x.l) - x.entry("alpha", x.i, x.l))
    pull = x.same_head * softmax * total(x.other("u", x.i, x.a) * entry, x.a)
    far = total((x.entry("v", x.j, x.b) - x.entry("g", x.i, x.b)) * curvature(x, x.b, x.a), x.b)
    bend = alpha_j * alpha_l * total(far * entry, x.a)
    return (
        *derivation_from_loss(m, "s"),
        *chain(
            statement.left,
            (pull + bend, "Hessian between scores and values"),
            (statement.right, "upstream gradient and curvature are made of row differences"),
        ),
    )


FLOW_JACOBIAN = (
    *(
        Law(
            f"flow-jacobian-{moved}{by}", f"Jacobian of the flow: velocity of {moved} by {by}",
            HESSIAN, EVERY, *_jacobian(moved, by), RATES,
        )
        for moved, by in ("ss", "sv", "vs", "vv")
    ),
    Law(
        "row-shift-null-scores", "shifting a row of scores is a zero direction: score block",
        HESSIAN, EVERY, *_row_shift("s"),
    ),
    Law(
        "row-shift-null-values", "shifting a row of scores is a zero direction: mixed block",
        HESSIAN, EVERY, *_row_shift("v"),
    ),
    Law(
        "curvature-row-differences", "the curvature M_i is made of row differences of W_O",
        HESSIAN, EVERY, _curvature_differences, _derive_curvature_differences,
    ),
    Law(
        "upstream-row-differences", "the upstream gradient is made of row differences of W_O",
        HESSIAN, EVERY, _upstream_differences, _derive_upstream_differences,
    ),
    Law(
        "value-null-values", "value directions that move all logits alike: value block", HESSIAN,
        EVERY, _value_null, _derive_value_null,
        ("omega is any direction; both sides vanish where W_O omega has equal entries",),
    ),
    Law(
        "value-null-scores", "value directions that move all logits alike: mixed block", HESSIAN,
        EVERY, _mixed_null, _derive_mixed_null,
        ("omega is any direction; both sides vanish where W_O omega has equal entries",),
    ),
)  # fmt: skip
"""Law C4."""
