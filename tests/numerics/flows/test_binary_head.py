"""binary-head: its field against the closed form and against the whole head."""

import numpy as np
import pytest

from numerics.flows import attention_flow, binary_head, settings_of
from numerics.flows.binary_head import binary_gradient
from theory.algebra.expressions import Equation
from theory.algebra.symbols import Partial
from theory.models import model_named, theory_of


def closed_form(x, y, w, eps_s, eps_v):
    """Law B7 as printed."""
    wrong = 1 / (1 + np.exp(w * y * np.tanh(x / 2)))
    return np.stack(
        [
            eps_s / 2 * w * wrong * y / np.cosh(x / 2) ** 2,
            eps_v / 2 * w * wrong * np.tanh(x / 2),
        ],
        axis=-1,
    )


@pytest.mark.parametrize("settings", [{}, {"w": -2.0}, {"w": 0.7, "eps_s": 0.01, "eps_v": 3.0}])
def test_the_field_is_the_closed_form(settings):
    system = binary_head(**settings)
    points = system.starts(np.random.default_rng(1), 50)
    x = {"w": 1.0, "eps_s": 1.0, "eps_v": 1.0} | settings
    expected = closed_form(points[:, 0], points[:, 1], **x)
    np.testing.assert_allclose(system.velocity(points), expected, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize(("w", "eps_s", "eps_v"), [(1.0, 1.0, 1.0), (0.8, 0.1, 4.0)])
def test_it_is_the_flow_of_the_whole_head_on_the_symmetric_subspace(w, eps_s, eps_v):
    """Logit w g against 0 for two classes, the mean over both positions."""
    whole = attention_flow(
        T=2, n=2, d_v=1, C=2, W_O=[[w / 2], [-w / 2]], w=0.5, eps_s=eps_s, eps_v=eps_v
    )
    system = binary_head(w=w, eps_s=eps_s, eps_v=eps_v)
    for x, y in system.starts(np.random.default_rng(2), 20):
        v = whole.velocity(np.array([x / 2, -x / 2, -x / 2, x / 2, y, -y]))
        np.testing.assert_allclose(v[:4], v[0] * np.array([1, -1, -1, 1]), atol=1e-15)
        np.testing.assert_allclose(v[4], -v[5], atol=1e-15)
        np.testing.assert_allclose(system.velocity(np.array([x, y])), [2 * v[0], v[4]], atol=1e-15)


@pytest.mark.parametrize("name", ["x", "y"])
def test_the_gradient_is_the_one_that_the_theory_derives(name):
    model = model_named("binary-head")
    slope = Partial(model.loss, model.tensors[name])
    assert theory_of(model).prove(Equation(slope, binary_gradient(model)[name])).proved


def test_far_states_are_finite():
    points = np.array([[800.0, 3.0], [-800.0, 3.0], [2.0, 1e6], [2.0, -1e6], [-1e3, -1e3]])
    system = binary_head()
    assert np.isfinite(system.velocity(points)).all()
    assert np.isfinite(system.jacobian(points)).all()
    assert np.isfinite(system.quantity(system.quantities[0], points)).all()


def test_the_origin_is_a_saddle_at_rest():
    system = binary_head(eps_s=0.5, eps_v=2.0)
    np.testing.assert_array_equal(system.velocity(np.zeros(2)), 0)
    eigenvalues = np.sort(np.linalg.eigvals(system.jacobian(np.zeros(2))).real)
    # the linear part is dx/dt = (eps_s/4) y, dy/dt = (eps_v/8) x
    np.testing.assert_allclose(eigenvalues, np.sqrt(0.5 * 2.0 / 32) * np.array([-1, 1]), rtol=1e-12)


def test_defaults_and_a_window_with_area():
    system = binary_head()
    assert {*system.settings} == {*settings_of("binary-head")}
    assert system.labels == ("x", "y")
    assert system.window is not None
    assert system.window[0] < system.window[1] and system.window[2] < system.window[3]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"eps_s": 0}, r"`eps_s` \(rate of the scores\) must be above 0; got 0\."),
        ({"eps_v": -2.0}, r"`eps_v` \(rate of the values\) must be above 0; got -2\."),
        ({"w": 0}, r"`w` \(output weight\) must not be 0, with which nothing moves\."),
        ({"w": float("nan")}, r"`w` must be finite; got nan\."),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        binary_head(**settings)
