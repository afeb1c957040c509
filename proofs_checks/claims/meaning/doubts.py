r"""What the way an equation is written leaves open: a refutation would then mean nothing.

\sigma(Q K^T) V        the sigmoid, or the softmax of rows
H(X)                   the entropy of a distribution, of which X is perhaps only the name
f(x) = (x - 1)^2       in the prose, perhaps as an example
p_i = 1                a number, where p_i is a vector elsewhere
dL/dg = dL/dy_i dy_i/dg    an index of one side only, perhaps to be summed over
x > 0                  a condition rather than a claim
df/dw = x (-0.20)      a value at one point of a worked example
Y = tanh(X)            in a later section than Y = sigma(X): another Y
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

import sympy as sp

from proofs_checks.claims import tree
from proofs_checks.claims.meaning.authored import MEANINGS
from proofs_checks.claims.meaning.conditions import INTEGRAL
from proofs_checks.claims.meaning.layers import doubtful
from proofs_checks.claims.meaning.redefinitions import defined_anew
from proofs_checks.claims.meaning.restrictions import gives_value
from proofs_checks.claims.meaning.statements import BESIDE, SPREAD, Link, Statement, one_section
from proofs_checks.claims.meaning.worked import examples, has_value, with_values
from proofs_checks.claims.notation import FACTORIAL
from proofs_checks.claims.tree import nodes
from theory.algebra.expressions import Equation, free_indices, tensors_in
from theory.algebra.symbols import Index, Partial

if TYPE_CHECKING:
    from proofs_checks.claims.meaning.document import Reading

__all__ = ["Doubts", "updated_in_place"]

DELTA = tree.Name("delta")
SCRIPTED = (tree.Entry, tree.Power, tree.Transpose)


class Doubts:
    """The doubts about the equations of one reading."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.inline = {s.number for s in reading.statements if s.is_inline}
        self.doubtful = doubtful([r for s in reading.statements for r in s.sides])

    @cached_property
    def anew(self) -> dict[str, list[Statement]]:
        """The equations that may define a symbol anew, by symbol."""
        return defined_anew(self.reading)

    @cached_property
    def with_values(self) -> frozenset[str]:
        """The symbols that have the value of a worked example besides a definition."""
        return with_values(self.reading)

    @cached_property
    def examples(self) -> list[tuple[int, frozenset[str]]]:
        """Where displays write out the numbers of an example, and of which symbols."""
        return examples(self.reading)

    @cached_property
    def has_factorials(self) -> bool:
        """Whether the document has a factorial anywhere."""
        roots = (root for s in self.reading.statements for root in s.roots)
        return any(_is_factorial(x) for root in roots for x in nodes(root))

    def of(self, statement: Statement, link: Link) -> str:
        """Return what an equation leaves open, or the empty text."""
        return (
            self._rounded(statement, link)
            or self._worked(statement, link)
            or self._redefined(statement)
            or self._used_anew(statement)
            or self._routes(statement)
            or updated_in_place(statement, tree.Differential)
            or (INTEGRAL if INTEGRAL in link.notes else "")
            or self._counts(statement)
            or self._operator(statement)
            or self._other_loss(statement)
            or _repeated(link)
            or self._value(link)
            or self._entropy(statement)
            or self._factorial(statement)
            or self._example(statement, link)
            or _spread(link)
            or _aligned(link)
            or _nested(link)
            or ("this defines what is defined already" if statement.defines else "")
        )

    def _rounded(self, statement: Statement, link: Link) -> str:
        """Return why an equation of numbers that holds to its last decimal is not refuted."""
        left, right = link.relation.left, link.relation.right
        if left.free_symbols | right.free_symbols or not isinstance(link.relation, Equation):
            return ""
        written = [
            len(node.text.partition(".")[2])
            for root in statement.roots
            for node in nodes(root)
            if isinstance(node, tree.Number) and "." in node.text
        ]
        gap = sp.N(sp.Abs(left - right))
        if written and gap.is_Float and gap <= sp.Float(10) ** -min(written):
            return "the decimals may be rounded; a fraction is exact"
        return ""

    def _worked(self, statement: Statement, link: Link) -> str:
        """Return why an equation may hold for the numbers of a worked example."""
        left, right = link.relation.left, link.relation.right
        if (left.free_symbols | right.free_symbols) and any(map(has_value, statement.roots)):
            return "the decimals may be the values of symbols at one point"
        if not self.with_values and not self.examples:
            return ""
        used = {n for root in statement.roots for n in self.reading.names(root)}
        found = sorted(used & self.with_values)
        if found:
            return f"{found[0]} has a value of its own elsewhere"
        headings, place = self.reading.headings, statement.span.start
        for where, names in self.examples:
            if used & names and where < place and one_section(headings, where, place):
                return f"{min(used & names)} may be that of the example before"
        return ""

    def _redefined(self, statement: Statement) -> str:
        """Return which function may have a later definition than the one that was read."""
        authored = self.reading.authored
        for root in statement.roots if authored.redefined else ():
            for node in nodes(root):
                name = authored.function_name(node) if isinstance(node, tree.Apply) else None
                if isinstance(node, tree.Name):  # the f of df / dx
                    name = self.reading.roles.spell(node)
                if name is not None and authored.redefined.get(name, 1e9) <= statement.number:
                    return f"{name} has two definitions, of different arguments"
        return ""

    def _used_anew(self, statement: Statement) -> str:
        """Return which symbol a section may use for something else than those before it."""
        used = (
            {n for root in statement.roots for n in self.reading.names(root)} if self.anew else ()
        )
        for name in sorted(used):
            if any(s.span.start <= statement.span.start for s in self.anew.get(name, ())):
                return f"{name} may be defined anew further on"
        return ""

    def _other_loss(self, statement: Statement) -> str:
        """Return which loss may be another than the labelled one that it was taken for."""
        name = self.reading.labelled.get(statement.number, "")
        return f"{name} may be another loss than the one with a label" if name else ""

    @cached_property
    def _varies(self) -> bool:
        r"""Whether \delta stands before symbols only, as the operator of a variation does."""
        roots = [root for s in self.reading.statements for root in s.roots]
        every = sum(node == DELTA for root in roots for node in nodes(root))
        before = sum(1 for root in roots for node in nodes(root) for _ in _varied(node))
        return every > 1 and every == before

    def _operator(self, statement: Statement) -> str:
        varied = (x for side in statement.sides for node in nodes(side) for x in _varied(node))
        if next(varied, None) is not None and self._varies:
            return r"\delta may be an operator on what follows it"
        if len(statement.sides) > 1 and all(map(_is_differentiated, statement.sides)):
            return "d may be an operator on what follows it"
        return ""

    def _counts(self, statement: Statement) -> str:
        """Return which superscript, taken for a power, may count layers or iterates."""
        for root in statement.sides:
            for node in nodes(root):
                if isinstance(node, tree.Power) and isinstance(node.exponent, tree.Name):
                    if node.exponent.letter in self.doubtful:
                        return f"the superscript {node.exponent.letter} may be no power"
        return ""

    def _value(self, link: Link) -> str:
        """Return why an equation may be a condition on an input or a size, such as x > 0."""
        names = tensors_in(link.relation.left) | tensors_in(link.relation.right)
        if not link.of_inputs or names & self.reading.assumed:
            return ""
        return "this may only say which case is meant" if gives_value(link.relation) else ""

    def cases(self, statement: Statement, link: Link) -> tuple[tuple[str, str], ...]:
        r"""Return the letters that the prose tells apart, i \ne j, where the equation does not."""
        relation = link.relation
        if statement.conditions or not relation.has(Partial) or relation.has(sp.KroneckerDelta):
            return ()
        free = {k.name for k in free_indices(relation)}
        headings, place = self.reading.headings, statement.span.start
        near = (p for where, p in self.reading.cases if one_section(headings, where, place))
        pairs = {(min(pair), max(pair)) for pair in near if len(pair) == 2 and pair <= free}
        return tuple(sorted(pairs))

    def _routes(self, statement: Statement) -> str:
        r"""Return why a sigma in front of values, as in \sigma(Q K^T) V, may be the softmax."""
        authored = self.reading.authored
        for root in statement.roots:
            for node in nodes(root):
                if not isinstance(node, tree.Product):
                    continue
                values = any(isinstance(x, tree.Name) and x.letter.isupper() for x in node.factors)
                sigmoid = any(
                    isinstance(x, tree.Apply) and authored.built_in(x) == "sigmoid"
                    for factor in node.factors
                    for x in nodes(factor)
                )
                if values and sigmoid:
                    return "sigma may be the softmax here; the document does not say"
        return ""

    def _entropy(self, statement: Statement) -> str:
        """Return of which undefined symbol an entropy is taken as if it were a distribution."""
        authored, roles = self.reading.authored, self.reading.roles
        for root in statement.roots:
            for node in nodes(root):
                if not isinstance(node, tree.Apply) or authored.built_in(node) not in MEANINGS:
                    continue
                for argument in node.arguments:
                    found = roles.reference(argument)
                    symbol = self.reading.symbols.table.get(found.name) if found else None
                    is_open = symbol is not None and not symbol.is_defined
                    if found and is_open and found.name not in self.reading.assumed:
                        if found.name[:1].isupper():
                            return f"nothing says that {found.name} is a distribution"
        return ""

    def _factorial(self, statement: Statement) -> str:
        """Return why an equation about n! may hold: what it says of other n is not known."""
        below = [node for root in statement.roots for node in nodes(root)]
        moves = any(
            isinstance(node, tree.Apply)
            and not all(isinstance(x, tree.Name | tree.Entry) for x in node.arguments)
            for node in below
        )
        if any(map(_is_factorial, below)) or (moves and self.has_factorials):
            return "n! is a function of n of which nothing more is known here"
        return ""

    def _example(self, statement: Statement, link: Link) -> str:
        """Return which function has a definition in the prose only, perhaps as an example."""
        authored = self.reading.authored
        if isinstance(link.relation, Equation):
            return ""
        for root in statement.roots:
            for node in nodes(root):
                name = authored.function_name(node) if isinstance(node, tree.Apply) else None
                template = authored.templates.get(name or "")
                if template is not None and template.number in self.inline:
                    return f"{name} is defined in the prose, perhaps as an example"
        return ""


