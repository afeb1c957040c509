"""Giving the derivatives in a statement their values, and deciding equations in a model.

`resolve` replaces `Partial`, `Step` and `Flow` by expressions; `prove` compares normal forms, first
with the names of the model as they stand, then writing out one name after the other, last line
first, until the two sides agree or nothing is left to write out.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import sympy as sp

from theory.algebra.expressions import (
    Equation,
    entry_tensor,
    free_indices,
    fresh,
    substitute,
    tensors_in,
)
from theory.algebra.normal_form import is_zero
from theory.algebra.polynomial import Polynomial
from theory.algebra.reading import Reader, Unfolding
from theory.algebra.ring import Ring
from theory.algebra.symbols import Flow, Partial, Step, Tensor, total
from theory.models.model import Definition, Model, name_of
from theory.models.reverse_mode import Adjoint, adjoints, pull_back

__all__ = ["Proof", "Theory", "theory_of"]


@dataclass(frozen=True)
class Proof:
    """The outcome of comparing two normal forms.

    ``unfolded`` are the names that had to be written out, ``hypotheses`` the constraints used,
    ``residual`` the normal form of left - right (empty if proved); `Theory.write`
    makes it readable.
    """

    proved: bool
    unfolded: tuple[str, ...]
    hypotheses: tuple[str, ...]
    residual: Polynomial


class Theory:
    """What follows from a model: adjoints, all lines in order, resolved expressions, proofs."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.adjoints: dict[str, Adjoint] = adjoints(model)
        self.lines: tuple[Definition, ...] = self._all_lines()
        self.by_name = {line.name: line for line in self.lines}
        self._resolved: dict[sp.Basic, Any] = {}

    def _all_lines(self) -> tuple[Definition, ...]:
        """Return definitions, adjoints and vocabulary, each after what it uses."""
        waiting: dict[str, Definition] = {}
        for name, adjoint in self.adjoints.items():
            if adjoint.inline:
                continue
            symbol = name_of(entry_tensor(adjoint.symbol))
            waiting[symbol] = Definition(
                adjoint.symbol, adjoint.value, f"derivative of the loss by {name}"
            )
        derivatives = dict(waiting)
        for line in self.model.vocabulary:
            own = derivatives.get(line.name)
            if own is None or not line.value.has(Partial):
                waiting[line.name] = line
            else:
                waiting[line.name] = Definition(own.symbol, own.value, line.title)
        lines = list(self.model.definitions)
        known = {line.name for line in lines} | {name_of(x) for x in self.model.inputs}
        while waiting:
            ready = [n for n, line in waiting.items() if _uses(line.value) <= known]
            if not ready:
                raise ValueError(
                    f"model `{self.model.name}`: {sorted(waiting)} are defined in a circle "
                    "or use unknown symbols."
                )
            for name in ready:
                line = waiting.pop(name)
                lines.append(Definition(line.symbol, line.value, line.title))
                known.add(name)
        return tuple(lines)

    # -- derivatives ------------------------------------------------------------------------

    def resolve(self, expression: sp.Basic) -> Any:
        """Return the expression with every derivative, step and flow given its value."""
        if not isinstance(expression, sp.Basic) or not expression.has(Partial, Step, Flow):
            return expression
        if expression not in self._resolved:
            self._resolved[expression] = self._resolve(expression)
        return self._resolved[expression]

    def _resolve(self, e: sp.Basic) -> Any:
        if isinstance(e, Partial):
            return self._partial(e)
        if isinstance(e, Step):
            quantity, rate, *moved = e.args
            return self.resolve(self._along(quantity, [(x, rate) for x in moved]))
        if isinstance(e, Flow):
            return self.resolve(self._along(e.args[0], list(e.pairs)))
        return e.func(*(self.resolve(argument) for argument in e.args))

    def _along(self, quantity: sp.Basic, moves: list[tuple[Any, Any]]) -> sp.Expr:
        """Return the change of ``quantity`` when every x moves along -rate dL/dx."""
        parts = []
        for x, rate in moves:
            apart = {k: fresh(k) for k in free_indices(x)}
            x = substitute(x, apart)
            bound = tuple(apart.values())
            parts.append(total(-rate * Partial(quantity, x) * Partial(self.model.loss, x), *bound))
        return sp.Add(*parts)

    def _partial(self, e: Partial) -> Any:
        quantity, *by = e.args
        if len(by) > 1:
            return self._partial(Partial(self.resolve(Partial(quantity, *by[:-1])), by[-1]))
        entry = by[0]
        name = name_of(entry_tensor(entry))
        if name not in self.model.tensors and name not in self.by_name:
            raise ValueError(f"`{entry}` is no quantity of model `{self.model.name}`.")
        if quantity == self.model.loss:
            if name not in self.adjoints:
                return sp.S.Zero
            return self.adjoints[name].at(entry, "value")
        quantity = self.resolve(quantity)
        return self.write(pull_back(self.model, self.lines, quantity, entry), e)

    def write(self, polynomial: Polynomial, *near: sp.Basic) -> sp.Expr:
        """Return a polynomial as an expression.

        ``near`` are expressions it stands beside: their symbols are known, and bound indices get
        other letters than their free ones.
        """
        avoid = {k.name for e in near for k in free_indices(e)}
        known = [entry_tensor(a.symbol) for a in self.adjoints.values()]
        known += [x for e in near for x in e.atoms(sp.Symbol, Tensor)]
        return self.model.writer(known).write(polynomial, avoid)

    # -- proofs -----------------------------------------------------------------------------

    def unfolding(self, names: list[str]) -> dict[str, Unfolding]:
        """Return the definitions to write out for these names."""
        return {n: Unfolding(self.by_name[n].parameters, self.by_name[n].value) for n in names}

    def levels(self, equation: Equation) -> Iterator[Proof]:
        """Yield the comparison of both sides, each time with one more name written out."""
        difference = self.resolve(equation.left) - self.resolve(equation.right)
        names: list[str] = []
        order = [line.name for line in reversed(self.lines)]
        while True:
            ring = Ring(self.model.rules)
            value = Reader(ring, self.unfolding(names)).read(difference)
            done = is_zero(value, ring)
            used = tuple(sorted(h for h in ring.used if h))
            yield Proof(done, tuple(names), used, Polynomial({}) if done else value)
            if done:
                return
            following = self._next_to_unfold(value, [n for n in order if n not in names])
            if following is None:
                return
            names.append(following)

    @staticmethod
    def _next_to_unfold(value: Polynomial, candidates: list[str]) -> str | None:
        """Return the last-defined name that occurs, one that is not in every term if possible."""
        terms = [Polynomial({m: c}).names for m, c in value.terms.items()]
        everywhere = frozenset.intersection(*terms)
        present = [n for n in candidates if n in value.names]
        return next((n for n in present if n not in everywhere), present[0] if present else None)

    def prove(self, equation: Equation) -> Proof:
        """Return the first level at which both sides agree, or the last one."""
        return deque(self.levels(equation), maxlen=1)[0]


_theories: dict[Model, Theory] = {}


def theory_of(model: Model) -> Theory:
    """Return the theory of a model; it is derived once."""
    if model not in _theories:
        _theories[model] = Theory(model)
    return _theories[model]


def _uses(value: sp.Expr) -> set[str]:
    """Return the names a vocabulary line needs; what it differentiates is always known."""
    return set(tensors_in(value))
