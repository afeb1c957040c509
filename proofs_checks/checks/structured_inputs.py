"""Inputs that hypotheses tie to a structure which no solver reaches, made as exact rationals.

A model says in ``features["structured"]`` which of its inputs have one, as pairs (name, kind), and
a document in ``features["numbers"]`` of which numbers its inputs are:

    shift          R_dab = 1 where b = a + d round a circle (indices from 0), else 0
    two-way shift  S_dab = (R_dab + R_dba) / 2
    cosine         x_a = cos(2 pi a / g), with g the largest of 6, 4, 3, 2, 1 that divides the size:
                   the angles whose cosines are rational
    one-hot        every row along the last axis has a single 1; rows take the columns in turn
    zero-one       entries are 0 or 1, with a 1 in every row along the last axis
    orthonormal    the columns of a matrix are orthonormal: those of a product of two reflections
    noise weights  q_w = Q_w0^2 for an orthogonal matrix Q, the probabilities of
    white noise    z_wi = Q_wi / Q_w0, i = 1, 2, ..., whose mean is zero and covariance the identity
    one of 0 1     entries are among these numbers
    between 0 1    entries lie between these two numbers

All judges draw them here.  That they meet the hypotheses is tried by each of them like any other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any
from zlib import crc32

import numpy as np

if TYPE_CHECKING:
    from theory.models.model import Model

__all__ = ["Impossible", "fitting", "floats", "is_among_numbers", "kinds_of", "structured"]

Array = np.ndarray[Any, Any]
COSINES: Mapping[int, tuple[str, ...]] = {
    6: ("1", "1/2", "-1/2", "-1", "-1/2", "1/2"),
    4: ("1", "0", "-1", "0"),
    3: ("1", "-1/2", "-1/2"),
    2: ("1", "-1"),
    1: ("1",),
}


class Impossible(ValueError):
    """No input of this shape has the structure."""


def kinds_of(model: Model) -> Mapping[str, str]:
    """Return the kind of structure of each input that has one, by name."""
    structures = model.features.get("structured", ())
    return dict((*structures, *model.features.get("numbers", ())))  # type: ignore[misc]


def is_among_numbers(kind: str) -> bool:
    """Return whether inputs of this kind are only said to be among some numbers."""
    return kind.startswith(("one of", "between"))


def fitting(model: Model, sizes: Mapping[str, int]) -> dict[str, int]:
    """Return sizes at which the inputs exist.

    There are as many orthonormal columns as rows at most, and fewer coordinates of white noise than
    outcomes.
    """
    found = dict(sizes)
    for kind, spare in (("white noise", 1), ("orthonormal", 0)):  # the first may leave fewer rows
        for name in (x for x, own in kinds_of(model).items() if own == kind):
            tensor: Any = model.tensors[name]
            rows, columns = (axis.name for axis in tensor.axes)
            if rows in found:
                found[rows] = max(found[rows], 1 + spare)
            if {rows, columns} <= found.keys():
                found[columns] = min(found[rows] - spare, found[columns])
    return found


def structured(kind: str, shape: tuple[int, ...], seed: int = 0) -> Array:
    """Return an input of this kind and shape as an array of `Fraction`.

    ``seed`` chooses among zero-one, one-hot and orthonormal ones and numbers; the other kinds have
    no choice.

    Raises `Impossible` if there is none: more orthonormal columns than rows, or as many coordinates
    of white noise as outcomes.
    """
    match kind:
        case "shift":
            return _shift(shape[0])
        case "two-way shift":
            once = _shift(shape[0])
            return (once + once.transpose(0, 2, 1)) / Fraction(2)
        case "cosine":
            period = next(g for g in COSINES if shape[0] % g == 0)
            cosines = [Fraction(x) for x in COSINES[period]]
            return np.array([cosines[a % period] for a in range(shape[0])], dtype=object)
        case "one-hot":
            return _one_hot(shape, seed)
        case "zero-one":
            return _zero_one(shape, seed)
        case "orthonormal":
            return _orthonormal(shape[0], shape[1], seed)
        case "noise weights":
            return _rotation(shape[0])[:, 0] ** 2
        case "white noise":
            return _white_noise(*shape)
    match kind.split():
        case ["one", "of", *numbers]:
            return _among([Fraction(x) for x in numbers], shape, seed)
        case ["between", first, last]:
            low, high = Fraction(first), Fraction(last)
            return _among([low + (high - low) * k / 8 for k in range(1, 8)], shape, seed)
    raise ValueError(f"`{kind}` is no kind of structure; see `structured_inputs`.")


def floats(kind: str, shape: tuple[int, ...], seed: int = 0, name: str = "") -> Array:
    """Return `structured` in float64; inputs of one kind with different names are not alike."""
    return structured(kind, shape, seed + crc32(name.encode())).astype(float)


def _shift(size: int) -> Array:
    d, a, b = np.indices((size, size, size))
    return _fractions((b - a - d) % size == 0)


def _one_hot(shape: tuple[int, ...], seed: int) -> Array:
    order = np.random.default_rng(seed).permutation(shape[-1]) if seed else np.arange(shape[-1])
    rows = np.arange(int(np.prod(shape[:-1]))).reshape(shape[:-1])
    return _fractions(np.eye(shape[-1], dtype=int)[order[rows % shape[-1]]])


def _zero_one(shape: tuple[int, ...], seed: int) -> Array:
    rng = np.random.default_rng(seed)
    return _fractions(np.maximum(rng.integers(0, 2, shape), _one_hot(shape, seed)))


def _among(numbers: Sequence[Fraction], shape: tuple[int, ...], seed: int) -> Array:
    result = np.empty(shape, dtype=object)
    rng = np.random.default_rng(seed)
    for place in np.ndindex(shape):
        result[place] = numbers[int(rng.integers(len(numbers)))]
    return result


def _orthonormal(rows: int, columns: int, seed: int) -> Array:
    if columns > rows:
        raise Impossible(f"{columns} columns of {rows} entries are never orthonormal")
    rng = np.random.default_rng(seed)
    product = _fractions(np.eye(rows, dtype=int))
    for _ in range(2):
        v = _fractions(rng.integers(1, 4, rows) * rng.choice((-1, 1), rows))
        product = product - np.outer(product @ v, v) * (Fraction(2) / (v @ v))
    return product[:, :columns]


def _rotation(size: int) -> Array:
    """Return the orthogonal matrix of a size that has no zero in its first column."""
    made = (_orthonormal(size, size, seed) for seed in range(size, 1000))
    return next(Q for Q in made if (Q[:, 0] != 0).all())


def _white_noise(outcomes: int, coordinates: int) -> Array:
    if coordinates >= outcomes:
        raise Impossible(f"{outcomes} outcomes have no white noise in {coordinates} coordinates")
    Q = _rotation(outcomes)
    return Q[:, 1 : coordinates + 1] / Q[:, :1]


def _fractions(values: Array) -> Array:
    result = np.empty(values.shape, dtype=object)
    for place, value in np.ndenumerate(values):
        result[place] = Fraction(int(value))
    return result
