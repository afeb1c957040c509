"""What theory says in closed form about a diagram, to lay over the computed branches.

    em-symmetric, em-symmetric-flow on +a, -a    theta = 0, and theta = a tanh(a theta / sigma^2)
                                                 beyond the pitchfork at a^2 = sigma^2

Source: xu1996convergence, section 2; law `em-pitchfork`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from numerics.bifurcations.diagram import Diagram
from numerics.em.closed_forms import symmetric_pair

__all__ = ["ClosedForm", "closed_form"]

PLACES = 801


@dataclass(frozen=True)
class ClosedForm:
    """Exact branches of a system with one variable.

    ``parameter``  (n,) values; ``curves`` (branches, n) of the variable, NaN where there is none
    ``critical``   the parameter at which they meet
    ``deviation``  how far computed branches are from them, at most
    """

    parameter: np.ndarray
    curves: np.ndarray
    critical: float
    deviation: float


def closed_form(found: Diagram) -> ClosedForm | None:
    """Return the closed form of a diagram, None where the catalogue has none."""
    settings, family = found.system.settings, found.family
    is_pair = found.system.name in ("em-symmetric", "em-symmetric-flow")
    if not is_pair or found.system.dimension != 1 or found.name not in ("sigma2", "a"):
        return None
    a = float(settings["a"])
    if sorted(np.ravel(settings["X"]).tolist()) != [-a, a]:
        return None
    held = float(settings["a" if found.name == "sigma2" else "sigma2"])

    def exact(p: float) -> float:
        return symmetric_pair(held, p) if found.name == "sigma2" else symmetric_pair(p, held)

    places = np.linspace(family.low, family.high, PLACES)
    theta = np.array([exact(float(p)) for p in places])
    outer = np.where(theta > 0, theta, np.nan)
    critical = held**2 if found.name == "sigma2" else float(np.sqrt(held))
    deviation = 0.0
    for branch in found.branches:
        for u in branch.u:
            root = exact(float(family.parameter(u[-1])))
            y = float(family.state(u)[0])
            deviation = max(deviation, min(abs(y - x) for x in (0.0, root, -root)))
    return ClosedForm(places, np.stack([np.zeros(PLACES), outer, -outer]), critical, deviation)
