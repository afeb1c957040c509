"""The explorer as a user starts it: a process of its own that serves a page."""

import os
import subprocess
import sys
from contextlib import contextmanager

MAIN = "from proofs_checks.cli import main; main()"
SAID = "only who has this address can see it; end it with Ctrl-C\n"
OWN = """
name = "own"
variables = ["x", "y"]
[parameters]
k = 1
[field]
x = "k*x - x^3"
y = "-y"
[window]
x = [-2, 2]
y = [-1, 1]
"""


@contextmanager
def explorer(*words, cwd):
    """Yield the process and its address; end it, whatever happens."""
    process = subprocess.Popen(
        [sys.executable, "-c", MAIN, "explore", *words, "--no-browser"],
        cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    try:
        line = process.stdout.readline()
        assert line.startswith("exploring "), process.stderr.read()
        yield process, line.split()[-1]
    finally:
        process.kill()
        process.wait(30)
        process.stdout.close()
        process.stderr.close()
