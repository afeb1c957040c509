"""em-symmetric: against the mean of x tanh(x theta / sigma^2), and on two points."""

import numpy as np
import pytest

from numerics.flows import em_map, em_symmetric, em_symmetric_flow, settings_of, system_named

CLOUD = np.random.default_rng(0).normal(size=(9, 2))


@pytest.mark.parametrize(
    ("settings", "X"),
    [({}, [[1.0], [-1.0]]), ({"a": 1.7, "sigma2": 2.0}, [[1.7], [-1.7]]), ({"X": CLOUD}, CLOUD)],
)
def test_the_map_is_the_mean_of_x_tanh(settings, X):
    step, flow = em_symmetric(**settings), em_symmetric_flow(**settings)
    X, sigma2 = np.array(X), step.settings["sigma2"]
    for theta in step.starts(np.random.default_rng(3), 5):
        expected = (X * np.tanh(X @ theta / sigma2)[:, None]).mean(axis=0)
        np.testing.assert_allclose(step.velocity(theta), expected, rtol=0, atol=1e-14)
        np.testing.assert_allclose(flow.velocity(theta), expected - theta, rtol=0, atol=1e-14)


def test_two_points_and_one_variable_are_a_tanh():
    step = em_symmetric(a=2.0, sigma2=3.0)
    theta = np.linspace(-3, 3, 7)[:, None]
    np.testing.assert_allclose(step.velocity(theta), 2 * np.tanh(2 * theta / 3), atol=1e-14)
    slope = step.jacobian(np.zeros(1))
    np.testing.assert_allclose(slope, [[4 / 3]], rtol=1e-14)


def test_it_is_em_of_two_means_that_mirror_each_other():
    """Data symmetric about 0, equal weights: the full map keeps (theta, -theta)."""
    X = np.array([-2.0, -0.4, 0.4, 2.0])
    pair, whole = em_symmetric(X=X, sigma2=0.8), em_map(X=X, K=2, sigma2=0.8)
    for theta in (0.1, 1.3, -2.0):
        (image,) = pair.velocity(np.array([theta]))
        moved = whole.velocity(np.array([theta, -theta]))
        np.testing.assert_allclose(moved, [image, -image], atol=1e-14)


def test_far_starts_land_on_the_mean_of_absolute_values():
    step = em_symmetric(X=[-2.0, 1.0], sigma2=1.0)
    np.testing.assert_allclose(step.velocity(np.array([[1e6], [-1e6]])), [[1.5], [-1.5]])


def test_a_window_where_theta_has_two_coordinates():
    assert em_symmetric().window is None
    assert em_symmetric(d_x=2, sigma2=0.25).window == (-2, 2, -1, 1)


@pytest.mark.parametrize("name", ["em-symmetric", "em-symmetric-flow"])
def test_settings_make_the_same_system_again(name):
    system = system_named(name, a=1.5)
    again = system_named(name, **{k: system.settings[k] for k in settings_of(name)})
    np.testing.assert_array_equal(again.values, system.values)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"sigma2": 0.0}, r"`sigma2` \(variance of a prototype\) must be above 0; got 0\."),
        ({"a": 0}, r"`a` \(place of the two points\) must be above 0; got 0\."),
        ({"d_x": 0}, r"`d_x` \(dimensions\) must be a whole number of at least 1; got 0\."),
        ({"X": [[1.0, 2.0]], "d_x": 1}, r"`X` must have shape \(1, 1\) .*; got \(1, 2\)"),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        em_symmetric(**settings)
