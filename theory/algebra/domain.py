"""Where an expression is defined: what its logarithms and roots say about signs.

An equality of the index calculus is meant for all real values at which both sides are defined.
sum_i p_i log(p_i / q_i) + sum_i q_i log q_i is defined only where every q_i > 0, so in it
log(p_i / q_i) may be split.

What is promised is promised by terms that occur.  Beside a condition on indices (a Kronecker delta,
[k <= j], 1 - delta_1k) a term need not occur, and in a sum from which one of its terms is taken
away again that term does not: sum_k log w_k - log w_1 says nothing of w_1.  Roots of odd order
are real everywhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

import sympy as sp

from theory.algebra.expressions import Inequality, entry_tensor, is_condition, taken_terms
from theory.algebra.symbols import Index, Tensor

__all__ = ["Promises", "nonnegative_names", "promises"]


class Promises(NamedTuple):
    """What holds wherever an expression is defined.

    ``nonnegative``: names of tensors and scalars all of whose entries are >= 0.
    ``uses``: names of tensors and scalars all of whose entries are defined.
    """

    nonnegative: frozenset[str]
    uses: frozenset[str]


def nonnegative_names(expression: sp.Basic) -> frozenset[str]:
    """Return the names of the tensors and scalars that are >= 0 wherever the value is defined.

    An entry counts for its whole tensor if its indices are different and none is a number: it
    stands for all of them, because equations hold for all values of free indices.
    """
    return promises(expression).nonnegative


@lru_cache(maxsize=65536)
def promises(expression: sp.Basic) -> Promises:
    """Return what holds wherever the expression is defined, or the inequality holds."""
    names, uses = set(), set()
    if isinstance(expression, Inequality) and expression.left == 0:
        names |= _signed(expression.right)
    for node in _occurring(expression):
        if isinstance(node, sp.log):
            names |= _signed(node.args[0])
        elif isinstance(node, sp.Pow) and isinstance(node.exp, sp.Rational) and node.exp.q % 2 == 0:
            names |= _signed(node.base)
        elif isinstance(node, sp.Indexed | sp.Symbol):
            uses |= _whole(node)
    return Promises(frozenset(names), frozenset(uses))


def _occurring(e: sp.Basic) -> Iterator[sp.Basic]:
    """Yield the parts that have to be defined for ``e`` to be."""
    waiting = [e]
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, sp.Mul):
            flat = [x for f in node.args for x in (f.args if isinstance(f, sp.Mul) else (f,))]
            if any(is_condition(x) for x in flat):
                continue
        if isinstance(node, sp.Add):
            waiting += _remaining(node)
        elif isinstance(node, sp.Sum):
            waiting.append(node.function)
        elif not isinstance(node, sp.Indexed | Tensor):
            waiting += node.args


def _remaining(e: sp.Add) -> list[sp.Basic]:
    """Return the terms without sums of which a term is subtracted, and without that term."""
    gone = {part for found in taken_terms(e) for part in found[:2]}
    return [term for term in e.args if term not in gone]


def _signed(argument: sp.Basic) -> set[str]:
    """Return the name of the one factor whose sign is unknown, if ``argument`` has just one."""
    powers: Any = argument.as_powers_dict() if isinstance(argument, sp.Expr) else {}
    unknown = [b for b, e in powers.items() if not b.is_nonnegative and not e.is_even]
    if len(unknown) != 1 or not _keeps_sign(powers[unknown[0]]):
        return set()
    return _whole(unknown[0])


def _keeps_sign(exponent: Any) -> bool:
    if isinstance(exponent, sp.Rational):
        return bool(exponent.p % 2 == 1 and exponent.q % 2 == 1)
    return bool(exponent.is_odd)


def _whole(entry: sp.Basic) -> set[str]:
    """Return the name of a scalar, or of a tensor whose every entry this one stands for."""
    if isinstance(entry, sp.Indexed):
        indices = set(entry.indices)
        if len(indices) == len(entry.indices) and all(isinstance(k, Index) for k in indices):
            return {str(entry_tensor(entry).label)}
    elif isinstance(entry, sp.Symbol) and not isinstance(entry, Index):
        return {entry.name}
    return set()
