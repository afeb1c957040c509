"""Next-token data with orthonormal tied embeddings, and their priority graphs.

    logits of label y for context counts m and last token k:  log m_y + W[y, k]
    loss  L(W) = -mean log p(label),   p = softmax over the tokens of the context   (nats)

For each last token k the graph has an edge label -> token for every other token of the context.
Inside a strongly connected component no token has priority; between components one has.

    S_fin   the span of the differences inside components (the cyclic subspace)

Loss, gradient and Hessian are generated from the laws of the model `next-token-table`.

Source: li2024mechanics; mathematics.md G.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from numerics.experiments.generated import generated

__all__ = ["Data", "sample", "violating"]

Array = NDArray[np.float64]
TRIES = 1000
MODEL, GIVEN = "next-token-table", ("n", "U", "Y", "W")


@dataclass(frozen=True)
class Data:
    """Sequences: ``counts`` (n, K) of the tokens in each context, ``last`` (n,), ``label`` (n,).

    The assumption of realisable labels is that every label stands in its context.  One that does
    not has probability zero whatever W is: its loss is infinite, and it still makes edges of the
    graph.  Loss and gradient raise `ValueError` then; take the ``part`` that is realisable.
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
    def _inputs(self) -> dict[str, NDArray[Any]]:
        """The inputs of the model `next-token-table`, but for W.

        Raises `ValueError` if a label is not realisable.
        """
        if not self.realisable.all():
            raise ValueError(
                "every label must stand in its context; got "
                f"{int((~self.realisable).sum())} that do not. Take `part(realisable)`."
            )
        return {"n": self.counts, "U": self._last, "Y": np.eye(self.tokens)[self.label]}

    @cached_property
    def _last(self) -> Array:
        return np.eye(self.tokens)[self.last]

    def loss(self, w: Array) -> float:
        """Return the mean loss, nats."""
        return float(generated(MODEL, "L", *GIVEN)(**self._inputs, W=w))

    def gradient(self, w: Array) -> Array:
        """Return the gradient (K, K) of the loss by W."""
        return generated(MODEL, "next-token-table", *GIVEN)(**self._inputs, W=w)

    def hessian(self, w: Array) -> Array:
        """Return the Hessian of the loss (K K, K K) in the entries of W."""
        found = generated(MODEL, "next-token-table-hessian", "n", "U", "W")
        return found(n=self.counts, U=self._last, W=w).reshape(w.size, w.size)

    def split_gradient(self, w: Array) -> tuple[Array, Array]:
        """Return the parts of the gradient (K, K) in S_fin and in its complement.

        The second is constant on components.  Its entries are sums of probabilities outside of the
        label's component: they may be as small as they like, because nothing is subtracted.
        """
        errors = generated(MODEL, "next-token-errors", *GIVEN)(**self._inputs, W=w).ravel()
        inside, outside = self._parts
        return (inside @ errors).reshape(w.shape), (outside @ errors).reshape(w.shape)

    @cached_property
    def _parts(self) -> tuple[Array, Array]:
        """The parts of the gradient in S_fin and outside, as matrices (K K, n K) of the errors.

        What the component of the label gets outside is minus what all others get, because the
        errors of a sequence sum to zero; its own error is a difference of two that are larger.
        """
        own, same = self.in_component, self._same_component[self.last]  # (n, K), (n, K, K)
        mean = same / np.maximum(same.sum(axis=2, keepdims=True), 1)
        share = own / own.sum(axis=1, keepdims=True)
        outer = np.where(own[:, None], 0.0, mean - share[:, :, None])  # (n, K, K): token, error
        inner = np.eye(self.tokens) - mean
        at = np.zeros((self.tokens, self.tokens, *self.counts.shape))
        inside, outside = at, at.copy()
        for row, k in enumerate(self.last):
            inside[:, k, row] += inner[row]
            outside[:, k, row] += outer[row]
        shape = (self.tokens**2, self.counts.size)
        return inside.reshape(shape), outside.reshape(shape)

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
        return generated(MODEL, "alpha", "n", "U", "W")(n=self.counts, U=self._last, W=w)

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
