"""`proofhead explore`: a phase portrait on a page that this machine serves."""

from __future__ import annotations

import importlib.util
import signal
import sys
import threading
import webbrowser
from collections.abc import Sequence

from proofs_checks.cli.portraying import PortraitOptions
from proofs_checks.cli.standard_output import print_json
from proofs_checks.reports.machine import SCHEMA

__all__ = ["run_explore"]

MOST_PORT = 65_535


def run_explore(
    options: PortraitOptions, ranges: Sequence[str], *, port: int, browser: bool, as_json: bool
) -> int:
    """Serve the explorer until it is ended, and return the status.

    Raises `ValueError` for what `proofhead portrait` would refuse, or where bokeh is missing.
    """
    if importlib.util.find_spec("bokeh") is None:
        raise ValueError(
            "`proofhead explore` needs the package bokeh, which is not installed. "
            "Install it with `pip install 'proofhead[explore]'`."
        )
    if not 0 <= port <= MOST_PORT:
        raise ValueError(f"`--port` must be from 0 (a free one) to {MOST_PORT}; got {port}.")
    from proofs_checks.explorer import Explorer, subject_of
    from proofs_checks.explorer.server import ExplorerServer

    subject = subject_of(options, ranges)
    server = ExplorerServer(Explorer(subject), port)
    if as_json:
        print_json({"schema": SCHEMA, "system": subject.system.name, "url": server.url})
    else:
        print(f"exploring {subject.system.name} at {server.url}")
        print("only who has this address can see it; end it with Ctrl-C", file=sys.stderr)
    sys.stdout.flush()
    if browser:  # in a thread: some browsers answer only when they are closed
        threading.Thread(target=webbrowser.open, args=(server.url,), daemon=True).start()
    number = server.run()
    return 0 if number in (0, signal.SIGINT) else 128 + number
