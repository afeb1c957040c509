"""Next-token data with orthonormal tied embeddings, their priority graphs, and the Graph-SVM.

    logits of label y for context counts m and last token k:  log m_y + W[y, k]
    loss  L(W) = -mean log p(label),   p = softmax over the tokens of the context   (nats)

For each last token k the graph has an edge label -> token for every other token of the context.
Inside a strongly connected component no token has priority; between components one has.

    Graph-SVM   min |W|_F^2 / 2  s.t.  W[i,k] = W[j,k] in a component,
                                       W[i,k] - W[j,k] >= 1 for i => j
    S_fin       the span of the differences inside components (the cyclic subspace)
    W_fin       the minimiser in S_fin of the loss on the cyclic part of the data

Source: li2024mechanics; the constraints as in mathematics.md G.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from typing import Any

import networkx as nx
import numpy as np
from numpy.typing import NDArray

__all__ = ["Certificate", "Data", "graph_svm", "sample"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Data:
    """Sequences: ``counts`` (n, K) of the tokens in each context, ``last`` (n,), ``label`` (n,).

    Raises `ValueError` if a label does not stand in its context: its loss is infinite.
    """

    counts: NDArray[np.int64]
    last: NDArray[np.int64]
    label: NDArray[np.int64]

    def __post_init__(self) -> None:
        missing = np.flatnonzero(self.counts[np.arange(len(self.label)), self.label] == 0)
        if len(missing):
            raise ValueError(
                f"the label of sequence {missing[0] + 1} must stand in its context; "
                f"got {self.label[missing[0]]}. Its loss is infinite for every W."
            )

    @property
    def tokens(self) -> int:
        """How many tokens there are."""
        return self.counts.shape[1]

    def loss_and_gradient(self, w: Array) -> tuple[float, Array]:
        """Return the mean loss (nats) and its gradient (K, K) by W."""
        with np.errstate(divide="ignore"):
            logits = np.log(self.counts) + w[:, self.last].T
        top = logits.max(axis=1, keepdims=True)
        e = np.exp(logits - top)
        total = e.sum(axis=1)
        rows, count = np.arange(len(self.label)), len(self.label)
        loss = float((np.log(total) + top[:, 0] - logits[rows, self.label]).mean())
        p = e / total[:, None]
        p[rows, self.label] = 0.0
        p[rows, self.label] = -p.sum(axis=1)  # p - 1 without losing what is small
        gradient = np.zeros_like(w)
        np.add.at(gradient.T, self.last, p / count)
        return loss, gradient

    def outer_gradient(self, w: Array) -> Array:
        """Return the part of the gradient (K, K) in the complement of S_fin, to full precision.

        It is constant on components.  Its entries are sums of probabilities outside of the label's
        component: they may be as small as they like, because nothing is subtracted.
        """
        with np.errstate(divide="ignore"):
            logits = np.log(self.counts) + w[:, self.last].T
        e = np.exp(logits - logits.max(axis=1, keepdims=True))
        p = e / e.sum(axis=1, keepdims=True)
        same = self._same_component[self.last]  # (n, K, K)
        own = same[np.arange(len(self.label)), self.label]  # (n, K): the label's component
        p = np.where(own, 0.0, p)
        sizes = np.maximum(same.sum(axis=2), 1)
        spread = np.einsum("nij,nj->ni", same, p) / sizes
        spread -= own * (p.sum(axis=1) / own.sum(axis=1))[:, None]
        gradient = np.zeros_like(w)
        np.add.at(gradient.T, self.last, spread / len(self.label))
        return gradient

    @cached_property
    def _same_component(self) -> NDArray[np.bool_]:
        """Whether two tokens share a component of a last token's graph (K, K, K)."""
        out = np.tile(np.eye(self.tokens, dtype=bool), (self.tokens, 1, 1))
        for k, parts in self.components.items():
            for c in parts:
                out[k][np.ix_(c, c)] = True
        return out

    @cached_property
    def graphs(self) -> dict[int, nx.DiGraph]:
        """The priority graph of every last token that occurs."""
        found: dict[int, nx.DiGraph] = {}
        for counts, k, y in zip(self.counts, self.last, self.label, strict=True):
            graph = found.setdefault(int(k), nx.DiGraph())
            graph.add_node(int(y))
            graph.add_edges_from((int(y), int(i)) for i in np.flatnonzero(counts) if i != y)
        return found

    @cached_property
    def components(self) -> dict[int, list[list[int]]]:
        """The strongly connected components of every graph, each sorted."""
        return {
            k: sorted(sorted(c) for c in nx.strongly_connected_components(graph))
            for k, graph in self.graphs.items()
        }

    @property
    def is_acyclic(self) -> bool:
        """Whether every component is a single token."""
        return all(len(c) == 1 for parts in self.components.values() for c in parts)

    def differences(self) -> Array:
        """Return an orthonormal basis (r, K K) of the cyclic subspace S_fin."""
        rows = []
        for k, parts in self.components.items():
            for c in parts:
                for i in c[1:]:
                    row = np.zeros((self.tokens, self.tokens))
                    row[c[0], k], row[i, k] = 1.0, -1.0
                    rows.append(row.ravel())
        if not rows:
            return np.zeros((0, self.tokens**2))
        return np.linalg.qr(np.stack(rows).T)[0].T

    def cyclic(self) -> Data | None:
        """Return the data with every context cut to its label's component; None if none is left."""
        own = {(k, i): c for k, parts in self.components.items() for c in parts for i in c}
        kept, counts = [], self.counts.copy()
        for n, (k, y) in enumerate(zip(self.last, self.label, strict=True)):
            c = own[int(k), int(y)]
            if len(c) > 1:
                kept.append(n)
                outside = np.setdiff1d(np.arange(self.tokens), c)
                counts[n, outside] = 0
        return Data(counts[kept], self.last[kept], self.label[kept]) if kept else None


def sample(
    rng: np.random.Generator, tokens: int, count: int, length: int, *, acyclic: bool
) -> Data:
    """Return random sequences; ``acyclic`` labels by one order of the tokens for each last one."""
    contexts = rng.integers(tokens, size=(count, length))
    last = contexts[:, -1]
    order = np.argsort(rng.random((tokens, tokens)), axis=1)  # rank of a token, by last token
    if acyclic:
        ranks = np.take_along_axis(order[last], contexts, axis=1)
        label = contexts[np.arange(count), ranks.argmin(axis=1)]
    else:
        label = contexts[np.arange(count), rng.integers(length, size=count)]
    counts = np.stack([np.bincount(c, minlength=tokens) for c in contexts])
    return Data(counts, last, label)


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
    found = clarabel.DefaultSolver(quadratic, np.zeros(count), a, b, cones, settings).solve()
    z = np.array(found.z)
    return np.array(found.x), z[: len(equal)], z[len(equal) :]


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
