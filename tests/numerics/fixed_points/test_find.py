"""Found, once each up to symmetry, and classified on the quotient."""

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from numerics.fixed_points import classify, find
from numerics.flows import own_system, system_named
from tests.numerics.fixed_points.systems import (
    X,
    Y,
    Z,
    bimodal,
    em_map,
    linear,
    rescaled,
    symmetric_em,
    system_of,
)

DUFFING = (Y, X - X**3 - Y / 2)


def places(points):
    return sorted(tuple(np.round(x.y, 9) + 0.0) for x in points)


def test_finds_and_classifies_every_point_of_a_double_well():
    points = find(system_of(DUFFING))
    assert places(points) == [(-1, 0), (0, 0), (1, 0)]
    kinds = {tuple(np.round(x.y)): (x.kind, x.stable, x.index) for x in points}
    assert kinds == {
        (-1, 0): ("stable focus", True, 0),
        (1, 0): ("stable focus", True, 0),
        (0, 0): ("saddle", False, 1),
    }
    assert all(x.residual < 1e-14 and x.label == "verified numerically" for x in points)
    assert [x.stable for x in points] == [True, True, False]


@pytest.mark.parametrize("factor", [1e-6, 1e6])
def test_finds_the_same_in_other_units(factor):
    points = find(rescaled(DUFFING, factor))
    assert np.allclose(places(find(system_of(DUFFING))), np.array(places_of(points, factor)))
    assert [x.kind for x in points] == [x.kind for x in find(system_of(DUFFING))]


def places_of(points, factor):
    return sorted(tuple(np.round(x.y / factor, 9) + 0.0) for x in points)


@pytest.mark.parametrize(
    ("matrix", "kind", "expected"),
    [
        ([[-1, 0], [0, -2]], "flow", ("stable node", True, 0)),
        ([[-1, 3], [-3, -1]], "flow", ("stable focus", True, 0)),
        ([[1, 0], [0, 2]], "flow", ("unstable node", False, 2)),
        ([[1, 3], [-3, 1]], "flow", ("unstable focus", False, 2)),
        ([[-1, 0], [0, 2]], "flow", ("saddle", False, 1)),
        ([[0, 1], [-1, 0]], "flow", ("centre", None, 0)),
        ([[-1, 1], [0, -1]], "flow", ("stable node", True, 0)),
        ([[0.5, 0], [0, -0.5]], "map", ("stable node", True, 0)),
        ([[0.5, 0.3], [-0.3, 0.5]], "map", ("stable focus", True, 0)),
        ([[2, 0], [0, 0.5]], "map", ("saddle", False, 1)),
        ([[-2, 0], [0, 3]], "map", ("unstable node", False, 2)),
        ([[-1, 0], [0, 0.5]], "map", ("degenerate", None, 0)),
        ([[-1e-5, 0], [0, -1e3]], "flow", ("stable node", True, 0)),
        ([[0.5, 0], [0, 1]], "map", ("degenerate", None, 0)),
    ],
)
def test_kinds(matrix, kind, expected):
    x = classify(linear(matrix, kind), np.zeros(2))
    assert (x.kind, x.stable, x.index) == expected


@settings(deadline=None, max_examples=15)
@given(st.integers(0, 10**6), st.integers(1, 5), st.sampled_from(["flow", "map"]))
def test_random_linear_systems_are_classified_as_numpy_says(seed, d, kind):
    matrix = np.random.default_rng(seed).normal(size=(d, d))
    values = np.linalg.eigvals(matrix)
    border = np.abs(values) - 1 if kind == "map" else values.real
    (x,) = find(linear(matrix, kind), number=4)
    assert np.abs(x.y).max() < 1e-9
    assert np.allclose(np.sort_complex(x.eigenvalues), np.sort_complex(values))
    assert x.index == (border > 0).sum()
    assert x.stable == (border < 0).all()
    saddle = 0 < x.index < d
    word = "stable" if x.stable else "unstable"
    turns = np.abs(values.imag).max() > 1e-6
    assert x.kind == ("saddle" if saddle else f"{word} {'focus' if turns else 'node'}")


def test_relabelled_points_are_one_and_counted():
    system = em_map(bimodal(12))
    points = find(system)
    assert sorted((x.kind, x.copies) for x in points) == [("saddle", 1), ("stable node", 2)]
    assert len(find(system, relabelled=False)) == 3
    stable = points[0]
    assert np.allclose(np.sort(stable.y), [-2, 2], atol=0.4)
    assert np.all((0 <= stable.eigenvalues.real) & (stable.eigenvalues.real < 1))


def test_shifted_points_are_one():
    # a chain of three: only differences count, two of which have a point besides 0
    pull = [sp.sin(Y - X), sp.sin(X - Y) + sp.sin(Z - Y), sp.sin(Y - Z)]
    system = system_of(pull, (X, Y, Z), shifts=np.ones((1, 3)))
    points = find(system, relabelled=False)
    stable = [x for x in points if x.stable]
    differences = {tuple(np.round(np.diff(x.y) / np.pi) % 2) for x in stable}
    assert differences == {(0, 0)}
    assert all(len(x.eigenvalues) == 2 for x in points)
    assert np.allclose(stable[0].eigenvalues, [-1, -3])
    unshifted = system_of(pull, (X, Y, Z))
    assert all(x.kind == "degenerate" and x.family == 1 for x in find(unshifted) if x.index == 0)


