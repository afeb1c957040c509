r"""The binary head on its symmetric subspace (law B7).

Two positions, two keys, two classes, d_v = 1, labels +1 and -1, the mean of the cross-entropy; at
s_1 = (x/2, -x/2) = -s_2, v_1 = y = -v_2. Then with f = w y tanh(x/2) and q = sigma(-f)

    L = log(1 + exp(-f))
    dx/dt = (eps_s/2) w q y sech^2(x/2)
    dy/dt = (eps_v/2) w q tanh(x/2)
    d/dt (sinh^2(x/2)/eps_s - y^2/(2 eps_v)) = 0.

Nothing of this is asserted of the reduced system alone.  Every law is stated twice: in
`two-token-head`, which is `attention_head` at these sizes, where the flow moves all four scores and
both values and is evaluated at a point of the subspace; and in `binary-head`, where it moves x at
rate eps_s and y at rate eps_v/2.  Four more laws say that the full flow is tangent to the subspace,
which is linear; a solution that starts in it therefore stays in it, since solutions are unique.

Source: agarwal2025gradient, section 4, at T = n = 2; the invariant is of the family of
marcotte2023abide.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import sympy as sp

from theory.algebra.expressions import Equation
from theory.algebra.symbols import Flow, Partial, scalar
from theory.laws.law import Citation, Law, ProofStep, chain
from theory.models.model import Model

__all__ = ["BINARY"]

BOTH = ("binary-head", "two-token-head")
FULL = ("two-token-head",)
HEAD = Citation("agarwal2025gradient", "section 4, at T = n = 2")
INVARIANT = Citation("marcotte2023abide", "section 2")
RATES = ("rates eps_s, eps_v > 0, constant in time",)
TANGENT = "the full flow is tangent to the symmetric subspace"


class _Notation:
    """The scalars of one of the two models, and what its flow moves."""

    def __init__(self, m: Model) -> None:
        self.at: Mapping[str, Any] = m.tensors
        self.loss = m.loss
        self.x, self.y, self.w, self.q, self.f = (self.at[name] for name in "xywqf")
        self.eps_s, self.eps_v = (scalar(f"eps_{name}", positive=True) for name in "sv")
        self.is_full = bool(m.features.get("full"))
        if self.is_full:
            self.margin, self.value = self.at["s_11"] - self.at["s_12"], self.at["v_1"]
            scores = ((self.at[f"s_{place}"], self.eps_s) for place in ("11", "12", "21", "22"))
            values = ((self.at[f"v_{key}"], self.eps_v) for key in "12")
            self.moves = (*scores, *values)
        else:
            self.margin, self.value = self.x, self.y
            self.moves = ((self.x, self.eps_s), (self.y, self.eps_v / 2))

    def grad(self, name: str) -> Partial:
        """The derivative of the loss by one of the scalars."""
        return Partial(self.loss, self.at[name])

    def rate_of(self, quantity: sp.Expr) -> Flow:
        """The rate of a quantity along the flow."""
        return Flow(quantity, *self.moves)

    @property
    def contrast(self) -> sp.Expr:
        """tanh(x/2), the difference of the two weights of a position."""
        return sp.tanh(self.x / 2)


def _logit(m: Model) -> Equation:
    n = _Notation(m)
    return Equation(n.f, n.w * n.y * n.contrast)


def _derive_logit(m: Model) -> tuple[ProofStep, ...]:
    n = _Notation(m)
    own, other = n.at["alpha_11"], n.at["alpha_12"]
    context = n.at["g_1"] if n.is_full else n.at["g"]
    weighted = own * n.at["v_1"] + other * n.at["v_2"] if n.is_full else (own - other) * n.y
    return chain(
        n.f,
        (n.w * context, "logits of the two classes"),
        (n.w * weighted, "definition of the context"),
        (_logit(m).right, "the weights are sigma(x) and sigma(-x), the values y and -y"),
    )


def _loss(m: Model) -> Equation:
    n = _Notation(m)
    return Equation(n.loss, sp.log(1 + sp.exp(-_logit(m).right)))


def _derive_loss(m: Model) -> tuple[ProofStep, ...]:
    n = _Notation(m)
    line = m.by_name[m.loss.name]
    lines = [(line.value, line.title)]
    if n.is_full:
        first, second = n.at["z_11"] - n.at["z_12"], n.at["z_22"] - n.at["z_21"]
        both = sp.log(1 + sp.exp(-first)) / 2 + sp.log(1 + sp.exp(-second)) / 2
        lines.append((both, "softmax of two logits"))
    return chain(
        n.loss,
        *lines,
        (sp.log(1 + sp.exp(-n.f)), "both positions have the logit f for their own class"),
        (_loss(m).right, "insert the logit"),
    )


def _score_flow(m: Model) -> Equation:
    n = _Notation(m)
    slope = n.w * n.q * n.y * sp.sech(n.x / 2) ** 2
    return Equation(n.rate_of(n.margin), n.eps_s / 2 * slope)


def _derive_score_flow(m: Model) -> tuple[ProofStep, ...]:
    n = _Notation(m)
    statement = _score_flow(m)
    if n.is_full:
        own, other, context = (n.at[name] for name in ("alpha_11", "alpha_12", "g_1"))
        routed = own * (n.at["v_1"] - context) - other * (n.at["v_2"] - context)
        lines = [
            (-n.eps_s * (n.grad("s_11") - n.grad("s_12")), "gradient flow of the scores"),
            (n.eps_s * n.w * n.q / 2 * routed, "routing law with the upstream gradient -w q/2"),
        ]
    else:
        lines = [
            (-n.eps_s * n.grad("x"), "gradient flow of the margin"),
            (n.eps_s * n.q * Partial(_logit(m).right, n.x), "dL/df = -q and the logit"),
        ]
    last = (statement.right, "derivative of tanh")
    return (*_derive_logit(m), *chain(statement.left, *lines, last))


def _value_flow(m: Model) -> Equation:
    n = _Notation(m)
    return Equation(n.rate_of(n.value), n.eps_v / 2 * n.w * n.q * n.contrast)


def _derive_value_flow(m: Model) -> tuple[ProofStep, ...]:
    n = _Notation(m)
    statement = _value_flow(m)
    if n.is_full:
        pull = n.at["alpha_11"] - n.at["alpha_21"]
        lines = [
            (-n.eps_v * n.grad("v_1"), "gradient flow of the values"),
            (n.eps_v * n.w * n.q / 2 * pull, "value gradient: -w q/2 and w q/2 pull at v_1"),
        ]
    else:
        lines = [
            (-n.eps_v / 2 * n.grad("y"), "gradient flow of the value, at half the rate"),
            (n.eps_v / 2 * n.q * Partial(_logit(m).right, n.y), "dL/df = -q and the logit"),
        ]
    last = (statement.right, "the weights differ by tanh(x/2)")
    return (*_derive_logit(m), *chain(statement.left, *lines, last))


def _invariant(m: Model) -> Equation:
    n = _Notation(m)
    energy = sp.sinh(n.margin / 2) ** 2 / n.eps_s - n.value**2 / (2 * n.eps_v)
    return Equation(n.rate_of(energy), 0)


def _derive_invariant(m: Model) -> tuple[ProofStep, ...]:
    n = _Notation(m)
    half = n.x / 2
    scores = sp.sinh(half) * sp.cosh(half) / n.eps_s
    moved = scores * n.rate_of(n.margin) - n.y / n.eps_v * n.rate_of(n.value)
    pull = n.w * n.q * n.y / 2
    return (
        *_derive_score_flow(m),
        *_derive_value_flow(m),
        *chain(
            _invariant(m).left,
            (moved, "chain rule"),
            (
                pull * (sp.sinh(half) * sp.cosh(half) * sp.sech(half) ** 2 - n.contrast),
                "insert both rates",
            ),
            (sp.S.Zero, "sinh cosh sech^2 = tanh"),
        ),
    )


def _symmetry(first: str, second: str, reason: str) -> tuple[Callable, Callable]:
    """Return statement and derivation of d/dt (first + second) = 0 on the subspace."""

    def state(m: Model) -> Equation:
        n = _Notation(m)
        return Equation(n.rate_of(n.at[first] + n.at[second]), 0)

    def derive(m: Model) -> tuple[ProofStep, ...]:
        n = _Notation(m)
        rate = n.eps_s if first.startswith("s") else n.eps_v
        return (
            *_derive_logit(m),
            *chain(
                state(m).left,
                (-rate * (n.grad(first) + n.grad(second)), "gradient flow"),
                (sp.S.Zero, reason),
            ),
        )

    return state, derive


MIRROR = "position 2 mirrors position 1, with the other label"

BINARY = (
    Law("binary-logit", "logit of the binary head", HEAD, BOTH, _logit, _derive_logit),
    Law("binary-loss", "loss of the binary head", HEAD, BOTH, _loss, _derive_loss),
    Law(
        "binary-score-flow", "flow of the score margin of the binary head", HEAD, BOTH,
        _score_flow, _derive_score_flow, RATES,
    ),
    Law(
        "binary-value-flow", "flow of the value of the binary head", HEAD, BOTH,
        _value_flow, _derive_value_flow, RATES,
    ),
    Law(
        "binary-invariant", "what the flow of the binary head conserves", INVARIANT, BOTH,
        _invariant, _derive_invariant, RATES,
    ),
    Law(
        "binary-first-row", f"{TANGENT}: first row of scores", HEAD, FULL,
        *_symmetry("s_11", "s_12", "the score gradients of a row sum to zero"), RATES,
    ),
    Law(
        "binary-second-row", f"{TANGENT}: second row of scores", HEAD, FULL,
        *_symmetry("s_21", "s_22", "the score gradients of a row sum to zero"), RATES,
    ),
    Law(
        "binary-mirrored-scores", f"{TANGENT}: scores of the two positions", HEAD, FULL,
        *_symmetry("s_11", "s_21", MIRROR), RATES,
    ),
    Law(
        "binary-mirrored-values", f"{TANGENT}: values", HEAD, FULL,
        *_symmetry("v_1", "v_2", MIRROR), RATES,
    ),
)  # fmt: skip
"""Law B7."""
