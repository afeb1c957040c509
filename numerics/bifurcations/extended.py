"""Equations of a bifurcation in two parameters: each is a curve of codimension 1.

With A = dG/dz, M = 1 + A the derivative of a map, and |v| = 1:

    fold                       G = 0,  A v = 0
    flip                       G = 0,  (M + 1) v = 0
    Hopf                       G = 0,  (A^2 + k) v = 0,  v . l = 0,            k = w^2
    Neimark-Sacker             G = 0,  (M^2 - 2 k M + 1) v = 0,  v . l = 0,    k = cos(angle)
    pitchfork, transcritical   G + b v = 0,  v^T A = 0,  v . G_q = 0

each in units of the typical size of G'.  l is any vector in the plane of the pair that is not v.
Through a Bogdanov-Takens point the third is regular: there k = 0, and beyond it the two eigenvalues
are real and of opposite sign, which is no bifurcation; so is the fourth through k = 1 and k = -1,
beyond which the multipliers are real, of product 1.  In the last b = 0 as long as the second
parameter keeps what makes branches cross.

Source: Kuznetsov, Elements of Applied Bifurcation Theory, section 10.3; Roose and Hlavacek 1985.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from numerics.bifurcations.family import Family

__all__ = [
    "BranchPoints",
    "Extended",
    "Flips",
    "Folds",
    "Hopfs",
    "NeimarkSackers",
    "Pairs",
    "closest",
]

BEYOND = -1e-9
"""What a resonance's function falls below where the curve has gone through it."""
NUDGE = 1e-6
"""Step of the difference quotients of the derivative, which only steers Newton's method."""


class Extended:
    """Equations in (z, ..., q) for a family over two parameters; a `Problem` of continuation.

    ``kind``    of bifurcation
    ``family``  over two parameters
    ``rate``    the typical size of G', by which the equations are divided
    """

    kind = ""

    def __init__(self, family: Family) -> None:
        self.family, self.size, self.rate = family, family.size, family.rate
        self.shown = np.r_[0 : self.size, -2:0]

    def point(self, w: np.ndarray) -> np.ndarray:
        """Return the point u = (z, q) of the family."""
        return w[self.shown]

    def residual(self, w: np.ndarray) -> np.ndarray:
        """Return the equations at w."""
        raise NotImplementedError

    def slope(self, w: np.ndarray) -> np.ndarray:
        """Return the derivative of the equations."""
        steps = NUDGE * np.eye(len(w))
        columns = [(self.residual(w + s) - self.residual(w - s)) / (2 * NUDGE) for s in steps]
        return np.column_stack(columns)

    def renewed(self, w: np.ndarray) -> None:
        """Take w for what auxiliary vectors refer to."""

    def is_true(self, w: np.ndarray) -> bool:
        """Whether a solution is a bifurcation still."""
        return True


class Folds(Extended):
    """Points with a zero eigenvalue, w = (z, v, q)."""

    kind = "fold"
    shift = 0.0

    @classmethod
    def at(cls, family: Family, u: np.ndarray) -> tuple[Folds, np.ndarray]:
        """Return the equations and their solution near a point u with such an eigenvalue."""
        found = cls(family)
        v = np.linalg.svd(found.singular(u))[2][-1]
        return found, np.concatenate([u[:-2], v, u[-2:]])

    def singular(self, u: np.ndarray) -> np.ndarray:
        """Return the matrix that has a null vector, in units of the rate."""
        a = self.family.slope(u)[:, : self.size]
        return (a + self.shift * np.eye(self.size)) / self.rate

    def residual(self, w: np.ndarray) -> np.ndarray:
        """Return the equations at w."""
        u, v = self.point(w), w[self.size : -2]
        ends = [v @ v - 1]
        return np.concatenate([self.family.residual(u) / self.rate, self.singular(u) @ v, ends])


class Flips(Folds):
    """Points of a map with a multiplier -1, w = (z, v, q)."""

    kind = "flip"
    shift = 2.0


