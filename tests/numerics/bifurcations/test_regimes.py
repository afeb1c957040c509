"""Curves over two parameters: normal forms whose curves and points of codimension two are known."""

from dataclasses import replace

import numpy as np
import pytest

from numerics.bifurcations import regimes
from numerics.bifurcations.regimes import _notes
from numerics.flows import own_system, system_named
from numerics.flows.own_system import system_of_text

SYSTEMS = "examples/systems/"
PLANAR = 'variables = ["x", "y"]\n[parameters]\na = 0\nb = 0\n[definitions]\ns = "x^2 + y^2"\n'


def mapped(text, low, high, starts=4):
    def build(p):
        return system_of_text(text, "own.toml", a=float(p[0]), b=float(p[1]))

    return regimes(build, ("a", "b"), np.array(low), np.array(high), starts=starts)


def along(found, kind):
    """Return the parameters along the curves of a kind, (2, n)."""
    curves = [found.family.parameter(c.u[:, -2:]) for c in found.curves if c.kind == kind]
    return np.concatenate(curves).T


def counts(found):
    return {(r.stable, r.unstable) for r in found.regions}


@pytest.mark.parametrize("unit", [1e-3, 1e4])
def test_the_cusp_in_any_unit(unit):
    """x' = a + b x - x^3 folds where 4 b^3 = 27 a^2; there are three fixed points inside."""
    text = (
        f'variables = ["x"]\n[parameters]\na = 0\nb = 0\n[definitions]\nX = "x/{unit!r} - 7"\n'
        f'[field]\nx = "{unit!r}*(a + b*X - X^3)"\n[window]\nx = [{4 * unit!r}, {9 * unit!r}]\n'
    )
    found = mapped(text, [-1.0, -1.0], [1.0, 1.3])
    assert [c.kind for c in found.curves] == ["fold"]
    assert found.curves[0].ends == ("end of the interval",) * 2
    a, b = along(found, "fold")
    np.testing.assert_allclose(4 * b**3, 27 * a**2, atol=1e-9)
    (cusp,) = found.points
    assert cusp.kind == "cusp"
    assert [*cusp.parameters, cusp.y[0] / unit - 7] == pytest.approx([0, 0, 0], abs=1e-7)
    assert counts(found) == {(1, 0), (2, 1)} and all(r.agrees for r in found.regions)
    doubtful = [replace(found.regions[0], agrees=False), *found.regions[1:]]
    (note,) = _notes(found.curves, doubtful)
    assert note.startswith("region 1 does not have the same fixed points everywhere")
    assert found.notes == ()
    inside = next(r for r in found.regions if r.stable == 2)
    assert (4 * inside.places[:, 1] ** 3 > 27 * inside.places[:, 0] ** 2).all()


@pytest.mark.parametrize("sign", [-1, 1])
def test_bogdanov_and_takens(sign):
    """x' = y, y' = a + b x + x^2 + s x y: folds at 4a = b^2, Hopf points at a = 0, b < 0."""
    text = PLANAR + f'[field]\nx = "y"\ny = "a + b*x + x^2 + ({sign})*x*y"\n'
    found = mapped(text, [-1.0, -1.0], [0.5, 0.8])
    assert sorted(c.kind for c in found.curves) == ["Hopf", "fold"]
    a, b = along(found, "fold")
    np.testing.assert_allclose(4 * a, b**2, atol=1e-10)
    a, b = along(found, "Hopf")
    np.testing.assert_allclose(a, 0, atol=1e-10)
    assert b.min() == pytest.approx(-1) and b.max() == pytest.approx(0, abs=1e-8)
    (point,) = found.points
    assert point.kind == "Bogdanov-Takens"
    np.testing.assert_allclose([*point.parameters, *point.y], 0, atol=1e-8)
    focus = (0, 2) if sign < 0 else (1, 1)
    assert focus in counts(found) and (0, 0) in counts(found)


