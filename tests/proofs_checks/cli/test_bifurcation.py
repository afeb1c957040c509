"""`proofhead bifurcation`: what it writes and prints, and each way to misuse it."""

import json

import numpy as np
import pytest

from numerics.integration import load
from proofs_checks.cli.run import run

OWN = """
variables = ["x", "y"]
[parameters]
k = 1
q = 0
[field]
x = "q + k*x - x^3"
y = "-y"
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.toml").write_text(OWN)
    return tmp_path


def test_the_pitchfork_of_em_with_its_closed_form(folder, capsys):
    assert run(["bifurcation", "em-symmetric", "--over", "sigma2=0.3:2", "-o", "em.svg"]) == 0
    out, err = capsys.readouterr()
    lines = out.splitlines()
    assert lines[0] == (
        "supercritical pitchfork\tsigma2 = 1\ttheta_1 = 0\tcubic coefficient -0.3333"
    )
    assert lines[1] == "2 branches; there may be others that no start led to"
    assert lines[2].startswith("closed form: critical sigma2 = 1, branches within ")
    assert err == "wrote em.svg and em.nc\n"
    found = load("em.nc")
    assert abs(float(found["point_parameter"][0]) - 1) < 1e-10
    assert found["closed_form"].shape[0] == 3
    off = found["state"].values[:, 0] - np.tanh(
        found["state"].values[:, 0] / found["parameter"].values
    )
    assert np.abs(off).max() < 1e-9


def test_json_is_one_document(folder, capsys):
    words = ["bifurcation", "own.toml", "--over", "q=-1:1", "--set", "k=1", "-o", "fold.png"]
    assert run([*words, "--show", "y", "--json"]) == 0
    out, err = capsys.readouterr()
    document = json.loads(out)
    assert err == "" and document["schema"] == 1 and document["closed_form"] is None
    assert [x["kind"] for x in document["points"]] == ["fold", "fold"]
    assert document["points"][0]["parameter"] == pytest.approx(-2 / 27**0.5, abs=1e-9)
    assert document["points"][0]["criticality"] is None
    assert [b["ends"] for b in document["branches"]] == [["end of the interval"] * 2]
    assert (folder / "fold.png").stat().st_size > 5000


@pytest.mark.parametrize("suffix", [".png", ".svg", ".pdf"])
def test_the_same_diagram_is_the_same_file(folder, suffix):
    words = ["bifurcation", "own.toml", "--over", "k=-1:1", "-o"]
    assert run([*words, f"a{suffix}"]) == run([*words, f"b{suffix}"]) == 0
    assert (folder / f"a{suffix}").read_bytes() == (folder / f"b{suffix}").read_bytes()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--over", "k=0:1:5"], "is an interval, such as k=0:1; got `k=0:1:5`"),
        (["--over", "k=1,2"], "is an interval, such as k=1:2"),
        (["--over", "k=1:2:log"], "is an interval, such as k=1:2"),
        (["--over", "k=2:1"], "low must be below high"),
        (["--over", "kk=0:1"], "no parameter `kk`. Did you mean `k`?"),
        (["--over", "k=0:1", "--set", "k=1"], "`k` is both set and varied"),
        (["--over", "k=0:1", "--show", "z"], "`z`"),
        (["--over", "k=0:1", "--over", "k=2:3"], "`k` is varied twice; give it one interval"),
        (["--over", "k=0:1", "--over", "q=0:1", "--over", "p=0:1"], "given once or twice; got 3"),
        (["--over", "k=0:1", "--over", "q=0:1", "--show", "x"], "`--show` is for one parameter"),
        (["--over", "k=0:1", "--starts", "0"], "`--starts` must be at least 1; got 0"),
        (["--over", "k=0:1", "-o", "a.gif"], "must end in `.png` or `.svg` or `.pdf`"),
        (["--over", "k=0:1", "-o", "no/a.png"], "does not exist. Make it first"),
        (["--over", "q=5:6", "--set", "k=nan"], "must be finite"),
    ],
)
def test_bad_input_is_one_line_and_status_2(folder, words, message, capsys):
    assert run(["bifurcation", "own.toml", "-o", "a.png", *words]) == 2
    out, err = capsys.readouterr()
    assert message in err and out == "" and err.count("\n") == 1
    assert [p.name for p in folder.iterdir()] == ["own.toml"]


def test_what_is_no_setting_of_a_system_is_refused(folder, capsys):
    assert run(["bifurcation", "em-symmetric", "--over", "s=0:1", "-o", "a.png"]) == 2
    assert "no setting `s`" in capsys.readouterr().err
    assert run(["bifurcation", "em-symmetric", "--over", "sigma2=0:1", "-o", "a.png"]) == 2
    assert "must be above 0; got 0" in capsys.readouterr().err


def test_what_is_not_classified_is_said(folder, capsys):
    (folder / "own.toml").write_text(
        OWN.replace("q + k*x - x^3", "k*x - x*(x^2 + y^2)").replace('"-y"', '"k*y - y*(x^2 + y^2)"')
    )
    words = ["bifurcation", "own.toml", "--over", "k=-0.3:0.7", "-o", "a.png"]
    assert run(words) == 0
    first = capsys.readouterr().out.splitlines()[0]
    assert first.startswith("multiple crossing\tk = ") and first.endswith("not classified")
    assert run([*words, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["points"][0]["coefficient"] is None


HOPF = """
variables = ["x", "y"]
[parameters]
k = 0
[definitions]
s = "x^2 + y^2"
[field]
x = "k*x - 2*y + x*s - x*s^2"
y = "2*x + k*y + y*s - y*s^2"
"""


def test_cycles_in_the_table_json_netcdf_and_csv(folder, capsys):
    (folder / "own.toml").write_text(HOPF)
    words = ["bifurcation", "own.toml", "--over", "k=-1:1", "-o", "a.png", "--starts", "8"]
    assert run([*words, "--csv"]) == 0
    out, err = capsys.readouterr()
    hopf, fold, cycles, _ = out.splitlines()
    assert hopf.startswith("subcritical Hopf\tk = 0\t")
    assert fold == ("fold of cycles\tk = -0.25\tx from -0.707107 to 0.707107\tperiod 3.14159")
    assert cycles == (
        "cycles from k = 0\tto k = 1: end of the interval\tperiod 3.14159 to 3.14159\t"
        "unstable and stable"
    )
    assert err == "wrote a.png, a.csv and a.nc\n"
    header, *lines = (folder / "a.csv").read_text().splitlines()
    assert header == "of,branch,k,unstable,period,least x,largest x,least y,largest y"
    last = lines[-1].split(",")
    assert last[:4] == ["cycles", "0", "1.0", "0"]
    assert float(last[4]) == pytest.approx(np.pi)
    assert float(last[5]) == pytest.approx(-float(last[6]), rel=1e-12)
    found = load("a.nc")
    k, top = found["cycle_parameter"].values, found["cycle_high"].values[:, 0]
    np.testing.assert_allclose(k + top**2 - top**4, 0, atol=1e-6)
    assert found["cycle_point_parameter"].values == pytest.approx([-0.25], abs=1e-9)
    assert str(found["cycle_branch_end"].values[0]) == "end of the interval"

    assert run([*words, "--json"]) == 0
    (branch,) = json.loads(capsys.readouterr().out)["cycles"]
    assert branch["points"][0]["kind"] == "fold of cycles"
    assert branch["vertices"][1]["stability"] == "unstable"
    assert branch["vertices"][-1]["high"]["x"] == pytest.approx(((1 + 5**0.5) / 2) ** 0.5)
    assert run([*words, "--no-cycles", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["cycles"] == []


def test_a_regime_map(folder, capsys):
    """x' = q + k x - x^3: a cusp at the origin, three fixed points where 4 k^3 > 27 q^2."""
    words = ["bifurcation", "own.toml", "--over", "q=-1:1", "--over", "k=-1:1.3", "-o", "a.png"]
    words += ["--starts", "8"]
    assert run([*words, "--csv"]) == 0
    out, err = capsys.readouterr()
    cusp, curve, *regions = out.splitlines()
    assert cusp == "cusp\tq = 0, k = 0\tx = 0, y = 0"
    assert curve.startswith("fold curve\tfrom q = ") and curve.endswith("\tend of the interval")
    assert sorted(x.split("\t")[-1] for x in regions) == [
        "1 stable, 0 unstable fixed points", "2 stable, 1 unstable fixed points"
    ]  # fmt: skip
    assert err == "wrote a.png, a.csv and a.nc\n"
    header, *lines = (folder / "a.csv").read_text().splitlines()
    assert header == "kind,curve,q,k,x,y" and lines[-1].startswith("cusp,,0.0,0.0,")
    found = load("a.nc")
    q, k = found["parameters"].values.T
    np.testing.assert_allclose(4 * k**3, 27 * q**2, atol=1e-9)
    inside = found["region_stable"].values[found["cell_region"].values] == 2
    q, k = np.meshgrid(found["first"].values, found["second"].values)
    assert (inside == (4 * k**3 > 27 * q**2)).mean() > 0.98

    assert run([*words, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["parameters"] == ["q", "k"] and document["notes"] == []
    assert document["points"][0]["at"] == pytest.approx({"q": 0, "k": 0}, abs=1e-9)
    assert document["curves"][0]["kind"] == "fold"
    assert {x["stable"] for x in document["regions"]} == {1, 2}


def test_curves_of_a_map_are_those_of_its_multipliers(folder, capsys):
    """The origin of x' = -(1 + q) x + k x^2 + x^3 has the multiplier -1 at q = 0."""
    (folder / "map.toml").write_text(
        'variables = ["x"]\n[parameters]\nq = 0\nk = 0\n'
        '[map]\nx = "-(1 + q)*x + k*x^2 + x^3"\n[window]\nx = [-1, 1]\n'
    )
    words = ["bifurcation", "map.toml", "--over", "q=-0.6:0.5", "--over", "k=-1:1"]
    assert run([*words, "-o", "a.png", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["kind"] == "map"
    (flip,) = (c for c in document["curves"] if c["kind"] == "flip")
    assert max(abs(q) for q, _ in flip["vertices"]) < 1e-9
