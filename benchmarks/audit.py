"""Processor time of the audit and of `check`: this tree, and beside it another revision.

    python -m benchmarks.audit             the whole catalogue, one law, a document of ten equations
    python -m benchmarks.audit REVISION    the same of a revision of this repository, in turns

Every run is a process of its own from a cold start, without the cache of verdicts; what its workers
spend counts.  On a machine that does other things too only processor times can be compared.
"""

from __future__ import annotations

import io
import os
import resource
import subprocess
import sys
import tarfile
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TEN = "examples/claims/first_order_laws.tex"
COMMANDS = {
    "one law": ["audit", "advantage-routing"],
    "ten equations": ["check", TEN],
    "the catalogue": ["audit"],
}
TURNS = {"one law": 3, "ten equations": 3, "the catalogue": 1}


def spent(tree: Path, words: list[str]) -> tuple[float, float]:
    """Return the processor time and the wall time of a command, in seconds."""
    environment = {**os.environ, "PYTHONPATH": str(tree), "PROOFHEAD_CACHE": "off"}
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    command = [sys.executable, "-m", "proofhead", *words]
    done = subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True)
    if done.returncode not in (0, 1):
        raise RuntimeError(f"{' '.join(command)} in {tree}: {done.stderr}")
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, wall


def unpacked(revision: str, folder: Path) -> Path:
    """Return a folder with the files of a revision."""
    archive = subprocess.run(
        ["git", "archive", "--format=tar", revision], cwd=ROOT, capture_output=True, check=True
    )
    with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as packed:
        packed.extractall(folder, filter="data")
    return folder


def measure(trees: dict[str, Path]) -> None:
    """Run every command in every tree, in turns, and print the smallest times."""
    print(f"{'':14} {'tree':12} {'processor s':>12} {'wall s':>8} {'times':>6}")
    for name, words in COMMANDS.items():
        runs: dict[str, list[tuple[float, float]]] = {tree: [] for tree in trees}
        for _ in range(TURNS[name]):
            for tree, folder in trees.items():
                runs[tree].append(spent(folder, words))
        least = {tree: tuple(map(min, zip(*found, strict=True))) for tree, found in runs.items()}
        ours = least["this tree"][0]
        for tree, (processor, wall) in least.items():
            ratio = processor / ours
            print(f"{name:14} {tree:12} {processor:12.1f} {wall:8.1f} {ratio:6.2f}", flush=True)


def main(revision: str = "") -> None:
    """Measure this tree, and a revision beside it if one is named."""
    with tempfile.TemporaryDirectory() as folder:
        trees = {"this tree": ROOT}
        if revision:
            trees[revision[:12]] = unpacked(revision, Path(folder))
        measure(trees)


if __name__ == "__main__":
    main(*sys.argv[1:2])
