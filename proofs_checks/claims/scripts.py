r"""Subscripts, superscripts and primes, put on what they belong to.

A superscript is a transpose (``T``, ``\top``, ...), a mark (``*``, ``+``, ``(h)``, a word: part of
the name or an upper index) or an exponent.  ``s_{ij}``, ``s_{i,j}`` and ``s_{i j}`` are two
indices each; ``P_{i:}`` is the index i and the whole second axis.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from proofs_checks.claims import tree
from proofs_checks.claims.notation import TRANSPOSES
from proofs_checks.claims.pieces import Braces, Bracket, Scripts, refuse, spelled
from proofs_checks.claims.places import Span
from proofs_checks.claims.settling import settled

__all__ = ["indices", "is_transpose", "scripted"]

_SUBSCRIPTED = (tree.Name, Bracket, tree.Norm, tree.Inner, tree.Rate)


def scripted(base: tree.Node, scripts: Scripts) -> tree.Node:
    """Return ``base`` with its scripts.

    Raises `Refusal` for scripts that what they stand on cannot have.
    """
    if scripts.span is None:
        return base
    span = base.span.to(scripts.span)
    if isinstance(base, Braces):
        if not base.closed:
            raise refuse(
                "braces are invisible, so it is not to be seen that the script belongs to all "
                "that they hold",
                span,
                expected="brackets that show",
                suggestion="`\\left( .. \\right)`",
            )
        base = base.body
    if scripts.primes:
        if not isinstance(base, tree.Name):
            raise refuse("a prime stands on something that is no name", span)
        base = replace(base, primes=base.primes + scripts.primes, span=span)
    if scripts.lower:
        base = _lowered(base, scripts.lower, span)
    if scripts.upper:
        base = _raised(base, scripts.upper, span)
    return base


def indices(entries: Iterable[tree.Node]) -> tuple[tree.Node, ...]:
    """Return the indices of a subscript, one node each."""
    return tuple(_flattened(entries))


def is_transpose(node: tree.Node) -> bool:
    """Tell whether an exponent is a sign of transposition; a plain ``T`` may be a size."""
    if not isinstance(node, tree.Name) or node.primes or node.accents:
        return False
    return node.letter in TRANSPOSES or (node.letter == "T" and node.font in {"rm", "sf", "tt"})


def _flattened(entries: Iterable[tree.Node]) -> Iterator[tree.Node]:
    for entry in entries:
        if isinstance(entry, tree.Product) and entry.operator == "":
            yield from _flattened(entry.factors)
        elif isinstance(entry, Bracket) and len(entry.entries) == 1:
            yield entry.entries[0]
        elif isinstance(entry, Bracket):
            raise refuse("a list in brackets is no index", entry)
        else:
            yield entry


def _lowered(base: tree.Node, entries: tuple[tree.Node, ...], span: Span) -> tree.Node:
    lower = indices(entries)
    compares = [x for x in lower if isinstance(x, tree.Compare)]
    is_one = isinstance(base, tree.Number) and base.text == "1"
    if compares and len(compares) == len(lower) and (is_one or spelled(base, "1", "I", "delta")):
        return tree.Indicator(tuple(compares), span=span)
    if isinstance(base, tree.Norm):
        if len(lower) != 1 or base.order is not None:
            raise refuse("a norm has one subscript", span, expected="2 or F")
        return replace(base, order=lower[0], span=span)
    if isinstance(base, tree.Rate):
        return replace(base, quantity=_lowered(base.quantity, entries, span), span=span)
    if isinstance(base, tree.Number):
        raise refuse("a number has no subscript", span, expected="a symbol before `_`")
    if isinstance(base, tree.Entry) and not base.lower:
        return replace(base, lower=lower, span=span)
    if not isinstance(base, _SUBSCRIPTED):
        raise refuse(
            "a subscript stands on something that is no symbol",
            span,
            expected="a symbol, or brackets around the expression",
        )
    return tree.Entry(base, lower, span=span)


def _raised(base: tree.Node, entries: tuple[tree.Node, ...], span: Span) -> tree.Node:
    exponent, *others = entries
    if others:
        return _marked(base, entries, span)
    if isinstance(exponent, tree.Label) and not isinstance(base, tree.Number):
        return _marked(base, (exponent,), span)
    if is_transpose(exponent):
        return tree.Transpose(base, "top", span=span)
    if exponent == tree.Name("T"):
        return tree.Transpose(base, "T", span=span)
    if isinstance(exponent, tree.Negate) and (
        spelled(exponent.body, "T") or is_transpose(exponent.body)
    ):
        one = tree.Negate(tree.Number("1", span=exponent.span), span=exponent.span)
        return tree.Transpose(tree.Power(base, one, span=span), "top", span=span)
    euler = spelled(base, "e") and base.font in {"", "rm"} and not base.accents  # type: ignore[attr-defined]
    if isinstance(exponent, Bracket):
        if not euler and isinstance(base, tree.Name | tree.Entry) and exponent.opening == "(":
            return _marked(base, exponent.entries, span)
        if len(exponent.entries) != 1:
            raise refuse("a list is no exponent", exponent)
        exponent = exponent.entries[0]
    if isinstance(exponent, tree.Name) and exponent.font in {"rm", "sf", "tt", "it"}:
        if len(exponent.letter) > 1 and isinstance(base, tree.Name | tree.Entry):
            return _marked(base, (tree.Label(exponent.letter, span=exponent.span),), span)
    if isinstance(exponent, tree.Compare | tree.Slice | tree.Interval):
        raise refuse("this is no exponent", exponent, expected="an expression")
    if isinstance(exponent, tree.Product) and exponent.operator == "":
        last = exponent.factors[-1]
        if is_transpose(last):
            inner = _raised(base, (exponent.factors[0],), span)
            return tree.Transpose(inner, "top", span=span)
    exponent = settled(exponent)
    if euler:
        certain = base.font == "rm"  # type: ignore[attr-defined]
        return tree.Call("exp", (exponent,), certain=certain, span=span)
    return tree.Power(base, exponent, span=span)


def _marked(base: tree.Node, entries: tuple[tree.Node, ...], span: Span) -> tree.Node:
    marks = indices(map(settled, entries))
    if isinstance(base, tree.Entry):
        return replace(base, upper=base.upper + marks, span=span)
    if isinstance(base, tree.Name | Bracket):
        return tree.Entry(base, (), marks, span=span)
    raise refuse("a mark stands on something that is no name", span)
