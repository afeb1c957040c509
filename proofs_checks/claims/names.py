r"""Symbols and words: letters, names spelled out, fonts and accents.

    s,  \mathbf{W},  \bar{v},  \mathrm{softmax}(s),  ln(x),  \mathbb{1}[j = k],  \dot{v}_j

A word in an upright font is a function where it names one, else a symbol.
"""

from __future__ import annotations

from dataclasses import replace

from proofs_checks.claims import tree
from proofs_checks.claims.differentials import Differentials
from proofs_checks.claims.functions import Functions
from proofs_checks.claims.lexemes import Lexeme
from proofs_checks.claims.notation import (
    ACCENTS,
    BIG_WORDS,
    FONTS,
    NAMED_SYMBOLS,
    WORDS_WITH_D,
    function_named,
)
from proofs_checks.claims.places import Span
from proofs_checks.claims.problems import Refusal

__all__ = ["Symbols"]


class Symbols(Functions, Differentials):
    """Letters and words, which are symbols or the names of functions."""

    def letter(self, lexeme: Lexeme) -> tree.Node:
        """Return a letter: a symbol, a differential, or the first of a function spelled out."""
        if lexeme.text == "d" and lexeme.font in ("", "rm"):
            found = self.differential(lexeme)
            if found is not None:
                return found
        spelled = self._plain_function(lexeme)
        if spelled is not None:
            return spelled
        if lexeme.text == "E" and self._has_distribution():
            return self.call("expectation", lexeme.span)
        return self.applied(tree.Name(lexeme.text, lexeme.font, span=lexeme.span))

    def _has_distribution(self) -> bool:
        r"""Return whether a subscript follows that says what is drawn: ``E_{x \sim P}``."""
        at = self.at
        if at + 1 >= len(self.lexemes) or not self.lexemes[at].sign("_"):
            return False
        depth = 0
        for lexeme in self.lexemes[at + 1 :]:
            depth += lexeme.sign("{") - lexeme.sign("}")
            if lexeme.command("sim"):
                return True
            if depth <= 0:
                return False
        return False

    def _plain_function(self, lexeme: Lexeme) -> tree.Node | None:
        """Return the call of a function whose name is spelled in plain letters: ln(x)."""
        twice = self.peek
        if lexeme.text == "L" and twice is not None and twice.kind == "letter":
            after = self.ahead()
            if twice.text == "L" and after is not None and after.sign("("):
                self.next()  # LL(D), a log-likelihood
                return self.applied(tree.Name("LL", "it", span=lexeme.span.to(twice.span)))
        word, end = self.spelled(self.at - 1)
        if not word:
            return None
        self.at = end
        return self.call(function_named(word) or word, lexeme.span)

    def word(self, lexeme: Lexeme) -> tree.Node:
        """Return a word in an upright font: a function, a differential or a symbol."""
        if lexeme.text.lower() in BIG_WORDS:
            return self.big(BIG_WORDS[lexeme.text.lower()], lexeme.span)
        function = function_named(lexeme.text)
        if (
            function is not None
            and function in BIG_WORDS.values()
            and self.peek is not None
            and self.peek.sign("_")
        ):
            return self.big(function, lexeme.span)
        if function is not None and lexeme.font != "bf":
            return self.call(function, lexeme.span)
        if function is not None and self.peek is not None and self.peek.sign("("):
            return self.call(function, lexeme.span)
        text = lexeme.text
        if text[0] == "d" and 2 <= len(text) <= 5 and text.lower() not in WORDS_WITH_D:
            inner = tree.Name(text[1:], lexeme.font, span=lexeme.span)
            return self.differentiated(inner, lexeme.span, "word")
        return self.applied(tree.Name(text, lexeme.font, span=lexeme.span))

    # -- fonts and accents --------------------------------------------------------------------

    def font(self, lexeme: Lexeme) -> tree.Node:
        r"""Return what ``\mathbf{...}`` and its kin hold."""
        font = FONTS[lexeme.text]
        opening = self.here
        found = self.group()
        if len(found) == 1 and found[0].kind in ("letter", "number"):
            text = found[0].text
            if font == "bb" and text in "ERPNZ1":
                return self._blackboard(text, lexeme.span.to(found[0].span))
            if text == "d" and font in ("bf", "rm"):
                operator = self.differential(found[0]._replace(font=font), loose=True)
                if operator is not None:
                    return operator
            if text == "E" and self._has_distribution():
                return self.call("expectation", lexeme.span)
            name = tree.Name(text, font, span=lexeme.span.to(found[0].span))
            return self.indicator_or(name) if text == "1" else self.applied(name)
        if len(found) == 1 and found[0].kind == "command" and found[0].text in NAMED_SYMBOLS:
            name = tree.Name(found[0].text, font, span=lexeme.span.to(found[0].span))
            return self.applied(name)
        letters = all(x.kind == "letter" for x in found)
        if font in ("rm", "bf", "sf", "tt", "it") and letters and len(found) > 1:
            text = "".join(x.text for x in found)
            return self.word(Lexeme("word", text, lexeme.span.to(found[-1].span), font))
        if found and found[0].kind == "letter" and found[0].text == "d" and len(found) == 2:
            inner = self.sub(found[1:], opening)  # \mathbf{d \alpha}
            if isinstance(inner, tree.Name):
                inner = replace(inner, font=font)
                return self.differentiated(inner, lexeme.span, "word")
        if not found:
            raise Refusal("nothing stands in this font", lexeme.span)
        inner = self.sub(found, opening)
        if isinstance(inner, tree.Name) and not inner.font:
            return self.applied(replace(inner, font=font, span=lexeme.span.to(inner.span)))
        if isinstance(inner, tree.Entry) and isinstance(inner.base, tree.Name):
            if not inner.base.font:
                inner = replace(inner, base=replace(inner.base, font=font))
        return self.scripts(self.closed(inner))

    def _blackboard(self, letter: str, span: Span) -> tree.Node:
        if letter == "E" and self.peek is not None and self.peek.sign("_", "[", "("):
            return self.call("expectation", span)
        if letter == "1":
            return self.indicator_or(tree.Name("1", "bb", span=span))
        if letter in "RNZ":
            return self.space(letter, span)
        return self.applied(tree.Name(letter, "bb", span=span))

    def accent(self, lexeme: Lexeme) -> tree.Node:
        r"""Return what ``\bar{...}`` and its kin hold; a dot is a derivative by time."""
        accent = ACCENTS[lexeme.text]
        opening = self.here
        inner = self.sub(self.group(), opening)
        if accent in ("dot", "ddot"):
            order = 1 if accent == "dot" else 2
            if isinstance(inner, tree.Name | tree.Entry):
                whole = self.scripts(inner, only_names=True)
                return self.outside(
                    whole, lambda n: tree.Rate(n, order, span=lexeme.span.to(n.span))
                )
            raise Refusal("a dot stands above a symbol", lexeme.span)
        if isinstance(inner, tree.Differential) and isinstance(inner.quantity, tree.Name):
            # \bar{dq}, the mean of dq: a name of its own
            name = inner.quantity
            inner = replace(name, letter=f"d{name.letter}")
        if isinstance(inner, tree.Name):
            accents = (*inner.accents, accent)
            return self.applied(replace(inner, accents=accents, span=lexeme.span.to(inner.span)))
        if isinstance(inner, tree.Entry) and isinstance(inner.base, tree.Name):
            base = replace(inner.base, accents=(*inner.base.accents, accent))
            return self.applied(replace(inner, base=base, span=lexeme.span.to(inner.span)))
        raise Refusal("an accent stands above a symbol", lexeme.span)
