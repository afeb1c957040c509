"""Hessian- and Jacobian-vector products against torch's own, in float64."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp
import torch

from theory.algebra.symbols import Size, Tensor, indices, scalar, total
from theory.codegen import hessian_vector_product, jacobian_vector_product
from theory.models import model_named
from theory.models.attention_head import ATTENTION_HEADS, attention_head
from theory.models.model import Definition, Model

EVERYTHING = {
    "mask": "arbitrary",
    "bias": True,
    "temperature": True,
    "cross": True,
    "heads": True,
    "weights": True,
}
VARIANTS = {**ATTENTION_HEADS, "attention-head-everything": EVERYTHING}
WEIGHTS = ["W_Q", "W_K", "W_V", "W_O"]
METHODS = [("numpy", None), ("torch", 2)]
_products = {}


def tensors(arrays):
    return {x: torch.as_tensor(a, dtype=torch.float64) for x, a in arrays.items()}


def directions(arrays, names, seed=3):
    draw = np.random.default_rng(seed)
    return {f"{x}_dot": draw.normal(size=np.shape(arrays[x])) for x in names}


def with_names(loss, arrays, names):
    """Return the loss as a function of these quantities alone."""
    fixed = tensors({x: a for x, a in arrays.items() if x not in names})
    return lambda *values: loss({**fixed, **dict(zip(names, values, strict=True))})


def product_of(variant, names, backend, block):
    """Return the function for a Hessian-vector product; each is made once."""
    key = (variant, backend, block)
    if key not in _products:
        model = attention_head(variant, **VARIANTS[variant])
        _products[key] = hessian_vector_product(model, names, backend, block=block)
    return _products[key]


def assert_close(value, wanted, tolerance=1e-12):
    value, wanted = np.asarray(value), np.asarray(wanted)
    assert value.shape == wanted.shape
    assert np.abs(value - wanted).max() <= tolerance * (1 + np.abs(wanted).max())


@pytest.mark.parametrize("scale", [1.0, 300.0])
@pytest.mark.parametrize("variant", VARIANTS)
def test_hessian_times_a_direction_in_all_inputs(variant, scale, draw, loss_by_hand):
    """Scale 300: attention that is one-hot, scores far beyond the range of exp."""
    features = VARIANTS[variant]
    arrays = draw(features, scale=scale, hard=scale > 1)
    names = [x for x in arrays if x not in ("y", "M")]
    moved = directions(arrays, names)
    causal = features.get("mask") == "causal"
    loss = with_names(lambda given: loss_by_hand(given, causal), arrays, names)
    at, along = (tuple(tensors(given).values()) for given in ({x: arrays[x] for x in names}, moved))
    value, wanted = torch.autograd.functional.hvp(loss, at, along)
    alike = variant not in ("attention-head-causal", "attention-head-everything")
    for backend, block in METHODS[: 1 if alike else 2]:
        f = product_of(variant, names, backend, block)
        given = {**arrays, **moved}
        got, product = f(**(given if backend == "numpy" else tensors(given)))
        assert_close(got, value, 1e-10)
        for x, expected in zip(names, wanted, strict=True):
            assert_close(product[x], expected, 1e-10 if scale > 1 else 1e-12)


@pytest.mark.parametrize(("backend", "block"), METHODS)
def test_hessian_in_scores_and_values(backend, block, draw):
    arrays = draw({})
    model = attention_head()
    f = hessian_vector_product(model, ["s", "v"], backend, block=block)
    s = arrays["X"] @ arrays["W_Q"] @ (arrays["X"] @ arrays["W_K"]).T / np.sqrt(2)
    v = arrays["X"] @ arrays["W_V"]
    moved = directions({"s": s, "v": v}, ["s", "v"])

    def loss(s, v):
        z = torch.softmax(s, -1) @ v @ torch.as_tensor(arrays["W_O"]).T
        return -(torch.as_tensor(arrays["y"]) * torch.log_softmax(z, -1)).sum()

    at, along = (tuple(tensors(given).values()) for given in ({"s": s, "v": v}, moved))
    _, wanted = torch.autograd.functional.hvp(loss, at, along)
    given = {**arrays, **moved}
    _, product = f(**(given if backend == "numpy" else tensors(given)))
    assert_close(product["s"], wanted[0])
    assert_close(product["v"], wanted[1])


def test_many_directions_at_one_point_give_the_hessian(draw, loss_by_hand):
    arrays = draw({})
    loss = with_names(loss_by_hand, arrays, ["W_O"])
    wanted = torch.autograd.functional.hessian(loss, torch.as_tensor(arrays["W_O"]))
    shape, n = arrays["W_O"].shape, arrays["W_O"].size
    f = hessian_vector_product(attention_head(), ["W_O"], batch=["W_O_dot"])
    _, product = f(**arrays, W_O_dot=np.eye(n).reshape(n, *shape))
    assert_close(product["W_O"].reshape(n, n), wanted.reshape(n, n))


@pytest.mark.parametrize("of", ["L", "alpha", "g", "p"])
@pytest.mark.parametrize(("backend", "block"), METHODS)
def test_how_a_quantity_changes(of, backend, block, draw, loss_by_hand):
    arrays = draw({"mask": "causal"}, hard=True)
    moved = directions(arrays, ["X", *WEIGHTS])
    at, along = (
        tuple(tensors(given).values()) for given in ({x: arrays[x] for x in ["X", *WEIGHTS]}, moved)
    )

    def quantity(*values):
        seen = {}
        given = {**tensors(arrays), **dict(zip(["X", *WEIGHTS], values, strict=True))}
        loss = loss_by_hand(given, True, lambda name, value: seen.setdefault(name, value))
        return {**seen, "L": loss, "p": torch.softmax(seen["z"], -1)}[of]

    value, change = torch.autograd.functional.jvp(quantity, at, along)
    model = model_named("attention-head-causal")
    f = jacobian_vector_product(model, of, ["X", *WEIGHTS], backend, block=block)
    given = {x: a for x, a in {**arrays, **moved}.items() if x in f.__signature__.parameters}
    got = f(**(given if backend == "numpy" else tensors(given)))
    assert_close(got[0], value)
    assert_close(got[1], change)


def test_change_of_the_loss_where_a_class_probability_underflows(draw, loss_by_hand):
    arrays = draw({}, hard=True)
    arrays["W_O"] = 1e5 * arrays["W_O"]
    moved = directions(arrays, ["W_O"])
    loss = with_names(loss_by_hand, arrays, ["W_O"])
    at, along = torch.as_tensor(arrays["W_O"]), torch.as_tensor(moved["W_O_dot"])
    _, change = torch.autograd.functional.jvp(loss, at, along)
    f = jacobian_vector_product(attention_head(), "L", ["W_O"])
    assert_close(f(**arrays, **moved)[1], change)


def test_a_gradient_that_does_not_move_changes_by_zero(draw):
    """Its direction is an argument all the same."""
    arrays = draw({})
    f = hessian_vector_product(attention_head(), ["y"])
    _, product = f(**arrays, y_dot=np.ones_like(arrays["y"]))
    assert product["y"].shape == arrays["y"].shape
    assert not product["y"].any()


def test_the_code_is_that_of_the_second_order_laws():
    source = hessian_vector_product(attention_head(), ["s", "v"]).source
    assert "alpha_dot.T @ u" in source
    assert "change of attention weights" in source
    assert "product['s']  (T, T)    change of dL/ds along the direction" in source


def test_what_holds_only_at_rest_is_refused():
    model = attention_head()
    with pytest.raises(ValueError, match="sum_c y_ic = 1, which binds `y`, and is not known"):
        hessian_vector_product(model, ["W_O", "y"])
    with pytest.raises(ValueError, match="`s` of model `attention-head` is computed from `W_Q`"):
        hessian_vector_product(model, ["W_Q", "s"])
    with pytest.raises(ValueError, match="`of` names a quantity that model `attention-head`"):
        jacobian_vector_product(model, "W_Q", ["W_Q"])
    with pytest.raises(ValueError, match="`X_dot` is defined twice"):
        hessian_vector_product(with_input_called("X_dot"), ["X"])


def test_a_fact_about_what_moves_by_itself_is_refused():
    model = attention_head()
    with pytest.raises(ValueError, match="derived with a fact about how `alpha` is computed"):
        jacobian_vector_product(model, "dL_ds", ["alpha"])


def test_a_maximum_has_no_change():
    T = Size("T")
    (i,) = indices("i", T)
    x, m, L = Tensor("x", (T,)), Tensor("m", (T,)), scalar("L")
    lines = (
        Definition(m[i], sp.Max(0, x[i]), "positive part"),
        Definition(L, total(x[i] ** 2, i), "loss"),
    )
    model = Model("with-maximum", "a maximum beside the loss", (T,), (x,), lines, L)
    with pytest.raises(ValueError, match="no derivative along `x` that could be written"):
        jacobian_vector_product(model, "m", ["x"])


def with_input_called(name):
    T = Size("T")
    (i,) = indices("i", T)
    X, other, L = Tensor("X", (T,)), Tensor(name, (T,)), scalar("L")
    lines = (Definition(L, total(other[i] * X[i] ** 2, i), "loss"),)
    return Model("named-alike", "two inputs", (T,), (X, other), lines, L)
