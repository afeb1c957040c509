"""Trajectories and manifolds of flows, against curves known in closed form."""

import numpy as np
import pytest

from numerics.portraits.curves import by_arc_length, flow_curves, inside
from tests.numerics.portraits.systems import flow

ORIGIN = np.zeros(2)
NONE = np.zeros((0, 2))


def of_kind(curves, kind):
    return [c.points for c in curves if c.kind == kind]


def test_manifolds_of_a_saddle_are_the_curves_known():
    # dx/dt = x, dy/dt = -2y + x^2:  y = x^2/4 is invariant, and so is x = 0
    system = flow("x", "-2*y + x^2")
    curves = flow_curves(system, system.window, NONE, [ORIGIN])
    unstable, stable = of_kind(curves, "unstable manifold"), of_kind(curves, "stable manifold")
    assert len(unstable) == len(stable) == 2
    for points in unstable:
        np.testing.assert_allclose(points[:, 1], points[:, 0] ** 2 / 4, atol=2e-6)
        assert (points[0] == 0).all() and abs(points[-1, 0]) >= 2  # away, in time
    for points in stable:
        np.testing.assert_allclose(points[:, 0], 0, atol=1e-12)
        assert (points[-1] == 0).all() and abs(points[0, 1]) >= 2  # towards, in time
    assert sorted(np.sign(p[-1, 0]) for p in unstable) == [-1, 1]


def test_separatrices_of_the_pendulum_keep_their_energy():
    system = flow("y", "-sin(x)", ((-7, 7), (-3, 3)))
    saddles = [np.array([-np.pi, 0]), np.array([np.pi, 0])]
    curves = flow_curves(system, system.window, NONE, saddles)
    for points in (c.points for c in curves):
        energy = points[:, 1] ** 2 / 2 - np.cos(points[:, 0])
        np.testing.assert_allclose(energy, 1.0, atol=1e-8)
    ends = [c.points[-1] for c in curves if c.kind == "unstable manifold"]
    reached = [p for p in ends if inside(system.window, p[None], 0.0)[0]]
    np.testing.assert_allclose(np.abs(reached), [[np.pi, 0]] * len(reached))
    assert len(reached) == 2


def test_a_manifold_of_a_weak_saddle_is_drawn_whole():
    system = flow("0.001*x - 0.001*x^3", "-y", ((-2, 2), (-2, 2)))
    ends = of_kind(flow_curves(system, system.window, NONE, [ORIGIN]), "unstable manifold")
    np.testing.assert_allclose(sorted(p[-1, 0] for p in ends), [-1, 1], atol=1e-2)


def test_trajectories_end_where_they_leave_or_arrive():
    system = flow("-x", "-3*y")
    starts = np.array([[1.5, 1.0], [-1.0, -1.5]])
    for start, points in zip(starts, of_kind(flow_curves(system, system.window, starts, []),
                                             "trajectory"), strict=True):  # fmt: skip
        np.testing.assert_array_equal(points[0], start)
        np.testing.assert_allclose(points[-1], 0, atol=1e-2)
        ratio = points[:-1, 1] / start[1]
        np.testing.assert_allclose(ratio, (points[:-1, 0] / start[0]) ** 3, atol=1e-6)
    away = flow("x^2", "y", ((-2, 2), (-2, 2)))  # leaves all numbers at a finite time
    (points,) = of_kind(flow_curves(away, away.window, np.array([[0.5, 0.1]]), []), "trajectory")
    assert points[-1, 0] > 2 and inside(away.window, points).sum() >= len(points) - 1


def test_a_closed_orbit_keeps_its_radius():
    system = flow("y", "-x")
    (points,) = of_kind(
        flow_curves(system, system.window, np.array([[1.0, 0.0]]), []), "trajectory"
    )
    np.testing.assert_allclose(np.hypot(*points.T), 1.0, atol=1e-7)


@pytest.mark.parametrize("speed", [1e-200, 1.0, 1e200])
def test_speed_by_arc_length_is_one_window(speed):
    system = flow("k*y", "-k*x", ((-2, 2), (-1, 1)), k=speed)
    by_length = by_arc_length(system, system.window)
    v = by_length.velocity(np.array([[0.7, 0.2], [-1.0, 0.9]]))
    np.testing.assert_allclose(np.linalg.norm(v / [4, 2], axis=1), 1.0, rtol=1e-6)


def test_nothing_to_follow_gives_no_curve():
    system = flow("0*x", "0*y")
    assert flow_curves(system, system.window, NONE, []) == []
    (curve,) = flow_curves(system, system.window, np.array([[1.0, 1.0]]), [])
    np.testing.assert_array_equal(curve.points, [[1.0, 1.0]] * len(curve.points))
