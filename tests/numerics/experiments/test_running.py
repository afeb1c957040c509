"""Experiments survive what ends them: the same curve to the last bit, and nothing finished lost."""

import os
import pickle
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from numerics import archives
from numerics.experiments import EXPERIMENTS, checkpoints, experiment, run
from numerics.experiments.definition import Preset

ROOT = Path(__file__).parents[3]
TINY = {"symbols": 4.0, "rho": 0.3, "width": 5.0, "d_k": 3.0, "d_v": 4.0, "length": 40.0,
        "steps": 12.0}  # fmt: skip
PRESET = Preset(TINY, 12, "a moment", every=2)
SCRIPT = f"""
import sys
from pathlib import Path
from numerics.experiments import experiment, run
from numerics.experiments.definition import Preset

run(experiment("sticky-markov"), Preset({TINY!r}, 12, "a moment", every=2), [3], Path(sys.argv[1]),
    progress=lambda steps: print("step", flush=True))
"""


def _curves(state):
    return {n: v for n, v in state.items() if n.split(".")[-1] in ("loss", "entropy", "W_V", "W_Q")}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    return run(experiment("sticky-markov"), PRESET, [3], tmp_path_factory.mktemp("run"))[0]


@pytest.mark.parametrize("after", [1, 3, 6])
def test_killed_and_run_again_gives_the_same_bits(tmp_path, undisturbed, after):
    command = [sys.executable, "-c", SCRIPT, str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environment)
    try:
        for _ in range(after):
            assert child.stdout.readline() == "step\n"
    finally:
        child.send_signal(signal.SIGKILL)
        child.wait()
        child.stdout.close()
    found = run(experiment("sticky-markov"), PRESET, [3], tmp_path)[0]
    for name, curve in _curves(undisturbed.state).items():
        assert np.array_equal(np.asarray(found.state[name]), np.asarray(curve)), name


def test_a_finished_seed_is_read_back_and_other_settings_are_refused(tmp_path):
    first = run(experiment("sticky-markov"), PRESET, [3], tmp_path)[0]
    assert run(experiment("sticky-markov"), PRESET, [3], tmp_path)[0].measured == first.measured
    other = replace(PRESET, settings={**TINY, "rho": 0.5})
    with pytest.raises(ValueError, match="other settings"):
        run(experiment("sticky-markov"), other, [3], tmp_path)
    assert run(experiment("sticky-markov"), PRESET, [3], tmp_path)[0].measured == first.measured


