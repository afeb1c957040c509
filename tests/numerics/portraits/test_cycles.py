"""Limit cycles against known periods and multipliers; none where there are none."""

from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np
import pytest
from flint import arb

from numerics.portraits import portrait
from numerics.portraits.notebook import described
from numerics.validated import CycleProof
from tests.numerics.portraits.systems import flow, iterated
from tests.numerics.portraits.test_coordinates import in_other_units

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


RELAY = "-x - 0.3*y + 0.25*(2*Heaviside(y) - 1)"


def test_the_cycle_of_a_relay():
    """x'' + 0.3 x' + x = 1/4 sign x': half a turn takes pi/w and multiplies by e^(-0.15 pi/w)."""
    result = found(flow("y", RELAY, ((-2, 2), (-2, 2))))
    w = np.sqrt(1 - 0.15**2)
    (cycle,) = result.cycles
    assert (cycle.kind, cycle.label) == ("stable limit cycle", "verified numerically")
    assert cycle.period == pytest.approx(2 * np.pi / w, abs=1e-8)
    assert cycle.multipliers[0] == pytest.approx(np.exp(-0.3 * np.pi / w), abs=1e-6)
    assert not result.points  # of the field on one side of the jump only


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


def test_what_is_proved_of_a_cycle_is_shown():
    system = flow("x - y - x*(x^2 + y^2)", "x + y - y*(x^2 + y^2)")
    result = portrait(system, starts=1)
    (cycle,), (line,) = result.cycles, result.of_kind("stable limit cycle")
    assert cycle.label == "proved" and line.label == "period 6.28319, proved"
    assert cycle.period_bounds[0] < 2 * np.pi < cycle.period_bounds[1] < 6.2831853072
    assert cycle.period_text.startswith("[6.28318530717959")
    assert cycle.period_bounds[0] <= cycle.period <= cycle.period_bounds[1]
    assert ("stable limit cycle", "proved") in [x[::2] for x in described(result)]
    axes = result.draw(plt.figure().add_subplot())
    lines = {x.get_label(): x for x in axes.lines}
    outer = lines["stable limit cycle, proved"]
    (core,) = [x for x in axes.lines if x.get_color() == "white" and np.size(x.get_xdata()) > 1]
    np.testing.assert_array_equal(core.get_xydata(), outer.get_xydata())
    assert core.get_linewidth() < outer.get_linewidth() / 2
    drawn = max(x.get_zorder() for x in axes.lines if x.get_label() == "trajectory")
    assert core.get_zorder() > drawn
    plt.close("all")


@pytest.mark.parametrize("seed", [2, 3])
def test_a_cycle_is_proved_in_any_unit(seed):
    system, _, _ = in_other_units(flow, ("y", "(1 - 4*x^2)*y - x"), seed)
    (cycle,) = portrait(system, starts=0).cycles
    assert cycle.label == "proved" and np.ptp(cycle.period_bounds) < 1e-13 * cycle.period


def test_a_cycle_that_is_not_proved_is_not_called_so():
    # the same circle, whose field has a kink on it
    system = flow("x - y - x*(x^2 + y^2) + abs(1 - x^2 - y^2)/9", "x + y - y*(x^2 + y^2)")
    (cycle,) = portrait(system, starts=0).cycles
    assert cycle.label == "verified numerically" and cycle.period_text == "6.28319"
    assert cycle.proof is not None and cycle.proof.reason == "the field is not smooth everywhere"
    proved = CycleProof("proved", "", arb(6), arb(2), "unstable")
    assert replace(cycle, proof=proved).label == "verified numerically"  # of another kind
    assert replace(cycle, proof=replace(proved, stability="stable")).label == "proved"
    assert found(system).cycles[0].proof is None  # not asked for


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
