"""A user's own system: what the TOML file says, and what is said about a file that is wrong."""

import numpy as np
import pytest

from numerics.flows import own_system, system_from
from numerics.flows.checks import autonomous

GOOD = """
name = "van der Pol"
variables = ["x", "y"]
[parameters]
mu = 1.5
[definitions]
damping = "mu*(1 - x^2)"
[field]
x = "y"
y = "damping*y - x"
[window]
x = [-4, 4]
y = [-6, 6]
"""


def write(folder, text):
    path = folder / "own.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_a_system_from_its_file(tmp_path):
    system = own_system(write(tmp_path, GOOD))
    point = np.array([0.5, 2.0])
    assert (system.name, system.kind, system.labels) == ("van der Pol", "flow", ("x", "y"))
    assert system.window == (-4, 4, -6, 6)
    assert system.velocity(point) == pytest.approx([2.0, 1.5 * 0.75 * 2 - 0.5], rel=1e-15)
    expected = [[0, 1], [-2 * 1.5 * 0.5 * 2 - 1, 1.5 * 0.75]]
    np.testing.assert_allclose(system.jacobian(point), expected, rtol=1e-15)
    starts = system.starts(np.random.default_rng(0), 500)
    assert (np.abs(starts) <= [4, 6]).all() and (np.abs(starts).max(axis=0) > [3.9, 5.9]).all()


def test_settings_take_the_place_of_parameters(tmp_path):
    system = system_from(str(write(tmp_path, GOOD)), mu=3)
    assert system.settings["mu"] == 3.0
    assert system.velocity(np.array([0.0, 1.0])) == pytest.approx([1.0, 3.0])


def test_system_from_takes_names_too():
    assert system_from("attention-flow", T=1).settings["T"] == 1


def test_a_map_and_names_that_generated_code_uses(tmp_path):
    text = """
variables = ["y", "p", "theta'"]
[parameters]
lambda = 2
[map]
y = "p + lambda"
p = "y*p"
"theta'" = "lambda*theta'"
"""
    system = own_system(write(tmp_path, text))
    assert (system.kind, system.name, system.window) == ("map", "own", (-2, 2) * 3)
    assert system.velocity(np.array([3.0, 5.0, 7.0])) == pytest.approx([7.0, 15.0, 14.0])
    assert system.labels == ("y", "p", "theta'")


def test_the_place_of_a_wrong_formula(tmp_path):
    path = write(tmp_path, GOOD.replace("damping*y - x", "damping*y - nu*x"))
    with pytest.raises(ValueError) as error:
        own_system(path)
    first, shown, caret = str(error.value).splitlines()
    assert first.startswith(f"{path}:10:18: [field] y: unknown name `nu`. Did you mean `mu`?")
    line, column = 10, 18
    assert path.read_text().splitlines()[line - 1][column - 1 :].startswith("nu*x")
    assert shown[caret.index("^") : caret.rindex("^") + 1] == "nu"


def test_a_place_in_a_long_formula_is_cut_out(tmp_path):
    path = write(tmp_path, GOOD.replace('"y"\n', f'"{"y + " * 100}oops"\n'))
    with pytest.raises(ValueError, match="unknown name `oops`") as error:
        own_system(path)
    _, shown, caret = str(error.value).splitlines()
    assert len(shown) < 130
    assert shown[caret.index("^") : caret.rindex("^") + 1] == "oops"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("variables = [", "variables = {"), "no TOML: "),
        (('name = "van der Pol"', "name = 3"), "`name` must be a text; got 3"),
        (('["x", "y"]', "[]"), "`variables` must list 1 to 64 names"),
        (('["x", "y"]', '"x"'), "`variables` must list 1 to 64 names"),
        (('["x", "y"]', '["x", "x"]'), "the name `x` stands twice|no variable"),
        (('["x", "y"]', '["x", "y", "z"]'), r"\[field\] has no formula for the variable `z`"),
        (('["x", "y"]', '["x"]'), r"\[field\] has a formula for `y`, which is no variable"),
        (("[parameters]", "[parametres]"), "unknown key `parametres`. Did you mean `parameters`?"),
        (("mu = 1.5", 'mu = "1.5"'), r"\[parameters\] `mu` must be one of numbers"),
        (("mu = 1.5", "mu = true"), "parameter `mu` must be a number; got True"),
        (("mu = 1.5", "mu = inf"), "parameter `mu` must be finite; got inf"),
        (("mu = 1.5", "mu = 1.5\nx = 2"), "the name `x` stands twice"),
        (("mu = 1.5", "mu = 1.5\nexp = 2"), "`exp` has a meaning of its own"),
        (("mu = 1.5", "mu = 1.5\n_b = 2"), "`_b` is no name"),
        (("mu = 1.5", 'mu = 1.5\n"" = 2'), "`` is no name"),
        (("[field]", "[flow]"), "unknown key `flow`"),
        (("[window]", '[map]\nx = "y"\n[window]'), r"either \[field\] .* or \[map\] .*; got both"),
        (('[field]\nx = "y"\ny = "damping*y - x"', ""), r"or \[map\] .*; got neither"),
        (('x = "y"', "x = 3"), r"\[field\] `x` must be one of formulas in quotes; got 3"),
        (("x = [-4, 4]", "x = [4, -4]"), r"\[window\] `x` must be \[low, high\]"),
        (("x = [-4, 4]", "x = [1, 2, 3]"), r"\[window\] `x` must be \[low, high\]"),
        (("x = [-4, 4]", "x = 4"), r"\[window\] `x` must be one of intervals"),
        (("x = [-4, 4]", "z = [-4, 4]"), r"\[window\] names `z`, which is no variable"),
        (("[parameters]\nmu = 1.5", "parameters = 1"), r"\[parameters\] must be a table of numb"),
        (("mu = 1.5", "\n".join(f"k{n} = 1" for n in range(65))), "may have 64 entries; got 65"),
        (('"mu*(1 - x^2)"', '"damping"'), r"\[definitions\] damping: unknown name `damping`"),
    ],
)  # fmt: skip
def test_a_wrong_file(tmp_path, change, message):
    assert change[0] in GOOD
    with pytest.raises(ValueError, match=message) as error:
        own_system(write(tmp_path, GOOD.replace(*change)))
    assert str(error.value).startswith(str(tmp_path / "own.toml"))


