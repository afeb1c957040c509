r"""What a document leaves unsaid of the quantities of one equation.

    P(O, S) = P(O \mid S) P(S)    how the values of P are related
    dz/dx = dz/dy dy/dx           whether z depends on x through y only
    y = 2 u                       what u is, which stands on one side alone

`determined` builds on `Unsaid`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import sympy as sp

from proofs_checks.claims.notation import FACTORIAL
from theory.algebra.expressions import (
    Equation,
    Relation,
    bound_of,
    entry_tensor,
    free_indices,
    tensors_in,
)
from theory.algebra.opaque import Applied
from theory.algebra.symbols import Index, Partial, Size
from theory.models import Model
from theory.models.model import name_of

if TYPE_CHECKING:
    from proofs_checks.claims.meaning.document import Reading

__all__ = ["Unsaid"]


class Unsaid:
    """The gaps of one reading; ``declared`` and ``given`` are inputs of which something is said."""

    reading: Reading
    model: Model
    declared: set[str]
    given: set[str]

    def inputs_of(self, name: str) -> frozenset[str]:
        """Return everything that a symbol is computed from, itself included."""
        return self.model.ancestors.get(name, frozenset()) | {name}

    def reached(self, names: Iterable[str]) -> frozenset[str]:
        """Return everything that some symbols are computed from, themselves included."""
        return frozenset[str]().union(*map(self.inputs_of, names))

    def values_below(self, names: Iterable[str]) -> Iterator[sp.Basic]:
        """Yield what defines the symbols from which some symbols are computed."""
        lines = (self.model.by_name.get(name) for name in self.reached(names))
        return (sp.sympify(line.value, strict=True) for line in lines if line is not None)

    def functions_below(self, side: sp.Basic) -> set[str]:
        """Return the functions of which nothing is said that the definitions of a side rest on."""
        values = self.values_below(tensors_in(side))
        return {str(f.args[0]) for value in values for f in value.atoms(Applied)} - {FACTORIAL}

    def through_another(self, partials: set[Partial]) -> str:
        """Return which unknown quantity may depend on a symbol through another one only.

        dz/dx = dz/dy dy/dx, of a z that nothing defines, says so rather than being wrong.
        """
        by: dict[str, set[str]] = {}
        derived: set[str] = set()
        for partial in partials:
            found = name_of(entry_tensor(partial.args[0])) if _is_entry(partial.args[0]) else ""
            derived.add(found)
            if found in self.reading.context.opaque and len(partial.args) == 2:
                by.setdefault(found, set()).add(name_of(entry_tensor(partial.args[1])))
        for name, entries in sorted(by.items()):
            for entry in sorted(entries):
                if entry in derived and self.inputs_of(entry) & (entries - {entry}):
                    return f"{name} depends on other symbols through {entry} only"
        return ""

    def related(self, reached: frozenset[str]) -> str:
        r"""Return a function of which several values are inputs: P(O, S), P(O \mid S), P(S)."""
        applied = self.reading.ranks.applied
        values = Counter(n.split("_.")[0] for n in reached & applied if n not in self.model.by_name)
        several = (x for x, count in values.items() if count > 1)
        return min((x for x in several if any(n.startswith(f"{x}_.") for n in reached)), default="")

    def on_one_side(self, sides: list[frozenset[str]]) -> Iterator[str]:
        """Yield the inputs of one side alone that nobody declared."""
        left, right = map(self.reached, sides)
        for name in sorted(sides[0] ^ sides[1]):
            symbol = self.reading.symbols.table.get(name)
            if symbol is None or symbol.is_defined or symbol.known:
                continue
            if name in self.reading.steps_before:
                continue
            if f"{name}_along" in sides[0] | sides[1]:
                continue  # d(A X) = A dX speaks of X on both sides
            if name in self.declared and name not in self.reading.ranks.applied:
                continue
            if name in (left & right) or name in self.reading.definitions.found:
                continue
            if name not in self.reading.context.opaque and name not in self.given:
                yield name

    def of_open_size(self, relation: Relation) -> bool:
        r"""Return whether a size that nobody named enters as a number alone: \tr(I)."""
        sides = (relation.left, relation.right)
        entries = {x for side in sides for x in side.atoms(sp.Indexed)}
        axes = {size for x in entries for size in entry_tensor(x).axes}
        sizes = {s for side in sides for s in _sizes_as_numbers(side)}
        return any(s.name in self.reading.ranges.invented for s in sizes - axes)

    def eigenvector(self, relation: Relation) -> str:
        r"""Return of which undefined vector an equation may say so: ``A t = \lambda t``."""
        for side, other in ((relation.left, relation.right), (relation.right, relation.left)):
            factors = [x for x in sp.Mul.make_args(side) if isinstance(x, sp.Indexed)]
            for entry in factors if isinstance(other, sp.Sum | sp.Mul) else ():
                name = name_of(entry_tensor(entry))
                value = tensors_in(side / entry)
                is_given = name in self.model.by_name or name in self.reading.definitions.found
                if not is_given and name not in self.declared | value:
                    is_linear = name in tensors_in(other) and tensors_in(other) != {name}
                    if is_linear and value - self.model.by_name.keys():
                        return name
        return ""

    def solved_for(self, relation: Relation, plain: frozenset[str], reached: frozenset[str]) -> str:
        """Return for which symbol an equation with zero on one side may be solved."""
        side = relation.left if relation.right == 0 else relation.right
        if 0 not in (relation.left, relation.right) or self.reading.base is not None:
            return ""
        if not isinstance(relation, Equation):
            return ""
        if isinstance(side, Partial) and len(side.args) == 2:
            return name_of(entry_tensor(side.args[-1]))
        plain = plain | reached if isinstance(side, Partial) else plain
        solved = sorted(plain & self.reading.roles.differentiated)
        return next((n for n in solved if n not in self.model.by_name), "")


def _sizes_as_numbers(node: sp.Basic) -> Iterator[Size]:
    """Yield the sizes that stand as numbers, not as the ends of sums or the axes of symbols."""
    if isinstance(node, Size):
        yield node
    elif isinstance(node, sp.Sum) and not free_indices(node) and not tensors_in(node):
        yield from (k.size for k in bound_of(node))  # \tr(I) counts its range
    elif not isinstance(node, sp.Indexed | Index):
        for below in (node.function,) if isinstance(node, sp.Sum) else node.args:
            yield from _sizes_as_numbers(below)


def _is_entry(expression: sp.Basic) -> bool:
    return isinstance(expression, sp.Indexed | sp.Symbol)
