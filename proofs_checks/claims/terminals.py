r"""From the lexemes of one formula to the terminals of the grammar.

Here it is settled what the grammar cannot see: whether ``\Delta`` or ``d`` stands for a change or
is a letter, how many digits ``\frac12`` takes, what ``*`` or ``+`` means above a name, where a
text is a name and where a remark.  Unknown and unsupported commands are all reported, not only
the first.
"""

from __future__ import annotations

from proofs_checks.claims.brackets import with_sides
from proofs_checks.claims.case_rows import with_columns
from proofs_checks.claims.lexemes import Lexeme
from proofs_checks.claims.limits import Limits
from proofs_checks.claims.notation import (
    ACCENTS,
    DEFINITIONS,
    FONTS,
    KNOWN,
    MARKS,
    NAMED_SYMBOLS,
    QUADS,
    RELATIONS,
    UNSUPPORTED,
    UNSUPPORTED_RELATIONS,
    function_named,
)
from proofs_checks.claims.places import TAG_MARK, Span
from proofs_checks.claims.problems import Refusal, nearest
from proofs_checks.claims.terminal import BARS, COMMANDS, SIGNS, TABLES, Refusals, Terminal

__all__ = ["terminals"]


def terminals(found: list[Lexeme], limits: Limits) -> list[Terminal]:
    """Return the terminals of a formula.

    Raises `Refusal` for brackets that do not match, `Refusals` for what is not in the language.
    """
    maker = _Maker(with_columns(with_sides(found, limits)), limits.problems)
    made = maker.run()
    if maker.refusals:
        raise Refusals(maker.refusals)
    return made


_UPRIGHT = frozenset(["rm", "sf", "tt", "it"])
_INDEX_LETTERS = frozenset("ijklm")


