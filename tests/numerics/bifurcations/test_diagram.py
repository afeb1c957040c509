"""Diagrams of textbook systems, whose special points and coefficients are known."""

import numpy as np
import pytest

from numerics.bifurcations import closed_form, diagram
from numerics.flows import own_system, system_named


def own(tmp_path, parameter, text):
    path = tmp_path / "own.toml"
    path.write_text(text)
    return lambda p: own_system(path, **{parameter: p})


def kinds(found):
    return [f"{x.criticality} {x.kind}".strip() for x in found.points]


@pytest.mark.parametrize("name", ["em-symmetric", "em-symmetric-flow"])
@pytest.mark.parametrize(("varied", "low", "high"), [("sigma2", 0.3, 2.0), ("a", 0.4, 2.1)])
def test_em_on_a_symmetric_pair_is_the_closed_form(name, varied, low, high):
    held = {"sigma2": 0.81} if varied == "a" else {"a": 1.25}
    low, high = (low, high) if varied == "a" else (low * 1.25**2, high * 1.25**2)
    found = diagram(lambda p: system_named(name, **held, **{varied: p}), varied, low, high)
    assert kinds(found) == ["supercritical pitchfork"]
    (point,) = found.points
    a, sigma2 = (point.parameter, 0.81) if varied == "a" else (1.25, point.parameter)
    assert abs(a**2 / sigma2 - 1) < 1e-10
    assert point.y[0] == 0
    # theta* = a tanh(a theta/sigma2) = theta (a^2/sigma2) - theta^3 a^4/(3 sigma2^3) + ...
    assert point.coefficient == pytest.approx(-(a**4) / sigma2**3 / 3, rel=1e-6)
    exact = closed_form(found)
    assert exact is not None
    assert exact.critical == pytest.approx(point.parameter, abs=1e-10)
    assert exact.deviation < 1e-9
    assert len(found.branches) == 2 and not found.notes
    straight = [b for b in found.branches if np.abs(found.family.state(b.u)).max() < 1e-9]
    assert len(straight) == 1
    k = found.family.parameter(straight[0].u[:, -1])
    ratio = k**2 / 0.81 if varied == "a" else 1.25**2 / k
    unstable = straight[0].unstable(found.system.kind)
    assert (unstable[ratio > 1 + 1e-9] == 1).all() and (unstable[ratio < 1 - 1e-9] == 0).all()


@pytest.mark.parametrize("a", [0.5, 1.0, 2.0])
def test_the_hopf_point_of_the_brusselator(tmp_path, a):
    """At b = 1 + a^2 with frequency a, supercritical (Kuznetsov, exercise 3.6.1)."""
    text = """
    variables = ["x", "y"]
    [parameters]
    a = 1
    b = 1
    [field]
    x = "a - (b + 1)*x + x^2*y"
    y = "b*x - x^2*y"
    """.replace("a = 1", f"a = {a}")
    found = diagram(own(tmp_path, "b", text), "b", 0.2, 7.0)
    assert kinds(found) == ["supercritical Hopf"]
    (point,) = found.points
    assert abs(point.parameter - (1 + a**2)) < 1e-8
    assert point.frequency == pytest.approx(a, rel=1e-9)
    np.testing.assert_allclose(point.y, [a, (1 + a**2) / a], rtol=1e-8)


@pytest.mark.parametrize("sign", [-1, 1])
@pytest.mark.parametrize("unit", [1e-3, 1.0, 1e4])
def test_the_normal_form_of_hopf_in_any_unit(tmp_path, sign, unit):
    """z' = (r + 2i) z + s z |z|^2: with |q| = 1 the form is w' = 2s w |w|^2, so l1 = 2s/w = s."""
    text = f"""
    variables = ["x", "y"]
    [parameters]
    r = 0
    [definitions]
    X = "x/{unit!r} - 100"
    Y = "y/{unit!r}"
    [field]
    x = "{unit!r}*(r*X - 2*Y + {sign}*X*(X^2 + Y^2))"
    y = "{unit!r}*(2*X + r*Y + {sign}*Y*(X^2 + Y^2))"
    [window]
    x = [{98 * unit!r}, {103 * unit!r}]
    y = [{-2 * unit!r}, {2 * unit!r}]
    """
    found = diagram(own(tmp_path, "r", text), "r", -1.0, 1.0)
    assert [x.kind for x in found.points] == ["Hopf"]
    (point,) = found.points
    assert abs(point.parameter) < 1e-8 and point.frequency == pytest.approx(2, rel=1e-8)
    assert point.coefficient * unit**2 == pytest.approx(sign, rel=1e-4)


