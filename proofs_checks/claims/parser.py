r"""From lexemes to a tree: one Pratt parser with a table of binding powers.

    expression(p)   reads an operand, then goes on while an operator binds tighter than p
    operand         a number, a name with scripts, a bracket, a fraction, a function, a big operator

Writing side by side binds tighter than ``\cdot`` and its kin, these tighter than + and -.  Every
lexeme ends in the tree; what cannot is a `Refusal` with its place.
"""

from __future__ import annotations

from collections.abc import Sequence

from proofs_checks.claims import tree
from proofs_checks.claims.lexemes import Lexeme
from proofs_checks.claims.limits import Limits
from proofs_checks.claims.notation import (
    LOOSE_OPERATORS,
    NAMED_SYMBOLS,
    RELATIONS,
    UNSUPPORTED,
)
from proofs_checks.claims.operands import Operands
from proofs_checks.claims.problems import Refusal

__all__ = ["Parser", "parse_conditions", "parse_formula"]

SUM, LOOSE, TIGHT, UNARY = 10, 20, 30, 25
"""Binding powers: terms, explicit products, writing side by side, a sign in front of a factor."""


def parse_formula(found: Sequence[Lexeme], limits: Limits) -> tree.Node:
    """Return the tree of one side of an equation.

    Raises `Refusal` at the first lexeme that has no place in it.
    """
    parser = Parser(found, limits)
    node = parser.expression(0)
    parser.finish()
    return node


def parse_conditions(found: Sequence[Lexeme], limits: Limits) -> tuple[tree.Node, ...]:
    r"""Return the comparisons and names of a condition such as ``j \ne k, i < n``."""
    parser = Parser(found, limits)
    nodes = parser.comparisons()
    parser.finish()
    return tuple(nodes)


