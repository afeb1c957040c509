"""The structure of models and statements as text: equal text, equal meaning.

SymPy tells expressions apart by class and content; so does this, to the bottom.  Names of bound
indices that were made up while reading, such as ``k~17``, are numbered anew in the order in which
they occur: they depend on what else was read before.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any

import sympy as sp
from sympy.core.function import UndefinedFunction

__all__ = ["structure"]

MADE_UP = re.compile(r"~\d+")
PLAIN = (str, int, float, Fraction, type(None))


def structure(*parts: Any) -> str:
    """Return the structure of expressions, models and plain data.

    Raises `TypeError` for anything whose structure is not known, `RecursionError` if it is nested
    too deeply.
    """
    numbers: dict[str, str] = {}
    return "".join(
        MADE_UP.sub(lambda found: numbers.setdefault(found[0], f"~#{len(numbers)}"), piece)
        for part in parts
        for piece in _pieces(part)
    )


def _pieces(part: Any) -> Iterator[str]:
    if isinstance(part, sp.Basic):
        yield _expression(part)
    elif isinstance(part, PLAIN):
        yield f"<{type(part).__name__} {part!r}>"
    elif isinstance(part, list | tuple):
        yield f"[{len(part)}"
        for member in part:
            yield from _pieces(member)
        yield "]"
    elif isinstance(part, frozenset) and all(isinstance(member, str) for member in part):
        yield from _pieces(sorted(part))
    elif isinstance(part, Mapping) and all(isinstance(key, str) for key in part):
        yield from _pieces(sorted(part.items()))
    elif is_dataclass(part) and not isinstance(part, type):
        yield f"{{{type(part).__qualname__}"
        for field in fields(part):
            yield from _pieces(getattr(part, field.name))
        yield "}"
    else:
        raise TypeError(f"the structure of {type(part).__name__} {part!r} is not known.")


@lru_cache(maxsize=4096)
def _expression(e: sp.Basic) -> str:
    kind = type(e)
    said = [f"({kind.__module__}.{kind.__qualname__}"]
    if isinstance(kind, UndefinedFunction):
        said.append(repr(sorted(map(repr, getattr(kind, "_kwargs", {}).items()))))
    return "".join([*said, *(x for piece in e._hashable_content() for x in _pieces(piece)), ")"])
