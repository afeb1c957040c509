"""What a portrait holds: field, zeros of its components, typed fixed points, overlays."""

import importlib
from dataclasses import replace

import numpy as np
import pytest
import sympy as sp

from numerics.fixed_points import Proof
from numerics.flows import Quantity, attention_flow, system_named
from numerics.portraits import portrait, restricted
from tests.numerics.portraits.systems import flow, iterated, own
from theory.codegen.components import Components

# dx/dt = x - x^3, dy/dt = -y: stable nodes at (-1, 0) and (1, 0), a saddle at the origin
BISTABLE = flow("x - x^3", "-y")


def kinds(found):
    return sorted((tuple(np.round(p.y, 9) + 0.0), p.kind) for p in found.points)


def test_fixed_points_have_their_types():
    found = portrait(BISTABLE, starts=0, prove=False)
    assert kinds(found) == [
        ((-1.0, 0.0), "stable node"), ((0.0, 0.0), "saddle"), ((1.0, 0.0), "stable node"),
    ]  # fmt: skip
    focus = portrait(flow("x - y", "x + y"), starts=0, prove=False)
    assert kinds(focus) == [((0.0, 0.0), "unstable focus")]


def test_points_outside_the_window_are_left_out():
    found = portrait(BISTABLE, window=(-0.5, 3, -1, 1), starts=0, prove=False)
    assert [p for p, _ in kinds(found)] == [(0.0, 0.0), (1.0, 0.0)]


def test_nullclines_are_zeros_of_their_component():
    system = flow("y - x^3 + x", "exp(x) - 2*y - 1")
    found = portrait(system, starts=0, prove=False)
    for n, label in enumerate(system.labels):
        lines = [c.points for c in found.of_kind("nullcline") if c.label == label]
        assert lines
        values = system.velocity(np.vstack(lines))
        np.testing.assert_allclose(values[:, n], 0, atol=1e-13)


def test_the_slow_manifold_is_where_the_fast_component_attracts():
    # fast x: x - x^3/3 - y = 0 attracts for |x| > 1 and repels between
    system = flow("k*(x - x^3/3 - y)", "x", ((-2.5, 2.5), (-1.5, 1.5)), k=100.0)
    found = portrait(system, fast="x", starts=0, prove=False)
    points = np.vstack([c.points for c in found.of_kind("slow manifold")])
    np.testing.assert_allclose(points[:, 1], points[:, 0] - points[:, 0] ** 3 / 3, atol=1e-12)
    assert np.abs(points[:, 0]).min() > 0.99
    assert {-1, 1} == set(np.sign(points[:, 0]))


def test_levels_of_conserved_quantities_go_through_the_saddles():
    pendulum = flow("y", "-sin(x)", ((-7, 7), (-3, 3)))
    x, y = pendulum.field.state
    energy = Components("energy", (x, y), (), (), (y**2 / 2 - sp.cos(x),))
    quantity = Quantity("energy", "", "conserved", energy)
    found = portrait(replace(pendulum, quantities=(quantity,)), starts=0, prove=False)
    curves = found.of_kind("level")
    assert {c.label for c in curves} == {"energy"}
    assert len({c.value for c in curves}) >= 5
    for c in curves:
        values = c.points[:, 1] ** 2 / 2 - np.cos(c.points[:, 0])
        np.testing.assert_allclose(values, c.value, atol=1e-12)
    assert any(abs(c.value - 1) < 1e-12 for c in curves)  # the energy of the saddles


def test_the_invariant_of_the_binary_head_is_shown():
    system = system_named("binary-head", eps_s=0.5, eps_v=2.0)
    for c in portrait(system, starts=0, prove=False).of_kind("level"):
        x, y = c.points.T
        expected = np.sinh(x / 2) ** 2 / 0.5 - y**2 / (2 * 2.0)
        np.testing.assert_allclose(expected, c.value, atol=1e-9 * (1 + abs(c.value)))
        assert c.label == "invariant"


