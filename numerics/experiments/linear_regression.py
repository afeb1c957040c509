"""Compatibility of overparameterised regression: early stopping works where the last iterate fails.

For each spectrum of the covariates and each n, the excess risk of gradient flow is computed exactly
along its path, split in bias and variance.  The compatibility region is the set of stopping times
whose risk is at most a tenth of the null risk theta*^T Sigma theta*; its width is in decades.

    fast     lambda_i = i^-2        the region grows with n, the last iterate stays bad
    slow     lambda_i = i^-1.2      the region grows; p is a multiple of n, because the tail beyond
                                    n, which decides how bad the last iterate is, falls slowly
    flat     lambda_i = 1           the control: with p = 4 n no stopping time works

Source: xu2023compatibility.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from numerics.experiments.definition import Advance, Experiment, Preset, Row, State
from numerics.experiments.generated import generated
from numerics.experiments.least_squares import LeastSquares, descent_filter, flow_filter
from numerics.experiments.least_squares_flow import engine_path

__all__ = ["LINEAR_REGRESSION", "SAMPLED", "SPECTRA", "TIMES"]

Settings = Mapping[str, float]
SPECTRA = ("fast", "slow", "flat")
DECAY = {"fast": 2.0, "slow": 1.2, "flat": 0.0}
SIZES = (25, 50, 100, 200, 400, 800)
TIMES = np.logspace(-2, 8, 201)
SAMPLED = slice(None, None, 8)
"""Which of `TIMES` Monte Carlo looks at too."""
NOISE = 0.5
SHARE = 0.1  # of the null risk: what counts as small


def _problem(
    spectrum: str, n: int, settings: Settings, seed: int
) -> tuple[LeastSquares, np.ndarray, np.random.Generator]:
    """Return the design, theta* with null risk one, and a generator for noise."""
    rng = np.random.default_rng([seed, SPECTRA.index(spectrum), n])
    count = {
        "fast": int(settings["parameters"]),
        "slow": int(settings["ratio"]) * n,
        "flat": 4 * n,
    }[spectrum]
    values = np.arange(1, count + 1, dtype=np.float64) ** -DECAY[spectrum]
    target = np.ones(count) if spectrum == "flat" else np.arange(1, count + 1) ** -0.5
    target = target / np.sqrt((values * target**2).sum())
    x = rng.standard_normal((n, count)) * np.sqrt(values)
    return LeastSquares.of(x, values), target, rng


def begin(settings: Settings, seed: int, device: str) -> State:
    """Return an empty state: one step is one spectrum at one n."""
    shape = (len(SPECTRA), len(SIZES), len(TIMES) + 1)
    return {
        "step": 0, "seed": seed, "bias": np.full(shape, np.nan), "variance": np.full(shape, np.nan),
        "sampled": np.full((len(SPECTRA), len(SIZES), 2, len(TIMES[SAMPLED])), np.nan),
        "checks": np.zeros((len(SPECTRA), len(SIZES), 2)), "engine": np.zeros(len(SPECTRA)),
    }  # fmt: skip


def advance(settings: Settings, device: str) -> Advance:
    """Return what computes so many (spectrum, n)."""

    def onward(state: State, count: int) -> State:
        new = {name: np.array(value, copy=True) for name, value in state.items()}
        first = int(state["step"])
        for step in range(first, first + count):
            k, m = divmod(step, len(SIZES))
            if SIZES[m] > settings["largest"]:
                continue
            _one(new, k, m, settings, int(state["seed"]))
        new["step"] = np.array(first + count)
        return new

    return onward


def _one(new: State, k: int, m: int, settings: Settings, seed: int) -> None:
    problem, target, rng = _problem(SPECTRA[k], SIZES[m], settings, seed)
    for place, time in enumerate((*TIMES, np.inf)):
        weights = flow_filter(problem, time)
        new["bias"][k, m, place] = problem.bias(weights, target)
        new["variance"][k, m, place] = problem.variance(weights, NOISE)
    new["sampled"][k, m] = _sampled(problem, target, rng, int(settings["draws"]))
    new["checks"][k, m] = _checks(problem, target, rng)
    if m == 0:  # the engines unroll the field: n^2 terms
        new["engine"][k] = _engine(problem, target, rng)


def _sampled(
    problem: LeastSquares, target: np.ndarray, rng: np.random.Generator, draws: int
) -> np.ndarray:
    """Return mean and standard error (2, times) of the risk over fresh noise at `SAMPLED`.

    The risk |Sigma^(1/2) (V c - theta*)|^2 of coordinates c in the row space, for every draw.
    """
    weighted = problem.right * problem.spectrum
    metric, pull = weighted @ problem.right.T, weighted @ target
    null = float((problem.spectrum * target**2).sum())
    clean = problem.values[:, None] * (problem.right @ target)[:, None]  # U^T X theta*
    noise = NOISE * rng.standard_normal((len(problem.left), draws))
    seen = (clean + problem.left.T @ noise) / problem.values[:, None]
    out = []
    for time in TIMES[SAMPLED]:
        c = flow_filter(problem, time)[:, None] * seen
        risks = (c * (metric @ c)).sum(axis=0) - 2 * pull @ c + null
        out.append([risks.mean(), risks.std(ddof=1) / np.sqrt(draws)])
    return np.array(out).T


def _checks(
    problem: LeastSquares, target: np.ndarray, rng: np.random.Generator
) -> tuple[float, float]:
    """Return how far descent step by step and an ODE solver are from the closed forms.

    Relative to |theta|; in the row space, where the path stays.
    """
    from scipy.integrate import solve_ivp

    x = problem.left @ (problem.values[:, None] * problem.right)
    n = len(x)
    y = x @ target + NOISE * rng.standard_normal(n)
    gradient = generated("linear-regression", "regression-gradient", "X", "theta", "y")
    rate, steps = 0.9 / problem.curvature[0], 60
    theta = np.zeros(len(target))
    for _ in range(steps):
        theta -= rate * gradient(X=x, theta=theta, y=y)
    closed = problem.at(descent_filter(problem, rate, steps), y)
    descent = np.linalg.norm(theta - closed) / np.linalg.norm(closed)

    gram, rotated = x @ x.T / n, y  # theta = X^T a, with a' = (y - X X^T a) / n
    until = 5.0 / problem.curvature[0]
    solved = solve_ivp(
        lambda _, a: rotated / n - gram @ a, (0, until), np.zeros(n), "DOP853", rtol=1e-12,
        atol=1e-14,
    )  # fmt: skip
    flow = x.T @ solved.y[:, -1]
    wanted = problem.at(flow_filter(problem, until), y)
    return float(descent), float(np.linalg.norm(flow - wanted) / np.linalg.norm(wanted))


def _engine(problem: LeastSquares, target: np.ndarray, rng: np.random.Generator) -> float:
    """Return how far the project's own flow engine is from the closed form, as in `_checks`."""
    x = problem.left @ (problem.values[:, None] * problem.right)
    y = x @ target + NOISE * rng.standard_normal(len(x))
    times = np.array([0.0, 1.0, 5.0]) / problem.curvature[0]
    wanted = np.stack([problem.at(flow_filter(problem, time), y) for time in times])
    found = engine_path(x, y, times)
    return float(np.linalg.norm(found - wanted, axis=1).max() / np.linalg.norm(wanted[-1]))


