"""Phase lines and cobwebs: graphs, fixed points, cycles; poles and jumps are no lines."""

import numpy as np
import pytest

from numerics.portraits import phase_line, write_portrait
from numerics.portraits.figure import rendered
from tests.numerics.portraits.systems import flow, own


def line(formula, low=-2.0, high=2.0, kind="field"):
    return own({"x": formula}, kind, x=(low, high))


def test_the_phase_line_of_a_flow():
    found = phase_line(line("x*(1 - x/9000)*(x/2000 - 1)", -500, 10_000))
    assert [(round(float(p.y[0]), 6) + 0.0, p.kind, p.label) for p in found.points] == [
        (0, "stable node", "proved"), (9000, "stable node", "proved"),
        (2000, "unstable node", "proved"),
    ]  # fmt: skip
    assert found.complete and found.window[:2] == (-500, 10_000)
    (graph,) = found.of_kind("field")
    x, f = graph.points.T
    np.testing.assert_allclose(f, x * (1 - x / 9000) * (x / 2000 - 1), atol=1e-9)
    assert found.window[2] < 0 < found.window[3]
    np.testing.assert_allclose(found.places[:, 1], 0)


def test_a_graph_breaks_at_poles_and_jumps_and_where_it_is_undefined():
    pieces = phase_line(line("tan(x)", -2, 2), prove=False, starts=0).of_kind("field")
    assert len(pieces) == 3
    assert pieces[1].points[0, 0] > -np.pi / 2 and pieces[1].points[-1, 0] < np.pi / 2
    steps = phase_line(line("sign(x - 0.1)*(1 + 0*x)"), prove=False, starts=0)
    assert len(steps.of_kind("field")) == 2
    half = phase_line(line("log(x)"), prove=False, starts=0).of_kind("field")
    assert len(half) == 1 and half[0].points[0, 0] > 0
    assert len(phase_line(line("10*x^3"), prove=False, starts=0).of_kind("field")) == 1


def test_the_cobweb_of_a_map_and_its_cycle():
    found = phase_line(line("3.2*x*(1 - x)", 0, 1, "map"), starts=np.array([[0.3]]))
    (web,) = found.of_kind("cobweb")
    x = [0.3]
    for _ in range(20):
        x.append(3.2 * x[-1] * (1 - x[-1]))
    np.testing.assert_allclose(web.points[:4], [[x[0], x[0]], [x[0], x[1]], [x[1], x[1]],
                                                [x[1], x[2]]])  # fmt: skip
    (cycle,) = found.cycles
    assert (cycle.kind, cycle.period) == ("stable cycle", 2)
    assert cycle.multipliers[0].real == pytest.approx(4 + 2 * 3.2 - 3.2**2, abs=1e-8)
    (dots,) = found.of_kind("stable cycle")
    np.testing.assert_allclose(dots.points[:, 1], 3.2 * dots.points[:, 0] * (1 - dots.points[:, 0]))
    np.testing.assert_allclose(found.places[:, 0], found.places[:, 1])
    assert {p.kind for p in found.points} == {"unstable node"} and found.window == (0, 1, 0, 1)


@pytest.mark.parametrize("kind", ["field", "map"])
def test_figure_and_data(kind, tmp_path):
    from numerics.integration import load

    found = phase_line(line("2*x - x^3", kind=kind), starts=2, prove=False)
    assert rendered(found, ".png") == rendered(found, ".png")
    write_portrait(found, tmp_path / "p.svg", table=True)
    data = load(tmp_path / "p.nc")
    assert data["velocity"].shape == (1, 1201, 1) and data["fixed_point"].shape == (3, 1)
    header = (tmp_path / "p.csv").read_text().splitlines()[0]
    assert header == f"curve,kind,label,x,{'velocity' if kind == 'field' else 'next'} x"
    assert "x = 0" in found._repr_html_()


@pytest.mark.parametrize(
    ("system", "options", "message"),
    [
        (flow("x", "y"), {}, "a phase line needs one variable; `test` has 2"),
        (
            line("x"),
            {"window": (1, 0)},
            "two finite numbers x_low < x_high; got 1, 0, which has no",
        ),
        (line("x"), {"starts": np.array([[7.0]])}, "must lie in the window"),
        (line("x"), {"starts": np.zeros((1, 2))}, r"finite points of shape \(n, 1\)"),
        (line("log(-1 - x^2)"), {}, "the field of `test` is not finite anywhere"),
    ],
)
def test_errors(system, options, message):
    with pytest.raises(ValueError, match=message):
        phase_line(system, **options)
