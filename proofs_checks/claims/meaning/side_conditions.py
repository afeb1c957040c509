r"""The conditions beside an equation: ranges of indices, dimensions, signs.

    i = 2, ..., n       a factor 1 - delta(i, 1)
    A \in R^{n x d}     the ranges of the axes of A
    c > 0               the symbol c, positive

`sides` builds on `SideConditions`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

import sympy as sp

from proofs_checks.claims import tree
from proofs_checks.claims.meaning import conditions
from proofs_checks.claims.meaning.descent import Descent
from proofs_checks.claims.meaning.statements import MeaningError
from proofs_checks.claims.meaning.typing import Typer
from proofs_checks.claims.spaces import kind_of_numbers
from theory.algebra.symbols import Tensor, delta
from theory.latex import expression as latex_of
from theory.models.model import name_of

__all__ = ["SideConditions"]


class Restriction(NamedTuple):
    """What a condition says: a factor over indices, signs of symbols, or why it is not used.

    An equation beside a condition that is not used may be proved without it, never refuted.
    """

    factor: Any = sp.S.One
    signs: Mapping[Any, Any] = MappingProxyType({})
    unused: str = ""


class SideConditions(Descent):
    """Types the conditions beside the equations of a document."""

    def _condition(self, typer: Typer, node: tree.Node) -> Restriction:
        """Return what a condition beside an equation says."""
        if isinstance(node, tree.ForAll | tree.Otherwise):
            return Restriction()
        if isinstance(node, tree.Ranges):
            return Restriction(self._range(typer, node))
        if not isinstance(node, tree.Compare):
            raise MeaningError("this condition is not read.", node.span)
        if node.relation == "in" and isinstance(node.right, tree.Space):
            self._dimensions(typer, node)
            return Restriction()
        letter = self.roles.letter(node.left)
        other = self.roles.letter(node.right)
        if letter in typer.letters or other in typer.letters:
            return Restriction(conditions.holds(typer, node))
        if node.relation in ("<", "<=", ">", ">="):
            return self._sign(typer, node)
        if node.relation in ("=", "!="):
            return self._unused(typer, node)
        if node.relation == "in" and isinstance(node.right, tree.SetOf | tree.Tuple):
            return self._in_a_set(typer, node, node.right)
        raise MeaningError(
            "this condition is not read.", node.span,
            expected="a range of an index, or the sign of a symbol",
        )  # fmt: skip

    def _unused(self, typer: Typer, node: tree.Compare) -> Restriction:
        """Return a comparison of values, each of which must have a meaning, as not used."""
        return self._unused_among(typer, node, (node.right,))

    def _unused_among(
        self, typer: Typer, node: tree.Compare, others: Sequence[tree.Node]
    ) -> Restriction:
        left, *right = (latex_of(typer.value(x).expression) for x in (node.left, *others))
        said = f"{left} {node.relation} {', '.join(right)}"
        return Restriction(unused=f"the condition {said} is not used")

    def _in_a_set(
        self, typer: Typer, node: tree.Compare, numbers: tree.SetOf | tree.Tuple
    ) -> Restriction:
        r"""Return ``y_i \in \{0, 1\}``, each part of which must have a meaning."""
        if kind_of_numbers(numbers):  # which all judges draw from
            typer.value(node.left)
            return Restriction()
        return self._unused_among(typer, node, numbers.entries)

    def _range(self, typer: Typer, node: tree.Ranges) -> Any:
        factor = sp.S.One
        name = self.roles.size_name(node.last)
        if name is None:
            raise MeaningError("this range is not read.", node.last.span, expected="n")
        size = self.ranges.declare(name)
        for item in node.indices:
            index = typer.index(item, size, "the range beside the equation")
            if isinstance(node.first, tree.Number) and node.first.text in ("0", "1"):
                continue
            if isinstance(node.first, tree.Number) and node.first.text == "2":
                factor *= 1 - delta(index, sp.S.One)
                continue
            raise MeaningError("this range is not read.", node.first.span, expected="1 or 2")
        return factor

    def _dimensions(self, typer: Typer, node: tree.Compare) -> None:
        space = node.right
        value = typer.value(node.left)
        axes = value.axes
        dims = [d for d in getattr(space, "dims", ()) if not isinstance(d, tree.Number)]
        if len(dims) != len(axes):
            return
        for axis, dim in zip(axes, dims, strict=True):
            name = self.roles.size_name(dim)
            if name is None:
                continue
            size = self.ranges.declare(name)
            if self.ranges.clash(axis.size, size):
                raise MeaningError(
                    f"this says {name} where {self.ranges.find(axis.size)} stands elsewhere.",
                    dim.span,
                )
            self.ranges.meet(axis.size, size)

    def _sign(self, typer: Typer, node: tree.Compare) -> Restriction:
        """Return a symbol and the one with the sign that a condition gives it."""
        small, large = (node.left, node.right)
        if node.relation in (">", ">="):
            small, large = large, small
        is_strict = node.relation in ("<", ">")
        if not (isinstance(small, tree.Number) and small.text == "0"):
            return self._unused(typer, node)
        value = typer.value(large)
        e = value.expression
        if isinstance(e, sp.Symbol) and e.name in self.symbols.table:
            if not self.symbols.table[e.name].is_defined:
                sign = {"positive": True} if is_strict else {"nonnegative": True}
                return Restriction(signs={e: sp.Symbol(e.name, **sign)})
        if isinstance(e, sp.Indexed) and not self.symbols.table[name_of(e.base)].is_defined:
            base: Any = e.base
            return Restriction(signs={base: Tensor(name_of(base), base.axes, nonnegative=True)})
        return self._unused(typer, node)
