"""What runs end in, where it is known."""

import json

import numpy as np
import pytest

from numerics.archives import unpacked
from numerics.sweeps import axis_from, plan
from numerics.sweeps.periodic import flow_periods
from numerics.sweeps.solving import resolved, solved


def ends(tmp_path, text, over, **options):
    path = tmp_path / "own.toml"
    path.write_text(text)
    found = plan(path, [axis_from(x) for x in over], **{"engine": "scipy", "chunk": 100, **options})
    return unpacked(solved(json.dumps(found.document()), 0), "chunk")


def test_linear_flows(tmp_path):
    """Trace and determinant decide."""
    text = """
    variables = ["x", "y"]
    [parameters]
    t = 0
    d = 1
    [field]
    x = "y"
    y = "t*y - d*x"
    """
    found = ends(tmp_path, text, ["t=-3,-1,0,1", "d=-1,1"], given=((1.0, 0.5),), until=60.0)
    kinds = dict(zip(map(tuple, found["values"].tolist()), found["kind"].tolist(), strict=True))
    assert kinds[-3, 1] == "stable node" and kinds[-1, 1] == "stable focus"
    assert kinds[0, 1] == "periodic" and kinds[1, 1] == "blow-up" and kinds[1, -1] == "blow-up"
    place = found["kind"].tolist().index("periodic")
    assert found["period"][place] == pytest.approx(2 * np.pi, rel=1e-6)
    node = found["kind"].tolist().index("stable node")
    assert found["rate"][node] == pytest.approx((-3 + np.sqrt(5)) / 2, rel=1e-9)


VAN_DER_POL = """
variables = ["x", "y"]
[parameters]
size = 1
rate = 1
[field]
x = "rate*y*size"
y = "rate*((1 - ((x - 100*size)/size)^2)*y - (x - 100*size)/size)"
"""


@pytest.mark.parametrize("size", [1e-6, 1.0, 1e4])
def test_van_der_pol_in_any_units(tmp_path, size):
    """The period at mu = 1 is 6.66328686, in every textbook 6.6633."""
    start = (100.5 * size, 0.1)
    found = ends(tmp_path, VAN_DER_POL, [f"size={size!r}"], until=60.0, given=(start,))
    assert found["kind"].tolist() == ["periodic"]
    assert found["period"][0] == pytest.approx(6.66328686, rel=1e-6)


def test_a_slow_orbit_with_fast_parts(tmp_path):
    """The Brusselator far above its Hopf point: spikes shorter than the output times."""
    text = """
    variables = ["x", "y"]
    [parameters]
    b = 5
    [field]
    x = "0.5 - (b + 1)*x + x^2*y"
    y = "b*x - x^2*y"
    """
    found = ends(tmp_path, text, ["b=4,5"], until=200.0, given=((1.0, 1.0),))
    assert found["kind"].tolist() == ["periodic"] * 2
    assert (np.diff(found["period"]) > 0).all() and found["period"][0] > 10
    assert (found["high"][:, 0] > 8).all() and (found["low"][:, 0] < 0.2).all()


def test_an_orbit_too_fast_for_the_output_times(tmp_path):
    options = {"until": 40.0, "given": ((100.5, 0.1),), "rtol": 1e-7}
    found = ends(tmp_path, VAN_DER_POL, ["rate=25"], **options)
    assert found["kind"].tolist() == ["periodic"]
    assert found["period"][0] == pytest.approx(6.66328686 / 25, rel=1e-5)


def test_the_lorenz_attractor_has_no_period(tmp_path):
    text = """
    variables = ["x", "y", "z"]
    [parameters]
    rho = 28
    [field]
    x = "10*(y - x)"
    y = "x*(rho - z) - y"
    z = "x*y - 8*z/3"
    """
    found = ends(tmp_path, text, ["rho=0.5,10,28"], until=60.0, given=((1.0, 1.0, 1.0),))
    assert found["kind"].tolist() == ["stable node", "stable focus", "moving"]


