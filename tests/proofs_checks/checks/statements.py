"""What tests of judges speak of: letters of an attention head, a small model with hypotheses."""

import sympy as sp

from theory.algebra.symbols import Index, Partial, Size, Tensor, indices, scalar, total
from theory.models import model_named
from theory.models.model import Constraint, Definition, Model

SHARED = frozenset({"X", "X_K", "y", "z", "p", "w", "M", "B"})


class Head:
    """Letters for statements about one variant; the head index stands in front where it must."""

    def __init__(self, name):
        self.model = model_named(name)
        self.has = self.model.features
        sizes = self.model.size_names
        keys = sizes["n"] if self.has["cross"] else sizes["T"]
        self.i, self.m = indices("i m", sizes["T"])
        self.j, self.k, self.l = indices("j k l", keys)
        self.a, self.b, self.f = indices("a b f", sizes["d_v"])
        self.r, self.t = indices("r t", sizes["d_k"])
        self.e, self.c = Index("e", sizes["d_x"]), Index("c", sizes["C"])
        self.heads = (Index("h", sizes["H"]),) if self.has["heads"] else ()
        self.L = self.model.loss
        self.eta = scalar("eta", positive=True)
        tau = self.model.tensors["tau"] if self.has["temperature"] else 1
        self.scale = 1 / (sp.sqrt(sizes["d_k"]) * tau)

    def __getitem__(self, name):
        own = () if name in SHARED else self.heads
        return lambda *at: self.model.tensors[name][(*own, *at)]

    def d(self, name, *at):
        return Partial(self.L, self[name](*at))


n = Size("n")
ix, jx = indices("i j", n)
weight, other, L = Tensor("weight", (n,)), Tensor("other", (n,)), scalar("L")


def with_hypothesis(*equations):
    return Model(
        name="hypotheses",
        title="",
        sizes=(n,),
        inputs=(weight, other),
        definitions=(Definition(L, total(weight[ix] * other[ix], ix), ""),),
        loss=L,
        constraints=tuple(Constraint(e, f"hypothesis {k}") for k, e in enumerate(equations)),
    )
