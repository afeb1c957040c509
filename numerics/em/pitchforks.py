"""Where EM on a symmetric pair splits: the variance at which theta = 0 stops attracting.

Three numbers that share nothing but the generated map; the closed form is sigma^2 = mean of x^2,
for the points +a, -a it is a^2:

    eigenvalue   M'(0) crosses 1, found by bracketing
    below        sigma^2 above the critical one, theta = 0 the only fixed point: the measured rate
                 of EM, extrapolated to 1
    above        sigma^2 below it: the branch theta of nonzero fixed points, extrapolated to 0

Near the pitchfork EM slows down without bound and theta grows like a square root, so neither side
is followed up to it.  The rate is linear in 1/sigma^2, and along the branch sigma^2 is a smooth
function of (theta/sigma^2)^2: both are extrapolated as polynomials.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from numerics.em.iteration import iterate
from numerics.flows import System, em_symmetric

__all__ = ["Pitchfork", "pitchfork"]

BELOW = np.linspace(1.25, 2.0, 6)
"""Variances on the side of one fixed point, relative to the critical one."""
ABOVE = 1 / np.linspace(1.01, 1.1, 10)
"""Variances on the side of three fixed points."""


@dataclass(frozen=True)
class Pitchfork:
    """The critical variance, found in three ways, and the branch it was extrapolated from.

    ``branch``  (points, 2): variance and theta > 0
    """

    by_eigenvalue: float
    from_below: float
    from_above: float
    branch: np.ndarray


def pitchfork(**settings: Any) -> Pitchfork:
    """Return where `em_symmetric` with these settings (all but ``sigma2``) splits.

    Raises `ValueError` if theta has more than one coordinate, or no variance is critical.
    """
    critical = _by_eigenvalue(settings)
    branch = np.array([(s, _branch(_at(settings, s))) for s in critical * ABOVE])
    slopes = branch[:, 1] / branch[:, 0]
    fitted = np.polynomial.Polynomial.fit(slopes**2, branch[:, 0], 7)
    return Pitchfork(critical, _from_below(settings, critical), float(fitted(0.0)), branch)


def _at(settings: dict[str, Any], sigma2: float) -> System:
    return em_symmetric(**{**settings, "sigma2": float(sigma2)})


def _by_eigenvalue(settings: dict[str, Any]) -> float:
    from scipy.optimize import brentq

    system = _at(settings, 1.0)
    if system.dimension != 1:
        raise ValueError(
            f"the pitchfork needs one coordinate of theta; got {system.dimension}. Give `X` in one "
            "dimension."
        )

    def excess(log_sigma2: float) -> float:
        slope = _at(settings, np.exp(log_sigma2)).jacobian(np.zeros(1))
        return float(slope[0, 0]) - 1

    scale = float(np.log(np.square(np.asarray(system.settings["X"])).max() + 1e-300))
    low, high = scale - 20, scale + 20
    if not excess(low) > 0 > excess(high):
        raise ValueError("no variance is critical: all points of `X` lie at 0.")
    root: Any = brentq(excess, low, high, xtol=1e-15)
    return float(np.exp(root))


def _from_below(settings: dict[str, Any], critical: float) -> float:
    """Return where the measured rate of EM, as a parabola of 1/sigma^2, would be 1."""
    inverse, rates = [], []
    for sigma2 in critical * BELOW:
        system = _at(settings, sigma2)
        run = iterate(system, 0.1 * system.starts(np.random.default_rng(0), 1))
        inverse.append(1 / sigma2)
        rates.append(float(run.measured[0]))
    fitted = np.polynomial.Polynomial.fit(rates, inverse, 2)
    return float(1 / fitted(1.0))


def _branch(system: System) -> float:
    """Return the fixed point theta > 0 that EM reaches from far out."""
    X = np.asarray(system.settings["X"])
    run = iterate(system, np.abs(X).max(axis=0), tolerance=1e-15, acceleration="aitken")
    return float(abs(run.end[0, 0]))