class Parser(Operands):
    """Reads one formula."""

    # -- operators --------------------------------------------------------------------------

    def expression(self, power: int) -> tree.Node:
        """Return what stands here, up to an operator that binds no tighter than ``power``."""
        self.level += 1
        divisions = 0
        left = self._signed(power)
        while (operator := self._operator()) is not None:
            kind, binding = operator
            if binding <= power:
                break
            divisions += kind == "/"
            self._bounded(max(divisions, self.level))
            left = self._with(left, kind)
        self.level -= 1
        return left

    def _bounded(self, level: int) -> None:
        most = 2 * self.limits.nesting
        if level > most:
            raise Refusal(f"more than {most} operations inside one another", self.here)

    def _signed(self, power: int) -> tree.Node:
        lexeme = self.peek
        if lexeme is not None and lexeme.sign("+", "-"):
            self._bounded(self.level)
            self.next()
            body = self.expression(max(power, SUM) if power < LOOSE else UNARY)
            if lexeme.text == "+":
                return body
            return tree.Negate(body, span=lexeme.span.to(body.span))
        return self.operand()

    def _operator(self) -> tuple[str, int] | None:
        lexeme = self.peek
        if lexeme is None:
            return None
        if lexeme.sign("+", "-"):
            return lexeme.text, SUM
        if lexeme.kind == "sign" and lexeme.text in "/*":
            return lexeme.text, TIGHT if lexeme.text == "/" else LOOSE
        if lexeme.sign(".") and self._is_multiplied():
            return "cdot", LOOSE
        if lexeme.kind == "command" and lexeme.text in LOOSE_OPERATORS:
            return LOOSE_OPERATORS[lexeme.text], LOOSE
        if self.begins_operand(lexeme):
            return "", TIGHT
        return None

    def _is_multiplied(self) -> bool:
        """Return whether the point that follows is that of W.x: with blanks on both sides or none.

        One with a blank behind it alone ends a sentence.
        """
        point, after = self.peek, self.ahead()
        if point is None or after is None or self.before.kind == "number":
            return False
        if after.kind == "number" or after.kind == "sign" and after.text not in "([{":
            return False
        gaps = (self.before.span.end < point.span.start, point.span.end < after.span.start)
        return gaps[0] == gaps[1] and self.begins_operand(after)

    def _with(self, left: tree.Node, kind: str) -> tree.Node:
        if kind in ("+", "-"):
            return self._terms(left)
        if kind == "":
            return self._side_by_side(left)
        self.next()
        if kind == "/":
            right = self._denominator()
            following = self.peek
            if isinstance(right, tree.Number) and following is not None and _is_measured(left):
                if following.kind == "letter" or following.command(*NAMED_SYMBOLS):
                    raise Refusal(  # (x - \mu)^2 / 2 \sigma^2
                        "whether the division reaches this factor is open", following.span,
                        suggestion="put the divisor into brackets",
                    )  # fmt: skip
            return tree.Quotient(left, right, span=left.span.to(right.span))
        kind = "ast" if kind == "*" else kind
        if kind == "cdot" and self.is_directional(left):
            return self.along(left)
        right = self.expression(LOOSE)
        if isinstance(left, tree.Product) and left.operator == kind and not self.is_closed(left):
            return tree.Product((*left.factors, right), kind, span=left.span.to(right.span))
        return tree.Product((left, right), kind, span=left.span.to(right.span))

    def _denominator(self) -> tree.Node:
        sign = self.peek
        if sign is not None and sign.sign("-"):
            self.next()
            body = self.operand()
            return tree.Negate(body, span=sign.span.to(body.span))
        self.is_below = True  # in 1/\sigma (a + b) the bracket is a factor
        try:
            return self.operand()
        finally:
            self.is_below = False

    def _terms(self, left: tree.Node) -> tree.Node:
        terms = [left]
        while (lexeme := self.peek) is not None and lexeme.sign("+", "-"):
            self.next()
            if self.peek is not None and self.peek.sign("+", "-"):
                body = self._signed(SUM)
            else:
                body = self.expression(SUM)
            if lexeme.text == "-":
                body = tree.Negate(body, span=lexeme.span.to(body.span))
            terms.append(body)
        return tree.Add(tuple(terms), span=left.span.to(terms[-1].span))

    def _side_by_side(self, left: tree.Node) -> tree.Node:
        """Multiply by the factor that follows."""
        if isinstance(left, tree.Quotient) or not isinstance(left, tree.Product):
            factors: list[tree.Node] = [left]
        elif left.operator or self.is_closed(left):
            factors = [left]
        else:
            factors = list(left.factors)
        factors.append(self.operand())
        return tree.Product(tuple(factors), span=left.span.to(factors[-1].span))

    # -- comparisons ------------------------------------------------------------------------

    def comparisons(self, stops: tuple[str, ...] = ()) -> list[tree.Node]:
        r"""Return what stands between commas: comparisons, chains of them, names."""
        found: list[tree.Node] = []
        while self.peek is not None and not self.peek.sign(*stops):
            if self.peek.sign(",", ";") or self.peek.command("land", "wedge", "quad", "qquad"):
                self.next()
                continue
            if self.peek.kind == "text":
                word = self.next().text.lower().strip(" .,:;")
                if word not in ("and", "or", "if", "for", "with", "all", "when", "where"):
                    raise Refusal("these words are not read as a condition", self.before.span)
                if word == "or":
                    raise Refusal("a condition with `or` is not read", self.before.span)
                continue
            found += self.comparison()
        return found

    def comparison(self) -> list[tree.Node]:
        """Return one comparison, or several where it is a chain such as 1 <= i < n."""
        sides = [self.compared()]
        relations: list[str] = []
        while (lexeme := self.peek) is not None and (relation := self.relation(lexeme)):
            self.next()
            relations.append(relation)
            sides.append(self.compared())
        if not relations:
            return sides
        return [
            tree.Compare(a, r, b, span=a.span.to(b.span))
            for a, r, b in zip(sides, relations, sides[1:], strict=False)
        ]

    def compared(self) -> tree.Node:
        """Return one end of a comparison: an expression, a set or a space."""
        return self.expression(0)

    @staticmethod
    def relation(lexeme: Lexeme) -> str | None:
        """Return the relation that a lexeme is, as `tree.Compare` has it."""
        if lexeme.kind in ("sign", "command"):
            return RELATIONS.get(lexeme.text)
        return None

    # -- what begins an operand -------------------------------------------------------------

    def begins_operand(self, lexeme: Lexeme) -> bool:
        """Return whether a lexeme begins another factor."""
        if lexeme.kind in ("letter", "number", "word", "begin", "open", "alien"):
            return True
        if lexeme.kind == "text":
            following = self.ahead()
            return lexeme.text.isalpha() and following is not None and following.sign("(", "[")
        if lexeme.kind == "sign":
            return lexeme.text in "([{^_" or lexeme.text in ".!'"
        if lexeme.kind == "bar":
            return self.bar_opens(lexeme)
        if lexeme.kind != "command":
            return False
        name = lexeme.text
        if name in ("}", "rangle", "rfloor", "rceil", "mid", "middle"):
            return False
        return name not in RELATIONS and name not in SEPARATORS

    def finish(self) -> None:
        """Refuse what is left over."""
        lexeme = self.peek
        if lexeme is None:
            return
        raise self.refused(lexeme)

    def refused(self, lexeme: Lexeme) -> Refusal:
        """Return why a lexeme cannot stand here."""
        is_command = lexeme.kind == "command" and lexeme.text not in (":=", "=:", "+=", "-=")
        shown = f"\\{lexeme.text}" if is_command else lexeme.text
        if lexeme.kind == "command" and lexeme.text in UNSUPPORTED:
            return Refusal(UNSUPPORTED[lexeme.text], lexeme.span)
        if lexeme.sign("}"):
            return Refusal("`}` closes nothing", lexeme.span)
        if lexeme.kind == "text":
            return Refusal("these words stand inside a formula", lexeme.span)
        return Refusal(f"`{shown}` cannot stand here", lexeme.span)


SEPARATORS = frozenset(["quad", "qquad", "enspace", "hfill", "hspace", "land", "wedge", "to",
                        "approx", "propto", "leftarrow", "rightarrow", "mapsto", "succ",
                        "prec", "succeq", "preceq"])  # fmt: skip


def _is_measured(node: tree.Node) -> bool:
    """Return whether a dividend is a norm or a computed square, of which one divides by 2 s^2."""
    if isinstance(node, tree.Product) and not node.operator:
        node = node.factors[-1]
    if isinstance(node, tree.Negate):
        return _is_measured(node.body)
    if isinstance(node, tree.Norm):
        return True
    return isinstance(node, tree.Power) and not isinstance(
        node.base, tree.Name | tree.Number | tree.Entry
    )
