"""Giving the derivatives in a statement their values, and deciding equations in a model.

`resolve` replaces `Partial`, `Step` and `Flow` by expressions; `prove` compares normal forms, first
with the names of the model as they stand, then writing out one name after the other, last line
first, until the two sides agree or nothing is left to write out.  An inequality is proved if the
sign of right - left can be read off, as it stands or in normal form.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

import sympy as sp

from theory.algebra.expressions import (
    Equation,
    Inequality,
    Relation,
    StrictInequality,
    entry_tensor,
    free_indices,
    fresh,
    refresh,
    slots,
    substitute,
    tensors_in,
)
from theory.algebra.folding import Rule
from theory.algebra.limits import AlgebraError, NoDerivative
from theory.algebra.normal_form import is_zero
from theory.algebra.orders import has_orders
from theory.algebra.polynomial import Polynomial
from theory.algebra.reading import Reader, Unfolding
from theory.algebra.ring import Ring
from theory.algebra.signs import Signs
from theory.algebra.symbols import Flow, Index, Partial, Size, Step, Tensor, order_of, total
from theory.models.facts import causal_mask
from theory.models.model import Definition, Model, name_of
from theory.models.reverse_mode import Adjoint, adjoints, computed_from, pull_back, reached

__all__ = ["Proof", "Theory", "theory_of"]

MOST_COMPARISONS = 4096  # kept in memory


@dataclass(frozen=True)
class Proof:
    """The outcome of comparing two normal forms.

    ``unfolded`` are the names that had to be written out; ``hypotheses`` the constraints used, by
    the comparison or by the derivation of what it rests on; ``residual`` the normal form of
    left - right (empty if proved), which `Theory.write` makes readable; ``reason`` says how an
    inequality was proved.
    """

    proved: bool
    unfolded: tuple[str, ...]
    hypotheses: tuple[str, ...]
    residual: Polynomial
    reason: str = ""


class Rests(NamedTuple):
    """What a derivative rests on: hypotheses by their text, and names of which facts were used."""

    hypotheses: frozenset[str] = frozenset()
    facts: frozenset[str] = frozenset()

    @staticmethod
    def of(parts: Iterable[Rests]) -> Rests:
        """Return what several derivatives rest on together."""
        parts = list(parts)
        return Rests(
            frozenset().union(*(p.hypotheses for p in parts)),
            frozenset().union(*(p.facts for p in parts)),
        )


class Theory:
    """What follows from a model: adjoints, all lines in order, resolved expressions, proofs."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.adjoints: dict[str, Adjoint] = adjoints(model)
        self.lines: tuple[Definition, ...] = model.definitions
        self._values: dict[tuple[sp.Basic, frozenset[str]], tuple[Any, Rests]] = {}
        self._proofs: dict[Relation, Proof] = {}
        self._add_lines()
        self.by_name = {line.name: line for line in self.lines}
        self._written_out = {**self.by_name, **_mask_written_out(model)}

    def _add_lines(self) -> None:
        """Add adjoints and vocabulary to the definitions, each after what it uses."""
        waiting: dict[str, Definition] = {}
        given = {name_of(x) for x in self.model.inputs} | {line.name for line in self.lines}
        for name, adjoint in self.adjoints.items():
            symbol = name_of(entry_tensor(adjoint.symbol))
            if adjoint.inline or symbol in given:  # an upstream gradient may be an input, or r
                continue
            title = f"derivative of the loss by {name}"
            waiting[symbol] = Definition(
                adjoint.symbol, adjoint.value, title, adjoint.hypotheses, adjoint.facts
            )
        derivatives = dict(waiting)
        for line in self.model.vocabulary:
            own = derivatives.get(line.name)
            if own is None or not line.value.has(Partial):
                waiting[line.name] = line
            else:
                waiting[line.name] = replace(own, title=line.title)
        known = {line.name for line in self.lines} | {name_of(x) for x in self.model.inputs}
        while waiting:
            ready = [n for n, line in waiting.items() if tensors_in(line.value) <= known]
            plain = [n for n in ready if not waiting[n].value.has(Partial)]
            if not ready:
                unknown = frozenset().union(*(tensors_in(x.value) for x in waiting.values()))
                raise ValueError(
                    f"model `{self.model.name}`: the definitions of {sorted(waiting)} use "
                    f"{sorted(unknown - known - waiting.keys())}, which nothing defines."
                )
            for name in plain or ready[:1]:  # what needs derivatives last: they use other lines
                line = waiting.pop(name)
                value, rests = self._value(line.value)
                used = tuple(sorted({*line.hypotheses, *rests.hypotheses}))
                facts = line.facts | rests.facts
                self.lines += (replace(line, value=value, hypotheses=used, facts=facts),)
                known.add(name)

    # -- derivatives ------------------------------------------------------------------------

    def resolve(self, expression: sp.Basic) -> Any:
        """Return the expression with every derivative, step and flow given its value."""
        return self._value(expression)[0]

    def _value(self, e: sp.Basic, later: frozenset[str] = frozenset()) -> tuple[Any, Rests]:
        """Return the resolved expression and what its derivatives rest on.

        ``later``: the names by which the value is going to be differentiated.
        """
        if not isinstance(e, sp.Basic) or not e.has(Partial, Step, Flow):
            return e, Rests()
        if (e, later) not in self._values:
            self._values[e, later] = self._resolved(e, later)
        return self._values[e, later]

    def _resolved(self, e: sp.Basic, later: frozenset[str]) -> tuple[Any, Rests]:
        if isinstance(e, Partial):
            return self._partial(e, later)
        if isinstance(e, Step):
            quantity, rate, *moved = e.args
            return self._value(self._along(quantity, [(x, rate) for x in moved]), later)
        if isinstance(e, Flow):
            return self._value(self._along(e.args[0], list(e.pairs)), later)
        parts = [self._value(argument, later) for argument in e.args]
        return e.func(*(p for p, _ in parts)), Rests.of(r for _, r in parts)

    def _along(self, quantity: sp.Basic, moves: list[tuple[Any, Any]]) -> sp.Expr:
        """Return the change of ``quantity`` when every x moves along -rate dL/dx."""
        parts = []
        names = [name_of(entry_tensor(x)) for x, _ in moves]
        for name in names:
            below = computed_from(name, self.model.definitions).intersection(names)
            if below:
                raise AlgebraError(
                    f"tensors that move together must be free; `{sorted(below)[0]}` is computed "
                    f"from `{name}`. Move one of the two."
                )
        for x, rate in moves:
            tensor = entry_tensor(x)
            bound = tuple(fresh(Index("k", size)) for size in getattr(tensor, "axes", ()))
            x = tensor[bound] if bound else x
            parts.append(total(-rate * Partial(quantity, x) * Partial(self.model.loss, x), *bound))
        return sp.Add(*parts)

    def _partial(self, e: Partial, later: frozenset[str]) -> tuple[Any, Rests]:
        quantity, *earlier, entry = e.args
        name = name_of(entry_tensor(entry))
        if name not in self.model.tensors and all(line.name != name for line in self.lines):
            raise AlgebraError(f"`{entry}` is no quantity of model `{self.model.name}`.")
        if quantity == self.model.loss and not earlier:
            if name not in self.adjoints:
                if name in reached(self.model):
                    raise NoDerivative(f"`{e}`: a maximum stands between `{entry}` and the loss.")
                return sp.S.Zero, Rests()
            adjoint = self.adjoints[name]
            if later.isdisjoint(adjoint.facts):
                rests = Rests(frozenset(adjoint.hypotheses), adjoint.facts)
                return adjoint.at(entry, "value"), rests
        inner = Partial(quantity, *earlier) if earlier else quantity
        quantity, rests = self._value(inner, later | {name})
        found = pull_back(self.model, self.lines, quantity, entry, later)
        for c in self.model.constraints:
            if c.text in rests.hypotheses | found.before and name in tensors_in(c.equation):
                raise AlgebraError(
                    f"`{e}`: what is differentiated by `{entry}` was derived with {c.text}, which "
                    f"binds `{name}`. Differentiate by `{entry}` first."
                )
        hypotheses = rests.hypotheses | found.hypotheses | found.before
        return self.write(found.value, e), Rests(hypotheses, rests.facts | found.facts)

    def write(self, polynomial: Polynomial, *near: sp.Basic) -> sp.Expr:
        """Return a polynomial as an expression.

        ``near`` are expressions it stands beside: their symbols are known, and bound indices get
        other letters than their free ones.
        """
        avoid = {k.name for e in near for k in free_indices(e)}
        known = [entry_tensor(a.symbol) for a in self.adjoints.values()]
        near = (*near, *(side for c in self.model.constraints for side in c.equation.args))
        beside = {x for e in near for x in e.atoms(sp.Symbol, Tensor)}
        beside |= {x.size for x in beside if isinstance(x, Index)}
        beside |= {axis for x in beside if isinstance(x, Tensor) for axis in x.axes}
        known += sorted(beside, key=lambda x: isinstance(x, Tensor))  # after labels of that name
        return self.model.writer(known).write(polynomial, avoid)

    def written_in(self, expression: sp.Basic, name: str) -> Any:
        """Return the resolved expression with every line that depends on ``name`` written out."""
        depends = computed_from(name, self.lines)
        result = self.resolve(expression)
        for line in reversed(self.lines):
            if line.name in depends and line.name in tensors_in(result):
                result = _inserted(result, line)
        return result

    # -- proofs -----------------------------------------------------------------------------

    def unfolding(self, names: list[str]) -> dict[str, Unfolding]:
        """Return the definitions to write out for these names."""
        lines = self._written_out
        return {n: Unfolding(lines[n].parameters, lines[n].value) for n in names}

    def levels(self, statement: Relation) -> Iterator[Proof]:
        """Yield the comparison of both sides, each time with one more name written out."""
        (left, rest_left), (right, rest_right) = map(self._value, statement.args)
        rests = rest_left.hypotheses | rest_right.hypotheses
        if isinstance(statement, Inequality):
            seen = self._by_signs(statement, left, right)
            if seen:
                yield Proof(True, (), tuple(sorted(rests)), Polynomial({}), seen)
                return
        names: list[str] = []
        order = [*(line.name for line in reversed(self.lines)), *self._written_out]
        while True:
            # what cancels in left - right has to be defined all the same
            domain = (left, right, *(self._value(part)[0] for part in statement.domain))
            unfolding = tuple(self.unfolding(names).items())
            rules = self.model.rules
            done, reason, fired, value = _compared(type(statement), unfolding, domain, rules)
            used = fired.union(*(self._written_out[n].hypotheses for n in names))
            hypotheses = tuple(sorted(used | rests))
            rest = Polynomial({}) if done else value
            yield Proof(done, tuple(names), hypotheses, rest, reason)
            if done:
                return
            following = self._next_to_unfold(value, [n for n in order if n not in names])
            if following is None:
                return
            names.append(following)

    def _by_signs(self, statement: Inequality, left: sp.Expr, right: sp.Expr) -> str:
        """Return why the inequality is manifest, empty if it is not."""
        has_sign = self.signs.nonnegative
        if isinstance(statement, StrictInequality):
            has_sign = self.signs.positive
        if not has_sign(right - left):
            return ""
        return "the sign of right - left is manifest: squares and nonnegative quantities"

    @cached_property
    def signs(self) -> Signs:
        """The signs of expressions in this model."""
        return Signs(self.by_name)

    @staticmethod
    def _next_to_unfold(value: Polynomial, candidates: list[str]) -> str | None:
        """Return the last-defined name that occurs, one that is not in every term if possible."""
        terms = [monomial.names for monomial in value.terms]
        everywhere = frozenset.intersection(*terms) if terms else frozenset()
        anywhere = frozenset().union(*terms)
        present = [n for n in candidates if n in anywhere]
        return next((n for n in present if n not in everywhere), present[0] if present else None)

    def prove(self, statement: Relation) -> Proof:
        """Return the first level at which the statement is seen to hold, or the last one."""
        if statement not in self._proofs:  # derivations share most of their lines
            self._proofs[statement] = deque(self.levels(statement), maxlen=1)[0]
        return self._proofs[statement]


