r"""The author's own commands: ``\newcommand``, ``\def``, ``\DeclareMathOperator``, ``\let``.

A definition counts from where it stands.  What a macro expands to stands, for every message, at
the place of the call.  Expansion is bounded: a macro that calls itself, or doubles at every call,
ends in its own error.  Only plain parameters ``#1`` .. ``#9`` (with LaTeX's one optional) are
read; a ``\def`` with delimited parameters is left undefined, so its use is reported.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from string import ascii_lowercase, ascii_uppercase

from proofs_checks.claims.lexemes import Lexeme, after_group, lexemes
from proofs_checks.claims.limits import Limits
from proofs_checks.claims.notation import GREEK, KNOWN
from proofs_checks.claims.places import Span, View
from proofs_checks.claims.problems import Refusal

__all__ = ["DEFINERS", "Macro", "Macros", "define", "expand", "standard_macros", "take_definitions"]

# A control word that begins a definition, for those who scan prose.
DEFINERS = re.compile(
    r"\\(?:newcommand|renewcommand|providecommand|DeclareMathOperator|DeclareRobustCommand"
    r"|DeclarePairedDelimiter|gdef|def|let)(?![A-Za-z])\*?"
)


@dataclass(frozen=True, slots=True)
class Macro:
    """What a command stands for; ``default`` is its optional first argument."""

    parameters: int
    body: tuple[Lexeme, ...]
    default: tuple[Lexeme, ...] | None = None

    @property
    def environment(self) -> tuple[str, str] | None:
        r"""("begin" or "end", name) for macros such as ``\be`` = ``\begin{equation}``."""
        if len(self.body) == 1 and self.body[0].kind in {"begin", "end"}:
            return self.body[0].kind, self.body[0].text
        return None


Macros = dict[str, Macro]


@cache
def standard_macros() -> tuple[tuple[str, Macro], ...]:
    r"""Return what abbreviates notation of the language: commands of common packages.

    Where a preamble is not at hand, ``\E``, ``\vx``, ``\mW`` and ``\bx`` mean what they mean in
    the papers of the field.
    """
    bodies = {
        **{name: (0, rf"\mathbf{{{letter}}}") for name, letter in _bold_letters()},
        "E": (0, r"\mathbb{E}"),
        "R": (0, r"\mathbb{R}"),
        "eps": (0, r"\epsilon"),
        "half": (0, r"\frac{1}{2}"),
        "norm": (1, r"\lVert #1\rVert"),
        "abs": (1, r"\lvert #1\rvert"),
        "pdv": (2, r"\frac{\partial #1}{\partial #2}"),
        "dv": (2, r"\frac{d #1}{d #2}"),
    }
    return tuple(
        (name, Macro(count, tuple(lexemes(View(body), 0, len(body)))))
        for name, (count, body) in bodies.items()
    )


def _bold_letters() -> Iterator[tuple[str, str]]:
    greek = [f"\\{name}" for name in sorted(GREEK)]
    small, large = [*ascii_lowercase, *greek], [*ascii_uppercase, *greek]
    for prefix, letters in (("v", small), ("m", large), ("b", [*small, *large])):
        for letter in letters:
            name = prefix + letter.removeprefix("\\")
            if name not in KNOWN and name != "be":  # \be begins an equation
                yield name, letter


def take_definitions(view: View, start: int, end: int, macros: Macros) -> list[tuple[int, int]]:
    """Enter the definitions of ``view.text[start:end]`` into ``macros``; return what remains.

    A definition that cannot be read is left where it is and its command stays unknown.
    """
    remaining = []
    position = start
    while match := DEFINERS.search(view.text, position, end):
        after = define(view, match.start(), end, macros)
        if after is None:
            break
        remaining.append((position, match.start()))
        position = after
    remaining.append((position, end))
    return remaining


def define(view: View, start: int, end: int, macros: Macros) -> int | None:
    """Enter the definition that begins at ``start``; return the position after it.

    None when it cannot be read, for instance because its body does not close before ``end``.
    """
    match = DEFINERS.match(view.text, start, end)
    try:
        return _definition(view, match, end, macros) if match else None
    except Refusal:
        return None


def expand(found: Iterable[Lexeme], macros: Macros, limits: Limits) -> list[Lexeme]:
    """Return the lexemes with every macro replaced, until none is left.

    Raises `Refusal` at the call whose expansion passes the limit, or which lacks an argument.
    """
    if not macros:
        return list(found)
    out: list[Lexeme] = []
    pending: list[Lexeme] = list(found)
    pending.reverse()
    gained = 0
    while pending:
        lexeme = pending.pop()
        macro = macros.get(lexeme.text) if lexeme.kind == "command" else None
        if macro is None:
            out.append(lexeme)
            continue
        arguments = _arguments(macro, lexeme, pending)
        before = len(pending)
        pending.extend(reversed(list(_filled(macro, arguments, lexeme.span))))
        gained += 1 + len(pending) - before
        if gained > limits.macro_lexemes:
            raise Refusal(
                f"expanding the macro `\\{lexeme.text}` passes the limit of "
                f"{limits.macro_lexemes} lexemes",
                lexeme.span,
                suggestion="write out the command, or check that it does not call itself",
            )
    return out


def _arguments(macro: Macro, call: Lexeme, pending: list[Lexeme]) -> list[list[Lexeme]]:
    arguments: list[list[Lexeme]] = []
    if pending and pending[-1].sign("*") and macro.parameters:
        pending.pop()  # \norm*{x}: the starred form only changes sizes
    if macro.default is not None:
        option = list(macro.default)
        if pending and pending[-1].sign("["):
            option = _group(pending, "[", "]", call)
        arguments.append(option)
    while len(arguments) < macro.parameters:
        if not pending:
            raise Refusal(f"`\\{call.text}` needs {macro.parameters} arguments", call.span)
        if pending[-1].sign("{"):
            arguments.append(_group(pending, "{", "}", call))
        else:
            arguments.append([pending.pop()])
    return arguments


def _group(pending: list[Lexeme], opening: str, closing: str, call: Lexeme) -> list[Lexeme]:
    first = pending.pop()
    content: list[Lexeme] = []
    braces = 0
    while pending:
        lexeme = pending.pop()
        if lexeme.sign(closing) and braces == 0:
            return content
        braces += lexeme.sign("{") - lexeme.sign("}")
        content.append(lexeme)
    raise Refusal(
        f"this argument of `\\{call.text}` is never closed", first.span, expected=f"`{closing}`"
    )


def _filled(macro: Macro, arguments: list[list[Lexeme]], span: Span) -> Iterator[Lexeme]:
    for lexeme in macro.body:
        if lexeme.kind == "parameter":
            number = int(lexeme.text[1:])
            yield from arguments[number - 1] if number <= len(arguments) else ()
        else:
            yield lexeme._replace(span=span)


_NAME = re.compile(r"\s*(?:\{\s*\\([A-Za-z]+)\s*\}|\\([A-Za-z]+))")
_COUNT = re.compile(r"\s*\[\s*([0-9])\s*\]")
_DEFAULT = re.compile(r"\s*\[([^\[\]\n]*)\]")
_PARAMETERS = re.compile(r"\s*((?:#[1-9])*)\s*(?=\{)")
_TARGET = re.compile(r"\s*=?\s*\\([A-Za-z]+)")


def _definition(view: View, definer: re.Match[str], end: int, macros: Macros) -> int:
    """Enter the definition that ``definer`` begins; return the position after it."""
    text, command = view.text, definer[0]
    name = _NAME.match(text, definer.end(), end)
    if name is None:
        return definer.end()
    key, position = name[1] or name[2], name.end()
    span = view.span(definer.start(), position)
    if "let" in command:
        target = _TARGET.match(text, position, end)
        if target is None:
            return position
        body = (Lexeme("command", target[1], span),)
        macros[key] = macros.get(target[1], Macro(0, body))
        return target.end()
    count, default = 0, None
    if "def" in command:
        parameters = _PARAMETERS.match(text, position, end)
        if parameters is None:  # delimited parameters: skip the body, define nothing
            macros.pop(key, None)
            brace = text.find("{", position, min(end, position + 200))
            return after_group(view, brace, end, span)[0] if brace >= 0 else position
        count, position = len(parameters[1]) // 2, parameters.end()
    elif "Declare" not in command or "Robust" in command:
        if number := _COUNT.match(text, position, end):
            count, position = int(number[1]), number.end()
            if option := _DEFAULT.match(text, position, end):
                default = tuple(lexemes(view, option.start(1), option.end(1)))
                position = option.end()
    body, position = _body(view, position, end, span)
    if "Operator" in command and all(x.kind == "letter" for x in body):
        word = "".join(x.text for x in body)
        body = (Lexeme("word", word, span, "rm"),) if len(word) > 1 else body
    elif "Operator" in command:
        letters = "".join(x.text for x in body if x.kind == "letter")
        body = (Lexeme("word", letters, span, "rm"),) if letters else body
    elif "Paired" in command:
        closing, position = _body(view, position, end, span)
        body = (*body, Lexeme("parameter", "#1", span), *closing)
        count = 1
    if "provide" not in command or key not in macros:
        macros[key] = Macro(count, body, default)
    return position


def _body(view: View, position: int, end: int, span: Span) -> tuple[tuple[Lexeme, ...], int]:
    while position < end and view.text[position].isspace():
        position += 1
    after, content = after_group(view, position, end, span)
    return tuple(lexemes(view, after - 1 - len(content), after - 1)), after
