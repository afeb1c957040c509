"""`proofhead portrait`: what it writes and prints, and each way to misuse it."""

import importlib
import json
import os
import shlex
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from numerics.integration import load
from proofs_checks.cli.portraying import PortraitOptions
from proofs_checks.cli.run import run
from proofs_checks.cli.settings import numbers, settings_from

OWN = """
name = "own"
variables = ["x", "y"]
[parameters]
k = 1
[field]
x = "k*x - x^3"
y = "-y"
"""
THREE = OWN.replace('"y"]', '"y", "z"]').replace('"-y"', '"-y + z"\nz = "1 - z"')


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.toml").write_text(OWN)
    (tmp_path / "three.toml").write_text(THREE)
    return tmp_path


def names(folder):
    return sorted(p.name for p in folder.iterdir() if p.suffix != ".toml")


def test_a_portrait_of_an_own_system(folder, capsys):
    assert run(["portrait", "own.toml", "-o", "p.svg", "--starts", "2"]) == 0
    out, err = capsys.readouterr()
    assert out.splitlines() == [
        "stable node\tx = -1, y = 0\tproved",
        "stable node\tx = 1, y = 0\tproved",
        "saddle\tx = 0, y = 0\tproved",
        *[line for line in out.splitlines()[3:] if "and no others in the window" in line],
    ]
    assert len(out.splitlines()) == 4
    assert err == "wrote p.svg and p.nc\n"
    assert names(folder) == ["p.nc", "p.svg"]
    assert ET.parse("p.svg").getroot().tag.endswith("svg")


