"""`proofhead animate`: what it writes and prints, and each way to misuse it."""

import importlib
import json
import shlex

import pytest

from numerics.integration import load
from proofs_checks.cli.run import run

OWN = """
variables = ["x", "y"]
[parameters]
k = 1
[field]
x = "-k*x"
y = "-y"
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.toml").write_text(OWN)
    return tmp_path


def names(folder):
    return sorted(p.name for p in folder.iterdir() if p.suffix != ".toml")


def test_the_command_of_an_animation_makes_it_again(folder, capsys):
    words = ["animate", "own.toml", "-o", "a.gif", "--frames", "2", "--until", "1", "--starts", "1"]
    assert run([*words, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["frames"] == 2 and names(folder) == ["a.gif", "a.nc"]
    command = "proofhead animate own.toml -o a.gif --starts 1 --until 1.0 --frames 2"
    assert document["command"] == load("a.nc").attrs["command"] == command
    first = (folder / "a.gif").read_bytes()
    assert run(shlex.split(command)[1:]) == 0  # over its own files
    assert (folder / "a.gif").read_bytes() == first
    assert capsys.readouterr().err == "wrote a.gif and a.nc\n"


def test_a_film_over_a_parameter(folder, capsys):
    words = ["animate", "own.toml", "-o", "f.gif", "--over", "k=0.5,2", "--starts", "0", "--prove"]
    assert run(words) == 0
    assert capsys.readouterr().out == "2 frames\n"
    data = load("f.nc")
    assert data["frame"].values.tolist() == [0.5, 2.0]
    assert set(data["proof"].values) == {"proved"}
    assert sorted(data["eigenvalue_real"].values.min(axis=1)) == [-2, -1]
    assert data.attrs["command"].endswith("--starts 0 --prove --over k=0.5,2")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["own.toml", "-o", "a.png"], "must end in `.gif` or `.mp4`. Write `a.gif`"),
        (["own.toml", "-o", "no/a.gif"], "does not exist"),
        (["own.toml", "-o", "a.gif", "--fps", "0"], "must lie between 1 and 100 frames a second"),
        (["own.toml", "-o", "a.gif", "--frames", "1"], "needs at least 2 frames; got 1"),
        (["own.toml", "-o", "a.gif", "--over", "k=1:2"], "write `--over k=1:2:n`"),
        (["own.toml", "-o", "a.gif", "--over", "q=1,2"], "no parameter `q`"),
        (["own.toml", "-o", "a.gif", "--over", "k=1,2", "--set", "k=1"], "`k` is given twice"),
        (["own.toml", "-o", "a.gif", "--over", "k=1,2", "--until", "3"], "`--until` belongs to"),
        (["own.toml", "-o", "a.gif", "--starts", "0"], "has no trajectories in a plane"),
    ],
)
def test_misuse_is_one_error_and_nothing_is_written(folder, capsys, words, message):
    assert run(["animate", *words]) == 2
    out, err = capsys.readouterr()
    assert message in err and out == "" and err.startswith("proofhead: error: ")
    assert names(folder) == []


def test_other_files_are_kept(folder, capsys):
    (folder / "a.gif").write_bytes(b"GIF89a of somebody")
    assert run(["animate", "own.toml", "-o", "a.gif"]) == 2
    assert "what stands there is not an animation of proofhead" in capsys.readouterr().err


def test_an_interrupt_leaves_nothing(folder, capsys, monkeypatch):
    module = importlib.import_module("proofs_checks.cli.animating")

    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "motion", interrupted)
    assert run(["animate", "own.toml", "-o", "a.gif"]) == 130
    assert capsys.readouterr().err == "proofhead: interrupted; nothing was written\n"
    assert names(folder) == []
