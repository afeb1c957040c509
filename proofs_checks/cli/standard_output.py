"""Standard output that may be closed early, as by `| head`, or know few characters.

What cannot be written any more is dropped without a word: the command goes on, writes its files and
returns the exit status that it has earned.  Characters that the encoding lacks become escapes.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console

__all__ = ["print_json", "standard_output"]


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Let `standard_output` handle it; the console itself would exit with the status 1."""
        raise BrokenPipeError


@contextmanager
def standard_output() -> Iterator[Console]:
    """Give a console on standard output; the block ends where its reader closes it."""
    reconfigure = getattr(sys.stdout, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="backslashreplace")
    try:
        yield _Console()
        sys.stdout.flush()
    except BrokenPipeError:
        # what is left in the buffer goes nowhere, so that Python does not complain at exit
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def print_json(document: dict[str, Any]) -> None:
    """Print one JSON document, in ASCII where the encoding of standard output is no Unicode."""
    is_unicode = (sys.stdout.encoding or "").lower().startswith("utf")
    print(json.dumps(document, ensure_ascii=not is_unicode, indent=1))
