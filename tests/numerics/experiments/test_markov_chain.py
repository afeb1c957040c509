"""The sticky chain against the sum over all hidden paths, and against NumPy's eigenvalues."""

from itertools import product

import numpy as np
import pytest

from numerics.experiments import markov_chain as chain


@pytest.mark.parametrize(("symbols", "rho"), [(2, 0.2), (5, 0.1), (8, 0.3), (7, 0.9)])
def test_the_chain_is_circulant_stochastic_and_has_the_eigenvalues_of_its_first_row(symbols, rho):
    p = chain.transition_matrix(symbols, rho)
    assert np.allclose(p.sum(axis=1), 1) and np.allclose(p.sum(axis=0), 1)  # uniform is stationary
    assert all(np.allclose(np.roll(p[0], n), p[n]) for n in range(symbols))
    assert np.allclose(chain.eigenvalues(p), np.sort(np.linalg.eigvalsh(p))[::-1])
    powers = np.linalg.matrix_power(p, 400)
    assert np.allclose(powers, 1 / symbols)


def test_the_published_chain_has_the_published_entropy_rate():
    assert chain.entropy_rate(chain.transition_matrix(8, 0.3)) == pytest.approx(1.8292, abs=5e-5)


@pytest.mark.parametrize(("symbols", "rho"), [(1, 0.3), (4, 1.0), (4, -0.1)])
def test_a_chain_that_is_none_is_refused(symbols, rho):
    with pytest.raises(ValueError, match="two symbols or more and 0 <= rho < 1"):
        chain.transition_matrix(symbols, rho)


def _enumerated(x, p, means, start):
    """Return P(z_t = s | x) and P(next = s | x), summed over every hidden path."""
    length, states = len(x), len(p)
    log_b = chain.log_likelihoods(x, means)
    gamma, ahead, total = np.zeros((length, states)), np.zeros(states), 0.0
    for path in product(range(states), repeat=length):
        weight = start[path[0]] * np.exp(sum(log_b[t, s] for t, s in enumerate(path)))
        weight *= np.prod([p[a, b] for a, b in zip(path, path[1:], strict=False)])
        total += weight
        for t, s in enumerate(path):
            gamma[t, s] += weight
        ahead += weight * p[path[-1]]
    return gamma / total, ahead / total, np.log(total)


@pytest.mark.parametrize("seed", range(3))
def test_filter_and_smoother_are_the_sums_over_all_hidden_paths(seed):
    rng = np.random.default_rng(seed)
    p, means = chain.transition_matrix(3, 0.4), rng.standard_normal((3, 2))
    _, x = chain.sample(rng, p, means, 6)
    start = np.full(3, 1 / 3)
    gamma, ahead, likelihood = _enumerated(x, p, means, start)
    found, xi, log_likelihood = chain.forward_backward(chain.log_likelihoods(x, means), p, start)
    assert np.allclose(found, gamma, atol=1e-12)
    assert np.allclose(xi.sum(axis=1), gamma[:-1].sum(axis=0), atol=1e-12)
    assert log_likelihood == pytest.approx(likelihood, abs=1e-10)
    assert np.allclose(chain.filter_predictions(x, p, means)[-1], ahead, atol=1e-12)


def test_the_filter_is_the_floor_of_the_cross_entropy():
    rng = np.random.default_rng(1)
    p, means = chain.transition_matrix(4, 0.5), 2 * rng.standard_normal((4, 3))
    y, x = chain.sample(rng, p, means, 4000)
    rows, best = np.arange(4000), chain.filter_predictions(x, p, means)
    floor = -np.log(best[rows, y[1:]]).mean()
    sharper = best**1.5 / (best**1.5).sum(axis=1, keepdims=True)
    for other in (np.full_like(best, 0.25), 0.7 * best + 0.075, sharper):
        assert -np.log(other[rows, y[1:]]).mean() > floor


def test_baum_welch_never_loses_likelihood_and_finds_well_parted_means():
    rng = np.random.default_rng(0)
    p, means = chain.transition_matrix(3, 0.6), 6 * np.eye(3)
    _, x = chain.sample(rng, p, means, 800)
    found = chain.baum_welch(x, 3, np.random.default_rng(4))
    assert (np.diff(found.log_likelihood) > -1e-8 * len(x)).all()
    nearest = np.linalg.norm(found.means[:, None] - means[None], axis=2).min(axis=0)
    assert (nearest < 0.4).all()
