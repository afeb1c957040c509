"""Eigenvalues on the quotient, enclosed for every matrix in a box of matrices.

If y moves on the quotient as  B^T y,  its Jacobian there is  (B^T B)^-1 B^T f' B.
"""

from __future__ import annotations

from functools import reduce
from itertools import chain
from typing import Literal

import numpy as np
from flint import acb, acb_mat, arb, arb_mat

__all__ = ["Stability", "enclosed_eigenvalues", "stability"]

Stability = Literal["stable", "unstable", "not proved"]


def enclosed_eigenvalues(matrix: arb_mat, gram: arb_mat) -> tuple[acb, ...]:
    """Return balls of the eigenvalues of gram^-1 matrix, with multiplicity; empty if none found."""
    try:
        entries = gram.solve(matrix)
    except (ValueError, ZeroDivisionError):
        return ()
    size = max(float(abs(x).upper()) for x in entries.entries())
    if not 0 < size < np.inf:
        return (acb(0),) * entries.nrows() if size == 0 else ()
    # FLINT measures convergence absolutely, so bring the matrix to size 1 by a power of two
    scale = arb(2.0 ** float(np.clip(np.round(np.log2(size)), -1000, 1000)))
    unit = acb_mat(entries * (1 / scale))
    try:
        found = unit.eig(multiple=True)
    except ValueError:  # not separated: several eigenvalues are equal, or nearly
        found = _discs(unit)
    return tuple(acb(scale) * x for x in found)


def _discs(matrix: acb_mat) -> list[acb]:
    """Return Gershgorin's discs of V^-1 A V, with V the eigenvectors in floating point.

    As many eigenvalues lie in a group of discs that touch as the group has discs, so each disc
    becomes a ball around its whole group.  Empty if V is singular.
    """
    n = matrix.nrows()
    middle = np.array([[complex(matrix[i, j].mid()) for j in range(n)] for i in range(n)])
    _, vectors = np.linalg.eig(middle)
    base = acb_mat([[acb(z.real, z.imag) for z in row] for row in vectors.tolist()])
    try:
        similar = base.solve(matrix * base)
    except (ValueError, ZeroDivisionError):
        return []
    discs = []
    for i in range(n):
        radius = sum((abs(similar[i, j]) for j in range(n) if j != i), arb(0)).upper()
        spread = arb(0).union(radius).union(-radius)
        discs.append(similar[i, i] + acb(spread, spread))
    if not all(x.is_finite() for x in discs):
        return []
    return [reduce(acb.union, group) for group in _touching(discs) for _ in group]


def _touching(discs: list[acb]) -> list[list[acb]]:
    """Return groups of discs such that discs of different groups do not touch."""
    groups: list[list[acb]] = []
    for disc in discs:
        near = [g for g in groups if any(disc.overlaps(x) for x in g)]
        groups = [g for g in groups if not any(g is x for x in near)] + [[disc, *chain(*near)]]
    return groups


def stability(eigenvalues: tuple[acb, ...], kind: str) -> tuple[Stability, int | None]:
    """Return what the enclosures prove, and the number of unstable directions if they prove it."""
    if not eigenvalues:
        return "not proved", None
    off = [abs(x) - 1 if kind == "map" else x.real for x in eigenvalues]
    unstable, stable = sum(bool(x > 0) for x in off), sum(bool(x < 0) for x in off)
    index = unstable if unstable + stable == len(off) else None
    if unstable:
        return "unstable", index
    return ("stable", 0) if stable == len(off) else ("not proved", None)
