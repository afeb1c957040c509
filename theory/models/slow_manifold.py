"""Attention whose values follow its scores: the slow manifold to first order.

    v_ja = v_0_ja + sum_ik J_jaik s_ik            values that follow the scores with slope J

and from there on the lines of `scores_and_values`.  To first order every differentiable family of
values V(s) is of this form at a given s, with V' = J; so what is said here about first derivatives
holds for all of them, in particular for the slow manifold V*(s), where dL/dv = 0.

Shapes: those of `scores_and_values`, v_0 (n, d_v), J (n, d_v, T, n).
"""

from __future__ import annotations

from dataclasses import replace

from theory.algebra.symbols import Index, Tensor, total
from theory.models.model import Definition, Model, name_of
from theory.models.scores_and_values import scores_and_values

__all__ = ["slow_manifold"]


def slow_manifold(name: str = "slow-manifold") -> Model:
    """Return the model."""
    fixed = scores_and_values()
    sizes = fixed.size_names
    i, j, k, a = (Index(x, sizes[n]) for x, n in zip("ijka", ("T", "n", "n", "d_v"), strict=True))
    s, v = (fixed.tensors[x] for x in "sv")
    start = Tensor("v_0", (sizes["n"], sizes["d_v"]))
    slope = Tensor("J", (sizes["n"], sizes["d_v"], sizes["T"], sizes["n"]))
    follow = start[j, a] + total(slope[j, a, i, k] * s[i, k], i, k)  # type: ignore[index]
    others = tuple(x for x in fixed.inputs if name_of(x) not in "sv")
    return replace(
        fixed,
        name=name,
        title="softmax attention whose values follow its scores",
        inputs=(s, start, slope, *others),
        definitions=(Definition(v[j, a], follow, "values"), *fixed.definitions),  # type: ignore[index]
        features={"values": "following"},
    )
