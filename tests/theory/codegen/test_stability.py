"""Softmax, log-softmax and log-sum-exp far beyond the range of exp, whatever they are called."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp
import torch

from theory.algebra.symbols import Size, Tensor, indices, scalar, total
from theory.codegen import function, value_and_gradient
from theory.codegen.guards import zero_guards
from theory.codegen.patterns import exponential_sum, shared_sums, softmax_in
from theory.models.attention_head import attention_head
from theory.models.model import Constraint, Definition, Model

T, n = Size("T"), Size("n")
(i,) = indices("i", T)
j, k = indices("j k", n)
x = Tensor("x", (T, n))
m = Tensor("m", (n,), nonnegative=True)
w = Tensor("w", (n,))
r = Tensor("r", (T, n), nonnegative=True)
F = scalar("F")

SOFTMAX = sp.exp(x[i, j]) / total(sp.exp(x[i, k]), k)
WEIGHTED = m[j] * sp.exp(x[i, j]) / total(m[k] * sp.exp(x[i, k]), k)
EXTREME = np.array([[0.0, 700.0, -700.0], [1e4, -1e4, 9999.0], [-1e4, -1e4, -1e4]])


def mixture() -> Model:
    """A softmax with weights that are no mask, under names of its own."""
    definitions = (
        Definition(r[i, j], WEIGHTED, "responsibilities"),
        Definition(F, -total(r[i, j] * sp.log(r[i, j]), i, j), "entropy, nats"),
    )
    return Model(
        name="mixture",
        title="responsibilities and their entropy",
        sizes=(T, n),
        inputs=(x, m),
        definitions=definitions,
        loss=F,
        constraints=(),
        letters={"T": ("i",), "n": ("j", "k", "l")},
    )


MODEL = mixture()


def as_backend(arrays, backend):
    return {a: torch.as_tensor(v) if backend == "torch" else v for a, v in arrays.items()}


def softmax_of(exponents, axis=-1):
    e = np.exp(exponents - exponents.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


def test_patterns_are_found_by_structure():
    pattern, rest = softmax_in(3 * WEIGHTED * w[j])
    assert (pattern.exponent, pattern.weight, pattern.along) == (x[i, j], m[j], j)
    assert rest == 3 * w[j]
    parts = exponential_sum(total(2 * m[k] * sp.exp(x[i, k]), k))
    assert (parts.exponent, parts.weight, parts.bound) == (x[i, k], 2 * m[k], (k,))


@pytest.mark.parametrize(
    "expression",
    [
        sp.exp(x[i, j]) / total(sp.exp(2 * x[i, k]), k),
        m[j] * sp.exp(x[i, j]) / total(sp.exp(x[i, k]) * m[k] ** 2, k),
        sp.exp(x[i, j]) / total(sp.exp(x[i, k]) * w[k], k),
        sp.exp(x[i, j]),
    ],
)
def test_what_is_no_softmax_is_not_taken_for_one(expression):
    assert softmax_in(expression) is None


def test_a_weight_that_may_be_negative_is_no_exponential_sum():
    assert exponential_sum(total(w[k] * sp.exp(x[i, k]), k)) is None
    assert exponential_sum(total(-sp.exp(x[i, k]), k)) is None


@pytest.mark.parametrize("backend", ["numpy", "torch"])
@pytest.mark.parametrize(
    ("expression", "axes", "expected"),
    [
        (SOFTMAX, (i, j), softmax_of(EXTREME)),
        (2 * SOFTMAX, (j, i), 2 * softmax_of(EXTREME).T),
        (SOFTMAX**2, (i, j), softmax_of(EXTREME) ** 2),
        (
            total(sp.exp(x[i, k]) * x[i, k], k) / total(sp.exp(x[i, k]), k),
            (i,),
            (softmax_of(EXTREME) * EXTREME).sum(axis=1),
        ),
        (
            sp.log(SOFTMAX),
            (i, j),
            EXTREME - np.logaddexp.reduce(EXTREME, axis=1, keepdims=True),
        ),
        (sp.log(total(sp.exp(x[i, k]), k)), (i,), np.logaddexp.reduce(EXTREME, axis=1)),
        (
            sp.log(total(sp.exp(x[i, k]), i, k)),
            (),
            np.logaddexp.reduce(EXTREME, axis=None),
        ),
    ],
)
def test_extreme_exponents(expression, axes, expected, backend):
    f = function(MODEL, expression, name="f", indices=axes, backend=backend)
    result = np.asarray(f(**as_backend({"x": EXTREME}, backend)))
    np.testing.assert_allclose(result, expected, rtol=1e-12, atol=0)


@pytest.mark.parametrize("backend", ["numpy", "torch"])
def test_entropy_with_weights_of_zero(backend):
    """A weighted softmax with exact zeros: 0 log 0 = 0 in the value and in the gradient."""
    f = value_and_gradient(MODEL, ["x"], backend)
    weights = np.array([0.5, 0.0, 2.0])
    loss, gradient = f(**as_backend({"x": EXTREME, "m": weights}, backend))
    kept = softmax_of(EXTREME[:, [0, 2]] + np.log(weights[[0, 2]]))
    logs = np.log(np.where(kept > 0, kept, 1.0))
    entropy = -(kept * logs).sum(axis=1, keepdims=True)
    assert abs(float(loss) - entropy.sum()) < 1e-12
    expected = np.zeros((3, 3))
    expected[:, [0, 2]] = -kept * (logs + entropy)
    np.testing.assert_allclose(np.asarray(gradient["x"]), expected, atol=1e-12)


def test_softmax_behind_a_name_of_its_partition_sum():
    """log Z given, the softmax as exp(x - log Z): the same stable statements."""
    log_z = sp.log(total(sp.exp(x[i, k]), k))
    f = function(MODEL, sp.exp(x[i, j] - log_z), name="f", indices=(i, j))
    np.testing.assert_allclose(f(x=EXTREME), softmax_of(EXTREME), rtol=1e-12)


def test_zero_guards():
    p, y, t = r, Tensor("y", (T, n)), Tensor("t", (T, n))
    log = sp.log(p[i, j])

    def guards(*values, returned=()):
        names = [Tensor(f"t{number}", (T, n)) for number in range(len(values))]
        lines = [Definition(a[i, j], v, "") for a, v in zip(names, values, strict=True)]
        return zero_guards(lines[:-1], values[-1], returned)

    assert guards(p[i, j] * log * y[i, j]) == {"r": "r"}
    assert guards(total(y[i, j] * log, i, j)) == {"r": "y"}
    assert guards(y[i, k] * log) == {"r": None}
    assert guards(p[i, j] * log, y[i, j] * log) == {"r": None}
    assert guards(p[i, j] * (y[i, j] + log**2)) == {"r": "r"}
    assert guards(p[i, j] * sp.tanh(log)) == {"r": None}
    t0, t1 = Tensor("t0", (T, n)), Tensor("t1", (T, n))
    assert guards(-log - 1, total(p[i, k] * t0[i, k], k)) == {"r": "r"}
    assert guards(-log - 1, y[i, j] * t0[i, j], p[i, j] * t1[i, j]) == {"r": "r"}
    assert guards(-log - 1, p[i, k] * t0[i, j]) == {"r": None}
    assert guards(-log - 1, p[i, j] * t0[i, j] + t0[i, k]) == {"r": None}
    assert guards(-log - 1, p[i, j] * t0[i, j], returned=["t0"]) == {"r": None}
    assert guards(-log - 1, t[i, j], t1[i, j] * t0[i, j]) == {"r": None}  # t1 comes too late


def test_logarithm_of_a_probability_of_zero_beside_a_label_of_zero():
    y = Tensor("y", (T, n))
    f = function(MODEL, -total(y[i, j] * sp.log(r[i, j]), i, j), name="loss")
    assert f(y=np.eye(2), r=np.eye(2)) == 0.0
    with pytest.raises(FloatingPointError, match="`result` of `loss` must be finite; got inf, bey"):
        f(y=np.eye(2), r=1 - np.eye(2))


def test_shared_sums_do_not_cost_a_temporary_of_three_axes():
    v = Tensor("v", (n, n))
    three = total(x[i, k] * v[k, j] * w[k], k)
    assert shared_sums([three, three]) != frozenset()
    opened = total(w[j] * total(x[i, k] * v[k, j], k), j)
    assert len(shared_sums([opened, opened])) == 2


def test_log_softmax_is_written_once_for_the_loss_and_its_gradient():
    source = value_and_gradient(attention_head(), ["W_O"]).source
    assert source.count("np.exp(") == 2
    assert "log_p" in source


def test_unused_input_has_gradient_zero():
    extra = Tensor("extra", (n,))
    model = Model(
        name="constant",
        title="a loss that leaves an input unused",
        sizes=(T, n),
        inputs=(x, extra, F_INPUT := scalar("c")),
        definitions=(Definition(F, F_INPUT * total(x[i, j] ** 2, i, j), "squares"),),
        loss=F,
        constraints=(Constraint(sp.Eq(0, 0), ""),)[:0],
        letters={"T": ("i",), "n": ("j", "k")},
    )
    f = value_and_gradient(model, ["extra", "x", "c"])
    loss, gradient = f(x=np.ones((2, 3)), c=2.0)
    assert loss == 12.0
    assert gradient["c"] == 6.0
    np.testing.assert_array_equal(gradient["x"], np.full((2, 3), 4.0))
