"""Next-token data with orthonormal tied embeddings, and their priority graphs.

    logits of label y for context counts m and last token k:  log m_y + W[y, k]
    loss  L(W) = -mean log p(label),   p = softmax over the tokens of the context   (nats)

For each last token k the graph has an edge label -> token for every other token of the context.
Inside a strongly connected component no token has priority; between components one has.

    S_fin   the span of the differences inside components (the cyclic subspace)

Source: li2024mechanics; mathematics.md G.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import networkx as nx
import numpy as np
from numpy.typing import NDArray

__all__ = ["Data", "sample", "violating"]

Array = NDArray[np.float64]
TRIES = 1000


@dataclass(frozen=True)
class Data:
    """Sequences: ``counts`` (n, K) of the tokens in each context, ``last`` (n,), ``label`` (n,).

    The assumption of realisable labels is that every label stands in its context.  One that does
    not has probability zero whatever W is: its loss is infinite, its gradient zero, and it still
    makes edges of the graph.
    """

    counts: NDArray[np.int64]
    last: NDArray[np.int64]
    label: NDArray[np.int64]

    @cached_property
    def realisable(self) -> NDArray[np.bool_]:
        """Whether each label stands in its context (n,)."""
        return self.counts[np.arange(len(self.label)), self.label] > 0

    def part(self, kept: NDArray[np.bool_]) -> Data:
        """Return some of the sequences (n,)."""
        return Data(self.counts[kept], self.last[kept], self.label[kept])

    @property
    def tokens(self) -> int:
        """How many tokens there are."""
        return self.counts.shape[1]

    @cached_property
    def _log_counts(self) -> Array:
        with np.errstate(divide="ignore"):
            return np.log(self.counts)

    def loss_and_gradient(self, w: Array) -> tuple[float, Array]:
        """Return the mean loss (nats) and its gradient (K, K) by W."""
        logits = self._log_counts + w[:, self.last].T
        top = logits.max(axis=1, keepdims=True)
        e = np.exp(logits - top)
        total = e.sum(axis=1)
        rows, count = np.arange(len(self.label)), len(self.label)
        loss = float((np.log(total) + top[:, 0] - logits[rows, self.label]).mean())
        p = e / total[:, None]
        p[rows, self.label] = 0.0
        p[rows, self.label] = -p.sum(axis=1)  # p - 1 without losing what is small
        p[~self.realisable] = 0.0
        gradient = np.zeros_like(w)
        np.add.at(gradient.T, self.last, p / count)
        return loss, gradient

    def outer_gradient(self, w: Array) -> Array:
        """Return the part of the gradient (K, K) in the complement of S_fin, to full precision.

        It is constant on components.  Its entries are sums of probabilities outside of the label's
        component: they may be as small as they like, because nothing is subtracted.
        """
        same = self._same_component[self.last]  # (n, K, K)
        own, p = self.in_component, self.attention(w)
        p = np.where(own | ~self.realisable[:, None], 0.0, p)
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
            if len(c) > 1 and self.realisable[n]:
                kept.append(n)
                outside = np.setdiff1d(np.arange(self.tokens), c)
                counts[n, outside] = 0
        return Data(counts[kept], self.last[kept], self.label[kept]) if kept else None

    def attention(self, w: Array) -> Array:
        """Return the attention on each token (n, K): its mass over all positions that hold it."""
        logits = self._log_counts + w[:, self.last].T
        e = np.exp(logits - logits.max(axis=1, keepdims=True))
        return e / e.sum(axis=1, keepdims=True)

    @cached_property
    def in_component(self) -> NDArray[np.bool_]:
        """Whether a token is in the component of each sequence's label (n, K)."""
        return self._same_component[self.last, self.label]


def sample(
    rng: np.random.Generator, tokens: int, count: int, length: int, *, acyclic: bool
) -> Data:
    """Return random sequences; ``acyclic`` labels by one order of the tokens for each last one.

    The others are labelled at random, and drawn again until a graph has a cycle.

    Raises `ValueError` if a thousand draws have none.
    """
    for _ in range(TRIES):
        contexts = rng.integers(tokens, size=(count, length))
        last = contexts[:, -1]
        order = np.argsort(rng.random((tokens, tokens)), axis=1)  # rank of a token, by last token
        if acyclic:
            ranks = np.take_along_axis(order[last], contexts, axis=1)
            label = contexts[np.arange(count), ranks.argmin(axis=1)]
        else:
            label = contexts[np.arange(count), rng.integers(length, size=count)]
        counts = np.stack([np.bincount(c, minlength=tokens) for c in contexts])
        data = Data(counts, last, label)
        if acyclic or not data.is_acyclic:
            return data
    raise ValueError(
        f"{TRIES} draws of {count} sequences of {length} among {tokens} tokens have no cycle. "
        "Draw more or longer sequences, or fewer tokens."
    )


def violating(rng: np.random.Generator, data: Data) -> Data:
    """Return the data with one label that does not stand in its context, drawn at random.

    Raises `ValueError` if every context holds every token.
    """
    absent = np.argwhere(data.counts == 0)
    if not len(absent):
        raise ValueError("no label can be outside of its context: every context holds all tokens.")
    row, token = absent[rng.integers(len(absent))]
    label = data.label.copy()
    label[row] = token
    return Data(data.counts, data.last, label)
