"""The `proofhead` command."""

from __future__ import annotations

__all__ = ["main"]


def main() -> None:
    """Run the command line and exit with its status.

    Ctrl-C while the command line itself is being imported ends the process with a line, too, and
    after the command has ended, without one: Python would show a traceback from wherever it is.
    """
    import os
    import signal

    def end(_number: int, _frame: object) -> None:
        os.write(2, b"proofhead: interrupted\n")
        os._exit(130)

    handler = signal.getsignal(signal.SIGINT)
    is_ours = handler is signal.default_int_handler  # not where it is ignored, as under nohup
    if is_ours:
        signal.signal(signal.SIGINT, end)
    _forget_the_working_folder()
    from proofs_checks.cli.run import run

    if is_ours:
        signal.signal(signal.SIGINT, handler)
    status = run()
    if is_ours:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    raise SystemExit(status)


def _forget_the_working_folder() -> None:
    """Import nothing from the working folder, unless we lie there: it may have its own `theory`."""
    import os
    import sys

    here, ours = os.getcwd(), os.path.dirname(__file__).rsplit(os.sep, 2)[0]
    if os.path.realpath(here) != os.path.realpath(ours):
        sys.path[:] = [p for p in sys.path if os.path.abspath(p or here) != here]