def test_em_iterates_over_the_flow_end_in_the_same_fixed_points():
    system = system_named("mixture-flow")
    found = portrait(system, em=True, starts=3, prove=False)
    em, paths = found.of_kind("em"), found.of_kind("trajectory")
    assert len(em) == len(paths) == 3
    step = system_named("em-map")
    for a, b in zip(em, paths, strict=True):
        np.testing.assert_array_equal(a.points[0], b.points[0])
        np.testing.assert_allclose(step.velocity(a.points[:-1]), a.points[1:])
        np.testing.assert_allclose(a.points[-1], b.points[-1], atol=1e-3)


def test_fields_undefined_in_part_of_the_window():
    system = flow("log(x) - y", "x - 2*y", ((-1, 4), (-2, 2)))
    found = portrait(system, starts=6, prove=False)
    paths = found.of_kind("trajectory")
    assert len(paths) == 6
    assert all(c.points[0, 0] > 0 and np.isfinite(c.points).all() for c in paths)
    with pytest.raises(ValueError, match=r"cannot start at \[-0.5, 0.0\]: the field of `test` is"):
        portrait(system, starts=np.array([[1.0, 1.0], [-0.5, 0.0]]), prove=False)


@pytest.mark.parametrize("prove", [True, False])
def test_poles_are_no_fixed_points(prove):
    pole = flow("-y/(x^2 + y^2)^2", "x/(x^2 + y^2)^2")
    assert portrait(pole, starts=0, prove=prove).points == ()
    beside = portrait(flow("1/(x^2 + y^2) - 1", "x*y"), starts=0, prove=prove)
    assert kinds(beside) == [
        ((-1.0, 0.0), "saddle"), ((0.0, -1.0), "centre"), ((0.0, 1.0), "centre"),
        ((1.0, 0.0), "saddle"),
    ]  # fmt: skip


def test_a_point_that_the_proof_refutes_is_left_out(monkeypatch):
    module = importlib.import_module("numerics.portraits.equilibria")
    monkeypatch.setattr(module, "prove", lambda *_: Proof("excluded", "moves along a symmetry"))
    system = replace(flow("x - x^3", "0*y"), shifts=np.array([[0.0, 1.0]]))
    assert portrait(system, starts=0).points == ()
    assert len(portrait(system, starts=0, prove=False).points) > 0


def test_what_is_asked_for_and_cannot_be_drawn_is_said():
    repelling = portrait(flow("5*x - y", "x"), fast="x", starts=0, prove=False)
    assert repelling.left_out == (
        "no slow manifold: the nullcline of x attracts nowhere in this window",
    )
    assert portrait(BISTABLE, fast="y", starts=0, prove=False).left_out == ()


LORENZ = own({"x": "10*(y - x)", "y": "x*(28 - z) - y", "z": "x*y - 8*z/3"}, z=(-5, 55))


@pytest.mark.parametrize("prove", [True, False])
def test_a_slice_shows_the_type_of_the_whole_system(prove):
    found = portrait(restricted(LORENZ, ("x", "z"), np.zeros(3)), starts=0, prove=prove)
    (origin,) = found.points
    assert (origin.kind, origin.stable, origin.index) == ("saddle", False, 1)
    assert len(origin.eigenvalues) == 3 and origin.label == ("proved" if prove else origin.label)
    assert found.in_slice == ("stable node",)
    assert found.statement.startswith("in the slice, whose other variables are held: 1 fixed point")
    assert found.window == (-2, 2, -5, 55)  # the file's


def test_a_zero_of_the_slice_where_the_others_move_is_no_fixed_point():
    found = portrait(restricted(LORENZ, ("x", "y"), np.array([0, 0, 3.0])), starts=0)
    assert [(p.kind, p.stable) for p in found.points] == [("zero of the slice only", None)]
    assert found.in_slice == ("saddle",)


