"""One attention layer that predicts the next token, by hand in torch: what autograd trusts.

Scores are products of context, weights and last token, attention weights come from `softmax`; with
tied embeddings the logit of the label is an inner product with the output of the layer.
`next_token_majorant` is the same program with every sign positive (see `torch_majorant`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as functional

from proofs_checks.checks.torch_inputs import leaves
from proofs_checks.checks.torch_majorant import inverse_majorant, log_majorant, softmax_majorant
from proofs_checks.checks.torch_positive import magnitudes

if TYPE_CHECKING:
    from proofs_checks.checks.torch_draws import Draw

__all__ = ["draw_tokens", "next_token", "next_token_majorant"]

Tensors = dict[str, torch.Tensor]
Features = Mapping[str, object]
INPUTS = {
    "any": ("X", "q", "W", "m"),
    "labelled": ("m", "y", "o", "q", "W"),
    "tied": ("Z", "U", "Y", "C", "W"),
}


def next_token(
    inputs: Mapping[str, torch.Tensor], features: Features, *, through: frozenset[str] = frozenset()
) -> Tensors:
    """Return every named quantity, inputs included, with the graph between them.

    ``features["tokens"]`` is "any", "labelled" or "tied".

    Raises `ValueError` for a missing input or one that is not float64.
    """
    kind = str(features["tokens"])
    given = leaves(inputs, INPUTS[kind], "the next-token layer")
    with torch.enable_grad():
        made = _embedded(given, kind, minus=-1)
        at = given | made
        made["s"] = _scores(at)
        made["alpha"] = torch.softmax(made["s"], dim=-1)
        made["log_alpha"] = functional.log_softmax(made["s"], dim=-1)
        made |= _mass(at | made, kind)
        made["L"] = -made["p"].log().mean()
        made["r"] = made["alpha"] * (at | made)["m"] / made["p"][:, None]
    return given | made


def _embedded(given: Tensors, kind: str, minus: int) -> Tensors:
    """Return context and last token, where they are not given; ``minus`` is the sign of -1."""
    if kind == "labelled":
        m = given["m"][..., None]
        return {"X": m * given["y"][:, None] + (1 + minus * m) * given["o"]}
    if kind == "tied":
        C = given["C"].mT
        m = (given["Z"] @ given["Y"][..., None]).squeeze(-1)
        return {"X": given["Z"] @ C, "q": given["U"] @ C, "y": given["Y"] @ C, "m": m}
    return {}


def _scores(at: Tensors) -> torch.Tensor:
    return (at["X"] @ at["W"] @ at["q"][..., None]).squeeze(-1)


def _mass(at: Tensors, kind: str) -> Tensors:
    """Return the mass on the label, with tied embeddings by way of the layer's output."""
    if kind != "tied":
        return {"p": (at["alpha"] * at["m"]).sum(-1)}
    f = (at["alpha"][:, None] @ at["X"]).squeeze(1)
    return {"f": f, "p": (at["y"] * f).sum(-1)}


def next_token_majorant(
    at: Mapping[str, torch.Tensor],
    features: Features,
    *,
    through: frozenset[str] = frozenset(),
) -> Tensors:
    """Return the majorant of every quantity that `next_token` gave as ``at``."""
    kind = str(features["tokens"])
    given = magnitudes(at, INPUTS[kind])
    with torch.enable_grad():
        made = _embedded(given, kind, minus=1)
        s = _scores(given | made)
        s = s - s.detach() + at["s"].detach().abs()
        alpha, log_alpha = softmax_majorant(at["alpha"].detach(), at["log_alpha"].detach(), s)
        made |= {"s": s, "alpha": alpha, "log_alpha": log_alpha}
        made |= _mass(given | made, kind)
        p = at["p"].detach()
        made["L"] = log_majorant(p, made["p"]).mean()
        made["r"] = alpha * (given | made)["m"] * inverse_majorant(p, made["p"])[:, None]
    return given | made


def draw_tokens(
    shapes: Mapping[str, tuple[int, ...]],
    features: Features,
    draw: Draw,
    generator: torch.Generator,
) -> Tensors:
    """Return normal inputs, or tokens with orthonormal embeddings, each label in its context.

    ``draw.scores`` bounds the difference of two scores, so that no mass underflows.  With tied
    embeddings it is at most 20: the mass is an inner product, and one below eps would be rounding.
    """
    kind = str(features["tokens"])
    inputs = {
        name: torch.randn(shapes[name], generator=generator, dtype=torch.float64)
        for name in INPUTS[kind]
    }
    rows, length = shapes["alpha"]
    label = torch.randint(length, (rows,), generator=generator)
    if kind == "any":
        inputs["m"] = torch.rand(shapes["m"], generator=generator, dtype=torch.float64)
    elif kind == "labelled":
        held = torch.randint(2, shapes["m"], generator=generator).double()
        inputs["m"] = torch.maximum(held, functional.one_hot(label, length).double())
    else:
        for name in "ZU":
            best = inputs[name].argmax(-1)
            inputs[name] = functional.one_hot(best, shapes[name][-1]).double()
        inputs["Y"] = inputs["Z"][torch.arange(rows), label]
        inputs["C"] = torch.linalg.qr(inputs["C"])[0]
    if draw.scores is not None:
        now = next_token(inputs, features)["s"].detach().abs().max()
        largest = min(draw.scores, 20.0) if kind == "tied" else draw.scores
        inputs["W"] *= largest / (2 * now)
    return inputs
