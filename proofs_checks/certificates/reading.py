"""Reading a certificate back: the definitions and the theorem of a .v file, as text, to numbers.

This shares nothing with what writes certificates.  A translation that altered both sides of a law
alike would pass coqc; read back and evaluated at random points it gives other numbers than the law.
Only what a reader has to read is read: variables, definitions, the theorem.  Derivatives are
central differences in 60 digits.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

import mpmath

__all__ = ["Statement", "UndefinedStatement", "UnreadableStatement", "read_statement"]

ONE_AT_A_TIME = Lock()  # the number of digits is one for all threads
DIGITS = 60
STEP = mpmath.mpf("1e-16")

TOKEN = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_']*|\d+|=>|->|<>|<=|:=|%nat|[-+*/^()<>=,:])")


class UnreadableStatement(Exception):
    """A certificate is not of the form that certificates have; the message says where."""


class UndefinedStatement(Exception):
    """A certificate has no value at a point: a logarithm or root of a negative number, or x / 0."""


@dataclass
class Statement:
    """The theorem of a file: bound indices with their sizes, the relation, both sides."""

    name: str
    sizes: tuple[str, ...]
    variables: Mapping[str, int]
    hypotheses: tuple[str, ...]
    indices: tuple[tuple[str, str], ...]
    relation: str
    left: Any
    right: Any
    definitions: Mapping[str, tuple[tuple[str, ...], Any]] = field(repr=False)

    def sides(
        self, sizes: Mapping[str, int], values: Mapping[str, Any], at: Mapping[str, int]
    ) -> tuple[Any, Any]:
        """Return both sides at sizes, inputs (nested lists, numbers) and indices from 0.

        Raises `UndefinedStatement` where there is no such number.
        """
        with ONE_AT_A_TIME, mpmath.workdps(DIGITS):
            scope: dict[str, Any] = {**LIBRARY, **sizes}
            scope |= {name: _curried(values[name]) for name in self.variables if name in values}
            for name, (parameters, body) in self.definitions.items():
                scope[name] = _closure(parameters, body, scope)
            scope |= dict(at)
            return _value(self.left, scope), _value(self.right, scope)


def read_statement(text: str, theorem: str) -> Statement:
    """Return the theorem of a certificate.

    Raises `UnreadableStatement` if there is none, or if it has a form that is not read.
    """
    bare = re.sub(r"\(\*.*?\*\)", " ", text, flags=re.S)
    sentences = [s.strip() for s in re.split(r"(?<!\.)\.(?=\s|$)", bare)]
    sizes: list[str] = []
    variables: dict[str, int] = {}
    hypotheses: list[str] = []
    definitions: dict[str, tuple[tuple[str, ...], Any]] = {}
    for s in sentences:
        if found := re.match(r"Variables (.*) : nat$", s, re.S):
            sizes += found[1].split()
        elif found := re.match(r"Variable (\S+) : ((?:nat -> )*)R$", s):
            variables[found[1]] = found[2].count("nat")
        elif found := re.match(r"Hypothesis \S+ : (.*)$", s, re.S):
            hypotheses.append(" ".join(found[1].split()))
        elif found := re.match(r"Definition (\S+)(.*?):=(.*)$", s, re.S):
            if "_instance" in found[1]:
                continue
            parameters = re.findall(r"\((\S+) : [^()]*\)", found[2])
            definitions[found[1]] = (tuple(parameters), _parsed(found[3]))
        elif found := re.match(rf"Theorem {re.escape(theorem)} ?: (.*)$", s, re.S):
            indices, body = _bound(" ".join(found[1].split()))
            relation, left, right = _sides(body)
            return Statement(theorem, tuple(sizes), variables, tuple(hypotheses), indices,
                             relation, left, right, definitions)  # fmt: skip
    raise UnreadableStatement(f"there is no theorem `{theorem}`")


def _bound(text: str) -> tuple[tuple[tuple[str, str], ...], str]:
    indices = []
    while found := re.match(r"forall (\S+), \((\S+) < (\S+)\)%nat -> ", text):
        if found[1] != found[2]:
            raise UnreadableStatement(f"`{text[:40]}` binds one index and bounds another")
        indices.append((found[1], found[3]))
        text = text[found.end() :]
    return tuple(indices), text


def _sides(text: str) -> tuple[str, Any, Any]:
    if text.startswith("is_derive"):
        call = _parsed(text)
        if call[0] != "apply" or len(call[2]) != 3:
            raise UnreadableStatement("`is_derive` needs a function, a point and a value")
        function, point, value = call[2]
        return "=", ("apply", ("name", "Derive"), [function, point]), value
    parser = _Parser(text)
    left = parser.sum()
    sign = parser.take()
    if sign not in ("=", "<=", "<"):
        raise UnreadableStatement(f"`{sign}` is no relation that is read")
    right = parser.sum()
    parser.end()
    return sign, left, right


def _parsed(text: str) -> Any:
    parser = _Parser(text)
    result = parser.sum()
    parser.end()
    return result


class _Parser:
    """Coq's terms over the reals: sums, products, powers, applications, functions."""

    def __init__(self, text: str) -> None:
        self.tokens, at = [], 0
        text = text.strip()
        while at < len(text):
            found = TOKEN.match(text, at)
            if found is None:
                raise UnreadableStatement(f"`{text[at : at + 20]}` is not read")
            if found[1] != "%nat":
                self.tokens.append(found[1])
            at = found.end()
        self.at = 0

    def peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self, wanted: str = "") -> str:
        token = self.peek()
        if not token or (wanted and token != wanted):
            raise UnreadableStatement(f"`{wanted or 'more'}` is missing at `{token}`")
        self.at += 1
        return token

    def end(self) -> None:
        if self.peek():
            raise UnreadableStatement(f"`{self.peek()}` is left over")

    def sum(self) -> Any:
        result = self.product()
        while self.peek() in ("+", "-"):
            result = (self.take(), result, self.product())
        return result

    def product(self) -> Any:
        result = self.signed()
        while self.peek() in ("*", "/"):
            result = (self.take(), result, self.signed())
        return result

    def signed(self) -> Any:
        if self.peek() == "-":
            self.take()
            return ("-", ("number", 0), self.signed())
        if self.peek() == "/":
            self.take()
            return ("/", ("number", 1), self.signed())
        return self.power()

    def power(self) -> Any:
        result = self.application()
        if self.peek() == "^":
            self.take()
            return ("^", result, self.application())
        return result

    def application(self) -> Any:
        head, arguments = self.atom(), []
        while re.match(r"[A-Za-z_0-9(]", self.peek()):
            arguments.append(self.atom())
        return ("apply", head, arguments) if arguments else head

    def atom(self) -> Any:
        token = self.take()
        if token == "(":
            if self.peek() == "fun":
                self.take()
                names = []
                while self.peek() != "=>":
                    names.append(self.take())
                self.take("=>")
                result = ("fun", tuple(names), self.sum())
            else:
                result = self.sum()
            self.take(")")
            return result
        if token.isdigit():
            return ("number", int(token))
        if re.match(r"[A-Za-z_]", token):
            return ("name", token)
        raise UnreadableStatement(f"`{token}` is not read here")


