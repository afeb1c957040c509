"""The equations of a closed orbit, by orthogonal collocation on a mesh that follows the orbit.

    x'(s) = T G(x(s), q),    0 <= s <= 1,    x(0) = x(1)
    int x . x_ref' ds = 0    fixes the phase, x_ref an orbit nearby

x is continuous and on each interval of the mesh a polynomial of degree 4 that satisfies the
equation at the 4 Gauss points.  At the ends of the intervals the error is of order 8 in their
length, between them of order 5.  The unknowns are the values of x times the root of their weight in
int |x|^2 ds, so that lengths do not depend on the mesh; log T; and q.

Source: de Boor and Swartz 1973; Doedel, Keller and Kernevez 1991; Russell and Christiansen 1978.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from numerics.bifurcations.family import Family

__all__ = ["FEWEST", "Collocation"]

DEGREE = 4
FEWEST, MOST_INTERVALS = 20, 400
TOLERANCE = 1e-6
"""How far x may be from solving the equation between Gauss points, over one interval and in units
of the orbit's size; it is squared at the ends of the intervals."""
ROOM = 1.3
"""How many more intervals than needed are taken, so that the mesh can stay for some steps."""


def _lagrange(places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return values and derivatives at places in [0, 1] of the polynomials of DEGREE + 1 nodes."""
    nodes = np.linspace(0.0, 1.0, DEGREE + 1)
    fit = np.linalg.inv(np.vander(nodes, increasing=True))
    powers = np.vander(places, DEGREE + 1, increasing=True)
    slopes = np.zeros_like(powers)
    slopes[:, 1:] = powers[:, :-1] * np.arange(1, DEGREE + 1)
    return powers @ fit, slopes @ fit


class Collocation:
    """Closed orbits of a family of flows on a mesh; a `Problem` of continuation.

    ``mesh``       (N + 1,) from 0 to 1
    ``reference``  (4 N, m) values of x_ref at the nodes, 4 to an interval
    """

    def __init__(self, family: Family, mesh: np.ndarray, reference: np.ndarray) -> None:
        self.family, self.mesh = family, mesh
        self.intervals, self.steps = len(mesh) - 1, np.diff(mesh)
        gauss, weights = np.polynomial.legendre.leggauss(DEGREE)
        self.weights = weights / 2
        self.at, self.rate = _lagrange((gauss + 1) / 2)
        count = DEGREE * self.intervals
        places = np.arange(self.intervals)[:, None] * DEGREE + np.arange(DEGREE + 1)
        self.nodes = places % count
        shares = np.repeat(self.steps / DEGREE, DEGREE)
        shares[::DEGREE] = (shares[::DEGREE] + np.roll(shares, 1)[::DEGREE]) / 2
        self.roots = np.sqrt(shares)
        self.refer_to(reference)

    def refer_to(self, reference: np.ndarray) -> None:
        """Take another orbit for x_ref."""
        turning = np.einsum("gk,ikm->igm", self.rate, reference[self.nodes])
        self.turning = turning / max(float(np.linalg.norm(turning)), 1e-300)

    def packed(self, x: np.ndarray, log_period: float, q: float) -> np.ndarray:
        """Return the vector of unknowns, for values x (4 N, m) at the nodes."""
        return np.concatenate([(x * self.roots[:, None]).ravel(), [log_period, q]])

    def profile(self, u: np.ndarray) -> np.ndarray:
        """Return x (4 N, m) at the nodes."""
        return u[:-2].reshape(-1, self.family.size) / self.roots[:, None]

    def residual(self, u: np.ndarray) -> np.ndarray:
        """Return the equations at the Gauss points, then that of the phase."""
        local = self.profile(u)[self.nodes]
        inside = np.einsum("gk,ikm->igm", self.at, local)
        moves = np.einsum("gk,ikm->igm", self.rate, local)
        times = self.steps[:, None, None] * np.exp(u[-2])
        off = moves - times * self._fields(inside, u[-1])
        phase = np.einsum("g,igm,igm->", self.weights, inside, self.turning)
        return np.append(off.ravel(), phase)

    def slope(self, u: np.ndarray) -> Any:
        """Return the derivative of `residual`, a sparse matrix."""
        from scipy.sparse import coo_matrix

        blocks, by_period, by_q = self._blocks(u)
        n, m, size = self.intervals, self.family.size, len(u)
        scaled = blocks / self.roots[self.nodes][:, None, None, :, None]
        phase = np.einsum("g,gk,igm->ikm", self.weights, self.at, self.turning)
        phase = phase / self.roots[self.nodes][:, :, None]
        rows, columns = self._pattern
        last = np.full(phase.size, n * DEGREE * m)
        every = np.arange(n * DEGREE * m)
        unknown = (self.nodes[:, :, None] * m + np.arange(m)).ravel()
        entries = np.concatenate([scaled.ravel(), by_period.ravel(), by_q.ravel(), phase.ravel()])
        places = (
            np.concatenate([rows, every, every, last]),
            np.concatenate([columns, every * 0 + size - 2, every * 0 + size - 1, unknown]),
        )
        return coo_matrix((entries, places), shape=(size - 1, size)).tocsc()

    @cached_property
    def _pattern(self) -> tuple[np.ndarray, np.ndarray]:
        n, m = self.intervals, self.family.size
        equations = np.arange(n * DEGREE * m).reshape(n, DEGREE, m)
        unknowns = self.nodes[:, :, None] * m + np.arange(m)
        shape = (n, DEGREE, m, DEGREE + 1, m)
        rows = np.broadcast_to(equations[:, :, :, None, None], shape).ravel()
        return rows, np.broadcast_to(unknowns[:, None, None], shape).ravel()

    def _fields(self, inside: np.ndarray, q: float) -> np.ndarray:
        m = self.family.size
        return self.family.residuals(inside.reshape(-1, m), np.array([q])).reshape(inside.shape)

    def _blocks(self, u: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the derivative by the nodes (N, 4, m, 5, m), by log T and by q (N, 4, m)."""
        local = self.profile(u)[self.nodes]
        inside = np.einsum("gk,ikm->igm", self.at, local)
        n, m = self.intervals, self.family.size
        slopes = self.family.slopes(inside.reshape(-1, m), u[-1:]).reshape(n, DEGREE, m, m + 1)
        times = self.steps[:, None, None] * np.exp(u[-2])
        blocks = -np.einsum("igab,gk->igakb", times[..., None] * slopes[..., :m], self.at)
        blocks += np.einsum("gk,ab->gakb", self.rate, np.eye(m))
        return blocks, -times * self._fields(inside, u[-1]), -times * slopes[..., m]

    def multipliers(self, u: np.ndarray) -> np.ndarray:
        """Return Floquet's multipliers (m - 1,) without the 1 along the orbit, largest first.

        In the plane the one is exp of the integral of the divergence (Liouville), accurate however
        small; else the eigenvalues of the monodromy matrix across the orbit's direction.
        """
        n, m = self.intervals, self.family.size
        if m == 2:
            inside = np.einsum("gk,ikm->igm", self.at, self.profile(u)[self.nodes])
            slopes = self.family.slopes(inside.reshape(-1, m), u[-1:])
            traces = np.trace(slopes[:, :, :m], axis1=1, axis2=2).reshape(n, DEGREE)
            total = np.exp(u[-2]) * float(self.steps @ traces @ self.weights)
            with np.errstate(over="ignore", under="ignore"):
                return np.array([complex(np.exp(total))])
        blocks = self._blocks(u)[0].reshape(n, DEGREE * m, DEGREE + 1, m)
        ahead = blocks[:, :, 1:].reshape(n, DEGREE * m, DEGREE * m)
        transport = -np.linalg.solve(ahead, blocks[:, :, 0])[:, -m:]
        across = np.eye(m)
        along = self.family.residuals(self.profile(u)[:1], u[-1:])[0]
        frame = np.linalg.qr(np.column_stack([along, across]))[0]
        product = np.eye(m)
        for step in transport:
            product = step @ product
        found = np.linalg.eigvals((frame.T @ product @ frame)[1:, 1:]).astype(complex)
        return found[np.lexsort((-np.imag(found), -np.abs(found)))]

    def size(self, u: np.ndarray) -> float:
        """Return how far the orbit reaches, in units of z: the largest range of a coordinate."""
        return float(np.ptp(self.profile(u), axis=0).max())

    def dense(self, u: np.ndarray, number: int) -> tuple[np.ndarray, np.ndarray]:
        """Return s (k,) and x (k, m), ``number`` places to an interval and the end."""
        places = np.arange(number) / number
        at, _ = _lagrange(places)
        x = np.einsum("gk,ikm->igm", at, self.profile(u)[self.nodes]).reshape(-1, self.family.size)
        s = (self.mesh[:-1, None] + self.steps[:, None] * places).ravel()
        return np.append(s, 1.0), np.vstack([x, x[:1]])

    def needs(self, u: np.ndarray) -> np.ndarray:
        """Return into how many intervals each should be parted for the orbit to be good enough."""
        places = np.array([0.0, 0.5, 1.0])  # where the defect of a Gauss collocation is largest
        at, rate = _lagrange(places)
        local = self.profile(u)[self.nodes]
        inside = np.einsum("gk,ikm->igm", at, local)
        moves = np.einsum("gk,ikm->igm", rate, local)
        times = self.steps[:, None, None] * np.exp(u[-2])
        off = np.abs(moves - times * self._fields(inside, u[-1])).max(axis=(1, 2))
        return (off / (TOLERANCE * max(self.size(u), 1e-12))) ** (1 / (DEGREE + 1))

    def remeshed(
        self, u: np.ndarray, t: np.ndarray
    ) -> tuple[Collocation, np.ndarray, np.ndarray] | None:
        """Return the problem on a mesh that suits the orbit, with u and t on it.

        None where more than `MOST_INTERVALS` would be needed; what is returned satisfies the
        equations to the accuracy of the old mesh only.
        """
        needs = self.needs(u)
        if not ROOM * needs.sum() <= MOST_INTERVALS:  # or the field is not defined there
            return None
        wanted = max(FEWEST, int(np.ceil(ROOM * needs.sum())))
        # no interval more than about four times as long as it would be on an even mesh
        share = np.cumsum(needs / max(needs.sum(), 1e-300) + self.steps / 3)
        share = np.append(0.0, share / share[-1])
        mesh = np.interp(np.linspace(0.0, 1.0, wanted + 1), share, self.mesh)
        mesh[0], mesh[-1] = 0.0, 1.0
        x, turn = (self._moved(v, mesh) for v in (u, t))
        found = Collocation(self.family, mesh, x)
        t = found.packed(turn, t[-2], t[-1])
        return found, found.packed(x, u[-2], u[-1]), t / np.linalg.norm(t)

    def _moved(self, u: np.ndarray, mesh: np.ndarray) -> np.ndarray:
        """Return the profile of a vector at the nodes of another mesh."""
        s = (mesh[:-1, None] + np.diff(mesh)[:, None] * np.arange(DEGREE) / DEGREE).ravel()
        n = np.clip(np.searchsorted(self.mesh, s, side="right") - 1, 0, self.intervals - 1)
        at, _ = _lagrange((s - self.mesh[n]) / self.steps[n])
        return np.einsum("sk,skm->sm", at, self.profile(u)[self.nodes[n]])
