"""Eigenvalues on the quotient, enclosed for every matrix in a box of matrices.

If y moves on the quotient as  B^T y,  its Jacobian there is  (B^T B)^-1 B^T f' B.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from flint import acb, acb_mat, arb, arb_mat

__all__ = ["Stability", "enclosed_eigenvalues", "stability"]

Stability = Literal["stable", "unstable", "not proved"]


def enclosed_eigenvalues(matrix: arb_mat, gram: arb_mat) -> tuple[acb, ...]:
    """Return balls of the eigenvalues of gram^-1 matrix, with multiplicity; empty if none found."""
    try:
        entries = gram.solve(matrix)
        size = max(float(abs(x).upper()) for x in entries.entries())
        if not 0 < size < np.inf:
            return (acb(0),) * entries.nrows() if size == 0 else ()
        # FLINT measures convergence absolutely, so bring the matrix to size 1 by a power of two
        scale = arb(2.0 ** np.clip(np.round(np.log2(size)), -1000, 1000))
        found = acb_mat(entries * (1 / scale)).eig(multiple=True)
        return tuple(acb(scale) * x for x in found)
    except (ValueError, ZeroDivisionError):  # not separated at this precision, or not finite
        return ()


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
