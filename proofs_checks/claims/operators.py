r"""Operators in front: functions, sums, derivatives, differentials, gradients, steps."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeGuard

from proofs_checks.claims import tree
from proofs_checks.claims.lexemes import Lexeme
from proofs_checks.claims.notation import (
    BIG_WORDS,
    FUNCTION_COMMANDS,
    LOOSE_OPERATORS,
    NEEDS_BRACKETS,
)
from proofs_checks.claims.places import Span
from proofs_checks.claims.problems import Refusal

if TYPE_CHECKING:
    from proofs_checks.claims.operands import Operands

    Base = Operands
else:
    Base = object

__all__ = ["Operators"]

SUM, TIGHT = 10, 30
INVERTIBLE = frozenset("exp log tanh sinh cosh sech sigmoid softmax softplus".split())
"""Functions whose power -1 is their inverse function for some and a reciprocal for others."""
WORD_OF = {"lse": "lse", "entropy": "entropy", "total": "sum", "mean": "mean"}


class Operators(Base):
    """What stands in front of its operand."""

    # -- functions --------------------------------------------------------------------------

    def call(self, function: str, span: Span) -> tree.Node:
        """Return a function with its scripts and its argument."""
        if function in BIG_WORDS.values() and self.peek is not None and self.peek.sign("_"):
            return self.big(function, span)
        lower: list[tree.Node] = []
        power: list[tree.Node] = []
        while (lexeme := self.peek) is not None and lexeme.sign("_", "^"):
            self.next()
            opening = self.here
            if lexeme.text == "_":
                found = self.script("_")
                if function in ("expectation", "var", "cov"):
                    inner = self.inside(found)
                    lower += inner.comparisons()
                    inner.finish()
                else:
                    lower += self.items(found, opening)
            else:
                found = self.script("^")
                if function in INVERTIBLE and found and found[0].sign("-", "("):
                    raise Refusal("a superscript of a function that is no power", opening)
                power.append(self.sub(found, opening))
        node = self._called(function, tuple(lower), span)
        for exponent in power:
            node = tree.Power(node, exponent, span=node.span)
        return node

    def _called(self, function: str, lower: tuple[tree.Node, ...], span: Span) -> tree.Node:
        lexeme = self.peek
        if lexeme is not None and (lexeme.sign("(", "[") or lexeme.command("{")):
            self.next()
            close = {"(": ")", "[": "]"}.get(lexeme.text, "}")
            found, signs = self.entries(close, lexeme.span)
            whole = span.to(self.before.span)
            if not found:
                raise Refusal("nothing stands in this bracket", lexeme.span)
            if "|" in signs and function not in ("kl",):
                raise Refusal("a bar cannot part the arguments of this function", lexeme.span)
            if function == "kl" and len(found) != 2:
                raise Refusal("a divergence has two arguments", whole, expected="`\\|`")
            call = tree.Call(function, tuple(found), lower, span=whole)
            return self.scripts(call)
        if function == "expectation":
            argument = self.operand()
            return tree.Call(function, (argument,), lower, span=span.to(argument.span))
        if function in NEEDS_BRACKETS and WORD_OF.get(function):
            name = tree.Name(WORD_OF[function], "rm", span=span)  # \mathrm{lse}_j, a quantity
            return tree.Entry(name, lower, span=span) if lower else self.scripts(name)
        if function in NEEDS_BRACKETS:
            raise Refusal(
                "this function needs its argument in brackets", span, expected="`(`"
            )
        argument = self._bare_argument(span)
        return tree.Call(
            function, (argument,), lower, bare=True, span=span.to(argument.span)
        )

    def _bare_argument(self, span: Span) -> tree.Node:
        """Return the argument of a function without brackets: one factor, or symbols in a row."""
        if self.peek is None:
            raise Refusal("this function has no argument", span, expected="an argument")
        sign = self.peek
        if sign.sign("-"):
            self.next()
            body = self.operand()
            return tree.Negate(body, span=sign.span.to(body.span))
        factors = [self.operand()]
        slash, after = self.peek, self.ahead()
        is_open = slash is not None and slash.sign("/") and not (after and after.command("partial"))
        if slash is not None and is_open and not isinstance(factors[0], tree.Number):
            raise Refusal(
                "whether the division belongs to the argument is open", slash.span,
                suggestion="put the argument into brackets",
            )  # fmt: skip
        while _is_plain(factors[-1]) and self._continues():
            at = self.at
            factor = self.operand()
            if not _is_plain(factor):
                self.at = at
                break
            factors.append(factor)
        if len(factors) == 1:
            return factors[0]
        return tree.Product(tuple(factors), span=factors[0].span.to(factors[-1].span))

    def _continues(self) -> bool:
        lexeme = self.peek
        if lexeme is None or lexeme.kind not in ("letter", "number", "command"):
            return False
        if lexeme.kind == "command" and (
            lexeme.text in FUNCTION_COMMANDS
            or lexeme.text in LOOSE_OPERATORS
            or lexeme.text in ("frac", "partial", "nabla", "sum")
        ):
            return False
        return self.begins_operand(lexeme)

    # -- big operators ----------------------------------------------------------------------

    def big(self, operator: str, span: Span) -> tree.Node:
        """Return a sum, product, maximum, ... with its bounds and its body."""
        bounds: list[tree.Bound] = []
        conditions: list[tree.Compare] = []
        last: tree.Node | None = None
        has_lower = False
        while (lexeme := self.peek) is not None and lexeme.sign("_", "^"):
            self.next()
            opening = self.here
            found = self.group()
            if lexeme.text == "^":
                last = self.sub(found, opening) if found else None
            elif found:
                has_lower = True
                self._bounds(found, bounds, conditions, opening)
        if last is not None and bounds:
            ends = bounds[-1] = replace(bounds[-1], last=last)
            for n in reversed(range(len(bounds) - 1)):  # i, j = 1
                if bounds[n].first or bounds[n].domain or not ends.first:
                    break
                bounds[n] = replace(bounds[n], first=ends.first, last=last)
        elif last is not None:
            raise Refusal("nothing says over which index this runs", span, expected="`_{i=1}`")
        if operator in ("max", "min") and not has_lower:
            return self.call(operator, span)
        if operator in ("int", "lim"):
            names = {"int": "integrals are", "lim": "limits are"}
            raise Refusal(f"{names[operator]} not in the claims language", span)
        if self.peek is None:
            raise Refusal("nothing stands after this", span, expected="a summand")
        body = self.expression(SUM)
        return tree.Sum(
            tuple(bounds), body, tuple(conditions), operator, span=span.to(body.span)
        )

    def _bounds(
        self,
        found: list[Lexeme],
        bounds: list[tree.Bound],
        conditions: list[tree.Compare],
        place: Span,
    ) -> None:
        inner = self.inside(found)
        bound: list[tree.Node] = []
        while inner.peek is not None:
            if inner.peek.sign(",", ";") or inner.peek.command("quad", "qquad"):
                inner.next()
                continue
            if bounds and (inner.peek.sign(":") or inner.peek.command("mid")):
                inner.next()  # k : k \neq j
                continue
            if inner.peek.kind == "text":
                word = inner.next().text.lower().strip(" .,:;")
                if word not in ("and", "with", "where", "for", "s.t", "such that", ""):
                    raise Refusal("these words are not read as a condition", inner.before.span)
                continue
            if inner.peek.kind == "row":
                inner.next()
                continue
            nodes = inner.comparison()
            if len(nodes) == 1 and not isinstance(nodes[0], tree.Compare):
                node = nodes[0]
                letters = (
                    node.factors
                    if isinstance(node, tree.Product) and not node.operator
                    else (node,)
                )
                for letter in letters:
                    if not isinstance(letter, tree.Name | tree.Entry):
                        raise Refusal("a sum runs over an index letter", letter.span)
                    bounds.append(tree.Bound(letter, span=letter.span))
                    bound.append(letter)
                continue
            compared = [n for n in nodes if isinstance(n, tree.Compare)]
            if len(compared) == 2 and not _same(compared[0].left, bound):
                middle = compared[0].right  # 1 <= j <= m
                if not _same(middle, bound) and isinstance(middle, tree.Name | tree.Entry):
                    low, high = compared[0].left, compared[1].right
                    if compared[0].relation == compared[1].relation == "<=":
                        bounds.append(tree.Bound(middle, low, high, span=place))
                        bound.append(middle)
                        continue
            for compare in compared:
                self._bound(compare, bounds, conditions, bound)
        inner.finish()

    def _bound(
        self,
        compare: tree.Compare,
        bounds: list[tree.Bound],
        conditions: list[tree.Compare],
        bound: list[tree.Node],
    ) -> None:
        left = compare.left
        listed = left.entries if isinstance(left, tree.Tuple) else (left,)
        known = _same(left, bound)
        if compare.relation == "=" and not known:
            if not isinstance(left, tree.Name | tree.Entry):
                raise Refusal("a sum runs over an index letter", left.span)
            bounds.append(tree.Bound(left, compare.right, span=compare.span))
            bound.append(left)
            return
        if compare.relation == "in" and not known:
            for letter in listed:
                bounds.append(tree.Bound(letter, domain=compare.right, span=compare.span))
                bound.append(letter)
            return
        if not known and not bounds and isinstance(left, tree.Name | tree.Entry):
            bounds.append(tree.Bound(left, span=left.span))
            bound.append(left)
        conditions.append(compare)

    # -- derivatives ------------------------------------------------------------------------

    def fraction(self, above: list[Lexeme], below: list[Lexeme], span: Span) -> tree.Node:
        """Return a quotient, or a derivative."""
        found = self._derivative(above, below, span)
        if found is not None:
            return found
        return tree.Quotient(self.sub(above, span), self.sub(below, span), span=span)

    def _derivative(
        self, above: list[Lexeme], below: list[Lexeme], span: Span
    ) -> tree.Node | None:
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
        is_mixed = order == 1 and len(by) == 2 and symbol == "partial" and by[0] != by[1]
        if order != len(by) and not is_mixed:
            raise Refusal("the orders above and below differ", span)
        if rest:
            quantity = self.sub(rest, span)
        else:
            if self.peek is None:
                raise Refusal("nothing is differentiated here", span, expected="a quantity")
            quantity = self.expression(SUM)
            span = span.to(quantity.span)
        return tree.Derivative(quantity, tuple(by), symbol, span=span)

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
            inner = self.inside(found[at + 1 :])
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
                    inner = self.inside(rest)
                    by.append(inner.operand())
                    rest = rest[inner.at :]
                    continue
                return None
            rest, times = self._after_mark(rest, span)
            if not rest:
                return None
            inner = self.inside(rest)
            node = inner.operand()
            rest = rest[inner.at :]
            if isinstance(node, tree.Power) and isinstance(node.exponent, tree.Number):
                if order > 1 or by or rest:  # a first derivative by x^2 is one by a power
                    count = int(node.exponent.text) if node.exponent.text.isdigit() else 1
                    by += [node.base] * min(count, 4)
                    continue
            by += [node] * times
        return by or None

    def partial(self, lexeme: Lexeme) -> tree.Node:
        r"""Return ``\partial_x f`` or ``\partial f / \partial x``."""
        by: list[tree.Node] = []
        order = 1
        while (script := self.peek) is not None and script.sign("_", "^"):
            self.next()
            opening = self.here
            found = self.group()
            if script.text == "_":
                inner = self.inside(found)
                while inner.peek is not None:
                    if inner.peek.sign(","):
                        inner.next()
                        continue
                    by.append(inner.operand())
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
        is_mixed = order == 1 and len(below) == 2 and below[0] != below[1]
        if order != len(below) and not is_mixed:
            raise Refusal("the orders above and below differ", lexeme.span)
        return tree.Derivative(
            quantity, tuple(below), span=lexeme.span.to(below[-1].span)
        )

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
                inner = self.inside(found)
                while inner.peek is not None:
                    if inner.peek.sign(","):
                        inner.next()
                        continue
                    by.append(inner.operand())
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
        return self.outside(
            quantity, lambda n: tree.Step(n, span=lexeme.span.to(n.span))
        )

    # -- directional derivatives ------------------------------------------------------------

    def is_directional(self, node: tree.Node) -> bool:
        r"""Return whether what stands before ``\cdot`` is a derivative that awaits directions."""
        if isinstance(node, tree.Directional) and not node.directions:
            return True
        return isinstance(node, tree.Differential) and isinstance(node.quantity, tree.Apply)

    def along(self, node: tree.Node) -> tree.Node:
        """Return a derivative along the direction, or the list of directions, that follows."""
        direction = self.operand()
        found = direction.entries if isinstance(direction, tree.Tuple) else (direction,)
        span = node.span.to(direction.span)
        if isinstance(node, tree.Directional):
            return replace(node, directions=tuple(found), span=span)
        if isinstance(node, tree.Differential):
            return tree.Directional(node.quantity, (), tuple(found), span=span)
        raise Refusal("this is no derivative along a direction", node.span)

    def _directional(self, lexeme: Lexeme) -> tree.Node | None:
        r"""Return ``d_x f(x, y)`` or ``d^2 f(x)``, None where the d is a letter of its own."""
        at = self.at
        by: list[tree.Node] = []
        order = 1
        while (script := self.peek) is not None and script.sign("_", "^"):
            self.next()
            opening = self.here
            found = self.group()
            if script.text == "_":
                by += self.items(found, opening)
            elif len(found) == 1 and found[0].kind == "number":
                order = int(found[0].text)
            else:
                self.at = at
                return None
        following = self.peek
        if following is None or not self.begins_operand(following) or following.sign("("):
            self.at = at
            return None
        node = self.operand() if following.kind in ("letter", "command", "word") else None
        if not isinstance(node, tree.Apply) or order > 4:
            self.at = at
            return None
        whole = by * order if by else [x for x in node.arguments for _ in range(order)]
        if order == 1 and not by:
            whole = []
        return tree.Directional(node, tuple(whole), (), span=lexeme.span.to(node.span))

    # -- differentials ----------------------------------------------------------------------

    def differential(self, lexeme: Lexeme, *, loose: bool = False) -> tree.Node | None:
        """Return ``dO``, None where the d is a letter of its own."""
        following = self.peek
        if following is not None and following.sign("_", "^"):
            return self._directional(lexeme)
        if following is None or following.kind not in ("letter", "command", "word"):
            return None
        if not loose and following.span.start != lexeme.span.end:
            return None
        if following.kind == "letter" and following.text == "d" and not loose:
            return None
        if following.kind == "command":
            if not self.begins_operand(following) or following.text in (
                "frac", "sum", "cdot", "times", "prod", "partial", "nabla", "mathbb", "langle",
                "dots", "cdots", "ldots", "sqrt", "log", "exp", "{",
            ):  # fmt: skip
                return None
        at = self.at
        node = self.operand()
        core = node
        while isinstance(core, tree.Transpose | tree.Power):
            core = core.base
        if not isinstance(core, tree.Name | tree.Entry | tree.Apply):
            self.at = at
            return None
        return self._of(node, lexeme.span, "operator")

    def differentiated(self, name: tree.Name, span: Span, style: str) -> tree.Node:
        """Return the differential of a name with its scripts."""
        return self._of(self.scripts(name), span, style)

    def _of(self, node: tree.Node, span: Span, style: str) -> tree.Node:
        if isinstance(node, tree.Power) and isinstance(node.exponent, tree.Number):
            if isinstance(node.base, tree.Name) and node.base.letter == "sigma":
                return tree.Differential(node, style, span=span.to(node.span))
        return self.outside(
            node, lambda n: tree.Differential(n, style, span=span.to(n.span))
        )


def _is_count(node: tree.Node) -> TypeGuard[tree.Number]:
    return isinstance(node, tree.Number) and node.text.isdigit()


def _is_plain(node: tree.Node) -> bool:
    return isinstance(node, tree.Number | tree.Name | tree.Entry | tree.Power) and not (
        isinstance(node, tree.Power) and not isinstance(node.base, tree.Name | tree.Entry)
    )


def _same(node: tree.Node, known: list[tree.Node]) -> bool:
    return any(node == x for x in known)
