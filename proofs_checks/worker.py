"""A process that does tasks of judging and can be stopped: bounded in time and in memory.

The parent sends (task, arguments, seconds) and gets the answers of `proofs_checks.serving`.  The
process is started once and used for many equations; importing the judges takes it a second, and
torch two more, during which the parent can read the document.

Messages are pickles with their length in front, over pipes that nobody else writes to.  The
child leaves the parent's process group, so that Ctrl-C ends the parent's waiting and nothing else.
Nothing here needs SymPy: the child can start before the parent has imported it.
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
from collections.abc import Iterator
from concurrent.futures import CancelledError
from pathlib import Path
from typing import IO, Any

__all__ = [
    "MEMORY",
    "TORCH",
    "Failure",
    "Stopped",
    "Worker",
    "opened",
    "read_frames",
    "write_message",
]

MEMORY = 4096
"""MiB of memory that a worker may use by default."""

TORCH = "torch"
"""The task of importing torch, and the argument of a process that does so before it is ready."""

STARTING = 120.0  # seconds that the imports may take
_COMMAND = "from proofs_checks.serving import serve; serve()"
_LENGTH = struct.Struct("!Q")


class Stopped(Exception):
    """No answer will come, and the process has been ended; the text says why."""


class Failure:
    """An answer that is none; an empty reason means the end of the process."""

    def __init__(self, reason: str = "") -> None:
        self.reason = reason


class Worker:
    """A judging process for one thread; use it as a context manager, so that it ends with you.

    It starts with `start` or with the first task, and imports ``torch`` then, or when it is needed.
    """

    def __init__(self, *, memory: int = MEMORY, torch: bool = False) -> None:
        self.memory, self.torch = memory, torch
        self._process: subprocess.Popen[bytes] | None = None
        self._answers: queue.Queue[Any] = queue.Queue()
        self._is_ready = self._is_abandoned = False

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start the process; it imports the judges while the caller goes on."""
        root = str(Path(__file__).resolve().parents[1])
        self._complaints = tempfile.TemporaryFile()
        path = os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH", ""))))
        self._is_ready = False
        # -P: nothing is imported from the working folder, which may have a `theory` of its own
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", _COMMAND, *([TORCH] if self.torch else [])],
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
        """End the process at once; `start` or the next task begins a new one."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            for pipe in filter(None, (process.stdin, process.stdout, self._complaints)):
                with contextlib.suppress(OSError):  # a message may be stuck in the pipe
                    pipe.close()

    def begin(self) -> None:
        """Take up a task that has not been abandoned, with another process if the last one was."""
        if self._is_abandoned:
            self.stop()
        self._is_abandoned = False

    def abandon(self) -> None:
        """End the process from another thread; in the one that asks `CancelledError` is raised."""
        self._is_abandoned = True
        process = self._process
        if process is not None:
            process.kill()

    def wait_until_ready(self, *, torch: bool = False) -> None:
        """Start the process if there is none, and wait for its imports, with ``torch`` for that.

        Raises `Stopped` if it ends before.
        """
        is_late = torch and not self.torch
        self.torch |= torch
        if self._process is None:
            self.start()
            is_late = False
        if not self._is_ready:
            self.answer(STARTING)
            self._is_ready = True
        if is_late:
            self._send((TORCH, (), STARTING))
            self.answer(STARTING)

    def ask(self, task: str, *arguments: object, seconds: float, limit: float | None = None) -> Any:
        """Return the first answer to a task; ``limit`` is as for `answer`.

        Raises `Stopped` if there is none within ``seconds``, which count once the process is ready.
        """
        self.wait_until_ready()
        self._send((task, arguments, seconds))
        return self.answer(seconds, limit=limit)

    def answer(self, seconds: float, *, limit: float | None = None) -> Any:
        """Return the next answer; ``limit`` is what the complaint calls the time limit.

        Raises `Stopped` if there is none within ``seconds``.
        """
        try:
            answer = self._answers.get(timeout=max(seconds, 0.0))
        except queue.Empty:
            limit = seconds if limit is None else limit
            raise self._stopped(f"stopped after the time limit of {limit:.3g} s") from None
        if isinstance(answer, Failure):
            raise self._stopped(answer.reason or self._ending())
        return answer

    def _send(self, message: object) -> None:
        if self._process is None or self._process.stdin is None:
            raise self._stopped("the judging process has been stopped")
        try:
            write_message(self._process.stdin, message)
        except OSError:
            reason = self._ending()
        except RecursionError:
            reason = "the equation is nested too deeply to be judged"
        else:
            return
        raise self._stopped(reason)

    def _stopped(self, reason: str) -> Exception:
        """End the process and return what is to be raised."""
        self.stop()
        return CancelledError() if self._is_abandoned else Stopped(reason)

    def _ending(self) -> str:
        """Return how the process came to its end."""
        status = self._process.wait() if self._process else None
        self._complaints.seek(0)
        last = self._complaints.read().decode(errors="replace").strip().rpartition("\n")[2][-200:]
        why = f": {last}" if last else ", perhaps out of memory"
        return f"the judging process ended by itself (status {status}){why}"


def write_message(pipe: IO[bytes], message: object) -> None:
    """Write one message."""
    data = pickle.dumps(message)
    pipe.write(_LENGTH.pack(len(data)) + data)
    pipe.flush()


def read_frames(pipe: IO[bytes]) -> Iterator[bytes]:
    """Yield messages as they came, pickled, until the other side closes the pipe."""
    while len(head := pipe.read(_LENGTH.size)) == _LENGTH.size:
        (length,) = _LENGTH.unpack(head)
        data = pipe.read(length)
        if len(data) < length:
            return
        yield data


def opened(frame: bytes) -> Any:
    """Return a message; it is from our own child or parent, over a pipe of our own."""
    return pickle.loads(frame)


def _collect(pipe: IO[bytes], answers: queue.Queue[Any]) -> None:
    with contextlib.suppress(OSError, ValueError):  # the pipe was closed while we waited
        for frame in read_frames(pipe):
            answers.put(opened(frame))
    answers.put(Failure())
