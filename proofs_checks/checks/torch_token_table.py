"""Next-token prediction with a table of scores, by hand in torch: what autograd trusts.

The masses are a softmax over all tokens, cut to those of the context.  `token_table_majorant` is
the same program with every sign positive (see `torch_majorant`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as functional

from proofs_checks.checks.torch_inputs import leaves
from proofs_checks.checks.torch_majorant import log_sum_majorant, softmax_majorant
from proofs_checks.checks.torch_positive import MAJORANT, PLAIN, Arithmetic, magnitudes

if TYPE_CHECKING:
    from proofs_checks.checks.torch_draws import Draw

__all__ = ["draw_token_table", "token_table", "token_table_majorant"]

Tensors = dict[str, torch.Tensor]
Features = Mapping[str, object]
INPUTS = ("n", "U", "Y", "W")


def token_table(
    inputs: Mapping[str, torch.Tensor], features: Features, *, through: frozenset[str] = frozenset()
) -> Tensors:
    """Return every named quantity, inputs included, with the graph between them.

    Raises `ValueError` for a missing input or one that is not float64.
    """
    given = leaves(inputs, INPUTS, "the table of scores")
    with torch.enable_grad():
        s = given["U"] @ given["W"].mT
        everywhere, log_sum = torch.softmax(s, dim=-1), torch.logsumexp(s, dim=-1)
        made = {"s": s, "everywhere": everywhere, "log_everywhere": functional.log_softmax(s, -1)}
        return given | made | _context(given, s, everywhere, log_sum, PLAIN)


def _context(
    given: Tensors,
    s: torch.Tensor,
    everywhere: torch.Tensor,
    log_sum: torch.Tensor,
    arithmetic: Arithmetic,
) -> Tensors:
    """Return what follows from a softmax over all tokens and the logarithm of its sum."""
    within = given["n"] * everywhere
    m, own = ((given["Y"] * x).sum(-1) for x in (given["n"], s))
    log_p = arithmetic.log(m) + own + arithmetic.minus(log_sum + arithmetic.log(within.sum(-1)))
    return {"alpha": arithmetic.normalised(within), "m": m, "L": arithmetic.minus(log_p.mean())}


def token_table_majorant(
    at: Mapping[str, torch.Tensor],
    features: Features,
    *,
    through: frozenset[str] = frozenset(),
) -> Tensors:
    """Return the majorant of every quantity that `token_table` gave as ``at``."""
    given = magnitudes(at, INPUTS)
    with torch.enable_grad():
        s = given["U"] @ given["W"].mT
        s = s - s.detach() + at["s"].detach().abs()
        everywhere, log_everywhere = softmax_majorant(
            at["everywhere"].detach(), at["log_everywhere"].detach(), s
        )
        log_sum = log_sum_majorant(at["everywhere"].detach(), at["s"].detach(), s)
        made = {"s": s, "everywhere": everywhere, "log_everywhere": log_everywhere}
        return given | made | _context(given, s, everywhere, log_sum, MAJORANT)


def draw_token_table(
    shapes: Mapping[str, tuple[int, ...]],
    features: Features,
    draw: Draw,
    generator: torch.Generator,
) -> Tensors:
    """Return normal scores and contexts that hold their label and up to two of every token.

    ``draw.scores`` bounds the difference of two scores, so that no mass underflows.
    """
    rows, tokens = shapes["n"]
    last, label = (torch.randint(tokens, (rows,), generator=generator) for _ in range(2))
    U, Y = (functional.one_hot(x, tokens).double() for x in (last, label))
    n = torch.maximum(torch.randint(3, (rows, tokens), generator=generator).double(), Y)
    W = torch.randn(shapes["W"], generator=generator, dtype=torch.float64)
    if draw.scores is not None:
        W *= draw.scores / (2 * (U @ W.mT).abs().max())
    return {"n": n, "U": U, "Y": Y, "W": W}
