"""Index expression -> array code: one readable statement for each line of a model.

A sum of products becomes matrix products (`sums`), what would overflow becomes a stable statement
(`exponentials`), all else is elementwise arithmetic with broadcasting (`arithmetic`).  What is used
twice, or would make a line too long, gets a name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sympy as sp

from theory.algebra.expressions import entry_tensor
from theory.algebra.symbols import Index, Size, Tensor
from theory.codegen import arithmetic, exponentials, sums
from theory.codegen.dialect import Dialect
from theory.codegen.in_place import SELF, Steps, in_place
from theory.codegen.names import Names, subscripts
from theory.codegen.patterns import axes_of
from theory.codegen.values import ATOM, SUM, Value, align
from theory.models.model import name_of

__all__ = ["Facts", "Statement", "Writer"]

LONGEST = 72  # characters of nested operands; what is longer is given a name
Order = Sequence[Index]


@dataclass(frozen=True)
class Statement:
    """``name operator code``, with a comment; a line of its own without a name.

    ``depth`` counts the loops and conditions round it.
    """

    name: str
    operator: str
    code: str
    comment: str = ""
    depth: int = 0


@dataclass(frozen=True)
class Facts:
    """What a writer has to know about the program as a whole.

    ``logs``: for every tensor whose logarithm is taken, the tensor whose zeros make the product
    zero (`guards.zero_guards`).  ``softmaxes``: the tensors defined as a softmax, True if some
    entries may be exactly zero.  ``used``: tensors of which more than the logarithm is needed.
    ``masks``: tensors of zeros and ones.  ``shared``: sums that occur
    twice, as canonical texts.  ``like``: an array whose type and device new arrays take.
    """

    logs: Mapping[str, str | None]
    softmaxes: Mapping[str, bool]
    used: frozenset[str]
    masks: frozenset[str]
    shared: frozenset[str]
    like: str | None


class Writer:
    """Collects the ``statements`` of one function, and in ``sizes`` the sizes they use.

    ``foreign`` are the variables that the caller holds or gets: no result may be their alias.
    ``known`` holds the variables of intermediates that may be used again, by canonical text, with
    the places of their axes among the free indices of that text; ``logs`` the variables of
    logarithms by tensor, ``unguarded`` those that still hold log 0; ``variables`` the names that
    pieces of code were given.
    """

    def __init__(
        self, dialect: Dialect, names: Names, facts: Facts, foreign: frozenset[str]
    ) -> None:
        self.dialect, self.names, self.facts, self.foreign = dialect, names, facts, foreign
        self.statements: list[Statement] = []
        self.depth = 0
        self.sizes: dict[str, None] = {}
        self.known: dict[str, tuple[str, tuple[int, ...]]] = {}
        self.variables: dict[str, str] = {}
        self.logs: dict[str, str] = {}
        self.unguarded: set[str] = set()

    # -- statements -------------------------------------------------------------------------

    def assign(self, name: str, code: str, comment: str = "", operator: str = "=") -> None:
        """Append ``name = code``."""
        self.statements.append(Statement(name, operator, code, comment, self.depth))

    def control(self, code: str, comment: str = "") -> None:
        """Append a line that opens a block, such as ``for ...:``; what follows stands in it."""
        self.statements.append(Statement("", "", code, comment, self.depth))
        self.depth += 1

    def named(self, value: Value) -> Value:
        """Return the value as a variable, assigning it unless it is one already."""
        if value.is_name:
            return value
        if value.code not in self.variables:
            name = self.names.new(value.hint[:24].strip("_") or "t")
            self.assign(name, value.code)
            self.variables[value.code] = name
        name = self.variables[value.code]
        return Value(name, value.axes, ATOM, name)

    def fit(self, values: Sequence[Value], longest: int = LONGEST) -> list[Value]:
        """Return the values, the longest ones named until the rest is no longer than that."""
        fitted = list(values)
        while sum(len(v.code) for v in fitted) > longest:
            compound = [v for v in fitted if not v.is_name and len(v.code) > 8]
            if not compound:
                break
            place = fitted.index(max(compound, key=lambda v: len(v.code)))
            fitted[place] = self.named(fitted[place])
        return fitted

    def define(self, symbol: sp.Expr, value: sp.Expr, comment: str, *, own: bool) -> None:
        """Append the statements for one line ``symbol = value`` of a model.

        ``own``: the array is handed to the caller, so it must not be another one's alias.
        """
        tensor, axes = name_of(entry_tensor(symbol)), axes_of(symbol)
        if exponentials.define_softmax(self, tensor, value, axes, comment):
            return
        steps = in_place(self, value, axes) or [("=", self.complete(value, axes, own=own))]
        self._carry_out(self.names.of(tensor), steps, comment)

    def result(self, expression: sp.Expr, axes: Order) -> str:
        """Return the code of an expression that is handed to the caller."""
        steps = in_place(self, expression, axes)
        if steps is None:
            return self.complete(expression, axes, own=True)
        name = self.names.new("result")
        self._carry_out(name, steps, "")
        return name

    def _carry_out(self, name: str, steps: Steps, comment: str) -> None:
        for operator, code in steps:
            self.assign(name, code.replace(SELF, name), comment, operator)
            comment = ""

    def complete(self, expression: sp.Expr, axes: Order, *, own: bool) -> str:
        """Return the code of an array that has all of ``axes``, in this order."""
        axes = tuple(axes)
        if isinstance(expression, sp.Add):  # the layout gives each term a line of its own
            value = arithmetic.sum_of_terms(self, expression, axes, whole=True)
        else:
            value = self.value(expression, axes)
        is_full = set(axes) <= set(value.axes)
        value = align(value, axes, self.dialect)
        if is_full:
            alias = own and axes and value.is_name and value.root in self.foreign
            return f"{value.code}.{self.dialect.copy}()" if alias else value.code
        shape = [self.size(k.size) for k in axes]
        zeros = self.dialect.filled("zeros", shape, self.facts.like)
        return zeros if value.code == "0" else f"{value.at_least(SUM)} + {zeros}"

    # -- expressions ------------------------------------------------------------------------

    def value(self, e: sp.Basic, order: Order = ()) -> Value:
        """Return the code of an expression; its axes stand in ``order`` as far as that says.

        Raises `ValueError` for what has no code: an unknown function, an index as a number.
        """
        if isinstance(e, sp.Indexed):
            return self.entry(e)
        if isinstance(e, Size):
            return Value(self.size(e), (), ATOM, e.name)
        if isinstance(e, sp.Symbol) and not isinstance(e, Index):
            return Value(self.names.of(e.name), (), ATOM, e.name)
        if isinstance(e, sp.Rational | sp.NumberSymbol):
            return arithmetic.number(e)
        if isinstance(e, sp.Add):
            return arithmetic.sum_of_terms(self, e, order)
        if isinstance(e, sp.Mul | sp.Pow):
            return arithmetic.product(self, e, order)
        if isinstance(e, sp.Sum):
            return sums.total(self, e, order)
        if isinstance(e, sp.KroneckerDelta):
            return self._delta(e)
        if isinstance(e, sp.log):
            return exponentials.log(self, e, order)
        return self.function(e, order)

    def size(self, size: Size) -> str:
        """Return the variable that holds a size."""
        self.sizes[size.name] = None
        return self.names.of_size(size.name)

    def entry(self, e: sp.Indexed, name: str = "") -> Value:
        """Return a tensor with its indices as axes: a diagonal for x_ii, a slice for x_1j."""
        hint = name_of(e.base)
        name = name or self.names.of(hint)
        if any(not isinstance(k, Index) for k in e.indices):
            places = [":" if isinstance(k, Index) else str(int(str(k)) - 1) for k in e.indices]
            while places[-1] == ":":
                places.pop()
            name = f"{name}[{', '.join(places)}]"
        axes = tuple(k for k in e.indices if isinstance(k, Index))
        distinct = tuple(dict.fromkeys(axes))
        if len(distinct) < len(axes):
            name = self.dialect.einsum(subscripts([axes], distinct), [name], False)
        return Value(name, distinct, ATOM, hint)

    def _delta(self, e: sp.KroneckerDelta) -> Value:
        ends = tuple(k for k in e.args[:2] if isinstance(k, Index))
        eye = self.dialect.filled("eye", [self.size(ends[0].size)], self.facts.like)
        if len(ends) == 2:
            return Value(eye, ends, ATOM, "delta")
        (place,) = (k for k in e.args[:2] if not isinstance(k, Index))
        return Value(f"{eye}[{int(str(place)) - 1}]", ends, ATOM, "delta")

    def function(self, e: sp.Basic, order: Order) -> Value:
        """Return a function of one argument, applied elementwise."""
        name = self.dialect.functions.get(e.func)
        if name is None or len(e.args) != 1:
            known = ", ".join(sorted(f.__name__ for f in self.dialect.functions))
            what = "a tensor without its indices" if isinstance(e, Tensor) else type(e).__name__
            raise ValueError(
                f"`{e}` cannot be written as {self.dialect.name} source: {what} is not in the "
                f"language (sums, products, powers, {known}). Rewrite it with these."
            )
        (value,) = self.fit([self.value(e.args[0], order)])
        if arithmetic.is_plain(e):
            name = {"Abs": "abs"}.get(e.func.__name__, f"math.{e.func.__name__}")
        return Value(f"{name}({value.code})", value.axes, ATOM, f"{e.func.__name__}_{value.hint}")
