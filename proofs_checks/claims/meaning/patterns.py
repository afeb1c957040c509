r"""Notation that stands for other notation, rewritten before anything is inferred.

    rewritten(trees, lefts)        dots, omissions and compound names of a whole document
    multiplied_out(is_product)     H (A + B) as a product, where H is no function
    renamed(body, formals, "f")    the body of f(x) = ... with an x of its own

The order matters: dots become sums before the ends of sums are looked for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from proofs_checks.claims import tree
from proofs_checks.claims.meaning.dots import without_dots
from proofs_checks.claims.meaning.omissions import with_ends, with_parameters
from proofs_checks.claims.meaning.own_names import (
    adjoint_bars,
    changes,
    defined_squares,
    own_words,
)
from proofs_checks.claims.meaning.rewriting import mapped
from proofs_checks.claims.tree import nodes

__all__ = ["multiplied_out", "renamed", "rewritten"]

APPLIED = "applied"  # the operator of a product that looks like an application
LETTERS = "ijklmabcdefghr"  # candidates for the index of dots


def rewritten(
    roots: Sequence[tree.Node], lefts: Sequence[tree.Node] = ()
) -> tuple[list[tree.Node], list[str]]:
    """Return the trees of a document with its patterns written out, and what was taken how.

    ``lefts`` are the first sides of its equations.
    """
    notes: list[str] = []
    used = {n.letter for root in roots for n in nodes(root) if isinstance(n, tree.Name)}
    letter = next((x for x in LETTERS if x not in used), "i")
    out = _powers_of_bound(roots)
    out = [mapped(root, lambda n: _mixed_delta(without_dots(n, letter))) for root in out]
    out = with_ends(out, notes)
    out = with_parameters(out)
    out = changes(out)
    out = own_words(out)
    out = adjoint_bars(out, lefts)
    return defined_squares(out, lefts, notes), notes


def _powers_of_bound(roots: Sequence[tree.Node]) -> list[tree.Node]:
    r"""Return the trees with ``\gamma^t`` a power where the document sums over t.

    Alone ``A^t`` is a transpose; a document that sums over t writes its transposes otherwise.
    """
    bounds = (b for r in roots for n in nodes(r) if isinstance(n, tree.Sum) for b in n.bounds)
    bound = {b.index.letter for b in bounds if isinstance(b.index, tree.Name)}

    def change(node: tree.Node) -> tree.Node:
        if isinstance(node, tree.Transpose) and node.mark == "t" and "t" in bound:
            return tree.Power(node.base, tree.Name("t", span=node.span), span=node.span)
        return node

    return [mapped(root, change) for root in roots]


def multiplied_out(is_product: Callable[[tree.Apply], bool]) -> Callable[[tree.Node], tree.Node]:
    """Return what makes a product of every bracket after a name for which that is right.

    Scripts after the bracket belong to the bracket: H (A + B)^T.
    """
    in_front = (tree.Differential, tree.Gradient, tree.Step, tree.Rate)

    def parts(node: tree.Node) -> tuple[tree.Node, tree.Node] | None:
        if isinstance(node, tree.Apply) and len(node.arguments) == 1 and is_product(node):
            return node.base, node.arguments[0]
        return None

    def change(node: tree.Node) -> tree.Node:
        if isinstance(node, tree.Transpose | tree.Power | tree.Entry):
            base = node.base
            if isinstance(base, tree.Product) and base.operator == APPLIED:
                last = replace(node, base=base.factors[1])
                return tree.Product((base.factors[0], last), APPLIED, span=node.span)
        found = parts(node) if isinstance(node, tree.Apply) else None
        if found is not None:
            return tree.Product(found, APPLIED, span=node.span)
        if isinstance(node, in_front) and isinstance(node.quantity, tree.Product):
            if node.quantity.operator == APPLIED:
                front = replace(node, quantity=node.quantity.factors[0])
                return tree.Product((front, node.quantity.factors[1]), APPLIED, span=node.span)
        return node

    def flat(node: tree.Node) -> tree.Node:
        if isinstance(node, tree.Product) and not node.operator:
            factors: list[tree.Node] = []
            for factor in node.factors:
                if isinstance(factor, tree.Product) and factor.operator == "":
                    factors += factor.factors
                else:
                    factors.append(factor)
            return replace(node, factors=tuple(factors))
        if isinstance(node, tree.Product) and node.operator == APPLIED:
            return replace(node, operator="")
        return node

    return lambda node: mapped(mapped(node, change), flat)


def renamed(root: tree.Node, formals: Sequence[tree.Node], function: str) -> tree.Node:
    """Return the definition of a function with formal arguments that are names of its own."""
    names = {x.letter for x in formals if isinstance(x, tree.Name)}

    def change(node: tree.Node) -> tree.Node:
        if isinstance(node, tree.Name) and node.letter in names:
            return replace(node, letter=f"{node.letter}_of_{function}")
        return node

    return mapped(root, change)


def _mixed_delta(node: tree.Node) -> tree.Node:
    """Return delta^i_j with both of its indices below."""
    if not isinstance(node, tree.Power) or not isinstance(node.exponent, tree.Name):
        return node
    base = node.base
    if isinstance(base, tree.Entry) and base.base == tree.Name("delta", span=base.base.span):
        if len(base.lower) == 1 and not base.upper:
            return replace(base, lower=(node.exponent, *base.lower), span=node.span)
    return node
