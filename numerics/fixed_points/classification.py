"""The kind of a fixed point from the eigenvalues of its Jacobian on the quotient.

    flow   stable where every real part is below 0
    map    stable where every modulus is below 1

An eigenvalue within `TOLERANCE` of that border, measured by the typical size of the Jacobian, is
taken for one on it: rounding decides nothing.  So is one that is small and crosses the border
within the distance to which the point can be known: a double root is known to half the digits only.
A point with complex pairs on the border, and nothing else on or beyond it, is a centre of a flow or
an elliptic point of a map; any other one with an eigenvalue there is degenerate: a bifurcation, or
one of a continuous family of fixed points that no declared symmetry explains.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from numerics.fixed_points.points import FixedPoint
from numerics.fixed_points.proof import Proof
from numerics.fixed_points.quotient import Quotient, residual
from numerics.flows import System

__all__ = [
    "TOLERANCE",
    "Character",
    "border_width",
    "character",
    "classify",
    "quotient_eigenvalues",
    "zero_count",
]

TOLERANCE = 1e-9
SMALL = 1e-5
"""Eigenvalues below this part of the Jacobian's size are looked at again nearby."""
ROUNDING = 1e-14


@dataclass(frozen=True)
class Character:
    """Kind, stability (None: undecided by the linearisation) and number of unstable directions."""

    kind: str
    stable: bool | None
    index: int


def classify(
    system: System, y: np.ndarray, quotient: Quotient | None = None, proof: Proof | None = None
) -> FixedPoint:
    """Return the fixed point at ``y`` (d,) with its kind; whether it is one is the caller's.

    ``quotient`` is the state space up to symmetry, made from the system if it is not given.

    Raises `ValueError` for a state of the wrong shape or where the Jacobian is not finite.
    """
    quotient = quotient or Quotient(system)
    y = np.asarray(y, dtype=float)
    eigenvalues = quotient_eigenvalues(quotient, y)
    found = character(eigenvalues, system.kind, border_width(quotient, y, eigenvalues))
    off = float(np.max(np.abs(residual(system, y[None]))))
    return FixedPoint(y, found.kind, found.stable, found.index, eigenvalues, off, proof=proof)


def quotient_eigenvalues(quotient: Quotient, y: np.ndarray) -> np.ndarray:
    """Return the eigenvalues of the Jacobian at ``y`` without structural zeros, (m,) complex.

    The least stable first: by real part for a flow, by modulus for a map.

    Raises `ValueError` for a state of the wrong shape or where the Jacobian is not finite.
    """
    system = quotient.system
    if np.shape(y) != (system.dimension,):
        raise ValueError(
            f"a state of `{system.name}` must have shape ({system.dimension},); got {np.shape(y)}."
        )
    matrix = quotient.slope(y[None])[0]
    if not np.isfinite(matrix).all():
        raise ValueError(f"the Jacobian of `{system.name}` is not finite at {y.tolist()}.")
    is_map = system.kind == "map"
    eigenvalues: np.ndarray = np.linalg.eigvals(matrix).astype(complex) + float(is_map)
    weight = np.abs(eigenvalues) if is_map else np.real(eigenvalues)
    return eigenvalues[np.lexsort((-np.imag(eigenvalues), -weight))]


def _border(eigenvalues: np.ndarray, kind: str) -> np.ndarray:
    """Return how far eigenvalues are on the unstable side."""
    return np.abs(eigenvalues) - 1 if kind == "map" else np.real(eigenvalues)


def border_width(quotient: Quotient, y: np.ndarray, eigenvalues: np.ndarray) -> float:
    """Return the distance from the border within which an eigenvalue counts as on it."""
    kind = quotient.system.kind
    scale = 1.0 if kind == "map" else max(float(np.abs(eigenvalues).max()), quotient.rate)
    width = TOLERANCE * scale
    off = np.abs(_border(eigenvalues, kind))
    small = float(off.min())
    if width < small < SMALL * scale:
        _, _, rows = np.linalg.svd(quotient.slope(y[None])[0])
        direction = quotient.basis @ rows[-1]
        reach = min(ROUNDING * scale / small, 1e-3) * (1 + float(quotient.size(y)))
        step = direction * reach / float(quotient.size(direction))
        index = int(np.sum(_border(eigenvalues, kind) > 0))
        for beside in (y + step, y - step):
            there = _border(quotient_eigenvalues(quotient, beside), kind)
            if int(np.sum(there > 0)) != index:
                return float(off[off < SMALL * scale].max()) * (1 + TOLERANCE)
    return width


def character(eigenvalues: np.ndarray, kind: str, width: float) -> Character:
    """Return what eigenvalues say; those within ``width`` of the border are on it."""
    border = _border(eigenvalues, kind)
    on_border = np.abs(border) <= width
    index = int(np.sum(border > width))
    turns = np.abs(np.imag(eigenvalues)) > np.sqrt(TOLERANCE) * np.abs(eigenvalues)
    if on_border.any():
        stable = False if index else None
        if index or not np.all(np.abs(np.imag(eigenvalues[on_border])) > width):
            return Character("degenerate", stable, index)
        return Character("elliptic point" if kind == "map" else "centre", stable, index)
    if 0 < index < len(eigenvalues):
        return Character("saddle", False, index)
    word = "unstable" if index else "stable"
    return Character(f"{word} {'focus' if turns.any() else 'node'}", not index, index)


def zero_count(quotient: Quotient, y: np.ndarray, eigenvalues: np.ndarray) -> int:
    """Return how many eigenvalues belong to directions in which Newton's step is undetermined."""
    width = border_width(quotient, y, eigenvalues)
    return int(np.sum(np.abs(eigenvalues - (quotient.system.kind == "map")) <= width))
