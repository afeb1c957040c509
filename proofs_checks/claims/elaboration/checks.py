"""Small questions about powers and denominators."""

from __future__ import annotations

from typing import Any

import sympy as sp

from proofs_checks.claims import tree
from proofs_checks.claims.elaboration.symbols import spelling
from proofs_checks.claims.elaboration.values import Value

__all__ = ["MOST_POWER", "is_minus_one", "is_too_large", "other_letter"]

MOST_POWER = 1000


def other_letter(value: Value, node: tree.Node) -> str:
    r"""Return what may help where N stands for a number beside the N_k of the document."""
    entry = value.expression
    if not isinstance(node, tree.Name) or not isinstance(entry, sp.Indexed) or value.is_matrix:
        return ""
    name = spelling(node)
    return f"{name} is all of the {name}_k here: write \\sum_k {name}_k, or another letter"


def is_minus_one(node: tree.Node) -> bool:
    """Return whether an exponent is -1."""
    return (
        isinstance(node, tree.Negate)
        and isinstance(node.body, tree.Number)
        and node.body.text == "1"
    )


def is_too_large(base: Any, exponent: Any) -> bool:
    """Return whether a power is too long to be written out."""
    if not isinstance(exponent, sp.Rational):
        return False
    size = abs(exponent.p) + exponent.q
    if isinstance(base, sp.Rational):
        size *= max(1, (base.p.bit_length() + base.q.bit_length()) // 64)
    return size > MOST_POWER
