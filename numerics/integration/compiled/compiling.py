"""How the kernel is compiled by numba and kept on disk, calls a system, and shares with threads.

numba's cache looks at the file of the function that is called and not at those it calls; so what is
kept carries a stamp of all files that it was made from.

Imported by the kernel and the methods only, since it imports numba.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from pathlib import Path
from types import ModuleType
from typing import Any

from llvmlite import ir
from numba import njit, typeof, types
from numba.extending import intrinsic

from numerics.integration.compiled.vector_code import FLAGS

__all__ = ["called", "inlined", "is_kept", "jit", "kept", "published", "stamp_of", "taken_from"]

_OPTIONS: Any = {"nogil": True, "error_model": "numpy", "fastmath": set(FLAGS)}
jit: Any = njit(**_OPTIONS, forceinline=True)


inlined: Any = njit(**_OPTIONS, inline="always")
"""Written into its caller before that is compiled: what nests deeply would be optimised anew at
every level, which takes the compiler twice as long."""


def kept(function: Callable[..., Any]) -> Any:
    """Compile a function and keep it on disk; where nothing can be written, do without."""
    try:
        return njit(**_OPTIONS, cache=True)(function)
    except RuntimeError:  # numba found no folder to write to
        return njit(**_OPTIONS)(function)


def is_kept(function: Any, arguments: Any) -> bool:
    """Whether a function that is kept on disk was compiled before for arguments of these types."""
    if function.signatures:
        return True
    return function._cache.load_overload((typeof(arguments),), function.targetctx) is not None


def stamp_of(modules: Iterable[ModuleType]) -> str:
    """Return a digest of the sources of modules."""
    digest = hashlib.sha256()
    for module in modules:
        digest.update(Path(str(module.__file__)).read_bytes())
    return digest.hexdigest()[:16]


def _called(typing: Any, address: Any, y: Any, p: Any, out: Any) -> Any:
    """Call the compiled ``void f(double *y, double *p, double *out)`` at an address."""

    def code(context, builder, signature, arguments):
        pointer = ir.DoubleType().as_pointer()
        function = ir.FunctionType(ir.VoidType(), [pointer] * 3).as_pointer()
        data = [
            context.make_array(kind)(context, builder, value).data
            for kind, value in zip(signature.args[1:], arguments[1:], strict=True)
        ]
        builder.call(builder.inttoptr(arguments[0], function), data)
        return context.get_dummy_value()

    return types.void(address, y, p, out), code


called: Any = intrinsic(_called)


def _entry(context: Any, builder: Any, kind: Any, array: Any, index: Any) -> Any:
    return builder.gep(context.make_array(kind)(context, builder, array).data, [index])


def _taken_from(typing: Any, counter: Any) -> Any:
    def code(context, builder, signature, arguments):
        zero, one = (ir.Constant(ir.IntType(64), n) for n in range(2))
        place = _entry(context, builder, signature.args[0], arguments[0], zero)
        return builder.atomic_rmw("add", place, one, "monotonic")

    return types.int64(counter), code


taken_from: Any = intrinsic(_taken_from)
"""Returns what a counter (1,) of int64 holds, and adds 1, for many threads at once."""


def _published(typing: Any, array: Any, index: Any, value: Any) -> Any:
    def code(context, builder, signature, arguments):
        place = _entry(context, builder, signature.args[0], *arguments[:2])
        builder.store_atomic(arguments[2], place, "release", 8)
        return context.get_dummy_value()

    return types.void(array, types.intp, types.int64), code


published: Any = intrinsic(_published)
"""Writes an entry of an array of int64; who reads it sees all that was written before."""
