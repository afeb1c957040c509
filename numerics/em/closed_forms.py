"""Fixed points of EM in closed form, where there is one.

    symmetric pair   theta = a tanh(a theta / sigma^2)      0, and +-theta above the pitchfork
    one cluster      v = mean of the data, whatever the start, after one step
    one-hot          r_ij in {0, 1}: v_j is the mean of the points of prototype j

Source: xu1996convergence, section 2.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

__all__ = ["one_hot_means", "single_cluster", "symmetric_pair"]


def symmetric_pair(a: float, sigma2: float) -> float:
    """Return the fixed point theta >= 0 of theta -> a tanh(a theta / sigma2).

    It is 0 below the pitchfork, for a^2 <= sigma2, and the only one above 0 beyond it.

    With k = a^2/sigma2 and theta = a m it is the root m of m = tanh(k m), which is the root u of
    u / tanh(u) = k with u = k m.  The left side grows from 1, so there is one root for k > 1, none
    below.  Just above, the root u = sqrt(3 (k - 1)) + ... of a function that is flat there loses
    half of the digits if k - u/tanh(u) is computed as it stands; its series is used instead.

    Raises `ValueError` for a place or a variance of 0 or below.
    """
    for name, value in (("a", a), ("sigma2", sigma2)):
        if not (value > 0 and np.isfinite(value)):
            raise ValueError(f"`{name}` must be a finite number above 0; got {value:g}.")
    excess = float(Fraction(a) ** 2 / Fraction(sigma2) - 1)  # k - 1 without cancellation
    if excess <= 0:
        return 0.0
    from scipy.optimize import brentq

    # 0 < x / tanh(x) - 1 <= x, so the root lies above the excess; and below sqrt(3 k) (1 + k)
    high = 1 + excess + np.sqrt(3 * excess)
    root: Any = brentq(lambda x: _coth_excess(x) - excess, 0.0, high, xtol=1e-300)
    return float(sigma2 * root / a)


def _coth_excess(u: float) -> float:
    """Return u / tanh(u) - 1, without cancellation near 0."""
    if u < 0.1:  # the next term is 2 u^10 / 93555
        s = u * u
        return s / 3 * (1 - s / 15 * (1 - 2 * s / 21 * (1 - s / 10)))
    return u / np.tanh(u) - 1


def single_cluster(X: np.ndarray) -> np.ndarray:
    """Return the fixed point (d_x,) for K = 1 on data (N, d_x): their mean."""
    return np.asarray(X, dtype=float).mean(axis=0)


def one_hot_means(X: np.ndarray, members: np.ndarray) -> np.ndarray:
    """Return the mean of the points of each cluster (K, d_x), the fixed point for one-hot r.

    ``X``        data (N, d_x)
    ``members``  the cluster of each point (N,), from 0; every number up to the largest must occur

    Raises `ValueError` for members of another length, or a cluster without a point.
    """
    X, members = np.asarray(X, dtype=float), np.asarray(members)
    if members.shape != (len(X),):
        raise ValueError(
            f"`members` must give a cluster for each of {len(X)} points; got shape {members.shape}."
        )
    K = int(members.max()) + 1
    shares = np.bincount(members, minlength=K)
    if (shares == 0).any():
        raise ValueError(
            f"cluster {int(np.argmin(shares))} has no point; number the clusters without gaps."
        )
    return np.stack([X[members == j].mean(axis=0) for j in range(K)])
