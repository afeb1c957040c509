"""The `proofhead` command."""

from __future__ import annotations

__all__ = ["main"]


def main() -> None:
    """Run the command line and exit with its status.

    Ctrl-C ends the process with a line also while the command line itself is being imported, and
    after the command has ended without one: Python would show a traceback from wherever it is.
    """
    try:
        status = _status()
    except KeyboardInterrupt:
        status = _end()
    raise SystemExit(status)


def _status() -> int:
    import signal

    handler = signal.getsignal(signal.SIGINT)
    is_ours = handler is signal.default_int_handler  # not where it is ignored, as under nohup
    if is_ours:  # an exception could be lost, or become another, while modules are imported
        signal.signal(signal.SIGINT, _end)
    _forget_the_working_folder()
    from proofs_checks.cli.run import run

    if is_ours:
        signal.signal(signal.SIGINT, handler)
    status = run()
    if is_ours:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    return status


def _end(*_: object) -> int:
    """End the process with a line, and nothing more: it holds no files and no processes here."""
    import os

    os.write(2, b"proofhead: interrupted\n")
    os._exit(130)


def _forget_the_working_folder() -> None:
    """Import nothing from the working folder, unless we lie there: it may have its own `theory`."""
    import os
    import sys

    here, ours = os.getcwd(), os.path.dirname(__file__).rsplit(os.sep, 2)[0]
    if os.path.realpath(here) != os.path.realpath(ours):
        sys.path[:] = [p for p in sys.path if os.path.abspath(p or here) != here]
