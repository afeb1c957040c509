"""Random index expressions: generated code against evaluation entry by entry."""

from __future__ import annotations

import itertools
import random

import numpy as np
import pytest
import sympy as sp
import torch

from theory.algebra.expressions import free_indices, substitute
from theory.algebra.symbols import Index, Size, Tensor, delta, scalar, total
from theory.codegen import function
from theory.models.attention_head import attention_head

MODEL = attention_head()
SIZES = {"T": 3, "n": 2, "d": 4}
AXES = {x: Size(x, feature=x == "d") for x in SIZES}
INDICES = [Index(f"{x.lower()}{number}", size) for x, size in AXES.items() for number in range(3)]
TENSORS = [
    Tensor("x" + "".join(axes) + sign, [AXES[x] for x in axes], nonnegative=sign == "_pos")
    for rank in (1, 2, 3)
    for axes in itertools.product(AXES, repeat=rank)
    for sign in ("", "_pos")
]
SCALARS = [scalar("c"), scalar("tau", positive=True)]
NUMBERS = [1, 1, -1, 2, sp.Rational(1, 3)]
SEEDS, GROUPS = 160, 8


class Draw:
    """Draws expressions whose free indices are among ``scope``."""

    def __init__(self, seed):
        self.choose = random.Random(seed)

    def expression(self, depth, scope):
        kinds = [self.product, self.added, self.summed, self.special]
        if depth == 0 or self.choose.random() < 0.15:
            return self.leaf(scope)
        (kind,) = self.choose.choices(kinds, weights=[3, 2, 3, 2])
        return kind(depth - 1, scope)

    def leaf(self, scope):
        if self.choose.random() < 0.15:
            return self.choose.choice(SCALARS)
        sizes = {k.size for k in scope}
        tensor = self.choose.choice([t for t in TENSORS if set(t.axes) <= sizes])
        return tensor[
            tuple(self.choose.choice([k for k in scope if k.size == s]) for s in tensor.axes)
        ]

    def product(self, depth, scope):
        factors = [self.expression(depth, scope) for _ in range(self.choose.choice([2, 2, 3]))]
        return sp.Mul(self.choose.choice(NUMBERS), *factors)

    def added(self, depth, scope):
        terms = [self.expression(depth, scope) for _ in range(2)]
        return sp.Add(*(self.choose.choice(NUMBERS) * term for term in terms))

    def summed(self, depth, scope):
        bound = self.choose.sample(INDICES, self.choose.choice([1, 1, 2]))
        return total(self.expression(depth, [*scope, *bound]), *bound)

    def special(self, depth, scope):
        i = self.choose.choice(scope)
        same = [k for k in INDICES if k.size == i.size and k not in scope]
        if same:
            exponent = self.expression(min(depth, 1), scope)
            if i in free_indices(exponent) and self.choose.random() < 0.7:
                return self.exponential(exponent, i, same[0], scope)
        return self.choose.choice(
            [
                self.expression(depth, scope) ** 2,
                sp.tanh(self.expression(depth, scope)),
                delta(i, self.choose.choice([k for k in scope if k.size == i.size])),
            ]
        )

    def exponential(self, exponent, i, k, scope):
        partition = total(sp.exp(substitute(exponent, {i: k})), k)
        weight = self.expression(1, scope)
        weighted = total(substitute(sp.exp(exponent) * weight, {i: k}), k)
        return self.choose.choice(
            [
                sp.exp(exponent) / partition,
                sp.log(partition),
                sp.log(sp.exp(exponent) / partition),
                weighted / partition,
            ]
        )


def arrays_of(f, seed):
    draw = np.random.default_rng(seed)
    arrays = {}
    for x in f.program.arguments:
        array = draw.normal(size=[SIZES[size] for size in x.axes])
        array = np.abs(array) + 0.1 if x.sign else array
        arrays[x.name] = SIZES[x.name] if x.is_size else array if x.axes else float(array)
    return arrays


@pytest.mark.parametrize("group", range(GROUPS))
def test_random_expressions(group, by_loops):
    for seed in range(group, SEEDS, GROUPS):
        draw = Draw(seed)
        scope = [INDICES[0], INDICES[3], INDICES[6], *draw.choose.sample(INDICES, 2)]
        expression = draw.expression(3, list(dict.fromkeys(scope)))
        axes = sorted(free_indices(expression), key=str)
        draw.choose.shuffle(axes)
        backend = draw.choose.choice(["numpy", "torch"])
        f = function(MODEL, expression, name="f", indices=axes, backend=backend)
        assert max(map(len, f.source.splitlines())) <= 100, f.source
        arrays = arrays_of(f, seed)
        expected = by_loops(expression, axes, arrays, SIZES)
        if backend == "torch":
            is_array = {x: isinstance(a, np.ndarray) for x, a in arrays.items()}
            arrays = {x: torch.as_tensor(a) if is_array[x] else a for x, a in arrays.items()}
        result = np.asarray(f(**arrays))
        scale = max(1.0, np.abs(expected).max())
        assert result.shape == expected.shape, (seed, expression)
        assert np.abs(result - expected).max() <= 1e-11 * scale, (seed, expression)
