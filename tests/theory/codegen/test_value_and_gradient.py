"""Generated gradients against autograd through hand-written forward passes, in float64."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from theory.codegen import value_and_gradient
from theory.models.attention_head import ATTENTION_HEADS, attention_head
from theory.models.resolution import theory_of

EVERYTHING = {
    "mask": "arbitrary",
    "bias": True,
    "temperature": True,
    "cross": True,
    "heads": True,
    "weights": True,
}
VARIANTS = {
    **ATTENTION_HEADS,
    "attention-head-causal-multi": {"mask": "causal", "heads": True},
    "attention-head-everything": EVERYTHING,
}
SHAPES = {
    "usual": {},
    "all one": {"T": 1, "n": 1, "d_x": 1, "d_k": 1, "d_v": 1, "C": 1, "H": 1},
    "one query": {"T": 1, "n": 3, "C": 2, "H": 3},
    "thin": {"T": 6, "n": 2, "d_x": 5, "d_k": 1, "d_v": 1},
}
NO_REFERENCE = {"L", "p", "M"}  # the hand-written pass has no p; a mask is no variable
WEIGHTS = ["W_Q", "W_K", "W_V", "W_O"]
_functions = {}


def generated(variant, backend):
    """Return the model's features and the function with every gradient; each is made once."""
    if (variant, backend) not in _functions:
        model = attention_head(variant, **VARIANTS[variant])
        wrt = [x for x in theory_of(model).adjoints if x not in NO_REFERENCE]
        _functions[variant, backend] = value_and_gradient(model, wrt, backend)
    return VARIANTS[variant], _functions[variant, backend]


def as_given(arrays, backend):
    if backend == "numpy":
        return arrays
    return {x: torch.as_tensor(a, dtype=torch.float64) for x, a in arrays.items()}


def assert_agrees(f, arrays, expected, backend, tolerance=1e-12):
    loss, gradient = f(**as_given(arrays, backend))
    wanted_loss, wanted = expected
    assert abs(float(loss) - wanted_loss) <= tolerance * (1 + abs(wanted_loss))
    assert set(gradient) <= set(wanted)
    for name, value in gradient.items():
        value = np.asarray(value)
        assert value.shape == wanted[name].shape, name
        error = np.abs(value - wanted[name]).max()
        assert error <= tolerance * (1 + np.abs(wanted[name]).max()), (name, error)


@pytest.mark.parametrize("backend", ["numpy", "torch"])
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("variant", VARIANTS)
def test_every_gradient_agrees_with_autograd(variant, shape, backend, draw, by_hand):
    features, f = generated(variant, backend)
    arrays = draw(features, **SHAPES[shape])
    expected = by_hand(arrays, causal=features.get("mask") == "causal")
    assert_agrees(f, arrays, expected, backend)


sizes = st.integers(1, 6)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(
    variant=st.sampled_from(sorted(VARIANTS)),
    shape=st.fixed_dictionaries({x: sizes for x in ("T", "n", "d_x", "d_k", "d_v", "C", "H")}),
    seed=st.integers(0, 2**16),
    hard=st.booleans(),
)
def test_agrees_at_drawn_shapes(variant, shape, seed, hard, draw, by_hand):
    features, f = generated(variant, "numpy")
    arrays = draw(features, seed=seed, hard=hard, **shape)
    expected = by_hand(arrays, causal=features.get("mask") == "causal")
    assert_agrees(f, arrays, expected, "numpy")


@pytest.mark.parametrize("backend", ["numpy", "torch"])
@pytest.mark.parametrize("variant", ["attention-head", "attention-head-everything"])
@pytest.mark.parametrize("scale", [300.0, 1e4])
def test_extreme_scores(variant, scale, backend, draw, by_hand):
    """Scores far beyond the range of exp, one-hot labels, class probabilities that underflow."""
    features, f = generated(variant, backend)
    arrays = draw(features, scale=scale, hard=True, T=7)
    arrays["W_O"] = 300 * arrays["W_O"]
    expected = by_hand(arrays)
    assert_agrees(f, arrays, expected, backend, tolerance=1e-10)


def test_scores_beyond_700_are_reached_and_exact_zeros_stay_finite(draw):
    features, f = generated("attention-head-masked", "numpy")
    arrays = draw(features, scale=1e5, hard=True)
    scores = (arrays["X"] @ arrays["W_Q"]) @ (arrays["X"] @ arrays["W_K"]).T / np.sqrt(2)
    assert np.abs(scores).max() > 1e4
    loss, gradient = f(**arrays)
    assert np.isfinite(loss)
    assert np.all(gradient["s"][arrays["M"] == 0] == 0)


def test_gradient_by_p_where_it_underflows(draw):
    model = attention_head()
    f = value_and_gradient(model, ["p"])
    arrays = draw({}, hard=True, C=2)
    arrays["W_O"] *= 0
    arrays["y"][:] = [1.0, 0.0]
    arrays["X"][:, 0] = 1.0
    arrays["W_V"][:] = 0.0
    arrays["W_V"][0, 0] = 1.0
    arrays["W_O"][:, 0] = [0.0, -2000.0]
    _, gradient = f(**arrays)
    np.testing.assert_allclose(gradient["p"], [[-1.0, 0.0]] * 5)


