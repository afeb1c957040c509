r"""Takes away what is only layout: spacing, sizes, boxes, underbraces, stacked remarks.

What is left says the same: ``\boxed{A = B}`` is ``A = B``, ``\underbrace{x}_{\text{note}}`` is
``{x}``, ``\left( .. \right)`` is ``( .. )``, ``\stackrel{(a)}{=}`` is ``=``.  Braces stay where
they hold one part of a formula together.  Rows, alignment marks, ``\quad`` and texts stay, because
they separate equations.  Bars that say which side they are on become "open" or "close".
"""

from __future__ import annotations

import re

from proofs_checks.claims.lexemes import Lexeme
from proofs_checks.claims.limits import Limits
from proofs_checks.claims.notation import (
    BARS,
    BIG_OPERATORS,
    CONNECTING_WORDS,
    DEFINITIONS,
    DROPPED,
    DROPPED_WITH_ARGUMENT,
    LOOKED_THROUGH,
    LOOSE_OPERATORS,
    NOTES,
    QUADS,
    RELATIONS,
    SIZES,
    UNSUPPORTED_RELATIONS,
    function_named,
)
from proofs_checks.claims.problems import Refusal

__all__ = ["is_relation", "tidy"]

# Relations that are typed as two signs.
TWO_SIGNS = {":=": ":=", "+=": "+=", "-=": "-=", "<=": "le", ">=": "ge", "=>": "Rightarrow",
             "->": "to", "==": "="}  # fmt: skip

# Triangles that stand for letters: \bigtriangledown_\theta J is a gradient.
TRIANGLES = {"bigtriangledown": "nabla", "triangledown": "nabla", "bigtriangleup": "Delta",
             "triangle": "Delta"}  # fmt: skip

_CASES = frozenset("cases dcases rcases drcases numcases subnumcases".split())
SWITCHES = frozenset("rm bf cal sf it tt".split())
_STACKED_DEFINITION = ("def", "triangle", "eqdef")


def is_relation(lexeme: Lexeme) -> bool:
    r"""Tell whether a lexeme stands between two sides: ``=``, ``\coloneqq``, ``\neq``, ``\to``."""
    if lexeme.kind == "command":
        name = lexeme.text
        return (
            name in DEFINITIONS
            or (name in RELATIONS and name not in {"=", "<", ">"})
            or name in UNSUPPORTED_RELATIONS
        )
    return lexeme.sign("=", "<", ">")


def tidy(found: list[Lexeme], limits: Limits) -> list[Lexeme]:
    """Return the lexemes of a display without its layout.

    Raises `Refusal` for braces and environments that do not match, or nest too deeply.
    """
    return _Tidier(found, limits).run()


