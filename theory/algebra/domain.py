"""Where an expression is defined: what its logarithms and roots say about signs.

An equality of the index calculus is meant for all real values at which both sides are defined.
sum_i p_i log(p_i / q_i) + sum_i q_i log q_i is defined only where every q_i > 0, so in it
log(p_i / q_i) may be split.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import sympy as sp

from theory.algebra.expressions import entry_tensor
from theory.algebra.symbols import Index

__all__ = ["nonnegative_names"]


@lru_cache(maxsize=65536)
def nonnegative_names(expression: sp.Basic) -> frozenset[str]:
    """Return the names of the tensors and scalars that are >= 0 wherever the value is defined.

    An entry counts for its whole tensor if its indices are different and none is a number: it
    stands for all of them, because equations hold for all values of free indices.
    """
    names = set()
    for node in sp.preorder_traversal(expression):
        if isinstance(node, sp.log):
            names |= _signed(node.args[0])
        elif isinstance(node, sp.Pow) and isinstance(node.exp, sp.Rational) and node.exp.q != 1:
            names |= _signed(node.base)
    return frozenset(names)


def _signed(argument: sp.Basic) -> set[str]:
    """Return the name of the one factor whose sign is unknown, if ``argument`` has just one."""
    powers: Any = argument.as_powers_dict() if isinstance(argument, sp.Expr) else {}
    unknown = [b for b, e in powers.items() if not b.is_nonnegative and not e.is_even]
    if len(unknown) != 1 or not powers[unknown[0]].is_odd:
        return set()
    entry = unknown[0]
    if isinstance(entry, sp.Symbol):
        return {entry.name}
    if isinstance(entry, sp.Indexed):
        indices = set(entry.indices)
        if len(indices) == len(entry.indices) and all(isinstance(k, Index) for k in indices):
            return {str(entry_tensor(entry).label)}
    return set()
