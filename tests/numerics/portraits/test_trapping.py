"""Regions around attractors hold what comes, and nothing that goes elsewhere."""

import numpy as np

from numerics.fixed_points.quotient import Quotient
from numerics.integration import integrate
from numerics.portraits.trapping import around_cycle, around_orbit, around_point
from tests.numerics.portraits.systems import flow, iterated


def test_a_region_of_a_flow_is_left_by_none():
    system = flow("y", "x - x^3 - 0.25*y")
    region = around_point(Quotient(system), np.array([1.0, 0.0]))
    points = np.array([1.0, 0.0]) + np.random.default_rng(0).uniform(-0.2, 0.2, size=(3000, 2))
    inside = points[region.holds(points)]
    assert len(inside) > 20
    end = integrate(system, inside[:20], 60.0, engine="scipy")["end"].values
    np.testing.assert_allclose(end, [[1.0, 0.0]] * 20, atol=1e-2)
    assert region.holds(end).all() and not region.holds(np.array([[0.0, 0.0], [-1.0, 0.0]])).any()


def test_a_region_of_a_cycle_of_a_map_is_left_by_none():
    system = iterated("x^2 - 1", "y/2")
    cycle = np.array([[0.0, 0.0], [-1.0, 0.0]])
    region = around_orbit(Quotient(system), cycle)
    points = np.random.default_rng(0).uniform(-2, 2, size=(3000, 2))
    states = points[region.holds(points)]
    assert len(states) > 20 and region.holds(cycle).all()
    for _ in range(30):
        states = system.velocity(states)
    assert np.abs(states[:, None] - cycle).max(axis=2).min(axis=1).max() < 1e-6
    border = (1 + np.sqrt(5)) / 2
    assert not region.holds(np.array([[border, 0.0], [1 - border, 0.0]])).any()


def test_points_that_do_not_attract_have_none():
    system = flow("x - x^3", "-y")
    assert around_point(Quotient(system), np.zeros(2)) is None
    assert around_orbit(Quotient(iterated("2*x", "y/2")), np.zeros((1, 2))) is None


def test_the_tube_of_a_limit_cycle_is_thin_and_counts_twice():
    angle = np.linspace(0, 2 * np.pi, 401)
    region = around_cycle(np.column_stack([np.cos(angle), np.sin(angle)]))
    radii = np.array([0.99, 0.999, 1.0, 1.001, 1.01])
    points = np.column_stack([radii * np.cos(2.0), radii * np.sin(2.0)])
    assert region.twice and region.holds(points).tolist() == [False, True, True, True, False]
