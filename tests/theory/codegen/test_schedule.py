"""Lines rewritten so that fewer large arrays are made: what is inlined, what is left alone."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
import sympy as sp
import torch

from theory.algebra.symbols import Size, Tensor, indices, scalar, total
from theory.codegen import function, value_and_gradient
from theory.codegen.patterns import centred_product, with_sigmoids
from theory.models.attention_head import attention_head
from theory.models.model import Definition, Model

T, n, d = Size("T"), Size("n"), Size("d", feature=True)
i, m = indices("i m", T)
j, k = indices("j k", n)
(a,) = indices("a", d)
alpha, b = Tensor("alpha", (T, n)), Tensor("b", (T, n))
u, v, x = Tensor("u", (T, d)), Tensor("v", (n, d)), Tensor("x", (T, n))
L = scalar("L")
MEAN = total(alpha[i, k] * b[i, k], k)
WEIGHTS = ["W_Q", "W_K", "W_V", "W_O"]


def test_a_centred_product_is_recognised():
    found = centred_product(alpha[i, j] * (b[i, j] - MEAN))
    assert found is not None
    assert (found.weight, found.value, found.along) == (alpha[i, j], b[i, j], j)


@pytest.mark.parametrize(
    "other",
    [
        alpha[i, j] * (b[i, j] + MEAN),
        alpha[i, j] * (b[i, j] - 2 * MEAN),
        b[i, j] * (b[i, j] - MEAN),
        alpha[i, j] * (alpha[i, j] - MEAN),
        alpha[i, j] * b[i, j],
        b[i, j] - MEAN,
    ],
)
def test_what_only_resembles_one_is_not(other):
    assert centred_product(other) is None


def with_lines(*lines):
    last = Definition(L, total(lines[-1].symbol ** 2, i, j), "loss")
    tensors = [t for t in (alpha, b, u, v, x) if str(t.label) not in {y.name for y in lines}]
    return Model("case", "a case", (T, n, d), tuple(tensors), (*lines, last), L)


def source(*lines, wrt=()):
    return value_and_gradient(with_lines(*lines), wrt).source


SCORES = Definition(b[i, j], total(u[i, a] * v[j, a], a), "values")


def test_an_array_that_one_line_takes_is_computed_in_its_place():
    text = source(SCORES, Definition(x[i, j], alpha[i, j] * (b[i, j] - MEAN), "gradient"))
    assert "    x = u @ v.T  # values, then gradient\n" in text
    assert "    x -= " in text and "    x *= alpha\n" in text
    assert " b = " not in text


def test_an_array_that_two_lines_take_is_kept():
    again = Definition(x[i, j], alpha[i, j] * (b[i, j] - MEAN), "gradient")
    model = with_lines(SCORES, again)
    lines = (*model.definitions[:2], Definition(L, total(x[i, j] * b[i, j], i, j), "loss"))
    text = value_and_gradient(Model("case", "", model.sizes, model.inputs, lines, L), []).source
    assert "    b = u @ v.T  # values\n" in text
    assert "    x = b - " in text


def test_an_array_needed_at_other_places_is_not_written_over():
    text = source(SCORES, Definition(x[i, j], total(b[m, j], m) + b[i, j], "sums"))
    assert "    b = u @ v.T  # values\n" in text


@pytest.mark.parametrize("backend", ["numpy", "torch"])
def test_in_place_steps_give_the_formula(backend):
    law = 3 * alpha[i, j] * (total(u[i, a] * v[j, a], a) + b[i, j] - x[i, j] - total(x[i, k], k))
    f = function(attention_head(), law, name="f", indices=(i, j), backend=backend)
    draw = np.random.default_rng(0)
    shapes = {"alpha": (4, 5), "b": (4, 5), "x": (4, 5), "u": (4, 2), "v": (5, 2)}
    arrays = {y: draw.normal(size=s) for y, s in shapes.items()}
    given = {y: torch.tensor(z) if backend == "torch" else z.copy() for y, z in arrays.items()}
    found = np.asarray(f(**given))
    inner = arrays["u"] @ arrays["v"].T + arrays["b"] - arrays["x"]
    wanted = 3 * arrays["alpha"] * (inner - arrays["x"].sum(1, keepdims=True))
    np.testing.assert_allclose(found, wanted, rtol=1e-13, atol=1e-13)
    assert "*=" in f.source or "+=" in f.source
    for y, z in given.items():
        np.testing.assert_array_equal(np.asarray(z), arrays[y])


def test_autograd_follows_in_place_steps():
    f = value_and_gradient(attention_head(), WEIGHTS, "torch")
    assert "addcmul_" in f.source
    draw = torch.Generator().manual_seed(0)
    shapes = {"X": (5, 3), "W_Q": (3, 2), "W_K": (3, 2), "W_V": (3, 2), "W_O": (4, 2)}
    given = {y: torch.randn(*s, generator=draw, dtype=torch.float64) for y, s in shapes.items()}
    given["y"] = torch.eye(4, dtype=torch.float64)[[0, 1, 2, 3, 0]]
    given["W_Q"].requires_grad_()
    _, gradient = f(**given)
    (second,) = torch.autograd.grad(gradient["W_Q"][0, 1], given["W_Q"])
    step = torch.zeros_like(given["W_Q"])
    step[1, 0] = 1e-6
    moved = {**given, "W_Q": (given["W_Q"] + step).detach()}
    after, before = f(**moved)[1]["W_Q"][0, 1], gradient["W_Q"][0, 1].detach()
    assert abs(float((after - before) / 1e-6 - second[1, 0])) < 1e-5


def test_one_hot_attention_gives_score_gradients_of_exactly_zero():
    f = value_and_gradient(attention_head(), ["s"])
    draw = np.random.default_rng(0)
    arrays = {
        "X": draw.normal(size=(6, 3)),
        "W_Q": 1e5 * draw.normal(size=(3, 2)),
        "W_K": draw.normal(size=(3, 2)),
        "W_V": draw.normal(size=(3, 2)),
        "W_O": draw.normal(size=(4, 2)),
        "y": np.full((6, 4), 0.25),
    }
    assert np.all(f(**arrays)[1]["s"] == 0)


def test_the_scores_and_their_gradient_are_the_only_large_arrays():
    f = value_and_gradient(attention_head(), WEIGHTS)
    draw, size = np.random.default_rng(0), 512
    arrays = {y: draw.normal(size=(8, 8)) for y in WEIGHTS}
    arrays |= {"X": draw.normal(size=(size, 8)), "y": np.eye(8)[draw.integers(0, 8, size)]}
    f(**arrays)
    tracemalloc.start()
    try:
        f(**arrays)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 2.5 * 8 * size**2


def test_differences_of_sigmoids_become_products():
    e = sp.exp(x[i, j])
    assert with_sigmoids(1 / (1 + e) - 1) == -e / (1 + e)
    assert with_sigmoids(sp.exp(-x[i, j]) * (1 / (1 + e) - 1)) == -1 / (1 + e)
    assert with_sigmoids(1 / (1 + e) + 1) == 1 / (1 + e) + 1
    assert with_sigmoids(1 / (1 + x[i, j]) - 1) == 1 / (1 + x[i, j]) - 1
