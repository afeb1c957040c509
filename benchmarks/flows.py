"""Flows: our engines beside SciPy, in one run, with the error of each.

    A   2 queries, 2 keys, d_v = 2, 2 classes, eps_v/eps_s = 10
    B   8 queries, 8 keys, d_v = 4, 4 classes
    C2  A with ratio 1000 and label smoothing 0.2

t = 50, rtol 1e-8, float64.  The peers integrate a NumPy field written by hand: A and B stacked, all
trajectories as one ODE (DOP853), C2 one at a time (LSODA).  A stack that fits into the cache is
faster than a large one, so a peer is measured at several sizes.  Errors are against a run at 1e-13.
Trajectories a second, the best of three; compilation is reported apart.  Every run may use all
processors.
"""

import time
from collections.abc import Callable

import numpy as np
from scipy.integrate import solve_ivp

from numerics.flows import System, system_named
from numerics.integration import integrate

CASES = {
    "A": ({}, "explicit", 200_000, (1_000, 20_000), 80),
    "B": ({"T": 8, "n": 8, "d_v": 4, "C": 4}, "explicit", 8_000, (64, 2_000, 8_000), 30),
    "C2": ({"eps_v": 1000.0, "label_smoothing": 0.2}, "stiff", 50_000, (16, 64), 400),
}
"""Settings, engine, trajectories of ours and of the peer, the ratio aimed at."""

CHECKED = 64
"""Trajectories whose error is measured."""


def by_hand(system: System) -> Callable[[np.ndarray], np.ndarray]:
    """Return the attention flow as one would write it with NumPy, on states (batch, d)."""
    x = system.settings
    T, n, d_v, C = x["T"], x["n"], x["d_v"], x["C"]
    W = np.array(x["W_O"])
    y = (1 - x["label_smoothing"]) * np.array(x["y"]) + x["label_smoothing"] / C

    def field(state: np.ndarray) -> np.ndarray:
        s, v = state[:, : T * n].reshape(-1, T, n), state[:, T * n :].reshape(-1, n, d_v)
        alpha = softmax(s)
        p = softmax(alpha @ v @ W.T)
        u = (p - y) @ W
        b = u @ v.transpose(0, 2, 1)
        ds = alpha * (b - (alpha * b).sum(axis=-1, keepdims=True))
        dv = alpha.transpose(0, 2, 1) @ u
        parts = [-x["eps_s"] * ds, -x["eps_v"] * dv]
        return np.concatenate([part.reshape(len(state), -1) for part in parts], axis=1)

    return field


def softmax(x: np.ndarray) -> np.ndarray:
    weights = np.exp(x - x.max(axis=-1, keepdims=True))
    return weights / weights.sum(axis=-1, keepdims=True)


def stacked(system: System, starts: np.ndarray) -> np.ndarray:
    """Return the ends of all trajectories, integrated as one ODE."""
    field, shape = by_hand(system), starts.shape
    run = solve_ivp(
        lambda _, y: field(y.reshape(shape)).ravel(), (0, 50), starts.ravel(), method="DOP853",
        rtol=1e-8, atol=1e-10,
    )  # fmt: skip
    return run.y[:, -1].reshape(shape)


def one_at_a_time(system: System, starts: np.ndarray) -> np.ndarray:
    field = by_hand(system)
    runs = [
        solve_ivp(lambda _, y: field(y[None])[0], (0, 50), x, method="LSODA", rtol=1e-8, atol=1e-10)
        for x in starts
    ]
    return np.array([run.y[:, -1] for run in runs])


def timed(work: Callable, *arguments, **options):
    start = time.perf_counter()
    result = work(*arguments, **options)
    return result, time.perf_counter() - start


def best(work: Callable, *arguments, **options):
    """Return the last result, and the shortest time of three."""
    results, times = zip(*(timed(work, *arguments, **options) for _ in range(3)), strict=True)
    return results[-1], min(times)


def main() -> None:
    """Print the table."""
    print("     SciPy /s  at once    error     ours /s    error   ratio   aim  compiling")
    for name, (settings, engine, ours, sizes, aim) in CASES.items():
        system = system_named("attention-flow", **settings)
        starts = system.starts(np.random.default_rng(0), ours)
        truth = integrate(
            system, starts[:CHECKED], [0, 50.0], engine="heyoka", rtol=1e-13, atol=1e-15
        ).end.values
        _, compiling = timed(integrate, system, starts, [0, 1e-3], engine=engine)
        run, seconds = best(integrate, system, starts, [0, 50.0], engine=engine)
        speed, mine = ours / seconds, error(run.end.values, truth)
        for size in sizes:
            peer = one_at_a_time if name == "C2" else stacked
            ends, seconds = best(peer, system, starts[:size])
            print(
                f"{name:3s} {size / seconds:10.1f} {size:8d} {error(ends, truth):8.1e} "
                f"{speed:11.1f} {mine:8.1e} {speed * seconds / size:7.1f} {aim:5d} "
                f"{compiling:8.1f} s",
                flush=True,
            )


def error(ends: np.ndarray, truth: np.ndarray) -> float:
    return float(np.abs(ends[:CHECKED] - truth[: len(ends)]).max())


if __name__ == "__main__":
    main()
