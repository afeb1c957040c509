"""Units and origin of the variables change nothing in a portrait, to plotting accuracy."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from numerics.flows import Quantity
from numerics.portraits import portrait
from numerics.portraits.basins import BORDER, LEAVES, UNDECIDED
from numerics.portraits.coordinates import UNIT, Frame
from tests.numerics.portraits.systems import flow, iterated
from theory.codegen.components import Components

SYSTEMS = {
    "duffing": (flow, ("y", "x - x^3 - 0.25*y")),
    "relaxation": (flow, ("10*(x - x^3/3 - y)", "x + 0.7 - 0.8*y")),
    "competition": (flow, ("x*(3 - x - 2*y)", "y*(1.8 - x - y)")),
    "a map": (iterated, ("1.8*x - x^3/2", "y/3 + x/5")),
}
BOX = ((-2, 2), (-2, 2))


def in_other_units(make, formulas, seed):
    """The system of X = a x + b, Y = c y + d with its time in other units, and its window."""
    rng = np.random.default_rng(seed)
    scale = 10 ** rng.uniform(-6, 6, size=2) * rng.choice([-1, 1], size=2)
    offset = scale * rng.uniform(-200, 200, size=2)
    rate = 10 ** rng.uniform(-4, 4) if make is flow else 1.0
    new = [f"((x - ({offset[0]!r}))/({scale[0]!r}))", f"((y - ({offset[1]!r}))/({scale[1]!r}))"]
    new = [text.replace("np.float64", "") for text in new]
    symbols = str.maketrans({"x": "<", "y": ">"})
    texts = []
    for formula, a, b in zip(formulas, scale, offset, strict=True):
        text = formula.translate(symbols).replace("<", new[0]).replace(">", new[1])
        texts.append(f"{float(a * rate)!r}*({text})" + (f" + ({float(b)!r})" * (make is iterated)))
    window = [
        sorted((s * a + o) for s in side) for side, a, o in zip(BOX, scale, offset, strict=True)
    ]
    return make(*texts, window=[[float(v) for v in side] for side in window]), scale, offset


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("name", SYSTEMS)
def test_a_portrait_is_the_same_in_other_units(name, seed):
    make, formulas = SYSTEMS[name]
    starts = np.random.default_rng(0).uniform(-1.9, 1.9, size=(3, 2))
    here = portrait(make(*formulas, window=BOX), starts=starts)
    system, scale, offset = in_other_units(make, formulas, seed)
    there = portrait(system, starts=starts * scale + offset)
    back = lambda points: (points - offset) / scale  # noqa: E731
    order = lambda p: tuple(np.round(p[0], 3) + 0.0)  # noqa: E731
    first = sorted([(p.y, p.kind, p.label) for p in here.points], key=order)
    second = sorted([(back(p.y), p.kind, p.label) for p in there.points], key=order)
    assert [x[1:] for x in first] == [x[1:] for x in second]
    np.testing.assert_allclose([x[0] for x in first], [x[0] for x in second], atol=1e-7)
    assert here.complete and there.complete
    for kind in ("trajectory", "iterates", "stable manifold", "unstable manifold"):
        ours, theirs = here.of_kind(kind), [back(c.points) for c in there.of_kind(kind)]
        assert len(ours) == len(theirs)
        for c in ours:  # both sides of a manifold may change places
            apart = [_apart(c.points, other) for other in theirs]
            assert min(apart) < 4e-3 * 4  # the distance of vertices: 1/250 of the window


@pytest.mark.parametrize(("name", "seed"), [("duffing", 1), ("competition", 2), ("a map", 3)])
def test_basins_are_the_same_in_other_units(name, seed):
    make, formulas = SYSTEMS[name]
    options = {"starts": 0, "prove": False, "basins": 10}  # few enough to compile nothing
    here = portrait(make(*formulas, window=BOX), **options).basins
    system, scale, offset = in_other_units(make, formulas, seed)
    there = portrait(system, **options).basins
    turned = there.labels[:: int(np.sign(scale[1])), :: int(np.sign(scale[0]))]
    np.testing.assert_allclose((there.x - offset[0]) / scale[0], here.x[:: int(np.sign(scale[0]))],
                               atol=1e-9)  # fmt: skip
    ends = [(a.points[0] - offset) / scale for a in there.attractors]
    assert len(ends) == len(here.attractors) >= 2
    for n, attractor in enumerate(here.attractors):
        (same,) = [k for k, y in enumerate(ends) if np.allclose(y, attractor.points[0], atol=1e-6)]
        np.testing.assert_array_equal(here.labels == n, turned == same)
    for label in (LEAVES, BORDER, UNDECIDED):
        np.testing.assert_array_equal(here.labels == label, turned == label)


def _apart(a, b):
    """The largest distance of a vertex of one line to the other line's vertices, both ways."""
    d = np.linalg.norm(a[:, None] - b[None], axis=2)
    return max(d.min(axis=0).max(), d.min(axis=1).max())


def test_a_frame_holds_its_window_exactly():
    rng = np.random.default_rng(5)
    for _ in range(200):
        low, high = np.sort(rng.normal(size=2) * 10 ** rng.uniform(-9, 9))
        frame = Frame.of((low, high, -1.0, 3.0))
        c, h = Fraction(frame.centre[0]), Fraction(frame.half[0])
        assert c - h <= Fraction(low) and Fraction(high) <= c + h
        assert frame.half[0] <= (high - low) / 2 * (1 + 1e-12) + 1e-15 * abs(low)
    np.testing.assert_array_equal(Frame.of((-2.0, 2.0, 0.0, 8.0)).inward(np.array([2.0, 8.0])), 1)


@pytest.mark.parametrize("make", [flow, iterated])
def test_the_system_in_its_window_is_the_system(make):
    system = make("a*x*y - sin(x)", "x + y^2", ((99, 104), (-0.1, 0.3)), a=0.7)
    frame = Frame.of(system.window)
    inner = frame.system(system)
    u = np.random.default_rng(0).uniform(-1, 1, size=(20, 2))
    x = frame.outward(u)
    image = (
        frame.inward(system.velocity(x)) if make is iterated else system.velocity(x) / frame.half
    )
    np.testing.assert_allclose(inner.velocity(u), image, rtol=1e-9)
    ratio = frame.half[None, :] / frame.half[:, None]
    np.testing.assert_allclose(inner.jacobian(u), system.jacobian(x) * ratio, rtol=1e-9)
    assert inner.window == UNIT and inner.labels == system.labels


def test_conserved_quantities_keep_their_values():
    system = flow("y", "-x", ((99, 104), (-0.1, 0.3)))
    x, y = system.field.state
    energy = Quantity("energy", "", "conserved", Components("e", (x, y), (), (), (x**2 + y**2,)))
    frame = Frame.of(system.window)
    inner = frame.system(replace(system, quantities=(energy,)))
    u = np.array([[0.3, -0.2]])
    expected = system.quantity(energy, frame.outward(u))
    np.testing.assert_allclose(inner.quantity(inner.quantities[0], u), expected)


def test_proofs_are_of_the_system_itself():
    found = portrait(flow("x^2 - 2", "y - 100", ((-3, 3), (99, 105))), starts=0)
    assert {p.label for p in found.points} == {"proved"} and found.complete
    for p in found.points:
        (a, b), (c, d) = p.proof.box
        low, high = sorted(Fraction(v) ** 2 for v in (a, b))
        assert low < 2 < high and b - a < 1e-12 and c <= 100 <= d
        (low, high), _ = p.proof.unique_box
        assert low < a < b < high and (low > 0 or high < 0)  # not the other root