def test_two_folds_of_the_cusp(tmp_path):
    """x' = h + x - x^3 folds at h = -+2/(3 sqrt 3), x = +-1/sqrt 3, where x''' / 2 = -+sqrt 3."""
    text = 'variables = ["x"]\n[parameters]\nh = 0\n[field]\nx = "h + x - x^3"\n'
    found = diagram(own(tmp_path, "h", text), "h", -1.0, 1.0)
    assert kinds(found) == ["fold", "fold"] and len(found.branches) == 1
    values = [x.parameter for x in found.points]
    np.testing.assert_allclose(values, np.array([-1, 1]) * 2 / 27**0.5, atol=1e-9)
    coefficients = [x.coefficient for x in found.points]
    np.testing.assert_allclose(coefficients, [-(3**0.5), 3**0.5], rtol=1e-6)
    (branch,) = found.branches
    assert branch.ends == ("end of the interval",) * 2
    unstable = branch.unstable("flow")
    assert unstable[0] == unstable[-1] == 0 and unstable.max() == 1
    assert np.count_nonzero(np.diff(unstable)) == 2


def test_a_transcritical_point(tmp_path):
    text = (
        'variables = ["x", "y"]\n[parameters]\nr = 0\n[field]\nx = "r*x - 3*x^2 + x*y"\ny = "-y"\n'
    )
    found = diagram(own(tmp_path, "r", text), "r", -1.0, 1.1)
    assert kinds(found) == ["transcritical"] and len(found.branches) == 2
    assert abs(found.points[0].parameter) < 1e-8
    assert found.points[0].coefficient == pytest.approx(-3, rel=1e-6)
    assert [b.ends for b in found.branches] == [("end of the interval",) * 2] * 2


def test_a_subcritical_pitchfork_and_its_folds(tmp_path):
    text = """
    variables = ["x", "y"]
    [parameters]
    r = 0
    [field]
    x = "r*x + x*y - x^5"
    y = "-y + x^2"
    """
    found = diagram(own(tmp_path, "r", text), "r", -0.5, 0.3)
    assert kinds(found) == ["fold", "fold", "subcritical pitchfork"]
    np.testing.assert_allclose([x.parameter for x in found.points], [-0.25, -0.25, 0], atol=1e-8)
    assert found.points[2].coefficient == pytest.approx(1, rel=1e-5)  # on the centre manifold y=x^2
    assert sorted(abs(x.y[0]) for x in found.points[:2]) == pytest.approx([0.5**0.5] * 2)


def test_an_imperfect_pitchfork_has_a_fold_only(tmp_path):
    text = 'variables = ["x"]\n[parameters]\nr = 0\n[field]\nx = "0.01 + r*x - x^3"\n'
    found = diagram(own(tmp_path, "r", text), "r", -0.5, 0.5)
    assert kinds(found) == ["fold"] and len(found.branches) == 2
    # x^3 - r x = h with a double root: r = 3 (h/2)^(2/3)
    assert found.points[0].parameter == pytest.approx(3 * 0.005 ** (2 / 3), abs=1e-9)


def test_a_branch_that_closes(tmp_path):
    text = 'variables = ["x"]\n[parameters]\nr = 0\n[field]\nx = "1 - r^2 - x^2"\n'
    found = diagram(own(tmp_path, "r", text), "r", -2.0, 2.0)
    assert kinds(found) == ["fold", "fold"] and len(found.branches) == 1
    np.testing.assert_allclose([x.parameter for x in found.points], [-1, 1], atol=1e-9)
    assert found.branches[0].ends == ("closed", "closed")


