r"""What stands in a bracket, parted by commas, semicolons and bars: ``(x, y)``, ``(p \| q)``.

A bar is a norm's or parts two arguments.  It parts them where the bracket holds an odd number of
bars: ``p(x | y)`` has two arguments, ``f(|x|)`` has one.
"""

from __future__ import annotations

from proofs_checks.claims import tree
from proofs_checks.claims.cursor import Cursor
from proofs_checks.claims.lexemes import Lexeme
from proofs_checks.claims.places import Span
from proofs_checks.claims.problems import Refusal

__all__ = ["Arguments"]


EVENTS = ("succ", "prec", "succeq", "preceq", "to", "rightarrow")
r"""What parts the arguments of a probability such as ``p(y_1 \succ y_2 \mid x)``."""


class Arguments(Cursor):
    """Lists in brackets, and the bars that may part them."""

    def entries(self, close: str, place: Span) -> tuple[list[tree.Node], list[str]]:
        """Return what stands in a bracket, between commas and bars, and what parts it."""
        found: list[tree.Node] = []
        signs: list[str] = []
        places = self._bars_until(close)
        twice = len(places) == 2 and _touch(*(self.lexemes[n] for n in places))  # p || q
        odd = len(places) % 2 == 1 or twice
        if odd:
            self.bars.append("")
        while True:
            lexeme = self.peek
            if lexeme is None:
                raise Refusal("this bracket is never closed", place, expected=f"`{close}`")
            if self._closes(lexeme, close):
                self.next()
                break
            if self._parts(lexeme, odd):
                self.next()
                if lexeme.command("quad", "qquad", "enspace"):
                    continue
                if lexeme.kind == "bar" and twice:
                    self.next()
                    signs.append("||")
                    continue
                signs.append(_separator(lexeme))
                continue
            following = self.ahead()
            if (
                lexeme.command("cdot")
                and following is not None
                and (self._closes(following, close) or self._parts(following, odd))
            ):
                self.next()
                found.append(tree.Slice(span=lexeme.span))
                continue
            if lexeme.kind == "text" and not self.begins_operand(lexeme):
                raise Refusal("these words stand inside a formula", lexeme.span)
            found += self.comparison()
        if odd:
            self.bars.pop()
        if found and len(signs) >= len(found):
            raise Refusal("an argument of this bracket is empty", place)
        return found, signs

    def _parts(self, lexeme: Lexeme, odd: bool) -> bool:
        if lexeme.sign(",", ";") or lexeme.command("mid", "quad", "qquad", "enspace"):
            return True
        if lexeme.command(*EVENTS):
            return True
        return lexeme.kind == "middle" or (lexeme.kind == "bar" and odd)

    def _bars_until(self, close: str) -> list[int]:
        """Return the places of the bars of this bracket itself."""
        depth = 0
        places = []
        for n, lexeme in enumerate(self.lexemes[self.at :], start=self.at):
            if not depth and self._closes(lexeme, close):
                break
            if lexeme.sign("(", "[", "{") or lexeme.command("{", "langle"):
                depth += 1
            elif lexeme.sign(")", "]", "}") or lexeme.command("}", "rangle"):
                depth -= 1
            elif lexeme.kind == "bar" and not depth:
                places.append(n)
        return places

    @staticmethod
    def _closes(lexeme: Lexeme, close: str) -> bool:
        if close == "}":
            return lexeme.command("}")
        if close == ">":
            return lexeme.command("rangle")
        return lexeme.sign(close)

    def bar_opens(self, lexeme: Lexeme) -> bool:
        """Return whether a bar begins a norm, rather than ending one or parting arguments."""
        return not (self.bars and self.bars[-1] in ("", lexeme.text))


def _separator(lexeme: Lexeme) -> str:
    if lexeme.text in (",", ";", *EVENTS):
        return lexeme.text
    return "||" if lexeme.text == "||" else "|"


def _touch(first: Lexeme, second: Lexeme) -> bool:
    return first.text == second.text == "|" and first.span.end == second.span.start
