"""Every node of a tree as a typed value: an index expression with silent axes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sympy as sp

from proofs_checks.claims import tree
from proofs_checks.claims.meaning import calculus, conditions, functions
from proofs_checks.claims.meaning.authored import Authored
from proofs_checks.claims.meaning.ranges import Ranges
from proofs_checks.claims.meaning.ranks import special
from proofs_checks.claims.meaning.roles import Reference, Roles
from proofs_checks.claims.meaning.spelling import flat
from proofs_checks.claims.meaning.statements import MeaningError
from proofs_checks.claims.meaning.symbols import Symbols
from proofs_checks.claims.meaning.values import Shapes, Value
from proofs_checks.claims.places import Span
from theory.algebra.expressions import fresh, substitute
from theory.algebra.nodes import MatrixInverse
from theory.algebra.symbols import Index, delta

__all__ = ["Context", "Typer"]

MOST_DIGITS = 60  # of a number as written
MOST_POWER = 64
DEEPEST = 4  # templates inside templates


class Context:
    """What all equations of a document share."""

    def __init__(
        self, roles: Roles, authored: Authored, symbols: Symbols, ranges: Ranges, loss: Any
    ) -> None:
        self.roles, self.authored, self.symbols = roles, authored, symbols
        self.ranges, self.loss = ranges, loss
        self.has_loss = False  # the document, or the vocabulary, has something to descend
        self.coordinates: tuple[str, ...] = ()  # what a step or a flow moves
        self.computed: dict[str, frozenset[str]] = {}  # what each definition depends on
        self.offsets: dict[str, int] = {}  # the N of a sum from 0 to N is one less than its range
        self.ends: set[str] = set()  # sizes at which sums of as many terms end
        self.from_zero: set[str] = set()  # ranges that some sum counts from 0
        self.counted: dict[tuple[str, int], int] = {}  # from where an axis of a symbol is counted
        self.opaque: set[str] = set()  # scalars that are differentiated and never defined


class Typer:
    """Types the trees of one statement; ``letters`` are its index letters so far."""

    def __init__(self, context: Context, number: int) -> None:
        self.context, self.number = context, number
        self.roles, self.authored = context.roles, context.authored
        self.symbols, self.ranges = context.symbols, context.ranges
        self.shapes = Shapes(self.ranges)
        self.letters: dict[str, Index] = {}
        self.counts: dict[str, int] = {}  # from where a sum counts its letter: 0 or 1
        self.first: dict[str, Span] = {}
        self.scope: dict[str, Value] = {}  # formal arguments of a function
        self.mean: tuple[Value, Index] | None = None  # inside E_{alpha_i}[..]: alpha_i, its axis
        self.moving: dict[str, Any] | None = None  # symbols whose differentials are directions
        self.used: set[str] = set()
        self.hedges: list[str] = []
        self._count = 0
        self._depth = 0

    def value(self, node: tree.Node) -> Value:
        """Return the meaning of a node.

        Raises `MeaningError` with the place of what has none.
        """
        method = _METHODS.get(type(node))
        if method is None:
            words = _WORDS.get(type(node), f"a {type(node).__name__.lower()}")
            raise MeaningError(f"{words} cannot stand here.", node.span)
        return method(self, node)

    def scalar(self, node: tree.Node, what: str) -> Any:
        """Return the expression of a node that must be a scalar."""
        value = self.value(node)
        if not value.is_scalar:
            raise MeaningError(f"{what} must be a scalar; got {value.shape()}.", node.span)
        return value.expression

    def unique(self, what: str) -> str:
        """Return a name for a range that nothing else in the document has."""
        self._count += 1
        return f"{what}@{self.number}.{self._count}"

    # -- indices ----------------------------------------------------------------------------

    def index(self, node: tree.Node, size: Any, what: str) -> Any:
        """Return the index a script stands for, over ``size``."""
        if isinstance(node, tree.Number) and node.text.isdigit() and int(node.text) > 0:
            return sp.Integer(int(node.text))
        letter = self.roles.letter(node)
        if letter is None:
            raise MeaningError(
                f"{what} needs an index letter here.", node.span, expected="a letter such as i"
            )
        index = self.letters.get(letter)
        if index is None:
            fixed = f"!{letter}" if self.is_fixed(letter) else f"{letter}@{self.number}"
            index = self.letters[letter] = Index(_plain(letter), self.ranges.open(fixed))
        first = self.first.setdefault(letter, node.span)
        if self.ranges.clash(index.size, size):
            raise MeaningError(
                f"the index {letter} ranges over {self.ranges.find(index.size)} elsewhere, "
                f"but {what} ranges over {self.ranges.find(size)}.", node.span,
                suggestion="another letter, or another order of the indices",
                other=first if first != node.span else None,
            )  # fmt: skip
        self.ranges.meet(index.size, size)
        self.ranges.show(size)
        return Index(index.name, self.ranges.find(size))

    def _count_from(self, node: tree.Node, name: str, axis: int) -> None:
        """Refuse an axis that is counted from 0 here and from 1 there: x_k is two entries then."""
        start = self.counts.get(self.roles.letter(node) or "")
        if isinstance(node, tree.Number):
            start = 1  # x_1 is the first entry
        if start is None:
            return
        if self.context.counted.setdefault((name, axis), start) != start:
            raise MeaningError(
                f"axis {axis + 1} of `{name}` is counted from {start} here "
                f"and from {1 - start} elsewhere.", node.span, expected="one way to count",
            )  # fmt: skip

    def is_fixed(self, letter: str) -> bool:
        """Return whether a letter is one constant position for the whole document."""
        return any(letter in s.fixed for s in self.symbols.table.values())

    def hidden(self, size: Any, near: str = "a") -> Index:
        """Return a new silent axis over ``size``."""
        return fresh(Index(near, self.ranges.find(size)))

    def open(self, what: str) -> Any:
        """Return a new range."""
        return self.ranges.open(self.unique(what))

    # -- symbols ----------------------------------------------------------------------------

    def _name(self, node: tree.Name) -> Value:
        name = self.roles.spell(node)
        if name in self.scope:
            return self.scope[name]
        return self._special(node) or self._symbol(node)

    def _special(self, node: tree.Node) -> Value | None:
        kind = special(node, self.roles, self.authored.taken)
        if kind is None:
            return self._as_number(node)
        lower = node.lower if isinstance(node, tree.Entry) else ()
        if kind == "ones":
            return Value(sp.S.One, row=self.hidden(self._said(lower, "ones")))
        if kind == "zeros":
            return Value(sp.S.Zero)
        if kind == "identity":
            size = self._said(lower, "identity")
            row, column = self.hidden(size), self.hidden(size, "b")
            return Value(delta(row, column), row, column)
        if kind == "delta":
            return Value(conditions.same(self, lower[0], lower[1], node.span))
        if kind == "pi":
            return Value(sp.pi)
        if kind == "size":
            name = self.roles.size_name(node) or ""
            if self.context.offsets.get(name, 0):
                return Value(self.ranges.declare(f"{name}_p1") - 1)
            return Value(self.ranges.declare(name))
        raise MeaningError("infinity is no number that can be judged.", node.span)

    def _as_number(self, node: tree.Node) -> Value | None:
        """Return an index that stands as a number: k in gamma^k."""
        letter = self.roles.letter(node)
        if letter is None or not isinstance(node, tree.Name):
            return None
        if letter in self.letters and letter in self.roles.bound | self.roles.compared:
            if letter not in self.symbols.table or not self.symbols.table[letter].is_defined:
                index = self.letters[letter]
                index = Index(index.name, self.ranges.find(index.size))
                start = self.counts.get(letter)
                if start is None and index.size.name in self.context.from_zero:
                    raise MeaningError(
                        f"{letter} stands as a number, and its range is counted from 0 elsewhere.",
                        node.span, expected=f"a sum that says where {letter} starts",
                    )  # fmt: skip
                return Value(index - 1 if start == 0 else index)
        if letter in self.roles.bound and letter not in self.symbols.table:
            raise MeaningError(
                f"{letter} is bound by a sum elsewhere and stands free here.", node.span,
                suggestion="another letter",
            )  # fmt: skip
        return None

    def _said(self, lower: Sequence[tree.Node], what: str) -> Any:
        """Return the range that a subscript of I or 1 names, else a new one."""
        name = self.roles.size_name(lower[0]) if lower else None
        if name is not None and name in self.roles.sizes:
            return self.ranges.declare(name)
        if lower and not (name and len(name) <= 3):
            raise MeaningError(
                f"the subscript of this {what} is no range.", lower[0].span, expected="n"
            )
        return self.open(what) if name is None else self.ranges.open(f"said.{name}")

    def _entry(self, node: tree.Entry) -> Value:
        if not isinstance(node.base, tree.Name):
            return self.component(self.value(node.base), node.lower, node.span)
        name = self.roles.spell(node.base)
        if name in self.scope:
            return self.component(self.scope[name], node.lower, node.span)
        return self._special(node) or self._symbol(node)

    def _symbol(self, node: tree.Node) -> Value:
        reference = self.roles.reference(node)
        if reference is None:
            raise MeaningError("this is no symbol with indices.", node.span)
        return self.occurrence(reference, node.span)

    def component(self, value: Value, lower: Sequence[tree.Node], span: Span) -> Value:
        """Return the components of a value with silent axes at the given indices."""
        if len(lower) > len(value.axes):
            raise MeaningError(
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
        if keep[0] is None and keep[1] is not None and mapping:  # row i of a matrix, as a column
            keep = [keep[1], None]
        return Value(substitute(value.expression, mapping), keep[0], keep[1])

    def occurrence(self, found: Reference, span: Span) -> Value:
        """Return a symbol with its indices put in and the rest of its axes silent."""
        symbol = self.symbols.table.get(found.name)
        if symbol is None:
            raise MeaningError(
                f"`{found.name}` is no symbol of this document.", span,
                suggestion="use a symbol that the document has",
            )  # fmt: skip
        self.used.add(found.name)
        given = found.indices
        sizes = self.symbols.sizes(symbol)
        total = len(sizes) - len(symbol.fixed)
        if len(given) > total:
            raise MeaningError(
                f"`{found.name}` has {total} axes; got {len(given)} indices.", span
            )
        tensor = self.symbols.tensor(found.name)
        if not sizes:
            return Value(tensor)
        if self.mean is not None:
            given = self._completed(symbol, given, sizes)
        silent: list[Index] = []
        index: list[Any] = []
        is_slice = False
        for n, size in enumerate(sizes[:total]):
            if n < len(given) and isinstance(given[n], Index):
                index.append(given[n])
            elif n < len(given) and not isinstance(given[n], tree.Slice):
                self._count_from(given[n], found.name, n)
                index.append(self.index(given[n], size, f"axis {n + 1} of `{found.name}`"))
            else:
                is_slice |= n < len(given)
                silent.append(self.hidden(size))
                index.append(silent[-1])
        for letter, size in zip(symbol.fixed, sizes[total:], strict=True):
            index.append(Index(_plain(letter), self.ranges.find(size)))
        if len(silent) > 2:
            raise MeaningError(
                f"`{found.name}` has {len(silent)} silent axes here; at most two can be silent.",
                span, suggestion="write its indices",
            )  # fmt: skip
        entry = tensor[tuple(index)]
        if len(silent) == 1 and symbol.axes.is_row and not is_slice:
            return Value(entry, None, silent[0])
        return Value(entry, *silent)

    def _completed(self, symbol: Any, given: tuple, sizes: tuple) -> tuple:
        """Return the indices of a symbol inside E_{alpha_i}[..]: b is b_ik there, v is v_k."""
        from theory.algebra.expressions import slots

        distribution, axis = self.mean  # type: ignore[misc]
        seen = tuple(k for k in slots(distribution.expression) if k != axis)
        found = tuple(self.ranges.find(size) for size in sizes)
        whole = tuple(self.ranges.find(k.size) for k in (*seen, axis))
        if found == whole and len(given) in (0, len(seen)):
            return (*(given or seen), axis)
        if not given and found and found[0] == self.ranges.find(axis.size):
            return (axis,)
        return given

    # -- arithmetic -------------------------------------------------------------------------

    def _number(self, node: tree.Number) -> Value:
        if len(node.text) > MOST_DIGITS:
            raise MeaningError(
                f"a number may have {MOST_DIGITS} digits; got {len(node.text)}.", node.span
            )
        return Value(sp.Rational(node.text))

    def _add(self, node: tree.Add) -> Value:
        return self.shapes.add([self.value(term) for term in node.terms], node.span)

    def _negate(self, node: tree.Negate) -> Value:
        body = self.value(node.body)
        return Value(-body.expression, body.row, body.column)

    def _product(self, node: tree.Product) -> Value:
        operation = {
            "": self.shapes.multiply, "cdot": self._dot, "times": self.shapes.multiply,
            "odot": self.shapes.times_entrywise, "ast": self.shapes.multiply,
            "otimes": self.shapes.outer,
        }.get(node.operator)  # fmt: skip
        if node.operator == "circ":
            values = [self.value(factor) for factor in node.factors]
            small = [
                f for f in node.factors
                if isinstance(f, tree.Name) and f.font != "bf" and not f.letter[:1].isupper()
            ]
            if any(v.is_scalar for v in values) or small:
                raise MeaningError(
                    "`\\circ` between numbers or functions is a composition, which is not read.",
                    node.span, suggestion="\\odot for the entrywise product",
                )  # fmt: skip
            operation = self.shapes.times_entrywise
            result = values[0]
            for factor in values[1:]:
                result = operation(result, factor, node.span)
            return result
        if operation is None:
            raise MeaningError(
                f"the product `\\{node.operator}` is not part of the language.", node.span
            )
        outer, self.shapes.is_entrywise = self.shapes.is_entrywise, node.operator == "odot"
        try:
            values = [self.value(factor) for factor in node.factors]
        finally:
            self.shapes.is_entrywise = outer
        result = values[0]
        for value in values[1:]:
            result = operation(result, value, node.span)
        return result

    def _dot(self, a: Value, b: Value, span: Span) -> Value:
        r"""``a \\cdot b``: the inner product of two columns, else the product."""
        if len(a.axes) == len(b.axes) == 1 and (a.row is None) == (b.row is None):
            return self.shapes.inner(a, b, span)
        return self.shapes.multiply(a, b, span)

    def _quotient(self, node: tree.Quotient) -> Value:
        above, below = self.value(node.numerator), self.value(node.denominator)
        return self.shapes.divide(above, below, node.denominator.span)

    def _power(self, node: tree.Power) -> Value:
        if isinstance(node.base, tree.Name) and self.roles.spell(node.base) == "e":
            if "e" not in self.authored.taken:
                inner = self.value(node.exponent)
                if inner.is_matrix:
                    raise MeaningError(
                        "the exponential of a matrix is not part of the language.", node.span,
                        suggestion="\\exp(...) for the exponential of every entry",
                    )  # fmt: skip
                return inner.with_expression(functions.exponential(inner.expression))
        reference = self.roles.reference(node)
        if reference is not None and reference.name in self.scope:
            return self.component(self.scope[reference.name], reference.indices, node.span)
        if reference is not None and reference.indices:
            return self.occurrence(reference, node.span)
        base = self.value(node.base)
        exponent = self.scalar(node.exponent, "an exponent")
        if base.is_matrix and exponent == -1:
            return self.inverse(base, node.span)
        if base.is_scalar or exponent == 1:
            if _is_too_large(base.expression, exponent):
                raise MeaningError(
                    f"a power beyond {MOST_POWER} is not part of the language.", node.exponent.span
                )
            return Value(functions.power(base.expression, exponent), base.row, base.column)
        if base.is_matrix and isinstance(exponent, sp.Integer) and 1 < exponent <= 4:
            result = base
            for _ in range(int(exponent) - 1):
                result = self.shapes.multiply(result, base, node.span)
            return result
        if len(base.axes) == 1:
            self.shapes.notes.append("the power of a vector was taken entry by entry")
            return base.with_expression(functions.power(base.expression, exponent))
        raise MeaningError(
            f"a power of {base.shape()} is not part of the language.", node.base.span,
            suggestion="write the sum over its entries",
        )  # fmt: skip

    def inverse(self, value: Value, span: Span) -> Value:
        """Return the inverse of a matrix."""
        self.shapes.square(value, "an inverse", span)
        if value.row is None or value.column is None:
            raise MeaningError(f"an inverse needs a matrix; got {value.shape()}.", span)
        size = self.ranges.find(value.row.size)
        a, b = (fresh(Index(x, size)) for x in "ab")
        body = substitute(value.expression, {value.row: a, value.column: b})
        row, column = self.hidden(size), self.hidden(size)
        return Value(MatrixInverse(body, a, b, row, column), row, column)

    def _transpose(self, node: tree.Transpose) -> Value:
        base = node.base
        if isinstance(base, tree.Entry) and isinstance(base.base, tree.Name):
            found = self.roles.reference(base)
            symbol = self.symbols.table.get(found.name) if found else None
            if found is not None and symbol is not None and base.base is not None:
                plain = not any(isinstance(x, tree.Slice) for x in found.indices)
                if plain and len(found.indices) == 2 == symbol.axes.total:
                    # A^T_{ij} is the entry of the transpose, A_{ji}
                    return self.occurrence(found._replace(indices=found.indices[::-1]), base.span)
        value = self.value(base)
        if node.mark in ("T", "t") and value.is_scalar and isinstance(base, tree.Name | tree.Entry):
            if node.mark in self.roles.sizes:
                return Value(value.expression ** self.ranges.declare(node.mark))
        return self.shapes.transpose(value)

    # -- applications -----------------------------------------------------------------------

    def _apply(self, node: tree.Apply) -> Value:
        mode = self.authored.mode(node)
        if mode == "product":
            if len(node.arguments) != 1:
                raise MeaningError(
                    "a bracket with several entries after a symbol that is no function.", node.span,
                    suggestion="define the function: f(x, y) = ...",
                )  # fmt: skip
            return self.shapes.multiply(
                self.value(node.base), self.value(node.arguments[0]), node.span
            )
        if mode == "built-in":
            return functions.built_in(self, node)
        if mode == "template":
            return self._template(node)
        if mode == "unknown":
            return functions.unknown(self, node)
        reference = self.authored.quantity(node)
        if reference is None:
            raise MeaningError("this function is not read.", node.span)
        return self.occurrence(reference, node.span)

    def _template(self, node: tree.Apply) -> Value:
        """Return the definition of a function with the arguments put in."""
        name = self.authored.function_name(node) or ""
        template = self.authored.templates[name.rstrip("'")]
        primes = len(name) - len(name.rstrip("'"))
        if self._depth >= DEEPEST:
            raise MeaningError("this function is defined by itself.", node.span)
        if len(node.arguments) != len(template.formals):
            raise MeaningError(
                f"`{name}` takes {len(template.formals)} arguments; got {len(node.arguments)}.",
                node.span,
            )
        given: dict[str, Value] = {}
        for formal, argument in zip(template.formals, node.arguments, strict=True):
            if not isinstance(formal, tree.Name):
                raise MeaningError(
                    f"`{name}` is defined for {flat(formal, self.roles.spell)} only.", argument.span
                )
            given[self.roles.spell(formal)] = self.value(argument)
        if primes:
            return functions.derivative_of_template(self, template, given, primes, node.span)
        return self.within(template.body, given, node)

    def within(self, body: tree.Node, given: Mapping[str, Value], node: tree.Node) -> Value:
        """Return the value of a function's body with values for its formal arguments."""
        before, letters = self.scope, self.letters
        self.scope, self.letters = {**before, **given}, dict(letters)
        self._depth += 1
        try:
            found = self.value(body)
        except MeaningError as error:
            raise MeaningError(
                f"with these arguments: {error}", node.span, suggestion=error.suggestion
            ) from None
        finally:
            self.scope, self.letters = before, letters
            self._depth -= 1
        return found

    # -- linear algebra ---------------------------------------------------------------------

    def _inner(self, node: tree.Inner) -> Value:
        return self.shapes.inner(self.value(node.left), self.value(node.right), node.span)