def test_lorenz(tmp_path):
    """Hopf points at rho = 470/19, subcritical (Marsden and McCracken), homoclinic at 13.9266."""
    text = """
    variables = ["x", "y", "z"]
    [parameters]
    rho = 28
    [field]
    x = "10*(y - x)"
    y = "x*(rho - z) - y"
    z = "x*y - 8*z/3"
    [window]
    x = [-20, 20]
    y = [-20, 20]
    z = [0, 40]
    """
    found = diagram(own(tmp_path, "rho", text), "rho", 0.5, 30.0)
    assert kinds(found) == ["supercritical pitchfork", *["subcritical Hopf"] * 2]
    np.testing.assert_allclose([x.parameter for x in found.points], [1, 470 / 19, 470 / 19],
                               atol=1e-8)  # fmt: skip
    # w^2 = 2 s (s + 1) / (s - b - 1) with the second invariant b (s + rho)
    assert found.points[1].frequency == pytest.approx((8 / 3 * (10 + 470 / 19)) ** 0.5, rel=1e-8)
    assert len(found.cycles) == 2
    for branch in found.cycles:
        assert branch.end.endswith("at rho = 13.926557: homoclinic orbit to x = 0, y = 0, z = 0")
        assert branch.cycles[-1].parameter == pytest.approx(13.926557407, abs=5e-8)
        assert {c.stability for c in branch.cycles[1:]} == {"unstable"}
        assert abs(sum(np.sign(c.low[0] + c.high[0]) for c in branch.cycles)) == len(branch.cycles)


def test_the_logistic_map(tmp_path):
    """At r = 3 the multiplier is -1 and the second derivative -2r = -6: b = 36/4 = 9."""
    text = (
        'variables = ["x"]\n[parameters]\nr = 3\n[map]\nx = "r*x*(1 - x)"\n[window]\nx=[0.01,1]\n'
    )
    found = diagram(own(tmp_path, "r", text), "r", 0.5, 3.9)
    assert kinds(found) == ["transcritical", "supercritical flip"]
    np.testing.assert_allclose([x.parameter for x in found.points], [1, 3], atol=1e-8)
    assert found.points[1].coefficient == pytest.approx(9, rel=1e-6)


def test_the_delayed_logistic_map(tmp_path):
    """Neimark-Sacker at r = 2 with the angle pi/3, supercritical (Kuznetsov, example 4.2)."""
    text = 'variables = ["x", "y"]\n[parameters]\nr = 2\n[map]\nx = "r*x*(1 - y)"\ny = "x"\n'
    found = diagram(own(tmp_path, "r", text), "r", 0.5, 2.2)
    assert kinds(found) == ["transcritical", "supercritical Neimark-Sacker"]
    assert abs(found.points[1].parameter - 2) < 1e-8
    assert found.points[1].frequency == pytest.approx(np.pi / 3, rel=1e-8)


def test_a_neutral_saddle_is_nothing(tmp_path):
    text = 'variables = ["x", "y"]\n[parameters]\nr = 1\n[field]\nx = "x"\ny = "-r*y"\n'
    found = diagram(own(tmp_path, "r", text), "r", 0.5, 1.5)
    assert kinds(found) == [] and len(found.branches) == 1


