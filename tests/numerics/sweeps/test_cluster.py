"""Sweeps on the workers of Dask: one is killed in the middle, and the bytes are the same."""

import os
import re
import signal
import subprocess
import sys
import time

import pytest

from numerics.sweeps import axis_from, plan, sweep
from numerics.sweeps.solving import solved

distributed = pytest.importorskip(
    "distributed", reason="dask.distributed is not installed (extra `cluster`)"
)

SLOW = 150  # seconds after which a test gives up on a process that it started
OWN = """
variables = ["x", "y"]
[parameters]
mu = 1
[field]
x = "y"
y = "mu*(1 - x^2)*y - x"
"""
SCHEDULER = "from distributed.cli.dask_scheduler import main; main()"
WORKER = "from distributed.cli.dask_worker import main; main()"


def start(code, *words):
    return subprocess.Popen(
        [sys.executable, "-c", code, *words], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        text=True, start_new_session=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "OMP_NUM_THREADS": "1",
             "DASK_DISTRIBUTED__WORKER__MEMORY__TERMINATE": "False"},
    )  # fmt: skip


def end(process):
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    process.stderr.close()


@pytest.fixture
def scheduler():
    """Yield the address of a scheduler on a free port of this machine."""
    process = start(
        SCHEDULER,
        "--host",
        "127.0.0.1",
        "--port",
        "0",
        "--no-dashboard",
        "--no-jupyter",
        "--idle-timeout",
        "300s",
    )
    try:
        for line in process.stderr:
            found = re.search(r"tcp://127\.0\.0\.1:\d+", line)
            if found:
                break
        else:
            pytest.fail("the scheduler ended")
        yield found[0]
    finally:
        end(process)


def worker(address):
    return start(
        WORKER,
        address,
        "--nthreads",
        "1",
        "--no-nanny",
        "--death-timeout",
        "60",
        "--no-dashboard",
        "--host",
        "127.0.0.1",
    )


def workers_at(address):
    with distributed.Client(address, set_as_default=False) as client:
        return len(client.scheduler_info()["workers"])


@pytest.mark.filterwarnings("ignore")  # of tornado and asyncio, while connections break
def test_one_of_two_workers_is_killed_in_the_middle(tmp_path, scheduler):
    path = tmp_path / "own.toml"
    path.write_text(OWN)
    axes = [axis_from("mu=0.5:1:4"), axis_from("x=-2:2:4")]
    wanted = plan(path, axes, until=60.0, engine="scipy", chunk=1)
    sweep(wanted, tmp_path / "here")
    both = [worker(scheduler), worker(scheduler)]
    done = []
    try:
        begin = time.monotonic()
        while workers_at(scheduler) < 2:
            assert time.monotonic() - begin < SLOW
            time.sleep(0.1)

        def kill(runs):
            done.append(runs)
            if len(done) == 3:
                end(both[0])

        found = sweep(wanted, tmp_path / "there", scheduler=scheduler, progress=kill)
        assert found.computed == len(done) == 16
        assert both[0].returncode == -signal.SIGKILL and workers_at(scheduler) == 1
    finally:
        for process in both:
            if process.poll() is None:
                end(process)
    here, there = (
        {x.name: x.read_bytes() for x in (tmp_path / name).iterdir()} for name in ("here", "there")
    )
    assert here == there


def test_where_no_scheduler_answers_it_is_said(tmp_path, monkeypatch):
    from numerics.sweeps import scheduling

    monkeypatch.setattr(scheduling, "PATIENCE", 1)
    wanted = plan("binary-head", [axis_from("w=1,2")], engine="scipy", until=1.0)
    with pytest.raises(ValueError, match="no Dask scheduler answers at `tcp://127.0.0.1:1`"):
        sweep(wanted, tmp_path / "out", scheduler="tcp://127.0.0.1:1")
    with pytest.raises(ValueError, match="no Dask scheduler answers at `nonsense`"):
        sweep(wanted, tmp_path / "out", scheduler="nonsense")


def test_a_worker_with_other_versions_is_refused():
    from numerics.sweeps.scheduling import _solved_there, _versions

    wanted = plan("binary-head", [axis_from("w=1,2")], engine="scipy", until=1.0)
    import json

    text = json.dumps(wanted.document())
    assert _solved_there(text, 0, _versions()) == solved(text, 0)
    with pytest.raises(ValueError, match="has numpy .*, and the sweep is computed with 1.0"):
        _solved_there(text, 0, {**_versions(), "numpy": "1.0"})
