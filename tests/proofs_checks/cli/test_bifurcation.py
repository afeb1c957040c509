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
