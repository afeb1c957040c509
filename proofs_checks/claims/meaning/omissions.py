r"""What authors leave out: the ends of a sum, the variable of a gradient.

    \frac{1}{n} \sum_j x_j            the sum runs to n, where n is nothing but a number of terms
    \nabla p_\theta(\tau)             the gradient by \theta

Both are taken only where the document leaves one reading.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from proofs_checks.claims import tree
from proofs_checks.claims.meaning.rewriting import Change, mapped, unchanged
from proofs_checks.claims.tree import nodes

__all__ = ["SET", "ends", "few_terms", "parameter_in_sight", "parameters", "set_sizes"]

PARAMETERS = frozenset(["theta", "phi", "vartheta", "varphi", "psi", "w", "omega"])
SET = "set"  # the mark of a name that is the size of a set
FEW = frozenset("23456789")  # terms that are written out
COUNTS = "nNmMTDKCdLB"  # letters that may be a number of terms


def set_sizes(roots: Sequence[tree.Node]) -> Change:
    r"""Make ``|V|`` the size of the set V over which ``\sum_{w \in V}`` runs."""
    bounds = [n for root in roots for n in nodes(root) if isinstance(n, tree.Bound)]
    sets = {b.domain for b in bounds if isinstance(b.domain, tree.Name)}
    sets |= {b.last.body for b in bounds if _is_size(b.last)}  # type: ignore[union-attr]

    def change(node: tree.Node) -> tree.Node:
        if _is_size(node) and node.body in sets:  # type: ignore[attr-defined]
            name = node.body  # type: ignore[attr-defined]
            return replace(name, accents=(*name.accents, SET), span=node.span)
        return node

    return change if sets else unchanged


def few_terms(node: tree.Node) -> tree.Node:
    r"""Return ``\sum_{k=1}^3 x_k`` as x_1 + x_2 + x_3, products likewise."""
    if not isinstance(node, tree.Sum) or node.operator not in ("sum", "prod") or node.conditions:
        return node
    bound = node.bounds[0] if len(node.bounds) == 1 else None
    if bound is None or bound.domain is not None or not isinstance(bound.index, tree.Name):
        return node
    first, last, index = bound.first, bound.last, bound.index
    if first != tree.Number("1") or not isinstance(last, tree.Number) or last.text not in FEW:
        return node

    def put_in(number: int) -> tree.Node:
        text = str(number)
        return mapped(node.body, lambda n: tree.Number(text, span=n.span) if n == index else n)

    parts = tuple(map(put_in, range(1, int(last.text) + 1)))
    return (tree.Add if node.operator == "sum" else tree.Product)(parts, span=node.span)


def _is_size(node: tree.Node | None) -> bool:
    return isinstance(node, tree.Norm) and node.bars == 1 and isinstance(node.body, tree.Name)


def ends(roots: Sequence[tree.Node], notes: list[str]) -> Change:
    r"""Let ``\frac{1}{n} \sum_j`` run to n, where n is nothing but a number of terms."""
    written = {
        b.last.letter
        for root in roots
        for n in nodes(root)
        if isinstance(n, tree.Sum)
        for b in n.bounds
        if isinstance(b.last, tree.Name)
    }
    below: Counter[str] = Counter()
    total: Counter[str] = Counter()
    for root in roots:
        for node in nodes(root):
            if isinstance(node, tree.Name) and not node.font:
                total[node.letter] += 1
            if isinstance(node, tree.Quotient):
                factors = [node.denominator]
                if isinstance(node.denominator, tree.Product):
                    factors = list(node.denominator.factors)
                below.update(x.letter for x in factors if isinstance(x, tree.Name))
    counts = {x for x in total if total[x] == below[x] and x not in written and x in COUNTS}
    if not counts:
        return unchanged

    def change(node: tree.Node) -> tree.Node:
        if not isinstance(node, tree.Product) or node.operator:
            return node
        name = None
        out: list[tree.Node] = []
        for factor in node.factors:
            if isinstance(factor, tree.Quotient) and isinstance(factor.denominator, tree.Name):
                if factor.denominator.letter in counts:
                    name = factor.denominator
            elif isinstance(factor, tree.Sum) and name is not None and factor.operator == "sum":
                bounds = factor.bounds
                if len(bounds) == 1 and bounds[0].last is None and bounds[0].domain is None:
                    if bounds[0].first is None and not factor.conditions:
                        bound = replace(bounds[0], first=tree.Number("1"), last=name)
                        factor = replace(factor, bounds=(bound,))
                        notes.append(
                            f"{name.letter} is the number of terms of the sum that it divides"
                        )
            out.append(factor)
        return replace(node, factors=tuple(out))

    return change


def parameters(roots: Sequence[tree.Node]) -> Change:
    """Say by what every gradient is that has no subscript, where the document says it."""
    said = {
        by.letter
        for root in roots
        for node in nodes(root)
        if isinstance(node, tree.Gradient) and len(node.by) == 1
        for by in node.by
        if isinstance(by, tree.Name)
    }
    if len(said) != 1:
        return unchanged
    (letter,) = said

    def change(node: tree.Node) -> tree.Node:
        if isinstance(node, tree.Gradient) and not node.by:
            return replace(node, by=(tree.Name(letter, span=node.span),))
        return node

    return change


def parameter_in_sight(node: tree.Node) -> tree.Node:
    r"""Say by what a gradient without a subscript is: the \theta of ``\nabla p_\theta(\tau)``.

    That is the one parameter that its quantity carries as a label, else the one argument of it.
    """
    if not isinstance(node, tree.Gradient) or node.by:
        return node
    labels = {
        item.letter
        for below in nodes(node.quantity)
        if isinstance(below, tree.Entry)
        for item in below.lower
        if isinstance(item, tree.Name) and item.letter in PARAMETERS
    }
    if len(labels) == 1:
        return replace(node, by=(tree.Name(labels.pop(), span=node.span),))
    arguments = [
        below.arguments[0]
        for below in nodes(node.quantity)
        if isinstance(below, tree.Apply) and len(below.arguments) == 1
    ]
    names = [x for x in arguments if isinstance(x, tree.Name | tree.Entry)]
    if names and all(x == names[0] for x in names):
        return replace(node, by=(names[0],))
    return node
