"""Arrays whose axes stand for free indices, and the root-finding that moves inputs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from theory.algebra.symbols import Index

__all__ = ["FUNCTIONS", "Value", "einsum", "letter", "mask", "newton", "onto"]

NEWTON_STEPS = 40
STEP = 1e-7  # of finite differences
SOLVED = 1e-11  # largest violation of a hypothesis
MOST_WORK = 4000  # products in one contraction; beyond, it pays to look for a good order
FUNCTIONS: Mapping[str, Any] = {  # by name: what the theory writes may be a bare name
    "exp": np.exp,
    "log": np.log,
    "Abs": lambda x: np.where(np.real(x) < 0, -x, x),
    "sign": lambda x: np.sign(np.real(x)),
    "sinh": np.sinh,
    "cosh": np.cosh,
    "tanh": np.tanh,
    "sech": lambda x: 1 / np.cosh(x),
    "csch": lambda x: 1 / np.sinh(x),
    "coth": lambda x: 1 / np.tanh(x),
}


class Value(NamedTuple):
    """An array and the free index that each of its axes stands for."""

    labels: tuple[Index, ...]
    array: Any


def onto(value: Value, free: tuple[Index, ...]) -> Any:
    """Return the array with one axis for each of ``free``, of length 1 where it lacks one."""
    order = [value.labels.index(k) for k in free if k in value.labels]
    array = np.transpose(value.array, order) if order else np.asarray(value.array)
    return array[tuple(slice(None) if k in value.labels else None for k in free)]


def einsum(parts: list[tuple[Any, tuple[Index, ...]]], free: tuple[Index, ...]) -> Any:
    """Return the product of labelled arrays, summed over all labels but ``free``."""
    numbers: dict[Index, int] = {}
    work = 1
    for array, labels in parts:
        for k, size in zip(labels, array.shape, strict=True):
            if k not in numbers:
                numbers[k] = len(numbers)
                work *= size
    operands = [x for array, labels in parts for x in (array, [numbers[k] for k in labels])]
    return np.einsum(*operands, [numbers[k] for k in free], optimize=work > MOST_WORK)


def mask(kind: object, shape: tuple[int, ...], generator: np.random.Generator) -> Any:
    """Return zeros and ones with at least one 1 in every row."""
    if kind == "causal":
        return np.tril(np.ones(shape))
    mask = (generator.random(shape) > 0.4).astype(float)
    mask[np.arange(shape[0]), generator.integers(0, shape[1], shape[0])] = 1
    return mask


def letter(k: Index) -> str:
    """Return the name of an index, which orders axes."""
    return k.name


def newton(residual: Any, x: Any) -> bool:
    """Go to a root near ``x``; False if none is near.  The last call is at the root."""
    for _ in range(NEWTON_STEPS):
        value = residual(x)
        if not np.isfinite(value).all():
            return False
        if np.abs(value).max(initial=0.0) < SOLVED:
            return True
        columns = [(residual(x + STEP * unit) - value) / STEP for unit in np.eye(x.size)]
        if not columns:
            return False
        x = x - np.linalg.lstsq(np.array(columns).T, value, rcond=1e-9)[0]
    return False
