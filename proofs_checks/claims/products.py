r"""What stands side by side: how far every prefix reaches.

The conventions, as papers are read:

- ``\sum`` takes everything to its right, up to ``+`` or ``-``.
- A function takes the brackets that follow it, and only them: ``\exp(s) v`` is ``(\exp s) v``.
  Without brackets it takes the factors up to ``+ - \cdot \times``, another function or a sum:
  ``\log p_{ic} q`` is ``\log(p_{ic} q)``, ``\log 2\pi\sigma^2`` as one expects, and such a call is
  marked ``bare`` so that the report can say how it was taken.  Brackets or a slash after such
  factors (``\log p (1 - p)``, ``\log n / n``) have two readings and are refused.
- ``\partial``, ``d``, ``\Delta`` and ``\nabla_v`` take the one factor that follows;
  ``\frac{\partial}{\partial x}`` takes everything, or the brackets that follow.
- ``a/b`` divides by the one factor after the slash.  ``1/n \sum`` and ``1/2 (a + b)`` are
  ``(1/n) \sum`` and ``(1/2)(a + b)``; ``1/2 x`` has two readings and is refused.
- Side by side binds tighter than ``\cdot``, ``\times``, ``\odot``: ``A \odot B C`` is
  ``A \odot (BC)``.
"""

from __future__ import annotations

from proofs_checks.claims import tree
from proofs_checks.claims.calls import called, is_called_name
from proofs_checks.claims.derivatives import derivative_of, is_half
from proofs_checks.claims.notation import NEEDS_BRACKETS
from proofs_checks.claims.pieces import (
    Big,
    Braces,
    Bracket,
    Change,
    DerivativeOperator,
    Formula,
    Function,
    Nabla,
    core_bracket,
    product,
    refuse,
    rewrap,
    under_transpose,
)
from proofs_checks.claims.places import Span
from proofs_checks.claims.problems import Refusal
from proofs_checks.claims.settling import settled
from proofs_checks.claims.terminal import Terminal

__all__ = ["folded"]

PREFIXES = 64  # sums, functions, derivatives and divisions in one term
_ONE_FACTOR = frozenset(["diag", "tr", "surd"])
_PREFIXES = (Big, Function, Nabla, DerivativeOperator, Change)
_WAITING = (Terminal, *_PREFIXES)
Piece = tree.Node | Terminal


def folded(pieces: list[Piece]) -> Formula:
    """Return the term that a sequence of factors, operators and prefixes is.

    The node may still be a `Change`, or side by side with one: the caller settles it, unless it
    is half of a fraction.
    """
    fold = _Fold(pieces)
    node = fold.term(settle=False)
    return Formula(node, closed=len(pieces) == 1)


