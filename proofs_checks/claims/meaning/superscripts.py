r"""Superscripts that are parts of names: ``W^Q`` of the queries, ``V^\pi`` of a policy.

A matrix to the power of a matrix is nothing that anybody writes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from proofs_checks.claims import tree
from proofs_checks.claims.meaning.rewriting import Change, unchanged
from proofs_checks.claims.scripting import of_a_policy
from proofs_checks.claims.tree import nodes

__all__ = ["named_superscripts", "policies"]

USUAL = ("Q", "K", "V", "O")  # the projections of attention


def named_superscripts(roots: Sequence[tree.Node]) -> Change:
    """Return what makes labels of capitals above capitals, where they can be no exponents."""
    seen: dict[str, set[str]] = defaultdict(set)
    matrices: set[str] = set()
    sizes: set[str] = set()
    for root in roots:
        for node in nodes(root):
            found = _named(node)
            if found is not None:
                seen[found[0].letter].add(found[1].letter)
            if isinstance(node, tree.Bound) and isinstance(node.last, tree.Name):
                sizes.add(node.last.letter)
            if isinstance(node, tree.Space | tree.Ranges):
                sizes |= tree.letters(node)
            if isinstance(node, tree.Product | tree.Derivative):
                matrices |= {n.letter for n in _plain(node)}
    labels = {
        (base, letter)
        for base, letters in seen.items()
        for letter in letters - sizes
        if len(letters - sizes) > 1 and letter in matrices or letter in USUAL
    }
    if not labels:
        return unchanged

    def change(node: tree.Node) -> tree.Node:
        found = _named(node)
        if found is None or (found[0].letter, found[1].letter) not in labels:
            return node
        assert isinstance(node, tree.Power)
        label = tree.Label(found[1].letter, span=node.span)
        if isinstance(node.base, tree.Entry):
            return replace(node.base, upper=(*node.base.upper, label), span=node.span)
        return tree.Entry(node.base, (), (label,), span=node.span)

    return change


def policies(roots: Sequence[tree.Node]) -> Change:
    r"""Return what makes names of ``V^\pi`` where the document has a policy pi(a | s)."""
    applied = any(
        isinstance(n, tree.Apply)
        and isinstance(n.base, tree.Name | tree.Entry)
        and _stem(n.base) in ("pi", "mu")
        for root in roots
        for n in nodes(root)
    )
    return of_a_policy if applied else unchanged


def _named(node: tree.Node) -> tuple[tree.Name, tree.Name] | None:
    """Return the base and the exponent of a capital to the power of a capital."""
    if not isinstance(node, tree.Power) or not isinstance(node.exponent, tree.Name):
        return None
    base = node.base.base if isinstance(node.base, tree.Entry) else node.base
    if not isinstance(base, tree.Name):
        return None
    capitals = len(base.letter) == len(node.exponent.letter) == 1
    if capitals and base.letter.isupper() and node.exponent.letter.isupper():
        return base, node.exponent
    return None


def _plain(node: tree.Product | tree.Derivative) -> list[tree.Name]:
    parts = node.factors if isinstance(node, tree.Product) else node.by
    bare = [p.base if isinstance(p, tree.Transpose) else p for p in parts]
    return [p for p in bare if isinstance(p, tree.Name)]


def _stem(node: tree.Node) -> str:
    base = node.base if isinstance(node, tree.Entry) else node
    return base.letter if isinstance(base, tree.Name) else ""
