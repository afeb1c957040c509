r"""One occurrence of a symbol: its indices put in, the rest of its axes silent.

    s_{ij}     every axis has an index: a scalar
    s_i        the second axis is silent: a column vector over it
    I_n, 1_n, \delta_{ij}, \pi, n     what has a meaning without a definition

At most two axes of one occurrence may be silent: a row and a column.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sympy as sp

from proofs_checks.claims import tree
from proofs_checks.claims.meaning import conditions
from proofs_checks.claims.meaning.context import Scope, plain
from proofs_checks.claims.meaning.roles import Reference
from proofs_checks.claims.meaning.special_names import special
from proofs_checks.claims.meaning.statements import MeaningError
from proofs_checks.claims.meaning.values import Value
from proofs_checks.claims.places import Span
from theory.algebra.expressions import slots, substitute
from theory.algebra.symbols import Index, delta

__all__ = ["Occurrences"]


class Occurrences(Scope):
    """Types names and entries."""

    def name(self, node: tree.Name) -> Value:
        """Return the value of a letter or word."""
        name = self.roles.spell(node)
        if name in self.scope:
            return self.scope[name]
        return self._special(node) or self._symbol(node)

    def _special(self, node: tree.Node) -> Value | None:
        kind = special(node, self.roles, self.authored.taken)
        if kind is None:
            return self._as_number(node)
        lower = list(node.lower) if isinstance(node, tree.Entry) else []
        if kind == "ones":
            letter = self.roles.letter(lower[0]) if lower else None
            if letter in (self.roles.compared | self.roles.bound) - self.roles.sizes:
                axis = self.hidden(self.open("unit"))  # \mathbf{1}_y is 1 at y
                place = self.index(lower[0], axis.size, "the unit vector")
                return Value(delta(axis, place), row=axis)
            return Value(sp.S.One, row=self.hidden(self._said(lower, "ones")))
        if kind == "zeros":
            return Value(sp.S.Zero)
        if kind == "identity":
            size = self._said(lower, "identity")
            row, column = self.hidden(size), self.hidden(size, "b")
            return Value(delta(row, column), row, column)
        if kind == "delta":
            return Value(conditions.same(self, lower[0], lower[1], node.span))
        if kind == "pi":
            return Value(sp.pi)
        if kind == "size":
            name = self.roles.size_name(node) or ""
            if self.context.offsets.get(name, 0):
                return Value(self.ranges.declare(f"{name}_p1") - 1)
            return Value(self.ranges.declare(name))
        raise MeaningError("infinity is no number that can be judged.", node.span)

    def _as_number(self, node: tree.Node) -> Value | None:
        """Return an index that stands as a number: k in gamma^k."""
        letter = self.roles.letter(node)
        if letter is None or not isinstance(node, tree.Name):
            return None
        places = self.roles.numbers[self.number].get(letter, ())
        if any(self.roles.is_index(place, node) for place in places):
            return self._counted(self.lettered(letter), node)
        if letter in self.letters and letter in self.roles.bound | self.roles.compared:
            if letter not in self.symbols.table or not self.symbols.table[letter].is_defined:
                return self._counted(self.letters[letter], node)
        if letter in self.roles.bound and letter not in self.symbols.table:
            raise MeaningError(
                f"{letter} is bound by a sum elsewhere and stands free here.", node.span,
                suggestion="another letter",
            )  # fmt: skip
        return None

    def _counted(self, index: Index, node: tree.Name) -> Value:
        """Return an index as the number that it counts."""
        index = Index(index.name, self.ranges.find(index.size))
        start = self.counts.get(self.roles.spell(node))
        if start is None and index.size.name in self.context.from_zero:
            raise MeaningError(
                f"{node.letter} stands as a number, and its range is counted from 0 elsewhere.",
                node.span, expected=f"a sum that says where {node.letter} starts",
            )  # fmt: skip
        return Value(index - 1 if start == 0 else index)

    def _said(self, lower: Sequence[tree.Node], what: str) -> Any:
        """Return the range that a subscript of I or 1 names, else a new one."""
        name = self.roles.size_name(lower[0]) if lower else None
        if name is not None and name in self.roles.sizes:
            return self.ranges.declare(name)
        if lower and not (name and len(name) <= 3):
            raise MeaningError(
                f"the subscript of this {what} is no range.", lower[0].span, expected="n"
            )
        return self.open(what) if name is None else self.ranges.open(f"said.{name}")

    def entry(self, node: tree.Entry) -> Value:
        """Return the value of a symbol with scripts, or a component of a bracket."""
        if not isinstance(node.base, tree.Name):
            return self.component(self.value(node.base), node.lower, node.span)
        name = self.roles.spell(node.base)
        if name in self.scope:
            return self.component(self.scope[name], node.lower, node.span)
        return self._special(node) or self._symbol(node)

    def _symbol(self, node: tree.Node) -> Value:
        reference = self.roles.reference(node)
        if reference is None:
            raise MeaningError("this is no symbol with indices.", node.span)
        return self.occurrence(reference, node.span)

    def component(self, value: Value, lower: Sequence[tree.Node], span: Span) -> Value:
        """Return the components of a value with silent axes at the given indices."""
        if len(lower) > len(value.axes):
            raise MeaningError(
                f"{value.shape()} has {len(value.axes)} axes; got {len(lower)} indices.", span
            )
        mapping: dict[Any, Any] = {}
        keep: list[Index | None] = [value.row, value.column]
        positions = [n for n in (0, 1) if keep[n] is not None]
        for n, item in zip(positions, lower, strict=False):
            axis = keep[n]
            if axis is None or isinstance(item, tree.Slice):
                continue
            mapping[axis] = self.index(item, axis.size, "the component")
            keep[n] = None
        if keep[0] is None and keep[1] is not None and mapping:  # row i of a matrix, as a column
            keep = [keep[1], None]
        return Value(substitute(value.expression, mapping), keep[0], keep[1])

    def occurrence(self, found: Reference, span: Span) -> Value:
        """Return a symbol with its indices put in and the rest of its axes silent."""
        symbol = self.symbols.table.get(found.name)
        if symbol is None:
            raise MeaningError(
                f"`{found.name}` is no symbol of this document.", span,
                suggestion="use a symbol that the document has",
            )  # fmt: skip
        given = found.indices
        sizes = self.symbols.sizes(symbol)
        total = len(sizes) - len(symbol.fixed)
        if len(given) > total:
            raise MeaningError(f"`{found.name}` has {total} axes; got {len(given)} indices.", span)
        tensor = self.symbols.tensor(found.name)
        if not sizes:
            return Value(tensor)
        given = self._completed(given, sizes)
        silent: list[Index] = []
        index: list[Any] = []
        is_slice = False
        for n, size in enumerate(sizes[:total]):
            if n < len(given) and isinstance(given[n], Index):
                index.append(given[n])
            elif n < len(given) and not isinstance(given[n], tree.Slice):
                self._count_from(given[n], found.name, n)
                index.append(self.index(given[n], size, f"axis {n + 1} of `{found.name}`"))
            else:
                is_slice |= n < len(given)
                silent.append(self.hidden(size))
                index.append(silent[-1])
        for letter, size in zip(symbol.fixed, sizes[total:], strict=True):
            index.append(Index(plain(letter), self.ranges.find(size)))
        if len(silent) > 2:
            raise MeaningError(
                f"`{found.name}` has {len(silent)} silent axes here; at most two can be silent.",
                span, suggestion="write its indices",
            )  # fmt: skip
        entry = tensor[tuple(index)]
        if len(silent) == 1 and symbol.axes.is_row and not is_slice:
            return Value(entry, None, silent[0])
        return Value(entry, *silent)

    def _count_from(self, node: tree.Node, name: str, axis: int) -> None:
        """Refuse an axis that is counted from 0 here and from 1 there: x_k is two entries then."""
        start = self.counts.get(self.roles.letter(node) or "")
        if isinstance(node, tree.Number):
            start = 1  # x_1 is the first entry
        if start is None:
            return
        if self.context.counted.setdefault((name, axis), start) != start:
            raise MeaningError(
                f"axis {axis + 1} of `{name}` is counted from {start} here "
                f"and from {1 - start} elsewhere.", node.span, expected="one way to count",
            )  # fmt: skip

    def _completed(self, given: tuple, sizes: tuple) -> tuple:
        """Return the indices of a symbol inside E_{alpha_i}[..]: b is b_ik there, v is v_k."""
        if self.mean is None:
            return given
        distribution, axis = self.mean
        seen = tuple(k for k in slots(distribution.expression) if k != axis)
        found = tuple(self.ranges.find(size) for size in sizes)
        whole = tuple(self.ranges.find(k.size) for k in (*seen, axis))
        if found == whole and len(given) in (0, len(seen)):
            return (*(given or seen), axis)
        if not given and found and found[0] == self.ranges.find(axis.size):
            return (axis,)
        return given
