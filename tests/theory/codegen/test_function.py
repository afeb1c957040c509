"""Generated functions of single expressions against evaluation entry by entry."""

from __future__ import annotations

import math

import numpy as np
import pytest
import sympy as sp
import torch

from theory.algebra.expressions import Equation
from theory.algebra.symbols import (
    Partial,
    Size,
    Tensor,
    delta,
    indices,
    scalar,
    total,
)
from theory.codegen import function
from theory.models.attention_head import attention_head

MODEL = attention_head()
SIZES = {"T": 4, "d_v": 3, "C": 5, "d_k": 2, "d_x": 2}
T, C, d_v, d_k = (MODEL.size_names[x] for x in ("T", "C", "d_v", "d_k"))
alpha, s, b, u, v, g, p, y, z, W_O = (
    MODEL.tensors[x] for x in ("alpha", "s", "b", "u", "v", "g", "p", "y", "z", "W_O")
)
i, j, k, l = indices("i j k l", T)
a, a2 = indices("a a'", d_v)
c, d = indices("c d", C)
eta = scalar("eta", positive=True)
N = Tensor("N", (T, d_v, d_v))


def b_written_out(row, column):
    return total(u[row, a] * v[column, a], a)


def score(row, column):
    return total((u[row, a] - v[column, a]) ** 2, a)


def log_partition(row):
    return sp.log(total(sp.exp(s[row, k]), k))


ENTROPY = -total(alpha[i, k] * sp.log(alpha[i, k]), k)
LAWS = {
    "advantage": (
        alpha[i, j] * (b_written_out(i, j) - total(alpha[i, k] * b_written_out(i, k), k)),
        (i, j),
    ),
    "softmax jacobian": (alpha[i, j] * (delta(j, k) - alpha[i, k]), (i, k, j)),
    "values, transposed": (-eta * total(alpha[i, j] * u[i, a], i), (a, j)),
    "entropy": (-alpha[i, j] * (sp.log(alpha[i, j]) + ENTROPY), (i, j)),
    "value step": (
        -eta * total(alpha[i, j] * alpha[k, j] * total(u[i, a] * u[k, a], a), k),
        (i, j),
    ),
    "loss change": (-eta * total(total(alpha[i, j] * u[i, a], i) ** 2, j, a), ()),
    "second derivative": (
        alpha[i, j]
        * alpha[i, l]
        * total((v[j, a] - g[i, a]) * N[i, a, a2] * (v[l, a2] - g[i, a2]), a, a2),
        (l, i, j),
    ),
    "class jacobian": (total(p[i, c] * (delta(c, d) - p[i, d]) * W_O[d, a], d), (i, c, a)),
    "cross-entropy": (-total(y[i, c] * sp.log(p[i, c]), i, c), ()),
    "cross-entropy of logits": (
        -total(y[i, c] * sp.log(sp.exp(z[i, c]) / total(sp.exp(z[i, d]), d)), i, c),
        (),
    ),
    "softmax inside": (
        total(sp.exp(s[i, j]) / total(sp.exp(s[i, k]), k) * v[j, a], j),
        (i, a),
    ),
    "two softmaxes": (
        total(
            alpha[l, j]
            * sp.exp(s[i, j])
            / total(sp.exp(s[i, k]), k)
            * sp.exp(s[j, i])
            / total(sp.exp(s[j, k]), k),
            j,
        ),
        (l, i),
    ),
    "softmax over the first axis": (sp.exp(s[i, j]) / total(sp.exp(s[k, j]), k), (i, j)),
    "squared softmax": (sp.exp(2 * s[i, j]) / total(sp.exp(s[i, k]), k) ** 2, (j, i)),
    "softmax of distances": (
        sp.exp(-score(i, j) / 2) / total(sp.exp(-score(i, k) / 2), k),
        (i, j),
    ),
    "quotient of partition sums": (
        total(sp.exp(s[i, k]) * v[k, a], k) / total(sp.exp(s[i, k]), k),
        (i, a),
    ),
    "log-sum-exp": (log_partition(i) + log_partition(j), (i, j)),
    "log-sum-exp over two indices": (sp.log(total(sp.exp(s[i, j] - s[j, i]), i, j)), ()),
    "y over p": (total(y[i, c] / p[i, c] * W_O[c, a], c), (i, a)),
    "squared distance": (score(i, j), (j, i)),
    "sum of a sum": (total(u[i, a] - v[i, a], i), (a,)),
    "sum of unlike terms": (total(alpha[i, j] + u[j, a] * v[i, a], a), (i, j)),
    "idle sum": (total(alpha[i, j], k), (i, j)),
    "delta in a sum": (total(alpha[i, k] * delta(k, j), k), (i, j)),
    "delta with a literal": (s[1, j] * delta(j, 2) + s[i, 2], (i, j)),
    "diagonal": (s[i, i] + total(s[j, j], j), (i,)),
    "more axes than the value": (alpha[i, i], (i, j)),
    "zero": (sp.S.Zero, (i, a)),
    "rational powers": (
        sp.sqrt(alpha[i, j]) / (1 + p[i, c]) ** 2 * d_k ** sp.Rational(3, 2),
        (i, j, c),
    ),
    "constants": (
        total(sp.tanh(s[i, j]), i, j) / T**2 + sp.pi * sp.Rational(2, 3) * sp.log(d_k),
        (),
    ),
    "symbolic power": (alpha[i, j] ** eta, (i, j)),
    "absolute value": (total(sp.Abs(s[i, j]) * alpha[i, j], j), (i,)),
    "seven factors": (
        total(u[i, a] * v[j, a] * s[i, k] * s[k, l] * alpha[l, j] * b[j, i] * g[l, a], j, k, l, a),
        (i,),
    ),
    "eight factors": (
        total(
            u[i, a] * v[j, a] * s[i, k] * s[k, l] * alpha[l, j] * b[j, i] * g[l, a] * s[l, i],
            j,
            k,
            l,
            a,
        ),
        (i,),
    ),
}


