"""Seconds for one seed of the sticky chain at the paper's sizes, on all cores of this machine.

    python -m benchmarks sticky_seeds

A seed is what the authors' script computes: 1,000 steps of SGD and 1,000 of the EM-like schedule,
at length 2,000 in float32.  Ours runs a seed on each core, by the generated gradient with one
thread of torch, as `proofhead reproduce` does; the rival is the same loop by eager autograd, one
seed with all threads, as the script does.  They take turns; both are timed over some of the steps.
"""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Callable
from typing import Any

from benchmarks.causal_head import problem
from numerics.experiments.causal_autograd import autograd_value_and_gradient
from numerics.experiments.causal_head import causal_value_and_gradient
from numerics.experiments.sticky_markov import ARMS, PAIR, descend

LENGTH = 2000
STEPS = 50  # of 1,000
ROUNDS = 3


def _pair(gradient_of: Callable[..., Any], threads: int) -> float:
    """Return the seconds for some steps of both schedules."""
    import torch

    torch.set_num_threads(threads)
    x, y, first = problem(LENGTH)
    gradient_of(x, y, first)  # compiled and warm
    start = time.perf_counter()
    for arm in PAIR:
        weights = {n: w.clone() for n, w in first.items()}
        descend({"X": x, "y": y}, weights, ARMS[arm], STEPS, gradient_of)
    return time.perf_counter() - start


def _ours(_: int) -> float:
    return _pair(causal_value_and_gradient, 1)


def _theirs(threads: int) -> float:
    return _pair(autograd_value_and_gradient, threads)


def main() -> None:
    """Print the seconds for a seed of 1,000 steps, and their ratio."""
    cores, whole = os.cpu_count() or 1, 1000 / STEPS
    print(f"{cores} cores   ours (s a seed)   autograd (s a seed)   ratio")
    with multiprocessing.get_context("spawn").Pool(cores) as pool:
        for _ in range(ROUNDS):
            ours = max(pool.map(_ours, range(cores), chunksize=1)) * whole / cores
            theirs = pool.apply(_theirs, (cores,)) * whole
            print(f"          {ours:15.1f} {theirs:21.1f} {theirs / ours:7.2f}")


if __name__ == "__main__":
    main()
