r"""The conditions beside an equation: ranges of indices, dimensions, signs.

    i = 2, ..., n       a factor 1 - delta(i, 1)
    A \in R^{n x d}     the ranges of the axes of A
    c > 0               the symbol c, positive

`sides` builds on `SideConditions`.
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from proofs_checks.claims import tree
from proofs_checks.claims.meaning import conditions
from proofs_checks.claims.meaning.descent import Descent
from proofs_checks.claims.meaning.statements import MeaningError
from proofs_checks.claims.meaning.typing import Typer
from theory.algebra.symbols import Tensor, delta
from theory.models.model import name_of

__all__ = ["SideConditions"]


class SideConditions(Descent):
    """Types the conditions beside the equations of a document."""

    def _condition(self, typer: Typer, node: tree.Node) -> tuple[Any, dict[Any, Any]]:
        """Return the factor of a condition on indices, and what it says about signs."""
        if isinstance(node, tree.ForAll):
            return sp.S.One, {}
        if isinstance(node, tree.Ranges):
            return self._range(typer, node), {}
        if isinstance(node, tree.Otherwise):
            return sp.S.One, {}
        if not isinstance(node, tree.Compare):
            raise MeaningError("this condition is not read.", node.span)
        if node.relation == "in" and isinstance(node.right, tree.Space):
            self._dimensions(typer, node)
            return sp.S.One, {}
        letter = self.roles.letter(node.left)
        other = self.roles.letter(node.right)
        if letter in typer.letters or other in typer.letters:
            return conditions.holds(typer, node), {}
        if node.relation in ("<", "<=", ">", ">="):
            return sp.S.One, self._sign(typer, node)
        raise MeaningError(
            "this condition is not read.", node.span,
            expected="a range of an index, or the sign of a symbol",
        )  # fmt: skip

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

    def _sign(self, typer: Typer, node: tree.Compare) -> dict[Any, Any]:
        """Return a symbol and the one with the sign that a condition gives it."""
        small, large = (node.left, node.right)
        if node.relation in (">", ">="):
            small, large = large, small
        is_strict = node.relation in ("<", ">")
        if not (isinstance(small, tree.Number) and small.text == "0"):
            raise MeaningError("this condition is not read.", node.span, expected="c > 0")
        value = typer.value(large)
        e = value.expression
        if isinstance(e, sp.Symbol) and e.name in self.symbols.table:
            if not self.symbols.table[e.name].is_defined:
                sign = {"positive": True} if is_strict else {"nonnegative": True}
                return {e: sp.Symbol(e.name, **sign)}
        if isinstance(e, sp.Indexed) and not self.symbols.table[name_of(e.base)].is_defined:
            base: Any = e.base
            return {base: Tensor(name_of(base), base.axes, nonnegative=True)}
        raise MeaningError(
            "a sign is read for symbols that the document does not define.", node.span
        )
