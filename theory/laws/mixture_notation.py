"""The letters in which laws of the prototype mixture are written."""

from __future__ import annotations

from typing import Any

import sympy as sp

from theory.algebra.symbols import Index, Partial, Tensor, total
from theory.models.model import Model

__all__ = ["MixtureNotation"]


class MixtureNotation:
    """Indices, entries and scalars of a prototype mixture.

    ``entry("r", i, j)`` is r_ij, ``entry("sigma2")`` the variance; ``grad("v", j, a)`` is
    dF/dv_ja.  Indices: i over data; j, k, l over prototypes; a, b over d_x.
    """

    def __init__(self, model: Model) -> None:
        self.model = model
        sizes = model.size_names
        self.N, self.d_x = sizes["N"], sizes["d_x"]
        self.i = Index("i", sizes["N"])
        self.j, self.k, self.l = (Index(x, sizes["K"]) for x in "jkl")
        self.a, self.b = (Index(x, sizes["d_x"]) for x in "ab")
        self.loss = model.loss
        self.sigma2: Any = model.tensors["sigma2"]

    def entry(self, name: str, *index: Index) -> Any:
        """Return an entry, a scalar itself."""
        tensor = self.model.tensors[name]
        return tensor[index] if isinstance(tensor, Tensor) else tensor

    def grad(self, name: str, *index: Index) -> Partial:
        """Return dF/d entry."""
        return Partial(self.loss, self.entry(name, *index))

    @property
    def r(self) -> Any:
        """r_ij."""
        return self.entry("r", self.i, self.j)

    @property
    def n(self) -> Any:
        """n_j."""
        return self.entry("n", self.j)

    def moved(self, j: Index, a: Index) -> sp.Expr:
        """Return how far the M-step moves a prototype: v_star_ja - v_ja."""
        return self.entry("v_star", j, a) - self.entry("v", j, a)

    def divergence(self, row: str, other: str) -> sp.Expr:
        """Return KL(row_i || other_i), nats."""
        p, q = self.entry(row, self.i, self.j), self.entry(other, self.i, self.j)
        return total(p * (sp.log(p) - sp.log(q)), self.j)
