"""A generated function: source that can be read, called with checked keyword arrays.

The source is compiled the first time the function is called (until then torch is not imported).
Only source written by this package is ever compiled; nothing a user typed reaches it but names
that were rebuilt as identifiers.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable
from functools import cached_property
from typing import Any

from theory.codegen.compiling import compiled
from theory.codegen.inputs import Backend, checked, deviation_allowed
from theory.codegen.program import Check, Program

__all__ = ["GeneratedFunction"]


class GeneratedFunction:
    """A function of keyword arrays that checks its arguments, then runs generated code.

    ``source`` is the code, ``raw`` the compiled function without checks, ``program`` the plan.
    Arrays may come in any real type; NumPy computes in float64, torch in the tensors' own type.

    Raises, when called: `TypeError` for missing, unexpected or wrongly typed arguments;
    `ValueError` for shapes that do not fit, entries that are not finite or break a requirement
    of the model; `FloatingPointError` if a result leaves the range of the floating-point type.
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        self.source = program.source
        self.__name__ = self.__qualname__ = program.name
        self.__doc__ = program.doc
        kind = inspect.Parameter.KEYWORD_ONLY
        self.__signature__ = inspect.Signature(
            [
                inspect.Parameter(a.name, kind, default=_default(a.default))
                for a in program.arguments
            ]
        )

    def __repr__(self) -> str:
        return f"<generated {self.program.backend} function {self.__name__}{self.__signature__}>"

    def __reduce__(self) -> tuple[type[GeneratedFunction], tuple[Program]]:
        return GeneratedFunction, (self.program,)

    @cached_property
    def raw(self) -> Callable[..., Any]:
        """The compiled function, without any check of its arguments or results."""
        return compiled(self.source, self.__name__, self.__name__)

    @cached_property
    def _deviations(self) -> tuple[tuple[Check, Callable[..., Any]], ...]:
        checks = self.program.checks
        label = f"{self.__name__}, hypothesis"
        return tuple((c, compiled(c.source, "deviation", f"{label} {c.text}")) for c in checks)

    @cached_property
    def _backend(self) -> Backend:
        if self.program.backend == "torch":
            from theory.codegen.torch_backend import TorchBackend

            return TorchBackend()
        from theory.codegen.numpy_backend import NumpyBackend

        return NumpyBackend()

    def __call__(self, /, *positional: Any, **given: Any) -> Any:
        """Return the result for these arrays."""
        if positional:
            raise TypeError(
                f"`{self.__name__}` takes keyword arguments only; got {len(positional)} without a "
                f"name. Call it as {self.__name__}{self.__signature__}."
            )
        with self._backend.quietly():
            arguments, units = checked(self.program, given, self._backend)
            for check, deviation in self._deviations:
                self._require(check, deviation, arguments, units)
            result = self.raw(**arguments)
            self._require_finite(result)
        return result

    def _require(self, check: Check, deviation: Callable, arguments: dict, units: dict) -> None:
        place, size = self._backend.largest(deviation(**{x: arguments[x] for x in check.names}))
        allowed = deviation_allowed(check, units)
        if not size <= allowed:
            names = "`, `".join(check.names)
            where = f" at {list(place)}" if place else ""
            raise ValueError(
                f"`{names}` must satisfy {check.text} (tolerance {allowed:.0e}); "
                f"got maximum deviation {size:.1e}{where}. {check.remedy}"
            )

    def _require_finite(self, result: Any) -> None:
        parts = result if isinstance(result, tuple) else (result,)
        values = [
            v for part in parts for v in (part.values() if isinstance(part, dict) else [part])
        ]
        for name, value in zip(self.program.results, values, strict=True):
            bad = self._backend.offender(value, "finite") if hasattr(value, "shape") else None
            if bad is not None:
                place, entry = bad
                where = f" at {list(place)}" if place else ""
                raise FloatingPointError(
                    f"`{name}` of `{self.__name__}` must be finite; got {entry}{where}, beyond the "
                    "range of the floating-point type. Scale the arguments down."
                )


def _default(code: str) -> Any:
    """Return the value of an argument that is not given: a number, None, or that there is none."""
    return ast.literal_eval(code) if code else inspect.Parameter.empty
