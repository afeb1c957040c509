"""Complete lists: every fixed point in a window, with the proof that there are no others."""

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from numerics.fixed_points import find_all
from numerics.fixed_points.newton import newton
from numerics.fixed_points.quotient import Quotient
from tests.numerics.fixed_points.systems import (
    X,
    Y,
    Z,
    bimodal,
    em_map,
    rescaled,
    symmetric_em,
    system_of,
    wrapped,
)
from theory.codegen.components import Components, Softmax

DUFFING = (Y, X - X**3 - Y / 2)
SQUARE = (-4, 4, -4, 4)


def places(points):
    return sorted(tuple(np.round(x.y, 9) + 0.0) for x in points)


def dense_newton(system, window, n=20):
    """Return all roots in the window that Newton's method reaches from a fine grid."""
    low, high = np.array(window[0::2], float), np.array(window[1::2], float)
    axes = [np.linspace(a, b, n) for a, b in zip(low, high, strict=True)]
    grid = np.stack(np.meshgrid(*axes), axis=-1).reshape(-1, len(low))
    landing = newton(Quotient(system, grid), grid)
    ended = np.array([not reason for reason in landing.reasons])
    y = landing.y[ended]
    y = y[np.all((y >= low) & (y <= high), axis=1)]
    kept = []
    for x in y:
        if all(np.abs(x - k).max() > 1e-7 * (high - low).max() for k in kept):
            kept.append(x)
    return np.array(kept).reshape(-1, len(low))


def test_em_on_twelve_points():
    found = find_all(em_map(bimodal(12)), SQUARE)
    assert found.complete and [x.kind for x in found.points] == ["stable node"] * 2 + ["saddle"]


@pytest.mark.parametrize(("a", "count"), [(0.7, 1), (0.999, 1), (1.001, 3), (1.4, 3)])
@pytest.mark.parametrize("kind", ["map", "flow"])
def test_pitchfork_in_one_variable(a, count, kind):
    found = find_all(symmetric_em(a, kind=kind), (-4, 4))
    assert found.complete and len(found.points) == count


def test_a_degenerate_point_stays_undecided():
    found = find_all(symmetric_em(1.0), (-4, 4))
    assert not found.complete and found.points == () and "region undecided" in found.summary
    (region,) = found.undecided
    assert region.low[0] <= 0 <= region.high[0] and np.ptp([region.low, region.high]) < 1e-4
    (point,) = found.doubtful
    assert point.kind == "degenerate" and point.label == "verified numerically"


def test_a_family_stays_undecided():
    outward = 1 - X**2 - Y**2
    found = find_all(system_of([X * outward, Y * outward]), (-2, 2, -2, 2), most_boxes=1500)
    assert not found.complete and "because 1500 boxes were looked at" in found.summary
    assert places(found.points) == [(0, 0)]
    angles = np.linspace(0, 2 * np.pi, 50)
    for x in np.column_stack([np.cos(angles), np.sin(angles)]):
        assert any(np.all((r.low <= x) & (x <= r.high)) for r in found.undecided)


def test_a_tangency_stays_undecided_and_the_rest_is_found():
    found = find_all(system_of([X**2 * (X - 1), -Y]), (-2, 2, -2, 2))
    assert places(found.points) == [(1, 0)]
    assert [bool(np.all((r.low <= 0) & (0 <= r.high))) for r in found.undecided] == [True]


@pytest.mark.parametrize(
    ("window", "expected", "edge"),
    [
        ((-4, 4, -4, 4), [(-1, 0), (0, 0), (1, 0)], 0),
        ((0, 4, -1, 1), [(0, 0), (1, 0)], 1),
        ((-1, 1, 0, 2), [(-1, 0), (0, 0), (1, 0)], 3),
        ((0.1, 4, -1, 1), [(1, 0)], 0),
        ((1.1, 4, -1, 1), [], 0),
        ((0.9999, 1.0001, -0.0001, 0.0001), [(1, 0)], 0),
        ((1 - 2**-40, 1 + 2**-40, -1e-13, 1e-13), [(1, 0)], 0),
    ],
)
def test_edges_of_the_window(window, expected, edge):
    found = find_all(system_of(DUFFING), window)
    assert found.complete
    assert places(found.points) == expected and len(found.on_edge) == edge


@pytest.mark.parametrize("factor", [1e-6, 1e6])
def test_the_same_in_other_units(factor):
    found = find_all(rescaled(DUFFING, factor), factor * np.array(SQUARE))
    assert found.complete
    assert np.allclose(sorted(x.y[0] / factor for x in found.points), [-1, 0, 1], atol=1e-9)


def test_points_on_lines_where_boxes_are_cut():
    cut = -4 + 0.4877 * 8
    found = find_all(system_of([(X - cut) * (X - 2), (Y - cut) * (Y + 1)]), SQUARE)
    assert found.complete and len(found.points) == 4


def test_a_field_that_is_not_defined_everywhere_leaves_a_region():
    found = find_all(system_of([sp.log(X), Y]), (-1, 3, -1, 1), most_boxes=3000)
    assert places(found.points) == [(1, 0)]
    assert not found.complete
    found = find_all(system_of([sp.log(X), Y]), (0.01, 3, -1, 1))
    assert found.complete and places(found.points) == [(1, 0)]