def test_the_hopf_line_of_the_brusselator():
    def build(p):
        return own_system(SYSTEMS + "brusselator.toml", a=float(p[0]), b=float(p[1]))

    found = regimes(build, ("a", "b"), np.array([0.5, 0.5]), np.array([2.0, 4.0]), starts=4)
    assert [c.kind for c in found.curves] == ["Hopf"] and not found.points
    a, b = along(found, "Hopf")
    np.testing.assert_allclose(b, 1 + a**2, atol=1e-9)
    assert [a.min(), b.max()] == pytest.approx([0.5, 4])
    assert counts(found) == {(1, 0), (0, 1)}


def test_bautin():
    """r' = a r + b r^3 - r^5: Hopf points at a = 0, whose Lyapunov coefficient is that of b."""
    text = PLANAR + '[field]\nx = "a*x - y + b*x*s - x*s^2"\ny = "x + a*y + b*y*s - y*s^2"\n'
    found = mapped(text, [-1.0, -1.0], [1.0, 1.2])
    assert [c.kind for c in found.curves] == ["Hopf"]
    (point,) = found.points
    assert point.kind == "generalised Hopf"
    np.testing.assert_allclose(point.parameters, 0, atol=1e-6)


def test_the_generalised_hopf_points_of_fitzhugh_and_nagumo():
    """The first Lyapunov coefficient vanishes where eps b^2 - 2b + 1 = 0 (Rocsoreanu et al.)."""

    def build(p):
        return own_system(SYSTEMS + "fitzhugh_nagumo.toml", I=float(p[0]), b=float(p[1]))

    found = regimes(build, ("I", "b"), np.array([-0.5, 0.4]), np.array([2.0, 1.3]), starts=4)
    points = {x.kind: x for x in found.points}
    exact = (1 - np.sqrt(1 - 0.08)) / 0.08
    assert points["generalised Hopf"].parameters[1] == pytest.approx(exact, abs=1e-6)
    np.testing.assert_allclose(points["cusp"].parameters, [0.7, 1.0], atol=1e-7)
    current, b = along(found, "fold")  # two of the roots of v - v^3/3 + I = (v + 0.7)/b are one
    v = np.sqrt(1 - 1 / b)
    off = np.abs(current - 0.7 / b + np.array([1, -1])[:, None] * 2 / 3 * v**3)
    np.testing.assert_allclose(off.min(axis=0), 0, atol=1e-9)


def test_the_pitchforks_of_symmetric_em():
    def build(p):
        return system_named("em-symmetric-flow", a=float(p[0]), sigma2=float(p[1]))

    found = regimes(build, ("a", "sigma2"), np.array([0.5, 0.3]), np.array([1.6, 2.5]), starts=4)
    assert [c.kind for c in found.curves] == ["pitchfork"] and not found.notes
    a, sigma2 = along(found, "pitchfork")
    np.testing.assert_allclose(sigma2, a**2, atol=1e-10)
    assert counts(found) == {(1, 0), (2, 1)}


def test_a_pitchfork_that_the_other_parameter_undoes_is_no_curve():
    text = 'variables = ["x"]\n[parameters]\na = 0\nb = 0\n[field]\nx = "a + b*x - x^3"\n'
    low = -0.45 / 0.55  # so that one of the lines is a = 0
    found = mapped(text, [low, -1.0], [1.0, 1.3])
    assert {c.kind for c in found.curves} == {"fold"}


