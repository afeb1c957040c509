"""Cycles followed from Hopf points: exact ones, and others against scipy."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.optimize import brentq, root

from numerics.bifurcations import diagram
from numerics.bifurcations.collocation import Collocation
from numerics.bifurcations.family import Family
from numerics.flows import own_system
from numerics.flows.own_system import system_of_text

SYSTEMS = "examples/systems/"
PLANAR = 'variables = ["x", "y"]\n[parameters]\nmu = 0\n[definitions]\ns = "x^2 + y^2"\n[field]\n'


def followed(text, name, low, high, **options):
    def build(p):
        return system_of_text(text, "own.toml", **{name: p})

    return diagram(build, name, low, high, **options)


def columns(branch):
    """Return parameter, period, largest of the first variable along a branch."""
    return np.array([(c.parameter, c.period, c.high[0]) for c in branch.cycles]).T


@pytest.mark.parametrize("unit", [1e-3, 1.0, 1e4])
def test_the_normal_form_of_hopf_in_any_unit(unit):
    """r^2 = mu, T = 2 pi / (2 + mu/2), and mu - 3 r^2 is the rate of what is beside."""
    text = f"""
    variables = ["x", "y"]
    [parameters]
    mu = 0
    [definitions]
    X = "x/{unit!r} - 100"
    Y = "y/{unit!r}"
    s = "X^2 + Y^2"
    [field]
    x = "{unit!r}*(mu*X - (2 + s/2)*Y - X*s)"
    y = "{unit!r}*((2 + s/2)*X + mu*Y - Y*s)"
    [window]
    x = [{98 * unit!r}, {103 * unit!r}]
    y = [{-2 * unit!r}, {2 * unit!r}]
    """
    (branch,) = followed(text, "mu", -1.0, 1.0, starts=8).cycles
    assert branch.end == "end of the interval" and not branch.points
    mu, period, top = columns(branch)
    assert mu[0] == pytest.approx(0, abs=1e-8) and mu[-1] == pytest.approx(1)
    np.testing.assert_allclose(top / unit - 100, np.sqrt(np.maximum(mu, 0)), atol=1e-7)
    np.testing.assert_allclose(period, 2 * np.pi / (2 + mu / 2), rtol=1e-9)
    multipliers = np.array([c.multipliers[0] for c in branch.cycles])
    np.testing.assert_allclose(multipliers, np.exp(-2 * mu * period), rtol=1e-6)
    assert {c.stability for c in branch.cycles[1:]} == {"stable"}


def test_the_fold_of_cycles_of_the_quintic_normal_form():
    """mu + s - s^2 = 0 folds at s = 1/2, mu = -1/4; the inner cycle is unstable."""
    text = PLANAR + 'x = "mu*x - y + x*s - x*s^2"\ny = "x + mu*y + y*s - y*s^2"\n'
    (branch,) = followed(text, "mu", -1.0, 1.0, starts=8).cycles
    (fold,) = branch.points
    assert fold.kind == "fold of cycles"
    assert fold.parameter == pytest.approx(-0.25, abs=1e-10)
    assert fold.period == pytest.approx(2 * np.pi, rel=1e-9)
    assert [fold.low[0], fold.high[1]] == pytest.approx([-(0.5**0.5), 0.5**0.5], rel=1e-6)
    assert fold.multipliers[0] == pytest.approx(1, abs=1e-6)
    for c in branch.cycles[1:]:
        inner = c.high[0] < 0.5**0.5
        assert c.stability == ("unstable" if inner else "stable")
        assert c.parameter + c.high[0] ** 2 - c.high[0] ** 4 == pytest.approx(0, abs=1e-6)


def test_cycles_that_end_at_another_hopf_point_are_one_branch():
    text = PLANAR + 'x = "mu*(1 - mu)*x - y - x*s"\ny = "x + mu*(1 - mu)*y - y*s"\n'
    found = followed(text, "mu", -0.3, 1.4, starts=8)
    (branch,) = found.cycles
    assert branch.target is found.points[1] and branch.end == "ends at the Hopf point mu = 1"
    mu, _, top = columns(branch)
    np.testing.assert_allclose(top, np.sqrt(np.maximum(mu * (1 - mu), 0)), atol=1e-6)


def test_a_fold_on_the_cycle_lets_the_period_grow_without_bound():
    """On r^2 = mu the angle has the speed 1 - x: T = 2 pi / sqrt(1 - mu), a fold at mu = 1."""
    text = PLANAR + 'x = "mu*x - x*s - y*(1 - x)"\ny = "mu*y - y*s + x*(1 - x)"\n'
    found = followed(text, "mu", -0.5, 2.0)
    (branch,) = found.cycles
    assert branch.end == ("the period grows without bound at mu = 1: the fold lies on the cycle")
    mu, period, _ = columns(branch)
    assert period[-1] > 600
    inner = period < 100
    np.testing.assert_allclose(period[inner], 2 * np.pi / np.sqrt(1 - mu[inner]), rtol=1e-7)


@pytest.mark.parametrize("coupled", ["- z^3", "- z*(z^2 + w^2) - 2.3*w"])
def test_what_crosses_a_cycle(coupled):
    """Beside the cycle r^2 = mu what is across has the rate mu - 1/2."""
    is_torus = "w" in coupled
    names = ["x", "y", "z", "w"] if is_torus else ["x", "y", "z"]
    text = (
        f"variables = {names}\n[parameters]\nmu = 0\n[definitions]\ns = 'x^2 + y^2'\n[field]\n"
        f"x = 'mu*x - y - x*s'\ny = 'x + mu*y - y*s'\nz = '(s - 1/2)*z {coupled}'\n"
    ) + "w = '(s - 1/2)*w - w*(z^2 + w^2) + 2.3*z'\n" * is_torus
    found = followed(text, "mu", -0.2, 1.0, starts=8)
    first, *others = found.cycles
    (point,) = first.points
    assert point.kind == ("torus" if is_torus else "branch point of cycles")
    assert point.parameter == pytest.approx(0.5, abs=1e-9)
    assert first.cycles[-1].stability == "unstable" and first.cycles[3].stability == "stable"
    assert len(others) == (0 if is_torus else 2)
    for branch, sign in zip(others, (1, -1) if others and others[0].cycles[-1].high[2] > 0
                            else (-1, 1), strict=False):  # fmt: skip
        assert branch.origin is point
        for c in branch.cycles:
            assert c.stability == "stable" or c is branch.cycles[0]
            z = np.sqrt(max(c.parameter - 0.5, 0.0))
            assert [c.low[2], c.high[2]] == pytest.approx([sign * z] * 2, abs=1e-6)


def test_van_der_pol_through_its_family_of_circles():
    """At mu = 0 all circles are cycles; that of radius 2 goes on, with T = 6.6632868593 at mu = 1.

    Period from Andersen and Geer, SIAM J. Appl. Math. 42 (1982).
    """
    found = diagram(lambda p: own_system(SYSTEMS + "van_der_pol.toml", mu=p), "mu", -1.0, 1.0,
                    starts=8)  # fmt: skip
    (hopf,) = found.points
    assert hopf.criticality == "" and hopf.coefficient == 0
    circles, *others = found.cycles
    (point,) = circles.points
    assert point.kind == "branch point of cycles" and point.parameter == 0
    assert point.high == pytest.approx([2, 2], rel=1e-6)
    assert {c.stability for c in circles.cycles} == {"neutral"}
    # Where the family is left both branches are tangent to it to all but rounding; on some
    # processors the first step off it fails, which the diagram says.
    followed = [b for b in others if len(b.cycles) > 1]
    assert len(others) == 2
    assert all(b.end.startswith("not followed further") for b in others if b not in followed)
    ends = {round(b.cycles[-1].parameter): b.cycles[-1] for b in followed}
    assert all(end.stability == {1: "stable", -1: "unstable"}[at] for at, end in ends.items())
    for end in ends.values():
        assert end.period == pytest.approx(6.6632868593, abs=1e-9)
        assert end.high[0] == pytest.approx(2.00861986, abs=1e-6)
    if len(ends) == 2:
        assert ends[1].multipliers[0] * ends[-1].multipliers[0] == pytest.approx(1, rel=1e-6)


def turn(field, y, period, **options):
    """Return where trajectories are after a period, by scipy."""
    options = {"method": "DOP853", "rtol": 1e-11, "atol": 1e-12} | options
    return solve_ivp(lambda t, y: field(*y), (0, period), y, **options)


def test_the_cycle_of_the_brusselator_against_scipy():
    found = diagram(lambda p: own_system(SYSTEMS + "brusselator.toml", b=p), "b", 1.0, 3.0,
                    starts=8)  # fmt: skip
    (branch,) = found.cycles
    last = branch.cycles[-1]
    assert last.parameter == pytest.approx(3) and last.stability == "stable"

    def field(x, y):
        return 1 - 4 * x + x**2 * y, 3 * x - x**2 * y

    settled = turn(field, [1.0, 1.0], 100.0, rtol=1e-9).y[:, -1]

    def top(t, y):
        return field(*y)[0]

    top.direction = -1
    found = turn(field, settled, 30.0, events=top)
    times, tops = found.t_events[0], found.y_events[0]
    assert last.period == pytest.approx(times[-1] - times[-2], abs=1e-6)
    assert last.high[0] == pytest.approx(tops[-1][0], abs=1e-6)


def test_the_fold_of_cycles_of_fitzhugh_and_nagumo_against_scipy():
    """A subcritical Hopf point, and a fold where exp of the integral of the divergence is 1."""
    found = diagram(lambda p: own_system(SYSTEMS + "fitzhugh_nagumo.toml", eps=0.4, I=p), "I", 0.2,
                    0.8, starts=8)  # fmt: skip
    (branch,) = found.cycles
    assert found.points[0].criticality == "subcritical"
    (fold,) = [c for c in branch.points if c.kind == "fold of cycles"]
    assert branch.cycles[1].stability == "unstable" and branch.cycles[-1].stability == "stable"

    def after(x):
        """Return what vanishes at the fold, for a start on its largest v, period and current."""
        v, period, current = x
        w = v - v**3 / 3 + current  # v' = 0

        def field(v, w, _):
            return v - v**3 / 3 - w + current, 0.4 * (v + 0.7 - 0.8 * w), 1 - v**2 - 0.32

        end = turn(field, [v, w, 0.0], period).y[:, -1]
        return end[0] - v, end[1] - w, end[2]

    exact = root(after, [fold.high[0], fold.period, fold.parameter], tol=1e-11).x
    assert fold.parameter == pytest.approx(exact[2], abs=1e-7)
    assert fold.period == pytest.approx(exact[1], abs=1e-4)
    assert fold.high[0] == pytest.approx(exact[0], abs=1e-4)


def test_the_homoclinic_orbit_near_a_double_zero_against_scipy():
    """Where the unstable and the stable manifold of the saddle meet on the axis y = 0."""
    text = """
    variables = ["x", "y"]
    [parameters]
    b1 = 0
    [field]
    x = "y"
    y = "b1 - x/2 + x^2 - x*y"
    """
    (branch,) = followed(text, "b1", -0.2, 0.1).cycles
    words, place = branch.end.split(": homoclinic orbit to ")
    assert words.startswith("the period grows without bound at b1 = -0.0565551")

    def apart(b1):
        saddle = (0.5 + np.sqrt(0.25 - 4 * b1)) / 2
        rates, vectors = np.linalg.eig([[0, 1], [2 * saddle - 0.5, -saddle]])
        ends = []
        for sign in (1, -1):  # forward along the unstable direction, backward along the stable one
            direction = vectors[:, np.argmax(sign * rates)].real
            start = np.array([saddle, 0]) - 1e-6 * direction * np.sign(direction[0])

            def axis(t, y):
                return y[1]

            axis.terminal, axis.direction = True, sign
            found = turn(lambda x, y, s=sign: (s * y, s * (b1 - x / 2 + x * x - x * y)), start,
                         100.0, events=axis)  # fmt: skip
            ends.append(found.y[0, -1])
        return ends[0] - ends[1]

    exact = brentq(apart, -0.057, -0.056, xtol=1e-12)
    assert branch.cycles[-1].parameter == pytest.approx(exact, abs=1e-6)
    assert place.startswith("x = 0.59504")


def test_the_period_doubling_of_roessler_against_scipy():
    text = """
    variables = ["x", "y", "z"]
    [parameters]
    a = 0.2
    [field]
    x = "-y - z"
    y = "x + a*y"
    z = "2 + z*(x - 4)"
    [window]
    x = [-2, 2]
    y = [-2, 2]
    z = [0, 2]
    """
    found = followed(text, "a", 0.05, 0.36, starts=8)
    (branch,) = found.cycles
    doubling = next(c for c in branch.points if c.kind == "period doubling")

    def field(x, y, z, a):
        return np.array([-y - z, x + a * y, 2 + z * (x - 4)])

    def after(guess):
        """Return what vanishes at the doubling, for a start at y = 0, period and parameter."""
        x, z, period, a = guess

        def both(*u):
            slope = np.array([[0, -1, -1], [1, a, 0], [u[2], 0, u[0] - 4]])
            return [*field(*u[:3], a), *(slope @ np.reshape(u[3:], (3, 3))).flat]

        begin = np.array([x, 0.0, z, *np.eye(3).flat])
        end = turn(both, begin, period, rtol=1e-10).y[:, -1]
        return [*(end - begin)[:3], np.linalg.det(end[3:].reshape(3, 3) + np.eye(3))]

    a = doubling.parameter - 1e-3
    settled = turn(lambda *y: field(*y, a), [1.0, 1, 1], 400.0, rtol=1e-9,
                   events=lambda t, y: y[1])  # fmt: skip
    x, _, z = next(y for y in settled.y_events[0][::-1] if y[0] < 0)
    exact = root(after, [x, z, doubling.period, doubling.parameter], tol=1e-9).x
    assert doubling.parameter == pytest.approx(exact[3], abs=1e-6)
    assert doubling.period == pytest.approx(exact[2], abs=1e-6)


def test_the_derivative_of_the_collocation_equations():
    family = Family(lambda p: own_system(SYSTEMS + "brusselator.toml", b=p), 1.0, 3.0)
    rng = np.random.default_rng(0)
    mesh = np.sort(np.append(rng.uniform(size=5), [0.0, 1.0]))
    problem = Collocation(family, mesh, rng.normal(size=(24, 2)))
    u = problem.packed(rng.normal(size=(24, 2)), 0.3, 0.6)
    v = rng.normal(size=len(u))
    quotient = (problem.residual(u + 1e-6 * v) - problem.residual(u - 1e-6 * v)) / 2e-6
    np.testing.assert_allclose(problem.slope(u) @ v, quotient, rtol=1e-6, atol=1e-6)


def test_a_finer_mesh_has_the_same_orbit_and_a_smaller_error():
    family = Family(lambda p: own_system(SYSTEMS + "brusselator.toml", b=p), 1.0, 3.0)
    s = np.linspace(0, 1, 80, endpoint=False)[:, None] * 2 * np.pi
    problem = Collocation(family, np.linspace(0, 1, 21), np.hstack([np.cos(s), np.sin(s)]))
    u = problem.packed(np.hstack([np.cos(s), np.sin(s)]), 0.0, 0.5)
    moved = problem.remeshed(u, u)
    assert moved is not None
    finer, w, _ = moved
    assert finer.size(w) == pytest.approx(problem.size(u), rel=1e-3)
    assert finer.needs(w).max() < problem.needs(u).max()


def test_cycles_are_left_out_if_so_asked():
    found = diagram(lambda p: own_system(SYSTEMS + "brusselator.toml", b=p), "b", 1.0, 3.0,
                    starts=8, cycles=False)  # fmt: skip
    assert [x.kind for x in found.points] == ["Hopf"] and found.cycles == ()
