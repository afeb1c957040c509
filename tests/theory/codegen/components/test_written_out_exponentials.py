"""1/(1 + exp(e)) and log(1 + exp(e)) without indices are computed like softmax and log-sum-exp."""

import numpy as np
import pytest
import sympy as sp

from theory.algebra.symbols import scalar
from theory.codegen.components import LogSumExp, Softmax, batch_jacobian, batch_values, unroll
from theory.codegen.patterns import written_out_exponentials

X = scalar("x")


def _program(e):
    return unroll("test", [], [X], [], [((), e)], {})


def _run(e, at):
    program, y = _program(e), np.array(at)[:, None]
    none = np.zeros(0)
    return batch_values(program)(y, none)[:, 0], batch_jacobian(program)(y, none)[:, 0, 0]


@pytest.mark.parametrize(
    ("e", "value", "slope"),
    [
        (1 / (1 + sp.exp(X)), lambda s: s, lambda s: -s * (1 - s)),
        (3 / (2 + 2 * sp.exp(X)), lambda s: 1.5 * s, lambda s: -1.5 * s * (1 - s)),
        ((1 + sp.exp(X)) ** -2, lambda s: s**2, lambda s: -2 * s**2 * (1 - s)),
    ],
)
def test_the_logistic_function_has_no_overflow(e, value, slope):
    s = np.array([1.0, 1 / (1 + np.exp(-2.0)), 0.5, 1 / (1 + np.exp(3.0)), 0.0])
    values, slopes = _run(e, [-800.0, -2.0, 0.0, 3.0, 800.0])
    np.testing.assert_allclose(values, value(s), rtol=1e-14, atol=0)
    np.testing.assert_allclose(slopes, slope(s), rtol=1e-14, atol=1e-300)


def test_the_logarithm_of_one_plus_exp_has_no_overflow():
    at = [-800.0, 0.0, 800.0]
    values, slopes = _run(sp.log(1 + sp.exp(X)), at)
    np.testing.assert_allclose(values, [0, np.log(2), 800], rtol=1e-14)
    np.testing.assert_allclose(slopes, [0, 0.5, 1], rtol=1e-14)


def test_the_stages_are_shared():
    e = 1 / (1 + sp.exp(X)) + X / (1 + sp.exp(X)) ** 3 + sp.log(1 + sp.exp(X))
    kinds = [type(stage) for stage in _program(e).stages]
    assert kinds == [Softmax, LogSumExp] or kinds == [LogSumExp, Softmax]


@pytest.mark.parametrize(
    "e", [X, 1 + X, 1 - sp.exp(X), sp.exp(X) - 1, sp.exp(X) + sp.exp(2 * X), 1 + X * sp.exp(X)]
)
def test_other_sums_are_no_such_pattern(e):
    assert written_out_exponentials(e) is None
