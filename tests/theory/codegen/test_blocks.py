"""Gradients in blocks of query rows: the same numbers, in memory that is linear in the rows."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
import torch

from theory.algebra.symbols import Size, Tensor, indices, scalar, total
from theory.codegen import value_and_gradient
from theory.models import model_named
from theory.models.attention_head import ATTENTION_HEADS, attention_head
from theory.models.model import Definition, Model
from theory.models.resolution import theory_of

WEIGHTS = ["W_Q", "W_K", "W_V", "W_O"]
VARIANTS = {
    **ATTENTION_HEADS,
    "attention-head-causal-multi": {"mask": "causal", "heads": True},
    "attention-head-everything": {
        "mask": "arbitrary",
        "bias": True,
        "temperature": True,
        "cross": True,
        "heads": True,
        "weights": True,
    },
}
ASKED = {"weights": WEIGHTS, "inputs": ["X", "W_Q", "y"], "scores and values": ["s", "v"]}


def every_gradient(model):
    return [x for x in theory_of(model).adjoints if x not in {"L", "p", "M"}]


def assert_close(found, wanted, tolerance=1e-12):
    loss, gradient = found
    assert abs(float(loss) - wanted[0]) <= tolerance * (1 + abs(wanted[0]))
    for name, value in gradient.items():
        error = np.abs(np.asarray(value) - wanted[1][name]).max()
        assert error <= tolerance * (1 + np.abs(wanted[1][name]).max()), (name, error)


@pytest.mark.parametrize("asked", [*ASKED, "everything"])
@pytest.mark.parametrize("variant", VARIANTS)
def test_blocks_agree_with_autograd(variant, asked, draw, by_hand):
    features = VARIANTS[variant]
    model = attention_head(variant, **features)
    f = value_and_gradient(model, ASKED.get(asked) or every_gradient(model), block=2)
    for length in (1, 5, 6):
        arrays = draw(features, T=length, n=4)
        wanted = by_hand(arrays, causal=features.get("mask") == "causal")
        for block in (1, 2, 4, 50):
            assert_close(f(**arrays, block=block), wanted)


@pytest.mark.parametrize("block", [3, "auto"])
def test_torch_in_blocks(block, draw, by_hand):
    features = VARIANTS["attention-head-causal-multi"]
    model = attention_head("head", **features)
    f = value_and_gradient(model, every_gradient(model), "torch", block=block)
    arrays = draw(features, T=7)
    given = {x: torch.as_tensor(a, dtype=torch.float64) for x, a in arrays.items()}
    assert_close(f(**given), by_hand(arrays, causal=True))


def test_autograd_follows_a_walk(draw):
    f = value_and_gradient(attention_head("head", mask="causal"), WEIGHTS, "torch", block=2)
    arrays = {x: torch.tensor(a, dtype=torch.float64) for x, a in draw({}).items()}
    arrays["W_V"].requires_grad_()
    loss, gradient = f(**arrays)
    (by_autograd,) = torch.autograd.grad(loss, arrays["W_V"], retain_graph=True)
    torch.testing.assert_close(gradient["W_V"], by_autograd, rtol=1e-12, atol=1e-12)
    assert torch.autograd.grad(gradient["W_Q"].sum(), arrays["W_V"])[0].abs().max() > 0


@pytest.mark.parametrize("scale", [300.0, 1e4])
def test_saturated_attention_in_blocks(scale, draw, by_hand):
    """Scores beyond 700 make attention one-hot: score gradients are exactly zero, as autograd's."""
    f = value_and_gradient(attention_head(), [*WEIGHTS, "s"], block=3)
    arrays = draw({}, scale=scale, hard=True, T=7)
    arrays["W_O"] = 300 * arrays["W_O"]
    assert_close(f(**arrays), by_hand(arrays), tolerance=1e-10)


def peak(f, arrays, **more):
    f(**arrays, **more)
    tracemalloc.start()
    try:
        f(**arrays, **more)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("mask", [None, "causal"])
def test_memory_grows_with_the_rows_not_with_their_square(mask, draw):
    f = value_and_gradient(attention_head("head", mask=mask), WEIGHTS, block=16)
    small, large = (peak(f, draw({}, T=length, d_x=4, d_k=4, d_v=4, C=4)) for length in (512, 2048))
    assert large < 4.5 * small
    assert large < 8 * 2048**2 / 4


