"""The lines of a program, rewritten so that fewer large arrays are made and passed over.

* A sum that costs a pass over a large array is taken where it is cheap, if the lines say how:

      sum_k alpha_ik b_ik = sum_a u_ia sum_k alpha_ik v_ka = sum_a u_ia g_ia

  with b_ik = sum_a u_ia v_ka and g_ia = sum_k alpha_ik v_ka (law A8, found from the lines).
* A large array that one later line needs, and nobody else, is computed inside that line, which then
  works in its memory.

An array is large if two of its axes at least are no feature axes: scores, not queries.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

import sympy as sp

from theory.algebra.expressions import bound_of, free_indices, substitute, tensors_in
from theory.algebra.symbols import Index, total
from theory.codegen.contraction import extent
from theory.codegen.patterns import factors_of, softmax_in, summand, unused
from theory.models.model import Definition, name_of

__all__ = ["is_large", "is_untold", "needed", "scheduled"]

UNTOLD = "derivative of the loss by"
"""How titles begin that only repeat the name of the line, dL_dx."""

Factors = tuple[sp.Indexed, ...]
Pattern = tuple[sp.Indexed, frozenset[Index], Factors]


def is_large(axes: Collection[Index]) -> bool:
    """Return whether an array over these axes counts as large."""
    return sum(not k.size.feature for k in axes) > 1


def is_untold(title: str) -> bool:
    """Return whether a title says no more than the name of its line."""
    return title.startswith(UNTOLD)


def scheduled(lines: Sequence[Definition], returned: Collection[str]) -> tuple[Definition, ...]:
    """Return lines that give the same values of ``returned`` with less memory and fewer passes."""
    return _inlined(needed(_with_cheaper_sums(lines), returned), returned)


def needed(
    lines: Sequence[Definition], targets: Collection[str], given: Collection[str] = ()
) -> tuple[Definition, ...]:
    """Return the lines that the targets depend on, in order; nothing before ``given``."""
    wanted, kept = set(targets), []
    for line in reversed(lines):
        if line.name in wanted and line.name not in given:
            kept.append(line)
            wanted |= tensors_in(line.value)
    return tuple(reversed(kept))


# -- cheaper sums -----------------------------------------------------------------------------


def _with_cheaper_sums(lines: Sequence[Definition]) -> list[Definition]:
    known: dict[str, Pattern] = {}
    result = []
    for line in lines:
        changes = {
            e: cheaper
            for e in sorted(line.value.atoms(sp.Sum), key=str)
            if (cheaper := _cheaper(e, known)) is not None
        }
        result.append(replace(line, value=line.value.xreplace(changes)) if changes else line)
        pattern = _pattern(line)
        if pattern is not None:
            known[line.name] = pattern
    return result


def _pattern(line: Definition) -> Pattern | None:
    """Return symbol, bound indices and entries of a line that is a sum of a product of entries."""
    if not isinstance(line.symbol, sp.Indexed) or not isinstance(line.value, sp.Sum):
        return None
    factors = _entries(summand(line.value))
    return (line.symbol, frozenset(bound_of(line.value)), factors) if factors else None


def _entries(product: sp.Expr) -> Factors | None:
    """Return the factors of a product of different entries, None of anything else."""
    powers = factors_of(product)
    if all(isinstance(b, sp.Indexed) and n == 1 for b, n in powers.items()):
        return tuple(powers)  # type: ignore[return-value]
    return None


def _cheaper(e: sp.Sum, known: dict[str, Pattern]) -> sp.Expr | None:
    """Return the same sum over smaller arrays: a factor written out makes a known sum appear."""
    factors, bound = _entries(summand(e)), frozenset(bound_of(e))
    if not factors:
        return None
    before = _cost(factors)
    for factor in factors:
        pattern = known.get(name_of(factor.base))
        if pattern is None or not is_large(pattern[0].indices):  # type: ignore[arg-type]
            continue
        others = tuple(f for f in factors if f is not factor)
        taken = bound.union(*(f.indices for f in factors))  # type: ignore[arg-type]
        inside, own = _written_out(factor, pattern, taken)
        for symbol, gone, rest in _folded((*others, *inside), bound | own, known):
            product = (symbol, *rest)
            if _cost(product) < before:
                return total(sp.Mul(*product), *((bound | own) - gone))
    return None


def _cost(factors: Factors) -> int:
    return extent(frozenset(k for f in factors for k in f.indices if isinstance(k, Index)))


def _written_out(
    entry: sp.Indexed, pattern: Pattern, taken: frozenset[Index]
) -> tuple[Factors, frozenset[Index]]:
    """Return the factors of a known sum at the indices of an entry, and what they are bound by."""
    symbol, bound, factors = pattern
    new: dict[Index, Index] = {}
    for k in sorted(bound, key=str):
        new[k] = unused(k, (*taken, *new.values()))
    renaming = {**dict(zip(symbol.indices, entry.indices, strict=True)), **new}
    return tuple(substitute(f, renaming) for f in factors), frozenset(new.values())


def _folded(
    factors: Factors, bound: frozenset[Index], known: dict[str, Pattern]
) -> Iterator[tuple[sp.Indexed, frozenset[Index], Factors]]:
    """Yield (entry, indices it sums over, other factors) for each known sum among the factors."""
    for symbol, summed, parts in known.values():
        for chosen in _placements(parts, factors):
            renaming = {
                k: at
                for part, f in zip(parts, chosen, strict=True)
                for k, at in zip(part.indices, f.indices, strict=True)
            }
            rest = tuple(f for f in factors if all(f is not c for c in chosen))
            gone = frozenset(renaming[k] for k in summed)
            matches = all(
                substitute(p, renaming) == c for p, c in zip(parts, chosen, strict=True)
            )
            outside = frozenset().union(*(free_indices(f) for f in rest))
            kept = {renaming[k] for k in symbol.indices}
            if matches and len(gone) == len(summed) and gone <= bound - outside - kept:
                yield substitute(symbol, renaming), gone, rest


def _placements(parts: Factors, factors: Factors) -> Iterator[Factors]:
    """Yield the ways to choose, for each part, another factor of the same tensor."""
    if not parts:
        yield ()
        return
    for n, factor in enumerate(factors):
        if factor.base == parts[0].base:
            for others in _placements(parts[1:], factors[:n] + factors[n + 1 :]):
                yield (factor, *others)


# -- large arrays that one line needs ---------------------------------------------------------


def _inlined(lines: Sequence[Definition], returned: Collection[str]) -> tuple[Definition, ...]:
    kept = list(lines)
    for line in lines:
        users = [other for other in kept if line.name in tensors_in(other.value)]
        if line.name in returned or not is_large(line.parameters) or len(users) != 1:
            continue
        (user,) = users
        uses = [e for e in user.value.atoms(sp.Indexed) if name_of(e.base) == line.name]
        if _is_exponent(line, user) or _is_open(line, user, uses):
            values = {
                e: substitute(line.value, dict(zip(line.parameters, e.indices, strict=True)))
                for e in uses
            }
            title = line.title if is_untold(user.title) else f"{line.title}, then {user.title}"
            kept[kept.index(user)] = replace(
                user, value=user.value.xreplace(values), title=title
            )
            kept.remove(line)
    return tuple(kept)


def _is_exponent(line: Definition, user: Definition) -> bool:
    """Return whether the user is the softmax of the line."""
    found = softmax_in(user.value)
    if found is None or found[1] != 1 or not isinstance(found[0].exponent, sp.Indexed):
        return False
    return name_of(found[0].exponent.base) == line.name and found[0].is_whole


def _is_open(line: Definition, user: Definition, uses: Sequence[sp.Indexed]) -> bool:
    """Return whether the user takes the line once, whole, as a term or factor that it can alter."""
    if softmax_in(line.value) is not None or len(uses) != 1:
        return False
    if set(uses[0].indices) != set(user.parameters) or set(line.parameters) != {*uses[0].indices}:
        return False
    once = sum(e == uses[0] for e in sp.preorder_traversal(user.value)) == 1
    return once and _reaches(user.value, uses[0])


def _reaches(e: sp.Basic, entry: sp.Indexed) -> bool:
    """Return whether an entry is a term or a factor of an expression, or a term of a factor."""
    if isinstance(e, sp.Add | sp.Mul):
        return any(_reaches(part, entry) for part in e.args)
    return e == entry