def test_gradient_by_an_arbitrary_mask(draw):
    """d L / d M by central differences: the mask is used as a number there."""
    model = attention_head("masked", mask="arbitrary")
    f = value_and_gradient(model, ["M"])
    arrays = draw({"mask": "arbitrary"})
    _, gradient = f(**arrays)
    step = 1e-6
    rows, columns = np.nonzero(arrays["M"])
    for place in zip(rows, columns, strict=True):
        moved = []
        for sign in (1, -1):
            mask = arrays["M"].copy()
            mask[place] += sign * step
            s = (arrays["X"] @ arrays["W_Q"]) @ (arrays["X"] @ arrays["W_K"]).T / np.sqrt(2)
            e = mask * np.exp(s)
            g = e / e.sum(axis=1, keepdims=True) @ (arrays["X"] @ arrays["W_V"])
            z = g @ arrays["W_O"].T
            log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
            moved.append(-np.sum(arrays["y"] * log_p))
        numeric = (moved[0] - moved[1]) / (2 * step)
        assert abs(gradient["M"][place] - numeric) < 1e-7


def test_torch_keeps_float32_and_the_graph(draw):
    f = value_and_gradient(attention_head(), WEIGHTS, "torch")
    arrays = {x: torch.tensor(a, dtype=torch.float32) for x, a in draw({}).items()}
    arrays["W_V"].requires_grad_()
    loss, gradient = f(**arrays)
    assert loss.dtype == gradient["W_Q"].dtype == torch.float32
    (by_autograd,) = torch.autograd.grad(loss, arrays["W_V"])
    torch.testing.assert_close(gradient["W_V"], by_autograd, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("block", [None, 2])
def test_bfloat16_is_as_near_as_its_eight_bits(block, draw, by_hand):
    f = value_and_gradient(attention_head("head", mask="causal"), WEIGHTS, "torch", block=block)
    arrays = draw({}, T=9, hard=True)
    rounded = {x: torch.tensor(a).to(torch.bfloat16) for x, a in arrays.items()}
    loss, gradient = f(**rounded)
    wanted_loss, wanted = by_hand({x: a.double().numpy() for x, a in rounded.items()}, causal=True)
    assert loss.dtype == gradient["W_Q"].dtype == torch.bfloat16
    assert abs(float(loss) - wanted_loss) < 0.02 * (1 + abs(wanted_loss))
    for x, value in gradient.items():
        error = np.abs(value.double().numpy() - wanted[x]).max()
        assert error < 0.05 * (1 + np.abs(wanted[x]).max()), x


def test_no_gradient_asked_for_gives_the_loss_alone(draw, by_hand):
    arrays = draw({})
    for backend in ("numpy", "torch"):
        f = value_and_gradient(attention_head(), [], backend)
        loss, gradient = f(**as_given(arrays, backend))
        assert gradient == {}
        assert abs(float(loss) - by_hand(arrays)[0]) < 1e-12
        assert "    p = " not in f.source


def test_only_needed_lines_are_written():
    source = value_and_gradient(attention_head(), ["W_O"]).source
    assert "dL_dW_O = " in source
    assert "dL_dz = " in source
    for other in ("u = ", "b = ", "dL_ds = ", "dL_dX"):
        assert other not in source


def test_results_are_no_aliases(draw):
    features, f = generated("attention-head-bias", "numpy")
    arrays = draw(features)
    _, gradient = f(**arrays)
    before = gradient["s"].copy()
    gradient["B"][:] = 7.0
    np.testing.assert_array_equal(gradient["s"], before)


def test_arguments_are_left_as_they_were(draw):
    features, f = generated("attention-head-everything", "numpy")
    arrays = draw(features)
    before = {x: np.array(a, copy=True) for x, a in arrays.items()}
    f(**arrays)
    for x, a in arrays.items():
        np.testing.assert_array_equal(a, before[x])


def test_names_and_documentation():
    f = value_and_gradient(attention_head(), ["W_Q"], name="query_gradient")
    assert f.__name__ == "query_gradient"
    assert "def query_gradient(*, X, W_Q, W_K, W_V, W_O, y):" in f.source
    assert "W_O  (C, d_v)" in f.__doc__
    assert "sum_c y_ic = 1" in f.__doc__
    assert repr(f) == "<generated numpy function query_gradient(*, X, W_Q, W_K, W_V, W_O, y)>"


def test_pickling_keeps_the_function(draw):
    f = value_and_gradient(attention_head(), ["W_Q"])
    again = pickle.loads(pickle.dumps(f))
    assert again.source == f.source
    assert again(**draw({}))[0] == f(**draw({}))[0]


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        ({"wrt": ["W_q"]}, ValueError, r"got 'W_q'\. Did you mean `W_Q`\? Known: .*W_Q"),
        ({"wrt": ["A"]}, ValueError, "quantities from which model `attention-head-causal`"),
        ({"wrt": ["M"]}, ValueError, "got 'M'"),
        ({"wrt": ["L"]}, ValueError, "got 'L'"),
        ({"wrt": ["W_Q", "W_Q"]}, ValueError, "once; got 'W_Q' twice. Drop one"),
        ({"wrt": "W_Q"}, TypeError, r"list of names; got the string 'W_Q'\. Use \['W_Q'\]"),
        ({"wrt": None}, TypeError, r"`wrt` must be a list of names; got None\. Use \[\]"),
        ({"backend": "nunpy"}, ValueError, "'numpy' or 'torch'; got 'nunpy'. Did you mean `numpy`"),
        ({"name": "my gradient"}, ValueError, "identifier; got 'my gradient'. Try 'my_gradient'"),
        ({"name": "lambda"}, ValueError, "got 'lambda'. Try 'lambda_'"),
        ({"model": "attention-head"}, TypeError, "`model` must be a Model.*got str"),
    ],
)
def test_wrong_requests(arguments, error, text):
    model = attention_head("attention-head-causal", mask="causal")
    with pytest.raises(error, match=text):
        value_and_gradient(**{"model": model, "wrt": ["W_Q"], **arguments})