def widths(state: State) -> np.ndarray:
    """Return the width of the compatibility region in decades (spectra, sizes)."""
    risk = state["bias"] + state["variance"]
    return (risk[..., :-1] <= SHARE).sum(axis=-1) * (np.log10(TIMES[1]) - np.log10(TIMES[0]))


def measure(settings: Settings, state: State) -> dict[str, float]:
    """Return the numbers of a finished run, at the largest n that was computed."""
    done = [m for m, n in enumerate(SIZES) if n <= settings["largest"]]
    risk, region = state["bias"] + state["variance"], widths(state)
    out: dict[str, float] = {}
    for k, name in enumerate(SPECTRA):
        out[f"best_{name}"] = float(risk[k, done[-1], :-1].min())
        out[f"last_{name}"] = float(risk[k, done[-1], -1])
        out[f"width_{name}"] = float(region[k, done[-1]])
        out[f"growth_{name}"] = float(region[k, done[-1]] - region[k, done[0]])
    mean, error = (state["sampled"][:, done, n] for n in range(2))
    exact = risk[:, done, :-1][..., SAMPLED]
    out["sampled"] = float(np.abs((mean - exact) / error).max())
    out["engine"] = float(state["engine"].max())
    last = risk[SPECTRA.index("slow"), :, -1]
    out["drift_slow"] = float(last[done[-1]] / last[done[0]])
    out["descent"] = float(state["checks"][:, done, 0].max())
    out["flow"] = float(state["checks"][:, done, 1].max())
    return out


