"""Rewriting rules that follow from the lines of a model.

* a hypothesis  sum_c y_ic = 1  becomes the rule "sum_c y_ic -> 1";
* a quotient whose sum over an index is one (a softmax) gives the rule "sum_j alpha_ij -> 1", after
  the normal form has proved it;
* a quotient alpha = e/Z is recognised again when a derivative has written it out;
* what is defined with a condition, alpha_ij = [j <= i] ..., is zero where it fails:
  [j <= i] alpha_ij -> alpha_ij and [i <= j] alpha_ij -> delta_ij alpha_ij;
* the causal mask of a model is the order of its positions.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction
from typing import Any

import sympy as sp

from theory.algebra.canonical import AlgebraError
from theory.algebra.expressions import Equation
from theory.algebra.folding import Rule
from theory.algebra.polynomial import Closed, Entry, Polynomial
from theory.algebra.reading import Reader
from theory.algebra.ring import Ring
from theory.algebra.symbols import Index, Tensor, delta, is_order, order_of, total

__all__ = [
    "causal_mask",
    "holds_anyway",
    "refolding_rules",
    "row_sum_rules",
    "rule_of",
    "support_rules",
]


def rule_of(equation: Equation, hypothesis: str) -> Rule:
    """Return the rule "left -> right" of a hypothesis; its free indices are variables.

    A hypothesis under a condition on indices has it as a factor on both sides.

    Raises `AlgebraError` unless the left side is a product of entries, possibly summed.
    """
    ring = Ring()
    reader = Reader(ring)
    left = _as_pattern(reader.read(equation.left), ring)
    single = left.single
    if single is None:
        conditional = _conditional_rule(left - _as_pattern(reader.read(equation.right), ring))
        if conditional is not None:
            return replace(conditional, hypothesis=hypothesis)
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


def _conditional_rule(difference: Polynomial) -> Rule | None:
    """Return the rule of what holds under a condition, such as (1 - delta_1j) w_j = 0.

    It is w_j -> delta_1j w_1: the entry by itself is replaced by what stands beside it.
    """
    for monomial, coefficient in difference.terms.items():
        (atom, exponent), *others = monomial.factors or ((None, 0),)
        if others or exponent != 1 or not isinstance(atom, Entry) or atom.size:
            continue
        if len(set(atom.indices)) == len(atom.indices) and atom.free >= difference.free:
            rest = Polynomial({m: c for m, c in difference.terms.items() if m != monomial})
            if atom.name not in rest.names:
                return None
            return Rule((), monomial, rest.scaled(-1 / Fraction(coefficient)), keeps=True)
    return None


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
                rule = rule_of(Equation(total(line.symbol, k), 1), "")
                rules.append(replace(rule, of=line.name))
    return tuple(rules)


def support_rules(definitions: Iterable, mask: Tensor | None = None) -> tuple[Rule, ...]:
    """Return the rules of definitions that are zero where a condition fails, and of the mask.

    ``mask`` is a tensor that is 1 where its second index is no later than the first, 0 elsewhere.
    """
    rules = []
    lines = [(line.name, line.symbol, line.value) for line in definitions]
    if mask is not None:
        i, j = (Index(letter, mask.axes[0]) for letter in "ij")
        name = str(mask.label)
        lines.append((name, mask[i, j], mask[i, j]))
        rules.append(replace(rule_of(Equation(mask[i, j] ** 2, mask[i, j]), ""), of=name))
        rules.append(replace(rule_of(Equation(mask[i, i], 1), ""), of=name))
    for name, symbol, value in lines:
        factors = value.args if isinstance(value, sp.Mul) else (value,)
        for high, low in {pair for e in factors if (pair := _condition(e, mask)) is not None}:
            for upper, kept in (((high, low), 1), ((low, high), delta(high, low))):
                order = order_of(high.size)[upper]
                rule = rule_of(Equation(order * symbol, kept * symbol), "")
                rules.append(replace(rule, of=name))
    return tuple(rules)


def _condition(e: sp.Basic, mask: Tensor | None) -> tuple[Index, Index] | None:
    """Return (high, low) where a factor is [low <= high] of two different indices."""
    if not isinstance(e, sp.Indexed) or (e.base != mask and not is_order(str(e.base))):
        return None
    high, low = e.indices
    if isinstance(high, Index) and isinstance(low, Index) and high != low:
        return high, low
    return None


def causal_mask(model: Any) -> Tensor | None:
    """Return the mask of a model that is the order of its positions, None if it has none."""
    if model.features.get("mask") != "causal":
        return None
    return next(x for x in model.inputs if isinstance(x, Tensor) and str(x.label) == "M")


def holds_anyway(equation: Equation) -> bool:
    """Return whether an equation needs no hypothesis, such as [j <= j] = 1."""
    return not Reader(Ring()).read(equation.left - equation.right)


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
        value = symbol.scaled(1 / Fraction(single[1]))
        rules[line.name] = Rule((), single[0], value, of=line.name)
    return rules


def _as_pattern(value: Polynomial, ring: Ring) -> Polynomial:
    return ring.rename(value, {k: (f"?{k[0]}", k[1]) for k in value.free})
