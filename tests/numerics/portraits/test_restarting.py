"""A portrait with other starts: what a portrait computed at once from these starts shows."""

import numpy as np
import pytest

from numerics.flows import system_named
from numerics.portraits import phase_line, portrait, starts_inside, with_starts
from tests.numerics.portraits.systems import flow, iterated, own

STARTS = np.array([[0.5, 0.5], [-0.25, -0.75]])


def same(found, wanted):
    kinds = sorted({c.kind for c in wanted.curves})
    assert sorted({c.kind for c in found.curves}) == kinds
    for kind in kinds:
        for line, other in zip(found.of_kind(kind), wanted.of_kind(kind), strict=True):
            np.testing.assert_allclose(line.points, other.points, atol=1e-7)
    assert [c.period for c in found.cycles] == [c.period for c in wanted.cycles]


@pytest.mark.parametrize(
    "system", [flow("x - x^3", "-y"), iterated("-0.9*x - x^3/20", "x/2"), iterated("1-x^2", "y/2")]
)
def test_of_flows_and_maps(system):
    behind = portrait(system, starts=STARTS[:1] * 0.5, prove=False)
    found = with_starts(behind, STARTS)
    same(found, portrait(system, starts=STARTS, prove=False))
    assert found.points == behind.points
    same(with_starts(found, STARTS[:0]), portrait(system, starts=0, prove=False))


def test_of_one_variable():
    system = own({"x": "3.3*x*(1 - x)"}, "map", x=(0, 1))
    starts = np.array([[0.3], [0.6]])
    found = with_starts(phase_line(system, starts=0), starts)
    same(found, phase_line(system, starts=starts))
    assert [c.period for c in found.cycles] == [2]
    assert found.complete  # what was proved stays


def test_em_iterates_from_the_same_starts():
    system = system_named("mixture-flow", X=[-1, 1])
    behind = portrait(system, starts=0, prove=False)
    same(
        with_starts(behind, STARTS, em=True), portrait(system, starts=STARTS, em=True, prove=False)
    )
    assert not with_starts(behind, STARTS).of_kind("em")


def test_starts_that_portrait_refuses():
    behind = portrait(flow("x - x^3", "-y"), starts=0, prove=False)
    with pytest.raises(ValueError, match="starts of trajectories must lie in the window"):
        with_starts(behind, np.array([[5.0, 0.0]]))
    with pytest.raises(ValueError, match="EM"):
        with_starts(behind, STARTS, em=True)
    inside = starts_inside(behind, [(5, 0), (2, 2), (0.5, -2.5)])
    assert inside.tolist() == [[2, 2]]
    assert starts_inside(behind, []).shape == (0, 2)
