"""The binary head is the full head on its symmetric subspace, in numbers and by name."""

import numpy as np
import pytest
import sympy as sp

from theory.algebra.expressions import Equation
from theory.algebra.symbols import Partial
from theory.models import binary_head, model_named, theory_of

MODEL = model_named("binary-head")
x, y, w = MODEL.inputs
q = MODEL.tensors["q"]


def full_head(scores, values, weight):
    """Return loss and gradients of two positions with labels +1 and -1, written out by hand."""
    alpha = np.exp(scores) / np.exp(scores).sum(1, keepdims=True)
    context = alpha @ values
    label = np.array([1.0, -1.0])
    loss = np.mean(np.log1p(np.exp(-label * weight * context)))
    upstream = -label * weight / (1 + np.exp(label * weight * context)) / 2
    advantage = upstream[:, None] * (values[None, :] - context[:, None])
    return loss, alpha * advantage, alpha.T @ upstream


@pytest.mark.parametrize("seed", range(5))
def test_loss_and_flow_are_those_of_the_full_head_on_the_subspace(seed):
    at = np.random.default_rng(seed).normal(size=3) * 2
    half, value, weight = at[0] / 2, at[1], at[2]
    scores = np.array([[half, -half], [-half, half]])
    loss, ds, dv = full_head(scores, np.array([value, -value]), weight)
    point = dict(zip((x, y, w), at, strict=True))
    theory = theory_of(MODEL)
    lines = [(line.symbol, line.value) for line in reversed(MODEL.definitions)]

    def number(expression):
        return float(sp.sympify(expression).subs(lines).subs(point))

    assert number(MODEL.loss) == pytest.approx(loss, rel=1e-13)
    assert np.allclose(ds, ds[0, 0] * np.array([[1, -1], [-1, 1]]), rtol=1e-12)
    assert dv[0] == pytest.approx(-dv[1], rel=1e-12)
    # dx/dt = d(s_11 - s_12)/dt and dy/dt = dv_1/dt at rates 1
    assert number(theory.adjoints["x"].value) == pytest.approx(ds[0, 0] - ds[0, 1], rel=1e-12)
    assert number(theory.adjoints["y"].value) / 2 == pytest.approx(dv[0], rel=1e-12)


def test_the_gradients_are_the_printed_ones():
    prove = theory_of(binary_head()).prove
    slope = -w * q * y * sp.sech(x / 2) ** 2 / 2
    assert prove(Equation(Partial(MODEL.loss, x), slope)).proved
    assert prove(Equation(Partial(MODEL.loss, y), -w * q * sp.tanh(x / 2))).proved
    assert not prove(Equation(Partial(MODEL.loss, y), -w * q * sp.tanh(x / 2) / 2)).proved
    assert prove(Equation(MODEL.loss, sp.log(1 + sp.exp(-MODEL.tensors["f"])))).proved


def test_the_derivative_of_a_quotient_of_scalars_is_written_with_its_name():
    alpha = MODEL.tensors["alpha_12"]
    assert theory_of(MODEL).adjoints["x"].value.has(alpha)
