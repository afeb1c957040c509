"""The derivatives of a statement, each with its closed form, and how they are written.

Derivatives that differ in the names of their free indices are one.  `frontier` are the quantities
that one is a function of: what it moves, and whatever else is neither an input nor computed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import sympy as sp

from proofs_checks.certificates.closed_forms import closed_form
from proofs_checks.certificates.premises import Condition, Premises, conditions
from proofs_checks.certificates.printing import Names, Scope, coq_term
from proofs_checks.certificates.program import Program, ordered_free
from proofs_checks.certificates.shares import shape_of
from theory.algebra.expressions import entry_tensor, slots, substitute, tensors_in
from theory.algebra.symbols import Flow, Index, Partial
from theory.models.model import name_of

__all__ = ["Derivatives", "Node", "nodes_in", "quantities"]


@dataclass(frozen=True)
class Node:
    """One derivative, up to the names of its free indices."""

    name: str
    parameters: tuple[Index, ...]
    expression: Any
    closed: Any
    frontier: tuple[str, ...]
    premises: tuple[Condition, ...]

    @property
    def moved(self) -> tuple[str, ...]:
        """The names of what is moved."""
        return moved_by(self.expression)


def moved_by(e: Any) -> tuple[str, ...]:
    """Return the names of what a derivative moves."""
    entries = [e.args[1]] if isinstance(e, Partial) else [x for x, _ in e.pairs]
    return tuple(name_of(entry_tensor(x)) for x in entries)


class Derivatives:
    """The derivatives of one program, each after those it is built from."""

    def __init__(self, program: Program, names: Names, premises: Premises) -> None:
        self.program, self.names, self.premises = program, names, premises
        self.nodes: dict[Any, Node] = {}
        self.at_point: dict[str, Node] = {}
        for e in program.expressions:
            self._collect(e, is_outer=True)

    def _collect(self, e: Any, *, is_outer: bool) -> None:
        if isinstance(e, Partial | Flow):
            self._collect(e.args[0], is_outer=False)
            if isinstance(e, Flow):
                for x, _ in e.pairs:
                    tensor = entry_tensor(x)
                    self._collect(
                        Partial(self.program.model.loss, self._entry(tensor)), is_outer=False
                    )
            node, _ = self.lookup(e)
            if is_outer:
                self.at_point[node.name] = node
            return
        for x in getattr(e, "args", ()):
            self._collect(x, is_outer=is_outer)

    def _entry(self, tensor: Any) -> Any:
        return self.program.entry(name_of(tensor))[0]

    def lookup(self, e: Any) -> tuple[Node, list[Any]]:
        """Return the node of a derivative, and the indices at which it is taken."""
        at = ordered_free(*([e.args[1], e.args[0]] if isinstance(e, Partial) else [e.args[0]]))
        generic = [Index(f"{k.name.split('~')[0]}~of{n}", k.size) for n, k in enumerate(at)]
        apart = [Index(f"free~of{n}", k.size) for n, k in enumerate(at)]
        expression = substitute(e, dict(zip(at, apart, strict=True)))
        key = shape_of(expression, {})
        if key not in self.nodes:
            own = substitute(e, dict(zip(at, generic, strict=True)))
            self.nodes[key] = self._node(own, tuple(generic))
        return self.nodes[key], at

    def _node(self, e: Any, parameters: tuple[Index, ...]) -> Node:
        closed = closed_form(self.program, e)
        name, taken = self._name(e), {n.name for n in self.nodes.values()}
        unique, number = name, 1
        while unique in taken or self.names.is_taken(unique):
            number += 1
            unique = f"{name}_{number}"
        frontier = self._frontier(e)
        premises = self._premises(e, closed, frontier)
        return Node(unique, parameters, e, closed, frontier, premises)

    def _name(self, e: Any) -> str:
        def said(x: Any) -> str:
            if isinstance(x, Partial | Flow):
                return self._name(x)
            if isinstance(x, sp.Indexed | sp.Symbol):
                return self.names.tensor(name_of(entry_tensor(x)))
            return "q"

        if isinstance(e, Flow):
            return f"rate_{said(e.args[0])}"
        return f"d{said(e.args[0])}_d{self.names.tensor(moved_by(e)[0])}"

    def all_moved(self, e: Any) -> set[str]:
        """Return what a derivative or one inside it moves."""
        return set(moved_by(e)).union(*(moved_by(x) for x in nodes_in(e)))

    def roots(self, moved: Iterable[str]) -> list[str]:
        """Return what of ``moved`` is not computed from the rest."""
        found = set(moved)
        for name in sorted(found):
            found -= set(self.program.computed([name]))
        return [n for n in (*self.program.cuts, *self.program.lines) if n in found]

    def _frontier(self, e: Any) -> tuple[str, ...]:
        """Return the open lines and cuts that the derivative is a function of."""
        program, moved = self.program, self.all_moved(e)
        computed = set(program.computed(self.roots(moved)))
        seen: set[str] = set()
        todo = list(tensors_in(e)) + list(moved)
        if isinstance(e, Flow) or e.has(Flow):
            todo.append(program.model.loss.name)
        while todo:
            name = todo.pop()
            if name in seen:
                continue
            seen.add(name)
            if name in computed:
                todo += program.dependencies[name]
        own = [n for n in (*program.cuts, *program.lines) if n in seen and n not in computed]
        return tuple(dict.fromkeys(own))

    def _premises(self, e: Any, closed: Any, frontier: tuple[str, ...]) -> tuple[Condition, ...]:
        """Return what the rule presupposes of its frontier, in terms of the program's lines."""
        program, found = self.program, dict[Any, Condition]()
        for name in frontier:
            if program.is_positive_scalar(name) and name not in program.lines:
                positive = Condition("positive", program.tensors[name])
                found[positive.key] = positive
        lines = [
            program.lines[n].value
            for n in program.computed(self.all_moved(e))
            if n not in program.shares
        ]
        inner = [n.premises for n in self.nodes.values() if n.expression in nodes_in(e)]
        pool = [c for x in (*lines, *quantities(e), closed) for c in conditions(x)]
        for c in [*pool, *(c for group in inner for c in group)]:
            if not self.premises.is_positive(c.value, frozenset(frontier)):
                found.setdefault(c.key, c)
        return tuple(found.values())

    # -- writing

    def scope(self) -> Scope:
        """Return the scope of the statement: derivatives by their names."""
        return Scope(self.names, derivative=self._named)

    def value_scope(self) -> Scope:
        """Return the scope in which derivatives are their closed forms, by name."""
        return Scope(self.names, derivative=self._named_value)

    def _named(self, e: Any, scope: Scope) -> str:
        node, at = self.lookup(e)
        return " ".join([node.name, *(scope.index(k) for k in at)])

    def _named_value(self, e: Any, scope: Scope) -> str:
        node, at = self.lookup(e)
        return " ".join([f"{node.name}_value", *(scope.index(k) for k in at)])

    def _written_out(self, e: Any, scope: Scope) -> str:
        function, point = self.function(e, scope)
        return f"Derive ({function}) {point}"

    def _closed(self, e: Any, scope: Scope) -> str:
        node, at = self.lookup(e)
        given = {p: scope.index(k) for p, k in zip(node.parameters, at, strict=True)}
        taken = {f"used{n}": text for n, text in enumerate(scope.indices.values())}
        inner = replace(scope, indices={**taken, **given})
        return f"({coq_term(node.closed, inner)})"

    def moved_scope(self, scope: Scope, moves: dict[str, str]) -> Scope:
        """Return the scope in which names stand for something else, and lines follow."""
        terms = dict(scope.terms) | moves

        def term(name: str) -> str:
            return terms.get(name) or self.names.tensor(name)

        for name in self.program.computed(moves):
            parts = [f"{self.names.tensor(name)}_of", *map(term, self.program.dependencies[name])]
            terms[name] = f"({' '.join(parts)})"
        return replace(scope, terms=terms)

    def function(self, e: Any, scope: Scope, *, closed_inside: bool = False) -> tuple[str, str]:
        """Return ``fun t => ...`` and the point at which it is differentiated."""
        number = scope.times
        t = self.names.time + (str(number) if number else "")
        inner = self.moved_scope(scope, self._moves(e, scope, t))
        written = self._closed if closed_inside else self._written_out
        inner = replace(inner, derivative=written, times=number + 1)
        body = coq_term(e.args[0], inner)
        return f"fun {t} => {body}", self._point(e, scope)

    def near(self, node: Node, scope: Scope) -> str:
        """Return ``fun t => ...``: the premises of a derivative, where its tensors have moved.

        "" if none of them speaks of what moves.
        """
        e, t = node.expression, self.names.time + (str(scope.times) if scope.times else "")
        moved = {*node.moved, *self.program.computed(self.roots(node.moved))}
        inner = self.moved_scope(scope, self._moves(e, scope, t))
        said = [f"({c.text(inner)})" for c in node.premises if tensors_in(c.value) & moved]
        return f"fun {t} => " + r" /\ ".join(said) if said else ""

    def _point(self, e: Any, scope: Scope) -> str:
        if isinstance(e, Flow):
            return "0"
        (name,), at = moved_by(e), slots(e.args[1])
        text = " ".join([scope.term(name), *(scope.index(k) for k in at)])
        return f"({text})" if at else text

    def direction(self, x: Any, rate: Any, scope: Scope) -> str:
        """Return ``fun i j => rate * Derive ...``: against what a step moves the tensor of x."""
        entry, at = self.program.entry(name_of(entry_tensor(x)))
        inner = replace(scope.binding(*at), derivative=self._written_out, times=scope.times + 1)
        derivative = self._written_out(Partial(self.program.model.loss, entry), inner)
        text = f"{coq_term(rate, inner, 2)} * {derivative}"
        return f"fun {' '.join(inner.indices[k] for k in at)} => {text}" if at else text

    def closed(self, e: Any, scope: Scope) -> str:
        """Return the closed form of a derivative, in parentheses."""
        return self._closed(e, scope)

    def _moves(self, e: Any, scope: Scope, t: str) -> dict[str, str]:
        if isinstance(e, Partial):
            (name,), at = moved_by(e), slots(e.args[1])
            if not at:
                return {name: t}
            parts = [f"upd{len(at)}", scope.term(name), *(scope.index(k) for k in at), t]
            return {name: f"({' '.join(parts)})"}
        moves = {}
        for x, rate in e.pairs:
            name, rank = name_of(entry_tensor(x)), len(slots(x))
            direction = self.direction(x, rate, scope)
            moves[name] = f"(descend{rank} {scope.term(name)} ({direction}) {t})"
        return moves


def nodes_in(e: Any) -> Iterable[Any]:
    """Return the derivatives in an expression."""
    return [x for x in e.atoms(Partial, Flow)]


def quantities(e: Any) -> list[Any]:
    """Return what a derivative differentiates, and what those inside it do."""
    found = [e.args[0]]
    for x in nodes_in(e.args[0]):
        found.append(x.args[0])
    return found