def test_a_shift_that_moves_the_residual_is_a_coordinate():
    # M(y + c) = M(y): one fixed point on each line, at a place of its own
    average = (X + Y) / 2
    image = [sp.tanh(X - Y) + 3, -sp.tanh(X - Y) + 3]
    system = system_of(image, kind="map", shifts=np.ones((1, 2)))
    points = find(system, proofs=True)
    assert len(points) == 3 and all(x.label == "proved" for x in points)
    assert all(np.isclose(x.y.mean(), 3) and not x.proof.assumptions for x in points)
    # M(y + c) = M(y) + c: every point of the line is fixed
    moving = system_of([average + sp.tanh(X - Y), average - sp.tanh(X - Y)], kind="map",
                       shifts=np.ones((1, 2)))  # fmt: skip
    points = find(moving, proofs=True)
    assert len(points) == 3 and all(x.proof.holds and x.proof.assumptions for x in points)


def test_a_continuous_family_is_degenerate_and_reported_once():
    # the unit circle attracts
    outward = 1 - X**2 - Y**2
    points = find(system_of([X * outward, Y * outward]))
    circle = [x for x in points if x.family]
    assert [(x.kind, x.stable, x.family) for x in circle] == [("degenerate", None, 1)]
    assert abs(np.hypot(*circle[0].y) - 1) < 1e-9
    assert [(x.kind, x.index) for x in points if not x.family] == [("unstable node", 2)]


def test_isolated_degenerate_points_are_kept_apart():
    points = find(system_of([(X**2 - 1) ** 2, -Y]))
    assert [(x.kind, x.family, x.stable) for x in points] == [("degenerate", 0, None)] * 2
    assert np.allclose(sorted(x.y[0] for x in points), [-1, 1], atol=1e-4)


@pytest.mark.parametrize("kind", ["map", "flow"])
@pytest.mark.parametrize("a", [0.7, 1.0, 1.4])
def test_pitchfork(a, kind):
    points = find(symmetric_em(a, kind=kind))
    middle = min(points, key=lambda x: abs(x.y[0]))
    assert abs(middle.y[0]) < 1e-3
    assert len(points) == (3 if a > 1 else 1)
    assert middle.kind == {0.7: "stable node", 1.0: "degenerate", 1.4: "unstable node"}[a]
    if a > 1:
        theta = max(x.y[0] for x in points)
        assert abs(theta - a * np.tanh(a * theta)) < 1e-14


def test_hard_labels_have_no_finite_fixed_point():
    points = find(system_named("attention-flow", T=1, n=2, d_v=1), number=16)
    assert len(points) == 0
    assert [x.start for x in points.lost] == list(range(16))
    assert "not found; 16 starts: runs away" in points.summary


def test_underflow_is_no_fixed_point():
    points = find(system_of([sp.exp(-X), -Y]), number=16)
    assert len(points) == 0
    points = find(system_of([sp.exp(-X), -Y]), np.array([[100.0, 0.0], [800.0, 0.0]]))
    assert "runs away" in points.summary


def test_label_smoothing_leaves_a_family():
    points = find(system_named("attention-flow", T=1, n=2, label_smoothing=0.2), number=16)
    assert [(x.kind, x.family > 0, x.index) for x in points] == [("degenerate", True, 0)]


def test_a_constant_field_has_no_fixed_point():
    points = find(system_of([sp.S.One, sp.Integer(2)]), number=4)
    assert points.summary == (
        "not found; 4 starts: Newton's method ends where the field is not zero"
    )


def test_no_point_is_made_up_where_the_field_is_not_finite():
    points = find(system_of([sp.log(X) + 50, sp.sqrt(Y) + 1]), number=8)
    assert len(points) == 0 and len(points.lost) == 8


@pytest.mark.parametrize(
    ("starts", "message"),
    [
        (np.zeros((3, 3)), r"starts of `own` must have shape \(n, 2\), .*got \(3, 3\)"),
        ([[0.0, np.nan]], "starts of `own` must be finite; row 0 is not"),
    ],
)
def test_bad_starts(starts, message):
    with pytest.raises(ValueError, match=message):
        find(system_of(DUFFING), np.array(starts))


def test_bad_states():
    with pytest.raises(ValueError, match=r"a state of `own` must have shape \(2,\); got \(3,\)"):
        classify(system_of(DUFFING), np.zeros(3))
    with pytest.raises(ValueError, match="the Jacobian of `own` is not finite at"):
        classify(system_of([1 / X, Y]), np.zeros(2))


def test_bad_symmetries():
    with pytest.raises(ValueError, match="leave no direction"):
        find(system_of([X + 1, Y + 1], kind="map", shifts=np.eye(2)))
    with pytest.raises(ValueError, match=r"shifts of `own` must be rows of 2 entries; got"):
        find(system_of(DUFFING, shifts=np.zeros(3) + 1))
    with pytest.raises(ValueError, match=r"must be a permutation of 0 .. 1; got \(0, 0\)"):
        find(system_of(DUFFING, relabellings=((0, 0),)))
    state = sp.symbols("y1:9", real=True)
    rotate, swap = (*range(1, 8), 0), (1, 0, *range(2, 8))
    with pytest.raises(ValueError, match="more than 5040 relabellings"):
        find(system_of([-s for s in state], state, relabellings=(rotate, swap)))


def test_a_zero_on_one_side_of_a_jump_is_no_fixed_point(tmp_path):
    """With dry friction Newton's method ends where the field is zero for v > 0 only."""
    file = tmp_path / "relay.toml"
    file.write_text(
        'variables = ["x", "v"]\n[field]\nx = "v"\n'
        'v = "-x - 0.3*v + 0.25*(2*Heaviside(v) - 1)"\n[window]\nx = [-2, 2]\nv = [-2, 2]\n'
    )
    found = find(own_system(file))
    assert not found.points
    assert any("the field jumps there" in reason for x in found.lost for reason in [x.reason])
