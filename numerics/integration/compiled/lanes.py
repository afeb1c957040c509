"""Vectors with one entry a lane, for loops that numba compiles.

A `row` of an array (rows, LANES) becomes one value: `+ - * /`, `absolute`, `larger`, `where_larger`
on it are single vector instructions, and a total stays in a register.  numba's own loops over
so few entries would be unrolled into scalar instructions.

    total = row(x, r)
    for c in range(r):
        total -= row(w, r * d + c) * row(x, c)
    put(x, r, total)

Imported by the kernel and the methods only, since it imports numba.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic, models, overload, register_model

from numerics.integration.compiled.vector_code import FLAGS, LANES, VECTOR, declared

__all__ = ["absolute", "constant", "larger", "put", "root", "row", "summed", "where_larger"]


class _Lanes(types.Type):
    """The type of a vector with one entry a lane."""

    def __init__(self) -> None:
        super().__init__(name="Lanes")


lanes = _Lanes()


@register_model(_Lanes)
class _Model(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, VECTOR)


def _place(context: Any, builder: Any, kind: Any, array: Any, index: Any) -> Any:
    """Return the address of a row of an array whose rows are `LANES` long."""
    data = context.make_array(kind)(context, builder, array).data
    width = ir.Constant(index.type, LANES)
    return builder.bitcast(builder.gep(data, [builder.mul(index, width)]), VECTOR.as_pointer())


def _row(typing, array, index):
    def code(context, builder, signature, arguments):
        return builder.load(_place(context, builder, signature.args[0], *arguments), align=8)

    return lanes(array, types.intp), code


row: Any = intrinsic(_row)
"""A row of an array (rows, LANES)."""


def _put(typing, array, index, value):
    def code(context, builder, signature, arguments):
        place = _place(context, builder, signature.args[0], *arguments[:2])
        builder.store(arguments[2], place, align=8)
        return context.get_dummy_value()

    return types.void(array, types.intp, lanes), code


put: Any = intrinsic(_put)
"""Writes a row of an array (rows, LANES)."""


def _everywhere(builder: Any, value: Any) -> Any:
    """Return a vector of equal entries."""
    place = ir.Constant(ir.IntType(32), 0)
    one = builder.insert_element(ir.Constant(VECTOR, ir.Undefined), value, place)
    everywhere = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)
    return builder.shuffle_vector(one, ir.Constant(VECTOR, ir.Undefined), everywhere)


def _constant(typing, value):
    def code(context, builder, signature, arguments):
        return _everywhere(builder, arguments[0])

    return lanes(types.float64), code


constant: Any = intrinsic(_constant)
"""A vector of equal entries."""


def summed(weights: np.ndarray) -> Any:
    """Return what sums row c of arrays x (n, rows, LANES), with weights (n,) that are known now.

    ``(x, c)``, x contiguous; weights of 0 are left out.  One piece of code where a loop over a
    constant would be unrolled by the compiler, which takes it many times as long.
    """
    used = [(int(m), float(weights[m])) for m in np.flatnonzero(weights)]

    @intrinsic
    def total(typing, x, c):
        def code(context, builder, signature, arguments):
            array = context.make_array(signature.args[0])(context, builder, arguments[0])
            rows = builder.extract_value(array.shape, 1)
            total = None
            for m, weight in used:
                index = builder.add(builder.mul(ir.Constant(rows.type, m), rows), arguments[1])
                place = builder.gep(array.data, [builder.mul(index, ir.Constant(rows.type, LANES))])
                value = builder.load(builder.bitcast(place, VECTOR.as_pointer()), align=8)
                factor = ir.Constant(VECTOR, [weight] * LANES)
                term = builder.fmul(factor, value, flags=FLAGS)
                total = term if total is None else builder.fadd(total, term, flags=FLAGS)
            return total if total is not None else ir.Constant(VECTOR, [0.0] * LANES)

        return lanes(x, types.intp), code

    return total


def _compared(builder: Any, a: Any, b: Any, this: Any, that: Any) -> Any:
    return builder.select(builder.fcmp_ordered(">", a, b), this, that)


def _where_larger(typing, a, b, this, that):
    def code(context, builder, signature, arguments):
        return _compared(builder, *arguments)

    return lanes(lanes, lanes, lanes, lanes), code


where_larger: Any = intrinsic(_where_larger)
"""``(a, b, this, that)``: this in the lanes in which a > b, that in the others."""


def _larger(typing, a, b):
    def code(context, builder, signature, arguments):
        return _compared(builder, *arguments, *arguments)

    return lanes(lanes, lanes), code


larger: Any = intrinsic(_larger)
"""The larger of two in every lane."""


def _unary(name: str) -> Any:
    @intrinsic
    def operation(typing, x):
        def code(context, builder, signature, arguments):
            kind = ir.FunctionType(VECTOR, [VECTOR])
            function = declared(builder.module, f"llvm.{name}.v{LANES}f64", kind)
            return builder.call(function, arguments)

        return lanes(lanes), code

    return operation


absolute, root = _unary("fabs"), _unary("sqrt")
"""The absolute value and the square root in every lane."""


def _binary(name: str) -> Callable[..., Any]:
    @intrinsic
    def operation(typing, a, b):
        def code(context, builder, signature, arguments):
            return getattr(builder, name)(*arguments, flags=FLAGS)

        return lanes(lanes, lanes), code

    return operation


def _overloaded(symbol: Callable[..., Any], name: str) -> None:
    operation = _binary(name)

    @overload(symbol)
    def chosen(a, b):
        if isinstance(a, _Lanes) and isinstance(b, _Lanes):
            return lambda a, b: operation(a, b)
        return None


for _symbol, _name in (
    (operator.add, "fadd"), (operator.sub, "fsub"), (operator.mul, "fmul"),
    (operator.truediv, "fdiv"), (operator.iadd, "fadd"), (operator.isub, "fsub"),
    (operator.imul, "fmul"),
):  # fmt: skip
    _overloaded(_symbol, _name)
