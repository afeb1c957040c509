"""Next-token mechanics: descent finds the max-margin direction of the priority graph.

    W / |W|  ->  W_svm / |W_svm|  on the complement of S_fin,     projection on S_fin  ->  W_fin

Descent is normalised on the complement of S_fin, where W grows without bound; on S_fin it takes
plain steps.  The regularisation path is the minimiser of L + lambda |W|^2 / 2 as lambda falls.

Source: li2024mechanics, its theorem on the limit of descent.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from numerics.experiments.definition import Advance, Experiment, Preset, Row, State
from numerics.experiments.priority_graphs import Array, Data, graph_svm, sample

__all__ = ["TOKEN_PRIORITY", "compared", "descended", "finite_part", "marks"]

Settings = Mapping[str, float]
NAMES = ("correlation", "distance", "path_correlation", "path_distance", "optimality", "solved")
LAMBDAS = 10.0 ** -np.arange(2, 13)


def _data(settings: Settings, seed: int, number: int) -> Data:
    rng = np.random.default_rng([seed, number])
    acyclic = number < settings["sets"]
    sizes = (int(settings[n]) for n in ("tokens", "sequences", "length"))
    return sample(rng, *sizes, acyclic=acyclic)


def begin(settings: Settings, seed: int, device: str) -> State:
    """Return an empty state: one step is one data set, acyclic ones first."""
    count = 2 * int(settings["sets"])
    state: State = {"step": 0, "seed": seed, "growth": np.full((count, 60), np.nan)}
    return state | {name: np.full(count, np.nan) for name in NAMES}


def advance(settings: Settings, device: str) -> Advance:
    """Return what takes so many data sets."""

    def onward(state: State, count: int) -> State:
        new = {name: np.array(value, copy=True) for name, value in state.items()}
        first = int(state["step"])
        for number in range(first, first + count):
            data = _data(settings, int(state["seed"]), number)
            for name, value in _one(data, settings).items():
                new[name][number] = value
        new["step"] = np.array(first + count)
        return new

    return onward


def _one(data: Data, settings: Settings) -> dict[str, Any]:
    w_svm, certificate = graph_svm(data)
    basis = data.differences()
    w_fin, off = finite_part(data, basis)
    out: dict[str, Any] = {"optimality": certificate.worst, "solved": off}
    w, curve = descended(data, basis, w_svm, int(settings["steps"]))
    out["correlation"], out["distance"] = compared(w, w_svm, w_fin, basis)
    out["growth"] = curve
    path = _regularised(data)
    out["path_correlation"], out["path_distance"] = compared(path, w_svm, w_fin, basis)
    return out


def _split(w: Array, basis: Array) -> tuple[Array, Array]:
    """Return the parts of W in S_fin and in its complement."""
    inside = (basis.T @ (basis @ w.ravel())).reshape(w.shape)
    return inside, w - inside


def compared(w: Array, w_svm: Array, w_fin: Array, basis: Array) -> tuple[float, float]:
    """Return the correlation with W_svm on the complement, and the distance on S_fin.

    Both are nan where there is nothing to compare with: no two components, or no cycle.
    """
    inside, outside = _split(w, basis)
    distance = float(np.linalg.norm(inside - w_fin)) if len(basis) else np.nan
    norms = np.linalg.norm(outside) * np.linalg.norm(w_svm)
    return (float((outside * w_svm).sum() / norms) if norms else np.nan), distance


def finite_part(data: Data, basis: Array) -> tuple[Array, float]:
    """Return W_fin and the norm of the gradient there, which is zero at the minimiser."""
    part, shape = data.cyclic(), (data.tokens, data.tokens)
    if part is None or not len(basis):
        return np.zeros(shape), 0.0
    at, off = np.zeros(len(basis)), np.inf
    for _ in range(100):  # Newton with exact Hessians by columns of the basis
        gradient = basis @ part.loss_and_gradient((basis.T @ at).reshape(shape))[1].ravel()
        off = float(np.linalg.norm(gradient))
        if off < 1e-13:
            break
        hessian = _hessian(part, (basis.T @ at).reshape(shape), basis)
        step = np.linalg.lstsq(hessian, gradient, rcond=1e-12)[0]
        at = at - step / max(1.0, np.linalg.norm(step))
    return (basis.T @ at).reshape(shape), off


def _hessian(data: Data, w: Array, basis: Array) -> Array:
    """Return the Hessian of the loss in the coordinates of a basis: the mean covariance of p."""
    with np.errstate(divide="ignore"):
        logits = np.log(data.counts) + w[:, data.last].T
    p = np.exp(logits - logits.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    moved = basis.reshape(len(basis), *w.shape)[:, :, data.last]  # (r, K, n)
    centred = moved - np.einsum("ni,rin->rn", p, moved)[:, None, :]
    return np.einsum("ni,rin,qin->rq", p, centred, centred) / len(data.label)


def descended(data: Data, basis: Array, w_svm: Array, steps: int) -> tuple[Array, Array]:
    """Return W after normalised descent, and 1 - correlation along the way."""
    w = np.zeros((data.tokens, data.tokens))
    at = marks(steps)
    curve = np.full(60, np.nan)
    for step in range(1, steps + 1):
        inside, _ = _split(data.loss_and_gradient(w)[1], basis)
        outside = data.outer_gradient(w)
        norm = np.linalg.norm(outside)
        w = w - 2.0 * len(data.graphs) * inside
        if norm > 1e-300:
            w = w - 0.1 * outside / norm
        place = np.flatnonzero(at == step)
        if len(place):
            curve[place[0]] = 1 - compared(w, w_svm, w, basis)[0]
    return w, curve


def marks(steps: int) -> np.ndarray:
    """Return the steps, evenly spread on a logarithmic axis, at which descent is looked at."""
    return np.unique(np.logspace(0, np.log10(steps), 60).astype(int))


def _regularised(data: Data) -> Array:
    """Return the minimiser of L + lambda |W|^2 / 2 at the least lambda, by Newton's method."""
    size = data.tokens**2
    w, identity = np.zeros((data.tokens, data.tokens)), np.eye(size)
    for ridge in LAMBDAS:
        for _ in range(60):
            loss, gradient = data.loss_and_gradient(w)
            gradient = gradient.ravel() + ridge * w.ravel()
            if np.linalg.norm(gradient) < 1e-4 * ridge:
                break
            hessian = _hessian(data, w, identity) + ridge * identity
            step = np.linalg.solve(hessian, gradient)
            w = w - (step * min(1.0, 4.0 / np.linalg.norm(step))).reshape(w.shape)
    return w


