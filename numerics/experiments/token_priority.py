"""Next-token mechanics: training finds the max-margin direction of the priority graph.

    W / |W|  ->  W_svm / |W_svm|  on the complement of S_fin,     projection on S_fin  ->  W_fin

Data sets have labels by an order of the tokens (acyclic), or at random with a cycle (cyclic).  Two
more kinds violate an assumption:

    violating   one label does not stand in its context.  Training cannot hear of that sequence,
                while its edges still stand in the graph, so W is compared with two Graph-SVMs: with
                those edges and without.
    dependent   the embeddings of K tokens have less than K dimensions, so they are not orthonormal:
                the logits are E W E^T, and the Graph-SVM may have no solution.

Source: li2024mechanics, its theorem on the limit of descent.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from numerics.experiments import priority_training as training
from numerics.experiments.definition import Advance, Experiment, Preset, Row, State
from numerics.experiments.graph_svm import embedded_svm, graph_svm
from numerics.experiments.priority_graphs import Data, sample, violating
from numerics.experiments.priority_training import compared, fitted_slope

__all__ = ["KINDS", "TOKEN_PRIORITY", "kinds"]

Settings = Mapping[str, float]
KINDS = ("acyclic", "cyclic", "violating", "dependent")
NUMBERS = (
    "correlation", "distance", "path_correlation", "path_distance", "flow_correlation",
    "flow_distance", "slope", "flow_slope", "mass", "composition", "optimality", "solved", "broken",
    "plain_correlation", "solvable", "embedded_correlation", "embedded_growth",
)  # fmt: skip
"""What is kept of each data set; nan where it says nothing."""


def kinds(settings: Settings) -> np.ndarray:
    """Return the kind of every data set, as its place in `KINDS`."""
    counts = [int(settings[n]) for n in ("sets", "sets", "violating", "dependent")]
    return np.repeat(range(len(KINDS)), counts)


def data_set(settings: Settings, seed: int, number: int) -> Data:
    """Return one of the data sets."""
    rng = np.random.default_rng([seed, number])
    kind = KINDS[kinds(settings)[number]]
    sizes = (int(settings[n]) for n in ("tokens", "sequences", "length"))
    data = sample(rng, *sizes, acyclic=kind != "cyclic")
    return violating(rng, data) if kind == "violating" else data


def begin(settings: Settings, seed: int, device: str) -> State:
    """Return an empty state: one step is one data set."""
    count = len(kinds(settings))
    state: State = {"step": 0, "seed": seed}
    state |= {"growth": np.full((count, training.MARKS), np.nan),
              "flow_growth": np.full((count, len(training.flow_times())), np.nan)}  # fmt: skip
    return state | {name: np.full(count, np.nan) for name in NUMBERS}


def advance(settings: Settings, device: str) -> Advance:
    """Return what takes so many data sets."""

    def onward(state: State, count: int) -> State:
        new = {name: np.array(value, copy=True) for name, value in state.items()}
        first = int(state["step"])
        for number in range(first, first + count):
            data = data_set(settings, int(state["seed"]), number)
            if KINDS[kinds(settings)[number]] == "dependent":
                rng = np.random.default_rng([int(state["seed"]), number, 1])
                found = _dependent(data, rng, int(settings["width"]))
            else:
                found = _one(data, int(settings["steps"]))
            for name, value in found.items():
                new[name][number] = value
        new["step"] = np.array(first + count)
        return new

    return onward


def _one(whole: Data, steps: int) -> dict[str, Any]:
    """Return what training does on the sequences with a label that it can reach."""
    data = whole.part(whole.realisable)
    w_svm, certificate = graph_svm(data)
    basis = data.differences()
    w_fin, off = training.finite_part(data, basis)
    out: dict[str, Any] = {"optimality": certificate.worst, "solved": off}
    w, out["growth"] = training.descended(data, basis, w_svm, steps)
    out["correlation"], out["distance"] = compared(w, w_svm, w_fin, basis)
    at = training.marks(steps)
    out["slope"] = fitted_slope(at, out["growth"][: len(at)])
    out["mass"], out["composition"] = training.composition(data, w, w_fin)
    plain = training.plainly_descended(data, steps)
    out["plain_correlation"] = compared(plain, w_svm, w_fin, basis)[0]
    flow, out["flow_growth"] = training.flowed(data, basis, w_svm)
    out["flow_correlation"], out["flow_distance"] = compared(flow, w_svm, w_fin, basis)
    out["flow_slope"] = fitted_slope(np.log(training.flow_times()), out["flow_growth"])
    path = training.regularised(data)
    out["path_correlation"], out["path_distance"] = compared(path, w_svm, w_fin, basis)
    if not whole.realisable.all():
        out["broken"] = compared(w, graph_svm(whole)[0], w_fin, basis)[0]
    return out


def _dependent(data: Data, rng: np.random.Generator, width: int) -> dict[str, Any]:
    """Return what the path does with random embeddings of ``width`` numbers a token.

    ``embedded_growth`` is |W| at the ridge 1e-12 over |W| at 1e-6: 2 for growth like the logarithm,
    1 if W stays bounded.
    """
    embeddings = rng.standard_normal((data.tokens, width)) / np.sqrt(width)
    basis = training.embedded_basis(embeddings)
    w, early = training.regularised(data, basis), training.regularised(data, basis, least=1e-6)
    size = np.linalg.norm(w)
    svm = embedded_svm(data, basis)
    out = {"solvable": float(svm is not None), "embedded_growth": size / np.linalg.norm(early)}
    if svm is not None and svm.any():
        out["embedded_correlation"] = float(w @ svm / (size * np.linalg.norm(svm)))
    return out


def measure(settings: Settings, state: State) -> dict[str, float]:
    """Return the numbers of a finished run, over all its data sets."""
    which = kinds(settings)
    out: dict[str, float] = {
        "optimality": float(np.nanmax(state["optimality"])),
        "solved": float(np.nanmax(state["solved"])),
        "mass": float(np.nanmin(state["mass"])),
        "composition": float(np.nanmax(state["composition"])),
    }
    for number, kind in enumerate(KINDS[:3]):
        for name in ("correlation", "path_correlation", "flow_correlation"):
            values = _finite(state[name][which == number])
            out[f"{name}_{kind}"] = float(np.mean(values >= 0.99)) if len(values) else np.nan
            out[f"{name}_{kind}_least"] = float(values.min()) if len(values) else np.nan
    for name in ("distance", "path_distance", "flow_distance"):
        values = _finite(state[name])
        out[name] = float(np.mean(values <= 1e-3)) if len(values) else np.nan
        out[f"{name}_most"] = float(values.max()) if len(values) else np.nan
    for name in ("slope", "flow_slope"):
        out |= dict(zip((name, f"{name}_low", f"{name}_high"), _interval(state[name]), strict=True))
    for name in ("broken", "solvable"):
        values = _finite(state[name])
        out[name] = float(values.mean()) if len(values) else np.nan
    for name in ("plain_correlation", "embedded_correlation"):
        values = _finite(state[name])
        out[f"{name}_least"] = float(values.min()) if len(values) else np.nan
    growth = state["embedded_growth"][state["solvable"] == 0]
    out["embedded_growth"] = float(np.median(growth)) if len(growth) else np.nan
    out["embedded_growth_most"] = float(growth.max()) if len(growth) else np.nan
    return out


def _finite(values: np.ndarray) -> np.ndarray:
    return values[np.isfinite(values)]


def _interval(values: np.ndarray) -> tuple[float, float, float]:
    """Return the median, and the 2.5 and 97.5 % quantiles, over data sets."""
    values = _finite(values)
    if not len(values):
        return np.nan, np.nan, np.nan
    low, middle, high = np.quantile(values, [0.025, 0.5, 0.975])
    return float(middle), float(low), float(high)


def draw(settings: Settings, states: list[State]) -> Mapping[str, Any]:
    """Return the figures; the example is the first cyclic data set."""
    from numerics.experiments.token_priority_figures import figures

    data = data_set(settings, int(states[0]["seed"]), int(settings["sets"]))
    return figures(data, states, kinds(settings), int(settings["steps"]))


_SIZES = {
    "tokens": 6.0,
    "sequences": 12.0,
    "length": 4.0,
    "sets": 100.0,
    "violating": 20.0,
    "dependent": 20.0,
    "width": 3.0,
}
_ALL = "the theorem says so of every data set"

TOKEN_PRIORITY = Experiment(
    name="token-priority",
    title="Next-token mechanics: descent against the Graph-SVM of the priority graph",
    source="li2024mechanics",
    presets={
        "cpu": Preset({**_SIZES, "steps": 2000.0}, 240, "a minute a seed", 10),
        "paper": Preset({**_SIZES, "steps": 20_000.0}, 240, "ten minutes a seed", 10),
    },
    rows=(
        Row("correlation_acyclic", "acyclic sets with correlation >= 0.99, descent", "share", 1.0,
            0.0, _ALL, "at least", "any"),
        Row("correlation_cyclic", "cyclic sets with correlation >= 0.99, descent", "share", 1.0,
            0.0, _ALL, "at least", "any"),
        Row("distance", "cyclic sets with distance <= 1e-3 on S_fin, descent", "share", 1.0, 0.0,
            _ALL, "at least", "any"),
        Row("path_correlation_acyclic", "acyclic sets with correlation >= 0.99, path", "share", 1.0,
            0.0, _ALL, "at least", "any"),
        Row("path_correlation_cyclic", "cyclic sets with correlation >= 0.99, path", "share", 1.0,
            0.0, _ALL, "at least", "any"),
        Row("path_distance", "cyclic sets with distance <= 1e-3 on S_fin, path", "share", 1.0, 0.0,
            _ALL, "at least", "any"),
        Row("optimality", "KKT residuals and duality gap of the Graph-SVM, largest", "", 0.0, 1e-8,
            "an interior-point solver in float64", "at most", "any"),
        Row("solved", "gradient at W_fin, largest", "", 0.0, 1e-12,
            "Newton's method to rounding", "at most", "any"),
        Row("mass", "attention on the component of the label, least (hard retrieval)", "", 1.0,
            1e-6, "the theorem: what has no priority gets nothing in the limit", "at least", "any"),
        Row("composition", "weights inside it against those of W_fin, largest (soft composition)",
            "", 0.0, 1e-6, "the projection converges to W_fin", "at most", "any"),
        Row("flow_distance", "cyclic sets with distance <= 1e-3 on S_fin, flow to t = 1e12",
            "share", 1.0, 0.0, _ALL, "at least", "any"),
        Row("flow_correlation_acyclic", "acyclic sets with correlation >= 0.99, flow to t = 1e12",
            "share"),
        Row("flow_correlation_cyclic", "cyclic sets with correlation >= 0.99, flow to t = 1e12",
            "share"),
        Row("slope", "log distance of the direction against log steps, descent: median slope", "",
            -1.0, 0.1, "the distance is O(1 / |W|), and |W| grows like the steps", "equal", "any"),
        Row("slope_low", "the same, 2.5 % quantile over data sets"),
        Row("slope_high", "the same, 97.5 % quantile over data sets"),
        Row("flow_slope", "log distance of the direction against log log t, flow: median slope", "",
            -1.0, 0.1, "the distance is O(1 / |W|), and |W| grows like log t", "equal", "any"),
        Row("flow_slope_low", "the same, 2.5 % quantile over data sets"),
        Row("flow_slope_high", "the same, 97.5 % quantile over data sets"),
        Row("broken", "a label outside its context: correlation with the Graph-SVM of all edges"),
        Row("correlation_violating_least", "the same, with that of the other sequences, least"),
        Row("solvable", "3 numbers a token for 6 tokens: share of sets with a Graph-SVM"),
        Row("embedded_correlation_least", "the same, with one: least correlation of the path"),
        Row("embedded_growth", "the same, without: |W| at ridge 1e-12 over 1e-6, median", "times"),
        Row("embedded_growth_most", "the same, largest", "times"),
        Row("plain_correlation_least", "least correlation, plain descent at rate 2"),
        Row("correlation_acyclic_least", "least correlation, acyclic, descent"),
        Row("correlation_cyclic_least", "least correlation, cyclic, descent"),
        Row("distance_most", "largest distance on S_fin, descent"),
        Row("path_distance_most", "largest distance on S_fin, path"),
    ),
    begin=begin,
    advance=advance,
    measure=measure,
    draw=draw,
)  # fmt: skip