def arrays_of(f, seed=0):
    """Return random arrays for the arguments of a generated function."""
    draw = np.random.default_rng(seed)
    arrays = {}
    for x in f.program.arguments:
        array = draw.normal(size=[SIZES[size] for size in x.axes])
        if x.sign:
            array = np.exp(array)
        arrays[x.name] = SIZES[x.name] if x.is_size else array
    if "y" in arrays:
        arrays["y"] = draw.dirichlet(np.ones(SIZES["C"]), SIZES["T"])
    return arrays


@pytest.mark.parametrize("backend", ["numpy", "torch"])
@pytest.mark.parametrize("law", LAWS)
def test_agrees_with_evaluation_by_loops(law, backend, by_loops):
    expression, axes = LAWS[law]
    f = function(MODEL, expression, name="law", indices=axes, backend=backend)
    arrays = arrays_of(f)
    expected = by_loops(expression, axes, arrays, SIZES)
    if backend == "torch":
        sizes = {x.name for x in f.program.arguments if x.is_size}
        arrays = {x: n if x in sizes else torch.as_tensor(n) for x, n in arrays.items()}
    result = np.asarray(f(**arrays))
    assert result.shape == expected.shape
    np.testing.assert_allclose(result, expected, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("law", LAWS)
def test_every_line_fits_the_page(law):
    expression, axes = LAWS[law]
    source = function(MODEL, expression, name="law", indices=axes).source
    assert max(map(len, source.splitlines())) <= 100


def test_law_of_the_catalogue_style():
    """The advantage law from alpha, u, v: b once, no temporary of three axes."""
    expression, axes = LAWS["advantage"]
    source = function(MODEL, expression, name="advantage_law", indices=axes).source
    body = source.partition('"""\n    ')[2]
    assert body.splitlines() == [
        "result = u @ v.T",
        '    result -= np.einsum("ij,ij->i", result, alpha)[:, None]',
        "    result *= alpha",
        "    return result",
    ]


def test_given_names_are_computed_from():
    law = alpha[i, j] * (b[i, j] - total(alpha[i, k] * b[i, k], k))
    short = function(MODEL, law, name="law", indices=(i, j))
    long = function(MODEL, law, name="law", indices=(i, j), given=["s", "u", "v"])
    assert [x.name for x in short.program.arguments] == ["alpha", "b"]
    assert [x.name for x in long.program.arguments] == ["v", "s", "u"]
    arrays = arrays_of(long)
    weights = np.exp(arrays["s"])
    weights /= weights.sum(axis=1, keepdims=True)
    expected = short(alpha=weights, b=arrays["u"] @ arrays["v"].T)
    np.testing.assert_allclose(long(**arrays), expected, rtol=1e-12)


def test_right_side_of_an_equation_in_the_order_of_its_left():
    claim = Equation(Partial(MODEL.loss, v[j, a]), total(alpha[i, j] * u[i, a], i))
    f = function(MODEL, claim, name="value_gradient")
    arrays = arrays_of(f)
    np.testing.assert_allclose(f(**arrays), arrays["alpha"].T @ arrays["u"], rtol=1e-12)


def test_derivatives_are_replaced_by_their_values():
    f = function(MODEL, Partial(MODEL.loss, z[i, c]), name="law", indices=(c, i))
    arrays = arrays_of(f)
    assert set(arrays) == {"p", "y"}
    np.testing.assert_allclose(f(**arrays), (arrays["p"] - arrays["y"]).T)


def test_one_free_index_needs_no_order():
    f = function(MODEL, total(alpha[i, j], j), name="row_sums")
    np.testing.assert_allclose(f(alpha=np.ones((3, 3))), [3.0, 3.0, 3.0])


def test_causal_mask_of_an_expression_is_made():
    model = attention_head("causal", mask="causal")
    M = model.tensors["M"]
    f = function(model, M[i, j] * s[i, j], name="masked", indices=(i, j))
    np.testing.assert_array_equal(f(s=np.ones((3, 3))), np.tri(3))


def test_result_is_no_alias_of_an_argument():
    f = function(MODEL, s[j, i], name="transposed", indices=(i, j))
    given = np.arange(4.0).reshape(2, 2)
    result = f(s=given)
    result[:] = 0
    np.testing.assert_array_equal(given, [[0, 1], [2, 3]])


def test_names_that_are_no_identifiers():
    size, other = Size("lambda"), Size("n'")
    w1, w2, greek = Tensor("x'", (size,)), Tensor("lambda", (size,)), Tensor("α", (other,))
    np_ = Tensor("np", (other,))
    (m,), (n,) = indices("h'", size), indices("c1", other)
    law = total(w1[m] * w2[m], m) * greek[n] * np_[n]
    f = function(MODEL, law, name="law")
    names = [x.name for x in f.program.arguments]
    assert names == ["lambda_2", "np_2", "x_prime", "alpha"]
    ones = {x: np.full(2, 2.0) for x in names}
    np.testing.assert_allclose(f(**ones), [32.0, 32.0])


def test_text_of_a_model_cannot_become_code():
    nasty = 'x"""\nimport os\n"""'
    model = attention_head(nasty)
    f = function(model, Tensor('q"\n1/0\n"', (T,))[i] + s[i, i], name="law")
    assert "import os" not in f.source.replace("/", "").splitlines()
    assert [x.name for x in f.program.arguments][1].isidentifier()
    result = f(**{x.name: np.ones((2,) * len(x.axes)) for x in f.program.arguments})
    np.testing.assert_allclose(result, [2.0, 2.0])


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"indices": ()}, "name every free index of the expression once, i, j; got none"),
        ({"indices": (i,)}, "once, i, j; got i. Their order is that of the axes"),
        ({"indices": (i, j, j)}, "got i, j, j"),
        ({"indices": None}, "got none"),
        ({"indices": (i, "j")}, "once, i, j; got i, j"),
        ({"expression": Equation(u[i, a], s[i, j]), "indices": None}, "once, i, j; got i, a"),
        ({"expression": s[i, j] + sp.Float(0.5)}, "Float is not in the language"),
        ({"name": "2b"}, "`name` must be a Python identifier; got '2b'. Try 'x2b'"),
        ({"name": ""}, "must be a Python identifier; got ''. Try 'x'"),
        ({"backend": "jax"}, "`backend` must be 'numpy' or 'torch'; got 'jax'"),
        ({"given": ["alpha"]}, "must suffice to compute the expression; W_K, W_Q, X cannot be"),
        ({"given": ["s", "k"]}, "the expression needs; 'k' is not needed"),
        ({"given": ["S"]}, r"'S' is not needed\. Did you mean `s`\?"),
        ({"expression": sp.gamma(s[i, j])}, r"`gamma\(s\[i, j\]\)` cannot be .*Abs, cosh, exp"),
        ({"expression": s[i, j] * s}, "cannot be written .* a tensor without its indices"),
        ({"expression": s[i, j] * j}, "cannot be written as numpy source: Index"),
    ],
)
def test_wrong_requests(arguments, text):
    request = {"expression": s[i, j], "indices": (i, j), "name": "law", **arguments}
    if "given" in arguments:
        request["expression"] = s[i, j] + alpha[i, j]
    with pytest.raises(ValueError, match=text):
        function(MODEL, **request)


