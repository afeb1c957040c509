"""Limit cycles against known periods and multipliers; none where there are none."""

import numpy as np
import pytest

from numerics.portraits import portrait
from tests.numerics.portraits.systems import flow, iterated

TWO = "({0})*(1 - x^2 - y^2)*(4 - x^2 - y^2)"


def found(system, **options):
    return portrait(system, starts=0, prove=False, **options)


def test_the_cycle_of_van_der_pol_has_its_known_period():
    wide = ((-4, 4), (-5, 5))
    result = found(flow("y", "mu*(1 - x^2)*y - x", wide, mu=1))
    (cycle,) = result.cycles
    assert cycle.kind == "stable limit cycle"
    assert cycle.period == pytest.approx(6.6632868593231, abs=1e-8)
    assert cycle.points[:, 0].max() == pytest.approx(2.00861986, abs=1e-4)
    np.testing.assert_array_equal(cycle.points[0], cycle.points[-1])
    (line,) = result.of_kind("stable limit cycle")
    np.testing.assert_array_equal(line.points, cycle.points)
    assert line.label == "period 6.66329"


def test_nested_cycles_have_their_multipliers():
    # r' = r (1 - r^2)(4 - r^2), phi' = 1: an attracting cycle of radius 1, a repelling one of 2;
    # the multiplier is exp(2 pi d(r')/dr)
    system = flow(f"{TWO.format('x')} - y", f"{TWO.format('y')} + x", ((-3, 3), (-3, 3)))
    stable, unstable = found(system).cycles
    for cycle, radius, rate in ((stable, 1, -6), (unstable, 2, 24)):
        assert cycle.kind == f"{'stable' if rate < 0 else 'unstable'} limit cycle"
        np.testing.assert_allclose(np.hypot(*cycle.points.T), radius, atol=1e-5)
        assert cycle.period == pytest.approx(2 * np.pi, abs=1e-9)
        assert np.log(cycle.multipliers[0].real) == pytest.approx(2 * np.pi * rate, rel=1e-6)


@pytest.mark.parametrize(
    "system",
    [
        flow("y", "-x"),  # a family
        flow("y", "-sin(x)"),
        flow("y", "x - x^3 - 0.1*y"),  # one sign of the divergence
        flow("x - x^3 + y", "y - y^3 + x"),  # a gradient
        flow("y", "x"),  # a saddle alone
        flow("y", "(1 - x^2)*y - x", ((-1, 1), (-1, 1))),  # outside the window
    ],
    ids=["centre", "pendulum", "Bendixson", "gradient", "saddle", "outside"],
)
def test_no_cycle_is_invented(system):
    assert found(system).cycles == ()


def test_a_stiff_relaxation_oscillation():
    # Lienard's plane; the period for mu = 100 by an independent high-accuracy integration
    system = flow("mu*(x - x^3/3 - y)", "x/mu", ((-3, 3), (-1.5, 1.5)), mu=100)
    (cycle,) = found(system).cycles
    assert cycle.period == pytest.approx(162.8370711, abs=1e-6)
    assert 0 <= cycle.multipliers[0].real < 1e-100


def test_a_stable_cycle_of_a_map_has_its_period_and_multipliers():
    system = iterated("r*x*(1 - x)", "y/2", ((0, 1), (-1, 1)), r=3.2)
    (cycle,) = portrait(system, starts=3, prove=False).cycles
    root = np.sqrt((3.2 - 3) * (3.2 + 1))
    expected = (3.2 + 1 + np.array([-root, root])) / (2 * 3.2)
    np.testing.assert_allclose(np.sort(cycle.points[:, 0]), expected, atol=1e-9)
    assert (cycle.kind, cycle.period) == ("stable cycle", 2)
    np.testing.assert_allclose(
        sorted(z.real for z in cycle.multipliers), [4 + 2 * 3.2 - 3.2**2, 0.25], atol=1e-8
    )
