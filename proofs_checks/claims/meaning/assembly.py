r"""The model of a document: its definitions, its inputs, and what it leaves undefined.

    L, never defined and differentiated by x     L = Sum(L_x[i] x[i], i) + L_rest

Such a stand-in has all first derivatives that L may have.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import sympy as sp

from proofs_checks.claims import tree
from proofs_checks.claims.meaning.covariances import symmetries
from proofs_checks.claims.meaning.links import Links
from proofs_checks.claims.meaning.model import document_model, empty_model, linear_in
from proofs_checks.claims.meaning.sides import FAILURES
from proofs_checks.claims.meaning.statements import MeaningError
from proofs_checks.claims.tree import nodes
from theory.algebra.expressions import Equation, free_indices, slots, tensors_in
from theory.algebra.limits import AlgebraError
from theory.algebra.reading import Reader
from theory.algebra.ring import Ring
from theory.algebra.symbols import (
    Flow,
    Index,
    Partial,
    Size,
    Step,
    Tensor,
    delta,
    is_order,
    scalar,
    total,
)
from theory.latex import equation as latex_equation
from theory.models import Constraint, Definition, Model
from theory.models.model import name_of

__all__ = ["Assembly"]

LETTERS = "zxyuvw"  # of the axes of a distribution
UNDEFINED = "not defined by the document"
"""How the titles of quantities end of which only first derivatives exist."""


class Assembly(Links):
    """Makes a model of what has been typed."""

    def _define_steps_before(self) -> None:
        r"""Define ``S_{t-1}`` by ``S_t = \sum_{i \le t} x_i``: it is the sum over i < t.

        Where t says more than where sums end, S_t defines no other step.
        """
        by_name = {line.name: line for line in self.lines}
        for name in sorted(self.roles.shifted & self.symbols.table.keys() - by_name.keys()):
            stem, _, label = name.partition("_.")
            line = by_name.get(stem)
            slot = self.roles.shifted_slots[name]
            if line is None or len(slot) != 1 or min(slot) >= len(line.parameters):
                continue
            step = line.parameters[min(slot)]
            if not isinstance(step, Index) or label != f"{step.name}m1":
                continue
            ends = {x for x in line.value.atoms(sp.Indexed)
                    if is_order(name_of(x.base)) and slots(x)[0] == step}  # fmt: skip
            others = line.value.xreplace(dict.fromkeys(ends, sp.S.One))
            if ends and step not in free_indices(others):
                earlier = {x: x - delta(step, slots(x)[1]) for x in ends}
                symbol = self.symbols.tensor(name)[line.parameters]
                value: Any = line.value.xreplace(earlier)
                self.lines.append(Definition(symbol, value, "one step before"))
                self.steps_before.add(name)

    def _make_model(self) -> None:
        try:
            self.model = self._model()
        except FAILURES as error:
            told = str(error) or "the definitions are nested too deeply."
            for statement in self.statements:
                meaning = self.meanings[statement.number]
                meaning.error = meaning.error or MeaningError(told, statement.span)
            self.model = self.base or empty_model(self.context.loss)

    def _model(self) -> Model:
        defined = {line.name for line in self.lines}
        own_inputs = [
            name
            for name, symbol in self.symbols.table.items()
            if symbol.known is None and name not in defined
        ]
        lines, inputs = list(self.lines), []
        opaque = [n for n in own_inputs if n in self.context.opaque]
        if self.loss_name in self.context.opaque and self.loss_name not in opaque:
            opaque.append(self.loss_name)
        for name in own_inputs:
            symbol = self.symbols.table[name]
            depends = [
                d
                for d in sorted(symbol.depends)
                if d in self.symbols.table and d != name and d not in defined
            ]
            if name in opaque:
                continue
            if depends and self._differentiates_any(depends):
                self._depend(name, depends, lines, inputs)
            else:
                inputs.append(self.symbols.tensor(name))
        for name in opaque:
            self._opaque(name, lines, inputs)
        lines = self._computable(lines, inputs)
        inputs += [*self._directions(), *self._orders(lines)]
        relations = [k.relation for m in self.meanings.values() for k in m.links]
        spoken = [x for x in (*relations, *(line.value for line in lines)) if x is not None]
        self.inferred = [*symmetries(spoken, inputs), *self._normalised(inputs)]
        self.constraints += self.inferred
        constraints = tuple(self.constraints)
        if self.base is not None:
            used = frozenset[str]().union(*(tensors_in(line.value) for line in lines))
            here = {name_of(x) for x in inputs} | {line.name for line in lines}
            # eta has a meaning in steps only; v - eta u needs it as a number
            free = sorted(used - here - set(self.base.tensors) - self.base.by_name.keys())
            inputs += [self.symbols.tensor(x) for x in free if x in self.symbols.table]
            return replace(
                self.base,
                sizes=(*self.base.sizes, *self._new_sizes(lines, inputs)),
                inputs=(*self.base.inputs, *inputs),
                vocabulary=(*self.base.vocabulary, *lines),
                constraints=(*self.base.constraints, *constraints),
            )
        return document_model(
            lines, inputs, self.context.loss, constraints, self.ranges, self.values
        )

    def _normalised(self, inputs: Sequence[sp.Basic]) -> list[Constraint]:
        """Return that the weights of expectations sum to one, unless the document says it."""
        said = {name for c in self.constraints for name in tensors_in(c.equation)}
        sums = []
        for tensor in inputs:
            if not isinstance(tensor, Tensor) or name_of(tensor) in said:
                continue
            outcomes = self.context.laws.get(name_of(tensor), ())
            if not outcomes:
                continue
            indices = [Index(LETTERS[n], size) for n, size in enumerate(tensor.axes)]
            over = [indices[n] for n in outcomes]
            sums.append(Equation(total(tensor[tuple(indices)], *over), sp.S.One))
        return [Constraint(x, latex_equation(x, self.base)) for x in sums]

    def _new_sizes(self, lines: Sequence[Definition], inputs: Sequence[sp.Basic]) -> list[Size]:
        """Return the ranges that only the document has."""
        found = {axis for x in inputs if isinstance(x, Tensor) for axis in x.axes}
        found |= {k.size for line in lines for k in line.parameters}
        found |= {k.size for line in lines for k in line.value.atoms(Index)}
        return sorted(found - set(self.base.sizes if self.base else ()), key=str)

    def _orders(self, lines: Sequence[Definition]) -> list[sp.Basic]:
        """Return the orders of ranges over a part of which something is summed."""
        relations = [link.relation for m in self.meanings.values() for link in m.links]
        found = {
            name_of(node.base): node.base
            for e in (*relations, *(line.value for line in lines))
            for node in e.atoms(sp.Indexed)
            if is_order(name_of(node.base))
        }
        return [found[name] for name in sorted(found)]

    def _computable(self, lines: list[Definition], inputs: list[sp.Basic]) -> list[Definition]:
        """Return the lines that the index calculus can compute with; others stay unknown."""
        kept = []
        known = {name_of(x) for x in inputs} | {line.name for line in lines}
        for line in lines:
            try:
                rates = {n for node in line.value.atoms(Step) for n in tensors_in(node.args[1])}
                if rates - known:  # a change of which no descent is said
                    raise AlgebraError("a step without a rate")
                if self.base is None and not all(map(is_order, tensors_in(line.value) - known)):
                    raise AlgebraError("a symbol that nothing defines")
                if not line.value.has(Partial, Step, Flow):
                    Reader(Ring()).read(line.value)
            except AlgebraError:
                self.unknown.add(line.name)
                inputs.append(self.symbols.tensor(line.name))
                continue
            kept.append(line)
        return kept

    def _directions(self) -> list[sp.Basic]:
        found: dict[str, sp.Basic] = {}
        for statement in self.statements:
            moving = self._moving(statement) or {}
            for along in moving.values():
                found[str(getattr(along, "label", along))] = along
        return list(found.values())

    def _differentiates_any(self, names: Sequence[str]) -> bool:
        return any(n in self.roles.differentiated for n in names)

    def _entry_of(self, name: str) -> Any:
        tensor = self.symbols.tensor(name)
        if not isinstance(tensor, Tensor):
            return tensor
        letters = "abcdefgh"
        return tensor[tuple(Index(x, size) for x, size in zip(letters, tensor.axes, strict=False))]

    def _depend(
        self, name: str, depends: list[str], lines: list[Definition], inputs: list[sp.Basic]
    ) -> None:
        """Write down a quantity of which the document says only what it depends on."""
        symbol = self._entry_of(name)
        value, new = linear_in(symbol, [self._entry_of(d) for d in depends])
        base = self.symbols.tensor(name)
        label = f"{name}_rest"
        if isinstance(base, Tensor):
            rest = Tensor(label, base.axes)
            value += rest[symbol.indices]
        else:
            rest = scalar(label)
            value += rest
        inputs += [*new, rest]
        self.stand_ins.add(name)
        lines.append(Definition(symbol, value, f"{name}, {UNDEFINED}"))

    def _opaque(self, name: str, lines: list[Definition], inputs: list[sp.Basic]) -> None:
        """Write down a scalar that is differentiated and never defined."""
        parts = self._last(name)
        symbol = scalar(name)
        value, new = linear_in(symbol, parts)
        rest = scalar(f"{name}_rest")
        inputs += [*new, rest]
        self.stand_ins.add(name)
        lines.append(Definition(symbol, value + rest, f"{name}, {UNDEFINED}"))

    def _last(self, name: str) -> list[sp.Expr]:
        """Return what an unknown scalar depends on: the last definitions.

        Where the document differentiates it by some of them, only those; without definitions,
        whatever it is differentiated by.
        """
        said = [x.arguments for x in self.arbitrary if self.roles.spell(x.loss) == name]
        if said:
            names = {n for argument in said[0] for n in self.names(argument)}
            return [self._entry_of(n) for n in sorted(names) if n in self.symbols.table]
        defined = [line for line in self.lines if line.name not in self.context.opaque]
        derived = {line.name for line in self.lines if self._uses_derivatives(line)}
        defined = [
            line
            for line in defined
            if not derived & {line.name, *self.definitions.depends_on(line.name)}
        ]
        used = {n for line in defined for n in self.definitions.depends_on(line.name)}
        if name in used:  # what is computed from it is not what it depends on
            defined = []
        last = [line for line in defined if line.name not in used]
        bys = {n for n in self.targets(name) if name not in self.definitions.depends_on(n)}
        named = [line for line in last if line.name in bys]
        below = {x for line in named for x in (line.name, *self.definitions.depends_on(line.name))}
        if any(self.definitions.depends_on(line.name) & bys - below for line in last):
            named = []  # what it is differentiated by enters it through others too
        if last:
            reach = {line.name for line in last}.union(
                *(self.definitions.depends_on(line.name) for line in last)
            )
            beyond = [
                n
                for n in sorted(bys - reach)
                if n in self.symbols.table and n not in self.context.opaque and n != name
            ]
            return [line.symbol for line in (named or last)] + [
                self._entry_of(n) for n in beyond if not named
            ]
        return [
            self._entry_of(n)
            for n in sorted(bys)
            if n in self.symbols.table and n != name and n not in self.context.opaque
        ]

    def _uses_derivatives(self, line: Definition) -> bool:
        return line.value.has(Partial, Step, Flow)

    def targets(self, loss: str) -> set[str]:
        """Return all by which the document differentiates a loss; dO is by O."""
        return self.differentiated_by.get(loss, set()) | self._shorthand()

    def _shorthand(self) -> set[str]:
        found: set[str] = set()
        for statement in self.statements:
            for root in statement.roots:
                for node in nodes(root):
                    if isinstance(node, tree.Differential):
                        found |= self.names(node.quantity)
        return found