def _is_too_large(base: Any, exponent: Any) -> bool:
    if not isinstance(exponent, sp.Number):
        return False
    return abs(exponent) > (MOST_POWER if not isinstance(base, sp.Number) else 1000)


def _plain(letter: str) -> str:
    """Return an index letter as a name of the calculus."""
    return letter.lstrip("_~") or "i"


_WORDS = {
    tree.Dots: "dots whose pattern is not plain",
    tree.Tuple: "a list in brackets",
    tree.SetOf: "a set",
    tree.Space: "a space",
    tree.Slice: "a colon",
    tree.Compare: "a comparison",
    tree.Matrix: "a matrix written out with a fixed number of entries",
}

_METHODS: Mapping[type, Callable[[Typer, Any], Value]] = {
    tree.Number: Typer._number,
    tree.Name: Typer._name,
    tree.Entry: Typer._entry,
    tree.Add: Typer._add,
    tree.Negate: Typer._negate,
    tree.Product: Typer._product,
    tree.Quotient: Typer._quotient,
    tree.Power: Typer._power,
    tree.Transpose: Typer._transpose,
    tree.Apply: Typer._apply,
    tree.Sum: conditions.big,
    tree.Indicator: conditions.indicator,
    tree.Cases: conditions.cases,
    tree.Inner: Typer._inner,
    tree.Norm: functions.norm,
    tree.Call: functions.call,
    tree.Derivative: calculus.derivative,
    tree.Gradient: calculus.gradient,
    tree.Differential: calculus.differential,
    tree.Directional: calculus.directional,
    tree.Step: calculus.step,
    tree.Rate: calculus.rate,
}
