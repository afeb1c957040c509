"""Special points on a branch: found by test functions that change sign, located, classified.

    product of the eigenvalues (map: mu - 1)            fold, where q turns; else a branch point
    product of mu + 1                                   flip, of a map
    product of the sums of two (map: mu_i mu_j - 1)     Hopf, Neimark-Sacker, if the two turn

Each is continued as its sign times the smallest factor, which crosses zero with a slope; so the
point is located to rounding.  At a branch point the branch itself is known badly along the null
vector; there the point is solved for together with the left null vector psi,

    G + b psi = 0,   psi^T G_z = 0,   psi . G_q = 0,   |psi| = 1,

which has a simple root.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from numerics.bifurcations import normal_forms
from numerics.bifurcations.branch import Branch, eigenvalues
from numerics.bifurcations.continuation import corrected, zero_between
from numerics.bifurcations.family import Family

__all__ = ["Special", "cubic", "signed", "special_points", "vanishing_factors", "without_dust"]

FLAT = 1e-5
"""A quadratic coefficient below this part of the cubic one is taken for 0: a pitchfork."""
NOTHING = 1e-9
"""So is a Lyapunov coefficient below this, in units of the spread of the starts."""


@dataclass(frozen=True)
class Special:
    """A point where something changes.

    ``kind``         fold, transcritical, pitchfork, branch point, Hopf, flip, Neimark-Sacker, or
                     multiple crossing, of several eigenvalues at once, which is not classified
    ``u``            (m + 1,) coordinates z and q
    ``parameter``    p, located to about 1e-12 of its interval where the crossing is simple
    ``y``            (d,) the state
    ``eigenvalues``  (m,) complex
    ``coefficient``  of the normal form, see `numerics.bifurcations.normal_forms`
    ``criticality``  "supercritical", "subcritical" or nothing
    ``frequency``    of a Hopf point; the angle of a Neimark-Sacker point; NaN else
    ``turn``         (m + 1,) tangent of the other branch at a branch point, else None
    """

    kind: str
    u: np.ndarray
    parameter: float
    y: np.ndarray
    eigenvalues: np.ndarray
    coefficient: float
    criticality: str = ""
    frequency: float = float("nan")
    turn: np.ndarray | None = None


Factors = Callable[[np.ndarray], np.ndarray]


def special_points(family: Family, branch: Branch) -> Iterator[Special]:
    """Yield the special points of a branch."""
    explained: set[int] = set()
    for name, factors in vanishing_factors(family.system.kind).items():
        signs = np.array([signed(factors(e)) for e in branch.eigenvalues])
        for n in np.flatnonzero(np.sign(signs[:-1]) * np.sign(signs[1:]) < 0).tolist():
            u = zero_between(
                family, branch.u[n], branch.tangents[n], branch.u[n + 1],
                lambda u, factors=factors: signed(factors(eigenvalues(family, u))),
            )  # fmt: skip
            if u is not None:
                found = _classified(family, branch, n, name, u)
                if found is not None:
                    explained.add(n)
                    yield found
    unstable = branch.unstable(family.system.kind)
    for n in np.flatnonzero(np.diff(unstable)).tolist():
        if n not in explained:  # an even number of eigenvalues at once changes no sign
            yield _several(family, branch, n)


def _several(family: Family, branch: Branch, n: int) -> Special:
    """Return where the number of unstable directions changes between two points, by bisection."""
    is_map, u, t = family.system.kind == "map", branch.u[n], branch.tangents[n]
    step = branch.u[n + 1] - u

    def at(part: float) -> np.ndarray:
        there, _ = corrected(family, u + part * step, t)
        return u + part * step if there is None else there

    def count(part: float) -> int:
        found = eigenvalues(family, at(part))
        return int(((np.abs(found) > 1) if is_map else (np.real(found) > 0)).sum())

    low, high, first = 0.0, 1.0, count(0.0)
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if count(middle) == first else (low, middle)
    return _special(family, "multiple crossing", at(high), float("nan"))


def vanishing_factors(kind: str) -> dict[str, Factors]:
    """Return functions of the eigenvalues (of a map: multipliers), of which a factor vanishes."""
    if kind == "map":
        return {
            "zero": lambda e: e - 1,
            "flip": lambda e: e + 1,
            "pair": lambda e: (e[:, None] * e - 1)[np.triu_indices(len(e), 1)],
        }
    return {
        "zero": lambda e: e,
        "pair": lambda e: (e[:, None] + e)[np.triu_indices(len(e), 1)],
    }


def signed(factors: np.ndarray) -> float:
    """Return the sign of the product, which is real, times the smallest modulus."""
    if not len(factors):
        return 1.0
    sizes = np.abs(factors)
    if not sizes.min() > 0:
        return 0.0
    return float(np.sign(np.real(np.prod(factors / sizes))) * sizes.min())


def _classified(family: Family, branch: Branch, n: int, name: str, u: np.ndarray) -> Special | None:
    is_map = family.system.kind == "map"
    if name == "flip":
        b = normal_forms.flip(family, u)
        return _special(family, "flip", u, b, _critical(-b))
    if name == "pair":
        found = eigenvalues(family, u)
        turning = np.abs(np.imag(found)) > 1e-9 * np.abs(found)
        if not turning.any():
            return None  # two real ones of opposite sign: nothing happens
        border = np.abs(found) - 1 if is_map else np.real(found)
        if np.abs(border[turning]).min() > 1e-7 * np.abs(found).max():
            return None
        form = normal_forms.neimark_sacker if is_map else normal_forms.hopf
        frequency, l1 = form(family, u)
        l1 = cubic(family, l1)
        kind = "Neimark-Sacker" if is_map else "Hopf"
        return _special(family, kind, u, l1, _critical(l1), frequency)
    if branch.tangents[n][-1] * branch.tangents[n + 1][-1] < 0:
        return _special(family, "fold", u, normal_forms.fold(family, u))
    u = _polished(family, u)
    turn = _other_tangent(family, u, branch.tangents[n])
    a, c = normal_forms.fold(family, u), normal_forms.pitchfork(family, u)
    if turn is None:
        return _special(family, "branch point", u, a)
    if abs(a) <= FLAT * abs(c) * _longest(family):
        return _special(family, "pitchfork", u, c, _critical(c), turn=turn)
    return _special(family, "transcritical", u, a, turn=turn)


def cubic(family: Family, coefficient: float) -> float:
    """Return the coefficient of third order, 0 where it is rounding."""
    return coefficient if abs(coefficient) > NOTHING / _longest(family) ** 2 else 0.0


def _longest(family: Family) -> float:
    return float(np.abs(family.columns).max())


def _critical(coefficient: float) -> str:
    return "supercritical" if coefficient < 0 else "subcritical" if coefficient > 0 else ""


def _special(
    family: Family, kind: str, u: np.ndarray, coefficient: float, criticality: str = "",
    frequency: float = float("nan"), turn: np.ndarray | None = None,
) -> Special:  # fmt: skip
    return Special(
        kind, u, float(family.parameter(u[-1])), without_dust(family, u), eigenvalues(family, u),
        coefficient, criticality, frequency, turn,
    )  # fmt: skip


def without_dust(family: Family, u: np.ndarray) -> np.ndarray:
    """Return the state, with 0 for what is at rounding level."""
    y = family.state(u)
    return np.where(np.abs(y) < 1e-13 * np.abs(family.columns).max(axis=1), 0.0, y)


def _polished(family: Family, u: np.ndarray) -> np.ndarray:
    """Return a branch point to rounding, by the system above."""
    from scipy.optimize import root

    m = family.size
    _, p = normal_forms.null_vectors(family.slope(u)[:, :-1])
    psi = p / np.linalg.norm(p)

    def off(x: np.ndarray) -> np.ndarray:
        there, b, w = x[: m + 1], x[m + 1], x[m + 2 :]
        slope = family.slope(there)
        return np.concatenate([family.residual(there) + b * w, w @ slope, [w @ w - 1]])

    found: Any = root(off, np.concatenate([u, [0.0], psi]), method="hybr", options={"xtol": 1e-15})
    better = np.abs(found.x[: m + 1] - u).max() < 1e-3 and np.abs(found.fun).max() < 1e-8
    return found.x[: m + 1] if better else u


def _other_tangent(family: Family, u: np.ndarray, t: np.ndarray) -> np.ndarray | None:
    """Return the tangent of the branch that crosses another with the tangent ``t`` at a point.

    Both lie in the plane that G' maps to 0, where the second derivative is an indefinite form.
    """
    slope = family.slope(u)
    plane = np.linalg.svd(slope)[2][-2:]
    _, psi = normal_forms.null_vectors(slope[:, :-1])
    form = np.zeros((2, 2))
    for i in range(2):
        ahead, behind = (family.slope(u + s * plane[i]) for s in (1e-4, -1e-4))
        form[i] = [psi @ (ahead - behind) @ plane[j] / 2e-4 for j in range(2)]
    form = (form + form.T) / 2
    values, axes = np.linalg.eigh(form)
    if not values[0] * values[1] < 0:
        return None
    ratio = np.sqrt(-values[0] / values[1])
    found = [(axes[:, 0] + s * ratio * axes[:, 1]) @ plane for s in (1.0, -1.0)]
    found = [x / np.linalg.norm(x) for x in found]
    return min(found, key=lambda x: abs(float(x @ t)))
