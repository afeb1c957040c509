"""Loss and gradient of a causal head: the generated code against autograd, in one run.

    python -m benchmarks.causal_head

Sizes of the sticky chain (width 20, d_k 10, d_v 15, 8 symbols) at several lengths, float32, one
thread of torch.  The three take turns, and medians are printed, so that a busy machine slows all.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from numerics.experiments.causal_autograd import milliseconds

LENGTHS = (500, 2000, 4000)
ROUNDS = 25


def problem(length: int) -> tuple[Any, Any, dict[str, Any]]:
    """Return x (T, 20), one-hot y (T, 8) and the four weights, N(0, 0.1^2)."""
    import torch

    rng = np.random.default_rng(0)
    shapes = {"W_Q": (20, 10), "W_K": (20, 10), "W_V": (20, 15), "W_O": (8, 15)}
    draw = lambda *shape: torch.tensor(rng.standard_normal(shape), dtype=torch.float32)  # noqa: E731
    labels = torch.tensor(np.eye(8, dtype=np.float32)[rng.integers(8, size=length)])
    return draw(length, 20), labels, {n: 0.1 * draw(*shape) for n, shape in shapes.items()}


def main() -> None:
    """Print the table."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        print(f"{'length':>6} {'generated':>10} {'eager':>8} {'fused':>8}   eager/ours  fused/ours")
        for length in LENGTHS:
            ms = milliseconds(*problem(length), repeats=ROUNDS)
            ours, eager, fused = ms["generated"], ms["eager"], ms["fused"]
            print(f"{length:6d} {ours:7.1f} ms {eager:5.1f} ms {fused:5.1f} ms "
                  f"{eager / ours:11.2f} {fused / ours:11.2f}")  # fmt: skip
    finally:
        torch.set_num_threads(before)


if __name__ == "__main__":
    main()
