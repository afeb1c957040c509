"""Iteration of EM: where it ends, what the certificate says, how failures are told."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from numerics.em import iterate, one_hot_means, single_cluster, symmetric_pair
from numerics.flows import em_map, em_symmetric, mixture_flow, system_named

PAIR = em_symmetric(a=1.5, sigma2=1.0)
SAMPLE = em_map(N=12, K=3, d_x=1, sigma2=0.5)


def test_the_symmetric_pair_ends_in_the_closed_form():
    run = iterate(PAIR, np.array([[0.01], [3.0], [-0.5], [0.0]]))
    theta = symmetric_pair(1.5, 1.0)
    np.testing.assert_allclose(run.end[:, 0], [theta, theta, -theta, 0], atol=1e-11)
    assert run.converged.all()
    slope = 1.5**2 / math.cosh(1.5 * theta) ** 2  # the derivative of a tanh(a theta / sigma2)
    np.testing.assert_allclose(run.contraction[:3], slope, rtol=1e-9)
    np.testing.assert_allclose(run.measured[:3], slope, rtol=1e-5)
    np.testing.assert_allclose(run.contraction[3], 2.25, rtol=1e-14)  # the saddle at 0


@given(st.floats(0.1, 10), st.floats(0.05, 10))
def test_the_closed_form_is_a_fixed_point(a, sigma2):
    theta = symmetric_pair(a, sigma2)
    assert abs(a * math.tanh(a * theta / sigma2) - theta) <= 1e-14 * a
    assert (theta > 0) == (a * a > sigma2) or abs(a * a / sigma2 - 1) < 1e-15


@pytest.mark.parametrize("excess", [1e-4, 1e-8, 1e-12])
def test_just_above_the_pitchfork_no_digits_are_lost(excess):
    """With k = 1 + e, (k theta)^2 = 3 e (1 + e/5 + ...), from the series of u / tanh u."""
    sigma2 = 1 / (1 + excess)
    e = float(1 / Fraction(sigma2) - 1)
    expected = sigma2 * math.sqrt(3 * e * (1 + e / 5))
    np.testing.assert_allclose(symmetric_pair(1.0, sigma2), expected, rtol=e * e + 1e-15)


def test_one_cluster_is_done_after_one_step():
    system = em_map(N=9, K=1, d_x=2)
    run = iterate(system, np.array([50.0, -3.0]))
    np.testing.assert_allclose(run.end[0], single_cluster(system.settings["X"]), atol=1e-13)
    assert run.steps[0] == 2 and run.contraction[0] < 1e-12


def test_one_hot_responsibilities_give_the_means_of_the_groups():
    X = np.array([0.0, 0.2, 100.0, 100.4, -80.0])
    system = em_map(X=X, K=3, sigma2=0.01)
    run = iterate(system, np.array([1.0, 90.0, -70.0]))
    expected = one_hot_means(X[:, None], np.array([0, 0, 1, 1, 2]))
    np.testing.assert_allclose(run.end[0], expected[:, 0], atol=1e-12)


@pytest.mark.parametrize("acceleration", ["none", "aitken"])
def test_the_certificate_covers_the_true_error(acceleration):
    system = em_map(N=12, K=2, d_x=2, sigma2=3.0)
    starts = system.starts(np.random.default_rng(0), 6)
    rough = iterate(system, starts, tolerance=1e-5, acceleration=acceleration)
    fine = iterate(system, rough.end, tolerance=1e-15, max_steps=5000)
    error = np.abs(rough.end - fine.end).max(axis=1)
    stable = rough.contraction < 1
    assert stable.any() and (error > rough.residual)[stable].any()  # the residual alone is too low
    assert (error[stable] <= 1.05 * rough.error[stable]).all()
    assert (
        rough.error[stable] <= 1e3 * rough.residual[stable] / (1 - rough.contraction[stable])
    ).all()


def test_the_measured_rate_is_the_spectral_radius():
    run = iterate(SAMPLE, SAMPLE.starts(np.random.default_rng(1), 5), tolerance=1e-13)
    assert run.converged.all()
    np.testing.assert_allclose(run.measured, run.contraction, atol=2e-4)


def test_extrapolation_saves_steps_near_the_pitchfork():
    system = em_symmetric(a=1.0, sigma2=0.98)
    plain, fast = (iterate(system, [1.0], acceleration=x) for x in ("none", "aitken"))
    np.testing.assert_allclose(fast.end, plain.end, atol=1e-10)
    assert fast.steps[0] < plain.steps[0] / 5
    assert np.isnan(fast.measured[0]) and np.isfinite(plain.measured[0])


def test_an_extrapolation_that_makes_it_worse_is_taken_back():
    """Starts on both sides of the saddle at 0: plain and accelerated runs agree on all of them."""
    starts = np.concatenate([np.linspace(-4, 4, 41), [1e-6, -1e-6, 1e3]])[:, None]
    plain, fast = (iterate(PAIR, starts, acceleration=x) for x in ("none", "aitken"))
    np.testing.assert_allclose(fast.end, plain.end, atol=1e-10)


def test_iterates_are_kept_on_request():
    run = iterate(PAIR, np.array([[3.0], [0.0]]), keep_path=True)
    assert run.path is not None
    np.testing.assert_allclose(run.path[0, 1], PAIR.velocity(run.path[0, 0]))
    assert np.isnan(run.path[1, -1]).all()  # the start at rest had ended
    assert iterate(PAIR, [3.0]).path is None


def test_parameters_of_each_start():
    wide = em_symmetric(a=1.5, sigma2=2.0)
    both = iterate(PAIR, [[1.0], [1.0]], values=np.stack([PAIR.values, wide.values]))
    expected = [symmetric_pair(1.5, 1.0), symmetric_pair(1.5, 2.0)]
    np.testing.assert_allclose(both.end[:, 0], expected, atol=1e-10)


def test_a_start_far_away_and_a_state_that_overflows():
    """1e200 squared is no number: that start ends, with its reason; the others go on."""
    run = iterate(SAMPLE, np.array([[1e200, 0, 1], [1e4, -1e4, 0], [0, 1, 2]]))
    assert run.status == ("not finite", "fixed point", "fixed point")
    assert "after 1 steps the image has v_11 = nan" in run.message[0]


def test_a_variance_that_collapses_is_told():
    system = em_map(X=[0.0, 1.0], K=2, moves="means,variance", sigma2=1e-3)
    run = iterate(system, np.array([0.0, 1.0, np.log(1e-3)]))
    assert run.status == ("not finite",)
    assert "tau = -inf" in run.message[0]


def test_steps_that_run_out_are_told():
    run = iterate(em_symmetric(a=1.0, sigma2=1.0), [1.0], max_steps=50)
    assert run.status == ("steps used up",)
    assert "after 50 steps the residual is" in run.message[0] and '"aitken"' in run.message[0]
    assert run.error[0] > run.residual[0]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"starts": np.zeros(3)}, r"must have shape \(batch, 1\); got \(3,\)"),
        ({"starts": np.zeros((0, 1))}, r"must have shape \(batch, 1\); got \(0, 1\)"),
        ({"starts": [[0.0], [np.nan]]}, r"`starts` must be finite; row 1 is \[nan\]"),
        ({"tolerance": 0.0}, r"`tolerance` must be above 0; got 0"),
        ({"max_steps": 0}, r"`max_steps` must be at least 1; got 0"),
        ({"acceleration": "anderson"}, r"`acceleration` is \"none\" or \"aitken\"; got 'anderson'"),
        ({"values": np.zeros((1, 2))}, r"`values` must have shape \(1, 7\) .* got \(1, 2\)"),
    ],
)
def test_calls_that_make_no_sense_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        iterate(PAIR, **{"starts": [1.0], **arguments})


def test_a_flow_is_not_iterated():
    with pytest.raises(ValueError, match=r"`binary-head` is a flow, and only maps are iterated"):
        iterate(system_named("binary-head"), [0.0, 1.0])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: symmetric_pair(0, 1), r"`a` must be a finite number above 0; got 0\."),
        (lambda: symmetric_pair(1, -1), r"`sigma2` must be a finite number above 0; got -1\."),
        (lambda: one_hot_means([[1.0]], [0, 1]), r"for each of 1 points; got shape \(2,\)"),
        (lambda: one_hot_means([[1.0], [2.0]], [0, 2]), r"cluster 1 has no point"),
    ],
)
def test_closed_forms_refuse_what_makes_no_sense(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_em_is_preconditioned_gradient_descent():
    """Law D4, between two generated programs: v* - v = -(sigma^2/n_j) dF/dv_j."""
    settings = {"N": 9, "K": 3, "d_x": 2, "sigma2": 0.7}
    step, gradient = em_map(**settings), mixture_flow(**settings)
    X = np.array(step.settings["X"])
    for y in step.starts(np.random.default_rng(2), 20):
        squares = ((X[:, None] - y.reshape(3, 2)[None]) ** 2).sum(-1)
        r = np.exp(-squares / (2 * 0.7))
        shares = (r / r.sum(axis=1, keepdims=True)).sum(axis=0)
        moved = gradient.velocity(y).reshape(3, 2) * (0.7 / shares[:, None])
        np.testing.assert_allclose(
            step.velocity(y) - y,
            moved.ravel(),
            rtol=0,
            atol=1e-13 * (1 + np.abs(y).max()) / shares.min(),
        )


def test_the_rates_of_em_and_of_its_flows_belong_together():
    """Continuous EM relaxes with 1 - rho; the derivative at the fixed point is symmetric in n_j."""
    flow = system_named("em-flow", N=12, K=3, d_x=1, sigma2=0.5)
    end = iterate(SAMPLE, SAMPLE.starts(np.random.default_rng(1), 1)).end[0]
    eigenvalues = np.linalg.eigvals(SAMPLE.jacobian(end))
    assert np.abs(eigenvalues.imag).max() < 1e-12 and eigenvalues.real.min() > -1e-12
    np.testing.assert_allclose(
        np.sort(np.linalg.eigvals(flow.jacobian(end)).real),
        np.sort(eigenvalues.real) - 1,
        atol=1e-12,
    )