def _value(term: Any, scope: Mapping[str, Any]) -> Any:
    kind = term[0]
    if kind == "number":
        return term[1]
    if kind == "name":
        if term[1] not in scope:
            raise UnreadableStatement(f"`{term[1]}` is not defined")
        return scope[term[1]]
    if kind == "fun":
        return _closure(term[1], term[2], scope)
    if kind == "apply":
        result = _value(term[1], scope)
        for argument in term[2]:
            result = result(_value(argument, scope))
        return result
    a, b = _value(term[1], scope), _value(term[2], scope)
    if kind == "+":
        return a + b
    if kind == "-":
        return a - b
    if kind == "*":
        return a * b
    if kind == "/" and b == 0:
        raise UndefinedStatement("a division by zero")
    return mpmath.mpf(a) / b if kind == "/" else mpmath.mpf(a) ** b


def _closure(parameters: tuple[str, ...], body: Any, scope: Mapping[str, Any]) -> Any:
    if not parameters:
        return _value(body, scope)
    return lambda x: _closure(parameters[1:], body, {**scope, parameters[0]: x})


def _curried(value: Any) -> Any:
    if isinstance(value, list):
        return lambda i: _curried(value[i])
    return mpmath.mpf(value)


def _sum(n: int) -> Callable[[Any], Any]:
    return lambda f: mpmath.fsum(f(k) for k in range(n))


def _updated(rank: int) -> Any:
    def update(s: Any, at: tuple[int, ...], t: Any) -> Any:
        def entry(*given: int) -> Any:
            if given == at:
                return t
            result = s
            for k in given:
                result = result(k)
            return result

        return _curry(entry, rank)

    return lambda s: _curry(lambda *x: update(s, x[:-1], x[-1]), rank + 1)


def _curry(f: Callable[..., Any], count: int, *given: Any) -> Any:
    return f(*given) if not count else lambda x: _curry(f, count - 1, *given, x)


def _descended(rank: int) -> Any:
    def along(x: Any, d: Any) -> Any:
        known: dict[tuple[int, ...], Any] = {}  # d holds derivatives, and is asked many times

        def entry(t: Any, *at: int) -> Any:
            start, slope = x, d
            for k in at:
                start = start(k)
            if at not in known:
                for k in at:
                    slope = slope(k)
                known[at] = slope
            return start - t * known[at]

        return _curry(entry, rank + 1)

    return _curry(along, 2)


def _derivative(f: Any) -> Any:
    return lambda x: (f(x + STEP) - f(x - STEP)) / (2 * STEP)


def _logarithm(x: Any) -> Any:
    if x <= 0:
        raise UndefinedStatement("the logarithm of what is not positive")
    return mpmath.log(x)


def _root(x: Any) -> Any:
    if x < 0:
        raise UndefinedStatement("the root of a negative number")
    return mpmath.sqrt(x)


LIBRARY: Mapping[str, Any] = {
    "sum": _sum,
    "delta": _curry(lambda i, j: int(i == j), 2),
    "INR": mpmath.mpf,
    "IZR": mpmath.mpf,
    "PI": mpmath.pi,
    "exp": mpmath.exp,
    "ln": _logarithm,
    "sqrt": _root,
    "sinh": mpmath.sinh,
    "cosh": mpmath.cosh,
    "tanh": mpmath.tanh,
    "sech": mpmath.sech,
    "Derive": _derivative,
    **{f"upd{n}": _updated(n) for n in (1, 2, 3)},
    **{f"descend{n}": _descended(n) for n in (0, 1, 2, 3)},
}
