"""Iterates and manifolds of maps, against curves known in closed form."""

from dataclasses import replace

import numpy as np

from numerics.portraits.coordinates import Frame
from numerics.portraits.maps import displacement, iterates, map_curves
from tests.numerics.portraits.systems import iterated

ORIGIN = np.zeros(2)
NONE = np.zeros((0, 2))


def manifolds(system):
    curves = map_curves(system, system.window, NONE, [ORIGIN])
    kinds = ("unstable manifold", "stable manifold")
    return [[c.points for c in curves if c.kind == kind] for kind in kinds]


def check(unstable, stable, bend, sides=2):
    assert len(unstable) == 2
    for points in unstable:
        np.testing.assert_allclose(points[:, 1], bend * points[:, 0] ** 2, atol=5e-6)
        assert (points[0] == 0).all() and np.abs(points[-1]).max() >= 2
        assert np.linalg.norm(np.diff(points, axis=0), axis=1).max() < 0.12
    assert len(stable) == sides
    for points in stable:
        np.testing.assert_allclose(points[:, 0], 0, atol=1e-9)
    ends = np.concatenate([p[:, 1] for p in stable])
    assert ends.min() <= -1.95 and ends.max() >= 1.95


def test_manifolds_of_a_map_are_the_curves_known():
    # (x, y) -> (2x, y/2 + x^2):  y = 2 x^2 / 7 is invariant, and so is x = 0
    check(*manifolds(iterated("2*x", "y/2 + x^2")), bend=2 / 7)


def test_negative_eigenvalues_swap_sides():
    check(*manifolds(iterated("-2*x", "-y/2 + x^2")), bend=2 / 9)


def test_a_map_that_crushes_the_stable_direction():
    # (x, y) -> (2x, x^2) has no inverse:  y = x^2 / 4 is the unstable manifold
    check(*manifolds(iterated("2*x", "x^2")), bend=1 / 4, sides=1)


def test_where_the_inverse_does_not_exist_the_manifold_ends():
    # y -> y/2 + y^3 ... is invertible; y/2 - y^3/8 folds at y = 2/sqrt(3), whose image is 0.385
    system = iterated("2*x", "y/2 - y^3/8")
    _, stable = manifolds(system)
    reach = max(np.abs(p[:, 1]).max() for p in stable)
    assert 0.9 < reach <= 2 / np.sqrt(3) + 1e-6


def test_iterates_are_those_of_the_map():
    system = iterated("x/2", "y/4")
    (curve,) = iterates(system, system.window, np.array([[1.0, -1.0]]))
    n = np.arange(len(curve.points))
    np.testing.assert_allclose(curve.points, np.stack([0.5**n, -(0.25**n)], axis=1))
    assert 20 < len(n) < 40
    (away,) = iterates(iterated("3*x", "y"), system.window, np.array([[1.0, 0.0]]))
    np.testing.assert_array_equal(away.points, [[1.0, 0.0], [3.0, 0.0]])


def test_orbits_that_neither_leave_nor_arrive_are_dots():
    starts = np.array([[1.0, 0.0], [0.0, 0.5]])
    turning = iterated("-x", "y/2")
    cycle, still = iterates(turning, turning.window, starts)
    assert (cycle.kind, len(cycle.points)) == ("orbit", 2001)
    assert (still.kind, len(still.points)) == ("iterates", 201)  # arrived, with the other one
    henon = iterated("1 - 1.4*x^2 + y", "0.3*x", ((-2, 2), (-0.6, 0.6)))
    (chaos,) = iterates(henon, henon.window, np.zeros((1, 2)))
    assert chaos.kind == "orbit"
    np.testing.assert_array_equal(chaos.points[1:], henon.velocity(chaos.points[:-1]))


def test_henons_manifolds_end_and_keep_to_the_map():
    # both fixed points are saddles; one unstable manifold fills the attractor and has no end
    henon = iterated("1 - 1.4*x^2 + y", "0.3*x", ((-2, 2), (-0.6, 0.6)))
    x = (-0.7 + np.sqrt(0.7**2 + 4 * 1.4)) / 2.8
    curves = map_curves(henon, henon.window, NONE, [np.array([x, 0.3 * x])])
    unstable = [c.points for c in curves if c.kind == "unstable manifold"]
    assert len(unstable) == 2 and sum(map(len, unstable)) < 20_000
    for points in unstable:
        assert np.isfinite(points).all() and np.abs(points).max() < 2
        image = henon.velocity(points[: len(points) // 4])
        apart = (image[:, None] - np.vstack(unstable)[None]) / [4, 1.2]
        assert np.linalg.norm(apart, axis=2).min(axis=1).max() < 0.01  # the distance of vertices
    assert len([c for c in curves if c.kind == "stable manifold"]) == 2


def test_angles_stay_in_their_period():
    # a rotation by 1 of an angle, and a free variable
    system = replace(iterated("x + 1", "y + 0*x", ((0, 3), (0, 1))), periods=(3.0, np.inf))
    (curve,) = iterates(system, system.window, np.array([[0.5, 0.25]]))
    assert curve.kind == "orbit"
    np.testing.assert_allclose(curve.points[:4], [[0.5, 0.25], [1.5, 0.25], [2.5, 0.25],
                                                  [0.5, 0.25]])  # fmt: skip
    inner = Frame.of(system.window).system(system)
    assert inner.periods == (2.0, np.inf)


def test_iterates_that_are_no_numbers_are_cut():
    system = iterated("log(x)", "y")
    (curve,) = iterates(system, system.window, np.array([[1.5, 0.0]]))
    assert np.isfinite(curve.points).all() and len(curve.points) == 3


def test_the_field_of_a_map_is_its_displacement():
    system = displacement(iterated("x/2 + y", "y^2"))
    assert system.kind == "flow"
    np.testing.assert_array_equal(system.velocity(np.array([[1.0, 3.0]])), [[2.5, 6.0]])
