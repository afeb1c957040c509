"""`proofhead sweep`: what it writes and prints, and each way to misuse it."""

import builtins
import importlib
import json

import pytest

from proofs_checks.cli.run import run

OWN = """
variables = ["x", "y"]
[parameters]
k = 1
[field]
x = "k*x - x^3"
y = "-y"
"""
FILES = [
    "checksums.sha256", "ends.csv", "ends.nc", "ends.pdf", "ends.png", "manifest.json",
    "regimes.pdf", "regimes.png",
]  # fmt: skip


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.toml").write_text(OWN)
    return tmp_path


def sweep(*words):
    return run(["sweep", "own.toml", "--engine", "scipy", "--until", "40", "-o", "out", *words])


def test_a_grid_over_a_parameter_and_a_start(folder, capsys):
    assert sweep("--over", "k=-1:2:4", "--over", "x=-1:1:3") == 0
    out, err = capsys.readouterr()
    assert out == "9\tstable node\n3\tsaddle\n" or out.split("\n")[0].endswith("stable node")
    assert "12 runs; engine scipy" in err and "wrote ends.csv, ends.nc" in err
    names = sorted(p.name for p in (folder / "out").iterdir())
    assert [x for x in names if not x.startswith("chunk")] == FILES
    assert sweep("--over", "k=-1:2:4", "--over", "x=-1:1:3") == 0
    assert "12 runs, 1 of 1 chunks were there; engine scipy" in capsys.readouterr().err


def test_json_is_one_document(folder, capsys):
    assert sweep("--over", "k=-1:2", "--over", "y=-1:1", "--samples", "10", "--starts", "2",
                 "--seed", "3", "--json") == 0  # fmt: skip
    out, err = capsys.readouterr()
    document = json.loads(out)
    assert document["schema"] == 1 and document["runs"] == 20 and err == ""
    assert sum(document["kinds"].values()) == 20
    assert document["command"].startswith(
        "proofhead sweep own.toml --over k=-1:2 --over y=-1:1 --samples 10 --starts 2 --seed 3"
    )
    assert document["chunks"] == {"all": 2, "computed": 2, "runs_in_each": 16}
    assert [x.removeprefix("out/") for x in document["files"]] == [
        "ends.csv", "ends.nc", "regimes.pdf", "regimes.png", "ends.pdf", "ends.png",
        "checksums.sha256",
    ]  # fmt: skip


def test_one_axis_given_starts_and_settings(folder, capsys):
    words = ["--over", "x=-1,0,1", "--set", "k=2", "--start", "9,1", "--start", "9,-1"]
    assert sweep(*words) == 0
    rows = (folder / "out" / "ends.csv").read_text().splitlines()[1:]
    starts = [tuple(map(float, row.split(",")[2:4])) for row in rows]
    assert starts == [(-1, 1), (-1, -1), (0, 1), (0, -1), (1, 1), (1, -1)]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--over", "q=1:2:3"], "no setting or variable `q`"),
        (["--over", "k=1:2"], "`k` has no number of values"),
        (["--over", "k=1:2:3", "--set", "k=1"], "`k` is both set and varied"),
        (["--over", "k=1:2:3", "--start", "1,a"], "`--start` takes numbers with commas"),
        (["--over", "k=1:2:3", "--start", "1,2", "--starts", "2"], "not both"),
        (["--over", "k=1:2:3", "--jobs", "0"], "`--jobs` must be at least 1; got 0"),
        (["--over", "k=1:2:3", "-o", "own.toml"], "it is a file. Name a folder."),
        (["--over", "k=1:2:3", "-o", "no/where"], "does not exist"),
        (["--over", "k=1:2:3", "--engine", "heioka"], "Did you mean `heyoka`"),
    ],
)
def test_bad_input_is_one_line_status_2_and_no_folder(folder, words, message, capsys):
    assert sweep(*words) == 2
    out, err = capsys.readouterr()
    assert message in err and out == "" and err.count("\n") == 1
    assert [p.name for p in folder.iterdir()] == ["own.toml"]


def test_without_dask_the_extra_is_named(folder, capsys, monkeypatch):
    real = builtins.__import__

    def without(name, *rest):
        if name == "distributed":
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    assert sweep("--over", "k=1:2:3", "--scheduler", "tcp://127.0.0.1:1") == 2
    assert "`pip install proofhead[cluster]`" in capsys.readouterr().err


def test_warnings_and_interrupts_are_said(folder, capsys, monkeypatch):
    words = ["--over", "k=-1:2:4", "--chunk", "1"]
    assert sweep(*words) == 0
    path = folder / "out" / "chunk-000001.arrays"
    path.write_bytes(path.read_bytes()[:-1])
    capsys.readouterr()
    assert sweep(*words, "--json") == 0
    out, err = capsys.readouterr()
    assert (
        err == "proofhead: warning: `out/chunk-000001.arrays` is damaged; it is computed again.\n"
    )
    assert json.loads(out)["warnings"] == [err.removeprefix("proofhead: warning: ").strip()]
    scheduling = importlib.import_module("numerics.sweeps.running")

    def stopped(text, chunks):
        raise KeyboardInterrupt
        yield

    monkeypatch.setattr(scheduling, "here", stopped)
    path.unlink()
    assert sweep(*words) == 130
    assert "interrupted; 3 of 4 runs are kept in `out`" in capsys.readouterr().err
