"""The letters in which laws of an attention head are written.

One statement serves every variant: entries of what each head has for itself get the head index h in
front where the model has heads, `weight(i)` is w_i or 1, `scale` is 1/sqrt(d_k) or
1/(tau sqrt(d_k)), and `over_heads` sums over h where there is one.
"""

from __future__ import annotations

import sympy as sp

from theory.algebra.expressions import substitute
from theory.algebra.symbols import Index, Partial, Tensor, delta, scalar, total
from theory.models.model import Model

__all__ = ["HeadNotation"]

SHARED = frozenset({"X", "X_K", "y", "z", "p", "w", "M", "B"})


class HeadNotation:
    """Indices, entries and scalars of one attention-head model.

    ``entry("alpha", i, j)`` is alpha_ij; ``grad("s", i, j)`` is dL/ds_ij.  Indices: i, m over
    queries; j, k, l over keys; a, b over d_v; r, t over d_k; e over d_x; c, d over C.

    ``other("v", l, b)`` is the entry of another head h' where there are several, so that second
    derivatives across heads can be stated; with one head it is ``entry``.
    """

    def __init__(self, model: Model) -> None:
        self.model = model
        sizes = model.size_names
        keys = sizes["n"] if model.features["cross"] else sizes["T"]
        self.i, self.m = Index("i", sizes["T"]), Index("m", sizes["T"])
        self.j, self.k, self.l = (Index(x, keys) for x in "jkl")
        self.a, self.b = Index("a", sizes["d_v"]), Index("b", sizes["d_v"])
        self.r, self.t = Index("r", sizes["d_k"]), Index("t", sizes["d_k"])
        self.e = Index("e", sizes["d_x"])
        self.c, self.d = Index("c", sizes["C"]), Index("d", sizes["C"])
        has_heads = model.features["heads"]
        self.heads = (Index("h", sizes["H"]),) if has_heads else ()
        self.other_heads = (Index("h'", sizes["H"]),) if has_heads else ()
        self.loss = model.loss
        self.eta = scalar("eta", positive=True)
        self.key_inputs = "X_K" if model.features["cross"] else "X"

    def entry(self, name: str, *index: Index) -> sp.Expr:
        """Return an entry, with the head index in front where it belongs."""
        tensor = self.model.tensors[name]
        if not isinstance(tensor, Tensor):
            raise ValueError(
                f"`{name}` is a scalar of model `{self.model.name}`; it has no entries."
            )
        return tensor[index if name in SHARED else (*self.heads, *index)]

    def other(self, name: str, *index: Index) -> sp.Expr:
        """Return an entry of the other head; of the same one where there is one head only."""
        return substitute(self.entry(name, *index), self._other)

    @property
    def _other(self) -> dict[Index, Index]:
        return dict(zip(self.heads, self.other_heads, strict=True))

    @property
    def same_head(self) -> sp.Expr:
        """1 if the other head is this one, else 0."""
        return sp.Mul(*(delta(h, other) for h, other in self._other.items()))

    def grad(self, name: str, *index: Index) -> Partial:
        """Return dL/d entry."""
        return Partial(self.loss, self.entry(name, *index))

    def rate(self, name: str) -> sp.Symbol:
        """Return the rate eps_name of the gradient flow, positive."""
        return scalar(f"eps_{name}", positive=True)

    def weight(self, i: Index) -> sp.Expr:
        """Return the weight of position i in the loss."""
        return self.entry("w", i) if self.model.features["weights"] else sp.S.One

    @property
    def scale(self) -> sp.Expr:
        """What multiplies q.k in the scores."""
        tau = self.model.tensors["tau"] if self.model.features["temperature"] else sp.S.One
        return 1 / (sp.sqrt(self.r.size) * tau)

    def over_heads(self, body: sp.Expr) -> sp.Expr:
        """Return the sum over heads, the body itself where there is one head."""
        return total(body, *self.heads)

    def mean(self, i: Index, value: sp.Expr, k: Index) -> sp.Expr:
        """Return E_{alpha_i}[value] = sum_k alpha_ik value_k."""
        return total(self.entry("alpha", i, k) * value, k)

    @property
    def baseline(self) -> sp.Expr:
        """E_{alpha_i}[b]."""
        return self.mean(self.i, self.entry("b", self.i, self.k), self.k)
