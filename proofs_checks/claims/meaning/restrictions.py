r"""Does an equation restrict the inputs of its document, rather than claim something of them?

    x > 0      w_1 = 0.3      d_k = 64      A x = b      S^{-1} = A + B      f(x) \le 0

Nothing that a document defines enters, so nothing in it could prove such a line or contradict it:
it is a condition, an example's value, or says what a symbol is.  An identity such as
(a + b)^2 = a^2 + 2 a b + b^2 is proved all the same, and one that no value of an input can mend by
being a condition on a single symbol, such as r c = c r + 1, is refuted.
"""

from __future__ import annotations

import sympy as sp

from theory.algebra.expressions import Equation, Relation, tensors_in
from theory.algebra.opaque import Applied
from theory.algebra.symbols import Flow, Index, Partial, Size, Step

__all__ = ["gives_value", "is_restriction", "is_value"]


def is_restriction(relation: Relation, computed: frozenset[str]) -> bool:
    """Return whether a relation bounds inputs, or has a single one on one of its sides.

    ``computed`` are the symbols that the document defines.
    """
    if any(isinstance(node, Partial | Step | Flow) for node in sp.preorder_traversal(relation)):
        return False
    sides = (relation.left, relation.right)
    left, right = map(tensors_in, sides)
    if (left | right) & computed:
        return False
    if not isinstance(relation, Equation):
        return True
    if not left | right:  # of sizes alone
        return bool(_sizes(sides[0]) | _sizes(sides[1]))
    if left & right:
        return False
    if any(map(_is_bare, sides)):
        return True
    single = next((names for names in (left, right) if len(names) == 1), frozenset())
    return any("_." not in name for name in single) and not relation.has(Applied)  # f(a) = f(b)


def gives_value(relation: Relation) -> bool:
    """Return whether a relation between inputs gives one of them, or a size, a value or a bound."""
    sides = (relation.left, relation.right)
    left, right = map(_names, sides)
    for side, own, other in ((sides[0], left, right), (sides[1], right, left)):
        if len(own) != 1 or own & other:
            continue
        if _is_bare(side) and not isinstance(relation, Equation):
            return True
        if _is_bare(side) and not (other - _sizes(sides[0]) - _sizes(sides[1])):
            return True
        if not other and own == _sizes(side):
            return True  # \sqrt{d_k} = 8
    return False


def is_value(relation: Relation, leaves: frozenset[str]) -> bool:
    """Return whether a relation gives what depends on the inputs ``leaves`` a number: L = 0.693."""
    if not leaves or not isinstance(relation, Equation):
        return False
    left, right = relation.left, relation.right
    return _is_bare(left) and not right.free_symbols and not tensors_in(right)


def _is_bare(side: sp.Basic) -> bool:
    if isinstance(side, sp.Abs):
        side = side.args[0]
    return isinstance(side, sp.Indexed | sp.Symbol) and not isinstance(side, Index)


def _names(side: sp.Basic) -> frozenset[str]:
    return tensors_in(side) | _sizes(side)


def _sizes(side: sp.Basic) -> frozenset[str]:
    """Return the sizes that stand as numbers, not as the range of an index."""
    if side.atoms(Index):
        return frozenset()
    return frozenset(s.name for s in side.free_symbols if isinstance(s, Size))
