"""Verdicts of earlier runs, so that of an edited paper only what has changed is judged again.

A verdict is kept under a digest of everything that it depends on: the statement and its model, the
seed, the time limit, the LaTeX (corrections are written in its notation), every file of our own
code, and the versions of Python and of the libraries that the judges use.  What differs in any of
these is another entry; so a verdict is never out of date.

Every entry carries a checksum.  One that is damaged, or does not read back as what was written, is
removed and judged anew.  Verdicts that may come out otherwise with more time, and `inconsistent`
ones, are not kept.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import platform
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from proofs_checks.checks.outcome import Outcome
from proofs_checks.structure import structure
from proofs_checks.verdict import Counterexample, Diagnosis, Verdict
from theory.files import write_atomically

__all__ = ["VerdictCache", "cache_folder", "our_code", "versions"]

FORMAT = 1
VARIABLE = "PROOFHEAD_CACHE"
"""Environment variable: another folder, or "off"."""

LIBRARIES = ("proofhead", "sympy", "mpmath", "numpy", "scipy", "python-flint", "torch", "lark")
CODE = ("theory", "proofs_checks")
MOST_BYTES = 64 * 2**20
KEPT = ("proved", "verified", "undecided", "refuted")


def cache_folder() -> Path | None:
    """Return the folder that verdicts are kept in, None if there shall be none."""
    named = os.environ.get(VARIABLE)
    if named == "off":
        return None
    if named:
        return Path(named)
    from platformdirs import user_cache_path

    return user_cache_path("proofhead") / "verdicts"


@cache
def our_code() -> str:
    """Return a digest of every file of the packages that read and judge."""
    root, digest = Path(__file__).resolve().parents[1], hashlib.sha256()
    for package in CODE:
        for path in sorted((root / package).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".pyc":
                content = path.read_bytes()
                digest.update(f"{path.relative_to(root).as_posix()} {len(content)}\n".encode())
                digest.update(content)
    return digest.hexdigest()


@cache
def versions() -> Mapping[str, str]:
    """Return the versions of what the judges run on."""
    found = {"python": sys.version, "machine": f"{platform.system()} {platform.machine()}"}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "none"
    return found


class VerdictCache:
    """Verdicts in a folder; what cannot be read or written there is judged, never an error."""

    def __init__(self, folder: Path, *, most: int = MOST_BYTES) -> None:
        self.folder, self.most = folder, most
        self._has_new = False

    def key(self, *parts: Any) -> str | None:
        """Return the digest of what a verdict depends on, None if that cannot be told."""
        try:
            said = structure(FORMAT, our_code(), dict(versions()), *parts)
        except (TypeError, RecursionError, OSError):
            return None
        return hashlib.sha256(said.encode()).hexdigest()

    def get(self, key: str | None) -> tuple[Verdict, str] | None:
        """Return the verdict that is kept under a key, and the note beside it."""
        if key is None:
            return None
        path = self._path(key)
        try:
            entry = json.loads(path.read_bytes())
            if entry["key"] == key and entry["sum"] == _checksum(entry["body"]):
                found = _verdict(entry["body"]["verdict"]), str(entry["body"]["note"])
                os.utime(path)  # what is not asked for goes first
                return found
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            pass
        with contextlib.suppress(OSError):
            path.unlink()
        return None

    def put(self, key: str | None, verdict: Verdict, note: str = "") -> None:
        """Keep a verdict, if it is one that more time would not change."""
        if key is None or not _is_final(verdict):
            return
        verdict = replace(verdict, repaired=None, seconds=0.0)
        try:
            body = {"verdict": asdict(verdict), "note": note}
            text = json.dumps({"key": key, "sum": _checksum(body), "body": body})
            if _verdict(json.loads(text)["body"]["verdict"]) != verdict:
                return
            path = self._path(key)
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)  # papers may be secret yet
            path.parent.mkdir(exist_ok=True)
            write_atomically(path, text)
        except (OSError, TypeError, ValueError):
            return
        self._has_new = True

    def trim(self) -> None:
        """Remove what has not been asked for the longest, where there is more than fits."""
        if not self._has_new:
            return
        with contextlib.suppress(OSError):
            entries = sorted(self._entries(), reverse=True)
            total = 0
            for _, size, path in entries:
                total += size
                if total > self.most:
                    path.unlink(missing_ok=True)

    def _entries(self) -> Iterator[tuple[float, int, Path]]:
        for path in self.folder.glob("*/*.json"):
            found = path.stat()
            yield found.st_mtime, found.st_size, path

    def _path(self, key: str) -> Path:
        return self.folder / key[:2] / f"{key}.json"


def _is_final(verdict: Verdict) -> bool:
    """Return whether the judges came to their end: they answered, and a mistake was found."""
    if verdict.status not in KEPT or not verdict.checks:
        return False
    return verdict.status != "refuted" or verdict.diagnosis is not None


def _checksum(body: Any) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()


def _verdict(entry: Mapping[str, Any]) -> Verdict:
    point, diagnosis = entry["counterexample"], entry["diagnosis"]
    return Verdict(**{
        **entry,
        "hypotheses": tuple(entry["hypotheses"]),
        "checks": tuple(Outcome(**outcome) for outcome in entry["checks"]),
        "counterexample": None if point is None else Counterexample(**point),
        "diagnosis": None if diagnosis is None else Diagnosis(**diagnosis),
    })  # fmt: skip
