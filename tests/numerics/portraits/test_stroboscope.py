"""Stroboscopic maps against a forced oscillator that is solved in closed form."""

import numpy as np
import pytest
from scipy.linalg import expm

from numerics.portraits import portrait, restricted
from numerics.portraits.coordinates import Frame
from numerics.portraits.stroboscope import in_frame, oscillations, stroboscopic
from tests.numerics.portraits.systems import driven, flow

# x'' + x'/2 + 2 x = cos(3 t), whose state after a period is P(y) = p + E (y - p)
DAMPED = driven("y", "-2*x - y/2 + cos(3*t)", "2*pi/3")
PERIOD = 2 * np.pi / 3
E = expm(PERIOD * np.array([[0.0, 1.0], [-2.0, -0.5]]))
AMPLITUDE = 1 / (2 - 9 + 1.5j)
P = np.array([AMPLITUDE.real, (3j * AMPLITUDE).real])


def test_image_preimage_and_derivative():
    system = stroboscopic(DAMPED)
    assert (system.kind, system.labels, system.period) == ("map", ("x", "y"), pytest.approx(PERIOD))
    y = np.random.default_rng(0).uniform(-2, 2, size=(5, 2))
    image = P + (y - P) @ E.T
    np.testing.assert_allclose(system.velocity(y), image, atol=1e-10)
    np.testing.assert_allclose(system.velocity(y[0]), image[0], atol=1e-10)
    np.testing.assert_allclose(system.inverse(image), y, atol=1e-9)
    np.testing.assert_allclose(system.jacobian(y), np.broadcast_to(E, (5, 2, 2)), atol=1e-8)
    path = system.orbits(np.vstack([y[:1], [[np.nan, 0.0]]]), 3)
    np.testing.assert_allclose(path[0, 2], system.velocity(image[:1])[0], atol=1e-9)
    assert np.isnan(path[1]).all()


def test_the_oscillation_with_the_period_of_the_forcing():
    (point,) = oscillations(stroboscopic(DAMPED), np.random.default_rng(1).normal(size=(6, 2)))
    np.testing.assert_allclose(point.y, P, atol=1e-9)
    assert point.kind == "stable focus" and point.stable
    multipliers = sorted(np.linalg.eigvals(E), key=np.imag)
    found = sorted(point.eigenvalues, key=np.imag)
    np.testing.assert_allclose(found, multipliers, atol=1e-7)


def test_the_map_in_coordinates_of_a_window_is_the_map():
    frame = Frame.of((-1.0, 5.0, -2.0, 0.5))
    inner = in_frame(stroboscopic(DAMPED), frame)
    u = np.random.default_rng(2).uniform(-1, 1, size=(4, 2))
    image = P + (frame.outward(u) - P) @ E.T
    np.testing.assert_allclose(frame.outward(inner.velocity(u)), image, atol=1e-9)


def test_a_portrait_of_a_driven_system_is_made_of_dots():
    found = portrait(DAMPED, starts=2, basins=8)
    assert {c.kind for c in found.curves} == {"orbit"}
    (point,) = found.points
    np.testing.assert_allclose(point.y, P, atol=1e-8)
    assert point.label == "verified numerically"  # there is no formula to prove it from
    assert found.note == "stroboscopic map, period 2.0944" and not found.complete
    assert (found.basins.labels == 0).all() and found.left_out == ()


def test_manifolds_of_saddles_are_said_to_be_missing():
    hill = driven("y", "x + cos(t)/5", "2*pi")
    found = portrait(hill, starts=0)
    assert [p.kind for p in found.points] == ["saddle"]
    assert found.left_out == ("a stroboscopic map shows no manifolds of its saddles",)


def test_what_cannot_be_shown_is_refused():
    with pytest.raises(ValueError, match="`test` is not driven"):
        stroboscopic(flow("y", "-x"))
    with pytest.raises(ValueError, match="changes with the time t, so the plane has no portrait"):
        portrait(driven("y", "-x + cos(t)"))
    with pytest.raises(ValueError, match="is driven: a stroboscopic map has no slow manifold"):
        portrait(DAMPED, fast="x")
    with pytest.raises(ValueError, match="has no slices"):
        restricted(DAMPED, ("x", "y"), np.zeros(3))
    with pytest.raises(ValueError, match="two variables beside the time; `test` has 1"):
        portrait(driven("-x + cos(t)", None, "2*pi"))
