"""`proofhead fixed-points`: lists with what is proved, from the command line."""

import json

import pytest

from proofs_checks.cli.run import run

OWN = """
variables = ["x", "y"]
[field]
x = "y"
y = "x - x^3 - y/2"
[window]
x = [-3, 3]
y = [-2, 2]
"""


def test_a_complete_list_of_a_users_own_system(tmp_path, capsys):
    path = tmp_path / "duffing.toml"
    path.write_text(OWN, encoding="utf-8")
    assert run(["fixed-points", str(path)]) == 0
    out, err = capsys.readouterr()
    first, *lines = out.splitlines()
    assert "[-3..3 x -2..2]: 3 fixed points, proved, and no others in the window" in first
    assert sorted(line.split("   ")[0].strip() for line in lines) == [
        "saddle", "stable focus", "stable focus",
    ]  # fmt: skip
    assert all("proved, " in line for line in lines) and err == ""


def test_a_zero_is_printed_as_0(tmp_path, capsys):
    """Its enclosure has its middle at 1e-62 or so."""
    path = tmp_path / "van_der_pol.toml"
    path.write_text('variables = ["x", "y"]\n[field]\nx = "y"\ny = "1.5*(1 - x^2)*y - x"\n')
    for window in (["--window=-3,3,-3,3"], []):
        assert run(["fixed-points", str(path), *window]) == 0
        assert "x = 0, y = 0 " in capsys.readouterr().out


def test_json_of_a_complete_list(capsys):
    arguments = ["fixed-points", "em-symmetric", "--set", "sigma2=0.5", "--window=0,4", "--json"]
    assert run(arguments) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == 1 and document["complete"] and document["window"] == [0, 4]
    assert document["settings"]["sigma2"] == 0.5 and document["undecided"] == []
    kinds = {round(x["y"][0], 3) + 0.0: x["proof"]["stability"] for x in document["points"]}
    assert kinds == {0.0: "unstable", 0.958: "stable"}
    zero = next(n for n, x in enumerate(document["points"]) if abs(x["y"][0]) < 1e-9)
    assert document["on_edge"] == [zero]
    for x in document["points"]:
        (low, high), (wide_low, wide_high) = x["proof"]["box"][0], x["proof"]["unique_box"][0]
        assert wide_low < low <= high < wide_high and x["label"] == "proved"


def test_what_stays_undecided_has_its_status(capsys):
    arguments = ["fixed-points", "em-symmetric", "--set", "sigma2=1", "--window=-4,4"]
    assert run(arguments) == 3
    out = capsys.readouterr().out
    assert "0 fixed points, proved; 1 region undecided" in out
    assert "verified numerically" in out and "not proved: the Jacobian is too near" in out
    assert "undecided: -" in out
    assert run([*arguments, "--json"]) == 3
    document = json.loads(capsys.readouterr().out)
    assert not document["complete"] and len(document["undecided"]) == 1
    assert document["points"][0]["proof"]["verdict"] == "not proved"


def test_without_a_window_points_are_proved_one_by_one(capsys):
    assert run(["fixed-points", "em-map", "--set", "N=8", "--set", "K=3", "--starts", "6"]) == 0
    out = capsys.readouterr().out
    assert "by relabelling" in out and "proved, stable" in out and "no others" not in out


def test_nothing_found_says_why(capsys):
    arguments = ["fixed-points", "attention-flow", "--set", "T=1", "--set", "d_v=1"]
    assert run([*arguments, "--starts", "4"]) == 0
    out = capsys.readouterr().out
    assert out.strip() == (
        "attention-flow: not found; 4 starts: runs away: no finite fixed point on this way"
    )
    assert run([*arguments, "--starts", "2", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert [x["start"] for x in document["lost"]] == [0, 1] and document["points"] == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["em-mapp"], "`em-mapp` is no system"),
        (["binary-head", "--window=1,1,0,2"], "must have width in every variable, low < high"),
        (["binary-head", "--window=1,2"], "takes low,high of each variable: 4 numbers"),
        (["attention-flow", "--starts", "0"], "`--starts` must be at least 1; got 0"),
        (["binary-head", "--timeout", "0"], "a time limit is 0.1"),
        (["head-flow", "--window=" + ",".join(["0,1"] * 16)], "one or two variables"),
    ],
)
def test_bad_usage(arguments, message, capsys):
    assert run(["fixed-points", *arguments]) == 2
    out, err = capsys.readouterr()
    assert message in err and "Traceback" not in err and out == ""


def test_the_window_of_a_file_with_one_variable_is_where_to_look(tmp_path, capsys):
    text = 'variables = ["N"]\n[field]\nN = "N*(1 - N/9000)*(N/100 - 1)"\n[window]\nN = [50, 10000]'
    path = tmp_path / "allee.toml"
    path.write_text(text, encoding="utf-8")
    assert run(["fixed-points", str(path)]) == 0
    first, *lines = capsys.readouterr().out.splitlines()
    assert "[50..10000]: 2 fixed points, proved, and no others in the window" in first
    assert ["N = 9000" in lines[0], "N = 100 " in lines[1]] == [True, True]
    assert [x.split("   ")[0].strip() for x in lines] == ["stable node", "unstable node"]


def test_three_variables_with_a_window_are_looked_at_from_starts(tmp_path, capsys):
    text = OWN.replace('"y"]', '"y", "z"]').replace("[window]", 'z = "5 - z"\n[window]\nz = [0, 9]')
    path = tmp_path / "three.toml"
    path.write_text(text, encoding="utf-8")
    assert run(["fixed-points", str(path)]) == 0
    assert "3 fixed points" in capsys.readouterr().out
