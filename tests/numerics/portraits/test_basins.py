"""Basins of attraction against what is known in closed form, and what is said of the rest."""

import numpy as np
import pytest

from numerics.integration import integrate
from numerics.portraits import portrait, restricted
from numerics.portraits.basins import BORDER, LEAVES, UNDECIDED, UNDEFINED
from tests.numerics.portraits.systems import flow, iterated, own

CELLS = 9  # so few that no engine is compiled
BISTABLE = flow("x - x^3", "-y")


def shaded(system, cells=CELLS, **options):
    return portrait(system, starts=0, prove=False, basins=cells, **options).basins


def places(basins):
    return [tuple(np.round(a.points[0], 9) + 0.0) for a in basins.attractors]


def test_two_wells_share_the_plane():
    found = shaded(BISTABLE)
    number = dict(zip(places(found), range(2), strict=True))
    side = np.sign(np.round(found.x, 12))
    expected = np.select([side > 0, side < 0], [number[1, 0], number[-1, 0]], BORDER)
    np.testing.assert_array_equal(found.labels, np.tile(expected, (CELLS, 1)))
    assert [a.kind for a in found.attractors] == ["stable node"] * 2
    assert set(found.names) == {"(1, 0)", "(-1, 0)"}
    assert found.share(BORDER) == pytest.approx(1 / CELLS)
    assert found.statement == (
        "basins from 9 x 9 starts, verified numerically; "
        "11.1 % lie on a border and end at a fixed point that is not stable"
    )


def test_starts_that_leave_and_starts_within_an_unstable_cycle():
    # r' = r (r - 1): the origin attracts within the unit circle, and all else blows up
    system = flow("-y + x*(x^2 + y^2 - 1)", "x + y*(x^2 + y^2 - 1)")
    found = shaded(system)
    radius = np.hypot(*np.meshgrid(found.x, found.y))
    np.testing.assert_array_equal(found.labels, np.where(radius < 1, 0, LEAVES))
    assert places(found) == [(0.0, 0.0)] and found.statement.endswith("% leave")


def test_a_limit_cycle_attracts_from_both_sides():
    system = flow("y", "(1 - x^2)*y - x", ((-3, 3), (-4, 4)))
    found = shaded(system)
    assert [a.kind for a in found.attractors] == ["stable limit cycle"]
    assert found.names == ("limit cycle",)
    assert found.share(0) + found.share(BORDER) == 1  # the start in the middle stays there


def test_attractors_outside_the_window_are_found():
    system = flow("(x - 1)*(x - 5)*(9 - x)", "-y", ((2, 8), (-1, 1)))
    found = shaded(system)
    assert found.names == ("(9, 0)", "(1, 0)") or found.names == ("(1, 0)", "(9, 0)")
    number = dict(zip(places(found), range(2), strict=True))
    for column, x in zip(found.labels.T, np.round(found.x, 9), strict=True):
        assert set(column) == {BORDER if x == 5 else number[(9 if x > 5 else 1), 0]}


def test_orbits_around_a_centre_are_undecided_and_that_is_said():
    found = shaded(flow("y", "-x"))
    assert found.share(UNDECIDED) > 0.99 and found.attractors == ()
    assert "are undecided; these were still moving at" in found.statement


def test_a_field_that_is_undefined_in_places():
    found = shaded(flow("1 - log(x)", "-y", ((-1, 5), (-1, 1))))
    columns = np.where(found.x > 0, 0, UNDEFINED)
    np.testing.assert_array_equal(found.labels, np.tile(columns, (CELLS, 1)))
    assert "cannot be followed: the field is undefined or jumps" in found.statement


def test_maps_their_cycles_and_orbits_that_leave():
    # x -> x^2 - 1 has the stable cycle 0, -1; beyond the fixed point (1 + sqrt 5)/2 it leaves
    found = shaded(iterated("x^2 - 1", "y/2", ((-2, 2), (-1, 1))), cells=40)
    border = (1 + np.sqrt(5)) / 2
    np.testing.assert_array_equal(
        found.labels, np.tile(np.where(np.abs(found.x) < border, 0, LEAVES), (40, 1))
    )
    (cycle,) = found.attractors
    assert cycle.kind == "stable cycle" and found.names == ("2-cycle",)
    np.testing.assert_allclose(np.sort(cycle.points[:, 0]), [-1, 0], atol=1e-9)


def test_angles_of_maps_are_one_point():
    system = own({"a": "a + sin(a)/2", "y": "y/3"}, "map", a=(0, 6.4), y=(-1, 1))
    found = shaded(system)
    assert places(found)[0] == (round(np.pi, 9), 0.0)


def test_a_slice_follows_the_whole_system():
    # z moves, and decides: the slice alone would say otherwise
    system = own({"x": "x - x^3 + z", "y": "-y", "z": "-z/4"}, x=(-2, 2), y=(-1, 1), z=(-1, 1))
    found = shaded(restricted(system, ("x", "y"), np.array([0, 0, 0.6])))
    assert found.names == ("A", "B") or found.names == ("A",)
    starts = np.array([[x, found.y[0], 0.6] for x in found.x])
    ends = integrate(system, starts, 200.0, engine="scipy")["end"].values[:, 0]
    for label, end in zip(found.labels[0], ends, strict=True):
        assert found.attractors[label].points[0] == pytest.approx([round(end), 0, 0], abs=1e-6)
    assert len(set(found.labels[0])) == 2


def test_progress_says_how_many_are_decided():
    said = []
    portrait(BISTABLE, starts=0, prove=False, basins=8, progress=said.append)
    assert "basins" in said and said[-1] == "basins: 100 % decided"


@pytest.mark.parametrize("wrong", [7, 2001, 10.0, True])
def test_a_number_of_starts_that_is_none(wrong):
    with pytest.raises(ValueError, match="basins take 8 to 2000 starts on each side; got"):
        portrait(BISTABLE, basins=wrong)
