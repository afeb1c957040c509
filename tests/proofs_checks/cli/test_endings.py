"""How commands end: by signals, on a full disk, before closed pipes; nothing stays behind."""

import os
import signal
import subprocess
import sys
import time

import pytest

from proofs_checks.cli.run import run

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
MAIN = "from proofs_checks.cli import main; main()"
SYSTEM = 'variables = ["x", "y"]\n[field]\nx = "y"\ny = "-x"\n[window]\nx = [-1, 1]\ny = [-1, 1]\n'

WRITING = """
import sys, time
import numerics.integration.netcdf as netcdf
begin = netcdf._begin
def told(*arguments):
    begin(*arguments)
    print("writing", flush=True)
    time.sleep(100)
netcdf._begin = told
from proofs_checks.cli import main
main()
"""


SHARED = """
import functools
import proofs_checks.audit as audit
audit.audit_laws = functools.partial(audit.audit_laws, processes=2)
from proofs_checks.cli import main
if __name__ == "__main__":
    main()
"""


def start(code, *words, cwd=None):
    """Start a command in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-c", code, *words],
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize(("ending", "status"), [("SIGTERM", 143), ("SIGHUP", 129), ("SIGKILL", -9)])
def test_a_run_that_is_ended_while_it_writes(ending, status, tmp_path):
    (tmp_path / "own.toml").write_text(SYSTEM)
    (tmp_path / "run.nc").touch()
    words = ["flow", "own.toml", "--starts", "2", "--until", "1", "-o", "run.nc"]
    with start(WRITING, *words, cwd=tmp_path) as process:
        try:
            assert process.stdout.readline() == "writing\n"
            assert len(list(tmp_path.iterdir())) == 3
            process.send_signal(getattr(signal, ending))
            assert process.wait(60) == status
            assert process.stderr.read() == ""
        finally:
            process.kill()
    if ending == "SIGKILL":  # nobody can tidy up after that, but the next one does
        assert len(list(tmp_path.iterdir())) == 3
        assert run(["latex", "softmax-jacobian", "-o", str(tmp_path / "laws.tex")]) == 0
        (tmp_path / "laws.tex").unlink()
    assert {path.name for path in tmp_path.iterdir()} == {"own.toml", "run.nc"}
    assert (tmp_path / "run.nc").stat().st_size == 0


EARLY = """
import importlib.abc, os, signal, sys
class Interrupting(importlib.abc.MetaPathFinder):
    def find_spec(self, name, *_):
        if name == {module!r}:
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Interrupting())
from proofs_checks.cli import main
main()
"""


@pytest.mark.parametrize("module", ["typer", "proofs_checks.cli.app", "sympy", "theory.models"])
def test_ctrl_c_while_the_command_is_imported_is_a_line(module):
    with start(EARLY.format(module=module), "laws") as process:
        out, err = process.communicate(timeout=100)
    assert (out, err, process.returncode) == ("", "proofhead: interrupted\n", 130)


BETWEEN = """
import os, signal, sys, typer
import proofs_checks.cli.run as running
def interrupted(*_):
    os.kill(os.getpid(), signal.SIGINT)
    for _ in range(1000):
        pass
if {place!r} == "before":
    typer.main.get_command = interrupted
else:
    run = running.run
    running.run = lambda: run() or interrupted()
from proofs_checks.cli import main
main()
"""


@pytest.mark.parametrize("place", ["before", "after"])
def test_ctrl_c_just_before_and_just_after_a_command_is_a_line(place):
    with start(BETWEEN.format(place=place), "laws") as process:
        out, err = process.communicate(timeout=100)
    assert (err, process.returncode) == ("proofhead: interrupted\n", 130)
    assert bool(out) == (place == "after")


def test_what_does_not_fit_into_memory_is_a_line(tmp_path, monkeypatch, capsys):
    def refuse(*_args, **_more):
        raise MemoryError("Unable to allocate 745 GiB")

    monkeypatch.setattr("numpy.linspace", refuse)
    words = ["sweep", "binary-head", "--over", "w=1:2:99", "-o", str(tmp_path / "s")]
    assert run(words) == 2
    assert "this takes more memory than there is (Unable to" in capsys.readouterr().err


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full")
def test_standard_output_on_a_full_disk():
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-c", MAIN, "laws"], stdout=full, stderr=subprocess.PIPE, text=True
        )
    assert done.stderr == "proofhead: error: the output: No space left on device.\n"
    assert done.returncode == 2


def test_an_audit_that_nobody_reads_keeps_its_status():
    code = "import sys; sys.stdin.readline()\n" + MAIN
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    command = [sys.executable, "-c", code, "audit", "softmax-jacobian"]
    with subprocess.Popen(command, text=True, **pipes) as process:
        process.stdout.close()
        process.stdin.write("\n")
        process.stdin.close()
        assert process.stderr.read() == ""
    assert process.returncode == 0


def children(process):
    """Return the numbers of the processes that a process has started."""
    with open(f"/proc/{process}/task/{process}/children") as listed:
        return [int(number) for number in listed.read().split()]


def lives(process):
    try:
        with open(f"/proc/{process}/stat") as opened:
            return opened.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def eventually(holds):
    """Wait until it holds, for as long as a busy machine may need; at the end it must hold."""
    for _ in range(600):
        if holds():
            return True
        time.sleep(0.1)
    return holds()


def leaves_no_process_behind(process, ending, status, processes):
    """End a command once it has so many processes; they end too, or are killed here."""
    started = []
    try:
        assert eventually(lambda: len(children(process.pid)) >= processes)
        started = children(process.pid)
        process.send_signal(getattr(signal, ending))
        assert process.wait(60) == status
        assert eventually(lambda: not any(map(lives, started)))
    finally:
        process.kill()
        for number in filter(lives, started):
            os.kill(number, signal.SIGKILL)


@pytest.mark.skipif(not os.path.exists("/proc/self/task"), reason="needs the /proc of Linux")
@pytest.mark.parametrize(("ending", "status"), [("SIGINT", 130), ("SIGTERM", 143), ("SIGKILL", -9)])
def test_an_audit_that_is_ended_leaves_no_process_behind(ending, status):
    with start(SHARED, "audit") as process:
        leaves_no_process_behind(process, ending, status, 2)


@pytest.mark.skipif(not os.path.exists("/proc/self/task"), reason="needs the /proc of Linux")
@pytest.mark.parametrize(("ending", "status"), [("SIGINT", 130), ("SIGTERM", 143), ("SIGKILL", -9)])
def test_a_check_that_is_ended_leaves_no_process_behind(ending, status, tmp_path):
    claims = "\n\n".join(f"$$q + {n} p = {n + 2} p$$" for n in range(100))
    (tmp_path / "own.md").write_text(f"$$q = 2 p$$\n\n{claims}")
    with start(MAIN, "check", "own.md", cwd=tmp_path) as process:
        leaves_no_process_behind(process, ending, status, min(2, os.cpu_count()))


@pytest.mark.parametrize(
    "command",
    ["audit", "check x.tex", "flow binary-head", "fixed-points binary-head", "portrait x -o x.png"],
)
def test_a_seed_is_0_or_more(command, capsys):
    assert run([*command.split(), "--seed", "-1"]) == 2
    assert "'--seed': a seed must be 0 or more; got -1." in capsys.readouterr().err


def test_errors_of_the_system_name_the_file(tmp_path, capsys):
    assert run(["check", "x.tex", "--html", str(tmp_path / ("long" * 100 + ".html"))]) == 2
    err = capsys.readouterr().err
    assert err.startswith("proofhead: error: `") and err.endswith("File name too long.\n")
