"""Builds the tree while lark parses: one method for each rule of grammar.lark.

Each method gets the children of its rule, in order: terminals and what other rules returned.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from proofs_checks.claims import tree
from proofs_checks.claims.bounds import bounds_of
from proofs_checks.claims.derivatives import halves
from proofs_checks.claims.pieces import (
    Big,
    Braces,
    Bracket,
    Change,
    DerivativeOperator,
    Formula,
    Function,
    Nabla,
    Scripts,
    refuse,
)
from proofs_checks.claims.places import Span
from proofs_checks.claims.products import folded
from proofs_checks.claims.scripts import indices, scripted
from proofs_checks.claims.settling import settled
from proofs_checks.claims.terminal import Terminal

__all__ = ["Builder"]

_DOTS = {"dot": 1, "ddot": 2}


class Builder:
    """The callbacks of the parser."""

    def formula(self, children: list[Any]) -> tree.Node:
        """Return a finished side of an equation."""
        return settled(children[0].node)

    def conditions(self, children: list[Any]) -> tuple[tree.Node, ...]:
        """Return comma-separated relations."""
        return tuple(
            settled(x) for child in children if not isinstance(child, Terminal) for x in child
        )

    # -- sums and terms ---------------------------------------------------------------------

    def expression(self, children: list[Any]) -> Formula:
        """Return terms with their signs."""
        if len(children) == 1:
            return children[0]
        terms: list[tree.Node] = []
        sign: Terminal | None = None
        for child in children:
            if isinstance(child, Terminal):
                sign = child
                continue
            node = child.node
            negative = sign is not None and sign.value == "-"
            if negative and isinstance(node, Braces) and not node.closed:
                if isinstance(node.body, tree.Add | tree.Negate):
                    raise refuse(
                        "braces are invisible, so the minus sign seems to belong to the first "
                        "term only",
                        node,
                        expected="brackets that show",
                        suggestion="`\\left( .. \\right)`",
                    )
            term = settled(node)
            if negative and sign is not None:
                term = tree.Negate(term, span=sign.span.to(term.span))
            terms.append(term)
        if len(terms) == 1:
            return Formula(terms[0], closed=False)
        return Formula(tree.Add(tuple(terms), span=terms[0].span.to(terms[-1].span)), False)

    def term(self, children: list[Any]) -> Formula:
        """Return what stands side by side."""
        return folded(children)

    def function(self, children: list[Any]) -> Function:
        """Return a function that waits for its argument."""
        scripts = _scripts(children[1:])
        name = children[0].value
        span = children[0].span
        return Function(name, scripts, span=span.to(scripts.span) if scripts.span else span)

    def big(self, children: list[Any]) -> Big:
        """Return a sum sign with its bounds."""
        scripts = _scripts(children[1:])
        span = children[0].span
        upper = tuple(map(settled, scripts.upper))
        bounds, conditions = bounds_of(scripts.lower, upper, span)
        span = span.to(scripts.span) if scripts.span else span
        return Big(children[0].value, bounds, conditions, span=span)

    def differential(self, children: list[Any]) -> tree.Node:
        r"""Return ``\partial``, ``\partial^2`` or ``\partial_{x}``, without what follows."""
        scripts = _scripts(children[1:])
        span = children[0].span.to(scripts.span) if scripts.span else children[0].span
        order = _order(scripts, span)
        if not scripts.lower:
            return Change("partial", None, order, span=span)
        by = indices(scripts.lower)
        if len(by) != order and order > 1:
            raise refuse("order and variables of this derivative do not agree", span)
        return DerivativeOperator(by, "partial", subscripted=True, span=span)

    def gradient(self, children: list[Any]) -> Nabla:
        r"""Return ``\nabla_v``."""
        scripts = _scripts(children[1:])
        span = children[0].span.to(scripts.span) if scripts.span else children[0].span
        return Nabla(indices(scripts.lower), _order(scripts, span), span=span)

    # -- factors ----------------------------------------------------------------------------

    def factor(self, children: list[Any]) -> tree.Node:
        """Return a symbol with its scripts."""
        base = _atom(children[0])
        return scripted(base, _scripts(children[1:])) if len(children) > 1 else base

    def subscript(self, children: list[Any]) -> tuple[str, tuple[tree.Node, ...], Span]:
        """Return the entries of a subscript."""
        entries, span = _script(children)
        lower: list[tree.Node] = []
        for entry in entries:
            if isinstance(entry, Bracket) and isinstance(entry.entries[0], tree.Compare):
                lower.extend(entry.entries)  # \mathbf{1}_{\{j = k\}}
            else:
                lower.append(settled(entry))
        return "lower", tuple(lower), span

    def superscript(self, children: list[Any]) -> tuple[str, tuple[tree.Node, ...], Span]:
        """Return the entries of a superscript, brackets kept: ``(h)`` is an upper index."""
        return "upper", *_script(children)

    def bracket(self, children: list[Any]) -> Bracket:
        """Return brackets with a list of entries."""
        entries, separators = children[1]
        span = children[0].span.to(children[-1].span)
        return Bracket(children[0].value, tuple(map(settled, entries)), separators, span=span)

    def braces(self, children: list[Any]) -> Braces:
        """Return invisible braces."""
        formula = children[1]
        span = children[0].span.to(children[2].span)
        return Braces(settled(formula.node), formula.closed, span=span)

    def absolute(self, children: list[Any]) -> tree.Norm:
        """Return an absolute value."""
        span = children[0].span.to(children[2].span)
        return tree.Norm(settled(children[1].node), 1, span=span)

    def norm(self, children: list[Any]) -> tree.Norm:
        """Return a norm."""
        span = children[0].span.to(children[2].span)
        return tree.Norm(settled(children[1].node), 2, span=span)

    def inner(self, children: list[Any]) -> tree.Inner:
        """Return an inner product."""
        entries, _ = children[1]
        span = children[0].span.to(children[2].span)
        if len(entries) != 2 or any(isinstance(x, tree.Compare | tree.Slice) for x in entries):
            raise refuse("`\\langle .. \\rangle` holds two vectors", span, expected="one comma")
        return tree.Inner(*map(settled, entries), span=span)

    def fraction(self, children: list[Any]) -> tree.Node:
        r"""Return a quotient, or the derivative that ``\frac`` writes."""
        above, below = _half(children[1]), _half(children[2])
        span = _whole(children)
        derivative = halves(above, below)
        if derivative is not None:
            return replace(derivative, span=span)
        return tree.Quotient(settled(above), settled(below), span=span)

    def part_group(self, children: list[Any]) -> Any:
        """Return what stands in the braces of a fraction, of an accent, of a root."""
        inside, end = children[1], children[2].span.end
        if isinstance(inside, Formula):
            return inside._replace(end=end)
        return Formula(inside, True, end)  # \partial alone

    def root(self, children: list[Any]) -> tree.Call:
        """Return a root."""
        argument = settled(_half(children[-1]))
        lower = (settled(children[2].node),) if len(children) > 2 else ()
        return tree.Call("sqrt", (argument,), lower, span=_whole(children))

    def accented(self, children: list[Any]) -> tree.Node:
        r"""Return a name with an accent, or the rate that ``\dot v`` is."""
        node = settled(_half(children[1]))
        accent, span = children[0].value, _whole(children)
        if accent in _DOTS:
            if not isinstance(node, tree.Name | tree.Entry):
                raise refuse("a dot stands over something that is no symbol", span)
            return tree.Rate(node, _DOTS[accent], span=span)
        return _with_name(node, span, accent=accent)

    def styled(self, children: list[Any]) -> tree.Node:
        """Return a name in a font."""
        node = settled(_half(children[1]))
        return _with_name(node, _whole(children), font=children[0].value)

    # -- lists ------------------------------------------------------------------------------

    def list(self, children: list[Any]) -> tuple[tuple[tree.Node, ...], tuple[str, ...]]:
        """Return the entries of a list, brackets and all, and its separators."""
        entries = tuple(x for child in children if not isinstance(child, Terminal) for x in child)
        separators = tuple(x.type for x in children if isinstance(x, Terminal))
        return entries, separators

    def entry(self, children: list[Any]) -> tuple[tree.Node, ...]:
        """Return one entry of a list; ``i:`` is two of them."""
        return children[0]

    def relation(self, children: list[Any]) -> tuple[tree.Node, ...]:
        r"""Return an expression, or the comparisons of a chain ``1 \le k \le n``."""
        if len(children) == 1:
            return (children[0].node,)
        sides = [settled(child.node) for child in children[::2]]
        return tuple(
            tree.Compare(left, sign.value, right, span=left.span.to(right.span))
            for left, sign, right in zip(sides, children[1::2], sides[1:], strict=False)
        )

    def slice(self, children: list[Any]) -> tuple[tree.Node, ...]:
        """Return ``i:`` as i and the whole axis, ``1:t`` as an interval, ``k: k < n`` as both."""
        colon = next(child for child in children if isinstance(child, Terminal))
        whole = tree.Slice(span=colon.span)
        if len(children) == 1:
            return (whole,)
        if isinstance(children[0], Terminal):
            return whole, *children[1]
        if len(children) == 2:
            return *children[0], whole
        left, right = children[0], children[2]
        if len(left) == 1 and len(right) == 1 and not isinstance(right[0], tree.Compare):
            span = left[0].span.to(right[0].span)
            return (tree.Interval(settled(left[0]), settled(right[0]), span=span),)
        return *left, *right

    # -- cases ------------------------------------------------------------------------------

    def cases(self, children: list[Any]) -> tree.Cases:
        """Return a case distinction."""
        branches = tuple(child for child in children if isinstance(child, tree.Branch))
        return tree.Cases(branches, span=children[0].span.to(children[-1].span))

    def branch(self, children: list[Any]) -> tree.Branch:
        """Return one case."""
        value = settled(children[0].node)
        last: Any = children[-1]
        if getattr(last, "type", "") == "OTHERWISE":
            return tree.Branch(value, span=value.span.to(last.span))
        if len(children) < 3:
            raise refuse(
                "this case has no condition",
                value,
                expected="`& j = k` or `& \\text{otherwise}`",
            )
        for condition in last:
            if not isinstance(condition, tree.Compare):
                raise refuse("this is no condition", condition, expected="a relation such as `=`")
        return tree.Branch(value, last, span=value.span.to(last[-1].span))


def _atom(child: Any) -> tree.Node:
    """Return a terminal as a node."""
    if not isinstance(child, Terminal):
        return child
    if child.type == "NUMBER":
        return tree.Number(child.value, span=child.span)
    if child.type == "LABEL" or child.type == "MARK":
        return tree.Label(child.value, span=child.span)
    if child.type == "COLON":
        return tree.Slice(span=child.span)
    return tree.Name(child.value, child.font, span=child.span)


def _half(child: Any) -> tree.Node:
    """Return the argument of a command: a group, or a single symbol."""
    return child.node if isinstance(child, Formula) else _atom(child)


def _whole(children: list[Any]) -> Span:
    """Return the span of a command with its last argument, braces included."""
    last = children[-1]
    end = last.end if isinstance(last, Formula) and last.end else _half(last).span.end
    return children[0].span.to(Span(children[0].span.start, end))


def _script(children: list[Any]) -> tuple[tuple[tree.Node, ...], Span]:
    span = children[0].span
    if len(children) == 2:
        node = _half(children[1])
        return (node,), span.to(node.span)
    entries, separators = children[2]
    if "MID" in separators:
        raise refuse("a bar in a script is not read", span.to(children[-1].span))
    return entries, span.to(children[-1].span)


def _scripts(children: list[Any]) -> Scripts:
    found: dict[str, tuple[tree.Node, ...]] = {}
    primes = 0
    span: Span | None = None
    for child in children:
        if isinstance(child, Terminal):
            primes += 1
            here = child.span
        else:
            kind, entries, here = child
            if kind in found:
                mark = "subscripts" if kind == "lower" else "superscripts"
                raise refuse(f"two {mark} on one symbol", here, suggestion="one group `{..}`")
            found[kind] = entries
        span = span.to(here) if span else here
    return Scripts(found.get("lower", ()), found.get("upper", ()), primes, span)


def _order(scripts: Scripts, span: Span) -> int:
    if not scripts.upper:
        return 1
    exponent = scripts.upper[0]
    if isinstance(exponent, tree.Number) and exponent.text in {"1", "2", "3"}:
        return int(exponent.text)
    raise refuse("the order of this derivative is not read", span, expected="2 or 3")


def _with_name(node: tree.Node, span: Span, *, accent: str = "", font: str = "") -> tree.Node:
    r"""Return ``node`` with an accent or font on its name; ``\bar{O_i}`` is ``\bar{O}_i``."""
    if isinstance(node, tree.Name):
        accents = (*node.accents, accent) if accent else node.accents
        return tree.Name(node.letter, font or node.font, accents, node.primes, span=span)
    if isinstance(node, tree.Number) and font:
        return tree.Name(node.text, font, span=span)
    if isinstance(node, tree.Entry):
        base = _with_name(node.base, node.base.span, accent=accent, font=font)
        return tree.Entry(base, node.lower, node.upper, span=span)
    if font and isinstance(node, tree.Transpose | tree.Power | tree.Product | tree.Negate):
        raise refuse("a font around more than one symbol", span, suggestion="one font per symbol")
    what = "an accent" if accent else "a font"
    raise refuse(f"{what} stands on something that is no symbol", span, expected="one symbol")
