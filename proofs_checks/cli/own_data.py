"""`proofhead reproduce NAME --data FILE`: an experiment's question, asked of a user's own data."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import Any

from proofs_checks.cli.reproducing import finite
from proofs_checks.reports.machine import SCHEMA

__all__ = ["run_own_data"]

READERS = {
    "token-priority": ("JSON lines", "own_sequences", "read_sequences"),
    "linear-regression": ("CSV", "own_regression", "read_table"),
}
"""What an experiment takes: the form of its files, the module that judges them, its reader."""


def run_own_data(
    name: str | None, path: Path, output: Path | None, *, skip_malformed: bool, as_json: bool
) -> int:
    """Judge a user's own data, and write report and figures to a folder if one is named.

    Raises `ValueError` for an experiment that takes none, a file without data, or malformed lines
    that are not to be passed over; `OSError` for a file that cannot be read or written.
    """
    if name not in READERS:
        takes = " and ".join(f"{n} ({form})" for n, (form, *_) in READERS.items())
        raise ValueError(f"--data is for {takes}; got `{name}`.")
    _, module, reader = READERS[name]
    judge: Any = import_module(f"numerics.experiments.{module}")
    found = getattr(judge, reader)(_lines(path))
    for message in found.malformed:
        print(f"proofhead: {path}: {message}", file=sys.stderr)
    if found.malformed and not skip_malformed:
        raise ValueError(
            f"`{path}` has {len(found.malformed)} malformed lines and nothing was used. "
            "Mend them, or use the others with --skip-malformed."
        )
    report = judge.judged(found)
    body = {"schema": SCHEMA, "file": str(path), "malformed": list(found.malformed)}
    written = json.dumps(finite({**body, **asdict(report)}), ensure_ascii=False, indent=1)
    shown = "\n".join(judge.words(report))
    if output is not None:
        _save(output, judge, report, shown, written)
    print(written if as_json else shown)
    return 0


def _lines(path: Path) -> list[str]:
    try:
        # spreadsheets begin their texts with a byte order mark
        if path.exists() and not path.is_file() and not path.is_dir():
            raise ValueError(f"`{path}` is a pipe or a device; give a file.")
        return path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise ValueError(f"`{path}` is no UTF-8 text: {error.reason}.") from None


def _save(folder: Path, judge: Any, report: Any, shown: str, written: str) -> None:
    from numerics.experiments import figures
    from theory.files import write_atomically

    folder.mkdir(parents=True, exist_ok=True)
    with figures.look():
        for name, figure in judge.draw(report).items():
            figures.save(folder, name, figure)
    write_atomically(folder / "report.txt", shown + "\n")
    write_atomically(folder / "report.json", written + "\n")