@pytest.mark.parametrize("expression", ["__import__('os').getcwd()", 3, None])
def test_what_is_no_expression(expression):
    with pytest.raises(TypeError, match=r"index expression or an Equation; got (str|int|NoneType)"):
        function(MODEL, expression, name="law")


def test_sums_over_part_of_a_range_are_refused():
    part = sp.Sum(s[i, j], (i, 1, 3))
    with pytest.raises(ValueError, match="whole range of an index; got the sum over i from 1 to 3"):
        function(MODEL, part, name="law")


def test_one_name_for_two_tensors_is_refused():
    twin = Tensor("s", (T,))
    with pytest.raises(ValueError, match=r"`s` must have the same axes everywhere; got .*Rename"):
        function(MODEL, s[i, j] + twin[i], name="law", indices=(i, j))


def test_size_in_no_shape_is_an_argument():
    f = function(MODEL, s[i, j] / sp.sqrt(d_k), name="scaled", indices=(i, j))
    assert f.__doc__ is not None and "d_k  size" in f.__doc__
    np.testing.assert_allclose(f(s=np.ones((2, 2)), d_k=16), np.full((2, 2), 0.25))
    assert math.isclose(float(f(s=np.ones((1, 1)), d_k=np.int64(4))[0, 0]), 0.5)
