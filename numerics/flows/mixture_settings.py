"""What the systems of the Gaussian mixture have in common: data, weights, variance, what moves.

    r_ij = pi_j N(x_i; v_j, sigma^2 I) / sum_k pi_k N(x_i; v_k, sigma^2 I)

Means always move; weights and variance move on request, in coordinates without constraints:

    pi = softmax(a), the state holds the logits a (K,)
    sigma^2 = exp(tau), the state holds tau

on the model `prototype-mixture-full`, from which `pi` or `sigma2` is cut where it stays fixed.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy as sp

from numerics.flows import checks
from numerics.flows.building import decreasing, parameter_vector, variables
from numerics.flows.system import Quantity, Variable
from theory.codegen.names import nearest
from theory.models import model_named
from theory.models.model import Model

__all__ = ["Mixture", "bimodal_sample", "data_of", "mixture"]

MOVES = {"means": "v", "weights": "a", "variance": "tau"}
"""What a user may let move, and its name in the model."""
TITLES = {"v": "means", "a": "logits of the weights", "tau": "log of the variance"}
LIKELIHOOD = "negative log-likelihood"
ALL_RELABELLINGS = 6
"""Up to this many clusters all K! relabellings are listed, above it the swaps of two."""


@dataclass(frozen=True)
class Mixture:
    """A mixture at concrete sizes, its data and parameters checked.

    ``sizes``    N points, K clusters, d_x dimensions
    ``given``    values of x (N, d_x), pi (K,), sigma2, by name in the model
    ``moves``    names of the tensors that move: v, then a and tau if asked for
    ``settings`` what the caller chose, defaults included
    """

    sizes: Mapping[str, int]
    given: Mapping[str, Any]
    moves: tuple[str, ...]
    settings: Mapping[str, Any]

    @property
    def model(self) -> Model:
        """The model with weights and variance as functions of free inputs."""
        return model_named("prototype-mixture-full")

    @property
    def state(self) -> list[sp.Basic]:
        """The tensors and scalars that move."""
        return [self.model.tensors[x] for x in self.moves]

    @property
    def parameters(self) -> list[sp.Basic]:
        """The data, and the weights and the variance where they stay."""
        stay = ["x", *(["pi"] * ("a" not in self.moves)), *(["sigma2"] * ("tau" not in self.moves))]
        return [self.model.tensors[x] for x in stay]

    @property
    def dimension(self) -> int:
        """The number of state variables."""
        K, d_x = self.sizes["K"], self.sizes["d_x"]
        return K * d_x + K * ("a" in self.moves) + ("tau" in self.moves)

    @property
    def variables(self) -> tuple[Variable, ...]:
        """The description of every tensor of the state."""
        return variables(self.state, TITLES, self.sizes)

    @property
    def starts(self) -> Callable[[np.random.Generator, int], np.ndarray]:
        """Means around the data, weights near the given ones, variances near the given one."""
        X, K = self.given["x"], self.sizes["K"]
        scale = np.sqrt(X.var(axis=0) + self.given["sigma2"])

        def draw(rng: np.random.Generator, count: int) -> np.ndarray:
            means = X.mean(axis=0) + scale * rng.normal(size=(count, K, len(scale)))
            parts = [means.reshape(count, -1)]
            if "a" in self.moves:
                logits = np.log(self.given["pi"]) + 0.5 * rng.normal(size=(count, K))
                parts.append(logits - logits.mean(axis=1, keepdims=True))
            if "tau" in self.moves:
                parts.append(np.log(self.given["sigma2"]) + 0.5 * rng.normal(size=(count, 1)))
            return np.hstack(parts)

        return draw

    @property
    def shifts(self) -> np.ndarray:
        """The direction that changes nothing: the same number added to all logits."""
        if "a" not in self.moves:
            return np.zeros((0, self.dimension))
        K, d_x = self.sizes["K"], self.sizes["d_x"]
        direction = np.zeros((1, self.dimension))
        direction[0, K * d_x : K * d_x + K] = 1
        return direction

    @property
    def relabellings(self) -> tuple[tuple[int, ...], ...]:
        """The permutations of clusters, as permutations of the state.

        Clusters of different fixed weight cannot change places.  All of them up to
        `ALL_RELABELLINGS` clusters, above that the swaps of two, which generate the others.
        """
        K, d_x = self.sizes["K"], self.sizes["d_x"]
        found = []
        for order in _orders(K):
            if "a" not in self.moves and (self.given["pi"][list(order)] != self.given["pi"]).any():
                continue
            places = [j * d_x + a for j in order for a in range(d_x)]
            if "a" in self.moves:
                places += [K * d_x + j for j in order]
            if "tau" in self.moves:
                places.append(self.dimension - 1)
            found.append(tuple(places))
        return tuple(found)

    @property
    def window(self) -> tuple[float, float, float, float] | None:
        """A rectangle around the data, where two means or two coordinates are all that moves."""
        if self.dimension != 2 or len(self.moves) > 1:
            return None
        spread = math.sqrt(self.given["sigma2"])
        X = self.given["x"]
        low, high = np.floor(X.min(axis=0) - spread), np.ceil(X.max(axis=0) + spread)
        return (float(low[0]), float(high[0]), float(low[-1]), float(high[-1]))

    def descent(self, law: str, parameters: list[sp.Basic]) -> Quantity:
        """Return the negative log-likelihood, which the law says never grows."""
        return decreasing(law, self.model, self.state, parameters, self.sizes, name=LIKELIHOOD)

    def values(self, parameters: list[sp.Basic], **rates: float) -> np.ndarray:
        """Return the parameter vector."""
        return parameter_vector(parameters, {**self.given, **rates}, self.sizes)


def _orders(K: int) -> list[tuple[int, ...]]:
    """Return the permutations of the clusters but for the one that changes nothing."""
    same = tuple(range(K))
    if K <= ALL_RELABELLINGS:
        return [order for order in itertools.permutations(same) if order != same]
    swaps = []
    for j, k in itertools.combinations(same, 2):
        order = list(same)
        order[j], order[k] = k, j
        swaps.append(tuple(order))
    return swaps


def mixture(
    *, X: Any, N: int | None, K: int, d_x: int | None, pi: Any, sigma2: float, moves: str, seed: int
) -> Mixture:
    """Return the mixture with these settings, checked.

    ``X``        data (N, d_x), or (N,) in one dimension; `bimodal_sample` if not given
    ``N, d_x``   points and dimensions: those of ``X``, else 30 and 1
    ``K``        clusters, at most N
    ``pi``       weights (K,), above 0, sum 1; equal if not given
    ``sigma2``   variance that all clusters share, > 0
    ``moves``    "means", with ",weights" and ",variance" where they move too

    Raises `ValueError` for data or weights of the wrong shape, weights that are no distribution or
    0, a variance of 0 or below, more clusters than points, an unknown thing to move.
    """
    if X is None:
        N = checks.count("N", 30 if N is None else N, "points")
        d_x = checks.count("d_x", 1 if d_x is None else d_x, "dimensions")
        data = bimodal_sample(N, d_x, seed)
    else:
        data = data_of(X, N, d_x)
    sizes = {"N": data.shape[0], "K": checks.count("K", K, "clusters"), "d_x": data.shape[1]}
    if sizes["K"] > sizes["N"]:
        raise ValueError(
            f"`K` (clusters) must be at most the number of points; got {sizes['K']} clusters for "
            f"{sizes['N']} points. Take fewer clusters or more data."
        )
    weights = _weights(pi, sizes["K"])
    variance = checks.positive("sigma2", sigma2, "variance of a cluster")
    names = _moves(moves)
    return Mixture(
        sizes,
        {"x": data, "pi": weights, "sigma2": variance},
        tuple(MOVES[x] for x in names),
        {
            **sizes, "X": data.tolist(), "pi": weights.tolist(), "sigma2": variance,
            "moves": ",".join(names), "seed": seed,
        },
    )  # fmt: skip


def bimodal_sample(N: int, d_x: int, seed: int) -> np.ndarray:
    """Return N points (N, d_x) around -2 and +2 on the first axis, with standard deviation 1."""
    points = np.random.default_rng(seed).normal(size=(N, d_x))
    points[:, 0] += np.where(np.arange(N) % 2 == 0, -2.0, 2.0)
    return points


def data_of(X: Any, N: int | None, d_x: int | None) -> np.ndarray:
    """Return the data of the caller; a plain row of numbers is data in one dimension."""
    try:
        data = np.asarray(X, dtype=float)
    except (TypeError, ValueError):
        data = np.zeros(())
    if data.ndim not in (1, 2) or data.size == 0:
        raise ValueError(
            "`X` (data) must be numbers of shape (N, d_x) (points, dimensions), or (N,) in one "
            f"dimension; got {X!r}."
        )
    data = data.reshape(len(data), -1)
    expected = (len(data) if N is None else N, data.shape[1] if d_x is None else d_x)
    return checks.array("X", data, expected, "points, dimensions")


def _weights(pi: Any, K: int) -> np.ndarray:
    if pi is None:
        return np.full(K, 1 / K)
    weights = checks.distribution("pi", checks.array("pi", pi, (K,), "clusters"))
    if (weights == 0).any():
        raise ValueError(
            f"`pi` (weights) must be above 0; got 0 at [{int(np.argmin(weights))}]. A cluster of "
            "weight 0 answers for no point: leave it out."
        )
    return weights


def _moves(moves: str) -> list[str]:
    names = [x.strip() for x in moves.split(",")] if isinstance(moves, str) else []
    for name in names:
        if name not in MOVES:
            raise ValueError(
                f"`moves` knows no `{name}`.{nearest(name, MOVES)} Give {', '.join(MOVES)}, "
                "separated by commas."
            )
    if "means" not in names or len(set(names)) < len(names):
        raise ValueError(
            f"`moves` must name `means`, and each thing once; got {moves!r}. "
            'Give for example "means,weights".'
        )
    return [x for x in MOVES if x in names]
