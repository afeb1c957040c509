"""The lines of a program, rewritten so that fewer large arrays are made.

A large array that one later line needs, and nobody else, is computed inside that line, which then
works in its memory: scores become attention weights, values of attending become score gradients.
An array is large if two of its axes at least are no feature axes.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

import sympy as sp

from theory.algebra.expressions import entry_tensor, slots, substitute, tensors_in
from theory.codegen.patterns import (
    centred_product,
    collected,
    is_large,
    softmax_in,
    with_sigmoids,
)
from theory.models.forward_mode import CHANGE, DOT
from theory.models.model import Definition, name_of
from theory.models.slopes import logistic_argument

__all__ = ["needed", "scheduled", "spoken"]

UNTOLD = "derivative of the loss by"
"""How titles begin that only repeat the name of the line, dL_dx."""


def spoken(line: Definition) -> str:
    """Return the title of a line, "" if it says no more than its name."""
    of = line.title.removeprefix(CHANGE)
    is_untold = of.startswith(UNTOLD) or of in (line.name, line.name.removesuffix(DOT))
    return "" if is_untold else line.title


def scheduled(lines: Sequence[Definition], returned: Collection[str]) -> tuple[Definition, ...]:
    """Return lines that give the same values of ``returned`` with less memory and fewer passes."""
    chosen = needed(lines, returned)
    logarithms = _logarithms_of_logistics(chosen)
    stable = [replace(line, value=_rewritten(line, logarithms)) for line in chosen]
    return _inlined(needed(stable, returned), returned)


Logistics = dict[str, tuple[Definition, sp.Expr]]


def _logarithms_of_logistics(lines: Sequence[Definition]) -> Logistics:
    """Return the lines p = 1/(1 + e^-x) with their x, which is a name, by the name of p."""
    found = ((line, logistic_argument(line.value)) for line in lines)
    return {line.name: (line, x) for line, x in found if isinstance(x, sp.Indexed | sp.Symbol)}


def _rewritten(line: Definition, logistics: Logistics) -> sp.Expr:
    """Return the value of a line so that nothing in it overflows or cancels needlessly."""

    def of_logistic(logarithm: sp.Expr) -> sp.Expr:
        """Write log p as -log(1 + e^-x), and log(1 - p) as -log(1 + e^x)."""
        inside: Any = logarithm.args[0]
        p, sign = (inside, -1) if isinstance(inside, sp.Indexed | sp.Symbol) else (1 - inside, 1)
        name = name_of(entry_tensor(p)) if isinstance(p, sp.Indexed | sp.Symbol) else ""
        if name not in logistics:
            return logarithm
        own, x = logistics[name]
        places = dict(zip(own.parameters, slots(p), strict=True))
        return -sp.log(1 + sp.exp(sign * substitute(x, places)))

    value: Any = line.value
    if logistics:
        value = value.replace(lambda e: isinstance(e, sp.log), of_logistic)
    value = with_sigmoids(value)
    return collected(value) if is_large(line.parameters) else value


def needed(
    lines: Sequence[Definition], targets: Collection[str], given: Collection[str] = ()
) -> tuple[Definition, ...]:
    """Return the lines that the targets depend on, in order; nothing before ``given``."""
    wanted, kept = set(targets), []
    for line in reversed(lines):
        if line.name in wanted and line.name not in given:
            kept.append(line)
            wanted |= tensors_in(line.value)
    return tuple(reversed(kept))


def _inlined(lines: Sequence[Definition], returned: Collection[str]) -> tuple[Definition, ...]:
    kept = list(lines)
    for name in [line.name for line in lines]:
        line = next(other for other in kept if other.name == name)
        users = [other for other in kept if name in tensors_in(other.value)]
        if name in returned or not is_large(line.parameters) or len(users) != 1:
            continue
        (user,) = users
        uses = [e for e in user.value.atoms(sp.Indexed) if name_of(e.base) == line.name]
        if _is_exponent(line, user) or _is_centred(line, user) or _is_open(line, user, uses):
            values = {
                e: substitute(line.value, dict(zip(line.parameters, e.indices, strict=True)))
                for e in uses
            }
            title = ", then ".join(filter(None, (spoken(line), spoken(user))))
            kept[kept.index(user)] = replace(user, value=user.value.xreplace(values), title=title)
            kept.remove(line)
    return tuple(kept)


def _is_exponent(line: Definition, user: Definition) -> bool:
    """Return whether the user is the softmax of the line."""
    found = softmax_in(user.value)
    if found is None or found[1] != 1 or not isinstance(found[0].exponent, sp.Indexed):
        return False
    return name_of(found[0].exponent.base) == line.name and found[0].is_whole


def _is_centred(line: Definition, user: Definition) -> bool:
    """Return whether the user is a product of the line above its weighted sums, and a weight."""
    found = centred_product(user.value)
    if found is None or softmax_in(line.value) is not None:
        return False
    value = found.value
    return isinstance(value, sp.Indexed) and name_of(value.base) == line.name


def _is_open(line: Definition, user: Definition, uses: Sequence[sp.Indexed]) -> bool:
    """Return whether the user takes the line once, whole, as a term or factor that it can alter."""
    if softmax_in(line.value) is not None or len(uses) != 1:
        return False
    if set(uses[0].indices) != set(user.parameters) or set(line.parameters) != {*uses[0].indices}:
        return False
    once = sum(e == uses[0] for e in sp.preorder_traversal(user.value)) == 1
    return once and _reaches(user.value, uses[0])


def _reaches(e: sp.Basic, entry: sp.Indexed) -> bool:
    """Return whether an entry is a term or a factor of an expression, or a term of a factor."""
    if isinstance(e, sp.Add | sp.Mul):
        return any(_reaches(part, entry) for part in e.args)
    return e == entry
