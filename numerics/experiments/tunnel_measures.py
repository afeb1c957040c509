"""What is measured of a trained wind tunnel: entropy errors, geometry, ablations.

| measure | unit | meaning |
|---|---|---|
| error_* | bits | mean absolute difference of the entropies, over positions and fresh sequences |
| kl_transformer | bits | E[KL(posterior || model)]: cross-entropy above its minimum |
| key_cosine_* | 1 | mean absolute cosine of two keys of a sequence, by layer |
| alignment_* | 1 | mean cosine of queries with the key that they attend to most, by layer |
| pc1_*, pc2_* | 1 | variance of the last stream that its first components explain |
| pc1_entropy | 1 | correlation (absolute) of the first component with the posterior entropy |
| settled_* | steps | when routing and values, summed over checkpoints, have nearly arrived |
| ablated_* | bits | error without one head, or without the attention of one layer |
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from numerics.experiments import wind_tunnel
from numerics.experiments.definition import Row, State
from numerics.experiments.frame_precision import settled
from numerics.experiments.wind_tunnel import Array, Batch, Task, entropy_errors, entropy_of

__all__ = ["ROWS", "ablations", "geometry", "measure", "principal_components", "remark"]

HELD_OUT = 10**9 + 1  # the step of the sequences that the measures see
COUNT = 1000

ROWS = (
    Row("ratio", "MLP's error over the transformer's", "times", 50.0, 0.0,
        "what attention is for: one position at a time knows little", "at least", "any"),
    Row("error_early", "transformer's error after the first checkpoint", "bits"),
    Row("kl_transformer", "KL(posterior || transformer)", "bits"),
    Row("key_cosine_first", "keys of the first layer: mean |cosine| of two"),
    Row("key_cosine_random", "the same for random vectors"),
    Row("alignment_first", "queries and their keys, first layer: mean cosine"),
    Row("alignment_last", "the same, last layer"),
    Row("pc1_share", "first principal component: share of the variance"),
    Row("pc1_entropy", "|correlation| of that component with the posterior entropy"),
    Row("ablated_head_worst", "error without the head that matters most", "bits"),
    Row("ablated_head_least", "error without the head that matters least", "bits"),
    Row("ablated_layer_first", "error without the attention of the first layer", "bits"),
    Row("settled_routing", "step at which routing has settled"),
    Row("settled_values", "step at which values have settled"),
    Row("parameters_transformer", "parameters, transformer"),
    Row("parameters_mlp", "parameters, MLP"),
)  # fmt: skip


def measure(
    task: Task, settings: Mapping[str, float], state: State, lengths: Mapping[str, int]
) -> dict[str, float]:
    """Return the numbers of a finished run; ``lengths`` names errors at other lengths."""
    from numerics.experiments.sequence_models import parameters

    models = wind_tunnel.loaded(task, settings, state)
    seed = int(state["seed"])
    batch = task.batch(np.random.default_rng([seed, HELD_OUT]), COUNT)
    out: dict[str, float] = {}
    for name, model in models.items():
        out[f"error_{name}"] = float(entropy_errors(model, batch).mean())
        out[f"parameters_{name}"] = float(parameters(model))
    transformer = models["transformer"]
    for name, length in lengths.items():
        longer = task.batch(np.random.default_rng([seed, HELD_OUT, length]), COUNT, length)
        out[name] = float(entropy_errors(transformer, longer).mean())
    out["ratio"] = out["error_mlp"] / max(out["error_transformer"], 1e-12)
    if wind_tunnel.SINGLE in models:
        out["ratio_single"] = out["error_mlp"] / max(out["error_single"], 1e-12)
    out["error_early"] = float(state["transformer.error"][0])
    out["kl_transformer"] = _divergence(transformer, batch)
    for name in ("routing", "values"):
        path = np.cumsum(state[name].mean(axis=1))
        out[f"settled_{name}"] = settled(path, float(settings["steps"]))
    out |= geometry(transformer, batch, seed)
    heads, layers = ablations(transformer, batch)
    out["ablated_head_worst"], out["ablated_head_least"] = float(heads.max()), float(heads.min())
    out["ablated_layer_first"], out["ablated_layer_last"] = float(layers[0]), float(layers[-1])
    return out


def _divergence(model: Any, batch: Batch) -> float:
    p, q = batch.posterior[:, batch.asked], wind_tunnel.predicted(model, batch)
    return float((p * (np.log2(np.where(p > 0, p, 1.0)) - np.log2(q))).sum(axis=-1).mean())


def geometry(model: Any, batch: Batch, seed: int) -> dict[str, float]:
    """Return how keys stand to each other, queries to keys, and the last stream to the entropy."""
    import torch

    out: dict[str, float] = {}
    x = torch.tensor(batch.inputs[:200])
    with torch.no_grad():
        streams = model.streams(x)
        bias = model.bias(x.shape[1], x.device)
        for n, block in enumerate(model.blocks):
            q, k, _ = block.queries_keys_values(streams[n])
            cosine = _cosines(k, k)
            apart = ~torch.eye(cosine.shape[-1], dtype=torch.bool)
            out[f"key_cosine_{n + 1}"] = float(cosine[..., apart].abs().mean())
            scores = q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1]) + bias
            best = scores.argmax(dim=-1, keepdim=True)
            out[f"alignment_{n + 1}"] = float(_cosines(q, k).gather(-1, best).mean())
    width = model.embed.out_features // model.heads
    rows = np.random.default_rng(seed).standard_normal((400, width))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    out["key_cosine_random"] = float(np.abs((rows @ rows.T)[~np.eye(400, dtype=bool)]).mean())
    last = len(model.blocks)
    out["key_cosine_first"], out["alignment_first"] = out["key_cosine_1"], out["alignment_1"]
    out["alignment_last"] = out[f"alignment_{last}"]
    components, shares, entropy = principal_components(model, batch)
    out["pc1_share"], out["pc2_share"] = float(shares[0]), float(shares[1])
    out["pc1_entropy"] = float(abs(np.corrcoef(components[:, 0], entropy)[0, 1]))
    return out


def _cosines(a: Any, b: Any) -> Any:
    from torch.nn import functional

    return functional.normalize(a, dim=-1) @ functional.normalize(b, dim=-1).transpose(-1, -2)


def principal_components(model: Any, batch: Batch) -> tuple[Array, Array, Array]:
    """Return two components (N, 2) of the last stream, shares of variance, and entropies (bits)."""
    import torch

    with torch.no_grad():
        stream = model.streams(torch.tensor(batch.inputs[:300]))[-1][:, batch.asked]
    rows = stream.double().flatten(0, 1).numpy()
    centred = rows - rows.mean(axis=0)
    _, sizes, axes = np.linalg.svd(centred, full_matrices=False)
    entropy = entropy_of(batch.posterior[:300, batch.asked]).ravel()
    return centred @ axes[:2].T, sizes**2 / (sizes**2).sum(), entropy


def ablations(model: Any, batch: Batch) -> tuple[Array, Array]:
    """Return the errors (bits) without each head (layers, heads), and without each layer's."""
    import torch

    heads = np.empty((len(model.blocks), model.heads))
    layers = np.empty(len(model.blocks))
    small = Batch(batch.inputs[:300], batch.labels[:300], batch.posterior[:300], batch.asked)
    for n in range(len(model.blocks)):
        for h in range(model.heads):
            kept = torch.ones(model.heads)
            kept[h] = 0.0
            heads[n, h] = entropy_errors(model, small, kept={n: kept}).mean()
        layers[n] = entropy_errors(model, small, kept={n: torch.zeros(model.heads)}).mean()
    return heads, layers


def remark(what: str, measured: list[dict[str, float]]) -> str:
    """Return in one sentence how far the transformer is from the posterior, and the MLP."""
    own, other = (float(np.mean([m[f"error_{n}"] for m in measured])) for n in wind_tunnel.MODELS)
    told = (
        f"The transformer's entropy about {what} is {own:.2g} bits off the posterior's on "
        f"average, that of the MLP with as many parameters {other:.2g} bits: "
        f"{other / own:.0f} times as much."
    )
    if "error_single" not in measured[0]:
        return told
    single = float(np.mean([m["error_single"] for m in measured]))
    return told + (
        f" On the same sequences with one label a position, as the paper has it, it is "
        f"{single:.2g} bits off, {other / single:.0f} times less than the MLP: the noise of the "
        "labels is what short training does not average out."
    )