class _Fold:
    """Reads a term from left to right."""

    def __init__(self, pieces: list[Piece]) -> None:
        self.pieces = pieces
        self.at = 0
        self.depth = 0

    # -- looking ----------------------------------------------------------------------------

    def _peek(self, ahead: int = 0) -> Piece | None:
        at = self.at + ahead
        return self.pieces[at] if at < len(self.pieces) else None

    def _operator(self, kind: str) -> Terminal | None:
        piece = self._peek()
        return piece if isinstance(piece, Terminal) and piece.type == kind else None

    def _factor_follows(self) -> bool:
        """Tell whether a plain factor follows: no operator, no prefix, no bracket."""
        piece = self._peek()
        return piece is not None and not isinstance(piece, _WAITING) and core_bracket(piece) is None

    def _deeper(self, span: Span) -> None:
        self.depth += 1
        if self.depth > PREFIXES:
            raise refuse(f"more than {PREFIXES} prefixes and divisions in one term", span)

    # -- reading ----------------------------------------------------------------------------

    def term(self, settle: bool = True) -> tree.Node:
        """Read to the end of the term."""
        node = self.run()
        operator = self._operator("LOOSE")
        if operator is None:
            return settled(node) if settle else node
        factors: list[tree.Node] = [node]
        symbol = operator.value
        while operator := self._operator("LOOSE"):
            self.at += 1
            right = self.run()
            if operator.value != symbol:
                self._deeper(operator.span)
                factors, symbol = [_joined(factors, symbol)], operator.value
            factors.append(right)
        return _joined(factors, symbol)

    def run(self) -> tree.Node:
        """Read the factors that stand side by side, divided by what follows a slash."""
        factors = [self.unit()]
        while (piece := self._peek()) is not None:
            if isinstance(piece, Terminal) and piece.type == "LOOSE":
                break
            if isinstance(piece, Terminal) and piece.type == "SLASH":
                self._divide(factors)
            else:
                factors.append(self.unit())
        _check_braces(factors)
        return product(factors)

    def _divide(self, factors: list[tree.Node]) -> None:
        """Read the slash and what it divides by; ``factors`` becomes the quotient."""
        self.at += 1
        below = self.unit()
        if is_half(factors[-1]) and is_half(below):
            changes = [below]
            while isinstance(self._peek(), Change) or _is_d(self._peek()):
                changes.append(self.unit())
            factors[-1] = derivative_of(factors[-1], product(changes))
            return
        _check_braces(factors, [*factors, below])
        if isinstance(below, Braces) and not below.closed:
            raise _invisible(below)
        above = settled(product(factors))
        self._deeper(above.span)
        if self._factor_follows():
            following = self._peek()
            raise refuse(
                "after a division it is not to be seen whether this factor is divided by too",
                following if isinstance(following, tree.Node) else below,
                expected="brackets, or `\\frac{..}{..}`",
            )
        factors[:] = [tree.Quotient(above, settled(below), span=above.span.to(below.span))]

    def unit(self) -> tree.Node:
        """Read one factor, or a prefix with what it applies to."""
        piece = self._peek()
        if piece is None:
            last = self.pieces[-1]
            raise refuse("something is missing here", last.span, expected="an expression")
        self.at += 1
        if isinstance(piece, _WAITING):
            self._deeper(piece.span)
        if isinstance(piece, Terminal):
            return self._marked(piece)
        if isinstance(piece, Big):
            return self._sum(piece)
        if isinstance(piece, Function):
            return self._call(piece)
        if isinstance(piece, Change):
            quantity = _held(self.unit())
            span = piece.span.to(quantity.span)
            return Change(piece.symbol, quantity, piece.order, piece.tight, span=span)
        if isinstance(piece, Nabla):
            quantity = settled(_held(self.unit()))
            span = piece.span.to(quantity.span)
            return under_transpose(
                quantity, lambda x: tree.Gradient(x, piece.by, piece.order, span=span)
            )
        if isinstance(piece, DerivativeOperator):
            return self._derivative(piece)
        following = self._peek()
        bracket = core_bracket(following) if isinstance(following, tree.Node) else None
        alone = self.at == 1 and self.at + 1 == len(self.pieces)
        if bracket is not None and isinstance(following, tree.Node):
            if is_called_name(piece, bracket, alone):
                self.at += 1
                return rewrap(following, called(piece, bracket))
            _check_no_function(piece, bracket)
        return piece

    def _marked(self, piece: Terminal) -> tree.Node:
        if piece.type == "DIFF":
            quantity = self.unit()
            span = piece.span.to(quantity.span)
            return Change("d", quantity, tight=piece.value == "d", span=span)
        if piece.type == "STEP":
            quantity = settled(_held(self.unit()))
            span = piece.span.to(quantity.span)
            return under_transpose(quantity, lambda x: tree.Step(x, span=span))
        raise refuse(f"`{piece.value}` cannot stand here", piece.span, expected="an expression")

    def _sum(self, big: Big) -> tree.Node:
        sign = self._operator("SIGN")
        self.at += sign is not None
        body = settled(_held(self.term(settle=False)))
        if sign is not None and sign.value == "-":
            body = tree.Negate(body, span=sign.span.to(body.span))
        span = big.span.to(body.span)
        return tree.Sum(big.bounds, body, big.conditions, big.operator, span=span)

    def _derivative(self, operator: DerivativeOperator) -> tree.Node:
        following = self._peek()
        if following is None:
            return operator
        in_brackets = isinstance(following, tree.Node) and core_bracket(following) is not None
        quantity = self.unit() if in_brackets or operator.subscripted else self.run()
        beyond = self._factor_follows() if in_brackets else self._operator("LOOSE") is not None
        if beyond and not operator.subscripted:
            raise refuse(
                "it is not to be seen whether this factor is differentiated too",
                operator.span.to(quantity.span),
                expected="brackets around all that is differentiated",
            )
        return derivative_of(operator, settled(quantity))

    def _call(self, function: Function) -> tree.Node:
        following = self._peek()
        bracket = core_bracket(following) if isinstance(following, tree.Node) else None
        if bracket is not None and isinstance(following, tree.Node):
            self.at += 1
            return rewrap(following, called(function, bracket))
        if function.name in NEEDS_BRACKETS:
            span = following.span if following is not None else function.span
            raise refuse(
                "this function needs brackets around its argument", span, expected="`(` or `[`"
            )
        if function.name in _ONE_FACTOR:
            argument = settled(_held(self.unit()))
            if function.name != "surd" and (self._factor_follows() or self._operator("SLASH")):
                raise refuse(
                    "it is not to be seen how far the argument of this function goes",
                    function.span.to(argument.span),
                    expected="brackets around the argument",
                )
        else:
            argument = self._chain()
        return called(function, argument)

    def _chain(self) -> tree.Node:
        """Read the argument of a function without brackets."""
        first = self._peek()
        factors = [self.unit()]
        if isinstance(first, _PREFIXES):
            return settled(factors[0])
        while (piece := self._peek()) is not None:
            if slash := self._operator("SLASH"):
                following = self._peek(1)
                if isinstance(following, Change) or _is_d(following):
                    break  # \partial \log p / \partial s
                raise refuse(
                    "it is not to be seen whether the division belongs to the argument of the "
                    "function before it",
                    slash.span,
                    expected="brackets around the argument, or `\\frac{..}{..}`",
                )
            if self._factor_follows():
                factors.append(self.unit())
            elif isinstance(piece, tree.Node) and core_bracket(piece) is not None:
                raise refuse(
                    "it is not to be seen whether this bracket belongs to the argument of the "
                    "function before it",
                    piece,
                    expected="brackets around the argument",
                )
            else:
                break
        _check_braces(factors)
        return settled(_held(product(factors)))


