"""Hand-written counterparts of generated code, and the option that rewrites golden files.

    pytest tests/theory/codegen --update-golden

The forward pass is written with torch.nn.functional and differentiated by autograd; expressions are
evaluated entry by entry in plain Python.  Neither knows anything of the generator.
"""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest
import sympy as sp
import torch
import torch.nn.functional as F

from theory.algebra.expressions import bound_of
from theory.algebra.symbols import Index, Size


def pytest_addoption(parser):
    parser.addoption(
        "--update-golden",
        action="store_true",
        default=False,
        help="rewrite the golden files of generated code instead of comparing with them",
    )


def draw_arrays(
    features, *, T=5, n=4, d_x=3, d_k=2, d_v=4, C=3, H=2, seed=0, scale=1.0, hard=False
):
    """Return inputs for the attention head with these features; ``hard``: one-hot labels."""
    draw = np.random.default_rng(seed)
    front = (H,) if features.get("heads") else ()
    n = n if features.get("cross") else T
    labels = np.eye(C)[draw.integers(0, C, T)] if hard else draw.dirichlet(np.ones(C), T)
    arrays: dict[str, Any] = {
        "X": draw.normal(size=(T, d_x)),
        "W_Q": scale * draw.normal(size=(*front, d_x, d_k)),
        "W_K": draw.normal(size=(*front, d_x, d_k)),
        "W_V": draw.normal(size=(*front, d_x, d_v)),
        "W_O": draw.normal(size=(*front, C, d_v)),
        "y": labels,
    }
    if features.get("cross"):
        arrays["X_K"] = draw.normal(size=(n, d_x))
    if features.get("mask") == "arbitrary":
        mask = (draw.random((T, n)) < 0.5).astype(float)
        mask[np.arange(T), draw.integers(0, n, T)] = 1.0
        arrays["M"] = mask
    if features.get("bias"):
        arrays["B"] = draw.normal(size=(T, n))
    if features.get("temperature"):
        arrays["tau"] = 1.7
    if features.get("weights"):
        arrays["w"] = draw.normal(size=T)
    return arrays


def attention_loss(given, causal=False, keep=lambda name, value: value):
    """Return the loss through torch.nn.functional; ``keep`` sees every quantity on the way."""
    X, keys = given["X"], given.get("X_K", given["X"])
    q = keep("q", X @ given["W_Q"])
    k = keep("k", keys @ given["W_K"])
    v = keep("v", keys @ given["W_V"])
    scores = torch.einsum("...ir,...jr->...ij", q, k) / math.sqrt(q.shape[-1])
    if "tau" in given:
        scores = scores / given["tau"]
    if "B" in given:
        scores = scores + given["B"]
    s = keep("s", scores)
    if causal:
        s = s.masked_fill(torch.ones(s.shape[-2:]).triu(1) > 0, -math.inf)
    if "M" in given:
        s = s.masked_fill(given["M"] == 0, -math.inf)
    alpha = keep("alpha", F.softmax(s, dim=-1))
    g = keep("g", alpha @ v)
    logits = torch.einsum("...ia,...ca->...ic", g, given["W_O"])
    z = keep("z", logits.sum(dim=0) if logits.dim() == 3 else logits)
    surprise = -(given["y"] * F.log_softmax(z, dim=-1)).sum(dim=1)
    return (surprise * given["w"]).sum() if "w" in given else surprise.sum()


def attention_by_hand(arrays, causal=False):
    """Return the loss and every gradient, by autograd through torch.nn.functional."""
    given = {
        x: torch.tensor(a, dtype=torch.float64, requires_grad=x != "M") for x, a in arrays.items()
    }
    seen = dict(given)

    def keep(name, value):
        value.retain_grad()
        seen[name] = value
        return value

    loss = attention_loss(given, causal, keep)
    loss.backward()
    return float(loss.detach()), {x: t.grad.numpy() for x, t in seen.items() if t.grad is not None}


def evaluate_by_loops(expression, indices, arrays, sizes):
    """Return the array of an index expression, every entry computed by plain Python loops."""
    result = np.empty([sizes[k.size.name] for k in indices])
    for place in itertools.product(*(range(n) for n in result.shape)):
        result[place] = _entry(expression, dict(zip(indices, place, strict=True)), arrays, sizes)
    return result


def _entry(e, at, arrays, sizes):
    def inner(x):
        return _entry(x, at, arrays, sizes)

    if isinstance(e, sp.Indexed):
        place = tuple(at[k] if isinstance(k, Index) else int(k) - 1 for k in e.indices)
        return float(arrays[str(e.base.label)][place])
    if isinstance(e, Size):
        return float(sizes[e.name])
    if isinstance(e, sp.Symbol):
        return float(arrays[e.name])
    if isinstance(e, sp.Number | sp.NumberSymbol):
        return float(e)
    if isinstance(e, sp.Add):
        return math.fsum(map(inner, e.args))
    if isinstance(e, sp.Mul):
        return math.prod(map(inner, e.args))
    if isinstance(e, sp.Pow):
        return inner(e.base) ** inner(e.exp)
    if isinstance(e, sp.KroneckerDelta):
        first, second = (at[k] if isinstance(k, Index) else int(k) - 1 for k in e.args[:2])
        return float(first == second)
    if isinstance(e, sp.Sum):
        bound = bound_of(e)
        ranges = (range(sizes[k.size.name]) for k in bound)
        return math.fsum(
            _entry(e.function, {**at, **dict(zip(bound, places, strict=True))}, arrays, sizes)
            for places in itertools.product(*ranges)
        )
    functions = {"exp": math.exp, "log": math.log, "tanh": math.tanh, "Abs": abs}
    return functions[type(e).__name__](inner(e.args[0]))


@pytest.fixture(scope="session")
def draw():
    return draw_arrays


@pytest.fixture(scope="session")
def by_hand():
    return attention_by_hand


@pytest.fixture(scope="session")
def by_loops():
    return evaluate_by_loops


@pytest.fixture(scope="session")
def loss_by_hand():
    return attention_loss
