"""Sweeps that are killed, interrupted, damaged, or computed by others: the same bytes."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from numerics.integration import load
from numerics.sweeps import axis_from, plan, sweep
from theory.files import replacement

VAN_DER_POL = """
variables = ["x", "y"]
[parameters]
mu = 1
[field]
x = "y"
y = "mu*(1 - x^2)*y - x"
"""
WORDS = ["own.toml", "--over", "mu=0.5:1:4", "--over", "x=-2:2:4", "--until", "60",
         "--engine", "scipy", "--chunk", "1"]  # fmt: skip
MAIN = "from proofs_checks.cli import main; main()"
SLOW = 120  # seconds after which a test gives up on a process that it started


def own(folder, text=VAN_DER_POL):
    path = folder / "own.toml"
    path.write_text(text)
    return path


def small(folder, **options):
    axes = [axis_from("mu=0.5:1:4"), axis_from("x=-2:2:4")]
    return plan(own(folder), axes, **{"until": 60.0, "engine": "scipy", "chunk": 1, **options})


def command(folder, output, *words):
    """Start the sweep as a process, in a group of its own, that hears every signal."""
    return subprocess.Popen(
        [sys.executable, "-c", MAIN, "sweep", *WORDS, "-o", output, *words],
        cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "OMP_NUM_THREADS": "1"},
        start_new_session=True,
    )  # fmt: skip


def chunks(folder):
    return len(list(folder.glob("chunk-*.arrays")))


def wait_for(ready, process):
    begin = time.monotonic()
    while not ready():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() - begin < SLOW
        time.sleep(0.005)


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def leftover(folder, process):
    """Return the name of what a process would leave there if it were killed while it writes."""
    with replacement(folder.parent / "x") as temporary:
        return folder / temporary.name.replace(f"-{os.getpid()}-", f"-{process}-")


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("undisturbed")
    found = sweep(small(folder), folder / "out")
    assert found.computed == 16 and found.counts == {"periodic": 16}
    return contents(folder / "out")


def test_killed_at_three_moments_and_run_again_it_gives_the_same_bytes(tmp_path, undisturbed):
    own(tmp_path)
    out = tmp_path / "out"
    kept = {}
    for moment in (1, 5, 11):
        process = command(tmp_path, "out", "--jobs", "2")
        try:
            wait_for(lambda moment=moment: chunks(out) >= moment, process)
        finally:
            process.kill()
            process.communicate()
        assert process.returncode == -signal.SIGKILL
        now = {path.name: path.stat().st_mtime_ns for path in out.glob("chunk-*.arrays")}
        assert kept.items() <= now.items()  # nothing is done twice
        kept = now
    leftover(out, process.pid).write_text("half of a chunk")
    process = command(tmp_path, "out", "--jobs", "2", "--json")
    stdout, stderr = process.communicate(timeout=SLOW)
    assert process.returncode == 0, stderr
    document = json.loads(stdout)
    assert document["chunks"] == {"all": 16, "computed": 16 - len(kept), "runs_in_each": 1}
    assert contents(out) == undisturbed
    after = {path.name: path.stat().st_mtime_ns for path in out.glob("chunk-*.arrays")}
    assert kept.items() <= after.items()


def test_an_interrupt_keeps_what_is_finished(tmp_path, undisturbed):
    own(tmp_path)
    process = command(tmp_path, "out", "--jobs", "2")
    try:
        wait_for(lambda: chunks(tmp_path / "out") >= 2, process)
        os.killpg(process.pid, signal.SIGINT)  # as the terminal does: all processes of the group
        _, stderr = process.communicate(timeout=SLOW)
    finally:
        process.kill()
    assert process.returncode == 130, stderr
    assert stderr.count("\n") == 1 and stderr.startswith("proofhead: interrupted; ")
    assert "of 16 runs are kept in `out`, and the same command goes on from there" in stderr
    assert chunks(tmp_path / "out") >= 2
    found = sweep(small(tmp_path), tmp_path / "out")
    assert found.computed <= 14
    assert contents(tmp_path / "out") == undisturbed


@pytest.mark.parametrize("place", [5, 70, -1])
def test_a_flipped_byte_is_found_named_and_mended(tmp_path, undisturbed, place):
    out, warnings = tmp_path / "out", []
    out.mkdir()
    for name, data in undisturbed.items():
        (out / name).write_bytes(data)
    path = out / "chunk-000003.arrays"
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(data)
    found = sweep(small(tmp_path), out, warn=warnings.append)
    assert warnings == [f"`{path}` is damaged; it is computed again."]
    assert found.computed == 1
    assert contents(out) == undisturbed


def test_a_chunk_that_is_missing_or_another_is_computed(tmp_path, undisturbed):
    out, warnings = tmp_path / "out", []
    out.mkdir()
    for name, data in undisturbed.items():
        (out / name).write_bytes(data)
    (out / "chunk-000002.arrays").unlink()
    (out / "chunk-000004.arrays").write_bytes(undisturbed["chunk-000005.arrays"])
    found = sweep(small(tmp_path), out, warn=warnings.append)
    assert found.computed == 2
    assert warnings == [
        f"`{out / 'chunk-000004.arrays'}` is of another sweep; it is computed again."
    ]
    assert contents(out) == undisturbed


def test_a_damaged_manifest_is_written_again_where_the_chunks_are_of_this_sweep(
    tmp_path, undisturbed
):
    out, warnings = tmp_path / "out", []
    out.mkdir()
    for name, data in undisturbed.items():
        if name.startswith("chunk"):
            (out / name).write_bytes(data)
    (out / "manifest.json").write_text("{")
    assert sweep(small(tmp_path), out, warn=warnings.append).computed == 0
    assert len(warnings) == 1 and "was damaged; the chunks are of this sweep" in warnings[0]
    assert contents(out) == undisturbed
    (out / "manifest.json").unlink()
    with pytest.raises(ValueError, match="holds no sweep"):
        sweep(small(tmp_path), out)  # a summary without a manifest: who knows of what
    for name in [x for x in contents(out) if not x.startswith("chunk")]:
        (out / name).unlink()
    with pytest.raises(ValueError, match="chunks of another sweep and no readable manifest"):
        sweep(small(tmp_path, seed=1), out)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"seed": 1}, "its `seed` is 0, that of this one 1"),
        ({"chunk": 2}, "its `chunk` is 1, that of this one 2"),
        ({"engine": "auto"}, "its `engine` is scipy, that of this one auto"),
        ({"settings": {}, "axes": ["mu=0.5:1:3"]}, "it is over mu=0.5:1:4 and x=-2:2:4, this one"),
    ],
)
def test_the_folder_of_another_sweep_is_refused(tmp_path, undisturbed, options, message):
    out = tmp_path / "out"
    out.mkdir()
    for name, data in undisturbed.items():
        (out / name).write_bytes(data)
    axes = [axis_from(x) for x in options.pop("axes", ["mu=0.5:1:4", "x=-2:2:4"])]
    base = {"until": 60.0, "engine": "scipy", "chunk": 1}
    with pytest.raises(ValueError) as error:
        sweep(plan(own(tmp_path), axes, **{**base, **options}), out)
    assert message in str(error.value) and "Name another folder with -o." in str(error.value)
    own(tmp_path, VAN_DER_POL + " ")
    with pytest.raises(ValueError, match="`own.toml` was another text when it began"):
        sweep(plan(tmp_path / "own.toml", axes, **base), out)
    assert contents(out) == undisturbed


def test_a_run_that_was_killed_at_its_first_write_does_not_bar_the_folder(tmp_path, undisturbed):
    out = tmp_path / "out"
    out.mkdir()
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    leftover(out, process.pid).write_text("half of a manifest")
    assert sweep(small(tmp_path), out).computed == 16
    assert contents(out) == undisturbed


def test_folders_that_cannot_be_used_are_refused(tmp_path):
    found = small(tmp_path)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.tex").write_text("years of work")
    with pytest.raises(ValueError, match=r"holds no sweep \(thesis.tex is in it\)"):
        sweep(found, tmp_path / "full")
    with pytest.raises(NotADirectoryError, match="it is a file. Name a folder."):
        sweep(found, tmp_path / "own.toml")
    with pytest.raises(FileNotFoundError, match="`.*nowhere` does not exist"):
        sweep(found, tmp_path / "nowhere" / "out")
    with pytest.raises(ValueError, match="`--jobs` must be at least 1; got 0"):
        sweep(found, tmp_path / "out", jobs=0)


def test_two_processes_do_not_work_in_one_folder(tmp_path):
    import fcntl

    (tmp_path / "out").mkdir()
    handle = os.open(tmp_path / "out", os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        with pytest.raises(BlockingIOError, match="another process is at work in"):
            sweep(small(tmp_path), tmp_path / "out")
    finally:
        os.close(handle)


def test_a_full_disk_is_said_and_leaves_no_half_file(tmp_path, undisturbed):
    """A limit on the size of files stands in for the disk: writing fails in the kernel as there."""
    import resource

    own(tmp_path)
    out = tmp_path / "out"
    largest = len(undisturbed["manifest.json"]) + 1
    assert largest < len(undisturbed["chunk-000000.arrays"])
    code = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({largest}, {largest}))"
    process = subprocess.run(
        [sys.executable, "-c", f"{code}\n{MAIN}", "sweep", *WORDS, "-o", "out"],
        cwd=tmp_path, capture_output=True, text=True, timeout=SLOW,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] != largest
    assert process.returncode == 2
    assert "proofhead: error: cannot write `out/chunk-000000.arrays`: File too large." in (
        process.stderr
    )
    assert "Every finished chunk is kept; make room and run the same command again." in (
        process.stderr
    )
    assert "Traceback" not in process.stderr
    assert [path.name for path in out.iterdir()] == ["manifest.json"]
    sweep(small(tmp_path), out)
    assert contents(out) == undisturbed


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="finds the workers in /proc")
def test_a_worker_that_is_killed_is_replaced(tmp_path, undisturbed):
    own(tmp_path)
    process = command(tmp_path, "out", "--jobs", "2")
    try:
        wait_for(lambda: chunks(tmp_path / "out") >= 1, process)
        os.kill(workers_of(process.pid)[0], signal.SIGKILL)
        _, stderr = process.communicate(timeout=SLOW)
    finally:
        process.kill()
    assert process.returncode == 0, stderr
    assert contents(tmp_path / "out") == undisturbed


def workers_of(parent):
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            text, line = stat.read_text(), (stat.parent / "cmdline").read_text()
        except OSError:
            continue
        if int(text.rpartition(")")[2].split()[1]) == parent and "spawn_main" in line:
            found.append(int(stat.parent.name))
    return found


def test_workers_that_keep_dying_end_the_sweep(tmp_path, monkeypatch):
    from numerics.sweeps import scheduling

    monkeypatch.setattr(scheduling, "_work", die)
    with pytest.raises(OSError, match="3 workers died over chunk"):
        sweep(small(tmp_path), tmp_path / "out", jobs=2)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["manifest.json"]


def die(pipe, text):
    os.kill(os.getpid(), signal.SIGKILL)


def test_what_the_files_say(tmp_path, undisturbed):
    out = tmp_path / "out"
    out.mkdir()
    for name, data in undisturbed.items():
        (out / name).write_bytes(data)
    found = load(out / "ends.nc")
    assert found["end"].shape == (16, 2) and list(found["component"].values) == ["x", "y"]
    np.testing.assert_allclose(found["over_mu"].values[::4], [0.5, 2 / 3, 5 / 6, 1])
    assert found["start"].values[:4, 0].tolist() == found["over_x"].values[:4].tolist()
    rows = (out / "ends.csv").read_text().splitlines()
    assert rows[0] == (
        "run,mu,x,start_x,start_y,end_x,end_y,low_x,low_y,high_x,high_y,"
        "kind,time,rate,period,message"
    )
    assert len(rows) == 17
    assert [float(row.split(",")[5]) for row in rows[1:]] == found["end"].values[:, 0].tolist()
    assert found.attrs["command"] == (
        "proofhead sweep own.toml --over mu=0.5:1:4 --over x=-2:2:4 --samples 0 --starts 1 "
        "--seed 0 --until 60 --rtol 1e-08 --chunk 1 --engine scipy"
    )
    lines = (out / "checksums.sha256").read_text().splitlines()
    sums = dict(line.split("  ")[::-1] for line in lines)
    assert set(sums) == set(undisturbed) - {"checksums.sha256"}
    for name, digest in sums.items():
        assert hashlib.sha256(undisturbed[name]).hexdigest() == digest


def test_versions_that_changed_are_said(tmp_path, undisturbed):
    out, warnings = tmp_path / "out", []
    out.mkdir()
    for name, data in undisturbed.items():
        (out / name).write_bytes(data)
    manifest = json.loads(undisturbed["manifest.json"])
    manifest["versions"]["numpy"] = "1.0"
    (out / "manifest.json").write_text(json.dumps(manifest))
    sweep(small(tmp_path), out, warn=warnings.append)
    assert len(warnings) == 1 and "numpy 1.0 -> " in warnings[0]
