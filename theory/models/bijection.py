"""Bijection elimination: what is known of a uniformly random bijection after some of its pairs.

    c_y = n a_y                    bijections that agree with the pairs and continue with y
    L   = log sum_y c_y - log n    surprise at a value that can still come, nats

a_y is 1 for the values that are free, 0 for those that the pairs show.  Each free value is
continued by the same number n of bijections, (V - k)! after k - 1 pairs; a value that is shown by
none.

Shapes: a (V,) >= 0, n > 0 a scalar.  Vocabulary: m = sum_y (1 - a_y), the number of pairs; C, the
number of bijections that agree with them; p_y = c_y / C, the posterior predictive; H = sum_y p_y L,
its entropy in nats, for all values that can come have the surprise L = -log(n / C).

Source: agarwal2025geometry, section 3.
"""

from __future__ import annotations

import sympy as sp

from theory.algebra.symbols import Size, Tensor, indices, scalar, total
from theory.models.model import Definition, Model

__all__ = ["bijection"]


def bijection(name: str = "bijection") -> Model:
    """Return the model."""
    V = Size("V")
    (y,) = indices("y", V)
    a, c, p = (Tensor(x, (V,), nonnegative=True) for x in "acp")
    m, n, C = scalar("m"), scalar("n", positive=True), scalar("C", positive=True)
    L, H = scalar("L"), scalar("H")
    count = total(c[y], y)
    return Model(
        name=name,
        title="a uniformly random bijection after some of its pairs",
        sizes=(V,),
        inputs=(a, n),
        definitions=(
            Definition(c[y], n * a[y], "bijections that continue with a value"),
            Definition(L, sp.log(count) - sp.log(n), "surprise at a free value, nats"),
        ),
        loss=L,
        vocabulary=(
            Definition(m, total(1 - a[y], y), "number of pairs"),
            Definition(C, count, "bijections that agree with the pairs"),
            Definition(p[y], c[y] / C, "posterior predictive"),
            Definition(H, total(p[y] * L, y), "entropy of the next value, nats"),
        ),
        letters={"V": ("y", "x")},
        features={"counting": "bijections"},
    )