def test_a_fixed_point_at_infinity_is_none(tmp_path):
    text = 'variables = ["x"]\n[parameters]\nk = 1\n[field]\nx = "exp(-k*x)"\n'
    found = ends(tmp_path, text, ["k=1,40"], given=((0.0,),), until=1e6)
    assert found["kind"].tolist() == ["moving"] * 2


def test_a_line_of_fixed_points_is_degenerate_and_a_drift_is_moving(tmp_path):
    text = 'variables = ["x", "y"]\n[parameters]\nk = 0\n[field]\nx = "k"\ny = "-y"\n'
    found = ends(tmp_path, text, ["k=0,1"], given=((1.0, 0.0),), until=100.0)
    assert found["kind"].tolist() == ["degenerate", "moving"]


def test_the_logistic_map(tmp_path):
    text = 'variables = ["x"]\n[parameters]\nr = 3\n[map]\nx = "r*x*(1 - x)"\n'
    found = ends(tmp_path, text, ["r=0.5,2.5,3.2,3.5,3.83,4,5"], engine="auto", given=((0.3,),),
                 until=3000)  # fmt: skip
    kinds = ["stable node", "stable node", *["periodic"] * 3, "moving", "not finite"]
    assert found["kind"].tolist() == kinds
    assert found["period"][2:5].tolist() == [2, 4, 3]
    assert found["rate"][:2].tolist() == pytest.approx([0.5, 0.5])
    assert "the image has x = -inf" in str(found["message"][-1])


def test_values_that_only_together_make_no_sense_are_a_kind(monkeypatch):
    axes = [axis_from("w=1,2"), axis_from("eps_v=1,2")]
    found = plan("binary-head", axes, until=1.0, engine="scipy")
    whole = type(found).system

    def picky(self, values):
        if values == {"w": 2.0, "eps_v": 2.0}:
            raise ValueError("`w` and `eps_v` must not both be 2")
        return whole(self, values)

    monkeypatch.setattr(type(found), "system", picky)
    chunk = unpacked(solved(json.dumps(found.document()), 0), "chunk")
    assert chunk["kind"].tolist() == ["moving"] * 3 + ["not defined"]
    assert chunk["message"].tolist()[-1] == "`w` and `eps_v` must not both be 2"
    assert np.isnan(chunk["end"][-1]).all() and np.isfinite(chunk["end"][:-1]).all()


def test_another_order_of_computing_gives_the_same_bytes():
    found = plan("binary-head", [axis_from("w=1:2:4")], starts=3, chunk=4, until=2.0,
                 engine="scipy")  # fmt: skip
    text = json.dumps(found.document())
    backward = [solved(text, n) for n in (2, 1, 0)]
    assert [solved(text, n) for n in (0, 1, 2)] == backward[::-1]


def test_the_engine_goes_by_stiffness_at_the_far_end(tmp_path):
    path = tmp_path / "own.toml"
    path.write_text(
        'variables = ["x", "y"]\n[parameters]\nk = 1\n[field]\nx = "-y"\ny = "-k*(y - x^3)"\n'
    )
    mild = plan(path, [axis_from("k=1:2:200")], starts=2)
    stiff = plan(path, [axis_from("k=1:1e5:200")], starts=2)
    assert (resolved(mild), resolved(stiff)) == ("explicit", "stiff")


def test_a_quasi_periodic_orbit_has_no_period():
    rates = np.array([1, np.sqrt(2)])
    t = np.linspace(0, 100, 1025)

    def at(times):
        return np.cos(rates * times[:, None])[None]

    def velocity(y, rows):
        times = t if len(y) == len(t) else np.linspace(100, 200, len(y))
        return -rates * np.sin(rates * times[:, None])

    path = at(t)
    period = flow_periods(t, path, path[:, -1], velocity, lambda y, rows, times: at(times))
    assert np.isnan(period).all()
