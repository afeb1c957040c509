"""Generated NumPy against the formulas as one would write them by hand, in one run.

    python -m benchmarks.codegen

One thread: the script restarts itself with the settings of the common BLAS libraries.  For each
model and size: CPU time of the hand-written function, and the ratio generated / hand for the bare
generated code and for the call with all checks of its arguments.  Hand-written and generated calls
alternate, and the best of many rounds counts, so that a busy machine hurts both.
"""

from __future__ import annotations

import math
import os
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from theory.codegen import value_and_gradient
from theory.models.attention_head import attention_head

WEIGHTS = ["W_Q", "W_K", "W_V", "W_O"]
ROUNDS, SECONDS = 9, 3.0
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
Arrays = dict[str, Any]


def by_hand(X, W_Q, W_K, W_V, W_O, y):
    d_k = W_Q.shape[1]
    Q, K, V = X @ W_Q, X @ W_K, X @ W_V
    S = Q @ K.T / math.sqrt(d_k)
    E = np.exp(S - S.max(axis=1, keepdims=True))
    P = E / E.sum(axis=1, keepdims=True)
    G = P @ V
    Z = G @ W_O.T
    Z = Z - Z.max(axis=1, keepdims=True)
    F = np.exp(Z)
    total = F.sum(axis=1, keepdims=True)
    loss = -np.sum(y * (Z - np.log(total)))
    dZ = F / total - y
    U = dZ @ W_O
    dP = U @ V.T
    dS = P * (dP - np.sum(P * dP, axis=1, keepdims=True)) / math.sqrt(d_k)
    return loss, {
        "W_Q": X.T @ (dS @ K),
        "W_K": X.T @ (dS.T @ Q),
        "W_V": X.T @ (P.T @ U),
        "W_O": dZ.T @ G,
    }


def by_hand_causal_heads(X, W_Q, W_K, W_V, W_O, y):
    d_k, T = W_Q.shape[2], X.shape[0]
    Q, K, V = X @ W_Q, X @ W_K, X @ W_V
    S = Q @ K.mT / math.sqrt(d_k)
    S = np.where(np.tri(T, dtype=bool), S, -np.inf)
    E = np.exp(S - S.max(axis=-1, keepdims=True))
    P = E / E.sum(axis=-1, keepdims=True)
    G = P @ V
    Z = (G @ W_O.mT).sum(axis=0)
    Z = Z - Z.max(axis=1, keepdims=True)
    F = np.exp(Z)
    total = F.sum(axis=1, keepdims=True)
    loss = -np.sum(y * (Z - np.log(total)))
    dZ = F / total - y
    U = dZ @ W_O
    dP = U @ V.mT
    dS = P * (dP - np.sum(P * dP, axis=-1, keepdims=True)) / math.sqrt(d_k)
    return loss, {
        "W_Q": X.T @ (dS @ K),
        "W_K": X.T @ (dS.mT @ Q),
        "W_V": X.T @ (P.mT @ U),
        "W_O": dZ.T @ G,
    }


def arrays(T: int, d: int, C: int, heads: int) -> Arrays:
    draw = np.random.default_rng(0)
    front = (heads,) if heads else ()
    labels = np.eye(C)[draw.integers(0, C, T)]
    return {
        "X": draw.normal(size=(T, d)),
        **{name: draw.normal(size=(*front, d, d)) / math.sqrt(d) for name in ("W_Q", "W_K", "W_V")},
        "W_O": draw.normal(size=(*front, C, d)),
        "y": labels,
    }


def best_times(functions: list[Callable[..., Any]], given: Arrays) -> list[float]:
    """Return the best time of each function, all of them taking turns."""
    start = time.process_time()
    for f in functions:
        f(**given)
    once = (time.process_time() - start) / len(functions)
    repeats = max(1, int(SECONDS / (ROUNDS * len(functions) * once)))
    best = [math.inf] * len(functions)
    for _ in range(ROUNDS * repeats):
        for place, f in enumerate(functions):
            start = time.process_time()
            f(**given)
            best[place] = min(best[place], time.process_time() - start)
    return best


def main() -> None:
    one = value_and_gradient(attention_head(), WEIGHTS)
    many = value_and_gradient(
        attention_head("attention-head-causal-multi", mask="causal", heads=True), WEIGHTS
    )
    print("model          T    d   hand (ms)  generated/hand  with checks/hand")
    for label, hand, made, heads in (
        ("one head", by_hand, one, 0),
        ("causal, H = 4", by_hand_causal_heads, many, 4),
    ):
        for T, d in ((16, 8), (64, 32), (256, 64), (512, 64)):
            given = arrays(T, d, 16, heads)
            same = zip(hand(**given)[1].values(), made(**given)[1].values(), strict=True)
            if not all(np.allclose(a, b, rtol=1e-9, atol=1e-12) for a, b in same):
                raise SystemExit(f"{label}, T = {T}: generated and hand-written results differ.")
            by, raw, safe = best_times([hand, made.raw, made], given)
            print(
                f"{label:<13} {T:>4} {d:>4} {by * 1e3:>11.3f} {raw / by:>15.2f} {safe / by:>17.2f}"
            )


if __name__ == "__main__":
    if os.environ.items() >= ONE_THREAD.items():
        main()
    else:
        again = [sys.executable, "-m", "benchmarks.codegen"]
        sys.exit(subprocess.run(again, env={**os.environ, **ONE_THREAD}).returncode)