@lru_cache(maxsize=MOST_COMPARISONS)
def _compared(
    kind: type[Relation],
    unfolding: tuple[tuple[str, Unfolding], ...],
    domain: tuple[sp.Expr, ...],
    rules: tuple[Rule, ...],
) -> tuple[bool, str, frozenset[str], Polynomial]:
    """Return whether normal forms decide a statement, why, the hypotheses used, left - right.

    The sides are the first two expressions of the ``domain``.  Models that share definitions ask
    the same of the same expressions under the same rules, so the answers are kept.
    """
    left, right, *_ = domain
    ring, value = _read(left - right, unfolding, domain, rules)
    done, reason = _holds(kind, value, ring)
    if not done and has_orders(value):
        with suppress(AlgebraError):  # too much work: the next level may need less
            turned_ring, turned = _read(left - right, unfolding, domain, rules, orients=True)
            done, reason = _holds(kind, turned, turned_ring)
            ring = turned_ring if done else ring
    return done, reason, ring.hypotheses, value


def _read(
    e: sp.Expr,
    unfolding: Iterable[tuple[str, Unfolding]],
    domain: Iterable[sp.Basic],
    rules: Iterable[Rule],
    *,
    orients: bool = False,
) -> tuple[Ring, Polynomial]:
    ring = Ring(rules, orients=orients)
    reader = Reader(ring, dict(unfolding))
    reader.note_domain(domain)
    return ring, reader.read(e)


