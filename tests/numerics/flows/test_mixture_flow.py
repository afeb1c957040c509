"""mixture-flow: its field against torch, its symmetries, its defaults, its errors."""

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from numerics.flows import em_map, mixture_flow, settings_of, system_named
from numerics.flows.mixture_settings import bimodal_sample
from tests.numerics.flows.oracles import descent, mixture_loss, split

SETTINGS = [
    {},
    {"N": 7, "K": 3, "d_x": 2, "moves": "means,weights", "eps_a": 0.3},
    {"N": 6, "K": 2, "d_x": 1, "moves": "means,weights,variance", "eps_tau": 0.1, "seed": 3},
    {"N": 5, "K": 2, "d_x": 2, "moves": "means, variance", "pi": [0.3, 0.7], "eps_v": 4.0},
    {"X": [-1.0, 0.5, 2.0], "K": 3, "sigma2": 0.2, "pi": [0.2, 0.3, 0.5]},
]


def _parts(system, y):
    x = system.settings
    shapes = [(x["K"], x["d_x"])]
    shapes += [(x["K"],)] if "weights" in x["moves"] else []
    shapes += [()] if "variance" in x["moves"] else []
    return split(y, *shapes)


def _oracle(system, y):
    x = system.settings
    weights, variance = (torch.tensor(x[k], dtype=torch.float64) for k in ("pi", "sigma2"))
    moves = x["moves"].split(",")

    def loss(means, *rest):
        rest = list(rest)
        pi = torch.softmax(rest.pop(0), 0) if "weights" in moves else weights
        sigma2 = torch.exp(rest.pop(0)) if "variance" in moves else variance
        return mixture_loss(x["X"], means, pi, sigma2)

    rates = [x[f"eps_{ {'means': 'v', 'weights': 'a', 'variance': 'tau'}[m] }"] for m in moves]
    return descent(loss, _parts(system, y), rates)


@pytest.mark.parametrize("settings", SETTINGS)
def test_the_field_is_the_descent_of_the_loss_that_torch_computes(settings):
    system = mixture_flow(**settings)
    for y in system.starts(np.random.default_rng(3), 3):
        expected = _oracle(system, y)
        scale = max(1.0, np.abs(expected).max())
        np.testing.assert_allclose(system.velocity(y), expected, rtol=0, atol=1e-13 * scale)


@pytest.mark.parametrize("settings", SETTINGS[1:])
def test_the_jacobian_is_the_derivative_of_the_field(settings):
    system = mixture_flow(**settings)
    y = system.starts(np.random.default_rng(5), 1)[0]
    steps = 1e-6 * np.eye(system.dimension)
    columns = (system.velocity(y + steps) - system.velocity(y - steps)) / 2e-6
    scale = max(1.0, np.abs(columns).max())
    np.testing.assert_allclose(system.jacobian(y), columns.T, rtol=0, atol=1e-7 * scale)


RELABELLED = [mixture_flow(**settings) for settings in SETTINGS[1:3]]


@given(st.integers(0, 10_000), st.sampled_from(RELABELLED))
def test_relabelling_the_clusters_relabels_the_field(seed, system):
    rng = np.random.default_rng(seed)
    y = system.starts(rng, 1)[0]
    assert system.relabellings
    for order in map(list, system.relabellings):
        np.testing.assert_allclose(
            system.velocity(y[order]), system.velocity(y)[order], rtol=1e-9, atol=1e-11
        )


def test_relabellings_are_all_orders_of_clusters_that_may_change_places():
    assert len(mixture_flow(K=3, d_x=2).relabellings) == 5
    assert mixture_flow(K=2, pi=[0.3, 0.7]).relabellings == ()
    assert len(mixture_flow(K=3, pi=[0.3, 0.3, 0.4]).relabellings) == 1
    assert len(mixture_flow(K=3, pi=[0.3, 0.3, 0.4], moves="means,weights").relabellings) == 5
    swaps = mixture_flow(N=8, K=7, moves="means,weights,variance").relabellings
    assert len(swaps) == len(list(itertools.combinations(range(7), 2)))
    assert all(sorted(order) == list(range(15)) for order in swaps)


def test_the_same_number_added_to_all_logits_changes_nothing():
    system = mixture_flow(N=6, moves="means,weights,variance")
    y = system.starts(np.random.default_rng(0), 1)[0]
    (shift,) = system.shifts
    np.testing.assert_array_equal(shift, [0, 0, 1, 1, 0])
    np.testing.assert_allclose(system.velocity(y + 3 * shift), system.velocity(y), atol=1e-12)
    assert mixture_flow().shifts.shape == (0, 2)


def test_the_likelihood_is_monitored():
    system = mixture_flow(N=7, d_x=2)
    (q,) = system.quantities
    y = system.starts(np.random.default_rng(1), 1)[0]
    fixed = (torch.tensor(x, dtype=torch.float64) for x in ([0.5, 0.5], 1.0))
    expected = mixture_loss(system.settings["X"], torch.tensor(y.reshape(2, 2)), *fixed)
    np.testing.assert_allclose(system.quantity(q, y), [float(expected)], rtol=1e-13)
    assert (q.kind, q.units) == ("decreasing", "nats")