def test_a_zero_and_a_pair_at_once():
    """x' = a + x^2 + r^2, r' = (b + x - x^2) r: a zero and a pair of eigenvalues at the origin."""
    text = """
    variables = ["x", "y", "z"]
    [parameters]
    a = 0
    b = 0
    [field]
    x = "a + x^2 + y^2 + z^2"
    y = "(b + x - x^2)*y - 2*z"
    z = "(b + x - x^2)*z + 2*y"
    """
    found = mapped(text, [-1.0, -1.0], [0.6, 1.3])
    a, b = along(found, "fold")
    np.testing.assert_allclose(a, 0, atol=1e-9)
    a, b = along(found, "Hopf")  # at a = -x^2, b = x^2 - x
    roots = np.array([1, -1])[:, None] * np.sqrt(np.maximum(-a, 0))
    np.testing.assert_allclose(np.abs(b - roots**2 + roots).min(axis=0), 0, atol=1e-7)
    point = next(x for x in found.points if x.kind == "zero-Hopf")
    np.testing.assert_allclose(point.parameters, 0, atol=1e-7)


def test_two_pairs_at_once():
    text = """
    variables = ["x", "y", "z", "w"]
    [parameters]
    a = 0
    b = 0
    [field]
    x = "a*x - y - x*(x^2 + y^2)"
    y = "x + a*y - y*(x^2 + y^2)"
    z = "(b + a/2)*z - 3*w - z*(z^2 + w^2)"
    w = "(b + a/2)*w + 3*z - w*(z^2 + w^2)"
    """
    found = mapped(text, [-1.0, -1.0], [0.6, 1.3])
    assert [c.kind for c in found.curves] == ["Hopf", "Hopf"]
    (point,) = found.points
    assert point.kind == "double Hopf"
    np.testing.assert_allclose(point.parameters, 0, atol=1e-8)
    assert counts(found) == {(1, 0), (0, 1)}


MAP = 'variables = ["x", "y"]\n[parameters]\na = 0\nb = 0\n[map]\n'
LINE = 'variables = ["x"]\n[parameters]\na = 0\nb = 0\n[map]\n'


def test_the_map_of_henon():
    """Folds at 4a = -(1-b)^2, flips at 4a = 3(1-b)^2, and at b = -1 the product of both is 1."""
    found = mapped(MAP + 'x = "1 - a*x^2 + y"\ny = "b*x"\n', [-1.5, -1.3], [3.5, 0.8])
    assert sorted(c.kind for c in found.curves) == ["Neimark-Sacker", "flip", "fold"]
    for kind, factor in (("fold", -1), ("flip", 3)):
        a, b = along(found, kind)
        np.testing.assert_allclose(4 * a, factor * (1 - b) ** 2, atol=1e-9)
    a, b = along(found, "Neimark-Sacker")
    np.testing.assert_allclose(b, -1, atol=1e-10)
    assert [a.min(), a.max()] == pytest.approx([-1, 3], abs=1e-8)
    # a pair of the angle t where cos t = 1 - sqrt(1 + a); it keeps areas, so nothing is Chenciner's
    at = {x.kind: [*x.parameters] for x in found.points}
    exact = {"1:1 resonance": -1, "1:2 resonance": 3, "1:3 resonance": 1.25, "1:4 resonance": 0}
    assert at.keys() == exact.keys()
    for kind, a in exact.items():
        assert at[kind] == pytest.approx([a, -1], abs=1e-7)
    assert counts(found) == {(0, 0), (1, 1), (0, 2)} and not found.notes


@pytest.mark.parametrize("unit", [1e-3, 1e4])
def test_the_cusp_of_a_map_in_any_unit(unit):
    text = LINE + f'x = "x + {unit!r}*(a + b*x/{unit!r} - (x/{unit!r})^3)/4"\n'
    text += f"[window]\nx = [{-2 * unit!r}, {2 * unit!r}]\n"
    found = mapped(text, [-0.9, -1.0], [1.0, 1.3])
    assert [c.kind for c in found.curves] == ["fold"]
    a, b = along(found, "fold")
    np.testing.assert_allclose(4 * b**3, 27 * a**2, atol=1e-9)
    assert [x.kind for x in found.points] == ["cusp"]
    assert counts(found) == {(1, 0), (2, 1)}


