r"""Covariances and precisions are symmetric, though nobody writes it.

A symbol called \Sigma or \Lambda whose inverse or determinant is taken is a covariance or a
precision: Sigma_ab = Sigma_ba becomes a hypothesis of the document.  Derivatives are still taken
in every entry of its own, as in matrix calculus.
"""

from __future__ import annotations

from collections.abc import Iterable

import sympy as sp

from theory.algebra.expressions import Equation
from theory.algebra.nodes import Determinant, MatrixInverse
from theory.algebra.symbols import Index, Tensor
from theory.models.model import Constraint

__all__ = ["symmetries"]

LETTERS = ("Sigma", "Lambda")


def symmetries(expressions: Iterable[sp.Basic], inputs: Iterable[sp.Basic]) -> list[Constraint]:
    """Return the hypothesis S_ab = S_ba for every covariance among the inputs."""
    free = {x.name: x for x in inputs if isinstance(x, Tensor)}
    found: dict[str, Constraint] = {}
    for e in expressions:
        for node in e.atoms(MatrixInverse, Determinant):
            body = node.body
            if not isinstance(body, sp.Indexed) or not isinstance(body.base, Tensor):
                continue
            name = body.base.name
            is_square = body.indices[-2:] == tuple(node.bound)
            if name in free and is_square and name.split("_")[0] in LETTERS and name not in found:
                axes = body.base.axes
                letters = [Index(f"s{n}", size) for n, size in enumerate(axes)]
                turned = (*letters[:-2], letters[-1], letters[-2])
                equation = Equation(body.base[tuple(letters)], body.base[turned])
                text = f"{name} is a covariance or a precision: symmetric"
                found[name] = Constraint(equation, text)
    return list(found.values())
