"""From lines of a model over symbolic sizes to a program of scalars at concrete sizes.

Demand-driven: an entry asked for writes the stage it needs, once, and those before it.  Inner sums
(the baseline E_{alpha_i}[b]) become stages of their own, so they are shared.  A softmax is
recognised in the structure of a line, never by its name, and so is log sum exp; the log of a
softmax becomes its exponent minus the log-sum-exp of its row, which no underflow reaches.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sympy as sp

from theory.algebra.expressions import bound_of, entry_tensor, slots
from theory.algebra.symbols import Index, Size, Tensor
from theory.codegen.components.program import Assign, Components, LogSumExp, Softmax, Stage
from theory.codegen.names import Names
from theory.codegen.patterns import Softmax as SoftmaxPattern
from theory.codegen.patterns import exponential_sum, softmax_in, written_out_exponentials
from theory.models.model import Definition, name_of

__all__ = ["entries", "unroll"]

Environment = Mapping[Index, int]
_Row = tuple[tuple[sp.Expr, ...], tuple[sp.Expr, ...]]  # exponents and weights


def unroll(
    name: str,
    lines: Iterable[Definition],
    state: Sequence[sp.Basic],
    parameters: Sequence[sp.Basic],
    outputs: Sequence[tuple[Sequence[Index], sp.Expr]],
    sizes: Mapping[str, int],
) -> Components:
    """Return the program that computes ``outputs`` from ``state`` and ``parameters``.

    ``lines``        definitions in order; those of a state or parameter tensor are cut away
    ``state``        tensors and scalars that move, laid out one after the other, last axis fastest
    ``parameters``   tensors and scalars that stay, laid out the same way
    ``outputs``      (indices, expression): its entries at all values of the indices, last fastest
    ``sizes``        the number behind every `Size`, by name

    Raises `ValueError` for a size without a number, a quantity nothing defines, an expression that
    has no value at concrete sizes (a derivative that was not resolved).
    """
    work = _Unroller(name, lines, sizes)
    first = tuple(itertools.chain.from_iterable(work.declare(x) for x in state))
    second = tuple(itertools.chain.from_iterable(work.declare(x) for x in parameters))
    work.constants.update(second)
    results = tuple(e for free, output in outputs for e in work.every_entry(free, output))
    labels = tuple(label for x in state for label in entries(x, sizes))
    return Components(name, first, second, tuple(work.stages), results, labels)


def entries(x: sp.Basic, sizes: Mapping[str, int]) -> list[str]:
    """Return the entries of a tensor as papers write them: s_11, s_12, ..., W_Q,11, or x itself."""
    if not isinstance(x, Tensor):
        return [name_of(x)]
    name, shape = name_of(x), [sizes[size.name] for size in x.axes]
    between = "," if max(shape, default=0) > 9 else ""
    link = "," if "_" in name else "_"
    return [f"{name}{link}{between.join(map(str, place))}" for place in _places(shape)]


def _places(shape: Sequence[int]) -> Iterable[tuple[int, ...]]:
    return itertools.product(*(range(1, n + 1) for n in shape))


class _Unroller:
    """Writes stages on demand; ``known`` maps each entry that has a symbol to it."""

    def __init__(self, name: str, lines: Iterable[Definition], sizes: Mapping[str, int]) -> None:
        self.name, self.sizes = name, sizes
        self.lines = {line.name: line for line in lines}
        self.stages: list[Stage] = []
        self.known: dict[tuple[str, tuple[int, ...]], sp.Expr] = {}
        self.constants: set[sp.Symbol] = set()
        self._softmax: dict[sp.Basic, tuple[sp.Expr, _Row]] = {}
        self._made: dict[object, sp.Symbol] = {}
        self._names = Names()

    # -- symbols --------------------------------------------------------------------------------

    def declare(self, x: sp.Basic) -> list[sp.Symbol]:
        """Return the symbols of all entries of a tensor that is given."""
        name = name_of(x)
        shape = [self._number(size) for size in x.axes] if isinstance(x, Tensor) else []
        self.lines.pop(name, None)
        made = []
        for place in _places(shape):
            symbol = self._symbol(name, place)
            self.known[name, place] = symbol
            made.append(symbol)
        return made

    def _symbol(self, name: str, place: tuple[int, ...] = ()) -> sp.Symbol:
        between = "_" if max(place, default=0) > 9 else ""
        text = f"{name}_{between.join(map(str, place))}" if place else name
        return sp.Symbol(self._names.new(text), real=True)

    def _number(self, size: sp.Basic) -> int:
        if str(size) not in self.sizes:
            raise ValueError(
                f"program `{self.name}`: the size `{size}` needs a number; "
                f"got numbers for {sorted(self.sizes)}."
            )
        return self.sizes[str(size)]

    def _stage(self, value: sp.Expr, name: str, place: tuple[int, ...] = ()) -> sp.Expr:
        """Return a symbol for ``value``; symbols and numbers stand for themselves."""
        if value.is_Symbol or value.is_number:
            return value
        if value not in self._made:
            symbol = self._symbol(name, place)
            self.stages.append(Assign(symbol, value))
            self._made[value] = symbol
        return self._made[value]

    # -- entries --------------------------------------------------------------------------------

    def every_entry(self, free: Sequence[Index], output: sp.Expr) -> Iterable[sp.Expr]:
        """Yield the value of an expression at all values of its free indices."""
        for place in _places([self._number(k.size) for k in free]):
            yield self.value(output, dict(zip(free, place, strict=True)))

    def entry(self, name: str, place: tuple[int, ...]) -> sp.Expr:
        """Return the symbol (or number) of one entry, writing its stages if it has none yet."""
        if (name, place) not in self.known:
            line = self.lines.get(name)
            if line is None:
                raise ValueError(
                    f"program `{self.name}`: nothing defines `{name}`; it is neither state nor "
                    "parameter nor a line of the model."
                )
            self._write(line, place)
        return self.known[name, place]

    def _write(self, line: Definition, place: tuple[int, ...]) -> None:
        env = dict(zip(line.parameters, place, strict=True))
        found = softmax_in(line.value)
        if found is not None and found[0].is_whole and found[1] == 1:
            self._write_softmax(line, found[0], env)
        else:
            e = line.value  # a sum that is the whole line bears the name of the line
            value = self._sum(e, env) if isinstance(e, sp.Sum) else self.value(e, env)
            self.known[line.name, place] = self._stage(value, line.name, place)

    def _write_softmax(self, line: Definition, softmax: SoftmaxPattern, env: Environment) -> None:
        """Write a whole row at once."""
        here = [{**env, softmax.along: n} for n in self._range(softmax.along)]
        places = [tuple(place[k] for k in line.parameters) for place in here]
        row = self._row(softmax.exponent, softmax.weight, here)
        symbols = tuple(self._symbol(line.name, place) for place in places)
        self.stages.append(Softmax(symbols, *row))
        for place, symbol, exponent in zip(places, symbols, row[0], strict=True):
            self.known[line.name, place] = symbol
            self._softmax[symbol] = (exponent, row)

    def _row(self, exponent: sp.Expr, weight: sp.Expr, here: Iterable[Environment]) -> _Row:
        """Return the exponents and constant weights of a row; other weights go into exponents."""
        exponents, weights = [], []
        for env in here:
            e, w = self.value(exponent, env), self.value(weight, env)
            if not w.free_symbols <= self.constants:
                e, w = e + self._log(weight, env), sp.S.One
            exponents.append(self._stage(e, "e"))
            weights.append(w)
        return tuple(exponents), tuple(weights)

    def _log_sum_exp(self, row: _Row) -> sp.Expr:
        if row not in self._made:
            symbol = self._symbol("lse")
            self.stages.append(LogSumExp(symbol, *row))
            self._made[row] = symbol
        return self._made[row]

    def _range(self, k: Index) -> range:
        return range(1, self._number(k.size) + 1)

    # -- values ---------------------------------------------------------------------------------

    def value(self, e: Any, env: Environment) -> sp.Expr:
        """Return an expression with its indices at ``env`` in terms of symbols."""
        if isinstance(e, sp.Indexed):
            place = tuple(int(self.value(k, env)) for k in slots(e))
            return self.entry(name_of(entry_tensor(e)), place)
        if isinstance(e, Index):
            return sp.Integer(env[e])
        if isinstance(e, Size):
            return sp.Integer(self._number(e))
        if isinstance(e, sp.Symbol):
            return self.entry(e.name, ())
        if isinstance(e, sp.Sum):
            return self._stage(self._sum(e, env), "sum")
        if isinstance(e, sp.log):
            return self._log(e.args[0], env)
        if isinstance(e, sp.Number | sp.NumberSymbol):
            return e
        if isinstance(e, sp.Add | sp.Mul | sp.Pow | sp.Function):
            return self._rebuilt(e, env)
        raise ValueError(
            f"program `{self.name}`: `{e}` has no value at concrete sizes; "
            "resolve derivatives with `Theory.resolve` first."
        )

    def _rebuilt(self, e: sp.Basic, env: Environment) -> sp.Expr:
        if isinstance(e, sp.Pow) and e.exp.is_integer and e.exp.is_negative:
            terms = written_out_exponentials(e.base)
            if terms is not None:
                return self._logistic(terms, env) ** -e.exp
        if isinstance(e, sp.Mul):  # a delta that is zero spares the rest, which may be undefined
            deltas = [x for x in e.args if isinstance(x, sp.KroneckerDelta)]
            if any(self._rebuilt(x, env) == 0 for x in deltas):
                return sp.S.Zero
        return e.func(*(self.value(x, env) for x in e.args))  # type: ignore[return-value]

    def _logistic(self, terms: _Row, env: Environment) -> sp.Expr:
        """Return 1 over a sum of exponentials: the weight of the exponent 0 in their softmax."""
        row = self._written_out(terms, env)
        if ("softmax", row) not in self._made:
            symbols = tuple(self._symbol("weight", (n,)) for n in range(1, len(terms[0]) + 1))
            self.stages.append(Softmax(symbols, *row))
            self._made["softmax", row] = symbols[0]
            self._softmax[symbols[0]] = (row[0][0], row)
        return self._made["softmax", row] / row[1][0]

    def _written_out(self, terms: _Row, env: Environment) -> _Row:
        exponents = tuple(self._stage(self.value(e, env), "e") for e in terms[0])
        return exponents, terms[1]

    def _sum(self, e: sp.Sum, env: Environment) -> sp.Expr:
        bound = bound_of(e)
        terms = [
            self.value(e.args[0], {**env, **dict(zip(bound, place, strict=True))})
            for place in _places([self._number(k.size) for k in bound])
        ]
        return sp.Add(*terms)

    def _log(self, argument: sp.Basic, env: Environment) -> sp.Expr:
        parts = exponential_sum(argument)
        if parts is not None:
            ranges = itertools.product(*map(self._range, parts.bound))
            here = [{**env, **dict(zip(parts.bound, place, strict=True))} for place in ranges]
            return self._log_sum_exp(self._row(parts.exponent, parts.weight, here))
        terms = written_out_exponentials(argument)
        if terms is not None:
            return self._log_sum_exp(self._written_out(terms, env))
        value = self.value(argument, env)
        if value in self._softmax:
            exponent, row = self._softmax[value]
            if all(w == 1 for w in row[1]):
                return exponent - self._log_sum_exp(row)
        return sp.log(value)
