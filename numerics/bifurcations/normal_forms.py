"""Coefficients of normal forms: what a bifurcation looks like nearby, and how stable it is.

With A = dG/dz (of a map: of the map), B and C its second and third derivatives, q and p the right
and left eigenvectors, |q| = 1 and <p, q> = 1:

    fold             a  = <p, B(q,q)> / 2                                        x' = e + a x^2
    pitchfork        c  = <p, C(q,q,q) - 3 B(q, A^-1 B(q,q))> / 6                x' = e x + c x^3
    Hopf             l1 = Re <p, C(q,q,q*) - 2 B(q, A^-1 B(q,q*))
                              + B(q*, (2iw - A)^-1 B(q,q))> / (2w)
    flip             b  = <p, C(q,q,q) + 3 B(q, (1 - A)^-1 B(q,q))> / 6
    Neimark-Sacker   d  = Re e^-it <p, C(q,q,q*) + 2 B(q, (1 - A)^-1 B(q,q*))
                              + B(q*, (e^2it - A)^-1 B(q,q))> / 2

Negative c, l1 and d, and positive b, are supercritical: what is born is stable, as far as the other
directions are.  Eigenvectors have length 1 in the variables' own units: the values are those of
textbooks; in other units a is divided by the unit of length, the others by its square.

Source: Kuznetsov, Elements of Applied Bifurcation Theory, sections 5.4 and 8.7.
"""

from __future__ import annotations

import numpy as np

from numerics.bifurcations.family import Family

__all__ = ["flip", "fold", "hopf", "neimark_sacker", "null_vectors", "pitchfork"]


def null_vectors(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return right and left null vectors of a matrix that is nearly singular, <p, q> = 1.

    At a double zero eigenvalue <p, q> = 0, and p is not finite.
    """
    left, _, rows = np.linalg.svd(matrix)
    q, p = rows[-1].conj(), left[:, -1]
    with np.errstate(all="ignore"):
        return q, p / np.conj(p.conj() @ q)


def fold(family: Family, u: np.ndarray) -> float:
    """Return the quadratic coefficient at a point with a zero eigenvalue."""
    q, p = null_vectors(family.slope(u)[:, : family.size])
    return float(p @ family.second(u, q, q)) / 2 / _length(family, q)


def pitchfork(family: Family, u: np.ndarray) -> float:
    """Return the cubic coefficient at a point with a zero eigenvalue."""
    a = family.slope(u)[:, : family.size]
    q, p = null_vectors(a)
    bent = family.second(u, q, q)
    # A is singular: solve on the complement of its null vector
    bordered = np.block([[a, p[:, None]], [q[None], np.zeros((1, 1))]])
    h = np.linalg.solve(bordered, np.append(bent, 0.0))[:-1]
    found = float(p @ (family.third(u, q, q) - 3 * family.second(u, q, h)))
    return found / 6 / _length(family, q) ** 2


def hopf(family: Family, u: np.ndarray) -> tuple[float, float]:
    """Return the frequency and the first Lyapunov coefficient where a pair crosses the axis.

    Both are nan where no pair turns.
    """
    a = family.slope(u)[:, : family.size]
    eigenvalues = np.linalg.eigvals(a)
    turning = np.abs(np.imag(eigenvalues)) > 0
    if not turning.any():
        return np.nan, np.nan
    pair = eigenvalues[turning][np.argmin(np.abs(np.real(eigenvalues[turning])))]
    w, eye = float(abs(np.imag(pair))), np.eye(len(a))
    q, p = null_vectors(a - 1j * w * eye)
    still = np.linalg.solve(a, family.second(u, q, q.conj()))
    double = np.linalg.solve(2j * w * eye - a, family.second(u, q, q))
    inner = (
        family.third(u, q, q.conj()) - 2 * family.second(u, q, still)
        + family.second(u, q.conj(), double)
    )  # fmt: skip
    return w, float(np.real(p.conj() @ inner)) / (2 * w) / _length(family, q) ** 2


def flip(family: Family, u: np.ndarray) -> float:
    """Return the cubic coefficient where a multiplier of a map is -1."""
    a = family.slope(u)[:, : family.size] + np.eye(family.size)
    q, p = null_vectors(a + np.eye(family.size))
    h = np.linalg.solve(np.eye(family.size) - a, family.second(u, q, q))
    found = float(p @ (family.third(u, q, q) + 3 * family.second(u, q, h)))
    return found / 6 / _length(family, q) ** 2


def neimark_sacker(family: Family, u: np.ndarray) -> tuple[float, float]:
    """Return the angle and the cubic coefficient where a pair of multipliers crosses the circle.

    Both are nan where no pair turns.
    """
    eye = np.eye(family.size)
    a = family.slope(u)[:, : family.size] + eye
    multipliers = np.linalg.eigvals(a)
    turning = np.imag(multipliers) > 0
    if not turning.any():
        return np.nan, np.nan
    pair = multipliers[turning][np.argmin(np.abs(np.abs(multipliers[turning]) - 1))]
    angle = float(np.angle(pair))
    q, p = null_vectors(a - pair * eye)
    still = np.linalg.solve(eye - a, family.second(u, q, q.conj()))
    double = np.linalg.solve(np.exp(2j * angle) * eye - a, family.second(u, q, q))
    inner = (
        family.third(u, q, q.conj()) + 2 * family.second(u, q, still)
        + family.second(u, q.conj(), double)
    )  # fmt: skip
    found = float(np.real(np.exp(-1j * angle) * (p.conj() @ inner)))
    return angle, found / 2 / _length(family, q) ** 2


def _length(family: Family, q: np.ndarray) -> float:
    """Return the length of a direction in the variables' own units."""
    return float(np.linalg.norm(family.columns @ q))
