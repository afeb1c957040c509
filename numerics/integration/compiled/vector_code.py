"""Programs of scalars as machine code that works on `LANES` trajectories at once.

LLVM's vectors do it: every scalar of the program becomes a vector with one entry a trajectory, so
that one instruction serves them all.  The code is built directly, since a compiler of Python would
infer types for thousands of lines first, and would not turn the exponential into vectors.

    void f(double *y, double *p, double *out)    with y (d, LANES), p (m, LANES), out (k, LANES)

The exponential is ours: exp x = 2^n exp r with n = round(x / log 2), |r| <= log(2)/2, and a
polynomial of degree 11 that interpolates exp at Chebyshev points, off by less than 2e-17; see
W. J. Cody and W. Waite, Software Manual for the Elementary Functions (1980), for the reduction.
It is 0 below exp(-708.7) and infinite above exp(709.4).

Half of the work of attention is the exponentials of its softmax.  They are terms of a sum whose
largest is 1, which spares them three operations: a polynomial of degree 10, off by less than 4e-16,
and a reduction that leaves 3e-17 |x| more, which beside exp x is nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from functools import cache, reduce
from typing import Any

import llvmlite.binding as llvm
import sympy as sp
from llvmlite import ir

from numerics.integration.compiled.splitting import split
from theory.codegen.components import (
    FUNCTIONS,
    PIECEWISE,
    Components,
    LocalDerivatives,
    LogSumExp,
    Softmax,
    Stage,
)

__all__ = ["FLAGS", "LANES", "VECTOR", "VectorCode", "chained_products", "declared"]

LANES = 16
"""Trajectories at once: two registers of AVX-512, four of AVX2, eight of SSE and NEON."""

DOUBLE, WORD = ir.DoubleType(), ir.IntType(64)
VECTOR, WORDS = ir.VectorType(DOUBLE, LANES), ir.VectorType(WORD, LANES)

FLAGS = ("contract", "nsz", "arcp")
"""Liberties of the compiler; that something may be infinite or NaN is not to be forgotten."""

FUSED = ("contract",)

LOWEST, HIGHEST = -709.0, 710.0
"""Below and above, n would leave the exponents of a double; here 2^n is 0 and infinite."""

SMALLEST = math.log(2.0**-1022)
"""Below, the exponent n + 1023 of the result would not be one of a normal number."""

LOG_2_HIGH, LOG_2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
"""log 2 = high + low, and n high is exact for the n that occur."""

ROUNDING = 1.5 * 2.0**52
"""Added to a small number it leaves that number, rounded, in the last bits of the sum."""


class VectorCode:
    """A compiled function; ``address`` is valid as long as this object lives.

    ``results``    expressions in state, parameters and stages
    ``chain``      local derivatives to be chained: the Jacobian, row after row, instead of results

    Raises `ValueError` for a function outside `FUNCTIONS`.
    """

    def __init__(
        self, program: Components, stages: Iterable[Stage], results: Sequence[sp.Expr] = (),
        chain: LocalDerivatives | None = None,
    ) -> None:  # fmt: skip
        module = ir.Module(name=program.name)
        pointer = DOUBLE.as_pointer()
        function = ir.Function(module, ir.FunctionType(ir.VoidType(), [pointer] * 3), "f")
        y, p, out = function.args
        for argument in function.args:
            argument.add_attribute("noalias")
        builder: Any = ir.IRBuilder(function.append_basic_block())
        writer = _Writer(module, builder)
        given = [(x, y, n) for n, x in enumerate(program.state)]
        given += [(x, p, n) for n, x in enumerate(program.parameters)]
        for symbol, array, row in given:
            writer.known[symbol] = builder.load(_row(builder, array, row), align=8)
        for stage in stages:
            writer.stage(stage)
        found = map(writer.value, results) if chain is None else writer.jacobian(program, chain)
        for n, value in enumerate(found):
            builder.store(value, _row(builder, out, n), align=8)
        builder.ret_void()
        in_parts = split(function, VECTOR)
        if in_parts:
            for name in ("exp", "falling"):  # to inline it hundreds of times would take seconds
                if name in module.globals:
                    module.globals[name].attributes.add("noinline")
        # a velocity is asked for a dozen times a step: better code is worth the time it takes
        self._engine = _compiled(str(module), 2 if chain is None and not in_parts else 1)
        self.address: int = self._engine.get_function_address("f")


def chained_products(program: Components, local: LocalDerivatives) -> int:
    """Return how many products `VectorCode` writes to chain the local derivatives."""
    d, count = program.dimension, 0
    columns: list[set[int]] = [{n} for n in range(d)] + [set() for _ in range(local.nodes)]
    for node, source in zip(local.node, local.source, strict=True):
        columns[d + node] |= columns[source]
        count += len(columns[source])
    return count


def _row(builder: Any, array: Any, row: int) -> Any:
    place = builder.gep(array, [ir.Constant(WORD, row * LANES)])
    return builder.bitcast(place, VECTOR.as_pointer())


class _Writer:
    """Writes instructions for stages and expressions; ``known`` maps them to their vectors."""

    def __init__(self, module: ir.Module, builder: Any) -> None:
        self.module, self.builder = module, builder
        self.known: dict[sp.Basic, Any] = {}

    def stage(self, stage: Stage) -> None:
        if isinstance(stage, Softmax):
            self.known.update(zip(stage.symbols, self._softmax(stage), strict=True))
        elif isinstance(stage, LogSumExp):
            shift, terms = self._terms(stage)
            total = reduce(self._add, terms)
            self.known[stage.symbol] = self._add(shift, self._called("log", total))
        else:
            self.known[stage.symbol] = self.value(stage.value)

    def jacobian(self, program: Components, local: LocalDerivatives) -> Iterator[Any]:
        """Yield the entries of the Jacobian, by chaining what is not zero in each row."""
        d, outputs = program.dimension, len(program.outputs)
        rows: list[dict[int, Any]] = [{n: _constant(1.0)} for n in range(d)]
        rows += [{} for _ in range(local.nodes)]
        for node, source, partial in zip(local.node, local.source, local.partials, strict=True):
            target = rows[d + node]
            for column, value in rows[source].items():
                term = self.value(partial)
                term = term if source < d else self._multiply(term, value)
                target[column] = self._add(target[column], term) if column in target else term
        for row in rows[len(rows) - outputs :]:
            yield from (row.get(column, _constant(0.0)) for column in range(d))

    def value(self, e: sp.Basic) -> Any:
        if e not in self.known:
            self.known[e] = self._written(e)
        return self.known[e]

    def _written(self, e: sp.Basic) -> Any:
        if isinstance(e, sp.Number | sp.NumberSymbol):
            return _constant(float(e))
        if isinstance(e, sp.Add):
            return self._sum(e)
        if isinstance(e, sp.Mul):
            return self._product(e)
        if isinstance(e, sp.Pow):
            return self._power(e)
        name = type(e).__name__
        if name in PIECEWISE:
            return self._piecewise(name, *map(self.value, e.args))
        if name not in FUNCTIONS:
            raise ValueError(
                f"generated code cannot call `{name}`; it knows {', '.join(FUNCTIONS)}."
            )
        return self._called(name, self.value(e.args[0]))

    def _sum(self, e: sp.Add) -> Any:
        total = None
        for term in e.args:
            negative = term.could_extract_minus_sign()
            value = self.value(-term if negative else term)
            if total is None:
                total = self.builder.fneg(value) if negative else value
            else:
                total = (self._subtract if negative else self._add)(total, value)
        return total

    def _product(self, e: sp.Mul) -> Any:
        if e.args[0] == -1:
            return self.builder.fneg(self.value(-e))
        above, below = [], []
        for x in e.args:
            divides = isinstance(x, sp.Pow) and x.base != sp.E and x.exp.is_negative
            (below if divides else above).append(1 / x if divides else x)
        product = reduce(self._multiply, map(self.value, above)) if above else _constant(1.0)
        return (
            self._divide(product, reduce(self._multiply, map(self.value, below)))
            if below
            else product
        )

    def _power(self, e: sp.Pow) -> Any:
        if e.base == sp.E:
            return self._called("exp", self.value(e.exp))
        if e.exp.is_negative:
            return self._divide(_constant(1.0), self.value(1 / e))
        if e.exp == sp.Rational(1, 2):
            return self._called("sqrt", self.value(e.base))
        if not isinstance(e.exp, sp.Integer):
            return self._called("exp", self.value(e.exp * sp.log(e.base)))
        power, rest, result = self.value(e.base), int(e.exp), None
        while rest:
            if rest % 2:
                result = power if result is None else self._multiply(result, power)
            rest //= 2
            power = self._multiply(power, power) if rest else power
        return result

    def _softmax(self, stage: Softmax) -> list[Any]:
        if len(stage.exponents) == 2 and all(w == 1 for w in stage.weights):
            return self._logistic(*map(self.value, stage.exponents))
        _, terms = self._terms(stage)
        inverse = self._divide(_constant(1.0), reduce(self._add, terms))
        return [self._multiply(x, inverse) for x in terms]

    def _logistic(self, first: Any, second: Any) -> list[Any]:
        """Return the softmax of two exponents by one exponential: that of the smaller, shifted."""
        gap = self._subtract(first, second)
        ahead = self.builder.fcmp_ordered(">", gap, _constant(0.0))
        falls = self.builder.select(ahead, self.builder.fneg(gap), gap)
        weight = self._called("falling", falls)
        large = self._divide(_constant(1.0), self._add(_constant(1.0), weight))
        small = self._multiply(weight, large)
        select = self.builder.select
        return [select(ahead, large, small), select(ahead, small, large)]

    def _terms(self, stage: Softmax | LogSumExp) -> tuple[Any, list[Any]]:
        """Return the largest exponent, and w_k exp(e_k - largest)."""
        exponents = [self.value(e) for e in stage.exponents]
        shift = reduce(self._larger, exponents)
        terms = [self._called("falling", self._subtract(e, shift)) for e in exponents]
        return shift, [
            term if w == 1 else self._multiply(self.value(w), term)
            for term, w in zip(terms, stage.weights, strict=True)
        ]

    def _larger(self, a: Any, b: Any) -> Any:
        return self.builder.select(self.builder.fcmp_ordered(">", a, b), a, b)

    def _add(self, a: Any, b: Any) -> Any:
        return self.builder.fadd(a, b, flags=FLAGS)

    def _subtract(self, a: Any, b: Any) -> Any:
        return self.builder.fsub(a, b, flags=FLAGS)

    def _multiply(self, a: Any, b: Any) -> Any:
        return self.builder.fmul(a, b, flags=FLAGS)

    def _divide(self, a: Any, b: Any) -> Any:
        return self.builder.fdiv(a, b, flags=FLAGS)

    def _piecewise(self, name: str, x: Any, other: Any = None) -> Any:
        if name == "jump":
            return _constant(0.0)
        greater = self.builder.fcmp_ordered
        if name == "maximum":
            return self.builder.select(greater(">", x, other), x, other)
        at_most = self.builder.select(greater("<", x, _constant(0.0)), *map(_constant, (0.0, 0.5)))
        return self.builder.select(greater(">", x, _constant(0.0)), _constant(1.0), at_most)

    def _called(self, name: str, x: Any) -> Any:
        if name in ("exp", "falling"):
            return self.builder.call(_exponential(self.module, name), [x])
        if name == "sqrt":
            kind = ir.FunctionType(VECTOR, [VECTOR])
            return self.builder.call(declared(self.module, f"llvm.sqrt.v{LANES}f64", kind), [x])
        return self.builder.call(_one_by_one(self.module, name), [x])


def _constant(value: float) -> ir.Constant:
    return ir.Constant(VECTOR, [value] * LANES)


def declared(module: ir.Module, name: str, kind: ir.FunctionType) -> Any:
    """Return the function of a module by its name, declared if it is not yet known there."""
    return module.globals.get(name) or ir.Function(module, kind, name)


@cache
def _polynomial(degree: int) -> tuple[float, ...]:
    """Return the coefficients for exp on [-log(2)/2, log(2)/2], the highest first."""
    from mpmath.ctx_mp import MPContext

    own: Any = MPContext()  # the precision of mpmath itself is one for all threads
    own.dps = 40
    half = own.log(2) / 2
    return tuple(map(float, own.chebyfit(own.exp, [-half, half], degree + 1)))


def _one_by_one(module: ir.Module, name: str) -> Any:
    """Return a function of a vector that calls one of the C library for every entry."""
    if f"each_{name}" in module.globals:
        return module.globals[f"each_{name}"]
    function = ir.Function(module, ir.FunctionType(VECTOR, [VECTOR]), f"each_{name}")
    function.linkage = "internal"
    function.attributes.add("noinline")
    builder = ir.IRBuilder(function.append_basic_block())
    scalar = declared(module, name, ir.FunctionType(DOUBLE, [DOUBLE]))
    result: Any = ir.Constant(VECTOR, ir.Undefined)
    for lane in range(LANES):
        place = ir.Constant(ir.IntType(32), lane)
        entry = builder.call(scalar, [builder.extract_element(function.args[0], place)])
        result = builder.insert_element(result, entry, place)
    builder.ret(result)
    return function


def _exponential(module: ir.Module, name: str) -> Any:
    """Return a function of a vector, written into the module when it is first asked for.

    ``name``  "exp", or "falling" for the exponents of a softmax, of which the largest is 0
    """
    if name in module.globals:
        return module.globals[name]
    function = ir.Function(module, ir.FunctionType(VECTOR, [VECTOR]), name)
    function.linkage = "internal"
    builder: Any = ir.IRBuilder(function.append_basic_block())
    write = {"exp": _exp, "falling": _falling}[name]
    builder.ret(write(builder, function.args[0]))
    return function


def _exp(builder: Any, x: Any) -> Any:
    for bound, beyond in ((LOWEST, ">"), (HIGHEST, "<")):  # NaN is beyond nothing, and stays
        outside = builder.fcmp_ordered(beyond, _constant(bound), x)
        x = builder.select(outside, _constant(bound), x)
    total, power = _reduced(builder, x, (LOG_2_HIGH, LOG_2_LOW), 11, 1023)
    return builder.fmul(total, builder.bitcast(power, VECTOR))


def _falling(builder: Any, x: Any) -> Any:
    """Return exp x for x that is 0 or below; a NaN must be one that arithmetic has made.

    The bits that the scaling adds to the exponent come from the end of n + 1.5 2^52, and the end of
    such a NaN is 0.
    """
    total, power = _reduced(builder, x, (math.log(2),), 10, 0)
    scaled = builder.bitcast(builder.add(builder.bitcast(total, WORDS), power), VECTOR)
    vanishes = builder.fcmp_ordered(">", _constant(SMALLEST), x)
    return builder.select(vanishes, _constant(0.0), scaled)


def _reduced(
    builder: Any, x: Any, logarithm: Sequence[float], degree: int, bias: int
) -> tuple[Any, Any]:
    """Return exp r, and n + bias where the exponent of a double lies.

    ``logarithm``  log 2 as a sum: one number leaves an error of 3e-17 |x| in r
    """
    scaled = builder.fmul(x, _constant(1 / math.log(2)), flags=FUSED)
    shifted = builder.fadd(scaled, _constant(ROUNDING + bias), flags=FUSED)
    n, rest = builder.fsub(shifted, _constant(ROUNDING + bias)), x
    for part in logarithm:
        rest = builder.fsub(rest, builder.fmul(n, _constant(part), flags=FUSED), flags=FUSED)
    highest, *others = _polynomial(degree)
    total: Any = _constant(highest)
    for coefficient in others:
        product = builder.fmul(total, rest, flags=FUSED)
        total = builder.fadd(product, _constant(coefficient), flags=FUSED)
    power = builder.shl(builder.bitcast(shifted, WORDS), ir.Constant(WORDS, [52] * LANES))
    return total, power


def _machine(level: int) -> llvm.TargetMachine:
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    target = llvm.Target.from_default_triple()
    return target.create_target_machine(
        cpu=llvm.get_host_cpu_name(), features=llvm.get_host_cpu_features().flatten(),
        opt=level, jit=True,
    )  # fmt: skip


def _compiled(text: str, level: int) -> llvm.ExecutionEngine:
    """Return the code of a module; the higher the level, the longer instructions are ordered."""
    module = llvm.parse_assembly(text)
    module.verify()
    machine = _machine(level)
    options = llvm.create_pipeline_tuning_options(speed_level=2)
    builder = llvm.create_pass_builder(machine, options)
    builder.getModulePassManager().run(module, builder)
    engine = llvm.create_mcjit_compiler(module, machine)
    engine.finalize_object()
    return engine
