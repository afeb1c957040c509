"""The sticky Markov chain of agarwal2025gradient, its noisy observations, and what is optimal.

    P = (1 - rho) W + rho I,  W row-normalised from rho on the diagonal, 1/dist(i, j) elsewhere
    x_t = mu[y_{t-1}] + N(0, I),  y_t is to be predicted from x_1 .. x_t

P is circulant: its stationary distribution is uniform and its eigenvalues are the discrete Fourier
transform of its first row.  The Bayes-optimal predictor is the forward filter; its cross-entropy is
the floor of every model.  Baum-Welch is EM on the x alone, in closed form.

Logarithms are natural: entropies are in nats.  Source: mathematics.md E; rabiner1989tutorial.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "Mixture",
    "baum_welch",
    "eigenvalues",
    "entropy_rate",
    "filter_predictions",
    "forward_backward",
    "sample",
    "transition_matrix",
]

Array = NDArray[np.float64]


def transition_matrix(symbols: int, rho: float) -> Array:
    """Return P (N, N), whose rows sum to one.

    Raises `ValueError` unless 0 <= rho < 1 and there are at least two symbols.
    """
    if symbols < 2 or not 0 <= rho < 1:
        raise ValueError(
            f"a sticky chain needs two symbols or more and 0 <= rho < 1; got {symbols} and {rho}."
        )
    apart = np.abs(np.subtract.outer(np.arange(symbols), np.arange(symbols)))
    distance = np.minimum(apart, symbols - apart)
    weights = np.where(distance == 0, rho, 1.0 / np.maximum(distance, 1))
    weights /= weights.sum(axis=1, keepdims=True)
    return (1 - rho) * weights + rho * np.eye(symbols)


def eigenvalues(transition: Array) -> Array:
    """Return the eigenvalues (N,) of a symmetric circulant P, largest first."""
    return np.sort(np.fft.fft(transition[0]).real)[::-1]


def entropy_rate(transition: Array) -> float:
    """Return the entropy rate of a circulant chain in nats: the entropy of one row."""
    row = transition[0]
    return float(-(row[row > 0] * np.log(row[row > 0])).sum())


def sample(
    rng: np.random.Generator, transition: Array, means: Array, length: int
) -> tuple[NDArray[np.int64], Array]:
    """Return y (T + 1,), y_0 uniform, and x (T, d) with x_t = mu[y_{t-1}] + N(0, I)."""
    symbols = len(transition)
    y = np.empty(length + 1, dtype=np.int64)
    y[0] = rng.integers(symbols)
    cumulative, draws = transition.cumsum(axis=1), rng.random(length)
    for t in range(length):
        y[t + 1] = min(int(np.searchsorted(cumulative[y[t]], draws[t], side="right")), symbols - 1)
    return y, means[y[:-1]] + rng.standard_normal((length, means.shape[1]))


def log_likelihoods(x: Array, means: Array) -> Array:
    """Return log N(x_t; mu_s, I) (T, N)."""
    squares = ((x[:, None, :] - means[None]) ** 2).sum(axis=2)
    return -0.5 * squares - 0.5 * x.shape[1] * np.log(2 * np.pi)


def filter_predictions(x: Array, transition: Array, means: Array) -> Array:
    """Return P(y_t | x_1 .. x_t) (T, N): the posterior predictive of the forward filter."""
    likelihoods = log_likelihoods(x, means)
    belief = np.full(len(transition), 1.0 / len(transition))
    out = np.empty_like(likelihoods)
    for t, row in enumerate(likelihoods):
        belief = belief * np.exp(row - row.max())
        belief = belief / belief.sum()
        out[t] = belief = belief @ transition
    return out


def forward_backward(log_b: Array, transition: Array, start: Array) -> tuple[Array, Array, float]:
    """Return posteriors gamma (T, N), summed xi (N, N), and the log-likelihood.

    gamma_t(s) = P(z_t = s | x), xi(s, r) = sum_t P(z_t = s, z_{t+1} = r | x).
    """
    length, states = log_b.shape
    top = log_b.max(axis=1)
    b = np.exp(log_b - top[:, None])
    alpha, scale = np.empty((length, states)), np.empty(length)
    row = start * b[0]
    for t in range(length):
        if t:
            row = (alpha[t - 1] @ transition) * b[t]
        scale[t] = row.sum()
        alpha[t] = row / scale[t]
    beta = np.ones((length, states))
    for t in range(length - 2, -1, -1):
        beta[t] = transition @ (b[t + 1] * beta[t + 1]) / scale[t + 1]
    gamma = alpha * beta
    ahead = b[1:] * beta[1:] / scale[1:, None]
    xi = transition * (alpha[:-1].T @ ahead)
    return gamma, xi, float(np.log(scale).sum() + top.sum())


@dataclass(frozen=True)
class Mixture:
    """What Baum-Welch found: P (N, N), means (N, d), log-likelihood before every step."""

    transition: Array
    means: Array
    log_likelihood: Array


def baum_welch(
    x: Array, states: int, rng: np.random.Generator, *, steps: int = 60, tolerance: float = 1e-6
) -> Mixture:
    """Return the chain that EM finds with unit covariances, from means of k-means++.

    Stops when the log-likelihood grows by less than ``tolerance`` a sample.
    """
    from scipy.cluster.vq import kmeans2

    means, _ = kmeans2(x, states, minit="++", rng=rng)
    transition = np.full((states, states), 0.5 / states) + 0.5 * np.eye(states)
    transition /= transition.sum(axis=1, keepdims=True)
    start = np.full(states, 1.0 / states)
    seen: list[float] = []
    for _ in range(steps):
        gamma, xi, likelihood = forward_backward(log_likelihoods(x, means), transition, start)
        if seen and likelihood - seen[-1] < tolerance * len(x):
            seen.append(likelihood)
            break
        seen.append(likelihood)
        weight = gamma.sum(axis=0)
        means = (gamma.T @ x) / np.maximum(weight, 1e-12)[:, None]
        transition = np.maximum(xi, 1e-12)
        transition /= transition.sum(axis=1, keepdims=True)
        start = gamma[0]
    return Mixture(transition, means, np.array(seen))