def test_json_is_one_document_and_its_command_makes_the_same_figure(folder, capsys):
    words = ["portrait", "own.toml", "-o", "p.png", "--set", "k=2", "--window=-3,3,-1,1",
             "--start", "1,0.5", "--start=-2,-0.5", "--fast", "y", "--no-prove"]  # fmt: skip
    assert run([*words, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == 1
    assert document["window"] == [-3, 3, -1, 1]
    assert document["complete"] is False and "there may be others" in document["statement"]
    assert {p["label"] for p in document["fixed_points"]} == {"verified numerically"}
    saddle = next(p for p in document["fixed_points"] if p["kind"] == "saddle")
    assert saddle["stable"] == "no" and saddle["eigenvalues"] == [[2, 0], [-1, 0]]
    assert document["curves"]["trajectory"] == 2
    first = (folder / "p.png").read_bytes()
    assert load("p.nc").attrs["command"] == document["command"]
    (folder / "p.png").unlink()
    assert run(shlex.split(document["command"])[1:]) == 0
    assert (folder / "p.png").read_bytes() == first


def test_options_that_are_the_default_are_not_in_the_command():
    assert PortraitOptions("a", "b.png").command == "proofhead portrait a -o b.png"  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("at", "z"),
    [("fixed", 1.0), ("[0, 0, 0.5]", 0.5), ('{"z": 0.25}', 0.25), ("start", None)],
)
def test_slices_of_three_variables(folder, capsys, at, z):
    words = ["portrait", "three.toml", "-o", "p.svg", "--slice", "x,y", "--at", at, "--starts", "0"]
    assert run(words) == 0
    fixed = json.loads(load("p.nc").attrs["settings"])["at"]
    assert list(fixed) == ["z"]
    if z is not None:
        assert fixed["z"] == pytest.approx(z)
        assert f"y = {z:g}" in capsys.readouterr().out


def test_a_slice_prints_the_type_of_the_whole_system(folder, capsys):
    (folder / "turned.toml").write_text(THREE.replace('z = "1 - z"', 'z = "z"'))
    words = ["portrait", "turned.toml", "-o", "p.svg", "--slice", "x,y", "--at", "[0, 0, 0]"]
    assert run([*words, "--starts", "0"]) == 0
    out = capsys.readouterr().out.splitlines()
    assert "saddle (in the slice: stable node)\tx = 1, y = 0\tproved" in out
    assert run([*words, "--starts", "0", "--json"]) == 0
    points = json.loads(capsys.readouterr().out)["fixed_points"]
    assert {(p["kind"], p["kind_in_slice"]) for p in points} == {
        ("saddle", "stable node"), ("saddle", "saddle"),
    }  # fmt: skip
    assert [len(p["eigenvalues"]) for p in points] == [3, 3, 3]
    assert sorted(load("p.nc")["kind_in_slice"].values) == ["saddle", *["stable node"] * 2]


def test_one_variable_is_a_phase_line(folder, capsys):
    (folder / "one.toml").write_text('variables = ["x"]\n[field]\nx = "x - x^3"\n')
    words = ["portrait", "one.toml", "-o", "p.png", "--window=-3,3", "--csv"]
    assert run(words) == 0
    out, err = capsys.readouterr()
    assert out.splitlines()[:3] == [
        "stable node\tx = -1\tproved", "stable node\tx = 1\tproved", "unstable node\tx = 0\tproved",
    ]  # fmt: skip
    assert err == "wrote p.png, p.csv and p.nc\n" and names(folder) == ["p.csv", "p.nc", "p.png"]
    assert run([*words, "--fast", "x"]) == 2
    assert "`--em`, `--fast` and `--basins` need two variables" in capsys.readouterr().err


def test_limit_cycles_are_printed(folder, capsys):
    (folder / "vdp.toml").write_text(OWN.replace('"k*x - x^3"', '"y"').replace(
        '"-y"', '"(1 - x^2)*y - x"'))  # fmt: skip
    words = ["portrait", "vdp.toml", "-o", "p.svg", "--window=-3,3,-4,4", "--starts", "0"]
    assert run([*words, "--no-prove", "--aspect", "equal", "--no-legend", "--title", "mu = 1"]) == 0
    line = "stable limit cycle\tperiod 6.66329, multiplier 0.000859695\tverified numerically"
    assert line in capsys.readouterr().out.splitlines()
    assert run([*words, "--no-prove", "--json"]) == 0
    (cycle,) = json.loads(capsys.readouterr().out)["cycles"]
    assert cycle["period"] == pytest.approx(6.6632868593, abs=1e-8)
    assert load("p.nc")["cycle_period"].values[0] == pytest.approx(cycle["period"])
    assert run([*words, "--aspect", "tall"]) == 2
    assert "the aspect of a figure is `equal` or height over width" in capsys.readouterr().err


def test_limit_cycles_are_proved(folder, capsys):
    (folder / "vdp.toml").write_text(OWN.replace('"k*x - x^3"', '"y"').replace(
        '"-y"', '"(1 - x^2)*y - x"'))  # fmt: skip
    words = ["portrait", "vdp.toml", "-o", "p.svg", "--window=-3,3,-4,4", "--starts", "0"]
    assert run(words) == 0
    (line,) = [x for x in capsys.readouterr().out.splitlines() if "limit cycle" in x]
    assert line.startswith("stable limit cycle\tperiod [6.6632868593231")
    assert line.endswith(", multiplier 0.000859695\tproved")
    assert run([*words, "--json"]) == 0
    (cycle,) = json.loads(capsys.readouterr().out)["cycles"]
    low, high = cycle["period_bounds"]
    assert cycle["label"] == "proved" and low < 6.66328685932313 < high < low + 1e-13
    assert low <= cycle["period"] <= high
    assert cycle["multiplier_bounds"][0] < 8.5969506360e-4 < cycle["multiplier_bounds"][1]
    data = load("p.nc")
    assert str(data["cycle_proof"].values[0]) == "proved"
    assert data["cycle_period_bounds"].values.tolist() == [[low, high]]


def test_basins_are_shaded_and_kept(folder, capsys):
    words = ["portrait", "own.toml", "-o", "p.svg", "--no-prove", "--csv", "--starts", "0"]
    words += ["--basins", "--resolution", "8"]
    assert run(words) == 0
    out = capsys.readouterr().out.splitlines()
    assert "basin of (1, 0)\tstable node, 50 % of the window\tverified numerically" in out
    assert out[-1] == "basins from 8 x 8 starts, verified numerically"
    data = load("p.nc")
    names_ = json.loads(data["basin"].attrs["labels"])
    assert [names_[str(n)] for n in data["basin"].values[0]] == ["(-1, 0)"] * 4 + ["(1, 0)"] * 4
    np.testing.assert_allclose(data["attractor_state"].values[:, 1], 0, atol=1e-12)
    assert data.attrs["basins"] == out[-1]
    rows = [line.split(",") for line in (folder / "p.csv").read_text().splitlines()]
    assert len([r for r in rows if r[1] == "basin"]) == 64
    assert run([*words, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert {a["name"]: a["share"] for a in document["basins"]["attractors"]} == {
        "(1, 0)": 0.5, "(-1, 0)": 0.5,
    }  # fmt: skip
    assert set(document["basins"]["others"].values()) == {0.0}
    assert "--basins" in document["command"] and "--resolution 8" in document["command"]
    assert run(["portrait", "own.toml", "-o", "s.svg", "--series", "x", "--basins"]) == 2
    assert "`--basins` belongs to the plane" in capsys.readouterr().err


def test_time_series_instead_of_the_plane(folder, capsys):
    words = ["portrait", "three.toml", "-o", "s.png", "--series", "z, x", "--until", "4"]
    assert run([*words, "--start", "1,1,0", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["variables"] == ["z", "x"] and document["trajectories"] == {"finished": 1}
    z = load("s.nc")["y"].sel(component="z").values[0]
    assert z[-1] == pytest.approx(1 - np.exp(-4.0), abs=1e-6)
    assert "--series 'z, x' --until 4.0" in document["command"]
    assert run([*words, "--window=0,1,0,1"]) == 2
    assert "`--window` belongs to the plane" in capsys.readouterr().err
    assert run(["portrait", "own.toml", "-o", "p.png", "--until", "4"]) == 2
    assert "ask for them with `--series`" in capsys.readouterr().err


DRIVEN = OWN.replace("[parameters]", 'period = "2*pi"\n[parameters]').replace(
    '"k*x - x^3"', '"-x + k*cos(t)"'
)


def test_driven_systems(folder, capsys):
    (folder / "driven.toml").write_text(DRIVEN)
    assert run(["portrait", "driven.toml", "-o", "p.svg", "--starts", "1"]) == 0
    out = capsys.readouterr().out.splitlines()
    assert out[0] == "stable node\tx = 0.5, y = 0\tverified numerically"
    assert run(["portrait", "driven.toml", "-o", "s.svg", "--series", "all", "--start=0.5,1"]) == 0
    assert "--start 0.5,1" in load("s.nc").attrs["command"]
    assert run(["flow", "driven.toml", "--until", "40", "--starts", "2", "--json"]) == 0
    found = json.loads(capsys.readouterr().out.split("\n", 1)[1])
    assert found["end"][0] == pytest.approx([(np.cos(40) + np.sin(40)) / 2, 0, 40], abs=1e-6)
    assert float(found["summary"]["largest velocity at the end"].split()[-1]) < 0.9
    for words in (
        ["fixed-points", "driven.toml"],
        ["bifurcation", "driven.toml", "--over", "k=0:1", "-o", "b.svg"],
        ["sweep", "driven.toml", "--over", "k=0:1:3", "-o", "runs"],
        ["portrait", "driven.toml", "--slice", "x,y", "-o", "q.svg"],
    ):
        assert run(words) == 2
        assert "is driven, its field mentions the time t, so it has no" in capsys.readouterr().err
    (folder / "driven.toml").write_text(DRIVEN.replace('period = "2*pi"', ""))
    assert run(["portrait", "driven.toml", "-o", "q.svg"]) == 2
    assert "changes with the time t, so the plane has no portrait" in capsys.readouterr().err
    assert names(folder) == ["p.nc", "p.svg", "s.nc", "s.svg"]


def test_what_is_left_out_is_said(folder, capsys):
    words = ["portrait", "own.toml", "-o", "p.svg", "--set", "k=9", "--window=-1,1,-1,1"]
    assert run([*words, "--fast", "x", "--starts", "0", "--no-prove"]) == 0
    err = capsys.readouterr().err
    assert "left out: no slow manifold: the nullcline of x attracts nowhere in this window" in err


def test_a_slice_through_the_end_of_a_trajectory(folder, capsys):
    from numerics.flows import own_system
    from numerics.integration import integrate, save

    system = own_system("three.toml")
    save(integrate(system, np.array([[1.0, 1.0, 0.0]]), 1.0, engine="scipy"), "run.nc")
    assert run(["portrait", "three.toml", "-o", "p.svg", "--slice", "x,y", "--at", "run.nc"]) == 0
    fixed = json.loads(load("p.nc").attrs["settings"])["at"]
    assert fixed["z"] == pytest.approx(1 - np.exp(-1), rel=1e-6)
    assert run(["portrait", "attention-flow", "-o", "q.svg", "--slice", "s_11,s_12",
                "--at", "run.nc"]) == 2  # fmt: skip
    assert "`run.nc` holds no end of a trajectory of `attention-flow`" in capsys.readouterr().err


def test_labels_with_commas_of_their_own(folder):
    sizes = [word for name in ("T", "d_x", "d_k", "d_v") for word in ("--set", f"{name}=1")]
    words = ["portrait", "head-flow", *sizes, "-o", "p.svg", "--slice", "W_V,11,W_O,11",
             "--at", "start", "--starts", "0", "--no-prove"]  # fmt: skip
    assert run(words) == 0
    assert list(load("p.nc")["component"].values) == ["W_V,11", "W_O,11"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["binary-hed", "-o", "p.svg"], "`binary-hed` is no system. Did you mean `binary-head`?"),
        (["none.toml", "-o", "p.svg"], "there is no file `none.toml`"),
        (["own.toml", "-o", "p.svg", "--set", "q=1"], "no parameter `q`"),
        (["binary-head", "-o", "p.svg", "--set", "eps=1"], "has no setting `eps`. Did you mean"),
        (["binary-head", "-o", "p.svg", "--set", "eps_s=0"], "must be above 0; got 0"),
        (["own.toml", "-o", "p.svg", "--set", "k"], "a setting is name=value"),
        (["own.toml", "-o", "p.svg", "--set", "k=1", "--set", "k=2"], "`k` is given twice"),
        (["own.toml", "-o", "p.svg", "--set", "k=abc"], "parameter `k` must be a number"),
        (["own.toml", "-o", "p.gif"], "must end in `.png` or `.svg` or `.pdf`. Write `p.png`"),
        (["own.toml", "-o", "p"], "must end in `.png` or `.svg` or `.pdf`. Write `p.png`"),
        (["own.toml", "-o", "no/p.svg"], "does not exist"),
        (["own.toml", "-o", "p.svg", "--window", "0,0,1,2"], "which has no area"),
        (["own.toml", "-o", "p.svg", "--window", "0,1"], "4 numbers with commas between them"),
        (["own.toml", "-o", "p.svg", "--start", "a,b"], "2 numbers with commas between them"),
        (["own.toml", "-o", "p.svg", "--start", "9,9"], "must lie in the window"),
        (["own.toml", "-o", "p.svg", "--start", "1,1", "--starts", "2"], "give either `--starts"),
        (["own.toml", "-o", "p.svg", "--at", "fixed"], "name its variables with `--slice`"),
        (["own.toml", "-o", "p.svg", "--em"], "`own` has no EM map"),
        (["own.toml", "-o", "p.svg", "--resolution", "9"], "ask for them with `--basins`"),
        (["own.toml", "-o", "p.svg", "--basins", "--resolution", "3"], "basins take 8 to 2000"),
        (["own.toml", "-o", "p.svg", "--fast", "z"], "has no variable `z`"),
        (["three.toml", "-o", "p.svg"], "needs two variables, `own` has 3; take a slice"),
        (["three.toml", "-o", "p.svg", "--slice", "x"], "a slice needs two different variables"),
        (["three.toml", "-o", "p.svg", "--slice", "x,w"], "has no variable `w`"),
        (["three.toml", "-o", "p.svg", "--slice", "x,y", "--at", "oops"], "`--at` must be `fixed`"),
        (["three.toml", "-o", "p.svg", "--slice", "x,y", "--at", '{"z": "a"}'], "must be a number"),
        (["three.toml", "-o", "p.svg", "--slice", "x,y", "--at", '{"q": 1}'], "no variable `q`"),
        (["three.toml", "-o", "p.svg", "--slice", "x,y", "--at", "[1]"], "state of shape (3,)"),
        (["three.toml", "-o", "p.svg", "--slice", "x,y", "--at", "no.nc"], "there is no such file"),
    ],
)  # fmt: skip
def test_misuse_is_one_error_and_nothing_is_written(folder, capsys, words, message):
    assert run(["portrait", *words]) == 2
    out, err = capsys.readouterr()
    assert message in err
    assert out == "" and err.startswith("proofhead: error: ")
    assert names(folder) == []


def test_no_fixed_point_to_slice_through(folder, capsys):
    (folder / "away.toml").write_text(THREE.replace("1 - z", "1"))
    assert run(["portrait", "away.toml", "-o", "p.svg", "--slice", "x,y"]) == 2
    assert "no fixed point of `own` to slice through was found" in capsys.readouterr().err


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written(folder, capsys):
    (folder / "locked").mkdir(mode=0o500)
    assert run(["portrait", "own.toml", "-o", "locked/p.svg"]) == 2
    assert "is read-only" in capsys.readouterr().err


def test_an_interrupt_leaves_nothing(folder, capsys, monkeypatch):
    module = importlib.import_module("numerics.portraits.portrait")

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "flow_curves", interrupted)
    assert run(["portrait", "own.toml", "-o", "p.svg"]) == 130
    assert capsys.readouterr().err == "proofhead: interrupted; nothing was written\n"
    assert names(folder) == []


def test_settings_are_json_or_text():
    words = ["a=1", "b=0.5", "c=[1, 2]", "d=means,weights", "e=true", "f=.5", "g= x "]
    assert settings_from(words) == {
        "a": 1, "b": 0.5, "c": [1, 2], "d": "means,weights", "e": True, "f": 0.5, "g": "x",
    }  # fmt: skip
    assert numbers("-1, 2e3", 2, "here") == [-1.0, 2000.0]
