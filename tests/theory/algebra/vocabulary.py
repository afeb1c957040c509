"""Symbols that the tests of the index calculus share, and points to evaluate them at."""

import numpy as np
import sympy as sp

from tests.theory.algebra.evaluation import agree
from theory.algebra.expressions import free_indices
from theory.algebra.symbols import Size, Tensor, indices, scalar, total

T, N, C, D = Size("T"), Size("n"), Size("C"), Size("d")
i, j, k, l = indices("i j k l", T)
m, o = indices("m o", N)
c, d, e = indices("c d e", C)
f, g = indices("f g", D)

s, S = Tensor("s", (T, N)), Tensor("S", (T, T))
x, y, z = (Tensor(name, (T,)) for name in "xyz")
w = Tensor("w", (N,))
X, V = Tensor("X", (T, D)), Tensor("V", (N, D))
p, q = (Tensor(name, (C,), nonnegative=True) for name in "pq")
labels = Tensor("Y", (T, C), nonnegative=True)
mask = Tensor("M", (T, N), nonnegative=True)
r = Tensor("r", (T,), nonnegative=True)
a, b = scalar("a"), scalar("b")
h, lam, sigma = (scalar(name, positive=True) for name in ("h", "lambda", "sigma"))

Z = total(sp.exp(s[i, o]), o)
softmax = sp.exp(s[i, m]) / Z
lse = sp.log(Z)

SIZES = ({"T": 2, "n": 3, "C": 4, "d": 1}, {"T": 3, "n": 1, "C": 2, "d": 4})


def point(sizes, seed):
    """Return values for every symbol: p, q and the rows of Y distributions, M zeros and ones."""
    draw = np.random.default_rng(seed)
    t, n, classes, dim = (sizes[name] for name in ("T", "n", "C", "d"))
    values = {
        "s": draw.normal(size=(t, n)),
        "S": draw.normal(size=(t, t)),
        **{name: draw.normal(size=t) for name in "xyz"},
        "w": draw.normal(size=n),
        "X": draw.normal(size=(t, dim)),
        "V": draw.normal(size=(n, dim)),
        **{name: draw.dirichlet(np.ones(classes)) for name in "pq"},
        "Y": np.eye(classes)[draw.integers(classes, size=t)],
        "M": draw.integers(2, size=(t, n)).astype(float),
        "r": draw.uniform(0.1, 2, size=t),
        **{name: draw.normal() for name in "ab"},
        **{name: draw.uniform(0.2, 2) for name in ("h", "lambda", "sigma")},
    }
    return values


def values_agree(left, right, positive: bool = False, seeds: int = 2) -> list[bool | None]:
    """Compare two sides at 2 * ``seeds`` points; ``positive`` makes all their entries positive."""
    free = sorted(free_indices(left) | free_indices(right), key=str)
    seen = []
    for sizes in SIZES:
        for seed in range(seeds):
            values = point(sizes, seed)
            if positive:
                values = {name: np.abs(value) + 0.1 for name, value in values.items()}
            seen.append(agree(left, right, sizes, values, *free))
    return seen


def many_scalars(count: int) -> list[sp.Symbol]:
    """Return that many different scalars."""
    return [scalar(f"q{number}") for number in range(count)]