def _holds(kind: type[Relation], difference: Polynomial, ring: Ring) -> tuple[bool, str]:
    """Return whether left - right in normal form decides a statement, and why."""
    if issubclass(kind, Equation):
        return is_zero(difference, ring), ""
    if issubclass(kind, StrictInequality):
        return False, ""
    return (-difference).nonnegative, "every term of right - left in normal form is >= 0"


def _inserted(e: Any, line: Definition) -> Any:
    """Return an expression with a line written out, under sums too."""
    if isinstance(e, sp.Indexed | sp.Symbol):
        if name_of(entry_tensor(e)) != line.name or isinstance(e, Index | Size):
            return e
        places = dict(zip(line.parameters, slots(e), strict=True))
        return substitute(refresh(line.value), places)
    if not e.args or isinstance(e, Tensor):
        return e
    return e.func(*(_inserted(x, line) for x in e.args))


def _mask_written_out(model: Model) -> dict[str, Definition]:
    """Return the causal mask of a model as the order of its positions; it is no free input."""
    mask = causal_mask(model)
    if mask is None:
        return {}
    i, j = (Index(letter, mask.axes[0]) for letter in "ij")
    line = Definition(mask[i, j], order_of(i.size)[i, j], "causal mask")
    return {line.name: line}


_theories: dict[Model, Theory] = {}


def theory_of(model: Model) -> Theory:
    """Return the theory of a model; it is derived once."""
    if model not in _theories:
        _theories[model] = Theory(model)
    return _theories[model]
