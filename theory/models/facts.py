"""Rewriting rules that follow from the lines of a model.

* a hypothesis  sum_c y_ic = 1  becomes the rule "sum_c y_ic -> 1";
* a quotient whose sum over an index is one (a softmax) gives the rule "sum_j alpha_ij -> 1", after
  the normal form has proved it;
* a quotient alpha = e/Z is recognised again when a derivative has written it out.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from theory.algebra.canonical import AlgebraError
from theory.algebra.expressions import Equation
from theory.algebra.folding import Rule
from theory.algebra.polynomial import Closed, Polynomial
from theory.algebra.reading import Reader
from theory.algebra.ring import Ring
from theory.algebra.symbols import total

__all__ = ["refolding_rules", "row_sum_rules", "rule_of"]


def rule_of(equation: Equation, hypothesis: str) -> Rule:
    """Return the rule "left -> right" of a hypothesis; its free indices are variables.

    Raises `AlgebraError` unless the left side is a product of entries, possibly summed.
    """
    ring = Ring()
    reader = Reader(ring)
    left = _as_pattern(reader.read(equation.left), ring)
    single = left.single
    if single is None or not single[0].factors:
        raise AlgebraError(
            f"a hypothesis needs one product on its left side; got `{equation.left}`. "
            "Move the other terms to the right."
        )
    monomial, coefficient = single
    right = _as_pattern(reader.read(equation.right), ring).scaled(1 / Fraction(coefficient))
    closed = [(a, e) for a, e in monomial.factors if isinstance(a, Closed)]
    if not closed:
        return Rule((), monomial, right, hypothesis)
    if len(monomial.factors) > 1 or closed[0][1] != 1:
        raise AlgebraError(
            f"a hypothesis needs one sum or one product on its left side; got `{equation.left}`."
        )
    return Rule(closed[0][0].bound, closed[0][0].body, right, hypothesis)


def row_sum_rules(definitions: Iterable) -> tuple[Rule, ...]:
    """Return "sum_j alpha_ij -> 1" for every definition for which the normal form proves it."""
    rules = []
    for line in definitions:
        ring = Ring()
        value = Reader(ring).read(line.value)
        if value.single is None or all(e > 0 for _, e in value.single[0].factors):
            continue
        for k in line.parameters:
            if Reader(Ring()).read(total(line.value, k)).constant == 1:
                rules.append(rule_of(Equation(total(line.symbol, k), 1), ""))
    return tuple(rules)


def refolding_rules(definitions: Iterable) -> dict[str, Rule]:
    """Return, for each definition that is a single quotient, the rule "its value -> its symbol"."""
    rules = {}
    for line in definitions:
        ring = Ring()
        reader = Reader(ring)
        value = _as_pattern(reader.read(line.value), ring)
        symbol = _as_pattern(reader.read(line.symbol), ring)
        single = value.single
        if single is None or all(e > 0 for _, e in single[0].factors):
            continue
        rules[line.name] = Rule((), single[0], symbol.scaled(1 / Fraction(single[1])))
    return rules


def _as_pattern(value: Polynomial, ring: Ring) -> Polynomial:
    return ring.rename(value, {k: (f"?{k[0]}", k[1]) for k in value.free})
