r"""Names that stand for no symbol of a document, unless it defines them.

I_n  \mathbf 1  \mathbf 0  \delta_{ij}  \pi  \infty  n      and a range n as a number
"""

from __future__ import annotations

from proofs_checks.claims import tree
from proofs_checks.claims.meaning.roles import Roles

__all__ = ["special"]


def special(node: tree.Node, roles: Roles, taken: set[str]) -> str | None:
    """Return what a name is that stands for no symbol: "ones", "identity", "delta", "pi", ..."""
    base = node.base if isinstance(node, tree.Entry) else node
    if not isinstance(base, tree.Name):
        return None
    lower = node.lower if isinstance(node, tree.Entry) else ()
    upper = node.upper if isinstance(node, tree.Entry) else ()
    name = roles.spell(base)
    if base.letter in ("1", "0") and (base.font or lower) and len(lower) <= 1 and not upper:
        return "ones" if base.letter == "1" else "zeros"
    if base.letter == "infty":
        return "infinity"
    if isinstance(node, tree.Name) and name in roles.sizes and roles.is_indexed(name):
        return "size"  # N beside the counts N_k
    if name in taken:
        return None
    if base.letter == "I" and len(lower) <= 1 and not upper and not base.primes:
        if not any(roles.is_index((name, "_0"), x) for x in lower):
            return "identity"
    if base.letter == "delta" and len(lower) == 2 and not upper:
        return "delta"
    if name == "pi" and not lower and not upper and not roles.is_function(base):
        if not any(place[0] == "pi" for place in roles.slots):
            return "pi"
    size = roles.size_name(node) if isinstance(node, tree.Name | tree.Entry) else None
    return "size" if size is not None and size in roles.sizes else None
