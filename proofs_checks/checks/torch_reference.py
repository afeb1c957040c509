"""The attention head written by hand with torch.nn.functional: what the autograd judge trusts.

Nothing here is generated from a model or read off a derivation.  Given tensors by the names of
`theory.models.attention_head`, it computes q, k, v, s, alpha, g, z, p and L with `softmax`,
`log_softmax` and `cross_entropy`, masks by -inf, and keeps the graph, so `torch.autograd.grad`
differentiates anything by anything that comes before it.  u = dL/dg is a gradient taken by
autograd; b_ij = u_i . v_j, A_ij = b_ij - E_{alpha_i}[b] and D_ij = alpha_ij A_ij follow by hand.

Shapes: X (T, d_x), X_K (n, d_x), W_Q and W_K (d_x, d_k), W_V (d_x, d_v), W_O (C, d_v), y (T, C),
M and B (T, n), w (T,), tau ().  With heads, H comes first in W_*, q, k, v, s, alpha, g, u, b, A, D.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F

from proofs_checks.checks.torch_assignment import (
    draw_assignment,
    soft_assignment,
    soft_assignment_majorant,
)
from proofs_checks.checks.torch_binary import binary_head, binary_head_majorant, draw_binary
from proofs_checks.checks.torch_chain import draw_chain, markov_chain, markov_chain_majorant
from proofs_checks.checks.torch_counting import counting, counting_majorant, draw_counting
from proofs_checks.checks.torch_following import draw_following, following, following_majorant
from proofs_checks.checks.torch_inputs import leaves
from proofs_checks.checks.torch_majorant import attention_head_majorant
from proofs_checks.checks.torch_markov import draw_markov, hidden_markov, hidden_markov_majorant
from proofs_checks.checks.torch_mixture import (
    draw_mixture,
    prototype_mixture,
    prototype_mixture_majorant,
)
from proofs_checks.checks.torch_noise import draw_noisy, noisy_filter, noisy_filter_majorant
from proofs_checks.checks.torch_pair import draw_pair, symmetric_pair, symmetric_pair_majorant
from proofs_checks.checks.torch_predictive import (
    draw_predictive,
    predictive,
    predictive_majorant,
)
from proofs_checks.checks.torch_regression import (
    draw_regression,
    regression,
    regression_majorant,
)
from proofs_checks.checks.torch_token_table import (
    draw_token_table,
    token_table,
    token_table_majorant,
)
from proofs_checks.checks.torch_tokens import draw_tokens, next_token, next_token_majorant
from theory.models.model import Model

if TYPE_CHECKING:
    from proofs_checks.checks.torch_draws import Draw

__all__ = ["REFERENCES", "Reference", "attention_head", "draw_head", "reference_for"]

Tensors = dict[str, torch.Tensor]
Features = Mapping[str, object]


def attention_head(
    inputs: Mapping[str, torch.Tensor], features: Features, *, through: frozenset[str] = frozenset()
) -> Tensors:
    """Return every named quantity of the head, inputs included, with the graph between them.

    ``features`` are those of the model: mask (None, "arbitrary", "causal"), bias, temperature,
    cross, heads, weights; missing ones count as absent.  A causal mask is made here, the lower
    triangle with its diagonal.  Inputs that do not require a gradient are replaced by leaves that
    do.  The logarithms come as ``log_alpha`` and ``log_p`` from `log_softmax`: finite where the
    weight itself underflows to 0, -inf where it is masked.

    L is computed from the logits, so it does not pass through ``p``.  With ``through={"p"}`` it
    does, as -sum_i w_i sum_c y_ic log p_ic: needed by whoever differentiates by p.

    Raises `ValueError` for a missing input or one that is not float64.
    """
    given = leaves(inputs, _needed(features), "the attention head", constant=("M",))
    if features.get("mask") == "causal":
        T = given["X"].shape[0]
        given["M"] = torch.ones(T, T, dtype=torch.float64).tril()
    with torch.enable_grad():
        X, keys = given["X"], given["X_K" if features.get("cross") else "X"]
        q, k, v = X @ given["W_Q"], keys @ given["W_K"], keys @ given["W_V"]
        s = q @ k.mT / math.sqrt(q.shape[-1])
        if features.get("temperature"):
            s = s / given["tau"]
        if features.get("bias"):
            s = s + given["B"]
        visible = s.masked_fill(given["M"] == 0, -math.inf) if features.get("mask") else s
        alpha, log_alpha = F.softmax(visible, dim=-1), F.log_softmax(visible, dim=-1)
        g = alpha @ v
        z = _output(g, given["W_O"], bool(features.get("heads")))
        p, log_p = F.softmax(z, dim=-1), F.log_softmax(z, dim=-1)
        if "p" in through:
            each = -(given["y"] * p.log()).sum(-1)
        else:
            each = F.cross_entropy(z, given["y"], reduction="none")
        L = (given["w"] * each if features.get("weights") else each).sum()
        (u,) = torch.autograd.grad(L, g, create_graph=True)
        b = u @ v.mT
        A = b - (alpha * b).sum(-1, keepdim=True)
    made = {"q": q, "k": k, "v": v, "s": s, "alpha": alpha, "log_alpha": log_alpha, "g": g}
    made |= {"z": z, "p": p, "log_p": log_p, "L": L, "u": u, "b": b, "A": A, "D": alpha * A}
    return given | made


def _output(g: torch.Tensor, W_O: torch.Tensor, heads: bool) -> torch.Tensor:
    """Return the logits; several heads are concatenated, as attention layers do it."""
    if heads:
        g, W_O = g.movedim(0, 1).flatten(1), W_O.movedim(0, 1).flatten(1)
    return F.linear(g, W_O)


def _needed(features: Features) -> list[str]:
    needed = ["X", "W_Q", "W_K", "W_V", "W_O", "y"]
    optional = {"cross": "X_K", "bias": "B", "temperature": "tau", "weights": "w"}
    needed += [name for feature, name in optional.items() if features.get(feature)]
    return needed + (["M"] if features.get("mask") == "arbitrary" else [])


def draw_head(
    shapes: Mapping[str, tuple[int, ...]],
    features: Features,
    draw: Draw,
    generator: torch.Generator,
) -> Tensors:
    """Return inputs of an attention head at the labels and score scale of a draw.

    Weights are normal with variance 1/rows, so that quantities are of order one; ``draw.scores``
    then rescales W_Q.  Label rows sum to one, masks are 0 or 1 with at least one key for every
    query, temperatures are positive.
    """
    inputs = {}
    for name in _needed(features):
        shape = shapes[name]
        if name == "y":
            inputs[name] = _labels(shape, draw.labels, generator)
        elif name == "M":
            inputs[name] = _mask(shape, generator)
        elif name == "tau":
            inputs[name] = torch.rand(shape, generator=generator, dtype=torch.float64) + 0.5
        else:
            inputs[name] = torch.randn(shape, generator=generator, dtype=torch.float64)
        if name.startswith("W_"):
            inputs[name] /= math.sqrt(shape[-1] if name == "W_O" else shape[-2])
    if draw.scores is not None:
        inputs["W_Q"] *= _score_factor(features, inputs, draw.scores)
    return inputs


def _score_factor(features: Features, inputs: Mapping[str, torch.Tensor], largest: float) -> float:
    """Return what W_Q must be multiplied by for the largest |s| to be ``largest``."""
    bias = inputs.get("B", torch.zeros(()))
    product = attention_head(inputs, features)["s"].detach() - bias
    now = float(product.abs().max())
    return (largest - float(bias.abs().max())) / now if now else 1.0


def _labels(shape: tuple[int, ...], kind: str, generator: torch.Generator) -> torch.Tensor:
    scores = torch.randn(shape, generator=generator, dtype=torch.float64)
    if kind == "soft":
        return torch.softmax(3 * scores, dim=-1)
    return F.one_hot(scores.argmax(-1), shape[-1]).double()


def _mask(shape: tuple[int, ...], generator: torch.Generator) -> torch.Tensor:
    scores = torch.rand(shape, generator=generator, dtype=torch.float64)
    best = F.one_hot(scores.argmax(-1), shape[-1]).bool()
    return ((scores > 0.4) | best).double()


@dataclass(frozen=True)
class Reference:
    """A hand-written implementation of a family of models.

    ``values(inputs, features, through=...)`` returns all named quantities, ``majorant(values,
    features, through=...)`` their magnitudes; ``draw(shapes, features, draw, generator)`` makes
    inputs that meet the hypotheses; ``logs`` names the stable logarithm of a quantity; ``fixed``
    are inputs by which it cannot be differentiated.
    """

    values: Callable[..., Tensors]
    majorant: Callable[..., Tensors]
    draw: Callable[..., Tensors]
    logs: Mapping[str, str]
    fixed: frozenset[str]


TOKENS = Reference(
    next_token,
    next_token_majorant,
    draw_tokens,
    logs={"alpha": "log_alpha"},
    fixed=frozenset(),
)
BINARY = Reference(binary_head, binary_head_majorant, draw_binary, logs={}, fixed=frozenset())

REFERENCES: tuple[tuple[frozenset[str], Reference], ...] = (
    (
        frozenset(("mask", "bias", "temperature", "cross", "heads", "weights")),
        Reference(
            attention_head,
            attention_head_majorant,
            draw_head,
            logs={"alpha": "log_alpha", "p": "log_p"},
            fixed=frozenset(("M",)),
        ),
    ),
    (
        frozenset(("pair",)),
        Reference(
            symmetric_pair,
            symmetric_pair_majorant,
            draw_pair,
            logs={"r": "log_r"},
            fixed=frozenset(),
        ),
    ),
    (
        frozenset(("assignment",)),
        Reference(
            soft_assignment,
            soft_assignment_majorant,
            draw_assignment,
            logs={},
            fixed=frozenset(),
        ),
    ),
    (
        frozenset(("values",)),
        Reference(
            following,
            following_majorant,
            draw_following,
            logs={"alpha": "log_alpha", "p": "log_p"},
            fixed=frozenset(),
        ),
    ),
    (
        frozenset(("mixture",)),
        Reference(
            prototype_mixture,
            prototype_mixture_majorant,
            draw_mixture,
            logs={"pi": "log_pi", **{f"r{x}": f"log_r{x}" for x in ("", "_star", "_new")}},
            fixed=frozenset(),
        ),
    ),
    (
        frozenset(("predictive",)),
        Reference(
            predictive,
            predictive_majorant,
            draw_predictive,
            logs={"q": "log_q"},
            fixed=frozenset(),
        ),
    ),
    (
        frozenset(("markov",)),
        Reference(hidden_markov, hidden_markov_majorant, draw_markov, logs={}, fixed=frozenset()),
    ),
    (
        frozenset(("counting",)),
        Reference(counting, counting_majorant, draw_counting, logs={}, fixed=frozenset()),
    ),
    (
        frozenset(("chain", "structured")),
        Reference(markov_chain, markov_chain_majorant, draw_chain, logs={}, fixed=frozenset()),
    ),
    (
        frozenset(("noise",)),
        Reference(
            noisy_filter,
            noisy_filter_majorant,
            draw_noisy,
            logs={"f": "log_f"},
            fixed=frozenset(),
        ),
    ),
    (frozenset(("tokens",)), TOKENS),
    (
        frozenset(("regression", "structured")),
        Reference(regression, regression_majorant, draw_regression, logs={}, fixed=frozenset()),
    ),
    (frozenset(("tokens", "structured")), TOKENS),
    (
        frozenset(("table", "structured")),
        Reference(token_table, token_table_majorant, draw_token_table, logs={}, fixed=frozenset()),
    ),
    (frozenset(("binary",)), BINARY),
    (frozenset(("binary", "full")), BINARY),
)
"""The hand-written references, each with the features by which its family of models is known."""


def reference_for(model: Model) -> Reference | None:
    """Return the reference of a model's family, None if nobody has written one."""
    known = frozenset(model.features)
    return next((reference for family, reference in REFERENCES if family == known), None)