class _Tidier:
    def __init__(self, found: list[Lexeme], limits: Limits) -> None:
        self.lexemes = found
        self.partner = _partners(found, limits)
        self.out: list[Lexeme] = []
        self.removed: set[int] = set()  # positions of braces to leave out

    def run(self) -> list[Lexeme]:
        position = 0
        while position < len(self.lexemes):
            position = self._at(position)
        return [_as_name(self.out, i) for i in range(len(self.out))]

    def _at(self, i: int) -> int:
        """Copy, change or drop the lexeme at ``i``; return the next position."""
        lexeme = self.lexemes[i]
        if lexeme.kind == "command":
            return self._command(i, lexeme)
        if i in self.removed:
            if self.out and self.out[-1].sign("+", "-") and self._is(i + 1, "="):
                place = self.out[-1].span.to(self.lexemes[i + 1].span)
                self.out[-1] = Lexeme("command", f"{self.out[-1].text}=", place)
                return i + 2
            return i + 1
        if lexeme.kind == "alien" and lexeme.text == "$" and not self._parts_factors(i):
            return i + 1  # of a formula in a box
        if lexeme.sign("{"):
            return self._brace(i)
        if lexeme.kind in {"begin", "end"} and lexeme.text.rstrip("*") in _CASES:
            lexeme = lexeme._replace(text="cases")
        if lexeme.sign(":") and self._is(i + 1, "&") and self._is(i + 2, "="):  # a :&= b
            self._put(self.lexemes[i + 1])
            self._put(Lexeme("command", ":=", lexeme.span.to(self.lexemes[i + 2].span)))
            return i + 3
        following = self.lexemes[i + 1] if i + 1 < len(self.lexemes) else None
        if lexeme.kind == "sign" and following is not None and following.kind == "sign":
            name = TWO_SIGNS.get(lexeme.text + following.text)
            touch = lexeme.span.end == following.span.start
            joins = touch or (following.text == "=" and name != "=")
            is_script = bool(self.out) and self.out[-1].sign("^", "_")  # P^+ = ..
            if name is not None and joins and not is_script:
                kind = "sign" if name == "=" else "command"
                self._put(Lexeme(kind, name, lexeme.span.to(following.span)))
                return i + 2
        if lexeme.sign("|"):
            lexeme = lexeme._replace(kind="bar")
        self._put(lexeme)
        return i + 1

    def _is_in_brackets(self) -> bool:
        """Tell whether a round or square bracket is open."""
        return sum(x.sign("(", "[") - x.sign(")", "]") for x in self.out) > 0

    def _parts_factors(self, i: int) -> bool:
        """Tell whether a dollar stands between two factors, which it would seem to multiply."""
        before = next((x for x in reversed(self.lexemes[:i]) if x.text != "$"), None)
        after = next((x for x in self.lexemes[i:] if x.text != "$"), None)
        if before is None or after is None:
            return False
        return _is_factor(before, ")]}") and _is_factor(after, "([{")

    def _command(self, i: int, lexeme: Lexeme) -> int:
        name = lexeme.text
        if name in DROPPED:
            return i + 1
        if name in DROPPED_WITH_ARGUMENT:
            return self._after_argument(i + 1)
        if name in LOOKED_THROUGH:
            inside = i + 1
            for _ in range(LOOKED_THROUGH[name]):
                inside = self._after_argument(inside)
            if name == "bbox":
                inside = self._after_options(inside)
            if name == "mathop" and self._is(inside, "{"):  # its bounds follow
                self.removed.add(self.partner[inside])
                return inside + 1
            return self._open_box(inside)
        if name in NOTES:
            self._drop_note(i + 1)
            return self._open_box(i + 1)
        if name in {"underset", "overset", "stackrel"}:
            return self._stacked(i, lexeme)
        if name in SIZES:
            return self._sized(i, lexeme)
        if name in {"colon", "vcentcolon"}:
            if self._is(i + 1, "="):
                self._put(Lexeme("command", ":=", lexeme.span.to(self.lexemes[i + 1].span)))
                return i + 2
            lexeme = Lexeme("sign", ":", lexeme.span)
        elif name == "arg" and i + 1 < len(self.lexemes):
            following = self.lexemes[i + 1]
            if following.command("max", "min"):
                place = lexeme.span.to(following.span)
                self._put(Lexeme("word", f"arg{following.text}", place, "rm"))
                return i + 2
        elif name == "hspace" and self._is_in_brackets():
            return i + 1
        elif name in QUADS and (not self.out or _awaits(self.out[-1])):
            return i + 1  # a blank inside a formula
        elif name == "not":
            return self._negated(i, lexeme)
        elif name == "substack":
            return self._substack(i, lexeme)
        elif name == "mid" and i + 1 < len(self.lexemes) and self.lexemes[i + 1].command("mid"):
            place = lexeme.span.to(self.lexemes[i + 1].span)
            self._put(Lexeme("bar", "||", place))
            return i + 2
        elif name in {"|", "Vert", "vert", "parallel"}:
            lexeme = Lexeme("bar", "|" if name == "vert" else "||", lexeme.span)
        elif name in {"lvert", "lVert"} and not self._closes(i, name):
            self._put(lexeme._replace(text="mid") if name == "lvert"
                      else Lexeme("bar", "||", lexeme.span))  # fmt: skip
            return i + 1
        elif name in {"lvert", "lVert", "rvert", "rVert"}:
            side = "open" if name[0] == "l" else "close"
            lexeme = Lexeme(side, "|" if "v" in name else "||", lexeme.span)
        elif name in {"lbrack", "rbrack"}:
            lexeme = Lexeme("sign", "[" if name[0] == "l" else "]", lexeme.span)
        elif name in {"lbrace", "rbrace"}:
            lexeme = lexeme._replace(text="{" if name[0] == "l" else "}")
        elif name in TRIANGLES:
            lexeme = lexeme._replace(text=TRIANGLES[name])
        elif name in {"dd", "diff"}:
            lexeme = Lexeme("letter", "d", lexeme.span, "rm")
        self._put(lexeme)
        return i + 1

    def _closes(self, i: int, name: str) -> bool:
        r"""Return whether ``\lvert`` has its ``\rvert``; people write p(x \lvert z), too."""
        return any(x.command("r" + name[1:]) for x in self.lexemes[i:])

    def _put(self, lexeme: Lexeme) -> None:
        self.out.append(lexeme)

    def _is(self, i: int, *signs: str) -> bool:
        return i < len(self.lexemes) and self.lexemes[i].sign(*signs)

    def _after_argument(self, i: int) -> int:
        return self.partner[i] + 1 if self._is(i, "{") else i + 1

    def _after_options(self, i: int) -> int:
        """Return the place behind [...], if it stands here."""
        if not self._is(i, "["):
            return i
        return next((n + 1 for n in range(i, len(self.lexemes)) if self._is(n, "]")), i)

    def _brace(self, i: int) -> int:
        close = self.partner[i]
        scripted = bool(self.out) and (
            self.out[-1].sign("^", "_", "}") or self.out[-1].kind == "command"
        )
        if close == i + 1 and not scripted:
            return close + 1  # {} holds nothing
        if not scripted and self._is_invisible(i):
            self.removed.add(close)
            return i + 1
        self._put(self.lexemes[i])
        return i + 1

    def _is_invisible(self, i: int) -> bool:
        """Tell whether braces hold nothing together: what they hold looks the same without them."""
        close = self.partner[i]
        after = self.lexemes[close + 1] if close + 1 < len(self.lexemes) else None
        if after is not None and after.sign("_", "^", "'"):
            return False
        first = self.lexemes[i + 1]
        if first.kind == "command" and first.text in SWITCHES:
            return False
        return not any(x.command("over") for x in self.lexemes[i + 1 : close])

    def _open_box(self, i: int) -> int:
        """Go into the box that begins at ``i``, without its braces where they hold nothing."""
        if self._is(i, "{") and self._is_invisible(i):
            self.removed.add(self.partner[i])
            return i + 1
        return i

    def _drop_note(self, i: int) -> None:
        """Remove the ``_{..}`` or ``^{..}`` after the argument of an underbrace."""
        after = self._after_argument(i)
        if self._is(after, "_", "^"):
            for j in range(after, self._after_argument(after + 1)):
                if j < len(self.lexemes):
                    self.lexemes[j] = Lexeme("command", ",", self.lexemes[j].span)

    def _stacked(self, i: int, lexeme: Lexeme) -> int:
        first = i + 1
        second = self._after_argument(first)
        after = self._after_argument(second)
        remark = self.lexemes[first:second]
        base = self.lexemes[second:after]
        if base and base[0].sign("{"):
            base = base[1:-1]
        if len(base) == 1 and is_relation(base[0]):
            words = "".join(x.text.lower() for x in remark)
            defines = base[0].sign("=") and any(word in words for word in _STACKED_DEFINITION)
            self._put(Lexeme("command", "overset-def", lexeme.span) if defines else base[0])
            return after
        under = lexeme.text == "underset"
        if base and _takes_bounds(base):
            wrapped = [Lexeme("sign", brace, lexeme.span) for brace in "{}"]
            for item in base:
                self._put(item)
            self._put(Lexeme("sign", "_" if under else "^", lexeme.span))
            inner = remark[1:-1] if remark[0].sign("{") else remark
            self.out.extend([wrapped[0], *tidy(inner, Limits()), wrapped[1]])
            return after
        if under:
            return second  # a remark below a symbol, such as its shape
        raise Refusal(f"`\\{lexeme.text}` stands on something that is no relation", lexeme.span)

    def _sized(self, i: int, lexeme: Lexeme) -> int:
        name, j = lexeme.text, i + 1
        if j >= len(self.lexemes):
            raise Refusal(f"`\\{name}` needs a bracket after it", lexeme.span, expected="a bracket")
        delimiter = self.lexemes[j]
        if name in {"left", "right"} and delimiter.sign("."):
            return j + 1
        if name == "left" and delimiter.command("{", "lbrace"):
            if (block := self._one_sided(j)) is not None:
                return block
        mark = BARS.get(delimiter.text) if delimiter.kind == "command" else None
        mark = "|" if delimiter.sign("|") else "||" if delimiter.command("|") else mark
        if mark is None:
            return j
        side = {"t": "open", "l": "open", "r": "close", "m": "middle"}
        role = {"left": "open", "right": "close", "middle": "middle"}.get(name)
        role = role or (side.get(name[-1]) if name[-1] in "lrm" else None) or "bar"
        self._put(Lexeme(role, mark, delimiter.span))
        return j + 1

    def _one_sided(self, brace: int) -> int | None:
        r"""Read ``\left\{ \begin{array}..\end{array} \right.`` as cases, or as equations."""
        begin = brace + 1
        while begin < len(self.lexemes) and self.lexemes[begin].command(*DROPPED):
            begin += 1
        if begin >= len(self.lexemes) or self.lexemes[begin].kind != "begin":
            return None
        end = self.partner[begin]
        rest = [x for x in self.lexemes[end + 1 : end + 4] if not x.command(*DROPPED)]
        if len(rest) < 2 or not (rest[0].command("right") and rest[1].sign(".")):
            return None
        if not self._is_system(begin):
            for j in (begin, end):
                self.lexemes[j] = self.lexemes[j]._replace(text="cases")
        return begin

    def _is_system(self, begin: int) -> bool:
        """Tell whether the block holds equations: a relation before or right after ``&``."""
        for i in range(begin + 1, self.partner[begin]):
            lexeme = self.lexemes[i]
            if lexeme.sign("&"):
                return is_relation(self.lexemes[i + 1])
            if is_relation(lexeme) or lexeme.kind == "row":
                return is_relation(lexeme)
        return False

    def _negated(self, i: int, lexeme: Lexeme) -> int:
        following = self.lexemes[i + 1] if i + 1 < len(self.lexemes) else lexeme
        if following.sign("="):
            self._put(Lexeme("command", "neq", lexeme.span.to(following.span)))
            return i + 2
        raise Refusal("`\\not` is read before `=` only", lexeme.span, suggestion="`\\neq`")

    def _substack(self, i: int, lexeme: Lexeme) -> int:
        if not self._is(i + 1, "{"):
            raise Refusal("`\\substack` needs `{...}` after it", lexeme.span, expected="`{`")
        close = self.partner[i + 1]
        for j in range(i + 2, close):
            if self.lexemes[j].kind == "row":
                self.lexemes[j] = Lexeme("sign", ",", self.lexemes[j].span)
        self.removed.add(close)
        return i + 2


