r"""A letter that is one quantity alone and a family of others with an index.

    h(x) = g(\theta^T x),  z_i = \theta^T x^{(i)}     x is any input, x^{(i)} the i-th of the data
    C = \frac{1}{n} \sum_i C_i                        C is a number, and each C_i another

Usually x_i is the entry of the vector x.  Where a document contradicts that, and agrees with itself
if the letter with an index is a symbol of its own, it is read so; what speaks of both is proved,
never refuted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from proofs_checks.claims import tree
from proofs_checks.claims.meaning.rewriting import mapped
from proofs_checks.claims.meaning.roles import Roles

if TYPE_CHECKING:
    from proofs_checks.claims.meaning.inference import Inference

__all__ = ["EACH", "both_halves", "suspects", "told_apart"]

EACH = "each!"
"""The accent of the letters that stand with an index; no author can write it."""
MOST = 4  # letters of one document


def told_apart(node: tree.Node, roles: Roles, apart: Iterable[str]) -> tree.Node:
    """Return a tree in which the letters ``apart`` have another name where they have an index."""

    def changed(below: tree.Node) -> tree.Node:
        if not isinstance(below, tree.Entry) or not isinstance(below.base, tree.Name):
            return below
        if roles.spell(below.base) not in apart:
            return below
        reference = roles.reference(below)
        if reference is None or not reference.indices:
            return below
        base = replace(below.base, accents=(*below.base.accents, EACH))
        return replace(below, base=base)

    return mapped(node, changed) if apart else node


def suspects(reading: Inference) -> list[str]:
    """Return the letters with and without indices that equations without a meaning mention."""
    seen = reading.ranks.slots_seen
    found: Counter[str] = Counter()
    for statement in reading.statements:
        if statement.is_inline or reading.meanings[statement.number].error is None:
            continue
        found.update({name for root in statement.roots for name in reading.names(root)})
    both = [n for n, _ in found.most_common() if {0} < seen[n] and EACH not in n and "_." not in n]
    return both[:MOST]


def both_halves(names: Iterable[str]) -> str:
    """Return a letter that stands among ``names`` both alone and as a family, if one does."""
    names = set(names)
    return min((n for n in names if f"{n}_{EACH}" in names), default="")
