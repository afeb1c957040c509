"""Magnitudes of the attention head: the same program with every sign positive.

How large a difference of two float64 numbers is "rounding" depends on what was added up to get
them: a saturated softmax makes dL/ds a difference of nearly equal terms, exact to 1e-16 of the
terms but not of the result.  So each quantity x of `torch_reference` has a *majorant* x', which
bounds it and all its derivatives by the quantities t that it is made of:

    |x| <= x'    and    |d^n x / dt^n| <= d^n x' / dt'^n.

Gradients of majorants are then the sums of absolute values of all terms of the chain rule, before
cancellation.  Sums, products and compositions of majorants are majorants; with delta = s' - s'(at
the point), whose value is 0 and whose derivatives are those of s',

    softmax_j      <<  alpha_j e^{delta_j} / (1 - h),      h = sum_k alpha_k (e^{delta_k} - 1)
    log softmax_j  <<  |log alpha_j| + delta_j - log(1 - h)       (*)
    log-sum-exp    <<  |value| - log(1 - h)                       (*)
    1 / tau        <<  1 / (tau - delta_tau)
    log tau        <<  |log tau| - log(1 - delta_tau / tau)

(Cauchy's method of majorants.)  At the point itself q, k, v, s, g, z have the magnitude |value|
("centred"): both sides of an equation take them from the same reference, so what rounding did to
them on the way is no difference.  (*) The derivative of log-softmax is computed as
exp(log alpha), which loses |log alpha| times more than alpha itself, so there h has the weights
alpha (1 + |log alpha|), and with log-sum-exp alpha (1 + |s|).  TINY stands for what underflow may
have lost.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch

__all__ = [
    "TINY",
    "attention_head_majorant",
    "inverse_majorant",
    "log_majorant",
    "log_sum_majorant",
    "softmax_majorant",
]

TINY = torch.finfo(torch.float64).tiny
"""The smallest normal number: a result that underflows is off by eps times this."""


def attention_head_majorant(
    at: Mapping[str, torch.Tensor],
    features: Mapping[str, object],
    *,
    through: frozenset[str] = frozenset(),
) -> dict[str, torch.Tensor]:
    """Return the majorant of every quantity that `torch_reference.attention_head` gave as ``at``.

    Same names, shapes and ``through``; all entries are >= 0.  Inputs are leaves of their own.
    """
    inputs = ("X", "X_K", "W_Q", "W_K", "W_V", "W_O", "y", "M", "B", "w", "tau")
    given = {x: at[x].detach().abs().requires_grad_() for x in inputs if x in at}

    def centred(name: str, x: torch.Tensor) -> torch.Tensor:
        return x - x.detach() + at[name].detach().abs()

    with torch.enable_grad():
        X, keys = given["X"], given["X_K" if features.get("cross") else "X"]
        q, k, v = centred("q", X @ given["W_Q"]), keys @ given["W_K"], keys @ given["W_V"]
        k, v = centred("k", k), centred("v", v)
        s = q @ k.mT / math.sqrt(q.shape[-1])
        if features.get("temperature"):
            tau = given["tau"]
            s = s / (2 * tau.detach() - tau)
        if features.get("bias"):
            s = s + given["B"]
        s = centred("s", s)
        alpha, log_alpha = softmax_majorant(at["alpha"].detach(), at["log_alpha"].detach(), s)
        g = centred("g", alpha @ v)
        z = g @ given["W_O"].mT
        z = centred("z", z.sum(0) if features.get("heads") else z)
        p, log_p = softmax_majorant(at["p"].detach(), at["log_p"].detach(), z)
        if "p" in through:
            relative = (p - p.detach()) / at["p"].detach()
            log_p = at["log_p"].detach().abs() - torch.log1p(-relative)
        each = (given["y"] * log_p).sum(-1)
        L = (given["w"] * each if features.get("weights") else each).sum()
        (u,) = torch.autograd.grad(L, g, create_graph=True)
        b = u @ v.mT
        A = b + (alpha * b).sum(-1, keepdim=True)
    made = {"q": q, "k": k, "v": v, "s": s, "alpha": alpha, "log_alpha": log_alpha, "g": g}
    made |= {"z": z, "p": p, "log_p": log_p, "L": L, "u": u, "b": b, "A": A, "D": alpha * A}
    return given | made


def softmax_majorant(
    weight: torch.Tensor, log_weight: torch.Tensor, score: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the majorants of softmax and log-softmax, whose values at the point are given."""
    delta = score - score.detach()
    grown = torch.expm1(delta)
    h = (weight * grown).sum(-1, keepdim=True)
    size = torch.where(weight == 0, 0.0, log_weight.abs())
    log_h = (weight * (1 + size) * grown).sum(-1, keepdim=True)
    return (weight + TINY) * torch.exp(delta) / (1 - h), log_weight.abs() + delta - torch.log1p(
        -log_h
    )


def log_sum_majorant(weight: torch.Tensor, at: torch.Tensor, score: torch.Tensor) -> torch.Tensor:
    """Return the majorant of log sum exp of scores with these values and softmax weights."""
    grown = weight * (1 + at.abs()) * torch.expm1(score - score.detach())
    return torch.logsumexp(at, dim=-1).abs() - torch.log1p(-grown.sum(-1))


def log_majorant(at: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    """Return the majorant of the logarithm of a positive quantity with these values."""
    return at.log().abs() - torch.log1p(-(x - x.detach()) / at)


def inverse_majorant(at: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    """Return the majorant of the inverse of a positive quantity with these values."""
    return 1 / (at - (x - x.detach()))
