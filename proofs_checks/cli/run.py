"""Running a command: errors become one line, an interrupt or a closed pipe ends quietly."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import typer

from proofs_checks.cli.app import app

__all__ = ["BAD_USAGE", "INTERRUPTED", "run"]

BAD_USAGE = 2
INTERRUPTED = 130


def run(arguments: Sequence[str] | None = None) -> int:
    """Return the exit status of the command line ``arguments`` (default: those of the process)."""
    command = typer.main.get_command(app)
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        # not `command.main`, which would turn an interrupt into an exit without a word
        with command.make_context("proofhead", words) as context:
            return int(command.invoke(context) or 0)
    except KeyboardInterrupt:
        print("proofhead: interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # whoever read our output has had enough; keep Python from complaining at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (ValueError, OSError) as error:
        print(f"proofhead: error: {error}", file=sys.stderr)
        return BAD_USAGE
    except Exception as error:
        return _usage_error(error)


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
