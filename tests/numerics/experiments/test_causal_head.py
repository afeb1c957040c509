"""The gradient of a causal head in blocks is that of torch's own functions."""

import math

import pytest
import torch

from numerics.experiments.causal_head import BLOCK, WEIGHTS, causal_value_and_gradient


def _problem(length, scale=1.0, seed=0):
    generator = torch.Generator().manual_seed(seed)
    shapes = {"W_Q": (6, 3), "W_K": (6, 3), "W_V": (6, 4), "W_O": (5, 4)}
    make = lambda *shape: torch.randn(*shape, generator=generator, dtype=torch.float64)  # noqa: E731
    weights = {n: scale * make(*s) for n, s in shapes.items()}
    labels = torch.randint(5, (length,), generator=generator)
    return make(length, 6), torch.nn.functional.one_hot(labels, 5).double(), weights


def _autograd(x, y, weights):
    leaves = {n: w.clone().requires_grad_() for n, w in weights.items()}
    q, k, v = (x @ leaves[n] for n in ("W_Q", "W_K", "W_V"))
    hidden = torch.ones(len(x), len(x), dtype=torch.bool).triu(1)
    scores = (q @ k.T / math.sqrt(q.shape[1])).masked_fill(hidden, -math.inf)
    logits = torch.softmax(scores, 1) @ v @ leaves["W_O"].T
    loss = -(y * torch.log_softmax(logits, 1)).sum()
    return loss, dict(zip(leaves, torch.autograd.grad(loss, list(leaves.values())), strict=True))


@pytest.mark.parametrize("length", [1, 20, BLOCK, 2 * BLOCK + 7])
@pytest.mark.parametrize("scale", [0.3, 5.0])
def test_gradient_is_that_of_autograd(length, scale):
    x, y, weights = _problem(length, scale)
    loss, gradient = causal_value_and_gradient(x, y, weights)
    wanted, theirs = _autograd(x, y, weights)
    assert torch.allclose(loss, wanted.detach(), rtol=1e-12, atol=1e-12)
    for name in WEIGHTS:
        assert torch.allclose(gradient[name], theirs[name], rtol=1e-9, atol=1e-11), name


def test_an_empty_chain_is_refused():
    x, y, weights = _problem(1)
    with pytest.raises(ValueError, match="at least one entry along every axis"):
        causal_value_and_gradient(x[:0], y[:0], weights)
