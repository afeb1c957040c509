"""The gradient of a causal head in blocks is that of torch's own functions."""

import math

import pytest
import torch

from numerics.experiments.causal_autograd import autograd_value_and_gradient, milliseconds
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


@pytest.mark.parametrize("row", [2, 17])
@pytest.mark.parametrize(
    ("name", "message"), [("x", "`X` must be finite"), ("y", "sum_c y_ic = 1"), ("W_K", "`W_K`")]
)
def test_a_bad_entry_is_found_wherever_it_stands(name, row, message):
    x, y, weights = _problem(20)
    if name == "W_K":
        weights["W_K"][row % 6, 0] = math.inf
    else:
        {"x": x, "y": y}[name][row, 1] = math.nan if name == "x" else 3.0
    with pytest.raises(ValueError, match=message):
        causal_value_and_gradient(x, y, weights)


@pytest.mark.parametrize("fused", [False, True])
def test_the_rivals_compute_the_same(fused):
    x, y, weights = _problem(20, 1.5)
    loss, gradient = autograd_value_and_gradient(x, y, weights, fused=fused)
    wanted, theirs = _autograd(x, y, weights)
    assert torch.allclose(loss, wanted.detach(), rtol=1e-12)
    for name in WEIGHTS:
        assert torch.allclose(gradient[name], theirs[name], rtol=1e-9, atol=1e-11), name


def test_all_three_ways_are_timed():
    spent = milliseconds(*_problem(8), repeats=3)
    assert set(spent) == {"generated", "eager", "fused"}
    assert all(ms > 0 for ms in spent.values())
