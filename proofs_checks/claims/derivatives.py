r"""Fractions and derivatives, which are written as fractions.

    \frac{\partial L}{\partial s_{ij}},  \frac{d}{dt} (a b),  \partial_x f     `tree.Derivative`
    \nabla_\theta \ell,  \nabla^2 f                                          `tree.Gradient`
    \Delta v_j                                                               `tree.Step`

Without a fraction the operator takes the one factor that follows it.
"""

from __future__ import annotations

from typing import TypeGuard

from proofs_checks.claims import tree
from proofs_checks.claims.lexemes import Lexeme
from proofs_checks.claims.places import Span
from proofs_checks.claims.problems import Refusal
from proofs_checks.claims.scripting import Scripting

__all__ = ["Derivatives"]

SUM = 10  # the binding power of + and -: how far the derivative of a product reaches


class Derivatives(Scripting):
    """Quotients, and the operators of differentiation."""

    def fraction(self, above: list[Lexeme], below: list[Lexeme], span: Span) -> tree.Node:
        """Return a quotient, or a derivative."""
        found = self._derivative(above, below, span)
        if found is not None:
            return found
        found = self._with_factors(above, below, span)
        if found is not None:
            return found
        return tree.Quotient(self.sub(above, span), self.sub(below, span), span=span)

    def _with_factors(
        self, above: list[Lexeme], below: list[Lexeme], span: Span
    ) -> tree.Node | None:
        r"""Return ``\frac{-2 \partial f}{n \partial x}``, a derivative times -2 over n."""
        (before, over), (count, under) = _parted(above), _parted(below)
        if not over or not under or not (before or count):
            return None
        negated = bool(before) and before[0].sign("-")
        before = before[1:] if negated else before
        derivative = self._derivative(over, under, span)
        if derivative is None:
            return None
        if before:
            factor = self.sub(before, span)
            derivative = tree.Product((factor, derivative), "cdot", span=span)
        if count:
            derivative = tree.Quotient(derivative, self.sub(count, span), span=span)
        return tree.Negate(derivative, span=span) if negated else derivative

    def _derivative(self, above: list[Lexeme], below: list[Lexeme], span: Span) -> tree.Node | None:
        over, under = self._mark(above), self._mark(below)
        if over is None or under is None or (over == "partial") != (under == "partial"):
            return None
        symbol = "partial" if over == "partial" else "d"
        rest, order = self._after_mark(above, span)
        by = self._variables(below, span, symbol, order)
        if by is None:
            return None
        if symbol == "d" and not rest and order == 1 and len(above) != 1:
            return None
        self._require_order(order, by, span, may_mix=symbol == "partial")
        if rest:
            quantity = self.sub(rest, span)
            span = self._at_its_variables(by, span)
        else:
            if self.peek is None:
                raise Refusal("nothing is differentiated here", span, expected="a quantity")
            quantity = self.expression(SUM)
            span = span.to(quantity.span)
        return tree.Derivative(quantity, tuple(by), symbol, span=span)

    def _at_its_variables(self, by: list[tree.Node], span: Span) -> Span:
        r"""Read the bracket of ``\frac{df}{dx}(x)``, which says where the derivative is taken.

        Elsewhere than at its own variables it is another number; a computed bracket is a factor.
        """
        at, lexeme = self.at, self.peek
        if lexeme is None or not lexeme.sign("("):
            return span
        self.next()
        found, signs = self.entries(")", lexeme.span)
        place = span.to(self.before.span)
        if found == by or found == by[:1]:
            return place
        point = (tree.Name, tree.Entry, tree.Number, tree.Apply)
        if self.peek is not None and self.peek.sign("^"):
            self.at = at  # \frac{dL}{dz} (a)^T is a product
            return span
        if signs or len(found) == 1 and isinstance(found[0], point):
            raise Refusal(
                "the value of a derivative at a point is not read", place,
                expected="the derivative itself, or a sign between it and a factor",
            )  # fmt: skip
        self.at = at
        return span

    @staticmethod
    def _mark(found: list[Lexeme]) -> str | None:
        if not found:
            return None
        first = found[0]
        if first.command("partial"):
            return "partial"
        if first.kind == "letter" and first.text == "d":
            return "d"
        if first.kind == "word" and first.text == "d":
            return "d"
        is_font = first.command("mathrm", "rm", "operatorname")
        if is_font and len(found) > 1:
            inside = [x for x in found[1:4] if not x.sign("{", "}")]
            return "d" if inside and inside[0].kind == "letter" and inside[0].text == "d" else None
        return None

    def _after_mark(self, found: list[Lexeme], span: Span) -> tuple[list[Lexeme], int]:
        """Return what follows the d or partial sign, and its order."""
        at = 1
        if found[0].kind == "command" and not found[0].command("partial"):
            at = 4 if len(found) > 1 and found[1].sign("{") else 2
        order = 1
        if at < len(found) and found[at].sign("^"):
            inner = self.inner(found[at + 1 :])
            number = inner.group()
            if len(number) != 1 or number[0].kind != "number":
                raise Refusal("the order of a derivative is a number", span)
            order = int(number[0].text)
            at = at + 1 + inner.at
        if not 1 <= order <= 4:
            raise Refusal("derivatives of this order are not read", span)
        return found[at:], order

    def _variables(
        self, found: list[Lexeme], span: Span, symbol: str, order: int
    ) -> list[tree.Node] | None:
        """Return what is differentiated by."""
        by: list[tree.Node] = []
        rest = list(found)
        while rest:
            if self._mark(rest) is None:
                if symbol == "partial" and by:  # \partial x_i x_j
                    inner = self.inner(rest)
                    by.append(inner.operand())
                    rest = rest[inner.at :]
                    continue
                return None
            rest, times = self._after_mark(rest, span)
            if not rest:
                return None
            inner = self.inner(rest)
            node = inner.operand()
            rest = rest[inner.at :]
            # a first derivative by x^2 is one by a power
            may_repeat = order > 1 or by or rest
            if (
                may_repeat
                and isinstance(node, tree.Power)
                and isinstance(node.exponent, tree.Number)
            ):
                count = int(node.exponent.text) if node.exponent.text.isdigit() else 1
                by += [node.base] * min(count, 4)
                continue
            by += [node] * times
        return by or None

    def _operands(self, found: list[Lexeme]) -> list[tree.Node]:
        """Return the operands of a subscript, with or without commas between them."""
        inner, operands = self.inner(found), []
        while inner.peek is not None:
            if inner.peek.sign(","):
                inner.next()
            else:
                operands.append(inner.operand())
        return operands

    @staticmethod
    def _require_order(
        order: int, by: list[tree.Node], span: Span, *, may_mix: bool = True
    ) -> None:
        r"""Refuse orders that differ; ``\partial f / \partial x \partial y`` is of order 2."""
        is_mixed = may_mix and order == 1 and len(by) == 2 and by[0] != by[1]
        if order != len(by) and not is_mixed:
            raise Refusal("the orders above and below differ", span)

    def partial(self, lexeme: Lexeme) -> tree.Node:
        r"""Return ``\partial_x f`` or ``\partial f / \partial x``."""
        by: list[tree.Node] = []
        order = 1
        while (script := self.peek) is not None and script.sign("_", "^"):
            self.next()
            opening = self.here
            found = self.group()
            if script.text == "_":
                by += self._operands(found)
            else:
                node = self.sub(found, opening)
                if not isinstance(node, tree.Number) or not node.text.isdigit():
                    raise Refusal("the order of a derivative is a number", opening)
                order = int(node.text)
        if by:
            quantity = self.operand()
            by = by * order if len(by) == 1 else by
            return tree.Derivative(quantity, tuple(by), span=lexeme.span.to(quantity.span))
        quantity = self.operand()
        slash = self.peek
        if slash is None or not slash.sign("/"):
            raise Refusal(
                "nothing says by what this is differentiated", lexeme.span,
                expected="`\\partial f / \\partial x`",
            )  # fmt: skip
        self.next()
        below: list[tree.Node] = []
        while (mark := self.peek) is not None and mark.command("partial"):
            self.next()
            node = self.operand()
            if order > 1 and isinstance(node, tree.Power) and _is_count(node.exponent):
                below += [node.base] * min(4, int(node.exponent.text))
            else:
                below.append(node)
        if not below:
            raise Refusal("nothing says by what this is differentiated", lexeme.span)
        self._require_order(order, below, lexeme.span)
        return tree.Derivative(quantity, tuple(below), span=lexeme.span.to(below[-1].span))

    def nabla(self, lexeme: Lexeme) -> tree.Node:
        r"""Return ``\nabla_x f``, ``\nabla^2 f``."""
        by: list[tree.Node] = []
        order = 1
        while (script := self.peek) is not None and script.sign("_", "^"):
            self.next()
            opening = self.here
            found = self.group()
            if script.text == "^":
                node = self.sub(found, opening)
                if not isinstance(node, tree.Number) or node.text not in ("1", "2"):
                    raise Refusal("only `\\nabla` and `\\nabla^2` are read", opening)
                order = int(node.text)
            elif found:
                by += self._operands(found)
        if self.peek is None:
            raise Refusal("nothing is differentiated here", lexeme.span, expected="a quantity")
        quantity = self.operand()
        return self.outside(
            quantity,
            lambda n: tree.Gradient(n, tuple(by), order, span=lexeme.span.to(n.span)),
        )

    def step(self, lexeme: Lexeme) -> tree.Node:
        r"""Return ``\Delta v_j``, a change; ``\Delta`` alone is a name."""
        following = self.peek
        is_symbol = following is not None and (
            following.kind in ("letter", "word")
            or (following.kind == "command" and self.begins_operand(following))
        )
        if not is_symbol or following is None or following.command("frac", "sum", "left"):
            return self.applied(tree.Name("Delta", span=lexeme.span))
        quantity = self.operand()
        return self.outside(quantity, lambda n: tree.Step(n, span=lexeme.span.to(n.span)))


def _parted(found: list[Lexeme]) -> tuple[list[Lexeme], list[Lexeme]]:
    """Return the factors before a partial sign, and the rest; no rest where they are no factors."""
    depth = 0
    for n, lexeme in enumerate(found):
        depth += lexeme.sign("{", "(", "[") - lexeme.sign("}", ")", "]")
        if not depth and n and lexeme.sign("+", "-", "/"):
            break
        if not depth and lexeme.command("partial"):
            factors = found[:n]
            if factors and factors[-1].command("cdot", "times"):
                factors = factors[:-1]
            return factors, found[n:]
    return found, []


def _is_count(node: tree.Node) -> TypeGuard[tree.Number]:
    return isinstance(node, tree.Number) and node.text.isdigit()
