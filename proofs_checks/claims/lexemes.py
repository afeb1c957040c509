"""TeX mathematics cut into lexemes: commands, letters, numbers, signs, texts and environments.

Comments and blanks disappear; unicode mathematics becomes the commands that mean the same.  Every
lexeme knows the characters of the original document from which it came.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

from proofs_checks.claims.notation import FONTS, SPELLED, TEXTS
from proofs_checks.claims.places import Span, View
from proofs_checks.claims.problems import Refusal
from proofs_checks.claims.unicode_mathematics import COMBINING, as_tex

__all__ = ["Lexeme", "after_group", "lexemes"]


class Lexeme(NamedTuple):
    r"""One unit of TeX.

    ``kind`` is "command" (``text`` without backslash), "letter", "number", "sign", "word" (a
    name in an upright font), "text", "row" (``\\``), "begin" or "end" (of the environment
    ``text``), "label", "tag", "parameter" (``#1``) or "alien" (no mathematics).
    """

    kind: str
    text: str
    span: Span
    font: str = ""

    def command(self, *names: str) -> bool:
        """Tell whether this is one of the commands ``names``."""
        return self.kind == "command" and self.text in names

    def sign(self, *signs: str) -> bool:
        """Tell whether this is one of the single characters ``signs``."""
        return self.kind == "sign" and self.text in signs


_UPRIGHT = "mathrm|operatorname|mathsf|mathtt|mathit|symrm|rm"
_PATTERN = re.compile(
    rf"""
    (?P<blank> \s+ | %[^\n\r]* | ~ )
  | (?P<environment> \\(?:begin|end) \s* \{{ \s* [A-Za-z]+ \*? \s* \}} )
  | (?P<row> \\newline(?![A-Za-z])
        | \\\\ \*? (?: [ \t]* \[ \s* -? [0-9.]+ \s* [a-z]{{2}} \s* \] )? )
  | (?P<word> \\(?: {_UPRIGHT} | mathbf )(?![A-Za-z]) \*? \s*
        \{{ \s* [A-Za-z]{{2,}} (?: (?:[\s\-,~]|\\[,_!\-]|\\[ ])+ [A-Za-z]+ ){{0,4}} \s* \}} )
  | (?P<switch> \{{ \s* \\(?:rm|bf|cal|sf|it|tt)(?![A-Za-z]) )
  | (?P<skip> \\(?:mkern|kern|mskip|hskip) \s* -? [0-9.]* \s* (?:mu|em|ex|pt|cm|mm|in)? )
  | (?P<eqno> \\l?eqno \s* (?: \( [^()\n]{{0,20}} \) )? )
  | (?P<command> \\(?: [A-Za-z@]+ | . ) )
  | (?P<dots> \.\s?\.\s?\. | \.\.(?=\s*[A-Za-z0-9\\,]) )
  | (?P<number> [0-9]+ (?: \.[0-9]+ )? | \.[0-9]+ )
  | (?P<letter> [A-Za-z] )
  | (?P<parameter> \#[1-9] )
  | (?P<definition> := | =: )
  | (?P<ascii> <= | >= | != )
  | (?P<sign> [-+*/=<>()\[\]{{}}|,;:.!'&^_] )
  | (?P<other> . )
    """,
    re.VERBOSE | re.DOTALL,
)
_SPELLED = re.compile(rf"(?<![A-Za-z\\])(?:{'|'.join(SPELLED)})(?![A-Za-z])")
_STARRED_WITH_ARGUMENT = {"label": "label", "tag": "tag"}
_ARGUMENT_AFTER_BEGIN = re.compile(r"(?:alignat|alignedat|array|IEEEeqnarray|empheq|xalignat)\*?")
_OPTION_AFTER_BEGIN = re.compile(r"(?:aligned|alignedat|gathered|split|array|empheq|cases)\*?")
_SIGMA = re.compile(r"\s*(?:_|[\u2080-\u209c\u1d62-\u1d6a\u2c7c])")


def lexemes(view: View, start: int, end: int) -> Iterator[Lexeme]:
    r"""Yield the lexemes of ``view.text[start:end]``.

    Raises `Refusal` where a group that must be read as a whole (``\text{...}``) never closes.
    """
    text, position = view.text, start
    while position < end:
        match = _PATTERN.match(text, position, end)
        if match is None:
            raise Refusal("a backslash with nothing after it", view.span(position, position + 1))
        kind, position = match.lastgroup, match.end()
        if kind == "blank":
            continue
        span = view.span(match.start(), position)
        if kind == "letter" and (word := _SPELLED.match(text, match.start(), end)) is not None:
            position = word.end()
            yield Lexeme("text", word[0], view.span(match.start(), position))
        elif kind in {"letter", "number", "sign", "parameter"}:
            yield from _plain(str(kind), match, span, view, end)
            position = _after_combining(text, position, end)
        elif kind == "definition":
            yield Lexeme("command", match[0], span)
        elif kind == "ascii":
            yield Lexeme("command", {"<": "le", ">": "ge", "!": "neq"}[match[0][0]], span)
        elif kind == "dots":
            yield Lexeme("command", "ldots", span)
        elif kind == "row":
            yield Lexeme("row", match[0], span)
        elif kind == "environment":
            name = match[0][match[0].index("{") + 1 : -1].strip()
            opening = match[0].startswith(r"\b")
            if opening:
                position = _after_options(text, position, end, name)
            yield Lexeme("begin" if opening else "end", name, span)
        elif kind == "word":
            yield from _word(match[0], span)
        elif kind == "switch":
            yield Lexeme("command", match[0][match[0].index("\\") + 1 :], span)
            yield Lexeme("sign", "{", span)
        elif kind == "eqno":
            yield Lexeme("tag", match[0], span)
        elif kind == "command":
            name = match[0][1:]
            if name in TEXTS or name in _STARRED_WITH_ARGUMENT:
                opened = position + (text[position : position + 1] == "*")
                position, content = after_group(view, opened, end, span)
                span = Span(span.start, view.span(position - 1, position).end)
                if name in TEXTS:
                    yield from _text(view, position - 1 - len(content), position - 1, span)
                else:
                    yield Lexeme(_STARRED_WITH_ARGUMENT[name], content, span)
            elif name in {"color", "hspace", "vspace"}:
                position, _ = after_group(view, position + (text[position] == "*"), end, span)
                yield Lexeme("command", name if name == "hspace" else ",", span)
            elif name == "_" and view.is_markdown:
                yield Lexeme("sign", "_", span)
            else:
                yield Lexeme("command", name, span)
        elif kind == "other":
            position = yield from _foreign(view, match.start(), end)


def after_group(view: View, position: int, end: int, owner: Span) -> tuple[int, str]:
    """Return the position after the ``{...}`` that begins here, and what stands inside.

    Raises `Refusal`, at ``owner``, when no group begins here or it never closes.
    """
    text = view.text
    while position < end and text[position].isspace():
        position += 1
    if position >= end or text[position] != "{":
        raise Refusal("this command needs `{...}` after it", owner, expected="`{`")
    depth, first = 0, position + 1
    for match in _BRACES.finditer(text, position, end):
        depth += {"{": 1, "}": -1}.get(match[0], 0)
        if depth == 0:
            return match.end(), text[first : match.start()]
    raise Refusal("this `{` is never closed", view.span(position, position + 1), expected="`}`")


_BRACES = re.compile(r"\\.|[{}]", re.DOTALL)


def _plain(kind: str, match: re.Match[str], span: Span, view: View, end: int) -> Iterator[Lexeme]:
    if kind == "letter" and match.end() < end and view.text[match.end()] in COMBINING:
        accent = Lexeme("command", COMBINING[view.text[match.end()]], span)
        yield from (accent, Lexeme("letter", match[0], span))
    elif kind == "number" and match[0].startswith("."):
        yield Lexeme("number", "0" + match[0], span)
    else:
        yield Lexeme(kind, match[0], span)


def _after_combining(text: str, position: int, end: int) -> int:
    return position + 1 if position < end and text[position] in COMBINING else position


def _after_options(text: str, position: int, end: int, name: str) -> int:
    if _OPTION_AFTER_BEGIN.fullmatch(name):
        option = re.compile(r"\s*\[[a-z]*\]").match(text, position, end)
        position = option.end() if option else position
    if _ARGUMENT_AFTER_BEGIN.fullmatch(name):
        columns = re.compile(r"\s*\{(?:[^{}]|\{[^{}]*\})*\}").match(text, position, end)
        position = columns.end() if columns else position
    return position


def _text(view: View, start: int, end: int, span: Span) -> Iterator[Lexeme]:
    r"""Yield the text start..end, and as lexemes the formulae in it: ``\text{if $j = k$}``.

    A text that may be a name, such as ``\text{MSE}``, has the upright font.
    """
    case = _CASE.fullmatch(view.text, start, end)
    if case is not None:
        yield Lexeme("text", case["word"], span)
        inside = lexemes(view, case.start("formula"), end)
        yield from (x for x in inside if x.text != "$")
        return
    if _NAME.fullmatch(view.text, start, end):
        yield Lexeme("text", view.text[start:end], span, "rm")
        return
    position = start
    for match in _FORMULA.finditer(view.text, start, end):
        if words := view.text[position : match.start()].strip():
            yield Lexeme("text", words, span)
        width = 1 if match[0].startswith("$") else 2
        yield from lexemes(view, match.start() + width, match.end() - width)
        position = match.end()
    if words := view.text[position:end].strip():
        yield Lexeme("text", words, span)


_CASE = re.compile(
    r"\s*(?P<word>if|for|when)\s+(?P<formula>(?:_?\b[A-Za-z](?:_[A-Za-z0-9])?\b|[0-9]+|[\s,$])+"
    r"(?:[=<>]|\$?\\neq?\b)(?:_?\b[A-Za-z](?:_[A-Za-z0-9])?\b|[0-9]+|[\s,.$])+)"
)
"""A condition as text, with letters for indices: ``\\text{if k = y_i}``."""
_NAME = re.compile(r"[A-Za-z]+(?:[ \-][A-Za-z]+){0,3}")
_FORMULA = re.compile(r"\$[^$]+\$|\\\([^$]+?\\\)")


def _word(source: str, span: Span) -> Iterator[Lexeme]:
    command = re.match(r"\\([A-Za-z]+)", source)
    font = command[1] if command else ""
    inside = source[source.index("{") + 1 : -1].strip()
    yield Lexeme("word", re.sub(r"[^A-Za-z]", "", inside), span, FONTS[font])


def _foreign(view: View, position: int, end: int) -> Iterator[Lexeme]:
    """Yield a non-ASCII character as TeX; the value is the position after it."""
    text, first = view.text, position
    words = as_tex(text[position])
    if words is None and unicodedata.category(text[position]) == "Lo":
        # Chinese or Japanese words in a display are a comment, with or without \\text.
        while position < end and unicodedata.category(text[position]) == "Lo":
            position += 1
        yield Lexeme("text", text[first:position], view.span(first, position))
        return position
    if words is None:
        yield Lexeme("alien", text[position], view.span(position, position + 1))
        return position + 1
    if words[0] in {"^", "_"}:
        # s with ᵢ and ⱼ is one subscript, as is a run of superscripts.
        script, content = words[0], list(words[1:])
        position += 1
        while position < end and (more := as_tex(text[position])) and more[0] == script:
            content.extend(more[1:])
            position += 1
        words = (script, "{", *content, "}")
    else:
        position += 1
        if text[first] == "Σ" and _SIGMA.match(text, position, end):
            words = (r"\sum",)
        elif text[first] == "√":
            words = (r"\surd",)
    span = view.span(first, position)
    accent = COMBINING.get(text[position]) if position < end else None
    if accent:
        yield Lexeme("command", accent, span)
        position += 1
    for word in words:
        yield _lexeme_of(word, span)
    return position


def _lexeme_of(word: str, span: Span) -> Lexeme:
    if word.startswith("\\"):
        return Lexeme("command", word[1:], span)
    if word in {":=", "=:"}:
        return Lexeme("command", word, span)
    if word.isdigit():
        return Lexeme("number", word, span)
    return Lexeme("letter" if word.isalpha() else "sign", word, span)
