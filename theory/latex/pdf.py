"""Compiling LaTeX with pdflatex, where it is installed.

pdflatex runs in a temporary folder, without shell escape and without questions, until contents and
references have settled.  The PDF appears under its name only when it is complete.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

from theory.files import scratch_folder, write_atomically

__all__ = ["LatexError", "compile_pdf"]

ADVICE = (
    "Install it (Debian, Ubuntu: `apt-get install texlive-latex-base texlive-latex-recommended`), "
    "or leave the PDF out and compile the .tex file elsewhere."
)
RUNS = 4  # at most: contents and references settle after two or three
LIMIT = 120  # seconds for one run


class LatexError(OSError):
    """pdflatex is missing, failed, or did not finish."""


def compile_pdf(source: str, output: str | Path) -> Path:
    """Write the PDF of a LaTeX document (its text, not its path) to ``output``; return the path.

    Raises `LatexError` with the first error of TeX and its line, or with advice where pdflatex is
    not installed; `OSError` if ``output`` cannot be written.  An older file then stays as it was.
    """
    program = shutil.which("pdflatex")
    if program is None:
        raise LatexError(f"`pdflatex` is needed for a PDF and is not on the PATH. {ADVICE}")
    output = Path(output)
    with scratch_folder() as folder:
        path = folder / "document.tex"
        path.write_text(source, encoding="utf-8")
        for run in range(RUNS):
            log = _run(program, path)
            if run and "Rerun to get" not in log:
                break
        write_atomically(output, path.with_suffix(".pdf").read_bytes())
    return output


def _run(program: str, path: Path) -> str:
    """Run pdflatex once and return what it said."""
    command = [
        program, "-no-shell-escape", "-interaction=nonstopmode", "-halt-on-error",
        "-file-line-error", path.name,
    ]  # fmt: skip
    # paranoid: TeX reads and writes in its own folder only; long lines: errors in one piece
    environment = os.environ | {"openin_any": "p", "openout_any": "p", "max_print_line": "1000"}
    try:
        done = subprocess.run(
            command, cwd=path.parent, env=environment, stdin=subprocess.DEVNULL,
            capture_output=True, timeout=LIMIT, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise LatexError(f"`pdflatex` did not finish within {LIMIT} s and was stopped.") from None
    log = done.stdout.decode("utf-8", "replace")
    if done.returncode or not path.with_suffix(".pdf").exists():
        raise LatexError(f"`pdflatex` failed: {first_error(log)}.")
    return log


def first_error(log: str) -> str:
    """Return the first error of a TeX log with its line number, the last line if there is none."""
    lines = log.splitlines()
    for place, line in enumerate(lines):
        found = re.match(r"(?:\./)?[^:\s]+\.tex:(\d+): (.*)", line)
        if found:
            message = found[2].rstrip(".")
            shown = next((x for x in lines[place + 1 : place + 4] if re.match(r"l\.\d+ ", x)), "")
            near = shown.partition(" ")[2].strip()
            return f"line {found[1]}: {message}{f', at `{near}`' if near else ''}"
        if line.startswith("! "):
            return line[2:].rstrip(".")
    return lines[-1].rstrip(".") if lines else "it said nothing"
