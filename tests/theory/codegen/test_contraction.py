"""The order of contractions, and the memory that generated code needs."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from theory.algebra.symbols import Size, Tensor, indices, total
from theory.codegen import function, value_and_gradient
from theory.codegen.contraction import pairwise_order
from theory.models.attention_head import attention_head

T, d = Size("T"), Size("d", feature=True)
i, j, k = indices("i j k", T)
a, b = indices("a b", d)


def test_linear_attention_goes_through_the_small_matrix():
    q, keys, values = frozenset({i, a}), frozenset({j, a}), frozenset({j, b})
    assert pairwise_order([q, keys, values], frozenset({i, b}))[0] == (1, 2)


def test_no_order_makes_three_axes_where_two_will_do():
    weights, u, v = frozenset({i, k}), frozenset({i, a}), frozenset({k, a})
    assert pairwise_order([weights, u, v], frozenset({i})) == [(0, 2), (0, 1)]
    w3, u3, v3 = Tensor("w", (T, T)), Tensor("u", (T, d)), Tensor("v", (T, d))
    law = total(w3[i, k] * total(u3[i, a] * v3[k, a], a), k)
    source = function(attention_head(), law, name="f").source
    assert source.splitlines()[-1] == '    return np.einsum("ia,ia->i", u, w @ v)'


@pytest.mark.parametrize("count", [3, 7, 9])
def test_every_operand_is_used_once(count):
    chain = [frozenset(indices(f"i{n} i{n + 1}", T)) for n in range(count)]
    operands = list(chain)
    ends = frozenset({*indices(f"i0 i{count}", T)})
    for m, n in pairwise_order(chain, ends):
        merged = operands[m] | operands[n]
        operands = [x for place, x in enumerate(operands) if place not in (m, n)]
        operands.append(merged & ends.union(*operands))
    assert operands == [ends]


@pytest.mark.parametrize(
    ("features", "quantities"),
    [({}, 8), ({"mask": "causal"}, 8), ({"bias": True, "temperature": True, "weights": True}, 8)],
)
def test_no_array_of_positions_times_keys_times_features(features, quantities, draw):
    """At T = 256, d = 64 a (T, n, d) array takes 33 MB; all (T, n) arrays together a few."""
    length, width = 256, 64
    model = attention_head("head", **features)
    wrt = ["X", "W_Q", "W_K", "W_V", "W_O", *(["tau", "B", "w"] if "bias" in features else [])]
    f = value_and_gradient(model, wrt)
    arrays = draw(features, T=length, d_x=width, d_k=width, d_v=width, C=16)
    f(**arrays)
    tracemalloc.start()
    try:
        f(**arrays)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    one_matrix = 8 * length * max(length, width)
    assert peak < quantities * one_matrix + 24 * 8 * length * width
    assert peak < 8 * length * length * width / 4


def test_advantage_law_needs_few_matrices():
    model = attention_head()
    t, d_v = model.size_names["T"], model.size_names["d_v"]
    row, column, other = indices("i j k", t)
    (feature,) = indices("a", d_v)
    alpha, u, v = (model.tensors[x] for x in ("alpha", "u", "v"))

    def value(m, n):
        return total(u[m, feature] * v[n, feature], feature)

    baseline = total(alpha[row, other] * value(row, other), other)
    law = alpha[row, column] * (value(row, column) - baseline)
    f = function(model, law, name="law", indices=(row, column))
    arrays = {
        "alpha": np.full((256, 256), 1 / 256),
        "u": np.ones((256, 64)),
        "v": np.ones((256, 64)),
    }
    f(**arrays)
    tracemalloc.start()
    try:
        f(**arrays)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 5 * 8 * 256 * 256