def _as_name(found: list[Lexeme], i: int) -> Lexeme:
    r"""Return a text that stands as a quantity, ``\text{MSE} = ..``, as the word that it is."""
    text = found[i]
    if text.kind != "text" or not text.font:
        return text
    words = re.split(r"[ \-]", text.text.lower())
    if words[0] in CONNECTING_WORDS or function_named(text.text) is not None:
        return text
    before = found[i - 1] if i else None
    opener = found[i - 2] if i > 1 and before is not None and before.sign("{") else before
    if opener is not None and opener.sign("_", "^"):
        return text  # a label, as in d_{\text{model}}
    after = found[i + 1] if i + 1 < len(found) else None
    while after is not None and after.sign("&"):
        i += 1
        after = found[i + 1] if i + 1 < len(found) else None
    begins = before is None or before.kind in {"row", "begin"} or _parts_equations(before)
    is_left = after is not None and is_relation(after)
    if begins and not is_left and (after is None or not _binds(after)):
        return text
    if len(words) > 1 and not (begins and is_left):
        return text
    if not (begins or is_left or _binds(before) or after is None or _ends_factor(after)):
        return text
    if len(text.text) == 1:
        return text._replace(kind="letter")
    return text._replace(kind="word", text=re.sub(r"[^A-Za-z]", "", text.text))