def _joined(factors: list[tree.Node], operator: str) -> tree.Node:
    """Return factors joined by an operator that binds less than writing side by side."""
    _check_braces(factors)
    span = factors[0].span.to(factors[-1].span)
    return tree.Product(tuple(map(settled, factors)), operator, span=span)


def _check_braces(factors: list[tree.Node], beside: list[tree.Node] | None = None) -> None:
    """Refuse invisible braces that would change the meaning; take away the others.

    ``beside`` is all that stands side by side, the factors unless it is given.
    """
    beside = beside if beside is not None else factors
    if len(beside) == 1:
        return
    for n, factor in enumerate(beside):
        if isinstance(factor, Braces):
            body = factor.body
            open_ended = isinstance(body, tree.Sum | tree.Quotient) or (
                isinstance(body, tree.Call) and body.bare
            )
            if open_ended and not factor.closed and n + 1 < len(beside):
                raise _invisible(factor)
            _held(factor)
            if n < len(factors):
                factors[n] = settled(body)


def _held(node: tree.Node) -> tree.Node:
    """Return a node, or refuse invisible braces around a sum of terms."""
    if isinstance(node, Braces) and not node.closed:
        body = node.body
        loose = isinstance(body, tree.Product) and body.operator != ""
        if loose or isinstance(body, tree.Add | tree.Negate):
            raise _invisible(node)
    return node


def _invisible(node: Braces) -> Refusal:
    return refuse(
        "braces are invisible, so it is not to be seen what they hold together",
        node,
        expected="brackets that show",
        suggestion="`\\left( .. \\right)`",
    )


def _is_d(piece: Piece | None) -> bool:
    return isinstance(piece, Terminal) and piece.type == "DIFF"


def _check_no_function(name: tree.Node, bracket: Bracket) -> None:
    """Refuse ``f(x)``: brackets around one symbol would be idle in a product."""
    if (
        isinstance(name, tree.Name | tree.Entry)
        and bracket.opening == "("
        and len(bracket.entries) == 1
        and isinstance(bracket.entries[0], tree.Name | tree.Entry)
    ):
        raise refuse(
            "this looks like a function of the author's own, which is not in the claims language",
            name.span.to(bracket.span),
            expected="a symbol with indices, or a product without brackets",
        )
