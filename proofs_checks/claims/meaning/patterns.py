r"""Notation that stands for other notation, rewritten before anything is inferred.

    rewritten(trees, lefts)        dots, omissions and compound names of a whole document
    multiplied_out(is_product)     H (A + B) as a product, where H is no function
    renamed(body, formals, "f")    the body of f(x) = ... with an x of its own

The order matters: dots become sums before the ends of sums are looked for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple, TypeGuard

from proofs_checks.claims import tree
from proofs_checks.claims.meaning.dots import without_dots
from proofs_checks.claims.meaning.laws import laws_of_outcomes
from proofs_checks.claims.meaning.layers import inner_losses, layer_labels
from proofs_checks.claims.meaning.omissions import (
    ends,
    few_terms,
    parameter_in_sight,
    parameters,
    set_sizes,
)
from proofs_checks.claims.meaning.own_names import (
    adjoint_bars,
    changes,
    defined_squares,
    own_steps,
    own_words,
    roots_of_squares,
    spelled_functions,
    spelled_words,
)
from proofs_checks.claims.meaning.random_variables import over_outcomes
from proofs_checks.claims.meaning.rewriting import Change, mapped, unchanged
from proofs_checks.claims.meaning.superscripts import named_superscripts, policies
from proofs_checks.claims.tree import children, nodes

__all__ = ["Rewriting", "multiplied_out", "renamed", "rewritten"]

APPLIED = "applied"  # the operator of a product that looks like an application
LETTERS = "ijklmabcdefghr"  # candidates for the indices of dots
FURTHER = tuple(f"i{n}" for n in range(1, 9))  # that no document has


class Rewriting(NamedTuple):
    """The trees of a document with its patterns written out, notes on it, and the changes made."""

    trees: list[tree.Node]
    notes: list[str]
    changes: tuple[Change, ...]

    def of(self, root: tree.Node) -> tree.Node:
        """Return another tree rewritten as those of the document were."""
        for change in self.changes:
            root = mapped(root, change)
        return root


def rewritten(
    roots: Sequence[tree.Node], equations: Sequence[Sequence[tree.Node]] = (),
    elsewhere: Sequence[tree.Node] = (), *, own: bool = True,
) -> Rewriting:  # fmt: skip
    """Write out the patterns of a document; ``equations`` are the sides of each of its equations.

    ``own`` says that all symbols are the document's own, and none of a vocabulary.
    Of a part of a document ``elsewhere`` holds the rest, which tells what counts layers.
    Every pattern is decided once, from all trees as those before it have left them.
    """
    used = tree.letters(*roots)
    letters = [*(x for x in LETTERS if x not in used), *FURTHER]
    notes: list[str] = []
    lefts = [sides[0] for sides in equations]
    patterns: tuple[Callable[[list[tree.Node]], Change], ...] = (
        lambda now: layer_labels([*now, *elsewhere]),
        lambda now: inner_losses(now, equations, notes),
        lambda now: spelled_words(now, lefts),
        named_superscripts,
        policies,
        _powers_of_letter,
        lambda now: _products_in_one_font(now, lefts),
        lambda now: _entries_of_functions(now, [x for sides in equations for x in sides[:-1]]),
        laws_of_outcomes,
        lambda now: over_outcomes(now, equations) if own else unchanged,
        lambda now: _dots_written_out(now, letters),
        lambda _: _inner_of_lists,
        set_sizes,
        lambda _: few_terms,
        lambda now: ends(now, notes),
        lambda _: parameter_in_sight,
        parameters,
        changes,
        own_steps,
        own_words,
        spelled_functions,
        lambda now: adjoint_bars(now, lefts),
        lambda _: defined_squares(lefts),
        lambda now: roots_of_squares(now, lefts, notes),
    )
    out, made = list(roots), []
    for pattern in patterns:
        change, before = pattern(out), len(notes)
        if change is unchanged:
            continue
        out = [mapped(root, change) for root in out]
        notes[before:] = sorted(set(notes[before:]))
        made.append(change)
    return Rewriting(out, list(notes), tuple(made))


def _dots_written_out(roots: Sequence[tree.Node], letters: Sequence[str]) -> Change:
    """Write out dots of plain patterns, but those of the arguments of functions."""
    named = {
        id(listed)
        for root in roots
        for node in nodes(root)
        if isinstance(node, tree.Apply | tree.Compare)
        for listed in children(node)
        if isinstance(listed, tree.Tuple)
    }

    def change(node: tree.Node) -> tree.Node:
        return node if id(node) in named else _mixed_delta(without_dots(node, letters))

    return change


def _powers_of_letter(roots: Sequence[tree.Node]) -> Change:
    r"""Make ``\gamma^t`` a power where t is a letter of the document: an index, a bound, a number.

    Alone ``A^t`` is a transpose; a document that has a t writes its transposes otherwise.
    """

    def change(node: tree.Node) -> tree.Node:
        if isinstance(node, tree.Transpose) and node.mark == "t":
            return tree.Power(node.base, tree.Name("t", span=node.span), span=node.span)
        return node

    named = (n for r in roots for n in nodes(r) if isinstance(n, tree.Name))
    return change if any(n.letter == "t" and not n.font for n in named) else unchanged


def _products_in_one_font(roots: Sequence[tree.Node], lefts: Sequence[tree.Node]) -> Change:
    r"""Make ``\mathbf{QK}`` a product where Q and K are bold matrices and nothing defines QK."""
    every = [n for r in roots for n in nodes(r) if isinstance(n, tree.Name) and n.font]
    single = {(n.letter, n.font) for n in every if len(n.letter) == 1}
    bases = (x.base if isinstance(x, tree.Entry) else x for x in lefts)
    defined = {x.letter for x in bases if isinstance(x, tree.Name)}

    def is_product(node: tree.Node) -> TypeGuard[tree.Name]:
        return (
            isinstance(node, tree.Name)
            and len(node.letter) > 1
            and node.letter.isupper()
            and node.letter not in defined
            and not (node.accents or node.primes)
            and all((x, node.font) in single for x in node.letter)
        )

    products: list[tree.Product] = []

    def change(node: tree.Node) -> tree.Node:
        if is_product(node):
            factors = tuple(tree.Name(x, node.font, span=node.span) for x in node.letter)
            products.append(tree.Product(factors, span=node.span))
            return products[-1]
        if isinstance(node, tree.Transpose | tree.Power):
            for product in products:
                if node.base is product:  # \mathbf{QK}^\top is Q K^\top
                    last = replace(node, base=product.factors[-1])
                    return replace(product, factors=(*product.factors[:-1], last))
        return node

    return change if any(map(is_product, every)) else unchanged


def _entries_of_functions(roots: Sequence[tree.Node], sides: Sequence[tree.Node]) -> Change:
    r"""Make ``\sigma(z)_i`` the function ``\sigma_i(z)`` where the document defines it so.

    What has entries without a bracket is a matrix: A(x)_i is the entry of a product.
    """
    tensors = {n.base for r in roots for n in nodes(r) if isinstance(n, tree.Entry)}
    defined = {
        side.base.base
        for side in sides
        if isinstance(side, tree.Entry) and isinstance(side.base, tree.Apply)
        and isinstance(side.base.base, tree.Name) and not side.upper
        and all(isinstance(x, tree.Name) for x in side.base.arguments)
    } - tensors  # fmt: skip

    def change(node: tree.Node) -> tree.Node:
        if isinstance(node, tree.Entry) and isinstance(node.base, tree.Apply):
            function = node.base.base
            if function in defined and not node.upper:
                return replace(node.base, base=replace(node, base=function), span=node.span)
        return node

    return change if defined else unchanged


def multiplied_out(is_product: Callable[[tree.Apply], bool]) -> Change:
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


def _inner_of_lists(node: tree.Node) -> tree.Node:
    """Return the inner product of two lists as the sum of those of their entries."""
    if not isinstance(node, tree.Inner):
        return node
    left, right = node.left, node.right
    if not isinstance(left, tree.Tuple) or not isinstance(right, tree.Tuple):
        return node
    if len(left.entries) != len(right.entries):
        return node
    pairs = zip(left.entries, right.entries, strict=True)
    return tree.Add(tuple(tree.Inner(a, b, span=node.span) for a, b in pairs), span=node.span)