@settings(deadline=None, max_examples=6)
@given(st.integers(0, 10**6), st.sampled_from(["flow", "map"]))
def test_planted_roots_of_polynomials(seed, kind):
    rng = np.random.default_rng(seed)
    mix, turn = (np.eye(2) + 0.4 * rng.uniform(-1, 1, (2, 2)) for _ in range(2))
    roots = [np.sort(rng.uniform(-2, 2, n)) for n in (3, 2)]
    u, v = (sum(float(c) * s for c, s in zip(row, (X, Y), strict=True)) for row in turn)
    p = sp.Mul(*(u - float(r) for r in roots[0]))
    q = sp.Mul(*(v - float(r) for r in roots[1]))
    outputs = [float(a) * p + float(b) * q for a, b in mix]
    if kind == "map":
        outputs = [X + outputs[0], Y + outputs[1]]
    system = system_of(outputs, kind=kind)
    planted = np.array([np.linalg.solve(turn, (a, b)) for a in roots[0] for b in roots[1]])
    found = find_all(system, (-6, 6, -6, 6))
    apart = min(np.diff(r).min() for r in roots)
    if apart > 1e-3:
        assert found.complete
    listed = np.array([x.y for x in found.points]).reshape(-1, 2)
    for root in planted[np.abs(planted).max(axis=1) < 6]:
        held = any(np.all((r.low <= root) & (root <= r.high)) for r in found.undecided)
        assert held or np.abs(listed - root).max(axis=1).min() < 1e-6
    for x in listed:
        assert np.abs(planted - x).max(axis=1).min() < 1e-6


def trigonometric(rng):
    a, b, c, d = map(float, rng.uniform(-2, 2, 4))
    return system_of([sp.sin(a * X + b * Y) + X / 4, sp.cos(c * X + d * Y) - Y / 3])


def softmax_map(rng):
    """Return x -> V softmax(W x), three patterns in the plane: a Hopfield network's update."""
    logits, weights = sp.symbols("l_1:4", real=True), sp.symbols("r_1:4", real=True)
    patterns = 2 * rng.normal(size=(3, 2))
    from theory.codegen.components import Assign

    stages = [
        Assign(e, float(p[0]) * X + float(p[1]) * Y) for e, p in zip(logits, patterns, strict=True)
    ]
    stages.append(Softmax(weights, logits, (sp.S.One,) * 3))
    outputs = [
        sp.Add(*(float(p[k]) * r for p, r in zip(patterns, weights, strict=True))) for k in (0, 1)
    ]
    return wrapped(Components("own", (X, Y), (), tuple(stages), tuple(outputs)), kind="map")


@settings(deadline=None, max_examples=6)
@given(st.integers(0, 10**6), st.sampled_from([trigonometric, softmax_map]))
def test_the_list_is_what_dense_newton_finds(seed, family):
    system = family(np.random.default_rng(seed))
    window = (-5, 5, -5, 5)
    found = find_all(system, window)
    dense = dense_newton(system, window)
    listed = np.array([x.y for x in found.points]).reshape(-1, 2)
    for root in dense:
        held = any(np.all((r.low <= root) & (root <= r.high)) for r in found.undecided)
        assert held or np.abs(listed - root).max(axis=1).min() < 1e-7
    for x in found.points:
        assert np.abs(dense - x.y).max(axis=1).min() < 1e-7
        assert x.residual < 1e-12


def test_it_does_not_rest_on_newtons_method(monkeypatch):
    from numerics.fixed_points import covering

    monkeypatch.setattr(covering._Search, "seed", lambda self: None)
    found = find_all(system_of(DUFFING), SQUARE)
    assert found.complete and len(found.points) == 3
    # a search that cannot prove points must not call the list complete
    monkeypatch.setattr(covering._Search, "_prove", lambda self, starts: False)
    found = find_all(system_of(DUFFING), SQUARE)
    assert not found.complete and len(found.points) == 0 and len(found.undecided) >= 3


def test_limits_and_progress():
    seen = []
    system = system_of([sp.sin(5 * X) + Y / 9, sp.cos(5 * Y) - X / 9])
    found = find_all(system, SQUARE, progress=lambda part, boxes: seen.append((part, boxes)))
    assert (
        found.complete and len(found.points) > 150 and seen[-1] == (pytest.approx(1), found.boxes)
    )
    assert [x for x, _ in seen] == sorted(x for x, _ in seen)
    stopped = find_all(system, SQUARE, most_boxes=40)
    assert not stopped.complete and stopped.stopped == "40 boxes were looked at"
    hurried = find_all(system, SQUARE, seconds=1e-9)
    assert not hurried.complete and hurried.stopped == "the time was up"
    left = hurried.undecided
    assert np.all(np.min([r.low for r in left], axis=0) == -4)


@pytest.mark.parametrize(
    ("window", "message"),
    [
        ((0, 0, -1, 1), r"must have width in every variable, low < high; got 0 to 0 in x"),
        ((1, -1, -1, 1), r"got 1 to -1 in x"),
        ((-1, 1), r"needs 4 numbers \(low, high for each variable\); got 2"),
        ((-1, 1, -1, np.inf), r"the window of `own` must be finite"),
        ((-1, 1, 1e308, 1.7e308), r"the window of `own` must lie within 1e\+100"),
        (None, r"`own` has no window of its own; give one, such as \(-4, 4, -4, 4\)"),
    ],
)
def test_bad_windows(window, message):
    with pytest.raises(ValueError, match=message):
        find_all(system_of(DUFFING), window)


def test_bad_systems_and_limits():
    three = system_of([X, Y, Z], (X, Y, Z))
    with pytest.raises(ValueError, match="needs one or two variables; `own` has 3. Use `find`"):
        find_all(three, (0, 1, 0, 1, 0, 1))
    with pytest.raises(ValueError, match="has shifts that change nothing"):
        find_all(system_of([Y - X, X - Y], shifts=np.ones((1, 2))), SQUARE)
    with pytest.raises(ValueError, match="limits above 0; got most_boxes=0"):
        find_all(system_of(DUFFING), SQUARE, most_boxes=0)
