"""Models evaluated with NumPy, and gradients by finite differences."""

import numpy as np
import sympy as sp

from proofs_checks.checks.structured_inputs import floats, kinds_of
from tests.theory.algebra.evaluation import evaluate
from theory.algebra.symbols import Tensor
from theory.models.model import Model, name_of

SIZES = {"T": 3, "n": 2, "d_x": 2, "d_k": 2, "d_v": 2, "C": 3, "H": 2, "N": 3, "K": 2}
SIZES |= {"S": 3, "O": 2, "V": 3, "d": 4, "M": 5}


def inputs(model: Model, seed: int = 0) -> dict[str, np.ndarray]:
    """Return random inputs: distributions that sum to one, masks that leave every row a key.

    What is declared nonnegative is a distribution along its last axis.
    """
    draw = np.random.default_rng(seed)
    values = {}
    for tensor in model.inputs:
        shape = [SIZES[k.name] for k in tensor.axes] if isinstance(tensor, Tensor) else ()
        label = tensor.label if isinstance(tensor, Tensor) else tensor
        if shape and label.is_nonnegative:  # a distribution along the last axis
            values[name_of(tensor)] = draw.dirichlet(np.ones(shape[-1]), size=shape[:-1])
        else:
            values[name_of(tensor)] = draw.normal(size=shape)
        if not shape and label.is_positive:
            values[name_of(tensor)] = np.float64(0.6)
    if "C" in model.size_names:
        values["y"] = draw.dirichlet(np.ones(SIZES["C"]), size=SIZES["T"])
    for name, kind in kinds_of(model).items():
        values[name] = floats(kind, values[name].shape)
    if model.features.get("regression") == "start":
        values["t"] = np.float64(0.0)
    if "tokens" in model.features:  # of moderate scores, so that no mass is near zero
        values["W"] = values["W"] / 5
    if model.features.get("assignment") == "hard":
        values["alpha"] = np.eye(SIZES["K"])[np.arange(SIZES["N"]) % SIZES["K"]]
    if model.features.get("pair") == "origin":
        values["theta"] = np.float64(0.0)
    if "M" in values:
        mask = draw.integers(2, size=values["M"].shape).astype(float)
        mask[:, 0] = 1.0
        values["M"] = np.tril(np.ones_like(mask)) if model.features["mask"] == "causal" else mask
    return values


def completed(model: Model, values: dict, lines=None) -> dict[str, np.ndarray]:
    """Return the values with every line added that is not given: given lines cut the model."""
    known = dict(values)
    for line in lines or model.definitions:
        if line.name not in known:
            known[line.name] = evaluate(line.value, SIZES, known, *line.parameters)
    return known


def gradient(model: Model, values: dict, name: str, step: float = 1e-5) -> np.ndarray:
    """Return dL/dx by central differences, with x cut out of the model."""
    start = completed(model, values)
    given = {n: start[n] for n in [*values, name]}
    result = np.zeros_like(np.asarray(start[name], dtype=float))
    for at in np.ndindex(result.shape):
        shift = np.zeros_like(result)
        shift[at] = step
        far, near = (
            float(completed(model, {**given, name: start[name] + sign * shift})[model.loss.name])
            for sign in (1, -1)
        )
        result[at] = (far - near) / (2 * step)
    return result


def value_of(expression: sp.Expr, values: dict, *free) -> np.ndarray:
    """Return the values of an expression over its free indices."""
    return evaluate(expression, SIZES, values, *free)
