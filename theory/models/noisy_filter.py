"""One observation in Gaussian noise: the filter of a hidden state whose mean is seen.

    l_s = log b_s - |x - mu_s|^2 / (2 sigma^2)      scores
    f_s = exp(l_s) / sum_r exp(l_r)                 filter: posterior of the state
    L   = - log sum_s exp(l_s)                      surprise at x, nats, up to a constant

b is the predicted state, mu_s what state s emits on average, sigma^2 the variance of the noise in
every coordinate; the constant is (d/2) log(2 pi sigma^2).

Shapes: b (S,) > 0 with sum one, mu (S, d), x (d,), sigma2 = sigma^2 > 0 a scalar.

Source: agarwal2025gradient, the sticky Markov chain of its experiments: x_t is a mean of the symbol
before it, and normal noise.
"""

from __future__ import annotations

import sympy as sp

from theory.algebra.expressions import Equation
from theory.algebra.symbols import Index, Size, Tensor, indices, scalar, total
from theory.models.model import Constraint, Definition, Model

__all__ = ["noisy_filter"]


def noisy_filter(name: str = "noisy-filter") -> Model:
    """Return the model."""
    S, d_x = Size("S"), Size("d_x", feature=True)
    (r, s), a = indices("r s", S), Index("a", d_x)
    b, mu, x = Tensor("b", (S,), nonnegative=True), Tensor("mu", (S, d_x)), Tensor("x", (d_x,))
    scores, f = Tensor("l", (S,)), Tensor("f", (S,), nonnegative=True)
    sigma2, L = scalar("sigma2", positive=True), scalar("L")
    apart = total((x[a] - mu[s, a]) ** 2, a)
    return Model(
        name=name,
        title="filter of a state that is seen in Gaussian noise",
        sizes=(S, d_x),
        inputs=(b, mu, x, sigma2),
        definitions=(
            Definition(scores[s], sp.log(b[s]) - apart / (2 * sigma2), "scores"),
            Definition(L, -sp.log(total(sp.exp(scores[s]), s)), "surprise, nats"),
        ),
        loss=L,
        constraints=(Constraint(Equation(total(b[s], s), 1), "sum_s b_s = 1"),),
        vocabulary=(Definition(f[s], sp.exp(scores[s]) / total(sp.exp(scores[r]), r), "filter"),),
        letters={"S": ("s", "r"), "d_x": ("a", "c")},
        features={"noise": "gaussian"},
    )