def test_a_damaged_checkpoint_is_named_and_the_one_before_is_used(tmp_path, undisturbed):
    folder = tmp_path / "seed-3"
    calls = []

    def stop(steps):
        calls.append(steps)
        if len(calls) == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(experiment("sticky-markov"), PRESET, [3], tmp_path, progress=stop)
    last = sorted(folder.glob("step-*.state"))[-1]
    data = bytearray(last.read_bytes())
    data[len(data) // 2] ^= 1
    last.write_bytes(bytes(data))
    warnings = []
    found = run(experiment("sticky-markov"), PRESET, [3], tmp_path, warn=warnings.append)[0]
    assert len(warnings) == 1 and last.name in warnings[0] and "damaged" in warnings[0]
    for name, curve in _curves(undisturbed.state).items():
        assert np.array_equal(np.asarray(found.state[name]), np.asarray(curve)), name


def test_seeds_side_by_side_give_the_same_bits(tmp_path, undisturbed):
    told = []
    found = run(experiment("sticky-markov"), PRESET, [3, 4], tmp_path, jobs=2, progress=told.append)
    assert [x.seed for x in found] == [3, 4] and sum(told) == 24
    for name, curve in _curves(undisturbed.state).items():
        assert np.array_equal(np.asarray(found[0].state[name]), np.asarray(curve)), name
    again = run(experiment("sticky-markov"), PRESET, [3, 4], tmp_path, jobs=2)
    assert [x.measured for x in again] == [x.measured for x in found]


@pytest.mark.parametrize("found", EXPERIMENTS, ids=lambda e: e.name)
def test_every_experiment_can_be_sent_to_a_process(found):
    sent = pickle.loads(pickle.dumps(found))
    assert sent.name == found.name and sent.remark is not None


def test_a_seed_that_fails_side_by_side_says_why_and_keeps_the_other(tmp_path):
    run(experiment("sticky-markov"), PRESET, [5], tmp_path)
    (tmp_path / "seed-4").write_text("in the way")
    with pytest.raises(FileExistsError):
        run(experiment("sticky-markov"), PRESET, [3, 4], tmp_path, jobs=2)
    (tmp_path / "seed-4").unlink()
    assert len(run(experiment("sticky-markov"), PRESET, [3, 4], tmp_path, jobs=2)) == 2


def test_processes_of_seeds_end_with_the_one_that_began_them(tmp_path):
    script = SCRIPT.replace("[3]", "[3, 4]").replace("progress=", "jobs=2, progress=")
    script = script.replace('12, "a moment", every=2', '10**7, "long", every=1')
    script = "if __name__ == '__main__':\n" + "".join(f"    {x}\n" for x in script.splitlines())
    path = tmp_path / "long.py"
    path.write_text(script)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    child = subprocess.Popen(
        [sys.executable, str(path), str(tmp_path / "run")], stdout=subprocess.PIPE, text=True,
        cwd=ROOT, env=environment, start_new_session=True,
    )  # fmt: skip
    try:
        assert child.stdout.readline() == "step\n"
        assert len(_in_session(child.pid)) > 1
        child.send_signal(signal.SIGKILL)
        child.wait()
        deadline = time.monotonic() + 60
        while _in_session(child.pid) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not _in_session(child.pid)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.stdout.close()


def _in_session(leader):
    """Return the living processes of a session."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            after = stat.read_text().rpartition(")")[2].split()
            if int(after[3]) == leader and after[0] != "Z":
                found.append(int(stat.parent.name))
    return found


def test_a_full_disk_keeps_what_is_finished(tmp_path, monkeypatch):
    done = run(experiment("sticky-markov"), PRESET, [3], tmp_path)[0]

    def full(path, content):
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(archives, "write_atomically", full)
    with pytest.raises(OSError, match="No space left"):
        run(experiment("sticky-markov"), PRESET, [3, 4], tmp_path)
    monkeypatch.undo()
    again = run(experiment("sticky-markov"), PRESET, [3, 4], tmp_path)
    assert again[0].measured == done.measured
    assert not list(tmp_path.rglob(".*"))


def test_a_damaged_state_is_never_taken(tmp_path):
    path = tmp_path / "x.state"
    checkpoints.write(path, {"a": np.arange(3), "b": 2.5})
    assert checkpoints.read(path)["a"].tolist() == [0, 1, 2]
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(checkpoints.Damaged, match="checksum"):
        checkpoints.read(path)


def test_sticky_markov_end_to_end(undisturbed):
    measured = undisturbed.measured
    assert max(measured[f"check_{x}"] for x in "abc") < 1e-5
    assert measured["floor"] < measured["loss_sgd"]
    assert np.isfinite(measured["baum_welch"])
    losses = undisturbed.state["sgd.loss"]
    assert len(losses) == 12 and losses[-1] < losses[0]
    assert undisturbed.state["control.loss"][-1] < losses[-1]
    values = undisturbed.state["em.values"]  # at the start and at each of six checkpoints
    assert values.shape == (7, 4, 4)
    moved = np.linalg.norm(values[-1] - values[0])
    assert moved > 2 * np.linalg.norm(undisturbed.state["sgd.values"][-1] - values[0])
    figures = experiment("sticky-markov").draw(TINY, [undisturbed.state])
    assert set(figures) == {"losses", "routing", "values"}


def test_attention_toy_end_to_end(tmp_path):
    toy = experiment("attention-toy")
    found = run(toy, toy.preset("cpu"), [0, 1], tmp_path)
    for each in found:
        assert each.measured["loss_last"] < each.measured["loss_first"]
        assert each.measured["differences"] < 1e-6
        assert each.measured["generated"] < 1e-12


def test_an_unknown_experiment_names_the_nearest():
    with pytest.raises(ValueError, match="Did you mean `sticky-markov`"):
        experiment("sticky-markow")