def _varied(node: tree.Node) -> Iterator[tree.Node]:
    r"""Yield the symbols of a product that stand right behind a bare \delta."""
    if isinstance(node, tree.Product) and not node.operator:
        for first, second in pairwise(node.factors):
            if first == DELTA and isinstance(tree.stem(second, *SCRIPTED), tree.Name):
                yield second


def _is_differentiated(side: tree.Node) -> bool:
    r"""Return whether each bare d of a side, and there is one, stands before a function."""
    every = sum(isinstance(x, tree.Name) and x.letter == "d" for x in nodes(side))
    pairs = (p for x in nodes(side) if isinstance(x, tree.Product) for p in pairwise(x.factors))
    before = sum(isinstance(a, tree.Name) and a.letter == "d" and isinstance(b, tree.Call)
                 for a, b in pairs)  # fmt: skip
    return 0 < every == before


def _is_factorial(node: tree.Node) -> bool:
    return isinstance(node, tree.Apply) and node.base == tree.Name(FACTORIAL, font="rm")


def _spread(link: Link) -> str:
    """Return why a number that was taken for a vector of it may be one number after all."""
    sides = (link.relation.left, link.relation.right)
    number = next((x for x in sides if x.is_number and x != 0), None)
    if number is None or SPREAD not in link.notes:
        return ""
    return "a number stands on one side and a vector on the other"


