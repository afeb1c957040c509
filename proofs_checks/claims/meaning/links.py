r"""What an equation says, link by link: a definition, a hypothesis, or a claim to be judged.

    a = b = c            two links: a = b and b = c
    f = g + O(\eta^2)    a claim up to a remainder of order 2

`assembly` builds on `Links`.
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from proofs_checks.claims import tree
from proofs_checks.claims.meaning.conditions import same
from proofs_checks.claims.meaning.definitions import Defined
from proofs_checks.claims.meaning.families import without_marks
from proofs_checks.claims.meaning.natural_domains import forgotten, supposed
from proofs_checks.claims.meaning.sides import Sides
from proofs_checks.claims.meaning.spelling import flat
from proofs_checks.claims.meaning.statements import Link, Meaning, MeaningError, Statement
from proofs_checks.claims.meaning.typing import Typer
from proofs_checks.claims.meaning.values import Value
from proofs_checks.claims.tree import nodes
from theory.algebra.expressions import (
    Equation,
    Inequality,
    OrderEquation,
    Relation,
    StrictInequality,
    free_indices,
    substitute,
)
from theory.algebra.symbols import Index
from theory.latex import equation as latex_equation
from theory.models import Constraint, Definition
from theory.models.model import name_of

__all__ = ["Links"]


class Links(Sides):
    """Makes definitions, hypotheses and claims of the typed statements of a document."""

    def _take(self, statement: Statement, meaning: Meaning) -> None:
        if self._is_case(statement):
            meaning.skipped = "the value of an index, which is no claim"
            return
        torn = self.torn & {name for root in statement.roots for name in self.names(root)}
        if torn:
            raise MeaningError(
                f"{min(torn)} is bold and is transposed, and other equations of the document "
                "make a number of it.", statement.span,
            )  # fmt: skip
        typer, values = self._sides(statement)
        factor, signs, unused = sp.S.One, {}, ""
        for condition in statement.conditions:
            said = self._condition(typer, condition)
            factor *= said.factor
            signs.update(said.signs)
            unused = unused or said.unused
        apart = self.apart.get(statement.number)
        if apart is not None:
            factor *= 1 - same(typer, *apart, statement.span)
            typer.shapes.notes.append("the two indices differ: of equal ones the document speaks "
                                      "elsewhere")  # fmt: skip
        is_chain = len(statement.kinds) > 1
        for n, kind in enumerate(statement.kinds):
            found = self._definition_at(statement, n, kind)
            span = statement.sides[n + 1].span
            notes = tuple(dict.fromkeys(typer.shapes.notes))
            if found is not None:
                others = any(isinstance(c, tree.Otherwise) for c in statement.conditions)
                partly = signs or unused or others
                line = self._define(found, values, typer, None if partly else factor)
                relation = Equation(line.symbol, line.value)
                said = (f"defines {without_marks(self._shown(found))}", *notes)
                meaning.links.append(Link("definition", relation, span, said))
                continue
            self._refuse_defined(statement)
            link = self._link(statement, n, kind, values, typer, factor)
            link.kind = "step" if is_chain else "claim"
            if not is_chain and kind == "equality" and self._is_said_of_inputs(link.relation):
                link.kind = "assumption"
                text = latex_equation(link.relation, self.base)
                self.constraints.append(Constraint(link.relation, text))
            where = ", ".join(supposed(link.relation))
            link.notes = (*notes, f"made for {where}") if where else notes
            link.signs, link.hedge = {**self.signs, **signs}, unused
            if n and kind in ("definition", "backward"):
                link.hedge = link.hedge or "the sign makes this a definition, which was not read"
            meaning.links.append(link)
        if sum(link.kind == "step" for link in meaning.links) == 1:
            for link in meaning.links:
                link.kind = "claim" if link.kind == "step" else link.kind

    def _refuse_defined(self, statement: Statement) -> None:
        r"""Refuse an equation "for all x" where x is defined: it is not about that x."""
        quantified = (c for c in statement.conditions if isinstance(c, tree.ForAll))
        for node in (x for condition in quantified for x in condition.indices):
            name = self.roles.letter(node)
            if name in self.definitions.found and name not in self.roles.bound:
                raise MeaningError(
                    f"this speaks of every {name}, and {name} is defined.", node.span,
                    suggestion="another letter for one of them",
                )  # fmt: skip

    def _shown(self, found: Defined) -> str:
        """Return how the note on a definition calls what it defines: p(z | x)."""
        side, spell = found.statement.sides[found.left], self.roles.spell
        if not isinstance(side, tree.Apply) or "_." not in found.name:
            return found.name
        parts = [flat(side.arguments[0], spell)]
        for sign, argument in zip(side.separators, side.arguments[1:], strict=False):
            parts += [f"{sign} " if sign == "," else f" {sign} ", flat(argument, spell)]
        return f"{found.name.split('_.')[0]}({''.join(parts)})"

    def _is_case(self, statement: Statement) -> bool:
        """Return whether an equation only says which case is meant: k = 1, i = j."""
        if len(statement.sides) != 2:
            return False
        letters = [self.roles.letter(s) for s in statement.sides if isinstance(s, tree.Name)]
        index = self.roles.bound | self.roles.compared
        plain = all(isinstance(s, tree.Name | tree.Number) for s in statement.sides)
        return (
            plain
            and bool(letters)
            and all(x in index and not self._is_computed(x) for x in letters)
        )

    def _is_computed(self, name: str) -> bool:
        """Return whether a symbol is defined, by more than a number or index that it may be."""
        found = self.definitions.found.get(name, ())
        plain = (tree.Number, tree.Name)
        return any(not isinstance(f.statement.sides[f.right], plain) for f in found)

    def _definition_at(self, statement: Statement, n: int, kind: str) -> Defined | None:
        ways = ((n + 1, n), (n, n + 1)) if kind == "backward" else ((n, n + 1), (n + 1, n))
        for left, right in ways:
            found = self.definitions.by_side.get((statement.number, left))
            if found is not None and found.right == right:
                return found
        return None

    def _define(self, found: Defined, values: list[Value], typer: Typer, factor: Any) -> Definition:
        left, right = values[found.left], values[found.right]
        left, right = self._joined(typer, left, right, found.statement.sides[found.right].span)
        entry, value = left.expression, right.expression
        free = {k.name for k in free_indices(sp.sympify(value, strict=True))}
        own = {k.name for k in free_indices(sp.sympify(entry, strict=True))}
        stray = sorted(free - own)
        if stray:
            raise MeaningError(
                f"the index {stray[0]} stands on the right side only.",
                found.statement.sides[found.right].span,
                suggestion=f"sum over {stray[0]}, or put it on the left",
            )
        mapping = {k: Index(_letter(n), k.size) for n, k in enumerate(left.axes)}
        entry, value = (substitute(sp.sympify(e, strict=True), mapping) for e in (entry, value))
        line = Definition(entry, value, found.name)
        pieces = self.definitions.found[found.name]
        if not found.is_part:
            self.lines.append(line)
            return line
        if factor is None:
            self.unknown.add(found.name)
            return line
        self._pieces.setdefault(found.name, []).append((line, sp.expand(factor)))
        done = self._pieces[found.name]
        if len(done) == len(pieces) and not self._joined_pieces(done):
            self.unknown.add(found.name)
        return line

    def _joined_pieces(self, pieces: list[tuple[Definition, Any]]) -> bool:
        """Join the pieces of a definition by cases, if together they are everything."""
        first = pieces[0][0]
        value, covered = sp.S.Zero, sp.S.Zero
        for line, factor in pieces:
            mapping = dict(zip(line.parameters, first.parameters, strict=True))
            here = substitute(sp.sympify(factor, strict=True), mapping)
            value += substitute(line.value, mapping) * here
            covered += here
        if sp.expand(covered) != 1:
            return False
        self.lines.append(Definition(first.symbol, value, first.title))
        return True

    def _link(
        self,
        statement: Statement,
        n: int,
        kind: str,
        values: list[Value],
        typer: Typer,
        factor: Any,
    ) -> Link:
        span = statement.sides[n + 1].span
        a, b = self._joined(typer, values[n], values[n + 1], span)
        self._same_letters(a, b, statement.sides[n], statement.sides[n + 1])
        names = {
            "le": (Inequality, False), "lt": (StrictInequality, False),
            "ge": (Inequality, True), "gt": (StrictInequality, True),
        }  # fmt: skip
        relation, turned = names.get(kind, (Equation, False))
        left, right = a.expression * factor, b.expression * factor
        if turned:
            left, right = right, left
        typed = relation(left, right, forgotten(left, right))
        typed, axes = self._named_axes(typed, a if not a.is_scalar else b)
        dropped = [
            x for s in statement.sides[n : n + 2] if (x := self.without_order(s)[1]) is not None
        ]
        if dropped:
            small, order = self._remainder(typer, dropped[0])
            typed = OrderEquation(typed.left, typed.right, small, order, typed.domain)
            place = dropped[0].span
            return Link("claim", typed, span, (), axes, (place.start, place.end))
        return Link("claim", typed, span, (), axes)

    def _remainder(self, typer: Typer, node: tree.Node) -> tuple[Any, int]:
        """Return what becomes small in O(eta^2), and the order."""
        inner = node.arguments[0] if isinstance(node, tree.Apply | tree.Call) else node
        order = 1
        if isinstance(inner, tree.Power) and isinstance(inner.exponent, tree.Number):
            inner, order = inner.base, int(inner.exponent.text)
        small = typer.value(inner).expression
        if not isinstance(small, sp.Symbol) or isinstance(small, Index):
            raise MeaningError(
                "what becomes small in O(...) is a symbol to a power.",
                node.span,
                expected="O(\\eta^2)",
            )
        return small, order

    def _is_said_of_inputs(self, relation: Relation) -> bool:
        """Return whether an equation says that an undefined symbol is symmetric, or sums to one."""
        left, right = relation.left, relation.right
        if isinstance(left, sp.Indexed) and isinstance(right, sp.Indexed):
            symbol = self.symbols.table.get(name_of(left.base))
            turned = left.base == right.base and left.indices == right.indices[::-1]
            free = len(set(left.indices)) == len(left.indices) == 2
            return bool(turned and free and symbol and not symbol.is_defined and not symbol.known)
        if right != 1 or not isinstance(left, sp.Sum) or not isinstance(left.function, sp.Indexed):
            return False
        name = name_of(left.function.base)
        symbol = self.symbols.table.get(name)
        if symbol is None or symbol.is_defined or name in self.broken:
            return False
        return len(left.limits) == 1

    def _same_letters(self, a: Value, b: Value, before: tree.Node, where: tree.Node) -> None:
        r"""Reject an index that stands on one side only, unless the other side has none at all.

        Where a derivative has it above and below, as the i of `\partial y_{ij} / \partial x_{ik} =
        w_{kj}`, it is no slip of the pen: the other side does not depend on it.
        """
        left, right = (
            {k.name for k in free_indices(sp.sympify(v.expression, strict=True))}
            - {k.name for k in v.axes}
            for v in (a, b)
        )
        if not left or not right or left == right:
            return
        stray = sorted(right - left) or sorted(left - right)
        fixed = {x for s in self.symbols.table.values() for x in s.fixed}
        if all(
            x in fixed or (x in self.roles.compared and x not in self.roles.bound)
            for x in left ^ right
        ):
            return  # constant positions, such as the true class
        more, side = (left - right, before) if left > right else (right - left, where)
        if (left > right or right > left) and more <= self._above_and_below(side):
            return
        side = "right" if right - left else "left"
        raise MeaningError(
            f"the index {stray[0]} is free on the {side} side only.", where.span,
            expected="the same free indices on both sides",
            suggestion=f"sum over {stray[0]}, or correct the index",
        )  # fmt: skip

    def _above_and_below(self, side: tree.Node) -> set[str]:
        """Return the indices that a derivative has both above and below."""
        letters_of = self.roles.script_letters
        return set().union(*(
            letters_of(n.quantity) & set().union(*map(letters_of, n.by))
            for n in nodes(side) if isinstance(n, tree.Derivative) and n.by
        ))  # fmt: skip

    def _named_axes(self, relation: Relation, value: Value) -> tuple[Relation, tuple[str, str]]:
        """Give silent axes that both sides share a letter of their own; return these too."""
        taken = {k.name for e in relation.args for k in free_indices(e)}
        mapping = {}
        letters_of = self.base.letters if self.base is not None else {}
        for axis in value.axes:
            usual = letters_of.get(self.ranges.find(axis.size).name, ())
            letter = next(
                x for x in (*usual, *"abcdefgh", *(f"a{n}" for n in range(99))) if x not in taken
            )
            taken.add(letter)
            mapping[axis] = Index(letter, axis.size)
        row, column = (mapping[k].name if k is not None else "" for k in (value.row, value.column))
        return substitute(relation, mapping), (row, column)

    def _assume(self, statement: Statement) -> None:
        typer, values = self._sides(statement)
        sign = {"gt": ">", "ge": ">=", "lt": "<", "le": "<="}.get(statement.kinds[0])
        if sign is not None:
            left, right = statement.sides[:2]
            said = tree.Compare(left, sign, right, span=statement.span)
            sign_of = self._sign(typer, said)
            if sign_of.unused:
                raise MeaningError(f"{sign_of.unused}.", statement.span)
            self.signs.update(sign_of.signs)
            return
        factor = sp.S.One
        for condition in statement.conditions:
            said = self._condition(typer, condition)
            if said.signs or said.unused:
                raise MeaningError("a sign beside a hypothesis is not read.", condition.span)
            factor *= said.factor
        a, b = self._joined(typer, values[0], values[1], statement.sides[1].span)
        equation, _ = self._named_axes(
            Equation(a.expression * factor, b.expression * factor), a if not a.is_scalar else b
        )
        self.constraints.append(
            Constraint(Equation(equation.left, equation.right), latex_equation(equation, self.base))
        )


def _letter(n: int) -> str:
    """Return a letter for a silent axis of a definition that no index of a document has."""
    return f"{'rc'[n]}{n + 1}"
