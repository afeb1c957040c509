"""A process that judges equations and can be stopped: bounded in time and in memory.

The parent sends (model, equation, seed, seconds) and gets first the verdict, then, if it was a
refutation, the diagnosis; so that a diagnosis which takes too long costs nothing but itself.  With
repaired equations in place of the seed it gets the number of the first that is proved.  The process
is started once and used for many equations; importing the judges takes it a second, during which
the parent can read the document.  torch, which takes two more, is imported when the first model
comes that needs it, or at the start where ``torch`` says that one will.

Messages are pickles with their length in front, over pipes that nobody else writes to.  The
child leaves the parent's process group, so that Ctrl-C ends the parent's waiting and nothing else.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import queue
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import IO, Any

from proofs_checks.verdict import Verdict
from theory.algebra.expressions import Equation
from theory.models import Model

__all__ = ["MEMORY", "Worker", "serve"]

MEMORY = 4096
"""MiB of memory that a worker may use by default."""

STARTING = 120.0  # seconds that the imports may take
DIAGNOSIS_SHARE = 0.4  # of the time limit
LOAD = "torch"  # what to import before it is needed
_COMMAND = "from proofs_checks.worker import serve; serve()"
_LENGTH = struct.Struct("!Q")


class Worker:
    """A judging process; use it as a context manager, so that it ends with you."""

    def __init__(self, *, memory: int = MEMORY, torch: bool = False) -> None:
        self.memory, self.torch = memory, torch
        self._process: subprocess.Popen[bytes] | None = None
        self._answers: queue.Queue[Any] = queue.Queue()
        self._is_ready = self._has_torch = False
        self.start()

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start the process; it imports the judges while the caller goes on."""
        root = str(Path(__file__).resolve().parents[1])
        self._complaints = tempfile.TemporaryFile()
        path = os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH", ""))))
        self._is_ready = self._has_torch = False
        self._process = subprocess.Popen(
            [sys.executable, "-c", _COMMAND, *([LOAD] if self.torch else [])],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._complaints,
            env={
                "OMP_NUM_THREADS": "1",  # the arrays are tiny: more threads only get in the way
                **os.environ,
                "PYTHONPATH": path,
                "PROOFHEAD_MEMORY": str(self.memory),
            },
            start_new_session=True,
        )
        self._answers = queue.Queue()
        reading = (self._process.stdout, self._answers)
        threading.Thread(target=_collect, args=reading, daemon=True).start()

    def stop(self) -> None:
        """End the process at once; `start` or the next equation begins a new one."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            for pipe in filter(None, (process.stdin, process.stdout, self._complaints)):
                with contextlib.suppress(OSError):  # a message may be stuck in the pipe
                    pipe.close()

    def judge(self, model: Model, equation: Equation, *, seed: int, seconds: float) -> Verdict:
        """Return the verdict, with diagnosis and correction if the equation is refuted.

        After ``seconds`` the process is killed: without a verdict by then the equation is
        undecided, and the reason says so.
        """
        if self._process is None:
            self.start()
        start = time.monotonic()
        try:
            if not self._is_ready:
                self._answer(STARTING)
                self._is_ready, self._has_torch = True, self.torch
            if model.features and not self._has_torch:
                self._send((None, None, LOAD, STARTING))
                self._has_torch = self._answer(STARTING) == LOAD
            start = time.monotonic()
            # `replace` leaves behind what a model has cached: hashes that hold in this process only
            self._send((replace(model), equation, seed, seconds))
            verdict: Verdict = self._answer(seconds)
        except _Stopped as stopped:
            self.stop()
            spent = time.monotonic() - start
            return Verdict("undecided", "", detail=str(stopped), seconds=spent)
        if verdict.status != "refuted":
            return verdict
        try:
            diagnosis, correction, repaired = self._answer(seconds - (time.monotonic() - start))
        except _Stopped as stopped:
            self.stop()
            detail = "; ".join(filter(None, (verdict.detail, f"no diagnosis: {stopped}")))
            return replace(verdict, detail=detail)
        seconds = time.monotonic() - start
        return replace(
            verdict,
            diagnosis=diagnosis,
            correction=correction,
            repaired=repaired,
            seconds=seconds,
        )

    def first_true(
        self, model: Model, equation: Equation, candidates: Sequence[Equation], *, seconds: float
    ) -> int | None:
        """Return the place of the first proved one among repairs of a refuted equation."""
        if self._process is None or not self._is_ready:
            return None
        try:
            self._send((replace(model), equation, tuple(candidates), seconds))
            return self._answer(seconds + 1)
        except _Stopped:
            self.stop()
            return None

    def _send(self, message: object) -> None:
        if self._process is None or self._process.stdin is None:
            raise _Stopped("the judging process has been stopped")
        try:
            _write(self._process.stdin, message)
        except OSError:
            raise _Stopped(self._ending()) from None
        except RecursionError:
            raise _Stopped("the equation is nested too deeply to be judged") from None

    def _answer(self, seconds: float) -> Any:
        try:
            answer = self._answers.get(timeout=max(seconds, 0.0))
        except queue.Empty:
            raise _Stopped(f"stopped after the time limit of {seconds:.3g} s") from None
        if isinstance(answer, _Failure):
            raise _Stopped(answer.reason or self._ending())
        return answer

    def _ending(self) -> str:
        """Return how the process came to its end."""
        status = self._process.wait() if self._process else None
        self._complaints.seek(0)
        last = self._complaints.read().decode(errors="replace").strip().rpartition("\n")[2][-200:]
        why = f": {last}" if last else ", perhaps out of memory"
        return f"the judging process ended by itself (status {status}){why}"


class _Stopped(Exception):
    """No answer will come; the text says why."""


class _Failure:
    """An answer that is none; an empty reason means the end of the process."""

    def __init__(self, reason: str = "") -> None:
        self.reason = reason


def _write(pipe: IO[bytes], message: object) -> None:
    data = pickle.dumps(message)
    pipe.write(_LENGTH.pack(len(data)) + data)
    pipe.flush()


def _read(pipe: IO[bytes]) -> Iterator[Any]:
    """Yield messages until the other side closes the pipe."""
    while len(head := pipe.read(_LENGTH.size)) == _LENGTH.size:
        (length,) = _LENGTH.unpack(head)
        data = pipe.read(length)
        if len(data) < length:
            return
        yield pickle.loads(data)  # from our own child or parent, over a pipe of our own


def _collect(pipe: IO[bytes], answers: queue.Queue[Any]) -> None:
    with contextlib.suppress(OSError, ValueError):  # the pipe was closed while we waited
        for message in _read(pipe):
            answers.put(message)
    answers.put(_Failure())


# -- in the child ---------------------------------------------------------------------------


def serve() -> None:
    """Answer requests from standard input until it ends."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever prints must not end up between the answers
    memory = int(os.environ.get("PROOFHEAD_MEMORY", MEMORY))
    _limit_memory(memory)
    from proofs_checks.audit import judge
    from proofs_checks.diagnosis import diagnose

    if LOAD in sys.argv[1:]:
        import_module("proofs_checks.checks.autograd")
    _write(answers, "ready")
    for model, equation, task, seconds in _read(sys.stdin.buffer):
        deadline = time.monotonic() + seconds
        _end_after(seconds + 30)  # if the parent was killed, nobody else stops us
        try:
            if task == LOAD:
                import_module("proofs_checks.checks.autograd")
                _write(answers, LOAD)
                continue
            if isinstance(task, tuple):
                _write(answers, _first_true(model, equation, task, deadline))
                continue
            verdict = judge(model, equation, seed=task)
            _write(answers, verdict)
            if verdict.status == "refuted":
                # a mistake that is not found soon is none of a single edit
                until = min(deadline - 1, time.monotonic() + seconds * DIAGNOSIS_SHARE)
                _write(answers, tuple(diagnose(model, equation, deadline=until)))
        except MemoryError:
            _write(answers, _Failure(f"stopped at the memory limit of {memory} MiB"))
        except Exception as error:
            said = f"{type(error).__name__}: {error}"
            _write(answers, _Failure(f"a judge failed, which is a defect to report ({said})"))
        finally:
            _end_after(0)


_cases: list[Any] = []  # the last refuted equation that was to be repaired


def _first_true(
    model: Model, equation: Equation, candidates: tuple[Equation, ...], deadline: float
) -> int | None:
    from proofs_checks.diagnosis.case import Case, OutOfTime

    try:
        if not _cases or (_cases[0].model, _cases[0].equation) != (model, equation):
            _cases[:] = [Case(model, equation, deadline)]
        case = _cases[0]
        case.deadline = deadline
        return next((n for n, e in enumerate(candidates) if case.holds(*e.args)), None)
    except (OutOfTime, ValueError):
        return None


def _limit_memory(mebibytes: int) -> None:
    """Bound what this process may allocate; where that is impossible nothing is bounded."""
    try:
        import resource
    except ImportError:  # Windows
        return
    with contextlib.suppress(ValueError, OSError):
        _, most = resource.getrlimit(resource.RLIMIT_DATA)
        wanted = mebibytes * 2**20
        resource.setrlimit(resource.RLIMIT_DATA, (wanted, most))


def _end_after(seconds: float) -> None:
    """End this process after so many seconds; 0 takes that back."""
    import signal

    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, seconds)