def test_unknown_parameter_missing_file_and_files_that_are_no_text(tmp_path):
    with pytest.raises(ValueError, match="no parameter `nu`. Did you mean `mu`. Parameters: mu"):
        own_system(write(tmp_path, GOOD), nu=2)
    with pytest.raises(FileNotFoundError, match="there is no file .*none.toml"):
        own_system(tmp_path / "none.toml")
    with pytest.raises(ValueError, match="neither"):
        own_system(write(tmp_path, 'variables = ["x"]'))
    with pytest.raises(ValueError, match="must be UTF-8 text; byte 0"):
        own_system(write(tmp_path, b"\xff\xfe"))
    with pytest.raises(ValueError, match="may have 65536 bytes; got 70000"):
        own_system(write(tmp_path, "#" * 70_000))
    with pytest.raises(ValueError, match="`variables` must list"):
        own_system(write(tmp_path, ""))


def test_the_periods_of_a_map(tmp_path):
    text = 'variables = ["x", "p"]\n[map]\nx = "x + p"\np = "p"\n[period]\nx = 6.5\n'
    assert own_system(write(tmp_path, text)).periods == (6.5, np.inf)
    for wrong, message in (
        (text.replace("[map]", "[field]"), r"\[period\] is for a \[map\]"),
        (text.replace("x = 6.5", "q = 6.5"), r"\[period\] names `q`, which is no variable"),
        (text.replace("6.5", "0"), r"\[period\] `x` must be a finite number above 0; got 0"),
    ):
        with pytest.raises(ValueError, match=message):
            own_system(write(tmp_path, wrong))


DRIVEN = GOOD.replace("[parameters]", 'period = "2*pi/omega"\n[parameters]\nomega = 2').replace(
    "damping*y - x", "damping*y - x + cos(omega*t)"
)


def test_a_field_that_mentions_the_time_has_it_as_a_variable(tmp_path):
    system = own_system(write(tmp_path, DRIVEN))
    assert system.labels == ("x", "y", "t") and system.forcing == pytest.approx(np.pi)
    point = np.array([0.5, 2.0, 0.3])
    expected = [2.0, 1.5 * 0.75 * 2 - 0.5 + np.cos(0.6), 1.0]
    assert system.velocity(point) == pytest.approx(expected, rel=1e-15)
    assert system.jacobian(point)[:, 2] == pytest.approx([0, -2 * np.sin(0.6), 0], rel=1e-14)
    starts = system.starts(np.random.default_rng(0), 50)
    assert (starts[:, 2] == 0).all() and starts[:, 0].std() > 1
    assert system.window == (-4, 4, -6, 6, 0, pytest.approx(np.pi))
    assert own_system(write(tmp_path, DRIVEN), omega=4).forcing == pytest.approx(np.pi / 2)


def test_a_period_is_a_number_a_formula_or_unknown(tmp_path):
    def period(text):
        return own_system(write(tmp_path, DRIVEN.replace('period = "2*pi/omega"', text))).forcing

    assert period("") == np.inf and period("period = 3") == 3.0
    for wrong in ("period = -1", 'period = "omega - 5"', "period = true", 'period = "log(-1)"'):
        with pytest.raises(ValueError, match=r"`period` of a \[field\] must be a|no real number"):
            period(wrong)
    with pytest.raises(ValueError, match=r"own.toml:4:13: period: unknown name `x`"):
        period('period = "2*x"')
    with pytest.raises(ValueError, match="`period` is that of a .field. that mentions the time t"):
        own_system(write(tmp_path, DRIVEN.replace("cos(omega*t)", "0")))


def test_a_name_of_the_files_own_is_not_the_time(tmp_path):
    text = GOOD.replace("mu", "t")
    system = own_system(write(tmp_path, text))
    assert system.forcing is None and system.labels == ("x", "y") and system.settings["t"] == 1.5
    with pytest.raises(ValueError, match="unknown name `t`"):
        own_system(write(tmp_path, GOOD.replace("[field]", "[map]").replace("damping*y", "t*y")))


def test_what_only_autonomous_systems_have(tmp_path):
    system = own_system(write(tmp_path, DRIVEN))
    assert autonomous(own_system(write(tmp_path, GOOD)), "slices").forcing is None
    with pytest.raises(ValueError, match="is driven, its field mentions the time t, so it has no "):
        autonomous(system, "slices")
