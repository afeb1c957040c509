"""Running a command: errors become one line, an interrupt or a closed pipe ends quietly."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

import typer

from proofs_checks.cli.app import app

__all__ = ["BAD_USAGE", "INTERRUPTED", "run"]

BAD_USAGE = 2
INTERRUPTED = 130
ENDING = ("SIGTERM", "SIGHUP")
"""Signals that end a command; like Ctrl-C they leave it time to tidy up."""


def run(arguments: Sequence[str] | None = None) -> int:
    """Return the exit status of the command line ``arguments`` (default: those of the process)."""
    command = typer.main.get_command(app)
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        # not `command.main`, which would turn an interrupt into an exit without a word
        with _tidy_endings(), command.make_context("proofhead", words) as context:
            status = int(command.invoke(context) or 0)
            sys.stdout.flush()
            return status
    except KeyboardInterrupt:
        print("proofhead: interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        _drop_output()  # whoever read it has had enough
        return 0
    except (ValueError, OSError, MemoryError) as error:
        print(f"proofhead: error: {_sentence(error)}", file=sys.stderr)
        _flush_or_drop()
        return BAD_USAGE
    except Exception as error:
        return _usage_error(error)


@contextmanager
def _tidy_endings() -> Iterator[None]:
    """Let the signals `ENDING` raise `SystemExit`, so that temporary files and processes go.

    A second one ends the process at once.  One that is ignored, as under nohup, stays so.
    """

    def end(number: int, _frame: FrameType | None) -> None:
        signal.signal(number, signal.SIG_DFL)
        raise SystemExit(128 + number)

    numbers = [getattr(signal, name) for name in ENDING if hasattr(signal, name)]
    if threading.current_thread() is not threading.main_thread():
        numbers = []
    numbers = [n for n in numbers if signal.getsignal(n) == signal.SIG_DFL]
    for number in numbers:
        signal.signal(number, end)
    try:
        yield
    finally:
        for number in numbers:
            signal.signal(number, signal.SIG_DFL)


def _sentence(error: Exception) -> str:
    """Return what an error says; what comes from the system gets the file's name in front."""
    if isinstance(error, OSError) and error.errno is not None:
        name = f"`{error.filename}`" if error.filename else "the output"
        return f"{name}: {error.strerror}."
    if isinstance(error, MemoryError):
        said = f" ({error})" if str(error) else ""
        return f"this takes more memory than there is{said}. Ask for fewer or smaller parts."
    return str(error)


def _flush_or_drop() -> None:
    try:
        sys.stdout.flush()
    except OSError:
        _drop_output()


def _drop_output() -> None:
    """Let what is left of the output go nowhere, so that Python does not complain at exit."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def _usage_error(error: Exception) -> int:
    """Show what the command-line parser found wrong; anything else is a defect and goes on."""
    show, status = getattr(error, "show", None), getattr(error, "exit_code", None)
    if type(error).__name__ == "Abort":
        print("proofhead: interrupted", file=sys.stderr)
        return INTERRUPTED
    if status is None:
        raise error
    if show is not None:
        show()
    return int(status)