@pytest.mark.parametrize("distance", [1e3, 1e6])
def test_starts_far_from_the_data_are_finite(distance):
    system = mixture_flow(N=6, K=3, moves="means,weights")
    means = [[distance, -distance, 0], [distance] * 3, [-distance, 2 * distance, 3 * distance]]
    points = np.hstack([means, np.zeros((3, 3))])
    assert np.isfinite(system.velocity(points)).all()
    assert np.isfinite(system.jacobian(points)).all()


def test_defaults_are_a_seeded_bimodal_sample_of_thirty_points():
    system = mixture_flow()
    X = np.array(system.settings["X"])
    assert X.shape == (30, 1)
    assert (X < 0).sum() == 15 and abs(abs(X).mean() - 2) < 0.5
    np.testing.assert_array_equal(X, bimodal_sample(30, 1, 0))
    assert not np.array_equal(X, mixture_flow(seed=1).settings["X"])
    low, high, *_ = system.window
    assert low < X.min() and X.max() < high


def test_the_window_follows_the_data_and_two_variables():
    assert mixture_flow(X=[[0, 10], [1, 20]], K=1).window == (-1, 2, 9, 21)
    assert mixture_flow(X=[-1, 1], sigma2=0.25).window == (-2, 2, -2, 2)
    assert mixture_flow(d_x=2).window is None
    assert mixture_flow(K=1, moves="means,variance").window is None


@pytest.mark.parametrize("name", ["mixture-flow", "em-map", "em-flow"])
def test_settings_are_reported_and_make_the_same_system_again(name):
    system = system_named(name, N=5, d_x=2, moves="variance,means", pi=[0.25, 0.75])
    assert {*system.settings} == {*settings_of(name)}
    assert system.settings["moves"] == "means,variance"
    again = system_named(name, **system.settings)
    np.testing.assert_array_equal(again.values, system.values)
    assert again.field == system.field


def test_starts_are_seeded_and_near_the_data():
    system = mixture_flow(X=np.array([100.0, 101.0, 103.0]), moves="means,weights,variance")
    first, second = (system.starts(np.random.default_rng(4), 200) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    assert abs(first[:, :2].mean() - 101.3) < 1
    np.testing.assert_allclose(first[:, 2:4].sum(axis=1), 0, atol=1e-14)


BAD = [
    ({"sigma2": 0}, r"`sigma2` \(variance of a cluster\) must be above 0; got 0\."),
    ({"sigma2": -1.0}, r"`sigma2` \(variance of a cluster\) must be above 0; got -1\."),
    ({"pi": [0.5, 0.6]}, r"`pi` must sum to 1 along axis 0 .* got maximum deviation 1\.0e-01"),
    ({"pi": [1.5, -0.5]}, r"`pi` must hold probabilities.* got -0\.5 at \[1\]"),
    ({"pi": [1.0, 0.0]}, r"`pi` \(weights\) must be above 0; got 0 at \[1\].* leave it out\."),
    ({"pi": [1.0]}, r"`pi` must have shape \(2,\) \(clusters\); got \(1,\)"),
    ({"K": 0}, r"`K` \(clusters\) must be a whole number of at least 1; got 0\."),
    ({"K": 4, "N": 3}, r"`K` \(clusters\) must be at most .* got 4 clusters for 3 points\."),
    ({"N": 0}, r"`N` \(points\) must be a whole number of at least 1; got 0\."),
    ({"d_x": 1.5}, r"`d_x` \(dimensions\) must be a whole number of at least 1; got 1\.5\."),
    ({"X": "data.csv"}, r"`X` \(data\) must be numbers of shape \(N, d_x\).* got 'data.csv'\."),
    ({"X": []}, r"`X` \(data\) must be numbers of shape \(N, d_x\).* got \[\]\."),
    ({"X": 3.0}, r"`X` \(data\) must be numbers of shape \(N, d_x\).* got 3\.0\."),
    ({"X": [[1.0], [np.inf]]}, r"`X` must be finite; got inf at \[1, 0\]\."),
    ({"X": [1.0, 2.0], "N": 3}, r"`X` must have shape \(3, 1\) .*; got \(2, 1\)"),
    ({"X": [1.0, 2.0], "d_x": 2}, r"`X` must have shape \(2, 2\) .*; got \(2, 1\)"),
    ({"moves": "means,weight"}, r"`moves` knows no `weight`\. Did you mean `weights`\?"),
    ({"moves": "weights"}, r"`moves` must name `means`, and each thing once; got 'weights'\."),
    ({"moves": "means,means"}, r"`moves` must name `means`, and each thing once; got"),
    ({"moves": 3}, r"`moves` must name `means`, and each thing once; got 3\."),
]  # fmt: skip


@pytest.mark.parametrize(("settings", "message"), BAD)
@pytest.mark.parametrize("build", [mixture_flow, em_map])
def test_settings_that_make_no_sense_are_refused(build, settings, message):
    with pytest.raises(ValueError, match=message):
        build(**settings)


@pytest.mark.parametrize(
    ("rate", "role"),
    [("v", "means"), ("a", "logits of the weights"), ("tau", "log variance")],
)
def test_rates_must_be_above_zero(rate, role):
    message = rf"`eps_{rate}` \(rate of the {role}\) must be above 0; got 0\."
    with pytest.raises(ValueError, match=message):
        mixture_flow(**{f"eps_{rate}": 0.0})