class Pairs(Extended):
    """Points with a pair of eigenvalues on the border of stability, w = (z, v, k, q).

    ``resonances``  by name, functions of k that are positive while the pair turns
    """

    resonances: Mapping[str, Callable[[float], float]] = {}

    def __init__(self, family: Family) -> None:
        super().__init__(family)
        self.across = np.zeros(family.size)

    @classmethod
    def at(cls, family: Family, u: np.ndarray) -> tuple[Pairs, np.ndarray]:
        """Return the equations and their solution near a point u where they hold."""
        found = cls(family)
        k = found.nearest(np.linalg.eigvals(family.slope(u)[:, : family.size]).astype(complex))
        w = np.concatenate([u[:-2], found._plane(u, k)[0], [k], u[-2:]])
        found.renewed(w)
        return found, w

    def nearest(self, eigenvalues: np.ndarray) -> float:
        """Return the k of the pair of eigenvalues of A that is nearest to the border."""
        raise NotImplementedError

    def pair(self, k: float) -> tuple[complex, complex]:
        """Return the pair at k, as the system's eigenvalues or multipliers."""
        raise NotImplementedError

    def singular(self, u: np.ndarray, k: float) -> np.ndarray:
        """Return the matrix that maps the plane of the pair to 0, of order 1."""
        raise NotImplementedError

    def is_turning(self, w: np.ndarray, room: float = BEYOND) -> bool:
        """Whether the pair is one of complex numbers, with room for rounding."""
        return all(value(float(w[-3])) > room for value in self.resonances.values())

    def _plane(self, u: np.ndarray, k: float) -> np.ndarray:
        """Return an orthonormal basis of the plane of the pair, (2, m)."""
        return np.linalg.svd(self.singular(u, k))[2][-2:]

    def renewed(self, w: np.ndarray) -> None:
        """Take l in the plane at w, across its v."""
        v = w[self.size : 2 * self.size]
        plane = self._plane(self.point(w), w[-3])
        parts = plane @ v
        across = np.array([-parts[1], parts[0]]) @ plane
        self.across = across / np.linalg.norm(across)

    def residual(self, w: np.ndarray) -> np.ndarray:
        """Return the equations at w."""
        u, v = self.point(w), w[self.size : 2 * self.size]
        turned = self.singular(u, w[-3]) @ v
        ends = [v @ v - 1, v @ self.across]
        return np.concatenate([self.family.residual(u) / self.rate, turned, ends])


class Hopfs(Pairs):
    """Points with a pair of eigenvalues of sum zero."""

    kind = "Hopf"
    resonances = {"Bogdanov-Takens": lambda k: k}

    def nearest(self, eigenvalues: np.ndarray) -> float:
        """Return k; see `Pairs`."""
        x, y = closest(eigenvalues, lambda x, y: x + y)
        return max(float(np.real(x * y)), 0.0) / self.rate**2

    def pair(self, k: float) -> tuple[complex, complex]:
        """Return the pair; see `Pairs`."""
        root = 1j * np.sqrt(complex(k)) * self.rate
        return root, -root

    def singular(self, u: np.ndarray, k: float) -> np.ndarray:
        """Return the matrix; see `Pairs`."""
        a = self.family.slope(u)[:, : self.size] / self.rate
        return a @ a + k * np.eye(self.size)


class NeimarkSackers(Pairs):
    """Points of a map with a pair of multipliers of product 1."""

    kind = "Neimark-Sacker"
    resonances = {"1:1 resonance": lambda k: 1 - k, "1:2 resonance": lambda k: 1 + k}

    def nearest(self, eigenvalues: np.ndarray) -> float:
        """Return k; see `Pairs`."""
        x, y = closest(eigenvalues + 1, lambda x, y: x * y - 1)
        return float(np.clip(np.real(x + y) / 2, -1, 1))

    def pair(self, k: float) -> tuple[complex, complex]:
        """Return the pair; see `Pairs`."""
        root = np.sqrt(complex(k * k - 1))
        return k + root, k - root

    def singular(self, u: np.ndarray, k: float) -> np.ndarray:
        """Return the matrix; see `Pairs`."""
        eye = np.eye(self.size)
        m = self.family.slope(u)[:, : self.size] + eye
        return (m @ m - 2 * k * m + eye) / max(self.rate, 1.0) ** 2


def closest(
    values: np.ndarray, off: Callable[[np.ndarray, np.ndarray], np.ndarray]
) -> tuple[complex, complex]:
    """Return the two of (m,) values for which a symmetric function is the smallest."""
    sizes = np.abs(off(values[:, None], values)) + np.where(np.eye(len(values)), np.inf, 0.0)
    i, j = divmod(int(np.argmin(sizes)), len(values))
    return complex(values[i]), complex(values[j])


class BranchPoints(Extended):
    """Points where two branches cross, w = (z, v, b, q), as the first parameter varies.

    ``along``  0 or 1: the parameter over which branches cross
    """

    kind = "branch point"

    def __init__(self, family: Family, along: int, kind: str) -> None:
        super().__init__(family)
        self.along, self.kind = along, kind

    @classmethod
    def at(
        cls, family: Family, u: np.ndarray, along: int, kind: str
    ) -> tuple[BranchPoints, np.ndarray]:
        """Return the equations and their solution near a point u where branches cross."""
        p = np.linalg.svd(family.slope(u)[:, : family.size])[0][:, -1]
        w = np.concatenate([u[:-2], p, [0.0], u[-2:]])
        return cls(family, along, kind), w

    def residual(self, w: np.ndarray) -> np.ndarray:
        """Return the equations at w."""
        u, v, b, m = self.point(w), w[self.size : 2 * self.size], w[-3], self.size
        slope = self.family.slope(u) / self.rate
        ends = [v @ slope[:, m + self.along], v @ v - 1]
        return np.concatenate([self.family.residual(u) / self.rate + b * v, v @ slope[:, :m], ends])

    def is_true(self, w: np.ndarray) -> bool:
        """Whether the second parameter keeps what makes branches cross: b = 0."""
        return bool(abs(w[-3]) < 1e-8)
