"""An instance that meets the premises of a theorem, so that it does not hold of nothing.

All sizes are 1 and every tensor is constant, if that can be; otherwise one size is 2, and a tensor
may have one sign at the first place of an index and the other at the second.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import sympy as sp

from theory.algebra.expressions import entry_tensor, free_indices, slots, tensors_in
from theory.algebra.symbols import Index, Size
from theory.models.model import name_of

__all__ = ["Value", "Witness", "instance_of", "witness"]

CANDIDATES = (1, 0, 2, -1)
MOST = 4096
EPSILON = 1e-9


@dataclass(frozen=True)
class Value:
    """The entries of a tensor: a number, or its alternation over the index at ``along``."""

    number: Any
    along: int | None = None

    def at(self, places: Sequence[int]) -> Any:
        """Return the entry at numbers from 0."""
        if self.along is None or places[self.along] == 0:
            return sp.sympify(self.number)
        return -sp.sympify(self.number)

    def text(self, rank: int) -> str:
        """Return it in Coq."""
        letters = ["i" if n == self.along else "_" for n in range(rank)]
        number = str(self.number)
        if self.along is not None:
            return f"(fun {' '.join(letters)} => 1 - 2 * INR i)"
        if not rank:
            return f"({number})" if not number.isdigit() else number
        number = f"({number})" if number.startswith("-") else number
        return f"(fun {' '.join(letters)} => {number})"


@dataclass(frozen=True)
class Witness:
    """The sizes that are 2, and the entries of every tensor."""

    values: Mapping[str, Value]
    doubled: frozenset[str] = field(default_factory=frozenset)


def witness(
    constraints: list[Any],
    conditions: list[tuple[str, Any]],
    ranks: Mapping[str, int],
    sizes: Sequence[str],
    positive: set[str],
) -> Witness:
    """Return entries for tensors that meet equations and conditions; all 1 if none are found.

    A condition is a kind, "positive" or "nonzero", and the expression that is to be so.
    """
    names = list(ranks)
    said = [*constraints, *(e for _, e in conditions)]
    involved = [n for n in names if any(n in tensors_in(e) for e in said)]
    for doubled in [frozenset(), *(frozenset({s}) for s in sizes)]:
        pools = [_pool(ranks[n], n in positive, bool(doubled)) for n in involved]
        for count, values in enumerate(product(*pools)):
            if count > MOST:
                break
            chosen = dict(zip(involved, values, strict=True))
            if all(_holds(e, chosen, doubled) for e in constraints) and all(
                _meets(kind, e, chosen, doubled) for kind, e in conditions
            ):
                return Witness({n: chosen.get(n, Value(1)) for n in names}, doubled)
    return Witness(dict.fromkeys(names, Value(1)))


def _pool(rank: int, is_positive: bool, is_wide: bool) -> list[Value]:
    numbers: list[Any] = [n for n in CANDIDATES if n > 0 or not is_positive]
    found = [Value(n) for n in numbers]
    if is_wide and not is_positive:
        found = [Value(1), Value(sp.Rational(1, 2)), Value(0)]
        found += [Value(1, n) for n in range(rank)]
    return found


def _holds(equation: Any, values: Mapping[str, Value], doubled: frozenset[str]) -> bool:
    ks = sorted({k for x in equation.args[:2] for k in _free(x)}, key=str)
    ranges = [range(2 if k.size.name in doubled else 1) for k in ks]
    return all(
        sp.simplify(_difference(equation, values, doubled, dict(zip(ks, at, strict=True)))) == 0
        for at in product(*ranges)
    )


def _meets(kind: str, e: Any, values: Mapping[str, Value], doubled: frozenset[str]) -> bool:
    ks = sorted(_free(e), key=str)
    ranges = [range(2 if k.size.name in doubled else 1) for k in ks]
    for at in product(*ranges):
        x = sp.sympify(_number(e, values, doubled, dict(zip(ks, at, strict=True)))).n()
        if not (x.is_real and (x > 0 if kind == "positive" else abs(x) > EPSILON)):
            return False
    return True


def _free(e: Any) -> set[Index]:
    return set(free_indices(e))


def _difference(equation: Any, values: Any, doubled: Any, at: dict[Any, int]) -> Any:
    left, right = (_number(x, values, doubled, at) for x in equation.args[:2])
    return left - right


def _number(e: Any, values: Any, doubled: frozenset[str], at: Mapping[Any, int]) -> Any:
    if isinstance(e, Size):
        return sp.Integer(2 if e.name in doubled else 1)
    if isinstance(e, sp.KroneckerDelta):
        return sp.Integer(at.get(e.args[0], 0) == at.get(e.args[1], 0))
    if isinstance(e, sp.Indexed | sp.Symbol) and not isinstance(e, Index):
        places = [at.get(k, 0) for k in slots(e)]  # numbered positions are the first
        return values.get(name_of(entry_tensor(e)), Value(1)).at(places)
    if isinstance(e, sp.Sum):
        k: Any = e.limits[-1][0]
        body = sp.Sum(e.function, *e.limits[:-1]) if e.limits[:-1] else e.function
        count = 2 if k.size.name in doubled else 1
        return sp.Add(*(_number(body, values, doubled, {**at, k: n}) for n in range(count)))
    return e.func(*(_number(x, values, doubled, at) for x in e.args)) if e.args else e


def instance_of(
    theorem: str,
    sizes: Sequence[str],
    places: int,
    ranks: Mapping[str, int],
    found: Witness,
    hypotheses: int,
    opened: list[str],
) -> list[str]:
    """Return the lines that apply the theorem at small sizes to simple tensors.

    ``sizes`` and ``ranks`` (the numbers of indices) are in the order in which the theorem takes
    them, ``places`` counts the numbered positions, all of them the first here; ``opened`` are the
    definitions that the premises may speak of.
    """
    given = ["2%nat" if s in found.doubled else "1%nat" for s in sizes]
    given += ["0%nat"] * places
    given += [found.values[n].text(rank) for n, rank in ranks.items()]
    premises = ["_"] * hypotheses
    unfold = f"cbv beta delta [{' '.join(opened)}]; " if opened else ""
    head = " ".join([theorem, *given, *premises])
    where = "sizes 1 and 2" if found.doubled else "sizes 1"
    return [
        f"(** It is not about nothing: the premises hold at {where}. *)",
        f"Definition {theorem}_instance := ltac:(",
        f"  refine ({head}); {unfold}meets).",
    ]