def measure(settings: Settings, state: State) -> dict[str, float]:
    """Return the numbers of a finished run, over all its data sets."""
    count = int(settings["sets"])
    halves = {"acyclic": slice(0, count), "cyclic": slice(count, None)}
    out: dict[str, float] = {
        "optimality": float(np.nanmax(state["optimality"])),
        "solved": float(np.nanmax(state["solved"])),
    }
    for kind, part in halves.items():
        for name in ("correlation", "path_correlation"):
            values = state[name][part]
            values = values[np.isfinite(values)]
            out[f"{name}_{kind}"] = float(np.mean(values >= 0.99)) if len(values) else np.nan
            out[f"{name}_{kind}_least"] = float(values.min()) if len(values) else np.nan
    for name in ("distance", "path_distance"):
        values = state[name][np.isfinite(state[name])]
        out[name] = float(np.mean(values <= 1e-3)) if len(values) else np.nan
        out[f"{name}_most"] = float(values.max()) if len(values) else np.nan
    return out


def draw(settings: Settings, states: list[State]) -> Mapping[str, Any]:
    """Return the figures."""
    from numerics.experiments.token_priority_figures import figures

    data = _data(settings, int(states[0]["seed"]), int(settings["sets"]))
    return figures(data, states, marks(int(settings["steps"])))


_SIZES = {"tokens": 6.0, "sequences": 12.0, "length": 4.0, "sets": 100.0}
_ALL = "the theorem says so of every data set"

TOKEN_PRIORITY = Experiment(
    name="token-priority",
    title="Next-token mechanics: descent against the Graph-SVM of the priority graph",
    source="li2024mechanics",
    presets={
        "cpu": Preset({**_SIZES, "steps": 4000.0}, 200, "minutes a seed", 10),
        "paper": Preset({**_SIZES, "steps": 20_000.0}, 200, "half an hour a seed", 10),
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