class _Maker:
    def __init__(self, found: list[Lexeme], problems: int) -> None:
        self.found = found
        self.most_problems = problems
        self.made: list[Terminal] = []
        self.refusals: list[Refusal] = []
        # For every open brace: does it hold a script, the first half of a fraction, or neither?
        self.braces: list[str] = []
        self.half_fraction = False

    def run(self) -> list[Terminal]:
        position = 0
        while position < len(self.found):
            position = self._at(position)
        return self.made

    # -- what stands around -----------------------------------------------------------------

    def _next(self, i: int) -> Lexeme:
        if i + 1 < len(self.found):
            return self.found[i + 1]
        end = self.found[-1].span.end
        return Lexeme("end of formula", "", Span(end, end))

    def _after(self, *types: str) -> bool:
        return bool(self.made) and self.made[-1].type in types

    @property
    def _in_script(self) -> bool:
        return "script" in self.braces or self._after("SUB", "SUP")

    def _put(self, type_: str, value: str, span: Span, font: str = "") -> None:
        self.made.append(Terminal(type_, value, span, font))
        if type_ != "FRAC":
            self.half_fraction = False

    def _refuse(self, message: str, span: Span, expected: str = "", suggestion: str = "") -> None:
        self.refusals.append(Refusal(message, span, expected=expected, suggestion=suggestion))

    # -- one lexeme -------------------------------------------------------------------------

    def _at(self, i: int) -> int:
        lexeme = self.found[i]
        kind, text, span = lexeme.kind, lexeme.text, lexeme.span
        if self._after("SUP") and (after := self._mark(i)):
            return after
        if kind == "command":
            return self._command(i, lexeme)
        if kind == "letter":
            self._letter(i, lexeme)
        elif kind == "number":
            self._number(lexeme)
        elif kind == "sign":
            self._sign(i, lexeme)
        elif kind in {"word", "text"}:
            self._word(i, lexeme)
        elif kind in {"open", "close", "middle"}:
            self._put(BARS[kind, text], text, span)
        elif kind in {"begin", "end"}:
            if text != "cases":
                self._refuse(
                    f"`{text}` is not in the claims language", span, expected="entries by indices"
                )
            else:
                self._put("CASES" if kind == "begin" else "ENDCASES", text, span)
        elif kind == "row":
            self._put("ROW", text, span)
        elif kind == "alien":
            self._alien(text, span)
        else:
            self._refuse(f"`{text}` cannot stand here", span)
        return i + 1

    def _alien(self, text: str, span: Span) -> None:
        if text == TAG_MARK:
            hint = "pages make `<em>` of two underscores; look at the source of the page"
            self._refuse("a tag of the page stands in the formula", span, suggestion=hint)
        else:
            name = f"`{text}`" if text.isprintable() and text != "`" else f"U+{ord(text):04X}"
            self._refuse(f"{name} is no mathematics", span)

    def _sign(self, i: int, lexeme: Lexeme) -> None:
        text, span = lexeme.text, lexeme.span
        if text in {"=", "<", ">"}:
            self._put("RELATION", RELATIONS[text], span)
        elif text == "*":
            colon = self._in_script and self._stands_alone(i)
            self._put("COLON" if colon else "LOOSE", "ast", span)
        elif text in SIGNS:
            first_half = self._after("FRAC")
            scripted = self._after("SUB", "SUP")
            self._put(SIGNS[text], text, span)
            if text == "{":
                self.braces.append("script" if scripted else "half" if first_half else "")
            elif text == "}" and self.braces:
                self.half_fraction = self.braces.pop() == "half"
        elif text == ".":
            self._refuse("a full stop inside a formula", span, suggestion="`\\cdot` for a product")
        elif text == "!":
            self._refuse("factorials are not in the claims language", span)
        else:
            self._refuse(f"`{text}` cannot stand here", span)

    def _number(self, lexeme: Lexeme) -> None:
        text, span = lexeme.text, lexeme.span
        if len(text) > 1 and self._after("SUB", "SUP"):
            mark = self.made[-1].value
            self._refuse(
                f"in `{mark}{text}` TeX takes `{text[0]}` only",
                span,
                suggestion=f"`{mark}{{{text}}}`",
            )
        if len(text) > 1 and (self._after("FRAC") or self.half_fraction):
            singles = 2 if self._after("FRAC") else 1
            for k in range(min(singles, len(text))):
                self._put("NUMBER", text[k], Span(span.start + k, span.start + k + 1))
            if text[singles:]:
                self._put("NUMBER", text[singles:], Span(span.start + singles, span.end))
        else:
            self._put("NUMBER", text, span)

    def _letter(self, i: int, lexeme: Lexeme, font: str = "") -> None:
        font = font or lexeme.font
        following = self._next(i)
        if lexeme.text == "d" and self._is_differential(lexeme, following, font):
            tight = font == "rm" or lexeme.span.end == following.span.start
            self._put("DIFF", "d" if tight else "d ", lexeme.span)
            return
        scripted = self._after("SUB", "SUP")
        self._put("NAME", lexeme.text, lexeme.span, font)
        if (
            scripted
            and following.kind == "letter"
            and following.text in _INDEX_LETTERS
            and following.span.start == lexeme.span.end
            and not self._next(i + 1).sign("_", "^", "(", "[", "'")
        ):
            mark, both = self.made[-2].value, lexeme.text + following.text
            self._refuse(
                f"in `{mark}{both}` TeX takes `{lexeme.text}` only",
                following.span,
                suggestion=f"`{mark}{{{both}}}`, or a blank if `{following.text}` is a factor",
            )

    def _is_differential(self, lexeme: Lexeme, following: Lexeme, font: str) -> bool:
        if self._in_script or font not in {"", "rm"}:
            return False
        tight = lexeme.span.end == following.span.start
        if not _is_nameable(following):
            return tight and following.sign("{")
        if font == "rm" or tight:
            return True
        # In a fraction "d s" may be spaced; the builder asks that both halves agree.
        fraction_half = self._after("LBRACE") and len(self.made) > 1 and (
            self.made[-2].type in {"FRAC", "RBRACE"}
        )  # fmt: skip
        return fraction_half

    def _word(self, i: int, lexeme: Lexeme) -> None:
        text, span = lexeme.text, lexeme.span
        if self._in_script and not self._next(i).sign("(", "["):
            if lexeme.kind == "text":
                self._put("LABEL", text.strip(), span)
            else:
                self._put("NAME", text, span, lexeme.font)
            return
        function = function_named(text)
        if function is not None:
            self._put("FUNCTION", function, span)
        elif text.lower() in UNSUPPORTED:
            self._refuse(UNSUPPORTED[text.lower()], span)
        elif lexeme.kind == "word":
            self._put("NAME", text, span, lexeme.font)
        elif self._next(i).sign("(", "["):
            self._refuse(
                f"`{text.strip()}` is no function of the claims language",
                span,
                expected="one such as `\\mathrm{softmax}`",
            )
        elif self._between_operands(i):
            self._refuse(
                "a text stands between two factors",
                span,
                expected="a sign, or the end of the formula",
                suggestion=f"`\\mathrm{{{text.strip()}}}` if it is a name",
            )

    def _between_operands(self, i: int) -> bool:
        before = bool(self.made) and self.made[-1].type in {
            "NAME", "NUMBER", "RBRACE", "CLOSE", "RABS", "RNORM", "RANGLE", "ENDCASES", "PRIME",
        }  # fmt: skip
        following = self._next(i)
        return (before and _begins_operand(following)) or following.sign("_", "^", "(", "[")

    # -- commands ---------------------------------------------------------------------------

    def _command(self, i: int, lexeme: Lexeme) -> int:
        name, span = lexeme.text, lexeme.span
        following = self._next(i)
        if name == "Delta" and not self._in_script and _begins_change(following):
            self._put("STEP", name, span)
        elif name == "sqrt":
            self._put("ROOT" if following.sign("[") else "SQRT", name, span)
        elif name in FONTS:
            return self._font(i, lexeme)
        elif name in {"cdot", "bullet"} and self._in_script and self._stands_alone(i):
            self._put("COLON", name, span)
        elif name in COMMANDS:
            self._put(COMMANDS[name], name, span)
        elif name in QUADS:
            pass
        elif name in DEFINITIONS:
            self._refuse("a definition inside brackets", span)
        else:
            self._other_command(name, span)
        return i + 1

    def _other_command(self, name: str, span: Span) -> None:
        for table, type_ in TABLES:
            if name in table:
                self._put(type_, table[name], span)
                return
        if name in UNSUPPORTED:
            self._refuse(UNSUPPORTED[name], span)
        elif name in UNSUPPORTED_RELATIONS:
            self._refuse(f"`\\{name}` is not judged", span, expected="equalities")
        elif name in KNOWN:
            self._refuse(f"`\\{name}` cannot stand here", span)
        else:
            # The search takes milliseconds; a hostile formula holds thousands of such words.
            near = nearest(name, KNOWN) if len(self.refusals) < self.most_problems else None
            self._refuse(f"`\\{name}` is not known", span, suggestion=f"`\\{near}`" if near else "")

    def _stands_alone(self, i: int) -> bool:
        before = self._after("LBRACE", "COMMA", "SUB")
        return before or self._next(i).sign("}", ",")

    def _mark(self, i: int) -> int | None:
        r"""Read ``^*``, ``^{+}``, ``^{\prime\prime}``: return the position after it."""
        braced = self.found[i].sign("{")
        first = i + 1 if braced else i
        last = first
        while last < len(self.found) and self.found[last].command("prime"):
            last += 1
        if last > first and (not braced or self._next(last - 1).sign("}")):
            self.made.pop()
            for lexeme in self.found[first:last]:
                self._put("PRIME", "'", lexeme.span)
            return last + braced
        if first >= len(self.found) or (braced and not self._next(first).sign("}")):
            return None
        lexeme = self.found[first]
        if lexeme.text in MARKS and lexeme.kind in {"sign", "command"}:
            self._put("MARK", MARKS[lexeme.text], lexeme.span)
            return first + 1 + braced
        return None

    # -- fonts ------------------------------------------------------------------------------

    def _font(self, i: int, lexeme: Lexeme) -> int:
        font = FONTS[lexeme.text]
        following = self._next(i)
        if _is_symbol(following):
            self._styled(i + 1, following, font, lexeme.span)
            return i + 2
        if not following.sign("{"):
            self._put("FONT", font, lexeme.span)
            return i + 1
        last = i + 2
        while last < len(self.found) and _is_symbol(self.found[last]):
            last += 1
        inside = self.found[i + 2 : last]
        if not inside or last == len(self.found) or not self.found[last].sign("}"):
            self._put("FONT", font, lexeme.span)
            return i + 1
        if len(inside) == 1:
            self._styled(last, inside[0], font, lexeme.span)
        elif font in _UPRIGHT and all(x.kind == "letter" for x in inside):
            word = "".join(x.text for x in inside)
            self._word(last, Lexeme("word", word, lexeme.span.to(self.found[last].span), font))
        else:
            self._put("LBRACE", "{", following.span)
            for k, item in enumerate(inside):
                self._styled(i + 2 + k, item, font, item.span)
            self._put("RBRACE", "}", self.found[last].span)
        return last + 1

    def _styled(self, i: int, lexeme: Lexeme, font: str, start: Span) -> None:
        whole = Lexeme(lexeme.kind, lexeme.text, Span(start.start, lexeme.span.end))
        if lexeme.kind == "letter":
            self._letter(i, whole, font)
        elif lexeme.command("nabla", "partial"):
            self._command(i, whole)
        else:
            self._put("NAME", lexeme.text, whole.span, font)


def _is_symbol(lexeme: Lexeme) -> bool:
    return lexeme.kind in {"letter", "number"} or (
        lexeme.kind == "command" and lexeme.text in NAMED_SYMBOLS | {"nabla", "partial"}
    )


def _is_nameable(lexeme: Lexeme) -> bool:
    """Tell whether a symbol begins here."""
    return lexeme.kind in {"letter", "word"} or (
        lexeme.kind == "command" and lexeme.text in NAMED_SYMBOLS | ACCENTS.keys() | FONTS.keys()
    )


def _begins_change(lexeme: Lexeme) -> bool:
    return _is_nameable(lexeme) or lexeme.sign("(", "{")


def _begins_operand(lexeme: Lexeme) -> bool:
    return (
        _is_nameable(lexeme)
        or lexeme.kind in {"number", "open"}
        or lexeme.sign("(", "[", "{")
        or lexeme.command("frac", "sqrt", "sum", "partial", "nabla", "{", "langle")
    )
