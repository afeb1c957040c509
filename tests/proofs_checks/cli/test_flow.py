"""`proofhead flow`: integration from the command line."""

import importlib
import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from proofs_checks.cli.run import run

BINARY = ["flow", "binary-head", "--until", "3", "--times", "4", "--starts", "3"]


def test_the_summary_names_laws_and_what_they_say(capsys):
    assert run(["flow", "attention-flow", "--until", "3", "--times", "4", "--starts", "3"]) == 0
    out, err = capsys.readouterr()
    assert "3 finished" in out
    assert "score-sum-conserved" in out and "dissipation" in out
    assert err == ""


def test_json_is_one_document(capsys):
    assert run([*BINARY, "--seed", "5", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == 1 and document["status"] == 0
    assert document["components"] == ["x", "y"]
    assert document["trajectories"]["status"] == ["finished"] * 3
    assert np.shape(document["end"]) == (3, 2)


def test_the_run_is_written_as_netcdf_with_its_command(tmp_path, capsys):
    from numerics.integration import load

    path = tmp_path / "run.nc"
    assert run([*BINARY, "--set", "w=2", "-o", str(path)]) == 0
    found = load(path)
    assert found["y"].shape == (3, 4, 2)
    assert json.loads(found.attrs["settings"])["w"] == 2
    assert found.attrs["command"].startswith("proofhead")
    assert [x.name for x in tmp_path.iterdir()] == ["run.nc"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["flow", "binary-hed"], "Did you mean `binary-head`"),
        (["flow", "binary-head", "--set", "epss=1"], "Did you mean `eps_s`"),
        (["flow", "binary-head", "--set", "eps_s=0"], "must be above 0; got 0"),
        (["flow", "binary-head", "--set", "eps_s"], "a setting is name=value"),
        (["flow", "binary-head", "--set", "w=1", "--set", "w=2"], "is given twice"),
        (["flow", "attention-flow", "--set", "y=[[0.5,0.6],[1,0]]"], "must sum to 1 along axis 1"),
        (["flow", "em-map"], "only flows are integrated"),
        (["flow", "binary-head", "--starts", "0"], "`--starts` must be at least 1; got 0"),
        (["flow", "binary-head", "--times", "1"], "`--times` must be at least 2"),
        (["flow", "binary-head", "--until", "inf"], "`--until` must be a finite time; got inf"),
        (
            ["flow", "binary-head", "--times", "999999999"],
            "16.0 GB for each trajectory, more than 4",
        ),
        (["flow", "binary-head", "--until", "nan"], "must be a finite time; got nan"),
        (["flow", "binary-head", "--engine", "heioka"], "Did you mean `heyoka`"),
        (["flow", "binary-head", "--compare", "me"], "Did you mean `em`"),
        (["flow", "nothing.toml"], "there is no file `nothing.toml`"),
        (["flow", "binary-head", "-o", "nowhere/run.nc"], "nowhere` does not exist. Make it first"),
    ],
)
def test_bad_input_is_one_line_and_status_2(arguments, message, capsys):
    assert run(arguments) == 2
    out, err = capsys.readouterr()
    assert message in err
    assert out == "" and err.count("\n") == 1


def test_a_users_own_system_and_a_trajectory_that_blows_up(tmp_path, capsys):
    path = tmp_path / "blow.toml"
    path.write_text('variables = ["x"]\n[field]\nx = "x^2"\n[window]\nx = [1, 2]\n')
    assert run(["flow", str(path), "--until", "5", "--starts", "2"]) == 1
    out = capsys.readouterr().out
    assert "first failure" in out and "finished" not in out


def test_ctrl_c_keeps_what_is_finished(tmp_path, capsys, monkeypatch):
    from numerics.integration import load

    real = importlib.import_module("numerics.integration.running")
    whole = real.parts

    def stopped(*arguments):
        for part in whole(*arguments):
            yield part
            raise KeyboardInterrupt

    monkeypatch.setattr(real, "parts", stopped)
    path = tmp_path / "run.nc"
    many = ["flow", "binary-head", "--until", "1", "--times", "2", "--starts", "40"]
    assert run([*many, "--engine", "scipy", "-o", str(path)]) == 130
    assert "interrupted" in capsys.readouterr().err
    found = load(path)
    assert found.sizes["trajectory"] == 16
    assert np.isfinite(found["end"].values).all()


def test_a_tolerance_no_run_can_meet_is_said(capsys, monkeypatch):
    """The status is 1 where the drift of a conserved quantity is beyond tolerance."""
    from numerics.integration import invariants

    monkeypatch.setattr(invariants, "invariant_tolerance", lambda rtol: -1.0)
    assert run(["flow", "attention-flow", "--until", "1", "--times", "3", "--starts", "2"]) == 1
    assert "BEYOND TOLERANCE in 2 of 2" in capsys.readouterr().out


def test_what_cannot_be_written_or_held_is_refused_before_the_run(tmp_path, monkeypatch, capsys):
    (tmp_path / "run.nc").mkdir()
    assert run([*BINARY, "-o", str(tmp_path / "run.nc")]) == 2
    assert "it is a folder. Name a file in it, ending in `.nc`" in capsys.readouterr().err
    monkeypatch.setattr("os.access", lambda *_: False)
    assert run([*BINARY, "-o", str(tmp_path / "other.nc")]) == 2
    assert "its folder may not be written to" in capsys.readouterr().err
    assert run(["flow", "binary-head", "--starts", "1000000000"]) == 2
    assert "1000000000 starts would take 16.0 GB" in capsys.readouterr().err


def test_values_are_never_run_as_code(capsys):
    assert run(["flow", "binary-head", "--set", "eps_s=__import__('os').getpid()"]) == 2
    assert "`eps_s` must be a number" in capsys.readouterr().err


def test_a_pipe_gets_lines_with_tabs(capsys):
    assert run(BINARY) == 0
    rows = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    assert rows[0] == ["trajectories", "3 finished"]
    assert all(len(row) == 2 for row in rows)


ENDLESS = """
variables = ["x", "y"]
[field]
x = "1000*y"
y = "-1000*x"
[window]
x = [1, 2]
y = [1, 2]
"""


@pytest.mark.parametrize("engine", ["scipy", "explicit", "stiff", "heyoka"])
def test_a_real_interrupt_leaves_no_traceback_and_no_half_file(engine, tmp_path, capsys):
    """All of it takes at least ten minutes, and an interrupt ends it within one."""
    target, system = tmp_path / "run.nc", tmp_path / "endless.toml"
    system.write_text(ENDLESS)
    many = [str(system), "--engine", engine, "--until", "100000", "--starts", "200000"]
    few = ["--until", "0.001", "--times", "2", "--starts", "10"]
    assert run(["flow", *many, *few]) == 0  # compiled and kept
    process = subprocess.Popen(
        [sys.executable, "-c", "from proofs_checks.cli import main; main()", "flow", *many,
         "-o", str(target)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    try:
        time.sleep(6)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130, err
    assert "Traceback" not in err and err.splitlines()[-1].startswith("proofhead: interrupted")
    assert {p.name for p in tmp_path.iterdir()} - {"run.nc"} == {"endless.toml"}