def test_em_leaves_a_slice():
    system = system_named("mixture-flow", K=3)
    with pytest.raises(ValueError, match="its iterates leave a slice"):
        portrait(restricted(system, ("v_11", "v_21"), np.zeros(3)), em=True, starts=1, prove=False)


def test_a_map_shows_its_displacement_and_iterates():
    system = iterated("x/2", "x/4 + 2*y")
    found = portrait(system, starts=2, prove=False)
    np.testing.assert_allclose(found.velocity, system.velocity(found.grid.reshape(-1, 2)).reshape(
        found.grid.shape) - found.grid)  # fmt: skip
    assert kinds(found) == [((0.0, 0.0), "saddle")]
    assert len(found.of_kind("iterates")) == 2
    assert found.of_kind("trajectory") == []


def test_starts_are_spread_by_the_seed_or_given():
    def begin(**options):
        found = portrait(BISTABLE, prove=False, **options)
        return np.array([c.points[0] for c in found.of_kind("trajectory")])

    many = begin(starts=40)
    quadrants = np.unique(np.sign(many), axis=0, return_counts=True)[1]
    assert len(many) == 40 and len(quadrants) == 4 and quadrants.min() >= 8
    np.testing.assert_array_equal(many, begin(starts=40))
    assert not np.array_equal(many, begin(starts=40, seed=1))
    np.testing.assert_array_equal(begin(starts=np.array([[0.5, 1.0]])), [[0.5, 1.0]])


def test_progress_names_the_steps():
    said = []
    portrait(BISTABLE, starts=0, prove=False, progress=said.append)
    assert said == ["field", "fixed points", "nullclines", "trajectories", "limit cycles"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"window": (1, 1, 0, 2)}, "x_low < x_high, y_low < y_high; got 1, 1, 0, 2, which has no"),
        ({"window": (0, 1, 2, 0)}, "which has no area"),
        ({"window": (0, float("nan"), 0, 1)}, "must be four finite numbers"),
        ({"window": (0, float("inf"), 0, 1)}, "must be four finite numbers"),
        ({"starts": np.array([[9.0, 0.0]])}, r"must lie in the window .* got \[9.0, 0.0\]"),
        ({"starts": np.array([[np.nan, 0.0]])}, "must be finite points of shape"),
        ({"starts": np.array([1.0, 2.0])}, "must be finite points of shape"),
        ({"starts": -1}, "the number of trajectories must be 0 or above; got -1"),
        ({"fast": "z"}, "`test` has no variable `z`"),
        ({"em": True}, "`test` has no EM map to compare with; these have: mixture-flow"),
    ],
)
def test_errors(options, message):
    with pytest.raises(ValueError, match=message):
        portrait(BISTABLE, prove=False, **options)


def test_systems_of_other_dimensions_and_undefined_windows():
    with pytest.raises(ValueError, match="`attention-flow` has 8; take a slice, such as s_11,s_12"):
        portrait(attention_flow())
    with pytest.raises(ValueError, match="`em-symmetric` has one"):
        portrait(system_named("em-symmetric"))
    with pytest.raises(ValueError, match="the field of `test` is not finite anywhere"):
        portrait(flow("log(-1 - x^2)", "y"))


def test_fields_with_kinks_and_jumps():
    dry = flow("y", "-x - max(y, 0)/5", ((-3, 3), (-3, 3)))  # a damper of one side
    (point,) = portrait(dry, starts=1, prove=False).points
    assert np.abs(point.y).max() < 1e-12
    wells = flow("abs(x) - 1", "-y - 2*heaviside(x)", ((-3, 3), (-3, 3)))
    found = portrait(wells, starts=2)
    assert kinds(found) == [((-1.0, 0.0), "stable node"), ((1.0, -2.0), "saddle")]
    assert found.complete and {p.label for p in found.points} == {"proved"}
