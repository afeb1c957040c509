"""Parses one formula: terminals to tree, or a refusal in words.

The grammar is LALR(1), so parsing takes time proportional to the length of the formula.  lark and
the grammar are loaded at the first formula, not when this module is imported.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields
from functools import cache
from typing import Any

from proofs_checks.claims import tree
from proofs_checks.claims.lexemes import Lexeme
from proofs_checks.claims.limits import Limits
from proofs_checks.claims.notation import TRANSPOSES
from proofs_checks.claims.places import Span
from proofs_checks.claims.problems import Refusal
from proofs_checks.claims.terminal import Terminal
from proofs_checks.claims.terminals import terminals

__all__ = ["children", "parse_conditions", "parse_formula", "walk"]

DEPTH = 128  # of a finished tree, so that those who walk it may recurse


def parse_formula(found: Sequence[Lexeme], limits: Limits) -> tree.Node:
    """Return the tree of one side of an equation.

    Raises `Refusal` or `Refusals` with the place, what was expected, and a suggestion.
    """
    node = _parsed(found, "formula", limits)
    _check(node)
    return node


def parse_conditions(found: Sequence[Lexeme], limits: Limits) -> tuple[tree.Node, ...]:
    """Return relations separated by commas (and expressions, where no relation stands).

    Raises `Refusal` or `Refusals`.
    """
    nodes = _parsed(found, "conditions", limits)
    for node in nodes:
        _check(node)
    return nodes


def children(node: tree.Node) -> Iterator[tree.Node]:
    """Yield the nodes directly under a node."""
    for field in fields(node):
        value = getattr(node, field.name)
        if isinstance(value, tree.Node):
            yield value
        elif isinstance(value, tuple):
            yield from (item for item in value if isinstance(item, tree.Node))


def walk(node: tree.Node) -> Iterator[tuple[tree.Node, int]]:
    """Yield every node of a tree with its depth, without recursion."""
    stack = [(node, 1)]
    while stack:
        current, depth = stack.pop()
        yield current, depth
        stack.extend((child, depth + 1) for child in children(current))


def _parsed(found: Sequence[Lexeme], start: str, limits: Limits) -> Any:
    made = terminals(list(found), limits)
    if not made:
        span = found[0].span if found else Span(0, 0)
        raise Refusal("nothing is left to read here", span, expected="an expression")
    parser, unexpected = _parser()
    try:
        return parser.parse(made, start=start)
    except unexpected as error:
        raise _refusal(error.token, set(error.expected), made) from None


@cache
def _parser() -> tuple[Any, Any]:
    from importlib import resources

    from lark import Lark
    from lark.exceptions import UnexpectedToken

    from proofs_checks.claims.building import Builder

    class Given:
        """A lexer that has nothing to do: it is given terminals."""

        def __init__(self, _: Any) -> None: ...

        def lex(self, data: list[Terminal]) -> Iterator[Terminal]:
            return iter(data)

    folder = resources.files("proofs_checks.claims")
    grammar = folder.joinpath("grammar.lark").read_text(encoding="utf-8")
    parser = Lark(
        grammar,
        parser="lalr",
        lexer=_as_lexer(Given),
        transformer=Builder(),  # type: ignore[arg-type]  (any object with the methods will do)
        start=["formula", "conditions"],
        maybe_placeholders=False,
    )
    return parser, UnexpectedToken


def _as_lexer(given: type) -> Any:
    from lark.lexer import Lexer

    return type("GivenLexer", (given, Lexer), {})


_OPERANDS = frozenset(
    "NAME NUMBER FRAC SQRT ROOT ACCENT FONT FUNCTION BIG PARTIAL NABLA OPEN LBRACE LANGLE LABS "
    "LNORM CASES".split()
)
_IN_WORDS = (
    ({"CLOSE"}, "a closing bracket"),
    ({"RBRACE"}, "`}`"),
    ({"RANGLE"}, "`\\rangle`"),
    ({"RABS", "RNORM"}, "a closing bar"),
    ({"ENDCASES"}, "`\\end{cases}`"),
    ({"$END"}, "the end of the formula"),
)
_MEANING = {
    "COLON": "a colon", "MID": "a bar", "AMP": "`&`", "ROW": "`\\\\`", "MARK": "a mark",
    "RELATION": "a relation", "COMMA": "a comma", "SIGN": "a sign", "LOOSE": "an operator",
    "SLASH": "a slash", "SUB": "a subscript", "SUP": "a superscript", "PRIME": "a prime",
    "CLOSE": "a closing bracket", "RBRACE": "`}`", "STEP": "`\\Delta`",
    "OTHERWISE": "a text of a case distinction",
}  # fmt: skip


def _refusal(token: Any, expected: set[str], made: list[Terminal]) -> Refusal:
    """Say in words what the parser met and what it needed."""
    operand = bool(expected & _OPERANDS)
    words = [word for types, word in _IN_WORDS if types & expected]
    # In the middle of an expression nearly everything may follow; only the ends say something.
    if operand and not words:
        words = ["an expression (a symbol, a number or a bracket)"]
    if token.type == "$END":
        end = made[-1].span.end
        message, span = "the formula ends too early", Span(end, end)
        words = [word for word in words if word != "the end of the formula"]
    else:
        what = _MEANING.get(token.type, "this")
        message, span = f"{what} cannot stand here", token.span
    return Refusal(message, span, expected=" or ".join(words))


def _check(node: tree.Node) -> None:
    for current, depth in walk(node):
        if depth > DEPTH:
            raise Refusal(
                f"more than {DEPTH} operations inside one another",
                current.span,
                suggestion="split the formula with a definition",
            )
        if isinstance(current, tree.Name) and current.letter in TRANSPOSES:
            raise Refusal(
                "this sign of transposition is not above anything",
                current.span,
                suggestion="`^\\top`",
            )