def test_hidden_keys_are_not_computed_with(draw):
    """The first block never meets later keys: whatever they hold, its rows are what they are."""
    model = attention_head("head", mask="causal")
    whole, walk = (value_and_gradient(model, ["s"], block=b) for b in (None, 4))
    arrays = draw({}, T=8)
    first = walk(**{**arrays, "X": arrays["X"][:4], "y": arrays["y"][:4]})[1]["s"]
    arrays["X"][4:] = np.nan
    np.testing.assert_array_equal(walk.raw(**arrays)[1]["s"][:4, :4], first)
    assert np.isnan(whole.raw(**arrays)[1]["s"][:4, :4]).any()


def test_a_gradient_that_does_not_vanish_at_hidden_keys_is_whole(draw, by_hand):
    """dL/dalpha_ij = b_ij is no zero where the mask hides j from i."""
    arrays = draw({}, T=6)
    for asked in (["alpha"], ["alpha", "s", "v"]):
        f = value_and_gradient(attention_head("head", mask="causal"), asked, block=2)
        assert_close(f(**arrays), by_hand(arrays, causal=True))
    assert np.abs(np.triu(f(**arrays)[1]["alpha"], 1)).max() > 0.1


@pytest.mark.parametrize("name", ["prototype-mixture", "prototype-mixture-full"])
def test_mixtures_walk_over_data_points(name):
    model = model_named(name)
    scale = "tau" if name.endswith("full") else "sigma2"
    whole, walk = (value_and_gradient(model, ["v", scale], block=b) for b in (None, 3))
    draw = np.random.default_rng(0)
    arrays = {"x": draw.normal(size=(10, 2)), "v": draw.normal(size=(4, 2)), scale: 0.7}
    arrays["a" if name.endswith("full") else "pi"] = np.full(4, 0.25)
    wanted = whole(**arrays)
    assert_close(walk(**arrays), (float(wanted[0]), wanted[1]))


def test_a_regulariser_beside_the_rows_is_added_once():
    T, n = Size("T"), Size("n")
    (i,), (j, k) = indices("i", T), indices("j k", n)
    x, a, L, rate = Tensor("x", (T, n)), Tensor("a", (T, n)), scalar("L"), scalar("c")
    model = Model(
        name="regularised",
        title="entropy with decay",
        sizes=(T, n),
        inputs=(x, rate),
        definitions=(
            Definition(a[i, j], x[i, j] ** 2 + 1, "rates"),
            Definition(
                L,
                3 * total(a[i, j] * a[i, k], i, j, k) + rate**2 * total(x[i, j] ** 2, i, j) + rate,
                "loss",
            ),
        ),
        loss=L,
    )
    whole, walk = (value_and_gradient(model, ["x", "c"], block=b) for b in (None, 2))
    arrays = {"x": np.random.default_rng(1).normal(size=(5, 3)), "c": 0.3}
    wanted = whole(**arrays)
    assert_close(walk(**arrays), (float(wanted[0]), wanted[1]))


def test_block_is_an_argument_with_a_default(draw):
    f = value_and_gradient(attention_head(), ["W_Q"], block=64)
    assert str(f.__signature__) == "(*, X, W_Q, W_K, W_V, W_O, y, block=64)"
    assert "block  size        rows of a block" in f.__doc__
    arrays = draw({})
    with pytest.raises(ValueError, match="`block` must be at least 1; got 0"):
        f(**arrays, block=0)
    with pytest.raises(TypeError, match="`block` must be an integer; got float"):
        f(**arrays, block=2.0)


@pytest.mark.parametrize("block", [0, -3, 2.5, True, "big"])
def test_a_block_that_is_no_number_of_rows_is_refused(block):
    with pytest.raises(ValueError, match="`block` must be a number of rows, 1 or more, or 'auto'"):
        value_and_gradient(attention_head(), ["W_Q"], block=block)


@pytest.mark.parametrize(
    ("name", "wrt", "reason"),
    [
        ("binary-head", "x", "no array has two axes over positions"),
        ("slow-manifold", "s", "`alpha` is needed as a whole"),
    ],
)
def test_what_needs_two_walks_is_refused(name, wrt, reason):
    with pytest.raises(ValueError, match=f"one walk over rows can compute.*{reason}"):
        value_and_gradient(model_named(name), [wrt], block=8)
