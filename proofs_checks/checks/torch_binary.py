"""The binary head written by hand in torch, reduced and in full: what the autograd judge trusts.

Nothing here is generated from a model or read off a derivation.  The reduced head is written with
`sigmoid` and `softplus` of x, y and w.  The full one builds the 2 x 2 scores and two values of the
symmetric subspace, and goes through `softmax` and `cross_entropy` like any attention head with two
positions; every entry is a tensor of its own on the way, so that anything can be differentiated by
it.  All quantities are scalars.

`binary_head_majorant` is the same program with every sign positive (`torch_majorant` says what a
majorant is and why).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F

from proofs_checks.checks.torch_inputs import leaves
from proofs_checks.checks.torch_majorant import softmax_majorant
from proofs_checks.checks.torch_terms import Term, elementwise

if TYPE_CHECKING:
    from proofs_checks.checks.torch_draws import Draw

__all__ = ["binary_head", "binary_head_majorant", "draw_binary"]

Tensors = dict[str, torch.Tensor]
Features = Mapping[str, object]
INPUTS = ("x", "y", "w")
PLACES = ("11", "12", "21", "22")


def binary_head(
    inputs: Mapping[str, torch.Tensor], features: Features, *, through: frozenset[str] = frozenset()
) -> Tensors:
    """Return every named quantity, inputs included, with the graph between them.

    ``features["full"]`` asks for the head with all its scores and values.  Inputs that do not
    require a gradient are replaced by leaves that do; with a probability p_11, ... in ``through``
    the loss passes through the probabilities.

    Raises `ValueError` for a missing input or one that is not float64.
    """
    given = leaves(inputs, INPUTS, "the binary head")
    with torch.enable_grad():
        made = (_full if features.get("full") else _reduced)(given, through)
    return given | made


def _reduced(given: Tensors, through: frozenset[str]) -> Tensors:
    x, y, w = (given[name] for name in INPUTS)
    other = torch.sigmoid(-x)
    g = (1 - 2 * other) * y
    f = w * g
    L = F.softplus(-f)
    (u,) = torch.autograd.grad(L, g, create_graph=True)
    made = {"alpha_12": other, "alpha_11": 1 - other, "g": g, "f": f, "L": L, "u": u}
    return made | {"p": torch.sigmoid(f), "q": torch.sigmoid(-f)}


def _full(given: Tensors, through: frozenset[str]) -> Tensors:
    x, y, w = (given[name] for name in INPUTS)
    made = _named("s", (x / 2, -x / 2, -x / 2, x / 2), PLACES)
    made |= _named("v", (y * 1, -y), "12")
    made |= _named("alpha", F.softmax(_square(made, "s"), dim=-1).flatten().unbind(), PLACES)
    values = torch.stack((made["v_1"], made["v_2"]))
    made |= _named("g", (_square(made, "alpha") @ values).unbind(), "12")
    logits = torch.outer(torch.stack((made["g_1"], made["g_2"])), torch.stack((w, -w)) / 2)
    made |= _named("z", logits.flatten().unbind(), PLACES)
    logits = _square(made, "z")
    made |= _named("p", F.softmax(logits, dim=-1).flatten().unbind(), PLACES)
    if any(name.startswith("p_") for name in through):
        made["L"] = -(made["p_11"].log() + made["p_22"].log()) / 2
    else:
        made["L"] = F.cross_entropy(logits, torch.tensor([0, 1]))
    made["f"] = made["z_11"] - made["z_12"]
    return made | {"q": torch.sigmoid(-made["f"])}


def _named(name: str, entries: Sequence[torch.Tensor], places: Sequence[str]) -> Tensors:
    return {f"{name}_{place}": entry for place, entry in zip(places, entries, strict=True)}


def _square(at: Tensors | Mapping[str, torch.Tensor], name: str) -> torch.Tensor:
    return torch.stack([at[f"{name}_{place}"] for place in PLACES]).reshape(2, 2)


def binary_head_majorant(
    at: Mapping[str, torch.Tensor],
    features: Features,
    *,
    through: frozenset[str] = frozenset(),
) -> Tensors:
    """Return the majorant of every quantity that `binary_head` gave as ``at``."""
    given = {name: at[name].detach().abs().requires_grad_() for name in INPUTS}
    with torch.enable_grad():
        made = (_full_majorant if features.get("full") else _reduced_majorant)(at, given, through)
    return given | made


def _of(
    function: Callable[[torch.Tensor], torch.Tensor], at: torch.Tensor, x: torch.Tensor
) -> torch.Tensor:
    """Return the majorant of a smooth function at the value ``at`` with the majorant ``x``."""
    return elementwise(function, Term((), at.detach(), x)).magnitude


def _reduced_majorant(
    at: Mapping[str, torch.Tensor], given: Tensors, through: frozenset[str]
) -> Tensors:
    x, y, w = (given[name] for name in INPUTS)
    other = _of(lambda t: torch.sigmoid(-t), at["x"], x)
    g = (1 + 2 * other) * y
    f = w * g
    L = _of(lambda t: F.softplus(-t), at["f"], f)
    (u,) = torch.autograd.grad(L, g, create_graph=True)
    made = {"alpha_12": other, "alpha_11": 1 + other, "g": g, "f": f, "L": L, "u": u}
    p, q = (_of(lambda t, s=s: torch.sigmoid(s * t), at["f"], f) for s in (1, -1))
    return made | {"p": p, "q": q}


def _full_majorant(
    at: Mapping[str, torch.Tensor], given: Tensors, through: frozenset[str]
) -> Tensors:
    x, y, w = (given[name] for name in INPUTS)
    made = _named("s", [x / 2 for _ in PLACES], PLACES)
    made |= _named("v", (y * 1, y * 1), "12")

    def softmax(name: str, of: str) -> tuple[torch.Tensor, torch.Tensor]:
        log = F.log_softmax(_square(at, of).detach(), dim=-1)
        return softmax_majorant(_square(at, name).detach(), log, _square(made, of))

    made |= _named("alpha", softmax("alpha", "s")[0].flatten().unbind(), PLACES)
    values = torch.stack((made["v_1"], made["v_2"]))
    made |= _named("g", (_square(made, "alpha") @ values).unbind(), "12")
    logits = torch.outer(torch.stack((made["g_1"], made["g_2"])), torch.stack((w, w)) / 2)
    made |= _named("z", logits.flatten().unbind(), PLACES)
    weights, log_weights = softmax("p", "z")
    made |= _named("p", weights.flatten().unbind(), PLACES)
    if any(name.startswith("p_") for name in through):
        each = [_of(torch.log, at[name], made[name]) for name in ("p_11", "p_22")]
        made["L"] = (each[0] + each[1]) / 2
    else:
        made["L"] = (log_weights[0, 0] + log_weights[1, 1]) / 2
    made["f"] = made["z_11"] + made["z_12"]
    return made | {"q": _of(lambda t: torch.sigmoid(-t), at["f"], made["f"])}


def draw_binary(
    shapes: Mapping[str, tuple[int, ...]],
    features: Features,
    draw: Draw,
    generator: torch.Generator,
) -> Tensors:
    """Return normal inputs; ``draw.scores`` is the largest |s|, half of |x|."""
    x, y, w = torch.randn(3, generator=generator, dtype=torch.float64).unbind()
    if draw.scores is not None:
        x = 2 * draw.scores * x.sign()
    return {"x": x.clone(), "y": y.clone(), "w": w.clone()}
