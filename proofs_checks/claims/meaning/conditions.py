r"""Sums, products and maxima over indices, conditions on indices, case distinctions.

A condition is a factor that is 1 where it holds: j = k is delta_jk, j != k is 1 - delta_jk, j <= k
an entry of the order of their range.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import sympy as sp

from proofs_checks.claims import tree
from proofs_checks.claims.meaning.dots import LISTS
from proofs_checks.claims.meaning.layers import counted_below
from proofs_checks.claims.meaning.matrices import written_out
from proofs_checks.claims.meaning.statements import MeaningError
from proofs_checks.claims.meaning.values import Value
from proofs_checks.claims.places import Span
from theory.algebra.nodes import Maximum, ProductOver
from theory.algebra.symbols import Index, delta, order_of, total

if TYPE_CHECKING:
    from proofs_checks.claims.meaning.context import Scope
    from proofs_checks.claims.meaning.typing import Typer

__all__ = ["big", "cases", "factor_of", "holds", "indicator", "same"]

INTEGRAL = "an integral was read as a sum over the values of its variable"
RELATIONS = ("=", "!=", "<", "<=", ">", ">=")


def big(typer: Typer, node: tree.Sum) -> Value:
    """Return a sum, product or maximum over whole ranges of what stands where conditions hold."""
    if node.operator in ("argmax", "argmin", "lim", "sup", "inf"):
        raise MeaningError(
            f"`\\{node.operator}` is not part of the language.", node.span,
            expected="a finite sum, product or maximum",
        )  # fmt: skip
    letters = typer.roles.binds(node)
    if not letters:
        raise MeaningError(
            "nothing says over which index this runs.", node.span, expected="\\sum_j"
        )
    layer = counted_below(node.body, ["l" if x == "ell" else x for x in letters])
    if layer is not None:
        raise MeaningError(
            f"{layer} counts layers elsewhere, and a sum over layers is not read.", node.span
        )
    outer, counts = dict(typer.letters), dict(typer.counts)
    without_first: list[str] = []
    further: list[tree.Compare] = []
    given = {typer.roles.letter(b.index): b for b in node.bounds}
    for letter in letters:
        _bind(typer, letter, given.get(letter), further, without_first, outer)
    factor = factor_of(typer, (*node.conditions, *further))
    body = typer.value(node.body)
    indices = [typer.letters[letter] for letter in letters]
    indices = [Index(k.name, typer.ranges.find(k.size)) for k in indices]
    typer.letters = {
        **{k: v for k, v in typer.letters.items() if k not in letters},
        **{k: v for k, v in outer.items() if k in letters},
    }
    typer.counts = counts
    if node.operator == "int":
        typer.shapes.notes.append(INTEGRAL)
    if node.operator in ("sum", "int"):
        summand = _totalled(body.expression * factor, tuple(indices), without_first)
        return Value(summand, body.row, body.column)
    if node.operator in LISTS:
        if factor != 1 or without_first:
            raise MeaningError("a list of a part of the entries is not read.", node.span)
        return written_out(typer, node, body, indices)
    if not body.is_scalar:
        raise MeaningError(f"this needs numbers; got {body.shape()}.", node.body.span)
    if node.operator == "prod":
        summand = sp.sympify(body.expression, strict=True)
        if factor != 1:
            summand = 1 + factor * (summand - 1)  # the factors left out are 1
        if without_first:
            one = 1 - delta(indices[0], sp.S.One)
            summand = 1 + one * (summand - 1)
        for index in reversed(indices):
            summand = ProductOver(summand, index)
        return Value(summand)
    if factor != 1 or without_first:
        raise MeaningError("a maximum over a part of a range is not read.", node.span)
    if node.operator == "min":
        return Value(-Maximum(-body.expression, *indices))
    return Value(Maximum(body.expression, *indices))


def _totalled(summand: Any, indices: tuple[Index, ...], without_first: list[str]) -> Any:
    """Return the sum; one from 2 on is the whole sum less the summand at 1."""
    for index in indices:
        if index.name in without_first:
            summand = summand * (1 - delta(index, sp.S.One))
    return total(summand, *indices)


def _bind(
    typer: Typer,
    letter: str,
    item: tree.Bound | None,
    further: list[tree.Compare],
    without_first: list[str],
    outer: dict[str, Index],
) -> None:
    """Enter the letter of a sum; what restricts its range goes to ``further``."""
    size = typer.open(letter)
    typer.counts.pop(letter, None)
    if item is not None and item.first is not None:
        typer.counts[letter] = 0 if _starts_at_zero(item.first) else 1
    if item is not None:
        typer.first[letter] = item.span
        if item.domain is not None:
            size = _domain(typer, item)
            if isinstance(item.domain, tree.Name) and not _is_every(item.index, item.domain):
                typer.sets.append(size)
        elif item.last is not None and _starts_at_zero(item.first):
            size = _from_zero(typer, item)
        elif item.last is not None:
            limit = _limit(typer, item.last, -1, outer)
            if limit is None:
                size = _end(typer, item.last)
            else:
                index = outer.get(typer.roles.letter(limit[0]) or "")
                if index is not None:
                    size = index.size
                further.append(tree.Compare(item.index, "<" if limit[1] else "<=", limit[0]))
        if item.first is not None and not _starts_at_zero(item.first):
            if isinstance(item.first, tree.Number) and item.first.text == "2":
                without_first.append(letter)
            elif not (isinstance(item.first, tree.Number) and item.first.text == "1"):
                limit = _limit(typer, item.first, 1, outer)
                if limit is None:
                    raise MeaningError(
                        "a sum must start at 1, at 2, or at an index of the equation.",
                        item.first.span,
                    )
                further.append(tree.Compare(item.index, ">" if limit[1] else ">=", limit[0]))
    if item is not None and item.domain is None and item.last is None:
        typer.unbounded.append((size, item.span))
    typer.letters[letter] = Index(letter, typer.ranges.find(size))
    typer.ranges.show(size)


def _domain(typer: Typer, item: tree.Bound) -> Any:
    r"""Return the range of ``i \in \mathcal{V}`` and ``i \in \{1, \dots, n\}``."""
    domain = item.domain
    if isinstance(domain, tree.Name):
        name = typer.roles.spell(domain)
        if name in typer.roles.quantities and name in typer.symbols.table:
            raise MeaningError("this set is a quantity elsewhere.", domain.span)
        return typer.ranges.declare(f"{name}_set")
    end = _whole(domain)
    if end is not None:
        return _end(typer, end)
    raise MeaningError(
        "a sum over this set is not read.", item.span, expected="\\{1, \\dots, n\\} or a letter"
    )


def _is_every(index: tree.Node, domain: tree.Name) -> bool:
    r"""Return whether a set is that of all values of a letter: ``a \in \mathcal{A}``."""
    letter = tree.stem(index, tree.Entry)
    return isinstance(letter, tree.Name) and letter.letter.upper() == domain.letter


def _whole(node: tree.Node | None) -> tree.Node | None:
    r"""Return the n of ``\{1, \dots, n\}`` and ``[1, n]``."""
    entries = getattr(node, "entries", None)
    if not entries:
        return None
    first, last = entries[0], entries[-1]
    if isinstance(last, tree.Product) and isinstance(last.factors[0], tree.Dots):
        last = last.factors[-1] if len(last.factors) == 2 else last  # {1, ..n}
    if isinstance(first, tree.Number) and first.text == "1" and len(entries) > 1:
        if not isinstance(last, tree.Number | tree.Dots):
            return last
    return None


def _starts_at_zero(node: tree.Node | None) -> bool:
    return isinstance(node, tree.Number) and node.text == "0"


def _from_zero(typer: Typer, item: tree.Bound) -> Any:
    r"""Return the range of ``\sum_{i=0}^{n-1}`` (n terms) or ``\sum_{i=0}^{n}`` (n + 1 terms)."""
    last = item.last
    if isinstance(last, tree.Add) and len(last.terms) == 2:
        name = typer.roles.size_name(last.terms[0])
        if name is not None and _is_one(last.terms[1], negated=True):
            typer.roles.sizes.add(name)
            typer.context.ends.add(name)
            size = typer.ranges.declare(name)
            typer.context.from_zero.add(size.name)
            return size
    name = _size_at_end(typer, last) if last is not None else None
    if name is None:
        raise MeaningError("this range from 0 is not read.", item.span, expected="0 to n - 1")
    if name in typer.context.ends:
        raise _of_two_lengths(name, item.span)
    typer.context.offsets[name] = 1
    size = typer.ranges.declare(f"{name}_p1")
    typer.context.from_zero.add(size.name)
    return size


def _of_two_lengths(name: str, span: Span) -> MeaningError:
    return MeaningError(
        f"{name} ends a sum of {name} terms and one from 0 to {name}.", span,
        suggestion=f"0 to {name} - 1, or a letter of its own for the longer one", is_final=True,
    )  # fmt: skip


def _is_one(node: tree.Node, negated: bool) -> bool:
    if negated:
        return isinstance(node, tree.Negate) and _is_one(node.body, False)
    return isinstance(node, tree.Number) and node.text == "1"


def _limit(
    typer: Typer, node: tree.Node, step: int, outer: dict[str, Index]
) -> tuple[tree.Node, bool] | None:
    """Return the index at which a part of a range ends, and whether it is left out.

    ``i`` is such an end where i is an index of the equation; i - 1 (``step`` -1) and i + 1 leave
    i out.
    """
    letter = typer.roles.letter(node)
    if letter is not None:
        is_size = _is_size(typer, node) or letter in typer.roles.sizes
        return None if is_size else (node, False)
    if not isinstance(node, tree.Add) or len(node.terms) != 2:
        return None
    name, one = node.terms
    letter = typer.roles.letter(name)
    if letter is None or letter in typer.roles.sizes or not _is_one(one, negated=step < 0):
        return None
    return name, True


def _size_at_end(typer: Typer, node: tree.Node) -> str | None:
    """Return the size at which a sum ends, None if it ends at something else."""
    name = typer.roles.size_name(node)
    if name == "infty":
        raise MeaningError("a sum to infinity is a limit, which is not read.", node.span)
    return name


def _end(typer: Typer, node: tree.Node) -> Any:
    name = _size_at_end(typer, node)
    if name is None:
        raise MeaningError("a sum must end at a size.", node.span, expected="a letter such as n")
    if name in typer.context.offsets:
        raise _of_two_lengths(name, node.span)
    typer.context.ends.add(name)
    return typer.ranges.declare(name)


# -- conditions -------------------------------------------------------------------------------


def same(typer: Scope, first: tree.Node, second: tree.Node, span: Span) -> Any:
    """Return the Kronecker delta of two subscripts."""
    letters = [typer.roles.letter(x) for x in (first, second)]
    sizes = [typer.letters[x].size for x in letters if x in typer.letters]
    size = sizes[0] if sizes else typer.open("delta")
    a, b = (typer.index(x, typer.ranges.find(size), "the delta") for x in (first, second))
    a, b = (Index(x.name, typer.ranges.find(x.size)) if isinstance(x, Index) else x for x in (a, b))
    starts = {typer.counts.get(x) for x in letters if x in typer.counts}
    numbers = [x for x in (first, second) if isinstance(x, tree.Number)]
    of_zero = any(isinstance(x, Index) and x.size.name in typer.context.from_zero for x in (a, b))
    if len(starts) > 1 or (numbers and of_zero and starts != {1}):
        raise MeaningError("what is compared is counted from 0 here and from 1 there.", span)
    if a == b:
        return sp.S.One
    if not isinstance(a, Index) and not isinstance(b, Index):
        return sp.S.Zero
    return delta(a, b)


def _order(typer: Typer, low: tree.Node, high: tree.Node, span: Span) -> Any:
    """Return what is 1 where one index is no later than another of the same range, else 0."""
    same(typer, low, high, span)  # makes their ranges one
    letter = next(x for n in (low, high) if (x := typer.roles.letter(n)) in typer.letters)
    size = typer.ranges.find(typer.letters[letter].size)
    ends = [typer.index(x, size, "the order") for x in (high, low)]
    return order_of(size)[tuple(ends)]


def holds(typer: Typer, item: tree.Compare) -> Any:
    """Return the factor that is 1 where a comparison of indices holds, else 0."""
    if not isinstance(item, tree.Compare):
        raise MeaningError("this condition is not read.", item.span)
    if item.relation == "in":
        return _member(typer, item)
    if item.relation not in RELATIONS:
        raise MeaningError(
            f"the condition `{item.relation}` is not part of the language.", item.span,
            expected="=, \\neq, <, \\le, > or \\ge between two indices",
        )  # fmt: skip
    for side in (item.left, item.right):
        if not isinstance(side, tree.Number) and typer.roles.letter(side) is None:
            raise MeaningError(
                "a condition is read between two indices, or an index and a number.", side.span
            )
    if item.relation in ("=", "!="):
        equal = same(typer, item.left, item.right, item.span)
        return equal if item.relation == "=" else 1 - equal
    low, high = item.left, item.right
    if item.relation in (">", ">="):
        low, high = high, low
    if _is_size(typer, high):  # i < n leaves the last position out; i <= n says nothing
        if item.relation in ("<=", ">="):
            return sp.S.One
        raise MeaningError(
            "a condition that leaves out the last position is not read.", item.span,
            suggestion="\\le",
        )  # fmt: skip
    no_later = _order(typer, low, high, item.span)
    if item.relation in ("<", ">"):
        return no_later - same(typer, low, high, item.span)
    return no_later


def _is_size(typer: Typer, node: tree.Node) -> bool:
    name = typer.roles.size_name(node)
    return name is not None and name in typer.roles.sizes


def _member(typer: Typer, item: tree.Compare) -> Any:
    r"""Return the factor of ``i \in \{1, 3\}``; a whole range restricts nothing."""
    right = item.right
    letter = typer.roles.letter(item.left)
    if letter is None:
        raise MeaningError("a membership is read for an index.", item.left.span)
    end = _whole(right)
    if end is not None:
        size = typer.ranges.declare(typer.roles.size_name(end) or "")
        typer.index(item.left, size, "the set")
        return sp.S.One
    if isinstance(right, tree.SetOf) and right.condition is None:
        if all(isinstance(x, tree.Number) for x in right.entries):
            numbers = dict.fromkeys(x.text for x in right.entries if isinstance(x, tree.Number))
            return sp.Add(*(same(typer, item.left, tree.Number(x), item.span) for x in numbers))
    if isinstance(right, tree.Name):
        size = typer.ranges.declare(f"{typer.roles.spell(right)}_set")
        typer.index(item.left, size, "the set")
        if not _is_every(item.left, right):
            typer.context.parts.add(size)
        return sp.S.One
    raise MeaningError("this set is not read.", item.span, expected="\\{1, \\dots, n\\}")


def factor_of(typer: Typer, items: Sequence[tree.Compare]) -> Any:
    """Return the factor that is 1 where all conditions hold, else 0."""
    result = sp.S.One
    for item in items:
        result *= holds(typer, item)
    return result


def indicator(typer: Typer, node: tree.Indicator) -> Value:
    """Return 1 where the conditions hold, else 0."""
    for item in node.conditions:
        if item.relation == "in" and isinstance(item.right, tree.Name):
            raise MeaningError("nothing says what lies in this set.", item.right.span)
    return Value(factor_of(typer, node.conditions))


def cases(typer: Typer, node: tree.Cases) -> Value:
    """Return the value of the first case whose conditions hold; together they cover everything."""
    rest, result = sp.S.One, None
    for branch in node.branches:
        value = typer.value(branch.value)
        said = [c for c in branch.conditions if not isinstance(c, tree.Otherwise)]
        here = factor_of(typer, said) if said else sp.S.One
        term = Value(value.expression * here * rest, value.row, value.column)
        result = term if result is None else typer.shapes.add([result, term], node.span)
        rest = sp.expand(rest * (1 - here))
    if result is None:
        raise MeaningError("a case distinction without cases.", node.span)
    if rest != 0 and not _covers(node):
        raise MeaningError(
            "the cases do not cover every index.", node.span,
            suggestion="end with `\\text{otherwise}`",
        )  # fmt: skip
    return result


OPPOSITE = {"=": "!=", "!=": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
TURNED = {"=": "=", "!=": "!=", "<": ">", ">": "<", "<=": ">=", ">=": "<="}


def _covers(node: tree.Cases) -> bool:
    r"""Return whether two cases are opposites, as ``j = k`` and ``j \\neq k``."""
    if len(node.branches) != 2 or any(len(b.conditions) != 1 for b in node.branches):
        return False
    first, second = (b.conditions[0] for b in node.branches)
    if not isinstance(first, tree.Compare) or not isinstance(second, tree.Compare):
        return False
    if (first.left, first.right) == (second.left, second.right):
        return OPPOSITE.get(first.relation) == second.relation
    if (first.left, first.right) == (second.right, second.left):
        return OPPOSITE.get(first.relation) == TURNED.get(second.relation)
    return False
