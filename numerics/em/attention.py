"""The M-step of attention: least squares, not the mean that a mixture would take (law D8).

    loss   (1/2) sum_i |g_i - t_i|^2,    g_i = sum_j alpha_ij v_j
    exact M-step at fixed alpha          V* = (alpha^T alpha)^{-1} alpha^T t
    prototype mean                       sum_i alpha_ij t_i / sum_i alpha_ij

In a mixture the log-sum-exp stands outside and each point chooses a prototype; in attention the
softmax stands inside and each position mixes all values.  So the mean is optimal where alpha is
one-hot, and the gap shows by how much it is not elsewhere.

Source: oursland2025implicit.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from numerics.flows import checks

__all__ = ["MStep", "m_step"]

RANK = 1e-10
"""Singular values below this part of the largest count as 0: the M-step is then not unique."""


class MStep(NamedTuple):
    """The exact M-step and the prototype mean for weights alpha (T, n) and targets t (T, d_v).

    ``values``        (n, d_v) least squares; of least norm where it is not unique
    ``means``         (n, d_v) sum_i alpha_ij t_i / sum_i alpha_ij
    ``gap``           largest |values - means|
    ``loss_values``   (1/2) sum_i |g_i - t_i|^2 at ``values``, never above
    ``loss_means``    the same at ``means``
    ``unique``        whether alpha has full column rank
    """

    values: np.ndarray
    means: np.ndarray
    gap: float
    loss_values: float
    loss_means: float
    unique: bool


def m_step(alpha: np.ndarray, targets: np.ndarray) -> MStep:
    """Return both M-steps of the values at fixed attention weights.

    ``alpha``    (T, n), rows that sum to 1
    ``targets``  (T, d_v)

    Raises `ValueError` for shapes that do not fit, rows that are no distribution, or a key that no
    position attends to, whose mean is not defined.
    """
    weights = np.asarray(alpha, dtype=float)
    if weights.ndim != 2 or weights.size == 0:
        raise ValueError(
            f"`alpha` must have two axes (positions, keys); got shape {weights.shape}."
        )
    checks.array("alpha", weights, weights.shape, "positions, keys")
    checks.distribution("alpha", weights)
    t = np.asarray(targets, dtype=float)
    if t.ndim != 2 or len(t) != len(weights):
        raise ValueError(
            f"`targets` must have shape ({len(weights)}, d_v), a row for each position; "
            f"got {t.shape}."
        )
    shares = weights.sum(axis=0)
    if (shares == 0).any():
        raise ValueError(
            f"no position attends to key {int(np.argmin(shares))}, so it has no prototype mean; "
            "leave the key out."
        )
    values, _, rank, _ = np.linalg.lstsq(weights, t, rcond=RANK)
    means = weights.T @ t / shares[:, None]
    return MStep(
        values, means, float(np.abs(values - means).max()), _loss(weights, values, t),
        _loss(weights, means, t), int(rank) == weights.shape[1],
    )  # fmt: skip


def _loss(alpha: np.ndarray, values: np.ndarray, targets: np.ndarray) -> float:
    return float(((alpha @ values - targets) ** 2).sum() / 2)
