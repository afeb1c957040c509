r"""What the parser holds while a tree is built; none of it is left in a finished tree.

A `Formula` is an expression on its way; `Bracket` and `Braces` wait to learn whether they are the
argument of a function; a `Change` (``\partial x``, ``dx``) waits for its other half; prefixes wait
for what they apply to.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from proofs_checks.claims import tree
from proofs_checks.claims.places import Span
from proofs_checks.claims.problems import Refusal

__all__ = [
    "Big",
    "Braces",
    "Bracket",
    "Change",
    "DerivativeOperator",
    "Formula",
    "Function",
    "Nabla",
    "Scripts",
    "core_bracket",
    "product",
    "refuse",
    "rewrap",
    "spelled",
    "under_transpose",
]


class Formula(NamedTuple):
    """An expression; ``closed`` when it is one factor, so that braces around it hold nothing.

    ``end`` is where the braces around it end, when they belong to a command before them.
    """

    node: tree.Node
    closed: bool
    end: int = 0


@dataclass(frozen=True, slots=True)
class Scripts:
    """The scripts of one symbol: subscripts, superscripts (several entries each), primes."""

    lower: tuple[tree.Node, ...] = ()
    upper: tuple[tree.Node, ...] = ()
    primes: int = 0
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Bracket(tree.Node):
    r"""``( .. )``, ``[ .. ]`` or ``\{ .. \}`` with a list of entries inside."""

    opening: str
    entries: tuple[tree.Node, ...]
    separators: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Braces(tree.Node):
    """``{ .. }``: invisible, so it may not hold together what does not look it."""

    body: tree.Node
    closed: bool


@dataclass(frozen=True, slots=True)
class Change(tree.Node):
    r"""``\partial^2 x`` ("partial") or ``dx`` ("d"): half of a derivative, or a differential.

    ``quantity`` is None where only the operator is written; ``tight`` is False for "d x" with a
    blank, which is a product unless its fraction is a derivative.
    """

    symbol: str
    quantity: tree.Node | None
    order: int = 1
    tight: bool = True


@dataclass(frozen=True, slots=True)
class DerivativeOperator(tree.Node):
    r"""``\frac{\partial}{\partial x}``, ``\partial_x`` or ``\frac{d}{dt}``."""

    by: tuple[tree.Node, ...]
    symbol: str
    subscripted: bool = False


@dataclass(frozen=True, slots=True)
class Function(tree.Node):
    """A named function that waits for its argument."""

    name: str
    scripts: Scripts


@dataclass(frozen=True, slots=True)
class Big(tree.Node):
    r"""``\sum`` or ``\prod`` with its bounds; waits for its body."""

    operator: str
    bounds: tuple[tree.Bound, ...]
    conditions: tuple[tree.Compare, ...]


@dataclass(frozen=True, slots=True)
class Nabla(tree.Node):
    r"""``\nabla_v``; waits for what it differentiates."""

    by: tuple[tree.Node, ...]
    order: int


def refuse(
    message: str, node: tree.Node | Span, expected: str = "", suggestion: str = ""
) -> Refusal:
    """Return the refusal of a place."""
    span = node.span if isinstance(node, tree.Node) else node
    return Refusal(message, span, expected=expected, suggestion=suggestion)


def spelled(node: tree.Node, *letters: str) -> bool:
    """Tell whether a node is one of these plain letters, in whatever font."""
    return isinstance(node, tree.Name) and node.letter in letters and not node.primes


def product(factors: list[tree.Node]) -> tree.Node:
    """Return factors written side by side as one node."""
    if len(factors) == 1:
        return factors[0]
    return tree.Product(tuple(factors), span=factors[0].span.to(factors[-1].span))


def under_transpose(node: tree.Node, make: Callable[[tree.Node], tree.Node]) -> tree.Node:
    r"""Return ``make(node)``; of a transpose, the transpose: ``dO^\top`` is ``(dO)^\top``."""
    if isinstance(node, tree.Transpose):
        inner = make(node.base)
        return tree.Transpose(inner, node.mark, span=inner.span.to(node.span))
    return make(node)


def core_bracket(node: tree.Node) -> Bracket | None:
    """Return the bracket to which scripts were attached: of ``(x)_j^2`` the ``(x)``."""
    while isinstance(node, tree.Entry | tree.Power | tree.Transpose):
        node = node.base
    return node if isinstance(node, Bracket) else None


def rewrap(node: tree.Node, core: tree.Node) -> tree.Node:
    """Return ``node`` with its innermost bracket replaced by ``core``, scripts kept."""
    span = core.span.to(node.span)
    if isinstance(node, tree.Entry):
        return tree.Entry(rewrap(node.base, core), node.lower, node.upper, span=span)
    if isinstance(node, tree.Power):
        return tree.Power(rewrap(node.base, core), node.exponent, span=span)
    if isinstance(node, tree.Transpose):
        return tree.Transpose(rewrap(node.base, core), node.mark, span=span)
    return core
