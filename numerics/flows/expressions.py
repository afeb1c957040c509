"""Formulas that users write, read by a grammar: text -> SymPy, or an error with its place.

    + - * / ^ **, brackets, numbers, `pi`, names, and the functions that generated code may call

Nothing is evaluated as Python.  Length, nesting, whole exponents and numbers are bounded, so a
formula costs little time whatever it says.  Decimals are exact: 0.1 is 1/10, for ball arithmetic.
A whole exponent makes a power for every base; any other one needs a positive base, x^a being
exp(a log x).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, reduce
from typing import Any, cast

import sympy as sp

from theory.codegen.components import FUNCTIONS, maximum, step
from theory.codegen.names import nearest

__all__ = ["FormulaError", "read_formula"]

MADE: Mapping[str, Callable[[Any], Any]] = {
    "abs": lambda x: maximum(x, -x),
    "sign": lambda x: cast(sp.Expr, step(x)) * 2 - 1,
    "heaviside": lambda x: step(x),
    "Heaviside": lambda x: step(x),
    "cot": lambda x: sp.cos(x) / sp.sin(x),
    "sec": lambda x: 1 / sp.cos(x),
    "csc": lambda x: 1 / sp.sin(x),
    "coth": lambda x: sp.cosh(x) / sp.sinh(x),
    "sech": lambda x: 1 / sp.cosh(x),
    "csch": lambda x: 1 / sp.sinh(x),
}
"""Functions that are made of those of generated code."""

SEVERAL: Mapping[str, Callable[[Any, Any], Any]] = {
    "min": lambda a, b: cast(sp.Expr, maximum(-a, -b)) * -1,
    "max": lambda a, b: maximum(a, b),
}
CALLABLE = (*FUNCTIONS, *MADE, *SEVERAL)
LENGTH, DEPTH, EXPONENT = 1_000, 40, 64
DIGITS, EXACT = 15, 2**53  # decimals of more digits, and larger fractions, are rounded to doubles


class FormulaError(Exception):
    """One place of a formula that cannot be read: what is wrong, and from where to where."""

    def __init__(self, message: str, start: int, end: int) -> None:
        """Keep the message and the place (offsets into the text)."""
        self.message, self.start, self.end = message, start, max(end, start + 1)
        super().__init__(message)


@dataclass(frozen=True)
class _Part:
    """A part of a formula that has been read, with its place and how deeply it is nested."""

    value: sp.Expr
    depth: int
    start: int
    end: int


def read_formula(
    text: str, symbols: Mapping[str, sp.Symbol], constants: Mapping[sp.Symbol, float]
) -> sp.Expr:
    """Return the expression that ``text`` writes.

    ``symbols``    what each name stands for
    ``constants``  the value of those symbols that stay; an exponent made of them alone that is
                   whole, such as n - 1 with n = 3, makes a power that is defined for every base

    Raises `FormulaError`.
    """
    if len(text) > LENGTH:
        raise FormulaError(
            f"a formula may have {LENGTH} characters; this one has {len(text)}. "
            "Give parts of it names under [definitions]",
            0,
            1,
        )
    tree = _tree(text)
    reader, done = _Reader(symbols, constants), {}
    for node in tree.iter_subtrees():  # children first; no recursion, whatever the nesting
        parts = [done[id(x)] if hasattr(x, "data") else str(x) for x in node.children]
        done[id(node)] = reader.part(str(node.data), parts, node.meta.start_pos, node.meta.end_pos)
    try:
        return _doubles(_callable(done[id(tree)].value))
    except _Refusal:  # SymPy gathers the numbers of a product, such as 1e200*x*1e200
        raise FormulaError(
            "the numbers of this formula multiply to one too large for a double.", 0, len(text)
        ) from None


def _tree(text: str) -> Any:
    parser, errors = _parser()
    try:
        return parser.parse(text)
    except errors.UnexpectedCharacters as error:
        at = error.pos_in_stream
        raise FormulaError(f"`{text[at]}` is no part of a formula.", at, at + 1) from None
    except errors.UnexpectedToken as error:
        raise _misplaced(error.token, text) from None


@cache
def _parser() -> tuple[Any, Any]:
    from importlib import resources

    from lark import Lark, exceptions

    grammar = resources.files("numerics.flows").joinpath("expressions.lark").read_text("utf-8")
    return Lark(grammar, parser="lalr", propagate_positions=True), exceptions


def _misplaced(token: Any, text: str) -> FormulaError:
    if token.type == "$END":
        return FormulaError("the formula ends too early.", len(text.rstrip()), len(text))
    start, end = token.start_pos, token.end_pos
    before = text[:start].rstrip()[-1:]
    follows_operand = before.isalnum() or before in (")", ".", "_", "'")
    if token.type in ("NAME", "NUMBER", "LPAR") and before and follows_operand:
        return FormulaError(f"an operator is missing before `{token}`; write `*`.", start, end)
    return FormulaError(f"`{token}` cannot stand here.", start, end)


@dataclass(frozen=True)
class _Reader:
    """Makes the value of a part out of the values of its own parts."""

    symbols: Mapping[str, sp.Symbol]
    constants: Mapping[sp.Symbol, float]

    def part(self, rule: str, parts: list[Any], start: int, end: int) -> _Part:
        """Return what one rule of the grammar says.

        Raises `FormulaError`.
        """
        inner = [x for x in parts if isinstance(x, _Part)]
        try:
            values = (x.value if isinstance(x, _Part) else x for x in parts)
            value = _number(getattr(self, f"_{rule}")(*values))
        except _Refusal as refusal:
            place = inner[refusal.part] if refusal.part is not None else None
            start, end = (place.start, place.end) if place else (start, end)
            raise FormulaError(str(refusal), start, end) from None
        # a chain such as a + b + c is one flat sum, however long
        first, *others = [x.depth for x in inner] or [0]
        chained = rule in ("add", "subtract", "multiply", "divide")
        depth = max([first if chained else first + 1, *(x + 1 for x in others)])
        if depth > DEPTH:
            raise FormulaError(
                f"more than {DEPTH} operations inside one another; "
                "give parts names under [definitions].",
                start,
                end,
            )
        return _Part(value, depth, start, end)

    def _number(self, text: str) -> sp.Expr:
        mantissa, _, exponent = text.lower().partition("e")
        short = len(mantissa) <= DIGITS + 1 and abs(int(exponent or 0)) <= DIGITS
        return sp.Rational(text) if short else sp.Float(text)

    def _name(self, name: str) -> sp.Expr:
        if name in self.symbols:
            return self.symbols[name]
        if name == "pi":
            return sp.pi
        if name in CALLABLE:
            raise _Refusal(f"the function `{name}` needs an argument: {name}(...).")
        raise _Refusal(
            f"unknown name `{name}`.{nearest(name, self.symbols)} "
            f"Names here: {', '.join([*self.symbols, 'pi'])}."
        )

    def _call(self, name: str, first: sp.Expr, *others: sp.Expr) -> sp.Expr:
        if name in self.symbols:
            raise _Refusal(f"`{name}` is no function; write `*` before the bracket.")
        if name not in CALLABLE:
            raise _Refusal(
                f"unknown function `{name}`.{nearest(name, CALLABLE)} "
                f"Functions: {', '.join(CALLABLE)}."
            )
        if name in SEVERAL:
            if not others:
                raise _Refusal(f"`{name}` compares two numbers or more: {name}(a, b).")
            return reduce(SEVERAL[name], others, first)
        if others:
            raise _Refusal(f"`{name}` takes one argument; got {1 + len(others)}.", 1)
        made = MADE.get(name)
        return made(first) if made else getattr(sp, name)(first)

    def _group(self, value: sp.Expr) -> sp.Expr:
        return value

    _plus = _group

    def _negate(self, value: sp.Expr) -> sp.Expr:
        return -value

    def _add(self, left: sp.Expr, right: sp.Expr) -> sp.Expr:
        return left + right

    def _subtract(self, left: sp.Expr, right: sp.Expr) -> sp.Expr:
        return left - right

    def _multiply(self, left: sp.Expr, right: sp.Expr) -> sp.Expr:
        return left * right

    def _divide(self, left: sp.Expr, right: sp.Expr) -> sp.Expr:
        if right.is_zero:
            raise _Refusal("division by zero.", 1)
        return left / right

    def _power(self, base: sp.Expr, exponent: sp.Expr) -> sp.Expr:
        if exponent.free_symbols and exponent.free_symbols <= set(self.constants):
            value = exponent.subs(list(self.constants.items()))
            if value.is_real and float(value).is_integer():
                exponent = sp.Integer(int(value))
        if exponent.is_Number and abs(exponent) > EXPONENT:
            raise _Refusal(f"exponents may reach {EXPONENT}; write exp(a*log(x)) for x^a.", 1)
        if base.is_zero and exponent.is_negative:
            raise _Refusal("division by zero: a negative power of 0.")
        return base**exponent


class _Refusal(Exception):
    """What is wrong with the part being read, or with one of its own parts (by number)."""

    def __init__(self, message: str, part: int | None = None) -> None:
        self.part = part
        super().__init__(message)


def _number(value: sp.Expr) -> sp.Expr:
    """Return ``value`` if it is no number or one that a double can hold."""
    if value.is_number and value.is_real is not True:
        raise _Refusal("this is no real number.")
    return _double(value)


def _double(value: sp.Expr) -> sp.Expr:
    """Return a fraction too long for a double as the nearest double, so that numbers stay short."""
    if value.is_Float or isinstance(value, sp.Rational) and max(abs(value.p), value.q) > EXACT:
        return sp.Float(_finite(value))
    return value


def _finite(value: sp.Expr) -> float:
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if math.isinf(number):
        raise _Refusal("this number is too large for a double.")
    return number


def _doubles(e: sp.Expr) -> sp.Expr:
    return cast(sp.Expr, e.xreplace({x: _double(x) for x in e.atoms(sp.Rational, sp.Float)}))


def _callable(e: sp.Expr) -> sp.Expr:
    """Return an expression in functions that generated code knows: SymPy writes tan as cot."""
    return cast(sp.Expr, e.replace(sp.cot, lambda x: sp.cos(x) / sp.sin(x)))
