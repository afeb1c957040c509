"""The Graph-SVM of a priority graph, by an interior-point solver, with its certificate.

    min |W|_F^2 / 2   s.t.   W[i,k] = W[j,k] in a component,   W[i,k] - W[j,k] >= 1 for i => j

Source: li2024mechanics; the constraints as in mathematics.md G.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Any

import networkx as nx
import numpy as np

from numerics.experiments.priority_graphs import Array, Data

__all__ = ["Certificate", "embedded_svm", "graph_svm"]


@dataclass(frozen=True)
class Certificate:
    """How far a solution is from optimal, computed in extended precision, largest over columns.

    ``stationarity`` |w + A^T nu - B^T mu|, ``feasibility`` of equalities and inequalities,
    ``complementarity`` max mu (slack), ``gap`` between primal and dual value.
    """

    stationarity: float
    feasibility: float
    complementarity: float
    gap: float

    @property
    def worst(self) -> float:
        """The largest of the four."""
        return max(self.stationarity, self.feasibility, self.complementarity, self.gap)


def graph_svm(data: Data) -> tuple[Array, Certificate]:
    """Return W_svm (K, K) and the certificate of its optimality.

    A last token without a pair in two components has a zero column.  The problem is always
    feasible, because the components of a graph have no cycle.
    """
    w = np.zeros((data.tokens, data.tokens))
    worst = np.zeros(4)
    for k, graph in data.graphs.items():
        equal, above = _constraints(data, k, graph)
        if not len(above):
            continue
        w[:, k], nu, mu = _solved(equal, above)
        worst = np.maximum(worst, _residuals(w[:, k], nu, mu, equal, above))
    return w, Certificate(*map(float, worst))


def embedded_svm(data: Data, basis: Array) -> Array | None:
    """Return the Graph-SVM (r,) in the coordinates of a basis (r, K K); None if it has no solution.

    With embeddings E (K, d) that are not orthonormal the logits are E W E^T, so the columns of W
    share their numbers: no W may satisfy all constraints.
    """
    rows: tuple[list[Array], list[Array]] = ([], [])
    columns = basis.reshape(len(basis), data.tokens, data.tokens)
    for k, graph in data.graphs.items():
        for kept, row in zip(rows, _constraints(data, k, graph), strict=True):
            kept.append(row @ columns[:, :, k].T)
    equal, above = (np.concatenate(x) for x in rows)
    found = _solver(equal, above).solve()
    return np.array(found.x) if str(found.status) == "Solved" else None


def _constraints(data: Data, k: int, graph: nx.DiGraph) -> tuple[Array, Array]:
    """Return the rows that must be 0 and those that must be at least 1."""
    component = {i: n for n, c in enumerate(data.components[k]) for i in c}
    equal = [(c[0], i) for c in data.components[k] for i in c[1:]]
    above = sorted({(i, j) for i, j in graph.edges if component[i] != component[j]})
    rows = []
    for pairs in (equal, above):
        row = np.zeros((len(pairs), data.tokens))
        for n, (i, j) in enumerate(pairs):
            row[n, i], row[n, j] = 1.0, -1.0
        rows.append(row)
    return rows[0], rows[1]


def _solved(equal: Array, above: Array) -> tuple[Array, Array, Array]:
    found = _solver(equal, above).solve()
    z = np.array(found.z)
    return np.array(found.x), z[: len(equal)], z[len(equal) :]


def _solver(equal: Array, above: Array) -> Any:
    from scipy import sparse

    clarabel: Any = import_module("clarabel")  # its names are made in Rust: no types to check
    count = above.shape[1]
    a = sparse.csc_matrix(np.vstack([equal, -above]))
    b = np.concatenate([np.zeros(len(equal)), -np.ones(len(above))])
    cones = [clarabel.ZeroConeT(len(equal)), clarabel.NonnegativeConeT(len(above))]
    settings = clarabel.DefaultSettings()
    settings.verbose = False
    settings.tol_gap_abs = settings.tol_gap_rel = settings.tol_feas = 1e-12
    quadratic = sparse.identity(count, format="csc")
    return clarabel.DefaultSolver(quadratic, np.zeros(count), a, b, cones, settings)


def _residuals(w: Array, nu: Array, mu: Array, equal: Array, above: Array) -> Array:
    long: list[Any] = [np.asarray(x, np.longdouble) for x in (w, nu, mu, equal, above)]
    x, free, forced, zero, one = long
    force = zero.T @ free - one.T @ forced
    slack = one @ x - 1
    primal, dual = x @ x / 2, -(force @ force) / 2 + forced.sum()
    infeasible = max(np.abs(zero @ x).max(initial=0), -min(slack.min(), 0), -min(forced.min(), 0))
    return np.array(
        [np.abs(x + force).max(), infeasible, np.abs(forced * slack).max(), abs(primal - dual)],
        float,
    )