def _parts_equations(lexeme: Lexeme) -> bool:
    return lexeme.sign(",", ";", ":", "&") or lexeme.command(*QUADS) or lexeme.kind == "text"


def _binds(lexeme: Lexeme | None) -> bool:
    """Tell whether a lexeme wants a factor beside it."""
    if lexeme is None:
        return False
    return _awaits(lexeme) or lexeme.sign(*"<>{_^") or lexeme.command("{")


def _awaits(lexeme: Lexeme) -> bool:
    """Tell whether a formula cannot end here: a sign or a bracket was opened."""
    return lexeme.sign(*"+-*/=([") or (
        lexeme.kind == "command" and (lexeme.text in LOOSE_OPERATORS or is_relation(lexeme))
    )


def _ends_factor(lexeme: Lexeme) -> bool:
    return lexeme.kind in {"row", "end"} or lexeme.sign(*"+-*/)]},.;") or _binds(lexeme)


def _takes_bounds(base: list[Lexeme]) -> bool:
    first = base[0]
    if len(base) == 1 and first.kind in {"word", "command"}:
        return first.text in BIG_OPERATORS or function_named(first.text) is not None
    return first.command("mathbb", "mathop", "operatorname")


def _partners(found: list[Lexeme], limits: Limits) -> dict[int, int]:
    """Match braces and environments: position of an opening one -> position of its end."""
    partner: dict[int, int] = {}
    stack: list[int] = []
    for i, lexeme in enumerate(found):
        if lexeme.sign("{") or lexeme.kind == "begin":
            stack.append(i)
            if len(stack) > limits.nesting:
                raise Refusal(f"more than {limits.nesting} nested groups", lexeme.span)
        elif lexeme.sign("}") or lexeme.kind == "end":
            if not stack:
                raise Refusal(f"{_shown(lexeme)} closes nothing", lexeme.span)
            opening = found[stack[-1]]
            if (opening.kind == "begin") != (lexeme.kind == "end") or (
                lexeme.kind == "end" and opening.text != lexeme.text
            ):
                expected = "`}`" if opening.sign("{") else f"`\\end{{{opening.text}}}`"
                raise Refusal(
                    f"{_shown(lexeme)} does not close {_shown(opening)}",
                    lexeme.span,
                    expected=expected,
                )
            partner[stack.pop()] = i
    if stack:
        raise Refusal(f"{_shown(found[stack[-1]])} is never closed", found[stack[-1]].span)
    return partner


def _shown(lexeme: Lexeme) -> str:
    if lexeme.kind in {"begin", "end"}:
        return f"`\\{lexeme.kind}{{{lexeme.text}}}`"
    return f"`{lexeme.text}`"


def _is_factor(lexeme: Lexeme, brackets: str) -> bool:
    """Tell whether a lexeme is a symbol or number, or one of some brackets."""
    is_symbol = lexeme.kind == "command" and not is_relation(lexeme) and lexeme.text not in QUADS
    return lexeme.kind in {"letter", "number", "word"} or is_symbol or lexeme.sign(*brackets)