def test_the_generalised_flip():
    """x' = -(1 + a) x + b x^3 + x^5: the cubic coefficient of the flips at a = 0 is b."""
    found = mapped(LINE + 'x = "-(1 + a)*x + b*x^3 + x^5"\n', [-0.6, -0.7], [0.5, 0.9])
    a, b = along(found, "flip")
    (point,) = (x for x in found.points if x.kind == "generalised flip")
    np.testing.assert_allclose(point.parameters, 0, atol=1e-6)
    here = np.abs(a) < 1e-8
    assert [b[here].min(), b[here].max()] == pytest.approx([-0.7, 0.9])


def test_chenciner():
    """A circle at 1 + a + b r^2 - r^4 = 1, turned by an angle that is no strong resonance."""
    text = 'variables = ["x", "y"]\n[parameters]\na = 0\nb = 0\n[definitions]\ns = "x^2 + y^2"\n'
    text += 'm = "1 + a + b*s - s^2"\n[map]\nx = "m*(0.6*x - 0.8*y)"\ny = "m*(0.8*x + 0.6*y)"\n'
    found = mapped(text, [-0.6, -0.7], [0.5, 0.9])
    assert "Neimark-Sacker" in {c.kind for c in found.curves}
    a, _ = along(found, "Neimark-Sacker")
    np.testing.assert_allclose(a, 0, atol=1e-9)
    (point,) = (x for x in found.points if x.kind == "Chenciner")
    np.testing.assert_allclose(point.parameters, 0, atol=1e-6)


def test_a_fold_and_a_flip_at_once():
    """Folds at a = 0 in x; at x^2 = -a the other multiplier is -1 where b = x."""
    text = MAP + 'x = "x + a + x^2"\ny = "-(1 + b)*y + x*y + y^3/4"\n'
    found = mapped(text, [-0.5, -0.4], [0.3, 0.5])
    a, _ = along(found, "fold")
    np.testing.assert_allclose(a, 0, atol=1e-9)
    (point,) = (x for x in found.points if x.kind == "fold-flip")
    np.testing.assert_allclose(point.parameters, 0, atol=1e-7)


@pytest.mark.parametrize(
    ("first", "kind"),
    [("x + a + x^2", "fold-Neimark-Sacker"), ("-(1 + a)*x + x^3", "flip-Neimark-Sacker")],
)
def test_a_pair_and_a_real_multiplier_at_once(first, kind):
    text = f"""
    variables = ["x", "y", "z"]
    [parameters]
    a = 0
    b = 0
    [definitions]
    m = "1 + b + x/2 - y^2 - z^2"
    [map]
    x = "{first}"
    y = "m*(0.6*y - 0.8*z)"
    z = "m*(0.8*y + 0.6*z)"
    """
    found = mapped(text, [-0.5, -0.4], [0.3, 0.5])
    point = next(x for x in found.points if x.kind == kind)
    np.testing.assert_allclose(point.parameters, 0, atol=1e-7)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('variables = ["x"]\n[parameters]\na = 1\nb = 1\n[field]\nx = "5 + a + x^2 + 0*b*x + b"\n',
         "no fixed point of `own` to follow was found from 4 starts at 9 places"),
        ('variables = ["x"]\n[parameters]\na = 1\nb = 1\n[field]\nx = "a*x - x^(2 + b)"\n',
         "change their form between -1, -1 and 1, 1"),
    ],
)  # fmt: skip
def test_what_cannot_be_mapped_is_said(text, message):
    with pytest.raises(ValueError) as error:
        mapped(text, [-1.0, -1.0], [1.0, 1.0])
    assert message in str(error.value)


def test_a_parameter_without_effect_is_refused():
    def build(p):
        return system_named("mixture-flow", sigma2=float(p[0]), seed=0)

    with pytest.raises(ValueError, match="a parameter does not enter the equations of `mixture-"):
        regimes(build, ("sigma2", "seed"), np.array([0.5, 0.0]), np.array([1.5, 1.0]))
