"""Gradient flow and descent of overparameterised least squares, in closed form.

    loss  |X theta - y|^2 / (2 n),  theta(0) = 0
    flow      theta(t) = (I - exp(-t X^T X / n)) X^+ y
    descent   theta_k  = (I - (I - eta X^T X / n)^k) X^+ y
    both tend to the interpolant of least norm, X^+ y

With X = U diag(s) V^T every path is theta = V diag(f / s) U^T y, where the filter f rises from 0 to
1.  For y = X theta* + sigma N(0, I) the excess risk (theta - theta*)^T Sigma (theta - theta*)
splits, in the mean over the noise, exactly into

    bias      |Sigma^(1/2) (V f V^T - I) theta*|^2
    variance  sigma^2 |Sigma^(1/2) V diag(f / s)|_F^2

Source: xu2023compatibility; mathematics.md H.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["LeastSquares", "descent_filter", "flow_filter"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class LeastSquares:
    """One design X (n, p) as its singular value decomposition, of rank r.

    ``left`` (n, r), ``values`` (r,), ``right`` (r, p); ``spectrum`` (p,) is the diagonal of Sigma.
    """

    left: Array
    values: Array
    right: Array
    spectrum: Array

    @classmethod
    def of(cls, x: Array, spectrum: Array) -> LeastSquares:
        """Return the decomposition of a design (n, p), other than 0.

        Directions whose singular value is zero up to rounding are dropped: no path moves in them.
        """
        left, values, right = np.linalg.svd(x, full_matrices=False)
        kept = values > max(x.shape) * np.finfo(np.float64).eps * values[0]
        left, values, right = left[:, kept], values[kept], right[kept]
        return cls(left, values, right, spectrum)

    @property
    def curvature(self) -> Array:
        """The eigenvalues of X^T X / n, the largest first."""
        return self.values**2 / len(self.left)

    def at(self, weights: Array, y: Array) -> Array:
        """Return theta (p,) for filter weights f (r,)."""
        return self.right.T @ (weights / self.values * (self.left.T @ y))

    def bias(self, weights: Array, target: Array) -> float:
        """Return the bias of a filter for theta* = ``target`` (p,)."""
        missed = self.right.T @ (weights * (self.right @ target)) - target
        return float((self.spectrum * missed**2).sum())

    def variance(self, weights: Array, noise: float) -> float:
        """Return the variance of a filter for noise of standard deviation ``noise``."""
        seen = (self.right**2) @ self.spectrum
        return float(noise**2 * (seen * (weights / self.values) ** 2).sum())


def flow_filter(problem: LeastSquares, time: float) -> Array:
    """Return 1 - exp(-t c) for every curvature c; infinity gives the last iterate."""
    return -np.expm1(-time * problem.curvature)


def descent_filter(problem: LeastSquares, rate: float, steps: int) -> Array:
    """Return 1 - (1 - eta c)^k for every curvature c.

    Raises `ValueError` for a rate at which descent diverges.
    """
    if not 0 < rate < 2 / problem.curvature[0]:
        raise ValueError(
            f"`rate` must lie between 0 and 2 / (largest curvature) = "
            f"{2 / problem.curvature[0]:.4g}; got {rate}."
        )
    return 1 - (1 - rate * problem.curvature) ** steps