def test_bratu(tmp_path):
    """u'' + lambda exp(u) = 0, u(0) = u(1) = 0 folds at lambda = 3.513830719.

    Collocated at Chebyshev points, and by symmetry on half of them, which converges spectrally.
    """
    n = 18
    x = np.cos(np.pi * np.arange(n + 1) / n)
    c = np.where((np.arange(n + 1) == 0) | (np.arange(n + 1) == n), 2.0, 1.0)
    c = c * (-1.0) ** np.arange(n + 1)
    apart = x[:, None] - x + np.eye(n + 1)
    first = np.outer(c, 1 / c) / apart
    first -= np.diag(first.sum(axis=1))
    second = 4 * (first @ first)[1:-1, 1:-1]  # on [0, 1]
    half = (n - 1) // 2
    folded = second[: half + 1, : half + 1].copy()
    folded[:, :half] += second[: half + 1, ::-1][:, :half]
    names = [f"u{k}" for k in range(half + 1)]
    rows = [
        " + ".join(f"({float(v)!r})*{name}" for v, name in zip(row, names, strict=True))
        for row in folded
    ]
    field = "\n".join(
        f'{name} = "{row} + lam*exp({name})"' for name, row in zip(names, rows, strict=True)
    )
    window = "\n".join(f"{name} = [0, 2]" for name in names)
    text = (
        f"variables = {names!r}\n[parameters]\nlam = 1\n[field]\n{field}\n[window]\n{window}\n"
    ).replace("'", '"')
    found = diagram(own(tmp_path, "lam", text), "lam", 0.5, 4.0, starts=8)
    assert [x.kind for x in found.points] == ["fold"]
    assert found.points[0].parameter == pytest.approx(3.513830719, abs=2e-9)
    assert found.points[0].y.max() == pytest.approx(1.1868421, abs=1e-6)


def test_em_on_two_means():
    """Two means on the points -1, 1: along v_1 = -v_2 they are the symmetric pair."""
    found = diagram(lambda p: system_named("em-map", X=[-1, 1], sigma2=p), "sigma2", 0.4, 1.6)
    assert "pitchfork" in [x.kind for x in found.points]
    (point,) = [x for x in found.points if x.kind == "pitchfork"]
    assert abs(point.parameter - 1) < 1e-8


@pytest.mark.parametrize(
    ("low", "high", "message"),
    [
        (1.0, 1.0, "must run between finite numbers, low:high; got 1:1"),
        (0.0, np.inf, "must run between finite numbers"),
        (5.0, 6.0, "no fixed point of `own` to follow was found for k between 5 and 6"),
    ],
)
def test_what_cannot_be_drawn_is_said(tmp_path, low, high, message):
    text = 'variables = ["x"]\n[parameters]\nk = 1\n[field]\nx = "k + x^2"\n'
    with pytest.raises(ValueError) as error:
        diagram(own(tmp_path, "k", text), "k", low, high)
    assert message in str(error.value)


def test_a_parameter_without_effect_is_refused(tmp_path):
    text = 'variables = ["x"]\n[parameters]\nk = 1\nn = 2\n[field]\nx = "-x^n"\n'
    with pytest.raises(ValueError, match="change their form between 1.5 and 2.5"):
        diagram(own(tmp_path, "n", text), "n", 1.5, 2.5)
    with pytest.raises(ValueError, match="does not enter the equations of `mixture-flow`"):
        diagram(lambda p: system_named("mixture-flow", seed=0, sigma2=1.0), "seed", 0.0, 1.0)


def test_lines_of_fixed_points_are_not_followed_and_said(tmp_path):
    text = 'variables = ["x", "y"]\n[parameters]\nk = 1\n[field]\nx = "k*(y - x)"\ny = "x - y"\n'
    with pytest.raises(ValueError, match="degenerate ones, such as continuous families, are not"):
        diagram(own(tmp_path, "k", text), "k", 0.5, 2.0)


@pytest.mark.parametrize("kind", ["field", "map"])
def test_two_eigenvalues_that_cross_at_once_are_said(tmp_path, kind):
    """A symmetry of rotation: the kernel has two dimensions and no product changes its sign."""
    own_part = "r" if kind == "field" else "(1 + r)"
    text = f"""
    variables = ["x", "y"]
    [parameters]
    r = 1
    [{kind}]
    x = "{own_part}*x - x*(x^2 + y^2)"
    y = "{own_part}*y - y*(x^2 + y^2)"
    """
    found = diagram(own(tmp_path, "r", text), "r", -0.3, 0.7)
    assert kinds(found) == ["multiple crossing"]
    assert abs(found.points[0].parameter) < 1e-9 and np.isnan(found.points[0].coefficient)
