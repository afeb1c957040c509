r"""Notation that stands for other notation, rewritten before anything is inferred.

``x_1 + \dots + x_n`` is a sum, a column of entries with dots a vector; ``\frac{1}{n} \sum_j`` without
an end runs to n where n is nothing else; ``\sigma^2 = ...`` defines the square; a bold ``dv`` whose v
stands nowhere is a name of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from typing import Any

from proofs_checks.claims import tree
from proofs_checks.claims.tree import nodes

__all__ = ["multiplied_out", "renamed", "rewritten"]

LETTERS = "ijklmabcdefghr"


def rewritten(
    roots: Sequence[tree.Node], lefts: Sequence[tree.Node] = ()
) -> tuple[list[tree.Node], list[str]]:
    """Return the trees of a document with its patterns written out, and what was taken how.

    ``lefts`` are the first sides of its equations.
    """
    notes: list[str] = []
    used = {n.letter for root in roots for n in nodes(root) if isinstance(n, tree.Name)}
    letter = next((x for x in LETTERS if x not in used), "i")
    out = _powers_of_bound(roots)
    out = [_mapped(root, lambda n: _mixed_delta(_without_dots(n, letter))) for root in out]
    out = _with_ends(out, notes)
    out = _with_parameters(out)
    out = _changes(out)
    out = _own_words(out)
    out = _bars(out, lefts)
    return _squares(out, lefts, notes), notes


def _powers_of_bound(roots: Sequence[tree.Node]) -> list[tree.Node]:
    r"""Return the trees with ``\gamma^t`` a power where the document sums over t.

    Alone ``A^t`` is a transpose; a document that sums over t writes its transposes otherwise.
    """
    bounds = (b for r in roots for n in nodes(r) if isinstance(n, tree.Sum) for b in n.bounds)
    bound = {b.index.letter for b in bounds if isinstance(b.index, tree.Name)}

    def change(node: tree.Node) -> tree.Node:
        if isinstance(node, tree.Transpose) and node.mark == "t" and "t" in bound:
            return tree.Power(node.base, tree.Name("t", span=node.span), span=node.span)
        return node

    return [_mapped(root, change) for root in roots]


def multiplied_out(is_product: Callable[[tree.Apply], bool]) -> Callable[[tree.Node], tree.Node]:
    """Return what makes a product of every bracket after a name for which that is right.

    Scripts after the bracket belong to the bracket: H (A + B)^T.
    """
    in_front = (tree.Differential, tree.Gradient, tree.Step, tree.Rate)

    def parts(node: tree.Node) -> tuple[tree.Node, tree.Node] | None:
        if isinstance(node, tree.Apply) and len(node.arguments) == 1 and is_product(node):
            return node.base, node.arguments[0]
        return None

    def change(node: tree.Node) -> tree.Node:
        if isinstance(node, tree.Transpose | tree.Power | tree.Entry):
            base = node.base
            if isinstance(base, tree.Product) and getattr(base, "operator", "") == APPLIED:
                last = replace(node, base=base.factors[1])
                return tree.Product((base.factors[0], last), APPLIED, span=node.span)
        found = parts(node) if isinstance(node, tree.Apply) else None
        if found is not None:
            return tree.Product(found, APPLIED, span=node.span)
        if isinstance(node, in_front) and isinstance(node.quantity, tree.Product):
            if node.quantity.operator == APPLIED:
                front = replace(node, quantity=node.quantity.factors[0])
                return tree.Product((front, node.quantity.factors[1]), APPLIED, span=node.span)
        return node

    def flat(node: tree.Node) -> tree.Node:
        if isinstance(node, tree.Product) and not node.operator:
            factors: list[tree.Node] = []
            for factor in node.factors:
                is_applied = isinstance(factor, tree.Product) and factor.operator == ""
                factors += factor.factors if is_applied else [factor]
            return replace(node, factors=tuple(factors))
        return replace(node, operator="") if (
            isinstance(node, tree.Product) and node.operator == APPLIED
        ) else node

    return lambda node: _mapped(_mapped(node, change), flat)


def renamed(root: tree.Node, formals: Sequence[tree.Node], function: str) -> tree.Node:
    """Return the definition of a function with formal arguments that are names of its own."""
    names = {x.letter for x in formals if isinstance(x, tree.Name)}

    def change(node: tree.Node) -> tree.Node:
        if isinstance(node, tree.Name) and node.letter in names:
            return replace(node, letter=f"{node.letter}_of_{function}")
        return node

    return _mapped(root, change)


def _mixed_delta(node: tree.Node) -> tree.Node:
    """Return delta^i_j with both of its indices below."""
    if not isinstance(node, tree.Power) or not isinstance(node.exponent, tree.Name):
        return node
    base = node.base
    if isinstance(base, tree.Entry) and base.base == tree.Name("delta", span=base.base.span):
        if len(base.lower) == 1 and not base.upper:
            return replace(base, lower=(node.exponent, *base.lower), span=node.span)
    return node


APPLIED = "applied"  # the operator of a product that looks like an application


def _mapped(node: tree.Node, change: Callable[[tree.Node], tree.Node]) -> tree.Node:
    """Return a tree with every node changed, from the leaves up."""
    new: dict[str, Any] = {}
    for field in fields(node):
        if field.name == "span":
            continue
        value = getattr(node, field.name)
        changed = _mapped_value(value, change)
        if changed is not value:
            new[field.name] = changed
    return change(replace(node, **new) if new else node)


def _mapped_value(value: Any, change: Callable[[tree.Node], tree.Node]) -> Any:
    if isinstance(value, tree.Node):
        return _mapped(value, change)
    if isinstance(value, tuple) and value:
        items = tuple(_mapped_value(x, change) for x in value)
        return value if all(a is b for a, b in zip(items, value, strict=True)) else items
    return value


# -- dots -------------------------------------------------------------------------------------


def _without_dots(node: tree.Node, letter: str) -> tree.Node:
    if isinstance(node, tree.Add | tree.Product) and any(
        isinstance(x, tree.Dots)
        for x in (node.terms if isinstance(node, tree.Add) else node.factors)
    ):
        items = node.terms if isinstance(node, tree.Add) else node.factors
        return _series(node, items, letter) or node
    if isinstance(node, tree.Matrix):
        return _listed(node, letter) or node
    if isinstance(node, tree.Call | tree.SetOf | tree.Tuple):
        return node
    return node


def _series(
    node: tree.Add | tree.Product, items: Sequence[tree.Node], letter: str
) -> tree.Node | None:
    at = [n for n, x in enumerate(items) if isinstance(x, tree.Dots)]
    if len(at) != 1 or at[0] == 0 or at[0] == len(items) - 1:
        return None
    for start in range(at[0]):
        pattern = _general(items[start], items[at[0] + 1], letter)
        if pattern is None:
            continue
        body, end = pattern
        if not all(
            _general(items[start], x, letter, number=str(k)) is not None
            for k, x in enumerate(items[start + 1 : at[0]], start=2)
        ):
            continue
        bound = tree.Bound(tree.Name(letter, span=node.span), tree.Number("1"), end, span=node.span)
        operator = "sum" if isinstance(node, tree.Add) else "prod"
        whole = tree.Sum((bound,), body, operator=operator, span=node.span)
        rest = (*items[:start], whole, *items[at[0] + 2 :])
        if len(rest) == 1:
            return whole
        if isinstance(node, tree.Add):
            return tree.Add(rest, span=node.span)
        return tree.Product(rest, node.operator, span=node.span)
    return None


def _listed(node: tree.Matrix, letter: str) -> tree.Node | None:
    """Return a column or row of entries with dots as the vector of these entries."""
    is_column = all(len(row) == 1 for row in node.rows)
    is_row = len(node.rows) == 1
    if not (is_column or is_row):
        return None
    items = [row[0] for row in node.rows] if is_column else list(node.rows[0])
    at = [n for n, x in enumerate(items) if isinstance(x, tree.Dots)]
    if len(at) != 1 or at[0] in (0, len(items) - 1) or at[0] + 2 != len(items):
        return None
    pattern = _general(items[0], items[-1], letter)
    if pattern is None:
        return None
    body, end = pattern
    for k, item in enumerate(items[1 : at[0]], start=2):
        if _general(items[0], item, letter, number=str(k)) is None:
            return None
    bound = tree.Bound(tree.Name(letter, span=node.span), tree.Number("1"), end, span=node.span)
    return tree.Sum((bound,), body, operator="column" if is_column else "row", span=node.span)


def _general(
    first: tree.Node, last: tree.Node, letter: str, number: str | None = None
) -> tuple[tree.Node, tree.Node] | None:
    """Return an entry with ``letter`` for the 1 of the first where the last has n, and that n.

    With ``number`` the other entry must have that number in place of n.
    """
    ends: list[tree.Node] = []

    def merge(a: Any, b: Any) -> Any:
        if isinstance(a, tree.Number) and a.text == "1" and isinstance(b, tree.Node):
            fits = (
                isinstance(b, tree.Number) and b.text == number
                if number is not None
                else isinstance(b, tree.Name | tree.Entry)
            )
            if fits:
                ends.append(b)
                return tree.Name(letter, span=a.span)
        if type(a) is not type(b):
            raise ValueError("the entries differ")
        if isinstance(a, tree.Node):
            if isinstance(a, tree.Dots):
                raise ValueError("dots inside dots")
            new = {
                f.name: merge(getattr(a, f.name), getattr(b, f.name))
                for f in fields(a)
                if f.name != "span"
            }
            return replace(a, **new)
        if isinstance(a, tuple):
            if len(a) != len(b):
                raise ValueError("the entries differ")
            return tuple(merge(x, y) for x, y in zip(a, b, strict=True))
        if a != b:
            raise ValueError("the entries differ")
        return a

    try:
        body = merge(first, last)
    except ValueError:
        return None
    if not ends or any(x != ends[0] for x in ends):
        return None
    return body, ends[0]


# -- the ends of sums -------------------------------------------------------------------------


def _with_ends(roots: list[tree.Node], notes: list[str]) -> list[tree.Node]:
    r"""Let ``\frac{1}{n} \sum_j`` run to n, where n is nothing but a number of terms."""
    ends = {
        b.last.letter
        for root in roots
        for n in nodes(root)
        if isinstance(n, tree.Sum)
        for b in n.bounds
        if isinstance(b.last, tree.Name)
    }
    below: Counter[str] = Counter()
    total: Counter[str] = Counter()
    for root in roots:
        for node in nodes(root):
            if isinstance(node, tree.Name) and not node.font:
                total[node.letter] += 1
            if isinstance(node, tree.Quotient):
                factors = [node.denominator]
                if isinstance(node.denominator, tree.Product):
                    factors = list(node.denominator.factors)
                below.update(x.letter for x in factors if isinstance(x, tree.Name))
    counts = {x for x in total if total[x] == below[x] and x not in ends and x in "nNmMTDKCdLB"}
    if not counts:
        return roots
    given: set[str] = set()

    def change(node: tree.Node) -> tree.Node:
        if not isinstance(node, tree.Product) or node.operator:
            return node
        name = None
        out: list[tree.Node] = []
        for factor in node.factors:
            if isinstance(factor, tree.Quotient) and isinstance(factor.denominator, tree.Name):
                if factor.denominator.letter in counts:
                    name = factor.denominator
            elif isinstance(factor, tree.Sum) and name is not None and factor.operator == "sum":
                bounds = factor.bounds
                if len(bounds) == 1 and bounds[0].last is None and bounds[0].domain is None:
                    if bounds[0].first is None and not factor.conditions:
                        bound = replace(bounds[0], first=tree.Number("1"), last=name)
                        factor = replace(factor, bounds=(bound,))
                        given.add(name.letter)
            out.append(factor)
        return replace(node, factors=tuple(out))

    roots = [_mapped(root, change) for root in roots]
    notes += [f"{x} is the number of terms of the sum that it divides" for x in sorted(given)]
    return roots


# -- names ------------------------------------------------------------------------------------


def _own_words(roots: list[tree.Node]) -> list[tree.Node]:
    """Make a word such as dv one name where v stands nowhere by itself."""
    plain: set[str] = set()

    def see_quantity(node: tree.Node) -> tree.Name | None:
        base = node
        while isinstance(base, tree.Entry | tree.Power | tree.Transpose):
            base = base.base
        return base if isinstance(base, tree.Name) else None

    for root in roots:
        _see_outside(root, plain)

    def change(node: tree.Node) -> tree.Node:
        if not isinstance(node, tree.Differential) or getattr(node, "style", "") != "word":
            return node
        name = see_quantity(node.quantity)
        if name is None or name.letter in plain or name.letter.lower() in {
            x.lower() for x in plain
        }:
            return node
        return _renamed(node.quantity, lambda n: replace(n, letter=f"d{n.letter}"))

    return [_mapped(root, change) for root in roots]


def _changes(roots: list[tree.Node]) -> list[tree.Node]:
    """Read d(...) as a differential where the document has differentials and no symbol d."""
    has_others = bare = False
    applied: set[int] = set()
    for root in roots:
        for node in nodes(root):
            has_others |= isinstance(node, tree.Differential | tree.Directional)
            if isinstance(node, tree.Apply):
                applied.add(id(node.base))
            if isinstance(node, tree.Name) and node.letter == "d" and id(node) not in applied:
                bare = True
    if not has_others or bare:
        return roots

    def change(node: tree.Node) -> tree.Node:
        if isinstance(node, tree.Apply) and isinstance(node.base, tree.Name):
            if node.base.letter == "d" and len(node.arguments) == 1:
                return tree.Differential(node.arguments[0], span=node.span)
        return node

    return [_mapped(root, change) for root in roots]


PARAMETERS = frozenset(["theta", "phi", "vartheta", "varphi", "psi", "w", "omega"])


def _with_parameters(roots: list[tree.Node]) -> list[tree.Node]:
    first = [_mapped(root, _with_parameter) for root in roots]
    said = {
        node.by[0].letter
        for root in first
        for node in nodes(root)
        if isinstance(node, tree.Gradient) and len(node.by) == 1 and isinstance(node.by[0], tree.Name)
    }
    if len(said) != 1:
        return first
    (letter,) = said

    def change(node: tree.Node) -> tree.Node:
        if isinstance(node, tree.Gradient) and not node.by:
            return replace(node, by=(tree.Name(letter, span=node.span),))
        return node

    return [_mapped(root, change) for root in first]


def _with_parameter(node: tree.Node) -> tree.Node:
    r"""Say by what a gradient without a subscript is: the \theta of ``\nabla p_\theta(\tau)``.

    That is the one parameter that its quantity carries as a label, else the one argument of it.
    """
    if not isinstance(node, tree.Gradient) or node.by:
        return node
    labels = {
        item.letter
        for below in nodes(node.quantity)
        if isinstance(below, tree.Entry)
        for item in below.lower
        if isinstance(item, tree.Name) and item.letter in PARAMETERS
    }
    if len(labels) == 1:
        return replace(node, by=(tree.Name(labels.pop(), span=node.span),))
    arguments = [
        below.arguments[0]
        for below in nodes(node.quantity)
        if isinstance(below, tree.Apply) and len(below.arguments) == 1
    ]
    names = [x for x in arguments if isinstance(x, tree.Name)]
    if names and all(x == names[0] for x in names):
        return replace(node, by=(names[0],))
    return node


def _bars(roots: list[tree.Node], lefts: Sequence[tree.Node]) -> list[tree.Node]:
    r"""Read ``\bar{O}`` as the derivative of the loss by O where O is known and it is not.

    It is not known where no equation has it alone on its left before it is used on a right side.
    """
    plain = {
        (n.letter, n.primes)
        for root in roots
        for n in nodes(root)
        if isinstance(n, tree.Name) and not n.accents
    }
    first: dict[tuple[str, int], bool] = {}  # whether the first occurrence is alone on a left
    left_ids = {id(_stem(left)) for left in lefts}
    for root in roots:
        for node in nodes(root):
            if isinstance(node, tree.Name) and node.accents == ("bar",):
                first.setdefault((node.letter, node.primes), id(node) in left_ids)
    adjoint = {key for key, alone in first.items() if not alone and key in plain}
    if not adjoint:
        return roots

    def change(node: tree.Node) -> tree.Node:
        if isinstance(node, tree.Entry) and isinstance(node.base, tree.Differential):
            inner = node.base.quantity
            return tree.Differential(replace(node, base=inner), span=node.span)
        if isinstance(node, tree.Name) and node.accents == ("bar",):
            if (node.letter, node.primes) in plain:
                return tree.Differential(replace(node, accents=()), span=node.span)
        return node

    return [_mapped(root, change) for root in roots]


def _stem(node: tree.Node) -> tree.Node:
    while isinstance(node, tree.Entry | tree.Power | tree.Transpose):
        node = node.base
    return node


def _see_outside(node: tree.Node, plain: set[str]) -> None:
    """Collect the letters that stand outside differentials."""
    if isinstance(node, tree.Differential):
        return
    if isinstance(node, tree.Name):
        plain.add(node.letter)
    for field in fields(node):
        value = getattr(node, field.name)
        waiting = [value]
        while waiting:
            item = waiting.pop()
            if isinstance(item, tree.Node):
                _see_outside(item, plain)
            elif isinstance(item, tuple):
                waiting.extend(item)


def _renamed(node: tree.Node, change: Callable[[tree.Name], tree.Name]) -> tree.Node:
    if isinstance(node, tree.Name):
        return change(node)
    if isinstance(node, tree.Entry | tree.Power | tree.Transpose):
        return replace(node, base=_renamed(node.base, change))
    return node


def _squares(
    roots: list[tree.Node], lefts: Sequence[tree.Node], notes: list[str]
) -> list[tree.Node]:
    r"""Let ``\sigma^2 = ...`` define a symbol, the square, wherever it stands.

    A standard deviation is the root of its variance; of any other letter the sign stays unknown.
    """
    squared = {name for left in lefts if (name := _square_of(left)) is not None}
    if not squared:
        return roots
    alone: set[str] = set()

    def change(node: tree.Node) -> tree.Node:
        name = _square_of(node)
        if name in squared and isinstance(node, tree.Power):
            new = replace(_base_name(node.base), letter=f"{name}2")
            return replace(node.base, base=new) if isinstance(node.base, tree.Entry) else new
        return node

    def rooted(node: tree.Node) -> tree.Node:
        if isinstance(node, tree.Name) and node.letter in squared and node.letter == "sigma":
            alone.add(node.letter)
            return tree.Call(
                "sqrt", (replace(node, letter=f"{node.letter}2"),), span=node.span
            )
        if isinstance(node, tree.Entry) and isinstance(node.base, tree.Call):
            inner = node.base.arguments[0]
            if node.base.function == "sqrt" and isinstance(inner, tree.Name):
                if inner.letter == "sigma2":
                    return replace(node.base, arguments=(replace(node, base=inner),))
        return node

    out = [_mapped(_mapped(root, change), rooted) for root in roots]
    notes += [rf"\{name} is the root of \{name}^2" for name in sorted(alone)]
    return out


def _base_name(node: tree.Node) -> tree.Name:
    base = node.base if isinstance(node, tree.Entry) else node
    if not isinstance(base, tree.Name):
        raise TypeError("a square that is defined is that of a symbol")
    return base


def _square_of(node: tree.Node) -> str | None:
    """Return the letter of which a node is the square."""
    if not isinstance(node, tree.Power) or not isinstance(node.exponent, tree.Number):
        return None
    base = node.base.base if isinstance(node.base, tree.Entry) else node.base
    return base.letter if node.exponent.text == "2" and isinstance(base, tree.Name) else None
