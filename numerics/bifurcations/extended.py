"""Equations of a bifurcation in two parameters: each is a curve of codimension 1.

With A = dG/dz, in units of the typical size of G', and |v| = 1:

    fold                       G = 0,  A v = 0
    Hopf                       G = 0,  (A^2 + k) v = 0,  v . l = 0,    k = w^2
    pitchfork, transcritical   G + b v = 0,  v^T A = 0,  v . G_q = 0

l is any vector in the plane of the pair that is not v.  Through a Bogdanov-Takens point the second
is regular: there k = 0, and beyond it the two eigenvalues are real and of opposite sign, which is
no bifurcation.  In the third b = 0 as long as the second parameter keeps what makes branches cross.

Source: Kuznetsov, Elements of Applied Bifurcation Theory, section 10.3; Roose and Hlavacek 1985.
"""

from __future__ import annotations

import numpy as np

from numerics.bifurcations.family import Family

__all__ = ["BranchPoints", "Extended", "Folds", "Hopfs"]

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

    @classmethod
    def at(cls, family: Family, u: np.ndarray) -> tuple[Folds, np.ndarray]:
        """Return the equations and their solution near a point u with a zero eigenvalue."""
        v = np.linalg.svd(family.slope(u)[:, : family.size])[2][-1]
        return cls(family), np.concatenate([u[:-2], v, u[-2:]])

    def residual(self, w: np.ndarray) -> np.ndarray:
        """Return the equations at w."""
        u, v, m = self.point(w), w[self.size : -2], self.size
        a = self.family.slope(u)[:, :m] / self.rate
        return np.concatenate([self.family.residual(u) / self.rate, a @ v, [v @ v - 1]])


class Hopfs(Extended):
    """Points with a pair of eigenvalues of sum zero, w = (z, v, k, q)."""

    kind = "Hopf"

    def __init__(self, family: Family) -> None:
        super().__init__(family)
        self.across = np.zeros(family.size)

    @classmethod
    def at(cls, family: Family, u: np.ndarray) -> tuple[Hopfs, np.ndarray]:
        """Return the equations and their solution near a Hopf or a Bogdanov-Takens point u."""
        found = cls(family)
        values = np.linalg.eigvals(family.slope(u)[:, : family.size]).astype(complex)
        sums = np.abs(values[:, None] + values) + np.where(np.eye(len(values)), np.inf, 0.0)
        i, j = divmod(int(np.argmin(sums)), len(values))
        k = max(float(np.real(values[i] * values[j])), 0.0) / found.rate**2
        w = np.concatenate([u[:-2], found._plane(u, k)[0], [k], u[-2:]])
        found.renewed(w)
        return found, w

    def _square(self, u: np.ndarray) -> np.ndarray:
        a = self.family.slope(u)[:, : self.size] / self.rate
        return a @ a

    def _plane(self, u: np.ndarray, k: float) -> np.ndarray:
        """Return an orthonormal basis of the plane of the pair, (2, m)."""
        return np.linalg.svd(self._square(u) + k * np.eye(self.size))[2][-2:]

    def renewed(self, w: np.ndarray) -> None:
        """Take l in the plane at w, across its v."""
        v = w[self.size : 2 * self.size]
        plane = self._plane(self.point(w), w[-3])
        parts = plane @ v
        across = np.array([-parts[1], parts[0]]) @ plane
        self.across = across / np.linalg.norm(across)

    def residual(self, w: np.ndarray) -> np.ndarray:
        """Return the equations at w."""
        u, v, k = self.point(w), w[self.size : 2 * self.size], w[-3]
        turned = self._square(u) @ v + k * v
        ends = [v @ v - 1, v @ self.across]
        return np.concatenate([self.family.residual(u) / self.rate, turned, ends])


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
