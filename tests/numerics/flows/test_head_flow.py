"""head-flow: its field against torch, its conserved balance, its errors."""

import numpy as np
import pytest
import torch

from numerics.flows import head_flow, settings_of, system_named
from tests.numerics.flows.oracles import cross_entropy, descent, split

SETTINGS = [
    {},
    {"T": 4, "d_x": 3, "d_k": 1, "d_v": 2, "C": 3, "eps_Q": 0.5, "eps_O": 2.0, "seed": 7},
    {"T": 2, "d_x": 1, "d_k": 2, "d_v": 1, "C": 2, "label_smoothing": 0.3},
]


def _oracle(system, y):
    x = system.settings
    d_x, d_k, d_v, C = (x[k] for k in ("d_x", "d_k", "d_v", "C"))
    labels = (1 - x["label_smoothing"]) * np.array(x["y"]) + x["label_smoothing"] / C
    X = torch.tensor(x["X"], dtype=torch.float64)

    def loss(W_Q, W_K, W_V, W_O):
        scores = (X @ W_Q) @ (X @ W_K).T / d_k**0.5
        return cross_entropy(torch.softmax(scores, 1) @ (X @ W_V) @ W_O.T, labels)

    parts = split(y, (d_x, d_k), (d_x, d_k), (d_x, d_v), (C, d_v))
    return descent(loss, parts, [x[f"eps_{letter}"] for letter in "QKVO"])


@pytest.mark.parametrize("settings", SETTINGS)
def test_the_field_is_the_descent_of_the_loss_that_torch_computes(settings):
    system = head_flow(**settings)
    for y in system.starts(np.random.default_rng(3), 3):
        np.testing.assert_allclose(system.velocity(y), _oracle(system, y), rtol=0, atol=5e-14)


def test_the_jacobian_is_the_derivative_of_the_field():
    system = head_flow()
    y = system.starts(np.random.default_rng(5), 1)[0]
    steps = 1e-6 * np.eye(system.dimension)
    columns = (system.velocity(y + steps) - system.velocity(y - steps)) / 2e-6
    np.testing.assert_allclose(system.jacobian(y), columns.T, rtol=0, atol=2e-8)


@pytest.mark.parametrize("settings", SETTINGS)
def test_the_balance_of_weights_has_no_velocity(settings):
    system = head_flow(**settings)
    y = system.starts(np.random.default_rng(8), 1)[0]
    v = system.velocity(y)
    for q in system.quantities[:2]:
        assert q.kind == "conserved"
        slope = (system.quantity(q, y + 1e-4 * v) - system.quantity(q, y - 1e-4 * v)) / 2e-4
        np.testing.assert_allclose(slope, 0, atol=1e-9)  # quadratic: the difference is exact


def test_the_balance_is_the_one_of_the_paper():
    system = head_flow(eps_Q=0.5, eps_K=2.0)
    W_Q, W_K, _, _ = split(y := np.arange(16.0), (2, 2), (2, 2), (2, 2), (2, 2))
    expected = W_Q.T @ W_Q / 0.5 - W_K.T @ W_K / 2.0
    np.testing.assert_allclose(system.quantity(system.quantities[0], y), expected.ravel())


def test_defaults_are_reported_and_make_the_same_system_again():
    system = system_named("head-flow", T=2)
    assert {*system.settings} == {*settings_of("head-flow")}
    again = system_named("head-flow", **system.settings)
    np.testing.assert_array_equal(again.values, system.values)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"eps_K": 0}, r"`eps_K` \(rate of W_K\) must be above 0; got 0\."),
        ({"d_k": 0}, r"`d_k` \(key dimension\) must be a whole number of at least 1; got 0\."),
        ({"X": [[1.0, 2.0]]}, r"`X` must have shape \(3, 2\) .* got \(1, 2\)"),
        ({"y": [[1, 1]] * 3}, r"`y` must sum to 1 along axis 1"),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        head_flow(**settings)
