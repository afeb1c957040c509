r"""Losses that are defined with a label, and differentiated without.

    J_{\mathrm{CE}} = -\sum_k y_k \log p_k,   \partial J / \partial z_k = p_k - y_k

Where a document defines one labelled J and no other, J is taken for it; since it may be another
loss all the same, what is true of it is proved and what is false is not refuted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from proofs_checks.claims import tree
from proofs_checks.claims.meaning.rewriting import mapped
from proofs_checks.claims.meaning.statements import Statement
from proofs_checks.claims.tree import nodes

__all__ = ["labelled_losses"]

LOSSES = ("L", "J", "C", "E", "ell", "F")


def labelled_losses(
    statements: Sequence[Statement],
) -> tuple[list[Statement], dict[int, str]]:
    """Return statements with labels at bare losses, and by number whose loss was taken so."""
    lefts = [s.sides[0] for s in statements if len(s.sides) > 1]
    labelled: dict[tree.Name, set[tree.Entry | tree.Apply]] = {}
    bare: set[tree.Name] = set()
    for left in lefts:
        symbol = left.base if isinstance(left, tree.Apply) else left
        if isinstance(symbol, tree.Entry) and _is_loss(symbol.base) and _is_label(symbol):
            labelled.setdefault(symbol.base, set()).add(left)  # type: ignore[arg-type]
        elif _is_loss(symbol):
            bare.add(symbol)  # type: ignore[arg-type]
    meant = {
        name: found.pop()
        for name, found in labelled.items()
        if len(found) == 1 and name not in bare
    }
    taken: dict[int, str] = {}
    out = []
    for statement in statements:
        sides = tuple(
            mapped(side, lambda node: _with_label(node, meant)) for side in statement.sides
        )
        names = (x for s in statement.sides for x in nodes(s) if x in meant)
        name = next(names, None) if sides != statement.sides else None
        if isinstance(name, tree.Name):
            taken[statement.number] = name.letter
        out.append(replace(statement, sides=sides))
    return out, taken


def _with_label(node: tree.Node, meant: dict[tree.Name, tree.Entry | tree.Apply]) -> tree.Node:
    """Return a derivative of a bare loss as that of the labelled one."""
    if isinstance(node, tree.Derivative | tree.Gradient) and isinstance(node.quantity, tree.Name):
        found = meant.get(node.quantity)
        if found is not None:
            return replace(node, quantity=replace(found, span=node.quantity.span))
    return node


def _is_loss(node: tree.Node) -> bool:
    return isinstance(node, tree.Name) and node.letter in LOSSES


def _is_label(symbol: tree.Entry) -> bool:
    r"""Return whether a script is a word: ``J_{neg-sample}``, ``L_{CE}``, ``L_\text{mse}``."""
    if symbol.upper or any(isinstance(x, tree.Label) for x in symbol.lower):
        return not symbol.upper
    letters = [x for script in symbol.lower for x in nodes(script) if isinstance(x, tree.Name)]
    return len(letters) > 2 or len(letters) == 2 and all(x.letter.isupper() for x in letters)