def _aligned(link: Link) -> str:
    """Return why vectors that were put beside matrices may be meant to lie otherwise."""
    beside = [note.removeprefix(BESIDE).split()[0] for note in link.notes if BESIDE in note]
    ways = {"row", "column"} <= set(beside)
    return "along which axis vectors lie beside matrices here is a guess" if ways else ""


def _nested(link: Link) -> str:
    r"""Return why indices of indices, h_\ell and h_{\ell-1}, may tell symbols apart as well.

    A derivative by u_o of what holds u_{w_s} needs to know whether o is one of the w_s.
    """
    indices = sorted(link.relation.atoms(Index), key=str)
    for k in indices if link.relation.has(Partial) else ():
        others = [x.name for x in indices if x.size == k.size and x != k]
        if "." in k.name and others:
            known, its = k.name.split(".", 1)
            return f"nothing says whether {known}_{its} can be equal to {others[0]}"
    for k in indices:
        if re.fullmatch(r"[^.]+\.[^.]+[pm]\d+", k.name):
            return f"an index such as {k.name.split('.')[0]} with an index may be part of a name"
    return ""


def _repeated(link: Link) -> str:
    """Return which index of one side alone is repeated in a chain rule: a sum over it?"""
    left, right = link.relation.left, link.relation.right
    for side, other in () if left.is_number or right.is_number else ((left, right), (right, left)):
        for index in sorted(free_indices(side) - free_indices(other), key=str):
            for term in sp.Add.make_args(side):
                factors = [x for x in sp.Mul.make_args(term) if index in free_indices(x)]
                if len(factors) < 2 or not any(x.has(Partial) for x in factors):
                    break
            else:
                return f"the index {index.name} is free on one side, perhaps to be summed over"
    return ""


def updated_in_place(statement: Statement, *kinds: type[tree.Node]) -> str:
    """Return why x = g(x), with x of one of some kinds, may be an update with another x."""
    left, *rest = statement.sides
    if any(isinstance(side, tree.Transpose) and side.base == left for side in rest[:1]):
        return ""  # A = A^T says that A is symmetric
    if isinstance(left, kinds) and any(node == left for side in rest[:1] for node in nodes(side)):
        return "the same symbol stands on both sides, as in an update in place"
    return ""
