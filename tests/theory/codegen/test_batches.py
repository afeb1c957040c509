"""Many problems at once: each loss and gradient is that of its own problem."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from theory.codegen import value_and_gradient
from theory.models.attention_head import attention_head
from theory.models.resolution import theory_of

VARIANTS = {
    "plain": {},
    "causal heads": {"mask": "causal", "heads": True},
    "everything": {
        "mask": "arbitrary",
        "bias": True,
        "temperature": True,
        "cross": True,
        "heads": True,
        "weights": True,
    },
}


@pytest.mark.parametrize("block", [None, 2])
@pytest.mark.parametrize("backend", ["numpy", "torch"])
@pytest.mark.parametrize("batch", [None, ["W_Q", "W_V"], ["y"]])
@pytest.mark.parametrize("variant", VARIANTS)
def test_every_problem_has_its_own_gradient(variant, batch, backend, block, draw, by_hand):
    features = VARIANTS[variant]
    model = attention_head("head", **features)
    wrt = [x for x in theory_of(model).adjoints if x not in {"L", "p", "M"}]
    draws = [draw(features, seed=seed) for seed in range(3)]
    shared = draws[0]
    batch = [x for x in shared if x != "M"] if batch is None else batch
    arrays = {x: np.stack([d[x] for d in draws]) if x in batch else a for x, a in shared.items()}
    f = value_and_gradient(model, wrt, backend, batch=batch, block=block)
    if backend == "torch":
        arrays = {x: torch.as_tensor(a, dtype=torch.float64) for x, a in arrays.items()}
    losses, gradient = f(**arrays)
    for n, own in enumerate(draws):
        problem = {x: own[x] if x in batch else a for x, a in shared.items()}
        loss, wanted = by_hand(problem, causal=features.get("mask") == "causal")
        assert abs(float(losses[n]) - loss) < 1e-12 * (1 + abs(loss))
        for x, values in gradient.items():
            assert values.shape == (3, *wanted[x].shape), x
            error = np.abs(np.asarray(values[n]) - wanted[x]).max()
            assert error < 1e-12 * (1 + np.abs(wanted[x]).max()), x


def test_the_axis_is_documented_and_checked(draw):
    f = value_and_gradient(attention_head(), ["W_Q"], batch=["W_Q", "y"])
    assert "W_Q  (batch, d_x, d_k)" in f.__doc__
    assert "L                (batch,)" in f.__doc__
    arrays = draw({})
    arrays["W_Q"] = np.stack([arrays["W_Q"]] * 3)
    with pytest.raises(ValueError, match=r"`y` must have shape \(batch, T, C\), 3 axes"):
        f(**arrays)
    arrays["y"] = np.stack([arrays["y"]] * 2)
    with pytest.raises(ValueError, match="axis 0 is batch = 3 because of `W_Q`"):
        f(**arrays)
    arrays["y"] = np.stack([*arrays["y"], 2 * arrays["y"][0]])
    with pytest.raises(ValueError, match="sum_c y_ic = 1"):
        f(**arrays)


def test_what_is_shared_is_computed_once():
    source = value_and_gradient(attention_head(), ["W_Q"], batch=["W_Q"]).source
    assert "k = X @ W_K" in source and "alpha = " in source
    assert "dL_dW_Q = X.T @ dL_dq" in source


@pytest.mark.parametrize(
    ("batch", "error", "text"),
    [
        (["W_q"], ValueError, "got 'W_q'. Did you mean `W_Q`?"),
        (["s"], ValueError, "`batch` names inputs of model `attention-head`; got 's'"),
        ("W_Q", TypeError, r"`batch` must be a list of names; got the string 'W_Q'. Use \['W_Q'\]"),
    ],
)
def test_wrong_batches(batch, error, text):
    with pytest.raises(error, match=text):
        value_and_gradient(attention_head(), ["W_Q"], batch=batch)
