"""Walking a syntax tree: every node becomes a `Value`."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import sympy as sp

from proofs_checks.claims import tree
from proofs_checks.claims.elaboration import calculus, functions, sums
from proofs_checks.claims.elaboration.checks import (
    MOST_POWER,
    is_minus_one,
    is_too_large,
    other_letter,
)
from proofs_checks.claims.elaboration.errors import ElaborationError
from proofs_checks.claims.elaboration.symbols import Found, Symbol, Symbols, spelling
from proofs_checks.claims.elaboration.values import Shapes, Value
from proofs_checks.claims.places import Span
from theory.algebra.expressions import fresh, slots, substitute
from theory.algebra.symbols import Index, delta, order_of

__all__ = ["Walker"]

MOST_DIGITS = 60  # of a number as written


class Walker:
    """Elaborates the trees of one equation; ``letters`` are its index letters so far.

    ``before`` is called with a name before it is looked up, so that a definition further down in
    the document is taken up first.
    """

    def __init__(
        self, symbols: Symbols, equation: str, before: Callable[[tree.Name, tuple], None]
    ) -> None:
        self.symbols, self.ranges = symbols, symbols.ranges
        self.shapes = Shapes(self.ranges)
        self.equation, self.before = equation, before
        self.subscripts: frozenset[str] = frozenset()  # letters that are indices in the statement
        self.letters: dict[str, Index] = {}
        self.first: dict[str, Span] = {}  # where an index letter stands first
        self.mean: tuple[Value, Index] | None = None  # inside E_{alpha_i}[..]: alpha_i, its axis

    def value(self, node: tree.Node) -> Value:
        """Return the meaning of a node.

        Raises `ElaborationError` with the place of what has none.
        """
        if time.monotonic() > self.symbols.deadline:
            raise ElaborationError("elaboration took too long.", node.span, suggestion="split it")
        method = _METHODS.get(type(node))
        if method is None:
            raise ElaborationError(f"a {type(node).__name__.lower()} cannot stand here.", node.span)
        return method(self, node)

    def scalar(self, node: tree.Node, what: str) -> Any:
        """Return the expression of a node that must be a scalar."""
        value = self.value(node)
        if not value.is_scalar:
            raise ElaborationError(
                f"{what} must be a scalar; got {value.shape()}.", node.span,
                suggestion=other_letter(value, node),
            )  # fmt: skip
        return value.expression

    # -- indices ----------------------------------------------------------------------------

    def index(self, node: tree.Node, size: Any, what: str) -> Any:
        """Return the index a subscript stands for, over ``size``."""
        if isinstance(node, tree.Number) and node.text.isdigit() and int(node.text) > 0:
            return sp.Integer(int(node.text))
        if not isinstance(node, tree.Name):
            raise ElaborationError(
                f"{what} needs an index letter here.", node.span, expected="a letter such as i"
            )
        letter = spelling(node)
        index = self.letters.setdefault(letter, Index(letter, self.ranges.find(size)))
        first = self.first.setdefault(letter, node.span)
        if self.ranges.clash(index.size, size):
            raise ElaborationError(
                f"the index {letter} ranges over {self.ranges.find(index.size)} elsewhere, "
                f"but {what} ranges over {self.ranges.find(size)}.", node.span,
                suggestion="another letter, or another order of the indices",
                other=first if first != node.span else None,
            )  # fmt: skip
        self.ranges.meet(index.size, size)
        self.ranges.show(size)
        return Index(letter, self.ranges.find(size))

    def left_index(self, node: tree.Name) -> Index:
        """Return an index on the left of a definition; its range is free if nothing binds it."""
        letter = spelling(node)
        known = self.letters.get(letter)
        size = known.size if known else self.ranges.open(f"{letter}@{self.equation}")
        return self.index(node, size, "the left side")

    def hidden(self, size: Any, near: str = "a") -> Index:
        """Return a new silent axis over ``size``."""
        return fresh(Index(near, self.ranges.find(size)))

    # -- symbols ----------------------------------------------------------------------------

    def _name(self, node: tree.Name) -> Value:
        return self._symbol(node, (), (), node.span)

    def _entry(self, node: tree.Entry) -> Value:
        if isinstance(node.base, tree.Name):
            return self._symbol(node.base, node.lower, node.upper, node.span)
        return self.component(self.value(node.base), node.lower, node.span)

    def component(self, value: Value, lower: tuple[tree.Node, ...], span: Span) -> Value:
        """Return the components of a value with silent axes at the given indices."""
        if value.guess is not None and len(value.axes) < len(lower):
            value.guess.more()
        if len(lower) > len(value.axes):
            raise ElaborationError(
                f"{value.shape()} has {len(value.axes)} axes; got {len(lower)} indices.", span
            )
        mapping: dict[Any, Any] = {}
        keep: list[Index | None] = [value.row, value.column]
        positions = [n for n in (0, 1) if keep[n] is not None]
        for n, item in zip(positions, lower, strict=False):
            axis = keep[n]
            if axis is None or isinstance(item, tree.Slice):
                continue
            mapping[axis] = self.index(item, axis.size, "the component")
            keep[n] = None
        return Value(substitute(value.expression, mapping), keep[0], keep[1])

    def found(self, base: tree.Name, lower: tuple, upper: tuple) -> Found:
        """Return the symbol of an occurrence, its definition taken up first."""
        self.before(base, lower)
        if base.letter in self.symbols.matrices and not lower:  # X, the matrix of the x_i
            self.before(tree.Name(base.letter.lower(), span=base.span), ())
        return self.symbols.find(base, lower, upper)

    def _is_adjoint(self, base: tree.Name) -> bool:
        """Whether this is the bar of an adjoint, as in automatic differentiation."""
        return (
            self.symbols.bars_are_adjoints
            and base.accents == ("bar",)
            and spelling(base) not in self.symbols.own
        )

    def _symbol(self, base: tree.Name, lower: tuple, upper: tuple, span: Span) -> Value:
        name = spelling(base)
        if self._is_adjoint(base):
            inner: tree.Node = replace(base, accents=())
            if lower or upper:
                inner = tree.Entry(inner, lower, upper, span=span)
            return calculus.differential(self, tree.Differential(inner, span=span))
        if base.letter in ("1", "0") and base.font in ("bf", "bb") and not lower:
            one = Index("a", self.ranges.open(f"ones@{span.start}"))
            return Value(sp.Integer(int(base.letter)), row=fresh(one))
        if name == "I" and "I" not in self.symbols.own and not lower:
            size = self.ranges.open(f"identity@{span.start}")
            row, column = fresh(Index("a", size)), fresh(Index("b", size))
            return Value(delta(row, column), row, column)
        if name == "delta" and len(lower) == 2 and "delta" not in self.symbols.own:
            return Value(self.delta(lower[0], lower[1], span))
        if (
            name == "pi"
            and self.symbols.model is None
            and not lower
            and "pi" not in self.symbols.own
        ):
            return Value(sp.pi)
        whole = self.symbols.joined(name, lower[0]) if lower else name
        if whole is not None and len(lower) < 2 and not upper:
            if self.symbols.is_size(whole):
                return Value(self.ranges.declare(whole))
            if whole == self.symbols.loss.name and self.symbols.loss_is_opaque:
                return Value(self.symbols.loss)
        return self.occurrence(self.found(base, lower, upper), span)

    def occurrence(self, found: Found, span: Span) -> Value:
        """Return a symbol with its indices put in and the rest of its axes silent."""
        symbol, given = found.symbol, found.indices
        if symbol.guess is not None:
            symbol.guess.axes = max(symbol.guess.axes, len(given))
            self.symbols.fit(symbol, span)
        axes = symbol.axes
        if len(given) > len(axes):
            raise ElaborationError(
                f"`{symbol.name}` has {len(axes)} axes; got {len(given)} indices.", span
            )
        tensor = self.symbols.tensor(symbol)
        if not axes:  # what is differentiated stays a number
            is_loss = symbol.name in self.symbols.scalars
            return Value(tensor, guess=None if is_loss else symbol.guess or symbol.source)
        if self.mean is not None:
            given = self._completed(symbol, given)
        silent: list[Index] = []
        index = []
        for n, size in enumerate(axes):
            if n < len(given) and isinstance(given[n], Index):
                index.append(given[n])
            elif n < len(given) and not isinstance(given[n], tree.Slice):
                index.append(self.index(given[n], size, f"axis {n + 1} of `{symbol.name}`"))
            else:
                silent.append(self.hidden(size))
                index.append(silent[-1])
        if len(silent) > 2:
            raise ElaborationError(
                f"`{symbol.name}` has {len(silent)} silent axes here; at most two can be silent.",
                span, suggestion="write its indices",
            )  # fmt: skip
        row = silent[0] if silent else None
        column = silent[1] if len(silent) > 1 else None
        return Value(tensor[tuple(index)], row, column, guess=symbol.guess or symbol.source)

    def _completed(self, symbol: Symbol, given: tuple) -> tuple:
        """Return the indices of a symbol inside E_{alpha_i}[..]: b is b_ik there, v is v_k."""
        distribution, axis = self.mean  # type: ignore[misc]
        seen = tuple(k for k in slots(distribution.expression) if k != axis)
        sizes = tuple(self.ranges.find(size) for size in symbol.axes)
        whole = (*(k.size for k in seen), axis.size)
        if sizes == whole and len(given) in (0, len(seen)):
            return (*(given or seen), axis)
        if not given and sizes and sizes[0] == axis.size:
            return (axis,)
        return given

    def delta(self, first: tree.Node, second: tree.Node, span: Span) -> Any:
        """Return the Kronecker delta of two subscripts."""
        letters = [spelling(x) for x in (first, second) if isinstance(x, tree.Name)]
        sizes = [self.letters[x].size for x in letters if x in self.letters]
        size = sizes[0] if sizes else self.ranges.open(f"delta@{span.start}")
        a, b = (self.index(x, self.ranges.find(size), "the delta") for x in (first, second))
        if a == b:
            return sp.S.One
        return delta(a, b)

    def order(self, low: tree.Node, high: tree.Node) -> Any:
        """Return what is 1 where one index is no later than another of the same range, else 0."""
        if not isinstance(low, tree.Name) or not isinstance(high, tree.Name):
            number = high if isinstance(low, tree.Name) else low
            raise ElaborationError(
                "an order is read between two index letters only.", number.span,
                expected="j \\le i",
            )  # fmt: skip
        size = self.ranges.find(self.letters[spelling(low)].size)  # `delta` has made them one
        tensor = order_of(size)
        self.symbols.orders[size.name] = tensor
        return tensor[self.index(high, size, "the order"), self.index(low, size, "the order")]

    # -- arithmetic -------------------------------------------------------------------------

    def _number(self, node: tree.Number) -> Value:
        if len(node.text) > MOST_DIGITS:
            raise ElaborationError(
                f"a number may have {MOST_DIGITS} digits; got {len(node.text)}.", node.span
            )
        return Value(sp.Rational(node.text))

    def _add(self, node: tree.Add) -> Value:
        return self.shapes.add([self.value(term) for term in node.terms], node.span)

    def _negate(self, node: tree.Negate) -> Value:
        body = self.value(node.body)
        return Value(-body.expression, body.row, body.column, guess=body.guess)

    def _product(self, node: tree.Product) -> Value:
        operation = {
            "": self.shapes.multiply, "cdot": self._dot, "times": self.shapes.multiply,
            "odot": self.shapes.times_entrywise, "circ": self.shapes.times_entrywise,
            "ast": self.shapes.multiply,
        }.get(node.operator)  # fmt: skip
        if operation is None:
            raise ElaborationError(
                f"the product `\\{node.operator}` is not part of the language.", node.span
            )
        entrywise = node.operator in ("odot", "circ")
        values = [self._factor(factor, entrywise) for factor in node.factors]
        result = values[0]
        for factor in values[1:]:
            result = operation(result, factor, node.span)
        return result

    def _factor(self, node: tree.Node, entrywise: bool) -> Value:
        """Return the value of a factor; in an entrywise product 1 - P is meant entry by entry."""
        if not entrywise or not isinstance(node, tree.Add):
            return self.value(node)
        terms = [self.value(term) for term in node.terms]
        return self.shapes.add(terms, node.span, entrywise=True)

    def _dot(self, a: Value, b: Value, span: Span) -> Value:
        r"""``a \\cdot b``: the inner product of two columns, else the product."""
        if a.row is not None and b.row is not None and a.column is None and b.column is None:
            return self.shapes.inner(a, b, span)
        return self.shapes.multiply(a, b, span)

    def _quotient(self, node: tree.Quotient) -> Value:
        above = self.value(node.numerator)
        below = self.scalar(node.denominator, "a denominator")
        if below == 0:
            raise ElaborationError("this divides by zero.", node.denominator.span)
        return Value(above.expression / below, above.row, above.column, guess=above.guess)

    def _power(self, node: tree.Power) -> Value:
        if isinstance(node.base, tree.Name) and spelling(node.base) == "e" and self._is_euler():
            return functions.entrywise(self, sp.exp, node.exponent)
        split = self._split(node.base)
        if split is not None:
            last = tree.Power(split[1], node.exponent, span=node.span)
            return self.value(tree.Product((split[0], last), span=node.span))
        base = self.value(node.base)
        if base.is_matrix and is_minus_one(node.exponent):
            raise ElaborationError(
                "the inverse of a matrix is not part of the language.", node.span,
                suggestion="write A X = B for X = A^{-1} B: (X^\\top X + \\lambda I) w = X^\\top y",
            )  # fmt: skip
        if not base.is_scalar:
            raise ElaborationError(
                f"a power of {base.shape()} is not part of the language.", node.base.span,
                suggestion="write the sum over its entries",
            )  # fmt: skip
        exponent = self.scalar(node.exponent, "an exponent")
        if is_too_large(base.expression, exponent):
            raise ElaborationError(
                f"a power beyond {MOST_POWER} is not part of the language.", node.exponent.span
            )
        return Value(base.expression**exponent)

    def _is_euler(self) -> bool:
        return "e" not in self.symbols.own and "e" not in self.symbols.vocabulary

    def _split(self, node: tree.Node) -> tuple[tree.Node, tree.Node] | None:
        """Return (H, X) where H(X) is a product, (dH, X) where dH(X) is one, else None."""
        inner = node.quantity if isinstance(node, tree.Differential) else node
        letter = functions.product_letter(self, inner)
        if letter is None or not isinstance(inner, tree.Call):
            return None
        name: tree.Node = tree.Name(letter, span=inner.span)
        if isinstance(node, tree.Differential):
            name = tree.Differential(name, span=node.span)
        return name, inner.arguments[0]

    def _differential(self, node: tree.Differential) -> Value:
        split = self._split(node)
        if split is not None:
            return self.value(tree.Product(split, span=node.span))
        return calculus.differential(self, node)

    def _transpose(self, node: tree.Transpose) -> Value:
        base = node.base
        split = self._split(base)
        if split is not None:
            last = tree.Transpose(split[1], node.mark, span=node.span)
            return self.value(tree.Product((split[0], last), span=node.span))
        if node.mark == "T" and isinstance(base, tree.Name | tree.Entry):
            value = self.value(base)
            if value.is_scalar and self.symbols.is_size("T"):
                return Value(value.expression ** self.ranges.declare("T"))
            return self.shapes.transpose(value)
        if isinstance(base, tree.Entry) and isinstance(base.base, tree.Name):
            if self._is_adjoint(base.base):
                return self.shapes.transpose(self.value(base))
            found = self.found(base.base, base.lower, base.upper)
            whole = not any(isinstance(x, tree.Slice) for x in found.indices)
            if whole and len(found.indices) == 2 and len(found.symbol.axes) == 2:
                # A^T_{ij} is the entry of the transpose, A_{ji}
                flipped = Found(found.symbol, found.indices[::-1], found.alias)
                return self.occurrence(flipped, base.span)
        return self.shapes.transpose(self.value(base))

    # -- linear algebra ---------------------------------------------------------------------

    def _inner(self, node: tree.Inner) -> Value:
        return self.shapes.inner(self.value(node.left), self.value(node.right), node.span)


_METHODS: Mapping[type, Callable[[Walker, Any], Value]] = {
    tree.Number: Walker._number,
    tree.Name: Walker._name,
    tree.Entry: Walker._entry,
    tree.Add: Walker._add,
    tree.Negate: Walker._negate,
    tree.Product: Walker._product,
    tree.Quotient: Walker._quotient,
    tree.Power: Walker._power,
    tree.Transpose: Walker._transpose,
    tree.Sum: sums.sum_over,
    tree.Indicator: sums.indicator,
    tree.Cases: sums.cases,
    tree.Inner: Walker._inner,
    tree.Norm: functions.norm,
    tree.Call: functions.call,
    tree.Derivative: calculus.derivative,
    tree.Gradient: calculus.gradient,
    tree.Differential: Walker._differential,
    tree.Step: calculus.step,
    tree.Rate: calculus.rate,
}
