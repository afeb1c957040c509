"""What a statement presupposes: hypotheses of the model, denominators and arguments of logarithms.

What follows from definitions (an exponential is positive) becomes a lemma; the rest becomes a
hypothesis of the theorem, in plain sight.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import sympy as sp

from proofs_checks.certificates.printing import Names, Scope, commented, coq_term, generic
from proofs_checks.certificates.problem import NotCertified
from proofs_checks.certificates.program import Program, ordered_free, shape
from proofs_checks.certificates.share_facts import ShareFacts, applied
from theory.algebra.expressions import Inequality, entry_tensor, tensors_in
from theory.algebra.symbols import Flow, Index, Partial, Size, Tensor
from theory.models.model import name_of

__all__ = ["Condition", "Premises", "conditions"]


class Condition(NamedTuple):
    """``value`` is "positive" or "nonzero", the ``kind``, for all its indices."""

    kind: str
    value: Any

    @property
    def key(self) -> tuple[str, Any]:
        """What equal conditions have in common, whatever their indices are called."""
        return self.kind, shape(self.value)

    def text(self, scope: Scope) -> str:
        """Return the condition in Coq."""
        indices = ordered_free(self.value)
        inner = scope.binding(*indices)
        value = coq_term(self.value, inner)
        sign = f"0 < {value}" if self.kind == "positive" else f"{value} <> 0"
        return inner.ranges(indices) + sign


def conditions(e: Any) -> Iterator[Condition]:
    """Yield what must be positive or not zero where ``e`` is taken; derivatives are left out."""
    if isinstance(e, Partial | Flow | Tensor | sp.Indexed):
        return
    if isinstance(e, sp.Sum):
        yield from conditions(e.function)
        return
    for x in e.args:
        yield from conditions(x)
    if isinstance(e, sp.log):
        for part in sp.Mul.make_args(e.args[0]):
            value = part.base if isinstance(part, sp.Pow) and part.exp == -1 else part
            yield Condition("positive", value)
    if isinstance(e, sp.Pow) and e.exp.is_Rational and not e.exp.is_Integer:
        base: Any = e.base
        is_inverse = isinstance(base, sp.Pow) and base.exp == -1
        yield Condition("positive", base.base if is_inverse else base)
    elif isinstance(e, sp.Pow) and e.exp.is_Integer and e.exp < 0:
        for part in sp.Mul.make_args(e.base):
            yield Condition("nonzero", part)


class Premises:
    """The conditions of one program, and the lemmas about its shares."""

    def __init__(self, program: Program, names: Names) -> None:
        self.program, self.names = program, names
        self.needed: dict[Any, Condition] = {}  # by their keys
        self.is_about_order = isinstance(program.statement, Inequality)
        self.positive_lines: set[str] = {
            n for n, share in program.shares.items() if not share.is_weighted
        }
        for name, line in program.lines.items():
            if name not in program.shares and self.is_positive(line.value):
                self.positive_lines.add(name)

    def is_positive(self, e: Any, generic: frozenset[str] = frozenset()) -> bool:
        """Return whether the tactic [positive] shows 0 < e.

        Of the quantities ``generic`` no definition is known, only what is declared.
        """
        if isinstance(e, sp.Rational):
            return e > 0
        if isinstance(e, Size | sp.exp | sp.cosh | sp.sech) or e is sp.pi:
            return True
        if isinstance(e, sp.Indexed | sp.Symbol):
            name = name_of(entry_tensor(e))
            if name in self.program.lines:
                return name in self.positive_lines and name not in generic
            return name in self.program.variables and self.program.is_positive_scalar(name)
        if isinstance(e, sp.Sum):
            return self.is_positive(e.function, generic)
        if isinstance(e, sp.Pow):
            return bool(e.exp.is_Rational) and self.is_positive(e.base, generic)
        if isinstance(e, sp.Add | sp.Mul):
            return all(self.is_positive(x, generic) for x in e.args)
        return False

    def open_conditions(self, e: Any) -> list[Condition]:
        """Return the conditions of ``e`` that do not follow from definitions."""
        found = []
        for c in conditions(e):
            if not self.is_positive(c.value) and c not in found:
                found.append(c)
        return found

    def need(self, e: Any) -> None:
        """Make the conditions of ``e`` hypotheses of the theorem."""
        for c in self.open_conditions(e):
            if any(n in self.program.used_words for n in tensors_in(c.value)):
                raise NotCertified(f"a denominator or logarithm of `{c.value}`")
            self.needed.setdefault(c.key, c)

    def hypotheses(self) -> list[str]:
        """Return the hypotheses of the section."""
        lines = []
        variables = set(self.program.variables)
        for number, c in enumerate(self.program.model.constraints, start=1):
            if tensors_in(c.equation) <= variables | set(self.program.lines):
                scope, ks = self._ranged(c.equation)
                left, right = (coq_term(x, scope) for x in c.equation.args[:2])
                said = f"{scope.ranges(ks)}{left} = {right}.  (* {commented(c.text)} *)"
                lines.append(f"Hypothesis given_{number} : {said}")
        weights = self.weights()
        declared = self._declared_nonnegative() if self.is_about_order else []
        for name in dict.fromkeys([*weights, *declared]):
            entry, at = self.program.entry(name)
            scope = Scope(self.names).binding(*at)
            lines.append(
                f"Hypothesis {self.names.tensor(name)}_nonneg : {scope.ranges(at)}0 <= "
                f"{coq_term(entry, scope)}."
            )
            if name not in weights:
                continue
            outer = Scope(self.names).binding(*at[:-1])
            total = sp.Sum(entry, (at[-1], 1, at[-1].size))
            lines.append(
                f"Hypothesis {self.names.tensor(name)}_some : {outer.ranges(at[:-1])}0 < "
                f"{coq_term(total, outer)}."
            )
        for number, c in enumerate(self._stated(), start=1):
            lines.append(f"Hypothesis defined_{number} : {c.text(Scope(self.names))}.")
        return lines

    def _stated(self) -> list[Condition]:
        """Return the conditions that are hypotheses; what is positive is not zero anyway."""
        return [
            c for c in self.needed.values()
            if c.kind == "positive" or c._replace(kind="positive").key not in self.needed
        ]  # fmt: skip

    def _declared_nonnegative(self) -> list[str]:
        """Return the variables that the model declares to have no negative entry."""
        tensors = {n: self.program.tensors[n] for n in self.program.variables}
        return [n for n, x in tensors.items() if isinstance(x, Tensor) and x.label.is_nonnegative]

    def _ranged(self, equation: Any) -> tuple[Scope, list[Index]]:
        ks = ordered_free(*equation.args[:2])
        return Scope(self.names).binding(*ks), ks

    def rules(self) -> list[str]:
        """Return the names of the hypotheses of the model, as rules for the normaliser."""
        given = self.program.model.constraints
        known = set(self.program.variables) | set(self.program.lines)
        return [
            f"given_{n}" for n, c in enumerate(given, start=1) if tensors_in(c.equation) <= known
        ]

    def values(self) -> dict[Any, tuple[str, Any]]:
        """Return the scalars to which a hypothesis gives a number, with its name and the number."""
        found, known = {}, set(self.rules())
        for number, c in enumerate(self.program.model.constraints, start=1):
            scalar, value = c.equation.args[:2]
            is_value = isinstance(scalar, sp.Symbol) and value.is_Rational
            if is_value and f"given_{number}" in known:
                found[scalar] = (f"given_{number}", value)
        return found

    def weights(self) -> list[str]:
        """Return the inputs that weigh shares, such as masks."""
        found = []
        for name, share in self.program.shares.items():
            if not share.is_weighted:
                continue
            entry = share.weight
            if not isinstance(entry, sp.Indexed):
                raise NotCertified(f"the weights `{entry}` of `{name}`")
            weight = name_of(entry_tensor(entry))
            if weight not in self.program.variables or entry.indices[-1] != share.own:
                raise NotCertified(f"the weights `{entry}` of `{name}`")
            if weight not in found:
                found.append(weight)
        return found

    def facts(self) -> list[str]:
        """Return lemmas: shares are positive, sum to one, and how they are differentiated."""
        lines = []
        self.weights()
        for name, share in self.program.shares.items():
            lines += ShareFacts(self.program, self.names, name, share).lines()
        for name, line in self.program.lines.items():
            if name in self.positive_lines and name not in self.program.shares:
                own = self.names.tensor(name)
                base = generic(self.names, self.program.dependencies[name])
                scope = base.binding(*line.parameters)
                head, binders = applied(self.program, self.names, name, scope)
                premises = "".join(
                    f"0 < {scope.term(d)} -> "
                    for d in self.program.dependencies[name]
                    if self.program.is_positive_scalar(d) and d not in self.program.lines
                )
                inner = "".join(
                    self._known_positive(d, base)
                    for d in self.program.dependencies[name]
                    if d in self.positive_lines
                )
                lines += [
                    f"Lemma {own}_of_pos{binders} : {premises}{inner}"
                    f"{scope.ranges(line.parameters)}0 < {head}.",
                    f"Proof. intros. unfold {own}_of. positive. Qed.",
                    f"#[local] Hint Resolve {own}_of_pos : core.",
                ]
        return ["", "(** Facts about the model. *)", *lines] if lines else []

    def _known_positive(self, name: str, scope: Scope) -> str:
        entry, at = self.program.entry(name)
        inner = scope.binding(*at)
        return f"({inner.ranges(at)}0 < {coq_term(entry, inner)}) -> "
