"""`proofhead flow`: integration from the command line."""

import importlib
import json

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
        (["flow", "binary-head", "--until", "nan"], "finite numbers"),
        (["flow", "binary-head", "--engine", "heioka"], "Did you mean `heyoka`"),
        (["flow", "binary-head", "--compare", "me"], "Did you mean `em`"),
        (["flow", "nothing.toml"], "there is no file `nothing.toml`"),
        (["flow", "binary-head", "-o", "nowhere/run.nc"], "must be a folder that exists"),
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

    real = importlib.import_module("numerics.integration.integrate")
    whole = real.parts

    def stopped(request):
        for part in whole(request):
            yield part
            raise KeyboardInterrupt

    monkeypatch.setattr(real, "parts", stopped)
    path = tmp_path / "run.nc"
    many = ["flow", "binary-head", "--until", "1", "--times", "2", "--starts", "20000"]
    assert run([*many, "-o", str(path)]) == 130
    assert "interrupted" in capsys.readouterr().err
    found = load(path)
    assert 0 < found.sizes["trajectory"] < 20000
    assert np.isfinite(found["end"].values).all()


def test_a_tolerance_no_run_can_meet_is_said(capsys, monkeypatch):
    """The status is 1 where the drift of a conserved quantity is beyond tolerance."""
    from numerics.integration import invariants

    monkeypatch.setattr(invariants, "invariant_tolerance", lambda rtol: -1.0)
    assert run(["flow", "attention-flow", "--until", "1", "--times", "3", "--starts", "2"]) == 1
    assert "BEYOND TOLERANCE in 2 of 2" in capsys.readouterr().out
