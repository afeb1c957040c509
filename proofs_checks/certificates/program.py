"""The straight-line program of a certificate: which lines it opens, and what depends on what.

A line X of the model becomes the Coq function ``X_of`` of those lines and inputs that a derivative
moves, and ``X``, its value.  Inputs that nothing moves stay variables of the section; so do lines
that the statement does not need, which makes the theorem stronger.

Vocabulary that holds derivatives (u_i = dL/dg_i) is written out where it is differentiated itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import Any

import sympy as sp

from proofs_checks.certificates.problem import Problem
from proofs_checks.certificates.shares import Share, shape_of, share_of
from theory.algebra.binders import Binder
from theory.algebra.expressions import (
    entry_tensor,
    free_indices,
    fresh,
    slots,
    substitute,
    tensors_in,
)
from theory.algebra.opaque import Applied
from theory.algebra.symbols import Flow, Index, Partial, Size, Step, Tensor
from theory.models.model import Definition, name_of
from theory.models.reverse_mode import computed_from

__all__ = ["Program", "entries_of", "instance", "ordered_free", "shape"]

DERIVATIVES = (Partial, Step, Flow)


def instance(line: Definition, at: tuple[Any, ...]) -> sp.Expr:
    """Return the value of a line at these indices."""
    return substitute(line.value, dict(zip(line.parameters, at, strict=True)))


def entries_of(e: sp.Basic, names: Iterable[str]) -> set[sp.Basic]:
    """Return the entries and scalars in ``e`` whose names are among ``names``."""
    wanted, found = set(names), set()
    traversal = sp.preorder_traversal(e)
    for x in traversal:
        if isinstance(x, sp.Indexed):
            traversal.skip()
        elif not isinstance(x, sp.Symbol) or isinstance(x, Index):
            continue
        if name_of(entry_tensor(x)) in wanted:
            found.add(x)
    return found


def ordered_free(*expressions: Any) -> list[Index]:
    """Return the free indices in the order in which they stand."""
    found: list[Index] = []
    for e in expressions:
        free = free_indices(e)
        for x in sp.preorder_traversal(e):
            if isinstance(x, Index) and x in free and x not in found:
                found.append(x)
    return found


def shape(e: Any) -> Any:
    """Return a key of an expression that does not depend on the names of its indices."""
    return shape_of(e, {k: f"%{n}:{k.size}" for n, k in enumerate(ordered_free(e))})


class Program:
    """The lines, words and moved quantities of one problem.

    Raises `NotCertified` for what no certificate is written for.
    """

    def __init__(self, problem: Problem) -> None:
        self.model = problem.model
        model = self.model
        plain = {d.name: d for d in model.definitions}
        waiting = [d for d in model.vocabulary if not d.value.has(*DERIVATIVES)]
        known = set(plain) | {name_of(x) for x in model.inputs}
        while ready := [d for d in waiting if tensors_in(d.value) <= known]:
            plain |= {d.name: d for d in ready}
            known |= {d.name for d in ready}
            waiting = [d for d in waiting if d.name not in known]
        self.pool: dict[str, Definition] = plain
        self.words = {d.name: d for d in model.vocabulary if d.name not in plain}
        self.statement = problem.statement
        self.left, self.right = (self.spelled(x) for x in problem.sides)
        self.used_words = self._words_in([self.left, self.right])
        self.cuts = self._cuts()
        self.lines = self._opened()

    def spelled(self, e: Any) -> Any:
        """Return ``e`` with derivatives by one entry each, and steps written as flows."""
        if isinstance(e, Step):
            quantity, rate, *moved = e.args
            return self._along(quantity, [(x, rate) for x in moved])
        if isinstance(e, Flow):
            return self._along(e.args[0], list(e.pairs))
        if isinstance(e, Partial):
            result = self.spelled(self.without_words(e.args[0]))
            for entry in e.args[1:]:
                result = Partial(result, entry)
            return result
        if not e.args or isinstance(e, sp.Indexed | Tensor):
            return e
        return e.func(*(self.spelled(x) for x in e.args))

    def _along(self, quantity: Any, moves: list[tuple[Any, Any]]) -> Any:
        for x, rate in moves:  # the rate of what moves is given, not derived
            if name_of(entry_tensor(quantity)) == name_of(entry_tensor(x)) and (
                isinstance(quantity, sp.Indexed | sp.Symbol)
            ):
                return -rate * Partial(self.model.loss, quantity)
        return Flow(self.spelled(self.without_words(quantity)), *moves)

    def without_words(self, e: Any) -> Any:
        """Return ``e`` with the vocabulary that holds derivatives written out."""
        if isinstance(e, sp.Indexed | sp.Symbol) and not isinstance(e, Index):
            line = self.words.get(name_of(entry_tensor(e)))
            return e if line is None else self.without_words(instance(line, slots(e)))
        if not e.args or isinstance(e, Tensor) or not tensors_in(e) & set(self.words):
            return e
        return e.func(*(self.without_words(x) for x in e.args))

    def _words_in(self, expressions: Iterable[sp.Basic]) -> dict[str, Definition]:
        """Return the words that stand in the statement, each after what it uses, spelled."""
        todo, found = list(expressions), {}
        while todo:
            for name in sorted(tensors_in(todo.pop()) & set(self.words) - set(found)):
                line = self.words[name]
                found[name] = Definition(line.symbol, self.spelled(line.value), line.title)
                todo.append(found[name].value)
        ordered: dict[str, Definition] = {}
        while len(ordered) < len(found):
            for name, line in found.items():
                if not (tensors_in(line.value) & (set(found) - set(ordered))):
                    ordered[name] = line
        return ordered

    @cached_property
    def expressions(self) -> list[Any]:
        """The sides of the statement and the values of the words in it."""
        return [self.left, self.right, *(w.value for w in self.used_words.values())]

    def _cuts(self) -> list[str]:
        """The names of what is differentiated by or moved, in the order of the model."""
        found = set()
        for e in self.expressions:
            for node in e.atoms(Partial):
                found.add(name_of(entry_tensor(node.args[1])))
            for node in e.atoms(Flow):
                found |= {name_of(entry_tensor(x)) for x, _ in node.pairs}
        order = [name_of(x) for x in self.model.inputs] + list(self.pool)
        return [n for n in order if n in found] + sorted(found - set(order))

    def _opened(self) -> dict[str, Definition]:
        """The lines that are computed from a cut and needed, or that the statement speaks of."""
        said = set().union(*(tensors_in(e) for e in self.expressions))
        if any(e.has(Flow) for e in self.expressions):
            said.add(self.model.loss.name)
        moved = set().union(*(computed_from(c, self.pool.values()) for c in self.cuts), set())
        needed, todo = set(), list(said & set(self.pool))
        own = {d.name for d in self.model.vocabulary}
        while todo:
            name = todo.pop()
            opens = name in moved or name in own or not self.cuts or self.is_scalar
            if name in needed or not opens:
                continue
            if name not in moved and not _is_writable(self.pool[name].value):
                continue  # it stays a variable, which makes the theorem stronger
            needed.add(name)
            todo += tensors_in(self.pool[name].value) & set(self.pool)
        for name in self.cuts:  # what is differentiated by may have its own definition in the law
            if name in said and name in self.pool and tensors_in(self.pool[name].value) <= said:
                needed.add(name)
        while tied := self._tied(needed, said):
            needed |= tied
        return {n: d for n, d in self.pool.items() if n in needed}

    def _tied(self, needed: set[str], said: set[str]) -> set[str]:
        """The lines not opened whose constrained ingredients are spoken of as well.

        As variables they would forget how they hang together with the rest.
        """
        spoken = said.union(*(tensors_in(self.pool[n].value) for n in needed))
        closed = (spoken - needed) & set(self.pool)
        constrained = set().union(*(tensors_in(c.equation) for c in self.model.constraints), set())
        known = (spoken - set(self.pool)) & constrained
        return {
            n for n in closed if _is_writable(self.pool[n].value) and self._ingredients(n) & known
        }

    def _ingredients(self, name: str) -> set[str]:
        """The inputs that a line is computed from."""
        if name not in self.pool:
            return {name}
        return set().union(*(self._ingredients(n) for n in tensors_in(self.pool[name].value)))

    @property
    def is_scalar(self) -> bool:
        """Whether there are no indices at all: then everything is written out."""
        return not self.model.sizes

    @cached_property
    def dependencies(self) -> dict[str, tuple[str, ...]]:
        """For every open line the open lines and cuts that its value names, in order."""
        order = [*self.cuts, *(n for n in self.lines if n not in self.cuts)]
        return {
            name: tuple(n for n in order if n in tensors_in(line.value))
            for name, line in self.lines.items()
        }

    def computed(self, moved: Iterable[str]) -> list[str]:
        """Return the open lines that vary with ``moved``, in order; not those moved themselves."""
        varying, found = set(moved), []
        for name in self.lines:
            if name not in varying and varying & set(self.dependencies[name]):
                varying.add(name)
                found.append(name)
        return found

    @cached_property
    def shares(self) -> dict[str, Share]:
        """The open lines that are shares, such as a softmax."""
        found = {name: share_of(line) for name, line in self.lines.items()}
        return {name: share for name, share in found.items() if share is not None}

    @cached_property
    def variables(self) -> list[str]:
        """The names that stand for themselves: inputs, and lines that are not opened."""
        names = set(self.cuts)
        for e in (*self.expressions, *(d.value for d in self.lines.values())):
            names |= tensors_in(e)
        if any(e.has(Flow) for e in self.expressions):
            names.add(self.model.loss.name)
        names -= set(self.lines) | set(self.used_words)
        order = list(self.model.tensors)
        return [n for n in order if n in names] + sorted(names - set(order))

    @cached_property
    def tensors(self) -> dict[str, Any]:
        """Tensors and scalars by name, those of the statement included."""
        found = dict(self.model.tensors)
        for e in self.expressions:
            names = tensors_in(e) - set(found)
            for x in entries_of(e, names):
                found.setdefault(name_of(entry_tensor(x)), entry_tensor(x))
        return found

    @cached_property
    def positions(self) -> list[tuple[int, Size]]:
        """The numbered positions, such as the 1 of x_1, with the sizes that they are below."""
        found = []
        for e in (*self.expressions, *(d.value for d in self.lines.values())):
            for x in e.atoms(sp.Indexed):
                axes = self.axes(name_of(entry_tensor(x)))
                found += [(k, s) for k, s in zip(slots(x), axes, strict=True)]
            for x in e.atoms(sp.KroneckerDelta):
                sizes = [k.size for k in x.args if isinstance(k, Index)]
                found += [(k, s) for k in x.args for s in sizes]
        numbered = [(int(k), s) for k, s in found if isinstance(k, sp.Integer)]
        return sorted(dict.fromkeys(numbered), key=lambda p: (p[0], p[1].name))

    def general(self, e: Any) -> Any:
        """Return ``e`` with an index in the place of each numbered position."""
        if isinstance(e, sp.Indexed):
            axes = self.axes(name_of(entry_tensor(e)))
            at = (_index(k, s) for k, s in zip(slots(e), axes, strict=True))
            return entry_tensor(e)[tuple(at)]
        if isinstance(e, sp.KroneckerDelta):
            size = next(k.size for k in e.args if isinstance(k, Index))
            return sp.KroneckerDelta(*(_index(k, size) for k in e.args))
        if isinstance(e, sp.Sum):
            return sp.Sum(self.general(e.function), *e.limits)
        if not e.args or isinstance(e, sp.Symbol):
            return e
        return e.func(*map(self.general, e.args))

    def axes(self, name: str) -> tuple[Any, ...]:
        """Return the sizes of a tensor, none for a scalar."""
        return tuple(getattr(self.tensors[name], "axes", ()))

    def is_positive_scalar(self, name: str) -> bool:
        """Return whether a scalar is declared positive."""
        x = self.tensors[name]
        return not isinstance(x, Tensor) and bool(x.is_positive)

    def entry(self, name: str) -> tuple[Any, tuple[Index, ...]]:
        """Return an entry of a tensor at fresh indices, and these."""
        axes = self.axes(name)
        at = tuple(fresh(Index(self.model.letter(s, ()), s)) for s in axes)
        return (self.tensors[name][at] if at else self.tensors[name]), at


def _is_writable(e: sp.Basic) -> bool:
    """Return whether a value is made of what the Coq library has."""
    if e.has(Binder, Applied, sp.Max, sp.Min, sp.Abs, sp.Piecewise):
        return False
    return all(x.exp.is_Rational for x in e.atoms(sp.Pow))


def _index(k: Any, size: Any) -> Index:
    return k if isinstance(k, Index) else Index(f"at~{k}", size)
