"""What generated functions say about arguments they cannot take."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp
import torch

from theory.algebra.symbols import Tensor, delta, indices, total
from theory.codegen import function, value_and_gradient
from theory.models.attention_head import attention_head

CAUSAL = value_and_gradient(attention_head("attention-head-causal", mask="causal"), ["W_Q"])
MASKED = value_and_gradient(
    attention_head("attention-head-masked", mask="arbitrary", temperature=True), ["W_Q"]
)
TORCH = value_and_gradient(
    attention_head("attention-head-masked", mask="arbitrary", temperature=True), ["W_Q"], "torch"
)
MODEL = attention_head()
T = MODEL.size_names["T"]
i, j = indices("i j", T)
x, alpha = Tensor("x", (T,)), MODEL.tensors["alpha"]


@pytest.fixture
def masked(draw):
    return draw({"mask": "arbitrary", "temperature": True}, T=4, d_x=5, d_k=4, C=3)


def changed(array, place, value):
    array = array.copy()
    array[place] = value
    return array


WRONG = [
    # names
    ({"W_Q": None}, TypeError, r"needs `W_Q` \(d_x, d_k\); add what is missing"),
    ({"W_q": 1.0}, TypeError, r"no argument `W_q`\. Did you mean `W_Q`\? It takes X, W_Q"),
    # shapes
    (
        {"W_K": np.ones((5, 3))},
        ValueError,
        r"`W_K` has shape \(5, 3\); axis 1 is d_k = 4 because of `W_Q`\. Make every axis d_k",
    ),
    (
        {"X": np.ones(5)},
        ValueError,
        r"`X` must have shape \(T, d_x\), 2 axes; got shape \(5,\)\. Reshape",
    ),
    ({"tau": np.ones(1)}, ValueError, r"`tau` must have no axes \(a number\); got shape \(1,\)"),
    (
        {"X": np.ones((0, 5)), "y": np.ones((0, 3)), "M": np.ones((0, 0))},
        ValueError,
        r"`X` must have at least one entry along every axis; got .* axis 0 \(T\) is 0",
    ),
    # entries
    ({"X": (1, 2, np.nan)}, ValueError, r"`X` must be finite everywhere; got nan at \[1, 2\]"),
    ({"W_O": (0, 0, -np.inf)}, ValueError, r"`W_O` must be finite everywhere; got -inf at"),
    ({"tau": 0.0}, ValueError, "`tau` must be positive; got 0. It must be so because the model"),
    ({"tau": -1.5}, ValueError, "`tau` must be positive; got -1.5"),
    ({"tau": np.nan}, ValueError, "`tau` must be finite; got nan. Remove nan and inf"),
    ({"M": (0, 1, 0.5)}, ValueError, r"`M` must be zero or one everywhere; got 0.5 at \[0, 1\]"),
    ({"M": (0, 1, -1.0)}, ValueError, r"`M` must be zero or one everywhere; got -1 at \[0, 1\]"),
    (
        {"M": (2, slice(None), 0.0)},
        ValueError,
        r"`M` must leave something to every softmax: .* along axis 1; got only zeros at \[2\]",
    ),
    (
        {"y": (1, slice(None), [0.5, 0.3, 0.2 + 3.1e-4])},
        ValueError,
        r"`y` must satisfy sum_c y_ic = 1 \(tolerance 1e-12\); got maximum deviation 3.1e-04 at "
        r"\[1\]\. Divide it by its sum along axis 1",
    ),
]
WRONG_IN_NUMPY = [
    ({"X": np.ones((4, 5)) * 1j}, TypeError, "`X` must hold real numbers; got complex128"),
    ({"X": np.ones((4, 5), dtype=object)}, TypeError, "hold real numbers; got object"),
    ({"X": [["a"] * 5] * 4}, TypeError, "`X` must hold real numbers; got list"),
    ({"tau": 1j}, TypeError, r"`tau` must hold real numbers; got complex128"),
    ({"X": [[1.0, 2.0], [3.0]]}, TypeError, "`X` must be an array .* list that NumPy cannot read"),
    ({"X": np.ma.masked_all((4, 5))}, TypeError, "`X` must be a plain array; got a masked array"),
    ({"X": torch.ones(4, 5)}, TypeError, "must be a NumPy array; got a torch Tensor. Generate"),
]
WRONG_IN_TORCH = [
    ({"X": np.ones((4, 5))}, TypeError, "`X` must be a torch tensor; got ndarray. Use `torch.as"),
    ({"X": torch.ones(4, 5)}, TypeError, "one dtype; `X` has torch.float32 and `W_Q` has torch.fl"),
    (
        {"X": torch.ones(4, 5, dtype=torch.float16)},
        TypeError,
        r"`X` must be float32, float64 or bfloat16 \(integers .* got torch.float16",
    ),
    ({"X": torch.ones(4, 5, dtype=torch.complex128)}, TypeError, "got torch.complex128. Convert"),
    (
        {"X": torch.ones(4, 5, dtype=torch.float64).to_sparse()},
        TypeError,
        "`X` must be a dense tensor; got layout torch.sparse_coo. Use `.to_dense",
    ),
    (
        {"X": torch.ones(4, 5, dtype=torch.float64, device="meta")},
        TypeError,
        "all tensors must have one device; `X` has meta and `W_Q` has cpu. Move one",
    ),
]


def with_changes(arrays, changes):
    arrays = dict(arrays)
    for name, change in changes.items():
        if isinstance(change, tuple):
            *place, value = change
            arrays[name] = changed(arrays[name], tuple(place), value)
        elif change is None:
            del arrays[name]
        else:
            arrays[name] = change
    return arrays


def to_torch(arrays):
    tensors = {}
    for name, value in arrays.items():
        is_array = isinstance(value, np.ndarray)
        tensors[name] = torch.as_tensor(value, dtype=torch.float64) if is_array else value
    return tensors


@pytest.mark.parametrize(("changes", "error", "text"), [*WRONG, *WRONG_IN_NUMPY])
def test_wrong_arguments(changes, error, text, masked):
    with pytest.raises(error, match=text):
        MASKED(**with_changes(masked, changes))


@pytest.mark.parametrize(("changes", "error", "text"), WRONG)
def test_wrong_arguments_in_torch(changes, error, text, masked):
    with pytest.raises(error, match=text):
        TORCH(**to_torch(with_changes(masked, changes)))


@pytest.mark.parametrize(("changes", "error", "text"), WRONG_IN_TORCH)
def test_wrong_tensors(changes, error, text, masked):
    with pytest.raises(error, match=text):
        TORCH(**{**to_torch(masked), **changes})


def test_arguments_without_names(masked):
    with pytest.raises(TypeError, match="keyword arguments only; got 1 without a name. Call it as"):
        MASKED(masked["X"])


def test_causal_mask_is_not_given(draw):
    with pytest.raises(TypeError, match="makes the causal mask `M` itself; drop `M`"):
        CAUSAL(**draw({}), M=np.tri(5))


@pytest.mark.parametrize("f", [MASKED, TORCH])
def test_results_out_of_range(f, masked):
    huge = with_changes(masked, {"X": masked["X"] * 1e300, "W_Q": masked["W_Q"] * 1e300})
    given = huge if f is MASKED else to_torch(huge)
    with pytest.raises(
        FloatingPointError, match=r"must be finite; got .* Scale the arguments down"
    ):
        f(**given)


def test_integers_and_bools_are_converted(masked):
    labels = np.eye(3, dtype=int)[[0, 2, 1, 0]]
    mask = np.tri(4, dtype=bool)
    given = {**masked, "y": labels, "M": mask}
    expected = MASKED(**{**given, "y": labels.astype(float), "M": mask.astype(float)})
    loss, gradient = MASKED(**given)
    assert loss == expected[0]
    tensors = {**to_torch(masked), "y": torch.as_tensor(labels), "M": torch.as_tensor(mask)}
    again, _ = TORCH(**{**tensors, "tau": 1.7})
    assert abs(float(again) - loss) < 1e-12
    assert MASKED(**{**given, "X": given["X"].tolist()})[0] == loss


@pytest.mark.parametrize("kind", [np.float16, np.float32])
def test_tolerance_of_hypotheses_goes_with_the_type(kind, masked):
    rounded = masked["y"].astype(kind)
    MASKED(**{**masked, "y": rounded})
    with pytest.raises(ValueError, match="must satisfy sum_c y_ic = 1"):
        MASKED(**{**masked, "y": rounded.astype(np.float64)})
    with pytest.raises(ValueError, match=r"must satisfy sum_c y_ic = 1 \(tolerance [15]e-0[24]\)"):
        MASKED(**{**masked, "y": 1.02 * rounded})


@pytest.mark.parametrize(
    ("expression", "given", "text"),
    [
        (
            sp.log(x[i]),
            [1.0, 0.0],
            r"`x` must be positive .*got 0 at \[1\]\. .* logarithm is taken",
        ),
        (x[i] * sp.log(x[i]), [1.0, -1.0], r"`x` must be nonnegative everywhere; got -1 at \[1\]"),
        (1 / x[i], [1.0, 0.0], r"`x` must be nonzero .* because the formula divides by it"),
        (sp.sqrt(x[i]), [1.0, -2.0], "`x` must be nonnegative .* because a root of it is taken"),
        (1 / sp.sqrt(x[i]), [1.0, 0.0], "`x` must be positive everywhere; got 0"),
        (x[3] + x[i], [1.0, 0.0], r"`x` must have T >= 3, .* uses entry 3 of axis 0; got shape"),
        (x[i] + delta(i, 4), [1.0, 0.0], "`x` must have T >= 4"),
    ],
)
def test_domains_are_read_off_the_expression(expression, given, text):
    f = function(MODEL, expression, name="f")
    with pytest.raises(ValueError, match=text):
        f(x=given)


def test_domain_declared_by_the_model():
    f = function(MODEL, total(alpha[i, j] ** 2, j), name="f")
    with pytest.raises(ValueError, match=r"`alpha` must be nonnegative everywhere; got -0.1 at"):
        f(alpha=[[-0.1]])


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (2.0, TypeError, "`T` must be an integer; got float"),
        (True, TypeError, "`T` must be an integer; got bool"),
        (0, ValueError, "`T` must be at least 1; got 0"),
    ],
)
def test_sizes_as_arguments(value, error, text):
    f = function(MODEL, MODEL.tensors["W_O"][1, 1] / T, name="f")
    assert f(W_O=[[6.0]], T=3) == 2.0
    with pytest.raises(error, match=text):
        f(W_O=[[6.0]], T=value)


def test_size_argument_that_contradicts_a_shape():
    y = Tensor("y2", (T, T))
    f = function(MODEL, y[i, j], name="f", indices=(i, j))
    with pytest.raises(ValueError, match=r"`y2` has shape \(2, 3\); axis 1 is T = 2 because"):
        f(y2=np.ones((2, 3)))
