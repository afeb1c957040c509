"""An instance that meets the premises of a theorem, so that it does not hold of nothing.

All sizes are 1, every tensor is constant; the constants are found by trying a few.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import Any

import sympy as sp

from theory.algebra.expressions import entry_tensor, tensors_in
from theory.algebra.symbols import Index, Size
from theory.models.model import name_of

__all__ = ["instance_of", "witness"]

CANDIDATES = (1, 0, 2, -1)
MOST = 4096


def witness(constraints: list[Any], names: list[str], positive: set[str]) -> Mapping[str, int]:
    """Return constants for ``names`` that meet equations at sizes 1; all 1 if none is found."""
    involved = [n for n in names if any(n in tensors_in(e) for e in constraints)]
    for count, values in enumerate(product(CANDIDATES, repeat=len(involved))):
        if count > MOST:
            break
        chosen = dict(zip(involved, values, strict=True))
        if any(chosen[n] <= 0 for n in positive & set(chosen)):
            continue
        if all(_holds(e, chosen) for e in constraints):
            return {n: chosen.get(n, 1) for n in names}
    return dict.fromkeys(names, 1)


def _holds(equation: Any, values: Mapping[str, int]) -> bool:
    left, right = (_at_one(x, values) for x in equation.args[:2])
    return bool(sp.simplify(left - right) == 0)


def _at_one(e: Any, values: Mapping[str, int]) -> Any:
    if isinstance(e, Size | Index | sp.KroneckerDelta):
        return sp.S.One
    if isinstance(e, sp.Indexed | sp.Symbol):
        return sp.Integer(values.get(name_of(entry_tensor(e)), 1))
    if isinstance(e, sp.Sum):
        return _at_one(e.function, values)
    return e.func(*(_at_one(x, values) for x in e.args)) if e.args else e


def instance_of(
    theorem: str,
    sizes: int,
    variables: list[tuple[int, int]],
    hypotheses: int,
    opened: list[str],
) -> list[str]:
    """Return the lines that apply the theorem at sizes 1 to constant tensors.

    ``variables`` are (number of indices, constant) in their order, ``opened`` the definitions that
    the premises may speak of.
    """
    given = ["1%nat"] * sizes
    for rank, value in variables:
        number = str(value) if value >= 0 else f"({value})"
        given.append(f"(fun {'_ ' * rank}=> {number})" if rank else number)
    premises = ["_"] * hypotheses
    unfold = f"cbv beta delta [{' '.join(opened)}]; " if opened else ""
    head = " ".join([theorem, *given, *premises])
    return [
        "(** It is not about nothing: the premises hold at sizes 1. *)",
        f"Definition {theorem}_instance := ltac:(",
        f"  refine ({head}); {unfold}meets).",
    ]
