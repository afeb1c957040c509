r"""What an equation supposes of a quantity by taking its logarithm or its root on one side only.

    \log \gamma^2 = 2 \log \gamma        made for \gamma > 0: for others the right side is undefined

An equation is made for the values at which both sides are defined; where they are defined for
different ones, the report says for which.
"""

from __future__ import annotations

import sympy as sp

from theory.algebra.expressions import Relation, entry_tensor, free_indices, tensors_in
from theory.latex.names import name_of as latex_name
from theory.latex.names import subscripted
from theory.models.model import name_of

__all__ = ["forgotten", "supposed"]


def supposed(relation: Relation) -> list[str]:
    r"""Return what one side alone needs positive, or not negative: `\gamma` > 0."""
    needs = [_needs(side) for side in (relation.left, relation.right)]
    found = {}
    for own, other, side in ((*needs, relation.right), (*needs[::-1], relation.left)):
        for name in (own.keys() - other.keys()) & tensors_in(side):
            found[name] = own[name]
    return [f"`{subscripted(latex_name(x))}` {sign} 0" for x, sign in sorted(found.items())]


def forgotten(*sides: sp.Basic) -> list[sp.Basic]:
    """Return what must be defined besides what SymPy keeps: of exp(log r), which it makes r, log r.

    What a sum binds is summed over, so that it must be defined everywhere.
    """
    found: dict[sp.Basic, None] = {}
    free = frozenset().union(*map(free_indices, sides))
    for node in (x for side in sides for x in side.atoms(sp.exp)):
        lost = node.args[0].atoms(sp.log) - sp.exp(node.args[0]).atoms(sp.log)
        for log in sorted(lost, key=str):
            bound = sorted(free_indices(log) - free, key=str)
            found[sp.Sum(log, *((k, 1, k.size) for k in bound)) if bound else log] = None
    return list(found)


def _needs(side: sp.Expr) -> dict[str, str]:
    """Return what stands bare in a logarithm or a root of a side, with the sign it needs."""
    found: dict[str, str] = {}
    for part in side.atoms(sp.log, sp.Pow):
        is_root = isinstance(part, sp.Pow)
        inner = part.base if is_root else part.args[0]
        if is_root and (part.exp.is_integer is not False or inner.is_nonnegative):
            continue
        if isinstance(inner, sp.Symbol | sp.Indexed) and not inner.is_positive:
            found.setdefault(
                name_of(entry_tensor(inner)), ">=" if is_root and part.exp.is_positive else ">"
            )
    return found
