"""Slices are the projected field of the system at fixed values of the others."""

import numpy as np
import pytest

from numerics.flows import attention_flow
from numerics.portraits.plane import restricted, window_around
from tests.numerics.portraits.systems import flow

SYSTEM = attention_flow(label_smoothing=0.2)
AT = np.random.default_rng(3).normal(size=8)


def test_a_slice_has_the_field_and_the_jacobian_of_the_system():
    plane = restricted(SYSTEM, ("v_11", "s_12"), AT)
    points = np.random.default_rng(0).normal(size=(20, 2))
    states = np.tile(AT, (20, 1))
    a, b = SYSTEM.labels.index("v_11"), SYSTEM.labels.index("s_12")
    states[:, [a, b]] = points
    np.testing.assert_allclose(plane.velocity(points), SYSTEM.velocity(states)[:, [a, b]])
    whole = SYSTEM.jacobian(states)[:, [a, b]][:, :, [a, b]]
    np.testing.assert_allclose(plane.jacobian(points), whole)
    assert plane.labels == ("v_11", "s_12")
    assert plane.quantities == () and plane.relabellings == ()
    assert set(plane.settings["at"]) == set(SYSTEM.labels) - {"v_11", "s_12"}
    assert plane.starts(np.random.default_rng(0), 5).shape == (5, 2)


def test_symmetry_directions_in_the_plane_stay():
    along = restricted(SYSTEM, ("s_11", "s_12"), AT).shifts
    assert along.shape == (1, 2)
    assert along[0, 0] == pytest.approx(along[0, 1])
    assert restricted(SYSTEM, ("s_11", "s_22"), AT).shifts.shape == (0, 2)


def test_the_axes_of_two_variables_may_change_places():
    system = flow("y", "2*x", a=1.0)
    turned = restricted(system, ("y", "x"), np.zeros(2))
    np.testing.assert_array_equal(turned.velocity(np.array([[1.0, 5.0]])), [[10.0, 1.0]])


@pytest.mark.parametrize(
    ("axes", "at", "message"),
    [
        (("s_11",), AT, "a slice needs two different variables, such as s_11,s_12; got s_11"),
        (("s_11", "s_11"), AT, "a slice needs two different variables"),
        (("s_11", "v_33"), AT, "`attention-flow` has no variable `v_33`. Did you mean `v_"),
        (("s_11", "s_12"), AT[:7], r"a finite state of shape \(8,\)"),
        (("s_11", "s_12"), AT * np.nan, "a finite state"),
    ],
)
def test_errors_of_slices(axes, at, message):
    with pytest.raises(ValueError, match=message):
        restricted(SYSTEM, axes, at)


def test_windows_are_the_systems_or_hold_its_starts_and_points():
    assert window_around(flow("y", "x", ((-1, 3), (0, 2)))) == (-1, 3, 0, 2)
    plane = restricted(SYSTEM, ("s_11", "v_11"), AT)
    window = window_around(plane, np.array([[9.0, 0.0]]))
    starts = plane.starts(np.random.default_rng(0), 256)
    assert window[1] > 9.0
    assert ((starts > window[::2]) & (starts < window[1::2])).mean() > 0.95
    np.testing.assert_allclose(np.multiply(window, 10) % 1, 0, atol=1e-9)
