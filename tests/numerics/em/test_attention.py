"""The M-step of attention (D8) and the slow manifold of its flow (D9)."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from numerics.em import SlowManifold, m_step, timescale_summary, timescales
from numerics.em.timescale_study import slope_interval
from numerics.flows import attention_flow, system_named

HEAD = attention_flow(T=3, n=2, d_v=2, C=2, decay=0.3, label_smoothing=0.1, eps_s=0.5, eps_v=5.0)


def _weights(rng, T, n):
    e = rng.normal(size=(T, n))
    return np.exp(e) / np.exp(e).sum(axis=1, keepdims=True)


@given(st.integers(0, 10_000))
def test_least_squares_is_never_worse_than_the_mean(seed):
    rng = np.random.default_rng(seed)
    alpha, t = _weights(rng, 5, 3), rng.normal(size=(5, 2))
    found = m_step(alpha, t)
    assert found.unique and found.gap > 0
    assert found.loss_values <= found.loss_means
    normal = np.linalg.solve(alpha.T @ alpha, alpha.T @ t)  # the formula of the law
    np.testing.assert_allclose(found.values, normal, rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(alpha.T @ (alpha @ found.values - t), 0, atol=1e-10)


@given(st.integers(0, 10_000))
def test_they_agree_where_attention_is_one_hot(seed):
    rng = np.random.default_rng(seed)
    members = np.concatenate([np.arange(3), rng.integers(0, 3, 4)])
    found = m_step(np.eye(3)[members], rng.normal(size=(7, 2)))
    assert found.gap < 1e-13


def test_the_gap_closes_as_attention_sharpens():
    rng = np.random.default_rng(0)
    t = rng.normal(size=(6, 2))
    e = 0.1 * rng.normal(size=(6, 3)) + np.eye(3)[[0, 1, 2, 0, 1, 2]]
    gaps = []
    for sharpness in (1, 4, 16, 64):
        alpha = np.exp(sharpness * (e - e.max(axis=1, keepdims=True)))
        gaps.append(m_step(alpha / alpha.sum(axis=1, keepdims=True), t).gap)
    assert gaps == sorted(gaps, reverse=True) and gaps[-1] < 1e-3 * gaps[0]


def test_more_keys_than_positions_have_no_unique_m_step():
    found = m_step(_weights(np.random.default_rng(0), 2, 3), np.ones((2, 1)))
    assert not found.unique and found.loss_values < 1e-25


@pytest.mark.parametrize(
    ("alpha", "targets", "message"),
    [
        ([0.5, 0.5], [[1.0]], r"`alpha` must have two axes .* got shape \(2,\)"),
        ([[0.5, 0.6]], [[1.0]], r"`alpha` must sum to 1 along axis 1"),
        ([[1.5, -0.5]], [[1.0]], r"`alpha` must hold probabilities"),
        ([[0.5, 0.5]], [[1.0], [2.0]], r"`targets` must have shape \(1, d_v\).* got \(2, 1\)"),
        ([[1.0, 0.0]], [[1.0]], r"no position attends to key 1"),
    ],
)
def test_weights_that_make_no_sense_are_refused(alpha, targets, message):
    with pytest.raises(ValueError, match=message):
        m_step(np.array(alpha), np.array(targets))


def test_values_on_the_slow_manifold_minimise_the_loss_that_torch_computes():
    manifold, x = SlowManifold(HEAD), HEAD.settings
    scores = np.random.default_rng(0).normal(size=(3, 6))
    labels = torch.tensor(0.9 * np.array(x["y"]) + 0.05)
    W_O = torch.tensor(x["W_O"], dtype=torch.float64)
    for s, v in zip(scores, manifold.values(scores), strict=True):
        values = torch.tensor(v.reshape(2, 2), requires_grad=True)
        alpha = torch.softmax(torch.tensor(s.reshape(3, 2)), 1)
        loss = -(labels * torch.log_softmax(alpha @ values @ W_O.T, 1)).sum()
        loss = loss + 0.15 * (values**2).sum()
        (gradient,) = torch.autograd.grad(loss, values)
        assert gradient.abs().max() < 1e-11


def test_the_way_to_the_slow_manifold_does_not_depend_on_the_guess():
    manifold = SlowManifold(HEAD)
    scores = 3 * np.random.default_rng(1).normal(size=(4, 6))
    far = 50 * np.random.default_rng(2).normal(size=(4, 4))
    np.testing.assert_allclose(manifold.values(scores, far), manifold.values(scores), atol=1e-10)


def test_the_reduced_flow_is_the_limit_of_the_flow():
    """At eps = 1e-3 the scores of the full flow follow those of the reduced one to O(eps)."""
    from numerics.integration import integrate

    times = np.linspace(0, 4, 5)
    start = SlowManifold(HEAD).points(np.random.default_rng(3).normal(size=(1, 6)))
    gaps = []
    for eps in (1e-2, 1e-3):
        system = system_named("attention-flow", **{**HEAD.settings, "eps_v": 0.5 / eps})
        full = integrate(system, start, times, engine="scipy-radau", rtol=1e-9, atol=1e-12)
        reduced = SlowManifold(system).reduced_flow(start[0, :6], times)
        gaps.append(np.abs(full["y"].values[0, :, :6] - reduced).max())
    assert gaps[1] < 2e-4 and 8 < gaps[0] / gaps[1] < 12


def test_the_distance_to_the_slow_manifold_is_proportional_to_eps():
    starts = HEAD.starts(np.random.default_rng(4), 1)
    found = timescales(HEAD, starts, slow_time=8.0)
    x = found.attrs
    assert x["slope_low"] <= 1.0 <= x["slope_high"]
    assert x["slope_high"] - x["slope_low"] < 0.01
    assert found["eps"].values.min() == pytest.approx(1e-4)
    ratio = found["distance"] / found["distance_theory"]
    np.testing.assert_allclose(ratio.isel(eps=-1), 1, atol=2e-3)
    assert "95 % interval" in dict(timescale_summary(found))["slope of the distance against eps"]


def test_the_interval_finds_a_slope_that_is_not_one():
    eps = np.geomspace(1e-1, 1e-4, 7)
    for slope in (0.5, 1.0, 2.0):
        middle, low, high = slope_interval(eps, slope * np.log(eps) + 0.3 + np.log1p(2 * eps))
        assert low <= slope <= high and high - low < 0.01 and abs(middle - slope) < 2e-3


@pytest.mark.parametrize(
    ("settings", "arguments", "message"),
    [
        ({}, {}, r"optimal values .* row 0 are not unique: .* Give a `decay` above 0\."),
        ({"decay": 0.01}, {}, r"at slow time 5 the fast transient is still felt .* at least 200"),
        ({"decay": 0.5}, {"eps": (0.1, 0.01)}, r"`eps` must be at least four ratios"),
        ({"decay": 0.5}, {"eps": (2.0, 0.1, 0.01, 1e-3)}, r"ratios between 0 and 1; got \[2\.0"),
    ],
)
def test_studies_that_make_no_sense_are_refused(settings, arguments, message):
    system = attention_flow(**settings)
    with pytest.raises(ValueError, match=message):
        timescales(system, system.starts(np.random.default_rng(0), 1), **arguments)


def test_a_distance_lost_in_the_error_of_the_integration_is_told(monkeypatch):
    monkeypatch.setattr("numerics.em.timescale_study.ERROR", 1e-5)
    system = attention_flow(T=1, d_v=1, decay=2.0)
    starts = system.starts(np.random.default_rng(0), 1)
    with pytest.raises(ValueError, match=r"has fallen to .* take a shorter `slow_time`"):
        timescales(system, starts, eps=(1e-1, 1e-2, 1e-3, 1e-4))


def test_hard_labels_without_decay_have_no_optimal_values():
    system = attention_flow(T=2, n=2, d_v=1, C=2)
    with pytest.raises(ValueError, match=r"no values are optimal for the scores in row 0"):
        SlowManifold(system).values(np.array([[3.0, -3.0, -3.0, 3.0]]))


def test_other_systems_have_no_slow_manifold():
    with pytest.raises(ValueError, match=r"one of `attention-flow`.* got `head-flow`"):
        SlowManifold(system_named("head-flow"))
    with pytest.raises(ValueError, match=r"`scores` must have 6 entries a row; got shape \(2,\)"):
        SlowManifold(HEAD).values(np.zeros(2))


def test_a_trajectory_that_fails_is_told():
    system = attention_flow(T=1, d_v=1, decay=2.0)
    start = np.array([[0.0, 0.0, 1e308, 1e308]])
    message = r"from start 0 at eps = 1\.0e-01 ended with `not finite`"
    with pytest.raises(ValueError, match=message):
        timescales(system, start, eps=(1e-1, 1e-2, 1e-3, 1e-4))


def test_a_reduced_flow_that_stops_is_told(monkeypatch):
    class Stopped:
        success, message = False, "the step is too small"

    monkeypatch.setattr("scipy.integrate.solve_ivp", lambda *_, **__: Stopped())
    with pytest.raises(ValueError, match=r"the reduced flow stopped: the step is too small"):
        SlowManifold(HEAD).reduced_flow(np.zeros(6), np.array([0.0, 1.0]))