def draw(settings: Settings, states: list[State]) -> Mapping[str, Any]:
    """Return the figures."""
    from numerics.experiments.linear_regression_figures import figures

    return figures(settings, states)


def remark(measured: list[dict[str, float]]) -> str:
    """Return in one sentence what the spectra say."""
    mean = {n: float(np.mean([m[n] for m in measured])) for n in measured[0]}
    return (
        "With lambda_i = i^-2 the region of good stopping times grows by "
        f"{mean['growth_fast']:.1f} decades while the last iterate's risk stays at "
        f"{mean['last_fast']:.2f} of the null risk; with a flat spectrum the best stopping time "
        f"still has {mean['best_flat']:.2f} of it."
    )


_STEPS = len(SPECTRA) * len(SIZES)
_SIZES = {"ratio": 16.0, "draws": 200.0}  # p over n for i^-1.2, draws of the noise
LINEAR_REGRESSION = Experiment(
    name="linear-regression",
    title="Overparameterised regression: stopping early against the last iterate",
    source="xu2023compatibility",
    presets={
        "cpu": Preset(
            {**_SIZES, "parameters": 1600.0, "largest": 400.0}, _STEPS, "half a minute a seed", 1
        ),
        "paper": Preset(
            {**_SIZES, "parameters": 3200.0, "largest": 800.0}, _STEPS, "minutes a seed", 1
        ),
    },
    rows=(
        Row("growth_fast", "growth of the compatibility region with n, i^-2", "decades", 0.3, 0.0,
            "theory: it grows; a third of a decade is far above the grid's 0.05", "at least",
            "any"),
        Row("growth_slow", "the same, i^-1.2", "decades", 0.0, 0.0,
            "theory: it does not shrink", "at least", "any"),
        Row("last_fast", "last iterate's risk over the null risk, i^-2", "", SHARE, 0.0,
            "theory: it does not vanish; above what counts as small", "at least", "any"),
        Row("width_flat", "compatibility region of the flat spectrum", "decades", 0.0, 0.0,
            "theory: none, at any n", "at most", "any"),
        Row("descent", "descent step by step against its closed form", "relative", 0.0, 1e-10,
            "rounding of 60 steps", "at most", "any"),
        Row("flow", "an ODE solver against the closed form of the flow", "relative", 0.0, 1e-10,
            "tolerances of the solver: 1e-12", "at most", "any"),
        Row("engine", "the project's flow engine against it, n = 25", "relative", 0.0, 1e-10,
            "tolerances of the engine: 1e-13", "at most", "any"),
        Row("sampled", "Monte Carlo against bias + variance, largest deviation", "standard errors",
            0.0, 4.8, "99.9 % of the largest of 468 normal deviates", "at most", "any"),
        Row("best_fast", "best risk over the null risk, i^-2"),
        Row("best_slow", "best risk over the null risk, i^-1.2"),
        Row("last_slow", "last iterate's risk over the null risk, i^-1.2, p = 16 n"),
        Row("drift_slow", "the same at the largest n over that at n = 25", "times"),
        Row("best_flat", "best risk over the null risk, flat"),
        Row("last_flat", "last iterate's risk over the null risk, flat"),
    ),
    begin=begin,
    advance=advance,
    measure=measure,
    draw=draw,
    remark=remark,
)  # fmt: skip
